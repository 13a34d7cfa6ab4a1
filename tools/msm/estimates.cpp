#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"
#include "bellwether/markov/emission.hpp"
#include "bellwether/markov/fit.hpp"
#include "bellwether/markov/likelihood.hpp"
#include "bellwether/markov/quantities.hpp"
#include "bellwether/markov/transition.hpp"

#include "figures.hpp"

namespace bellwether::msm {
namespace {

using Eigen::MatrixXd;
using nlohmann::json;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNormal975 = 1.959963984540054;

std::vector<double> by_row(const MatrixXd& m) {
    std::vector<double> out;
    for (Eigen::Index r = 0; r < m.rows(); ++r)
        for (Eigen::Index c = 0; c < m.cols(); ++c)
            out.push_back(m(r, c));
    return out;
}

/// The process at the covariates' means (zero: at 0) through the periods.
std::vector<markov::Piece> process(const Translated& t, const markov::Values& values) {
    std::vector<double> covariates = t.means;
    if (t.cuts.empty()) return {markov::always(markov::generator(t.spec, values, covariates))};
    std::vector<markov::Piece> out;
    for (std::size_t k = 0; k <= t.cuts.size(); ++k) {
        for (std::size_t i = 0; i < t.period_covariates.size(); ++i)
            covariates[t.period_covariates[i]] = i + 1 == k ? 1.0 : 0.0;
        out.push_back(
            {Days{k < t.cuts.size() ? t.cuts[k] : kInfinity}, markov::generator(t.spec, values, covariates)});
    }
    return out;
}

/// Length of stay from the first state. Through periods msm's totlos (1.7 and 1.8.2) takes, for each, a
/// process that has been under that period's intensities since 0; ours carries the state on.
std::vector<double> as_msm_stays(const std::vector<markov::Piece>& pieces, double to) {
    MatrixXd sum = MatrixXd::Zero(pieces.front().Q.rows(), pieces.front().Q.cols());
    double from = 0.0;
    for (const markov::Piece& piece : pieces) {
        const std::vector<markov::Piece> alone = {markov::always(piece.Q)};
        const double end = std::min(piece.until.count, to);
        if (end <= from) continue;
        sum += markov::length_of_stay(alone, Days{0.0}, Days{end}) -
               markov::length_of_stay(alone, Days{0.0}, Days{from});
        from = end;
    }
    return by_row(sum.row(0));
}

void compare_one_fit(const Translated& t, const json& record, const std::string& from,
                     const markov::Values& start, Figures& out) {
    markov::FitOptions options;
    options.from = start;
    const markov::ParameterSet fitted = markov::fit(t.spec, t.panel, options);
    const double ours = -2.0 * fitted.summary.final_log_lik,
                 theirs = record.at("minus2loglik_at_mle").get<double>();
    const std::string said = fmt::format("{} for {}{}; {}: {}", shortest(ours), shortest(theirs),
                                         ours < theirs - 1e-4 ? ", a better maximum" : "",
                                         to_string(fitted.summary.end), fitted.summary.why);
    const std::string name = fmt::format("maximum from {}", from);
    std::isfinite(ours) && ours <= theirs + 1e-4 ? out.pass(name, said) : out.fail(name, said);
    if (from != "msm's start" || !record.contains("ci")) return;
    // Intervals, where both maxima are one and lie inside.
    if (ours < theirs - 1e-4) return out.skip("intervals", "ours is another maximum");
    if (!record["ci"].contains("natural_scale")) return out.skip("intervals", "the case has none");
    const auto& natural = record["ci"]["natural_scale"];
    const std::vector<double> estimate =
        numbers(record.at("estimates").at("parameters").at("value_natural_scale"));
    std::vector<double> mine, given;
    std::size_t skipped = 0;
    for (std::size_t i = 0; i < t.entries.size() && i < natural.size(); ++i) {
        const Entry& e = t.entries[i];
        const std::vector<double> limits = numbers(natural[i]);
        if (limits.size() != 2 || missing(limits[0]) || missing(limits[1]) || e.constant || e.parameter < 0)
            continue;
        const auto p = static_cast<std::size_t>(e.parameter);
        const bool odds = e.label == "p" || e.label == "initp" || e.limited();
        // Not inside: a transition never seen has an interval over many orders.
        const markov::Parameter& q = t.spec.parameters[p];
        const bool endless = q.scale == markov::Parameter::Scale::log
                                 ? limits[1] > 1e4 * limits[0]
                                 : limits[1] - limits[0] > 40.0 && e.label == "qcov";
        if (odds || endless || !fitted.standard_error[p] || !std::isfinite(limits[1]) ||
            fitted.summary.end == markov::FitSummary::End::not_identified) {
            ++skipped;
            continue;
        }
        const double free = q.free_from(fitted.values[p]), reach = kNormal975 * *fitted.standard_error[p];
        const double low = q.natural_from(free - reach), high = q.natural_from(free + reach);
        mine.push_back(((e.factor < 0.0 ? -high : low) - estimate[i]) / (limits[1] - limits[0]));
        given.push_back((limits[0] - estimate[i]) / (limits[1] - limits[0]));
        mine.push_back(((e.factor < 0.0 ? -low : high) - estimate[i]) / (limits[1] - limits[0]));
        given.push_back((limits[1] - estimate[i]) / (limits[1] - limits[0]));
    }
    if (mine.empty())
        return out.skip("intervals", fmt::format("{} at a boundary, not identified, or of odds", skipped));
    // Each limit's distance from the estimate, in widths of the interval.
    out.compare("intervals", mine, given, 0.0, 0.01);
    compare_intervals(t, record, fitted, out);
}

void compare_hazard_ratios(const Translated& t, const json& tables, const markov::Values& values,
                           Figures& out) {
    for (const auto& [covariate, table] : tables.items()) {
        std::vector<double> ours, theirs;
        std::size_t row = 0;
        for (const markov::Transition& transition : t.spec.transitions)
            for (const markov::Effect& e : transition.effects)
                if (t.spec.covariates[e.covariate].name == covariate && row < table.at("table").size()) {
                    ours.push_back(std::exp(e.factor * values[e.parameter]));
                    theirs.push_back(numbers(table.at("table")[row++]).at(0));
                }
        if (ours.size() != table.at("table").size())
            out.skip(fmt::format("hazard ratios of {}", covariate), "not all transitions have it");
        else
            out.compare(fmt::format("hazard ratios of {}", covariate), ours, theirs, 1e-6, 1e-12);
    }
}

void compare_emissions(const Translated& t, const json& estimates, const markov::Values& values,
                       Figures& out) {
    if (estimates.contains("ematrix") && estimates["ematrix"].is_object() && !t.spec.channels.empty()) {
        const std::vector<double> ours = by_row(misclassification(t, values));
        out.compare("misclassification", ours, numbers(estimates["ematrix"].at("estimate")), 1e-6, 1e-10);
    }
}

}  // namespace

void compare_fit(const Translated& t, const json& record, Figures& out) {
    if (!record.contains("minus2loglik_at_mle") || !record["minus2loglik_at_mle"].is_number())
        return out.skip("maximum", "the case has none");
    const markov::Values start =
        values_of(t, numbers(record.at("initial").at("parameters").at("value_optimisation_scale")));
    compare_one_fit(t, record, "msm's start", start, out);
    compare_one_fit(t, record, "our own start", markov::crude_start(t.spec, t.panel), out);
}

void compare_derived(const Translated& t, const json& record, Figures& out) {
    if (!record.contains("estimates")) return out.skip("derived", "the case has no estimates");
    const json& estimates = record["estimates"];
    const markov::Values values =
        values_of(t, numbers(estimates.at("parameters").at("value_optimisation_scale")));
    const double log_lik = markov::Likelihood(t.spec, t.panel).value(values);
    out.compare("-2 log likelihood at the estimates", {-2.0 * log_lik},
                numbers(record.at("minus2loglik_at_mle")), 1e-9, 0.0);
    const std::vector<double>&means = t.means, zeros(t.spec.covariates.size(), 0.0);
    const MatrixXd Q = markov::generator(t.spec, values, means);
    const auto has = [&](const char* key) {
        return record.contains(key) && !record[key].is_null() &&
               !(record[key].is_object() && record[key].contains("error"));
    };
    if (estimates.contains("qmatrix_at_covariate_means"))
        out.compare("generator at the means", by_row(Q),
                    numbers(estimates["qmatrix_at_covariate_means"].at("estimate")), 1e-6, 1e-12);
    if (estimates.contains("qmatrix_at_covariates_zero"))
        out.compare("generator at 0", by_row(markov::generator(t.spec, values, zeros)),
                    numbers(estimates["qmatrix_at_covariates_zero"].at("estimate")), 1e-6, 1e-12);
    if (has("mean_sojourn")) {
        std::vector<double> ours, theirs;
        const Eigen::VectorXd sojourn = markov::mean_sojourn(Q);
        for (Eigen::Index s = 0; s < sojourn.size(); ++s)
            if (std::isfinite(sojourn[s])) ours.push_back(sojourn[s]);
        const json& table = record["mean_sojourn"].at("table");
        if (table.size() == 1 && table[0].size() == ours.size())  // without intervals: one row of them all
            theirs = numbers(table[0]);
        else
            for (const json& row : table)
                theirs.push_back(numbers(row).at(0));
        out.compare("sojourn", ours, theirs, 1e-6, 1e-12);
    }
    const std::vector<markov::Piece> pieces = process(t, values);
    if (has("pmatrix"))
        for (const auto& [key, matrix] : record["pmatrix"].items())
            if (key.starts_with("t_") && matrix.is_array())
                out.compare(fmt::format("P({})", key.substr(2)),
                            by_row(markov::transition(pieces, Days{0.0}, Days{std::stod(key.substr(2))})),
                            numbers(matrix), 1e-6, 1e-10);
    if (has("pnext")) {
        const json& theirs = record["pnext"].is_object() ? record["pnext"].at("estimate") : record["pnext"];
        std::vector<double> ours = by_row(markov::next_state(Q)), given = numbers(theirs);
        if (given.size() == ours.size())
            out.compare("probability of each next state", ours, given, 1e-6, 1e-10);
        else
            out.skip("probability of each next state",
                     fmt::format("another shape: {} figures", given.size()));
    }
    if (has("total_length_of_stay_to_10"))
        out.compare("length of stay to 10", as_msm_stays(pieces, 10.0),
                    numbers(record["total_length_of_stay_to_10"]), 1e-6, 1e-8);
    if (has("expected_first_passage_to_last_state")) {
        const Eigen::VectorXd k = markov::first_passage(Q, markov::only(t.spec.states.size() - 1));
        out.compare("first passage to the last state", {k.data(), k.data() + k.size()},
                    numbers(record["expected_first_passage_to_last_state"]), 1e-6, 1e-10);
    }
    if (has("prob_passage_by_10")) {
        // Through periods msm 1.7 and 1.8.2 take the intensities at the means of the periods' indicators.
        const std::vector<markov::Piece> at_means = {markov::always(Q)};
        out.compare("passage by 10", by_row(markov::passage_by(at_means, Days{0.0}, Days{10.0})),
                    numbers(record["prob_passage_by_10"]), 1e-6, 1e-8);
    }
    if (estimates.contains("hazard_ratios"))
        compare_hazard_ratios(t, estimates["hazard_ratios"], values, out);
    compare_emissions(t, estimates, values, out);
    if (record.contains("loglik_by_subject_at_mle") && record["loglik_by_subject_at_mle"].is_object()) {
        const std::vector<double> each = markov::Likelihood(t.spec, t.panel).by_subject(values);
        double sum = 0.0, theirs = 0.0;
        for (const double x : each)
            sum += x;
        for (const double x : numbers(record["loglik_by_subject_at_mle"].at("loglik")))
            theirs += x;
        out.compare("sum over subjects at the estimates", {sum}, {theirs}, 1e-9, 0.0);
    }
}

}  // namespace bellwether::msm

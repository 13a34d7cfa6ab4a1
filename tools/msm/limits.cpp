#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bellwether/markov/intervals.hpp"
#include "bellwether/markov/transition.hpp"

#include "figures.hpp"

namespace bellwether::msm {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using nlohmann::json;

/// Limits as msm gives them, in the order of a quantity.
struct Theirs {
    std::vector<double> estimate, low, high;
};

/// Each limit's distance from msm's estimate, in widths of msm's interval. Left out: what msm has no limits
/// of, and limits over many orders, which are those of a parameter that runs off.
void compare_limits(const std::string& name, const std::vector<markov::Interval>& ours, const Theirs& theirs,
                    bool positive, Figures& out) {
    if (ours.size() != theirs.low.size() || ours.size() != theirs.high.size() ||
        ours.size() != theirs.estimate.size())
        return out.fail(name, fmt::format("{} of ours for {} of theirs", ours.size(), theirs.low.size()));
    std::vector<double> mine, given;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        const double low = theirs.low[i], high = theirs.high[i], width = high - low;
        const double least = std::min(std::abs(low), std::abs(high)),
                     most = std::max(std::abs(low), std::abs(high));
        if (!(width > 0.0) || (positive && most > 1e4 * least) || std::isnan(ours[i].low)) continue;
        mine.push_back((ours[i].low - theirs.estimate[i]) / width);
        mine.push_back((ours[i].high - theirs.estimate[i]) / width);
        given.push_back((low - theirs.estimate[i]) / width);
        given.push_back((high - theirs.estimate[i]) / width);
    }
    if (mine.empty()) return out.skip(name, "none inside");
    out.compare(name, mine, given, 0.0, 0.01);
}

VectorXd flat(const MatrixXd& m) {
    VectorXd out(m.size());
    for (Index r = 0; r < m.rows(); ++r)
        for (Index c = 0; c < m.cols(); ++c)
            out[r * m.cols() + c] = m(r, c);
    return out;
}

Theirs of_matrices(const json& j) {
    return {numbers(j.at("estimate")), numbers(j.at("lower")), numbers(j.at("upper"))};
}

/// Intensities, on the logarithm of their size: those on the diagonal are negative.
void compare_generator(const std::string& name, const Translated& t, const markov::ParameterSet& fitted,
                       const std::vector<double>& covariates, const json& theirs, Figures& out) {
    if (!theirs.contains("lower")) return;
    const auto quantity = [&](const markov::Values& values) {
        return VectorXd(flat(markov::generator(t.spec, values, covariates)).cwiseAbs());
    };
    std::vector<markov::Interval> ours = markov::delta_intervals(t.spec, fitted, quantity, markov::On::log);
    const std::size_t K = t.spec.states.size();
    for (std::size_t s = 0; s < K; ++s) {
        markov::Interval& diagonal = ours[s * K + s];
        diagonal = {-diagonal.estimate, diagonal.se, -diagonal.high, -diagonal.low};
    }
    compare_limits(name, ours, of_matrices(theirs), true, out);
}

void compare_sojourn(const Translated& t, const markov::ParameterSet& fitted, const json& theirs,
                     Figures& out) {
    if (!theirs.contains("columns") || theirs["columns"].size() != 4) return;
    const auto quantity = [&](const markov::Values& values) {
        const VectorXd all = markov::mean_sojourn(markov::generator(t.spec, values, t.means));
        std::vector<double> finite;
        for (const double x : all)
            if (std::isfinite(x)) finite.push_back(x);
        return VectorXd(Eigen::Map<VectorXd>(finite.data(), static_cast<Index>(finite.size())));
    };
    Theirs table;  // estimate, standard error, limits
    const json& rows = theirs.at("table");
    for (const json& row : rows.size() > 0 && rows[0].is_array() ? rows : json::array({rows})) {
        const std::vector<double> x = numbers(row);
        table.estimate.push_back(x.at(0));
        table.low.push_back(x.at(2));
        table.high.push_back(x.at(3));
    }
    compare_limits("sojourn intervals", markov::delta_intervals(t.spec, fitted, quantity, markov::On::log),
                   table, true, out);
}

void compare_ratios(const Translated& t, const markov::ParameterSet& fitted, const json& tables,
                    Figures& out) {
    for (const auto& [covariate, theirs] : tables.items()) {
        std::vector<markov::Effect> effects;
        for (const markov::Transition& transition : t.spec.transitions)
            for (const markov::Effect& e : transition.effects)
                if (t.spec.covariates[e.covariate].name == covariate) effects.push_back(e);
        Theirs table;
        for (const json& row : theirs.at("table")) {
            const std::vector<double> x = numbers(row);
            if (x.size() != 3) return;
            table.estimate.push_back(x[0]);
            table.low.push_back(x[1]);
            table.high.push_back(x[2]);
        }
        if (effects.size() != table.low.size()) continue;
        const auto quantity = [&](const markov::Values& values) {
            VectorXd ratio(static_cast<Index>(effects.size()));
            for (std::size_t i = 0; i < effects.size(); ++i)
                ratio[static_cast<Index>(i)] = std::exp(effects[i].factor * values[effects[i].parameter]);
            return ratio;
        };
        compare_limits(fmt::format("hazard ratio intervals of {}", covariate),
                       markov::delta_intervals(t.spec, fitted, quantity, markov::On::log), table, true, out);
    }
}

/// Rows with one error alone: with several, msm 1.7 and 1.8.2 give other limits (wider for the largest error
/// and the diagonal) than follow from their own covariance matrix by the delta method.
void compare_misclassification(const Translated& t, const markov::ParameterSet& fitted, const json& matrices,
                               Figures& out) {
    Theirs theirs = of_matrices(matrices);
    const std::size_t K = t.spec.states.size();
    for (std::size_t s = 0; s < K; ++s) {
        const auto row = theirs.estimate.begin() + static_cast<std::ptrdiff_t>(s * K);
        if (std::count_if(row, row + static_cast<std::ptrdiff_t>(K), [](double p) { return p > 0.0; }) > 2)
            std::fill_n(theirs.low.begin() + static_cast<std::ptrdiff_t>(s * K), K, kMissing);
    }
    const auto quantity = [&](const markov::Values& values) { return flat(misclassification(t, values)); };
    compare_limits("misclassification intervals",
                   markov::delta_intervals(t.spec, fitted, quantity, markov::On::logit), theirs, false, out);
}

}  // namespace

void compare_intervals(const Translated& t, const json& record, const markov::ParameterSet& fitted,
                       Figures& out) {
    if (fitted.summary.end != markov::FitSummary::End::converged || fitted.covariance.size() == 0)
        return out.skip("derived intervals", fmt::format("the fit ended: {}", fitted.summary.why));
    const json& estimates = record.at("estimates");
    const std::vector<double> zeros(t.spec.covariates.size(), 0.0);
    compare_generator("generator intervals at the means", t, fitted, t.means,
                      estimates.value("qmatrix_at_covariate_means", json::object()), out);
    compare_generator("generator intervals at 0", t, fitted, zeros,
                      estimates.value("qmatrix_at_covariates_zero", json::object()), out);
    compare_sojourn(t, fitted, record.value("mean_sojourn", json::object()), out);
    if (estimates.contains("hazard_ratios")) compare_ratios(t, fitted, estimates["hazard_ratios"], out);
    const json misclassified = estimates.value("ematrix", json::object());
    if (misclassified.is_object() && misclassified.contains("lower"))
        compare_misclassification(t, fitted, misclassified, out);
}

}  // namespace bellwether::msm

#include "figures.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <regex>
#include <set>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"
#include "bellwether/markov/likelihood.hpp"

namespace bellwether::msm {
namespace {

using nlohmann::json;

/// Entries that msm may estimate, each tie once: the order of its gradients.
std::vector<std::size_t> free_entries(const Translated& t) {
    std::vector<std::size_t> out;
    std::set<int> met;
    for (std::size_t i = 0; i < t.entries.size(); ++i)
        if (!t.entries[i].constant && t.entries[i].parameter >= 0 &&
            met.insert(t.entries[i].parameter).second)
            out.push_back(i);
    return out;
}

markov::Values start_values(const Translated& t, const json& record) {
    return values_of(t, numbers(record.at("initial").at("parameters").at("value_optimisation_scale")));
}

void compare_subjects(const Translated& t, const json& theirs, const markov::Values& values,
                      const std::string& name, Figures& out) {
    const std::vector<double> each = markov::Likelihood(t.spec, t.panel).by_subject(values);
    std::map<std::string, double> by_id;
    for (std::size_t s = 0; s < each.size(); ++s)
        by_id[t.panel.id(s)] = each[s];
    std::vector<double> ours;
    for (const json& id : theirs.at("subject")) {
        const auto it = by_id.find(id.is_string() ? id.get<std::string>() : shortest(id.get<double>()));
        if (it == by_id.end()) return out.fail(name, fmt::format("no subject {}", id.dump()));
        ours.push_back(it->second);
    }
    out.compare(name, ours, numbers(theirs.at("loglik")), 0.0, 1e-8);
}

/// Rows that msm names in "observations 10 and 11, 121 and 122": the second of each pair.
std::set<std::size_t> named_rows(const json& warnings) {
    std::set<std::size_t> out;
    const std::string text = warnings.is_string() ? warnings.get<std::string>() : warnings.dump();
    const std::regex pair("(\\d+) and (\\d+)");
    for (std::sregex_iterator i(text.begin(), text.end(), pair), end; i != end; ++i)
        out.insert(std::stoul((*i)[2]));
    return out;
}

void compare_impossible(const Translated& t, const json& record, const markov::Values& values, Figures& out) {
    const auto rows = markov::impossible_rows(t.spec, values, t.panel);
    std::set<std::size_t> ours;
    std::string said;
    for (const auto& row : rows) {
        const std::size_t source = t.source[t.panel.first_row(row.subject) + row.row];
        ours.insert(source);
        if (said.size() < 120)
            said +=
                fmt::format("{}subject {} row {}", said.empty() ? "" : "; ", t.panel.id(row.subject), source);
    }
    if (rows.empty()) return out.fail("impossible rows", "none found, though the likelihood is 0 there");
    const std::set<std::size_t> theirs = named_rows(record.value("warnings_at_init", json()));
    if (!theirs.empty() && theirs != ours)
        return out.fail("impossible rows",
                        fmt::format("{} of ours for {} of theirs: {}", ours.size(), theirs.size(), said));
    out.pass("impossible rows",
             fmt::format("{} named: {}{}", rows.size(), said, said.size() < 120 ? "" : ", ..."));
}

}  // namespace

std::vector<double> numbers(const json& j) {
    std::vector<double> out;
    if (j.is_array()) {
        for (const json& item : j) {
            const std::vector<double> inner = numbers(item);
            out.insert(out.end(), inner.begin(), inner.end());
        }
    } else {
        out.push_back(j.is_number() ? j.get<double>() : kMissing);
    }
    return out;
}

void Figures::pass(const std::string& name, const std::string& said) {
    all_.push_back({name, Figure::Verdict::passed, said});
}
void Figures::fail(const std::string& name, const std::string& said) {
    all_.push_back({name, Figure::Verdict::failed, said});
}
void Figures::skip(const std::string& name, const std::string& why) {
    all_.push_back({name, Figure::Verdict::skipped, why});
}

void Figures::compare(const std::string& name, const std::vector<double>& ours,
                      const std::vector<double>& theirs, double relative, double absolute) {
    if (ours.size() != theirs.size())
        return fail(name, fmt::format("{} figures of ours for {} of theirs", ours.size(), theirs.size()));
    double worst = -1.0;
    std::size_t at = 0, n = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        if (missing(theirs[i])) continue;
        ++n;
        const double allowed = std::max(absolute, relative * std::abs(theirs[i]));
        const double off = ours[i] == theirs[i] ? 0.0 : std::abs(ours[i] - theirs[i]) / allowed;
        if (off > worst || std::isnan(off)) {
            worst = std::isnan(off) ? INFINITY : off;
            at = i;
        }
    }
    if (n == 0) return skip(name, "nothing to compare with");
    const std::string said = fmt::format("{} figures, worst {} for {} ({:.1e} off)", n, shortest(ours[at]),
                                         shortest(theirs[at]), std::abs(ours[at] - theirs[at]));
    worst <= 1.0 ? pass(name, said) : fail(name, said);
}

bool Figures::failed() const {
    return std::any_of(all_.begin(), all_.end(),
                       [](const Figure& f) { return f.verdict == Figure::Verdict::failed; });
}

void compare_start(const Translated& t, const json& record, Figures& out) {
    const json& initial = record.at("initial").at("parameters");
    std::vector<std::string> labels;
    for (const json& l : initial.at("labels"))
        labels.push_back(l.get<std::string>());
    std::vector<std::string> ours;
    for (const Entry& e : t.entries)
        ours.push_back(e.label);
    if (ours != labels) {
        std::string differ;
        for (std::size_t i = 0; i < std::max(ours.size(), labels.size()) && differ.empty(); ++i)
            if (i >= ours.size() || i >= labels.size() || ours[i] != labels[i])
                differ = fmt::format("the {}th is '{}' here and '{}' there", i + 1,
                                     i < ours.size() ? ours[i] : "", i < labels.size() ? labels[i] : "");
        return out.fail("parameters",
                        fmt::format("{} of ours for {}: {}", ours.size(), labels.size(), differ));
    }
    const markov::Values values = start_values(t, record);
    const bool unnamed = !record.value("minus2loglik_at_init_is_infinite", false) &&
                         record.at("minus2loglik_at_init").is_null();
    const bool infinite = record.value("minus2loglik_at_init_is_infinite", false) || unnamed;
    const markov::Likelihood likelihood(t.spec, t.panel);
    std::vector<double> gradient;
    const double log_lik = likelihood.value(values, gradient);
    if (infinite) {
        if (unnamed && std::isfinite(log_lik))
            return out.skip("-2 log likelihood at the start", "the case has none");
        if (std::isfinite(log_lik))
            return out.fail("-2 log likelihood at the start", "finite here, infinite there");
        return compare_impossible(t, record, values, out);
    }
    out.compare("-2 log likelihood at the start", {-2.0 * log_lik},
                numbers(record.at("minus2loglik_at_init")), 1e-9, 0.0);
    if (record.contains("loglik_by_subject_at_init"))
        compare_subjects(t, record["loglik_by_subject_at_init"], values, "per subject at the start", out);
    if (!record.contains("gradient_of_minus2loglik_at_init"))
        return out.skip("gradient", "the case has none");
    const std::vector<double> theirs = numbers(record["gradient_of_minus2loglik_at_init"]);
    const std::vector<double> on_scale = numbers(initial.at("value_optimisation_scale"));
    std::vector<double> slopes;
    double largest = 0.0;
    for (const std::size_t i : free_entries(t)) {
        const Entry& e = t.entries[i];
        const auto p = static_cast<std::size_t>(e.parameter);
        slopes.push_back(-2.0 * e.slope(on_scale[i], t.spec.parameters[p]) * gradient[p]);
    }
    for (const double x : theirs)
        if (!missing(x)) largest = std::max(largest, std::abs(x));
    const std::string source = record.value("gradient_source", "");
    // Where msm's own differences contradict its gradient, neither is to be compared with.
    const json doubt = record.value("gradient_max_relative_difference_from_numeric", json());
    if (source == "msm analytic" && doubt.is_number() && doubt.get<double>() > 1e-3)
        return out.skip("gradient", fmt::format("msm's own is {} off its differences", doubt.dump()));
    // Differences (numDeriv) have their own error, relative to the largest; so have components near 0.
    out.compare(fmt::format("gradient ({})", source.empty() ? "source not said" : source), slopes, theirs,
                1e-6, (source == "numDeriv" ? 1e-5 : 1e-8) * largest);
}

}  // namespace bellwether::msm

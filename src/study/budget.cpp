#include "bellwether/study/budget.hpp"

#include <algorithm>
#include <cmath>

#include "bellwether/core/error.hpp"

namespace bellwether::study {
namespace {

void require_same_shape(std::span<const Population> populations) {
    const Quiet* first = nullptr;
    for (const auto& population : populations)
        for (const auto& p : population.patients) {
            if (!first) first = &p;
            const bool same =
                std::equal(p.first.begin(), p.first.end(), first->first.begin(), first->first.end(),
                           [](const auto& a, const auto& b) { return a.size() == b.size(); });
            if (!same) throw Error("U011", "patients with different rules or thresholds");
        }
    if (!first)
        throw Error("U011", "no patient in whom nothing drifts: there is nothing to solve a budget on");
}

/// [rule][threshold]: the highest rate over the populations.
std::vector<std::vector<double>> rates_of(std::span<const Population> populations, std::size_t rules) {
    std::vector<std::vector<double>> rates(rules);
    for (const auto& population : populations)
        for (std::size_t r = 0; r < rules && !population.patients.empty(); ++r) {
            const std::size_t thresholds = population.patients.front().first[r].size();
            rates[r].resize(thresholds, 0.0);
            Choice one(rules);
            for (std::size_t t = 0; t < thresholds; ++t) {
                one[r] = t;
                rates[r][t] =
                    std::max(rates[r][t], first_alerts(population.patients, one).rate().value_or(0.0));
            }
        }
    return rates;
}

std::optional<std::size_t> within(const std::vector<double>& rates, double rate) {
    std::optional<std::size_t> found;
    for (std::size_t t = 0; t < rates.size() && rates[t] <= rate; ++t)
        found = t;
    return found;
}

}  // namespace

std::optional<double> FirstAlerts::rate() const {
    return years > 0.0 ? std::optional<double>(alerted / years) : std::nullopt;
}

FirstAlerts first_alerts(std::span<const Quiet> patients, const Choice& choice) {
    FirstAlerts sum;
    for (const auto& p : patients) {
        double first = p.years;
        bool alerted = false;
        for (std::size_t r = 0; r < choice.size(); ++r) {
            if (!choice[r]) continue;
            const double at = p.first[r][*choice[r]];
            if (!std::isfinite(at) || at > first) continue;
            first = at;
            alerted = true;
        }
        sum.alerted += alerted ? 1.0 : 0.0;
        sum.years += first;
    }
    return sum;
}

std::optional<double> worst_rate(std::span<const Population> populations, const Choice& choice) {
    std::optional<double> worst;
    for (const auto& population : populations)
        if (const auto rate = first_alerts(population.patients, choice).rate())
            worst = std::max(worst.value_or(0.0), *rate);
    return worst;
}

std::optional<std::size_t> most_talkative_within(std::span<const Population> populations, std::size_t rule,
                                                 double rate) {
    require_same_shape(populations);
    return within(rates_of(populations, rule + 1)[rule], rate);
}

Budgeted within_budget(std::span<const Population> populations, double budget) {
    if (!(budget > 0.0) || !std::isfinite(budget)) throw Error("U010", "a budget of false alerts is above 0");
    require_same_shape(populations);
    std::size_t rules = 0;
    for (const auto& population : populations)
        if (!population.patients.empty()) rules = population.patients.front().first.size();
    const auto rates = rates_of(populations, rules);
    const auto choose = [&](double share) {
        Choice choice;
        for (const auto& of_rule : rates)
            choice.push_back(within(of_rule, share));
        return choice;
    };
    const auto holds = [&](double share) {
        return worst_rate(populations, choose(share)).value_or(0.0) <= budget;
    };
    // First alerts of several rules over shorter times can be more than the sum of the single rates, by a
    // little: the equal share is looked at as well as any other.
    double low = budget / static_cast<double>(std::max<std::size_t>(1, rules)), high = budget;
    while (!holds(low))
        low *= 0.95;
    if (holds(high)) low = high;
    while (high - low > 1e-4 * budget) {
        const double middle = 0.5 * (low + high);
        (holds(middle) ? low : high) = middle;
    }
    Budgeted found;
    found.choice = choose(low);
    found.share = low;
    found.rate = worst_rate(populations, found.choice);
    return found;
}

}  // namespace bellwether::study

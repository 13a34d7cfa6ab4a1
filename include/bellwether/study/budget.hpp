#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// Thresholds out of a budget of false alerts.
namespace bellwether::study {

/// One patient in whom nothing drifts: how long they were watched, and when each rule at each threshold first
/// spoke. Thresholds stand from the quietest to the most talkative.
struct Quiet {
    std::string id;
    double years = 0.0;
    /// [rule][threshold], years to the first alert; infinite when there is none within `years`.
    std::vector<std::vector<float>> first;
};

/// Patients of one kind in whom nothing drifts: always stable, say, or a response that reaches a plateau. A
/// budget is kept in each kind, not on their average.
struct Population {
    std::string name;
    std::vector<Quiet> patients;
};

/// A threshold per rule; nothing: the rule is left out, it never speaks.
using Choice = std::vector<std::optional<std::size_t>>;

/// Patients whose first alert by any of the rules came, over their time up to it.
struct FirstAlerts {
    double alerted = 0.0, years = 0.0;
    [[nodiscard]] std::optional<double> rate() const;  ///< per patient-year; nothing without time
};
[[nodiscard]] FirstAlerts first_alerts(std::span<const Quiet> patients, const Choice& choice);

/// The highest rate among the populations; nothing when none has time.
[[nodiscard]] std::optional<double> worst_rate(std::span<const Population> populations, const Choice& choice);

/// The most talkative threshold of a rule such that it and every quieter one stay within a rate in every
/// population; nothing when the quietest does not.
[[nodiscard]] std::optional<std::size_t> most_talkative_within(std::span<const Population> populations,
                                                               std::size_t rule, double rate);

/// A budget shared over the rules of a set: each gets the same share, the largest with which first alerts by
/// any of them stay within the budget in every population. A share is at least budget / rules, which always
/// suffices, and at most the budget; rules that speak at the same time in the same patients share for free.
struct Budgeted {
    Choice choice;
    double share = 0.0;          ///< per rule and patient-year
    std::optional<double> rate;  ///< of any rule, in the population where it is highest, on these patients
};
/// @throws Error U010 a budget that is not above 0; U011 no population, or one whose patients differ in the
///         numbers of rules and thresholds
/// @cost   O(rules x log(1 / 1e-4) x patients) after one pass over thresholds x patients
/// @tested tests/study/budget_test.cpp: constant hazards, for which the rates are known; all choices tried
/// out
[[nodiscard]] Budgeted within_budget(std::span<const Population> populations, double budget);

}  // namespace bellwether::study

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bellwether/app/replay.hpp"
#include "bellwether/study/budget.hpp"

/// Thresholds of rules out of a budget of false alerts, and what they can still find. Nothing is written.
namespace bellwether::app {

/// A drift that is drawn: the path stays where nothing drifts until a day, and among the states of a label
/// from then on.
struct DriftScenario {
    std::string name, label;
    int day = 0;  ///< after the patient's first modelled reading
};

struct CalibrationRequest {
    double budget = 0.2;             ///< first false alerts per patient-year, by any of the rules
    std::vector<std::string> rules;  ///< empty: all that have a tunable number
    Instant as_of;                   ///< whose visits are taken
    /// Populations in whom nothing drifts, each the labels among whose states a path is kept. Empty: the
    /// states without any label that a rule of the model tunes on, and `stable` alone where there is such a
    /// label.
    std::vector<std::vector<std::string>> populations;
    std::vector<DriftScenario> scenarios;  ///< empty: each tuned label from day 60 and from day 180
    /// Numbers to look at first, by rule. Else: probabilities evenly in log odds from 0.005 to 0.995, other
    /// numbers from an eighth to eight times the rule's own.
    std::map<std::string, std::vector<double>> grids;
    std::size_t patients = 5000;  ///< drawn per population, at least: each patient of the store as often as
                                  ///< it takes
    std::uint64_t seed = 20261201;
    int horizon_days = 180;  ///< for detection, and event-free: illustrative
    /// The store's own event-free days in place of drawn patients, under replay.
    std::optional<ReplayRequest> event_free;
    int threads = 2;
    std::function<void(std::int64_t done, std::int64_t of)> progress;  ///< may be empty
};

/// How often patients who do not drift are alerted, with a bootstrap interval over patients.
struct QuietRate {
    std::string rule, population;  ///< rule "": any of the rules of the model (event-free: of the set)
    std::string model;
    study::Rate rate;
};

struct CalibratedRule {
    std::string rule, model, comparison;
    double written = 0.0;          ///< the rule file's number
    std::optional<double> number;  ///< found; nothing: not even the quietest number looked at is quiet enough
    bool end_of_grid = false;      ///< the most talkative number looked at would do: a wider grid has others
    /// Share of the patients for whom the rule could be judged: drawn, at the end of their follow-up;
    /// event-free, on any day.
    double assessable = 0.0;
};

/// How a drift was found, drawn anew; by the thresholds found.
struct DetectionLine {
    DriftScenario scenario;
    std::string rule;  ///< "": any of the model's
    std::string model;
    std::size_t patients = 0;              ///< with a reading before the onset and one after
    std::size_t alerted_before = 0;        ///< were alerted before it, and count no further
    std::optional<double> within_horizon;  ///< Kaplan-Meier, from the onset; the end of visits censors
    std::optional<double> q1, median, q3;  ///< days from the onset to the first alert, Kaplan-Meier
};

struct Calibration {
    std::vector<CalibratedRule> rules;
    std::map<std::string, double> share;  ///< of each rule, per patient-year, by model ("" for event-free)
    /// On patients drawn anew; event-free: cross-validated in five parts, each judged by thresholds found in
    /// the others.
    std::vector<QuietRate> rates;
    std::vector<DetectionLine> detection;
    std::vector<rulebook::Override> overrides;  ///< of the rules for which a number was found
    std::int64_t store_patients = 0;            ///< whose visits could be taken
};

/// Finds for each rule the most talkative number within the budget.
///
/// Drawn patients: for each patient of the store, as known at `as_of`, the model draws what it would have
/// read at their visits (drift::draw_like), and the rules are judged on it as of each visit. Draws come from
/// the parameter set of all patients, scores from the one that never saw the patient. A budget over rules of
/// several models is divided among the models by their numbers of rules (first alerts of all of them are then
/// within it), and within a model shared as study::within_budget does. Readings count as known on their own
/// day.
///
/// Numbers are looked for on a grid and then between its neighbours, on the same draws; every figure that is
/// reported is of other draws.
///
/// @throws Error P033 no such rule; P035 a rule that cannot be calibrated so (no tunable number, no model, a
///         tuned number of 0 without a grid, never assessable in the drawn patients); P036 no patient of the
///         store has two days with readings of the model; R012 an unknown label
/// @cost   (populations + scenarios) x draws x visits x (filter + thresholds x rules)
/// @tested tests/app/calibrate_test.cpp
[[nodiscard]] Calibration calibrate(store::Store& store, const SideSource& source,
                                    const CalibrationRequest& request);

}  // namespace bellwether::app

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bellwether/app/replay.hpp"
#include "bellwether/app/score_cohort.hpp"

/// A score read from a store at landmarks, as it was known then.
namespace bellwether::app {

struct ScoreStoreRequest {
    /// An expression of the rule language, "P(growing)", "fold(ctdna, nadir) - 1"; or, with `rule`, "".
    std::string score;
    std::string rule;                          ///< 1 while its alert stands open, else 0
    std::string model;                         ///< whose P(); "" = the only one that knows the label
    SideSource source;                         ///< rules and models in place of the active ones
    bool fitted_elsewhere = false;             ///< see refuse_in_sample()
    std::optional<study::ScoreKind> kind;      ///< nothing: as the feature says
    std::vector<int> landmarks;                ///< days from day zero, else the first reading; ascending
    Date to;                                   ///< outcomes are as known at the end of this day
    EventKind event = EventKind::progression;  ///< or death
    std::vector<std::pair<std::string, std::string>> cohort;  ///< as ReplayRequest
    int threads = 2;
    std::function<void(std::int64_t done, std::int64_t of)> progress;  ///< may be empty
};

/// Reads the score at the end of each landmark day with what had been learnt by then, by the parameter set
/// that never saw the patient. What came after is as known at the end of `to`: time runs from the landmark
/// to the first event of the kind; death is a competing end of progression; the last day on which anything
/// is known censors.
///
/// - P() and forecast() are probabilities; P() is that at the last modelled reading. What
/// arithmetic makes of them is a number until `kind` says otherwise. A condition and a rule are a yes or no;
/// a rule that could not be judged and has no open alert has no score.
/// - A reading beyond its limit of detection counts as the limit, and is counted in LandmarkCount::bounds.
/// - Patients with the event, dead, or no longer followed at the landmark are counted apart.
///
/// @throws Error P088 the score is no expression of a value, or names what is not there; P089 no such rule;
///         P031 a model that may have seen the patients; P032 no rules
/// @cost   a timeline per patient and landmark, and one filter per patient
/// @tested tests/app/score_store_test.cpp: no look-ahead; against Features and Evaluator; silence
[[nodiscard]] ScoreCohort score_store(store::Store& store, const ScoreStoreRequest& request);

/// Factors that `by` means for that score: sex, age, site, arm, an attribute of the patients; "assay" is
/// "assay of CHANNEL" for each channel that it reads.
[[nodiscard]] std::vector<std::string> factors_of(const ScoreCohort& cohort,
                                                  const std::vector<std::string>& by);

}  // namespace bellwether::app

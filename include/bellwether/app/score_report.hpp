#pragma once

#include <string>
#include <vector>

#include "bellwether/app/score_cohort.hpp"
#include "bellwether/app/sheet.hpp"

/// The figures of a score: over all landmarks, at each, and per subgroup.
namespace bellwether::app {

struct ScoreReportRequest {
    double horizon_days = 180.0;
    std::size_t groups = 5;
    std::vector<double> thresholds;
    std::vector<std::string> by;  ///< factors; a factor with fewer than two levels is left out
    study::Bootstrap bootstrap;
    int threads = 2;
};

/// Some of the rows.
struct ScoreSlice {
    std::string landmark;       ///< "" = all of them together
    std::string factor, level;  ///< "" = all patients
    study::ScoreFigures figures;
};

/// Whether the levels of a factor differ in a figure: study::equal_figures() on the levels' values, with the
/// standard errors of the draws. Patients are drawn whole, so that one who stands at several landmarks does
/// not count several times; no patient may stand in two levels.
struct ScoreTest {
    std::string landmark;  ///< "" = all of them together
    std::string factor;
    study::ScoreMeasure figure = study::ScoreMeasure::auc;
    study::GroupTest test;  ///< degrees 0: fewer than two levels can be compared
    double p_holm = 1.0;    ///< over all tests of the report that compare something
    /// Levels that take no part: "under 65: fewer than 10 patients with the event"; and "unknown: 12
    /// patients".
    std::vector<std::string> left_out;
};

/// A level with fewer patients who had the event by the horizon, or with fewer who are known to be free of
/// it, takes no part in tests: its standard error would be known too badly. Illustrative.
constexpr std::size_t kLeastEnds = 10;

struct ScoreReport {
    std::vector<ScoreSlice> slices;  ///< all; each landmark, where there are several; each level of each
                                     ///< factor, and at each of them
    /// Per factor: C, AUC, sensitivity, specificity, risk, Brier, calibration; and the AUC at each landmark.
    std::vector<ScoreTest> tests;
    [[nodiscard]] const study::ScoreFigures& all() const { return slices.front().figures; }
};

/// @throws Error U003, U008, U009 as study::ScoreSample
/// @cost  slices times draws times rows; the same figures on any number of threads
/// @tested tests/app/score_cohort_test.cpp, tests/app/score_levels_test.cpp
[[nodiscard]] ScoreReport report_scores(const ScoreCohort& cohort, const ScoreReportRequest& request);

/// Sheets `figures`, `landmarks`, `not_assessable`, `risks` (observed by group of the score; for a
/// probability the calibration table), `net_benefit`, a row per slice and figure, and `tests`, a row per
/// factor and figure that is tested, and landmark where it is tested at one.
[[nodiscard]] std::vector<Sheet> score_sheets(const ScoreCohort& cohort, const ScoreReport& report);

/// Counts of a slice under permanent names.
[[nodiscard]] std::vector<std::pair<std::string, std::size_t>> score_counts(const study::ScoreFigures& f);

/// Observed risk against the mean prediction of each group, with intervals. @throws Error P087 no
/// probability
[[nodiscard]] std::string calibration_plot(const ScoreCohort& cohort, const ScoreReport& report,
                                           double horizon_days);
/// Net benefit along thresholds against treating all and none. @throws Error P087 a number has none
[[nodiscard]] std::string decision_plot(const ScoreCohort& cohort, const ScoreReport& report);

}  // namespace bellwether::app

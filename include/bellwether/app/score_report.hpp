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

struct ScoreReport {
    std::vector<ScoreSlice>
        slices;  ///< all; each landmark, where there are several; each level of each factor
    [[nodiscard]] const study::ScoreFigures& all() const { return slices.front().figures; }
};

/// @throws Error U003, U008, U009 as study::ScoreSample
/// @cost  slices times draws times rows; the same figures on any number of threads
/// @tested tests/app/score_cohort_test.cpp
[[nodiscard]] ScoreReport report_scores(const ScoreCohort& cohort, const ScoreReportRequest& request);

/// Sheets `figures`, `landmarks`, `not_assessable`, `risks` (observed by group of the score; for a
/// probability the calibration table) and `net_benefit`, a row per slice and figure.
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

#pragma once

#include <string>
#include <vector>

#include "bellwether/app/score_report.hpp"

/// Private: do the levels of a factor differ in the figures of a score?
namespace bellwether::app {

/// The level of a row; "" where it is not known.
[[nodiscard]] std::string level_of(const ScoreCohort& cohort, std::size_t row, const std::string& factor);

/// Never "", which means all landmarks together: a table may leave the cell of some empty.
[[nodiscard]] std::string landmark_name(const ScoreCohort& cohort, std::size_t landmark);

/// @param slices   those of one factor and landmark stand together, with their figures
/// @param horizon  days from the landmark, as in the figures
[[nodiscard]] std::vector<ScoreTest> compare_levels(const ScoreCohort& cohort,
                                                    const std::vector<ScoreSlice>& slices, double horizon);

}  // namespace bellwether::app

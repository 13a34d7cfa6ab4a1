#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

/// Pictures of how a score did, each an SVG file that stands alone.
namespace bellwether::report {

/// A group of patients with like predictions.
struct CalibrationPoint {
    double predicted = 0.0, observed = 0.0;  ///< both 0 to 1
    std::optional<double> low, high;         ///< interval of `observed`
    std::size_t rows = 0;
};

/// Observed against predicted, with the line on which both are equal.
/// @param event  words of the axes: "progression within 180 days"
[[nodiscard]] std::string calibration_svg(const std::string& title, const std::string& event,
                                          const std::vector<CalibrationPoint>& points);

/// One threshold of a decision curve; what is unknown is left out of its line.
struct DecisionPoint {
    double threshold = 0.0;
    std::optional<double> score, all;
};

/// Net benefit of treating by the score, of treating all and of treating none (the line at 0) along the
/// threshold. What lies below the lower end of the picture is cut off there: treating all falls without
/// limit.
[[nodiscard]] std::string decision_curve_svg(const std::string& title, const std::string& score,
                                             const std::vector<DecisionPoint>& points);

}  // namespace bellwether::report

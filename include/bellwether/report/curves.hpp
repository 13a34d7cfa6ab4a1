#pragma once

#include <string>
#include <utility>
#include <vector>

/// Curves over time as a picture that stands alone (SVG file).
namespace bellwether::report {

struct Curve {
    std::string name;  ///< in the legend
    std::vector<std::pair<double, double>> points;
    bool dots = false;  ///< marks at the points instead of a line
};

/// A small picture of its own among several, which share their axes.
struct CurvePanel {
    std::string title;
    std::vector<Curve> curves;
};

/// @param title  also what the picture says to those who cannot see it
/// @param x      words below the axis, with the unit
/// @param top    upper end of the vertical axis, which begins at 0
/// Panels stand two in a row; curve i has the same look in each, named in a legend where there are several.
[[nodiscard]] std::string curves_svg(const std::string& title, const std::string& x, double top,
                                     const std::vector<CurvePanel>& panels);

}  // namespace bellwether::report

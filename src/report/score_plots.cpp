#include "bellwether/report/score_plots.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "scale.hpp"
#include "stand_alone.hpp"

namespace bellwether::report {
namespace {

constexpr double width = 460, height = 436, left = 56, right = 16, top = 44, bottom = 80;

std::string looks() {
    return fmt::format(
        ".ideal{{stroke:#999;stroke-dasharray:4 3}}.bar{{stroke:{0};stroke-width:1.5}}"
        ".d{{stroke:none;fill:{0}}}.score{{stroke:{0}}}.all{{stroke:{1}}}.none{{stroke:#333}}",
        kColours[0], kColours[1]);
}

struct Plot {
    Svg svg;
    ValueAxis x, y;

    Plot(const std::string& title, double x_high, double y_low, double y_high, const std::string& x_label,
         const std::string& y_label)
        : svg(width, title),
          x(Scale::linear, 0.0, x_high, left, width - right),
          y(Scale::linear, y_low, y_high, height - bottom, top) {
        svg.text(12, 18, "title", title);
        for (const double t : y.ticks(5)) {
            svg.line(x(0), y(t), x(x_high), y(t), "grid");
            svg.text(18, y(t) + 4, "tick", fmt::format("{:.4g}", t));
        }
        for (const double t : x.ticks(5))
            svg.text(x(t) - 8, y(y_low) + 16, "tick", fmt::format("{:.4g}", t));
        svg.line(x(0), y(y_low), x(x_high), y(y_low), "axis");
        svg.line(x(0), y(y_low), x(0), y(y_high), "axis");
        svg.text(left, height - bottom + 34, "label", x_label);
        svg.text(left, top - 8, "label", y_label);
    }
    /// @param row  below the words of the axis, from 0
    void key(int row, double at, const std::string& look, const std::string& words) {
        const double below = height - bottom + 52 + 18 * row;
        svg.path({{at, below - 4}, {at + 18, below - 4}}, look);
        svg.text(at + 24, below, "label", words);
    }
    [[nodiscard]] std::string str() const { return stand_alone(svg, height, looks()); }
};

}  // namespace

std::string calibration_svg(const std::string& title, const std::string& event,
                            const std::vector<CalibrationPoint>& points) {
    Plot plot(title, 1.0, 0.0, 1.0, "predicted probability", "observed: " + event);
    plot.svg.line(plot.x(0), plot.y(0), plot.x(1), plot.y(1), "ideal");
    for (const auto& p : points) {
        if (p.low && p.high)
            plot.svg.line(plot.x(p.predicted), plot.y(*p.low), plot.x(p.predicted), plot.y(*p.high), "bar");
        plot.svg.mark(
            Shape::dot, plot.x(p.predicted), plot.y(p.observed), "d",
            fmt::format("predicted {:.3g}, observed {:.3g}, {} rows", p.predicted, p.observed, p.rows));
    }
    return plot.str();
}

std::string decision_curve_svg(const std::string& title, const std::string& score,
                               const std::vector<DecisionPoint>& points) {
    double high = 0.0, last = 0.0;
    for (const auto& p : points) {
        high = std::max({high, p.score.value_or(0.0), p.all.value_or(0.0)});
        last = std::max(last, p.threshold);
    }
    high = std::max(0.05, std::ceil(high * 20.0) / 20.0);
    // Room for a score that does harm; the rest of it says no more than that it does.
    const double low = -high / 4.0;
    Plot plot(title, last, low, high, "threshold: the risk at which one would act", "net benefit");
    // A curve that leaves the picture is cut there: drawn along its edge it would say something.
    const auto curve = [&](std::optional<double> DecisionPoint::*benefit, const std::string& look) {
        std::vector<std::pair<double, double>> line;
        const auto end = [&] {
            if (line.size() > 1) plot.svg.path(line, look);
            line.clear();
        };
        for (const auto& p : points)
            if (const auto& x = p.*benefit; x && *x >= low)
                line.emplace_back(plot.x(p.threshold), plot.y(*x));
            else
                end();
        end();
    };
    plot.svg.path({{plot.x(0), plot.y(0)}, {plot.x(last), plot.y(0)}}, "c none");
    curve(&DecisionPoint::all, "c all");
    curve(&DecisionPoint::score, "c score");
    plot.key(0, left, "c none", "none");
    plot.key(0, left + 66, "c all", "all");
    plot.key(1, left, "c score", score);
    return plot.str();
}

}  // namespace bellwether::report

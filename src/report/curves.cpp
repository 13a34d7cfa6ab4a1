#include "bellwether/report/curves.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "scale.hpp"
#include "stand_alone.hpp"

namespace bellwether::report {
namespace {

constexpr double kWidth = 340, kHeight = 210, kLeft = 48, kRight = 12, kTop = 30, kBottom = 42;

/// Curve i is `c ci`, its dots `d di`.
std::string looks() {
    std::string lines, dots = ".d{stroke:none}";
    for (std::size_t i = 0; i < kColours.size(); ++i) {
        lines += fmt::format(".c{}{{stroke:{}}}", i, kColours[i]);
        dots += fmt::format(".d{}{{fill:{}}}", i, kColours[i]);
    }
    return lines + dots;
}

struct Frame {
    double left, top;
    ValueAxis x, y;
};

Frame frame_of(std::size_t i, double last, double top) {
    const double left = static_cast<double>(i % 2) * kWidth,
                 above = static_cast<double>(i / 2) * kHeight + 24;
    return {left, above, ValueAxis(Scale::linear, 0, last, left + kLeft, left + kWidth - kRight),
            ValueAxis(Scale::linear, 0, top, above + kHeight - kBottom, above + kTop)};
}

void axes(Svg& svg, const Frame& f, const std::string& x, double last, double top) {
    for (const double t : f.y.ticks(4)) {
        svg.line(f.x(0), f.y(t), f.x(last), f.y(t), "grid");
        svg.text(f.left + 12, f.y(t) + 4, "tick", fmt::format("{:g}", t));
    }
    for (const double t : f.x.ticks(5))
        svg.text(f.x(t) - 4, f.y(0) + 16, "tick", fmt::format("{:g}", t));
    svg.line(f.x(0), f.y(0), f.x(last), f.y(0), "axis");
    svg.line(f.x(0), f.y(0), f.x(0), f.y(top), "axis");
    svg.text((f.x(0) + f.x(last)) / 2 - 24, f.y(0) + 32, "label", x);
}

void draw(Svg& svg, const Frame& f, const Curve& curve, std::size_t look) {
    if (!curve.dots) {
        std::vector<std::pair<double, double>> places;
        for (const auto& [x, y] : curve.points)
            places.emplace_back(f.x(x), f.y(y));
        svg.path(places, fmt::format("c c{}", look % kColours.size()));
        return;
    }
    for (const auto& [x, y] : curve.points)
        svg.mark(Shape::dot, f.x(x), f.y(y), fmt::format("d d{}", look % kColours.size()),
                 fmt::format("{} {:.4g} at {:.4g}", curve.name, y, x));
}

}  // namespace

std::string curves_svg(const std::string& title, const std::string& x, double top,
                       const std::vector<CurvePanel>& panels) {
    double last = 0.0;
    std::size_t most = 0, longest = 0;
    for (const auto& panel : panels) {
        most = std::max(most, panel.curves.size());
        for (const auto& curve : panel.curves) {
            longest = std::max(longest, curve.name.size());
            for (const auto& point : curve.points)
                last = std::max(last, point.first);
        }
    }
    // A letter of this size is about 7 wide.
    Svg svg(
        panels.size() > 1 ? 2 * kWidth : kWidth + std::max(120.0, 40.0 + 7.0 * static_cast<double>(longest)),
        title);
    svg.text(12, 16, "title", title);
    for (std::size_t i = 0; i < panels.size(); ++i) {
        const Frame f = frame_of(i, last, top);
        svg.text(f.x(0), f.top + 20, "title", panels[i].title);
        axes(svg, f, x, last, top);
        for (std::size_t c = 0; c < panels[i].curves.size(); ++c)
            draw(svg, f, panels[i].curves[c], c);
    }
    const double rows = static_cast<double>((panels.size() + 1) / 2);
    double below = 24 + rows * kHeight;
    for (std::size_t c = 0; c < most && !panels.empty(); ++c) {
        const Curve& curve = panels.front().curves[std::min(c, panels.front().curves.size() - 1)];
        const double y = panels.size() > 1 ? below + 6 : 24 + kTop + 18 * static_cast<double>(c);
        const double at = panels.size() > 1 ? 48 + 150 * static_cast<double>(c) : kWidth + 4;
        if (curve.dots)
            svg.mark(Shape::dot, at + 9, y - 4, fmt::format("d d{}", c % kColours.size()), curve.name);
        else
            svg.path({{at, y - 4}, {at + 18, y - 4}}, fmt::format("c c{}", c % kColours.size()));
        svg.text(at + 24, y, "label", curve.name);
    }
    if (panels.size() > 1) below += 20;
    return stand_alone(svg, below, looks());
}

}  // namespace bellwether::report

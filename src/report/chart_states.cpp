#include <algorithm>

#include <fmt/format.h>

#include "chart_parts.hpp"
#include "words.hpp"

namespace bellwether::report {
namespace {

/// States in which nothing is happening stay pale, so that the eye goes to the others.
bool is_neutral(const std::string& label) {
    return label == "none" || label == "stable";
}

struct Look {
    std::string_view ground, ink;
    int hatch;
};

/// Told apart by hue, by lightness and by hatching, for print and for eyes that see fewer colours.
/// @source hues: Okabe & Ito, Color Universal Design, jfly.uni-koeln.de/color, lightened.
Look look_of(const std::string& label, const std::vector<std::string>& order) {
    constexpr Look neutral{"#f0f0f0", "#bbbbbb", 2};
    constexpr Look looks[] = {{"#d6ecf8", "#56b4e9", 0}, {"#f6c6a5", "#b34700", 1},
                              {"#9a9a9a", "#555555", 5}, {"#e3d3ea", "#8a5aa0", 3},
                              {"#cdeade", "#00795a", 4}, {"#f7efb2", "#8a7a00", 1}};
    if (is_neutral(label)) return neutral;
    const auto at = std::find(order.begin(), order.end(), label) - order.begin();
    return looks[static_cast<std::size_t>(at) % std::size(looks)];
}

/// A band from one date to another: the labels stacked from the bottom, in their order.
void draw_band(Canvas& c, const StateTrace& trace, const std::vector<double>& p, double from, double to,
               double top, double height, const std::string& id, std::string_view cls,
               const std::string& when) {
    double below = 0.0;
    for (std::size_t k = 0; k < p.size() && k < trace.labels.size(); ++k) {
        const double part = std::clamp(p[k], 0.0, 1.0 - below);
        const double y = top + height * (1.0 - below - part);
        if (part > 0.001)
            c.svg.rect(from, y, std::max(to - from, 0.5), height * part, cls,
                       fmt::format("{}: P({}) {}", when, trace.labels[k], probability(p[k])),
                       fmt::format("url(#{}{})", id, k));
        below += part;
    }
}

void draw_legend(Canvas& c, const StateTrace& trace, const std::string& id, double top) {
    c.svg.text(4, top + 12, "gutter strong", cut(trace.axis, 22));
    c.svg.text(4, top + 25, "gutter", cut(trace.model, 22));
    for (std::size_t k = 0; k < trace.labels.size(); ++k) {
        const double y = top + 31 + 14.0 * static_cast<double>(k);
        c.svg.rect(4, y, 14, 10, "swatch", {}, fmt::format("url(#{}{})", id, k));
        c.svg.text(22, y + 9, "gutter", cut(trace.labels[k], 15));
    }
}

}  // namespace

std::vector<std::string> label_order(const std::vector<StateTrace>& traces) {
    std::vector<std::string> order;
    for (const auto& t : traces)
        for (const auto& label : t.labels)
            if (!is_neutral(label) && std::find(order.begin(), order.end(), label) == order.end())
                order.push_back(label);
    return order;
}

double draw_states(Canvas& c, const StateTrace& trace, const std::vector<std::string>& order, int index,
                   double top) {
    const auto id = fmt::format("state{}-", index);
    const double height = std::max(84.0, 34 + 14.0 * static_cast<double>(trace.labels.size()));
    for (std::size_t k = 0; k < trace.labels.size(); ++k) {
        const auto look = look_of(trace.labels[k], order);
        c.svg.pattern(fmt::format("{}{}", id, k), look.ground, look.ink, look.hatch);
    }
    c.svg.rect(c.x.begin(), top, c.x.end() - c.x.begin(), height, "panel");
    for (std::size_t i = 0; i < trace.dates.size() && i < trace.p.size(); ++i) {
        const bool last = i + 1 == trace.dates.size();
        const double to = c.x(last ? c.as_of : trace.dates[i + 1]);
        // Between readings the last answer is held; after the last one it ages, so it is drawn paler.
        draw_band(c, trace, trace.p[i], c.x(trace.dates[i]), to, top, height, id, last ? "band held" : "band",
                  to_string(trace.dates[i]));
    }
    double labelled = -30.0;
    for (const auto& [horizon, p] : trace.forecast) {
        const double x = c.x(c.as_of + horizon);
        draw_band(c, trace, p, x - 5, x + 5, top, height, id, "band forecast",
                  fmt::format("forecast +{} days", horizon));
        if (x - labelled < 30) continue;
        c.svg.text(x, top + height + 10, "tick middle", fmt::format("+{}d", horizon));
        labelled = x;
    }
    for (const double p : {0.0, 0.5, 1.0})
        c.svg.text(c.x.begin() - 4,
                   top + height * (1.0 - p) +
                       (p == 1.0   ? 8
                        : p == 0.0 ? 0
                                   : 3.5),
                   "tick end", number(p));
    draw_legend(c, trace, id, top);
    return top + height + (trace.forecast.empty() ? 8 : 16);
}

double draw_probability(Canvas& c, const Argument& argument, double top) {
    constexpr double height = 48;
    const ValueAxis y(Scale::linear, 0.0, 1.0, top + height - 4, top + 4);
    c.svg.rect(c.x.begin(), top, c.x.end() - c.x.begin(), height, "panel");
    for (const double p : {0.0, 0.5, 1.0}) {
        c.svg.line(c.x.begin(), y(p), c.x.end(), y(p), "grid");
        c.svg.text(c.x.begin() - 4, y(p) + 3.5, "tick end", number(p));
    }
    c.svg.text(4, top + 13, "gutter strong", cut(fmt::format("P({})", argument.label), 18));
    c.svg.text(4, top + 26, "gutter",
               cut(argument.group.empty() ? "model " + argument.model : "by " + argument.group, 18));
    std::vector<std::pair<double, double>> steps;
    for (const auto& v : argument.visits) {
        const auto date = Date::parse(v.date);
        if (!date || !v.p || c.x(*date) < c.x.begin()) continue;
        // Held until the next visit: the model says nothing new in between.
        if (!steps.empty()) steps.emplace_back(c.x(*date), steps.back().second);
        steps.emplace_back(c.x(*date), y(*v.p));
        c.svg.mark(Shape::dot, c.x(*date), y(*v.p), "reading", fmt::format("{}: {}", v.date, words(v)));
    }
    c.svg.path(steps, "curve");
    return top + height + 8;
}

}  // namespace bellwether::report

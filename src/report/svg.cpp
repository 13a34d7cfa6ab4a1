#include "svg.hpp"

#include <fmt/format.h>

#include "words.hpp"

namespace bellwether::report {
namespace {

/// A tenth of a pixel is enough, and keeps the file small.
std::string at(double x) {
    auto s = fmt::format("{:.1f}", x);
    if (s.ends_with(".0")) s.resize(s.size() - 2);
    return s == "-0" ? "0" : s;
}

std::string points_of(const std::vector<std::pair<double, double>>& points) {
    std::string out;
    for (const auto& [x, y] : points)
        out += (out.empty() ? "" : " ") + at(x) + "," + at(y);
    return out;
}

std::string outline(Shape shape, double x, double y) {
    switch (shape) {
        case Shape::dot:
            return fmt::format(R"(<circle cx="{}" cy="{}" r="2.6")", at(x), at(y));
        case Shape::ring:
            return fmt::format(R"(<circle cx="{}" cy="{}" r="5.5")", at(x), at(y));
        case Shape::open_down:
            return fmt::format(R"(<polygon points="{}")",
                               points_of({{x - 4, y - 3}, {x + 4, y - 3}, {x, y + 4}}));
        case Shape::open_up:
            return fmt::format(R"(<polygon points="{}")",
                               points_of({{x - 4, y + 3}, {x + 4, y + 3}, {x, y - 4}}));
        case Shape::diamond:
            return fmt::format(R"(<polygon points="{}")",
                               points_of({{x, y - 4.5}, {x + 4.5, y}, {x, y + 4.5}, {x - 4.5, y}}));
        case Shape::cross:
            return fmt::format(R"(<path d="M{} {}h9M{} {}v9")", at(x - 4.5), at(y), at(x), at(y - 4.5));
    }
    return {};
}

}  // namespace

std::string escape(std::string_view text) {
    std::string out;
    for (const char c : clean(text))
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    return out;
}

Svg::Svg(double width, std::string_view label) : width_(width), label_(escape(label)) {}

std::string Svg::str(double height) const {
    return fmt::format(
               R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-label="{2}">)",
               at(width_), at(height), label_) +
           body_ + "</svg>";
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view cls) {
    body_ += fmt::format(R"(<line x1="{}" y1="{}" x2="{}" y2="{}" class="{}"/>)", at(x1), at(y1), at(x2),
                         at(y2), cls);
}

void Svg::rect(double x, double y, double w, double h, std::string_view cls, std::string_view title,
               std::string_view fill) {
    body_ += fmt::format(R"(<rect x="{}" y="{}" width="{}" height="{}" class="{}")", at(x), at(y), at(w),
                         at(h), cls);
    if (!fill.empty()) body_ += fmt::format(R"( fill="{}")", fill);
    body_ += title.empty() ? "/>" : "><title>" + escape(title) + "</title></rect>";
}

void Svg::text(double x, double y, std::string_view cls, std::string_view words) {
    body_ += fmt::format(R"(<text x="{}" y="{}" class="{}">{}</text>)", at(x), at(y), cls, escape(words));
}

void Svg::path(const std::vector<std::pair<double, double>>& points, std::string_view cls) {
    if (points.size() < 2) return;
    body_ += fmt::format(R"(<polyline points="{}" class="{}"/>)", points_of(points), cls);
}

void Svg::polygon(const std::vector<std::pair<double, double>>& points, std::string_view cls,
                  std::string_view fill) {
    body_ += fmt::format(R"(<polygon points="{}" class="{}" fill="{}"/>)", points_of(points), cls, fill);
}

void Svg::mark(Shape shape, double x, double y, std::string_view cls, std::string_view title) {
    const char* element = shape == Shape::dot || shape == Shape::ring ? "circle"
                          : shape == Shape::cross                     ? "path"
                                                                      : "polygon";
    body_ += outline(shape, x, y) +
             fmt::format(R"( class="{}"><title>{}</title></{}>)", cls, escape(title), element);
}

void Svg::pattern(std::string_view id, std::string_view ground, std::string_view ink, int kind) {
    constexpr std::string_view strokes[] = {"",       "M0 8L8 0M-2 2L2 -2M6 10L10 6", "M0 4H8",
                                            "M4 0V8", "M0 0L8 8M-2 6L2 10M6 -2L10 2", "M0 4H8M4 0V8"};
    body_ += fmt::format(
        R"(<pattern id="{}" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="{}"/><path d="{}" stroke="{}" stroke-width="1" fill="none"/></pattern>)",
        id, ground, strokes[static_cast<std::size_t>(kind) % std::size(strokes)], ink);
}

}  // namespace bellwether::report

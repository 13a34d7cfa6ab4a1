#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A picture as inline SVG, element by element. Looks come from the classes of the document's style sheet.
namespace bellwether::report {

/// &, <, >, " and ' as entities, after clean().
[[nodiscard]] std::string escape(std::string_view text);

enum class Shape { dot, open_down, open_up, diamond, ring, cross };

class Svg {
public:
    /// @param label  what the picture shows, for those who cannot see it
    Svg(double width, std::string_view label);
    void line(double x1, double y1, double x2, double y2, std::string_view cls);
    void rect(double x, double y, double w, double h, std::string_view cls, std::string_view title = {},
              std::string_view fill = {});
    void text(double x, double y, std::string_view cls, std::string_view words);
    void path(const std::vector<std::pair<double, double>>& points, std::string_view cls);
    void polygon(const std::vector<std::pair<double, double>>& points, std::string_view cls,
                 std::string_view fill);
    /// @param title  shown when the pointer rests on the mark
    void mark(Shape shape, double x, double y, std::string_view cls, std::string_view title);
    void pattern(std::string_view id, std::string_view ground, std::string_view ink, int kind);
    [[nodiscard]] std::string str(double height) const;

private:
    double width_;
    std::string label_, body_;
};

}  // namespace bellwether::report

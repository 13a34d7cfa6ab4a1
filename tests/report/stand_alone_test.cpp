#include "../../src/report/stand_alone.hpp"

#include <catch2/catch.hpp>

#include "bellwether/report/curves.hpp"
#include "bellwether/report/score_plots.hpp"

#include "report/support/document.hpp"

using namespace bellwether::report;

namespace {

/// What stands between <style> and </style>; the test fails unless there is one, in front of all else.
std::string style_of(const std::string& svg) {
    const std::string open = "<style>", close = "</style>";
    REQUIRE(sample::occurrences(svg, open) == 1);
    const auto begin = svg.find(open);
    CHECK(begin == svg.find('>') + 1);
    return svg.substr(begin + open.size(), svg.find(close) - begin - open.size());
}

const std::string common =
    "text{font:12px sans-serif;fill:#333}.title{font-weight:bold}.axis{stroke:#333}.grid{stroke:#ddd}"
    ".c{fill:none;stroke-width:2}";

}  // namespace

TEST_CASE("stand_alone: a picture has its style in front, what all share and then its own", "[report][svg]") {
    Svg svg(100, "a & b");
    svg.line(0, 0, 1, 1, "mine");
    const auto out = stand_alone(svg, 50, ".mine{stroke:#123}");
    CHECK(sample::defect_of(out).empty());
    CHECK(style_of(out) == common + ".mine{stroke:#123}");
    CHECK(out.ends_with("</svg>\n"));
}

TEST_CASE("stand_alone: curves and the pictures of a score look alike, each class with a rule",
          "[report][svg]") {
    const CurvePanel panel{"p", {{"a", {{0, 0}, {1, 1}}, false}, {"b", {{0, 1}, {1, 0}}, true}}};
    const auto curves = style_of(curves_svg("t", "days", 1.0, {panel}));
    const auto calibration = style_of(calibration_svg("t", "e", {{0.1, 0.2, 0.1, 0.3, 40}}));
    const auto decision = style_of(decision_curve_svg("t", "s", {{0.1, 0.3, 0.25}, {0.3, 0.2, 0.05}}));
    for (const auto& style : {curves, calibration, decision})
        CHECK(style.starts_with(common));
    // Every curve and its dots have a colour of their own.
    for (std::size_t i = 0; i < kColours.size(); ++i) {
        const auto n = std::to_string(i), colour = std::string(kColours[i]);
        CHECK(sample::occurrences(curves, ".c" + n + "{stroke:" + colour + "}") == 1);
        CHECK(sample::occurrences(curves, ".d" + n + "{fill:" + colour + "}") == 1);
    }
    for (const char* cls : {".ideal{", ".bar{", ".d{", ".score{", ".all{", ".none{"})
        CHECK(sample::occurrences(decision, cls) == 1);
    CHECK(calibration == decision);
}

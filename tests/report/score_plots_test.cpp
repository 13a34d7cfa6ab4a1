#include "bellwether/report/score_plots.hpp"

#include <catch2/catch.hpp>

#include "report/support/document.hpp"

using namespace bellwether::report;

TEST_CASE("calibration_svg: a mark per group with its interval, and the line on which both are equal",
          "[report][score]") {
    const auto svg = calibration_svg("Calibration of P(a & b)", "death within 90 days",
                                     {{0.1, 0.2, 0.1, 0.3, 40}, {0.8, 0.7, {}, {}, 12}});
    CHECK(sample::defect_of(svg).empty());
    CHECK(sample::occurrences(svg, "class=\"d\"") == 2);
    CHECK(sample::occurrences(svg, "class=\"bar\"") == 1);
    CHECK(sample::occurrences(svg, "class=\"ideal\"") == 1);
    CHECK(svg.find("observed: death within 90 days") != std::string::npos);
    CHECK(svg.find("predicted 0.8, observed 0.7, 12 rows") != std::string::npos);
    CHECK(svg.find("a &amp; b") != std::string::npos);
    CHECK(sample::defect_of(calibration_svg("none", "x", {})).empty());
}

TEST_CASE("decision_curve_svg: three lines, cut where they leave the picture or are unknown",
          "[report][score]") {
    const std::vector<DecisionPoint> points = {
        {0.1, 0.3, 0.25}, {0.3, 0.2, 0.05}, {0.5, {}, -0.5}, {0.7, 0.1, -1.0}, {0.9, 0.0, -9.0}};
    const auto svg = decision_curve_svg("Decision curve of x", "x", points);
    CHECK(sample::defect_of(svg).empty());
    CHECK(sample::occurrences(svg, "\"c none\"") == 2);   // itself and its key
    CHECK(sample::occurrences(svg, "\"c all\"") == 2);    // no deeper than a quarter of the height below 0
    CHECK(sample::occurrences(svg, "\"c score\"") == 3);  // before and after what is not known
    auto deeper = points;
    deeper[2].all = -0.6;
    CHECK(svg == decision_curve_svg("Decision curve of x", "x", deeper));
    deeper[2].all = -0.05;
    CHECK(svg != decision_curve_svg("Decision curve of x", "x", deeper));
    CHECK(sample::defect_of(decision_curve_svg("none", "x", {})).empty());
}

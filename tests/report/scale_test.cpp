#include "../../src/report/scale.hpp"

#include <cmath>

#include <catch2/catch.hpp>

using namespace bellwether;
using namespace bellwether::report;
using Catch::Matchers::WithinAbs;

TEST_CASE("ValueAxis: a log axis puts the geometric mean in the middle and a decade at equal distances",
          "[report][scale]") {
    // By hand: on [0.1, 1000] over 400 pixels a decade takes 100, and sqrt(0.1 * 1000) = 10 is the middle.
    const ValueAxis y(Scale::log, 0.1, 1000.0, 400.0, 0.0);
    CHECK_THAT(y(0.1), WithinAbs(400.0, 1e-9));
    CHECK_THAT(y(1.0), WithinAbs(300.0, 1e-9));
    CHECK_THAT(y(10.0), WithinAbs(200.0, 1e-9));
    CHECK_THAT(y(1000.0), WithinAbs(0.0, 1e-9));
    CHECK_THAT(y(2.0) - y(4.0), WithinAbs(100.0 * std::log10(2.0), 1e-9));
    CHECK(y(0.0) == 400.0);  // off the scale: at its lower end, never at minus infinity
    CHECK(y(-3.0) == 400.0);
}

TEST_CASE("ValueAxis: a linear axis maps differences", "[report][scale]") {
    const ValueAxis y(Scale::linear, -2.0, 6.0, 80.0, 0.0);
    CHECK_THAT(y(2.0), WithinAbs(40.0, 1e-12));
    CHECK_THAT(y(-2.0), WithinAbs(80.0, 1e-12));
}

TEST_CASE("ValueAxis: one value alone still has room around it", "[report][scale]") {
    const auto scale = GENERATE(Scale::linear, Scale::log);
    const ValueAxis y(scale, 5.0, 5.0, 100.0, 0.0);
    CHECK_THAT(y(5.0), WithinAbs(50.0, 1e-9));
    CHECK(y.ticks(3).size() <= 5);
}

TEST_CASE("ValueAxis: ticks are round, within the axis, and about as many as asked for", "[report][scale]") {
    const auto fifths = ValueAxis(Scale::linear, 0.0, 1.0, 0, 1).ticks(5);
    REQUIRE(fifths.size() == 6);
    for (std::size_t i = 0; i < fifths.size(); ++i)
        CHECK_THAT(fifths[i], WithinAbs(static_cast<double>(i) / 5.0, 1e-12));
    const auto wide = ValueAxis(Scale::log, 0.01, 10000.0, 0, 1).ticks(4);
    CHECK(wide.size() >= 2);
    CHECK(wide.size() <= 5);
    for (const double t : wide)
        CHECK_THAT(std::log10(t), WithinAbs(std::round(std::log10(t)), 1e-9));
    for (const double t : ValueAxis(Scale::log, 45.0, 90.0, 0, 1).ticks(4)) {
        CHECK(t >= 45.0);
        CHECK(t <= 90.0);
    }
}

TEST_CASE("DateAxis: days are mapped in proportion and ticks fall on first days of months",
          "[report][scale]") {
    const Date from = *Date::parse("2025-12-20"), to = *Date::parse("2026-06-20");
    const DateAxis x(from, to, 100.0, 100.0 + (to - from));
    CHECK_THAT(x(from + 10), WithinAbs(110.0, 1e-9));
    const auto ticks = x.ticks(8);
    REQUIRE(ticks.size() == 6);
    CHECK(ticks.front().second == "2026-01");
    CHECK(ticks.back().first == *Date::parse("2026-06-01"));
    const auto years = DateAxis(from, from + 20 * 365, 0, 100).ticks(6);
    CHECK(years.size() <= 6);
    CHECK(years.size() >= 2);
    CHECK(years.front().second.size() == 4);
    CHECK(DateAxis(from, from + 30, 0, 100).ticks(6).size() <= 6);
}

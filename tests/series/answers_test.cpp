#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "bellwether/series/timeline.hpp"

#include "series/support/tracks.hpp"

using namespace bellwether;
using namespace bellwether::series;
using namespace bellwether::series::testing;

namespace {

Answer value(double x) {
    return {x, {}, false, Censor::none};
}
Answer limit(double x, Censor side) {
    return {x, {}, true, side};
}
Answer unknown(const std::string& why) {
    return {std::nullopt, why, false, Censor::none};
}

}  // namespace

TEST_CASE("last: the last reading of the day speaks for it", "[series][answers]") {
    const Track t = track_of({{0, exactly(1)}, {5, exactly(2)}, {5, exactly(3)}, {9, exactly(4)}});
    CHECK(last(t, day(-1)) == unknown("no reading of ctdna"));
    CHECK(last(t, day(0)) == value(1));
    CHECK(last(t, day(5)) == value(3));
    CHECK(last(t, day(8)) == value(3));
    CHECK(last(t, day(100)) == value(4));
}

TEST_CASE("baseline: the last reading on or before day zero, and no later one", "[series][answers]") {
    const Track t = track_of({{-20, exactly(1)}, {-3, exactly(2)}, {0, exactly(3)}, {21, exactly(4)}});
    CHECK(baseline(t, day(30), day(0)) == value(3));
    CHECK(baseline(t, day(30), day(-1)) == value(2));
    CHECK(baseline(t, day(-10), day(0)) == value(1));  // as far as was known then
    CHECK(baseline(t, day(30), std::nullopt) == value(1));
    CHECK(baseline(t, day(30), day(-21)) == unknown("no reading of ctdna on or before day zero"));
    CHECK(baseline(t, day(-30), day(0)) == unknown("no reading of ctdna"));
}

TEST_CASE("baseline: not across a change of assay", "[series][answers]") {
    Track t = track_of({{0, exactly(3)}, {21, exactly(4)}, {42, exactly(1)}});
    t.points[2].segment = 1;
    t.segment_names = {"ddPCR/Lab1", "NGS/Lab2"};
    CHECK(baseline(t, day(21), day(0)) == value(3));
    const std::string why = "baseline is of another assay (ddPCR/Lab1), no bridge declared";
    CHECK(baseline(t, day(42), day(0)) == unknown(why));
    CHECK(baseline(t, day(42), std::nullopt) == unknown(why));
    CHECK(fold(t, day(42), baseline(t, day(42), day(0))) == unknown(why));
    // Nadir and peak begin with the segment: readings of the other assay are not compared.
    CHECK(nadir(t, day(42), day(0)) == value(1));
    CHECK(peak(t, day(42), day(0)) == value(1));
    CHECK(peak(t, day(21), day(0)) == value(4));
}

TEST_CASE("nadir and peak: from the baseline on, including the last", "[series][answers]") {
    const Track t = track_of(
        {{-20, exactly(0.5)}, {-10, exactly(9)}, {0, exactly(3)}, {21, exactly(2)}, {42, exactly(4)}});
    CHECK(nadir(t, day(50), day(0)) == value(2));
    CHECK(peak(t, day(50), day(0)) == value(4));
    CHECK(nadir(t, day(0), day(0)) == value(3));
    CHECK(nadir(t, day(-5), day(0)) == value(9));  // the baseline so far
    CHECK(nadir(t, day(50), std::nullopt) == value(0.5));
    CHECK(nadir(t, day(50), day(-30)) == value(0.5));  // no baseline: from the first reading
}

TEST_CASE("nadir: censored readings rank by what is certain of them", "[series][answers]") {
    const auto low = [](std::vector<std::pair<int, Reading>> r) {
        return nadir(track_of(r), day(99), std::nullopt);
    };
    CHECK(low({{0, exactly(0.1)}, {1, below(0.1)}}) == limit(0.1, Censor::left));
    CHECK(low({{0, exactly(2)}, {1, below(0.1)}, {2, exactly(1)}}) == limit(0.1, Censor::left));
    CHECK(low({{0, below(0.5)}, {1, exactly(0.2)}}) == value(0.2));
    CHECK(low({{0, below(0.5)}, {1, below(0.1)}}) == limit(0.1, Censor::left));
    CHECK(low({{0, above(5)}, {1, exactly(9)}}) == value(9));
    CHECK(low({{0, above(9)}, {1, above(5)}}) == limit(5, Censor::right));
    const auto high = [](std::vector<std::pair<int, Reading>> r) {
        return peak(track_of(r), day(99), std::nullopt);
    };
    CHECK(high({{0, exactly(9)}, {1, above(9)}}) == limit(9, Censor::right));
    CHECK(high({{0, exactly(9)}, {1, above(5)}}) == value(9));
    CHECK(high({{0, below(5)}, {1, exactly(2)}}) == value(2));
    CHECK(high({{0, below(5)}, {1, below(7)}}) == limit(7, Censor::left));
}

TEST_CASE("fold: a limit on either side makes a bound", "[series][answers]") {
    const auto f = [](Reading last_reading, Answer reference) {
        return fold(track_of({{0, last_reading}}), day(0), reference);
    };
    CHECK(f(exactly(6), value(2)) == value(3));
    CHECK(f(below(6), value(2)) == limit(3, Censor::left));
    CHECK(f(exactly(6), limit(2, Censor::left)) == limit(3, Censor::right));
    CHECK(f(above(6), value(2)) == limit(3, Censor::right));
    CHECK(f(above(6), limit(2, Censor::left)) == limit(3, Censor::right));
    CHECK(f(exactly(6), limit(2, Censor::right)) == limit(3, Censor::left));
    CHECK(f(below(2), limit(2, Censor::left)) ==
          limit(1, Censor::none));  // both undetectable: nothing to see
    CHECK(f(below(6), limit(2, Censor::left)) ==
          unknown("fold is not determined: both readings lie below their limits of detection"));
    CHECK(f(above(6), limit(2, Censor::right)) ==
          unknown("fold is not determined: both readings lie above their limits of detection"));
    CHECK(f(exactly(6), value(0)) == unknown("fold is not defined: the reference is 0"));
    CHECK(f(exactly(6), value(-1)) == unknown("fold is not defined for values below 0"));
    CHECK(f(exactly(-6), value(1)) == unknown("fold is not defined for values below 0"));
    CHECK(f(exactly(6), unknown("no baseline")) == unknown("no baseline"));
    CHECK(fold(track_of({}), day(0), value(1)) == unknown("no reading of ctdna"));
}

TEST_CASE("change: the same bounds, any sign", "[series][answers]") {
    const auto f = [](Reading last_reading, Answer reference) {
        return change(track_of({{0, last_reading}}), day(0), reference);
    };
    CHECK(f(exactly(-1), value(2)) == value(-3));
    CHECK(f(exactly(1), value(0)) == value(1));
    CHECK(f(below(6), value(2)) == limit(4, Censor::left));
    CHECK(f(exactly(6), limit(2, Censor::left)) == limit(4, Censor::right));
    CHECK(f(below(2), limit(2, Censor::left)) == limit(0, Censor::none));
    CHECK(f(below(6), limit(2, Censor::left)) ==
          unknown("change is not determined: both readings lie below their limits of detection"));
}

TEST_CASE("nadir and peak: the same at every power of ten, and never beyond the last",
          "[series][answers][property]") {
    CHECK(rc::check("scale", [] {
        Track t = *tracks();
        const auto zero = *days_zero();
        const Date d = day(*rc::gen::inRange(0, 40));
        const Answer low = nadir(t, d, zero), high = peak(t, d, zero), now = last(t, d);
        RC_ASSERT(low.value.has_value() == now.value.has_value());
        if (now.value && !now.censored) {
            RC_ASSERT(*low.value <= *now.value);
            RC_ASSERT(*high.value >= *now.value);
        }
        for (Point& p : t.points)
            p.reading.value *= 8.0;  // a power of two: exact
        const Answer scaled = nadir(t, d, zero);
        if (low.value) RC_ASSERT(*scaled.value == 8.0 * *low.value);
        RC_ASSERT(scaled.censored == low.censored);
    }));
}

TEST_CASE("answers: no look-ahead, what is taken after d changes nothing at d",
          "[series][answers][property]") {
    CHECK(rc::check("no look-ahead", [] {
        const Track whole = *tracks();
        const auto zero = *days_zero();
        const Date d = day(*rc::gen::inRange(0, 40));
        Track past = whole;
        past.points.resize(static_cast<std::size_t>(whole.last_index(d) + 1));
        RC_ASSERT(last(past, d) == last(whole, d));
        RC_ASSERT(baseline(past, d, zero) == baseline(whole, d, zero));
        RC_ASSERT(nadir(past, d, zero) == nadir(whole, d, zero));
        RC_ASSERT(peak(past, d, zero) == peak(whole, d, zero));
        RC_ASSERT(trend(past, d, 15, Scale::log) == trend(whole, d, 15, Scale::log));
        const Answer low = nadir(whole, d, zero);
        RC_ASSERT(fold(past, d, low) == fold(whole, d, low));
    }));
}

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "bellwether/core/error.hpp"
#include "bellwether/series/timeline.hpp"

#include "series/support/tracks.hpp"

using namespace bellwether;
using namespace bellwether::series;
using namespace bellwether::series::testing;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

/// The median slope, without sorting tricks: the value that as many slopes lie below as above (mean of two).
double brute_force_slope(const Track& t, Date after, Date until) {
    std::vector<double> s;
    for (const Point& a : t.points)
        for (const Point& b : t.points)
            if (after < a.date && a.date < b.date && b.date <= until)
                s.push_back((b.reading.value - a.reading.value) / (b.date - a.date));
    std::sort(s.begin(), s.end());
    return 0.5 * (s[(s.size() - 1) / 2] + s[s.size() / 2]);
}

/// A number that a censored reading may stand for.
double stands_for(const Reading& r, double share) {
    if (r.censor == Censor::left) return r.value * share;
    if (r.censor == Censor::right) return r.value / share;
    return r.value;
}

}  // namespace

TEST_CASE("trend: Sen's example, slope 4 between 3.71 and 4.38", "[series][trend][reference]") {
    // Reference: Sen 1968, J Am Stat Assoc 63:1379-1389, the example of section 6, as carried in SciPy's
    // tests (scipy/stats/tests/test_stats.py, test_theilslopes). Ends are printed to two decimals (26/7 and
    // 35/8). They are the 4th and the 18th of 21 slopes. Sen calls this 93%, which counts K up to 13; by
    // enumeration (next test, and Hollander & Wolfe's C = k - 2) the 4th to the 18th hold 1 - 2 * 76/5040 =
    // 97%, and the 5th to the 17th 1 - 2 * 174/5040 = 93.1%.
    const Track t = track_of({{1, exactly(9)},
                              {2, exactly(15)},
                              {3, exactly(19)},
                              {4, exactly(20)},
                              {10, exactly(45)},
                              {12, exactly(55)},
                              {18, exactly(78)}});
    const Trend r = trend(t, day(18), 18, Scale::linear, 0.95);
    CHECK_THAT(*r.slope.value, WithinAbs(4.0, 1e-12));
    CHECK_THAT(*r.low.value, WithinAbs(3.71, 5e-3));
    CHECK_THAT(*r.high.value, WithinAbs(4.38, 5e-3));
    CHECK(r.readings == 7);
    CHECK_THAT(*trend(t, day(18), 18, Scale::linear, 0.93).low.value, WithinAbs(3.75, 1e-12));
}

TEST_CASE("trend: its interval holds the truth as often as promised, counted over all orders",
          "[series][trend][reference]") {
    // Without a trend all orders of the values are equally likely: the share of intervals with 0 inside is
    // exact. The next narrower interval (counted at the lower confidence that gives it) would hold it too
    // rarely.
    const double confidence = GENERATE(0.7, 0.8, 0.9, 0.95);
    CAPTURE(confidence);
    std::vector<double> value = {1.0, 2.7, 3.1, 5.9, 8.3, 9.2};
    int held = 0, all = 0;
    do {
        Track t = track_of({});
        for (std::size_t i = 0; i < value.size(); ++i)
            t.points.push_back({day(static_cast<int>(i * i)), -1, exactly(value[i]), 0});
        const Trend r = trend(t, day(40), 60, Scale::linear, confidence);
        held += *r.low.value < 0.0 && *r.high.value > 0.0 ? 1 : 0;
        ++all;
    } while (std::next_permutation(value.begin(), value.end()));
    const double share = static_cast<double>(held) / all;
    CHECK(share >= confidence);
    // Inversions of six: 1, 5, 14, 29, 49, ... orders of 720 (cumulated 1, 6, 20, 49, 98).
    const double next = share > 1.0 - 2.0 * 1.5 / 720  ? 1.0 - 2.0 * 6 / 720
                        : share > 1.0 - 2.0 * 7 / 720  ? 1.0 - 2.0 * 20 / 720
                        : share > 1.0 - 2.0 * 21 / 720 ? 1.0 - 2.0 * 49 / 720
                        : share > 1.0 - 2.0 * 50 / 720 ? 1.0 - 2.0 * 98 / 720
                                                       : 1.0 - 2.0 * 169 / 720;
    CHECK(next < confidence);
}

TEST_CASE("trend: exponential growth has its rate on the log scale", "[series][trend][reference]") {
    // Closed form: x(t) = 2 exp(0.03 t); every pair has slope 0.03. Tolerance: rounding of exp and log.
    Track t = track_of({});
    for (int n = 0; n <= 63; n += 7)
        t.points.push_back({day(n), -1, exactly(2.0 * std::exp(0.03 * n)), 0});
    const Trend r = trend(t, day(63), 100, Scale::log);
    CHECK_THAT(*r.slope.value, WithinRel(0.03, 1e-12));
    CHECK_THAT(*r.low.value, WithinRel(0.03, 1e-12));
    CHECK_THAT(*r.high.value, WithinRel(0.03, 1e-12));
}

TEST_CASE("trend: the window is open at its beginning and closed at its end", "[series][trend]") {
    const Track t = track_of(
        {{0, exactly(100)}, {10, exactly(1)}, {20, exactly(2)}, {30, exactly(3)}, {31, exactly(50)}});
    CHECK(trend(t, day(30), 30, Scale::linear).readings == 3);
    CHECK_THAT(*trend(t, day(30), 30, Scale::linear).slope.value, WithinAbs(0.1, 1e-15));
    CHECK(trend(t, day(30), 31, Scale::linear).readings == 4);
}

TEST_CASE("trend: too little gives the reason", "[series][trend][error]") {
    const auto why = [](const std::vector<std::pair<int, Reading>>& r, Scale s) {
        const Trend x = trend(track_of(r), day(60), 90, s);
        CHECK_FALSE(x.slope.value);
        CHECK_FALSE(x.low.value);
        return x.slope.why;
    };
    CHECK(why({}, Scale::linear) == "no reading of ctdna");
    CHECK(why({{0, exactly(1)}, {9, exactly(2)}}, Scale::linear) ==
          "trend needs 3 readings of ctdna; 2 in 90 days");
    CHECK(why({{9, exactly(1)}, {9, exactly(2)}, {9, exactly(3)}}, Scale::linear) ==
          "trend: all readings of ctdna are of one day");
    CHECK(why({{0, exactly(1)}, {9, exactly(0)}, {20, exactly(3)}}, Scale::log) ==
          "trend: a reading of ctdna at or below 0 has no logarithm");
    const Trend three =
        trend(track_of({{0, exactly(1)}, {9, exactly(2)}, {20, exactly(3)}}), day(60), 90, Scale::linear);
    CHECK(three.slope.value);
    CHECK(three.low.why == "too few readings for an interval of 90%");
    CHECK_THROWS_AS(trend(track_of({}), day(0), 0, Scale::linear), Error);
    CHECK_THROWS_AS(trend(track_of({}), day(0), 10, Scale::linear, 1.0), Error);
}

TEST_CASE("trend: readings of another assay do not count", "[series][trend]") {
    Track t =
        track_of({{0, exactly(9)}, {5, exactly(9)}, {10, exactly(1)}, {20, exactly(2)}, {30, exactly(3)}});
    t.points[0].segment = t.points[1].segment = 0;
    for (std::size_t i = 2; i < 5; ++i)
        t.points[i].segment = 1;
    const Trend r = trend(t, day(30), 90, Scale::linear);
    CHECK(r.readings == 3);
    CHECK_THAT(*r.slope.value, WithinAbs(0.1, 1e-15));
}

TEST_CASE("trend: censored readings leave the slope open unless they cannot matter", "[series][trend]") {
    // All below the limit: nothing is known, whatever the limit.
    const Trend none =
        trend(track_of({{0, below(1)}, {10, below(1)}, {20, below(1)}}), day(20), 90, Scale::log);
    CHECK(none.slope.why == "trend is not determined: readings below the limit of detection");
    // Relapse after clearance, slopes by hand (linear). Pairs of the two censored ones: anything. Censored to
    // measured, at least: (2-1)/20, (4-1)/30, (8-1)/40, (16-1)/50 and (2-1)/10, (4-1)/20, (8-1)/30,
    // (16-1)/40; measured ones 0.2, 0.3, 0.466..., 0.4, 0.6, 0.8. Lower ends ascending: -inf .05 .1 .1 .15
    // .175 .2 .2333 .3 .3 .375 .4 ... n = 6 at 90%: P(K >= 11) = 20/720 <= 0.05 < P(K >= 9) = 49/720; k = 11,
    // C = 9, rank (15 - 9)/2 = 3.
    const Track t = track_of({{0, below(1)},
                              {10, below(1)},
                              {20, exactly(2)},
                              {30, exactly(4)},
                              {40, exactly(8)},
                              {50, exactly(16)}});
    const Trend r = trend(t, day(50), 90, Scale::linear);
    CHECK_FALSE(r.slope.value);
    CHECK_THAT(*r.low.value, WithinAbs(0.1, 1e-15));
    CHECK(r.low.censored);
    CHECK(r.low.bound == Censor::right);
    CHECK_FALSE(r.high.value);
    // One censored reading among many equal ones: both medians are 0, so the slope is 0 whatever it was.
    std::vector<std::pair<int, Reading>> flat;
    for (int n = 0; n < 9; ++n)
        flat.emplace_back(10 * n, n == 4 ? below(5) : exactly(5));
    const Trend still = trend(track_of(flat), day(80), 90, Scale::linear);
    CHECK(still.slope.value == 0.0);
    CHECK_FALSE(still.slope.censored);
}

TEST_CASE("trend: equals brute force on random tracks", "[series][trend][property]") {
    CHECK(rc::check("median of all slopes", [] {
        Track t = *tracks();
        for (Point& p : t.points)
            p.segment = 0, p.reading.censor = Censor::none;
        for (int k = 0; k < 3; ++k)  // so that most cases have a slope
            t.points.push_back({day(36 + k), -1, exactly(*rc::gen::inRange(1, 9)), 0});
        const Date d = day(*rc::gen::inRange(30, 40));
        const int window = *rc::gen::inRange(5, 40);
        const Trend r = trend(t, d, window, Scale::linear);
        if (!r.slope.value) return;
        RC_ASSERT(std::abs(*r.slope.value - brute_force_slope(t, d - window, d)) < 1e-12);
        if (r.low.value) RC_ASSERT(*r.low.value <= *r.slope.value && *r.slope.value <= *r.high.value);
    }));
}

TEST_CASE("trend: whatever the censored readings stand for, the answer admits it",
          "[series][trend][property]") {
    CHECK(rc::check("slope and ends of the interval", [] {
        Track t = *tracks();
        for (Point& p : t.points)
            p.segment = 0;
        Track truth = t;
        for (Point& p : truth.points)
            p.reading = exactly(stands_for(p.reading, *rc::gen::inRange(1, 10) / 10.0));
        const Trend open = trend(t, day(40), 60, Scale::log, 0.8),
                    known = trend(truth, day(40), 60, Scale::log, 0.8);
        RC_ASSERT(open.readings == known.readings);
        if (open.slope.value) RC_ASSERT(std::abs(*open.slope.value - *known.slope.value) < 1e-12);
        if (open.low.value) RC_ASSERT(*open.low.value <= *known.low.value + 1e-12);
        if (open.high.value) RC_ASSERT(*open.high.value >= *known.high.value - 1e-12);
    }));
}

TEST_CASE("trend: scale and shift change it as they must", "[series][trend][property]") {
    CHECK(rc::check("scale invariance", [] {
        const Track t = *tracks();
        Track scaled = t, later = t;
        for (Point& p : scaled.points)
            p.reading.value *= 4.0;  // exact in binary
        for (Point& p : later.points)
            p.date = p.date + 11;
        const Trend a = trend(t, day(40), 25, Scale::linear), b = trend(scaled, day(40), 25, Scale::linear);
        RC_ASSERT(trend(later, day(51), 25, Scale::linear) == a);
        RC_ASSERT(a.slope.value.has_value() == b.slope.value.has_value());
        if (a.slope.value) RC_ASSERT(*b.slope.value == 4.0 * *a.slope.value);
        const Trend c = trend(t, day(40), 25, Scale::log), e = trend(scaled, day(40), 25, Scale::log);
        if (c.slope.value && e.slope.value) RC_ASSERT(std::abs(*c.slope.value - *e.slope.value) < 1e-12);
        if (c.low.value && e.low.value) RC_ASSERT(std::abs(*c.low.value - *e.low.value) < 1e-12);
    }));
}

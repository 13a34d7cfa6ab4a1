#include "bellwether/study/rate.hpp"

#include <cmath>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "bellwether/core/error.hpp"

using namespace bellwether;
using namespace bellwether::study;

TEST_CASE("rate: the ratio of sums, not the mean of ratios", "[study][rate]") {
    const std::vector<Exposure> p = {{1, 0.5}, {0, 1.5}, {3, 2.0}};
    const auto r = rate(p);
    CHECK(r.events == 4.0);
    CHECK(r.years == 4.0);
    CHECK(*r.rate == 1.0);
    CHECK_FALSE(rate({}).rate);
    CHECK_FALSE(rate(std::vector<Exposure>{{0, 0}}).rate);
    CHECK_FALSE(rate(std::vector<Exposure>{{1, 1}}).low);  // one patient says nothing about the next
}

TEST_CASE("rate: the interval of many like patients is near the normal limit", "[study][rate][reference]") {
    // Closed form: 400 patients of one year, half with one event: the rate is a share, standard error
    // sqrt(0.25 / 400) = 0.025, so 0.5 +- 0.049. Tolerance 0.005: the noise of 2,000 draws at the 2.5% point.
    std::vector<Exposure> p;
    for (int i = 0; i < 400; ++i)
        p.push_back({static_cast<double>(i % 2), 1.0});
    const auto r = rate(p);
    CHECK(std::abs(*r.low - 0.451) < 0.005);
    CHECK(std::abs(*r.high - 0.549) < 0.005);
}

TEST_CASE("rate: a patient's events come together, so the interval is wider than one of events",
          "[study][rate]") {
    // 100 patient-years, 40 events: in one patient each of 40, or 10 in each of 4. Clustered: about sqrt(10)
    // as wide.
    std::vector<Exposure> spread(100, {0, 1}), clustered(100, {0, 1});
    for (std::size_t i = 0; i < 40; ++i)
        spread[i].events = 1;
    for (std::size_t i = 0; i < 4; ++i)
        clustered[i].events = 10;
    const auto a = rate(spread), b = rate(clustered);
    CHECK(*a.rate == *b.rate);
    CHECK(*b.high - *b.low > 2.5 * (*a.high - *a.low));
}

TEST_CASE("rate: the same input gives the same interval, and the unit of time only scales it",
          "[study][rate][property]") {
    CHECK(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& data) {
        std::vector<Exposure> years, halves;
        for (const auto& [e, t] : data) {
            years.push_back({e / 64.0, 1.0 + t});
            halves.push_back({e / 64.0, 2.0 * (1.0 + t)});
        }
        const auto a = rate(years, 200), b = rate(years, 200), c = rate(halves, 200);
        RC_ASSERT(a.low == b.low && a.high == b.high);
        if (a.low) RC_ASSERT(std::abs(*a.low - 2.0 * *c.low) < 1e-12 && *a.low <= *a.rate + 1e-12);
    }));
}

TEST_CASE("upper_limit_of_none: the rule of three", "[study][rate][reference]") {
    // Hanley & Lippman-Hand 1983: about 3/n; exactly ln 20 = 2.9957.
    CHECK(*upper_limit_of_none(100) == Approx(0.029957).margin(1e-6));
    CHECK_FALSE(upper_limit_of_none(0));
}

TEST_CASE("quantile: type 7, as R's quantile()", "[study][rate][reference]") {
    // R: quantile(c(1, 3, 4, 10), c(.25, .5, .75)) = 2.5 3.5 5.5, by the formula of Hyndman & Fan 1996.
    const std::vector<double> x = {10, 1, 4, 3};
    CHECK(*quantile(x, 0.25) == Approx(2.5));
    CHECK(*quantile(x, 0.5) == Approx(3.5));
    CHECK(*quantile(x, 0.75) == Approx(5.5));
    CHECK(*quantile(x, 0.0) == 1.0);
    CHECK(*quantile(x, 1.0) == 10.0);
    CHECK_FALSE(quantile({}, 0.5));
    CHECK_THROWS_WITH(quantile(x, 1.5), "U004: a quantile lies between 0 and 1");
}

TEST_CASE("share: Wilson's interval, a published example and the edges", "[study][rate][reference]") {
    // Newcombe 1998, Stat Med 17:857-872, Table I, method 3 (score, no correction): 81/263: 0.2553 to 0.3662;
    // 15/148: 0.0624 to 0.1605; 0/20: 0 to 0.1611; 1/29: 0.0061 to 0.1718.
    const auto check = [](std::size_t count, std::size_t of, double low, double high) {
        const auto s = share(count, of);
        CAPTURE(count, of);
        CHECK(std::abs(*s.low - low) < 5.1e-5);
        CHECK(std::abs(*s.high - high) < 5.1e-5);
    };
    check(81, 263, 0.2553, 0.3662);
    check(15, 148, 0.0624, 0.1605);
    check(0, 20, 0.0, 0.1611);
    check(1, 29, 0.0061, 0.1718);
    CHECK_FALSE(share(0, 0).share);
    CHECK_THROWS_WITH(share(2, 1), "U005: a share counts more than there are");
}

TEST_CASE("rate: what cannot be exposure is refused", "[study][rate][error]") {
    CHECK_THROWS_WITH(rate(std::vector<Exposure>{{-1, 1}}),
                      "U003: events and years of a rate must be numbers not below 0");
    CHECK_THROWS_WITH(rate({}, 5), "U003: a bootstrap interval needs at least 100 draws");
}

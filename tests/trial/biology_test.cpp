#include "bellwether/trial/biology.hpp"

#include <cmath>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace bellwether::trial;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

Biology without_immunity() {
    Biology b;
    b.max_kill = 0.0;
    b.capacity = 1e300;
    return b;
}

State treated_for_a_year(double step) {
    Biology b;
    b.fixation = 0.02;
    b.recruitment = 0.01;
    State x = untreated(b, 30.0, 0.01);
    advance(b, {.blockade = 1.0, .drug_kill = 0.0}, x, 365.0, step);
    return x;
}

}  // namespace

TEST_CASE("advance: without immunity or capacity a tumour grows exponentially",
          "[trial][biology][reference]") {
    // Reference: V0 exp(g t). Tolerance 1e-12: the fifth-order step errs by (g)^6/600 per day, 1e-16 here.
    Biology b = without_immunity();
    b.growth = 0.01;
    b.resistant_growth = 0.5;
    State x = untreated(b, 20.0, 5.0);
    const double days = GENERATE(0.0, 1.0, 30.5, 365.0);
    advance(b, {}, x, days);
    CAPTURE(days);
    CHECK_THAT(x[sensitive], WithinRel(20.0 * std::exp(0.01 * days), 1e-12));
    CHECK_THAT(x[resistant], WithinRel(5.0 * std::exp(0.005 * days), 1e-12));
}

TEST_CASE("advance: a drug kills exponentially", "[trial][biology][reference]") {
    // Reference: half is left after ln 2 / k days. Tolerance 1e-10: 25 steps that err by k^6/600 each are
    // 2e-11.
    Biology b = without_immunity();
    b.growth = 0.0;
    State x = untreated(b, 20.0, 0.0);
    advance(b, {.blockade = 0.0, .drug_kill = std::log(2.0) / 25.0}, x, 25.0);
    CHECK_THAT(x[sensitive], WithinRel(10.0, 1e-10));
}

TEST_CASE("advance: growth towards a capacity is logistic", "[trial][biology][reference]") {
    // Reference: Verhulst, V(t) = K / (1 + (K/V0 - 1) exp(-g t)). Tolerance 1e-9: worst seen 1e-12.
    Biology b = without_immunity();
    b.growth = 0.03;
    b.capacity = 100.0;
    State x = untreated(b, 10.0, 0.0);
    advance(b, {}, x, 120.0);
    CHECK_THAT(x[sensitive], WithinRel(100.0 / (1.0 + 9.0 * std::exp(-0.03 * 120.0)), 1e-9));
}

TEST_CASE("advance: occupancy rises in 7 days and falls in 40", "[trial][biology][reference]") {
    // Reference: first-order approach, 1 - exp(-t/7) and its decay exp(-t/40). Tolerance 1e-8: the step errs
    // by (1/7)^6/600.
    const Biology b = without_immunity();
    State x = untreated(b, 20.0, 0.0);
    advance(b, {.blockade = 1.0, .drug_kill = 0.0}, x, 14.0);
    const double reached = 1.0 - std::exp(-2.0);
    CHECK_THAT(x[blockade], WithinAbs(reached, 1e-7));
    advance(b, {}, x, 40.0);
    CHECK_THAT(x[blockade], WithinAbs(reached * std::exp(-1.0), 1e-7));
}

TEST_CASE("advance: exhaustion becomes fixed along its closed form", "[trial][biology][reference]") {
    // Reference: by separation of variables, with a tumour that neither grows nor shrinks, s = 0.01 and r =
    // pace * antigen: (H + s) / (1 - H) = s exp(r (1 + s) t).
    Biology b = without_immunity();
    b.growth = 0.0;
    b.fixation = 0.03;
    State x = untreated(b, 20.0, 0.0);
    const double days = GENERATE(50.0, 150.0, 300.0);
    CAPTURE(days);
    advance(b, {}, x, days);
    const double s = 0.01, w = s * std::exp(0.03 * antigen(20.0) * (1.0 + s) * days);
    CHECK_THAT(x[fixed], WithinRel((w - s) / (1.0 + w), 1e-8));
}

TEST_CASE("advance: halving the step changes nothing that matters", "[trial][biology][reference]") {
    // Reference: the same system with a step of 1/16 day. Tolerance 1e-4 for a day's step as the header says;
    // half a day must be better still, or the order is lost.
    const State fine = treated_for_a_year(1.0 / 16.0), day = treated_for_a_year(1.0),
                half = treated_for_a_year(0.5);
    double worst_day = 0.0, worst_half = 0.0;
    for (unsigned i = 0; i < compartments; ++i) {
        worst_day = std::max(worst_day, std::abs(day[i] / fine[i] - 1.0));
        worst_half = std::max(worst_half, std::abs(half[i] / fine[i] - 1.0));
    }
    CAPTURE(worst_day, worst_half);
    CHECK(worst_day < 1e-4);
    CHECK(worst_half < worst_day / 8.0);
}

TEST_CASE("untreated: immune compartments stand still", "[trial][biology][reference]") {
    // Reference: the definition of an equilibrium, every slope 0.
    Biology b;
    b.fixation = b.recruitment = 0.0;
    const State x = untreated(b, GENERATE(0.5, 30.0, 500.0), 0.1);
    State slope{};
    derivatives(b, {}, x, slope);
    for (const unsigned i : {progenitor, effector, terminal, fixed, mdsc, turned, treg, blockade}) {
        CAPTURE(i);
        CHECK_THAT(slope[i], WithinAbs(0.0, 1e-14));
    }
}

TEST_CASE("kill: more suppressors never kill more, and the kill has its ceiling",
          "[trial][biology][property]") {
    CHECK(rc::check("monotone", [] {
        const auto draw = [](int high) { return *rc::gen::inRange(1, high) / 100.0; };
        Biology b;
        State x = untreated(b, draw(10000), 0.0);
        x[effector] = draw(400);
        x[mdsc] = 1.0 + draw(1500);
        State more = x;
        more[mdsc] += draw(500);
        RC_ASSERT(kill_rate(b, more) < kill_rate(b, x));
        RC_ASSERT(kill_rate(b, x) < b.max_kill);
    }));
}

TEST_CASE("advance: nothing becomes negative and shares stay shares", "[trial][biology][property]") {
    CHECK(rc::check("bounds", [] {
        const auto draw = [](int low, int high) { return *rc::gen::inRange(low, high) / 1000.0; };
        Biology b;
        b.growth = draw(0, 60);
        b.max_kill = draw(0, 300);
        b.fixation = draw(0, 80);
        b.recruitment = draw(0, 80);
        b.blockade_gain = draw(0, 8000);
        State x = untreated(b, draw(10, 900000), draw(0, 10000));
        const Controls c{.blockade = draw(0, 1000), .drug_kill = draw(0, 60)};
        for (int month = 0; month < 24; ++month) {
            advance(b, c, x, 30.0);
            for (unsigned i = 0; i < compartments; ++i)
                RC_ASSERT(x[i] >= 0.0 && std::isfinite(x[i]));
            RC_ASSERT(x[fixed] <= 1.0 && x[turned] <= 1.0 && x[blockade] <= 1.0 && x[progenitor] <= 1.0);
        }
    }));
}

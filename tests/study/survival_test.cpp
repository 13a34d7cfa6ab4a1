#include "bellwether/study/survival.hpp"

#include <cmath>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "bellwether/core/error.hpp"

using namespace bellwether;
using namespace bellwether::study;

namespace {

/// Weeks in remission, 6-mercaptopurine against placebo: Freireich et al. 1963, Blood 21:699-716, as printed
/// in Kleinbaum & Klein, Survival Analysis, 3rd ed., Table 1.1, and in Klein & Moeschberger, Table 1.1.
const std::vector<Survival> mercaptopurine = {
    {6, true},   {6, true},   {6, true},   {6, false},  {7, true},   {9, false},  {10, true},
    {10, false}, {11, false}, {13, true},  {16, true},  {17, false}, {19, false}, {20, false},
    {22, true},  {23, true},  {25, false}, {32, false}, {32, false}, {34, false}, {35, false}};
std::vector<Survival> placebo() {
    std::vector<Survival> list;
    for (const double t : {1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23})
        list.push_back({t, true});
    return list;
}

}  // namespace

TEST_CASE("kaplan_meier: the 6-MP arm of Freireich's trial, with Greenwood's errors",
          "[study][survival][reference]") {
    // Reference: Kleinbaum & Klein 3rd ed., ch. 2 (S to four places); standard errors: Klein & Moeschberger
    // 2nd ed., Table 4.1A, three to four places. Tolerance: half of the last digit printed.
    const auto steps = kaplan_meier(mercaptopurine);
    const double time[] = {6, 7, 10, 13, 16, 22, 23};
    const std::size_t at_risk[] = {21, 17, 15, 12, 11, 7, 6};
    const double s[] = {0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482};
    const double se[] = {0.076, 0.087, 0.096, 0.107, 0.114, 0.128, 0.135};
    REQUIRE(steps.size() == 7);
    for (std::size_t i = 0; i < 7; ++i) {
        CAPTURE(i);
        CHECK(steps[i].time == time[i]);
        CHECK(steps[i].at_risk == at_risk[i]);
        CHECK(std::abs(steps[i].survival - s[i]) < 5.1e-5);
        CHECK(std::abs(steps[i].standard_error - se[i]) < 5.1e-4);
    }
    CHECK(survival_at(steps, 5.9) == 1.0);
    CHECK(survival_at(steps, 12.9) == steps[2].survival);
    CHECK(survival_at(steps, 400) == steps[6].survival);
}

TEST_CASE("median_survival: 23 weeks on 6-MP, 8 on placebo", "[study][survival][reference]") {
    // Reference: Kleinbaum & Klein 3rd ed., ch. 2.
    CHECK(median_survival(kaplan_meier(mercaptopurine)) == 23.0);
    CHECK(median_survival(kaplan_meier(placebo())) == 8.0);
    CHECK_FALSE(
        median_survival(kaplan_meier(std::vector<Survival>{{5, false}, {6, true}, {9, false}, {9, false}})));
}

TEST_CASE("kaplan_meier: without censoring it is one minus the empirical distribution",
          "[study][survival][reference]") {
    const auto steps = kaplan_meier(placebo());
    CHECK(steps.back().survival == Approx(0.0).margin(1e-15));
    CHECK(survival_at(steps, 8) == Approx(8.0 / 21.0).epsilon(1e-12));  // 8 of 21 are longer than 8 weeks
    // Binomial error where nothing is censored: sqrt(S (1 - S) / n).
    for (const auto& step : steps)
        CHECK(step.standard_error ==
              Approx(std::sqrt(step.survival * (1 - step.survival) / 21.0)).epsilon(1e-9).margin(1e-12));
}

TEST_CASE("log_rank: Freireich's trial gives chi-square 16.79", "[study][survival][reference]") {
    // Reference: Kleinbaum & Klein 3rd ed., ch. 2: chi-square 16.79; R's survdiff prints observed 9 and 21,
    // expected 19.3 and 10.7, and p = 4.17e-05. The hazard ratio has no printed source: it follows from these
    // by hand, V = 10.25^2 / 16.79.
    const auto r = log_rank(mercaptopurine, placebo());
    CHECK(r.observed[0] == 9.0);
    CHECK(r.observed[1] == 21.0);
    CHECK(std::abs(r.expected[0] - 19.25) < 0.01);
    CHECK(std::abs(r.expected[1] - 10.75) < 0.01);
    CHECK(std::abs(r.chi_square - 16.79) < 0.005);
    CHECK(std::abs(r.p - 4.17e-5) < 5e-8);
    REQUIRE(r.hazard_ratio);
    // exp(-10.25 / 6.257) = 0.194; interval exp(-1.638 -+ 1.96 / sqrt(6.257)).
    CHECK(*r.hazard_ratio == Approx(0.194).margin(0.001));
    CHECK(*r.low == Approx(0.0888).margin(0.001));
    CHECK(*r.high == Approx(0.4254).margin(0.002));
}

TEST_CASE("log_rank: swapping the groups turns the hazard ratio over", "[study][survival][property]") {
    CHECK(rc::check([] {
        const auto make = [] {
            std::vector<Survival> list;
            for (const int x : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 40)))
                list.push_back({static_cast<double>(x / 2), x % 2 == 0});
            return list;
        };
        const auto a = make(), b = make();
        const auto ab = log_rank(a, b), ba = log_rank(b, a);
        RC_ASSERT(std::abs(ab.chi_square - ba.chi_square) < 1e-9);
        // Observed and expected events add up to the same number.
        RC_ASSERT(std::abs(ab.observed[0] + ab.observed[1] - ab.expected[0] - ab.expected[1]) < 1e-9);
        RC_ASSERT(ab.hazard_ratio.has_value() == ba.hazard_ratio.has_value());
        if (ab.hazard_ratio)
            RC_ASSERT(std::abs(std::log(*ab.hazard_ratio) + std::log(*ba.hazard_ratio)) < 1e-9);
    }));
}

TEST_CASE("log_rank: one group alone says nothing", "[study][survival]") {
    const auto r = log_rank(mercaptopurine, {});
    CHECK(r.chi_square == 0.0);
    CHECK(r.p == 1.0);
    CHECK_FALSE(r.hazard_ratio);
}

TEST_CASE("concordance: four subjects counted by hand", "[study][survival][reference]") {
    // Times 1, 2, 3+, 4; comparable: (1,2) (1,3) (1,4) (2,3) (2,4); the third is censored. Scores 4, 2, 3, 2:
    // agree, agree, agree, disagree, tied: 3.5 of 5.
    const std::vector<Survival> s = {{1, true}, {2, true}, {3, false}, {4, true}};
    const std::vector<double> score = {4, 2, 3, 2};
    const auto c = concordance(s, score);
    CHECK(c.comparable == 5);
    CHECK(*c.c == Approx(0.7));
    // At the same time the one who had the event goes before the one who had not; two events are no pair.
    const std::vector<Survival> tied = {{2, true}, {2, false}, {2, true}};
    CHECK(concordance(tied, std::vector<double>{1, 0, 0}).comparable == 2);
}

TEST_CASE("concordance: a strictly rising transformation of the score changes nothing",
          "[study][survival][property]") {
    CHECK(rc::check([](const std::vector<std::pair<std::uint8_t, std::int8_t>>& data) {
        std::vector<Survival> s;
        std::vector<double> score, changed, opposite;
        for (const auto& [t, x] : data) {
            s.push_back({static_cast<double>(t % 16), t >= 64});
            score.push_back(x);
            changed.push_back(std::exp(x / 40.0));
            opposite.push_back(-static_cast<double>(x));
        }
        const auto c = concordance(s, score);
        RC_ASSERT(c.c == concordance(s, changed).c);
        if (c.c) RC_ASSERT(std::abs(*c.c + *concordance(s, opposite).c - 1.0) < 1e-12);
    }));
}

TEST_CASE("survival: what is no time and no score is refused", "[study][survival][error]") {
    const std::vector<Survival> bad = {{-1, true}};
    CHECK_THROWS_WITH(kaplan_meier(bad), "U001: a survival time is negative or not a number");
    CHECK_THROWS_WITH(log_rank(bad, {}), "U001: a survival time is negative or not a number");
    const std::vector<Survival> one = {{1, true}};
    CHECK_THROWS_WITH(concordance(one, {}), "U002: as many scores as subjects are needed");
    CHECK_THROWS_WITH(concordance(one, std::vector<double>{std::nan("")}), "U002: a score is not a number");
}

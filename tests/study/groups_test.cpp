#include "bellwether/study/groups.hpp"

#include <cmath>
#include <span>

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"

using namespace bellwether;
using namespace bellwether::study;

TEST_CASE("equal_rates: a Poisson model's deviance", "[study][groups][reference]") {
    // R 4.2.2: e = c(4,9,2), y = c(100.5,80.25,120); deviance of glm(e ~ 1 + offset(log(y)), poisson) less
    // that with factor(1:3). Printed to 12 figures.
    const std::vector<Exposure> groups = {{4, 100.5}, {9, 80.25}, {0, 0}, {2, 120}};
    const auto t = equal_rates(groups);
    CHECK(t.degrees == 2);
    CHECK(t.chi_square == Approx(8.39599010852).epsilon(1e-11));
    CHECK(t.p == Approx(0.0150256722981).epsilon(1e-11));
    CHECK(equal_rates(std::vector<Exposure>{{4, 100}}).p == 1.0);
    CHECK(equal_rates(std::vector<Exposure>{{0, 100}, {0, 10}}).p == 1.0);
    CHECK_THROWS_AS(equal_rates(std::vector<Exposure>{{-1, 100}}), Error);
}

TEST_CASE("equal_shares: a binomial model's deviance", "[study][groups][reference]") {
    // R 4.2.2: glm(cbind(x, n - x) ~ factor(1:3), binomial) with x = c(12,20,5), n = c(40,41,22).
    const std::vector<Share> groups = {share(12, 40), share(20, 41), share(5, 22)};
    const auto t = equal_shares(groups);
    CHECK(t.degrees == 2);
    CHECK(t.chi_square == Approx(5.24676465903).epsilon(1e-10));
    CHECK(t.p == Approx(0.0725570355246).epsilon(1e-10));
}

TEST_CASE("equal_hazards: three groups with ties, as survdiff has it", "[study][groups][reference]") {
    // R 4.2.2, survival 3.5.3: survdiff(Surv(t, e) ~ g).
    const std::vector<double> t = {5, 8, 8, 12, 15, 20, 22, 30, 30, 41, 47, 60, 3, 9, 14, 14, 18, 25};
    const std::vector<int> e = {1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 1};
    const std::vector<std::size_t> g = {0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 0, 1, 2, 0};
    std::vector<Survival> s, two[2];
    std::vector<std::size_t> pair_group;
    std::vector<Survival> pair;
    for (std::size_t i = 0; i < t.size(); ++i) {
        s.push_back({t[i], e[i] == 1});
        if (g[i] == 2) continue;
        two[g[i]].push_back(s.back());
        pair.push_back(s.back());
        pair_group.push_back(g[i] == 0 ? 0U : 3U);  // groups 1 and 2 are absent
    }
    const auto got = equal_hazards(s, g);
    CHECK(got.degrees == 2);
    CHECK(got.chi_square == Approx(5.15724922445).epsilon(1e-11));
    CHECK(got.p == Approx(0.0758782943652).epsilon(1e-11));
    const auto of_two = equal_hazards(pair, pair_group);
    CHECK(of_two.degrees == 1);
    CHECK(of_two.chi_square == Approx(log_rank(two[0], two[1]).chi_square).epsilon(1e-12));
    CHECK_THROWS_AS(equal_hazards(s, pair_group), Error);
}

TEST_CASE("equal_figures: 13 trials of BCG vaccine differ as published", "[study][groups][reference]") {
    // Ill and well, vaccinated and not [Colditz1994]. Log relative risks; metafor prints Q(df = 12) =
    // 152.2330 (Viechtbauer 2010, section 3.1).
    const double trials[][4] = {{4, 119, 11, 128},       {6, 300, 29, 274},        {3, 228, 11, 209},
                                {62, 13536, 248, 12619}, {33, 5036, 47, 5761},     {180, 1361, 372, 1079},
                                {8, 2537, 10, 619},      {505, 87886, 499, 87892}, {29, 7470, 45, 7232},
                                {17, 1699, 65, 1600},    {186, 50448, 141, 27197}, {5, 2493, 3, 2338},
                                {27, 16886, 29, 17825}};
    std::vector<Measured> groups;
    for (const auto& t : trials) {
        const double n = t[0] + t[1], m = t[2] + t[3];
        groups.push_back(
            {std::log(t[0] / n / (t[2] / m)), std::sqrt(1.0 / t[0] - 1.0 / n + 1.0 / t[2] - 1.0 / m)});
    }
    const auto t = equal_figures(groups);
    CHECK(t.degrees == 12);
    CHECK(t.chi_square == Approx(152.2330).margin(5e-5));
    CHECK(t.p == Approx(1.99676459085e-26).epsilon(1e-9));  // R 4.2.2: pchisq(Q, 12, lower = FALSE)
    // The first three do not differ: the same sum and pchisq on 2 in R 4.2.2.
    const auto three = equal_figures(std::span(groups).first(3));
    CHECK(three.degrees == 2);
    CHECK(three.chi_square == Approx(0.93246986272599).epsilon(1e-12));
    CHECK(three.p == Approx(0.627359880221).epsilon(1e-11));
    // Two figures: the square of their difference over its standard error.
    const auto two = equal_figures(std::vector<Measured>{{0.8, 0.03}, {0.7, 0.04}});
    CHECK(two.chi_square == Approx(4.0).epsilon(1e-12));
    CHECK(two.p == Approx(0.04550026389635842).epsilon(1e-10));  // 2 (1 - Phi(2))
    CHECK(equal_figures(std::vector<Measured>{{0.8, 0.03}}).degrees == 0);
    CHECK(equal_figures(std::vector<Measured>{}).p == 1.0);
    CHECK_THROWS_AS(equal_figures(std::vector<Measured>{{0.8, 0.0}, {0.7, 0.1}}), Error);
}

TEST_CASE("holm: as R's p.adjust", "[study][groups][reference]") {
    const auto p = holm(std::vector<double>{0.01, 0.04, 0.03, 0.005, 0.5});
    const std::vector<double> r = {0.04, 0.09, 0.09, 0.025, 0.5};  // R 4.2.2
    REQUIRE(p.size() == r.size());
    for (std::size_t i = 0; i < r.size(); ++i)
        CHECK(p[i] == Approx(r[i]).epsilon(1e-12));
}

#include "bellwether/study/budget.hpp"

#include <cmath>
#include <limits>
#include <random>

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"

using namespace bellwether;
using namespace bellwether::study;

namespace {

/// Patients of two years whose rules first speak after exponential waits, at the given rates per threshold
/// (ascending); a more talkative threshold never speaks later than a quieter one, as of one score.
Population constant_hazards(const std::vector<std::vector<double>>& rates, std::size_t n,
                            std::uint64_t seed) {
    std::mt19937_64 random(seed);
    Population p{"constant", {}};
    for (std::size_t i = 0; i < n; ++i) {
        Quiet q;
        q.id = std::to_string(i);
        q.years = 2.0;
        for (const auto& rule : rates) {
            const double unit = std::exponential_distribution<double>(1.0)(random);
            q.first.emplace_back();
            for (const double rate : rule) {
                const double at = unit / rate;
                q.first.back().push_back(at < q.years ? static_cast<float>(at)
                                                      : std::numeric_limits<float>::infinity());
            }
        }
        p.patients.push_back(std::move(q));
    }
    return p;
}

Quiet quiet(double years, std::vector<std::vector<float>> first) {
    return {"", years, std::move(first)};
}
constexpr float kNever = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("budget: first alerts over the time up to them, by hand", "[study][budget]") {
    const std::vector<Quiet> p{quiet(2.0, {{kNever, 0.5F}, {1.0F, 0.25F}}),
                               quiet(1.0, {{kNever, kNever}, {kNever, 0.5F}})};
    const auto none = first_alerts(p, {std::nullopt, std::nullopt});
    CHECK(none.alerted == 0.0);
    CHECK(none.years == 3.0);
    const auto one = first_alerts(p, {1, std::nullopt});
    CHECK(one.alerted == 1.0);
    CHECK(one.years == 1.5);
    // Both rules: the earlier of the two counts, once.
    const auto both = first_alerts(p, {1, 0});
    CHECK(both.alerted == 1.0);
    CHECK(both.years == 1.5);
    CHECK(*first_alerts(p, {1, 1}).rate() == Approx(2.0 / 0.75));
    CHECK_FALSE(first_alerts({}, {0}).rate());
}

TEST_CASE("budget: with constant hazards the threshold is the last whose hazard is within it",
          "[study][budget][reference]") {
    // A first alert of hazard h has rate h per year at risk. 20,000 patients: the standard error of a rate of
    // 0.2 is 0.2 / sqrt(20,000 * (1 - exp(-0.4))) = 0.0025, a quarter of the distance to the next hazard.
    const std::vector<double> hazards{0.05, 0.1, 0.15, 0.19, 0.21, 0.3, 0.6};
    const std::vector<Population> one{constant_hazards({hazards}, 20'000, 1)};
    const auto found = within_budget(one, 0.2);
    REQUIRE(found.choice.at(0));
    CHECK(*found.choice[0] == 3);
    CHECK(*found.rate == Approx(0.19).margin(0.01));
    CHECK_FALSE(within_budget(one, 0.01).choice.at(0));  // not even the quietest
    CHECK(*within_budget(one, 5.0).choice.at(0) == 6);
    // Every kind of quiet patient counts: the second kind is alerted twice as often.
    const std::vector<Population> two{one[0],
                                      constant_hazards({{0.1, 0.2, 0.3, 0.38, 0.42, 0.6, 1.2}}, 20'000, 2)};
    CHECK(*within_budget(two, 0.2).choice.at(0) == 0);
    CHECK(*most_talkative_within(two, 0, 0.31) == 2);
}

TEST_CASE("budget: rules that speak apart share it, rules that speak together share for free",
          "[study][budget][reference]") {
    std::vector<double> hazards;
    for (int i = 1; i <= 60; ++i)
        hazards.push_back(0.005 * i);
    // Independent hazards add up: h + h = 0.2. Tolerance: four standard errors and a step of the grid.
    const std::vector<Population> apart{constant_hazards({hazards, hazards}, 20'000, 3)};
    const auto shared = within_budget(apart, 0.2);
    for (const auto& c : shared.choice) {
        REQUIRE(c);
        CHECK(hazards[*c] == Approx(0.1).margin(0.012));
    }
    CHECK(*shared.rate <= 0.2);
    CHECK(*shared.rate > 0.185);
    // The same rule twice: each may use all of it.
    auto same = constant_hazards({hazards}, 20'000, 4);
    for (auto& p : same.patients)
        p.first.push_back(p.first[0]);
    const std::vector<Population> together{same};
    const auto free = within_budget(together, 0.2);
    CHECK(hazards[*free.choice.at(0)] == Approx(0.2).margin(0.012));
    CHECK(free.choice[0] == free.choice[1]);
}

TEST_CASE("budget: no equal share larger than the one found keeps it, all shares tried out",
          "[study][budget][property]") {
    std::mt19937_64 random(5);
    for (int round = 0; round < 30; ++round) {
        Population p{"any", {}};
        for (int i = 0; i < 25; ++i) {
            Quiet q;
            q.years = std::uniform_real_distribution<double>(0.2, 3.0)(random);
            for (int r = 0; r < 3; ++r) {
                q.first.emplace_back();
                // More talkative thresholds need not be earlier: rules with `until` are not monotone.
                for (int t = 0; t < 6; ++t) {
                    const double at = std::uniform_real_distribution<double>(0.0, 12.0 / (t + 1))(random);
                    q.first.back().push_back(at < q.years ? static_cast<float>(at) : kNever);
                }
            }
            p.patients.push_back(std::move(q));
        }
        const std::vector<Population> all{p};
        const double budget = std::uniform_real_distribution<double>(0.1, 1.5)(random);
        const auto found = within_budget(all, budget);
        CHECK(worst_rate(all, found.choice).value_or(0.0) <= budget);
        // Brute force over shares: between the found one and the first larger share that changes a choice
        // without breaking the budget there is none.
        Choice above;
        const double next = found.share * 1.02;
        for (std::size_t r = 0; r < 3; ++r)
            above.push_back(most_talkative_within(all, r, next));
        if (next < budget && above != found.choice) CHECK(worst_rate(all, above).value_or(0.0) > budget);
    }
}

TEST_CASE("budget: a threshold counts only when every quieter one is within the budget, too",
          "[study][budget]") {
    // With `until` a more talkative threshold can open fewer alerts: rates 0.5, 2, 0.5 a year. Its neighbour
    // would not be believed, and the next patients may turn them round.
    std::vector<Quiet> p;
    for (int i = 0; i < 10; ++i)
        p.push_back(quiet(1.0, {{i < 4 ? 0.5F : kNever, i < 9 ? 0.1F : kNever, i < 4 ? 0.5F : kNever}}));
    const std::vector<Population> one{{"x", p}};
    CHECK(*within_budget(one, 0.6).choice.at(0) == 0);
    CHECK(*within_budget(one, 9.0).choice.at(0) == 2);
}

TEST_CASE("budget: what cannot be solved is refused", "[study][budget][error]") {
    const std::vector<Population> one{{"x", {quiet(1.0, {{kNever}})}}};
    CHECK_THROWS_WITH(within_budget(one, 0.0), Catch::Contains("U010"));
    CHECK_THROWS_WITH(within_budget({}, 0.2), Catch::Contains("U011"));
    const std::vector<Population> uneven{{"x", {quiet(1.0, {{kNever}}), quiet(1.0, {{kNever, kNever}})}}};
    CHECK_THROWS_WITH(within_budget(uneven, 0.2), Catch::Contains("U011"));
}

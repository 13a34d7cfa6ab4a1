#include <cmath>
#include <random>

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"

#include "study/support/scores.hpp"

using namespace bellwether;
using namespace bellwether::study;
using namespace scores;

// Laws of the figures of a score that need no other program.
namespace {

/// Rows with ties in time and in score, censored and competing ends, of several landmarks.
std::vector<ScoredRow> random_rows(std::uint64_t seed, std::size_t patients) {
    std::mt19937_64 engine(seed);
    const auto number = [&](std::uint64_t below) { return static_cast<double>(engine() % below); };
    std::vector<ScoredRow> rows;
    for (std::size_t i = 0; i < patients; ++i)
        for (std::size_t l = 0; l < 3; ++l)
            if (number(4) > 0)
                rows.push_back({i, l, 1 + number(30), static_cast<ScoreEnd>(engine() % 3), number(11) / 10});
    // Each landmark has somebody who is followed to the end, in every draw in which patient 0 is.
    for (std::size_t l = 0; l < 3; ++l) {
        std::erase_if(rows, [&](const auto& r) { return r.patient == 0 && r.landmark == l; });
        rows.push_back({0, l, 40, ScoreEnd::censored, 0.4});
    }
    return rows;
}

const ScoreRequest at_20{ScoreKind::probability, 20, 4, {0.1, 0.5, 0.9}};

Approx near(double x) {
    return Approx(x).epsilon(1e-10).margin(1e-12);
}

}  // namespace

TEST_CASE("score: weights are copies of patients", "[study][score][property]") {
    // Copies are patients of their own, so that groups, landmarks, ties and G must all count them. Groups are
    // cut by the rows that there are, and are left out: a copy may move a cut.
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        const auto rows = random_rows(seed, 25);
        std::vector<std::uint32_t> weights;
        resample({100, seed}, 0, 25, weights);
        weights[0] = std::max(weights[0], 1U);
        std::vector<ScoredRow> copies;
        std::size_t next = 0;
        for (std::size_t i = 0; i < 25; ++i)
            for (std::uint32_t k = 0; k < weights[i]; ++k, ++next)
                for (auto r : rows)
                    if (r.patient == i) {
                        r.patient = next;
                        copies.push_back(r);
                    }
        std::vector<std::optional<double>> by_weight, by_copy;
        auto request = at_20;
        request.groups = 1;
        ScoreSample(rows, 25, request).figures(weights, by_weight);
        ScoreSample(copies, next, request).figures(std::vector<std::uint32_t>(next, 1), by_copy);
        REQUIRE(by_weight.size() == by_copy.size());
        for (std::size_t f = 0; f < by_weight.size(); ++f) {
            CAPTURE(f);
            REQUIRE(by_weight[f].has_value() == by_copy[f].has_value());
            if (by_weight[f]) CHECK(*by_weight[f] == near(*by_copy[f]));
        }
    }
}

TEST_CASE("score: without censoring the figures are shares of what was seen", "[study][score][reference]") {
    // Cases 1, 2, 4 (scores .9, .6, .2), controls 3, 5 and the dead 6 (scores .6, .1, .3). Pairs won: .9 wins
    // 3, .6 wins 2 and ties 1, .2 wins 1: 6.5 of 9. Without the dead: 2 + 1.5 + 1 = 4.5 of 6.
    const auto rows = rows_of({5, 9, 40, 10, 40, 3}, {1, 1, 0, 1, 0, 2}, {0.9, 0.6, 0.6, 0.2, 0.1, 0.3});
    const auto m = measures(rows, at_20);
    CHECK(*m[at(ScoreMeasure::auc)] == near(6.5 / 9));
    CHECK(*m[at(ScoreMeasure::auc_event_free)] == near(4.5 / 6));
    CHECK(*m[at(ScoreMeasure::observed_risk)] == near(0.5));
    CHECK(*m[at(ScoreMeasure::brier)] == near((0.01 + 0.16 + 0.36 + 0.64 + 0.01 + 0.09) / 6));
    CHECK(*m[at(ScoreMeasure::brier_null)] == near(0.25));
    CHECK(*m[at(ScoreMeasure::mean_predicted)] == near(2.7 / 6));
    // Treated at 0.5: 1, 2, 3, of whom 3 in vain: (2 - 1 * 1) / 6. Treating all: (3 - 3) / 6.
    const auto f = ScoreSample(rows, 6, at_20).estimate({100, 1});
    CHECK(*f.net_benefit[1].score.value == near(1.0 / 6));
    CHECK(*f.net_benefit[1].all.value == near(0.0));
    // Nobody has 0.95: nothing is gained, nothing lost.
    CHECK(*ScoreSample(rows, 6, {ScoreKind::probability, 20, 4, {0.95}})
               .estimate({100, 1})
               .net_benefit[0]
               .score.value == 0.0);
}

TEST_CASE("score: a perfect one and a reversed one", "[study][score][reference]") {
    std::vector<ScoredRow> rows;
    for (std::size_t i = 0; i < 20; ++i)
        rows.push_back({i, 0, 1.0 + static_cast<double>(i), ScoreEnd::event, -static_cast<double>(i)});
    const ScoreRequest number{ScoreKind::number, 10, 5, {0.5}};
    auto m = measures(rows, number);
    for (const auto c : {ScoreMeasure::c_harrell, ScoreMeasure::c_uno, ScoreMeasure::auc})
        CHECK(*m[at(c)] == near(1.0));
    for (auto& r : rows)
        r.score = -r.score;
    m = measures(rows, number);
    for (const auto c : {ScoreMeasure::c_harrell, ScoreMeasure::c_uno, ScoreMeasure::auc})
        CHECK(*m[at(c)] == near(0.0));
    // A number is no probability: nothing is said of it as one, thresholds or not.
    for (const auto c : {ScoreMeasure::brier, ScoreMeasure::brier_scaled, ScoreMeasure::mean_predicted,
                         ScoreMeasure::observed_less_predicted, ScoreMeasure::sensitivity})
        CHECK_FALSE(m[at(c)]);
    const auto f = ScoreSample(rows, 20, number).estimate({100, 1});
    CHECK(f.net_benefit.empty());
    // All draws agree that C is 0: no interval. A group in which all had the event has Wilson's.
    CHECK_FALSE(f.measures[at(ScoreMeasure::c_harrell)].low);
    CHECK(*f.groups[0].observed.value == near(1.0));
    CHECK(*f.groups[0].observed.low == near(*share(4, 4).low));
}

TEST_CASE("score: the true probability is calibrated, and its Brier score is the mean of p (1 - p)",
          "[study][score][property]") {
    // 20,000 made-up patients with a risk p, uniform, of an event by 10, and half of them censored at a time
    // of their own. Standard errors: observed risk about 0.004, Brier 0.002, AUC 0.004; four of each are
    // allowed. The AUC of a uniform p is the integral of 6 p^2 (1 - p) ... = 5/6 (cases have density 2p,
    // controls 2(1-p)).
    std::mt19937_64 engine(3);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    std::vector<ScoredRow> rows;
    for (std::size_t i = 0; i < 20000; ++i) {
        const double p = uniform(engine), u = uniform(engine),
                     c = uniform(engine) < 0.5 ? 10 * uniform(engine) : 99;
        const double end = u < p ? 10 * uniform(engine) + 1e-9 : 50;
        rows.push_back({i, 0, std::min(end, c + 1e-9), end <= c ? ScoreEnd::event : ScoreEnd::censored, p});
    }
    std::vector<std::optional<double>> out;
    const ScoreSample sample(rows, 20000, {ScoreKind::probability, 10, 10, {}});
    sample.figures(std::vector<std::uint32_t>(20000, 1), out);
    CHECK(std::abs(*out[at(ScoreMeasure::observed_less_predicted)]) < 0.016);
    CHECK(*out[at(ScoreMeasure::brier)] == Approx(1.0 / 6).margin(0.008));
    CHECK(*out[at(ScoreMeasure::brier_null)] == Approx(0.25).margin(0.002));
    CHECK(*out[at(ScoreMeasure::auc)] == Approx(5.0 / 6).margin(0.016));
    for (std::size_t g = 0; g < 10; ++g)
        CHECK(*out[score_measure_names().size() + g] ==
              Approx(0.05 + 0.1 * static_cast<double>(g))
                  .margin(0.06));  // four standard errors of 2,000 patients
}

TEST_CASE("score: where nobody was followed to the horizon there is nothing to say about it",
          "[study][score]") {
    const auto rows = rows_of({3, 5, 8}, {1, 0, 0}, {0.5, 0.2, 0.4});
    const auto m = measures(rows, at_20);
    CHECK(*m[at(ScoreMeasure::c_harrell)] == 1.0);
    for (const auto c : {ScoreMeasure::auc, ScoreMeasure::brier, ScoreMeasure::observed_risk})
        CHECK_FALSE(m[at(c)]);
    // All have ended before it: that tells.
    CHECK(*measure(rows_of({3, 5, 8}, {1, 1, 2}, {0.5, 0.2, 0.4}), at_20, ScoreMeasure::observed_risk) ==
          near(2.0 / 3));
    // A second landmark that does not reach the horizon takes the figure of both away.
    auto two = rows_of({3, 25}, {1, 0}, {0.5, 0.2});
    CHECK(measure(two, at_20, ScoreMeasure::auc));
    two.push_back({0, 1, 15, ScoreEnd::censored, 0.3});
    CHECK_FALSE(measure(two, at_20, ScoreMeasure::auc));
    CHECK(measures({}, at_20)[at(ScoreMeasure::auc)] == std::nullopt);
}

TEST_CASE("score: over several landmarks squares and pairs are added up", "[study][score]") {
    const auto rows = random_rows(11, 40);
    double n = 0, brier = 0, risk = 0, null = 0;
    for (std::size_t l = 0; l < 3; ++l) {
        auto one = rows;
        std::erase_if(one, [&](const auto& r) { return r.landmark != l; });
        const auto m = measures(one, at_20);
        const auto k = static_cast<double>(one.size());
        n += k;
        brier += k * *m[at(ScoreMeasure::brier)];
        risk += k * *m[at(ScoreMeasure::observed_risk)];
        null += k * *m[at(ScoreMeasure::brier_null)];
    }
    const auto all = measures(rows, at_20);
    CHECK(*all[at(ScoreMeasure::brier)] == near(brier / n));
    CHECK(*all[at(ScoreMeasure::observed_risk)] == near(risk / n));
    CHECK(*all[at(ScoreMeasure::brier_scaled)] == near(1 - brier / null));
    // No pair is made of two landmarks: a score that tells landmarks apart, and nobody within one, is worth
    // nothing.
    auto told = rows;
    for (auto& r : told)
        r.score = static_cast<double>(r.landmark) / 2;
    for (const auto m : {ScoreMeasure::auc, ScoreMeasure::c_harrell, ScoreMeasure::c_uno})
        CHECK(*measure(told, at_20, m) == near(0.5));
}

TEST_CASE("score: intervals draw patients whole", "[study][score]") {
    // Each patient at three landmarks with the same row: three times the rows say no more than one of them.
    auto one = random_rows(7, 60);
    std::erase_if(one, [](const auto& r) { return r.landmark != 0; });
    auto three = one;
    for (std::size_t l = 1; l < 3; ++l)
        for (auto r : one) {
            r.landmark = l;
            three.push_back(r);
        }
    const auto a = ScoreSample(one, 60, at_20).estimate({400, 3}),
               b = ScoreSample(three, 60, at_20).estimate({400, 3});
    for (const auto m : {ScoreMeasure::auc, ScoreMeasure::brier, ScoreMeasure::c_uno}) {
        CHECK(*a.measures[at(m)].value == near(*b.measures[at(m)].value));
        REQUIRE(a.measures[at(m)].low);
        CHECK(*a.measures[at(m)].low == near(*b.measures[at(m)].low));
        CHECK(*a.measures[at(m)].high == near(*b.measures[at(m)].high));
    }
    CHECK(b.rows == 3 * a.rows);
    CHECK(b.patients == a.patients);
}

TEST_CASE("score: a yes and a no are a group each, however few the one", "[study][score]") {
    const auto rows = rows_of({5, 9, 40, 10, 40, 30}, {1, 1, 0, 1, 0, 0}, {1, 1, 0, 1, 1, 1});
    const auto f = ScoreSample(rows, 6, {ScoreKind::yes_no, 20, 5, {}}).estimate({100, 1});
    REQUIRE(f.groups.size() == 2);
    CHECK(f.groups[0].rows == 1);
    CHECK(*f.groups[0].observed.value == near(0.0));  // negative predictive value 1
    CHECK(*f.groups[1].observed.value == near(0.6));  // positive predictive value
    CHECK(*f.measures[at(ScoreMeasure::sensitivity)].value == near(1.0));
    CHECK(*f.measures[at(ScoreMeasure::specificity)].value == near(1.0 / 3));
}

TEST_CASE("score: what makes no sense is refused", "[study][score][error]") {
    const auto make = [](const ScoredRow& row, ScoreKind kind, double horizon = 20, std::size_t groups = 5,
                         std::vector<double> thresholds = {}) {
        return ScoreSample(std::vector<ScoredRow>{row}, 1, {kind, horizon, groups, std::move(thresholds)});
    };
    const ScoredRow good{0, 0, 5, ScoreEnd::event, 0.5};
    const auto with = [&](double time, double score) {
        return ScoredRow{0, 0, time, ScoreEnd::event, score};
    };
    CHECK_THROWS_WITH(make(with(0, 0.5), ScoreKind::number), Catch::Contains("U001"));
    CHECK_THROWS_WITH(make(with(5, std::nan("")), ScoreKind::number), Catch::Contains("U002"));
    CHECK_THROWS_WITH(make(good, ScoreKind::number, 0), Catch::Contains("U008"));
    CHECK_THROWS_WITH(make(good, ScoreKind::number, 20, 0), Catch::Contains("U008"));
    CHECK_THROWS_WITH(make(good, ScoreKind::number, 20, 5, {1.0}), Catch::Contains("U008"));
    CHECK_THROWS_WITH(make(with(5, 1.5), ScoreKind::probability), Catch::Contains("U009"));
    CHECK_THROWS_WITH(make(good, ScoreKind::yes_no), Catch::Contains("U009"));
    CHECK_THROWS_WITH(ScoreSample(std::vector<ScoredRow>{good, good}, 1, {}), Catch::Contains("U009"));
    CHECK_THROWS_WITH(ScoreSample(std::vector<ScoredRow>{{1, 0, 5, ScoreEnd::event, 0.5}}, 1, {}),
                      Catch::Contains("U002"));
}

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "bellwether/app/score_report.hpp"

using namespace bellwether;
using study::ScoreEnd;
using study::ScoreMeasure;

namespace {

constexpr double kHorizon = 180.0;

/// Patients of two arms with a score x of a standard normal and the hazard exp(x) / 300 per day; in arm B x
/// has `told` of the log hazard that it has in A. What is evaluated is the risk within the horizon that x
/// means in A. Every third is followed for a year, the others to the end. Each patient stands at every
/// landmark with the same row: nothing is learnt from the second that the first did not say.
app::ScoreCohort two_arms(std::size_t patients, double told, unsigned seed, std::size_t landmarks = 1) {
    app::ScoreCohort c;
    c.kind = study::ScoreKind::probability;
    for (std::size_t l = 0; l < landmarks; ++l)
        c.landmarks.emplace_back().name = std::to_string(30 * (l + 1));
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform;
    for (std::size_t i = 0; i < patients; ++i) {
        const bool b = i % 2 == 1;
        const double x = normal(random);
        const double time = -std::log(1.0 - uniform(random)) * 300.0 / std::exp((b ? told : 1.0) * x);
        const double followed = i % 3 == 0 ? 365.0 : 1e4;
        const double risk = 1.0 - std::exp(-kHorizon * std::exp(x) / 300.0);
        for (std::size_t l = 0; l < landmarks; ++l) {
            c.rows.push_back({i, l, std::max(0.1, std::min(time, followed)),
                              time <= followed ? ScoreEnd::event : ScoreEnd::censored, risk});
            c.groups.push_back({{"arm", b ? "B" : "A"}});
        }
    }
    return c;
}

const app::ScoreTest& test_of(const app::ScoreReport& report, ScoreMeasure figure,
                              const std::string& landmark = "") {
    for (const auto& t : report.tests)
        if (t.figure == figure && t.landmark == landmark) return t;
    throw std::runtime_error("no such test");
}

app::ScoreReportRequest by_arm() {
    app::ScoreReportRequest request;
    request.by = {"arm"};
    request.horizon_days = kHorizon;
    request.bootstrap.draws = 200;
    return request;
}

}  // namespace

TEST_CASE("report_scores: where the levels do not differ p is uniform in every figure",
          "[app][score][groups][property]") {
    constexpr int cohorts = 200;
    std::map<std::pair<std::string, ScoreMeasure>, std::pair<int, int>> below;  // 0.05, 0.5
    for (unsigned k = 0; k < cohorts; ++k)
        for (const auto& t : app::report_scores(two_arms(240, 1.0, 100 + k, 2), by_arm()).tests) {
            REQUIRE(t.test.degrees == 1);
            auto& n = below[{t.landmark, t.figure}];
            n.first += t.test.p < 0.05 ? 1 : 0;
            n.second += t.test.p < 0.5 ? 1 : 0;
        }
    // Both C, AUC, risk, both Brier, calibration; and the AUC at each of two landmarks.
    CHECK(below.size() == 9);
    for (const auto& [what, n] : below) {
        CAPTURE(what.first, study::score_measure_names()[static_cast<std::size_t>(what.second)]);
        // Binomial with 200: 10 +- 3.1 and 100 +- 7.1; three standard deviations, and a little for a
        // standard error that is drawn itself. Rows drawn one by one, as if the second landmark were of
        // other patients, would put some 33 of 200 below 0.05 (a standard error too small by sqrt 2).
        CHECK(n.first >= 1);
        CHECK(n.first <= 20);
        CHECK(n.second >= 76);
        CHECK(n.second <= 124);
    }
}

TEST_CASE("report_scores: where the levels differ p is small", "[app][score][groups]") {
    const auto report = app::report_scores(two_arms(600, 0.0, 7), by_arm());
    for (const auto figure : {ScoreMeasure::auc, ScoreMeasure::c_harrell, ScoreMeasure::c_uno,
                              ScoreMeasure::brier, ScoreMeasure::brier_scaled}) {
        CAPTURE(study::score_measure_names()[static_cast<std::size_t>(figure)]);
        const auto& t = test_of(report, figure);
        CHECK(t.test.degrees == 1);
        CHECK(t.test.p < 1e-4);
        CHECK(t.p_holm >= t.test.p);
        CHECK(t.p_holm < 1e-3);
        CHECK(t.left_out.empty());
    }
    CHECK(report.tests.size() == 7);
    // A number is no probability: of it C, AUC and risk are tested.
    auto number = two_arms(600, 0.0, 7);
    number.kind = study::ScoreKind::number;
    CHECK(app::report_scores(number, by_arm()).tests.size() == 4);
}

TEST_CASE("report_scores: Q is of the figures and standard errors that are shown",
          "[app][score][groups][reference]") {
    // Two levels: the square of the difference over the sum of the squared errors.
    const auto report = app::report_scores(two_arms(300, 0.5, 11), by_arm());
    std::vector<study::Estimate> auc;
    for (const auto& s : report.slices)
        if (!s.factor.empty()) auc.push_back(s.figures.measures[static_cast<std::size_t>(ScoreMeasure::auc)]);
    REQUIRE(auc.size() == 2);
    const double d = *auc[0].value - *auc[1].value;
    const double v = *auc[0].error * *auc[0].error + *auc[1].error * *auc[1].error;
    CHECK(test_of(report, ScoreMeasure::auc).test.chi_square == Approx(d * d / v).epsilon(1e-10));
    // A percentile interval of something nearly normal is some four standard errors wide.
    CHECK(*auc[0].high - *auc[0].low == Approx(3.92 * *auc[0].error).epsilon(0.15));
}

TEST_CASE("report_scores: a level of few events is left out of the tests and named", "[app][score][groups]") {
    auto c = two_arms(300, 1.0, 3);
    for (std::size_t i = 0; i < 12; ++i)
        c.groups[i] = {{"arm", "C"}};
    for (std::size_t i = 12; i < 15; ++i)
        c.groups[i].clear();
    auto report = app::report_scores(c, by_arm());
    const auto& three = test_of(report, ScoreMeasure::auc);
    CHECK(three.test.degrees == 1);
    CHECK(three.left_out ==
          std::vector<std::string>{"C: fewer than 10 patients with the event", "unknown: 3 patients"});
    for (auto& g : c.groups)
        if (!g.empty() && g.at("arm") == "B") g = {{"arm", "A"}};
    report = app::report_scores(c, by_arm());
    CHECK(test_of(report, ScoreMeasure::auc).test.degrees == 0);
    CHECK(test_of(report, ScoreMeasure::auc).p_holm == 1.0);
    for (const auto& sheet : app::score_sheets(c, report))
        if (sheet.name == "tests") {
            REQUIRE(sheet.rows.size() == report.tests.size());
            CHECK_THAT(
                app::to_csv(sheet),
                Catch::Contains(
                    "all,arm,auc,NA,0,NA,NA,C: fewer than 10 patients with the event; unknown: 3 patients"));
        }
}

TEST_CASE("report_scores: a level whose draws all agree has no standard error, and says so",
          "[app][score][groups]") {
    // In B the score tells all apart: each draw has the AUC 1.
    auto c = two_arms(400, 1.0, 5);
    for (std::size_t i = 1; i < c.rows.size(); i += 2)
        c.rows[i].score = c.rows[i].time < kHorizon ? 0.9 : 0.1;
    const auto report = app::report_scores(c, by_arm());
    CHECK(test_of(report, ScoreMeasure::auc).test.degrees == 0);
    CHECK(test_of(report, ScoreMeasure::auc).left_out == std::vector<std::string>{"B: no standard error"});
    CHECK(test_of(report, ScoreMeasure::observed_risk).test.degrees == 1);
}

TEST_CASE("report_scores: levels that share patients are compared at a landmark only",
          "[app][score][groups]") {
    // Who is on therapy at one landmark and off it at the next stands in both levels: they are not
    // independent together, but they are at each landmark.
    auto c = two_arms(300, 1.0, 9, 2);
    for (std::size_t i = 0; i < c.rows.size(); ++i)
        if (c.rows[i].landmark == 1) c.groups[i] = {{"arm", c.rows[i].patient % 3 == 0 ? "A" : "B"}};
    const auto report = app::report_scores(c, by_arm());
    const auto& together = test_of(report, ScoreMeasure::auc);
    CHECK(together.test.degrees == 0);
    CHECK(together.left_out == std::vector<std::string>{"A: a patient stands in several levels",
                                                        "B: a patient stands in several levels"});
    for (const char* landmark : {"30", "60"})
        CHECK(test_of(report, ScoreMeasure::auc, landmark).test.degrees == 1);
}

TEST_CASE("report_scores: a landmark without a name is not taken for all of them", "[app][score][groups]") {
    auto c = two_arms(300, 1.0, 13, 2);
    c.landmarks[0].name.clear();
    const auto report = app::report_scores(c, by_arm());
    CHECK(test_of(report, ScoreMeasure::auc).test.degrees == 1);
    CHECK(test_of(report, ScoreMeasure::auc, "without a name").test.degrees == 1);
    CHECK(report.tests.size() == 9);
}

TEST_CASE("report_scores: an event that several landmarks show is one event", "[app][score][groups]") {
    // Nine patients of level C have the event, at each of two landmarks: 18 rows, too few all the same.
    auto c = two_arms(300, 1.0, 17, 2);
    std::size_t events = 0, free = 0;
    for (std::size_t i = 0; i < c.rows.size(); i += 2) {
        const bool event = c.rows[i].end == ScoreEnd::event && c.rows[i].time <= kHorizon;
        const bool wanted = event ? events < 9 : c.rows[i].time > kHorizon && free < 20;
        if (!wanted) continue;
        ++(event ? events : free);
        c.groups[i] = c.groups[i + 1] = {{"arm", "C"}};
    }
    REQUIRE(events == 9);
    REQUIRE(free == 20);
    const auto report = app::report_scores(c, by_arm());
    CHECK(test_of(report, ScoreMeasure::auc).left_out ==
          std::vector<std::string>{"C: fewer than 10 patients with the event"});
    CHECK(test_of(report, ScoreMeasure::auc).test.degrees == 1);
}

#include "bellwether/study/score.hpp"

#include <catch2/catch.hpp>

#include "study/support/scores.hpp"

using namespace bellwether;
using namespace bellwether::study;
using namespace scores;

// R 4.2.2, survival 3.5.3, printed with 12 digits; tolerance 1e-11 of the figure for what was cut off.
//   t <- c(3,5,5,5,8,8,9,12,12,12,15,20,20,25,30,7,12,14,18,22)
//   e <- c(1,1,0,1,0,1,0,1,0,1,1,0,1,0,0,0,1,0,1,1)
//   p <- c(.5,.9,.4,.2,.6,.6,.1,.3,.7,.3,.2,.5,.1,.2,.05,.8,.75,.35,.45,.2)
//   d <- factor(c(1,2,0,1,0,1,0,2,0,1,1,0,2,0,0,0,1,2,1,1), levels = 0:2)      # 2: competing
// Ties in time between events and censorings, ties in score, censorings and events at the horizons 12 and 20.
namespace {

const std::vector<double> t = {3, 5, 5, 5, 8, 8, 9, 12, 12, 12, 15, 20, 20, 25, 30, 7, 12, 14, 18, 22};
const std::vector<int> e = {1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 0, 0, 1, 0, 1, 1};
const std::vector<int> d = {1, 2, 0, 1, 0, 1, 0, 2, 0, 1, 1, 0, 2, 0, 0, 0, 1, 2, 1, 1};
const std::vector<double> p = {.5, .9, .4, .2, .6,  .6, .1,  .3,  .7,  .3,
                               .2, .5, .1, .2, .05, .8, .75, .35, .45, .2};

Approx near(double x) {
    return Approx(x).epsilon(1e-11).margin(1e-13);
}

ScoreRequest probability_at(double horizon) {
    return {ScoreKind::probability, horizon, 4, {0.1, 0.3, 0.5}};
}

}  // namespace

TEST_CASE("score: C as R's concordance has it, ties and all", "[study][score][reference]") {
    const auto rows = rows_of(t, e, p);
    // concordance(Surv(t, e) ~ p, reverse = TRUE, timewt = "n/G2", ymax = u)
    CHECK(*measure(rows, probability_at(12), ScoreMeasure::c_harrell) == near(0.666666666667));
    CHECK(*measure(rows, probability_at(12), ScoreMeasure::c_uno) == near(0.693724975269));
    CHECK(*measure(rows, probability_at(25), ScoreMeasure::c_uno) == near(0.656621900307));
    // The older routine of this module counts pair by pair.
    std::vector<Survival> plain;
    for (const auto& r : rows)
        plain.push_back({r.time, r.end == ScoreEnd::event});
    CHECK(*measure(rows, probability_at(12), ScoreMeasure::c_harrell) == near(*concordance(plain, p).c));
    // l <- rep(1:2, each = 10); concordance(Surv(t, e) ~ p + strata(l), ...), ymax = 15
    auto two = rows;
    for (std::size_t i = 10; i < 20; ++i)
        two[i].landmark = 1;
    CHECK(*measure(two, probability_at(15), ScoreMeasure::c_harrell) == near(0.618181818182));
    CHECK(*measure(two, probability_at(15), ScoreMeasure::c_uno) == near(0.570600889953));
}

TEST_CASE("score: AUC, Brier score and risk with the weights of R's rttright", "[study][score][reference]") {
    // w <- rttright(Surv(t, e) ~ 1, times = u); case <- t <= u & e == 1; control <- !case & w > 0
    // AUC: sum over case and control of w w ((p > p') + (p == p') / 2) / (sum w of cases * sum w of controls)
    // Brier: sum(w * (case - p)^2); risk s: 1 - summary(survfit(Surv(t, e) ~ 1), times = u)$surv
    struct Expected {
        double horizon, auc, brier, scaled, sensitivity, specificity;
    };
    for (const auto& x :
         {Expected{12, 0.743331809175, 0.202155555556, 0.161093243882, 0.550068587106, 0.777777777778},
          Expected{14.5, 0.836174799138, 0.1727125, 0.283276273472, 0.550068587106, 0.857142857143}}) {
        CAPTURE(x.horizon);
        const auto rows = rows_of(t, e, p);
        const auto m = measures(rows, probability_at(x.horizon));
        CHECK(*m[at(ScoreMeasure::auc)] == near(x.auc));
        CHECK_FALSE(m[at(ScoreMeasure::auc_event_free)]);
        CHECK(*m[at(ScoreMeasure::observed_risk)] == near(0.405));
        CHECK(*m[at(ScoreMeasure::brier)] == near(x.brier));
        CHECK(*m[at(ScoreMeasure::brier_null)] == near(0.240975));
        CHECK(*m[at(ScoreMeasure::brier_scaled)] == near(x.scaled));
        CHECK(*m[at(ScoreMeasure::mean_predicted)] == near(0.41));  // mean(p)
        CHECK(*m[at(ScoreMeasure::observed_less_predicted)] == near(-0.005));
        CHECK_FALSE(m[at(ScoreMeasure::sensitivity)]);
        auto alert = rows;
        for (auto& r : alert)
            r.score = r.score >= 0.5 ? 1.0 : 0.0;
        const auto yes = measures(alert, {ScoreKind::yes_no, x.horizon, 5, {}});
        CHECK(*yes[at(ScoreMeasure::sensitivity)] == near(x.sensitivity));
        CHECK(*yes[at(ScoreMeasure::specificity)] == near(x.specificity));
        // A yes or no has one point of the curve: its area is the mean of the two.
        CHECK(*yes[at(ScoreMeasure::auc)] == near((x.sensitivity + x.specificity) / 2));
        CHECK_FALSE(yes[at(ScoreMeasure::brier)]);
    }
}

TEST_CASE("score: competing ends are controls, and their risk is Aalen and Johansen's",
          "[study][score][reference]") {
    // The same with rttright(Surv(t, d) ~ 1) and summary(survfit(Surv(t, d) ~ 1), times = u)$pstate;
    // auc_event_free leaves out controls with t <= u & d == 2. c_uno by all pairs in R, weights as Wolbers et
    // al. 2014.
    const auto rows = rows_of(t, d, p);
    const auto m = measures(rows, probability_at(12)), late = measures(rows, probability_at(20));
    CHECK(*m[at(ScoreMeasure::auc)] == near(0.686985426683));
    CHECK(*m[at(ScoreMeasure::auc_event_free)] == near(0.74188034188));
    CHECK(*m[at(ScoreMeasure::observed_risk)] == near(0.288888888889));
    CHECK(*m[at(ScoreMeasure::brier)] == near(0.215711111111));
    CHECK(*m[at(ScoreMeasure::brier_scaled)] == near(-0.0500360576923));
    CHECK(*late[at(ScoreMeasure::auc)] == near(0.686052066564));
    CHECK(*late[at(ScoreMeasure::auc_event_free)] == near(0.763368771818));
    CHECK(*late[at(ScoreMeasure::observed_risk)] == near(0.437638888889));
    CHECK(*late[at(ScoreMeasure::brier)] == near(0.241225868056));
    CHECK(*late[at(ScoreMeasure::c_harrell)] == near(0.625));
    CHECK(*late[at(ScoreMeasure::c_uno)] == near(0.60694159013));
}

TEST_CASE("score: risk by group and net benefit, as survfit has them", "[study][score][reference]") {
    // g <- cut(p, c(0, .25, .37, .65, 1)): where quarters of 20 end when equal scores stay together.
    // 1 - summary(survfit(Surv(t, e)[g == k] ~ 1), times = 12, extend = TRUE)$surv
    // x <- p >= pt; f: the same of x; mean(x) * (f - (1 - f) * pt / (1 - pt)); all: of everybody
    const auto f = ScoreSample(rows_of(t, e, p), 20, probability_at(12)).estimate({100, 1});
    REQUIRE(f.groups.size() == 4);
    const std::size_t n[] = {7, 3, 6, 4};
    const double observed[] = {0.142857142857, 0.666666666667, 0.375, 0.625},
                 predicted[] = {0.15, 0.316666666667, 0.508333333333, 0.7875};
    for (std::size_t g = 0; g < 4; ++g) {
        CAPTURE(g);
        CHECK(f.groups[g].rows == n[g]);
        CHECK(*f.groups[g].observed.value == near(observed[g]));
        CHECK(f.groups[g].mean_score == near(predicted[g]));
    }
    REQUIRE(f.net_benefit.size() == 3);
    const double score[] = {0.349711399711, 0.250907029478, 0.08}, all[] = {0.338888888889, 0.15, -0.19};
    for (std::size_t k = 0; k < 3; ++k) {
        CHECK(*f.net_benefit[k].score.value == near(score[k]));
        CHECK(*f.net_benefit[k].all.value == near(all[k]));
    }
    // Counted, not weighted.
    CHECK(f.events == 7);
    CHECK(f.competing == 0);
    CHECK(f.censored == 4);
    CHECK(f.free == 9);  // one of them censored at the horizon itself: until then nothing had happened
    const auto c = ScoreSample(rows_of(t, d, p), 20, probability_at(20)).estimate({100, 1});
    const double both[] = {0.390630797774, 0.212736205593, -0.02};
    for (std::size_t k = 0; k < 3; ++k)
        CHECK(*c.net_benefit[k].score.value == near(both[k]));
    const auto early = ScoreSample(rows_of(t, d, p), 20, probability_at(12)).estimate({100, 1});
    const double risk[] = {0.142857142857, 0.333333333333, 0.375, 0.375};
    for (std::size_t g = 0; g < 4; ++g)
        CHECK(*early.groups[g].observed.value == near(risk[g]));
}

TEST_CASE("score: the bootstrap's spread of C is that of R's infinitesimal jackknife",
          "[study][score][reference]") {
    // i <- 1:300; t <- 1 + (i * 37) %% 97; e <- (i * 17) %% 3 != 0
    // p <- ((i * 53) %% 101 + 97 - (i * 37) %% 97) / 200
    // f <- concordance(Surv(t, e) ~ p, reverse = TRUE): f$concordance and sqrt(f$var)
    // Two estimates of one error: with 2,000 draws an end of a percentile interval is known to about 5% of
    // it, and 15% are allowed.
    std::vector<ScoredRow> rows;
    for (std::size_t i = 1; i <= 300; ++i) {
        const std::size_t days = i * 37 % 97;
        rows.push_back({i - 1, 0, 1.0 + static_cast<double>(days),
                        i * 17 % 3 != 0 ? ScoreEnd::event : ScoreEnd::censored,
                        static_cast<double>(i * 53 % 101 + 97 - days) / 200.0});
    }
    const auto f = ScoreSample(rows, 300, {ScoreKind::number, 40, 5, {}}).estimate({2000, 9});
    const auto& c = f.measures[at(ScoreMeasure::c_harrell)];
    CHECK(*c.value == near(0.702693614016));
    CHECK((*c.high - *c.low) / (2 * 1.95996) == Approx(0.0162224023123).epsilon(0.15));
    // The same with timewt = "n/G2", ymax = 40; R takes G as known.
    const auto& u = f.measures[at(ScoreMeasure::c_uno)];
    CHECK(*u.value == near(0.754111476222));
    CHECK((*u.high - *u.low) / (2 * 1.95996) == Approx(0.0233800505119).epsilon(0.15));
}

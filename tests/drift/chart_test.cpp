#include "bellwether/drift/chart.hpp"

#include <array>
#include <cmath>
#include <random>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "bellwether/core/error.hpp"
#include "bellwether/drift/run_length.hpp"

#include "support/nile.hpp"
#include "support/small.hpp"

using namespace bellwether;
using namespace bellwether::drift;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using small::above;
using small::below;
using small::exactly;

namespace {

Chart chart_of(const std::vector<double>& x, Watch watch, const std::variant<Cusum, Ewma>& design = Cusum{}) {
    Chart chart(design, Baseline(), watch);
    for (const double v : x)
        chart.take(exactly(v));
    return chart;
}

std::string code_of(const auto& f) {
    try {
        (void)f();
    } catch (const Error& e) {
        return e.code();
    }
    return {};
}

/// Montgomery, Introduction to Statistical Quality Control, table 9.1: mean 10, standard deviation 1,
/// then 11.
const std::vector<double> montgomery{9.45,  7.99,  9.29,  11.66, 12.16, 10.18, 8.04,  11.46, 9.20,  10.34,
                                     9.03,  11.47, 10.51, 9.40,  10.08, 9.37,  10.62, 10.31, 8.52,  10.84,
                                     10.90, 9.33,  12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31, 10.52};

/// A level with a spread of 0.3 around it.
std::vector<double> level(double mean, int n) {
    constexpr std::array<double, 5> wobble{0.2, -0.3, 0.3, -0.2, 0.0};
    std::vector<double> out;
    for (int i = 0; i < n; ++i)
        out.push_back(mean + wobble[static_cast<std::size_t>(i) % wobble.size()]);
    return out;
}

std::vector<double> operator+(std::vector<double> a, const std::vector<double>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

}  // namespace

TEST_CASE("chart: Montgomery's CUSUM signals at reading 29 and dates the shift to 23",
          "[drift][chart][reference]") {
    // Reference: Montgomery, table 9.2: C+ at 29 is 5.28, N+ is 7; C- is 0 from 13 on with its largest 2.56
    // before. Printed to two decimals, as the readings are.
    Chart chart(Cusum{0.5, 5.0, 0.0}, Baseline(10.0, 1.0), Watch::neither);
    for (std::size_t i = 0; i < 29; ++i)
        chart.take(exactly(montgomery[i]));
    CHECK_THAT(chart.statistic().value(Side::up), WithinAbs(5.28, 1e-9));
    REQUIRE(chart.signals().size() == 1);
    CHECK(chart.signals()[0].at == 28);
    CHECK(chart.signals()[0].onset == 22);
    CHECK(chart.signals()[0].side == Side::up);
    // Once over, it is one signal; the baseline is known and nothing begins anew.
    chart.take(exactly(montgomery[29]));
    CHECK(chart.signals().size() == 1);
    CHECK(chart.level_begins() == 0);
}

TEST_CASE("chart: Montgomery's EWMA", "[drift][chart][reference]") {
    // Reference: Montgomery, table 9.10, lambda = 0.1: 9.945, 9.7495, 9.70355; ours in its own deviations.
    const double sd = std::sqrt(0.1 / 1.9);
    Chart chart(Ewma{0.1, 2.7}, Baseline(10.0, 1.0), Watch::neither);
    for (std::size_t i = 0; i < 3; ++i) {
        chart.take(exactly(montgomery[i]));
        CHECK_THAT(10.0 + sd * chart.statistic().value(Side::up),
                   WithinAbs(std::array{9.945, 9.7495, 9.70355}[i], 1e-9));
        CHECK(chart.statistic().value(Side::down) == -chart.statistic().value(Side::up));
    }
}

TEST_CASE("baseline: scores are the normal deviates of R's t", "[drift][chart][reference]") {
    // Reference: R 4.2.2 on Nile[1:8], qnorm(pt(sqrt((n - 1)/n) (x - mean)/sd, n - 2)). Both are good to
    // 1e-12.
    Baseline baseline;
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK_FALSE(baseline.score(exactly(1000)));
        baseline.take(exactly(small::nile[i]));
    }
    for (std::size_t i = 4; i < 8; ++i) {
        const auto score = baseline.score(exactly(small::nile[i]));
        REQUIRE(score);
        CHECK_THAT(*score, WithinAbs(std::array{0.35663283581892, 0.33604329158695, -2.33878030552166,
                                                0.88647669476498}[i - 4],
                                     1e-10));
        baseline.take(exactly(small::nile[i]));
    }
}

TEST_CASE("baseline: scores of a series in control are N(0, 1) and independent, short as it is",
          "[drift][chart][property]") {
    // 20,000 series of 8 with a spread of their own: four standard errors of a mean, variance and covariance.
    std::mt19937_64 random(3);
    std::normal_distribution<double> normal;
    constexpr int series = 20'000;
    std::array<double, 4> sum{}, squares{};
    double products = 0;
    for (int s = 0; s < series; ++s) {
        Baseline baseline;
        const double mean = 10 * normal(random), sd = std::exp(normal(random));
        std::array<double, 4> u{};
        for (std::size_t i = 0; i < 8; ++i) {
            const Reading x = exactly(mean + sd * normal(random));
            if (i >= 4) u[i - 4] = baseline.score(x).value();
            baseline.take(x);
        }
        for (std::size_t i = 0; i < 4; ++i)
            sum[i] += u[i], squares[i] += u[i] * u[i];
        products += u[0] * u[1];
    }
    const double error = 4 / std::sqrt(static_cast<double>(series));
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK_THAT(sum[i] / series, WithinAbs(0, error));
        CHECK_THAT(squares[i] / series, WithinAbs(1, error * std::sqrt(2.0)));
    }
    CHECK_THAT(products / series, WithinAbs(0, error));
}

TEST_CASE("baseline: a reading beyond its limit counts by what the limit leaves", "[drift][chart]") {
    // Closed form: E(Z | Z < 0) = -sqrt(2/pi); E(Z | Z < -1) = -phi(1)/Phi(-1) = -1.525135276.
    const Baseline known(10, 2);
    CHECK_THAT(known.score(below(10)).value(), WithinAbs(-std::sqrt(2 / 3.14159265358979), 1e-12));
    CHECK_THAT(known.score(below(8)).value(), WithinAbs(-1.525135276, 1e-9));
    CHECK_THAT(known.score(above(12)).value(), WithinAbs(1.525135276, 1e-9));
    CHECK_THAT(known.score(below(1000)).value(), WithinAbs(0, 1e-12));  // says nothing
    CHECK_THAT(known.score(below(-80)).value(), WithinAbs(-30, 0.1));   // and never more than that
    Baseline running;
    running.take(below(5));  // nothing yet to say what lies below
    CHECK(running.measured() == 0);
    for (const double x : {9.0, 11.0, 10.0, 12.0})
        running.take(exactly(x));
    const double mean = running.mean(), sd = running.sd();
    running.take(below(1000));  // one that says nothing changes nothing but the count
    CHECK_THAT(running.mean(), WithinRel(mean, 1e-12));
    CHECK_THAT(running.sd(), WithinRel(sd, 1e-12));
    CHECK(running.count() == 5);
    running.take(below(9));
    CHECK(running.mean() < mean);
}

TEST_CASE("baseline: the mean and sd of a series with a limit come near the truth",
          "[drift][chart][property]") {
    // N(0, 1) with everything below -0.5 (31%) known only as such, 4,000 readings. One step of EM a reading
    // is an approximation: it must be far nearer than leaving those readings out (mean 0.51, sd 0.70).
    std::mt19937_64 random(8);
    std::normal_distribution<double> normal;
    Baseline baseline(20);
    for (int i = 0; i < 4000; ++i) {
        const double x = normal(random);
        baseline.take(x < -0.5 ? below(-0.5) : exactly(x));
    }
    CHECK_THAT(baseline.mean(), WithinAbs(0, 0.1));
    CHECK_THAT(baseline.sd(), WithinAbs(1, 0.1));
}

TEST_CASE("baseline: not ready with too few, or with equal readings", "[drift][chart]") {
    Baseline b(2);
    b.take(exactly(3));
    b.take(exactly(3));
    CHECK(b.measured() == 2);
    CHECK_FALSE(b.ready());
    b.take(exactly(4));
    CHECK(b.ready());
}

TEST_CASE("shift_begins: the split that the likelihood likes best", "[drift][chart]") {
    // By brute force over all splits: twice the log likelihood ratio against a mean of 0 is n m^2.
    const std::vector<double> u{0.3, -0.8, 1.9, 0.2, 1.1, 2.4};
    CHECK(shift_begins(u, Side::up) == 2);  // 5.6^2/4 = 7.84; from the last alone 5.76, from 4 on 6.1
    CHECK(shift_begins(std::vector<double>{0.5, -2.0, -1.0}, Side::down) == 1);
    CHECK(shift_begins(std::vector<double>{-1.0, 5.0}, Side::up) == 1);
}

TEST_CASE("chart: a watched drift does not become its own norm, one that is not begins a new level",
          "[drift][chart]") {
    const auto x = level(5, 10) + level(2, 10) + level(5, 6);
    // Rises watched: the fall begins a new level at its first reading, against which the later rise counts.
    const Chart up = chart_of(x, Watch::up);
    CHECK(up.level_begins() == 10);
    CHECK(up.statistic().over(Side::up));
    CHECK_THAT(up.baseline().mean(), WithinAbs(2, 0.1));
    REQUIRE(up.signals().size() == 2);
    CHECK(up.signals()[0].side == Side::down);
    CHECK(up.signals()[0].onset == 10);
    CHECK(up.signals()[1].side == Side::up);
    CHECK(up.signals()[1].onset == 20);
    // Falls watched: the baseline stands still below; the return is no news.
    const Chart down = chart_of(x, Watch::down);
    CHECK(down.level_begins() == 0);
    CHECK_THAT(down.baseline().mean(), WithinAbs(5, 0.4));
    // Nothing watched: three levels.
    CHECK(chart_of(x, Watch::neither).level_begins() == 20);
    CHECK(chart_of(x, Watch::neither, Ewma{}).signals().size() == 2);
    CHECK(chart_of(x, Watch::both).level_begins() == 0);
}

TEST_CASE("chart: a second signal on a known baseline is dated by what came after the first",
          "[drift][chart]") {
    Chart chart(Ewma{}, Baseline(0, 1), Watch::neither);
    const std::vector<double> high(20, 3.0), calm(12, 0.0), up(5, 1.5);
    for (const double x : high + calm + up)
        chart.take(exactly(x));
    REQUIRE(chart.signals().size() == 2);
    CHECK(chart.signals()[0].onset == 0);
    CHECK(chart.signals()[1].onset == 32);
}

TEST_CASE("chart: a new level is judged like a series that begins there, units do not matter",
          "[drift][chart][property]") {
    CHECK(rc::check("restart and affine", [] {
        const auto x = *rc::gen::container<std::vector<double>>(
            30,
            rc::gen::map(rc::gen::inRange(0, 60), [](int i) { return 0.25 * (i % 20) + (i > 45 ? 9 : 0); }));
        for (const std::variant<Cusum, Ewma> design :
             {std::variant<Cusum, Ewma>(Cusum{0.5, 3, 0}), {Ewma{}}}) {
            const Chart whole = chart_of(x, Watch::neither, design);
            const auto begins = static_cast<std::ptrdiff_t>(whole.level_begins());
            const Chart rest = chart_of({x.begin() + begins, x.end()}, Watch::neither, design);
            RC_ASSERT(rest.signals().empty());
            RC_ASSERT(rest.score() == whole.score());
            RC_ASSERT(rest.statistic().value(Side::up) == whole.statistic().value(Side::up));
            auto scaled = x;
            for (double& v : scaled)
                v = 8.0 * v;  // a power of two: the same to the last bit
            RC_ASSERT(chart_of(scaled, Watch::neither, design).signals() == whole.signals());
        }
    }));
}

TEST_CASE("chart: with a baseline of its own a chart has the run length of a known one",
          "[drift][chart][property]") {
    // 4,000 runs of a self-starting two-sided CUSUM, counted from the first scored reading, against the
    // integral equation for a known baseline: 57.1 and 58.8. Winsorising makes the sd a little small; hence
    // 5% beside four standard errors.
    std::mt19937_64 random(11);
    std::normal_distribution<double> normal;
    double sum = 0;
    for (int run = 0; run < 4000; ++run) {
        Chart chart(Cusum{0.5, 3, 0}, Baseline(), Watch::both);
        while (chart.signals().empty())
            chart.take(exactly(5 + 2 * normal(random)));
        sum += static_cast<double>(chart.count()) - least_baseline;
    }
    const double expected = cusum_arl_two_sided(0.5, 3, 0);
    CHECK_THAT(sum / 4000, WithinAbs(expected, expected * (0.05 + 4 / std::sqrt(4000.0))));
}

TEST_CASE("chart: designs that cannot be are refused", "[drift][chart][error]") {
    CHECK(code_of([] { return ChartStatistic(Cusum{-1, 4, 0}); }) == "D010");
    CHECK(code_of([] { return ChartStatistic(Cusum{0.5, 0, 0}); }) == "D010");
    CHECK(code_of([] { return ChartStatistic(Cusum{0.5, 4, 5}); }) == "D010");
    CHECK(code_of([] { return ChartStatistic(Ewma{0, 3}); }) == "D010");
    CHECK(code_of([] { return ChartStatistic(Ewma{0.2, -3}); }) == "D010");
    CHECK(code_of([] { return Baseline(1); }) == "D010");
    CHECK(code_of([] { return Baseline(0.0, 0.0); }) == "D010");
    const ChartStatistic fast(Cusum{0.5, 4, 2});
    CHECK(fast.value(Side::up) == 2);
    CHECK(fast.value(Side::down) == 2);
}

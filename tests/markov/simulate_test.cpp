#include "bellwether/markov/simulate.hpp"

#include <cmath>

#include <catch2/catch.hpp>

#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;
using Catch::Matchers::WithinAbs;

namespace {

struct Moments {
    double mean = 0.0, variance = 0.0;
};

Moments moments_of(const std::vector<double>& x) {
    Moments out;
    for (const double v : x)
        out.mean += v / static_cast<double>(x.size());
    for (const double v : x)
        out.variance += (v - out.mean) * (v - out.mean) / static_cast<double>(x.size() - 1);
    return out;
}

/// Readings of one subject who never moves, one a day; covariate x alternates between 0 and 1.
Panel watched(const Spec& spec, std::size_t days) {
    Schedule schedule;
    schedule.id = "1";
    for (std::size_t i = 0; i < days; ++i) {
        schedule.days.push_back(static_cast<double>(i));
        schedule.covariates.push_back({static_cast<double>(i % 2)});
    }
    std::mt19937_64 random(20261127);
    Panel panel(spec);
    (void)simulate(spec, spec.start_values(), schedule, random, panel);
    return panel;
}

Spec still(const std::string& channel, const std::string& start = "{probabilities: {a: 1}}") {
    return oracle::spec_of(
        "schema: 1\nmodel: m\nnumbers: illustrative\nstates: [{name: a}, {name: b}]\n"
        "covariates: [{name: x, kind: indicator}]\n"
        "transitions: [{from: a, to: b, rate: 1e-300}]\nchannels: [" +
        channel + "]\nstart: " + start + "\n");
}

constexpr std::size_t kDays = 40'000;

}  // namespace

TEST_CASE("simulate: each law's readings have its mean and variance", "[markov][simulate][reference]") {
    // Closed forms; lambda is the inverse Mills ratio phi(a) / (1 - Phi(a)) of the lower bound a.
    const auto mills = [](double a) {
        return std::exp(-0.5 * a * a) / std::sqrt(2 * M_PI) / (0.5 * std::erfc(a / std::sqrt(2.0)));
    };
    const double near = mills(0.5), far = mills(8.0), half = std::tgamma(1.5);
    struct Case {
        std::string law;
        double mean, variance;
    };
    for (const Case& c : std::vector<Case>{
             {"{normal: {mean: 1, sd: 2}}", 1, 4},
             {"{lognormal: {meanlog: 0.2, sdlog: 0.5}}", std::exp(0.325),
              (std::exp(0.25) - 1) * std::exp(0.65)},
             {"{truncated-normal: {mean: 0, sd: 1, lower: 0.5}}", near, 1 + 0.5 * near - near * near},
             {"{truncated-normal: {mean: 0, sd: 1, lower: 8}}", far, 1 + 8 * far - far * far},
             {"{truncated-normal: {mean: 0, sd: 1, upper: -0.5}}", -near, 1 + 0.5 * near - near * near},
             {"{student-t: {mean: 1, scale: 2, df: 5}}", 1, 4 * 5 / 3.0},
             {"{uniform: {lower: 2, upper: 5}}", 3.5, 0.75},
             {"{exponential: {rate: 2}}", 0.5, 0.25},
             {"{gamma: {shape: 3, rate: 2}}", 1.5, 0.75},
             {"{weibull: {shape: 2, scale: 3}}", 3 * half, 9 * (1 - half * half)},
             {"{beta: {shape1: 2, shape2: 3}}", 0.4, 0.04},
             {"{poisson: {rate: 4}}", 4, 4},
             {"{binomial: {size: 10, prob: 0.3}}", 3, 2.1},
             {"{beta-binomial: {size: 10, meanp: 0.3, sdp: 0.5}}", 3, 10 * 0.84 * 12 / 12.0},
             {"{negative-binomial: {disp: 2, prob: 0.3}}", 1.4 / 0.3, 1.4 / 0.09},
             {"{normal-with-error: {mean: 0, sd: 1, lower: 0.5, sderr: 0.5, meanerr: 0.2}}", near + 0.2,
              1 + 0.5 * near - near * near + 0.25},
             {"{uniform-with-error: {lower: 2, upper: 5, sderr: 0.5, meanerr: 0.2}}", 3.7, 1.0},
             {"{identity: {value: 7}}", 7, 0}}) {
        CAPTURE(c.law);
        const Panel panel = watched(still("{name: y, by-state: {a: " + c.law + ", b: {flat: {}}}}"), kDays);
        std::vector<double> x;
        for (std::size_t i = 0; i < panel.rows(); ++i)
            x.push_back(panel.row(i).readings[0].value);
        const Moments m = moments_of(x);
        // Five standard errors; of the variance at the kurtosis of the t with 5 degrees of freedom, 9.
        CHECK_THAT(m.mean, WithinAbs(c.mean, 5 * std::sqrt(c.variance / kDays) + 1e-9));
        CHECK_THAT(m.variance, WithinAbs(c.variance, 5 * c.variance * std::sqrt(8.0 / kDays) + 1e-9));
    }
}

TEST_CASE("simulate: covariates act on readings, categories and the start", "[markov][simulate]") {
    const Panel normal = watched(
        still(
            "{name: y, by-state: {a: {normal: {mean: {start: 1, effects: {x: 3}}, sd: 1}}, b: {flat: {}}}}"),
        kDays);
    const Panel word =
        watched(still("{name: y, says: level, family: categorical, categories: [u, v], "
                      "probabilities: {a: {u: 0.6, v: {p: 0.4, effects: {x: 1}}}, b: {u: 1}}}"),
                kDays);
    for (std::size_t x = 0; x < 2; ++x) {
        std::vector<double> y, v;
        for (std::size_t i = x; i < kDays; i += 2) {
            y.push_back(normal.row(i).readings[0].value);
            v.push_back(word.row(i).readings[0].value);
        }
        CHECK_THAT(moments_of(y).mean, WithinAbs(x == 0 ? 1.0 : 4.0, 5 / std::sqrt(kDays / 2.0)));
        const double odds = 0.4 / 0.6 * (x == 0 ? 1.0 : std::exp(1.0));
        CHECK_THAT(moments_of(v).mean, WithinAbs(odds / (1 + odds), 5 * 0.5 / std::sqrt(kDays / 2.0)));
    }
    // Of subjects with x = 1 the log odds of b are 0.5 higher.
    const Spec spec = still("{name: y, by-state: {a: {poisson: {rate: 1}}, b: {poisson: {rate: 1}}}}",
                            "{probabilities: {a: 0.7, b: {p: 0.3, effects: {x: 0.5}}}}");
    std::mt19937_64 random(1);
    std::vector<double> in_b;
    for (int subject = 0; subject < 10'000; ++subject) {
        Panel panel(spec);
        Schedule schedule;
        schedule.days = {0.0};
        schedule.covariates = {{1.0}};
        in_b.push_back(
            static_cast<double>(simulate(spec, spec.start_values(), schedule, random, panel).front()));
    }
    const double odds = 0.3 / 0.7 * std::exp(0.5);
    CHECK_THAT(moments_of(in_b).mean, WithinAbs(odds / (1 + odds), 5 * 0.5 / 100));
}

TEST_CASE("simulate: an exact entry is at its own time, or rounded up to a whole one", "[markov][simulate]") {
    const Spec spec = oracle::spec_of(
        "schema: 1\nmodel: m\nnumbers: illustrative\nstates: [{name: a}, {name: dead, absorbing: true, "
        "entry: "
        "exact}]\ntransitions: [{from: a, to: dead, rate: 2}]\nchannels: [{name: y, by-state: {a: {flat: "
        "{}}}}]\nstart: {probabilities: {a: 1}}\n");
    std::mt19937_64 random(3);
    double sum = 0.0;
    for (int subject = 0; subject < 10'000; ++subject) {
        Panel panel(spec);
        Schedule schedule;
        schedule.days = {0.0, 50.0};
        schedule.whole_days = subject % 2 == 1;
        (void)simulate(spec, spec.start_values(), schedule, random, panel);
        const double time = panel.row(1).time.count;
        if (schedule.whole_days)
            CHECK(time == std::floor(time));
        else
            sum += time / 5'000;
    }
    CHECK_THAT(sum, WithinAbs(0.5, 5 * 0.5 / std::sqrt(5'000.0)));
}

TEST_CASE("simulate: a kept path stays where it is kept and moves there on the day", "[markov][simulate]") {
    // Intensities 0.02 to b, 0.03 to c from a; b to c 0.05; c is left for d at 0.04.
    const auto spec = oracle::spec_of(
        "schema: 1\nmodel: m\nnumbers: illustrative\n"
        "states: [{name: a}, {name: b}, {name: c}, {name: d, absorbing: true, entry: exact}]\n"
        "transitions: [{from: a, to: b, rate: 0.02}, {from: a, to: c, rate: 0.03}, {from: b, to: c, rate: "
        "0.05},"
        " {from: c, to: d, rate: 0.04}]\n"
        "channels: [{name: x, says: level, family: normal, mean: {a: 0, b: 1, c: 2}, sd: 1}]\n"
        "start: {probabilities: {a: 0.5, b: 0.5}}\n");
    Schedule schedule;
    for (int i = 0; i <= 20; ++i)
        schedule.days.push_back(10.0 * i);
    std::mt19937_64 random(7);
    const auto draw = [&] {
        Panel panel(spec);
        return simulate(spec, spec.start_values(), schedule, random, panel);
    };
    schedule.kept = {{0.0, only(0)}, {95.0, only(1) | only(2)}};
    int in_b = 0;
    constexpr int n = 2000;
    for (int k = 0; k < n; ++k) {
        const auto states = draw();
        REQUIRE(states.size() == 21);  // never in d
        for (std::size_t i = 0; i < 10; ++i)
            REQUIRE(states[i] == 0);
        for (std::size_t i = 10; i < 21; ++i)
            REQUIRE((states[i] == 1 || states[i] == 2));
        in_b += states[10] == 1 ? 1 : 0;
    }
    // On day 95 it enters b with 0.02 / 0.05, and leaves it for c at 0.05 a day over 5 days.
    const double p = 0.4 * std::exp(-0.25), sd = std::sqrt(p * (1 - p) / n);
    CHECK(std::abs(in_b / static_cast<double>(n) - p) < 4 * sd);
    schedule.kept = {{0.0, only(2)}};
    CHECK_THROWS_WITH(draw(), Catch::Contains("M045"));
}

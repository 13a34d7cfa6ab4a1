#include "bellwether/markov/level_forecast.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include <catch2/catch.hpp>

#include "bellwether/core/text.hpp"

#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

/// One regime, a linear and a log channel.
const char* const kOne = R"(
schema: 1
model: one
numbers: illustrative
states: [{name: growing}]
transitions: []
growth: {growing: 0.01}
channels:
  - {name: a, says: growth, family: normal, noise: 0.3, diffusion: 0.05, first: {mean: 1, sd: 0.2}, wild: {share: 0}}
  - {name: b, says: growth, family: lognormal, share: 0.3, noise: 0.1, first: {mean: 4, sd: 0.5}, wild: {share: 0}}
start: {probabilities: {growing: 1}}
)";

/// Stands still, then grows for good; no diffusion, so that the level never falls.
const char* const kSwitch = R"(
schema: 1
model: switch
numbers: illustrative
states: [{name: stable}, {name: growing}]
transitions: [{from: stable, to: growing, rate: 0.01}]
growth: {stable: 0, growing: 0.02}
channels: [{name: ctdna, says: growth, family: lognormal, noise: 0.2, first: {mean: 0, sd: 1}}]
start: {probabilities: {stable: 1, growing: 0}}
)";

/// Everything: three regimes there and back, death, two channels, diffusion.
const char* const kAll = R"(
schema: 1
model: all
numbers: illustrative
states: [{name: shrinking}, {name: stable}, {name: growing}, {name: dead, absorbing: true, entry: exact}]
transitions:
  - {from: shrinking, to: stable, rate: 0.01}
  - {from: stable, to: shrinking, rate: 0.002}
  - {from: stable, to: growing, rate: 0.008}
  - {from: shrinking, to: growing, rate: 0.004}
  - {from: growing, to: stable, rate: 0.003}
  - {from: growing, to: dead, rate: 0.002}
growth: {shrinking: -0.02, stable: 0, growing: 0.01}
channels:
  - {name: sld, says: growth, family: lognormal, share: 0.333, noise: 0.05, first: {mean: 4.2, sd: 0.5}}
  - {name: ctdna, says: growth, family: lognormal, noise: 0.25, diffusion: 0.02, first: {mean: 2, sd: 1}}
start: {probabilities: {shrinking: 0.5, stable: 0.3, growing: 0.2, dead: 0}}
)";

FilterState after(TransitionCache& cache, const std::vector<double>& days,
                  const std::vector<std::vector<double>>& values) {
    const Filter filter(cache);
    FilterState state = filter.start();
    Step step;
    for (std::size_t i = 0; i < days.size(); ++i) {
        std::vector<Reading> readings;
        for (const double x : values[i])
            readings.push_back(x > 0.0 ? Reading::of(x) : Reading{});
        Row row;
        row.time = Days{days[i]};
        row.readings = readings;
        filter.step(state, row, step);
    }
    return state;
}

/// Paths in steps of `dt`, written apart from the engine: level of channel 1 of kAll from a state on.
struct Steps {
    double dt = 0.05;
    std::size_t paths = 0;
    std::vector<double> level, passed;  ///< of those alive at the end; times of first passage

    void run(const Spec& spec, const FilterState& from, double until, double threshold, unsigned seed) {
        const Values values = spec.start_values();
        const Eigen::MatrixXd Q = oracle::intensities(spec, values, {});
        std::mt19937_64 random(seed);
        std::uniform_real_distribution<double> uniform;
        std::normal_distribution<double> normal;
        const double rate[] = {-0.02, 0.0, 0.01}, sd = 0.02 * std::sqrt(dt);
        // A path seen at steps alone passes a little late: the threshold is put that much lower
        // (Broadie, Glasserman & Kou 1997: 0.5826 sd of a step).
        const double seen = threshold - 0.5826 * sd;
        for (std::size_t n = 0; n < paths; ++n) {
            double u = uniform(random);
            const std::size_t parts = from.level_share.size() / from.log_probability.size();
            std::size_t part = 0;
            for (; part + 1 < from.level_share.size(); ++part)
                if ((u -= std::exp(from.log_probability[part / parts]) * from.level_share[part]) < 0.0) break;
            std::size_t s = part / parts;
            double x = from.level_mean[part * 2 + 1] +
                       std::sqrt(from.level_covariance[part * 4 + 3]) * normal(random);
            bool has = x >= threshold;
            if (has) passed.push_back(0.0);
            for (double t = 0.0; s < 3 && t < until - dt / 2; t += dt) {
                x += rate[s] * dt + sd * normal(random);
                if (!has && x >= seen) {
                    has = true;
                    passed.push_back(t + dt);
                }
                u = uniform(random);
                for (std::size_t to = 0; to < 4; ++to) {
                    if (to == s) continue;
                    u -= Q(static_cast<Eigen::Index>(s), static_cast<Eigen::Index>(to)) * dt;
                    if (u < 0.0) {
                        s = to;
                        break;
                    }
                }
            }
            if (s < 3) level.push_back(x);
        }
        std::sort(level.begin(), level.end());
        std::sort(passed.begin(), passed.end());
    }
};

double share_below(const std::vector<double>& sorted, double x) {
    return static_cast<double>(std::upper_bound(sorted.begin(), sorted.end(), x) - sorted.begin());
}

double normal_cdf(double z) {
    return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

}  // namespace

TEST_CASE("level_ahead: with one regime it is the Kalman filter's prediction", "[markov][level_forecast]") {
    const Spec spec = oracle::spec_of(kOne);
    const Values values = spec.start_values();
    TransitionCache cache(spec, values);
    const FilterState state = after(cache, {0.0, 30.0}, {{1.2, 55.0}, {1.4, 0.0}});
    // By hand: variance 0.04, reading of variance 0.09; then 30 days of growth and diffusion, and again.
    double m = 1.0 + 0.04 / 0.13 * 0.2, P = 0.04 - 0.04 * 0.04 / 0.13;
    m += 0.3, P += 0.0025 * 30;
    m += P / (P + 0.09) * (1.4 - m), P -= P * P / (P + 0.09);
    for (const double ahead : {0.0, 1.0, 90.0}) {
        const auto a = level_ahead(cache, state, 0, Days{ahead});
        REQUIRE(a);
        const double mean = m + 0.01 * ahead, sd = std::sqrt(P + 0.0025 * ahead);
        CHECK(a->readable == Approx(1.0).epsilon(1e-14));
        CHECK(a->mean() == Approx(mean).epsilon(1e-12));
        CHECK(a->sd() == Approx(sd).epsilon(1e-12));
        CHECK_THAT(a->quantile(0.5), WithinRel(mean, 1e-12));
        // R 4: qnorm(0.95) = 1.6448536269514722
        CHECK_THAT(a->quantile(0.95), WithinRel(mean + 1.6448536269514722 * sd, 1e-10));
        CHECK_THAT(a->quantile(0.05), WithinRel(mean - 1.6448536269514722 * sd, 1e-10));
    }
    const auto b = level_ahead(cache, state, 1, Days{100.0});
    CHECK(b->mean() == Approx(level_estimate(spec, state, 1)->mean + 0.3).epsilon(1e-12));
}

TEST_CASE("level_ahead: the mean is what expected days in each state make of it",
          "[markov][level_forecast]") {
    const Spec spec = oracle::spec_of(kSwitch);
    const Values values = spec.start_values();
    TransitionCache cache(spec, values);
    const FilterState state = after(cache, {0.0, 21.0, 42.0}, {{1.0}, {1.1}, {1.5}});
    const Eigen::VectorXd p = probabilities(state);
    const double now = level_ahead(cache, state, 0, Days{0.0})->mean();
    CHECK(now == Approx(level_estimate(spec, state, 0)->mean).epsilon(1e-12));
    for (const double t : {10.0, 100.0, 1000.0}) {
        // From stable, days of growth within t: t - (1 - exp(-0.01 t)) / 0.01.
        const double grown = p[0] * (t - (1.0 - std::exp(-0.01 * t)) / 0.01) + p[1] * t;
        CHECK(level_ahead(cache, state, 0, Days{t})->mean() == Approx(now + 0.02 * grown).epsilon(1e-10));
    }
}

TEST_CASE("level_ahead, passage_above: small steps of three regimes, death and diffusion agree",
          "[markov][level_forecast]") {
    const Spec spec = oracle::spec_of(kAll);
    const Values values = spec.start_values();
    TransitionCache cache(spec, values);
    const FilterState state =
        after(cache, {0, 21, 42, 63}, {{60.0, 8.0}, {0.0, 4.0}, {0.0, 3.6}, {55.0, 4.1}});
    const double until = GENERATE(63.0, 240.0);
    const double threshold = *threshold_at(spec.channels[1], level_estimate(spec, state, 1)->mean, 1.5);
    Steps steps;
    steps.paths = 20'000;
    steps.run(spec, state, until, threshold, 5);
    CAPTURE(until);
    const auto level = level_ahead(cache, state, 1, Days{until});
    // 4 standard errors of a share of 20,000: 0.014.
    const auto n = static_cast<double>(steps.level.size());
    CHECK_THAT(level->readable, WithinAbs(n / static_cast<double>(steps.paths), 0.014));
    for (const double chance : {0.05, 0.25, 0.5, 0.75, 0.95}) {
        CAPTURE(chance);
        // Beside 0.014 of chance, normal distributions for what is none: seen 0.005 over nine weeks, 0.033
        // over eight months.
        const double approximate = until < 100.0 ? 0.005 : 0.035;
        CHECK_THAT(share_below(steps.level, level->quantile(chance)) / n,
                   WithinAbs(chance, 0.014 + approximate));
    }
    const PassageTimes passed = passage_above(cache, state, 1, threshold, Days{until}, 20'000, 9);
    for (const double t : {0.0, until / 8, until / 4, until / 2, until}) {
        CAPTURE(t);
        // 4 standard errors of the difference of two shares of 20,000: 0.02.
        CHECK_THAT(passed.chance_by(Days{t}),
                   WithinAbs(share_below(steps.passed, t) / static_cast<double>(steps.paths), 0.02));
    }
}

TEST_CASE("passage_above: one rate in closed form, with and against the drift, however often states change",
          "[markov][level_forecast]") {
    const auto drift = GENERATE(as<std::string>{}, "0.01", "0.0001", "0", "-0.001");
    const auto rate = GENERATE(as<std::string>{}, "0.3", "0.001");  // at which states change
    const Spec spec = oracle::spec_of(R"(
schema: 1
model: two
numbers: illustrative
states: [{name: here, labels: [alive]}, {name: there, labels: [alive]}]
transitions: [{from: here, to: there, rate: )" +
                                      rate + "}, {from: there, to: here, rate: " + rate +
                                      R"(}]
growth: {alive: )" + drift + R"(}
channels: [{name: a, says: growth, family: normal, noise: 0.3, diffusion: 0.05, first: {mean: 1, sd: 1}}]
start: {probabilities: {here: 0.5, there: 0.5}}
)");
    const Values values = spec.start_values();
    TransitionCache cache(spec, values);
    FilterState state = Filter(cache).start();
    std::fill(state.level_covariance.begin(), state.level_covariance.end(), 0.0);  // known for sure
    const double m = parse_double(drift).value(), distance = 0.6, sd = 0.05;
    const PassageTimes times = passage_above(cache, state, 0, 1.0 + distance, Days{400.0}, 40'000, 3);
    for (const double t : {20.0, 50.0, 100.0, 200.0, 400.0}) {
        CAPTURE(drift, rate, t);
        // Chhikara & Folks 1989, (2.10); sound against the drift, too.
        const double root = sd * std::sqrt(t);
        const double chance =
            normal_cdf((m * t - distance) / root) +
            std::exp(2.0 * m * distance / (sd * sd)) * normal_cdf((-m * t - distance) / root);
        CHECK_THAT(times.chance_by(Days{t}), WithinAbs(chance, 0.01));  // 4 standard errors of 40,000
    }
}

TEST_CASE("passage_above: a wait, then growth for good, in closed form", "[markov][level_forecast]") {
    const Spec spec = oracle::spec_of(kSwitch);
    const Values values = spec.start_values();
    TransitionCache cache(spec, values);
    FilterState state = Filter(cache).start();
    std::fill(state.level_covariance.begin(), state.level_covariance.end(), 0.0);
    // log 2 takes 34.7 days of growth, after a wait of mean 100.
    const double grow = std::log(2.0) / 0.02;
    const PassageTimes times =
        passage_above(cache, state, 0, *threshold_at(spec.channels[0], 0.0, 2.0), Days{300.0}, 40'000, 4);
    CHECK(times.times.front() >= grow);
    for (const double t : {40.0, 100.0, 200.0, 300.0})
        CHECK_THAT(times.chance_by(Days{t}), WithinAbs(1.0 - std::exp(-0.01 * (t - grow)), 0.01));
    // The median: 34.7 + 100 log 2. A share's error of 0.01 is 2 days there.
    CHECK_THAT(*times.quantile(0.5), WithinAbs(grow + 100.0 * std::log(2.0), 2.0));
    CHECK_FALSE(times.quantile(0.99));
    const PassageTimes again = passage_above(cache, state, 0, std::log(2.0), Days{300.0}, 40'000, 4);
    CHECK(again.times == times.times);
}

TEST_CASE("passage_above: shares and quantiles of what was drawn", "[markov][level_forecast]") {
    PassageTimes t;
    t.paths = 10;
    t.times = {0.0, 0.0, 5.0, 7.0};
    t.within = Days{8.0};
    CHECK(t.chance_by(Days{0.0}) == 0.2);
    CHECK(t.chance_by(Days{6.0}) == 0.3);
    CHECK(*t.quantile(0.2) == 0.0);
    CHECK(*t.quantile(0.3) == 5.0);
    CHECK(*t.quantile(0.4) == 7.0);
    CHECK_FALSE(t.quantile(0.41));
}

TEST_CASE("level_ahead, passage_above: the dead have no level, and what cannot be asked is refused",
          "[markov][level_forecast][error]") {
    const Spec spec = oracle::spec_of(kAll);
    const Values values = spec.start_values();
    TransitionCache cache(spec, values);
    const Filter filter(cache);
    FilterState state = after(cache, {0, 21}, {{60.0, 8.0}, {0.0, 4.0}});
    Step step;
    Row death;
    death.time = Days{30.0};
    death.kind = Kind::exact_entry;
    death.state = 3;
    const std::vector<Reading> nothing(2);
    death.readings = nothing;
    filter.step(state, death, step);
    CHECK_FALSE(level_ahead(cache, state, 1, Days{10.0}));
    CHECK(passage_above(cache, state, 1, -100.0, Days{100.0}, 100, 1).times.empty());

    const auto refused = [](const std::function<void()>& f) {
        try {
            f();
        } catch (const Error& e) {
            return e.code() + ": " + e.what();
        }
        return std::string();
    };
    state = filter.start();
    CHECK(refused([&] { (void)passage_above(cache, state, 1, 0.0, Days{INFINITY}, 5, 1); }).find("M015") ==
          0);
    CHECK(refused([&] { (void)passage_above(cache, state, 1, 0.0, Days{5.0}, 0, 1); }).find("M015") == 0);
    CHECK(refused([&] { (void)threshold_at(spec.channels[1], 1.0, 0.0); }).find("M015") == 0);
    CHECK(refused([&] { (void)level_ahead(cache, state, 1, Days{5.0})->quantile(1.0); }).find("M015") == 0);
    Channel linear = spec.channels[1];
    linear.family = Family::normal;
    CHECK(threshold_at(linear, 2.0, 1.5) == 3.0);
    CHECK_FALSE(threshold_at(linear, -2.0, 1.5));
    linear.says = Says::own_baseline;
    Spec other = spec;
    other.channels[1] = linear;
    TransitionCache of_other(other, values);
    CHECK(refused([&] { (void)level_ahead(of_other, state, 1, Days{5.0}); }).find("M015") == 0);
}

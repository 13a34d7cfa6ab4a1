#include <cmath>
#include <functional>

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"
#include "bellwether/markov/filter.hpp"

#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;

namespace {

constexpr double kMean = 1.0, kSd = 0.8, kNoise = 0.5;

/// One state and one level, known as normal(1, 0.8^2) before its reading.
Spec one_level(const std::string& wild) {
    return oracle::spec_of(R"(
schema: 1
model: one
numbers: illustrative
states: [{name: growing}]
transitions: []
growth: {growing: 0.01}
channels:
  - {name: a, says: growth, family: normal, noise: 0.5, first: {mean: 1, sd: 0.8}, comparable: true, wild: )" +
                           wild + R"(}
start: {probabilities: {growing: 1}}
)");
}

struct Told {
    double log_likelihood, mean, sd;
};

Told by_filter(const std::string& wild, const Reading& reading) {
    const Spec spec = one_level(wild);
    const Values values = spec.start_values();
    TransitionCache cache(spec, values);
    const Filter filter(cache);
    FilterState state = filter.start();
    Step step;
    filter.step(state, {Days{0.0}, Kind::snapshot, 0, 0, std::vector<Reading>{reading}, {}}, step);
    const auto level = level_estimate(spec, state, 0);
    REQUIRE(level);
    return {state.log_likelihood, level->mean, level->sd};
}

/// The same by adding up prior x weight of the reading over a fine grid of levels.
Told by_grid(const std::function<double(double level)>& weight) {
    double sum = 0.0, first = 0.0, second = 0.0;
    const double step = 1e-3;
    for (double x = kMean - 30.0 * kSd; x <= kMean + 30.0 * kSd; x += step) {
        const double z = (x - kMean) / kSd;
        const double w = std::exp(-0.5 * z * z) / (kSd * std::sqrt(2.0 * M_PI)) * weight(x) * step;
        sum += w;
        first += w * x;
        second += w * x * x;
    }
    const double mean = first / sum;
    return {std::log(sum), mean, std::sqrt(second / sum - mean * mean)};
}

double density(double y, double mean, double sd) {
    const double z = (y - mean) / sd;
    return std::exp(-0.5 * z * z) / (sd * std::sqrt(2.0 * M_PI));
}

double below(double y, double mean, double sd) {
    return 0.5 * std::erfc((mean - y) / (sd * std::sqrt(2.0)));
}

/// The sum over the grid is right to rounding (the integrand is smooth and vanishes at both ends).
void compare(const Told& ours, const Told& truth) {
    CHECK(ours.log_likelihood == Approx(truth.log_likelihood).epsilon(1e-9).margin(1e-9));
    CHECK(ours.mean == Approx(truth.mean).epsilon(1e-8));
    CHECK(ours.sd == Approx(truth.sd).epsilon(1e-7));
}

}  // namespace

TEST_CASE("level: a reading that may be wild leaves the mean and sd of both cases together",
          "[markov][level_reading]") {
    // In the middle, where one normal is passed on; 3 and 5 sd off, where two are; so far that it is wild
    // beyond all digits.
    for (const double y : {1.2, 0.1, 3.0, 4.5, -3.5, 12.0, 60.0}) {
        CAPTURE(y);
        compare(by_filter("{share: 0.02, times: 4}", Reading::of(y)), by_grid([&](double x) {
                    return 0.98 * density(y, x, kNoise) + 0.02 * density(y, x, 4.0 * kNoise);
                }));
    }
}

TEST_CASE("level: censored readings move it by the moments of the truncated normal",
          "[markov][level_reading]") {
    struct Case {
        Reading reading;
        std::function<double(double mean, double sd)> weight;
    };
    for (const double limit : {-1.5, 0.9, 3.2})
        for (const auto& [reading, weight] :
             {Case{Reading::below(limit), [&](double m, double sd) { return below(limit, m, sd); }},
              Case{Reading::above(limit), [&](double m, double sd) { return below(-limit, -m, sd); }},
              Case{Reading::between(limit, limit + 0.7), [&](double m, double sd) {
                       return limit > 1.0 ? below(-limit, -m, sd) - below(-limit - 0.7, -m, sd)
                                          : below(limit + 0.7, m, sd) - below(limit, m, sd);
                   }}}) {
            CAPTURE(limit, static_cast<int>(reading.censor));
            compare(by_filter("{share: 0}", reading), by_grid([&](double x) { return weight(x, kNoise); }));
            compare(by_filter("{share: 0.02, times: 4}", reading), by_grid([&](double x) {
                        return 0.98 * weight(x, kNoise) + 0.02 * weight(x, 4.0 * kNoise);
                    }));
        }
}

TEST_CASE("level: moves seen when they happen are refused by likelihood and filter alike",
          "[markov][level_reading][error]") {
    const Spec spec = one_level("{share: 0}");
    const Values values = spec.start_values();
    TransitionCache cache(spec, values);
    const Filter filter(cache);
    FilterState state = filter.start();
    Step step;
    const std::vector<Reading> nothing(1);
    filter.step(state, {Days{0.0}, Kind::snapshot, 0, 0, nothing, {}}, step);
    CHECK_THROWS_WITH(filter.step(state, {Days{1.0}, Kind::watched, 0, only(0), nothing, {}}, step),
                      Catch::Matchers::StartsWith("M004"));
}

TEST_CASE("level: what is forgotten is as before the first reading", "[markov][level_reading]") {
    const Spec spec = one_level("{share: 0.02, times: 4}");
    const Values values = spec.start_values();
    TransitionCache cache(spec, values);
    const Filter filter(cache);
    FilterState state = filter.start();
    Step step;
    filter.step(state, {Days{0.0}, Kind::snapshot, 0, 0, std::vector<Reading>{Reading::of(4.0)}, {}}, step);
    filter.forget(state, 0);
    CHECK(level_estimate(spec, state, 0)->mean == Approx(kMean).epsilon(1e-12));
    CHECK(level_estimate(spec, state, 0)->sd == Approx(kSd).epsilon(1e-12));
    CHECK_FALSE(state.memory[0].has_previous);
}

#include <cmath>
#include <random>

#include <catch2/catch.hpp>

#include "bellwether/markov/likelihood.hpp"

#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

// Lags that many rows share go through P as a matrix, others through the eigenbasis. One subject alone never
// has enough rows for the first: both ways are compared by adding up subjects alone.

namespace {

/// Three states in a ring: complex eigenvalues.
const std::string kRing = R"(
schema: 1
model: ring
numbers: illustrative
states: [{name: a}, {name: b}, {name: c}]
transitions: [{from: a, to: b, rate: 0.03}, {from: b, to: c, rate: 0.04}, {from: c, to: a, rate: 0.05}]
channels: [{name: y, says: level, family: normal, mean: {a: -1, b: 0, c: 2}, sd: 1}]
start: {probabilities: {a: 0.5, b: 0.3, c: 0.2}}
)";

/// States that are seen, death to the day.
const std::string kSeen = R"(
schema: 1
model: seen
numbers: illustrative
states: [{name: a}, {name: b}, {name: dead, absorbing: true, entry: exact}]
covariates: [{name: x}]
transitions:
  - {from: a, to: b, rate: 0.02, effects: {x: 0.5}}
  - {from: b, to: a, rate: 0.01}
  - {from: b, to: dead, rate: 0.01, effects: {x: 0.2}}
)";

Panel copied(const Spec& spec, const Panel& from, std::size_t subject, std::span<const double> covariates) {
    Panel out(spec);
    out.begin_subject(from.id(subject), 1.0 + 0.25 * static_cast<double>(subject % 3));
    for (std::size_t i = from.first_row(subject); i < from.end_row(subject); ++i) {
        Row row = from.row(i);
        if (!covariates.empty()) row.covariates = covariates;
        out.add(row);
    }
    return out;
}

void append(Panel& to, const Panel& one) {
    to.begin_subject(one.id(0), one.weight(0));
    for (std::size_t i = 0; i < one.rows(); ++i)
        to.add(one.row(i));
}

/// @param jitter  of each visit, days: lags that no two rows share
Panel ring_panel(const Spec& spec, std::size_t subjects, double jitter) {
    Panel out(spec);
    std::mt19937_64 random(2);
    std::uniform_real_distribution<double> late(0.0, jitter);
    for (std::size_t s = 0; s < subjects; ++s) {
        out.begin_subject(std::to_string(s));
        for (int v = 0; v < 6; ++v) {
            const Reading reading[] = {Reading::of(std::normal_distribution<double>(0.5, 1.5)(random))};
            out.add({Days{14.0 * v + late(random)}, Kind::snapshot, 0, 0, reading, {}});
        }
    }
    return out;
}

Panel seen_panel(const Spec& spec, std::size_t subjects, double jitter) {
    Panel out(spec);
    std::mt19937_64 random(3);
    std::uniform_real_distribution<double> late(0.0, jitter);
    for (std::size_t s = 0; s < subjects; ++s) {
        out.begin_subject(std::to_string(s));
        const double x[] = {static_cast<double>(s % 2)};
        std::size_t state = 0;
        for (int v = 0; v < 6 && state != 2; ++v) {
            if (v > 0) state = random() % 5 == 0 && state == 1 ? 2 : random() % 2;
            Row row{Days{10.0 * v + late(random)},
                    state == 2 ? Kind::entry : Kind::snapshot,
                    0,
                    only(state),
                    {},
                    x};
            row.known = v == 0;
            out.add(row);
        }
    }
    return out;
}

/// Everything that the panel says against what its subjects say alone.
void check_against_alone(const Spec& spec, const Values& values, const std::vector<Panel>& subjects) {
    Panel all(spec);
    double sum = 0.0;
    std::vector<double> slope(values.size(), 0.0), gradient, together;
    for (const Panel& one : subjects) {
        append(all, one);
        const double value = Likelihood(spec, one).value(values, gradient);
        sum += value;
        for (std::size_t p = 0; p < slope.size(); ++p)
            slope[p] += gradient[p];
    }
    const Likelihood likelihood(spec, all);
    CHECK(std::isfinite(likelihood.value(spec.start_values())));  // nothing of another point may stay
    const double value = likelihood.value(values, together);
    // Rounding only: a thousand terms of either sign.
    CHECK_THAT(value, WithinRel(sum, 1e-12));
    CHECK_THAT(likelihood.value(values), WithinRel(sum, 1e-12));
    for (std::size_t p = 0; p < slope.size(); ++p) {
        CAPTURE(spec.parameters[p].name);
        CHECK_THAT(together[p], WithinRel(slope[p], 1e-9) || WithinAbs(slope[p], 1e-9));
    }
    // The same on two threads, to the last bit.
    std::vector<double> two;
    const Likelihood both(spec, all, 2);
    CHECK(std::isfinite(both.value(spec.start_values())));
    CHECK(both.value(values, two) == value);
    CHECK(two == together);
}

}  // namespace

TEST_CASE("Likelihood: lags that many rows share change nothing, for every kind of row",
          "[markov][likelihood][property]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    const unsigned seed = GENERATE(11U, 12U);
    const Values values = oracle::moved_values(spec, seed);
    const Panel drawn = oracle::random_panel(spec, 400, 6, seed);
    std::vector<Panel> subjects;
    for (std::size_t s = 0; s < drawn.subjects(); ++s) {
        const double covariates[] = {static_cast<double>(s % 2), 60.0};
        subjects.push_back(copied(spec, drawn, s, covariates));
    }
    check_against_alone(spec, values, subjects);
    // Reference: enumeration of all paths (support/oracle.cpp).
    Panel all(spec);
    for (const Panel& one : subjects)
        append(all, one);
    const std::vector<double> each = Likelihood(spec, all).by_subject(values);
    for (std::size_t s = 0; s < 8; ++s)
        CHECK_THAT(each[s], WithinAbs(std::log(oracle::enumerate(spec, values, all, s, 6).total), 1e-9));
}

TEST_CASE("Likelihood: lags shared or not, under complex eigenvalues, and of states that are seen",
          "[markov][likelihood][property]") {
    const bool ring = GENERATE(true, false);
    // Two thousand rows: several blocks, each with slots of its own where no two rows share one.
    const double jitter = GENERATE(0.0, 5.0);
    const Spec spec = oracle::spec_of(ring ? kRing : kSeen);
    const Panel drawn = ring ? ring_panel(spec, 400, jitter) : seen_panel(spec, 400, jitter);
    std::vector<Panel> subjects;
    for (std::size_t s = 0; s < drawn.subjects(); ++s)
        subjects.push_back(copied(spec, drawn, s, {}));
    check_against_alone(spec, oracle::moved_values(spec, 4), subjects);
}

TEST_CASE("Likelihood: a reading that leaves one state possible counts in full, however far it is",
          "[markov][likelihood][reference]") {
    // Reference: closed form. Two states, normal readings with sd 1 around 0 and 60: at 60
    // the first state has e^-1800 of the weight, at 0 the second. A subject seen at 60 once cannot be in the
    // first, unless its start says so.
    const Spec spec = oracle::spec_of(R"(
schema: 1
model: far
numbers: illustrative
states: [{name: a}, {name: b}]
transitions: [{from: a, to: b, rate: 1e-3}]
channels: [{name: y, says: level, family: normal, mean: {a: 0, b: 60}, sd: 1}]
start: {probabilities: {a: 0.5, b: 0.5}}
)");
    const double top = -0.5 * std::log(2 * M_PI);
    const auto log_lik = [&](std::vector<double> y, std::vector<double> start) {
        Panel panel(spec);
        panel.begin_subject("s", 1.0, start);
        for (std::size_t i = 0; i < y.size(); ++i) {
            const Reading reading[] = {Reading::of(y[i])};
            panel.add({Days{static_cast<double>(i)}, Kind::snapshot, 0, 0, reading, {}});
        }
        return Likelihood(spec, panel).value(spec.start_values());
    };
    CHECK_THAT(log_lik({60.0}, {}), WithinRel(std::log(0.5) + top, 1e-14));
    CHECK_THAT(log_lik({60.0}, {1.0, 0.0}), WithinRel(top - 1800.0, 1e-14));
    // Both sides count: e^-544.5 of all, and e^-364.5 of 1e-80.
    CHECK_THAT(log_lik({33.0}, {1.0, 1e-80}),
               WithinRel(top - 544.5 + std::log1p(1e-80 * std::exp(180.0)), 1e-14));
    CHECK_THAT(log_lik({60.0, 60.0}, {1.0, 0.0}),
               WithinRel(2 * top - 1800.0 + std::log1p(-std::exp(-1e-3)), 1e-14));
    CHECK_THAT(log_lik({60.0, 0.0}, {1.0, 0.0}), WithinRel(2 * top - 1800.0 - 1e-3, 1e-14));
}

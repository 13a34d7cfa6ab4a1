#include <cmath>
#include <numbers>
#include <random>

#include <catch2/catch.hpp>

#include "bellwether/markov/filter.hpp"
#include "bellwether/markov/fit.hpp"
#include "bellwether/markov/likelihood.hpp"
#include "bellwether/markov/simulate.hpp"

#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;

namespace {

/// A burden and an immune marker on the patient's own baseline, both drawn at some hour of the day and, the
/// marker, in one of two assays; figures of no one.
std::string model(const std::string& of_burden, const std::string& of_marker) {
    return R"(
schema: 1
model: hours
numbers: illustrative
states: [{name: stable}, {name: growing}]
covariates:
  - {name: day_cos, centre: -0.5}
  - {name: day_sin}
  - {name: new_assay, kind: indicator}
transitions:
  - {from: stable, to: growing, rate: 0.006}
growth: {stable: 0, growing: 0.01}
channels:
  - {name: ctdna, says: growth, family: lognormal, noise: 0.3, first: {mean: 1, sd: 1})" +
           of_burden + R"(}
  - {name: nlr, says: own-baseline, family: lognormal, baseline: latent, first: {mean: 0.5, sd: 0.4},
     mean: {stable: {start: 0, fixed: true}, growing: 0.5}, sd: 0.2)" +
           of_marker + R"(}
start: {probabilities: {stable: 0.9, growing: 0.1}}
)";
}

const std::string kBurden = ", effects: {day_cos: 0.3}";
const std::string kMarker = ", effects: {day_cos: -0.15, day_sin: 0.1, new_assay: {start: 0.25}}";

/// Visits at any hour between seven and nineteen; a change of assay on the way.
Schedule visits(unsigned seed, std::size_t patient) {
    std::mt19937_64 random(seed + patient);
    std::uniform_real_distribution<double> uniform;
    Schedule schedule;
    schedule.id = "p" + std::to_string(patient);
    for (int v = 0; v < 10; ++v) {
        const double angle = 2.0 * std::numbers::pi * (7.0 + 12.0 * uniform(random)) / 24.0;
        schedule.days.push_back(21.0 * v);
        schedule.covariates.push_back(
            {std::cos(angle), std::sin(angle), v >= 5 && patient % 2 == 0 ? 1.0 : 0.0});
    }
    return schedule;
}

Panel simulated(const Spec& spec, std::size_t patients, unsigned seed) {
    Panel panel(spec);
    std::mt19937_64 random(seed);
    for (std::size_t i = 0; i < patients; ++i)
        (void)simulate(spec, spec.start_values(), visits(seed, i), random, panel);
    return panel;
}

}  // namespace

TEST_CASE("level: known circumstances of a reading count as if they were taken out by hand",
          "[markov][level_effects]") {
    const Spec with = oracle::spec_of(model(kBurden, kMarker)), without = oracle::spec_of(model("", ""));
    const Panel panel = simulated(with, 8, 3);
    Panel mended(without);
    for (std::size_t s = 0; s < panel.subjects(); ++s) {
        mended.begin_subject(panel.id(s));
        for (std::size_t i = panel.first_row(s); i < panel.end_row(s); ++i) {
            Row row = panel.row(i);
            std::vector<Reading> readings(row.readings.begin(), row.readings.end());
            const auto& x = row.covariates;
            readings[0].value /= std::exp(0.3 * (x[0] + 0.5));
            readings[1].value /= std::exp(-0.15 * (x[0] + 0.5) + 0.1 * x[1] + 0.25 * x[2]);
            // A limit of detection is one of the reading as it was taken.
            if (i % 7 == 0) readings[0] = Reading::below(readings[0].value);
            row.readings = readings;
            mended.add(row);
        }
    }
    Panel taken(with);
    for (std::size_t s = 0; s < panel.subjects(); ++s) {
        taken.begin_subject(panel.id(s));
        for (std::size_t i = panel.first_row(s); i < panel.end_row(s); ++i) {
            Row row = panel.row(i);
            std::vector<Reading> readings(row.readings.begin(), row.readings.end());
            if (i % 7 == 0) readings[0] = Reading::below(readings[0].value);
            row.readings = readings;
            taken.add(row);
        }
    }
    const auto a = Likelihood(with, taken).by_subject(with.start_values());
    const auto b = Likelihood(without, mended).by_subject(without.start_values());
    for (std::size_t s = 0; s < a.size(); ++s)
        CHECK(a[s] == Approx(b[s]).epsilon(1e-11));

    // The filter is the same sum.
    const Values values = with.start_values();
    TransitionCache transitions(with, values);
    const Filter filter(transitions);
    Step step;
    for (std::size_t s = 0; s < taken.subjects(); ++s) {
        FilterState state = filter.start({}, taken.row(taken.first_row(s)).covariates);
        for (std::size_t i = taken.first_row(s); i < taken.end_row(s); ++i)
            filter.step(state, taken.row(i), step);
        CHECK(state.log_likelihood == Approx(a[s]).epsilon(1e-11));
    }
}

TEST_CASE("level: the gradient by the effects of circumstances equals differences",
          "[markov][level_effects]") {
    const Spec spec = oracle::spec_of(model(kBurden, kMarker));
    const Panel panel = simulated(spec, 12, 5);
    const Likelihood likelihood(spec, panel, 1);
    const Values values = oracle::moved_values(spec, 4);
    std::vector<double> gradient;
    (void)likelihood.value(values, gradient);
    int effects = 0;
    for (std::size_t p = 0; p < spec.parameters.size(); ++p) {
        const Parameter& q = spec.parameters[p];
        if (q.fixed) continue;
        const double h = 1e-5, x = q.free_from(values[p]);
        Values up = values, down = values;
        up[p] = q.natural_from(x + h);
        down[p] = q.natural_from(x - h);
        INFO(q.name);
        // As in switching_test: rounding of some 1e-13 x 300 / 1e-5, truncation 1e-10.
        CHECK(gradient[p] ==
              Approx((likelihood.value(up) - likelihood.value(down)) / (2.0 * h)).epsilon(1e-6).margin(1e-6));
        effects += q.name.starts_with("effect(") ? 1 : 0;
    }
    CHECK(effects == 4);
}

TEST_CASE("level: effects of hour and assay are recovered from simulated patients",
          "[markov][level_effects][recover]") {
    const Spec spec = oracle::spec_of(model(kBurden, kMarker));
    const ParameterSet set = fit(spec, simulated(spec, 250, 11));
    REQUIRE(set.usable());
    for (std::size_t p = 0; p < spec.parameters.size(); ++p) {
        if (!spec.parameters[p].name.starts_with("effect(")) continue;
        REQUIRE(set.standard_error[p]);
        const double error = *set.standard_error[p];
        INFO(spec.parameters[p].name << ": " << set.values[p] << " +- " << error);
        // Four effects, all within 3.5 standard errors but once in 500 seeds; this seed is fixed.
        CHECK(std::abs(set.values[p] - spec.parameters[p].start) < 3.5 * error);
        CHECK(error < 0.1);
    }
}

TEST_CASE("level: an effect on a covariate that does not exist is refused with its place",
          "[markov][level_effects]") {
    Findings findings;
    (void)read_spec(model(", effects: {day_cosine: 0.3}", ""), "m.yaml", findings);
    REQUIRE_FALSE(findings.ok());
    CHECK_THAT(to_string(findings.list.front()), Catch::Contains("M028") && Catch::Contains("day_cos"));
}

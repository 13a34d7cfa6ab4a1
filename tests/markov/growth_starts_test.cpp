#include <cmath>
#include <random>

#include <catch2/catch.hpp>

#include "bellwether/markov/fit.hpp"
#include "bellwether/markov/simulate.hpp"

#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;

namespace {

/// Figures of no one.
const std::string kModel = R"(
schema: 1
model: starts
numbers: illustrative
states: [{name: shrinking}, {name: stable}, {name: growing}]
transitions:
  - {from: shrinking, to: stable, rate: {start: 0.012, held: true, prior: {centre: 0.012, sd: 1}}}
  - {from: shrinking, to: growing, rate: {start: 0.006, held: true, prior: {centre: 0.006, sd: 1}}}
  - {from: stable, to: growing, rate: {start: 0.006, held: true, prior: {centre: 0.006, sd: 1}}}
growth: {shrinking: -0.025, stable: 0, growing: 0.009}
channels:
  - {name: ctdna, says: growth, family: lognormal, noise: 0.25, diffusion: 0.01, first: {mean: 2.5, sd: 1}}
  - {name: sld, says: growth, family: lognormal, share: 0.333, noise: 0.05, first: {mean: 4.2, sd: 0.4}}
start: {estimate: true, prior-sd: 2, probabilities: {shrinking: 0.5, stable: 0.3, growing: 0.2}}
)";

Panel cohort(const Spec& spec, std::mt19937_64& random) {
    Panel panel(spec);
    std::uniform_real_distribution<double> uniform;
    for (int i = 0; i < 10; ++i) {
        Schedule schedule;
        schedule.id = "p" + std::to_string(i);
        double t = 0.0;
        for (int v = 0; v < 9; ++v, t += 10.0 + 30.0 * uniform(random))
            schedule.days.push_back(t);
        schedule.lower_limit = {1.0, 0.0};
        schedule.missing = 0.15;
        (void)simulate(spec, spec.start_values(), schedule, random, panel);
    }
    return panel;
}

}  // namespace

TEST_CASE("growth: a search that goes astray from a far start is begun again elsewhere",
          "[fit][growth_starts]") {
    const Spec spec = oracle::spec_of(kModel);
    // Of 40 seeds one from whose start the search ends where first-sd is nothing.
    std::mt19937_64 random(34);
    const Panel panel = cohort(spec, random);
    const ParameterSet near = fit(spec, panel);
    REQUIRE(near.usable());
    std::normal_distribution<double> away(0.0, 1.0);
    FitOptions far;
    far.from = spec.start_values();
    for (std::size_t p = 0; p < far.from.size(); ++p)
        if (!spec.parameters[p].fixed)
            far.from[p] =
                spec.parameters[p].natural_from(spec.parameters[p].free_from(far.from[p]) + away(random));
    const ParameterSet again = fit(spec, panel, far);
    INFO(again.summary.why);
    CHECK(again.usable());
    CHECK(again.summary.final_log_lik == Approx(near.summary.final_log_lik).margin(1e-3));
}

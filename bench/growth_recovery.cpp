/// Do the intervals of a growth fit cover the truth? Cohorts of simulated patients with irregular visits and
/// a limit of detection, each fitted from the specification's start values; the share of 95% intervals that
/// hold the true value, per parameter. Parameters that their prior holds are listed apart: their interval is
/// the prior's.

#include <cmath>
#include <cstdlib>
#include <map>
#include <string>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/markov/fit.hpp"
#include "bellwether/markov/likelihood.hpp"
#include "bellwether/markov/simulate.hpp"

namespace {

using namespace bellwether;
using namespace bellwether::markov;

/// Rates of tumours that shrink and regrow, of the order of those in docs/drift.md; figures of no one.
constexpr std::string_view kModel = R"(
schema: 1
model: recovery
numbers: illustrative
states: [{name: shrinking}, {name: stable}, {name: growing}]
transitions:
  - {from: shrinking, to: stable, rate: {start: 0.012, prior: {centre: 0.012, sd: 1.5}}}
  - {from: shrinking, to: growing, rate: {start: 0.006, prior: {centre: 0.006, sd: 1.5}}}
  - {from: stable, to: growing, rate: {start: 0.006, prior: {centre: 0.006, sd: 1.5}}}
growth: {shrinking: -0.025, stable: 0, growing: 0.009}
channels:
  - name: ctdna
    says: growth
    family: lognormal
    noise: 0.25
    diffusion: 0.01
    first: {mean: 2.5, sd: 1}
  - name: sld
    says: growth
    family: lognormal
    share: 0.333
    noise: 0.05
    first: {mean: 4.2, sd: 0.4}
start: {estimate: true, prior-sd: 2, probabilities: {shrinking: 0.5, stable: 0.3, growing: 0.2}}
)";

struct Tally {
    int fitted = 0, covered = 0, held = 0;
    double error = 0.0, square = 0.0;
};

Panel cohort(const Spec& spec, const Values& truth, std::size_t patients, std::mt19937_64& random) {
    Panel panel(spec);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    for (std::size_t i = 0; i < patients; ++i) {
        Schedule schedule;
        schedule.id = fmt::format("p{}", i);
        double t = 0.0;
        const int visits = 8 + static_cast<int>(10.0 * uniform(random));
        for (int v = 0; v < visits; ++v, t += std::ceil(10.0 + 30.0 * uniform(random)))
            schedule.days.push_back(t);
        schedule.lower_limit = {1.0, 0.0};
        schedule.missing = 0.15;
        (void)simulate(spec, truth, schedule, random, panel);
    }
    return panel;
}

}  // namespace

int main(int argc, char** argv) {
    const int cohorts = argc > 1 ? std::atoi(argv[1]) : 200;
    const std::size_t patients = argc > 2 ? static_cast<std::size_t>(std::atoi(argv[2])) : 300;
    const unsigned threads = argc > 3 ? static_cast<unsigned>(std::atoi(argv[3])) : 2;
    Findings findings;
    const Spec spec = read_spec(kModel, "growth_recovery", findings);
    if (!findings.ok()) throw InputError(findings);
    const Values truth = spec.start_values();
    std::map<std::string, Tally> tallies;
    std::map<std::string, int> ends;
    std::mt19937_64 random(20261127);
    for (int k = 0; k < cohorts; ++k) {
        const Panel panel = cohort(spec, truth, patients, random);
        FitOptions options;
        options.threads = threads;
        options.from = truth;
        // Away from the truth, or the start would be the answer.
        std::normal_distribution<double> away(0.0, 0.4);
        for (std::size_t p = 0; p < truth.size(); ++p)
            if (!spec.parameters[p].fixed)
                options.from[p] =
                    spec.parameters[p].natural_from(spec.parameters[p].free_from(truth[p]) + away(random));
        const ParameterSet set = fit(spec, panel, options);
        ++ends[std::string(to_string(set.summary.end))];
        if (set.summary.end != FitSummary::End::converged)
            fmt::print(stderr, "cohort {}: {}: {}\n", k + 1, to_string(set.summary.end), set.summary.why);
        for (std::size_t p = 0; p < truth.size(); ++p) {
            Tally& tally = tallies[spec.parameters[p].name];
            const auto& held = set.summary.held;
            if (std::find(held.begin(), held.end(), spec.parameters[p].name) != held.end()) ++tally.held;
            if (!set.standard_error[p]) continue;
            const double off =
                spec.parameters[p].free_from(set.values[p]) - spec.parameters[p].free_from(truth[p]);
            ++tally.fitted;
            tally.covered += std::abs(off) <= 1.959964 * *set.standard_error[p] ? 1 : 0;
            tally.error += off;
            tally.square += off * off;
        }
    }
    fmt::print("parameter,cohorts,with_interval,held_by_prior,coverage_of_95,bias,sd\n");
    for (const auto& [name, t] : tallies) {
        const double n = t.fitted;
        fmt::print("\"{}\",{},{},{},{:.3f},{:.4f},{:.4f}\n", name, cohorts, t.fitted, t.held, t.covered / n,
                   t.error / n, std::sqrt(t.square / n - t.error * t.error / n / n));
    }
    for (const auto& [end, n] : ends)
        fmt::print("# {} {}\n", end, n);
}

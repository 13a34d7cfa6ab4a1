// A program of its own that fits a model with the installed library:
//
//   cmake --install build/release --prefix /opt/bellwether
//   cmake -S examples/link-markov -B /tmp/link -DCMAKE_PREFIX_PATH=/opt/bellwether && cmake --build /tmp/link
//
// It simulates patients who fall ill and recover, seen every two weeks, fits the two rates, and follows a new
// patient.
#include <cstdio>
#include <random>

#include <bellwether/markov/filter.hpp>
#include <bellwether/markov/fit.hpp>
#include <bellwether/markov/simulate.hpp>

using namespace bellwether;

int main() {
    Findings findings;
    const auto spec = markov::read_spec(R"(schema: 1
model: ward
numbers: illustrative
states: [{name: well}, {name: ill}]
transitions: [{from: well, to: ill, rate: 0.02}, {from: ill, to: well, rate: 0.05}]
channels: [{name: crp, says: level, family: lognormal, mean: {well: 0.5, ill: 3}, sd: 0.6}]
start: {probabilities: {well: 0.8, ill: 0.2}}
)",
                                        "ward", findings);
    for (const auto& d : findings.list)
        std::fprintf(stderr, "%s\n", to_string(d).c_str());
    if (!findings.ok()) return 1;

    markov::Panel panel(spec);
    std::mt19937_64 random(1);
    markov::Schedule schedule;
    for (int visit = 0; visit < 12; ++visit)
        schedule.days.push_back(14.0 * visit);
    for (int patient = 0; patient < 200; ++patient) {
        schedule.id = std::to_string(patient);
        (void)markov::simulate(spec, spec.start_values(), schedule, random, panel);
    }
    const auto fitted = markov::fit(spec, panel);
    std::printf("%s\n", std::string(markov::to_string(fitted.summary.end)).c_str());
    for (std::size_t p = 0; p < spec.parameters.size(); ++p)
        std::printf("%-20s %.4f\n", spec.parameters[p].name.c_str(), fitted.values[p]);

    markov::TransitionCache cache(spec, fitted.values);
    const markov::Filter filter(cache);
    auto state = filter.start();
    markov::Step step;
    for (const double crp : {2.0, 3.1, 25.0}) {
        const markov::Reading reading = markov::Reading::of(crp);
        markov::Row row;
        row.time = Days{state.started ? state.time + 14.0 : 0.0};
        row.readings = {&reading, 1};
        filter.step(state, row, step);
        std::printf("day %2.0f  crp %4.1f  P(ill) = %.3f\n", state.time, crp, step.filtered[1]);
    }
    return fitted.usable() ? 0 : 1;
}

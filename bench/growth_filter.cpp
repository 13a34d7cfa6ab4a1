// The filter with growth channels: nanoseconds a visit of three regimes and two levels (ctDNA, CT sums), on a
// fixed schedule and on gaps that are all different; beside each what a bare Kalman update of as many pairs
// costs.
// usage: bench_growth_filter [VISITS]

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <random>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/markov/filter.hpp"

using namespace bellwether;
using namespace bellwether::markov;

namespace {

constexpr std::string_view kModel = R"(
schema: 1
model: bench
numbers: illustrative
states: [{name: shrinking}, {name: stable}, {name: growing}]
transitions:
  - {from: shrinking, to: stable, rate: 0.005}
  - {from: shrinking, to: growing, rate: 0.002}
  - {from: stable, to: growing, rate: 0.0025}
growth: {shrinking: -0.025, stable: 0, growing: 0.0077}
channels:
  - {name: ctdna, says: growth, family: lognormal, noise: 0.25, diffusion: 0.01, first: {mean: 2, sd: 1.5}}
  - {name: sld, says: growth, family: lognormal, share: 0.333, noise: 0.05, first: {mean: 4.2, sd: 0.4}}
start: {probabilities: {shrinking: 0.6, stable: 0.25, growing: 0.15}}
)";

constexpr std::size_t kVisits = 20;

double seconds_since(std::chrono::steady_clock::time_point from) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
}

/// Nanoseconds a visit over patients of kVisits, the best of five runs.
double per_visit(const Spec& spec, const Values& values, std::size_t patients, bool fixed) {
    std::mt19937_64 random(3);
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform;
    std::vector<double> days, ctdna, sld;
    for (std::size_t p = 0; p < patients; ++p) {
        double t = 0.0;
        const double turn = 60.0 + 200.0 * uniform(random);
        for (std::size_t v = 0; v < kVisits; ++v, t += fixed ? 21.0 : 14.0 + 14.0 * uniform(random)) {
            const double size = t < turn ? -0.02 * t : -0.02 * turn + 0.008 * (t - turn);
            days.push_back(t);
            ctdna.push_back(std::exp(3.0 + size + 0.25 * normal(random)));
            sld.push_back(std::exp(4.2 + size / 3.0 + 0.05 * normal(random)));
        }
    }
    double best = 1e300;
    for (int run = 0; run < 5; ++run) {
        TransitionCache cache(spec, values);
        const Filter filter(cache);
        Step step;
        std::vector<Reading> readings(2);
        const FilterState fresh = filter.start();
        FilterState state;
        const auto from = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < days.size(); ++i) {
            if (i % kVisits == 0) state = fresh;
            readings[0] = Reading::of(ctdna[i]);
            readings[1] = Reading::of(sld[i]);
            filter.step(state, {Days{days[i]}, Kind::snapshot, 0, 0, readings, {}}, step);
        }
        best = std::min(best, seconds_since(from) / static_cast<double>(days.size()));
    }
    return best * 1e9;
}

/// Nine pairs, two readings each: division, square root, two logarithms and exponentials a reading.
double bare(std::size_t visits) {
    double sum = 0.0;
    const auto from = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < visits; ++i)
        for (int pair = 0; pair < 9; ++pair) {
            double V = 0.1 + 1e-3 * pair, m = 1e-3 * static_cast<double>(i % 7);
            for (int channel = 0; channel < 2; ++channel) {
                const double S = V + 0.06, off = 0.2 - m;
                const double ratio =
                    0.01 * std::sqrt(S / (V + 1.5)) * std::exp(0.5 * off * off * (1.0 / S - 0.6));
                sum += std::log(S * (1.0 + ratio)) + off * off / S;
                m += V / S * off;
                V -= V * V / S;
            }
            sum += std::exp(-m * m) + std::log(1.0 + V);
        }
    const double seconds = seconds_since(from);
    return sum == 0.25 ? 0.0 : seconds / static_cast<double>(visits) * 1e9;
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t visits = argc > 1 ? static_cast<std::size_t>(std::atoll(argv[1])) : 200'000;
    Findings findings;
    const Spec spec = read_spec(kModel, "bench", findings);
    if (!findings.ok()) throw InputError(findings);
    const Values values = spec.start_values();
    const double fixed = per_visit(spec, values, visits / kVisits, true);
    const double irregular = per_visit(spec, values, visits / kVisits, false);
    const double floor = bare(visits);
    fmt::print("schedule,ns_per_visit,visits_per_second,times_bare\n");
    fmt::print("fixed,{:.0f},{:.0f},{:.2f}\n", fixed, 1e9 / fixed, fixed / floor);
    fmt::print("irregular,{:.0f},{:.0f},{:.2f}\n", irregular, 1e9 / irregular, irregular / floor);
    fmt::print("bare,{:.0f},{:.0f},1\n", floor, 1e9 / floor);
}

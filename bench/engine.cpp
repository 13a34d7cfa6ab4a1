// The likelihood and the fit, on simulated panels.
// usage: bench_engine data KIND SUBJECTS FILE   writes id,time,state,y,x of a panel
//        bench_engine value KIND SUBJECTS       prints rows, nanoseconds a row of a likelihood with its
//                                               gradient on one thread and on two, without it, and of a bare
//                                               loop
//        bench_engine fit KIND SUBJECTS         prints seconds, iterations and -2 log likelihood
//        bench_engine grow STATES SUBJECTS      prints nanoseconds a row of a chain of states, recovery
//        included bench_engine filter                    prints nanoseconds a visit: 6 states, 4 channels,
//        whole days
// KIND is panel or hidden, then -shared (whole days) or -distinct (a lag of its own for each visit). Three
// living states and death; 14 parameters for panel, 13 for hidden.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/markov/filter.hpp"
#include "bellwether/markov/fit.hpp"
#include "bellwether/markov/likelihood.hpp"

using namespace bellwether;
using namespace bellwether::markov;

namespace {

constexpr std::size_t kVisits = 17;

struct Setting {
    bool hidden, shared;
};

Setting kind_of(const std::string& word) {
    return {word.starts_with("hidden"), word.ends_with("shared")};
}

/// Progression and recovery between three states, death from each; x doubles or halves rates.
Spec spec_of(bool hidden) {
    Spec spec;
    spec.name = "bench";
    for (const char* name : {"s1", "s2", "s3", "dead"})
        spec.states.push_back({name, {}, {}, false, false});
    spec.states[3].absorbing = true;
    const auto parameter = [&](const std::string& name, Parameter::Scale scale, double start) {
        Parameter p;
        p.name = name;
        p.scale = scale;
        p.start = start;
        spec.parameters.push_back(p);
        return spec.parameters.size() - 1;
    };
    if (!hidden) spec.covariates.push_back({"x", true, false, 0.5});
    struct Move {
        std::size_t from, to;
        double rate, effect;
    };
    for (const Move& m :
         {Move{0, 1, 0.010, 0.5}, Move{0, 3, 0.001, 0.3}, Move{1, 0, 0.004, -0.4}, Move{1, 2, 0.008, 0.5},
          Move{1, 3, 0.002, 0.2}, Move{2, 1, 0.003, -0.3}, Move{2, 3, 0.006, 0.4}}) {
        const std::string at = fmt::format("({}>{})", m.from + 1, m.to + 1);
        Transition t{m.from, m.to, parameter("rate" + at, Parameter::Scale::log, m.rate), {}};
        if (!hidden) t.effects.push_back({0, parameter("x" + at, Parameter::Scale::identity, m.effect)});
        spec.transitions.push_back(t);
    }
    if (hidden) {
        Channel c;
        c.name = "y";
        c.family = Family::by_state;
        for (int s = 0; s < 3; ++s) {
            Channel::Group g;
            g.law = Law::normal;
            g.terms = {{parameter(fmt::format("mean{}", s), Parameter::Scale::identity, 2.0 * s), {}},
                       {parameter(fmt::format("sd{}", s), Parameter::Scale::log, 1.0), {}}};
            c.groups.push_back(g);
        }
        c.group = {0, 1, 2, Channel::kNone};
        spec.channels.push_back(c);
        StartFactor start;
        start.labels = {"s1", "other"};
        start.parameter = {Channel::Group::kBase, Channel::Group::kBase};
        start.label_of = {0, -1, -1, -1};
        spec.start.push_back(start);
    }
    return spec;
}

struct Visit {
    std::size_t id;
    double time;
    std::size_t state;
    double y, x;
};

/// Jump by jump, looked at about every sixty days for kVisits visits or until death, which is exact.
template <typename Each>
void simulate_visits(Setting kind, std::size_t subjects, Each each) {
    const Spec spec = spec_of(kind.hidden);
    const Values truth = spec.start_values();
    std::mt19937_64 random(20260727);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    std::normal_distribution<double> normal;
    for (std::size_t id = 1; id <= subjects; ++id) {
        const double x = id % 2 == 0 ? 1.0 : 0.0;
        double now = 0.0, visit = 0.0;
        std::size_t state = 0;
        for (std::size_t v = 0; v < kVisits;) {
            double all = 0.0, next = 0.0;
            std::vector<double> rate;
            for (const Transition& t : spec.transitions) {
                double r = t.from == state ? truth[t.rate] : 0.0;
                if (!t.effects.empty()) r *= std::exp(truth[t.effects[0].parameter] * (x - 0.5));
                rate.push_back(r);
                all += r;
            }
            next = now - std::log(1.0 - uniform(random)) / all;
            for (; visit < next && v < kVisits; ++v) {
                each(Visit{id, visit, state, 2.0 * static_cast<double>(state) + normal(random), x});
                visit +=
                    kind.shared ? std::floor(53.0 + 14.0 * uniform(random)) : 53.0 + 14.0 * uniform(random);
            }
            now = next;
            double pick = uniform(random) * all;
            for (std::size_t k = 0; k < rate.size(); ++k)
                if ((pick -= rate[k]) <= 0.0) {
                    state = spec.transitions[k].to;
                    break;
                }
            if (state == 3 && v < kVisits) {
                if (kind.shared) now = std::max(std::ceil(now), visit - 52.0);
                each(Visit{id, now, state, 99.0, x});
                break;
            }
        }
    }
}

Panel panel_of(Setting kind, const Spec& spec, std::size_t subjects) {
    Panel panel(spec);
    std::size_t last = 0;
    simulate_visits(kind, subjects, [&](const Visit& v) {
        const bool first = v.id != last;
        if (first) panel.begin_subject(std::to_string(v.id));
        last = v.id;
        const Reading reading[] = {v.state == 3 ? Reading{} : Reading::of(v.y)};
        const double covariate[] = {v.x};
        Row row{Days{v.time},
                v.state == 3 ? Kind::entry : Kind::snapshot,
                0,
                kind.hidden && v.state != 3 ? StateSet{0} : only(v.state),
                {},
                {}};
        if (kind.hidden && v.state != 3) row.among = only(0) | only(1) | only(2);
        if (kind.hidden) row.readings = reading;
        if (!kind.hidden) row.covariates = covariate;
        row.known = first && !kind.hidden;
        panel.add(row);
    });
    return panel;
}

double seconds_since(std::chrono::steady_clock::time_point begun) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

/// Median of rounds.
template <typename F>
double seconds_of(int rounds, F&& f) {
    std::vector<double> took;
    for (int i = 0; i < rounds; ++i) {
        const auto begun = std::chrono::steady_clock::now();
        f();
        took.push_back(seconds_since(begun));
    }
    std::nth_element(took.begin(), took.begin() + rounds / 2, took.end());
    return took[static_cast<std::size_t>(rounds / 2)];
}

/// The arithmetic of one row with its gradient, of four states, on numbers that lie in the cache: what a row
/// costs at the least.
double floor_seconds(std::size_t rows, bool hidden) {
    constexpr std::size_t K = 4;
    double V[K * K], W[K * K], F[K * K] = {}, value[K], a[K], y[K], z[K], e[K], b[K];
    for (std::size_t i = 0; i < K * K; ++i) {
        V[i] = 0.1 + 0.01 * static_cast<double>(i);
        W[i] = 0.2 - 0.01 * static_cast<double>(i);
    }
    for (std::size_t i = 0; i < K; ++i) {
        value[i] = -0.01 * static_cast<double>(i + 1);
        a[i] = b[i] = 0.25;
    }
    const auto begun = std::chrono::steady_clock::now();
    for (std::size_t row = 0; row < rows; ++row) {
        const double t = 50.0 + static_cast<double>(row % 17);
        for (std::size_t i = 0; i < K; ++i) {
            e[i] = std::exp(value[i] * t);
            y[i] = z[i] = 0.0;
        }
        for (std::size_t r = 0; r < K; ++r)
            for (std::size_t i = 0; i < K; ++i)
                y[i] += a[r] * V[r * K + i];
        if (hidden)  // a density per state, and the vectors back out of the basis
            for (std::size_t i = 0; i < K; ++i) {
                b[i] = std::exp(-0.5 * (t - value[i]) * (t - value[i]) * 1e-4);
                for (std::size_t s = 0; s < K; ++s)
                    a[s] = 0.5 * a[s] + 0.1 * e[i] * y[i] * W[i * K + s];
            }
        for (std::size_t i = 0; i < K; ++i)
            for (std::size_t s = 0; s < K; ++s)
                z[i] += W[i * K + s] * b[s];
        for (std::size_t i = 0; i < K; ++i)
            for (std::size_t k = 0; k <= i; ++k) {
                const double between = i == k ? t * e[i] : (e[i] - e[k]) / (value[i] - value[k]);
                F[i * K + k] += between * y[i] * z[k];
                F[k * K + i] += between * y[k] * z[i];
            }
    }
    const double took = seconds_since(begun);
    volatile double kept = F[3] + a[1];
    (void)kept;
    return took;
}

/// rows, ns a row with gradient on one thread, on two, value alone, and of the bare loop.
void value(Setting kind, std::size_t subjects) {
    const Spec spec = spec_of(kind.hidden);
    const Panel panel = panel_of(kind, spec, subjects);
    const Values at = spec.start_values();
    const auto rows = static_cast<double>(panel.rows());
    std::vector<double> gradient;
    const Likelihood one(spec, panel, 1), two(spec, panel, 2);
    const double single = seconds_of(11, [&] { (void)one.value(at, gradient); });
    const double alone = seconds_of(11, [&] { (void)one.value(at); });
    const double both = seconds_of(11, [&] { (void)two.value(at, gradient); });
    const double floor = seconds_of(5, [&] { (void)floor_seconds(panel.rows(), kind.hidden); });
    fmt::print("{:.0f},{:.1f},{:.1f},{:.1f},{:.1f}\n", rows, single / rows * 1e9, both / rows * 1e9,
               alone / rows * 1e9, floor / rows * 1e9);
}

/// A chain of states with recovery and a normal reading each, distinct lags.
void grow(std::size_t states, std::size_t subjects) {
    Spec spec;
    const auto parameter = [&](Parameter::Scale scale, double start) {
        Parameter p;
        p.name = std::to_string(spec.parameters.size());
        p.scale = scale;
        p.start = start;
        spec.parameters.push_back(p);
        return spec.parameters.size() - 1;
    };
    Channel c;
    c.name = "y";
    c.family = Family::by_state;
    for (std::size_t s = 0; s < states; ++s) {
        spec.states.push_back({std::to_string(s), {}, {}, false, false});
        if (s > 0) {
            spec.transitions.push_back({s - 1, s, parameter(Parameter::Scale::log, 0.01), {}});
            spec.transitions.push_back({s, s - 1, parameter(Parameter::Scale::log, 0.004), {}});
        }
        Channel::Group g;
        g.law = Law::normal;
        g.terms = {{parameter(Parameter::Scale::identity, static_cast<double>(s)), {}},
                   {parameter(Parameter::Scale::log, 1.0), {}}};
        c.groups.push_back(g);
        c.group.push_back(static_cast<int>(s));
    }
    spec.channels = {c};
    Panel panel(spec);
    std::mt19937_64 random(4);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    for (std::size_t id = 0; id < subjects; ++id) {
        panel.begin_subject(std::to_string(id));
        double day = 0.0, at = 0.5 * static_cast<double>(states - 1);
        for (std::size_t v = 0; v < kVisits; ++v, day += 50.0 + 20.0 * uniform(random)) {
            at = std::clamp(at + 2.0 * uniform(random) - 1.0, 0.0, static_cast<double>(states - 1));
            const Reading r[] = {Reading::of(at)};
            Row row{Days{day}, Kind::snapshot, 0, 0, r, {}};
            row.known = v == 0;
            panel.add(row);
        }
    }
    const Likelihood likelihood(spec, panel);
    const Values at = spec.start_values();
    std::vector<double> gradient;
    const auto rows = static_cast<double>(panel.rows());
    const double with = seconds_of(5, [&] { (void)likelihood.value(at, gradient); });
    const double alone = seconds_of(5, [&] { (void)likelihood.value(at); });
    fmt::print("{},{},{},{:.1f},{:.1f}\n", states, subjects, spec.parameters.size(), with / rows * 1e9,
               alone / rows * 1e9);
}

/// ns a visit of the filter, six states and four normal channels, gaps of whole days.
void filter() {
    Findings findings;
    const Spec spec = read_spec(R"(
schema: 1
model: six
numbers: illustrative
states: [{name: a}, {name: b}, {name: c}, {name: d}, {name: e}, {name: f}]
transitions:
  - {from: a, to: b, rate: 0.02}
  - {from: b, to: c, rate: 0.02}
  - {from: c, to: d, rate: 0.02}
  - {from: d, to: e, rate: 0.02}
  - {from: e, to: f, rate: 0.02}
  - {from: f, to: a, rate: 0.01}
channels:
  - {name: w, says: level, family: normal, mean: {a: 0, b: 1, c: 2, d: 3, e: 4, f: 5}, sd: 1}
  - {name: x, says: level, family: normal, mean: {a: 5, b: 4, c: 3, d: 2, e: 1, f: 0}, sd: 1}
  - {name: y, says: level, family: lognormal, mean: {a: 0, b: 1, c: 0, d: 1, e: 0, f: 1}, sd: 0.5}
  - {name: z, says: level, family: normal, mean: {a: 0, b: 0, c: 1, d: 1, e: 2, f: 2}, sd: 1}
start: {probabilities: {a: 0.5, b: 0.1, c: 0.1, d: 0.1, e: 0.1, f: 0.1}}
)",
                                "bench", findings);
    if (!findings.ok()) throw InputError(findings);
    const Values values = spec.start_values();
    constexpr std::size_t kMany = 400'000;
    std::mt19937_64 random(4);
    std::uniform_real_distribution<double> uniform(0.1, 4.0);
    std::vector<Reading> readings(4 * kMany);
    for (Reading& r : readings)
        r = Reading::of(uniform(random));
    TransitionCache cache(spec, values);
    const Filter one(cache);
    Step step;
    const double took = seconds_of(3, [&] {
        FilterState state = one.start();
        for (std::size_t i = 0; i < kMany; ++i) {
            Row row{Days{state.time + 7.0 + 7.0 * static_cast<double>(i % 4)},
                    Kind::snapshot,
                    0,
                    0,
                    std::span(readings).subspan(4 * i, 4),
                    {}};
            one.step(state, row, step);
        }
    });
    fmt::print("{:.1f}\n", took / static_cast<double>(kMany) * 1e9);
}

void run_fit(Setting kind, std::size_t subjects) {
    const Spec spec = spec_of(kind.hidden);
    const Panel panel = panel_of(kind, spec, subjects);
    FitOptions options;
    options.from = spec.start_values();
    for (std::size_t p = 0; p < options.from.size(); ++p)
        options.from[p] = spec.parameters[p].scale == Parameter::Scale::log ? options.from[p] * 1.5
                          : kind.hidden                                     ? options.from[p] + 0.3
                                                                            : 0.0;
    const auto begun = std::chrono::steady_clock::now();
    const ParameterSet fitted = fit(spec, panel, options);
    fmt::print("{:.3f} s, {}, {} iterations, -2LL {:.6f}, {}\n", seconds_since(begun),
               to_string(fitted.summary.end), fitted.summary.iterations, -2.0 * fitted.summary.final_log_lik,
               fitted.summary.why);
}

void data(Setting kind, std::size_t subjects, const std::string& file) {
    std::ofstream out(file);
    out << "id,time,state,y,x\n";
    simulate_visits(kind, subjects, [&](const Visit& v) {
        out << fmt::format("{},{},{},{},{}\n", v.id, v.time, v.state + 1, v.y, v.x);
    });
}

}  // namespace

int main(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "";
    const auto number = [&](int i) { return static_cast<std::size_t>(std::strtoul(argv[i], nullptr, 10)); };
    if (what == "filter") {
        filter();
    } else if (what == "grow" && argc == 4) {
        grow(number(2), number(3));
    } else if (what == "value" && argc == 4) {
        value(kind_of(argv[2]), number(3));
    } else if (what == "fit" && argc == 4) {
        run_fit(kind_of(argv[2]), number(3));
    } else if (what == "data" && argc == 5) {
        data(kind_of(argv[2]), number(3), argv[4]);
    } else {
        std::cerr
            << "usage: bench_engine data|value|fit KIND SUBJECTS [FILE] | grow STATES SUBJECTS | filter\n";
        return 2;
    }
}

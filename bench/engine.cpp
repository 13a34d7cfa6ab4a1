// The likelihood and the fit, on simulated panels.
// usage: bench_engine data KIND SUBJECTS FILE   writes id,time,state,y,x of a panel
//        bench_engine value KIND SUBJECTS       prints nanoseconds a row of a likelihood with its gradient,
//                                               on one thread and on two, and of a bare loop beside it
//        bench_engine fit KIND SUBJECTS         prints seconds, iterations, evaluations and -2 log likelihood
// KIND is panel or hidden, then -shared (whole days) or -distinct (a lag of its own for each visit). Three
// living states and death; 14 parameters for panel, 13 for hidden.

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>

#include <fmt/format.h>

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

void value(Setting kind, std::size_t subjects) {
    const Spec spec = spec_of(kind.hidden);
    const Panel panel = panel_of(kind, spec, subjects);
    const Values at = spec.start_values();
    const auto rows = static_cast<double>(panel.rows());
    std::vector<double> gradient;
    double one = 0.0, two = 0.0, bare = 0.0;
    {
        const Likelihood likelihood(spec, panel, 1);
        one = seconds_of(11, [&] { (void)likelihood.value(at, gradient); });
        bare = seconds_of(11, [&] { (void)likelihood.value(at); });
    }
    {
        const Likelihood likelihood(spec, panel, 2);
        two = seconds_of(11, [&] { (void)likelihood.value(at, gradient); });
    }
    fmt::print("{:.0f} rows: {:.1f} ns a row with gradient, {:.1f} on two threads, {:.1f} value alone\n",
               rows, one / rows * 1e9, two / rows * 1e9, bare / rows * 1e9);
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
    if (argc < 4) {
        std::cerr << "usage: bench_engine data|value|fit KIND SUBJECTS [FILE]\n";
        return 2;
    }
    const std::string what = argv[1];
    const Setting kind = kind_of(argv[2]);
    const auto subjects = static_cast<std::size_t>(std::strtoul(argv[3], nullptr, 10));
    if (what == "value") value(kind, subjects);
    if (what == "fit") run_fit(kind, subjects);
    if (what == "data" && argc > 4) data(kind, subjects, argv[4]);
}

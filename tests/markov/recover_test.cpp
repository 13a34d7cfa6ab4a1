#include <cmath>

#include <catch2/catch.hpp>

#include "bellwether/markov/fit.hpp"
#include "bellwether/markov/simulate.hpp"

#include "markov/support/oracle.hpp"

// What is drawn from a model is found again by a fit, for each law of readings.

using namespace bellwether;
using namespace bellwether::markov;

namespace {

struct Recovery {
    ParameterSet fitted;
    double furthest = 0.0;              ///< |estimate - truth| in standard errors
    std::size_t outside = 0, free = 0;  ///< 95% intervals that miss the truth
};

Recovery recover(const Spec& spec, int subjects, int visits) {
    std::mt19937_64 random(4711);
    Panel panel(spec);
    for (int s = 0; s < subjects; ++s) {
        Schedule schedule;
        schedule.id = std::to_string(s);
        for (int v = 0; v < visits; ++v) {
            schedule.days.push_back(v);
            schedule.covariates.push_back({(s % 7) / 3.0 - 1.0});
        }
        (void)simulate(spec, spec.start_values(), schedule, random, panel);
    }
    Recovery out;
    out.fitted = fit(spec, panel);
    for (std::size_t p = 0; p < spec.parameters.size(); ++p) {
        if (!out.fitted.standard_error[p]) continue;
        const Parameter& q = spec.parameters[p];
        const double off = std::abs(q.free_from(out.fitted.values[p]) - q.free_from(q.start)) /
                           *out.fitted.standard_error[p];
        out.furthest = std::max(out.furthest, off);
        out.outside += off > 1.96 ? 1 : 0;
        ++out.free;
    }
    return out;
}

Spec two_states(const std::string& a, const std::string& b) {
    return oracle::spec_of(
        "schema: 1\nmodel: m\nnumbers: illustrative\nstates: [{name: a}, {name: b}]\n"
        "covariates: [{name: x}]\n"
        "transitions: [{from: a, to: b, rate: 0.15, effects: {x: 0.5}}, {from: b, to: a, rate: 0.1}]\n"
        "channels: [{name: y, by-state: {a: " +
        a + ", b: " + b +
        "}}]\nstart: {estimate: true, probabilities: {a: 0.6, b: {p: 0.4, effects: {x: 0.4}}}}\n");
}

}  // namespace

TEST_CASE("fit: what simulate drew is found again, for each law", "[markov][fit][simulate][property]") {
    std::size_t outside = 0, free = 0;
    for (const auto& [a, b] : std::vector<std::pair<std::string, std::string>>{
             {"{normal: {mean: {start: 1, effects: {x: 0.5}}, sd: 1}}", "{normal: {mean: 4, sd: 1.5}}"},
             {"{lognormal: {meanlog: 0, sdlog: 0.5}}", "{lognormal: {meanlog: 1.5, sdlog: 0.4}}"},
             {"{truncated-normal: {mean: 1, sd: 1, lower: 0}}",
              "{truncated-normal: {mean: 5, sd: 1, lower: 0}}"},
             {"{student-t: {mean: 0, scale: 1, df: {start: 4, fixed: true}}}",
              "{student-t: {mean: 5, scale: 1, df: {start: 4, fixed: true}}}"},
             {"{uniform: {lower: 0, upper: 3}}", "{uniform: {lower: 2, upper: 5}}"},
             {"{exponential: {rate: 5}}", "{exponential: {rate: 0.3}}"},
             {"{gamma: {shape: 2, rate: 2}}", "{gamma: {shape: 8, rate: {start: 1.5, effects: {x: 0.2}}}}"},
             {"{weibull: {shape: 2, scale: 1}}", "{weibull: {shape: 3, scale: 4}}"},
             {"{beta: {shape1: 2, shape2: 6}}", "{beta: {shape1: 6, shape2: 2}}"},
             {"{poisson: {rate: {start: 2, effects: {x: 0.2}}}}", "{poisson: {rate: 9}}"},
             {"{binomial: {size: 12, prob: 0.2}}",
              "{binomial: {size: 12, prob: {start: 0.7, effects: {x: -0.3}}}}"},
             {"{beta-binomial: {size: 12, meanp: 0.2, sdp: 0.1}}",
              "{beta-binomial: {size: 12, meanp: 0.7, sdp: 0.1}}"},
             {"{negative-binomial: {disp: 3, prob: 0.6}}", "{negative-binomial: {disp: 6, prob: 0.3}}"},
             {"{normal-with-error: {mean: 1, sd: 1, lower: 0, upper: 3, sderr: {start: 0.3, fixed: true}}}",
              "{normal-with-error: {mean: 6, sd: 1, lower: 4, upper: 8, sderr: {start: 0.3, fixed: true}}}"},
             {"{uniform-with-error: {lower: 0, upper: 3, sderr: 0.4}}",
              "{uniform-with-error: {lower: 4, upper: 8, sderr: 0.4}}"}}) {
        CAPTURE(a, b);
        const Recovery r = recover(two_states(a, b), 150, 20);
        CAPTURE(r.fitted.summary.why);
        CHECK(r.fitted.usable());
        // Of some 110 estimates one beyond 4 standard errors has a chance of 1%.
        CHECK(r.furthest < 4.0);
        outside += r.outside;
        free += r.free;
    }
    // 95% intervals: of n, 0.05 n miss the truth, give or take three standard errors.
    CAPTURE(outside, free);
    CHECK(free > 90);
    const double n = static_cast<double>(free);
    CHECK(static_cast<double>(outside) < 0.05 * n + 3 * std::sqrt(0.05 * 0.95 * n));
}

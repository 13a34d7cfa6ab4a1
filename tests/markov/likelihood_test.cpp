#include "bellwether/markov/likelihood.hpp"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"

#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

TEST_CASE("Likelihood: equals the sum over all hidden paths", "[markov][likelihood][reference]") {
    // Reference: enumeration with densities, quadrature and exponentials written apart (support/oracle.cpp).
    const Spec spec = oracle::spec_of(oracle::kEverything);
    const unsigned seed = GENERATE(1U, 2U, 3U, 4U);
    const Values values = oracle::moved_values(spec, seed);
    const Panel panel = oracle::random_panel(spec, 12, 6, seed);
    const std::vector<double> each = Likelihood(spec, panel).by_subject(values);
    for (std::size_t s = 0; s < panel.subjects(); ++s) {
        CAPTURE(seed, s);
        CHECK_THAT(each[s], WithinAbs(std::log(oracle::enumerate(spec, values, panel, s, 6).total), 1e-9));
    }
}

TEST_CASE("Likelihood: its gradient equals differences, for every kind of parameter",
          "[markov][likelihood]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    const unsigned seed = GENERATE(5U, 6U);
    const Values values = oracle::moved_values(spec, seed);
    const Likelihood likelihood(spec, oracle::random_panel(spec, 30, 8, seed));
    std::vector<double> gradient;
    const double value = likelihood.value(values, gradient);
    CHECK(std::isfinite(value));
    CHECK_THAT(likelihood.value(values), WithinRel(value, 1e-14));
    for (std::size_t p = 0; p < values.size(); ++p) {
        const double h = 1e-5;
        Values up = values, down = values;
        const Parameter& q = spec.parameters[p];
        up[p] = q.natural_from(q.free_from(values[p]) + h);
        down[p] = q.natural_from(q.free_from(values[p]) - h);
        const double slope = (likelihood.value(up) - likelihood.value(down)) / (2 * h);
        CAPTURE(q.name);
        CHECK(slope != 0.0);
        CHECK_THAT(gradient[p], WithinRel(slope, 2e-6) || WithinAbs(slope, 1e-5));
    }
}

TEST_CASE("Likelihood: two states, eleven visits, matches Stan Math", "[markov][likelihood][reference]") {
    // Reference: -18.37417, stan-dev/math test/unit/math/prim/prob/hmm_marginal_test.cpp "two_state" (BSD-3):
    // ten transitions, P = [p1 1-p1; 1-p2 p2], normal emissions. Its data are not at hand here; the same
    // shape is compared with a plain product of 2 x 2 matrices in long double instead, with the discrete P
    // reached by its logarithm.
    const double stay0 = 0.85, stay1 = 0.7, decay = stay0 + stay1 - 1.0;  // eigenvalues of P: 1 and decay
    const double leave = -std::log(decay);                                // per visit, both rates together
    const double a = leave * (1 - stay0) / (2 - stay0 - stay1), b = leave * (1 - stay1) / (2 - stay0 - stay1);
    Spec spec = oracle::spec_of(R"(
schema: 1
model: two
numbers: illustrative
states: [{name: a}, {name: b}]
transitions: [{from: a, to: b, rate: 1}, {from: b, to: a, rate: 1}]
channels: [{name: y, says: level, family: normal, mean: {a: 1, b: -1}, sd: 1}]
start: {probabilities: {a: 0.65, b: 0.35}}
)");
    Values values = spec.start_values();
    values[*spec.parameter_index("rate(a>b)")] = a;
    values[*spec.parameter_index("rate(b>a)")] = b;
    const double y[] = {0.3, -1.2, 0.8, 2.0, -0.4, -2.2, 0.1, 1.4, -0.9, 0.0, 0.6};
    Panel panel(spec);
    panel.begin_subject("s");
    long double v0 = 0.65L, v1 = 0.35L;
    for (int i = 0; i < 11; ++i) {
        const Reading reading[] = {Reading::of(y[i])};
        panel.add({Days{static_cast<double>(i)}, Kind::snapshot, 0, 0, reading, {}});
        if (i > 0) {
            const long double n0 = v0 * stay0 + v1 * (1 - stay1), n1 = v0 * (1 - stay0) + v1 * stay1;
            v0 = n0, v1 = n1;
        }
        v0 *= std::exp(-0.5L * (y[i] - 1) * (y[i] - 1)) / std::sqrt(2 * M_PIl);
        v1 *= std::exp(-0.5L * (y[i] + 1) * (y[i] + 1)) / std::sqrt(2 * M_PIl);
    }
    CHECK_THAT(Likelihood(spec, panel).value(values),
               WithinAbs(static_cast<double>(std::log(v0 + v1)), 1e-12));
}

TEST_CASE("Likelihood: an empty row between two visits changes nothing by itself",
          "[markov][likelihood][property]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    const Values values = spec.start_values();
    const Panel panel = oracle::random_panel(spec, 10, 6, 9);
    Panel cut(spec);
    const std::vector<Reading> nothing(spec.channels.size());
    for (std::size_t s = 0; s < panel.subjects(); ++s) {
        cut.begin_subject(panel.id(s));
        for (std::size_t i = panel.first_row(s); i < panel.end_row(s); ++i) {
            if (i > panel.first_row(s)) {
                const Row last = panel.row(i - 1);
                const Days middle{0.5 * (last.time.count + panel.row(i).time.count)};
                cut.add({middle, Kind::snapshot, 0, 0, nothing, last.covariates});
            }
            cut.add(panel.row(i));
        }
    }
    CHECK_THAT(Likelihood(spec, cut).value(values), WithinRel(Likelihood(spec, panel).value(values), 1e-12));
}

TEST_CASE("Likelihood: a row that cannot be is refused, an impossible one has probability 0",
          "[markov][likelihood][error]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    std::vector<Reading> readings(4);
    const double covariates[] = {1.0, 60.0}, half[] = {0.5, 60.0};
    const auto with = [&](const Row& row) {
        Panel panel(spec);
        panel.begin_subject("s");
        panel.add({Days{0}, Kind::snapshot, 0, 0, readings, covariates});
        panel.add(row);
        return Likelihood(spec, panel).value(spec.start_values());
    };
    CHECK_THROWS_WITH(with({Days{1}, Kind::exact_entry, 4, 0, readings, covariates}),
                      Catch::StartsWith("M004"));
    CHECK_THROWS_WITH(with({Days{1}, Kind::one_of, 0, 0b10000, readings, covariates}),
                      Catch::StartsWith("M004"));
    CHECK_THROWS_WITH(with({Days{1}, Kind::snapshot, 0, 0, readings, half}), Catch::StartsWith("M007"));
    CHECK_THROWS_WITH(with({Days{-1}, Kind::snapshot, 0, 0, readings, covariates}),
                      Catch::StartsWith("M005"));
    CHECK(with({Days{0}, Kind::one_of, 0, 0b1000, readings, covariates}) ==
          -std::numeric_limits<double>::infinity());
    Panel dead_at_once(spec);
    dead_at_once.begin_subject("s");
    dead_at_once.add({Days{0}, Kind::exact_entry, 3, 0, readings, covariates});
    CHECK_THROWS_WITH(Likelihood(spec, dead_at_once), Catch::StartsWith("M008"));
}

#include "bellwether/markov/goodness.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"
#include "bellwether/markov/transition.hpp"

#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

double cdf(double z) {
    return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

const char* const kTwo = R"(
schema: 1
model: two
numbers: illustrative
states: [{name: well}, {name: ill}]
transitions: [{from: well, to: ill, rate: 0.03}, {from: ill, to: well, rate: 0.02}]
channels:
  - {name: y, says: level, family: normal, mean: {well: 0, ill: 3}, sd: 1}
  - {name: n, by-state: {well: {poisson: {rate: 2}}, ill: {poisson: {rate: 6}}}}
start: {probabilities: {well: 0.7, ill: 0.3}}
)";

/// Readings of both channels from the model itself, but for a factor on the sd of y.
Panel drawn(const Spec& spec, double factor) {
    std::mt19937_64 random(8);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    std::normal_distribution<double> normal;
    const Values values = spec.start_values();
    const Eigen::MatrixXd Q = generator(spec, values, {});
    Panel panel(spec);
    for (int id = 0; id < 300; ++id) {
        panel.begin_subject(std::to_string(id));
        Eigen::Index state = uniform(random) < 0.7 ? 0 : 1;
        double day = 0.0;
        for (int v = 0; v < 10; ++v) {
            const double ill = static_cast<double>(state);
            const Reading r[] = {
                Reading::of(3.0 * ill + factor * normal(random)),
                Reading::of(static_cast<double>(std::poisson_distribution<int>(2.0 + 4.0 * ill)(random)))};
            panel.add({Days{day}, Kind::snapshot, 0, 0, r, {}});
            const double gap = 5.0 + 30.0 * uniform(random);
            day += gap;
            if (uniform(random) > transition(Q, Days{gap})(state, state)) state = 1 - state;
        }
    }
    return panel;
}

/// Largest distance of the middles' distribution from a uniform one.
double distance(const std::vector<PseudoResidual>& residuals) {
    std::vector<double> u;
    for (const PseudoResidual& r : residuals)
        u.push_back(0.5 * (r.low + r.high));
    std::sort(u.begin(), u.end());
    double out = 0.0;
    for (std::size_t i = 0; i < u.size(); ++i)
        out = std::max(out, std::abs(u[i] - (static_cast<double>(i) + 0.5) / static_cast<double>(u.size())));
    return out;
}

}  // namespace

TEST_CASE("pseudo_residuals: a first reading by hand", "[markov][goodness][reference]") {
    const Spec spec = oracle::spec_of(kTwo);
    Panel panel(spec);
    panel.begin_subject("a");
    const Reading seen[] = {Reading::of(1.2), Reading::of(3)};
    panel.add({Days{0}, Kind::snapshot, 0, 0, seen, {}});
    panel.begin_subject("b");
    const Reading censored[] = {Reading::below(1.2), Reading{}};
    panel.add({Days{0}, Kind::snapshot, 0, 0, censored, {}});
    const auto y = pseudo_residuals(spec, spec.start_values(), panel, 0);
    const double u = 0.7 * cdf(1.2) + 0.3 * cdf(-1.8);
    REQUIRE(y.size() == 2);
    CHECK_THAT(y[0].low, WithinAbs(u, 1e-12));
    CHECK(y[0].high == y[0].low);
    CHECK_THAT(cdf(y[0].z), WithinAbs(u, 1e-9));
    CHECK(y[1].low == 0.0);
    CHECK_THAT(y[1].high, WithinAbs(u, 1e-12));
    const auto n = pseudo_residuals(spec, spec.start_values(), panel, 1);
    const auto poisson = [](double rate, int up_to) {
        double sum = 0.0, term = std::exp(-rate);
        for (int k = 0; k <= up_to; ++k, term *= rate / k)
            sum += term;
        return sum;
    };
    REQUIRE(n.size() == 1);
    CHECK_THAT(n[0].low, WithinAbs(0.7 * poisson(2, 2) + 0.3 * poisson(6, 2), 1e-12));
    CHECK_THAT(n[0].high, WithinAbs(0.7 * poisson(2, 3) + 0.3 * poisson(6, 3), 1e-12));
}

TEST_CASE("pseudo_residuals: uniform under the true model, not under another", "[markov][goodness]") {
    const Spec spec = oracle::spec_of(kTwo);
    // Kolmogorov's bound at 1 in 1,000 for 3,000 independent values: 1.95 / sqrt(3000) = 0.036.
    CHECK(distance(pseudo_residuals(spec, spec.start_values(), drawn(spec, 1.0), 0)) < 0.036);
    CHECK(distance(pseudo_residuals(spec, spec.start_values(), drawn(spec, 1.0), 1)) < 0.036);
    CHECK(distance(pseudo_residuals(spec, spec.start_values(), drawn(spec, 1.6), 0)) > 0.05);
}

TEST_CASE("pearson_test: one group by hand, and what it counts", "[markov][goodness][reference]") {
    Spec spec = oracle::spec_of(kTwo);
    spec.channels.clear();
    const Values values = spec.start_values();
    Panel panel(spec);
    double n[2][2] = {{30, 10}, {6, 14}};
    int id = 0;
    for (std::size_t from = 0; from < 2; ++from)
        for (std::size_t to = 0; to < 2; ++to)
            for (int k = 0; k < static_cast<int>(n[from][to]); ++k) {
                panel.begin_subject(std::to_string(id++));
                Row row{Days{0}, Kind::snapshot, 0, only(from), {}, {}};
                row.known = true;
                panel.add(row);
                panel.add({Days{20}, Kind::snapshot, 0, only(to), {}, {}});
            }
    const Eigen::MatrixXd P = transition(generator(spec, values, {}), Days{20});
    double want = 0.0;
    for (Eigen::Index r = 0; r < 2; ++r)
        for (Eigen::Index s = 0; s < 2; ++s) {
            const double e = (n[r][0] + n[r][1]) * P(r, s);
            want += (n[r][s] - e) * (n[r][s] - e) / e;
        }
    const PearsonTest got = pearson_test(spec, values, panel);
    CHECK_THAT(got.statistic, WithinRel(want, 1e-10));
    CHECK(got.cells.size() == 4);
    CHECK(got.upper == 2);
    CHECK(got.lower == 1);
    // Two degrees of freedom: the tail is an exponential.
    CHECK_THAT(got.p_most, WithinRel(std::exp(-0.5 * want), 1e-9));
    CHECK(got.p_least < got.p_most);
    PearsonOptions none;
    none.gaps = 0;
    CHECK_THROWS_AS(pearson_test(spec, values, panel, none), Error);
    CHECK_THROWS_AS(pearson_test(spec, values, Panel(spec)), Error);
}

TEST_CASE("pearson_test: does not reject the model that drew the data, and rejects another",
          "[markov][goodness]") {
    Spec spec = oracle::spec_of(kTwo);
    spec.channels.clear();
    const Values truth = spec.start_values();
    const Eigen::MatrixXd Q = generator(spec, truth, {});
    std::mt19937_64 random(12);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    Panel panel(spec);
    for (int id = 0; id < 400; ++id) {
        panel.begin_subject(std::to_string(id));
        std::size_t state = 0;
        double day = 0.0;
        for (int v = 0; v < 8; ++v) {
            Row row{Days{day}, Kind::snapshot, 0, only(state), {}, {}};
            row.known = v == 0;
            panel.add(row);
            const double gap = 5.0 + 60.0 * uniform(random);
            day += gap;
            const auto i = static_cast<Eigen::Index>(state);
            if (uniform(random) > transition(Q, Days{gap})(i, i)) state = 1 - state;
        }
    }
    PearsonOptions options;
    options.gaps = 4;
    options.starts = 2;
    CHECK(pearson_test(spec, truth, panel, options).p_most > 0.001);
    Values wrong = truth;
    wrong[0] *= 1.5;
    CHECK(pearson_test(spec, wrong, panel, options).p_most < 1e-6);
}

TEST_CASE("pearson_test: deaths known to the day are conditioned on", "[markov][goodness]") {
    Spec spec = oracle::spec_of(R"(
schema: 1
model: three
numbers: illustrative
states: [{name: well}, {name: ill}, {name: dead, absorbing: true, entry: exact}]
transitions:
  - {from: well, to: ill, rate: 0.03}
  - {from: ill, to: well, rate: 0.01}
  - {from: well, to: dead, rate: 0.01}
  - {from: ill, to: dead, rate: 0.02}
)");
    const Values truth = spec.start_values();
    const double rate[2][2] = {{0.03, 0.01}, {0.01, 0.02}};  // to the other living state, to death
    std::mt19937_64 random(21);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    Panel panel(spec);
    for (int id = 0; id < 400; ++id) {
        panel.begin_subject(std::to_string(id));
        std::size_t state = 0;
        double now = 0.0, visit = 0.0;
        for (int v = 0; v < 8 && state < 2;) {
            const double all = rate[state][0] + rate[state][1],
                         next = now - std::log(1.0 - uniform(random)) / all;
            for (; visit < next && v < 8; ++v, visit += 10.0 + 20.0 * uniform(random)) {
                Row row{Days{visit}, Kind::snapshot, 0, only(state), {}, {}};
                row.known = v == 0;
                panel.add(row);
            }
            now = next;
            state = uniform(random) * all < rate[state][0] ? 1 - state : 2;
            if (state == 2 && v < 8) panel.add({Days{now}, Kind::entry, 0, only(2), {}, {}});
        }
    }
    PearsonOptions options;
    options.gaps = 2;
    const PearsonTest got = pearson_test(spec, truth, panel, options);
    for (const PearsonCell& cell : got.cells)
        CHECK(cell.to != 2);
    CHECK(got.upper == 4);
    CHECK(got.p_most > 0.001);
    Values wrong = truth;
    wrong[0] *= 1.6;
    CHECK(pearson_test(spec, wrong, panel, options).p_most < 1e-4);
}

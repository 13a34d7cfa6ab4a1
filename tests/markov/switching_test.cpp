#include <algorithm>
#include <cmath>
#include <random>

#include <catch2/catch.hpp>

#include "bellwether/markov/filter.hpp"
#include "bellwether/markov/likelihood.hpp"

#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;

namespace {

/// Three regimes, death, a volume and a diameter, an immune marker on the patient's own baseline, and a
/// category; figures of no one.
const std::string kThree = R"(
schema: 1
model: three
numbers: illustrative
states:
  - {name: shrinking, labels: [alive]}
  - {name: stable, labels: [alive]}
  - {name: growing, labels: [alive]}
  - {name: dead, absorbing: true, entry: exact}
covariates:
  - {name: treated, kind: indicator, centre: 1}
transitions:
  - {from: shrinking, to: stable, rate: 0.012}
  - {from: stable, to: growing, rate: 0.006, effects: {treated: -0.4}}
  - {from: shrinking, to: growing, rate: 0.004}
  - {from: growing, to: dead, rate: 0.002}
growth: {shrinking: -0.025, stable: 0, growing: 0.009}
channels:
  - name: ctdna
    says: growth
    family: lognormal
    noise: 0.3
    diffusion: 0.012
    first: {mean: 2.0, sd: 1.5}
    WILD
  - name: sld
    says: growth
    family: lognormal
    share: 0.333
    noise: 0.05
    first: {mean: 4.2, sd: 0.5}
    WILD
  - name: mdsc
    says: own-baseline
    family: lognormal
    baseline: latent
    first: {mean: 0.5, sd: 0.6}
    mean: {shrinking: 0, stable: {start: 0.1, tie: quiet}, growing: 0.8}
    sd: 0.35
    WILD
  - name: mood
    says: level
    family: categorical
    categories: [good, bad]
    probabilities: {alive: {good: 0.8, bad: 0.2}}
start: {estimate: true, probabilities: {shrinking: 0.5, stable: 0.3, growing: 0.2}}
)";

std::string with_wild(std::string text, const std::string& wild) {
    for (std::size_t at = text.find("WILD"); at != std::string::npos; at = text.find("WILD"))
        text.replace(at, 4, wild);
    return text;
}

/// Rows of every kind a growth model takes.
Panel rows_for(const Spec& spec, std::size_t subjects, unsigned seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform;
    Panel panel(spec);
    for (std::size_t i = 0; i < subjects; ++i) {
        panel.begin_subject("p" + std::to_string(i), 1.0 + 0.5 * static_cast<double>(i % 3));
        double t = 0.0, size = 2.0 + normal(random), rate = -0.02;
        std::vector<double> covariates = {1.0};
        for (int v = 0; v < 8; ++v) {
            if (v == 4) rate = 0.01;
            std::vector<Reading> readings(4);
            const double ctdna = std::exp(size + 0.3 * normal(random));
            readings[0] = ctdna < 1.0 ? Reading::below(1.0) : Reading::of(ctdna);
            if (v == 5) readings[0] = Reading::between(ctdna * 0.8, ctdna * 1.3);
            if (v == 6) readings[0] = Reading::above(ctdna * 0.9);
            if (v % 3 == 0) readings[1] = Reading::of(std::exp(size / 3.0 + 3.5 + 0.05 * normal(random)));
            if (v != 2) readings[2] = Reading::of(std::exp(0.5 + 0.4 * normal(random)));
            if (v % 2 == 1) readings[3] = Reading::of(uniform(random) < 0.7 ? 0.0 : 1.0);
            if (v == 3) readings.assign(4, {});
            if (v == 3) covariates = {0.0};
            panel.add({Days{t}, Kind::snapshot, 0, v == 7 ? StateSet{7} : StateSet{0}, readings, covariates});
            const double gap = 14.0 + 20.0 * uniform(random);
            size += rate * gap;
            t += gap;
        }
        if (i % 2 == 0) panel.add({Days{t}, Kind::exact_entry, 3, 0, std::vector<Reading>(4), covariates});
    }
    return panel;
}

}  // namespace

TEST_CASE("growth: the gradient equals differences of the likelihood", "[switching]") {
    for (const std::string& wild : {std::string(), std::string("wild: {share: 0}")}) {
        const Spec spec = oracle::spec_of(with_wild(kThree, wild));
        const Panel panel = rows_for(spec, 7, 3);
        const Likelihood likelihood(spec, panel, 2);
        // With rates that are binary fractions the fastest state's own term of the uniformised chain is 0.
        Values values = oracle::moved_values(spec, 5);
        if (!wild.empty()) values[0] = values[2] = 1.0 / 128;
        std::vector<double> gradient;
        const double value = likelihood.value(values, gradient);
        REQUIRE(std::isfinite(value));
        CHECK(value == Approx(likelihood.value(values)).epsilon(1e-13));
        for (std::size_t p = 0; p < spec.parameters.size(); ++p) {
            const Parameter& q = spec.parameters[p];
            if (q.fixed) continue;
            const double h = 1e-5, x = q.free_from(values[p]);
            Values up = values, down = values;
            up[p] = q.natural_from(x + h);
            down[p] = q.natural_from(x - h);
            const double slope = (likelihood.value(up) - likelihood.value(down)) / (2.0 * h);
            INFO(q.name);
            // Central differences at 1e-5: rounding of some 1e-13 x 300 / 1e-5, truncation 1e-10.
            CHECK(gradient[p] == Approx(slope).epsilon(1e-6).margin(1e-6));
        }
    }
}

TEST_CASE("growth: a reading beyond all reason leaves likelihood and gradient finite", "[switching]") {
    const Spec spec = oracle::spec_of(with_wild(kThree, ""));
    const std::vector<double> treated = {1.0};
    Panel panel(spec);
    panel.begin_subject("p");
    for (int v = 0; v < 6; ++v) {
        std::vector<Reading> readings(4);
        readings[0] = Reading::of(std::exp(v == 3 ? 60.0 : 2.0 + 0.1 * v));
        readings[1] = Reading::of(std::exp(v == 4 ? -20.0 : 4.2));
        panel.add({Days{21.0 * v}, Kind::snapshot, 0, 0, readings, treated});
    }
    std::vector<double> gradient;
    const double value = Likelihood(spec, panel).value(spec.start_values(), gradient);
    CHECK(std::isfinite(value));
    CHECK(std::all_of(gradient.begin(), gradient.end(), [](double g) { return std::isfinite(g); }));
}

TEST_CASE("growth: with one regime the filter is a Kalman filter", "[switching]") {
    const Spec spec = oracle::spec_of(R"(
schema: 1
model: one
numbers: illustrative
states: [{name: growing}]
transitions: []
growth: {growing: 0.01}
channels:
  - {name: a, says: growth, family: normal, noise: 0.3, diffusion: 0.02, first: {mean: 1, sd: 2}, wild: {share: 0}}
  - {name: b, says: growth, family: lognormal, share: 0.3, noise: 0.1, first: {mean: 4, sd: 0.5}, wild: {share: 0}}
start: {probabilities: {growing: 1}}
)");
    const std::vector<double> times = {0.0, 10.0, 10.0, 47.5, 100.0}, a = {0.7, 1.4, 1.1, 1.6, 2.5},
                              b = {60.0, 61.0, 64.0, 70.0, 77.0};
    Panel panel(spec);
    panel.begin_subject("p");
    for (std::size_t i = 0; i < times.size(); ++i)
        panel.add({Days{times[i]},
                   Kind::snapshot,
                   0,
                   0,
                   std::vector<Reading>{Reading::of(a[i]), i == 2 ? Reading{} : Reading::of(b[i])},
                   {}});
    // Two filters of one number each: nothing joins the levels where the rate is certain.
    double log_lik = 0.0, m = 1.0, P = 4.0, n = 4.0, R = 0.25;
    const auto update = [&](double y, double noise, double& mean, double& variance) {
        const double S = variance + noise * noise;
        log_lik += -0.5 * (std::log(2.0 * M_PI * S) + (y - mean) * (y - mean) / S);
        mean += variance / S * (y - mean);
        variance -= variance * variance / S;
    };
    for (std::size_t i = 0; i < times.size(); ++i) {
        const double gap = i == 0 ? 0.0 : times[i] - times[i - 1];
        m += 0.01 * gap;
        n += 0.003 * gap;
        P += 0.0004 * gap;
        update(a[i], 0.3, m, P);
        if (i != 2) update(std::log(b[i]), 0.1, n, R);
    }
    const Values values = spec.start_values();
    CHECK(Likelihood(spec, panel).value(values) == Approx(log_lik).epsilon(1e-12));
    TransitionCache cache(spec, values);
    const Filter filter(cache);
    FilterState state = filter.start();
    Step step;
    for (std::size_t i = 0; i < panel.rows(); ++i)
        filter.step(state, panel.row(i), step);
    CHECK(state.log_likelihood == Approx(log_lik).epsilon(1e-12));
    CHECK(level_estimate(spec, state, 0)->mean == Approx(m).epsilon(1e-12));
    CHECK(level_estimate(spec, state, 0)->sd == Approx(std::sqrt(P)).epsilon(1e-12));
    CHECK(level_estimate(spec, state, 1)->mean == Approx(n).epsilon(1e-12));
    CHECK(level_estimate(spec, state, 1)->sd == Approx(std::sqrt(R)).epsilon(1e-12));
}

TEST_CASE("growth: filter and likelihood are one, a saved filter resumes bit for bit", "[switching]") {
    const Spec spec = oracle::spec_of(with_wild(kThree, ""));
    const Panel panel = rows_for(spec, 5, 11);
    const Values values = oracle::moved_values(spec, 2);
    const std::vector<double> by_subject = Likelihood(spec, panel).by_subject(values);
    TransitionCache cache(spec, values);
    const Filter filter(cache);
    Step step;
    for (std::size_t s = 0; s < panel.subjects(); ++s) {
        FilterState state = filter.start({}, panel.row(panel.first_row(s)).covariates);
        for (std::size_t i = panel.first_row(s); i < panel.end_row(s); ++i) {
            state = FilterState::deserialize(state.serialize());
            filter.step(state, panel.row(i), step);
        }
        CHECK(state.log_likelihood == Approx(by_subject[s]).epsilon(1e-12));
    }
}

TEST_CASE("growth: the weights of evidence add up, levels included", "[switching]") {
    const Spec spec = oracle::spec_of(with_wild(kThree, ""));
    const Panel panel = rows_for(spec, 2, 7);
    const Values values = spec.start_values();
    TransitionCache cache(spec, values);
    const Filter filter(cache);
    Step step, plain;
    FilterState state = filter.start({}, panel.row(0).covariates);
    std::size_t seen = 0;
    for (std::size_t i = panel.first_row(1); i < panel.end_row(1); ++i) {
        FilterState other = state;
        filter.step(other, panel.row(i), plain);
        filter.explain(state, panel.row(i), step);
        CHECK(state == other);
        const auto w = weigh(step, spec.states_with("growing"));
        REQUIRE(w);
        double sum = w->before + w->time + w->kind;
        for (const double x : w->channel)
            sum += x;
        CHECK(sum == Approx(w->after).margin(1e-9));
        const double p = probability(probabilities(state), spec.states_with("growing"));
        CHECK(w->after == Approx(std::log(p) - std::log1p(-p)).margin(1e-9));
        // One reading alone: what it says is the whole change at the visit.
        if (step.channels.size() == 1 && !step.kind_speaks) ++seen;
        for (std::size_t c = 0; c < step.channels.size(); ++c)
            if (std::abs(w->channel[c]) > 1e-3) ++seen;
    }
    CHECK(seen > 5);
}

TEST_CASE("growth: a value of zero on a log scale is refused, a censored one weighs by its tail",
          "[switching]") {
    const Spec spec = oracle::spec_of(with_wild(kThree, ""));
    const Values values = spec.start_values();
    Panel panel(spec);
    panel.begin_subject("p");
    const std::vector<double> treated = {1.0};
    std::vector<Reading> readings(4);
    readings[0] = Reading::of(0.0);
    panel.add({Days{0.0}, Kind::snapshot, 0, 0, readings, treated});
    CHECK_THROWS_AS(Likelihood(spec, panel), Error);
    // A first reading below the limit: the probability of that under the prior, whatever the state.
    Panel below(spec);
    below.begin_subject("p");
    readings[0] = Reading::below(std::exp(1.0));
    below.add({Days{0.0}, Kind::snapshot, 0, 0, readings, treated});
    const auto cdf = [](double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); };
    const double expected = std::log(0.99 * cdf((1.0 - 2.0) / std::hypot(1.5, 0.3)) +
                                     0.01 * cdf((1.0 - 2.0) / std::hypot(1.5, 1.5)));
    CHECK(Likelihood(spec, below).value(values) == Approx(expected).epsilon(1e-12));
}

TEST_CASE("growth: a first reading sets its level and tells no states apart, unless it is comparable",
          "[switching]") {
    const auto moved = [](const std::string& comparable) {
        std::string text = with_wild(kThree, "");
        text.replace(text.find("baseline: latent"), 16, "baseline: latent\n    comparable: " + comparable);
        const Spec spec = oracle::spec_of(text);
        const Values values = spec.start_values();
        TransitionCache cache(spec, values);
        const Filter filter(cache);
        const std::vector<double> treated = {1.0};
        FilterState state = filter.start({}, treated);
        Step step;
        std::vector<Reading> readings(4);
        filter.step(state, {Days{0.0}, Kind::snapshot, 0, 0, readings, treated}, step);
        readings[2] = Reading::of(6.0);  // high, as growing is: its mean is 0.8 above the others'
        filter.step(state, {Days{21.0}, Kind::snapshot, 0, 0, readings, treated}, step);
        // Among the living: that the patient was read at all says so much.
        const auto change = [&] {
            return step.filtered[2] / (1.0 - step.filtered[3]) -
                   step.predicted[2] / (1.0 - step.predicted[3]);
        };
        const double first = change();
        filter.step(state, {Days{42.0}, Kind::snapshot, 0, 0, readings, treated}, step);
        return std::pair(first, change());
    };
    CHECK(std::abs(moved("false").first) < 1e-12);
    CHECK(std::abs(moved("false").second) > 1e-6);
    CHECK(moved("true").first > 0.02);
}

TEST_CASE("growth: a first reading that tells no states apart weighs by the states' mean together",
          "[switching]") {
    const Spec spec = oracle::spec_of(with_wild(kThree, ""));
    const std::vector<double> treated = {1.0};
    std::vector<Reading> readings(4);
    readings[2] = Reading::of(std::exp(1.3));
    Panel panel(spec);
    panel.begin_subject("p");
    panel.add({Days{0.0}, Kind::snapshot, 0, 0, readings, treated});
    // Level 0.5, spread 0.6, plus 0, 0.1 or 0.8 by the state at the start; sd of a reading 0.35.
    const double off = 1.3 - 0.5 - (0.5 * 0.0 + 0.3 * 0.1 + 0.2 * 0.8);
    const auto density = [&](double noise) {
        const double S = 0.36 + noise * noise;
        return std::exp(-0.5 * off * off / S) / std::sqrt(2.0 * M_PI * S);
    };
    CHECK(Likelihood(spec, panel).value(spec.start_values()) ==
          Approx(std::log(0.99 * density(0.35) + 0.01 * density(5.0 * 0.35))).epsilon(1e-12));
}

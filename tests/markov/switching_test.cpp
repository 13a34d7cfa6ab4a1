#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <random>

#include <catch2/catch.hpp>

#include "bellwether/markov/filter.hpp"
#include "bellwether/markov/growth.hpp"
#include "bellwether/markov/likelihood.hpp"
#include "bellwether/markov/path.hpp"
#include "bellwether/markov/simulate.hpp"

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

TEST_CASE("growth: filter and likelihood are one; a saved filter resumes bit for bit", "[switching]") {
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

namespace {

/// P(state at the last row) by all paths of states at the rows, each with a Kalman filter of its own: nothing
/// is collapsed. One level.
Eigen::VectorXd by_paths(const Spec& spec, const Values& values, const std::vector<double>& times,
                         const std::vector<double>& y, double noise, double diffusion, double first_mean,
                         double first_sd) {
    const Eigen::MatrixXd Q = generator(spec, values, {});
    const Eigen::Index K = Q.rows();
    Eigen::VectorXd rates(K);
    for (Eigen::Index s = 0; s < K; ++s)
        rates[s] = spec.growth_rate(static_cast<std::size_t>(s), values);
    std::vector<GrowthMoments> gaps;
    for (std::size_t i = 1; i < times.size(); ++i)
        gaps.push_back(growth_moments(Q, rates, Days{times[i] - times[i - 1]}));
    Eigen::VectorXd out = Eigen::VectorXd::Zero(K);
    const Eigen::VectorXd start = start_probabilities(spec, values);
    const std::function<void(std::size_t, Eigen::Index, double, double, double)> walk =
        [&](std::size_t i, Eigen::Index s, double weight, double m, double V) {
            const double S = V + noise * noise, off = y[i] - m;
            // The first reading does not tell states apart.
            if (i > 0) weight *= std::exp(-0.5 * off * off / S) / std::sqrt(S);
            m += V / S * off;
            V -= V * V / S;
            if (i + 1 == times.size()) {
                out[s] += weight;
                return;
            }
            const GrowthMoments& g = gaps[i];
            for (Eigen::Index next = 0; next < K; ++next)
                if (g.P(s, next) > 0.0)
                    walk(i + 1, next, weight * g.P(s, next), m + g.mean(s, next),
                         V + g.variance(s, next) + diffusion * diffusion * (times[i + 1] - times[i]));
        };
    for (Eigen::Index s = 0; s < K; ++s)
        if (start[s] > 0.0) walk(0, s, start[s], first_mean, first_sd * first_sd);
    return out / out.sum();
}

const std::string kRegimes = R"(
schema: 1
model: regimes
numbers: illustrative
states: [{name: shrinking}, {name: stable}, {name: growing}]
transitions:
  - {from: shrinking, to: stable, rate: 0.005}
  - {from: shrinking, to: growing, rate: 0.002}
  - {from: stable, to: growing, rate: 0.0025}
  - {from: growing, to: stable, rate: 0.0005}
growth: {shrinking: -0.025, stable: 0, growing: 0.0077}
channels:
  - {name: ctdna, says: growth, family: normal, noise: 0.25, diffusion: 0.01, first: {mean: 2, sd: 1.5}, wild: {share: 0}}
start: {probabilities: {shrinking: 0.6, stable: 0.25, growing: 0.15}}
)";

}  // namespace

TEST_CASE("growth: collapsing costs little against all paths of nine visits", "[switching]") {
    const Spec spec = oracle::spec_of(kRegimes);
    const Values values = spec.start_values();
    TransitionCache cache(spec, values);
    const Filter filter(cache);
    std::mt19937_64 random(20261127);
    std::uniform_real_distribution<double> uniform;
    std::vector<double> errors;
    for (int patient = 0; patient < 200; ++patient) {
        Schedule schedule;
        double t = 0.0;
        for (int v = 0; v < 9; ++v, t += patient % 2 == 0 ? 21.0 : 10.0 + 40.0 * uniform(random))
            schedule.days.push_back(t);
        Panel panel(spec);
        (void)simulate(spec, values, schedule, random, panel);
        FilterState state = filter.start();
        Step step;
        std::vector<double> y;
        for (std::size_t i = 0; i < panel.rows(); ++i) {
            filter.step(state, panel.row(i), step);
            y.push_back(panel.row(i).readings[0].value);
        }
        const Eigen::VectorXd exact = by_paths(spec, values, schedule.days, y, 0.25, 0.01, 2.0, 1.5);
        errors.push_back(std::abs(step.filtered[2] - exact[2]));
    }
    std::sort(errors.begin(), errors.end());
    CAPTURE(errors[errors.size() / 2], errors.back());
    CHECK(errors[errors.size() / 2] <= 0.002);
    CHECK(errors.back() <= 0.05);
}

TEST_CASE("growth: over a long gap the filter says what a simulation in small steps says", "[switching]") {
    const Spec spec = oracle::spec_of(kRegimes);
    const Values values = spec.start_values();
    // The shift over a gap is no normal, it has the moments of one: that costs little at the gap of CT scans,
    // and is what remains after eight months without a reading.
    const auto [gap, mean_error, largest_error] =
        GENERATE(std::tuple(63.0, 0.01, 0.03), std::tuple(240.0, 0.05, 0.12));
    const double dt = 0.25, noise = 0.25, diffusion = 0.01;
    // Probabilities of the moves in a quarter of a day: exact to (0.007 x 0.25)^2.
    const Eigen::MatrixXd Q = generator(spec, values, {});
    const std::array<double, 3> rate = {-0.025, 0.0, 0.0077}, start = {0.6, 0.25, 0.15};
    std::mt19937_64 random(7);
    std::uniform_real_distribution<double> uniform;
    std::normal_distribution<double> normal;
    struct Bin {
        double n = 0.0, growing = 0.0, said = 0.0;
    };
    std::map<int, Bin> bins;
    TransitionCache cache(spec, values);
    const Filter filter(cache);
    Step step;
    for (int patient = 0; patient < 40000; ++patient) {
        double u = uniform(random);
        std::size_t s = u < start[0] ? 0 : u < start[0] + start[1] ? 1 : 2;
        const double first = 2.0 + 0.5 * normal(random), y0 = first + noise * normal(random);
        double grown = 0.0;
        for (double t = 0.0; t < gap; t += dt) {
            grown += rate[s] * dt;
            u = uniform(random);
            for (std::size_t next = 0; next < 3; ++next) {
                if (next == s) continue;
                const double p = Q(static_cast<Eigen::Index>(s), static_cast<Eigen::Index>(next)) * dt;
                if (u < p) {
                    s = next;
                    break;
                }
                u -= p;
            }
        }
        const double y1 =
            first + grown + diffusion * std::sqrt(gap) * normal(random) + noise * normal(random);
        FilterState state = filter.start();
        for (const auto& [t, y] : {std::pair(0.0, y0), std::pair(gap, y1)})
            filter.step(state, {Days{t}, Kind::snapshot, 0, 0, std::vector<Reading>{Reading::of(y)}, {}},
                        step);
        Bin& bin = bins[static_cast<int>(std::floor((y1 - y0) / 0.5))];
        bin.n += 1.0;
        bin.growing += s == 2 ? 1.0 : 0.0;
        bin.said += step.filtered[2];
    }
    double off = 0.0, all = 0.0;
    for (const auto& [at, bin] : bins) {
        if (bin.n < 200.0) continue;
        const double p = bin.growing / bin.n, said = bin.said / bin.n;
        CAPTURE(at, bin.n, p, said);
        CHECK(std::abs(p - said) <= largest_error + 3.0 * std::sqrt(p * (1.0 - p) / bin.n));
        off += bin.n * std::abs(p - said);
        all += bin.n;
    }
    CHECK(off / all < mean_error);
}

TEST_CASE("growth: rates keep their sign and order, and 0 is exact", "[switching]") {
    const Spec spec = oracle::spec_of(R"(
schema: 1
model: speeds
numbers: illustrative
states: [{name: shrinking}, {name: stable}, {name: slow, labels: [growing]}, {name: fast, labels: [growing]}]
transitions: [{from: shrinking, to: growing, rate: 0.01}]
growth: {fast: 0.02, shrinking: -0.03, slow: {start: 0.004, prior: {centre: 0.005, sd: 1}}, stable: 0}
channels:
  - {name: a, says: growth, family: normal, noise: 0.3, first: {mean: 1, sd: 2}}
start: {probabilities: {shrinking: 1}}
)");
    Values values = spec.start_values();
    CHECK(spec.growth_rate(0, values) == -0.03);
    CHECK(spec.growth_rate(1, values) == 0.0);
    CHECK(spec.growth_rate(2, values) == Approx(0.004).epsilon(1e-14));
    CHECK(spec.growth_rate(3, values) == Approx(0.02).epsilon(1e-14));
    REQUIRE(spec.parameter_index("growth(fast beyond slow)"));
    values[*spec.parameter_index("growth(slow)")] = 0.05;
    CHECK(spec.growth_rate(3, values) > spec.growth_rate(2, values));
    CHECK(spec.parameters[*spec.parameter_index("growth(slow)")].prior->centre == 0.005);
    // On by default: one reading in a hundred with five times the noise.
    CHECK(spec.channels[0].latent->wild_share == 0.01);
    CHECK_FALSE(spec.channels[0].latent->comparable);
}

TEST_CASE("growth: keys that cannot be are named with their place", "[switching]") {
    const auto complaint = [](const std::string& growth, const std::string& channel) {
        Findings findings;
        (void)read_spec(
            "schema: 1\nmodel: m\nnumbers: illustrative\nstates: [{name: up}, {name: down}]\n"
            "transitions: [{from: up, to: down, rate: 0.1}]\n" +
                growth + "channels:\n  - " + channel + "\nstart: {probabilities: {up: 1}}\n",
            "m.yaml", findings);
        REQUIRE_FALSE(findings.ok());
        std::string all;
        for (const Diagnostic& d : findings.list)
            all += to_string(d) + '\n';
        return all;
    };
    const std::string good = "{name: a, says: growth, family: normal, noise: 1, first: {mean: 0, sd: 1}}";
    CHECK_THAT(complaint("", good), Catch::Contains("M038") && Catch::Contains("no rate is declared"));
    CHECK_THAT(complaint("growth: {up: 0.1}\n", good), Catch::Contains("'down' is not given"));
    CHECK_THAT(complaint("growth: {up: 0.1, dwon: 0}\n", good), Catch::Contains("down"));
    CHECK_THAT(complaint("growth: {up: 0.1, down: 0.1}\n", good), Catch::Contains("M038"));
    CHECK_THAT(
        complaint("growth: {up: 0.1, down: -0.1}\n", "{name: a, says: growth, family: normal, noise: 1}"),
        Catch::Contains("first"));
    CHECK_THAT(complaint("growth: {up: 0.1, down: -0.1}\n",
                         "{name: a, says: growth, family: categorical, noise: 1, first: {mean: 0, sd: 1}}"),
               Catch::Contains("categorical"));
}

TEST_CASE("growth: one wild reading does not turn a stable patient into a growing one", "[switching]") {
    const auto said = [](const std::string& wild, double outlier) {
        std::string text = kRegimes;
        text.replace(text.find("wild: {share: 0}"), 16, wild);
        const Spec spec = oracle::spec_of(text);
        const Values values = spec.start_values();
        TransitionCache cache(spec, values);
        const Filter filter(cache);
        FilterState state = filter.start();
        Step step;
        for (int v = 0; v < 8; ++v)
            filter.step(state,
                        {Days{21.0 * v},
                         Kind::snapshot,
                         0,
                         0,
                         std::vector<Reading>{Reading::of(2.0 + (v == 6       ? outlier
                                                                 : v % 2 == 0 ? 0.05
                                                                              : -0.05))},
                         {}},
                        step);
        return step.filtered[2];
    };
    const double without = said("wild: {share: 0.01}", 0.0), with = said("wild: {share: 0.01}", 2.0);
    const double fragile = said("wild: {share: 0}", 2.0);
    CHECK(std::abs(with - without) < 0.05);
    CHECK(fragile - without > 0.2);
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

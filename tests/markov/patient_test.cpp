#include <cmath>
#include <random>

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"
#include "bellwether/markov/filter.hpp"
#include "bellwether/markov/fit.hpp"
#include "bellwether/markov/likelihood.hpp"

#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

std::size_t parameter(Spec& spec, const std::string& name, Parameter::Scale scale, double start) {
    Parameter p;
    p.name = name;
    p.scale = scale;
    p.start = start;
    spec.parameters.push_back(p);
    return spec.parameters.size() - 1;
}

/// Well and ill; so many channels, each with a patient's own level.
Spec spec_of(std::size_t channels, bool by_state, std::size_t states = 2) {
    Spec spec;
    for (std::size_t s = 0; s < states; ++s)
        spec.states.push_back({s == 0 ? "well" : "ill", {}, {}, false, false});
    if (states == 2) {
        spec.transitions = {{0, 1, parameter(spec, "onset", Parameter::Scale::log, 0.03), {}},
                            {1, 0, parameter(spec, "recovery", Parameter::Scale::log, 0.01), {}}};
        StartFactor start;
        start.labels = {"well", "ill"};
        start.parameter = {Channel::Group::kBase,
                           static_cast<int>(parameter(spec, "start", Parameter::Scale::identity, -0.7))};
        start.label_of = {0, 1};
        spec.start = {start};
    }
    for (std::size_t c = 0; c < channels; ++c) {
        const std::string of = std::to_string(c);
        Channel channel;
        channel.name = "y" + of;
        channel.family = by_state ? Family::by_state : Family::normal;
        const std::size_t sd = parameter(spec, "sd" + of, Parameter::Scale::log, 0.5);
        for (std::size_t s = 0; s < states; ++s) {
            const std::size_t mean = parameter(spec, "mean" + of + std::to_string(s),
                                               Parameter::Scale::identity, 1.5 * static_cast<double>(s));
            Channel::Group g;
            if (by_state) {
                g.law = Law::normal;
                g.terms = {{mean, {}}, {sd, {}}};
            } else {
                g.mean.fill(static_cast<int>(mean));
                g.sd = static_cast<int>(sd);
            }
            channel.groups.push_back(g);
            channel.group.push_back(static_cast<int>(s));
        }
        channel.patient_sd = static_cast<int>(
            parameter(spec, "patient" + of, Parameter::Scale::log, 0.8 - 0.2 * static_cast<double>(c)));
        spec.channels.push_back(channel);
    }
    return spec;
}

Panel drawn(const Spec& spec, std::size_t subjects, std::size_t visits, unsigned seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    Panel panel(spec);
    for (std::size_t id = 0; id < subjects; ++id) {
        panel.begin_subject(std::to_string(id));
        const double level[] = {0.8 * normal(random), 0.6 * normal(random)};
        std::size_t state = uniform(random) < 0.33 && spec.states.size() > 1 ? 1 : 0;
        double day = 0.0;
        for (std::size_t v = 0; v < visits; ++v) {
            std::vector<Reading> readings;
            for (std::size_t c = 0; c < spec.channels.size(); ++c)
                readings.push_back(
                    Reading::of(1.5 * static_cast<double>(state) + level[c] + 0.5 * normal(random)));
            if (v == 1 && !readings.empty()) readings[0] = Reading::below(readings[0].value + 0.3);
            panel.add({Days{day}, Kind::snapshot, 0, 0, readings, {}});
            day += 10.0 + 10.0 * uniform(random);
            if (spec.states.size() > 1 && uniform(random) < (state == 0 ? 0.3 : 0.12)) state = 1 - state;
        }
    }
    return panel;
}

/// The same integral by the trapezoidal rule: with a normal density it converges faster than any power.
double by_trapezoid(Spec spec, const Values& values, const Panel& panel, double sd) {
    const auto own = static_cast<std::size_t>(spec.channels[0].patient_sd);
    spec.channels[0].patient_sd = Channel::kNone;
    (void)own;
    double sum = 0.0, top = -1e300;
    std::vector<double> terms;
    const double h = sd / 40.0;
    for (int k = -320; k <= 320; ++k) {
        const double b = h * k;
        Values moved = values;
        for (std::size_t p = 0; p < values.size(); ++p)
            if (spec.parameters[p].name.starts_with("mean0")) moved[p] += b;
        const double z = b / sd;
        terms.push_back(Likelihood(spec, panel).value(moved) - 0.5 * z * z -
                        std::log(sd * std::sqrt(2 * M_PI)) + std::log(h));
        top = std::max(top, terms.back());
    }
    for (const double t : terms)
        sum += std::exp(t - top);
    return top + std::log(sum);
}

}  // namespace

TEST_CASE("patient levels: the integral equals the trapezoidal rule", "[markov][patient][reference]") {
    const bool by_state = GENERATE(false, true);
    const Spec spec = spec_of(1, by_state);
    const Values values = spec.start_values();
    const Panel panel = drawn(spec, 6, 7, 2);
    const std::vector<double> each = Likelihood(spec, panel).by_subject(values);
    double sum = 0.0;
    for (std::size_t s = 0; s < panel.subjects(); ++s) {
        const Panel alone = panel.subset([&](const std::string& id) { return id == panel.id(s); });
        CAPTURE(by_state, s);
        // 641 points against a grid that stops by itself; both rules' errors are far below.
        CHECK_THAT(each[s], WithinAbs(by_trapezoid(spec, values, alone, values.back()), 1e-9));
        sum += each[s];
    }
    CHECK_THAT(Likelihood(spec, panel).value(values), WithinRel(sum, 1e-13));
}

TEST_CASE("patient levels: with one state it is a normal model with equal covariances",
          "[markov][patient][reference]") {
    // Readings of a subject are multivariate normal: sd^2 on the diagonal, patient_sd^2 everywhere.
    const Spec spec = spec_of(1, true, 1);
    const Values values = spec.start_values();
    Panel panel(spec);
    const std::vector<double> y = {0.3, 1.4, -0.2, 0.9, 0.8};
    panel.begin_subject("a");
    for (std::size_t i = 0; i < y.size(); ++i) {
        const Reading r[] = {Reading::of(y[i])};
        Row row{Days{static_cast<double>(i)}, Kind::snapshot, 0, 0, r, {}};
        row.known = i == 0;
        panel.add(row);
    }
    const double sd = values[*spec.parameter_index("sd0")], own = values[*spec.parameter_index("patient0")];
    Eigen::MatrixXd S = Eigen::MatrixXd::Constant(5, 5, own * own);
    S.diagonal().array() += sd * sd;
    const Eigen::VectorXd d = Eigen::Map<const Eigen::VectorXd>(y.data(), 5);
    const double exact =
        -0.5 * d.dot(S.inverse() * d) - 0.5 * std::log(S.determinant()) - 2.5 * std::log(2 * M_PI);
    CHECK_THAT(Likelihood(spec, panel).value(values), WithinAbs(exact, 1e-10));
}

TEST_CASE("patient levels: the gradient equals differences, for one and two levels", "[markov][patient]") {
    const std::size_t channels = GENERATE(std::size_t{1}, std::size_t{2});
    const Spec spec = spec_of(channels, false);
    const Values values = spec.start_values();
    const Likelihood likelihood(spec, drawn(spec, 12, 6, 7));
    std::vector<double> gradient;
    (void)likelihood.value(values, gradient);
    for (std::size_t p = 0; p < values.size(); ++p) {
        const Parameter& q = spec.parameters[p];
        Values up = values, down = values;
        const double h = 1e-4;
        up[p] = q.natural_from(q.free_from(values[p]) + h);
        down[p] = q.natural_from(q.free_from(values[p]) - h);
        const double slope = (likelihood.value(up) - likelihood.value(down)) / (2 * h);
        CAPTURE(channels, q.name);
        CHECK_THAT(gradient[p], WithinRel(slope, 1e-4) || WithinAbs(slope, 2e-4));
    }
}

TEST_CASE("patient levels: a fit recovers their spread, and leaving them out costs",
          "[markov][patient][recover]") {
    const Spec spec = spec_of(1, true);
    const Panel panel = drawn(spec, 150, 8, 5);
    const ParameterSet fitted = fit(spec, panel);
    CAPTURE(fitted.summary.why);
    CHECK(fitted.usable());
    const auto own = *spec.parameter_index("patient0"), sd = *spec.parameter_index("sd0");
    CHECK(std::abs(std::log(fitted.values[own] / 0.8)) < 4 * *fitted.standard_error[own]);
    CHECK(std::abs(std::log(fitted.values[sd] / 0.5)) < 4 * *fitted.standard_error[sd]);
    Spec without = spec;
    without.channels[0].patient_sd = Channel::kNone;
    without.parameters[own].fixed = true;
    CHECK(fit(without, panel).summary.final_log_lik < fitted.summary.final_log_lik - 20.0);
}

TEST_CASE("patient levels: three of them, or of a rate, are refused", "[markov][patient][error]") {
    const Spec three = spec_of(3, true);
    CHECK_THROWS_AS(Likelihood(three, Panel(three)), Error);
    Spec rate = spec_of(1, false);
    rate.channels[0].says = Says::rate;
    CHECK_THROWS_AS(Likelihood(rate, Panel(rate)), Error);
}

TEST_CASE("patient levels: patient-sd in a file, and what such a model cannot do", "[markov][patient]") {
    const Spec spec = oracle::spec_of(R"(
schema: 1
model: own
numbers: illustrative
states: [{name: well}, {name: ill}]
transitions: [{from: well, to: ill, rate: 0.02}, {from: ill, to: well, rate: 0.01}]
channels:
  - {name: y, says: level, family: normal, mean: {well: 0, ill: 2}, sd: 0.5, patient-sd: 0.8}
  - {name: z, by-state: {well: {poisson: {rate: 2}}, ill: {poisson: {rate: 5}}}, patient-sd: {start: 0.3, prior: {centre: 0.3, sd: 1}}}
start: {probabilities: {well: 0.7, ill: 0.3}}
)");
    REQUIRE(spec.channels[0].patient_sd >= 0);
    CHECK(spec.parameters[static_cast<std::size_t>(spec.channels[0].patient_sd)].name == "patient-sd(y)");
    CHECK(spec.parameters[static_cast<std::size_t>(spec.channels[1].patient_sd)].prior);
    const Values values = spec.start_values();
    TransitionCache cache(spec, values);
    CHECK_THROWS_WITH(Filter(cache), Catch::Matchers::Contains("'y'"));
}

#include <cmath>
#include <random>

#include <catch2/catch.hpp>

#include "bellwether/markov/fit.hpp"
#include "bellwether/markov/likelihood.hpp"

using namespace bellwether;
using namespace bellwether::markov;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

std::size_t parameter(Spec& spec, const std::string& name, Parameter::Scale scale, double start,
                      bool fixed = false) {
    Parameter p;
    p.name = name;
    p.scale = scale;
    p.start = start;
    p.fixed = fixed;
    spec.parameters.push_back(p);
    return spec.parameters.size() - 1;
}

/// One state whose readings follow a law with these natural parameters (start: all of them 1, or as fixed).
Spec one_state(Law law, const std::vector<double>& truth, const std::vector<bool>& fixed) {
    Spec spec;
    spec.states.push_back({"only", {}, {}, false, false});
    Channel c;
    c.name = "y";
    c.family = Family::by_state;
    Channel::Group g;
    g.law = law;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        const auto name = natural_parameters(law)[i];
        g.terms.push_back(
            {parameter(spec, std::string(name), scale_of(name), fixed[i] ? truth[i] : 0.5, fixed[i]), {}});
    }
    c.groups = {g};
    c.group = {0};
    spec.channels = {c};
    return spec;
}

template <typename Distribution>
void check_moments(Law law, const std::vector<double>& truth, const std::vector<bool>& fixed,
                   Distribution draw) {
    const Spec spec = one_state(law, truth, fixed);
    std::mt19937_64 random(11);
    Panel panel(spec);
    for (int s = 0; s < 20000; ++s) {
        const Reading r[] = {Reading::of(static_cast<double>(draw(random)))};
        panel.begin_subject(std::to_string(s));
        Row row{Days{0.0}, Kind::snapshot, 0, 0, r, {}};
        row.known = true;
        panel.add(row);
    }
    const Values got = crude_start(spec, panel);
    for (std::size_t i = 0; i < truth.size(); ++i) {
        CAPTURE(static_cast<int>(law), spec.parameters[i].name);
        // 20,000 draws: moments to about 1 percent, a shape by two of them to 3.
        CHECK_THAT(got[i], WithinRel(truth[i], 0.04));
    }
}

Spec three_states(bool poor) {
    Spec spec;
    for (const char* name : {"low", "middle", "high", "dead"})
        spec.states.push_back({name, {}, {}, false, false});
    spec.states[3].absorbing = true;
    struct Move {
        std::size_t from, to;
        double rate;
    };
    for (const Move& m :
         {Move{0, 1, 0.02}, Move{1, 2, 0.015}, Move{1, 0, 0.005}, Move{2, 3, 0.01}, Move{0, 3, 0.001}})
        spec.transitions.push_back({m.from,
                                    m.to,
                                    parameter(spec, "rate" + std::to_string(m.from) + std::to_string(m.to),
                                              Parameter::Scale::log, poor ? 3.0 : m.rate),
                                    {}});
    Channel c;
    c.name = "y";
    c.family = Family::by_state;
    for (int s = 0; s < 3; ++s) {
        Channel::Group g;
        g.law = Law::normal;
        g.terms = {
            {parameter(spec, "mean" + std::to_string(s), Parameter::Scale::identity,
                       poor ? 1e-3 * s : 50 + 4.0 * s),
             {}},
            {parameter(spec, "sd" + std::to_string(s), Parameter::Scale::log, poor ? 30.0 : 1.0 + 0.3 * s),
             {}}};
        c.groups.push_back(g);
    }
    c.group = {0, 1, 2, Channel::kNone};
    spec.channels = {c};
    StartFactor start;
    start.labels = {"low", "middle", "high"};
    start.parameter = {
        Channel::Group::kBase,
        static_cast<int>(parameter(spec, "start1", Parameter::Scale::identity, poor ? 0.0 : -1.0)),
        static_cast<int>(parameter(spec, "start2", Parameter::Scale::identity, poor ? 0.0 : -2.0))};
    start.label_of = {0, 1, 2, -1};
    spec.start = {start};
    return spec;
}

Panel drawn(const Spec& spec, std::size_t subjects) {
    const Values truth = spec.start_values();
    std::mt19937_64 random(5);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    std::normal_distribution<double> normal;
    Panel panel(spec);
    for (std::size_t id = 0; id < subjects; ++id) {
        panel.begin_subject(std::to_string(id));
        const double pick = uniform(random);
        std::size_t state = pick < 0.665 ? 0 : pick < 0.91 ? 1 : 2;
        double now = 0.0, visit = 0.0;
        for (int v = 0; v < 12 && state != 3;) {
            double all = 0.0;
            for (const Transition& t : spec.transitions)
                if (t.from == state) all += truth[t.rate];
            const double next = now - std::log(1.0 - uniform(random)) / all;
            for (; visit < next && v < 12; ++v, visit += 20.0 + 10.0 * uniform(random)) {
                const double y = 50 + 4.0 * static_cast<double>(state) +
                                 (1.0 + 0.3 * static_cast<double>(state)) * normal(random);
                const Reading r[] = {Reading::of(y)};
                panel.add({Days{visit}, Kind::snapshot, 0, only(0) | only(1) | only(2), r, {}});
            }
            now = next;
            double left = uniform(random) * all;
            for (const Transition& t : spec.transitions)
                if (t.from == state && (left -= truth[t.rate]) <= 0.0) {
                    state = t.to;
                    break;
                }
            if (state == 3 && v < 12) {
                const Reading none[] = {Reading{}};
                panel.add({Days{now}, Kind::entry, 0, only(3), none, {}});
            }
        }
    }
    return panel;
}

}  // namespace

TEST_CASE("crude_start: laws take the moments of their readings", "[markov][start]") {
    check_moments(Law::normal, {3.0, 0.7}, {false, false}, std::normal_distribution<double>(3.0, 0.7));
    check_moments(Law::lognormal, {1.0, 0.5}, {false, false}, std::lognormal_distribution<double>(1.0, 0.5));
    check_moments(Law::exponential, {2.5}, {false}, std::exponential_distribution<double>(2.5));
    check_moments(Law::gamma, {3.0, 2.0}, {false, false}, std::gamma_distribution<double>(3.0, 0.5));
    check_moments(Law::weibull, {1.8, 4.0}, {false, false}, std::weibull_distribution<double>(1.8, 4.0));
    check_moments(Law::poisson, {3.3}, {false}, std::poisson_distribution<int>(3.3));
    check_moments(Law::binomial, {12.0, 0.3}, {true, false}, std::binomial_distribution<int>(12, 0.3));
    check_moments(Law::negative_binomial, {4.0, 0.4}, {false, false},
                  std::negative_binomial_distribution<int>(4, 0.4));
    check_moments(Law::beta, {2.0, 5.0}, {false, false}, [](std::mt19937_64& random) {
        const double a = std::gamma_distribution<double>(2.0, 1.0)(random),
                     b = std::gamma_distribution<double>(5.0, 1.0)(random);
        return a / (a + b);
    });
}

TEST_CASE("crude_start: a hidden model reaches its maximum from nothing but the data", "[markov][start]") {
    const Spec good = three_states(false), poor = three_states(true);
    const Panel panel = drawn(good, 300);
    FitOptions options;
    const ParameterSet from_truth = fit(good, panel, options);
    REQUIRE(from_truth.usable());
    options.from = crude_start(poor, panel);
    const ParameterSet from_data = fit(poor, panel, options);
    CHECK(from_data.usable());
    CHECK_THAT(from_data.summary.final_log_lik, WithinAbs(from_truth.summary.final_log_lik, 1e-4));
    // Already near: half of the readings of neighbours 3 to 4 sd apart are told apart by eye.
    CHECK(from_data.summary.start_log_lik >
          from_truth.summary.final_log_lik - 0.1 * std::abs(from_truth.summary.final_log_lik));
}

TEST_CASE("crude_start: rates are moves over time at risk where states are seen", "[markov][start]") {
    // By hand: half a move, and a tenth of the mean time in a state, are added to 2 moves (0) and 25 (15)
    // days.
    Spec spec;
    for (const char* name : {"well", "ill"})
        spec.states.push_back({name, {}, {}, false, false});
    spec.transitions = {{0, 1, parameter(spec, "onset", Parameter::Scale::log, 1.0), {}},
                        {1, 0, parameter(spec, "recovery", Parameter::Scale::log, 1.0), {}}};
    Panel panel(spec);
    const auto look = [&](double day, std::size_t state, bool first) {
        Row row{Days{day}, Kind::snapshot, 0, only(state), {}, {}};
        row.known = first;
        panel.add(row);
    };
    panel.begin_subject("a");
    look(0, 0, true);
    look(10, 0, false);
    look(20, 1, false);
    panel.begin_subject("b");
    look(0, 0, true);
    look(20, 1, false);
    const Values got = crude_start(spec, panel);
    // The 10 and 20 days before each onset are shared by both states: 10 + 5 + 10 days at risk in "well".
    CHECK_THAT(got[0], WithinRel(2.5 / (25.0 + 40.0 / 20.0), 1e-12));
    CHECK_THAT(got[1], WithinRel(0.5 / (15.0 + 40.0 / 20.0), 1e-12));
}

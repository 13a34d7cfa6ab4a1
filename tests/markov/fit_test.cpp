#include "bellwether/markov/fit.hpp"

#include <cmath>

#include <catch2/catch.hpp>

#include "bellwether/markov/likelihood.hpp"
#include "bellwether/markov/simulate.hpp"

#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;
using Catch::Matchers::Contains;
using Catch::Matchers::WithinRel;

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

const std::string kTwo = R"(
schema: 1
model: two
numbers: illustrative
states: [{name: well}, {name: ill}, {name: dead, absorbing: true, entry: exact}]
covariates: [{name: drug, kind: indicator}]
transitions:
  - {from: well, to: ill, rate: 0.02, effects: {drug: -0.5}}
  - {from: ill, to: well, rate: 0.01}
  - {from: ill, to: dead, rate: 0.005}
channels:
  - {name: x, says: level, family: normal, mean: {well: 0, ill: 2}, sd: 0.7}
start: {probabilities: {well: 1}}
anchors: [{channel: x, order: [well, ill]}]
)";

Panel drawn(const Spec& spec, const Values& truth, std::size_t subjects, bool treated = true) {
    Panel panel(spec);
    std::mt19937_64 random(20240229);
    for (std::size_t i = 0; i < subjects; ++i) {
        Schedule schedule;
        schedule.id = "S" + std::to_string(i);
        for (int v = 0; v < 12; ++v) {
            schedule.days.push_back(21.0 * v);
            schedule.covariates.push_back({treated && i % 2 == 1 ? 1.0 : 0.0});
        }
        schedule.missing = 0.1;
        simulate(spec, truth, schedule, random, panel);
    }
    return panel;
}

}  // namespace

TEST_CASE("fit: recovers the values that drew the data", "[markov][fit][recover]") {
    const Spec spec = oracle::spec_of(kTwo);
    const Values truth = spec.start_values();
    const Panel panel = drawn(spec, truth, 400);
    FitOptions options;
    options.from = truth;
    for (std::size_t p = 0; p < truth.size(); ++p)
        options.from[p] = spec.parameters[p].scale == Parameter::Scale::log ? truth[p] * 1.7 : truth[p] + 0.3;
    const ParameterSet fitted = fit(spec, panel, options);
    CAPTURE(fitted.summary.why);
    CHECK(fitted.usable());
    CHECK(fitted.summary.max_scaled_gradient < 1e-3);
    CHECK(fitted.summary.final_log_lik > fitted.summary.start_log_lik);
    for (std::size_t p = 0; p < truth.size(); ++p) {
        // 4 standard errors: of 7 parameters one is further out once in 2,000 draws; the draw is fixed.
        const Parameter& q = spec.parameters[p];
        CAPTURE(q.name);
        CHECK(std::abs(q.free_from(fitted.values[p]) - q.free_from(truth[p])) <
              4 * *fitted.standard_error[p]);
    }
    SECTION("and is deterministic") {
        CHECK(fit(spec, panel, options).values == fitted.values);
    }
    SECTION("and other starts end at the same maximum") {
        options.starts = 3;
        CHECK_THAT(fit(spec, panel, options).summary.final_log_lik,
                   WithinRel(fitted.summary.final_log_lik, 1e-9));
    }
}

TEST_CASE("fit: recovers growth rates that depend on therapy", "[markov][fit][recover]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    const Values truth = spec.start_values();
    Panel panel(spec);
    std::mt19937_64 random(7);
    for (std::size_t i = 0; i < 300; ++i) {
        Schedule schedule;
        schedule.id = std::to_string(i);
        for (int v = 0; v < 14; ++v) {
            schedule.days.push_back(21.0 * v);
            schedule.covariates.push_back({(v / 5 + static_cast<int>(i)) % 2 == 0 ? 1.0 : 0.0, 60.0});
        }
        schedule.first_value = {5.0, 10.0, 1.0, 0.0};
        schedule.lower_limit = {0.5, -1e9, 1e-9, -1.0};
        simulate(spec, truth, schedule, random, panel);
    }
    const ParameterSet fitted = fit(spec, panel);
    // `ageing` is free while age never leaves its centre: flat, and named.
    CHECK(fitted.summary.end == FitSummary::End::not_identified);
    CHECK_THAT(fitted.summary.why, Contains("'ageing'"));
    for (const char* name :
         {"mean(ctdna, growing)", "mean(ctdna, shrinking | drug=1)", "mean(ctdna, shrinking)",
          "mean(mdsc, growing)", "mean(nlr, growing | drug=1)", "sd(nlr)"}) {
        const auto p = *spec.parameter_index(name);
        CAPTURE(name);
        CHECK(std::abs(fitted.values[p] - truth[p]) < 0.15 * std::abs(truth[p]) + 0.004);
    }
}

TEST_CASE("fit: a transition that is never observed ends at a boundary and is named", "[markov][fit]") {
    const Spec spec = oracle::spec_of(kTwo);
    Values truth = spec.start_values();
    truth[*spec.parameter_index("rate(ill>dead)")] = 1e-12;
    const ParameterSet fitted = fit(spec, drawn(spec, truth, 150));
    CHECK(fitted.summary.end == FitSummary::End::boundary);
    CHECK_THAT(fitted.summary.why, Contains("'rate(ill>dead)'"));
    CHECK_FALSE(fitted.usable());
    CHECK_FALSE(fitted.standard_error[*spec.parameter_index("rate(ill>dead)")]);
    CHECK(fitted.standard_error[*spec.parameter_index("rate(ill>well)")]);
}

TEST_CASE("fit: a flat direction is not identified and is named", "[markov][fit]") {
    const Spec spec = oracle::spec_of(kTwo);
    const ParameterSet alone = fit(spec, drawn(spec, spec.start_values(), 100, false));  // drug never given
    CHECK(alone.summary.end == FitSummary::End::not_identified);
    CHECK_THAT(alone.summary.why, Contains("'effect(drug: well>ill)'"));

    SECTION("two that only act together too") {
        // sd^2 + diffusion^2 gap, all gaps equal: only the sum is known.
        const Spec twin = oracle::spec_of(
            replaced(kTwo, "says: level, family: normal, mean: {well: 0, ill: 2}, sd: 0.7",
                     "says: rate, family: normal, mean: {well: 0, ill: 0.1}, sd: 0.7, diffusion: 0.1"));
        Panel panel = drawn(twin, twin.start_values(), 150);
        Panel regular(twin);  // without gaps that differ
        for (std::size_t s = 0; s < panel.subjects(); ++s) {
            bool complete = true;
            for (std::size_t i = panel.first_row(s); i < panel.end_row(s); ++i)
                complete =
                    complete && (panel.row(i).readings[0].present || panel.row(i).kind == Kind::exact_entry);
            if (!complete) continue;
            regular.begin_subject(panel.id(s));
            for (std::size_t i = panel.first_row(s); i < panel.end_row(s); ++i)
                regular.add(panel.row(i));
        }
        REQUIRE(regular.subjects() > 20);
        const ParameterSet both = fit(twin, regular);
        CAPTURE(both.summary.why);
        CHECK_FALSE(both.usable());
        CHECK((both.summary.end == FitSummary::End::not_identified ||
               both.summary.end == FitSummary::End::boundary));
    }
    SECTION("a prior that is declared to hold it makes the fit usable, and says so") {
        const Spec held = oracle::spec_of(replaced(
            kTwo, "{drug: -0.5}", "{drug: {start: -0.5, held: true, prior: {centre: -0.5, sd: 0.3}}}"));
        const ParameterSet fitted = fit(held, drawn(held, held.start_values(), 100, false));
        CHECK(fitted.usable());
        REQUIRE(fitted.summary.held.size() == 1);
        CHECK(fitted.summary.held[0] == "effect(drug: well>ill)");
    }
    SECTION("a prior that nobody declared does not") {
        const Spec silent = oracle::spec_of(
            replaced(kTwo, "{drug: -0.5}", "{drug: {start: -0.5, prior: {centre: -0.5, sd: 0.3}}}"));
        const ParameterSet fitted = fit(silent, drawn(silent, silent.start_values(), 100, false));
        CHECK(fitted.summary.end == FitSummary::End::not_identified);
        CHECK_THAT(fitted.summary.why, Contains("not declared as held"));
    }
}

TEST_CASE("fit: a start that is not finite or not possible is a bad start and says where",
          "[markov][fit][error]") {
    const Spec spec = oracle::spec_of(kTwo);
    const Panel panel = drawn(spec, spec.start_values(), 30);
    FitOptions options;
    options.from = spec.start_values();
    options.from[0] = std::nan("");
    const ParameterSet nan = fit(spec, panel, options);
    CHECK(nan.summary.end == FitSummary::End::bad_start);
    CHECK_THAT(nan.summary.why, Contains("'rate(well>ill)'"));

    Panel impossible(spec);
    const Reading x[] = {Reading::of(0.0)};
    const double drug[] = {0.0};
    impossible.begin_subject("a");
    impossible.add({Days{0}, Kind::one_of, 0, spec.states_with("ill"), x, drug});  // all start well
    const ParameterSet zero = fit(spec, impossible);
    CHECK(zero.summary.end == FitSummary::End::bad_start);
    CHECK_THAT(zero.summary.why, Contains("subject 1 of 1"));
}

TEST_CASE("fit: the limit of iterations is not called convergence", "[markov][fit]") {
    const Spec spec = oracle::spec_of(kTwo);
    FitOptions options;
    options.max_iterations = 2;
    options.from = spec.start_values();
    for (double& x : options.from)
        x = x > 0 ? x * 3 : x;
    const ParameterSet fitted = fit(spec, drawn(spec, spec.start_values(), 50), options);
    CHECK(fitted.summary.end == FitSummary::End::iteration_limit);
    CHECK_FALSE(fitted.usable());
}

TEST_CASE("fit: states that have swapped their meaning break the anchor and are not usable",
          "[markov][fit]") {
    const Spec spec = oracle::spec_of(replaced(replaced(kTwo, "{well: 0, ill: 2}", "{well: 2, ill: 0}"),
                                               "anchors: [{channel: x, order: [well, ill]}]", ""));
    const Panel panel = drawn(spec, spec.start_values(), 200);
    const Spec anchored = oracle::spec_of(kTwo);
    FitOptions options;
    options.from = spec.start_values();
    const ParameterSet fitted = fit(anchored, panel, options);
    CHECK(fitted.summary.end == FitSummary::End::converged);
    CHECK_THAT(fitted.summary.anchor_broken, Contains("'well'") && Contains("'ill'"));
    CHECK_FALSE(fitted.usable());
}

TEST_CASE("log_prior: equals the normal log density up to a constant", "[markov][fit]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    Values a = spec.start_values(), b = a;
    const auto p = *spec.parameter_index("rate(stable>shrinking)");
    b[p] = 0.012;  // the centre
    CHECK_THAT(log_prior(spec, b) - log_prior(spec, a),
               WithinRel(0.5 * std::pow(std::log(0.012 / 0.01) / 0.8, 2), 1e-12));
}

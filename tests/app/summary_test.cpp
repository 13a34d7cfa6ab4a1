#include "bellwether/app/summary.hpp"

#include <cmath>

#include <catch2/catch.hpp>

#include "bellwether/app/fit.hpp"
#include "bellwether/core/error.hpp"

using namespace bellwether;
using namespace bellwether::app;
using Catch::Matchers::WithinRel;

namespace {

markov::FittedModel fitted() {
    Findings findings;
    markov::FittedModel model;
    model.spec = markov::read_spec(R"(schema: 1
model: m
numbers: illustrative
time-unit: year
states: [{name: a}, {name: b}, {name: c, absorbing: true}]
covariates: [{name: age, centre: 50}, {name: sex, levels: [m, f]}, {name: both, product: [age, sex]}, {name: period, cuts: [5]}]
transitions:
  - {from: a, to: b, rate: 0.3, effects: {age: 0.1, sex: {start: 0.5, tie: sex}}}
  - {from: a, to: c, rate: {start: 0.1, fixed: true}}
  - {from: b, to: c, rate: 0.2, effects: {sex: {start: 0.5, tie: sex, factor: -1}, both: 0, period: 0}}
)",
                                   "m.yaml", findings);
    for (const auto& d : findings.list)
        UNSCOPED_INFO(to_string(d));
    REQUIRE(findings.ok());
    auto& set = model.sets.emplace_back();
    set.values = model.spec.start_values();
    set.standard_error.assign(set.values.size(), 0.2);
    set.standard_error[*model.spec.parameter_index("rate(a>c)")].reset();
    const auto known = static_cast<Eigen::Index>(set.values.size() - 1);
    set.covariance = 0.04 * Eigen::MatrixXd::Identity(known, known);
    return model;
}

const Sheet& sheet(const std::vector<Sheet>& sheets, const std::string& name) {
    for (const Sheet& s : sheets)
        if (s.name == name) return s;
    FAIL("no sheet " << name);
    return sheets.front();
}

double number(const Sheet& s, std::size_t row, std::size_t column) {
    return std::get<double>(s.rows.at(row).at(column));
}

std::string message(const markov::Spec& spec, const std::string& word) {
    try {
        (void)covariates_at(spec, {word});
    } catch (const Error& e) {
        return e.what();
    }
    return "";
}

}  // namespace

TEST_CASE("summarise: intervals, ratios, rates and stays by hand", "[app][summary]") {
    const auto model = fitted();
    const auto sheets = summarise(model, covariates_over(model.spec, {"age=52", "sex=f"}, {}), {1.5});
    const double z = 1.959963984540054;  // 97.5% of the normal
    const Sheet& parameters = sheet(sheets, "parameters");
    CHECK_THAT(number(parameters, 0, 2), WithinRel(0.3 * std::exp(-z * 0.2), 1e-12));
    CHECK_THAT(number(parameters, 0, 3), WithinRel(0.3 * std::exp(z * 0.2), 1e-12));
    const Sheet& hazards = sheet(sheets, "hazards");
    // sex acts on a > b by 0.5 and on b > c by -0.5.
    CHECK_THAT(number(hazards, 1, 3), WithinRel(std::exp(0.5), 1e-12));
    CHECK_THAT(number(hazards, 2, 3), WithinRel(std::exp(-0.5), 1e-12));
    CHECK_THAT(number(hazards, 2, 4), WithinRel(std::exp(-0.5 - z * 0.2), 1e-6));
    const double ab = 0.3 * std::exp(0.1 * 2 + 0.5), bc = 0.2 * std::exp(-0.5);
    CHECK_THAT(number(sheet(sheets, "generator"), 0, 2), WithinRel(ab, 1e-12));
    CHECK_THAT(number(sheet(sheets, "generator"), 2, 2), WithinRel(bc, 1e-12));
    CHECK_THAT(number(sheet(sheets, "sojourn"), 0, 1), WithinRel(1 / (ab + 0.1), 1e-12));
    CHECK(std::isinf(number(sheet(sheets, "sojourn"), 2, 1)));
    CHECK_THAT(number(sheet(sheets, "next"), 0, 2), WithinRel(ab / (ab + 0.1), 1e-12));
    const Sheet& p = sheet(sheets, "probabilities");
    CHECK_THAT(number(p, 0, 3), WithinRel(std::exp(-(ab + 0.1) * 1.5), 1e-12));
    CHECK_THAT(number(p, 5, 3), WithinRel(1 - std::exp(-bc * 1.5), 1e-12));
    CHECK(p.columns == std::vector<std::string>{"time", "from", "to", "probability", "low", "high"});
    // log ab = log 0.3 + 2 * 0.1 + 0.5: variances 0.04, 4 * 0.04 and 0.04. Tolerance: differences.
    const double half = z * std::sqrt(6 * 0.04);
    CHECK_THAT(number(sheet(sheets, "generator"), 0, 3), WithinRel(ab * std::exp(-half), 1e-5));
    CHECK_THAT(number(sheet(sheets, "generator"), 0, 4), WithinRel(ab * std::exp(half), 1e-5));
    // From a: c at rate 0.1 or by b. E[a to c] = (1 + ab E[b to c]) / (ab + 0.1); b may never be entered.
    const Sheet& passage = sheet(sheets, "passage");
    CHECK(std::isinf(number(passage, 0, 2)));
    CHECK_THAT(number(passage, 1, 2), WithinRel((1 + ab / bc) / (ab + 0.1), 1e-10));
    CHECK_THAT(number(sheet(sheets, "reached"), 0, 3),
               WithinRel(ab / (ab + 0.1) * (1 - std::exp(-(ab + 0.1) * 1.5)), 1e-10));
    CHECK_THAT(number(sheet(sheets, "stay"), 0, 3),
               WithinRel((1 - std::exp(-(ab + 0.1) * 1.5)) / (ab + 0.1), 1e-10));
    // What was not estimated has no interval.
    for (const auto& row : parameters.rows)
        if (std::get<std::string>(row[0]) == "rate(a>c)") {
            CHECK(std::holds_alternative<std::monostate>(row[2]));
            CHECK(std::get<std::string>(row[4]) == "fixed");
        }
}

TEST_CASE("covariates_at: levels, products, periods and centres", "[app][summary][error]") {
    const auto spec = fitted().spec;
    CHECK(covariates_at(spec, {}) == std::vector<double>{50, 0, 0, 0});
    CHECK(covariates_at(spec, {"sex=f", "period=from5"}) == std::vector<double>{50, 1, 50, 1});
    CHECK(covariates_at(spec, {"sex=m", "period=before"}) == std::vector<double>{50, 0, 0, 0});
    CHECK(message(spec, "agee=3") == "P029: no covariate is called 'agee'; did you mean 'age'?");
    CHECK(message(spec, "age") == "P029: 'age' has no value; write age=VALUE");
    CHECK(message(spec, "age=old") == "P029: 'age=old' is not a number");
    CHECK(message(spec, "sex=x") == "P029: 'sex' has no level 'x'; did you mean 'm'?");
    CHECK(message(spec, "both=3").starts_with("P029: no covariate is called 'both'"));
}

TEST_CASE("bootstrap: the same sheets, by percentiles, threads change nothing", "[app][summary][bootstrap]") {
    // Stays at the quantiles of an exponential of rate 2, all seen to end: the estimated mean stay is a mean,
    // whose bootstrap standard error is sd / sqrt(n).
    constexpr int n = 400;
    std::string text = "id,t,s\n";
    double sum = 0.0, squares = 0.0;
    for (int i = 0; i < n; ++i) {
        const double stay = -std::log(1 - (i + 0.5) / n) / 2;
        text += std::to_string(i) + ",0,a\n" + std::to_string(i) + "," + std::to_string(stay) + ",b\n";
        sum += stay;
        squares += stay * stay;
    }
    Findings findings;
    const auto spec = markov::read_spec(
        "schema: 1\nmodel: m\nnumbers: illustrative\nstates: [{name: a}, {name: b, absorbing: true}]\n"
        "transitions: [{from: a, to: b, rate: 1}]\ndata: {subject: id, time: t, state: s, exact-times: "
        "true}\n",
        "m.yaml", findings);
    const auto source = feed::feed_from_memory(text);
    const auto table = read_table(*source, "x.csv", spec, spec.table, findings);
    REQUIRE(findings.ok());
    const auto model = fit_table(spec, table, {});
    markov::BootstrapOptions how;
    how.draws = 400;
    const auto one = bootstrap(model, table, {}, {}, how);
    how.threads = 3;
    CHECK(to_json(bootstrap(model, table, {}, {}, how)) == to_json(one));
    const double mean = sum / n, se = std::sqrt((squares / n - mean * mean) / n);
    const Sheet& sojourn = sheet(one, "sojourn");
    CHECK_THAT(number(sojourn, 0, 1), WithinRel(mean, 1e-4));
    // An end of the interval from 400 refits has an error of some 8% of its distance from the middle.
    CHECK_THAT(mean - number(sojourn, 0, 2), WithinRel(1.96 * se, 0.25));
    CHECK_THAT(number(sojourn, 0, 3) - mean, WithinRel(1.96 * se, 0.25));
    CHECK_THAT(number(sheet(one, "parameters"), 0, 2),
               WithinRel(1 / number(sojourn, 0, 3), 1e-3));  // but for interpolation between refits
}

TEST_CASE("summarise: probabilities and stays go through changes and periods", "[app][summary]") {
    Findings findings;
    markov::FittedModel model;
    model.spec = markov::read_spec(R"(schema: 1
model: m
numbers: illustrative
time-unit: year
states: [{name: well}, {name: dead, absorbing: true}]
covariates: [{name: on, kind: indicator}, {name: age-of-study, cuts: [4]}]
transitions:
  - {from: well, to: dead, rate: 0.1, effects: {on: 1.0986122886681098, age-of-study: 0.6931471805599453}}
)",
                                   "m.yaml", findings);
    REQUIRE(findings.ok());
    auto& set = model.sets.emplace_back();
    set.values = model.spec.start_values();
    set.standard_error.assign(set.values.size(), std::nullopt);
    // 0.1 until year 1, threefold from there on, doubled again by the period from year 4.
    const auto sheets = summarise(model, covariates_over(model.spec, {}, {"1:on=1"}), {3.0, 6.0});
    const double at3 = std::exp(-0.1 - 0.6), at6 = std::exp(-0.1 - 0.9 - 1.2);
    const Sheet& p = sheet(sheets, "probabilities");
    CHECK_THAT(number(p, 0, 3), WithinRel(at3, 1e-12));
    CHECK_THAT(number(p, 2, 3), WithinRel(at6, 1e-12));
    const double stay = (1.0 - std::exp(-0.1)) / 0.1 + std::exp(-0.1) * (1.0 - std::exp(-0.6)) / 0.3;
    CHECK_THAT(number(sheet(sheets, "stay"), 0, 3), WithinRel(stay, 1e-12));
    // A period that is named stays.
    const auto fixed = summarise(model, covariates_over(model.spec, {"age-of-study=before"}, {}), {6.0});
    CHECK_THAT(number(sheet(fixed, "probabilities"), 0, 3), WithinRel(std::exp(-0.6), 1e-12));
    CHECK_THROWS_AS(covariates_over(model.spec, {}, {"on=1"}), Error);
    CHECK_THROWS_AS(covariates_over(model.spec, {}, {"5:on=1", "3:on=0"}), Error);
    CHECK_THROWS_AS(covariates_over(model.spec, {}, {"5:no=1"}), Error);
}

#include <algorithm>
#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "bellwether/markov/likelihood.hpp"
#include "bellwether/markov/model.hpp"

#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

const std::string kHead = R"(schema: 1
model: m
numbers: illustrative
time-unit: year
)";

/// Three live states and death, each key once.
const std::string kStates =
    kHead +
    R"(states: [{name: well}, {name: mild}, {name: severe}, {name: dead, absorbing: true, entry: exact}]
covariates:
  - {name: age, centre: mean}
  - {name: sex, levels: [male, female], time: fixed}
  - {name: stage, column: STAGE, levels: [I, II, III]}
  - {name: age_sex, product: [age, sex]}
  - {name: period, cuts: [5, 10]}
transitions:
  - {from: well, to: mild, rate: 0.2, effects: {age: {start: 0.1, tie: ageing}, sex: {start: 0.5, fixed: true}}}
  - {from: mild, to: severe, rate: 0.3, effects: {age: {start: 0.1, tie: ageing, factor: 2}, stage: 0.4}}
  - {from: mild, to: well, rate: 0.1, effects: {age: {start: 0.1, tie: ageing, factor: -1}, period: 0}}
  - {from: severe, to: dead, rate: 0.4, effects: {stage: {start: 0.2, tie: staging}, stage=II: 1}}
)";

Spec read(const std::string& text, Findings& findings) {
    Spec spec = read_spec(text, "m.yaml", findings);
    findings.sort();
    return spec;
}

Spec good(const std::string& text) {
    Findings findings;
    Spec spec = read(text, findings);
    for (const auto& d : findings.list)
        UNSCOPED_INFO(to_string(d));
    REQUIRE(findings.ok());
    return spec;
}

/// All findings of a specification, in order.
std::vector<std::string> findings_of(const std::string& text) {
    Findings findings;
    (void)read(text, findings);
    std::vector<std::string> out;
    for (const auto& d : findings.list)
        out.push_back(to_string(d));
    return out;
}

/// States and one transition, then what is to be tried; the tried part begins in line 7.
std::vector<std::string> tried(const std::string& part) {
    return findings_of(kHead + "states: [{name: a}, {name: b}]\ntransitions: [{from: a, to: b, rate: 1}]\n" +
                       part);
}

const Transition& from_to(const Spec& spec, std::size_t from, std::size_t to) {
    return *std::find_if(spec.transitions.begin(), spec.transitions.end(),
                         [&](const Transition& t) { return t.from == from && t.to == to; });
}

}  // namespace

TEST_CASE("read_spec: a model of observed states needs neither channels nor a start", "[markov][spec]") {
    const Spec spec = good(kStates);
    CHECK(spec.time_unit == "year");
    CHECK(spec.channels.empty());
    CHECK(spec.start.empty());
}

TEST_CASE("read_spec: factors, products and periods become indicator columns", "[markov][spec]") {
    const Spec spec = good(kStates);
    std::vector<std::string> names;
    for (const auto& c : spec.covariates)
        names.push_back(c.name);
    CHECK(names == std::vector<std::string>{"age", "sex=female", "stage=II", "stage=III", "age_sex",
                                            "period=from5", "period=from10"});
    CHECK(spec.covariates[0].centre_on_mean);
    const Covariate& sex = spec.covariates[1];
    CHECK((sex.indicator && !sex.varying && sex.from == Covariate::From::level && sex.level == 1));
    CHECK(sex.column == "sex");
    CHECK(spec.covariates[3].column == "STAGE");
    CHECK(spec.covariates[3].levels == std::vector<std::string>{"I", "II", "III"});
    CHECK(spec.covariates[4].product == std::vector<std::size_t>{0, 1});
    CHECK(spec.covariates[5].begins == 5.0);
    CHECK(spec.covariates[5].ends == 10.0);
    CHECK(std::isinf(spec.covariates[6].ends));
    CHECK(spec.covariates_of("stage") == std::vector<std::size_t>{2, 3});
}

TEST_CASE("read_spec: effects are shared with a sign, fixed, or one per level", "[markov][spec]") {
    const Spec spec = good(kStates);
    const std::size_t ageing = *spec.parameter_index("ageing");
    CHECK(from_to(spec, 0, 1).effects ==
          std::vector<Effect>{{0, ageing, 1.0}, {1, *spec.parameter_index("effect(sex=female: well>mild)")}});
    CHECK(spec.parameters[*spec.parameter_index("effect(sex=female: well>mild)")].fixed);
    CHECK(from_to(spec, 1, 2).effects ==
          std::vector<Effect>{{0, ageing, 2.0},
                              {2, *spec.parameter_index("effect(stage=II: mild>severe)")},
                              {3, *spec.parameter_index("effect(stage=III: mild>severe)")}});
    CHECK(from_to(spec, 1, 0).effects[0] == Effect{0, ageing, -1.0});
    // A tie of a factor is one parameter per level.
    CHECK(spec.parameter_index("staging(stage=II)"));
    CHECK(spec.parameter_index("staging(stage=III)"));
    CHECK(spec.parameter_index("effect(stage=II: severe>dead)"));
}

TEST_CASE("read_spec: by-state gives each state a law, shared parameters are one", "[markov][spec]") {
    const Spec spec = good(kStates + R"(channels:
  - name: fev
    by-state:
      well: {normal: {mean: {start: 100, effects: {age: {start: -1, tie: slope}}}, sd: {start: 16, tie: sd}}}
      mild: {truncated-normal: {mean: {start: 70, effects: {age: {start: -1, tie: slope}}}, sd: {start: 16, tie: sd}, lower: 0}}
      severe: {negative-binomial: {disp: 2, prob: 0.3}}
      dead: {identity: {value: 999}}
  - name: count
    by-state:
      well: {binomial: {size: 10, prob: {start: 0.5, prior: {centre: 0, sd: 1}, held: true}}}
      mild: {normal-with-error: {mean: 1, sd: 2, lower: 0, upper: 5, sderr: 0.5}}
      severe: {student-t: {mean: 1, scale: 2, df: {start: 5, fixed: true}}}
start: {probabilities: {well: 1}}
)");
    const Channel& fev = spec.channels[0];
    CHECK(fev.family == Family::by_state);
    CHECK(fev.group == std::vector<int>{0, 1, 2, 3});
    CHECK(fev.groups[1].law == Law::truncated_normal);
    const auto& well = fev.groups[0].terms;
    const auto& mild = fev.groups[1].terms;
    REQUIRE(mild.size() == 4);
    CHECK(well[1].parameter == mild[1].parameter);
    CHECK(spec.parameters[well[1].parameter].scale == Parameter::Scale::log);
    CHECK(well[0].effects == mild[0].effects);
    // Bounds are facts: fixed, and infinite where they are left out.
    CHECK(spec.parameters[mild[2].parameter].fixed);
    CHECK(spec.parameters[mild[3].parameter].start == std::numeric_limits<double>::infinity());
    CHECK(spec.parameters[fev.groups[2].terms[1].parameter].scale == Parameter::Scale::logit);
    CHECK(spec.parameters[fev.groups[3].terms[0].parameter].fixed);
    const Channel& count = spec.channels[1];
    CHECK(count.group == std::vector<int>{0, 1, 2, Channel::kNone});
    CHECK(spec.parameters[count.groups[0].terms[0].parameter].fixed);
    CHECK(spec.parameters[count.groups[0].terms[1].parameter].held);
    CHECK(spec.parameters[count.groups[1].terms[5].parameter].start == 0.0);
}

TEST_CASE("read_spec: covariates act on misclassification and on the start", "[markov][spec]") {
    const Spec spec = good(kStates + R"(channels:
  - name: smear
    family: categorical
    says: level
    categories: [well, mild, severe]
    probabilities:
      well: {well: 0.9, mild: {p: 0.1, effects: {sex: {start: 0.3, tie: reader}}}}
      mild: {well: {p: 0.2, effects: {sex: {start: 0.3, tie: reader, factor: -1}}}, mild: 0.7, severe: {p: 0.1, fixed: true}}
      severe: {severe: 1}
start: {estimate: true, probabilities: {well: 0.8, mild: {p: 0.2, effects: {age: 0.1}}}}
)");
    const auto& groups = spec.channels[0].groups;
    const std::size_t reader = *spec.parameter_index("reader");
    CHECK(groups[0].odds_effects[1] == std::vector<Effect>{{1, reader, 1.0}});
    CHECK(groups[1].odds_effects[0] == std::vector<Effect>{{1, reader, -1.0}});
    CHECK(groups[1].odds_effects[1].empty());
    const auto& fixed = spec.parameters[static_cast<std::size_t>(groups[1].odds[2])];
    CHECK(fixed.fixed);
    CHECK_THAT(fixed.start, WithinRel(std::log(0.1 / 0.7), 1e-15));
    CHECK(groups[2].odds_effects.empty());
    REQUIRE(spec.start[0].effects.size() == 2);
    CHECK(spec.start[0].effects[1] ==
          std::vector<Effect>{{0, *spec.parameter_index("effect(age: start(mild))"), 1.0}});
}

TEST_CASE("read_spec: phases are states of their own that share what the state has", "[markov][spec]") {
    const Spec spec =
        good(kHead + R"(states: [{name: ill, phases: 2}, {name: well}, {name: dead, absorbing: true}]
covariates: [{name: age}]
transitions:
  - {from: ill.1, to: ill.2, rate: 0.5}
  - {from: ill, to: dead, rate: [0.1, 0.4], effects: {age: 0.2}}
  - {from: well, to: ill, rate: 0.3}
  - {from: ill, to: well, rate: 0.7}
channels: [{name: y, by-state: {ill: {poisson: {rate: 3}}, well: {poisson: {rate: 1}}}}]
start: {probabilities: {ill: 0.4, well: 0.6}}
)");
    REQUIRE(spec.states.size() == 4);
    CHECK(spec.states[1].name == "ill.2");
    CHECK(spec.states[1].phase == 2);
    CHECK(spec.states_with("ill") == 0b0011);
    // Entered in the first phase, left from both; a rate each to death, one shared to well.
    CHECK(spec.transitions.size() == 6);
    CHECK(from_to(spec, 2, 0).to == 0);
    CHECK(from_to(spec, 0, 3).rate == *spec.parameter_index("rate(ill.1>dead)"));
    CHECK(from_to(spec, 1, 3).rate == *spec.parameter_index("rate(ill.2>dead)"));
    CHECK(from_to(spec, 0, 3).effects == from_to(spec, 1, 3).effects);
    CHECK(from_to(spec, 0, 2).rate == from_to(spec, 1, 2).rate);
    CHECK(spec.channels[0].group == std::vector<int>{0, 0, 1, Channel::kNone});
    CHECK(spec.start[0].label_of == std::vector<int>{0, -1, 1, -1});
}

TEST_CASE("read_spec: the table's columns and codes", "[markov][spec]") {
    const Spec spec = good(kStates + R"(channels:
  - {name: fev, by-state: {well: {normal: {mean: 1, sd: 1}}, mild: {normal: {mean: 2, sd: 1}}, severe: {normal: {mean: 3, sd: 1}}}}
start: {probabilities: {well: 1}}
data: {subject: PTNUM, time: years, state: state, kind: obstype, known: firstobs, weight: w, exact-times: true, readings: {fev: FEV1}, codes: {99: [well, mild]}}
)");
    CHECK(spec.table.subject == "PTNUM");
    CHECK(spec.table.watched);
    CHECK(spec.table.column_of("fev") == "FEV1");
    CHECK(spec.table.codes == std::vector<std::pair<std::string, StateSet>>{{"99", 0b0011}});
}

TEST_CASE("read_spec: what is wrong with the newer keys is named, all in one go", "[markov][spec][error]") {
    using Lines = std::vector<std::string>;
    CHECK(
        tried("covariates: [{name: x, levels: [one]}, {name: y, product: [x]}, {name: z, cuts: [5, 4]}]\n") ==
        Lines{"m.yaml:7:14: error M035: factor 'x' has one level; list all levels; the first is the one that "
              "others are compared with",
              "m.yaml:7:59: error M035: 'y' is a product of 1; name two covariates; for three, name a "
              "product and a covariate",
              "m.yaml:7:60: error M028: no covariate is called 'x'; nothing may stand here",
              "m.yaml:7:85: error M035: the cuts do not ascend; write them in order"});
    CHECK(tried("covariates: [{name: x, levels: [a, b], cuts: [1]}]\n") ==
          Lines{"m.yaml:7:14: error M035: covariate 'x' is made in two ways; write one of `levels:`, "
                "`product:` and `cuts:`; `column:` goes with levels or alone"});
    const std::string start = "start: {probabilities: {a: 1}}\n";
    CHECK(
        tried("channels: [{name: y, by-state: {a: {normall: {mean: 1}}, b: {normal: {mean: 1, std: 2}}}}]\n" +
              start) == Lines{"m.yaml:7:37: error M036: 'normall' is not a law; did you mean 'normal'?",
                              "m.yaml:7:70: error Y011: key 'sd' is missing; add 'sd: ...' to this map",
                              "m.yaml:7:80: error Y010: unknown key 'std'; did you mean 'sd'?"});
    CHECK(
        tried("channels: [{name: y, by-state: {a: {uniform: {lower: 3, upper: 1}}, b: {binomial: {size: 0.5, "
              "prob: 2}}}}]\n" +
              start) ==
        Lines{"m.yaml:7:36: error M036: `lower` is not below `upper`; swap or widen them",
              "m.yaml:7:72: error M036: a size of 0.5 is not a number of trials; write a whole number from 1",
              "m.yaml:7:101: error M026: 'prob(y, b)' must lie between 0 and 1, not at 2; write a number "
              "above 0 and below 1"});
    CHECK(tried("channels: [{name: y, by-state: {a: {poisson: {rate: 3}}}}]\n" + start) ==
          Lines{"m.yaml:7:32: error M022: channel 'y' says nothing of state 'b'; give its law, by name or by "
                "a label"});
    CHECK(tried("start: {probabilities: {a: {p: 0.7, tie: x}, b: 0.3}}\n") ==
          Lines{"m.yaml:7:25: error M029: 'a' is what the others are compared with; give it a number alone, "
                "and the effects to the others"});
    CHECK(tried("data: {subjekt: id, readings: {y: Y}, codes: {99: [c]}}\n") ==
          Lines{"m.yaml:7:8: error Y010: unknown key 'subjekt'; did you mean 'subject'?",
                "m.yaml:7:32: error M037: no channel is called 'y'; nothing may stand here",
                "m.yaml:7:52: error M020: no state is called or labelled 'c'; did you mean 'a'?"});
    CHECK(findings_of(kHead + "states: [{name: a}, {name: b, phases: 2, absorbing: true}]\ntransitions: "
                              "[{from: a, to: b, rate: [1, 2]}]\n") ==
          Lines{"m.yaml:5:21: error M034: 'b' is absorbing and has phases; remove `phases:`; they shape the "
                "time until a state is left",
                "m.yaml:6:39: error M034: 'a' has no phase 1; give as many rates as the state has phases, or "
                "one number",
                "m.yaml:6:42: error M034: 'a' has no phase 2; give as many rates as the state has phases, or "
                "one number"});
    CHECK(findings_of(kHead + "states: [{name: a}, {name: b}]\ncovariates: [{name: f, levels: [x, y, "
                              "z]}]\ntransitions: [{from: a, to: b, rate: 1, effects: {g: 1, f=q: 2}}]\n") ==
          Lines{"m.yaml:7:51: error M028: no covariate is called 'g'; did you mean 'f'?",
                "m.yaml:7:57: error M028: no covariate is called 'f=q'; did you mean 'f=y'?"});
}

TEST_CASE("fit_folds: `centre: mean` is the mean without each subject's last row, and is kept",
          "[markov][fit]") {
    // Reference: by hand. Subject 1 has ages 50, 52 and a last row of 90; subject 2 has 60 and a last one:
    // the mean is (50 + 52 + 60) / 3 = 54.
    const Spec spec = good(kHead + R"(states: [{name: a}, {name: b, absorbing: true}]
covariates: [{name: age, centre: mean}]
transitions: [{from: a, to: b, rate: 0.5, effects: {age: {start: 0, fixed: true}}}]
)");
    Panel panel(spec);
    const auto add = [&](double t, StateSet among, double age) {
        const double covariates[] = {age};
        Row row;
        row.time = Days{t};
        row.among = among;
        row.known = t == 0.0;
        row.covariates = covariates;
        panel.add(row);
    };
    panel.begin_subject("1");
    add(0, 1, 50);
    add(1, 1, 52);
    add(2, 2, 90);
    panel.begin_subject("2");
    add(0, 1, 60);
    add(3, 1, 7);
    // Nobody has taken the mean yet: fit would centre on 0 without a word.
    CHECK_THROWS_WITH(fit(spec, panel),
                      Catch::Matchers::StartsWith("M016: covariate 'age' is to be centred on its mean"));
    const FittedModel model = fit_folds(spec, panel, 0, "today");
    CHECK_THAT(model.spec.covariates[0].centre, WithinAbs(54.0, 1e-12));
    REQUIRE(model.usable());
    Findings findings;
    const FittedModel again = read_model(write_model(model), "fit.yaml", findings);
    for (const auto& d : findings.list)
        UNSCOPED_INFO(to_string(d));
    REQUIRE(findings.ok());
    CHECK(again.spec.covariates[0].centre == model.spec.covariates[0].centre);
    CHECK_NOTHROW(fit(again.spec, panel));
    std::string text = write_model(model);
    text.replace(text.find("[\"age\", 54]"), 11, "[\"aeg\", 54]");
    (void)read_model(text, "fit.yaml", findings);
    REQUIRE(findings.list.size() == 1);
    CHECK(findings.list[0].code == "M041");
}

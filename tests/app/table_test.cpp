#include "bellwether/app/table.hpp"

#include <cmath>

#include <catch2/catch.hpp>

#include "bellwether/app/fit.hpp"
#include "bellwether/app/preflight.hpp"
#include "bellwether/markov/likelihood.hpp"

using namespace bellwether;
using namespace bellwether::app;
using namespace bellwether::markov;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

const std::string kHead = R"(schema: 1
model: m
numbers: illustrative
time-unit: year
)";

const std::string kIllness =
    kHead + R"(states: [{name: well}, {name: ill}, {name: dead, absorbing: true, entry: exact}]
covariates:
  - {name: age}
  - {name: sex, column: SEX, levels: [m, f], time: fixed}
  - {name: age_sex, product: [age, sex]}
  - {name: period, cuts: [2, 4]}
transitions:
  - {from: well, to: ill, rate: 0.3, effects: {age: 0, sex: 0, age_sex: 0}}
  - {from: ill, to: dead, rate: 0.4, effects: {sex: 0, period: 0}}
data: {subject: id, time: t, state: state, codes: {9: [well, ill]}}
)";

const std::string kSmear =
    kHead + R"(states: [{name: well}, {name: ill}, {name: dead, absorbing: true, entry: exact}]
transitions: [{from: well, to: ill, rate: 0.3}, {from: ill, to: dead, rate: 0.4}]
channels:
  - {name: smear, says: level, family: categorical, categories: [well, ill], probabilities: {well: {well: 0.9, ill: 0.1}, ill: {well: 0.2, ill: 0.8}}}
  - {name: fev, by-state: {well: {normal: {mean: 100, sd: 10}}, ill: {normal: {mean: 60, sd: 10}}, dead: {identity: {value: 999}}}}
start: {probabilities: {well: 0.7, ill: 0.3}}
data: {subject: id, time: t, known: sure, readings: {fev: FEV}}
)";

Spec spec_of(const std::string& text) {
    Findings findings;
    Spec spec = read_spec(text, "m.yaml", findings);
    for (const auto& d : findings.list)
        UNSCOPED_INFO(to_string(d));
    REQUIRE(findings.ok());
    return spec;
}

Table table_of(const Spec& spec, const std::string& text, Findings& findings,
               const TableOptions& options = {}) {
    const auto source = feed::feed_from_memory(text);
    return read_table(*source, "x.csv", spec, columns_of(spec, options), findings);
}

Table good(const Spec& spec, const std::string& text, const TableOptions& options = {}) {
    Findings findings;
    Table table = table_of(spec, text, findings, options);
    for (const auto& d : findings.list)
        UNSCOPED_INFO(to_string(d));
    REQUIRE(findings.ok());
    return table;
}

std::vector<std::string> findings_of(const Spec& spec, const std::string& text,
                                     const TableOptions& options = {}) {
    Findings findings;
    (void)table_of(spec, text, findings, options);
    std::vector<std::string> out;
    for (const auto& d : findings.list)
        out.push_back(to_string(d));
    return out;
}

std::vector<double> covariates(const Table& table, std::size_t row) {
    const auto c = table.panel.row(row).covariates;
    return {c.begin(), c.end()};
}

}  // namespace

TEST_CASE("read_table: states by name, number and code, an exact entry by its state", "[app][table]") {
    const Table t = good(spec_of(kIllness),
                         "id,t,state,age,SEX\n"
                         "a,0,1,50,m\n"
                         "a,1,NA,51,m\n"
                         "a,1.5,ill,,m\n"
                         "a,1.75,9,52,m\n"
                         "a,1.9,dead,53,m\n"
                         "\"b\",0,,40,f\n"
                         "b,1,2,41,f\n");
    REQUIRE(t.panel.subjects() == 2);
    REQUIRE(t.panel.rows() == 6);
    std::vector<StateSet> among;
    for (std::size_t i = 0; i < 6; ++i)
        among.push_back(t.panel.row(i).among);
    CHECK(among == std::vector<StateSet>{0b001, 0, 0b010, 0b011, 0b100, 0b010});
    CHECK(t.panel.row(0).known);
    CHECK_FALSE(t.panel.row(2).known);
    CHECK(t.panel.row(2).kind == Kind::snapshot);
    CHECK(t.panel.row(4).kind == Kind::entry);
    // b is not seen before time 1; what was known of its covariates stays known.
    CHECK(t.panel.row(5).time.count == 1.0);
    CHECK(t.line == std::vector<int>{2, 3, 4, 5, 6, 8});
    // A missing covariate keeps its value; products and periods are made.
    CHECK(covariates(t, 2) == std::vector<double>{51, 0, 0, 0, 0});
    CHECK(covariates(t, 5) == std::vector<double>{41, 1, 41, 0, 0});
}

TEST_CASE("read_table: a row stands at each cut of time", "[app][table]") {
    const Spec spec = spec_of(kIllness);
    const std::string text = "id,t,state,age,SEX,how\na,1,well,3,f,1\na,4,ill,3,f,1\na,5,ill,3,f,2\n";
    const Table t = good(spec, text);
    REQUIRE(t.panel.rows() == 4);
    CHECK(t.panel.row(1).time.count == 2.0);
    CHECK(t.panel.row(1).among == 0);
    CHECK(t.line == std::vector<int>{2, 3, 3, 4});
    CHECK(covariates(t, 0) == std::vector<double>{3, 1, 3, 0, 0});
    CHECK(covariates(t, 1) == std::vector<double>{3, 1, 3, 1, 0});
    CHECK(covariates(t, 2) == std::vector<double>{3, 1, 3, 0, 1});  // a period begins with its cut
    // Where moves are seen when they happen, nothing moved at the cut.
    TableOptions watched;
    watched.exact_times = true;
    const Table w = good(spec, text, watched);
    CHECK(w.panel.row(1).kind == Kind::watched);
    CHECK(w.panel.row(1).among == 0b001);
    // By hand: well until 2, then ill at 4 (rate 0.3); ill until 5 (rate 0.4):
    // exp(-0.3 * 3) 0.3 exp(-0.4).
    CHECK_THAT(Likelihood(spec, w.panel).value(spec.start_values()),
               WithinRel(-0.9 + std::log(0.3) - 0.4, 1e-12));
    TableOptions mixed;
    mixed.kind = "how";
    CHECK(good(spec, text, mixed).panel.row(3).kind == Kind::watched);
}

TEST_CASE("read_table: readings, limits, codes, known states and death among the readings", "[app][table]") {
    const Spec spec = spec_of(kSmear);
    TableOptions options;
    options.codes = {"-1=well+ill"};
    const Table t = good(spec,
                         "id,t,smear,FEV,sure,w\n"
                         "a,0,ill,101.5,1,2\n"
                         "a,1,2,<50,0,2\n"
                         "a,2,,60..70,,2\n"
                         "a,3,-1,>90,,2\n"
                         "a,4,dead,,,2\n"
                         "b,0,1,NA,NA,0.5\n"
                         "b,1,,999,NA,0.5\n",
                         [&] {
                             options.weight = "w";
                             return options;
                         }());
    const auto row = [&](std::size_t i) { return t.panel.row(i); };
    CHECK(t.panel.weight(0) == 2.0);
    CHECK(t.panel.weight(1) == 0.5);
    // Known: the smear says the state itself.
    CHECK((row(0).known && row(0).among == 0b010 && !row(0).readings[0].present));
    CHECK(row(0).readings[1] == markov::Reading::of(101.5));
    CHECK(row(1).readings[0] == markov::Reading::of(1));
    CHECK(row(1).readings[1] == markov::Reading::below(50));
    CHECK(row(2).readings[1] == markov::Reading::between(60, 70));
    CHECK((row(3).among == 0b011 && !row(3).readings[0].present));
    CHECK(row(3).readings[1] == markov::Reading::above(90));
    CHECK((row(4).among == 0b100 && row(4).kind == Kind::entry));
    CHECK_FALSE(row(5).known);
    // 999 is what death reads, by its law.
    CHECK((row(6).among == 0b100 && row(6).kind == Kind::entry && !row(6).readings[1].present));
}

TEST_CASE("read_table: what an exact entry cannot have been read in stems from just before", "[app][table]") {
    const Spec spec = spec_of(kSmear);
    TableOptions options;
    options.state = "state";
    const Table t = good(spec, "id,t,smear,FEV,sure,state\na,0,1,,,\na,1,2,,,dead\n", options);
    CHECK(t.panel.row(1).kind == Kind::exact_entry);
    CHECK(t.panel.row(1).state == 2);
    CHECK(std::isfinite(Likelihood(spec, t.panel).value(spec.start_values())));
}

TEST_CASE("read_table: the likelihood of observed states is the closed form", "[app][table]") {
    // Two states with rates a and b: P00(t) = (b + a exp(-(a+b)t)) / (a+b), by hand.
    const Spec spec = spec_of(kHead + R"(states: [{name: x}, {name: y}]
transitions: [{from: x, to: y, rate: 0.5}, {from: y, to: x, rate: 0.2}]
)");
    TableOptions options;
    options.subject = "who";
    options.time = "when";
    options.state = "s";
    const Table t = good(spec, "when,who,s\n0,1,x\n2,1,y\n3,1,y\n0,2,y\n1,2,x\n", options);
    const auto stay = [](double from, double to, double time) {
        return (to + from * std::exp(-(from + to) * time)) / (from + to);
    };
    const double expected =
        std::log(1 - stay(0.5, 0.2, 2)) + std::log(stay(0.2, 0.5, 1)) + std::log(1 - stay(0.2, 0.5, 1));
    CHECK_THAT(Likelihood(spec, t.panel).value(spec.start_values()), WithinRel(expected, 1e-12));
}

TEST_CASE("read_table: what is wrong is named with its line and column, all in one go",
          "[app][table][error]") {
    using Lines = std::vector<std::string>;
    const Spec spec = spec_of(kIllness);
    CHECK(findings_of(spec, "id,tt,state,age,sex\n") ==
          Lines{"x.csv:1:1: error P020: the table has no column 't'; did you mean 'tt'?",
                "x.csv:1:1: error P020: the table has no column 'SEX'; did you mean 'sex'?"});
    CHECK(findings_of(spec, "") ==
          Lines{"x.csv:1:1: error P027: the table is empty; let the first line name the columns"});
    CHECK(
        findings_of(spec,
                    "id,t,state,age,SEX\na,0,wel,1,m\na,1,well,1\na,x,well,1,m\n,2,1,1,m\na,,1,1,m\n") ==
        Lines{
            "x.csv:2:5: error P023: no state is called 'wel'; did you mean 'well'?; or a number from 1 to 3, "
            "or a code (--code wel=STATE+STATE)",
            "x.csv:3:1: error P021: 4 cells under 5 columns; give each row a cell for each column; quote "
            "cells with commas in them",
            "x.csv:4:3: error P022: time 'x' is not a number; write digits and a point, or leave the cell "
            "empty where the value is missing",
            "x.csv:5:1: error P024: the subject is missing; write who this row is about",
            "x.csv:6:3: error P024: the time is missing; write it, or remove the row"});
    CHECK(
        findings_of(spec, "id,t,state,age,SEX\na,1,well,1,m\na,0,well,1,m\nb,0,1,,w\na,2,1,1,m\n") ==
        Lines{
            "x.csv:3:3: error P025: time 0 of subject 'a' follows 1; order the rows of each subject by time",
            "x.csv:4:7: error P024: covariate 'age' is missing in the first row of subject 'b'; write its "
            "value; a later row may leave it out, and keeps it",
            "x.csv:4:8: error P023: 'w' is not a level of 'sex'; did you mean 'm'?",
            "x.csv:5:1: error P025: subject 'a' comes again; let all rows of a subject stand together"});
    TableOptions options;
    options.weight = "w";
    options.kind = "k";
    CHECK(
        findings_of(spec, "id,t,state,age,SEX,w,k\na,0,1,1,m,1,1\na,1,1,1,f,2,9\n", options) ==
        Lines{
            "x.csv:3:11: error P026: weight '2' of subject 'a' is negative, missing or not that of its other "
            "rows; give all rows of a subject one weight from 0",
            "x.csv:3:9: error P026: covariate 'sex=f' of subject 'a' changes, but is fixed in time; correct "
            "the cell, or remove `time: fixed`",
            "x.csv:3:13: error P023: '9' is not a way to watch; write snapshot, exact or death (or 1, 2, "
            "3)"});
    CHECK(
        findings_of(spec_of(kSmear), "id,t,smear,FEV,sure\na,0,sick,low,2\n") ==
        Lines{
            "x.csv:2:14: error P023: '2' is neither 0 nor 1; write 1 where the state is known",
            "x.csv:2:5: error P023: 'sick' is not a category of 'smear'; one of: well, ill",
            "x.csv:2:10: error P022: reading 'low' of 'fev' is not a number; write a number, <limit, >limit "
            "or low..high, or leave the cell empty"});
}

TEST_CASE("columns_of: options come before the model's data section and must fit it", "[app][table][error]") {
    const Spec spec = spec_of(kSmear);
    TableOptions options;
    options.subject = "patient";
    options.readings = {"fev=F"};
    const TableColumns columns = columns_of(spec, options);
    CHECK(columns.subject == "patient");
    CHECK(columns.time == "t");
    CHECK(columns.column_of("fev") == "F");
    const auto message = [&](const TableOptions& bad) {
        try {
            (void)columns_of(spec, bad);
        } catch (const Error& e) {
            return std::string(e.what());
        }
        return std::string();
    };
    TableOptions bad;
    bad.readings = {"few=F"};
    CHECK(message(bad) == "P029: no channel is called 'few'; did you mean 'fev'?");
    bad = {};
    bad.codes = {"99=wel+ill"};
    CHECK(message(bad) == "P029: no state is called 'wel'; did you mean 'well'?");
    bad.codes = {"99"};
    CHECK(message(bad) == "P029: --code '99' has no '='; write --code 99=STATE+STATE");
}

TEST_CASE("find_impossible: states tied in time are named by subject and line", "[app][table][error]") {
    const Spec spec = spec_of(kIllness);
    const Table t = good(
        spec, "id,t,state,age,SEX\na,0,well,1,m\na,1,well,1,m\na,1,ill,1,m\nb,0,ill,1,m\nb,1,well,1,m\n");
    Findings findings;
    find_impossible(spec, spec.start_values(), t, "x.csv", findings);
    REQUIRE(findings.list.size() == 2);
    CHECK(to_string(findings.list[0]) ==
          "x.csv:4:1: error P028: subject 'a' cannot be so at time 1: state 'ill' cannot follow state 'well' "
          "after "
          "a time of 0; two states stand at one time: move or remove one of the rows");
    CHECK(findings.list[1].at.line == 6);
    CHECK(findings.list[1].hint == "correct the row, or let the model have the transition");
}

TEST_CASE("fit_table: a table has one fingerprint, whatever the covariates", "[app][table]") {
    const std::string text = "id,t,state,age,SEX\na,0,well,1,m\na,1,ill,2,m\nb,0,ill,1,f\nb,1,dead,1,f\n";
    std::string without = kIllness;
    without.replace(without.find("{age: 0, sex: 0, age_sex: 0}"), 28, "{}");
    const std::string first = good(spec_of(kIllness), text).fingerprint;
    CHECK(good(spec_of(without), text).fingerprint == first);
    CHECK(good(spec_of(kIllness), text + "b,2,dead,1,f\n").fingerprint != first);
    TableOptions options;
    options.exact_times = true;
    CHECK(good(spec_of(kIllness), text, options).fingerprint != first);
}

#include "bellwether/app/preflight.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace bellwether;
using namespace bellwether::app;

namespace {

Preflight look(const std::string& model, const std::string& text) {
    Findings findings;
    const auto spec = markov::read_spec(
        "schema: 1\nmodel: m\nnumbers: illustrative\ntime-unit: year\n" + model, "m.yaml", findings);
    const auto source = feed::feed_from_memory(text);
    TableOptions options;
    options.subject = "id";
    options.time = "t";
    options.state = "s";
    const auto table = read_table(*source, "x.csv", spec, columns_of(spec, options), findings);
    for (const auto& d : findings.list)
        UNSCOPED_INFO(to_string(d));
    REQUIRE(findings.ok());
    return preflight(spec, table.panel);
}

bool says(const Preflight& p, const std::string& sentence) {
    for (const auto& a : p.advice)
        UNSCOPED_INFO(a);
    return std::find(p.advice.begin(), p.advice.end(), sentence) != p.advice.end();
}

const std::string kStates =
    "states: [{name: well}, {name: moderate}, {name: dead, absorbing: true, entry: exact}]\n";

}  // namespace

TEST_CASE("preflight: moves are counted between consecutive rows whose states are seen", "[app][preflight]") {
    // By hand.
    const auto p = look(
        kStates + "transitions: [{from: well, to: moderate, rate: 1}, {from: moderate, to: dead, rate: 1}]\n",
        "id,t,s\na,0,well\na,1,well\na,3,moderate\na,4,dead\nb,0,1\nb,2,2\nc,0,1\n");
    CHECK((p.subjects == 3 && p.rows == 7 && p.single == 1 && p.pairs == 4));
    CHECK(p.moves == std::vector<std::vector<std::size_t>>{{1, 2, 0}, {0, 0, 1}, {0, 0, 0}});
    CHECK(p.longest == 4.0);
    CHECK(p.median_gap == 2.0);
    CHECK(says(p, "1 subject has one row alone, which tells nothing of the rates"));
    CHECK(describe_csv(p).starts_with("from,to,moves\nwell,well,1\nwell,moderate,2\n"));
}

TEST_CASE("preflight: effects that no data inform are named", "[app][preflight]") {
    const std::string model = "covariates: [{name: sex, kind: indicator}]\n" + kStates +
                              "transitions:\n"
                              "  - {from: well, to: moderate, rate: 1, effects: {sex: 0}}\n"
                              "  - {from: moderate, to: dead, rate: 1, effects: {sex: 0}}\n";
    const auto p = look(model,
                        "id,t,s,sex\na,0,well,0\na,1,moderate,0\na,2,dead,0\nb,0,well,1\nb,1,well,1\n"
                        "c,0,well,0\nc,1,moderate,0\nc,2,moderate,0\n");
    CHECK(
        says(p,
             "no data inform the effect of sex on moderate -> dead: it is 0 in all 2 intervals that begin in "
             "moderate"));
    CHECK(says(p, "all 2 moves well -> moderate have sex = 0: its effect there may run off to infinity"));
}

TEST_CASE("preflight: states and transitions without data, and a wrong unit of time", "[app][preflight]") {
    const auto p = look(
        "states: [{name: a}, {name: b}, {name: c}, {name: d}]\n"
        "transitions: [{from: a, to: b, rate: 1e-9}, {from: b, to: a, rate: 1}, {from: a, to: c, "
        "rate: 1e-9}, {from: d, to: a, rate: 1}]\n",
        "id,t,s\nx,0,a\nx,1,b\nx,2,a\n");
    CHECK(says(p,
               "state 'd' is never reached: no transitions lead to it from where subjects start; its "
               "parameters mean nothing"));
    CHECK(says(p, "no subject is ever seen in 'c'"));
    CHECK(
        says(p,
             "no subject seen in 'a' is next seen in 'c': the rate of a -> c may run to 0; if the move must "
             "go through another state, remove the transition"));
    CHECK(says(p, "a -> b rests on 1 move"));
    CHECK(says(p,
               "4 of 4 transitions have fewer than 5 moves: the model may have too many instantaneous "
               "transitions; a move between two looks can pass through states in between"));
    CHECK(
        says(p,
             "by its start values 'a' lasts 5e+08 years, but the gaps are 1 and the longest follow-up 2: is "
             "the unit of time right? (--start data takes start values from the table)"));
}

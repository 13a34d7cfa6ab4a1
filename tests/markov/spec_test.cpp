#include "bellwether/markov/spec.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;

namespace {

const std::string kBase = R"(schema: 1
model: m
numbers: illustrative
axes: {kinetics: [down, up], bottleneck: [free, tired]}
states:
  - {name: df, kinetics: down, bottleneck: free}
  - {name: dt, kinetics: down, bottleneck: tired}
  - {name: uf, kinetics: up, bottleneck: free}
  - {name: ut, kinetics: up, bottleneck: tired}
  - {name: dead, absorbing: true, entry: exact}
transitions:
  - {from: down, to: up, rate: 0.01}
  - {from: free, to: tired, rate: 0.02}
  - {from: up, to: dead, rate: 0.003}
channels:
  - {name: x, says: level, family: normal, mean: {down: 0, up: 1}, sd: 1}
  - {name: y, says: level, family: normal, mean: {free: 0, tired: 1}, sd: 1}
start: {probabilities: [{down: 0.5, up: 0.5}, {free: 0.9, tired: 0.1}]}
)";

/// "line:column code" of the first finding after a replacement.
std::string first_finding(const std::string& from, const std::string& to) {
    std::string text = kBase;
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
    Findings findings;
    (void)read_spec(text, "m.yaml", findings);
    findings.sort();
    return findings.list.empty() ? "" : to_string(findings.list.front());
}

}  // namespace

TEST_CASE("read_spec: a label stands for all its states, tied over the other axis", "[markov][spec]") {
    const Spec spec = oracle::spec_of(kBase);
    CHECK(spec.states_with("down") == 0b00011);
    CHECK(spec.states_with("tired") == 0b01010);
    CHECK(spec.states_with("dead") == 0b10000);
    CHECK(spec.states_with("nobody") == 0);
    CHECK(spec.live_states() == 0b01111);
    // down to up: df>uf, dt>ut; free to tired: df>dt, uf>ut; up to dead: uf, ut. One parameter each.
    CHECK(spec.transitions.size() == 6);
    std::vector<std::pair<std::size_t, std::size_t>> kinetics;
    for (const auto& t : spec.transitions)
        if (spec.parameters[t.rate].name == "rate(down>up)") kinetics.emplace_back(t.from, t.to);
    CHECK(kinetics == std::vector<std::pair<std::size_t, std::size_t>>{{0, 2}, {1, 3}});
    // x depends on kinetics alone: two groups; nothing is read in death.
    CHECK(spec.channels[0].groups.size() == 2);
    CHECK(spec.channels[0].group == std::vector<int>{0, 0, 1, 1, Channel::kNone});
    CHECK(spec.channels[1].group == std::vector<int>{0, 1, 0, 1, Channel::kNone});
}

TEST_CASE("read_spec: what is wrong is named with its place and a way out", "[markov][spec][error]") {
    CHECK(first_finding("from: down, to: up", "from: dwon, to: up") ==
          "m.yaml:12:12: error M020: no state is called or labelled 'dwon'; did you mean 'down'?");
    CHECK(first_finding("name: dt,", "name: df,") ==
          "m.yaml:7:5: error M021: state 'df' is declared twice; give each state a name of its own");
    CHECK(first_finding("mean: {down: 0, up: 1}", "mean: {down: 0}") ==
          "m.yaml:16:5: error M022: channel 'x' says nothing of state 'uf'; give its mean and sd, by name or "
          "by a label");
    CHECK(first_finding("{from: up, to: dead, rate: 0.003}", "{from: dead, to: uf, rate: 0.003}") ==
          "m.yaml:14:5: error M023: state 'dead' is absorbing and cannot be left; remove the transition or "
          "`absorbing:`");
    CHECK(first_finding("{from: up, to: dead, rate: 0.003}", "{from: df, to: uf, rate: 0.003}") ==
          "m.yaml:14:5: error M023: the transition 'df' to 'uf' is declared twice; let one entry name it");
    CHECK(first_finding("rate: 0.01}", "rate: 0}") ==
          "m.yaml:12:32: error M026: 'rate(down>up)' must be positive, not 0; write a number above 0");
    CHECK(first_finding("{free: 0.9, tired: 0.1}", "{free: 0.9, tired: 0.2}") ==
          "m.yaml:18:47: error M029: probabilities add up to 1.1; make them add up to 1");
    CHECK(first_finding("numbers: illustrative\n", "\n") ==
          "m.yaml:12:32: warning M025: 'rate(down>up)' has neither a source nor a mark; add `source: KEY` or "
          "`illustrative: true` to it, its entry, or `numbers:` of the file");
    CHECK(first_finding("rate: 0.01}", "rate: {start: 0.01, held: true}}") ==
          "m.yaml:12:32: error M027: 'rate(down>up)' is held, but by no prior; add `prior: {centre: ..., sd: "
          "...}` or "
          "remove `held:`");
    CHECK(first_finding("rate: 0.01}", "rate: 0.01, effects: {drug: 1}}") ==
          "m.yaml:12:48: error M028: no covariate is called 'drug'; nothing may stand here");
    CHECK(first_finding("bottleneck: [free, tired]", "bottleneck: [free, tired, down]").find("error M031") !=
          std::string::npos);
    CHECK(first_finding("start:", "anchors: [{channel: z, order: [down, up]}]\nstart:") ==
          "m.yaml:18:11: error M032: no channel with means is called 'z'; did you mean 'x'?");
}

TEST_CASE("read_spec: ties share one parameter and must agree", "[markov][spec]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    std::size_t worse = 0;
    for (const auto& t : spec.transitions)
        worse += spec.parameters[t.rate].name == "worse" ? 1 : 0;
    CHECK(worse == 2);
    CHECK(std::count_if(spec.parameters.begin(), spec.parameters.end(),
                        [](const Parameter& p) { return p.name == "worse"; }) == 1);
    std::string text = oracle::kEverything;
    text.replace(text.rfind("{start: 0.015, tie: worse}"), 26, "{start: 0.016, tie: worse}");
    Findings findings;
    (void)read_spec(text, "m.yaml", findings);
    REQUIRE(findings.list.size() == 1);
    CHECK(findings.list[0].code == "M024");
}

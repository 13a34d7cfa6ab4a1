#include "bellwether/rulebook/override.hpp"

#include <catch2/catch.hpp>

#include "bellwether/rulebook/evaluate.hpp"
#include "bellwether/rulebook/load.hpp"

#include "rulebook/support/fake.hpp"

using namespace bellwether;
using namespace bellwether::rulebook;

namespace {

const std::string kA(64, 'a'), kB(64, 'b'), kC(64, 'c');

std::vector<std::string> lines(const Findings& findings) {
    std::vector<std::string> out;
    for (const auto& d : findings.list)
        out.push_back(to_string(d));
    return out;
}
using Lines = std::vector<std::string>;

Override example() {
    Override o;
    o.alert = "r";
    o.comparison = "P(growing) >= 0.5";
    o.number = 0.3125;
    o.rule = kA;
    o.model = "kinetics";
    o.specification = kB;
    o.fit = kC;
    o.provenance = {{"budget", "0.2/patient-year"}, {"population", "says \"stable\": all \\ of it"}};
    return o;
}

Rule rule_of(const std::string& body) {
    Findings findings;
    const auto book = rulebook::load(fake::rule_file(body), "r.yaml", fake::Table(), findings);
    REQUIRE(findings.ok());
    return book.rules.at(0);
}

}  // namespace

TEST_CASE("override: what is written is read again, odd texts included", "[rulebook][override]") {
    Findings findings;
    const auto again = read_overrides(write_overrides({example()}), "t.yaml", findings);
    REQUIRE(lines(findings).empty());
    REQUIRE(again.size() == 1);
    const auto o = example();
    CHECK(again[0].alert == o.alert);
    CHECK(again[0].comparison == o.comparison);
    CHECK(again[0].number == o.number);
    CHECK(again[0].rule == o.rule);
    CHECK(again[0].model == o.model);
    CHECK(again[0].specification == o.specification);
    CHECK(again[0].fit == o.fit);
    CHECK(again[0].provenance == o.provenance);
}

TEST_CASE("override: what is wrong stands at its place", "[rulebook][override][error]") {
    const auto of = [](const std::string& text) {
        Findings findings;
        (void)read_overrides(text, "t.yaml", findings);
        return lines(findings);
    };
    const std::string one = "  - {alert: r, comparison: c, number: 1, rule: \"" + kA + "\"}\n";
    CHECK(of("schema: 1\nthresholds:\n" + one + one) ==
          Lines{"t.yaml:4:13: error R040: a threshold of 'r' stands at t.yaml:3:13 already; leave one of "
                "them out"});
    CHECK(
        of("schema: 1\nthresholds:\n  - {alert: r, comparison: c, number: 1, rule: abc}\n") ==
        Lines{
            "t.yaml:3:48: error R044: 'abc' is no SHA-256; 64 digits, as 'bellwether rules calibrate' writes "
            "them"});
    CHECK(of("") ==
          Lines{"t.yaml:1:1: error R044: the file is empty; begin with 'schema: 1' and 'thresholds:'"});
}

TEST_CASE("override: a rule or a model that has changed since is a warning, a missing rule an error",
          "[rulebook][override]") {
    const std::string body = "        when: P(growing) >= 0.5\n        tunable: P(growing) >= 0.5\n";
    Rulebook book;
    book.rules.push_back(rule_of(body));
    auto o = example();
    o.rule = book.rules[0].conditions;
    const auto codes = [&](const Override& x, const ModelIdentity& now) {
        Findings findings;
        check_overrides({x}, book, {{"kinetics", now}}, findings);
        std::vector<std::string> out;
        for (const auto& d : findings.list)
            out.push_back(d.code + (d.severity == Diagnostic::Severity::warning ? " warning" : " error"));
        return out;
    };
    CHECK(codes(o, {kB, kC}).empty());
    CHECK(codes(o, {kB, ""}).empty());  // no fit at hand: nothing is said of it
    CHECK(codes(o, {kA, kC}) == Lines{"R043 warning"});
    CHECK(codes(o, {kB, kA}) == Lines{"R043 warning"});
    auto changed = o;
    changed.rule = kA;
    CHECK(codes(changed, {kB, kC}) == Lines{"R042 warning"});
    auto other = o;
    other.alert = "s";
    CHECK(codes(other, {kB, kC}) == Lines{"R041 error"});
}

TEST_CASE("override: a rule's conditions are what decides when it fires, and no number in force",
          "[rulebook][override]") {
    const std::string when = "        when: value(sld) > 45 mm\n        tunable: value(sld) > 45 mm\n";
    const auto plain = rule_of(when).conditions;
    CHECK(plain.size() == 64);
    CHECK(rule_of(when + "        notes: other words\n").conditions == plain);
    CHECK(rule_of(when + "        until: value(sld) < 40 mm\n").conditions != plain);
    CHECK(rule_of(when + "        unless: readings(sld) == 1\n").conditions != plain);
    CHECK(rule_of(when + "        for: 21d\n").conditions != plain);
    CHECK(rule_of("        when: value(sld) > 46 mm\n        tunable: value(sld) > 46 mm\n").conditions !=
          plain);
    Findings findings;
    const auto moved =
        rulebook::load(fake::rule_file(when), "r.yaml", fake::Table(), findings, {{"r", 60.0}});
    CHECK(moved.rules.at(0).when == "value(sld) > 60 mm");
    CHECK(moved.rules.at(0).conditions == plain);
}

TEST_CASE("override: the number of `until` moves in proportion where `tunable` names it",
          "[rulebook][load]") {
    const std::string body =
        "        when: value(sld) > 40 mm and readings(sld) >= 1\n        until: value(sld) < 20 mm\n"
        "        tunable: [value(sld) > 40 mm, value(sld) < 20 mm]\n";
    const auto open_at = [&](const Thresholds& thresholds, const std::string& text) {
        Findings findings;
        const auto book =
            rulebook::load(fake::rule_file(text), "r.yaml", fake::Table(), findings, thresholds);
        REQUIRE(lines(findings).empty());
        fake::Patient p;
        p.series["sld"] = {{Date(0), 50.0, false}, {Date(21), 15.0, false}};
        const auto verdict = evaluate(book, p, Date(30)).rules.at(0);
        return std::pair(verdict.episodes.size(), verdict.open());
    };
    CHECK(open_at({}, body) == std::pair<std::size_t, bool>(1, false));
    // 25 for 40 puts 12.5 in the place of 20: 15 mm closes nothing. Without the pair it does.
    CHECK(open_at({{"r", 25.0}}, body) == std::pair<std::size_t, bool>(1, true));
    const std::string alone =
        "        when: value(sld) > 40 mm and readings(sld) >= 1\n        until: value(sld) < 20 mm\n"
        "        tunable: value(sld) > 40 mm\n";
    CHECK(open_at({{"r", 25.0}}, alone) == std::pair<std::size_t, bool>(1, false));
    Findings findings;
    (void)rulebook::load(
        fake::rule_file("        when: value(sld) > 40 mm\n        until: value(sld) < 20 mm\n"
                        "        tunable: [value(sld) > 40 mm, value(sld) < 21 mm]\n"),
        "r.yaml", fake::Table(), findings);
    CHECK(
        lines(findings) ==
        Lines{"r.yaml:13:39: error R026: 'value(sld) < 21 mm' is not a comparison of 'until'; repeat one "
              "comparison "
              "of 'until' word for word, the number on its right: 'tunable: [P(growing) >= 0.8, P(growing) < "
              "0.5]'"});
}

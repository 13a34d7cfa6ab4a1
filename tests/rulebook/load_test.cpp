#include "bellwether/rulebook/load.hpp"

#include <catch2/catch.hpp>

#include "bellwether/rulebook/evaluate.hpp"

#include "rulebook/support/fake.hpp"

using namespace bellwether;
using namespace bellwether::rulebook;

namespace {

std::vector<std::string> findings_of(const std::string& text) {
    Findings findings;
    (void)rulebook::load(text, "r.yaml", fake::Table(), findings);
    std::vector<std::string> out;
    for (const auto& d : findings.list)
        out.push_back(to_string(d));
    return out;
}

/// Findings of the condition alone; it stands in line 11, from column 15 on.
std::vector<std::string> condition(const std::string& when) {
    return findings_of(fake::rule_file("        when: " + when + "\n"));
}
using Lines = std::vector<std::string>;

/// Whether a condition holds for a patient with the readings that the test writes down.
bool holds(const std::string& when) {
    fake::Patient p;
    p.series["sld"] = {{Date(0), 40.0, false}, {Date(21), 50.0, false}};
    p.series["ctdna"] = {{Date(21), 2.0, false}};
    p.series["psa"] = {{Date(21), 3.0, false}};
    p.attributes = {{"sex", "female"}, {"age", "61"}};
    const auto book = fake::load(fake::rule_file("        when: (" + when + ") and readings(sld) == 2\n"));
    return evaluate(book, p, Date(30)).rules.at(0).open();
}

}  // namespace

TEST_CASE("load: a finding stands at its character, with code and hint", "[rulebook][load][error]") {
    struct Row {
        std::string when, line;
    };
    const auto row = GENERATE(values<Row>({
        {"value(sld) > 5 mm und x",
         "r.yaml:11:33: error R010: expected 'and', 'or', an operator or the end, found 'und'; join two "
         "conditions with 'and' or 'or'"},
        {"P(growing) >= 0.8 and",
         "r.yaml:11:36: error R010: expected a number, a feature or '(', found the end; see "
         "docs/rule-format.md, 'Expressions'"},
        {"fold(ctdna, nadir > 2",
         "r.yaml:11:33: error R010: expected ',' or ')', found '>'; see docs/rule-format.md, 'Expressions'"},
        {"P(growing) = 0.8",
         "r.yaml:11:26: error R010: expected 'and', 'or', an operator or the end, found '='; equality is "
         "written '=='"},
        {"P(growing) > 0.1 && P(stable) > 0.1",
         "r.yaml:11:32: error R010: expected 'and', 'or', an operator or the end, found '&&'; write 'and'"},
        {"fold(ctdan, nadir) >= 2",
         "r.yaml:11:20: error R012: unknown channel 'ctdan'; did you mean 'ctdna'?"},
        {"flod(ctdna, nadir) >= 2", "r.yaml:11:15: error R011: unknown feature 'flod'; did you mean 'fold'?"},
        {"P(growin) >= 0.5",
         "r.yaml:11:17: error R012: unknown state or label 'growin'; did you mean 'growing'?"},
        {"fold(ctdna) >= 2",
         "r.yaml:11:15: error R013: 'fold' with 1 argument; write fold(channel, reference)"},
        {"fold(ctdna, nadir, 3) >= 2",
         "r.yaml:11:34: error R013: 'fold' with 3 arguments; write fold(channel, reference)"},
        {"trend(ctdna, 84) > 0",
         "r.yaml:11:28: error R013: '84' without its unit where 'trend' takes a duration; write 84d"},
        {"value(sld) > 5", "r.yaml:11:28: error R016: 5 without a unit against a quantity in mm; write 5 mm"},
        {"value(ctdna) > 20",
         "r.yaml:11:30: error R016: 20 without a unit against a quantity in %; write 20%"},
        {"value(sld) > 5 ng/mL",
         "r.yaml:11:26: error R015: '>' between a quantity in mm and one in ng/mL; both sides need units of "
         "one kind"},
        {"value(sld) > 5 furlong",
         "r.yaml:11:28: error R017: unknown unit 'furlong'; the other side is in mm"},
        {"value(sld) + value(psa) > 0",
         "r.yaml:11:26: error R015: '+' between a quantity in mm and one in ng/mL; both sides need units of "
         "one kind"},
        {"age_of(ctdna) > 42", "r.yaml:11:31: error R016: 42 against a duration; write 42d"},
        {"age_of(ctdna) + 1d > 42d",
         "r.yaml:11:15: error R020: 'age_of(ctdna)' moves with the date, so it must stand alone in a "
         "comparison with a constant duration; write age_of(ctdna) > 42d"},
        {"2w < age_of(ctdna) - 1d",
         "r.yaml:11:20: error R020: 'age_of(ctdna)' moves with the date, so it must stand alone in a "
         "comparison with a constant duration; write age_of(ctdna) > 42d"},
        {"0.2 < P(growing) < 0.5",
         "r.yaml:11:32: error R022: a second comparison, '<', in one chain; write 'a < b and b < c'"},
        {"fold(ctdna, nadir)",
         "r.yaml:11:15: error R019: 'when' is a number, not a condition; compare it with something, such as "
         "'> 0'"},
        {"growing > 0.5", "r.yaml:11:15: error R018: 'growing' is a word, not a value; write P(growing)"},
        {"fold(ctdna, nadir) and on(any)",
         "r.yaml:11:15: error R018: a number as an operand of 'and'; compare it with something, such as '> "
         "0'"},
        {"on(any) == 1",
         "r.yaml:11:23: error R018: '==' with a condition on one side; a condition stands alone; turn it "
         "round with 'not'"},
        {"attr(sex) > female", "r.yaml:11:25: error R018: '>' on text; text is compared by == and != only"},
        {"value(sld) / 0 > 1 mm",
         "r.yaml:11:28: error R024: division by zero; the answer would never be known"},
        {"1 > 2", "r.yaml:11:15: warning R021: 'when' is always false; name a feature of the patient"},
        {"P(growing) > 0.5 or 1 < 2",
         "r.yaml:11:15: warning R021: 'when' is always true; name a feature of the patient"},
        {"P(growing) > 0.5 and 1 < 2",
         "r.yaml:11:36: warning R021: this side of 'and' is always true; leave it out"},
    }));
    CAPTURE(row.when);
    CHECK(condition(row.when) == Lines{row.line});
}

TEST_CASE("load: a finding inside a block scalar stands on its own line", "[rulebook][load][error]") {
    CHECK(findings_of(fake::rule_file(
              "        when: |\n          P(growing) >= 0.8\n          and fold(ctdan, nadir) >= 2\n")) ==
          Lines{"r.yaml:13:20: error R012: unknown channel 'ctdan'; did you mean 'ctdna'?"});
}

TEST_CASE("load: all findings of a file come in one run, in its order", "[rulebook][load][error]") {
    const std::string text =
        "schema: 1\n"
        "groups:\n"
        "  - name: g\n"
        "    rules:\n"
        "      - alert: Bad Name\n"
        "        title: t\n"
        "        maturity: stable\n"
        "        when: P(growing) > 0.5 and fold(ctdna, nadri) > 2\n"
        "        untill: on(any)\n"
        "        for: soon\n"
        "        severity: urgent\n"
        "        escalate: {when: on(any), to: review}\n"
        "        summary: \"{fold(ctdna, nadir):.1g} {value(sld) {x\"\n"
        "        budget: {false_alerts: 0.2/year}\n"
        "      - {alert: twice, title: t, maturity: sandbox, severity: info, summary: s, when: on(any)}\n"
        "      - {alert: twice, title: t, maturity: sandbox, severity: info, summary: s, when: on(any)}\n";
    CHECK(findings_of(text) ==
          Lines{"r.yaml:5:16: error R002: alert name 'Bad Name'; use lower-case letters, digits and '-', a "
                "letter first: the name is permanent",
                "r.yaml:7:19: error R003: maturity 'stable' without evidence; name a source in 'evidence', "
                "or write 'maturity: sandbox'",
                "r.yaml:8:17: error R023: label 'growing' in a group that names no model; add 'model: NAME' "
                "to the group",
                "r.yaml:8:48: error R012: unknown reference 'nadri'; did you mean 'nadir'?",
                "r.yaml:9:9: error Y010: unknown key 'untill'; did you mean 'until'?",
                "r.yaml:10:14: error R004: 'for: soon'; write a duration (21d, 3w), '2 visits' or '2 visits "
                "of ctdna'",
                "r.yaml:12:39: error R009: escalation to 'review' from 'urgent'; escalate to a severity "
                "above the rule's own",
                "r.yaml:13:39: error R007: unknown format '.1g' of a number; write .0f to .9f, or percent, "
                "or no format",
                "r.yaml:13:44: error R006: placeholder is not closed; write '}' at its end, or '{{' for the "
                "sign itself",
                "r.yaml:14:32: error R008: budget '0.2/year'; write a rate such as 0.2/patient-year",
                "r.yaml:16:17: error R001: alert 'twice' is defined already, at r.yaml:15:17; give it a name "
                "of its own"});
}

TEST_CASE("load: the tunable comparison is one of `when`, word for word", "[rulebook][load][error]") {
    const auto lines = [](const std::string& when, const std::string& tunable) {
        return findings_of(
            fake::rule_file("        when: " + when + "\n        tunable: '" + tunable + "'\n"));
    };
    CHECK(lines("P(growing) >= 0.8 and fold(ctdna, nadir) >= 1.5", "P(growing) >= 0.8").empty());
    CHECK(lines("(value(sld) > 5 mm) or P(growing) > 0.5", "value(sld) > 5 mm").empty());
    const std::string hint =
        "; repeat one comparison of 'when' word for word, the number on its right: 'tunable: P(growing) >= "
        "0.8'";
    CHECK(lines("P(growing) >= 0.85", "P(growing) >= 0.8") ==
          Lines{"r.yaml:12:19: error R026: 'P(growing) >= 0.8' is not a comparison of 'when'" + hint});
    CHECK(lines("P(growing) >= 0.4 * 2", "P(growing) >= 0.4") ==
          Lines{"r.yaml:12:19: error R026: 'P(growing) >= 0.4' is not a comparison of 'when'" + hint});
    CHECK(lines("value(sld) > 5 mm or (value(sld) > 5 mm and P(growing) > 0.5)", "value(sld) > 5 mm") ==
          Lines{"r.yaml:12:19: error R026: 'value(sld) > 5 mm' is more than once a comparison of 'when'" +
                hint});
    CHECK(lines("P(growing) >= 0.8", "P(growing)") ==
          Lines{"r.yaml:12:19: error R026: 'P(growing)' is no comparison with a number" + hint});
}

TEST_CASE("load: a threshold takes the place of the tunable number and of no other", "[rulebook][load]") {
    const std::string file = fake::rule_file(
        "        when: value(sld) > 45 mm and readings(sld) == 2\n        tunable: value(sld) > 45 mm\n");
    fake::Patient p;
    p.series["sld"] = {{Date(0), 40.0, false}, {Date(21), 50.0, false}};
    const auto open = [&](const Thresholds& thresholds) {
        Findings findings;
        const auto book = rulebook::load(file, "r.yaml", fake::Table(), findings, thresholds);
        REQUIRE(findings.ok());
        CHECK(book.rules.at(0).tunable->unit == " mm");
        CHECK(book.rules.at(0).tunable->upwards);
        return evaluate(book, p, Date(30)).rules.at(0).open();
    };
    CHECK(open({}));
    CHECK(open({{"r", 49.5}}));
    CHECK_FALSE(open({{"r", 50}}));
    CHECK(open({{"another", 50}}));
    Findings findings;
    (void)rulebook::load(fake::rule_file("        when: value(sld) > 45 mm\n"), "r.yaml", fake::Table(),
                         findings, {{"r", 50}});
    REQUIRE(findings.list.size() == 1);
    CHECK(findings.list[0].code == "R027");
}

TEST_CASE("load: P() has no visits, so `for` must name a channel", "[rulebook][load][error]") {
    CHECK(findings_of(fake::rule_file("        when: P(growing) > 0.5\n        for: 2 visits\n")) ==
          Lines{"r.yaml:12:14: error R005: 'for: 2 visits' in a rule that names no channel; write 'for: 2 "
                "visits of ctdna'"});
    CHECK(findings_of(fake::rule_file("        when: P(growing) > 0.5\n        for: 2 visits of ctdna\n"))
              .empty());
    CHECK(findings_of(fake::rule_file("        when: P(growing) > 0.5\n        for: 2 visits of ctdan\n")) ==
          Lines{"r.yaml:12:26: error R012: unknown channel 'ctdan'; did you mean 'ctdna'?"});
}

TEST_CASE("load: an unknown model is refused by the table, with its words", "[rulebook][load][error]") {
    CHECK(
        findings_of("schema: 1\ngroups:\n  - name: g\n    model: x\n    rules:\n"
                    "      - {alert: a, title: t, maturity: sandbox, severity: info, summary: s, when: "
                    "P(growing) > 0.5}\n") ==
        Lines{
            "r.yaml:6:83: error R014: P(growing): no model named 'x'; see docs/rule-format.md, 'Features'"});
}

TEST_CASE("merge: a name is unique over all files", "[rulebook][load][error]") {
    const std::string text = fake::rule_file("        when: on(any)\n");
    Findings findings;
    Rulebook book = rulebook::load(text, "a.yaml", fake::Table(), findings);
    merge(book, rulebook::load(text, "b.yaml", fake::Table(), findings), findings);
    REQUIRE(findings.list.size() == 1);
    CHECK(to_string(findings.list[0]) ==
          "b.yaml:6:16: error R001: alert 'r' is defined already, at a.yaml:6:16; give it a name of its own");
    CHECK(book.rules.size() == 1);
}

TEST_CASE("expressions: precedence, units and types mean what the manual says", "[rulebook][expression]") {
    // sld 40 then 50 mm, ctdna 2%, psa 3 ng/mL; a woman of 61.
    CHECK(holds("2 + 3 * 4 == 14"));
    CHECK(holds("(2 + 3) * 4 == 20"));
    CHECK(holds("10 - 4 - 3 == 3"));
    CHECK(holds("-2 * -3 == 6 and not 1 > 2"));
    CHECK(holds("not on(any) and fold(sld, nadir) == 1.25"));
    CHECK(holds("on(any) and on(any) or value(sld) == 50 mm"));
    CHECK_FALSE(holds("on(any) and (on(any) or value(sld) == 50 mm)"));
    CHECK(holds("value(sld) == 5 cm"));
    CHECK(holds("5 cm == value(sld) and value(sld) > 0"));
    CHECK(holds("value(psa) == 3 ug/L and value(psa) == 3000 pg/mL"));
    CHECK(holds("fold(sld, nadir) == 125% and fold(sld, nadir) - 1 == 25%"));
    CHECK(holds("value(ctdna) == 2% and value(ctdna) == 20000 ppm"));
    CHECK(holds("value(sld) - nadir(sld) == 1 cm and change(sld, nadir) == 10 mm"));
    CHECK(holds("20% * value(sld) == 10 mm and value(sld) / 5 == 10 mm"));
    CHECK(holds("value(sld) / nadir(sld) == 1.25"));
    CHECK(holds("35% == 0.35 and 3w == 21d and 6w / 2 == 21d and 21d / 7d == 3"));
    CHECK(holds("attr(sex) == female and attr(sex) != 'male' and attr(age) >= 61"));
    CHECK(holds("trend(sld, 84d) * 21d > 0.2 and trend(sld, 84d) < 0.02 1/d"));
    CHECK_FALSE(holds("value(sld) / (readings(psa) - readings(psa)) > 0"));  // division by zero: unknown
}

#include "bellwether/rulebook/evaluate.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "rulebook/support/fake.hpp"

using namespace bellwether;
using namespace bellwether::rulebook;
using fake::Three;

namespace {

fake::Patient ctdna(std::vector<std::pair<int, double>> values) {
    fake::Patient p;
    for (const auto& [day, x] : values)
        p.series["ctdna"].push_back({Date(day), x, false});
    return p;
}

RuleVerdict judge(const std::string& body, fake::Patient& patient, int as_of) {
    return evaluate(fake::load(fake::rule_file(body)), patient, Date(as_of)).rules.at(0);
}

}  // namespace

TEST_CASE("evaluate: without `for` a rule fires at its onset and ends where its condition is false",
          "[rulebook][evaluate]") {
    auto p = ctdna({{0, 1.0}, {21, 3.0}, {42, 3.0}, {63, 1.0}});
    const auto v = judge("        when: fold(ctdna, nadir) >= 2\n", p, 100);
    REQUIRE(v.episodes.size() == 1);
    CHECK(v.episodes[0].onset == Date(21));
    CHECK(v.episodes[0].fired == Date(21));
    CHECK(v.episodes[0].ended == Date(63));
    CHECK(v.assessable);
    CHECK(v.last_point == Date(63));
}

TEST_CASE("evaluate: `for: 2 visits` counts the first and needs the second", "[rulebook][evaluate]") {
    auto p = ctdna({{0, 1.0}, {21, 3.0}, {42, 3.0}});
    const std::string body = "        when: fold(ctdna, nadir) >= 2\n        for: 2 visits\n";
    auto early = p.until(Date(41));
    const auto pending = judge(body, early, 41);
    CHECK(pending.episodes.empty());
    CHECK(pending.pending == Date(21));
    const auto v = judge(body, p, 42);
    REQUIRE(v.open());
    CHECK(v.episodes[0].onset == Date(21));
    CHECK(v.episodes[0].fired == Date(42));
    CHECK_FALSE(v.pending);
}

TEST_CASE("evaluate: a point of another channel is no visit when `of` names one", "[rulebook][evaluate]") {
    auto p = ctdna({{0, 1.0}, {21, 3.0}});
    p.series["sld"] = {{Date(30), 50.0, false}};
    CHECK(
        judge(
            "        when: fold(ctdna, nadir) >= 2 and value(sld) < 200 mm\n        for: 1 visit of ctdna\n",
            p, 50)
            .pending == Date(30));
    CHECK(judge("        when: fold(ctdna, nadir) >= 2 or value(sld) < 20 mm\n        for: 2 visits\n", p, 50)
              .open());
    CHECK_FALSE(
        judge("        when: fold(ctdna, nadir) >= 2 or value(sld) < 20 mm\n        for: 2 visits of ctdna\n",
              p, 50)
            .open());
}

TEST_CASE("evaluate: `for: 21d` fires on the day it runs out, between readings", "[rulebook][evaluate]") {
    auto p = ctdna({{0, 1.0}, {21, 3.0}});
    const std::string body = "        when: fold(ctdna, nadir) >= 2\n        for: 21d\n";
    const auto book = fake::load(fake::rule_file(body));
    const auto before = evaluate(book, p, Date(41));
    CHECK(before.rules[0].pending == Date(21));
    CHECK(before.next_deadline == Date(42));
    const auto after = evaluate(book, p, Date(42));
    REQUIRE(after.rules[0].open());
    CHECK(after.rules[0].episodes[0].fired == Date(42));
    CHECK_FALSE(after.next_deadline);
}

TEST_CASE("evaluate: an unknown condition is held and its reason is listed", "[rulebook][evaluate]") {
    fake::Patient p;
    p.tracks["a"] = {{Date(0), Three::yes}, {Date(10), Three::unknown}, {Date(20), Three::yes}};
    const std::string body = "        when: track(a)\n        for: 2 visits\n";
    auto at_ten = p.until(Date(10));
    const auto held = judge(body, at_ten, 10);
    CHECK(held.pending == Date(0));
    CHECK_FALSE(held.assessable);
    CHECK(held.missing == std::vector<std::string>{"track a unknown"});
    const auto v = judge(body, p, 20);
    REQUIRE(v.open());
    CHECK(v.episodes[0].onset == Date(0));
    CHECK(v.episodes[0].fired == Date(20));
}

TEST_CASE("evaluate: a rule without any point is not assessable and says what is missing",
          "[rulebook][evaluate]") {
    fake::Patient p;
    const auto v = judge("        when: value(sld) > 5 mm and value(ctdna) > 1%\n", p, 10);
    CHECK_FALSE(v.last_point);
    CHECK_FALSE(v.assessable);
    CHECK(v.missing == std::vector<std::string>{"no reading of sld", "no reading of ctdna"});
}

TEST_CASE("evaluate: an unknown `unless` does not block and the evidence shows it", "[rulebook][evaluate]") {
    fake::Patient p;
    p.tracks["a"] = {{Date(0), Three::yes}};
    const auto v = judge("        when: track(a)\n        unless: value(sld) < 10 mm\n", p, 10);
    REQUIRE(v.open());
    const auto json = nlohmann::json::parse(v.episodes[0].evidence);
    CHECK(json["unless_unknown"] == nlohmann::json{"no reading of sld"});
    CHECK(json.dump() == v.episodes[0].evidence);  // alphabetical keys, shortest numbers: canonical
}

TEST_CASE("evaluate: `until` gives hysteresis and an unknown one keeps the alert open",
          "[rulebook][evaluate]") {
    fake::Patient p;
    p.tracks["a"] = {
        {Date(0), Three::yes}, {Date(10), Three::no}, {Date(20), Three::no}, {Date(30), Three::yes}};
    p.tracks["b"] = {
        {Date(0), Three::no}, {Date(10), Three::unknown}, {Date(20), Three::yes}, {Date(30), Three::no}};
    const auto v = judge("        when: track(a)\n        until: track(b)\n", p, 40);
    REQUIRE(v.episodes.size() == 2);
    CHECK(v.episodes[0].ended == Date(20));
    CHECK(v.episodes[1].fired == Date(30));
    CHECK(v.open());
}

TEST_CASE("evaluate: the point at which an episode ends starts no new one", "[rulebook][evaluate]") {
    fake::Patient p;
    p.tracks["a"] = {{Date(0), Three::yes}, {Date(10), Three::yes}, {Date(20), Three::yes}};
    p.tracks["b"] = {{Date(0), Three::no}, {Date(10), Three::yes}, {Date(20), Three::no}};
    const auto v = judge("        when: track(a)\n        until: track(b)\n", p, 40);
    REQUIRE(v.episodes.size() == 2);
    CHECK(v.episodes[0].ended == Date(10));
    CHECK(v.episodes[1].onset == Date(20));
}

TEST_CASE("evaluate: after an end only a point starts anew, not a day on which some `for` runs out",
          "[rulebook][evaluate]") {
    fake::Patient p;
    p.tracks["a"] = {{Date(0), Three::yes}};
    p.tracks["b"] = {{Date(0), Three::no}, {Date(20), Three::yes}, {Date(40), Three::no}};
    const auto v = judge("        when: track(a)\n        for: 5d\n        until: track(b)\n", p, 50);
    REQUIRE(v.episodes.size() == 2);
    CHECK(v.episodes[0].fired == Date(5));
    CHECK(v.episodes[0].ended == Date(20));
    CHECK(v.episodes[1].onset == Date(40));
    CHECK(v.episodes[1].fired == Date(45));
}

TEST_CASE("evaluate: escalation raises the severity while open and nothing lowers it",
          "[rulebook][evaluate]") {
    fake::Patient p;
    p.tracks["a"] = {{Date(0), Three::yes}, {Date(10), Three::yes}, {Date(20), Three::yes}};
    p.tracks["b"] = {{Date(0), Three::unknown}, {Date(10), Three::yes}, {Date(20), Three::no}};
    const auto v = judge("        when: track(a)\n        escalate: {when: track(b), to: urgent}\n", p, 40);
    REQUIRE(v.open());
    CHECK(v.episodes[0].severity == Severity::urgent);
    CHECK(v.episodes[0].escalated == Date(10));
    CHECK(nlohmann::json::parse(v.episodes[0].evidence)["escalated"] == "1970-01-11");
}

TEST_CASE("evaluate: a term that reads the clock makes points and deadlines of its own",
          "[rulebook][evaluate]") {
    auto p = ctdna({{0, 1.0}});
    const auto book = fake::load(fake::rule_file("        when: age_of(ctdna) > 6w\n"));
    const auto quiet = evaluate(book, p, Date(42));
    CHECK_FALSE(quiet.rules[0].open());
    CHECK(quiet.next_deadline == Date(43));
    const auto late = evaluate(book, p, Date(60));
    REQUIRE(late.rules[0].open());
    CHECK(late.rules[0].episodes[0].fired == Date(43));
}

TEST_CASE("evaluate: evidence has the same bytes every time, with values, units and the summary",
          "[rulebook][evaluate][golden]") {
    auto p = ctdna({{0, 2.0}, {21, 3.5}});
    p.given["P(growing)"] = {{Date(21), 0.875}};
    p.attributes["sex"] = "female \"f\"";
    const auto v = judge(
        "        when: P(growing) >= 80% and fold(ctdna, nadir) >= 1.5\n"
        "        unless: on(any)\n"
        "        propose: {kind: switch}\n",
        p, 30);
    REQUIRE(v.open());
    const std::string expected =
        R"j({"at":"1970-01-22","because":[{"call":"P(growing)","reason":{"time":0.5},"unit":"1","value":0.875},)j"
        R"j({"call":"fold(ctdna, nadir)","unit":"1","value":1.75},{"call":"on(any)","value":false}],"summary":"text"})j";
    CHECK(v.episodes[0].evidence == expected);
}

TEST_CASE("evaluate: placeholders are filled in their formats", "[rulebook][evaluate]") {
    auto p = ctdna({{0, 2.0}, {21, 3.5}});
    p.given["P(growing)"] = {{Date(21), 0.875}};
    p.attributes["sex"] = "female";
    const std::string text =
        "schema: 1\ngroups:\n  - name: g\n    model: kinetics-bottleneck\n    rules:\n      - alert: r\n     "
        "   title: a\n"
        "        maturity: sandbox\n        severity: info\n        when: fold(ctdna, nadir) > 1\n        "
        "summary: ";
    const auto summary = [&](const std::string& written) {
        const auto v = evaluate(fake::load(text + "'" + written + "'\n"), p, Date(30)).rules.at(0);
        return nlohmann::json::parse(v.episodes.at(0).evidence)["summary"].get<std::string>();
    };
    CHECK(summary("{P(growing):percent} and {fold(ctdna, nadir):.1f}") == "88% and 1.8");
    CHECK(summary("{value(ctdna)}, {nadir(ctdna)}, {fold(ctdna, nadir) - 1:percent}") == "3.5%, 2%, 75%");
    CHECK(summary("{age_of(ctdna)} {attr(sex)} {detected(ctdna)} {value(sld):.0f} {{x}}") ==
          "0 d female yes unknown {x}");
    CHECK(summary("{change(ctdna, peak):.1f} {value(ctdna):percent}") == "0.0 4%");
}

TEST_CASE("Evaluator: asks each distinct call once per patient and forgets earlier patients",
          "[rulebook][evaluate]") {
    const auto book = fake::load(
        "schema: 1\ngroups:\n  - name: g\n    rules:\n"
        "      - {alert: a, title: a, maturity: sandbox, severity: info, summary: a, when: 'value(ctdna) > "
        "1% and fold(ctdna, nadir) > 2'}\n"
        "      - {alert: b, title: b, maturity: sandbox, severity: info, summary: b, when: 'value(ctdna) > "
        "2%', for: 2 visits}\n");
    Evaluator evaluator(book);
    CHECK(evaluator.calls().size() == 2);
    auto p = ctdna({{0, 1.0}, {21, 3.0}, {42, 4.0}});
    const auto first = evaluator.evaluate(p, Date(50));
    CHECK(p.asked == 2);
    auto other = ctdna({{0, 9.0}});
    (void)evaluator.evaluate(other, Date(50));
    fake::Patient empty;
    (void)evaluator.evaluate(empty, Date(50));
    CHECK(evaluator.evaluate(p, Date(50)) == first);
    CHECK(evaluate(book, p, Date(50)) == first);
}

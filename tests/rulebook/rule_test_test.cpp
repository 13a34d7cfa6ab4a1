#include "bellwether/rulebook/rule_test.hpp"

#include <catch2/catch.hpp>

#include "rulebook/support/fake.hpp"

using namespace bellwether;
using namespace bellwether::rulebook;

namespace {
Rulebook book() {
    return fake::load(fake::rule_file("        when: P(growing) > 0.5\n"));
}
}  // namespace

TEST_CASE("read_test: reads series, given answers, therapy, events, attributes and expectations",
          "[rulebook][rule_test]") {
    Findings findings;
    const auto rules = book();
    const auto suite = read_test(
        "rules: r.yaml\n"
        "tests:\n"
        "  - name: one\n"
        "    series: {ctdna: \"-5:5.0 21:<0.1  42:>1000\"}\n"
        "    given: {P(growing): \"0:0.01\"}\n"
        "    therapy: [{regimen: anti_pd1, from: 0, to: 42}]\n"
        "    events: [{day: 30, kind: toxicity, term: colitis, grade: 3}]\n"
        "    attributes: {sex: female}\n"
        "    at: {21d: [], 42d: [r]}\n",
        "r.test.yaml", fake::Table(), &rules, findings);
    for (const auto& d : findings.list)
        FAIL_CHECK(to_string(d));
    REQUIRE(suite.tests.size() == 1);
    const auto& test = suite.tests[0];
    using Censor = TestReading::Censor;
    CHECK(test.series[0].second == std::vector<TestReading>{{-5, 5.0, Censor::none},
                                                            {21, 0.1, Censor::left},
                                                            {42, 1000.0, Censor::right}});
    CHECK(to_string(test.given[0].first) == "P(growing)");
    CHECK(test.therapy[0].to == 42);
    CHECK(test.events[0].grade == 3);
    CHECK(test.expected == std::vector<std::pair<int, std::vector<std::string>>>{{21, {}}, {42, {"r"}}});
    CHECK(never_raised(rules, {suite}).empty());
    CHECK(never_raised(rules, {}) == std::vector<std::string>{"r"});
    CHECK(compare(test, {{{}, {"r"}}}).empty());
    CHECK(compare(test, {{{"r"}, {}}}) ==
          std::vector<std::string>{"r.test.yaml:3:5: one: day 21: expected nothing, got r",
                                   "r.test.yaml:3:5: one: day 42: expected r, got nothing"});
}

TEST_CASE("read_test: every finding has its place", "[rulebook][rule_test][error]") {
    Findings findings;
    const auto rules = book();
    (void)read_test(
        "rules: r.yaml\n"
        "tests:\n"
        "  - name: one\n"
        "    series: {ctdna: \"0:5.0 21:x 14:1 7:2\", ctdan: \"0:1\"}\n"
        "    given: {P(growin): \"0:<0.01\", growing: \"0:1\"}\n"
        "    therapy: anti_pd1\n"
        "    at: {21: [], 42d: [s], 63d: r}\n",
        "r.test.yaml", fake::Table(), &rules, findings);
    std::vector<std::string> lines;
    for (const auto& d : findings.list)
        lines.push_back(to_string(d));
    CHECK(
        lines ==
        std::vector<std::string>{
            "r.test.yaml:4:28: error R030: reading '21:x'; write day:value, such as 21:1.2, 21:<0.1 or "
            "21:>1000",
            "r.test.yaml:4:38: error R031: day 7 after day 14; write the days in ascending order, each once",
            "r.test.yaml:4:44: error R012: unknown channel 'ctdan'; did you mean 'ctdna'?",
            "r.test.yaml:5:15: error R012: unknown state or label 'growin'; did you mean 'growing'?",
            "r.test.yaml:5:35: error R033: 'growing' is not a single feature; write a call, such as "
            "P(growing)",
            "r.test.yaml:6:14: error R035: 'therapy' is not a list; see docs/rule-format.md, 'Tests'",
            "r.test.yaml:7:10: error R034: day '21'; write the day with its unit, such as 63d",
            "r.test.yaml:7:24: error R032: unknown alert 's'; did you mean 'r'?",
            "r.test.yaml:7:33: error R035: expected alerts are not a list; write [] for silence, or "
            "[alert-name]"});
}

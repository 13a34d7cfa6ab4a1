#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "acceptance/support/program.hpp"

// What a patient's page says of what would have kept an alert silent, and where it says that it does not.

using namespace acceptance;

namespace {

std::string rule(const std::string& name, const std::string& when) {
    return fmt::format(
        "      - alert: {}\n        title: t\n        maturity: sandbox\n        when: {}\n        severity: "
        "info\n        summary: s\n        illustrative: true\n",
        name, when);
}

void activate(const Desk& desk, const std::string& file, const std::string& rules, const std::string& from) {
    desk.write(file + "/rules.yaml", "schema: 1\ngroups:\n  - name: page\n    rules:\n" + rules);
    desk.expect(0, "rules activate " + file + " --from " + from);
}

nlohmann::json alerts_of(const Desk& desk, const std::string& as_of) {
    return nlohmann::json::parse(desk.expect(0, "patient show P1 --format json --as-of " + as_of))
        .at("alerts");
}

}  // namespace

TEST_CASE("a page asks the ten newest open alerts, and says so of the others") {
    const Desk desk;
    desk.prepare("simulated", false);
    std::string rules;
    for (int i = 0; i < 12; ++i)
        rules += rule(fmt::format("high-{:02}", i), "value(ctdna) >= 2 %");
    activate(desk, "twelve", rules, "2024-01-01");
    desk.results("r.csv", ctdna("2024-01-10", "3", "A1", "final", "2024-01-11"));
    desk.expect(0, "scan --as-of 2024-02-20");
    const auto alerts = alerts_of(desk, "2024-02-20");
    REQUIRE(alerts.size() == 12);
    for (std::size_t i = 0; i < alerts.size(); ++i) {
        const auto& a = alerts[i];
        CAPTURE(i, a.dump());
        CHECK(a.at("would_not_fire_if").empty() == (i >= 10));
        CHECK(a.at("would_not_fire_note") ==
              (i < 10
                   ? std::string()
                   : fmt::format("asked of the 10 newest open alerts only; 'bellwether alerts show {}' does",
                                 a.at("id").get<int>())));
    }
    const std::string note = "asked of the 10 newest open alerts only";
    CHECK(desk.expect(0, "patient show P1 --as-of 2024-02-20").find(note) != std::string::npos);
    CHECK(desk.expect(0, "patient show P1 --format html --as-of 2024-02-20").find("<dd>" + note) !=
          std::string::npos);
}

TEST_CASE("a page says why it does not say what would have kept an alert silent") {
    const Desk desk;
    desk.prepare("simulated", false);
    activate(
        desk, "first",
        rule("high", "value(ctdna) >= 2 %") + rule("low", "value(ctdna) < 2 %") + rule("treated", "on(any)"),
        "2024-01-01");
    desk.write("therapy.yaml",
               "schema: 1\nprofile: therapy\nkind: therapy\ndates: {format: iso}\n"
               "columns: {patient: patient, regimen: regimen, start: start, released: released}\n");
    desk.write("therapy.csv", "patient,regimen,start,released\nP1,anti_pd1,2024-01-02,2024-01-03T08:00Z\n");
    desk.expect(0, "ingest therapy.csv --profile therapy.yaml --backfill");
    desk.results("r.csv", ctdna("2024-01-10", "3", "A1", "final", "2024-01-11") +
                              ctdna("2024-02-10", "1", "A2", "final", "2024-02-11"));
    desk.expect(0, "scan --as-of 2024-02-20");
    const auto note = [&](const std::string& rule_name, const std::string& as_of) {
        for (const auto& a : alerts_of(desk, as_of))
            if (a.at("rule") == rule_name) return a.at("would_not_fire_note").get<std::string>();
        return "no alert of " + rule_name;
    };
    CHECK(note("high", "2024-02-20") ==
          "not asked of an alert that is over; 'bellwether alerts show 2' does");
    CHECK(note("low", "2024-02-20").empty());
    CHECK(note("treated", "2024-02-20") == "its rule reads no channel");
    // What is shown as of a day on which the alert was open is asked.
    CHECK(note("high", "2024-01-20").empty());
    // A correction that no scan has seen.
    desk.results("corrected.csv", ctdna("2024-02-10", "4", "A2", "corrected", "2024-02-25"));
    CHECK(note("low", "2024-03-01") == "by what is known now it would not fire on that day");
    // Another book is in force, and no scan has closed what the first one raised.
    activate(desk, "second", rule("other", "value(ctdna) >= 50 %"), "2024-03-05");
    CHECK(note("low", "2024-03-10") == "not asked: its rule is not in force any more");
}

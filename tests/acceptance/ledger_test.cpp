#include <catch2/catch.hpp>

#include "acceptance/support/program.hpp"

// What becomes of an alert when what it stands on changes. The store is simulated and each result states its
// release, so that the day on which it becomes known is in the files.

using namespace acceptance;

namespace {

/// "open 2024-02-10", one per alert in the order of their numbers: state and onset.
std::vector<std::string> states(const Desk& desk) {
    std::vector<std::string> out;
    for (const auto& a : desk.alerts())
        out.push_back(a.at("state").get<std::string>() + " " + a.at("onset").get<std::string>());
    return out;
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("a corrected result withdraws the alert that stood on it") {
    const Desk desk;
    desk.prepare("simulated");
    desk.results("first.csv", ctdna("2024-01-10", "1", "A1", "final", "2024-01-11") +
                                  ctdna("2024-02-10", "3", "A2", "final", "2024-02-11"));
    desk.expect(10, "scan --as-of 2024-02-20 --exit-code");
    REQUIRE(states(desk) == Strings{"open 2024-02-10"});

    desk.results("corrected.csv", ctdna("2024-02-10", "0.3", "A2", "corrected", "2024-02-25"));
    const auto out = desk.expect(0, "scan --as-of 2024-03-01 --exit-code");
    CHECK(out.find("1 withdrawn") != std::string::npos);
    CHECK(states(desk) == Strings{"withdrawn 2024-02-10"});
    CHECK(desk.expect(0, "alerts list").find("no open alert") != std::string::npos);
    // On the day before the correction it was open, and a review of that day must show it so.
    CHECK(desk.expect(0, "alerts list --as-of 2024-02-20").find("ctdna-high") != std::string::npos);
}

TEST_CASE("the patient's page says what would have kept an open alert silent") {
    const Desk desk;
    desk.prepare("simulated");
    desk.results("first.csv", ctdna("2024-01-10", "1", "A1", "final", "2024-01-11") +
                                  ctdna("2024-02-10", "3", "A2", "final", "2024-02-11"));
    desk.expect(0, "scan --as-of 2024-02-20");
    const std::string silent = "ctdna were at most 1.99 % on 2024-02-10 (it was 3)";
    CHECK(desk.expect(0, "alerts show 1").find(silent) != std::string::npos);
    CHECK(desk.expect(0, "patient show P1 --as-of 2024-02-20").find(silent) != std::string::npos);
    CHECK(desk.expect(0, "patient show P1 --as-of 2024-02-20 --format html").find("<li>" + silent) !=
          std::string::npos);
    // A correction that no scan has seen: the page says so, and does not explain what is no longer so.
    desk.results("corrected.csv", ctdna("2024-02-10", "0.3", "A2", "corrected", "2024-02-25"));
    const auto after = desk.expect(0, "patient show P1 --as-of 2024-03-01");
    CHECK(after.find(silent) == std::string::npos);
    CHECK(after.find("alert #1: by what is known now it would not fire on 2024-02-10") != std::string::npos);
}

TEST_CASE("a cancelled result withdraws the alert that stood on it") {
    const Desk desk;
    desk.prepare("simulated");
    desk.results("first.csv", ctdna("2024-02-10", "3", "A2", "final", "2024-02-11"));
    desk.expect(0, "scan --as-of 2024-02-20");
    desk.results("cancelled.csv", ctdna("2024-02-10", "", "A2", "cancelled", "2024-02-25"));
    desk.expect(0, "scan --as-of 2024-03-01");
    CHECK(states(desk) == Strings{"withdrawn 2024-02-10"});
}

TEST_CASE("a late result moves the onset of an alert, whose number and day of raising stay") {
    const Desk desk;
    desk.prepare("simulated");
    desk.results("first.csv", ctdna("2024-01-10", "1", "A1", "final", "2024-01-11") +
                                  ctdna("2024-02-10", "3", "A2", "final", "2024-02-11"));
    desk.expect(0, "scan --as-of 2024-02-20");
    const auto before = desk.alerts();

    desk.results("late.csv", ctdna("2024-01-25", "2.5", "A3", "final", "2024-02-25"));
    const auto out = desk.expect(0, "scan --as-of 2024-03-01 --exit-code");
    CHECK(out.find("0 opened, 1 revised") != std::string::npos);
    const auto after = desk.alerts();
    REQUIRE(after.size() == 1);
    CHECK(after[0].at("id") == before[0].at("id"));
    CHECK(after[0].at("raised") == before[0].at("raised"));
    CHECK(after[0].at("onset") == "2024-01-25");
    CHECK(before[0].at("onset") == "2024-02-10");
}

TEST_CASE("a late result splits an episode, and its cancellation merges the two again") {
    const Desk desk;
    desk.prepare("simulated");
    desk.results("first.csv", ctdna("2024-02-10", "3", "A1", "final", "2024-02-11") +
                                  ctdna("2024-03-10", "4", "A2", "final", "2024-03-11"));
    desk.expect(0, "scan --as-of 2024-03-20");
    REQUIRE(states(desk) == Strings{"open 2024-02-10"});

    desk.results("late.csv", ctdna("2024-02-24", "0.5", "A3", "final", "2024-04-02"));
    desk.expect(10, "scan --as-of 2024-04-10 --exit-code");
    REQUIRE(states(desk) == Strings{"resolved 2024-02-10", "open 2024-03-10"});
    CHECK(desk.expect(0, "alerts show 2").find("split") != std::string::npos);

    desk.results("cancelled.csv", ctdna("2024-02-24", "", "A3", "cancelled", "2024-05-02"));
    desk.expect(10, "scan --as-of 2024-05-10 --exit-code");  // the first one is open again
    CHECK(states(desk) == Strings{"open 2024-02-10", "merged 2024-03-10"});
    CHECK(desk.expect(0, "alerts show 1").find("reopened") != std::string::npos);
}

TEST_CASE("an acknowledgement survives a revision, and the decision of a person a withdrawal") {
    const Desk desk;
    desk.prepare("simulated");
    desk.results("first.csv", ctdna("2024-02-10", "3", "A1", "final", "2024-02-11"));
    desk.expect(0, "scan --as-of 2024-02-20");
    desk.expect(0, "alerts dismiss 1 --why 'sample mix-up' --who tester");
    desk.results("late.csv", ctdna("2024-01-25", "2.5", "A2", "final", "2024-02-25"));
    desk.expect(0, "scan --as-of 2024-03-01");
    CHECK(desk.alerts()[0].at("human") == "dismissed");
    desk.results("gone.csv", ctdna("2024-01-25", "", "A2", "cancelled", "2024-03-05") +
                                 ctdna("2024-02-10", "", "A1", "cancelled", "2024-03-05"));
    desk.expect(0, "scan --as-of 2024-03-10");
    CHECK(states(desk) == Strings{"withdrawn 2024-01-25"});
    CHECK(desk.expect(0, "alerts show 1").find("dismissed by tester sample mix-up") != std::string::npos);
}

TEST_CASE("a second scan of the same instant changes nothing, and one before it writes nothing") {
    const Desk desk;
    desk.prepare("simulated");
    desk.results("first.csv", ctdna("2024-02-10", "3", "A1", "final", "2024-02-11"));
    desk.expect(10, "scan --as-of 2024-02-20 --exit-code");
    const auto ledger = desk.expect(0, "alerts list --all --format csv");
    const auto trail = desk.expect(0, "trail show --format csv");

    const auto again = desk.expect(0, "scan --as-of 2024-02-20 --exit-code");
    CHECK(again.find("nothing new") != std::string::npos);
    CHECK(desk.expect(0, "alerts list --all --format csv") == ledger);
    const auto before = desk.expect(0, "scan --as-of 2024-02-01 --exit-code");
    CHECK(before.find("before the last scan: nothing is written") != std::string::npos);
    CHECK(desk.expect(0, "alerts list --all --format csv") == ledger);
    CHECK(desk.expect(0, "trail show --format csv") == trail);
}

TEST_CASE("a walk week by week and one scan at its end leave the same ledger") {
    const Desk step, leap;
    for (const auto* desk : {&step, &leap}) {
        desk->prepare("simulated");
        desk->results("all.csv", ctdna("2024-02-10", "3", "A1", "final", "2024-02-11") +
                                     ctdna("2024-03-10", "4", "A2", "final", "2024-03-11") +
                                     ctdna("2024-02-24", "0.5", "A3", "final", "2024-04-02") +
                                     ctdna("2024-03-10", "1", "A2", "corrected", "2024-04-20"));
    }
    step.expect(0, "scan --every 7d --from 2024-01-08 --to 2024-05-01");
    leap.expect(0, "scan --as-of 2024-05-01");
    CHECK(step.alerts() == leap.alerts());
    CHECK(states(step) == Strings{"resolved 2024-02-10", "withdrawn 2024-03-10"});
}

TEST_CASE("a replay writes nothing, raises what the scan raised, and finds the ledger as it was recorded") {
    const Desk desk;
    desk.prepare("simulated");
    desk.results("first.csv", ctdna("2024-02-10", "3", "A1", "final", "2024-02-11"));
    const std::string span = "replay --from 2024-01-01 --to 2024-03-01 --by none ";
    const auto trail = desk.expect(0, "trail show --format json");
    const auto before = nlohmann::json::parse(desk.expect(0, span + "--format json"));
    CHECK(desk.expect(0, "trail show --format json") == trail);
    CHECK(desk.alerts().empty());
    CHECK(before.at("rules").at(0).at("rule") == "ctdna-high");
    CHECK(before.at("rules").at(0).at("counts").at("alerts") == 1);
    desk.expect(0, "scan --as-of 2024-03-01");
    const auto recorded = nlohmann::json::parse(desk.expect(0, span + "--recorded --format json"));
    CHECK(before.at("rules").at(0).at("time_to_first_alert").at(0).at("alerted") == 1.0);
    desk.expect(0, span + "--time-to-alert t.svg");
    CHECK(desk.read("t.svg").find("</svg>") != std::string::npos);
    CHECK(recorded.at("ledger").at("equal") == true);
    CHECK(recorded.at("ledger").at("alerts") == 1);
    CHECK(recorded.at("rules").at(0).at("counts") == before.at("rules").at(0).at("counts"));
    CHECK(desk.expect(0, span + "--format csv").starts_with("store,side,rule,"));
    // What makes no sense: no span, a sweep of a rule without a tunable number, a curve of nothing.
    CHECK(desk.run("replay --from 2024-01-01").code == 2);
    CHECK(desk.run(span + "--sweep ctdna-high=1,2").code == 3);
    CHECK(desk.run(span + "--sweep nobody=1,2").code == 1);
    CHECK(desk.run(span + "--curve c.svg").code == 2);
    CHECK(desk.run(span + "--recorded --every 7d").code == 2);
}

TEST_CASE("thresholds stand beside rules: activated they are in force, for another rule they are refused") {
    const Desk desk;
    desk.prepare("simulated");
    CHECK(desk.run("rules calibrate --budget plenty").code == 2);
    CHECK(desk.run("rules calibrate --event-free").code == 2);
    CHECK(desk.run("rules calibrate --from 2024-01-01").code == 2);
    CHECK(desk.run("rules calibrate --rule nobody").code == 1);  // P033
    CHECK(desk.run("rules calibrate").code == 1);                // P035: no tunable number
    const std::string digest(64, 'a');
    const auto thresholds = [&](const std::string& alert) {
        return "schema: 1\nthresholds:\n  - {alert: " + alert +
               ", comparison: \"value(ctdna) >= 2 %\", number: 5, rule: \"" + digest + "\"}\n";
    };
    desk.write(
        "mine.yaml",
        "schema: 1\ngroups:\n  - name: g\n    rules:\n      - alert: high\n        title: t\n        "
        "maturity: "
        "sandbox\n        when: value(ctdna) >= 2 %\n        tunable: value(ctdna) >= 2 %\n        severity: "
        "info\n        summary: s\n        illustrative: true\n");
    desk.write("t.yaml", thresholds("high"));
    const auto checked = desk.run("rules check mine.yaml t.yaml");
    CHECK(checked.code == 0);
    CHECK(checked.err.find("R042") != std::string::npos);  // found for a rule with other conditions
    desk.write("u.yaml", thresholds("hihg"));
    const auto refused = desk.run("rules check mine.yaml u.yaml");
    CHECK(refused.code == 3);
    CHECK(refused.err.find("did you mean 'high'?") != std::string::npos);
    desk.expect(0, "rules activate mine.yaml t.yaml --from 2024-01-01");
    desk.results("all.csv", ctdna("2024-02-10", "3", "A1", "final", "2024-02-11") +
                                ctdna("2024-03-10", "6", "A2", "final", "2024-03-11"));
    desk.expect(0, "scan --as-of 2024-05-01");
    CHECK(states(desk) == Strings{"open 2024-03-10"});
}

TEST_CASE("assays that are declared comparable make one series from that day on") {
    const Desk desk;
    desk.prepare("simulated");
    std::string profile = desk.read("labs.yaml");
    const std::string columns = "columns: {";
    REQUIRE(profile.find(columns) != std::string::npos);
    profile.insert(profile.find(columns) + columns.size(), "assay: assay, ");
    desk.write("assays.yaml", profile);
    desk.write("all.csv",
               "patient,taken,channel,value,unit,accession,status,released,assay\n"
               "P1,2024-01-10,ctdna,1,%,A1,final,2024-01-11T12:00Z,old\n"
               "P1,2024-02-10,ctdna,6,%,A2,final,2024-02-11T12:00Z,new\n");
    desk.expect(0, "ingest all.csv --profile assays.yaml --backfill");
    const auto readings = [&] {
        const auto page =
            nlohmann::json::parse(desk.expect(0, "patient show P1 --format json --as-of 2024-03-01"));
        for (const auto& c : page.at("timeline").at("channels"))
            if (c.at("channel") == "ctdna") return c.at("readings");
        return nlohmann::json();
    };
    REQUIRE(readings().size() == 2);
    CHECK(readings()[1].at("segment") == 1);
    CHECK(readings()[1].at("value") == 6.0);
    desk.expect(0, "scan --as-of 2024-02-20");
    REQUIRE(states(desk) == Strings{"open 2024-02-10"});

    desk.write("b.yaml",
               "schema: 1\nbridges:\n"
               "  - {channel: ctdan, from: old, to: new, factor: 4, source: illustrative}\n");
    const auto refused = desk.run("channel bridge b.yaml --from 2024-02-25");
    CHECK(refused.code == 3);
    CHECK(refused.err.find("b.yaml:3") != std::string::npos);
    CHECK(refused.err.find("'ctdna'") != std::string::npos);
    CHECK(readings()[1].at("segment") == 1);

    // 6% by the new assay is 1.5% by the old one, on whose scale the series began: no longer 2% or more.
    desk.write("b.yaml",
               "schema: 1\nbridges:\n"
               "  - {channel: ctdna, from: old, to: new, factor: 4, source: illustrative}\n");
    desk.expect(0, "channel bridge b.yaml --from 2024-02-25");
    CHECK(readings()[1].at("segment") == 0);
    CHECK(readings()[1].at("value") == 1.5);
    CHECK(readings()[1].at("assay") == "new");
    desk.expect(0, "scan --as-of 2024-03-01");
    CHECK(states(desk) == Strings{"withdrawn 2024-02-10"});
    CHECK(desk.expect(0, "rules list").find("bridges") != std::string::npos);
    const auto ledger = nlohmann::json::parse(
        desk.expect(0, "replay --from 2024-01-01 --to 2024-03-01 --recorded --format json"));
    CHECK(ledger.at("ledger").at("equal") == true);
}

TEST_CASE("a summary is of a cohort, and among those of whom a rule has spoken") {
    const Desk desk;
    desk.prepare("simulated");
    desk.results("first.csv", ctdna("2024-02-10", "3", "A1", "final", "2024-02-11"));
    const std::string summary = "study summary --rule ctdna-high --format csv ";
    desk.expect(0, "scan --as-of 2024-02-01");
    CHECK(desk.expect(0, summary).find(",ctdna-high,all,patients,1,") != std::string::npos);
    CHECK(desk.expect(0, summary + "--among ctdna-high").find(",patients,0,") != std::string::npos);
    desk.expect(0, "scan --as-of 2024-02-20");
    CHECK(desk.expect(0, summary + "--among ctdna-high").find(",share_alerted,1,") != std::string::npos);
    CHECK(desk.expect(0, summary + "--cohort arm=nobody").find(",patients,0,") != std::string::npos);
    const auto wrong = desk.run("study summary --among ctdna-hihg");
    CHECK(wrong.code == 2);
    CHECK(wrong.err.find("no rule 'ctdna-hihg'") != std::string::npos);
    CHECK(desk.run("study summary --cohort arm").code == 2);
}

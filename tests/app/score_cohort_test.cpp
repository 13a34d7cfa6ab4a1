#include "bellwether/app/score_cohort.hpp"

#include <catch2/catch.hpp>

#include "bellwether/app/score_report.hpp"

using namespace bellwether;
using study::ScoreEnd;
using study::ScoreKind;

namespace {

const std::string table =
    "id,sex,landmark,time,event,risk\n"
    "a,f,90,12,1,0.7\n"
    "b,m,90,40,0,0.2\n"
    "c,m,90,0,1,0.9\n"   // ended at the landmark
    "d,NA,90,30,2,NA\n"  // no score
    "a,f,30,72,1,0.4\n"
    "b,m,30,100,0,0.1\n"
    "e,f,30,0,2,0.3\n"
    "f,f,30,0,0,0.3\n";

app::ScoreCohort read(const std::string& text, Findings& findings, ScoreKind kind = ScoreKind::probability,
                      std::vector<std::string> by = {"sex"}) {
    return app::read_score_table(text, "t.csv", {"risk", kind, std::move(by)}, findings);
}

/// "line:column code" of the first finding.
std::string first_finding(const std::string& text, ScoreKind kind = ScoreKind::probability) {
    Findings findings;
    (void)read(text, findings, kind, {});
    if (findings.list.empty()) return "none";
    const auto& f = findings.list.front();
    return std::to_string(f.at.line) + ":" + std::to_string(f.at.column) + " " + f.code;
}

}  // namespace

TEST_CASE("read_score_table: landmarks by number, who is not scored apart and why", "[app][score]") {
    Findings findings;
    const auto c = read(table, findings);
    REQUIRE(findings.ok());
    REQUIRE(c.landmarks.size() == 2);
    CHECK(c.landmarks[0].name == "30");
    CHECK(c.landmarks[0].patients == 4);
    CHECK(c.landmarks[0].scored == 2);
    CHECK(c.landmarks[0].ended_before == 1);
    CHECK(c.landmarks[0].not_followed == 1);
    CHECK(c.landmarks[1].scored == 2);
    CHECK(c.landmarks[1].event_before == 1);
    CHECK(c.landmarks[1].no_score == 1);
    CHECK(c.landmarks[1].why.at("the table has no score") == 1);
    REQUIRE(c.rows.size() == 4);
    CHECK(c.rows[0].landmark == 1);
    CHECK(c.rows[2].landmark == 0);
    CHECK(c.rows[2].patient == c.rows[0].patient);
    CHECK(c.patients.at(c.rows[0].patient) == "a");
    CHECK(c.rows[0].end == ScoreEnd::event);
    CHECK(c.rows[0].time == 12);
    CHECK(c.rows[0].score == 0.7);
    CHECK(c.groups[1].at("sex") == "m");
}

TEST_CASE("read_score_table: what is wrong, and where", "[app][score][error]") {
    CHECK(first_finding("id,time,event\n") == "1:1 P080");
    CHECK(first_finding("id,time,event,risk\na,soon,1,0.5\n") == "2:3 P081");
    CHECK(first_finding("id,time,event,risk\na,-1,1,0.5\n") == "2:3 P081");
    CHECK(first_finding("id,time,event,risk\na,5,yes,0.5\n") == "2:5 P082");
    CHECK(first_finding("id,time,event,risk\na,5,3,0.5\n") == "2:5 P082");
    CHECK(first_finding("id,time,event,risk\na,5,1,1.5\n") == "2:7 P083");
    CHECK(first_finding("id,time,event,risk\na,5,1,1.5\n", ScoreKind::number) == "none");
    CHECK(first_finding("id,time,event,risk\na,5,1,0.5\n", ScoreKind::yes_no) == "2:7 P083");
    CHECK(first_finding("id,time,event,risk\na,5,1,0.5\na,6,0,0.4\n") == "3:1 P084");
    CHECK(first_finding("id,time,event,risk\n,5,1,0.5\n") == "2:1 P085");
    CHECK(first_finding("id,time,event,risk\n") == "1:1 P086");
    CHECK(first_finding("id,time,event,risk\na,5,1,NA\n") == "1:1 P086");
    CHECK(first_finding("id,time,event,risk\na,5,1\n") == "2:1 F005");
    Findings findings;
    (void)read(table, findings, ScoreKind::probability, {"sexx"});
    REQUIRE(findings.list.size() == 1);
    CHECK(to_string(findings.list[0]) == "t.csv:1:1: error P080: no column 'sexx'; did you mean 'sex'?");
}

TEST_CASE("report_scores: slices of landmarks and levels, the same on any number of threads",
          "[app][score]") {
    Findings findings;
    std::string many = "id,arm,landmark,time,event,risk\n";
    for (int i = 0; i < 60; ++i)
        for (int l = 0; l < 2; ++l)
            many += "p" + std::to_string(i) + "," + (i % 3 == 0 ? "A" : "B") + "," +
                    std::to_string(30 + 60 * l) + "," + std::to_string(1 + (i * 37 + l * 11) % 90) + "," +
                    std::to_string((i + l) % 3) + "," + std::to_string((i * 13 % 10) / 10.0) + "\n";
    const auto c = read(many, findings, ScoreKind::probability, {"arm"});
    REQUIRE(findings.ok());
    app::ScoreReportRequest request{50, 3, {0.2, 0.5}, {"arm"}, {200, 5}, 1};
    const auto one = app::report_scores(c, request);
    REQUIRE(one.slices.size() == 9);
    CHECK(one.slices[1].landmark == "30");
    CHECK(one.slices[3].level == "A");
    CHECK(one.slices[8].landmark == "90");
    CHECK(one.slices[8].level == "B");
    CHECK(one.slices[5].figures.rows + one.slices[7].figures.rows == one.slices[3].figures.rows);
    CHECK(one.slices[3].figures.patients == 20);
    CHECK(one.slices[3].figures.rows + one.slices[4].figures.rows == one.all().rows);
    CHECK(one.slices[1].figures.events + one.slices[2].figures.events == one.all().events);
    request.threads = 4;
    CHECK(app::to_json(app::score_sheets(c, one)) ==
          app::to_json(app::score_sheets(c, app::report_scores(c, request))));
    const auto plot = app::calibration_plot(c, one, 50);
    CHECK(plot.find("observed: event within 50 days") != std::string::npos);
    auto number = c;
    number.kind = ScoreKind::number;
    CHECK_THROWS_AS(app::calibration_plot(number, one, 50), Error);
    CHECK_THROWS_AS(app::decision_plot(number, one), Error);
}

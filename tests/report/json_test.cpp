#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "bellwether/report/review.hpp"

#include "support/sample.hpp"

using namespace bellwether;
using namespace bellwether::report;
using nlohmann::json;

TEST_CASE("json: a review reads back with its key figures", "[report][json]") {
    const auto text = render(sample::review(), Format::json);
    const auto j = json::parse(text);
    CHECK(j["store"] == "simulated");
    CHECK(j["as_of"] == "2026-03-16T23:59:59.999999Z");
    CHECK(j["scanned_to"] == "2026-03-16T23:59:59.999999Z");
    CHECK(j["patients"] == 40);
    CHECK(j["groups"].size() == 2);
    CHECK(j["groups"][0]["new"] == 1);
    CHECK(j["groups"][0]["overdue_visits"] == 1);
    CHECK(j["groups"][1]["patients_not_assessable"] == 2);
    REQUIRE(j["alerts"].size() == 3);
    const auto& a = j["alerts"][0];
    CHECK(a["id"] == 41);
    CHECK(a["onset"] == "2026-02-13");
    CHECK(a["ended"].is_null());
    CHECK(a["evidence"]["because"][0]["reason"]["visits"][2]["channels"]["ctdna"] == 1.94);
    CHECK(a["options"][1]["standing"] == "withheld");
    CHECK(a["options"][1]["because"][0] == "colitis grade 3 since 2026-02-11");
    CHECK(a["answer"]["overdue"] == true);
    CHECK(j["alerts"][1]["people"]["state"] == "acknowledged");
    CHECK(j["alerts"][2]["ended"] == "2026-03-12");
    CHECK(j["overdue_visits"][0]["days_late"] == 7);
    CHECK(j["quarantine"][0]["line"] == 118);
    CHECK(render(sample::review(), Format::json) == text);
}

TEST_CASE("json: a page reads back with every reading and its censoring", "[report][json]") {
    const auto j = json::parse(render(sample::page(), Format::json));
    const auto& channels = j["timeline"]["channels"];
    REQUIRE(channels.size() == 2);
    CHECK(channels[0]["channel"] == "ctdna");
    CHECK(channels[0]["readings"][2]["value"] == 0.1);
    CHECK(channels[0]["readings"][2]["censored"] == "left");
    CHECK(j["states"][0]["filtered"][4]["p"][2] == 0.909);
    CHECK(j["states"][0]["forecast"][1]["days"] == 56);
    CHECK(j["timeline"]["therapies"][0]["stop"].is_null());
}

TEST_CASE("json: a first review has no date before it, and evidence that cannot be read is handed on",
          "[report][json]") {
    auto r = sample::review();
    r.since = Instant::lowest();
    r.scanned_to.reset();
    r.alerts[0].alert.episode.evidence = "not \xFF json";
    const auto j = json::parse(render(r, Format::json));
    CHECK(j["since"].is_null());
    CHECK(j["scanned_to"].is_null());
    CHECK(j["alerts_assessed"] == false);
    CHECK(j["alerts"][0]["evidence"] == "not \xEF\xBF\xBD json");
}

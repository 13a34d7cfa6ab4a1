#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"

#include "alert/make.hpp"

using namespace bellwether;
using namespace bellwether::alert;
using make::episode;
using make::events;
using make::held;
using make::story;

// One test per decision in include/bellwether/alert/reconcile.hpp. Expected events: by hand from the design.

TEST_CASE("reconcile: a first episode is opened with a temporary id", "[alert][reconcile]") {
    const auto e = events({episode(10)}, {}, 20);
    REQUIRE(story(e) == "new1 opened");
    CHECK(e[0].alert == 0);
    CHECK(e[0].after.id == -1);
    CHECK(e[0].after.patient == "P1");
    CHECK(e[0].after.raised == make::day(20));
    CHECK(e[0].after.changed == make::day(20));
    CHECK(e[0].after.rules_hash == "rules");
    CHECK(e[0].after.model_hash == "model");
    CHECK(e[0].why == "fired 1970-01-11");
}

TEST_CASE("reconcile: an episode that is over when first seen is opened, then resolved",
          "[alert][reconcile]") {
    const auto e = events({episode(10, 15)}, {}, 20);
    REQUIRE(story(e) == "new1 opened, new1 resolved");
    CHECK(e[0].after.state == MachineState::open);
    CHECK_FALSE(e[0].after.episode.ended);
    CHECK(e[1].after.episode.ended == Date(15));
    CHECK(e[1].why == "ended 1970-01-16");
}

TEST_CASE("reconcile: a late result that moves the onset revises the alert and says how",
          "[alert][reconcile]") {
    const auto e = events({episode(8, {}, Severity::urgent)}, {held(1, episode(10))}, 20);
    REQUIRE(story(e) == "1 revised");
    CHECK(e[0].why ==
          "onset 1970-01-11 -> 1970-01-09; fired 1970-01-11 -> 1970-01-09; severity review -> urgent");
    CHECK(e[0].after.episode == episode(8, {}, Severity::urgent));
}

TEST_CASE("reconcile: an end resolves, a lost end reopens, a moved end revises", "[alert][reconcile]") {
    CHECK(story(events({episode(10, 15)}, {held(1, episode(10))}, 20)) == "1 resolved");
    CHECK(story(events({episode(10)}, {held(1, episode(10, 15))}, 20)) == "1 reopened");
    const auto moved = events({episode(10, 17)}, {held(1, episode(10, 15))}, 20);
    REQUIRE(story(moved) == "1 revised");
    CHECK(moved[0].why == "ended 1970-01-16 -> 1970-01-18");
}

TEST_CASE("reconcile: several changes are several events in a fixed order", "[alert][reconcile]") {
    const auto down = events({episode(9, 15)}, {held(1, episode(10))}, 20);
    REQUIRE(story(down) == "1 revised, 1 resolved");
    CHECK(down[0].after.state == MachineState::open);
    const auto up = events({episode(9)}, {held(1, episode(10, 15))}, 20);
    REQUIRE(story(up) == "1 reopened, 1 revised");
    CHECK(up[0].after.episode.onset == Date(10));
    CHECK(up[1].after.episode == episode(9));
}

TEST_CASE("reconcile: a corrected result that takes the ground away withdraws open and resolved alerts",
          "[alert][reconcile]") {
    CHECK(story(events({}, {held(1, episode(10)), held(2, episode(1, 5))}, 20)) ==
          "1 withdrawn, 2 withdrawn");
}

TEST_CASE("reconcile: when two episodes become one the older alert stays", "[alert][reconcile]") {
    const auto e = events({episode(5)}, {held(3, episode(5, 8)), held(7, episode(12))}, 20);
    REQUIRE(story(e) == "3 reopened, 7 merged");
    CHECK(e[1].after.parent == 3);
    CHECK(e[1].after.state == MachineState::merged);
    CHECK(e[1].why == "one episode with an older alert");
    // Older is the smaller number, not the earlier onset.
    CHECK(story(events({episode(5)}, {held(7, episode(5, 8)), held(3, episode(12))}, 20)) ==
          "3 revised, 7 merged");
}

TEST_CASE("reconcile: when one episode becomes two the first keeps the alert, the second is split",
          "[alert][reconcile]") {
    const auto e = events({episode(5, 8), episode(12)}, {held(3, episode(5))}, 20);
    REQUIRE(story(e) == "3 resolved, new1 split");
    CHECK(e[1].after.parent == 3);
    CHECK(e[1].why == "an episode became two; fired 1970-01-13");
}

TEST_CASE("reconcile: an alert over two episodes beside one over the second only: each takes its own",
          "[alert][reconcile]") {
    const auto e = events({episode(5, 8), episode(12)}, {held(1, episode(5)), held(2, episode(13))}, 20);
    CHECK(story(e) == "1 resolved, 2 revised");
}

TEST_CASE("reconcile: in a chain the younger alert merges and the second episode is split from it",
          "[alert][reconcile]") {
    const auto e = events({episode(5, 8), episode(12)}, {held(1, episode(5, 6)), held(2, episode(7))}, 20);
    REQUIRE(story(e) == "1 revised, 2 merged, new1 split");
    CHECK(e[2].after.parent == 2);
}

TEST_CASE("reconcile: an open alert that its episode moved away from is withdrawn", "[alert][reconcile]") {
    CHECK(story(events({episode(3, 8)}, {held(1, episode(10))}, 20)) ==
          "1 withdrawn, new1 opened, new1 resolved");
    SECTION("but an open episode always meets it, however far the onset moves") {
        CHECK(story(events({episode(19)}, {held(1, episode(1))}, 20)) == "1 revised");
    }
}

TEST_CASE("reconcile: intervals are closed: one shared day is an overlap, the next day is none",
          "[alert][reconcile]") {
    CHECK(story(events({episode(15)}, {held(1, episode(10, 15))}, 20)) == "1 reopened, 1 revised");
    CHECK(story(events({episode(16)}, {held(1, episode(10, 15))}, 20)) == "1 withdrawn, new1 opened");
}

TEST_CASE("reconcile: episodes that share a day stay two alerts", "[alert][reconcile]") {
    const std::vector<Episode> two{episode(5, 8), episode(8)};
    CHECK(events(two, {held(1, two[0]), held(2, two[1])}, 20).empty());
}

TEST_CASE("reconcile: final states stay, and an episode that comes back is a new alert",
          "[alert][reconcile]") {
    auto gone = held(1, episode(10));
    gone.state = GENERATE(MachineState::withdrawn, MachineState::merged, MachineState::superseded);
    CHECK(story(events({episode(10)}, {gone}, 20)) == "new1 opened");
}

TEST_CASE("reconcile: rules do not touch each other's alerts", "[alert][reconcile]") {
    const auto other = episode(10, {}, Severity::review, "mdsc-rising");
    CHECK(story(events({other}, {held(1, episode(10))}, 20)) == "1 withdrawn, new1 opened");
}

TEST_CASE("reconcile: activation supersedes an open alert that the new version does not know",
          "[alert][reconcile]") {
    const std::vector<Alert> ledger{held(1, episode(10)), held(2, episode(1, 5))};
    CHECK(story(events({}, ledger, 20, 15, "new rules")) == "1 superseded");
    SECTION("a correction under the version in force withdraws instead") {
        CHECK(story(events({}, ledger, 20, 15, "rules")) == "1 withdrawn");
    }
    SECTION("an alert that ended on or after A takes part, whatever its state") {
        CHECK(story(events({}, {held(1, episode(10, 15))}, 20, 15, "new rules")) == "1 superseded");
        CHECK(events({}, {held(1, episode(10, 14))}, 20, 15, "new rules").empty());
    }
}

TEST_CASE("reconcile: activation opens no episode that ended before it", "[alert][reconcile]") {
    CHECK(events({episode(3, 14)}, {}, 20, 15, "new rules").empty());
    CHECK(story(events({episode(3, 15)}, {}, 20, 15, "new rules")) == "new1 opened, new1 resolved");
    SECTION("nor gives it to an open alert of the old version") {
        CHECK(story(events({episode(10, 12)}, {held(1, episode(10))}, 20, 15, "new rules")) ==
              "1 superseded");
    }
}

TEST_CASE("reconcile: an alert that is kept under a new version is revised once and says so",
          "[alert][reconcile]") {
    const auto e = events({episode(10)}, {held(1, episode(10))}, 20, 15, "new rules");
    REQUIRE(story(e) == "1 revised");
    CHECK(e[0].why == "kept under other rules");
    CHECK(e[0].after.rules_hash == "new rules");
    CHECK(events({episode(10)}, {e[0].after}, 21, 15, "new rules").empty());
}

TEST_CASE("reconcile: impossible input is refused", "[alert][reconcile][error]") {
    using Catch::Matchers::Message;
    CHECK_THROWS_MATCHES(
        events({episode(10, 9)}, {}, 20), Error,
        Message("A001: episode of rule 'ctdna-rising' with onset 1970-01-11 runs backwards: fired "
                "1970-01-11, ended 1970-01-10"));
    CHECK_THROWS_MATCHES(
        events({episode(10), episode(15)}, {}, 20), Error,
        Message("A002: episodes of rule 'ctdna-rising' overlap: onset 1970-01-11 and onset 1970-01-16"));
    auto foreign = held(4, episode(10));
    foreign.patient = "P2";
    CHECK_THROWS_MATCHES(events({}, {foreign}, 20), Error,
                         Message("A003: alert 4 belongs to another patient than the episodes"));
}

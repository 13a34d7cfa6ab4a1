#include "bellwether/alert/review.hpp"

#include <set>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "bellwether/alert/human.hpp"
#include "bellwether/core/error.hpp"

#include "alert/make.hpp"

using namespace bellwether;
using namespace bellwether::alert;
using make::day;
using make::episode;

namespace {

/// A ledger that grows scan by scan, with the numbers as a store gives them.
struct Trial {
    std::vector<AlertEvent> events;
    std::vector<Alert> ledger;

    void scan(int on, const std::vector<Episode>& episodes, std::optional<int> activated = {},
              const std::string& rules = "rules") {
        std::map<std::int64_t, std::int64_t> given;
        std::int64_t last = ledger.empty() ? 0 : ledger.back().id;
        auto fresh = make::events(episodes, ledger, on, activated, rules);
        for (AlertEvent& e : fresh) {
            if (e.after.id < 0) {
                if (!given.contains(e.after.id)) given[e.after.id] = ++last;
                e.after.id = given[e.after.id];
            }
            e.alert = e.after.id;
        }
        alert::apply(ledger, fresh);
        events.insert(events.end(), fresh.begin(), fresh.end());
    }
    void person(int on, std::int64_t id, HumanAction what, std::optional<Instant> until = {}) {
        for (const Alert& a : ledger)
            if (a.id == id) events.push_back(make_human_event(a, what, "dr.ro", "because", until, day(on)));
        alert::apply(ledger, std::span(events).last(1));
    }
    /// "1 new; 2 worse: reopened"
    [[nodiscard]] std::string between(std::optional<int> previous, int on) const {
        std::string text;
        for (const auto& i :
             review(events, previous ? std::optional(day(*previous)) : std::nullopt, day(on))) {
            if (!text.empty()) text += "; ";
            text += std::to_string(i.alert.id) + " " + std::string(to_string(i.what));
            if (!i.why.empty()) text += ": " + i.why;
        }
        return text;
    }
};

}  // namespace

TEST_CASE("review: an alert is new once, then still open, then resolved, then gone", "[alert][review]") {
    Trial t;
    t.scan(10, {episode(8)});
    t.scan(17, {episode(8)});
    t.scan(24, {episode(8, 22)});
    t.scan(31, {episode(8, 22)});
    CHECK(t.between({}, 10) == "1 new");
    CHECK(t.between(3, 10) == "1 new");
    CHECK(t.between(10, 17) == "1 still open");
    CHECK(t.between(17, 24) == "1 resolved: ended 1970-01-23");
    CHECK(t.between(24, 31).empty());
    CHECK(t.between(3, 9).empty());
}

TEST_CASE("review: higher severity and reopening are worse, lower severity is not", "[alert][review]") {
    Trial t;
    t.scan(10, {episode(8)});
    t.scan(17, {episode(8, {}, Severity::urgent)});
    t.scan(24, {episode(8, 22, Severity::urgent)});
    t.scan(31, {episode(8, {}, Severity::urgent)});
    t.scan(38, {episode(8, {}, Severity::info)});
    CHECK(t.between(10, 17) == "1 worse: severity review -> urgent");
    CHECK(t.between(24, 31) == "1 worse: reopened");
    CHECK(t.between(17, 31) == "1 worse: reopened");
    CHECK(t.between(31, 38) == "1 still open");
}

TEST_CASE("review: what came and went between two reviews is shown once, as first seen", "[alert][review]") {
    Trial t;
    t.scan(10, {episode(8)});
    t.scan(11, {});
    t.scan(12, {episode(9, 11)});
    const auto items = review(t.events, day(5), day(17));
    CHECK(t.between(5, 17) == "2 resolved: ended 1970-01-12; 1 withdrawn: a correction took its ground away");
    for (const auto& i : items)
        CHECK(i.first_seen);
    CHECK(t.between(17, 24).empty());
}

TEST_CASE("review: merged, split and superseded say what became of them", "[alert][review]") {
    Trial t;
    t.scan(10, {episode(2, 5), episode(8)});
    t.scan(17, {episode(2)});
    t.scan(24, {episode(2, 5), episode(8)});
    t.scan(31, {}, 30, "new rules");
    CHECK(t.between(10, 17) == "1 worse: reopened; 2 withdrawn: merged into alert 1");
    CHECK(t.between(17, 24) == "3 new: split from alert 1; 1 resolved: ended 1970-01-06");
    CHECK(t.between(24, 31) == "3 withdrawn: superseded by other rules or another model");
}

TEST_CASE("review: reads urgent first within a class and marks what asks for attention", "[alert][review]") {
    Trial t;
    t.scan(10, {episode(8, {}, Severity::info, "a"), episode(8, {}, Severity::urgent, "b")});
    t.person(11, 1, HumanAction::snooze, day(60));
    t.scan(17, {episode(8, {}, Severity::info, "a"), episode(8, {}, Severity::urgent, "b")});
    const auto items = review(t.events, day(12), day(17));
    REQUIRE(items.size() == 2);
    CHECK(items[0].alert.episode.rule == "b");
    CHECK(items[0].attention);
    CHECK(items[1].what == ReviewClass::still_open);
    CHECK_FALSE(items[1].attention);
    CHECK(items[1].alert.human == HumanState::snoozed);
}

TEST_CASE("review: the previous review cannot be later", "[alert][review][error]") {
    CHECK_THROWS_MATCHES(
        review({}, Instant(1), Instant(0)), Error,
        Catch::Matchers::Message(
            "A005: the previous review 1970-01-01T00:00:00.000001Z is later than 1970-01-01T00:00:00Z"));
}

TEST_CASE("ledger_at: the past is seen as it stood, whatever came later", "[alert][review][property]") {
    REQUIRE(rc::check([] {
        Trial t;
        std::map<int, std::vector<Alert>> stood;
        for (int on = 10; on < 16; ++on) {
            std::vector<Episode> e;
            if (*rc::gen::inRange(0, 3) > 0)
                e.push_back(episode(*rc::gen::inRange(0, 4), *rc::gen::inRange(4, 7)));
            if (*rc::gen::inRange(0, 3) > 0) e.push_back(episode(*rc::gen::inRange(7, 9)));
            t.scan(on, e);
            stood[on] = t.ledger;
        }
        for (const auto& [on, ledger] : stood) {
            const auto seen = ledger_at(t.events, day(on));
            RC_ASSERT(seen.size() == ledger.size());
            for (std::size_t i = 0; i < seen.size(); ++i) {
                RC_ASSERT(seen[i].id == ledger[i].id);
                RC_ASSERT(seen[i].state == ledger[i].state);
                RC_ASSERT(seen[i].episode == ledger[i].episode);
            }
        }
    }));
}

TEST_CASE("review: every open alert is listed, every alert at most once", "[alert][review][property]") {
    REQUIRE(rc::check([] {
        Trial t;
        for (int on = 10; on < 16; ++on) {
            std::vector<Episode> e;
            if (*rc::gen::inRange(0, 3) > 0)
                e.push_back(episode(*rc::gen::inRange(0, 4), *rc::gen::inRange(4, 7)));
            if (*rc::gen::inRange(0, 3) > 0) e.push_back(episode(*rc::gen::inRange(7, 9)));
            t.scan(on, e);
        }
        const int previous = *rc::gen::inRange(9, 16);
        const int on = *rc::gen::inRange(previous, 16);
        std::set<std::int64_t> listed;
        for (const auto& i : review(t.events, day(previous), day(on)))
            RC_ASSERT(listed.insert(i.alert.id).second);
        for (const Alert& a : ledger_at(t.events, day(on))) {
            if (a.state == MachineState::open) RC_ASSERT(listed.contains(a.id));
            const bool silent = std::none_of(t.events.begin(), t.events.end(), [&](const AlertEvent& e) {
                return e.after.id == a.id && e.at > day(previous) && e.at <= day(on);
            });
            if (silent && a.state != MachineState::open) RC_ASSERT(!listed.contains(a.id));
        }
    }));
}

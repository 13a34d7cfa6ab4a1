#include "bellwether/alert/human.hpp"

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"

#include "alert/make.hpp"

using namespace bellwether;
using namespace bellwether::alert;
using Catch::Matchers::Message;
using make::day;
using make::episode;
using make::held;

namespace {

const Instant noon(43'200'000'000);  // 1970-01-01T12:00:00Z
const Instant later(noon.microseconds() + 3'600'000'000);

Alert in(HumanState human, std::optional<Instant> until = {}) {
    Alert a = held(7, episode(0));
    a.human = human;
    a.human_until = until;
    return a;
}

/// What the act needs, filled in.
AlertEvent act(const Alert& a, HumanAction what) {
    const bool limited = what == HumanAction::acknowledge || what == HumanAction::snooze;
    return make_human_event(a, what, "dr.ro", "seen at the board",
                            limited ? std::optional(later) : std::nullopt, noon);
}

AlertEvent machine(AlertChange c, Severity s, int on) {
    return {7, c, day(on), "scan", "", held(7, episode(0, {}, s))};
}

}  // namespace

TEST_CASE("make_human_event: every act from every state is as the table says", "[alert][human]") {
    // The table in the header, written out. Columns: acknowledge, action, dismiss, snooze, reset.
    struct Row {
        HumanState from;
        std::string legal;
    };
    const std::vector<Row> rows{{HumanState::new_, "yyyy-"},
                                {HumanState::acknowledged, "yyyyy"},
                                {HumanState::snoozed, "yyyyy"},
                                {HumanState::actioned, "----y"},
                                {HumanState::dismissed, "----y"}};
    const std::vector<HumanState> to{HumanState::acknowledged, HumanState::actioned, HumanState::dismissed,
                                     HumanState::snoozed, HumanState::new_};
    for (const Row& row : rows)
        for (std::size_t i = 0; i < 5; ++i) {
            const auto what = static_cast<HumanAction>(i);
            CAPTURE(to_string(row.from), to_string(what));
            if (row.legal[i] == '-') {
                CHECK_THROWS_AS(act(in(row.from), what), Error);
                continue;
            }
            const AlertEvent e = act(in(row.from), what);
            CHECK(e.after.human == to[i]);
            CHECK(e.after.human_by == "dr.ro");
            CHECK(e.after.human_why == "seen at the board");
            CHECK(e.after.episode == episode(0));
            CHECK(e.after.state == MachineState::open);
            CHECK(e.at == noon);
            CHECK_FALSE(is_machine(e.change));
        }
}

TEST_CASE("make_human_event: an illegal act says what is legal", "[alert][human][error]") {
    CHECK_THROWS_MATCHES(
        act(in(HumanState::dismissed), HumanAction::snooze), Error,
        Message("A010: cannot snooze alert 7: it is open and dismissed; possible now: reset"));
    CHECK_THROWS_MATCHES(
        act(in(HumanState::new_), HumanAction::reset), Error,
        Message("A010: cannot reset alert 7: it is open and new; possible now: acknowledge, action, "
                "dismiss, snooze"));
    Alert merged = in(HumanState::new_);
    merged.state = MachineState::merged;
    merged.parent = 3;
    CHECK_THROWS_MATCHES(
        act(merged, HumanAction::acknowledge), Error,
        Message("A010: cannot acknowledge alert 7: it is merged and new, into alert 3; possible now: "
                "nothing"));
}

TEST_CASE("make_human_event: a resolved alert can be decided on but not snoozed", "[alert][human]") {
    Alert resolved = held(7, episode(0, 5));
    CHECK(act(resolved, HumanAction::dismiss).after.human == HumanState::dismissed);
    CHECK_THROWS_AS(act(resolved, HumanAction::snooze), Error);
}

TEST_CASE("make_human_event: name, reason and time limit are asked for", "[alert][human][error]") {
    const Alert a = in(HumanState::new_);
    CHECK_THROWS_MATCHES(make_human_event(a, HumanAction::action, "", "", {}, noon), Error,
                         Message("A011: who wants to action alert 7? a name is needed"));
    CHECK_THROWS_MATCHES(make_human_event(a, HumanAction::dismiss, "dr.ro", "", {}, noon), Error,
                         Message("A012: dismiss alert 7: a reason is needed"));
    CHECK_THROWS_MATCHES(
        make_human_event(in(HumanState::actioned), HumanAction::reset, "dr.ro", "", {}, noon), Error,
        Message("A012: reset alert 7: a reason is needed"));
    CHECK_THROWS_MATCHES(make_human_event(a, HumanAction::snooze, "dr.ro", "", {}, noon), Error,
                         Message("A013: snooze needs a time limit (until)"));
    CHECK_THROWS_MATCHES(
        make_human_event(a, HumanAction::acknowledge, "dr.ro", "", noon, noon), Error,
        Message("A013: acknowledge until 1970-01-01T12:00:00Z is over already at 1970-01-01T12:00:00Z"));
    CHECK_THROWS_MATCHES(make_human_event(a, HumanAction::action, "dr.ro", "", later, noon), Error,
                         Message("A013: action takes no time limit"));
    // A reset that undoes no decision needs no reason.
    CHECK_NOTHROW(
        make_human_event(in(HumanState::snoozed, later), HumanAction::reset, "dr.ro", "", {}, noon));
}

TEST_CASE("human_state: an acknowledgement and a snooze run out, the instant itself still counts",
          "[alert][human]") {
    const auto state = GENERATE(HumanState::acknowledged, HumanState::snoozed);
    const Alert a = in(state, later);
    CHECK(human_state(a, noon) == state);
    CHECK(human_state(a, later) == state);
    CHECK(human_state(a, later.next()) == HumanState::new_);
    CHECK(human_state(in(HumanState::dismissed), Instant::highest()) == HumanState::dismissed);
    // What ran out is new again for the table too: nothing to reset.
    CHECK_THROWS_AS(make_human_event(a, HumanAction::reset, "dr.ro", "x", {}, later.next()), Error);
}

TEST_CASE("needs_attention: new and run out alerts, and only open ones", "[alert][human]") {
    CHECK(needs_attention(in(HumanState::new_), {}, noon).why == "new");
    CHECK(needs_attention(in(HumanState::snoozed, noon), {}, later).why ==
          "snoozed until 1970-01-01T12:00:00Z: ran out");
    CHECK_FALSE(needs_attention(in(HumanState::snoozed, later), {}, noon).needed);
    CHECK_FALSE(needs_attention(held(7, episode(0, 5)), {}, noon).needed);
}

TEST_CASE("needs_attention: what became worse since a person acted asks again", "[alert][human]") {
    // Acted on day 1 at severity review.
    const auto acted =
        GENERATE(HumanAction::acknowledge, HumanAction::action, HumanAction::dismiss, HumanAction::snooze);
    const bool limited = acted == HumanAction::acknowledge || acted == HumanAction::snooze;
    const Alert before = held(7, episode(0));
    const auto person = make_human_event(before, acted, "dr.ro", "because",
                                         limited ? std::optional(day(90)) : std::nullopt, day(1));
    const auto opened = machine(AlertChange::opened, Severity::review, 0);
    const auto ask = [&](std::vector<AlertEvent> rest, int on) {
        rest.insert(rest.begin(), {opened, person});
        std::vector<Alert> ledger;
        std::vector<AlertEvent> known;
        for (const auto& e : rest)
            if (e.at <= day(on)) known.push_back(e);
        alert::apply(ledger, known);
        return needs_attention(ledger.at(0), rest, day(on));
    };
    CAPTURE(to_string(acted));
    CHECK_FALSE(ask({}, 5).needed);
    CHECK_FALSE(ask({machine(AlertChange::revised, Severity::review, 3)}, 5).needed);
    const auto worse = ask({machine(AlertChange::revised, Severity::urgent, 3)}, 5);
    CHECK(worse.needed);
    CHECK(worse.why.substr(0, 32) == "severity review -> urgent since ");
    // Not yet known on day 2.
    CHECK_FALSE(ask({machine(AlertChange::revised, Severity::urgent, 3)}, 2).needed);
    // A severity that came down again is no reason any more.
    CHECK_FALSE(ask({machine(AlertChange::revised, Severity::urgent, 3),
                     machine(AlertChange::revised, Severity::review, 4)},
                    5)
                    .needed);
    const auto again = ask({machine(AlertChange::reopened, Severity::review, 3)}, 5);
    CHECK(again.needed == (acted != HumanAction::dismiss));
    // Whoever acts after it has seen it; before that act it was worth attention.
    auto person_again = person;
    person_again.at = day(4);
    person_again.after.episode.severity = Severity::urgent;
    const std::vector<AlertEvent> seen{machine(AlertChange::revised, Severity::urgent, 3), person_again};
    CHECK(ask(seen, 3).needed);
    CHECK_FALSE(ask(seen, 5).needed);
    person_again.after.episode.severity = Severity::review;
    CHECK_FALSE(ask({machine(AlertChange::reopened, Severity::review, 3), person_again}, 5).needed);
}

TEST_CASE("parse_human_action: reads back every name and nothing else", "[alert][human]") {
    for (int i = 0; i < 5; ++i) {
        const auto a = static_cast<HumanAction>(i);
        CHECK(parse_human_action(to_string(a)) == a);
    }
    CHECK_FALSE(parse_human_action("ack"));
}

#include "bellwether/alert/reconcile.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "alert/make.hpp"
#include "alert/twin.hpp"

using namespace bellwether;
using namespace bellwether::alert;

// Laws of reconciliation on random ledgers. Days lie in 0..25 and D in 20..24, so that intervals meet, touch,
// enclose and miss each other often, and some begin after D.
namespace {

constexpr int horizon = 25;

int number(int low, int high) {
    return *rc::gen::inRange(low, high + 1);
}

Severity any_severity() {
    return static_cast<Severity>(number(0, 2));
}

/// Episodes as E gives them: per rule in order, apart or sharing a day, only the last one open.
std::vector<Episode> any_episodes() {
    std::vector<Episode> all;
    for (const std::string rule : {"a", "b"}) {
        int onset = number(0, 8);
        for (int n = number(0, 4); n > 0 && onset <= horizon; --n) {
            const int fired = onset + number(0, 2);
            const int ended = std::max(fired + number(0, 4), onset + 1);
            const bool lasts = n == 1 && number(0, 1) == 1;
            all.push_back({rule, Date(onset), Date(fired), lasts ? std::nullopt : std::optional(Date(ended)),
                           any_severity(), number(0, 1) == 0 ? "{}" : "{\"x\":1}"});
            onset = ended + number(0, 5);
        }
    }
    return all;
}

/// Any ledger at all: alerts that overlap each other, in every state, under this version and another.
std::vector<Alert> any_ledger() {
    std::vector<Alert> all;
    std::int64_t id = 0;
    for (int n = number(0, 8); n > 0; --n) {
        const int onset = number(0, horizon);
        const bool ended = number(0, 1) == 1;
        Alert a = make::held(id += number(1, 3),
                             make::episode(onset, ended ? std::optional(onset + number(0, 8)) : std::nullopt,
                                           any_severity(), number(0, 1) == 0 ? "a" : "b"));
        if (number(0, 3) == 0) a.state = static_cast<MachineState>(number(2, 4));
        if (number(0, 2) == 0) a.rules_hash = "other rules";
        a.human = static_cast<HumanState>(number(0, 4));
        a.human_why = "because";
        all.push_back(std::move(a));
    }
    return all;
}

struct Case {
    std::vector<Episode> episodes;
    std::vector<Alert> ledger;
    int today = 0;
    std::optional<int> activated;
};

Case any_case(bool with_activation) {
    Case c{any_episodes(), any_ledger(), number(20, 24), {}};
    if (with_activation) c.activated = number(5, 24);
    return c;
}

std::vector<AlertEvent> reconcile(const Case& c, const std::vector<Alert>& ledger) {
    return make::events(c.episodes, ledger, c.today, c.activated);
}

std::vector<Alert> after(const Case& c) {
    std::vector<Alert> ledger = c.ledger;
    alert::apply(ledger, reconcile(c, c.ledger));
    return ledger;
}

std::vector<Episode> live_episodes(const std::vector<Alert>& ledger) {
    std::vector<Episode> live;
    for (const Alert& a : ledger)
        if (a.state == MachineState::open || a.state == MachineState::resolved) {
            RC_ASSERT((a.state == MachineState::resolved) == a.episode.ended.has_value());
            live.push_back(a.episode);
        }
    return live;
}

std::vector<Episode> in_order(std::vector<Episode> e) {
    std::sort(e.begin(), e.end(), [](const Episode& a, const Episode& b) {
        return std::tie(a.rule, a.onset) < std::tie(b.rule, b.onset);
    });
    return e;
}

void same_machine_half(const Alert& a, const Alert& b) {
    RC_ASSERT(a.episode == b.episode);
    RC_ASSERT(a.state == b.state);
    RC_ASSERT(a.parent == b.parent);
}

}  // namespace

TEST_CASE("reconcile: from any ledger the live alerts become exactly the episodes",
          "[alert][reconcile][property]") {
    REQUIRE(rc::check([] {
        const Case c = any_case(false);
        RC_ASSERT(in_order(live_episodes(after(c))) == in_order(c.episodes));
    }));
}

TEST_CASE("reconcile: a second call returns nothing, with and without activation",
          "[alert][reconcile][property]") {
    REQUIRE(rc::check([] {
        const Case c = any_case(number(0, 1) == 1);
        RC_ASSERT(reconcile(c, after(c)).empty());
    }));
}

TEST_CASE("reconcile: agrees with a twin that counts days", "[alert][reconcile][property]") {
    REQUIRE(rc::check([] {
        const Case c = any_case(number(0, 1) == 1);
        const auto expected = twin::expect(c.episodes, c.ledger, c.today, c.activated, "rules", "model");
        std::vector<Episode> fresh;
        for (const Alert& a : after(c)) {
            const auto known = expected.known.find(a.id);
            if (known != expected.known.end()) {
                same_machine_half(a, known->second);
                continue;
            }
            const auto is_it = [&](const Alert& x) { return x.episode == a.episode; };
            const auto it = std::find_if(expected.fresh.begin(), expected.fresh.end(), is_it);
            RC_ASSERT(it != expected.fresh.end());
            same_machine_half(a, *it);
            fresh.push_back(a.episode);
        }
        RC_ASSERT(fresh.size() == expected.fresh.size());
    }));
}

TEST_CASE("reconcile: every history is legal for the machine", "[alert][reconcile][property]") {
    REQUIRE(rc::check([] {
        std::vector<Alert> ledger;
        std::map<std::int64_t, MachineState> states;
        int today = 20;
        for (int round = number(1, 6); round > 0; --round, ++today) {
            Case c{any_episodes(), ledger, today, {}};
            if (number(0, 2) == 0) c.activated = number(5, today);
            const auto events =
                make::events(c.episodes, ledger, today, c.activated, number(0, 1) == 0 ? "r1" : "r2");
            std::map<std::int64_t, std::int64_t> given;
            std::int64_t last = ledger.empty() ? 0 : ledger.back().id;
            for (const AlertEvent& e : events) {
                std::int64_t id = e.after.id;
                if (id < 0 && !given.contains(id)) given[id] = ++last;
                if (id < 0) id = given[id];
                const auto before = states.find(id);
                RC_ASSERT(is_legal(before == states.end() ? std::nullopt : std::optional(before->second),
                                   e.change));
                RC_ASSERT(e.actor == "scan");
                RC_ASSERT(!e.why.empty());
                RC_ASSERT(e.at == make::day(today));
                states[id] = e.after.state;
            }
            alert::apply(ledger, events);
            for (const Alert& a : ledger)
                RC_ASSERT(states.at(a.id) == a.state);
        }
    }));
}

TEST_CASE("reconcile: what people did is never changed, and never changes what the machine does",
          "[alert][reconcile][property]") {
    REQUIRE(rc::check([] {
        const Case c = any_case(number(0, 1) == 1);
        Case untouched = c;
        for (Alert& a : untouched.ledger)
            a.human = HumanState::new_, a.human_why.clear();
        const auto with = after(c);
        const auto without = after(untouched);
        RC_ASSERT(with.size() == without.size());
        for (std::size_t i = 0; i < with.size(); ++i) {
            same_machine_half(with[i], without[i]);
            const auto was = std::find_if(c.ledger.begin(), c.ledger.end(),
                                          [&](const Alert& a) { return a.id == with[i].id; });
            RC_ASSERT(with[i].human == (was == c.ledger.end() ? HumanState::new_ : was->human));
            RC_ASSERT(with[i].human_why == (was == c.ledger.end() ? std::string() : was->human_why));
        }
    }));
}

TEST_CASE("reconcile: the order of its inputs does not matter", "[alert][reconcile][property]") {
    REQUIRE(rc::check([] {
        const Case c = any_case(number(0, 1) == 1);
        Case turned = c;
        std::reverse(turned.episodes.begin(), turned.episodes.end());
        std::reverse(turned.ledger.begin(), turned.ledger.end());
        const auto a = reconcile(c, c.ledger);
        const auto b = reconcile(turned, turned.ledger);
        RC_ASSERT(make::story(a) == make::story(b));
        for (std::size_t i = 0; i < a.size(); ++i)
            same_machine_half(a[i].after, b[i].after);
    }));
}

TEST_CASE("reconcile: under an activation what ended before it is left alone",
          "[alert][reconcile][property]") {
    REQUIRE(rc::check([] {
        const Case c = any_case(true);
        const auto past = [&](const Episode& e) { return e.ended && *e.ended < Date(*c.activated); };
        const auto events = reconcile(c, c.ledger);
        for (const Alert& a : c.ledger)
            if (past(a.episode))
                for (const AlertEvent& e : events)
                    RC_ASSERT(e.after.id != a.id);
        std::vector<Episode> expected;
        std::copy_if(c.episodes.begin(), c.episodes.end(), std::back_inserter(expected),
                     [&](const Episode& e) { return !past(e); });
        std::vector<Episode> live = live_episodes(after(c));
        std::erase_if(live, past);
        RC_ASSERT(in_order(live) == in_order(expected));
    }));
}

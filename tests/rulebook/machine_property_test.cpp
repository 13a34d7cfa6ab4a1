#include <optional>
#include <set>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "bellwether/rulebook/evaluate.hpp"

#include "rulebook/support/fake.hpp"

using namespace bellwether;
using namespace bellwether::rulebook;
using fake::Three;

namespace {

constexpr int horizon = 60;

/// What a random rule says beside `when: track(a)`, `unless: track(b)` and `escalate: track(d)`.
struct Shape {
    bool unless = false, until = false, escalate = false;
    std::optional<int> days, visits;
    bool of_a = false;
    std::string body() const {
        std::string s = "        when: track(a)\n";
        if (unless) s += "        unless: track(b)\n";
        if (until) s += "        until: track(c)\n";
        if (escalate) s += "        escalate: {when: track(d), to: urgent}\n";
        if (days) s += "        for: " + std::to_string(*days) + "d\n";
        if (visits) s += "        for: " + std::to_string(*visits) + " visits" + (of_a ? " of a" : "") + "\n";
        return s;
    }
};

Shape random_shape() {
    Shape s;
    s.unless = *rc::gen::arbitrary<bool>();
    s.until = *rc::gen::arbitrary<bool>();
    s.escalate = *rc::gen::arbitrary<bool>();
    const int kind = *rc::gen::inRange(0, 3);
    if (kind == 1) s.days = *rc::gen::inRange(1, 15);
    if (kind == 2) s.visits = *rc::gen::inRange(1, 4), s.of_a = *rc::gen::arbitrary<bool>();
    return s;
}

fake::Patient random_patient() {
    fake::Patient p;
    for (const std::string channel : {"a", "b", "c", "d"}) {
        for (const int day : *rc::gen::container<std::set<int>>(rc::gen::inRange(0, horizon))) {
            p.tracks[channel].emplace_back(Date(day), static_cast<Three>(*rc::gen::inRange(0, 3)));
        }
    }
    return p;
}

/// The truth on a day: the last entry up to it; before the first, unknown.
Three on_day(const fake::Patient& p, const std::string& track, int day) {
    Three t = Three::unknown;
    if (!p.tracks.contains(track)) return t;
    for (const auto& [date, truth] : p.tracks.at(track)) {
        if (date.serial() <= day) t = truth;
    }
    return t;
}

bool reads_on(const fake::Patient& p, const std::string& track, int day) {
    if (!p.tracks.contains(track)) return false;
    for (const auto& [date, truth] : p.tracks.at(track)) {
        if (date.serial() == day) return true;
    }
    return false;
}

struct Seen {
    int onset = 0, fired = 0;
    std::optional<int> ended, escalated;
    friend bool operator==(const Seen&, const Seen&) = default;
};

/// The rules of evaluate.hpp, written apart: for every candidate onset look forward day by day. Nothing is
/// shared with the machine but the words.
std::vector<Seen> naive(const Shape& s, const fake::Patient& p, int as_of, std::optional<int>& pending) {
    const auto condition = [&](int day) {
        const Three when = on_day(p, "a", day);
        if (when == Three::no || (s.unless && on_day(p, "b", day) == Three::yes)) return Three::no;
        return when;
    };
    const auto point = [&](int day) {
        return reads_on(p, "a", day) || (s.unless && reads_on(p, "b", day)) ||
               (s.until && reads_on(p, "c", day)) || (s.escalate && reads_on(p, "d", day));
    };
    std::vector<Seen> out;
    pending.reset();
    for (int day = 0; day <= as_of;) {
        if (!point(day) || condition(day) != Three::yes) {
            ++day;
            continue;
        }
        // The run of days from this onset on which the condition is never false.
        int stop = day;
        while (stop <= as_of && condition(stop) != Three::no)
            ++stop;
        std::optional<int> fired;
        for (int d = day; d < stop && !fired; ++d) {
            if (condition(d) != Three::yes) continue;
            if (s.days && d - day < *s.days) continue;
            if (s.visits) {
                int visits = 0;
                for (int v = day; v <= d; ++v) {
                    if (condition(v) == Three::yes && (s.of_a ? reads_on(p, "a", v) : point(v))) ++visits;
                }
                if (visits < *s.visits) continue;
            }
            fired = d;
        }
        if (!fired) {
            if (stop > as_of) pending = day;
            day = stop;
            continue;
        }
        Seen seen{day, *fired, {}, {}};
        for (int d = *fired + 1; d <= as_of && !seen.ended; ++d) {
            if (s.until ? point(d) && on_day(p, "c", d) == Three::yes : condition(d) == Three::no)
                seen.ended = d;
        }
        const int last = seen.ended ? *seen.ended - 1 : as_of;
        for (int d = *fired; d <= last && !seen.escalated; ++d) {
            if (s.escalate && (point(d) || d == *fired) && on_day(p, "d", d) == Three::yes)
                seen.escalated = d;
        }
        out.push_back(seen);
        day = seen.ended ? *seen.ended + 1 : as_of + 1;
    }
    return out;
}

std::optional<int> serial(std::optional<Date> d) {
    return d ? std::optional<int>(d->serial()) : std::nullopt;
}

std::vector<Seen> seen(const RuleVerdict& v) {
    std::vector<Seen> out;
    for (const Episode& e : v.episodes)
        out.push_back({e.onset.serial(), e.fired.serial(), serial(e.ended), serial(e.escalated)});
    return out;
}

}  // namespace

TEST_CASE("machine: equals a day-by-day implementation written apart, on random tracks",
          "[rulebook][machine][property]") {
    CHECK(rc::check("machine = naive", [] {
        const Shape shape = random_shape();
        fake::Patient p = random_patient();
        const int as_of = *rc::gen::inRange(0, horizon + 20);
        fake::Patient known = p.until(Date(as_of));
        const auto verdict =
            evaluate(fake::load(fake::rule_file(shape.body())), known, Date(as_of)).rules.at(0);
        std::optional<int> pending;
        const auto expected = naive(shape, p, as_of, pending);
        RC_LOG() << shape.body();
        RC_ASSERT(seen(verdict) == expected);
        RC_ASSERT(serial(verdict.pending) == pending);
    }));
}

TEST_CASE("evaluate: later data never change the earlier part of the verdicts",
          "[rulebook][evaluate][property]") {
    CHECK(rc::check("no look-ahead", [] {
        const Shape shape = random_shape();
        fake::Patient p = random_patient();
        const auto book = fake::load(fake::rule_file(shape.body()));
        const Date early(*rc::gen::inRange(0, horizon));
        fake::Patient known = p.until(early);
        const auto then = evaluate(book, known, early).rules.at(0);
        auto later = evaluate(book, p, Date(horizon + 20)).rules.at(0).episodes;
        std::erase_if(later, [&](const Episode& e) { return e.fired > early; });
        RC_ASSERT(later.size() == then.episodes.size());
        for (std::size_t i = 0; i < later.size(); ++i) {
            RC_ASSERT(later[i].onset == then.episodes[i].onset);
            RC_ASSERT(later[i].fired == then.episodes[i].fired);
            if (later[i].ended && *later[i].ended > early) later[i].ended.reset();
            RC_ASSERT(later[i].ended == then.episodes[i].ended);
            const bool escalated_since = later[i].escalated && *later[i].escalated > early;
            if (!escalated_since) RC_ASSERT(later[i].evidence == then.episodes[i].evidence);
        }
        // Data after `as_of` are not even looked at.
        RC_ASSERT(evaluate(book, p, early).rules.at(0).episodes == then.episodes);
    }));
}

TEST_CASE("evaluate: nothing changes before the next deadline", "[rulebook][evaluate][property]") {
    CHECK(rc::check("deadline", [] {
        const int window = *rc::gen::inRange(5, 20), hold = *rc::gen::inRange(1, 10);
        const auto book =
            fake::load(fake::rule_file("        when: age_of(a) > " + std::to_string(window) +
                                       "d or track(b)\n        for: " + std::to_string(hold) + "d\n"));
        fake::Patient p;
        for (const int day : *rc::gen::container<std::set<int>>(rc::gen::inRange(0, 30)))
            p.series["a"].push_back({Date(day), 1.0, false});
        for (const int day : *rc::gen::container<std::set<int>>(rc::gen::inRange(0, 30))) {
            p.tracks["b"].emplace_back(Date(day), static_cast<Three>(*rc::gen::inRange(0, 3)));
        }
        const Date start(30);
        const auto at = evaluate(book, p, start);
        const Date stop = at.next_deadline.value_or(start + 60);
        RC_ASSERT(stop > start);
        for (Date d = start + 1; d < stop; d = d + 1)
            RC_ASSERT(evaluate(book, p, d).rules == at.rules);
    }));
}

TEST_CASE("evaluate: and, or, not follow Kleene's tables on random expressions",
          "[rulebook][kleene][property]") {
    CHECK(rc::check("kleene = brute force", [] {
        // Reference: an unknown is every value it could have. The strong Kleene answer is known only if it is
        // the same for all of them; where each name occurs once, as here, the two agree.
        const std::string names[] = {"a", "b", "c", "d"};
        Three truth[4];
        fake::Patient p;
        for (int i = 0; i < 4; ++i) {
            truth[i] = static_cast<Three>(*rc::gen::inRange(0, 3));
            p.tracks[names[i]] = {{Date(0), truth[i]}};
        }
        bool negated[4], whole = *rc::gen::arbitrary<bool>();
        for (bool& n : negated)
            n = *rc::gen::arbitrary<bool>();
        bool is_and[3];
        for (bool& a : is_and)
            a = *rc::gen::arbitrary<bool>();
        const auto leaf = [&](int i) {
            return std::string(negated[i] ? "not " : "") + "track(" + names[i] + ")";
        };
        const auto word = [&](int i) { return std::string(is_and[i] ? " and " : " or "); };
        const std::string text = std::string(whole ? "not " : "") + "((" + leaf(0) + word(0) + leaf(1) + ")" +
                                 word(1) + "(" + leaf(2) + word(2) + leaf(3) + "))";
        bool can_be[2] = {false, false};
        for (int bits = 0; bits < 16; ++bits) {
            bool x[4], fits = true;
            for (int i = 0; i < 4; ++i) {
                x[i] = (bits >> i) & 1;
                fits = fits && (truth[i] == Three::unknown || (truth[i] == Three::yes) == x[i]);
                x[i] = x[i] != negated[i];
            }
            if (!fits) continue;
            const bool l = is_and[0] ? x[0] && x[1] : x[0] || x[1],
                       r = is_and[2] ? x[2] && x[3] : x[2] || x[3];
            can_be[(is_and[1] ? l && r : l || r) != whole] = true;
        }
        const auto v =
            evaluate(fake::load(fake::rule_file("        when: " + text + "\n")), p, Date(1)).rules.at(0);
        RC_LOG() << text;
        RC_ASSERT(v.assessable == (can_be[0] != can_be[1]));
        RC_ASSERT(v.open() == (can_be[1] && !can_be[0]));
    }));
}

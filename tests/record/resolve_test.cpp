#include "bellwether/record/resolve.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "record/support/generate.hpp"

namespace bellwether {
namespace {

using testing::minute_instant;
constexpr int kInstants = 6;

Record reading(double value, int learnt, std::optional<int> released = {}, Status status = Status::final_) {
    Observation o;
    o.patient = "P1", o.channel = "ctdna", o.taken = Date(20000);
    o.reading = Reading{value, Censor::none};
    Version v;
    v.learnt = minute_instant(learnt), v.status = status;
    if (released) v.released = minute_instant(*released);
    return {o, v};
}

double value_of(const Resolved& r) {
    return std::get<Observation>(r.in_force->content).reading->value;
}

/// Everything that an answer shows, as text, so that two answers compare as a whole.
std::vector<std::string> shown(const PatientFile& f) {
    std::vector<std::string> lines{content_digest(f.patient)};
    for (std::size_t i = 0; i < f.observations.size(); ++i)
        lines.push_back(content_digest(f.observations[i]) +
                        std::string(to_string(f.observation_status.at(i))));
    for (const auto& t : f.therapies)
        lines.push_back(content_digest(t));
    for (const auto& l : f.lesions)
        lines.push_back(content_digest(l));
    for (const auto& e : f.events)
        lines.push_back(content_digest(e));
    for (const auto& c : f.conflicts)
        lines.push_back("conflict " + c);
    for (const auto& m : f.missing)
        lines.push_back("missing " + m);
    return lines;
}

/// The definition, word for word and quadratic: a version is in force when it is known, none known outranks
/// it, none of its rank says something else, and it is not a cancellation.
std::set<std::string> brute_force(const PatientHistory& h, Instant as_of) {
    std::set<std::string> in_force;
    const auto known = [&](const Record& r) { return !(as_of < r.version.learnt); };
    for (const Record& a : h.versions) {
        bool stands = known(a) && a.version.status != Status::cancelled;
        for (const Record& b : h.versions) {
            if (!stands || !known(b) || identity(a.content) != identity(b.content)) continue;
            const Instant ta = a.version.released ? *a.version.released : a.version.learnt;
            const Instant tb = b.version.released ? *b.version.released : b.version.learnt;
            const bool later = tb > ta || (tb == ta && static_cast<int>(b.version.status) >
                                                           static_cast<int>(a.version.status));
            const bool tie = tb == ta && b.version.status == a.version.status;
            if (later || (tie && content_digest(a.content) != content_digest(b.content))) stands = false;
        }
        if (stands) in_force.insert(content_digest(a.content));
    }
    return in_force;
}

std::set<std::string> in_force(const PatientHistory& h, Instant as_of) {
    std::map<std::string, std::vector<Record>> by_identity;
    for (const Record& r : h.versions)
        by_identity[identity(r.content)].push_back(r);
    std::set<std::string> result;
    for (const auto& [id, versions] : by_identity)
        if (const auto r = resolve(versions, as_of); r.in_force != nullptr)
            result.insert(content_digest(r.in_force->content));
    return result;
}

PatientHistory any_history() {
    return {"P1", *rc::gen::container<std::vector<Record>>(testing::records("P1", kInstants))};
}

}  // namespace

TEST_CASE("resolve: the later release wins, whatever arrived last", "[record][resolve]") {
    const std::vector<Record> v{reading(2.0, 1, 5), reading(1.0, 2, 3)};
    CHECK(value_of(resolve(v, minute_instant(9))) == 2.0);
    CHECK(resolve(v, minute_instant(0)).in_force == nullptr);
}

TEST_CASE("resolve: at one release time the status decides", "[record][resolve]") {
    const std::vector<Record> v{reading(3.0, 1, 1, Status::corrected), reading(2.0, 3, 1, Status::final_),
                                reading(1.0, 2, 1, Status::preliminary)};
    CHECK(value_of(resolve(v, minute_instant(9))) == 3.0);
}

TEST_CASE("resolve: without a release time the time of learning ranks", "[record][resolve]") {
    const std::vector<Record> v{reading(1.0, 4), reading(2.0, 2, 3)};
    CHECK(value_of(resolve(v, minute_instant(3))) == 2.0);
    CHECK(value_of(resolve(v, minute_instant(4))) == 1.0);
}

TEST_CASE("resolve: a cancellation that came first still cancels", "[record][resolve]") {
    const std::vector<Record> v{reading(0.0, 1, 5, Status::cancelled), reading(1.0, 2, 4)};
    const auto r = resolve(v, minute_instant(9));
    CHECK(r.cancelled);
    CHECK(r.in_force == nullptr);
    CHECK_FALSE(r.conflict);
}

TEST_CASE("resolve: cancellations of equal rank are no conflict", "[record][resolve]") {
    const std::vector<Record> v{reading(0.0, 1, 5, Status::cancelled), reading(1.0, 2, 5, Status::cancelled)};
    CHECK(resolve(v, minute_instant(9)).cancelled);
    CHECK_FALSE(resolve(v, minute_instant(9)).conflict);
}

TEST_CASE("resolve: equal rank and other content is a conflict until a later version decides",
          "[record][resolve]") {
    const std::vector<Record> v{reading(1.0, 1, 1), reading(2.0, 2, 1), reading(3.0, 3, 2)};
    CHECK(value_of(resolve(v, minute_instant(1))) == 1.0);
    const auto r = resolve(v, minute_instant(2));
    CHECK(r.conflict);
    CHECK(r.in_force == nullptr);
    CHECK(value_of(resolve(v, minute_instant(3))) == 3.0);
}

TEST_CASE("resolve: of two that say the same, the one learnt first stands, in any order",
          "[record][resolve]") {
    std::vector<Record> v{reading(1.0, 2, 1), reading(1.0, 1, 1), reading(1.0, 3, 1)};
    for (int i = 0; i < 3; ++i) {
        CHECK(resolve(v, minute_instant(9)).in_force->version.learnt == minute_instant(1));
        std::rotate(v.begin(), v.begin() + 1, v.end());
    }
}

TEST_CASE("as_known_at: conflicting, cancelled and missing readings are told apart", "[record][resolve]") {
    auto other_day = reading(7.0, 1);
    std::get<Observation>(other_day.content).taken = Date(20001);
    auto empty = reading(0.0, 1);
    auto& o = std::get<Observation>(empty.content);
    o.taken = Date(19999), o.reading.reset(), o.missing_reason = "haemolysed";
    auto early = reading(5.0, 1, {}, Status::preliminary);
    std::get<Observation>(early.content).taken = Date(19998);
    const PatientHistory h{"P1", {reading(1.0, 1, 1), reading(2.0, 1, 1), other_day, empty, early}};
    const auto f = as_known_at(h, minute_instant(1));
    CHECK(f.patient.id == "P1");
    REQUIRE(f.observations.size() == 2);
    CHECK(f.observations[0].taken == Date(19998));
    CHECK(f.observation_status[0] == Status::preliminary);
    CHECK(f.observation_status[1] == Status::final_);
    CHECK(f.conflicts == std::vector<std::string>{"observation|P1|ctdna|taken|2024-10-04|||1"});
    CHECK(f.missing == std::vector<std::string>{"ctdna 2024-10-03: haemolysed"});
}

TEST_CASE("as_known_at: records ascend by date, then minute, then identity", "[record][resolve]") {
    std::vector<Record> v;
    for (const auto& [day, minute, channel] : std::vector<std::tuple<int, std::optional<int>, std::string>>{
             {2, 9, "a"}, {1, 700, "a"}, {1, 60, "b"}, {1, {}, "c"}, {1, {}, "b"}}) {
        Observation o;
        o.patient = "P1", o.channel = channel, o.taken = Date(day), o.minute = minute, o.reading = Reading{};
        v.push_back({o, {}});
    }
    std::string order;
    for (const auto& o : as_known_at({"P1", v}, Instant()).observations)
        order += o.channel;
    CHECK(order == "bcbaa");
}

TEST_CASE("resolve: equals the quadratic definition", "[record][resolve][property]") {
    CHECK(rc::check("brute force", [] {
        const auto h = any_history();
        const Instant d = minute_instant(*rc::gen::inRange(-1, kInstants + 1));
        RC_ASSERT(in_force(h, d) == brute_force(h, d));
    }));
}

TEST_CASE("as_known_at: holds exactly what is in force", "[record][resolve][property]") {
    CHECK(rc::check("file = in force", [] {
        const auto h = any_history();
        const Instant d = minute_instant(*rc::gen::inRange(-1, kInstants + 1));
        const auto f = as_known_at(h, d);
        const auto expected = brute_force(h, d);
        std::size_t patients = 0;
        for (const auto& r : h.versions)
            if (std::holds_alternative<Patient>(r.content) && expected.contains(content_digest(r.content)))
                patients = 1;
        const std::size_t held = f.observations.size() + f.missing.size() + f.therapies.size() +
                                 f.lesions.size() + f.events.size() + patients;
        RC_ASSERT(held == expected.size());
        for (const auto& o : f.observations)
            RC_ASSERT(expected.contains(content_digest(o)));
        RC_ASSERT(f.observations.size() == f.observation_status.size());
    }));
}

TEST_CASE("as_known_at: the order of versions is invisible", "[record][resolve][property]") {
    CHECK(rc::check("permutation", [] {
        const auto h = any_history();
        auto shuffled = h;
        const auto keys = *rc::gen::container<std::vector<int>>(h.versions.size(), rc::gen::arbitrary<int>());
        std::vector<std::size_t> order(h.versions.size());
        for (std::size_t i = 0; i < order.size(); ++i)
            order[i] = i;
        std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return keys[a] < keys[b]; });
        for (std::size_t i = 0; i < order.size(); ++i)
            shuffled.versions[i] = h.versions[order[i]];
        const Instant d = minute_instant(*rc::gen::inRange(0, kInstants));
        RC_ASSERT(shown(as_known_at(h, d)) == shown(as_known_at(shuffled, d)));
    }));
}

TEST_CASE("as_known_at: what is learnt later changes nothing", "[record][resolve][property]") {
    CHECK(rc::check("no look-ahead", [] {
        const auto h = any_history();
        const Instant d = minute_instant(*rc::gen::inRange(0, kInstants));
        PatientHistory known{h.patient, {}};
        for (const auto& r : h.versions)
            if (r.version.learnt <= d) known.versions.push_back(r);
        RC_ASSERT(shown(as_known_at(h, d)) == shown(as_known_at(known, d)));
    }));
}

TEST_CASE("as_known_at: a version twice is a version once", "[record][resolve][property]") {
    CHECK(rc::check("idempotent", [] {
        const auto h = any_history();
        auto twice = h;
        twice.versions.insert(twice.versions.end(), h.versions.begin(), h.versions.end());
        const Instant d = minute_instant(*rc::gen::inRange(0, kInstants));
        RC_ASSERT(shown(as_known_at(h, d)) == shown(as_known_at(twice, d)));
    }));
}

TEST_CASE("PreparedHistory: before the day that unchanged_before names, the same records are in force",
          "[record][resolve][property]") {
    std::size_t told = 0;
    CHECK(rc::check([&] {
        const PatientHistory h = any_history();
        const PreparedHistory prepared(h);
        const int a = *rc::gen::inRange(0, kInstants), b = *rc::gen::inRange(a, kInstants + 1);
        const Instant from = minute_instant(a), to = minute_instant(b);
        const auto day = prepared.unchanged_before(from, to);
        if (!day) return;
        ++told;
        if (learnt_instants(h, from, to).empty()) RC_ASSERT(*day == PreparedHistory::never);
        const auto earlier = [&](Instant at) {
            std::vector<std::string> lines;
            const PatientFile f = prepared.as_known_at(at);
            for (std::size_t i = 0; i < f.observations.size(); ++i)
                if (f.observations[i].taken < *day)
                    lines.push_back(content_digest(f.observations[i]) +
                                    std::string(to_string(f.observation_status[i])));
            for (const auto& t : f.therapies)
                if (t.start < *day) lines.push_back(content_digest(t));
            for (const auto& l : f.lesions)
                if (l.taken < *day) lines.push_back(content_digest(l));
            for (const auto& e : f.events)
                if (e.date < *day) lines.push_back(content_digest(e));
            return lines;
        };
        RC_ASSERT(earlier(from) == earlier(to));
    }));
    CHECK(told > 10);
}

TEST_CASE("learnt_instants: distinct, ascending, after the first and up to the last", "[record][resolve]") {
    const PatientHistory h{"P1", {reading(1, 3), reading(1, 1), reading(2, 3), reading(1, 5), reading(1, 4)}};
    CHECK(learnt_instants(h, minute_instant(1), minute_instant(4)) ==
          std::vector<Instant>{minute_instant(3), minute_instant(4)});
}

}  // namespace bellwether

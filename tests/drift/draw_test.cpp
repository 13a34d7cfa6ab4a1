#include "bellwether/drift/draw.hpp"

#include <cmath>

#include <catch2/catch.hpp>

#include "support/small.hpp"

using namespace bellwether;
using namespace small;

namespace {

/// The days on which a channel is read.
std::vector<int> days_of(const series::Timeline& t, const std::string& channel) {
    std::vector<int> out;
    if (const auto* track = t.track(channel))
        for (const auto& p : track->points)
            out.push_back(p.date - day(0));
    return out;
}

drift::DrawRequest in_state(std::size_t s) {
    drift::DrawRequest r;
    r.kept = {{-1e9, markov::only(s)}};
    return r;
}

}  // namespace

TEST_CASE("draw: the same visits with the same channels read, nothing known of what the model does not draw",
          "[drift][draw]") {
    auto t = patient();
    t.events = {event(EventKind::progression, 50), event(EventKind::death, 95),
                event(EventKind::toxicity, 30)};
    add_track(t, "psa", {{0, exactly(4)}});
    std::mt19937_64 random(1);
    const auto drawn = drift::draw_like(t, spec(), spec().start_values(), in_state(0), random);
    REQUIRE(drawn);
    for (const auto& c : spec().channels) {
        CAPTURE(c.name);
        CHECK(days_of(*drawn, c.name) == days_of(t, c.name));
    }
    CHECK(drawn->track("psa") == nullptr);
    REQUIRE(drawn->events.size() == 1);
    CHECK(drawn->events[0].kind == EventKind::toxicity);
    CHECK(drawn->therapies.size() == t.therapies.size());
    CHECK(drawn->patient.id == t.patient.id);
    // A reading that was below its limit is below that limit, or above it and seen.
    const auto& was = t.track("ctdna")->points;
    const auto& now = drawn->track("ctdna")->points;
    for (std::size_t i = 0; i < was.size(); ++i)
        if (now[i].reading.censor == Censor::left) CHECK(was[i].reading == now[i].reading);
}

TEST_CASE("draw: no reading below a given limit, and one day alone is not drawn", "[drift][draw]") {
    auto request = in_state(0);
    request.lower_limit["ctdna"] = 1e9;
    std::mt19937_64 random(2);
    const auto drawn = drift::draw_like(patient(), spec(), spec().start_values(), request, random);
    REQUIRE(drawn);
    // But for the reading of day 42, which keeps the limit that it was reported with.
    std::size_t seen = 0;
    for (const auto& p : drawn->track("ctdna")->points) {
        if (p.date == day(42)) continue;
        CHECK(p.reading == below(1e9));
        ++seen;
    }
    CHECK(seen == 5);
    series::Timeline once;
    add_track(once, "ctdna", {{0, exactly(1)}});
    CHECK_FALSE(drift::draw_like(once, spec(), spec().start_values(), in_state(0), random));
}

#include "bellwether/app/counterfactual.hpp"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "app/support/world.hpp"

using namespace bellwether;

namespace {

const Instant active_from = Instant::start_of(world::day_zero() - 100);

std::shared_ptr<const app::Knowledge> knowledge() {
    return app::knowledge_history(world::activations(active_from), world::catalogue()).back();
}

/// A patient with readings of ctDNA at four-weekly visits.
series::Timeline with_ctdna(const std::vector<Reading>& readings) {
    series::Timeline t;
    t.patient.id = "X";
    t.patient.day_zero = world::day_zero();
    auto& track = t.tracks["ctdna"];
    track.channel = "ctdna";
    track.segment_names = {""};
    int day = 0;
    for (const auto& r : readings)
        track.points.push_back({world::day_zero() + 28 * day++, -1, r, 0});
    return t;
}
Reading exactly(double x) {
    return {x, Censor::none};
}

/// Whether the whole rulebook has the rule open on a day, by another path than the one under test.
bool open_on(const series::Timeline& t, const std::string& rule, Date day) {
    app::Evaluator evaluator(knowledge());
    app::Tracks tracks;
    for (const auto& e : evaluator.evaluate(t, Instant::end_of(day), tracks).episodes)
        if (e.rule == rule && e.fired <= day && (!e.ended || *e.ended > day)) return true;
    return false;
}

series::Timeline changed(series::Timeline t, const app::NearestChange& c, double value) {
    for (auto& p : t.tracks.at(c.channel).points)
        if (p.date == c.date) p.reading = exactly(value);
    return t;
}

const app::NearestChange& of(const app::Counterfactual& c, bool nadir) {
    const auto found = std::find_if(c.changes.begin(), c.changes.end(),
                                    [&](const auto& x) { return x.channel == "ctdna" && x.nadir == nadir; });
    REQUIRE(found != c.changes.end());
    return *found;
}

}  // namespace

TEST_CASE("would not fire: thresholds that stand in the rule come out", "[app][counterfactual]") {
    // value(ctdna) >= 2 %: silent below 2, to three figures.
    const auto t = with_ctdna({exactly(1.0), exactly(5.2)});
    const Date day = world::day_zero() + 28;
    const auto high = app::would_not_fire(t, knowledge(), "high", day);
    REQUIRE(high.fires);
    const auto& last = of(high, false);
    CHECK(*last.at_most == Approx(1.99));
    CHECK_FALSE(last.at_least);
    CHECK_FALSE(last.at_most_until);
    CHECK(last.was == exactly(5.2));
    CHECK(last.unit == "%");
    // The reading before has no say in it.
    CHECK_FALSE(of(high, true).at_most);
    CHECK_FALSE(of(high, true).at_least);
    CHECK(high.not_read.empty());
    // fold(ctdna, nadir) >= 1.2 for 21 days: the nadir is an input too. 3.6 / 1.2 = 3; 1.2 * 1 = 1.2. A nadir
    // of 3 or a last reading of 1.2 still fires; raised to 3.01, or lowered to 1.19, they do not.
    const auto u = with_ctdna({exactly(1.0), exactly(3.6), exactly(3.6)});
    const Date fired = world::day_zero() + 49;
    REQUIRE(open_on(u, "persistent", fired));
    const auto persistent = app::would_not_fire(u, knowledge(), "persistent", fired);
    CHECK(*of(persistent, false).at_most == Approx(1.19));
    CHECK(*of(persistent, true).at_least == Approx(3.01));
    REQUIRE(persistent.not_read.size() == 1);  // judged 21 days after the reading
    CHECK(*persistent.not_read[0].last == world::day_zero() + 28);
}

TEST_CASE("would not fire: a value that no channel can have is not proposed", "[app][counterfactual]") {
    // value(ctdna) >= 2 %, fold(ctdna, nadir) >= 1.2, in channels whose range ends near there.
    const auto in_range = [](double low, double high) {
        auto channels = world::catalogue();
        channels.at("ctdna").low = low;
        channels.at("ctdna").high = high;
        return app::knowledge_history(world::activations(active_from), channels).back();
    };
    const auto t = with_ctdna({exactly(3.0), exactly(5.2)});
    const Date day = world::day_zero() + 28;
    CHECK(*of(app::would_not_fire(t, in_range(1.9, 100), "high", day), false).at_most == Approx(1.99));
    // Below 2 and not below 1.995: 1.99 is no answer, the last that is possible is.
    const auto narrow = *of(app::would_not_fire(t, in_range(1.995, 100), "high", day), false).at_most;
    CHECK(narrow >= 1.995);
    CHECK(narrow < 2.0);
    CHECK(*of(app::would_not_fire(t, in_range(1.0, 100), "high", day), false).at_most == Approx(1.99));
    CHECK_FALSE(of(app::would_not_fire(t, in_range(2.0, 100), "high", day), false).at_most);
    // The nadir had to be above 3.6 / 1.2 = 3.
    const auto u = with_ctdna({exactly(1.0), exactly(3.6), exactly(3.6)});
    const Date fired = world::day_zero() + 49;
    CHECK(*of(app::would_not_fire(u, in_range(0, 3.3), "persistent", fired), true).at_least == Approx(3.01));
    CHECK_FALSE(of(app::would_not_fire(u, in_range(0, 2.9), "persistent", fired), true).at_least);
    // A reading that is itself out of range: nothing lies further off that way.
    CHECK_FALSE(of(app::would_not_fire(u, in_range(0, 0.5), "persistent", fired), true).at_least);
}

TEST_CASE("would not fire: a reading beyond a limit says whether the answer is open within it",
          "[app][counterfactual]") {
    const Date day = world::day_zero() + 28;
    // Above 3: fires whatever it is. Above 1 is not known to be 2 or more, so nothing fires and nothing is
    // asked.
    const auto above =
        app::would_not_fire(with_ctdna({exactly(1.0), {3.0, Censor::right}}), knowledge(), "high", day);
    REQUIRE(above.fires);
    CHECK_FALSE(of(above, false).open_within_the_bound());
    CHECK(*of(above, false).at_most == Approx(1.99));
    const auto unknown =
        app::would_not_fire(with_ctdna({exactly(1.0), {1.0, Censor::right}}), knowledge(), "high", day);
    CHECK_FALSE(unknown.fires);
    CHECK(unknown.changes.empty());
    CHECK_THROWS_WITH(app::would_not_fire(with_ctdna({exactly(1.0)}), knowledge(), "hihg", day),
                      Catch::Contains("P004") && Catch::Contains("did you mean 'high'"));
}

TEST_CASE("would not fire: each value is silent, and one a little nearer is not",
          "[app][counterfactual][property]") {
    int alerts = 0, values = 0;
    for (std::uint64_t seed = 1; seed <= 40 && alerts < 25; ++seed) {
        const auto history = world::random_arrival(world::random_records(seed), seed);
        const auto t = app::timeline_at(history, world::the_end(), world::catalogue());
        app::Evaluator evaluator(knowledge());
        app::Tracks tracks;
        for (const auto& e : evaluator.evaluate(t, world::the_end(), tracks).episodes) {
            if (e.rule == "stale") continue;
            const auto c = app::would_not_fire(t, knowledge(), e.rule, e.fired);
            CAPTURE(seed, e.rule, to_string(e.fired));
            REQUIRE(c.fires);
            ++alerts;
            for (const auto& x : c.changes)
                for (const auto& value : {x.at_most, x.at_least}) {
                    if (!value) continue;
                    CAPTURE(x.channel, to_string(x.date), x.was.value, *value);
                    // One reading a day is changed in `changed`; days with several are left to the rest.
                    const auto& points = t.tracks.at(x.channel).points;
                    if (std::count_if(points.begin(), points.end(),
                                      [&](const auto& p) { return p.date == x.date; }) > 1)
                        continue;
                    ++values;
                    CHECK_FALSE(open_on(changed(t, x, *value), e.rule, e.fired));
                    // Two units of the third figure back: the value shown is the nearest there is.
                    const double unit = std::pow(10.0, std::floor(std::log10(std::abs(*value))) - 2.0);
                    const double nearer = *value + (value == x.at_most ? 2.5 : -2.5) * unit;
                    if ((nearer - x.was.value) * (*value - x.was.value) > 0 && x.was.censor == Censor::none)
                        CHECK(open_on(changed(t, x, nearer), e.rule, e.fired));
                }
        }
    }
    CHECK(alerts >= 20);
    CHECK(values >= 20);
}

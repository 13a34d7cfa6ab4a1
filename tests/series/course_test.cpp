#include "bellwether/series/course.hpp"

#include <catch2/catch.hpp>

#include "series/support/tracks.hpp"

using namespace bellwether;
using namespace bellwether::series;
using namespace bellwether::series::testing;

namespace {

TherapyInterval therapy(const std::string& regimen, int start, std::optional<int> stop) {
    TherapyInterval t{"P1", regimen, day(start), std::nullopt, "", ""};
    if (stop) t.stop = day(*stop);
    return t;
}

Event toxicity(const std::string& term, std::optional<int> grade, int date, std::optional<int> resolved) {
    Event e{"P1", EventKind::toxicity, term, day(date), std::nullopt, grade};
    if (resolved) e.resolved = day(*resolved);
    return e;
}

Event event(EventKind kind, int date) {
    return {"P1", kind, "", day(date), std::nullopt, std::nullopt};
}

Timeline timeline(std::vector<TherapyInterval> therapies, std::vector<Event> events) {
    PatientFile f;
    f.therapies = std::move(therapies);
    f.events = std::move(events);
    return build(f, {});
}

}  // namespace

TEST_CASE("therapy: given from its start to the day before its stop", "[series][course]") {
    const Timeline t = timeline(
        {therapy("chemo", 30, std::nullopt), therapy("nivolumab", 0, 30), therapy("ipilimumab", 10, 20)}, {});
    const auto regimen = [&](int n) {
        const auto* r = current_regimen(t, day(n));
        return r ? r->regimen : std::string("none");
    };
    CHECK(regimen(-1) == "none");
    CHECK(regimen(0) == "nivolumab");
    CHECK(regimen(10) == "ipilimumab");  // the one that began last
    CHECK(regimen(20) == "nivolumab");
    CHECK(regimen(29) == "nivolumab");
    CHECK(regimen(30) == "chemo");
    CHECK(regimen(999) == "chemo");
    CHECK(therapies_at(t, day(15)).size() == 2);
    CHECK(on(t, "nivolumab", day(15)));
    CHECK_FALSE(on(t, "nivolumab", day(30)));
    CHECK(on(t, "any", day(30)));
    CHECK_FALSE(on(t, "any", day(-1)));
}

TEST_CASE("toxicity: active from onset to resolution, both inclusive, the highest grade counts",
          "[series][course]") {
    const Timeline t =
        timeline({}, {toxicity("colitis", 2, 10, 20), toxicity("rash", 3, 15, std::nullopt),
                      toxicity("colitis", 4, 18, 19), toxicity("fatigue", std::nullopt, 40, 40)});
    CHECK_FALSE(active_toxicity(t, "any", day(9)).event);
    CHECK(active_toxicity(t, "any", day(10)).grade == 2);
    CHECK(active_toxicity(t, "colitis", day(18)).grade == 4);
    CHECK(active_toxicity(t, "colitis", day(20)).grade == 2);
    CHECK_FALSE(active_toxicity(t, "colitis", day(21)).grade);
    CHECK(active_toxicity(t, "any", day(21)).grade == 3);
    CHECK(active_toxicity(t, "any", day(40)).ungraded);
    CHECK(active_toxicity(t, "any", day(40)).event->term == "rash");
    CHECK(active_toxicity(t, "fatigue", day(40)).event != nullptr);
    CHECK_FALSE(active_toxicity(t, "fatigue", day(40)).grade);
    CHECK_FALSE(active_toxicity(t, "any", day(41)).ungraded);
}

TEST_CASE("events: only those up to the date are known", "[series][course]") {
    const Timeline t = timeline({}, {event(EventKind::death, 90), event(EventKind::progression, 60),
                                     event(EventKind::progression, 30)});
    CHECK(events_until(t, day(29)).empty());
    CHECK(events_until(t, day(60)).size() == 2);
    CHECK(last_event(t, EventKind::progression, "", day(59))->date == day(30));
    CHECK(last_event(t, EventKind::progression, "any", day(99))->date == day(60));
    CHECK(last_event(t, EventKind::toxicity, "any", day(99)) == nullptr);
    CHECK_FALSE(death_date(t, day(89)));
    CHECK(death_date(t, day(90)) == day(90));
    CHECK(since(t, EventKind::progression, "any", day(70)).value == 10.0);
    CHECK(since(t, EventKind::progression, "any", day(20)).why == "no progression recorded");
    CHECK(since(t, EventKind::toxicity, "colitis", day(20)).why == "no colitis recorded");
}

TEST_CASE("age_of: days since the last reading of whatever assay", "[series][course]") {
    const Track t = track_of({{0, exactly(1)}, {21, exactly(2)}});
    CHECK(age_of(t, day(21)).value == 0.0);
    CHECK(age_of(t, day(20)).value == 20.0);
    CHECK(age_of(t, day(-1)).why == "no reading of ctdna");
}

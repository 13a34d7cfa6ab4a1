#include "bellwether/drift/features.hpp"

#include <functional>
#include <set>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "bellwether/series/course.hpp"

#include "support/small.hpp"

using namespace bellwether;
using namespace small;
using drift::Features;

namespace {

const drift::Table& table() {
    static const drift::Table t(catalogue(), {{"small", {{"stable", "growing"}, {"ctdna"}}}});
    return t;
}

FeatureCall call(std::string name, std::string word, std::string second = {}) {
    return {std::move(name),
            {{ArgType::channel, std::move(word), 0.0}, {ArgType::reference, std::move(second), 0.0}},
            "small"};
}

FeatureCall windowed(std::string name, std::string word, int days) {
    return {std::move(name),
            {{ArgType::channel, std::move(word), 0.0}, {ArgType::duration, "", static_cast<double>(days)}},
            "small"};
}

/// "1.5", "<0.1", ">3", or "? reason".
std::string text(const FeatureColumn& c, std::size_t i) {
    if (!c.known[i])
        return "? " + (c.why[i] < 0 ? std::string() : c.reasons[static_cast<std::size_t>(c.why[i])]);
    if (i < c.text.size() && !c.text[i].empty()) return c.text[i];
    return (c.bound[i] < 0   ? "<"
            : c.bound[i] > 0 ? ">"
                             : "") +
           Catch::StringMaker<double>::convert(c.value[i]);
}

std::string ask(const series::Timeline& t, const FeatureCall& f, int at,
                std::map<std::string, std::shared_ptr<const drift::Posterior>> posteriors = {}) {
    Features features(t, table(), day(400), std::move(posteriors));
    FeatureColumn out;
    const std::vector<Date> points{day(at)};
    features.evaluate(f, points, out);
    return text(out, 0);
}

std::string told(const series::Answer& a) {
    if (!a.value) return "? " + a.why;
    if (a.censored && a.bound == Censor::none)
        return "? both readings are beyond the same limit of detection";
    return (!a.censored               ? ""
            : a.bound == Censor::left ? "<"
                                      : ">") +
           Catch::StringMaker<double>::convert(*a.value);
}

rc::Gen<series::Timeline> patients() {
    return rc::gen::exec([] {
        series::Timeline t;
        t.patient.id = "P1";
        t.patient.day_zero = day(*rc::gen::inRange(0, 10));
        std::vector<At> readings;
        int d = 0, segment = 0;
        for (int i = *rc::gen::inRange(0, 9); i > 0; --i) {
            d += *rc::gen::inRange(0, 9);
            if (*rc::gen::inRange(0, 8) == 0 && segment < 3) ++segment;
            readings.push_back(
                {d,
                 {0.5 * *rc::gen::inRange(1, 9), static_cast<Censor>(*rc::gen::element(0, 0, 0, 1, 2))},
                 segment});
        }
        if (!readings.empty()) add_track(t, "ctdna", readings);
        int start = 0;
        for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
            start += *rc::gen::inRange(1, 15);
            const auto length = *rc::gen::inRange(0, 20);
            t.therapies.push_back(therapy(*rc::gen::element(std::string("a"), std::string("b")), start,
                                          length ? std::optional(start + length) : std::nullopt));
        }
        int onset = 0;
        for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
            onset += *rc::gen::inRange(1, 15);
            const int length = *rc::gen::inRange(-1, 12), grade = *rc::gen::inRange(0, 5);
            t.events.push_back(event(EventKind::toxicity, onset,
                                     *rc::gen::element(std::string("colitis"), std::string("rash")),
                                     grade ? std::optional(grade) : std::nullopt,
                                     length < 0 ? std::nullopt : std::optional(onset + length)));
        }
        return t;
    });
}

std::vector<Date> every_day() {
    std::vector<Date> all;
    for (int d = -2; d <= 130; ++d)
        all.push_back(day(d));
    return all;
}

/// The truth of a comparison: -1 unknown.
using Compare = std::function<bool(double)>;
int truth(const FeatureColumn& c, std::size_t i, const Compare& holds) {
    return c.known[i] ? holds(c.value[i]) + 2 * (c.bound[i] + 1) : -1;
}

void changes_only_where_listed(const FeatureCall& f, const Compare& holds, std::optional<double> threshold) {
    const auto t = *patients();
    Features features(t, table(), day(130), {});
    std::set<Date> listed;
    for (const auto& dates : {features.change_dates(f, threshold), features.reading_dates("ctdna"),
                              features.therapy_dates(), features.event_dates()})
        listed.insert(dates.begin(), dates.end());
    const auto all = every_day();
    FeatureColumn out;
    features.evaluate(f, all, out);
    for (std::size_t i = 1; i < all.size(); ++i)
        if (truth(out, i, holds) != truth(out, i - 1, holds)) RC_ASSERT(listed.count(all[i]) == 1);
}

}  // namespace

TEST_CASE("features: each is the pure function of series, a bound passed on as a bound",
          "[drift][features][property]") {
    CHECK(rc::check("pure", [] {
        const auto t = *patients();
        const int at = *rc::gen::inRange(-2, 90);
        const Date d = day(at);
        const auto* track = t.track("ctdna");
        const auto zero = t.patient.day_zero;
        if (!track || track->last_index(d) < 0) {
            for (const char* f : {"value", "baseline", "nadir", "detected", "age_of"})
                RC_ASSERT(ask(t, call(f, "ctdna"), at) == "? no reading of ctdna");
            return;
        }
        RC_ASSERT(ask(t, call("value", "ctdna"), at) == told(series::last(*track, d)));
        RC_ASSERT(ask(t, call("last", "ctdna"), at) == told(series::last(*track, d)));
        const std::map<std::string, series::Answer> references{
            {"baseline", series::baseline(*track, d, zero)},
            {"nadir", series::nadir(*track, d, zero)},
            {"peak", series::peak(*track, d, zero)}};
        for (const auto& [name, reference] : references) {
            RC_ASSERT(ask(t, call(name, "ctdna"), at) == told(reference));
            RC_ASSERT(ask(t, call("fold", "ctdna", name), at) == told(series::fold(*track, d, reference)));
            RC_ASSERT(ask(t, call("change", "ctdna", name), at) ==
                      told(series::change(*track, d, reference)));
        }
        const auto trend = series::trend(*track, d, 21, Scale::log);
        RC_ASSERT(ask(t, windowed("trend", "ctdna", 21), at) == told(trend.slope));
        RC_ASSERT(ask(t, windowed("trend_low", "ctdna", 21), at) == told(trend.low));
        RC_ASSERT(ask(t, windowed("trend_high", "ctdna", 21), at) == told(trend.high));
        RC_ASSERT(ask(t, call("age_of", "ctdna"), at) == told(series::age_of(*track, d)));
    }));
}

TEST_CASE("features: a reading below its limit is a bound, and its change below the same limit unknown",
          "[drift][features]") {
    series::Timeline t;
    add_track(t, "ctdna", {{0, exactly(2)}, {10, below(0.5)}, {20, below(0.5)}, {30, exactly(1)}});
    CHECK(ask(t, call("value", "ctdna"), 10) == "<0.5");
    CHECK(ask(t, call("fold", "ctdna", "baseline"), 10) == "<0.25");
    CHECK(ask(t, call("fold", "ctdna", "nadir"), 20) ==
          "? both readings are beyond the same limit of detection");
    CHECK(ask(t, call("fold", "ctdna", "nadir"), 30) == ">2.0");
    CHECK(ask(t, call("detected", "ctdna"), 20) == "0.0");
    CHECK(ask(t, call("detected", "ctdna"), 30) == "1.0");
    CHECK(ask(t, call("readings", "ctdna"), 25) == "3.0");
    CHECK(ask(t, call("readings", "mdsc"), 25) == "0.0");
    t.unmeasured["mdsc"] = "no monocytes";
    CHECK(ask(t, call("value", "mdsc"), 25) == "? no reading of mdsc (no monocytes)");
}

TEST_CASE("features: on, since and toxicity", "[drift][features]") {
    series::Timeline t;
    t.therapies = {therapy("a", 0, 10), therapy("b", 20)};
    t.events = {event(EventKind::toxicity, 5, "colitis", 3, 9), event(EventKind::toxicity, 7, "rash"),
                event(EventKind::progression, 30), event(EventKind::progression, 40)};
    CHECK(ask(t, call("on", "a"), 9) == "1.0");
    CHECK(ask(t, call("on", "a"), 10) == "0.0");
    CHECK(ask(t, call("on", "any"), 15) == "0.0");
    CHECK(ask(t, call("on", "any"), 20) == "1.0");
    CHECK(ask(t, call("since", "therapy_start"), 25) == "5.0");
    CHECK(ask(t, call("since", "therapy_start"), -1) == "? no therapy_start so far");
    CHECK(ask(t, call("since", "progression"), 39) == "9.0");
    CHECK(ask(t, call("since", "progression"), 40) == "0.0");
    CHECK(ask(t, call("since", "death"), 40) == "? no death so far");
    CHECK(ask(t, call("toxicity", "colitis"), 4) == "0.0");
    CHECK(ask(t, call("toxicity", "colitis"), 9) == "3.0");
    CHECK(ask(t, call("toxicity", "colitis"), 10) == "0.0");
    CHECK(ask(t, call("toxicity", "any"), 9) == "3.0");
    CHECK(ask(t, call("toxicity", "any"), 12) == "1.0");  // without a grade: at least 1
}

TEST_CASE("features: attributes as text and as numbers", "[drift][features]") {
    series::Timeline t;
    CHECK(ask(t, call("attr", "sex"), 0) == "? attribute sex is not known");
    CHECK(ask(t, call("attr", "arm"), 0) == "? attribute arm is not known");
    CHECK(ask(t, call("attr", "age"), 0) == "? attribute age is not known");
    t.patient.sex = Sex::female;
    t.patient.arm = "A";
    t.patient.birth_year = 1960;
    t.patient.day_zero = day(0);
    t.patient.attributes = {{"ecog", "2"}, {"note", "two"}};
    CHECK(ask(t, call("attr", "sex"), 0) == "female");
    CHECK(ask(t, call("attr", "arm"), 0) == "A");
    CHECK(ask(t, call("attr", "age"), 0) == "64.0");
    CHECK(ask(t, call("attr", "ecog"), 0) == "2");
    CHECK(ask(t, call("attr_number", "ecog"), 0) == "2.0");
    CHECK(ask(t, call("attr_number", "note"), 0) == "? attribute note is not known");
    CHECK(ask(t, call("attr", "other"), 0) == "? attribute other is not known");
}

TEST_CASE("features: a comparison changes on a listed day only", "[drift][features][property]") {
    CHECK(rc::check("age_of > c", [] {
        const double c = 0.5 * *rc::gen::inRange(0, 60);
        changes_only_where_listed(
            call("age_of", "ctdna"), [c](double x) { return x > c; }, c);
    }));
    CHECK(rc::check("age_of >= c", [] {
        const double c = 0.5 * *rc::gen::inRange(0, 60);
        changes_only_where_listed(
            call("age_of", "ctdna"), [c](double x) { return x >= c; }, c);
    }));
    for (const std::string e : {"toxicity", "therapy_start"}) {
        CHECK(rc::check("since >= c", [e] {
            const double c = 0.5 * *rc::gen::inRange(0, 60);
            changes_only_where_listed(
                call("since", e), [c](double x) { return x >= c; }, c);
        }));
        CHECK(rc::check("since == c", [e] {
            const int c = *rc::gen::inRange(0, 30);
            changes_only_where_listed(
                call("since", e), [c](double x) { return x == c; }, c);
        }));
    }
    for (const std::string word : {"any", "a"})
        CHECK(rc::check("on", [word] {
            changes_only_where_listed(call("on", word), [](double x) { return x > 0; }, {});
        }));
    for (const std::string word : {"any", "colitis"})
        CHECK(rc::check("toxicity >= g", [word] {
            const int g = *rc::gen::inRange(1, 5);
            changes_only_where_listed(call("toxicity", word), [g](double x) { return x >= g; }, {});
        }));
    for (const std::string f : {"trend", "trend_low", "trend_high"})
        CHECK(rc::check("trend > c", [f] {
            const double c = 0.01 * *rc::gen::inRange(-10, 10);
            changes_only_where_listed(windowed(f, "ctdna", *rc::gen::inRange(5, 40)),
                                      [c](double x) { return x > c; }, {});
        }));
}

TEST_CASE("features: no look-ahead, what happens later changes no earlier answer",
          "[drift][features][property]") {
    const std::vector<FeatureCall> calls{call("value", "ctdna"),
                                         call("fold", "ctdna", "nadir"),
                                         call("change", "ctdna", "peak"),
                                         windowed("trend", "ctdna", 21),
                                         call("readings", "ctdna"),
                                         call("age_of", "ctdna"),
                                         call("on", "any"),
                                         call("since", "therapy_start"),
                                         call("since", "toxicity"),
                                         call("toxicity", "any")};
    CHECK(rc::check("no look-ahead", [&] {
        const auto whole = *patients();
        const Date cut = day(*rc::gen::inRange(0, 60));
        auto past = whole;
        for (auto& [name, track] : past.tracks)
            track.points.resize(static_cast<std::size_t>(track.last_index(cut) + 1));
        std::erase_if(past.therapies, [&](const auto& t) { return t.start > cut; });
        for (auto& t : past.therapies)
            if (t.stop && *t.stop > cut) t.stop.reset();
        std::erase_if(past.events, [&](const auto& e) { return e.date > cut; });
        for (auto& e : past.events)
            if (e.resolved && *e.resolved > cut) e.resolved.reset();
        for (const auto& f : calls)
            for (Date d = day(-2); d <= cut; d = d + 1)
                RC_ASSERT(ask(past, f, d - day(0)) == ask(whole, f, d - day(0)));
    }));
}

TEST_CASE("features: dates of readings, therapies and events end with what is known", "[drift][features]") {
    auto t = patient();
    t.events = {event(EventKind::toxicity, 30, "colitis", 2, 40), event(EventKind::progression, 60)};
    const Features f(t, table(), day(49), {});
    CHECK(f.reading_dates("ctdna") == std::vector{day(-5), day(21), day(42)});
    CHECK(f.reading_dates("none").empty());
    CHECK(f.therapy_dates() == std::vector{day(0), day(35), day(49)});
    CHECK(f.event_dates() == std::vector{day(30), day(41)});
    // A deadline lies beyond what is known.
    CHECK(f.change_dates(call("age_of", "ctdna"), 42).back() == day(91 + 43));
}

TEST_CASE("features: P of a posterior given by hand holds until the next date", "[drift][features]") {
    const auto given =
        std::make_shared<drift::GivenPosterior>(std::map<std::string, std::vector<std::pair<Date, double>>>{
            {"growing", {{day(0), 0.1}, {day(20), 0.9}}}});
    const auto p = [&](const char* name, const char* label, int at) {
        return ask({}, call(name, label), at, {{"small", given}});
    };
    CHECK(p("P", "growing", -1) == "? P(growing) is not given on or before " + to_string(day(-1)));
    CHECK(p("P", "growing", 0) == "0.1");
    CHECK(p("P", "growing", 19) == "0.1");
    CHECK(p("P", "growing", 20) == "0.9");
    CHECK(p("forecast", "growing", 25) == "0.9");
    CHECK(p("P", "stable", 25) == "? P(stable) is not given on or before " + to_string(day(25)));
    CHECK(given->dates() == std::vector{day(0), day(20)});
    CHECK(ask({}, call("P", "growing"), 20) == "? no usable model 'small' is active");
    const series::Timeline nothing;
    Features f(nothing, table(), day(0), {});
    CHECK(f.reason(call("value", "ctdna"), day(0)).empty());
}

TEST_CASE("features: a forecast is looked at each day until it is too old to be given", "[drift][features]") {
    const auto given =
        std::make_shared<drift::GivenPosterior>(std::map<std::string, std::vector<std::pair<Date, double>>>{
            {"growing", {{day(0), 0.1}, {day(20), 0.9}}}});
    const series::Timeline t;
    const Features f(t, table(), day(30), {{"small", given}});
    const auto dates = f.change_dates(call("forecast", "growing"), {});
    REQUIRE(dates.size() == 20 + 182 + 2);
    CHECK(dates.front() == day(0));
    CHECK(dates.back() == day(20 + 183));
}

TEST_CASE("features: disagree() is the difference of what two groups say, with both reasons",
          "[drift][features][group]") {
    const drift::Table both(catalogue(), {{"small", {{"stable", "growing"}, {"ctdna", "mdsc"}}}});
    const auto t = patient();
    const auto posterior =
        std::make_shared<drift::GivenPosterior>(std::map<std::string, std::vector<std::pair<Date, double>>>{
            {"P(growing, ctdna)", {{day(0), 0.1}, {day(30), 0.0}}},
            {"P(growing, blood)", {{day(10), 0.8}}},
            {"evidence(growing, ctdna)", {{day(50), -1.5}}},
            {"evidence(growing, blood)", {{day(40), 0.5}}}});
    Features features(t, both, day(400), {{"small", posterior}});
    const auto asked = [&](const std::string& name, const std::vector<std::string>& groups, int at) {
        FeatureCall c{name, {{ArgType::label, "growing", 0.0}}, "small"};
        for (const auto& g : groups)
            c.args.push_back({ArgType::group, g, 0.0});
        FeatureColumn out;
        features.evaluate(c, std::vector<Date>{day(at)}, out);
        return text(out, 0);
    };
    CHECK(asked("P", {"blood"}, 12) == "0.8");
    CHECK(asked("P", {"ctdna"}, 12) == "0.1");
    // logit(0.8) - logit(0.1) = log(4 * 9) = 3.58351893845611
    CHECK(asked("disagree", {"blood", "ctdna"}, 12) == "3.5835189385");
    CHECK(asked("disagree", {"ctdna", "blood"}, 12) == "-3.5835189385");
    CHECK(asked("disagree", {"ctdna", "blood"}, 5) ==
          "? P(growing, blood) is not given on or before " + to_string(day(5)));
    CHECK(asked("disagree", {"blood", "ctdna"}, 30) == "? the label is certain or impossible by itself");
    CHECK(asked("evidence", {"blood"}, 45) == "0.5");
    CHECK(asked("evidence", {"ctdna"}, 45) ==
          "? evidence(growing, ctdna) is not given on or before " + to_string(day(45)));
    CHECK(asked("disagree", {"blood", "ctdna"}, 50) == "2.0");
    Features without(t, both, day(400), {});
    FeatureColumn out;
    without.evaluate({"P", {{ArgType::label, "growing", 0.0}, {ArgType::group, "blood", 0.0}}, "small"},
                     std::vector<Date>{day(12)}, out);
    CHECK(text(out, 0) == "? no usable model 'small' is active");
}

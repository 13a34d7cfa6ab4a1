#include "bellwether/study/alerts.hpp"

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"

using namespace bellwether;
using namespace bellwether::study;

namespace {

const Date zero(10957);  // 2000-01-01

Follow patient(int monitored, int followed, bool died = false) {
    Follow f;
    f.start = zero;
    f.monitored_until = zero + monitored;
    f.followed_until = zero + followed;
    f.died = died;
    return f;
}

/// Raised on a day, open until before another (-1: for good).
RaisedAlert raised(int day, int closed = -1) {
    RaisedAlert a{"rule", zero + day, {}, false};
    a.open.push_back({zero + day, closed < 0 ? std::nullopt : std::optional<Date>(zero + closed)});
    return a;
}

}  // namespace

TEST_CASE("alert_rates: alerts over monitored years, those taken back counted all the same",
          "[study][alerts]") {
    auto a = patient(731, 1000), b = patient(365, 365);  // 2.0014 + 0.9993 years
    a.alerts = {raised(100, 150), raised(400)};
    a.alerts[0].taken_back = true;
    const std::vector<Follow> both = {a, b};
    const auto r = alert_rates(both);
    CHECK(r.patients == 2);
    CHECK(r.patients_alerted == 1);
    // R: prop.test(1, 2, correct = FALSE)$conf.int
    CHECK(*r.alerted.share == 0.5);
    CHECK(*r.alerted.low == Approx(0.0945312).epsilon(1e-5));
    CHECK(*r.alerted.high == Approx(0.9054688).epsilon(1e-5));
    CHECK(r.alerts == 2);
    CHECK(r.taken_back == 1);
    CHECK(*r.all.rate == Approx(2.0 / (1096 / 365.25)));
    // First alert of one of two at day 100, the other free of it until day 365.
    CHECK(*r.alerted_in_year == Approx(0.5));
    CHECK_FALSE(r.false_alerts.rate);  // nobody said what is stable
}

TEST_CASE("alert_rates: on and off therapy share the alerts and the time", "[study][alerts]") {
    auto f = patient(400, 400);
    f.on_therapy = {{zero, zero + 100}, {zero + 50, zero + 200}, {zero + 300, std::nullopt}};
    f.alerts = {raised(199), raised(200), raised(350)};
    const std::vector<Follow> one = {f};
    const auto r = alert_rates(one);
    CHECK(r.on_therapy.events == 2);  // day 200 is the first one off
    CHECK(r.off_therapy.events == 1);
    CHECK(r.on_therapy.years == Approx(300 / 365.25));
    CHECK(r.off_therapy.years == Approx(100 / 365.25));
}

TEST_CASE("alert_rates: false is what was raised before the first growth, per stable year",
          "[study][alerts]") {
    auto stable = patient(365, 365), grows = patient(365, 365), unknown = patient(365, 365),
         never = patient(365, 365);
    stable.stable_until = zero + 9999;  // never grew: cut at the end of monitoring
    stable.alerts = {raised(30), raised(60)};
    grows.stable_until = zero + 100;
    grows.alerts = {raised(99), raised(100)};  // the second is right
    never.stable_until = zero;
    never.alerts = {raised(21)};
    unknown.alerts = {raised(5)};
    const std::vector<Follow> all = {stable, grows, unknown, never};
    const auto r = alert_rates(all);
    CHECK(r.false_alerts.events == 3);
    CHECK(r.false_alerts.years == Approx(465 / 365.25));
}

TEST_CASE("lead_time: strictly before, still open, and not by accident", "[study][alerts]") {
    const auto with = [](std::vector<RaisedAlert> alerts, int event) {
        auto f = patient(400, 400);
        f.event = zero + event;
        f.alerts = std::move(alerts);
        return f;
    };
    std::vector<Follow> p = {
        with({raised(60)}, 100),                 // 40 days
        with({raised(80), raised(90)}, 100),     // the first of two: 20 days
        with({raised(100)}, 100),                // the same day is no lead
        with({raised(101)}, 100),                // after it
        with({raised(20, 50)}, 100),             // came and went
        with({raised(20, 50), raised(99)}, 100)  // 1 day, by the second
    };
    p.push_back(patient(400, 400));  // no event
    p.back().alerts = {raised(10)};
    const auto r = lead_time(p);
    CHECK(r.events == 6);
    CHECK(r.before.count == 3);
    CHECK(r.same_day == 1);
    CHECK(r.well_before.count == 2);
    CHECK(*r.median == 20.0);
    CHECK(*r.q1 == Approx(10.5));  // type 7 of 1, 20, 40
    CHECK(*r.q3 == Approx(30.0));
}

TEST_CASE("lead_time: an alert raised while nothing grew is no warning, however the patient fared later",
          "[study][alerts]") {
    auto f = patient(400, 400);
    f.event = zero + 300;
    f.stable_until = zero + 200;
    f.alerts = {raised(100)};
    std::vector<Follow> p = {f};
    CHECK(lead_time(p).before.count == 0);
    p[0].alerts.push_back(raised(250));
    CHECK(lead_time(p).before.count == 1);
    CHECK(*lead_time(p).median == 50.0);
}

TEST_CASE("lead_time: closed on the day of the event still warned of it", "[study][alerts]") {
    auto f = patient(400, 400);
    f.event = zero + 100;
    f.alerts = {raised(60, 100)};
    const std::vector<Follow> p = {f};
    CHECK(lead_time(p).before.count == 1);
}

TEST_CASE("landmark: those who died before it count nowhere, later alerts make no one alerted",
          "[study][alerts]") {
    std::vector<Follow> p;
    const auto add = [&](int alert, int followed, bool died) {
        p.push_back(patient(followed, followed, died));
        if (alert > 0) p.back().alerts = {raised(alert)};
    };
    add(10, 80, true);    // dead before the landmark
    add(10, 90, true);    // on it
    add(90, 120, true);   // alerted on the landmark, lives 30 days more
    add(50, 150, true);   // 60
    add(91, 200, false);  // alerted too late: not alerted; censored at 110
    add(-1, 190, true);   // 100
    const auto r = landmark(p, 90);
    CHECK(r.alerted_against_not.patients[0] == 2);
    CHECK(r.alerted_against_not.patients[1] == 2);
    CHECK(r.alerted_against_not.observed[0] == 2.0);
    // By hand: day 30 of 4 (2 alerted): E = 1/2, V = 1/4; day 60 of 3 (1): E = 1/3, V = 2/9; day 100 of 2
    // (0): 0.
    CHECK(r.alerted_against_not.expected[0] == Approx(5.0 / 6.0));
    CHECK(r.alerted_against_not.variance == Approx(17.0 / 36.0));
    CHECK(*r.median_alerted == 30.0);
    // Comparable pairs: (30; 60, 100, 110+), (60; 100, 110+), (100; 110+); agree, all but the first and the
    // last, tied.
    CHECK(*r.c == Approx(5.0 / 6.0));
    CHECK_THROWS_WITH(landmark(p, 0), "U006: a landmark lies after the start");
}

TEST_CASE("delay: from the first growth to the first alert, whoever grew after a stable time",
          "[study][alerts]") {
    auto grew = patient(400, 400), silent = patient(400, 400), from_start = patient(400, 400),
         stable = patient(400, 400);
    grew.stable_until = silent.stable_until = zero + 100;
    grew.alerts = {raised(50), raised(142), raised(130)};
    from_start.stable_until = zero;
    from_start.alerts = {raised(20)};
    stable.stable_until = zero + 400;
    const std::vector<Follow> all = {grew, silent, from_start, stable};
    const auto r = delay(all);
    CHECK(r.alerted.of == 2);
    CHECK(r.alerted.count == 1);
    CHECK(*r.median == 30.0);
}

TEST_CASE("landmark_score: only those who have a score and lived past the landmark", "[study][alerts]") {
    std::vector<Follow> p = {patient(80, 80, true), patient(100, 100, true), patient(200, 200, true),
                             patient(300, 300), patient(400, 400)};
    const std::vector<std::optional<double>> scores = {0.1, 0.9, 0.2, 0.5, std::nullopt};
    const auto r = landmark_score(p, scores, 90);
    CHECK(r.patients == 3);
    CHECK(r.deaths == 2);
    // Pairs (100; 200), (100; 300+), (200; 300+): right, right, wrong.
    CHECK(*r.concordance.c == Approx(2.0 / 3.0));
    CHECK_THROWS_WITH(landmark_score(p, {}, 90), "U002: as many scores as subjects are needed");
}

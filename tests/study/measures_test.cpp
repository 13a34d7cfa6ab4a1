#include "bellwether/study/measures.hpp"

#include <random>

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"

using namespace bellwether;
using namespace bellwether::study;

namespace {

const Date zero(10957);  // 2000-01-01

/// A made-up cohort: events, deaths, alerts that come early, late, and go again.
std::vector<Watched> cohort(std::uint64_t seed, std::size_t n) {
    std::mt19937_64 engine(seed);
    const auto number = [&](int low, int high) {
        return low + static_cast<int>(engine() % static_cast<std::uint64_t>(high - low + 1));
    };
    std::vector<Watched> all;
    for (std::size_t i = 0; i < n; ++i) {
        Watched w;
        Follow& f = w.follow;
        f.start = zero + number(0, 50);
        f.monitored_until = f.start + number(0, 700);
        f.followed_until = f.monitored_until + number(0, 200);
        f.died = number(0, 3) == 0;
        if (number(0, 1) == 0 && f.followed_until > f.start)
            f.event = f.start + number(1, f.followed_until - f.start);
        if (number(0, 9) > 0) f.stable_until = event_free_until(f, f.event, 120);
        for (int k = number(0, 3); k > 0; --k) {
            RaisedAlert a{
                "r", f.start + number(0, std::max(1, f.monitored_until - f.start)), {}, number(0, 4) == 0};
            a.open.push_back({a.raised, number(0, 1) == 0 ? std::nullopt
                                                          : std::optional<Date>(a.raised + number(1, 300))});
            f.alerts.push_back(a);
        }
        w.ever_assessable = !f.alerts.empty() || number(0, 3) > 0;
        w.assessable_before_event = f.event && number(0, 2) > 0;
        w.days_not_assessable = number(0, std::max(0, f.monitored_until - f.start));
        all.push_back(w);
    }
    return all;
}

std::vector<Follow> follows(const std::vector<Watched>& all) {
    std::vector<Follow> out;
    for (const auto& w : all)
        out.push_back(w.follow);
    return out;
}

std::optional<double> of(const std::vector<std::optional<double>>& figures, Measure m) {
    return figures[static_cast<std::size_t>(m)];
}

}  // namespace

TEST_CASE("Sample: with every patient once, the figures of study", "[study][measures]") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto all = cohort(seed, 60);
        const auto plain = follows(all);
        const Sample sample(all, 120);
        std::vector<std::optional<double>> got;
        sample.figures(std::vector<std::uint32_t>(60, 1), got);
        const auto rates = alert_rates(plain);
        const auto leads = lead_time(plain);
        CHECK(*of(got, Measure::alerts_per_patient_year) == Approx(*rates.all.rate));
        CHECK(*of(got, Measure::false_alerts_per_stable_patient_year) == Approx(*rates.false_alerts.rate));
        CHECK(*of(got, Measure::share_warned) == Approx(*leads.before.share));
        CHECK(*of(got, Measure::share_warned_over_14_days) == Approx(*leads.well_before.share));
        CHECK(of(got, Measure::lead_days_q1).has_value() == leads.q1.has_value());
        if (leads.q1) {
            CHECK(*of(got, Measure::lead_days_q1) == Approx(*leads.q1));
            CHECK(*of(got, Measure::lead_days_median) == Approx(*leads.median));
            CHECK(*of(got, Measure::lead_days_q3) == Approx(*leads.q3));
        }
        std::vector<Survival> first;
        for (const auto& f : plain) {
            Date at = f.monitored_until;
            for (const auto& a : f.alerts)
                if (&a == &f.alerts.front() || a.raised < at) at = a.raised;
            first.push_back({static_cast<double>(std::max(0, at - f.start)), !f.alerts.empty()});
        }
        const auto km = kaplan_meier(first);
        CHECK(*of(got, Measure::alerted_within_horizon) == Approx(1.0 - survival_at(km, 120)).margin(1e-12));
        const auto median = median_survival(km);
        CHECK(of(got, Measure::days_to_first_alert_median).has_value() == median.has_value());
        if (median) CHECK(*of(got, Measure::days_to_first_alert_median) == Approx(*median));
        const auto c = counts(all);
        CHECK(c.alerted + c.silent + c.not_assessable == c.patients);
        CHECK(c.warned + c.missed_silent + c.missed_not_assessable == c.events);
        CHECK(c.warned == leads.before.count);
        CHECK(c.same_day == leads.same_day);
    }
}

TEST_CASE("Sample: a patient of weight 2 is two patients, one of weight 0 is none", "[study][measures]") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto all = cohort(seed, 40);
        std::mt19937_64 engine(seed);
        std::vector<std::uint32_t> weights;
        std::vector<Watched> copied;
        for (const auto& w : all) {
            weights.push_back(static_cast<std::uint32_t>(engine() % 4));
            copied.insert(copied.end(), weights.back(), w);
        }
        std::vector<std::optional<double>> weighted, plain;
        Sample(all, 120).figures(weights, weighted);
        Sample(copied, 120).figures(std::vector<std::uint32_t>(copied.size(), 1), plain);
        for (std::size_t m = 0; m < plain.size(); ++m) {
            CAPTURE(seed, measure_names()[m]);
            REQUIRE(weighted[m].has_value() == plain[m].has_value());
            if (plain[m]) CHECK(*weighted[m] == Approx(*plain[m]).epsilon(1e-12).margin(1e-12));
        }
    }
}

TEST_CASE("Sample: what follows an alert is the cumulative incidence with death as a competing end",
          "[study][measures][reference]") {
    // R 4.2.2, survival 3.5.3: survfit(Surv(t, factor(k, 0:2, c("c", "event", "death"))) ~ 1), the state
    // "event" at t = 4, 9, 14, 25, 47, 60, to 12 figures.
    const std::vector<int> t = {5, 8, 8, 12, 15, 20, 22, 30, 30, 41, 47, 60, 3, 9, 14, 14, 18, 25};
    const std::vector<int> k = {1, 2, 0, 1, 1, 0, 2, 1, 0, 1, 0, 2, 1, 1, 2, 0, 1, 1};
    std::vector<Watched> all;
    for (std::size_t i = 0; i < t.size(); ++i) {
        Watched w;
        Follow& f = w.follow;
        f.start = zero;
        f.monitored_until = zero + 1;
        f.alerts = {{"r", zero, {{zero, std::nullopt}}, false}};
        f.followed_until = zero + t[i];
        f.died = k[i] == 2;
        if (k[i] == 1) f.event = f.followed_until;
        all.push_back(w);
    }
    const std::vector<std::pair<int, double>> reference = {{4, 0.0555555555556}, {9, 0.170634920635},
                                                           {14, 0.230158730159}, {25, 0.435941043084},
                                                           {47, 0.610544217687}, {60, 0.610544217687}};
    for (const auto& [days, incidence] : reference) {
        std::vector<std::optional<double>> got;
        Sample(all, days).figures(std::vector<std::uint32_t>(all.size(), 1), got);
        CAPTURE(days);
        CHECK(*of(got, Measure::event_within_horizon) == Approx(incidence).epsilon(1e-11));
    }
    CHECK_THROWS_AS(Sample(all, 0), Error);
}

TEST_CASE("Sample: no lead time without a false-alert rate beside it", "[study][measures]") {
    Watched w;
    w.follow.start = zero;
    w.follow.monitored_until = w.follow.followed_until = zero + 200;
    w.follow.event = zero + 150;
    w.follow.alerts = {{"r", zero + 100, {{zero + 100, std::nullopt}}, false}};
    std::vector<std::optional<double>> got;
    Sample(std::vector<Watched>{w}, 90).figures(std::vector<std::uint32_t>{1}, got);
    CHECK(*of(got, Measure::share_warned) == 1.0);
    CHECK_FALSE(of(got, Measure::lead_days_median));
    w.follow.stable_until = event_free_until(w.follow, w.follow.event, 90);
    CHECK(*w.follow.stable_until == zero + 60);
    Sample(std::vector<Watched>{w}, 90).figures(std::vector<std::uint32_t>{1}, got);
    CHECK(*of(got, Measure::lead_days_median) == 50.0);
    CHECK(*of(got, Measure::first_false_alerts_per_stable_patient_year) == 0.0);
}

TEST_CASE("differences: of a sample with itself they are 0, and paired ones are narrower than the figures",
          "[study][measures]") {
    const auto all = cohort(3, 80);
    auto fewer = all;
    for (auto& w : fewer)
        if (w.follow.alerts.size() > 2) w.follow.alerts.pop_back();
    const Sample a(all, 120), b(fewer, 120);
    const Bootstrap how{400, 1};
    for (const auto& d : differences(a, a, how)) {
        if (d.value) CHECK(*d.value == 0.0);
        if (d.low) CHECK(*d.low == 0.0);
        if (d.high) CHECK(*d.high == 0.0);
    }
    const auto paired = differences(a, b, how)[0], alone = estimates(a, how)[0];
    REQUIRE(paired.low);
    CHECK(*paired.value < 0.0);
    CHECK(*paired.high - *paired.low < *alone.high - *alone.low);
    CHECK_THROWS_AS(differences(a, Sample(std::vector<Watched>(3), 120), how), Error);
}

TEST_CASE("compare_groups: a group that is alerted far earlier is told from the other", "[study][measures]") {
    std::vector<Watched> all;
    std::vector<std::size_t> group;
    for (int i = 0; i < 60; ++i) {
        Watched w;
        w.follow.start = zero;
        w.follow.monitored_until = w.follow.followed_until = zero + 400;
        w.follow.stable_until = zero + 400;
        if (i % 2 == 0 || i % 10 == 1)
            w.follow.alerts = {{"r", zero + (i % 2 == 0 ? 50 + i : 200), {{zero + 50, std::nullopt}}, false}};
        all.push_back(w);
        group.push_back(static_cast<std::size_t>(i % 2));
    }
    const auto t = compare_groups(all, group);
    CHECK(t.first_false.p < 1e-6);
    CHECK(t.time_to_alert.p < 1e-6);
    CHECK(t.warned.p == 1.0);  // nobody had the event
}

#include "bellwether/trial/course.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <vector>

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"
#include "bellwether/trial/random.hpp"

using namespace bellwether::trial;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

struct Lived {
    VirtualPatient p;
    Course c;
    Truth t;
};

std::vector<Lived> live(int patients, Scenario scenario = Scenario::mixed, std::uint64_t seed = 5) {
    TrialOptions o;
    o.scenario = scenario;
    o.seed = seed;
    std::vector<Lived> all;
    for (int i = 1; i <= patients; ++i) {
        auto p = draw_patient(o, i);
        auto c = run_course(o, p);
        auto t = read_truth(p, c);
        all.push_back({std::move(p), std::move(c), std::move(t)});
    }
    return all;
}

double median(std::vector<double> v) {
    std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
    return v[v.size() / 2];
}

/// RECIST 1.1 (D20) written out without a running minimum: at least 20% and 5 mm above some earlier sum.
bool progressed(const std::vector<double>& sums, std::size_t at) {
    for (std::size_t i = 0; i < at; ++i)
        if (sums[at] >= 1.2 * sums[i] && sums[at] >= sums[i] + 5.0) return true;
    return false;
}

}  // namespace

TEST_CASE("true_sum: one lesion is a sphere of the tumour's volume", "[trial][course][reference]") {
    // Reference: the volume of a sphere, pi d^3 / 6; 30 mm = 14.137 mL.
    VirtualPatient p;
    p.start_volume = 50.0;
    p.lesions = {{"T01", "lung", false, 1.0, 1.0}};
    CHECK_THAT(true_sum(p, std::numbers::pi * 27.0 / 6.0), WithinRel(30.0, 1e-12));
    p.lesions[0].exponent = 2.0;  // twice as far from the start, on the log scale
    CHECK_THAT(true_sum(p, 25.0), WithinRel(10.0 * std::cbrt(6.0 * 12.5 / std::numbers::pi), 1e-12));
}

TEST_CASE("truth: progression on true sums is the first day that meets the criteria",
          "[trial][truth][reference]") {
    int found = 0;
    for (const auto& [p, c, t] : live(60)) {
        CAPTURE(p.id);
        std::vector<double> sums;
        for (const auto& x : c.daily)
            sums.push_back(true_sum(p, volume(x)));
        std::optional<int> first;
        for (std::size_t day = 0; day < sums.size() && !first; ++day)
            if (progressed(sums, day)) first = static_cast<int>(day);
        CHECK(t.sum_progression == first);
        found += first.has_value();
    }
    CHECK(found > 20);
}

TEST_CASE("course: the progression reported is the first scan that meets the criteria",
          "[trial][course][reference]") {
    int found = 0;
    for (const auto& [p, c, t] : live(60)) {
        CAPTURE(p.id);
        std::vector<double> sums;
        std::optional<int> first;
        for (const auto& scan : c.scans) {
            sums.push_back(scan.sum_mm);
            const bool new_lesion = std::any_of(scan.lesions.begin(), scan.lesions.end(),
                                                [](const LesionReading& l) { return l.role == "new"; });
            if (!first && (new_lesion || progressed(sums, sums.size() - 1))) first = scan.day;
        }
        CHECK(c.progression == first);
        found += first.has_value();
    }
    CHECK(found > 20);
}

TEST_CASE("truth: the onset of regrowth is the least volume of the first line", "[trial][truth]") {
    for (const auto& [p, c, t] : live(60)) {
        if (!t.onset) continue;
        CAPTURE(p.id);
        const auto end = c.switched ? static_cast<std::size_t>(*c.switched) : c.daily.size();
        double least = 1e300, later = 0.0;
        for (std::size_t i = 0; i < end; ++i)
            least = std::min(least, volume(c.daily[i]));
        for (auto i = static_cast<std::size_t>(*t.onset); i < end; ++i)
            later = std::max(later, volume(c.daily[i]));
        CHECK(volume(c.daily[static_cast<std::size_t>(*t.onset)]) == least);
        CHECK(later >= 1.25 * least);
    }
}

TEST_CASE("patients: doubling, kill and response are as the manual says", "[trial][patient][reference]") {
    // Reference: docs/virtual-trial.md, "Calibration". Bounds: about four standard errors at 1500 patients.
    const auto all = live(1500);
    std::vector<double> doubling, kill_half_life;
    std::map<std::string, int> drivers;
    int deep = 0, primary = 0;
    for (const auto& [p, c, t] : all) {
        doubling.push_back(std::numbers::ln2 / net_growth(p.biology, {}, c.daily.front()));
        ++drivers[t.driver];
        primary += t.response == "primary_progression";
        if (t.best_change > -0.6) continue;
        ++deep;
        double steepest = 0.0;
        for (const auto& x : c.daily)
            steepest = std::min(steepest, net_growth(p.biology, {}, x));
        kill_half_life.push_back(-std::numbers::ln2 / steepest);
    }
    CHECK_THAT(median(doubling), WithinAbs(90.0, 6.0));
    CHECK_THAT(median(kill_half_life), WithinAbs(25.0, 3.0));
    CHECK_THAT(deep / 1500.0, WithinAbs(0.265, 0.045));
    CHECK_THAT(primary / 1500.0, WithinAbs(0.36, 0.05));
    for (const auto* driver : {"exhaustion", "suppression", "clonal", "growth", "none"}) {
        CAPTURE(driver);
        CHECK(drivers[driver] > 75);
    }
}

TEST_CASE("truth: the driver is the compartment that the patient was drawn to lose by", "[trial][truth]") {
    int agree = 0, all = 0;
    for (const auto& [p, c, t] : live(600)) {
        const bool named = p.design == Design::exhaustion || p.design == Design::suppression;
        if (!named || t.driver == "none" || t.driver == "growth") continue;
        ++all;
        agree += t.driver == to_string(p.design);
    }
    CHECK(all > 100);
    CHECK(agree > 0.75 * all);  // the rest lose to their resistant clone
}

TEST_CASE("stable scenario: no tumour ever grows and nobody is switched", "[trial][course]") {
    int plateaus = 0;
    for (const auto& [p, c, t] : live(200, Scenario::stable)) {
        CAPTURE(p.id);
        for (std::size_t i = 1; i < c.daily.size(); ++i)
            REQUIRE(volume(c.daily[i]) <= volume(c.daily[i - 1]) * (1 + 1e-12));
        CHECK_FALSE(t.onset.has_value());
        CHECK_FALSE(t.sum_progression.has_value());
        CHECK_FALSE(c.switched.has_value());
        CHECK(c.new_lesions.empty());
        plateaus += t.best_change < -0.3;
    }
    CHECK(plateaus > 50);
}

TEST_CASE("scan: the sum is read with an error of 4%", "[trial][course][reference]") {
    // Reference: the truth of the same day. Scans with a lesion under 8 mm or swelling are left out, since
    // "too small" counts 5 mm. Tolerance: five standard errors at some 1500 scans.
    double squares = 0.0, sum = 0.0;
    int n = 0;
    for (const auto& [p, c, t] : live(400)) {
        if (p.swelling > 0) continue;
        for (const auto& scan : c.scans) {
            const double v = volume(c.daily[static_cast<std::size_t>(std::max(0, scan.day))]);
            if (std::any_of(p.lesions.begin(), p.lesions.end(),
                            [&, &of = p](const TargetLesion& l) { return true_diameter(of, l, v) < 8.0; }))
                continue;
            const double error = scan.sum_mm / true_sum(p, v) - 1.0;
            sum += error;
            squares += error * error;
            ++n;
        }
    }
    REQUIRE(n > 1000);
    CHECK_THAT(std::sqrt(squares / n), WithinAbs(0.04, 0.0045));
    CHECK_THAT(sum / n, WithinAbs(0.0, 0.006));
}

TEST_CASE("course: a severe toxicity holds the treatment the next day", "[trial][course]") {
    int held = 0;
    for (const auto& [p, c, t] : live(400)) {
        CAPTURE(p.id);
        for (const auto& tox : c.toxicities) {
            if (tox.grade < 3 || tox.term != "colitis") continue;
            for (const auto& span : c.therapies) {
                const bool running = span.start <= tox.start && (!span.stop || *span.stop > tox.start + 1);
                CHECK_FALSE((running && span.regimen == p.regimen && c.last_day > tox.start + 1));
            }
            ++held;
        }
        for (std::size_t i = 1; i < c.therapies.size(); ++i) {
            REQUIRE(c.therapies[i - 1].stop.has_value());
            CHECK(*c.therapies[i - 1].stop <= c.therapies[i].start);
        }
    }
    CHECK(held > 5);
}

TEST_CASE("course: nothing is measured after death, visits are off schedule, some are missed",
          "[trial][course]") {
    int scheduled = 0, off = 0, unscheduled = 0, dropped = 0, died = 0;
    double expected = 0.0;
    for (const auto& [p, c, t] : live(300)) {
        dropped += c.dropped_out;
        died += c.died.has_value();
        for (const auto& v : c.visits) {
            if (c.died) CHECK(v.day < *c.died);
            CHECK(v.day <= c.last_day);
            unscheduled += !v.scheduled;
            if (!v.scheduled || !v.ctdna || v.day < 0) continue;
            ++scheduled;
            off += (v.day % 21) != 0;
        }
        const int last = c.switched ? std::min(c.last_day, *c.switched + 84) : c.last_day;
        expected += last / 21;
        for (const auto& s : c.scans)
            CHECK((!c.died || s.day < *c.died));
    }
    CHECK_THAT(scheduled / expected, WithinAbs(0.94, 0.03));  // 6% missed
    CHECK_THAT(off / static_cast<double>(scheduled),
               WithinAbs(7.0 / 8.0, 0.03));  // one of eight offsets is 0
    CHECK(unscheduled > 50);
    CHECK(dropped > 10);
    CHECK(died > 50);
}

TEST_CASE("options: what is out of range is named", "[trial][options][error]") {
    TrialOptions o;
    o.patients = 0;
    CHECK_THROWS_WITH(check(o), "V001: patients is 0: 1 to 99999");
    o.patients = 5;
    o.weeks = 521;
    CHECK_THROWS_WITH(check(o), "V001: weeks is 521: 1 to 520");
    o.weeks = 104;
    o.dropout_per_year = std::nan("");
    CHECK_THROWS_WITH(check(o), "V001: dropout per year is nan: 0 to 10");
    CHECK(parse_scenario("stable") == Scenario::stable);
    CHECK_FALSE(parse_scenario("Stable").has_value());
}

#include "bellwether/derive/derive.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "derive/support/lesions.hpp"

using namespace bellwether;
using namespace bellwether::derive;
using namespace bellwether::derive::testing;
using series::Timeline;
using series::Track;

namespace {

ChannelCatalogue catalogue() {
    ChannelCatalogue c;
    for (const std::string& name : derived_channels()) {
        c[name].name = name;
        c[name].derived = true;
    }
    return c;
}

void add(Timeline& t, const std::string& channel, int n, double x, Censor censor = Censor::none,
         int segment = 0) {
    Track& track = t.tracks[channel];
    track.channel = channel;
    track.points.push_back({day(n), -1, {x, censor}, segment});
    while (static_cast<int>(track.segment_names.size()) <= segment)
        track.segment_names.push_back("A/L" + std::to_string(track.segment_names.size()));
}

/// "0:2 21:<4", the days and values of a track; "" when there is none.
std::string told(const Timeline& t, const std::string& channel) {
    const Track* track = t.track(channel);
    std::string out;
    if (!track) return out;
    for (const auto& p : track->points) {
        const char* mark = p.reading.censor == Censor::left    ? "<"
                           : p.reading.censor == Censor::right ? ">"
                                                               : "";
        out += (out.empty() ? "" : " ") + std::to_string(p.date - day(0)) + ":" + mark +
               Catch::StringMaker<double>::convert(p.reading.value);
    }
    return out;
}

}  // namespace

TEST_CASE("extend: ratios and differences of the same day", "[derive]") {
    Timeline t;
    add(t, "neutrophils", 0, 6), add(t, "lymphocytes", 0, 2), add(t, "leukocytes", 0, 9);
    add(t, "neutrophils", 21, 8), add(t, "lymphocytes", 20, 2), add(t, "leukocytes", 21, 8);
    add(t, "exhaustion", 0, 1.5), add(t, "tcell_activity", 0, 2.0);
    extend(t, catalogue());
    CHECK(told(t, "nlr") == "0:3.0");
    CHECK(t.unmeasured.at("nlr") == "no lymphocytes on 2026-01-22");  // a day apart is not the same count
    CHECK(told(t, "dnlr") == "0:2.0");
    CHECK(t.unmeasured.at("dnlr") ==
          "the divisor is not above 0, or the limits of detection leave it open on 2026-01-22");
    CHECK(told(t, "exhaustion_norm") == "0:-0.5");
    CHECK(t.unmeasured.count("exhaustion_norm") == 0);
    CHECK(t.unmeasured.at("ldh_ratio") == "no reading of ldh and none of ldh_uln");
}

TEST_CASE("extend: LDH over the limit in force, of the same laboratory, up to a year old", "[derive]") {
    Timeline t;
    add(t, "ldh_uln", 0, 250), add(t, "ldh", 0, 500), add(t, "ldh", 365, 300), add(t, "ldh", 366, 300);
    extend(t, catalogue());
    CHECK(told(t, "ldh_ratio") == "0:2.0 365:1.2");
    CHECK(t.unmeasured.at("ldh_ratio") == "no ldh_uln on 2027-01-02");
    Timeline moved;
    add(moved, "ldh_uln", 0, 250), add(moved, "ldh", 0, 500), add(moved, "ldh", 30, 500, Censor::none, 1);
    extend(moved, catalogue());
    CHECK(told(moved, "ldh_ratio") == "0:2.0");
    CHECK(moved.unmeasured.at("ldh_ratio") == "no ldh_uln of its laboratory on 2026-01-31");
    add(moved, "ldh_uln", 29, 200, Censor::none, 1);
    extend(moved, catalogue());
    CHECK(told(moved, "ldh_ratio") == "0:2.0 30:2.5");
    CHECK(moved.track("ldh_ratio")->points[1].segment == 1);
    CHECK(moved.unmeasured.count("ldh_ratio") == 0);
}

TEST_CASE("extend: a censored input makes a bound, or no value", "[derive]") {
    Timeline t;
    add(t, "neutrophils", 0, 1, Censor::left), add(t, "lymphocytes", 0, 2), add(t, "leukocytes", 0, 5);
    add(t, "neutrophils", 7, 4), add(t, "lymphocytes", 7, 0.5, Censor::left),
        add(t, "leukocytes", 7, 5, Censor::right);
    add(t, "neutrophils", 14, 1, Censor::left), add(t, "lymphocytes", 14, 0.5, Censor::left);
    extend(t, catalogue());
    CHECK(told(t, "nlr") == "0:<0.5 7:>8.0");
    CHECK(t.unmeasured.at("nlr") ==
          "the divisor is not above 0, or the limits of detection leave it open on 2026-01-15");
    CHECK(told(t, "dnlr") == "0:<0.25 7:<4.0");
}

TEST_CASE("extend: a change of assay of an input begins a segment", "[derive]") {
    Timeline t;
    for (int n = 0; n < 4; ++n) {
        add(t, "exhaustion", n, 1, Censor::none, n < 2 ? 0 : 1);
        add(t, "tcell_activity", n, 1, Censor::none, n < 3 ? 0 : 1);
    }
    extend(t, catalogue());
    const Track& out = *t.track("exhaustion_norm");
    std::vector<int> segments;
    for (const auto& p : out.points)
        segments.push_back(p.segment);
    CHECK(segments == std::vector<int>{0, 0, 1, 2});
    CHECK(out.segment_names == std::vector<std::string>{"A/L0 + A/L0", "A/L1 + A/L0", "A/L1 + A/L1"});
}

TEST_CASE("extend: target_sum at the visits where all targets have a size", "[derive]") {
    Timeline t;
    t.patient.day_zero = day(0);
    t.lesions = {target("T1", -5, 20.1), target("T2", -5, 10.2), target("T1", 50, 15),
                 not_seen("T2", 50),     target("T1", 100, 12),  gone("T2", 100)};
    extend(t, catalogue());
    CHECK(told(t, "target_sum") == "-5:30.3 100:12.0");
    CHECK(t.unmeasured.count("target_sum") == 0);
    t.lesions.resize(4);
    extend(t, catalogue());
    CHECK(t.unmeasured.at("target_sum") == "no size of T2 on 2026-02-20");
    t.lesions.clear();
    add(t, "sld", 0, 30);
    extend(t, catalogue());
    CHECK(t.track("target_sum") == nullptr);
    CHECK(t.unmeasured.at("target_sum") == "no lesions recorded; the sum of diameters is fed as sld");
}

TEST_CASE("extend: makes only what the catalogue declares derived", "[derive]") {
    Timeline t;
    add(t, "neutrophils", 0, 6), add(t, "lymphocytes", 0, 2), add(t, "nlr", 0, 99);
    ChannelCatalogue c;
    c["nlr"].derived = false;
    c["mystery"].derived = true;
    extend(t, c);
    CHECK(told(t, "nlr") == "0:99.0");
    CHECK(t.track("dnlr") == nullptr);
    CHECK(t.unmeasured ==
          std::map<std::string, std::string>{{"mystery", "no recipe for this derived channel"}});
}

TEST_CASE("extend: no look-ahead, and twice is once", "[derive][property]") {
    CHECK(rc::check("values up to d depend on inputs up to d", [] {
        Timeline whole;
        const Date d = day(*rc::gen::inRange(0, 12));
        Timeline past;
        for (const char* name : {"neutrophils", "lymphocytes", "leukocytes", "ldh", "ldh_uln"}) {
            int segment = 0;
            for (int n = 0; n < 12; ++n) {
                if (*rc::gen::inRange(0, 3) == 0) continue;
                segment += *rc::gen::inRange(0, 6) == 0 ? 1 : 0;
                const double x = *rc::gen::inRange(1, 9);
                const Censor c = *rc::gen::element(Censor::none, Censor::none, Censor::left);
                add(whole, name, n, x, c, segment);
                if (day(n) <= d) add(past, name, n, x, c, segment);
            }
        }
        extend(whole, catalogue());
        extend(past, catalogue());
        for (const char* name : {"nlr", "dnlr", "ldh_ratio"}) {
            const Track* all = whole.track(name);
            const Track* part = past.track(name);
            const int n = all ? all->last_index(d) + 1 : 0;
            RC_ASSERT(n == (part ? static_cast<int>(part->points.size()) : 0));
            for (int i = 0; i < n; ++i) {
                const auto &p = all->points[static_cast<std::size_t>(i)],
                           &q = part->points[static_cast<std::size_t>(i)];
                RC_ASSERT(p.date == q.date);
                RC_ASSERT(p.reading == q.reading);
                RC_ASSERT(p.segment == q.segment);
            }
        }
        const std::string once = told(whole, "nlr") + told(whole, "ldh_ratio");
        extend(whole, catalogue());
        RC_ASSERT(told(whole, "nlr") + told(whole, "ldh_ratio") == once);
    }));
}

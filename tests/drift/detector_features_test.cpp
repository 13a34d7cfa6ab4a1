#include <cmath>
#include <set>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "bellwether/drift/changepoint.hpp"
#include "bellwether/drift/chart.hpp"
#include "bellwether/drift/features.hpp"

#include "support/small.hpp"

using namespace bellwether;
using namespace small;
using namespace bellwether::drift;
using Catch::Matchers::WithinAbs;

// cusum(), ewma() and changepoint() as rules see them.

namespace {

const Table& table() {
    static const Table t = [] {
        auto channels = catalogue();
        channels["ctdna"].harm = Harm::up;
        channels["score"].harm = Harm::down;
        return Table(channels, {});
    }();
    return t;
}

FeatureCall cusum(const std::string& channel, double k = 0.5, double h = 4) {
    return {
        "cusum", {{ArgType::channel, channel, 0.0}, {ArgType::number, "", k}, {ArgType::number, "", h}}, ""};
}
FeatureCall ewma(const std::string& channel, double lambda = 0.2, double c = 2.86) {
    auto call = cusum(channel, lambda, c);
    call.name = "ewma";
    return call;
}
FeatureCall changepoint(const std::string& channel, int window = 84) {
    return {"changepoint",
            {{ArgType::channel, channel, 0.0}, {ArgType::duration, "", static_cast<double>(window)}},
            ""};
}

FeatureColumn answers(const series::Timeline& t, const FeatureCall& call, const std::vector<Date>& points) {
    Features features(t, table(), day(2000), {});
    FeatureColumn out;
    features.evaluate(call, points, out);
    return out;
}

double number(const series::Timeline& t, const FeatureCall& call, int at) {
    const auto out = answers(t, call, {day(at)});
    CAPTURE(out.reasons);
    REQUIRE(out.known[0]);
    CHECK(out.bound[0] == 0);
    return out.value[0];
}

std::string why(const series::Timeline& t, const FeatureCall& call, int at) {
    const auto out = answers(t, call, {day(at)});
    CHECK_FALSE(out.known[0]);
    return out.why[0] < 0 ? "" : out.reasons[static_cast<std::size_t>(out.why[0])];
}

/// Every 21 days from day 0 on.
series::Timeline visits(const std::string& channel, const std::vector<double>& values,
                        int segment_from = 1000) {
    series::Timeline t;
    std::vector<At> readings;
    for (int i = 0; i < static_cast<int>(values.size()); ++i)
        readings.push_back({21 * i, exactly(values[static_cast<std::size_t>(i)]), i < segment_from ? 0 : 1});
    add_track(t, channel, readings);
    return t;
}

const std::vector<double> flat{1.0, 1.2, 0.9, 1.1, 1.0, 0.95};

std::vector<double> then(std::vector<double> a, const std::vector<double>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

}  // namespace

TEST_CASE("detectors: the excess of the chart over its limit, on the channel's scale", "[drift][detectors]") {
    const auto values = then(flat, {2.0, 2.4, 3.1});
    const auto t = visits("ctdna", values);
    Chart sum(Cusum{0.5, 4, 0}, Baseline(), Watch::up);
    Chart smooth(Ewma{0.2, 2.86}, Baseline(), Watch::up);
    for (std::size_t i = 0; i < values.size(); ++i) {
        sum.take(exactly(std::log(values[i])));
        smooth.take(exactly(std::log(values[i])));
        if (!sum.score()) continue;
        const int at = 21 * static_cast<int>(i);
        CHECK(number(t, cusum("ctdna"), at) == sum.statistic().value(Side::up) - 4);
        CHECK(number(t, cusum("ctdna"), at + 20) == sum.statistic().value(Side::up) - 4);
        CHECK(number(t, ewma("ctdna"), at) == smooth.statistic().value(Side::up) - 2.86);
    }
    CHECK(number(t, cusum("ctdna"), 5 * 21) < 0);
    CHECK(number(t, cusum("ctdna"), 8 * 21) > 0);
    CHECK(number(t, ewma("ctdna"), 8 * 21) > 0);
}

TEST_CASE("detectors: the harmful side is watched, without one, both", "[drift][detectors]") {
    const auto rise = then(flat, {2.0, 2.4, 3.1}), fall = then(flat, {0.5, 0.4, 0.3});
    const int end = 8 * 21;
    CHECK(number(visits("ctdna", rise), cusum("ctdna"), end) > 0);  // harms when it rises
    CHECK(number(visits("score", fall), cusum("score"), end) > 0);  // when it falls
    CHECK(number(visits("mdsc", rise), cusum("mdsc"), end) > 0);    // neither
    CHECK(number(visits("mdsc", fall), cusum("mdsc"), end) > 0);
    // A response: a new level, which is judged when it has a baseline of its own; a rise from it is seen
    // although it does not reach the first level.
    const auto response = visits("ctdna", then(fall, {0.33, 0.35, 0.31, 0.36, 0.8, 0.9, 1.0}));
    CHECK(why(response, cusum("ctdna"), end) ==
          "3 of the 4 measured readings of ctdna that its baseline needs, since 2024-05-06");
    CHECK(number(response, cusum("ctdna"), 12 * 21) < 0);
    CHECK(number(response, cusum("ctdna"), 15 * 21) > 0);
}

TEST_CASE("detectors: unknown, and why, while there is too little", "[drift][detectors]") {
    const auto t = visits("ctdna", flat);
    for (const auto& call : {cusum("ctdna"), ewma("ctdna"), changepoint("ctdna")}) {
        CAPTURE(call.name);
        CHECK(why(t, call, -1) == "no reading of ctdna");
        CHECK(why(t, call, 62) ==
              "3 of the 4 measured readings of ctdna that its baseline needs, since 2024-01-01");
        CHECK(why(t, call, 63) == "no reading of ctdna after its baseline, which began on 2024-01-01");
        CHECK(std::isfinite(number(t, call, 84)));
        CHECK(why(visits("ctdna", {2, 2, 2, 2, 2}), call, 200) ==
              "all readings of ctdna since 2024-01-01 are equal: no baseline");
        auto none = visits("ctdna", flat);
        none.tracks["ctdna"].points[4].reading = exactly(0);
        CHECK(why(none, call, 200) == "a reading of ctdna at or below 0 has no logarithm");
        // Readings beyond a limit make no baseline.
        auto beyond = visits("ctdna", flat);
        for (std::size_t i = 0; i < 3; ++i)
            beyond.tracks["ctdna"].points[i].reading = below(0.5);
        CHECK(why(beyond, call, 200) ==
              "3 of the 4 measured readings of ctdna that its baseline needs, since 2024-01-01");
    }
    series::Timeline empty;
    empty.unmeasured["ctdna"] = "no plasma";
    CHECK(why(empty, cusum("ctdna"), 0) == "no reading of ctdna (no plasma)");
}

TEST_CASE("detectors: they begin anew where the assay changes", "[drift][detectors]") {
    // Ten times the values, by another assay: no rise, but not comparable.
    std::vector<double> tenfold;
    for (const double x : flat)
        tenfold.push_back(10 * x);
    const auto t = visits("ctdna", then(flat, tenfold), 6);
    for (const auto& call : {cusum("ctdna"), ewma("ctdna"), changepoint("ctdna", 400)}) {
        CAPTURE(call.name);
        CHECK(why(t, call, 7 * 21) ==
              "2 of the 4 measured readings of ctdna that its baseline needs, since 2024-05-06");
        const double alone = number(visits("ctdna", tenfold), call, 5 * 21);
        CHECK_THAT(number(t, call, 11 * 21), WithinAbs(alone, 1e-12));
    }
}

TEST_CASE("changepoint: the probability that the present level began in the window", "[drift][detectors]") {
    const auto values = then(flat, {3.0, 2.7, 3.2, 3.0});
    const auto t = visits("ctdna", values);
    // The same by hand.
    Baseline baseline;
    for (std::size_t i = 0; i < 4; ++i)
        baseline.take(exactly(std::log(values[i])));
    RunLengths runs(priors_from(baseline), 4);
    for (std::size_t i = 4; i < values.size(); ++i)
        runs.take(exactly(std::log(values[i])), 1 - std::exp(-21 / 365.0));
    const int end = 9 * 21;
    CHECK_THAT(number(t, changepoint("ctdna", 84), end), WithinAbs(runs.began_since(6), 1e-12));
    CHECK(number(t, changepoint("ctdna", 84), end) > 0.9);
    CHECK(number(t, changepoint("ctdna", 84), 5 * 21) < 0.3);
    // The change leaves the window on the day on which its first reading does, and not before.
    CHECK(number(t, changepoint("ctdna", 84), 6 * 21 + 83) > 0.9);
    CHECK(number(t, changepoint("ctdna", 84), 6 * 21 + 84) < 0.2);
    // The beginning of the series is no change.
    CHECK(number(t, changepoint("ctdna", 10'000), 4 * 21) < 0.5);
}

TEST_CASE("detectors: no look-ahead, one pass is as good as many, and changes come on listed days",
          "[drift][detectors][property]") {
    const std::vector<FeatureCall> calls{cusum("ctdna", 0.5, 2), ewma("mdsc", 0.3, 1.5),
                                         cusum("score", 0.25, 2), changepoint("ctdna", 40)};
    CHECK(rc::check("causal", [&] {
        const auto call = calls[*rc::gen::inRange<std::size_t>(0, calls.size())];
        series::Timeline t;
        std::vector<At> readings;
        int d = 0, segment = 0;
        for (int i = *rc::gen::inRange(0, 20); i > 0; --i) {
            d += *rc::gen::inRange(0, 20);
            if (*rc::gen::inRange(0, 15) == 0) segment = std::min(3, segment + 1);
            readings.push_back({d,
                                {0.25 * *rc::gen::inRange(1, 40),
                                 static_cast<Censor>(*rc::gen::element(0, 0, 0, 0, 0, 1, 2))},
                                segment});
        }
        const std::string& channel = call.args[0].word;
        add_track(t, channel, readings);
        std::vector<Date> all;
        for (int i = -2; i <= d + 60; ++i)
            all.push_back(day(i));
        const auto whole = answers(t, call, all);
        Features features(t, table(), day(2000), {});
        std::set<Date> listed;
        for (const auto& dates : {features.change_dates(call, {}), features.reading_dates(channel)})
            listed.insert(dates.begin(), dates.end());
        for (std::size_t i = 1; i < all.size(); ++i) {
            auto past = t;
            auto& track = past.tracks[channel];
            track.points.resize(static_cast<std::size_t>(track.last_index(all[i]) + 1));
            const auto alone = answers(past, call, {all[i]});
            RC_ASSERT(alone.known[0] == whole.known[i]);
            if (alone.known[0]) RC_ASSERT(alone.value[0] == whole.value[i]);
            if (!listed.count(all[i]))
                RC_ASSERT(whole.known[i] == whole.known[i - 1] &&
                          (!whole.known[i] || whole.value[i] == whole.value[i - 1]));
        }
    }));
}

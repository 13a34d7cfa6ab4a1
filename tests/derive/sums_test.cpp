#include "bellwether/derive/sums.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "derive/support/lesions.hpp"

using namespace bellwether;
using namespace bellwether::derive;
using namespace bellwether::derive::testing;
using recist::Response;

namespace {

series::Track sums_of(const std::vector<std::pair<int, double>>& sums) {
    series::Track t{"sld", {}, {"CT"}};
    for (const auto& [n, x] : sums)
        t.points.push_back({day(n), -1, {x, Censor::none}, 0});
    return t;
}

Response at(const series::Track& t, int n) {
    return target_response_from_sums(t, day(n), day(0)).response;
}

}  // namespace

TEST_CASE("sums: thresholds of D20 in exact decimals", "[derive][sums][reference]") {
    // Eisenhauer et al. 2009, section 4.3.1, and PMC2755245 T3; by hand.
    CHECK(at(sums_of({{0, 27}, {56, 32.4}}), 56) == Response::pd);
    CHECK(at(sums_of({{0, 33}, {56, 23.1}}), 56) == Response::pr);
    CHECK(at(sums_of({{0, 16}, {56, 20}}), 56) == Response::sd);
    CHECK(at(sums_of({{0, 26}, {56, 31}}), 56) == Response::sd);
    CHECK(at(sums_of({{0, 16}, {56, 0}}), 56) == Response::cr);
    const auto t = sums_of({{-40, 1}, {-3, 75}, {56, 48}, {112, 35}, {168, 42}, {224, 100}});
    CHECK(at(t, 111) == Response::pr);
    CHECK(at(t, 168) == Response::pd);
    CHECK(first_progression_on_sums(t, day(400), day(0)) == day(168));
    CHECK_FALSE(first_progression_on_sums(t, day(167), day(0)));
}

TEST_CASE("sums: NE says why", "[derive][sums][error]") {
    const auto why = [](const series::Track& t, int n) {
        const auto r = target_response_from_sums(t, day(n), day(0));
        CHECK(r.response == Response::ne);
        return r.why;
    };
    CHECK(why(sums_of({}), 9) == "no reading of sld");
    CHECK(why(sums_of({{0, 20}}), 9) == "no assessment of sld after baseline");
    CHECK(why(sums_of({{5, 20}, {60, 40}}), 90) == "no reading of sld on or before day zero");
    auto t = sums_of({{0, 20}, {60, 40}});
    t.points[1].reading.censor = Censor::left;
    CHECK(why(t, 60) == "the last reading of sld is only a limit");
    t.points[1].segment = 1;
    CHECK(why(t, 60) == "baseline is of another assay (CT), no bridge declared");
    t = sums_of({{0, 20}, {60, 40}});
    t.points[0].reading.censor = Censor::right;
    CHECK(why(t, 60) == "baseline of sld is only a limit");
}

TEST_CASE("sums: the same as one lesion followed by itself, until a CR", "[derive][sums][property]") {
    CHECK(rc::check("twin", [] {
        std::vector<std::pair<int, double>> sums;
        std::vector<Lesion> lesions;
        const int n = *rc::gen::inRange(1, 8);
        for (int i = 0; i < n; ++i) {
            sums.emplace_back(56 * i, *rc::gen::inRange(10, 400) / 10.0);
            lesions.push_back(target("T1", sums.back().first, sums.back().second));
        }
        const auto t = sums_of(sums);
        std::optional<Date> first;
        for (const auto& p : recist::assess(lesions, day(0))) {
            if (p.baseline) continue;
            RC_ASSERT(target_response_from_sums(t, p.date, day(0)).response == p.target);
            if (p.target == Response::pd && !first) first = p.date;
        }
        RC_ASSERT(first_progression_on_sums(t, day(999), day(0)) == first);
    }));
}

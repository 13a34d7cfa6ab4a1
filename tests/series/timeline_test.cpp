#include "bellwether/series/timeline.hpp"

#include <algorithm>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "bellwether/core/error.hpp"

#include "series/support/tracks.hpp"

using namespace bellwether;
using namespace bellwether::series;
using namespace bellwether::series::testing;

namespace {

Observation observation(int n, double x, const std::string& assay = "", const std::string& laboratory = "") {
    Observation o;
    o.patient = "P1", o.channel = "ctdna", o.taken = day(n), o.assay = assay, o.laboratory = laboratory;
    o.reading = exactly(x);
    return o;
}

PatientFile file_of(std::vector<Observation> observations) {
    PatientFile f;
    f.patient.id = "P1";
    f.observation_status.assign(observations.size(), Status::final_);
    f.observations = std::move(observations);
    return f;
}

std::vector<int> segments(const Timeline& t) {
    std::vector<int> s;
    for (const Point& p : t.track("ctdna")->points)
        s.push_back(p.segment);
    return s;
}

std::vector<double> values(const Timeline& t) {
    std::vector<double> v;
    for (const Point& p : t.track("ctdna")->points)
        v.push_back(p.reading.value);
    return v;
}

bool same(const Timeline& a, const Timeline& b) {
    if (a.tracks.size() != b.tracks.size()) return false;
    for (const auto& [name, t] : a.tracks) {
        const Track* u = b.track(name);
        if (!u || u->segment_names != t.segment_names || u->points.size() != t.points.size()) return false;
        for (std::size_t i = 0; i < t.points.size(); ++i) {
            const Point &p = t.points[i], &q = u->points[i];
            if (p.date != q.date || p.minute != q.minute || !(p.reading == q.reading) ||
                p.segment != q.segment)
                return false;
        }
    }
    return true;
}

}  // namespace

TEST_CASE("build: final and corrected readings only, in order of time", "[series][build]") {
    PatientFile f = file_of(
        {observation(9, 3), observation(0, 1), observation(5, 2), observation(7, 9), observation(8, 9)});
    f.observation_status[2] = Status::corrected;
    f.observation_status[3] = Status::preliminary;
    f.observations[4].reading.reset();
    CHECK(values(build(f, {})) == std::vector<double>{1, 2, 3});
    f.observation_status.pop_back();
    CHECK_THROWS_AS(build(f, {}), Error);
}

TEST_CASE("build: within a day by minute, the unknown first", "[series][build]") {
    PatientFile f = file_of({observation(0, 3), observation(0, 2), observation(0, 1)});
    f.observations[0].minute = 900;
    f.observations[1].minute = 480;
    CHECK(values(build(f, {})) == std::vector<double>{1, 2, 3});
}

TEST_CASE("build: a derived channel is left to derive", "[series][build]") {
    ChannelCatalogue catalogue;
    catalogue["ctdna"].derived = true;
    CHECK(build(file_of({observation(0, 1)}), catalogue).tracks.empty());
    catalogue["ctdna"].derived = false;
    CHECK(build(file_of({observation(0, 1)}), catalogue).tracks.size() == 1);
}

TEST_CASE("build: a change of assay or laboratory begins a segment, an accession does not",
          "[series][build]") {
    PatientFile f =
        file_of({observation(0, 1, "A", "L1"), observation(1, 1, "A", "L1"), observation(2, 1, "A", "L2"),
                 observation(3, 1, "B", "L2"), observation(4, 1, "A", "L1"), observation(5, 1)});
    f.observations[0].accession = "17";
    f.observations[1].accession = "18";
    const Timeline t = build(f, {});
    CHECK(segments(t) == std::vector<int>{0, 0, 1, 2, 3, 4});
    CHECK(t.track("ctdna")->segment_names == std::vector<std::string>{"A/L1", "A/L2", "B/L2", "A/L1", ""});
    CHECK(segments(build(file_of({observation(0, 1), observation(9, 2)}), {})) == std::vector<int>{0, 0});
}

TEST_CASE("build: a bridge brings later readings to the scale of the segment's first", "[series][build]") {
    // value of B = value of A * 4
    ChannelCatalogue bridged;
    bridged["ctdna"].bridges = {{"A/L", "B/L", 4.0, ""}, {"B/L", "C", 0.5, ""}};
    bridged["cea"].bridges = {{"C", "D", 1.0, ""}};
    const Timeline forth =
        build(file_of({observation(0, 1, "A", "L"), observation(1, 8, "B", "L"), observation(2, 6, "C"),
                       observation(3, 3, "A", "L"), observation(4, 1, "D")}),
              bridged);
    CHECK(segments(forth) == std::vector<int>{0, 0, 0, 0, 1});
    CHECK(values(forth) == std::vector<double>{1, 2, 3, 3, 1});
    const Timeline back = build(file_of({observation(0, 8, "B", "L"), observation(1, 1, "A", "L")}), bridged);
    CHECK(values(back) == std::vector<double>{8, 4});
    // Who measured is kept, whatever the scale.
    const auto& points = forth.track("ctdna")->points;
    CHECK(forth.track("ctdna")->assay_of(points[1]) == "B/L");
    CHECK(forth.track("ctdna")->assay_of(points[3]) == "A/L");
    ChannelCatalogue bad;
    bad["ctdna"].bridges = {{"A", "B", 0.0, ""}};
    CHECK_THROWS_WITH(build(file_of({}), bad),
                      "Q001: bridge of ctdna from 'A' to 'B': factor 0 is not above 0");
}

TEST_CASE("build: origin is day zero, else the first reading of any channel", "[series][build]") {
    Timeline t;
    CHECK_FALSE(t.origin());
    t.tracks["a"] = track_of({{5, exactly(1)}});
    t.tracks["b"] = track_of({{3, exactly(1)}, {9, exactly(1)}});
    t.tracks["c"] = track_of({});
    CHECK(t.origin() == day(3));
    t.patient.day_zero = day(4);
    CHECK(t.origin() == day(4));
    CHECK(t.track("b") != nullptr);
    CHECK(t.track("d") == nullptr);
}

TEST_CASE("build: the order of the records does not matter, nor does what is taken later",
          "[series][build][property]") {
    CHECK(rc::check("permutation and no look-ahead", [] {
        ChannelCatalogue bridged;
        bridged["ctdna"].bridges = {{"A", "B/L", 2.0, ""}};
        std::vector<std::pair<Observation, Status>> all;
        const int n = *rc::gen::inRange(0, 12);
        for (int i = 0; i < n; ++i) {
            Observation o =
                observation(*rc::gen::inRange(0, 8), *rc::gen::inRange(1, 4),
                            *rc::gen::element(std::string("A"), std::string("B"), std::string("C")),
                            *rc::gen::element(std::string(), std::string("L")));
            o.reading->censor = *rc::gen::element(Censor::none, Censor::left);
            o.accession = std::to_string(*rc::gen::inRange(0, 3));
            o.replicate = *rc::gen::inRange(1, 3);
            if (*rc::gen::arbitrary<bool>()) o.minute = *rc::gen::inRange(0, 3);
            all.emplace_back(o, *rc::gen::element(Status::preliminary, Status::final_, Status::corrected));
        }
        const auto built = [&](const auto& keep) {
            PatientFile f;
            for (const auto& [o, s] : all)
                if (keep(o)) f.observations.push_back(o), f.observation_status.push_back(s);
            return build(f, bridged);
        };
        const auto everything = [](const Observation&) { return true; };
        const Timeline first = built(everything);
        const Date d = day(*rc::gen::inRange(0, 8));
        Timeline past = built([&](const Observation& o) { return o.taken <= d; });
        for (std::size_t i = all.size(); i > 1; --i)
            std::swap(all[i - 1], all[static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(i)))]);
        RC_ASSERT(same(built(everything), first));

        Timeline cut = first;
        for (auto it = cut.tracks.begin(); it != cut.tracks.end();) {
            it->second.points.resize(static_cast<std::size_t>(it->second.last_index(d) + 1));
            const auto& p = it->second.points;
            it->second.segment_names.resize(p.empty() ? 0 : static_cast<std::size_t>(p.back().segment + 1));
            it = p.empty() ? cut.tracks.erase(it) : std::next(it);
        }
        RC_ASSERT(same(past, cut));
    }));
}

#include "bellwether/series/summary.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "series/support/tracks.hpp"

using namespace bellwether;
using namespace bellwether::series;
using namespace bellwether::series::testing;

TEST_CASE("summary: its answers are those of the pure functions on every date",
          "[series][summary][property]") {
    CHECK(rc::check("the cache is invisible", [] {
        const Track t = *tracks();
        const auto zero = *days_zero();
        const TrackSummary s(t, zero);
        for (int n = -2; n < 40; ++n) {
            const Date d = day(n);
            const int i = s.last_index(d);
            RC_ASSERT(s.last(i) == last(t, d));
            RC_ASSERT(s.baseline(i) == baseline(t, d, zero));
            RC_ASSERT(s.nadir(i) == nadir(t, d, zero));
            RC_ASSERT(s.peak(i) == peak(t, d, zero));
        }
    }));
}

TEST_CASE("summary: of equal nadirs the earliest is named", "[series][summary]") {
    const Track t =
        track_of({{0, exactly(3)}, {7, exactly(1)}, {14, exactly(1)}, {21, below(1)}, {28, below(1)}});
    const TrackSummary s(t, day(0));
    CHECK(s.nadir_index(2) == 1);
    CHECK(s.nadir_index(4) == 3);
    CHECK(s.baseline_index(4) == 0);
    CHECK(s.nadir_index(-1) == -1);
    CHECK(s.peak_index(4) == 0);
    CHECK(s.nadir(-1).why == "no reading of ctdna");
}

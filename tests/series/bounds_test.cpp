#include "bellwether/series/bounds.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "series/support/tracks.hpp"

using namespace bellwether;
using namespace bellwether::series;
using namespace bellwether::series::testing;

namespace {

/// A number that a reading may stand for.
double stands_for(const Reading& r, double share) {
    if (r.censor == Censor::left) return r.value * share;
    if (r.censor == Censor::right) return r.value / share;
    return r.value;
}

bool admits(const Reading& r, double x) {
    const double slack = 1e-12 * std::max(1.0, std::abs(x));
    if (r.censor == Censor::left) return x <= r.value + slack;
    if (r.censor == Censor::right) return x >= r.value - slack;
    return std::abs(x - r.value) <= slack;
}

}  // namespace

TEST_CASE("difference: a limit subtracted turns its side", "[series][bounds]") {
    CHECK(difference(exactly(5), exactly(2)) == exactly(3));
    CHECK(difference(below(5), exactly(2)) == below(3));
    CHECK(difference(exactly(5), below(2)) == above(3));
    CHECK(difference(above(5), below(2)) == above(3));
    CHECK_FALSE(difference(below(5), below(2)));
    CHECK_FALSE(difference(above(5), above(2)));
}

TEST_CASE("ratio: nothing over zero, nothing negative", "[series][bounds][error]") {
    CHECK(ratio(exactly(6), exactly(2)) == exactly(3));
    CHECK(ratio(exactly(0), exactly(2)) == exactly(0));
    CHECK(ratio(exactly(6), below(2)) == above(3));
    CHECK_FALSE(ratio(exactly(6), exactly(0)));
    CHECK_FALSE(ratio(exactly(6), exactly(-2)));
    CHECK_FALSE(ratio(exactly(-6), exactly(2)));
    CHECK_FALSE(ratio(above(6), above(2)));
}

TEST_CASE("bounds: whatever the censored operands stand for, the result admits it",
          "[series][bounds][property]") {
    CHECK(rc::check("difference and ratio enclose the truth", [] {
        const Reading a = *readings(), b = *readings();
        const double x = stands_for(a, *rc::gen::inRange(1, 10) / 10.0);
        const double y = stands_for(b, *rc::gen::inRange(1, 10) / 10.0);
        if (const auto d = difference(a, b)) RC_ASSERT(admits(*d, x - y));
        if (const auto r = ratio(a, b)) RC_ASSERT(admits(*r, x / y));
        RC_ASSERT(difference(a, b).has_value() == ratio(a, b).has_value());
    }));
}

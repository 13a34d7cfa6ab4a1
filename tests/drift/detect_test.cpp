#include "bellwether/drift/detect.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"

#include "support/nile.hpp"
#include "support/small.hpp"

using namespace bellwether;
using namespace bellwether::drift;
using small::exactly;

namespace {

constexpr std::array all{Method::cusum, Method::ewma, Method::changepoint};

std::vector<Reading> nile() {
    std::vector<Reading> out;
    for (const double x : small::nile)
        out.push_back(exactly(x));
    return out;
}

std::string message(const std::vector<Reading>& x) {
    try {
        (void)detect(x, all);
    } catch (const Error& e) {
        return e.what();
    }
    return {};
}

}  // namespace

TEST_CASE("detect: every method finds that the Nile fell after 1898, and nothing else",
          "[drift][detect][reference]") {
    // Reference: Cobb 1978 and Zeileis, Kleiber, Kraemer & Hornik 2003 (R's strucchange): one break, 1898 the
    // last year of the old level; the new one begins with reading 28.
    const auto found = detect(nile(), all);
    REQUIRE(found.changes.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(found.changes[i].method == all[i]);
        CHECK(found.changes[i].onset == 28);
        CHECK(found.changes[i].side == Side::down);
    }
    CHECK(found.changes[0].seen == 31);  // in 1902
    CHECK(found.changes[1].seen == 31);
    CHECK_FALSE(found.changes[2].seen);
}

TEST_CASE("detect: the scores of each reading are those of the methods alone", "[drift][detect]") {
    const auto x = nile();
    const auto found = detect(x, all);
    const auto only = detect(x, std::array{Method::ewma});
    for (std::size_t i = 0; i < x.size(); ++i) {
        const auto& row = found.readings[i];
        CAPTURE(i);
        CHECK(row.score.has_value() == row.up.has_value());
        CHECK(row.change.has_value() == (i >= 4));
        CHECK(row.ewma == only.readings[i].ewma);
        CHECK_FALSE(only.readings[i].score);
        CHECK_FALSE(only.readings[i].change);
    }
    // Until the fall is signalled: one chart over the whole series, as charts are.
    Chart chart(Cusum{}, Baseline(), Watch::both);
    for (std::size_t i = 0; i <= 31; ++i) {
        chart.take(x[i]);
        CHECK(found.readings[i].score == chart.score());
        if (chart.score()) CHECK(found.readings[i].down == chart.statistic().value(Side::down));
        if (chart.score()) CHECK(found.readings[i].up == chart.statistic().value(Side::up));
    }
    CHECK(*found.readings[31].down > 5);
    CHECK(found.readings[32].score);  // 1903: by then the new level, from 1899 on, has its four readings
}

TEST_CASE("detect: a known baseline is judged from the first reading on", "[drift][detect]") {
    DetectOptions options;
    options.baseline = Baseline(1100, 130);
    const auto found = detect(nile(), all, options);
    CHECK(found.readings[0].score == (1120 - 1100) / 130.0);
    CHECK(found.readings[0].change == 0);
    REQUIRE(found.changes.size() >= 3);
    for (const Change& c : found.changes)
        CHECK(c.onset >= 28);
    CHECK_THROWS_AS(detect(nile(), all, DetectOptions{Baseline(), {}, {}, 1.0}), Error);
}

TEST_CASE("detect: what cannot be judged is said", "[drift][detect][error]") {
    CHECK(message({exactly(1), exactly(2)}) ==
          "D012: 2 measured readings; the baseline needs 4, and one more is judged");
    CHECK(message({exactly(1), exactly(2), exactly(1), exactly(3)}) ==
          "D012: 4 readings, all of them in the baseline; one more is judged");
    CHECK(message(std::vector<Reading>(9, exactly(2))) ==
          "D012: all 9 measured readings are equal: there is no noise to judge by");
    CHECK(message(std::vector<Reading>(9, small::below(2))) ==
          "D012: 0 measured readings; the baseline needs 4, and one more is judged");
}

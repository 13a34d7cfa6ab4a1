#include "bellwether/core/feature.hpp"

#include <catch2/catch.hpp>

using namespace bellwether;

TEST_CASE("to_string: a call as it stands in a rule", "[core][feature]") {
    CHECK(to_string(FeatureCall{"fold", {{ArgType::channel, "ctdna"}, {ArgType::reference, "nadir"}}, "m"}) ==
          "fold(ctdna, nadir)");
    CHECK(to_string(FeatureCall{"trend", {{ArgType::channel, "ctdna"}, {ArgType::duration, "", 63}}, ""}) ==
          "trend(ctdna, 63d)");
    CHECK(to_string(FeatureCall{"lines", {}, ""}) == "lines");
}

TEST_CASE("FeatureColumn: reset forgets, reasons are kept once", "[core][feature]") {
    FeatureColumn c;
    c.reset(3);
    c.set(0, 2.5);
    c.unknown(1, "no reading of ctdna");
    c.unknown(2, "no reading of ctdna");
    CHECK(c.known == std::vector<unsigned char>{1, 0, 0});
    CHECK(c.why == std::vector<int>{-1, 0, 0});
    CHECK(c.reasons.size() == 1);
    c.reset(2);
    CHECK(c.known == std::vector<unsigned char>{0, 0});
    CHECK(c.why == std::vector<int>{-1, -1});
    CHECK(c.reasons.empty());
    CHECK(c.value.size() == 2);
}

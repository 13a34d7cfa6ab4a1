#include "bellwether/core/units.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace bellwether;

TEST_CASE("conversion_factor: the factors of the laboratory table", "[core][units][reference]") {
    // Reference: UCUM 2.1 prefixes; 1 U = 1 umol/min and 1 kat = 1 mol/s (IUPAC), hence 1 ukat = 60 U. Exact:
    // both sides are one correctly rounded division of whole numbers, or the decimal itself.
    struct Row {
        const char *from, *to;
        double factor;
    };
    for (const auto& r : std::initializer_list<Row>{{"10*3/uL", "10*9/L", 1},
                                                    {"10^3/uL", "10*9/L", 1},
                                                    {"K/uL", "10*9/L", 1},
                                                    {"Thou/cumm", "10*9/L", 1},
                                                    {"10\u00b3/\u00b5L", "10*9/L", 1},
                                                    {"\u00d710\u2079/L", "10*9/L", 1},
                                                    {"/mm3", "10*9/L", 0.001},
                                                    {"cells/uL", "10*9/L", 0.001},
                                                    {"/\u00b5l", "10*9/L", 0.001},
                                                    {"10*6/L", "10*9/L", 0.001},
                                                    {"g/dL", "g/L", 10},
                                                    {"mg/dL", "mg/L", 10},
                                                    {"ug/mL", "mg/L", 1},
                                                    {"ng/mL", "ug/L", 1},
                                                    {"\u00b5g/l", "ng/mL", 1},
                                                    {"\u03bcg/L", "ng/mL", 1},
                                                    {"ng/L", "ng/mL", 0.001},
                                                    {"pg/mL", "ng/mL", 0.001},
                                                    {"ng/dL", "ng/mL", 0.01},
                                                    {"ukat/L", "U/L", 60},
                                                    {"nkat/L", "U/L", 0.06},
                                                    {"uIU/mL", "m[IU]/L", 1},
                                                    {"mU/L", "m[IU]/L", 1},
                                                    {"kU/L", "U/mL", 1},
                                                    {"1", "%", 100},
                                                    {"", "%", 100},
                                                    {"ppm", "%", 0.0001},
                                                    {"cm", "mm", 10},
                                                    {"mm", "cm", 0.1}}) {
        CAPTURE(r.from, r.to);
        CHECK(conversion_factor(r.from, r.to) == r.factor);
    }
}

TEST_CASE("conversion_factor: what must never be converted is not", "[core][units]") {
    struct Row {
        const char *from, *to;
    };
    for (const auto& r : std::initializer_list<Row>{{"G/L", "10*9/L"},
                                                    {"G/L", "g/L"},
                                                    {"mkat/L", "U/L"},
                                                    {"IU/L", "U/L"},
                                                    {"U/mL", "U/L"},
                                                    {"copies/mL", "GE/mL"},
                                                    {"mg/dL", "umol/L"},
                                                    {"MG/L", "mg/L"},
                                                    {"mm", "mg/L"},
                                                    {"mmm", "mm"}}) {
        CAPTURE(r.from, r.to);
        CHECK_FALSE(conversion_factor(r.from, r.to));
    }
}

TEST_CASE("canonical_unit: one spelling for each unit", "[core][units]") {
    CHECK(canonical_unit("K/uL") == "10*9/L");
    CHECK(canonical_unit("\u00b5g/l") == "ng/mL");
    CHECK(canonical_unit("") == "1");
    CHECK_FALSE(canonical_unit("furlong"));
}

TEST_CASE("known_units: every spelling leads to its unit, none to two", "[core][units]") {
    auto all = known_units();
    CHECK(all.size() > 100);
    for (const auto& s : all) {
        CAPTURE(s);
        const auto canonical = canonical_unit(s);
        REQUIRE(canonical);
        CHECK(conversion_factor(s, *canonical) == 1.0);
    }
    std::sort(all.begin(), all.end());
    CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
}

#include "bellwether/app/sheet.hpp"

#include <limits>

#include <catch2/catch.hpp>

using namespace bellwether::app;

namespace {
const Sheet kSheet{
    "stay",
    "mean stay, years",
    {"state", "mean", "low"},
    {{"well, or so", 1.0 / 3.0, Sheet::Cell()}, {"dead", std::numeric_limits<double>::infinity(), -0.5}}};
}

TEST_CASE("sheets: CSV is what R reads, numbers are exact", "[app][sheet]") {
    CHECK(to_csv(kSheet) == "state,mean,low\n\"well, or so\",0.3333333333333333,NA\ndead,Inf,-0.5\n");
}

TEST_CASE("sheets: text lines up, JSON names each cell", "[app][sheet]") {
    CHECK(to_text(kSheet) ==
          "mean stay, years\n"
          "  state           mean   low\n"
          "  well, or so  0.33333     -\n"
          "  dead             inf  -0.5\n");
    CHECK(to_json({kSheet}) ==
          "{\n  \"stay\": [\n    {\n      \"state\": \"well, or so\",\n      \"mean\": 0.3333333333333333,\n "
          "     "
          "\"low\": null\n    },\n    {\n      \"state\": \"dead\",\n      \"mean\": null,\n      \"low\": "
          "-0.5\n   "
          " }\n  ]\n}\n");
}

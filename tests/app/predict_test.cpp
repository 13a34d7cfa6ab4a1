#include "bellwether/app/predict.hpp"

#include <cmath>

#include <catch2/catch.hpp>

using namespace bellwether;
using namespace bellwether::app;
using Catch::Matchers::WithinRel;

TEST_CASE("predict: now, by all rows, most probable path and forecast", "[app][predict]") {
    Findings findings;
    markov::FittedModel model;
    model.spec = markov::read_spec(R"(schema: 1
model: m
numbers: illustrative
states: [{name: well}, {name: ill, absorbing: true}]
transitions: [{from: well, to: ill, rate: 0.5}]
channels: [{name: smear, says: level, family: categorical, categories: [neg, pos], probabilities: {well: {neg: 0.9, pos: 0.1}, ill: {neg: 0.2, pos: 0.8}}}]
start: {probabilities: {well: 0.7, ill: 0.3}}
data: {subject: id, time: t}
)",
                                   "m.yaml", findings);
    REQUIRE(findings.ok());
    model.sets.emplace_back().values = model.spec.start_values();
    const auto source = feed::feed_from_memory("id,t,smear\na,0,pos\na,2,neg\n");
    const auto table = read_table(*source, "x.csv", model.spec, model.spec.table, findings);
    REQUIRE(findings.ok());
    const Sheet sheet = predict(model, table, {4.0});
    CHECK(sheet.columns == std::vector<std::string>{"subject", "what", "time", "path", "now_well", "now_ill",
                                                    "all_well", "all_ill"});
    REQUIRE(sheet.rows.size() == 3);
    const auto number = [&](std::size_t row, std::size_t column) {
        return std::get<double>(sheet.rows[row][column]);
    };
    const auto word = [&](std::size_t row, std::size_t column) {
        return std::get<std::string>(sheet.rows[row][column]);
    };
    // By hand: the joint probabilities of (state at 0, state at 2) and the smears.
    const double stay = std::exp(-0.5 * 2);
    const double ww = 0.7 * 0.1 * stay * 0.9, wi = 0.7 * 0.1 * (1 - stay) * 0.2, ii = 0.3 * 0.8 * 0.2;
    const double all = ww + wi + ii;
    CHECK_THAT(number(0, 5), WithinRel(0.24 / 0.31, 1e-12));
    CHECK_THAT(number(0, 7), WithinRel(ii / all, 1e-12));
    CHECK_THAT(number(1, 4), WithinRel(ww / all, 1e-12));
    CHECK_THAT(number(1, 6), WithinRel(ww / all, 1e-12));
    CHECK((word(0, 3) == "ill" && word(1, 3) == "ill"));  // ii is the largest
    CHECK((word(2, 1) == "forecast" && number(2, 2) == 6.0));
    CHECK_THAT(number(2, 4), WithinRel(ww / all * std::exp(-0.5 * 4), 1e-12));
    CHECK(std::holds_alternative<std::monostate>(sheet.rows[2][7]));
}

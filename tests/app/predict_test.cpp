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
    const auto sheets = predict(model, table, {{4.0}});
    REQUIRE(sheets.size() == 1);
    const Sheet& sheet = sheets.front();
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

TEST_CASE("predict: levels ahead and times to a multiple of the nadir, where channels grow",
          "[app][predict]") {
    Findings findings;
    markov::FittedModel model;
    model.spec = markov::read_spec(R"(schema: 1
model: m
numbers: illustrative
states: [{name: falling}, {name: growing}]
transitions: [{from: falling, to: growing, rate: 0.02}]
growth: {falling: -0.03, growing: 0.01}
channels:
  - {name: quiet, says: level, family: normal, mean: 0, sd: 1}
  - {name: ctdna, says: growth, family: lognormal, noise: 0.000001, first: {mean: 2, sd: 1}, wild: {share: 0}}
  - {name: sld, says: growth, family: lognormal, share: 0.333, noise: 0.05, first: {mean: 4, sd: 1}}
start: {probabilities: {falling: 1, growing: 0}}
data: {subject: id, time: t}
)",
                                   "m.yaml", findings);
    REQUIRE(findings.ok());
    model.sets.emplace_back().values = model.spec.start_values();
    // ctDNA is read without error: 8, then half, then up at exactly the growing rate.
    const auto predicted = [&](const std::string& rows, std::uint64_t seed = 1) {
        const auto source = feed::feed_from_memory("id,t,quiet,ctdna,sld\n" + rows);
        const auto table = read_table(*source, "x.csv", model.spec, model.spec.table, findings);
        REQUIRE(findings.ok());
        PredictRequest request;
        request.ahead = {10.0};
        request.multiples = {1.25, 3.0, 1000.0};
        request.within = 200.0;
        request.seed = seed;
        return predict(model, table, request);
    };
    const std::string rows = "a,0,0,8,\na,30,0,4,\na,50,0,4.8856110326406794,\n";  // 4 exp(0.2)
    const auto sheets = predicted(rows);
    REQUIRE(sheets.size() == 3);
    const auto number = [&](const Sheet& sheet, std::size_t row, std::size_t column) {
        return std::get<double>(sheet.rows.at(row).at(column));
    };
    const Sheet& levels = sheets[1];
    CHECK(levels.columns == std::vector<std::string>{"subject", "time", "ahead", "channel", "readable", "low",
                                                     "median", "high"});
    REQUIRE(levels.rows.size() == 4);
    CHECK(std::get<std::string>(levels.rows[1][3]) == "ctdna");
    CHECK((number(levels, 1, 1) == 60.0 && number(levels, 1, 2) == 10.0));
    CHECK_THAT(number(levels, 1, 4), WithinRel(1.0, 1e-14));
    // Noise of 1e-6 leaves the level known to 1e-6, and growing is where it stays.
    CHECK_THAT(number(levels, 0, 6), WithinRel(4.0 * std::exp(0.2), 1e-5));
    CHECK_THAT(number(levels, 1, 6), WithinRel(4.0 * std::exp(0.3), 1e-5));
    // Of sld nothing is known but where it began: at 4, sd 1.
    CHECK(std::get<std::string>(levels.rows[2][3]) == "sld");
    CHECK(number(levels, 2, 7) / number(levels, 2, 5) > std::exp(3.0));

    const Sheet& times = sheets[2];
    CHECK(times.columns == std::vector<std::string>{"subject", "time", "channel", "multiple", "nadir",
                                                    "chance", "low", "median", "high"});
    REQUIRE(times.rows.size() == 6);
    CHECK_THAT(number(times, 0, 4), WithinRel(4.0, 1e-5));
    CHECK((number(times, 0, 5) == 1.0 && number(times, 1, 5) == 1.0));
    // 1.25 x 4 is reached log(1.25) / 0.01 days after day 30, of which 20 are gone.
    for (const std::size_t column : {6U, 7U, 8U}) {
        CHECK_THAT(number(times, 0, column), WithinRel(100.0 * std::log(1.25) - 20.0, 1e-3));
        CHECK_THAT(number(times, 1, column), WithinRel(100.0 * std::log(3.0) - 20.0, 1e-3));
    }
    CHECK(number(times, 2, 5) == 0.0);  // 671 days
    CHECK(std::holds_alternative<std::monostate>(times.rows[2][6]));
    for (std::size_t column = 4; column < 9; ++column)  // never read: no nadir
        CHECK(std::holds_alternative<std::monostate>(times.rows[3][column]));

    // Who else is in the table changes nothing; another seed changes what is drawn.
    const std::string other = "b,0,0,8,50\nb,30,0,3.3,46\nb,60,0,4,44\n";
    const auto alone = predicted(other), both = predicted(rows + other), seeded = predicted(other, 2);
    CHECK(both[2].rows[9] == alone[2].rows[3]);
    CHECK(both[2].rows[6] == alone[2].rows[0]);
    CHECK(alone[2].rows[3] != seeded[2].rows[3]);
}

TEST_CASE("predict: times are refused of a model in which nothing grows", "[app][predict][error]") {
    Findings findings;
    markov::FittedModel model;
    model.spec.name = "still";
    model.sets.emplace_back();
    PredictRequest request;
    request.multiples = {2.0};
    CHECK_THROWS_WITH(predict(model, Table{markov::Panel(0, 0), {}, {}}, request),
                      "M015: model 'still' has no growth channel, so no level to exceed");
}

#include "bellwether/app/bootstrap.hpp"

#include <cmath>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "bellwether/app/fit.hpp"
#include "bellwether/core/text.hpp"

using namespace bellwether;
using namespace bellwether::app;
using Catch::Matchers::WithinRel;

namespace {

/// Two states; each subject leaves the first when it is seen to.
std::pair<markov::FittedModel, Table> leaving(const std::vector<double>& stays) {
    Findings findings;
    const auto spec = markov::read_spec(
        "schema: 1\nmodel: m\nnumbers: illustrative\nstates: [{name: a}, {name: b, absorbing: true}]\n"
        "transitions: [{from: a, to: b, rate: 1}]\ndata: {subject: id, time: t, state: s, exact-times: "
        "true}\n",
        "m.yaml", findings);
    std::string text = "id,t,s\n";
    for (std::size_t i = 0; i < stays.size(); ++i)
        text += fmt::format("{0},0,a\n{0},{1},b\n", i, shortest(stays[i]));
    const auto source = feed::feed_from_memory(text);
    auto table = read_table(*source, "x.csv", spec, spec.table, findings);
    REQUIRE(findings.ok());
    auto model = fit_table(spec, table, {});
    return {std::move(model), std::move(table)};
}

}  // namespace

TEST_CASE("bootstrap: percentiles are those of the estimate's own distribution; threads change nothing",
          "[app][bootstrap]") {
    // Stays at the quantiles of an exponential of rate 2: the rate's estimate is 1 / mean stay.
    constexpr std::size_t n = 400;
    std::vector<double> stays;
    double sum = 0.0, squares = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
        stays.push_back(-std::log(1 - (static_cast<double>(i) + 0.5) / n) / 2);
        sum += stays.back();
        squares += stays.back() * stays.back();
    }
    const auto [model, table] = leaving(stays);
    Resampling how;
    how.replicates = 400;
    const auto one = bootstrap(model, table, {}, {1.0}, how);
    how.threads = 3;
    CHECK(to_json(bootstrap(model, table, {}, {1.0}, how)) == to_json(one));
    how.seed = 2;
    CHECK(to_json(bootstrap(model, table, {}, {1.0}, how)) != to_json(one));
    // The mean stay is a mean: its bootstrap standard error is sd / sqrt(n). Tolerance: an end of the
    // interval from 400 refits has an error of some 8% of its distance from the middle.
    const Sheet* sojourn = nullptr;
    for (const Sheet& s : one)
        if (s.name == "sojourn") sojourn = &s;
    REQUIRE(sojourn);
    CHECK(sojourn->columns == std::vector<std::string>{"state", "value", "low", "high"});
    const double mean = sum / n, se = std::sqrt((squares / n - mean * mean) / n);
    const auto at = [&](std::size_t c) { return std::get<double>(sojourn->rows[0][c]); };
    CHECK_THAT(at(1), WithinRel(mean, 1e-4));
    CHECK_THAT(mean - at(2), WithinRel(1.96 * se, 0.25));
    CHECK_THAT(at(3) - mean, WithinRel(1.96 * se, 0.25));
    // A wide sheet becomes long.
    const Sheet& wide = one[one.size() - 3];
    CHECK(wide.name == "probabilities");
    CHECK(wide.columns == std::vector<std::string>{"time", "from", "to", "value", "low", "high"});
}

TEST_CASE("bootstrap: a model that the data do not hold is refused", "[app][bootstrap][error]") {
    // Nobody is ever seen to leave: each refit runs off to a rate of 0.
    Findings findings;
    const auto spec = markov::read_spec(
        "schema: 1\nmodel: m\nnumbers: illustrative\nstates: [{name: a}, {name: b, absorbing: true}]\n"
        "transitions: [{from: a, to: b, rate: 1}]\ndata: {subject: id, time: t, state: s}\n",
        "m.yaml", findings);
    const auto source = feed::feed_from_memory("id,t,s\n1,0,a\n1,5,a\n2,0,a\n2,5,a\n");
    const auto table = read_table(*source, "x.csv", spec, spec.table, findings);
    Resampling how;
    how.replicates = 20;
    CHECK_THROWS_WITH(bootstrap(fit_table(spec, table, {}), table, {}, {}, how), Catch::Contains("P031"));
}

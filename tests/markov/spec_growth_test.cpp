#include <string>

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"
#include "bellwether/markov/spec.hpp"

#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;

TEST_CASE("growth: rates keep their sign and order, and 0 is exact", "[switching]") {
    const Spec spec = oracle::spec_of(R"(
schema: 1
model: speeds
numbers: illustrative
states: [{name: shrinking}, {name: stable}, {name: slow, labels: [growing]}, {name: fast, labels: [growing]}]
transitions: [{from: shrinking, to: growing, rate: 0.01}]
growth: {fast: 0.02, shrinking: -0.03, slow: {start: 0.004, prior: {centre: 0.005, sd: 1}}, stable: 0}
channels:
  - {name: a, says: growth, family: normal, noise: 0.3, first: {mean: 1, sd: 2}}
start: {probabilities: {shrinking: 1}}
)");
    Values values = spec.start_values();
    CHECK(spec.growth_rate(0, values) == -0.03);
    CHECK(spec.growth_rate(1, values) == 0.0);
    CHECK(spec.growth_rate(2, values) == Approx(0.004).epsilon(1e-14));
    CHECK(spec.growth_rate(3, values) == Approx(0.02).epsilon(1e-14));
    REQUIRE(spec.parameter_index("growth(fast beyond slow)"));
    values[*spec.parameter_index("growth(slow)")] = 0.05;
    CHECK(spec.growth_rate(3, values) > spec.growth_rate(2, values));
    CHECK(spec.parameters[*spec.parameter_index("growth(slow)")].prior->centre == 0.005);
    // On by default: one reading in a hundred with five times the noise.
    CHECK(spec.channels[0].latent->wild_share == 0.01);
    CHECK_FALSE(spec.channels[0].latent->comparable);
}

TEST_CASE("growth: keys that cannot be are named with their place", "[switching]") {
    const auto complaint = [](const std::string& growth, const std::string& channel) {
        Findings findings;
        (void)read_spec(
            "schema: 1\nmodel: m\nnumbers: illustrative\nstates: [{name: up}, {name: down}]\n"
            "transitions: [{from: up, to: down, rate: 0.1}]\n" +
                growth + "channels:\n  - " + channel + "\nstart: {probabilities: {up: 1}}\n",
            "m.yaml", findings);
        REQUIRE_FALSE(findings.ok());
        std::string all;
        for (const Diagnostic& d : findings.list)
            all += to_string(d) + '\n';
        return all;
    };
    const std::string good = "{name: a, says: growth, family: normal, noise: 1, first: {mean: 0, sd: 1}}";
    CHECK_THAT(complaint("", good), Catch::Contains("M038") && Catch::Contains("no rate is declared"));
    CHECK_THAT(complaint("growth: {up: 0.1}\n", good), Catch::Contains("'down' is not given"));
    CHECK_THAT(complaint("growth: {up: 0.1, dwon: 0}\n", good), Catch::Contains("down"));
    CHECK_THAT(complaint("growth: {up: 0.1, down: 0.1}\n", good), Catch::Contains("M038"));
    CHECK_THAT(
        complaint("growth: {up: 0.1, down: -0.1}\n", "{name: a, says: growth, family: normal, noise: 1}"),
        Catch::Contains("first"));
    CHECK_THAT(complaint("growth: {up: 0.1, down: -0.1}\n",
                         "{name: a, says: growth, family: categorical, noise: 1, first: {mean: 0, sd: 1}}"),
               Catch::Contains("categorical"));
}

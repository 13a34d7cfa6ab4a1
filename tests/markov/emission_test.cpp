#include "bellwether/markov/emission.hpp"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"

#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

double cdf(double z) {
    return 0.5 * std::erfc(-z / std::sqrt(2.0));
}
double pdf(double z) {
    return std::exp(-0.5 * z * z) / std::sqrt(2 * M_PI);
}

Spec rate_spec() {
    return oracle::spec_of(R"(
schema: 1
model: one
numbers: illustrative
states: [{name: a}, {name: b}]
transitions: [{from: a, to: b, rate: 0.01}]
channels:
  - {name: x, says: rate, family: lognormal, mean: {a: -0.01, b: 0.03}, sd: 0.4, diffusion: 0.05, undetected: {offset: -0.8, sd: 0.9}}
start: {probabilities: {a: 1}}
)");
}

Evidence rate(double y, Censor now, double previous, Censor before, double days) {
    Evidence e;
    e.form = Evidence::Form::rate;
    e.y = y, e.censor = now, e.previous = previous, e.previous_censor = before;
    e.exposure[0] = days;
    return e;
}

/// Simpson's rule over the previous value, written out from the definition in docs/model-format.md.
double by_quadrature(const Evidence& e, double mean, double sd, double diffusion, CensoredPrior prior) {
    const double s = std::sqrt(sd * sd + diffusion * diffusion * e.exposure[0]);
    const double side = e.previous_censor == Censor::left ? 1.0 : -1.0;
    const int n = 200000;
    const double low = -30.0 * (prior.sd + s), h = -low / n;
    double sum = 0.0;
    for (int i = 0; i <= n; ++i) {
        const double u = low + h * i;
        const double z = (e.y - (e.previous + side * u + mean * e.exposure[0])) / s;
        const double f = e.censor == Censor::none ? pdf(z) / s : e.censor == Censor::left ? cdf(z) : cdf(-z);
        sum += (i == 0 || i == n ? 1.0
                : i % 2 == 1     ? 4.0
                                 : 2.0) *
               f * pdf((u - prior.offset) / prior.sd) / prior.sd;
    }
    return sum * h / 3.0 / cdf(-prior.offset / prior.sd);
}

}  // namespace

TEST_CASE("density: a censored previous reading of a rate channel is integrated out",
          "[markov][emission][reference]") {
    const Spec spec = rate_spec();
    const Channel& x = spec.channels[0];
    const Censor before = GENERATE(Censor::left, Censor::right);
    const Censor now = GENERATE(Censor::none, Censor::left, Censor::right);
    const double y = GENERATE(-4.0, -0.5, 0.0, 0.3, 1.5, 5.0);
    const double days = GENERATE(1.0, 21.0, 120.0);
    const Evidence e = rate(y, now, -0.2, before, days);
    CAPTURE(static_cast<int>(before), static_cast<int>(now), y, days);
    Values values = spec.start_values();
    for (const auto& group : x.groups) {
        const double mean = values[static_cast<std::size_t>(group.mean[0])];
        const double direct = by_quadrature(e, mean, 0.4, 0.05, *x.censored_prior);
        // Where the direct sum loses its digits to cancellation nothing can be compared.
        if (direct > 1e-250) CHECK_THAT(density(x, group, e, values).log, WithinAbs(std::log(direct), 1e-8));
    }
}

TEST_CASE("density: its derivatives equal differences, in every combination of censoring",
          "[markov][emission]") {
    const Spec spec = rate_spec();
    const Channel& x = spec.channels[0];
    const Censor before = GENERATE(Censor::none, Censor::left, Censor::right);
    const Censor now = GENERATE(Censor::none, Censor::left, Censor::right);
    const double y = GENERATE(-3.0, 0.1, 2.5);
    const Evidence e = rate(y, now, 0.2, before, 30.0);
    CAPTURE(static_cast<int>(before), static_cast<int>(now), y);
    const auto& group = x.groups[1];
    const Values values = spec.start_values();
    const GroupDensity d = density(x, group, e, values);
    const auto slope = [&](int parameter, bool log) {
        const auto p = static_cast<std::size_t>(parameter);
        const double h = 1e-5;
        Values up = values, down = values;
        up[p] = log ? up[p] * std::exp(h) : up[p] + h;
        down[p] = log ? down[p] * std::exp(-h) : down[p] - h;
        return (density(x, group, e, up).log - density(x, group, e, down).log) / (2 * h);
    };
    const double by_mean = slope(group.mean[0], false), by_sd = slope(group.sd, true);
    const double by_diffusion = slope(group.diffusion, true);
    CHECK_THAT(d.by_mean[0] + d.by_mean[1] + d.by_mean[2] + d.by_mean[3],
               WithinRel(by_mean, 1e-5) || WithinAbs(by_mean, 1e-6));
    CHECK_THAT(d.by_log_sd, WithinRel(by_sd, 1e-5) || WithinAbs(by_sd, 1e-6));
    CHECK_THAT(d.by_log_diffusion, WithinRel(by_diffusion, 1e-5) || WithinAbs(by_diffusion, 1e-6));
}

TEST_CASE("density: far tails are finite and ordered", "[markov][emission]") {
    // An undetectable reading after a high one, 40 and 80 standard deviations away: logs, never -inf or NaN.
    const Spec spec = rate_spec();
    const Channel& x = spec.channels[0];
    const Values values = spec.start_values();
    for (const Censor before : {Censor::none, Censor::left, Censor::right})
        for (const Censor now : {Censor::none, Censor::left, Censor::right}) {
            const double near =
                density(x, x.groups[0], rate(now == Censor::left ? -20 : 20, now, 0.0, before, 1), values)
                    .log;
            const double far =
                density(x, x.groups[0], rate(now == Censor::left ? -40 : 40, now, 0.0, before, 1), values)
                    .log;
            CAPTURE(static_cast<int>(before), static_cast<int>(now));
            CHECK(std::isfinite(near));
            CHECK(std::isfinite(far));
            CHECK(far < near);
        }
}

TEST_CASE("evidence_of: a reading that a channel cannot have is the caller's error",
          "[markov][emission][error]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    const double covariates[] = {0.0, 60.0};
    const ChannelMemory memory;
    CHECK_THROWS_WITH(evidence_of(spec.channels[0], 0, Reading::of(0.0), memory, covariates),
                      Catch::StartsWith("M003"));
    CHECK_THROWS_WITH(evidence_of(spec.channels[0], 0, Reading::below(-1.0), memory, covariates),
                      Catch::StartsWith("M003"));
    CHECK_THROWS_WITH(evidence_of(spec.channels[1], 1, Reading::of(std::nan("")), memory, covariates),
                      Catch::StartsWith("M003"));
    CHECK_THROWS_WITH(evidence_of(spec.channels[3], 3, Reading::of(3.0), memory, covariates),
                      Catch::StartsWith("M006"));
    CHECK_THROWS_WITH(evidence_of(spec.channels[3], 3, Reading::of(0.5), memory, covariates),
                      Catch::StartsWith("M006"));
    CHECK_THROWS_WITH(evidence_of(spec.channels[3], 3, Reading::below(1.0), memory, covariates),
                      Catch::StartsWith("M006"));
    Channel undeclared = spec.channels[0];
    undeclared.censored_prior.reset();
    CHECK_THROWS_WITH(evidence_of(undeclared, 0, Reading::below(1.0), memory, covariates),
                      Catch::StartsWith("M009"));
}

TEST_CASE("evidence_of: an absolute channel compares a subject without a baseline with the declared one",
          "[markov][emission]") {
    Spec spec = oracle::spec_of(oracle::kEverything);
    Channel& mdsc = spec.channels[1];
    const double covariates[] = {0.0, 60.0};
    mdsc.first_is_baseline = false;
    const ChannelMemory memory;
    CHECK(evidence_of(mdsc, 1, Reading::of(10.5), memory, covariates).form == Evidence::Form::silent);
    mdsc.absolute = 10.0;
    const Evidence e = evidence_of(mdsc, 1, Reading::of(10.5), memory, covariates);
    CHECK(e.form == Evidence::Form::normal);
    CHECK(e.y == 0.5);
}

TEST_CASE("log_weights: a flat group weighs whatever is read 1", "[markov][emission]") {
    // By definition: no distribution, so log weight 0, beside a group that has one.
    Channel channel;
    channel.name = "reading";
    channel.family = Family::categorical;
    channel.categories = {"a", "b"};
    Channel::Group says, flat;
    says.odds = {Channel::Group::kBase, 0};
    flat.law = Law::flat;
    channel.groups = {says, flat};
    channel.group = {0, 1};
    const Values values = {std::log(0.25 / 0.75)};
    const double category = GENERATE(0.0, 1.0);
    const Evidence e = evidence_of(channel, 0, Reading::of(category), ChannelMemory{}, {});
    std::vector<double> out(2);
    log_weights(channel, e, values, out);
    CHECK_THAT(std::exp(out[0]), WithinRel(category == 0.0 ? 0.75 : 0.25, 1e-15));
    CHECK(out[1] == 0.0);
}

#include "bellwether/markov/intervals.hpp"

#include <cmath>
#include <random>

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"
#include "bellwether/markov/model.hpp"
#include "bellwether/markov/transition.hpp"

using namespace bellwether;
using namespace bellwether::markov;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

/// Onset watched to the day, in two groups: exponential times, so that everything has a closed form.
struct Onsets {
    Spec common, split;
    Panel panel{0, 1};
    double n[2] = {0, 0}, time[2] = {0, 0};
    [[nodiscard]] double all() const { return n[0] + n[1]; }
    [[nodiscard]] double days() const { return time[0] + time[1]; }
};

Spec onset(bool split) {
    Spec spec;
    spec.states.push_back({"well", {}, {}, false, false});
    spec.states.push_back({"ill", {}, {}, true, false});
    spec.covariates.push_back({"group", true, false, 0.0});
    Parameter rate;
    rate.name = "rate(well>ill)";
    rate.scale = Parameter::Scale::log;
    rate.start = 0.02;
    spec.parameters.push_back(rate);
    spec.transitions.push_back({0, 1, 0, {}});
    if (split) {
        Parameter effect;
        effect.name = "effect(group)";
        spec.parameters.push_back(effect);
        spec.transitions[0].effects.push_back({0, 1, 1.0});
    }
    return spec;
}

Onsets drawn() {
    Onsets out;
    out.common = onset(false);
    out.split = onset(true);
    out.panel = Panel(out.common);
    std::mt19937_64 random(3);
    for (int s = 0; s < 120; ++s) {
        const auto group = static_cast<std::size_t>(s % 2);
        const double rate = group == 0 ? 0.03 : 0.05, end = 40.0;
        const double at = std::exponential_distribution<double>(rate)(random);
        const double covariate[] = {static_cast<double>(group)};
        out.panel.begin_subject(std::to_string(s));
        Row row{Days{0.0}, Kind::snapshot, 0, only(0), {}, covariate};
        row.known = true;
        out.panel.add(row);
        out.panel.add({Days{std::min(at, end)}, Kind::watched, 0, only(at < end ? 1 : 0), {}, covariate});
        out.n[group] += at < end ? 1.0 : 0.0;
        out.time[group] += std::min(at, end);
    }
    return out;
}

const Quantity rate_and_stay = [](const Values& v) -> Eigen::VectorXd {
    return Eigen::Vector2d(v[0], 1.0 / v[0]);
};

}  // namespace

TEST_CASE("delta_intervals: rates and stays of exponential times have their closed form",
          "[markov][intervals][reference]") {
    // n onsets in T days: rate n/T, standard error of its logarithm 1/sqrt(n). To 1e-4: second derivatives
    // are differences.
    const Onsets o = drawn();
    const ParameterSet fitted = fit(o.common, o.panel);
    REQUIRE(fitted.usable());
    const auto got = delta_intervals(o.common, fitted, rate_and_stay, On::log);
    const double rate = o.all() / o.days(), wide = 1.959963984540054 / std::sqrt(o.all());
    CHECK_THAT(got[0].estimate, WithinRel(rate, 1e-6));
    CHECK_THAT(got[0].se, WithinRel(rate / std::sqrt(o.all()), 1e-4));
    CHECK_THAT(got[0].low, WithinRel(rate * std::exp(-wide), 1e-4));
    CHECK_THAT(got[0].high, WithinRel(rate * std::exp(wide), 1e-4));
    CHECK_THAT(got[1].low, WithinRel(std::exp(-wide) / rate, 1e-4));
    const auto narrower = delta_intervals(o.common, fitted, rate_and_stay, On::natural, 0.5);
    CHECK_THAT(narrower[0].high - rate, WithinRel(0.674489750196082 * rate / std::sqrt(o.all()), 1e-3));
    SECTION("a probability at an end of its scale has none") {
        const auto certain = delta_intervals(
            o.common, fitted, [](const Values&) -> Eigen::VectorXd { return Eigen::VectorXd::Ones(1); },
            On::logit);
        CHECK(std::isnan(certain[0].low));
    }
    SECTION("without a covariance it says so") {
        ParameterSet bare = fitted;
        bare.covariance.resize(0, 0);
        CHECK_THROWS_AS(delta_intervals(o.common, bare, rate_and_stay, On::log), Error);
    }
}

TEST_CASE("profile_interval: is where the exponential likelihood has fallen by half a quantile",
          "[markov][intervals][reference]") {
    const Onsets o = drawn();
    const ParameterSet fitted = fit(o.common, o.panel);
    const Interval got = profile_interval(o.common, o.panel, fitted, 0);
    const auto lost = [&](double rate) {
        return 2.0 * (o.all() * std::log(fitted.values[0] / rate) + (rate - fitted.values[0]) * o.days());
    };
    CHECK_THAT(lost(got.low), WithinAbs(3.841458820694124, 1e-3));
    CHECK_THAT(lost(got.high), WithinAbs(3.841458820694124, 1e-3));
    CHECK(got.low < fitted.values[0]);
    CHECK(got.high > fitted.values[0]);
    SECTION("with others free it is wider than with them held") {
        const ParameterSet both = fit(o.split, o.panel);
        const Interval rate = profile_interval(o.split, o.panel, both, 0);
        const double own = o.n[0] / o.time[0];
        const auto lost_own = [&](double r) {
            return 2.0 * (o.n[0] * std::log(own / r) + (r - own) * o.time[0]);
        };
        CHECK_THAT(lost_own(rate.high), WithinAbs(3.841458820694124, 1e-3));
    }
}

TEST_CASE("bootstrap: spread equals the closed form, on any number of threads", "[markov][intervals]") {
    const Onsets o = drawn();
    const ParameterSet fitted = fit(o.common, o.panel);
    BootstrapOptions options;
    options.draws = 400;
    const std::vector<Values> one = bootstrap(o.common, o.panel, fitted, options);
    REQUIRE(one.size() == 400);
    // 400 draws give a standard error to 1/sqrt(800) = 3.5 percent; censoring adds a little. Three times
    // that.
    const auto got = percentile_intervals(one, fitted.values, rate_and_stay);
    CHECK_THAT(got[0].se, WithinRel(fitted.values[0] / std::sqrt(o.all()), 0.12));
    CHECK(got[0].low < fitted.values[0]);
    CHECK(got[0].high > fitted.values[0]);
    options.threads = 3;
    CHECK(bootstrap(o.common, o.panel, fitted, options) == one);
    CHECK_THROWS_AS(percentile_intervals({fitted.values}, fitted.values, rate_and_stay), Error);
}

TEST_CASE("likelihood_ratio: two groups of exponential times", "[markov][intervals][reference]") {
    const Onsets o = drawn();
    const ParameterSet common = fit(o.common, o.panel), split = fit(o.split, o.panel);
    const LikelihoodRatio got = likelihood_ratio(o.common, common, o.split, split);
    double want = -o.all() * std::log(o.all() / o.days());
    for (int g = 0; g < 2; ++g)
        want += o.n[g] * std::log(o.n[g] / o.time[g]);
    CHECK_THAT(got.statistic, WithinAbs(2.0 * want, 1e-6));
    CHECK(got.degrees == 1);
    // Chi-square with one degree: the tail of the square of a normal.
    CHECK_THAT(got.p, WithinRel(std::erfc(std::sqrt(0.5 * got.statistic)), 1e-9));
    CHECK_THAT(aic(o.split, split), WithinRel(-2.0 * split.summary.final_log_lik + 4.0, 1e-12));
    CHECK_THAT(bic(o.split, split),
               WithinRel(-2.0 * split.summary.final_log_lik + 2.0 * std::log(120.0), 1e-12));
    CHECK_THROWS_AS(likelihood_ratio(o.split, split, o.common, common), Error);
}

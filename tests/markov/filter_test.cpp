#include "bellwether/markov/filter.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "bellwether/core/error.hpp"
#include "bellwether/markov/likelihood.hpp"

#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;
using Catch::Matchers::WithinAbs;

TEST_CASE("Filter: equals enumeration of all paths up to each row, and never looks ahead",
          "[markov][filter][reference]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    const unsigned seed = GENERATE(11U, 12U, 13U);
    const Values values = oracle::moved_values(spec, seed);
    const Panel panel = oracle::random_panel(spec, 8, 6, seed);
    TransitionCache cache(spec, values);
    const Filter filter(cache);
    Step step;
    for (std::size_t subject = 0; subject < panel.subjects(); ++subject) {
        FilterState state = filter.start();
        for (std::size_t i = 0; i < 6; ++i) {
            filter.step(state, panel.row(panel.first_row(subject) + i), step);
            const auto paths = oracle::enumerate(spec, values, panel, subject, i + 1);
            Eigen::VectorXd p = Eigen::VectorXd::Zero(4);
            for (std::size_t k = 0; k < paths.joint.size(); ++k)
                p[static_cast<Eigen::Index>(paths.state[k].back())] += paths.joint[k] / paths.total;
            CAPTURE(seed, subject, i);
            CHECK((step.filtered - p).cwiseAbs().maxCoeff() < 1e-9);
            CHECK_THAT(state.log_likelihood, WithinAbs(std::log(paths.total), 1e-8));
        }
    }
}

TEST_CASE("Filter: adds up to the likelihood of the panel", "[markov][filter]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    const Values values = oracle::moved_values(spec, 3);
    const Panel panel = oracle::random_panel(spec, 40, 10, 3);
    const std::vector<double> each = Likelihood(spec, panel).by_subject(values);
    TransitionCache cache(spec, values);
    const Filter filter(cache);
    Step step;
    for (std::size_t s = 0; s < panel.subjects(); ++s) {
        FilterState state = filter.start();
        for (std::size_t i = panel.first_row(s); i < panel.end_row(s); ++i)
            filter.step(state, panel.row(i), step);
        CHECK_THAT(state.log_likelihood, WithinAbs(each[s], 1e-10));
    }
}

TEST_CASE("FilterState: saved and resumed at any row, the rest is the same bit for bit",
          "[markov][filter][property]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    const Values values = spec.start_values();
    const bool held = rc::check("saving is invisible", [&] {
        const auto seed = *rc::gen::inRange(1U, 100000U);
        const Panel panel = oracle::random_panel(spec, 1, 10, seed);
        const auto cut = *rc::gen::inRange<std::size_t>(0, 10);
        TransitionCache cache(spec, values), other_cache(spec, values);
        const Filter filter(cache), other(other_cache);
        FilterState straight = filter.start(), broken = other.start();
        Step step;
        for (std::size_t i = 0; i < panel.rows(); ++i) {
            if (i == cut) broken = FilterState::deserialize(broken.serialize());
            filter.step(straight, panel.row(i), step);
            other.step(broken, panel.row(i), step);
        }
        RC_ASSERT(straight.serialize() == broken.serialize());
        RC_ASSERT(straight == broken);
    });
    CHECK(held);
}

TEST_CASE("FilterState: text that is not a saved state is refused", "[markov][filter][error]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    const Values values = spec.start_values();
    TransitionCache cache(spec, values);
    const std::string good = Filter(cache).start().serialize();
    CHECK_THROWS_WITH(FilterState::deserialize("x"), Catch::StartsWith("M042"));
    CHECK_THROWS_WITH(FilterState::deserialize(good + " 0"), Catch::StartsWith("M042"));
    CHECK_THROWS_WITH(FilterState::deserialize(good.substr(0, good.size() - 4)), Catch::StartsWith("M042"));
}

TEST_CASE("Filter: an impossible row is reported and leaves the state alone", "[markov][filter][error]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    const Values values = spec.start_values();
    TransitionCache cache(spec, values);
    const Filter filter(cache);
    const std::vector<Reading> nothing(4);
    std::vector<Reading> seen = nothing;
    seen[2] = Reading::of(3.0);
    const double covariates[] = {1.0, 60.0};
    Step step;
    FilterState state = filter.start();
    for (const double day : {0.0, 21.0})
        filter.step(state, {Days{day}, Kind::snapshot, 0, 0, seen, covariates}, step);
    const FilterState kept = state;
    // dead, at the very time of a reading
    Row row{Days{21.0}, Kind::one_of, 0, 0b1000, nothing, covariates};
    filter.step(state, row, step);
    CHECK(step.log_likelihood == -std::numeric_limits<double>::infinity());
    CHECK(state == kept);
    row.time = Days{-5.0};
    CHECK_THROWS_WITH(filter.step(state, row, step), Catch::StartsWith("M005"));
}

TEST_CASE("Filter: a forecast is the filtered state carried by P under the covariates in force",
          "[markov][filter]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    const Values values = spec.start_values();
    TransitionCache cache(spec, values);
    const Filter filter(cache);
    const Panel panel = oracle::random_panel(spec, 1, 5, 4);
    Step step;
    FilterState state = filter.start();
    for (std::size_t i = 0; i < 4; ++i)
        filter.step(state, panel.row(i), step);
    const Eigen::MatrixXd Q = oracle::intensities(spec, values, panel.row(3).covariates);
    const Eigen::VectorXd expected = oracle::taylor(Q, 90.0).transpose() * step.filtered;
    CHECK((filter.forecast(state, Days{90.0}) - expected).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("weigh: time and channels add up to the change of log odds, and equal the mean over all orders",
          "[markov][filter][property]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    const Values values = spec.start_values();
    TransitionCache cache(spec, values);
    const Filter filter(cache);
    const StateSet growing = spec.states_with("growing");
    const Panel panel = oracle::random_panel(spec, 60, 8, 77);
    Step step;
    std::size_t weighed = 0;
    for (std::size_t s = 0; s < panel.subjects(); ++s) {
        FilterState state = filter.start();
        for (std::size_t i = panel.first_row(s); i < panel.end_row(s); ++i) {
            filter.step(state, panel.row(i), step);
            const auto w = weigh(step, growing);
            if (!w) continue;
            ++weighed;
            const double sum = w->time + std::accumulate(w->channel.begin(), w->channel.end(), 0.0) + w->kind;
            CHECK_THAT(w->after - w->before, WithinAbs(sum, 1e-9));
            const double p = probability(step.filtered, growing);
            CHECK_THAT(w->after, WithinAbs(std::log(p / (1 - p)), 1e-7));
            // By permutations, from the definition.
            std::vector<std::size_t> order(step.channels.size() + (step.kind_speaks ? 1 : 0));
            std::iota(order.begin(), order.end(), std::size_t{0});
            std::vector<double> share(order.size(), 0.0);
            double orders = 0.0;
            do {
                Eigen::VectorXd joint = step.predicted;
                const auto odds = [&] {
                    return std::log(probability(joint, growing) / probability(joint, ~growing));
                };
                for (const std::size_t k : order) {
                    const double before = odds();
                    joint.array() *= step.log_weight.col(static_cast<Eigen::Index>(k))
                                         .unaryExpr([](double x) { return std::exp(x); })
                                         .array();
                    share[k] += odds() - before;
                }
                orders += 1.0;
            } while (std::next_permutation(order.begin(), order.end()));
            for (std::size_t k = 0; k < w->channel.size(); ++k)
                CHECK_THAT(w->channel[k], WithinAbs(share[k] / orders, 1e-9));
        }
    }
    CHECK(weighed > 200);
}

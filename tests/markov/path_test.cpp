#include "bellwether/markov/path.hpp"

#include <cmath>

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"

#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;
using Catch::Matchers::WithinAbs;

TEST_CASE("smooth: equals enumeration of all paths", "[markov][path][reference]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    const unsigned seed = GENERATE(31U, 32U);
    const Values values = oracle::moved_values(spec, seed);
    const Panel panel = oracle::random_panel(spec, 8, 6, seed);
    TransitionCache cache(spec, values);
    for (std::size_t subject = 0; subject < panel.subjects(); ++subject) {
        const auto paths = oracle::enumerate(spec, values, panel, subject, 6);
        Eigen::MatrixXd p = Eigen::MatrixXd::Zero(6, 4);
        for (std::size_t k = 0; k < paths.joint.size(); ++k)
            for (std::size_t i = 0; i < 6; ++i)
                p(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(paths.state[k][i])) +=
                    paths.joint[k] / paths.total;
        CHECK((smooth(cache, panel, subject) - p).cwiseAbs().maxCoeff() < 1e-9);
    }
}

TEST_CASE("most_probable_path: no path of all is more probable, also with censored states and deaths",
          "[markov][path][reference]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    const unsigned seed = GENERATE(41U, 42U, 43U);
    const Values values = oracle::moved_values(spec, seed);
    const Panel panel = oracle::random_panel(spec, 10, 6, seed);
    TransitionCache cache(spec, values);
    for (std::size_t subject = 0; subject < panel.subjects(); ++subject) {
        const auto paths = oracle::enumerate(spec, values, panel, subject, 6);
        std::size_t best = 0;
        for (std::size_t k = 0; k < paths.joint.size(); ++k)
            if (paths.joint[k] > paths.joint[best]) best = k;
        const auto path = most_probable_path(cache, panel, subject);
        CHECK(path.state == paths.state[best]);
        CHECK_THAT(path.log_joint, WithinAbs(std::log(paths.joint[best]), 1e-8));
    }
}

TEST_CASE("most_probable_path: rows that cannot be are refused", "[markov][path][error]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    const Values values = spec.start_values();
    TransitionCache cache(spec, values);
    Panel panel(spec);
    panel.begin_subject("s");
    const std::vector<Reading> nothing(4);
    const double covariates[] = {0.0, 60.0};
    panel.add({Days{0}, Kind::one_of, 0, 0b1000, nothing, covariates});
    CHECK_THROWS_WITH(most_probable_path(cache, panel, 0), Catch::StartsWith("M011"));
    CHECK_THROWS_WITH(smooth(cache, panel, 0), Catch::StartsWith("M011"));
}

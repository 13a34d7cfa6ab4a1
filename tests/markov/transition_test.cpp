#include "bellwether/markov/transition.hpp"

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
Eigen::MatrixXd chain(double a, double b, double c) {
    Eigen::MatrixXd Q(4, 4);
    Q << -a, a, 0, 0, 0, -b, b, 0, 0, 0, -c, c, 0, 0, 0, 0;
    return Q;
}
}  // namespace

TEST_CASE("transition: two-state chain equals its closed form", "[markov][transition][reference]") {
    // Derived by hand. For rates a (0 to 1) and b (1 to 0): P00(t) = (b + a exp(-(a+b)t)) / (a+b).
    // Tolerance 1e-13; each of the 13 squarings that a gap of 1e6 days takes doubles the rounding: 1e-11
    // there.
    const double a = 0.02, b = 0.005;
    Eigen::MatrixXd Q(2, 2);
    Q << -a, a, b, -b;
    const double t = GENERATE(0.0, 1e-6, 1.0, 30.0, 365.0, 1825.0, 1e6);
    CAPTURE(t);
    const double tolerance = t > 1e5 ? 1e-11 : 1e-13;
    const Eigen::MatrixXd P = transition(Q, Days{t});
    CHECK_THAT(P(0, 0), WithinRel((b + a * std::exp(-(a + b) * t)) / (a + b), tolerance));
    CHECK_THAT(P(0, 1), WithinAbs(a * (1 - std::exp(-(a + b) * t)) / (a + b), tolerance));
    CHECK_THAT(P(1, 0), WithinAbs(b * (1 - std::exp(-(a + b) * t)) / (a + b), tolerance));
}

TEST_CASE("transition: near-equal rates, where eigenvectors fail, equal a Taylor series in long double",
          "[markov][transition][reference]") {
    // The reference notes report that msm's closed form loses its digits here.
    const double e = GENERATE(0.0, 1e-12, 1e-8, 1e-4, 1e-1);
    const double t = GENERATE(0.1, 7.0, 90.0, 2000.0);
    const Eigen::MatrixXd Q = chain(0.1, 0.1 * (1 + e), 0.1 * (1 - e));
    const Eigen::MatrixXd P = transition(Q, Days{t});
    CHECK((P - oracle::taylor(Q, t)).cwiseAbs().maxCoeff() < 1e-13);
    CHECK((P.rowwise().sum().array() - 1.0).abs().maxCoeff() < 1e-12);
    CHECK(P.minCoeff() >= 0.0);
}

TEST_CASE("transition: what is not a generator or not a gap is refused", "[markov][transition][error]") {
    Eigen::MatrixXd Q = chain(0.1, 0.2, 0.3);
    CHECK_THROWS_WITH(transition(Q, Days{-1.0}), Catch::StartsWith("M002"));
    CHECK_THROWS_WITH(transition(Q, Days{std::numeric_limits<double>::infinity()}),
                      Catch::StartsWith("M002"));
    Q(0, 1) = 0.3;
    CHECK_THROWS_WITH(transition(Q, Days{1.0}), Catch::StartsWith("M001"));
    Q = chain(0.1, 0.2, 0.3);
    Q(0, 2) = -0.1, Q(0, 0) = 0.0;
    CHECK_THROWS_WITH(transition(Q, Days{1.0}), Catch::StartsWith("M001"));
}

TEST_CASE("transition_adjoint: equals differences of a weighted sum of P, entry by entry",
          "[markov][transition]") {
    Eigen::MatrixXd Q = chain(0.02, 0.05, 0.01);
    Eigen::MatrixXd A(4, 4);
    A << 1, -2, 3, 0.5, 0.1, 4, -1, 2, -3, 1, 0.7, 0.2, 1, 1, -1, 2;
    const double t = GENERATE(0.01, 5.0, 40.0, 300.0);
    const Eigen::MatrixXd D = transition_adjoint(Q, Days{t}, A);
    for (Eigen::Index r = 0; r < 4; ++r)
        for (Eigen::Index s = 0; s < 4; ++s) {
            const double h = 1e-6;
            Eigen::MatrixXd up = Q, down = Q;
            up(r, s) += h, down(r, s) -= h;
            const double slope = (A.cwiseProduct(oracle::taylor(up, t)).sum() -
                                  A.cwiseProduct(oracle::taylor(down, t)).sum()) /
                                 (2 * h);
            CAPTURE(t, r, s);
            CHECK_THAT(D(r, s), WithinRel(slope, 1e-6) || WithinAbs(slope, 1e-6));
        }
}

TEST_CASE("expected_days and mean_sojourn: equal their closed forms for one exit",
          "[markov][transition][reference]") {
    // Leaving at rate a, never to return: days spent within h = (1 - exp(-a h)) / a; mean sojourn = 1 / a.
    Eigen::MatrixXd Q(2, 2);
    Q << -0.01, 0.01, 0, 0;
    const Eigen::MatrixXd days = expected_days(Q, Days{200.0});
    CHECK_THAT(days(0, 0), WithinRel((1 - std::exp(-2.0)) / 0.01, 1e-12));
    CHECK_THAT(days(0, 0) + days(0, 1), WithinRel(200.0, 1e-12));
    CHECK_THAT(mean_sojourn(Q)[0], WithinRel(100.0, 1e-15));
    CHECK(std::isinf(mean_sojourn(Q)[1]));
}

TEST_CASE("TransitionCache: is invisible, even when it overflows", "[markov][transition][property]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    const Values values = spec.start_values();
    TransitionCache cache(spec, values, 5);
    for (int round = 0; round < 2; ++round)
        for (const double drug : {0.0, 1.0})
            for (const double age : {50.0, 61.0})
                for (const double dt : {1.0, 21.0, 42.0}) {
                    const double covariates[] = {drug, age};
                    const auto& entry = cache.at(covariates, Days{dt});
                    const Eigen::MatrixXd Q = oracle::intensities(spec, values, covariates);
                    CHECK((*entry.Q - Q).cwiseAbs().maxCoeff() < 1e-16);
                    CHECK((entry.P - oracle::taylor(Q, dt)).cwiseAbs().maxCoeff() < 1e-14);
                }
}

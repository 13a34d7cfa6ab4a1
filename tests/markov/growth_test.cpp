#include "bellwether/markov/growth.hpp"

#include <cmath>

#include <boost/multiprecision/cpp_dec_float.hpp>
#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"

#include "markov/support/fine.hpp"

using namespace bellwether;
using namespace bellwether::markov;

namespace {

/// P, mean and variance from M, M', M'' / 2: the first row of blocks of exp of [Q G 0; 0 Q G; 0 0 Q] dt,
/// in 50 digits. Van Loan 1978.
struct Reference {
    FineMatrix P, mean, variance;
};

Reference by_blocks(const Eigen::MatrixXd& Q, const Eigen::VectorXd& rates, double gap) {
    const auto K = static_cast<std::size_t>(Q.rows());
    FineMatrix block(3 * K, std::vector<Fine>(3 * K, 0));
    for (std::size_t b = 0; b < 3; ++b)
        for (std::size_t r = 0; r < K; ++r) {
            Fine row = 0;  // a diagonal that makes the row add up to 0 in these digits too
            for (std::size_t s = 0; s < K; ++s) {
                if (s == r) continue;
                const Fine q = Q(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(s));
                block[b * K + r][b * K + s] = q;
                row += q;
            }
            block[b * K + r][b * K + r] = -row;
            if (b < 2) block[b * K + r][(b + 1) * K + r] = rates[static_cast<Eigen::Index>(r)];
        }
    const FineMatrix M = fine_exponential(block, gap);
    Reference out{FineMatrix(K, std::vector<Fine>(K, 0)), {}, {}};
    out.mean = out.variance = out.P;
    for (std::size_t r = 0; r < K; ++r)
        for (std::size_t s = 0; s < K; ++s) {
            out.P[r][s] = M[r][s];
            if (M[r][s] == 0) continue;
            out.mean[r][s] = M[r][K + s] / M[r][s];
            out.variance[r][s] = 2 * M[r][2 * K + s] / M[r][s] - out.mean[r][s] * out.mean[r][s];
        }
    return out;
}

void compare(const Eigen::MatrixXd& Q, const Eigen::VectorXd& rates, double gap) {
    const GrowthMoments ours = growth_moments(Q, rates, Days{gap});
    const Reference truth = by_blocks(Q, rates, gap);
    const double spread = (rates.maxCoeff() - rates.minCoeff()) * gap;
    for (Eigen::Index r = 0; r < Q.rows(); ++r)
        for (Eigen::Index s = 0; s < Q.cols(); ++s) {
            const auto at = [&](const FineMatrix& m) {
                return static_cast<double>(m[static_cast<std::size_t>(r)][static_cast<std::size_t>(s)]);
            };
            INFO("gap " << gap << ", " << r << " to " << s);
            // Each doubling may double the relative error of an element: 2^20 x 1e-16 at the longest gap.
            CHECK(ours.P(r, s) == Approx(at(truth.P)).epsilon(1e-10).margin(0.0));
            CHECK(std::abs(ours.mean(r, s) - at(truth.mean)) <= 1e-12 * spread);
            CHECK(ours.variance(r, s) ==
                  Approx(at(truth.variance)).epsilon(1e-8).margin(1e-24 * spread * spread));
        }
}

}  // namespace

TEST_CASE("growth over a gap has the moments of the path integral, to 50 digits", "[growth]") {
    Eigen::MatrixXd Q(4, 4);
    Q << -0.0121, 0.01, 0.002, 0.0001,     //
        0.0, -0.0052, 0.005, 0.0002,       //
        1e-9, 0.003, -0.004000001, 0.001,  //
        0.0, 0.0, 0.0, 0.0;
    const Eigen::Vector4d rates(-0.03, 0.0, 0.009, 0.0);
    for (const double gap : {1e-3, 0.5, 1.0, 7.0, 21.0, 63.0, 400.0, 5000.0})
        compare(Q, rates, gap);
    SECTION("rates far apart, equal rates, a chain that never returns") {
        Eigen::MatrixXd fast(3, 3);
        fast << -2.0, 2.0, 0.0, 1e-7, -1.0000001, 1.0, 0.0, 0.5, -0.5;
        for (const double gap : {1e-4, 1.0, 30.0, 1000.0})
            compare(fast, Eigen::Vector3d(-0.5, -0.5, 4.0), gap);
        Eigen::MatrixXd chain(3, 3);
        chain << -1e-6, 1e-6, 0.0, 0.0, -1e-6, 1e-6, 0.0, 0.0, 0.0;
        for (const double gap : {1e-2, 10.0, 1e4})
            compare(chain, Eigen::Vector3d(-0.01, 0.0, 0.02), gap);
    }
}

TEST_CASE("growth without moves is exact, and what cannot be is refused", "[growth]") {
    const Eigen::MatrixXd none = Eigen::MatrixXd::Zero(2, 2);
    const GrowthMoments m = growth_moments(none, Eigen::Vector2d(-0.01, 0.02), Days{50.0});
    CHECK(m.P.isIdentity(0.0));
    CHECK(m.mean(0, 0) == -0.01 * 50.0);
    CHECK(m.mean(1, 1) == 0.02 * 50.0);
    CHECK(m.variance.isZero(0.0));
    Eigen::MatrixXd Q(2, 2);
    Q << -0.1, 0.1, 0.2, -0.2;
    CHECK(growth_moments(Q, Eigen::Vector2d(1.0, 2.0), Days{0.0}).P.isIdentity(0.0));
    CHECK_THROWS_AS(growth_moments(Q, Eigen::Vector2d(1.0, 2.0), Days{-1.0}), Error);
    CHECK_THROWS_AS(growth_moments(Q, Eigen::Vector3d(1.0, 2.0, 3.0), Days{1.0}), Error);
    Q(0, 0) = 0.0;
    CHECK_THROWS_AS(growth_moments(Q, Eigen::Vector2d(1.0, 2.0), Days{1.0}), Error);
}

#pragma once

#include <vector>

#include <Eigen/Core>

#include "bellwether/core/date.hpp"

namespace bellwether::markov {

/// The same for the inner loops: row-major K x K, numbers that may carry derivatives.
template <typename T>
struct GrowthTable {
    std::vector<T> P, mean, variance;
};

/// What a level gains over a gap while its rate follows a Markov chain, given where the chain begins (row)
/// and ends (column): all K x K. Where P is 0, mean and variance are 0.
struct GrowthMoments {
    Eigen::MatrixXd P;         ///< exp(Q dt)
    Eigen::MatrixXd mean;      ///< of the integral of the rate along the path
    Eigen::MatrixXd variance;  ///< of the same, (rate x day)^2
};

/// With M(theta) = exp((Q + theta G) dt), G the diagonal of the rates: P = M, mean = M'/M,
/// variance = M''/M - mean^2 at theta = 0, element by element. Nothing in it cancels: a short gap by
/// uniformisation, each row counted from the rate of the state that it begins in; then the gap is doubled by
/// the laws of total probability, mean and variance, whose terms are all positive.
///
/// @param  rates  per state, per day
/// @throws Error M001 Q is not a generator or a rate is not finite; M002 dt negative or not finite.
/// @cost   about 50 K^3 + 8 K^3 log2(4 dt times the largest rate of leaving).
/// @source moments of a Markov reward process: Bladt, Meini, Neuts & Sericola 2002 [Bladt2002];
///         uniformisation: Jensen 1953 [Jensen1953].
/// @tested tests/markov/growth_test.cpp: 50-digit exponential of the block matrix of Van Loan 1978.
[[nodiscard]] GrowthMoments growth_moments(const Eigen::MatrixXd& Q, const Eigen::VectorXd& rates, Days dt);

}  // namespace bellwether::markov

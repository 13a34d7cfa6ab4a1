#pragma once

#include <Eigen/Core>

/// Private: the exponential of a matrix and the derivative of it in a direction, without checks.
namespace bellwether::markov {

/// exp(A), by Pade approximants of degree 3 to 13 with scaling and squaring.
[[nodiscard]] Eigen::MatrixXd exponential(const Eigen::MatrixXd& A);

/// Frechet derivative of exp at A in the direction E: the upper right block of exp([A E; 0 A]).
[[nodiscard]] Eigen::MatrixXd exponential_derivative(const Eigen::MatrixXd& A, const Eigen::MatrixXd& E);

/// P(dt) from a valid generator; negative rounding errors set to 0.
[[nodiscard]] Eigen::MatrixXd transition_unchecked(const Eigen::MatrixXd& Q, double dt);

}  // namespace bellwether::markov

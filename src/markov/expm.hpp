#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "bellwether/core/date.hpp"
#include "bellwether/markov/spec.hpp"

/// Private: generators, the exponential of a matrix and the derivative of it in a direction, without checks.
namespace bellwether::markov {

/// @throws Error M001, M002.
void check_generator(const Eigen::MatrixXd& Q);
void check_gap(Days dt);

/// exp(A), by Pade approximants of degree 3 to 13 with scaling and squaring.
[[nodiscard]] Eigen::MatrixXd exponential(const Eigen::MatrixXd& A);

/// Frechet derivative of exp at A in the direction E: the upper right block of exp([A E; 0 A]).
[[nodiscard]] Eigen::MatrixXd exponential_derivative(const Eigen::MatrixXd& A, const Eigen::MatrixXd& E);

/// P(dt) from a valid generator; negative rounding errors set to 0.
[[nodiscard]] Eigen::MatrixXd transition_unchecked(const Eigen::MatrixXd& Q, double dt);

/// The generator under given covariates (one each, not empty where any acts), K x K row-major.
void generator_into(const Spec& spec, const Values& values, std::span<const double> covariates, double* Q);

/// Per state, those that can follow it at any time, itself among them.
/// @param moves  moves(r, s): is there a transition from r to s?
template <typename Moves>
[[nodiscard]] std::vector<StateSet> reach_of(std::size_t K, const Moves& moves) {
    std::vector<StateSet> reach(K);
    for (std::size_t r = 0; r < K; ++r)
        reach[r] = only(r);
    for (std::size_t round = 0; round < K; ++round)
        for (std::size_t r = 0; r < K; ++r)
            for (std::size_t s = 0; s < K; ++s)
                if (moves(r, s)) reach[r] |= reach[s];
    return reach;
}

}  // namespace bellwether::markov

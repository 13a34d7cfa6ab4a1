#pragma once

#include <span>

#include <Eigen/Core>

#include "bellwether/core/date.hpp"
#include "bellwether/markov/spec.hpp"

/// What one asks of a fitted process. States left are rows, states entered columns; times in the generator's
/// unit. Where intensities change at known times (calendar periods, therapy), the process is a list of
/// pieces.
namespace bellwether::markov {

/// Intensities in force until a time, from where the piece before ended (the first: from the beginning).
struct Piece {
    Days until;  ///< infinite for the last
    Eigen::MatrixXd Q;
};

/// The piece of a process whose intensities never change.
[[nodiscard]] Piece always(Eigen::MatrixXd Q);

/// State probabilities at `to` given the state at `from`: the product of the pieces' exponentials.
/// @throws Error M001, M002; M012 no pieces, times that do not ascend, a last piece that ends before `to`.
[[nodiscard]] Eigen::MatrixXd transition(std::span<const Piece> process, Days from, Days to);

/// Probability that a state (row) is left for each other one: q_rs / -q_rr. Rows of absorbing states are 0.
[[nodiscard]] Eigen::MatrixXd next_state(const Eigen::MatrixXd& Q);

/// Expected time until one of the target states is entered, by state; 0 in the targets, infinite where the
/// targets may never be entered.
/// @source Norris 1997, theorem 3.3.3 [Norris1997]: minimal solution of -Q k = 1 off the targets.
[[nodiscard]] Eigen::VectorXd first_passage(const Eigen::MatrixXd& Q, StateSet targets);

/// Probability of having been in each state (column) by `to`, from the state at `from`; 1 on the diagonal.
[[nodiscard]] Eigen::MatrixXd passage_by(std::span<const Piece> process, Days from, Days to);

/// Expected time in each state between `from` and `to`, by the state at `from`. `to` may be infinite: then
/// the time in states that are left for good is finite, in the others infinite.
/// @source Van Loan 1978 [VanLoan1978] for each piece.
[[nodiscard]] Eigen::MatrixXd length_of_stay(std::span<const Piece> process, Days from, Days to);

}  // namespace bellwether::markov

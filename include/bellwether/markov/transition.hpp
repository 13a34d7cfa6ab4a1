#pragma once

#include <deque>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include <Eigen/Core>

#include "bellwether/core/date.hpp"
#include "bellwether/markov/growth.hpp"
#include "bellwether/markov/spec.hpp"

namespace bellwether::markov {

/// Intensities under given covariates: K x K, unit 1/day, row = state left, column = state entered, rows sum
/// to 0.
/// @param covariates  one per covariate of the specification (empty: all at their centres)
[[nodiscard]] Eigen::MatrixXd generator(const Spec& spec, const Values& values,
                                        std::span<const double> covariates);

/// State probabilities after a gap: P(dt) = exp(Q dt).
///
/// @param  Q   K x K generator, unit 1/day. Row = state left, column = state entered.
/// @param  dt  gap between two visits, >= 0. dt = 0 gives the identity.
/// @return K x K, rows sum to 1 (to 1e-12 while dt times the largest rate is below 1000), meaning as in Q.
/// @throws Error M001 Q is not a generator; M002 dt negative or not finite.
/// @cost   O(K^3): Pade approximant with scaling and squaring. No shared state.
/// @source Higham 2005, SIAM J. Matrix Anal. Appl. 26(4):1179. [Higham2005] in models/REFERENCES.md
/// @tested tests/markov/transition_test.cpp: two-state closed form, near-equal rates, a Taylor series in long
/// double.
[[nodiscard]] Eigen::MatrixXd transition(const Eigen::MatrixXd& Q, Days dt);

/// Derivative of sum(A .* P(dt)) by the entries of Q: the adjoint of the Frechet derivative of the
/// exponential, once for all parameters.
/// @source Al-Mohy & Higham 2009, SIAM J. Matrix Anal. Appl. 30(4):1639. [AlMohyHigham2009]
[[nodiscard]] Eigen::MatrixXd transition_adjoint(const Eigen::MatrixXd& Q, Days dt, const Eigen::MatrixXd& A);

/// Mean time until a state is left, in days; infinite where it is absorbing.
[[nodiscard]] Eigen::VectorXd mean_sojourn(const Eigen::MatrixXd& Q);

/// Expected days in each state (column) within `horizon`, by starting state (row): the integral of P.
/// @source Van Loan 1978, IEEE Trans. Autom. Control 23(3):395. [VanLoan1978]
[[nodiscard]] Eigen::MatrixXd expected_days(const Eigen::MatrixXd& Q, Days horizon);

/// P(dt) and Q of one parameter set, kept by covariates and gap and shared by all patients that one worker
/// handles. Not thread-safe: one per worker. Holds at most `limit` gaps, then starts anew. Invisible in every
/// answer.
class TransitionCache {
public:
    /// Keeps references to both: they must outlive it.
    TransitionCache(const Spec& spec, const Values& values, std::size_t limit = 20'000);

    struct Entry {
        Eigen::MatrixXd P;
        const Eigen::MatrixXd* Q;                           ///< intensities under these covariates
        std::shared_ptr<const GrowthTable<double>> growth;  ///< where levels are followed; else null
    };
    /// The entry is valid until the next call.
    /// @throws Error M002, M007 a covariate is not finite.
    [[nodiscard]] const Entry& at(std::span<const double> covariates, Days dt);
    [[nodiscard]] const Spec& spec() const noexcept { return *spec_; }
    [[nodiscard]] const Values& values() const noexcept { return *values_; }

private:
    struct Generators {
        std::vector<double> covariates;
        Eigen::MatrixXd Q;
        std::unordered_map<double, Entry> by_gap;
    };
    const Spec* spec_;
    const Values* values_;
    [[nodiscard]] Entry made(const Eigen::MatrixXd& Q, Days dt) const;

    std::vector<std::size_t> used_;  ///< covariates that act on a transition
    std::size_t limit_, size_ = 0;
    std::deque<Generators> known_;  ///< entries point into it
    std::size_t last_ = 0;          ///< where the last search ended
};

}  // namespace bellwether::markov

#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "bellwether/markov/panel.hpp"
#include "bellwether/markov/spec.hpp"

namespace bellwether::markov {

/// Probabilities of the states at a subject's first row, before its readings.
/// @param covariates  of that row; empty: all at their centres
[[nodiscard]] Eigen::VectorXd start_probabilities(const Spec& spec, const Values& values,
                                                  std::span<const double> covariates = {});

/// A row that cannot be, given the rows before it.
struct ImpossibleRow {
    std::size_t subject;  ///< index in the panel
    std::size_t row;      ///< within the subject, from 0
    std::string why;
};
/// All rows at which the likelihood becomes 0. After one, the subject is taken up again from that row.
[[nodiscard]] std::vector<ImpossibleRow> impossible_rows(const Spec& spec, const Values& values,
                                                         const Panel& panel);

/// Log likelihood of a panel under a specification, prepared once for many parameter values.
///
/// Scaled forward recursion; the gradient by one backward sweep. Both work in the eigenbasis of each distinct
/// generator, where the derivative by it is a matrix of divided differences, gathered over all rows: the cost
/// does not grow with the number of parameters. Where the basis is skew (equal rates), or a row so unlikely
/// that digits would be lost in it, P(dt) and its derivative are made by Pade with scaling and squaring.
/// Identical (covariates, gap) and identical moves between known states are done once.
/// Exact entry into state d: sum over r of alpha_r(t-) q_rd, intensities as in force before the entry.
/// Watched without a gap: exp(q_rr t) q_rs, or exp(q_rr t) where the state is the same.
///
/// @cost   rows x K^2, distinct covariates x K^3, one exponential per distinct (covariates, gap) and state.
///         Memory: some 200 bytes a row. Objects are independent; one is for one caller at a time.
/// @source Kalbfleisch & Lawless 1985 [KalbfleischLawless1985]; Jackson 2011, J. Stat. Softw. 38(8)
///         [Jackson2011]; Satten & Longini 1996 [SattenLongini1996].
/// @tested tests/markov/likelihood_test.cpp: sum over all hidden paths; finite differences; msm's cav_4state;
///         spectral_test.cpp: 50-digit arithmetic.
class Likelihood {
public:
    /// Copies what it needs of both. @param threads  workers; every result is the same for any number
    /// @throws Error M003 to M009: a reading or covariate that does not fit.
    Likelihood(const Spec& spec, const Panel& panel, unsigned threads = 1);
    ~Likelihood();
    Likelihood(Likelihood&&) noexcept;
    Likelihood& operator=(Likelihood&&) noexcept;

    /// -infinity where a subject is impossible, NaN where a parameter is out of range or an intensity times
    /// the longest gap above 1e9.
    [[nodiscard]] double value(const Values& values) const;
    /// @param gradient  by every parameter of the specification (fixed ones too), on its unconstrained scale
    [[nodiscard]] double value(const Values& values, std::vector<double>& gradient) const;
    /// One entry per subject.
    [[nodiscard]] std::vector<double> by_subject(const Values& values) const;
    /// Sum of the outer products of the scores of independent pieces (subjects, or their parts between known
    /// states): at the maximum of a true model about minus the matrix of second derivatives. By all
    /// parameters on their unconstrained scales. @source Berndt et al. 1974 [Berndt1974]
    /// @param most  from an even sample of about so many pieces, scaled up; 0: from all
    [[nodiscard]] Eigen::MatrixXd information(const Values& values, std::size_t most = 0) const;
    /// Number of distinct (covariates, gap).
    [[nodiscard]] std::size_t distinct_gaps() const;

    struct Prepared;  ///< private to the module

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace bellwether::markov

#pragma once

#include <optional>
#include <vector>

#include <Eigen/Core>

#include "bellwether/markov/fit.hpp"
#include "bellwether/markov/likelihood.hpp"

/// Private: what a fit minimises, and what it looks like around a point.
namespace bellwether::markov {

/// x = x0 + C u, so that the curvature by u is about 1 in every direction.
struct Metric {
    Eigen::MatrixXd C;
    /// Per column: how many of it make a step that each parameter by itself would feel as 1. Below 1 in
    /// directions in which several parameters make up for each other.
    Eigen::VectorXd share;
};

/// Minus the penalised log likelihood as a function of the free parameters, each on its unconstrained scale.
class Objective {
public:
    Objective(const Spec& spec, const Likelihood& likelihood, Values start);

    [[nodiscard]] const Eigen::VectorXd& start() const { return start_; }
    [[nodiscard]] Values values_at(const Eigen::VectorXd& x) const;
    /// NaN where anything is not finite, the gradient included. Asked again for the point that it was last
    /// asked for (as one part of a search hands over to the next), it knows the answer.
    [[nodiscard]] double value(const Eigen::VectorXd& x, Eigen::VectorXd& gradient) const;
    /// From the scores of a sample of subjects and the priors. Where those say nothing, a step of 1 stays a
    /// step of 1.
    [[nodiscard]] Metric metric(const Eigen::VectorXd& x) const;
    /// Second derivatives by differences of the exact gradient along the metric's columns; NaN at a wall.
    /// @param slope    the gradient at x
    /// @param central  twice the evaluations; else an error of some 1e-4 of a typical curvature
    [[nodiscard]] Eigen::MatrixXd curvature(const Eigen::VectorXd& x, const Eigen::VectorXd& slope,
                                            const Metric& metric, bool central) const;

    [[nodiscard]] Eigen::Index size() const { return static_cast<Eigen::Index>(free_.size()); }
    [[nodiscard]] const std::vector<std::size_t>& free() const { return free_; }
    [[nodiscard]] const Parameter& parameter(Eigen::Index i) const {
        return spec_.parameters[free_[static_cast<std::size_t>(i)]];
    }
    [[nodiscard]] const Spec& spec() const { return spec_; }
    [[nodiscard]] const Values& start_values() const { return values_; }

private:
    const Spec& spec_;
    const Likelihood& likelihood_;
    Values values_;  ///< at the start; what is fixed stays so
    std::vector<std::size_t> free_;
    Eigen::VectorXd start_;
    mutable std::vector<double> by_parameter_;
    mutable Eigen::VectorXd last_x_, last_gradient_;
    mutable double last_value_ = 0.0;
};

/// Where a search ended.
struct Search {
    Eigen::VectorXd x;
    double value = 0.0;
    Eigen::VectorXd slope;
    Metric metric;              ///< near x
    Eigen::MatrixXd curvature;  ///< at x or very near; empty: not known
    bool ran_out = false;       ///< of iterations
    int iterations = 0;
};

/// Scoring while it gets on, then quasi-Newton (Ceres) in its metric, then a few Newton steps.
[[nodiscard]] Search minimise(const Objective& objective, const Eigen::VectorXd& from, int max_iterations);

/// Our own look at the end of a search: fills end, why, held, max_scaled_gradient, and the standard errors.
void judge(const Objective& objective, const Search& search, ParameterSet& out);

}  // namespace bellwether::markov

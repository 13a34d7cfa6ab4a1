#pragma once

#include <vector>

#include <Eigen/Core>

#include "bellwether/markov/fit.hpp"
#include "bellwether/markov/likelihood.hpp"

/// Private: what a fit minimises, and what it looks like around a point.
namespace bellwether::markov {

/// Minus the penalised log likelihood as a function of the free parameters, counted from their start in units
/// of `unit` each, so that one step means about the same in every direction.
class Objective {
public:
    Objective(const Spec& spec, const Likelihood& likelihood, Values start);

    /// Sets the units from the curvature at the start. @return false where the start is not finite.
    bool measure();
    [[nodiscard]] Values values_at(const Eigen::VectorXd& u) const;
    [[nodiscard]] double value(const Eigen::VectorXd& u, Eigen::VectorXd& gradient) const;
    /// Second derivatives by central differences of the exact gradient; NaN at a wall.
    [[nodiscard]] Eigen::MatrixXd curvature(const Eigen::VectorXd& u) const;

    [[nodiscard]] Eigen::Index size() const { return static_cast<Eigen::Index>(free_.size()); }
    [[nodiscard]] const std::vector<std::size_t>& free() const { return free_; }
    [[nodiscard]] const Eigen::VectorXd& unit() const { return unit_; }
    [[nodiscard]] const Spec& spec() const { return spec_; }
    [[nodiscard]] const Values& start() const { return start_; }

private:
    const Spec& spec_;
    const Likelihood& likelihood_;
    Values start_;
    std::vector<std::size_t> free_;
    Eigen::VectorXd origin_;  ///< unconstrained scale
    Eigen::VectorXd unit_;
};

/// Where a search ended.
struct Search {
    Eigen::VectorXd u;
    double value = 0.0;
    bool ran_out = false;  ///< of iterations
    int iterations = 0;
};

/// Quasi-Newton (Ceres), then a few Newton steps.
[[nodiscard]] Search minimise(const Objective& objective, const Eigen::VectorXd& from, int max_iterations);

/// Our own look at the end of a search: fills end, why, held, max_scaled_gradient, and the standard errors.
void judge(const Objective& objective, const Search& search, ParameterSet& out);

}  // namespace bellwether::markov

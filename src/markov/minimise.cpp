#include <cmath>

#include <Eigen/Cholesky>
#include <ceres/first_order_function.h>
#include <ceres/gradient_problem.h>
#include <ceres/gradient_problem_solver.h>

#include "objective.hpp"

namespace bellwether::markov {
namespace {

using Eigen::VectorXd;

class ForCeres : public ceres::FirstOrderFunction {
public:
    explicit ForCeres(const Objective& objective) : objective_(objective) {}
    /// A value that is not finite is a failed step, never a place to stop at.
    bool Evaluate(const double* u, double* cost, double* gradient) const override {
        VectorXd slope;
        *cost = objective_.value(Eigen::Map<const VectorXd>(u, objective_.size()), slope);
        if (!std::isfinite(*cost)) return false;
        if (gradient != nullptr) Eigen::Map<VectorXd>(gradient, objective_.size()) = slope;
        return true;
    }
    int NumParameters() const override { return static_cast<int>(objective_.size()); }

private:
    const Objective& objective_;
};

/// Steps with one curvature for all; each halved until it goes down.
void newton(const Objective& objective, Search& at) {
    const Eigen::MatrixXd H = objective.curvature(at.u);
    if (!H.allFinite()) return;
    const Eigen::LLT<Eigen::MatrixXd> factor(H);
    if (factor.info() != Eigen::Success) return;
    VectorXd gradient, fresh;
    at.value = objective.value(at.u, gradient);
    for (int i = 0; i < 6; ++i) {
        const VectorXd step = factor.solve(gradient);
        if (!step.allFinite() || 0.5 * gradient.dot(step) < 1e-12) return;
        double length = 1.0;
        bool moved = false;
        for (int halving = 0; halving < 6 && !moved; ++halving, length *= 0.5) {
            const VectorXd next = at.u - length * step;
            const double value = objective.value(next, fresh);
            if (!(value < at.value)) continue;
            at.u = next;
            at.value = value;
            gradient = fresh;
            moved = true;
        }
        if (!moved) return;
    }
}

}  // namespace

Search minimise(const Objective& objective, const Eigen::VectorXd& from, int max_iterations) {
    Search out;
    out.u = from;
    ceres::GradientProblem problem(new ForCeres(objective));  // takes ownership
    ceres::GradientProblemSolver::Options options;
    options.line_search_direction_type = ceres::BFGS;
    options.max_num_iterations = max_iterations;
    options.function_tolerance = 1e-12;
    options.gradient_tolerance = 1e-7;
    options.parameter_tolerance = 1e-12;
    options.logging_type = ceres::SILENT;
    ceres::GradientProblemSolver::Summary summary;
    ceres::Solve(options, problem, out.u.data(), &summary);
    out.iterations = static_cast<int>(summary.iterations.size());
    out.ran_out = summary.termination_type == ceres::NO_CONVERGENCE && out.iterations >= max_iterations;
    VectorXd gradient;
    out.value = objective.value(out.u, gradient);
    if (!std::isfinite(out.value) || out.ran_out) return out;
    newton(objective, out);
    return out;
}

}  // namespace bellwether::markov

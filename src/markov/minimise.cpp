#include <algorithm>
#include <cmath>

#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <ceres/first_order_function.h>
#include <ceres/gradient_problem.h>
#include <ceres/gradient_problem_solver.h>

#include "objective.hpp"

namespace bellwether::markov {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Longest step of a parameter that cannot be negative, in logarithms, and of a location in shares of itself
/// or in standard errors. Keeps exponentials from overflowing far from the maximum, and the search near the
/// maximum that the start points at.
constexpr double kLongest = 1.0, kLongestShare = 0.5, kLongestErrors = 10.0;
/// Log likelihood that a step must promise for scoring to go on.
constexpr double kWorthwhile = 1e-5;
constexpr int kMostScoring = 30;
/// Length of a step of a parameter that runs off, and how flat a direction must be for one.
constexpr double kRunOff = 3.0, kFlattest = 1e-2;
/// Curvature below which a direction counts as without any, scaled to 1 for each parameter alone.
constexpr double kLeastCurvature = 1e-4;

/// The share of a step that keeps within those bounds.
double shorten(const Objective& objective, const Search& at, const VectorXd& step) {
    double share = 1.0;
    for (Index i = 0; i < step.size(); ++i) {
        const bool location = objective.parameter(i).scale == Parameter::Scale::identity;
        const double most =
            location ? std::max(kLongestShare * std::abs(at.x[i]), kLongestErrors * at.metric.C.row(i).norm())
                     : kLongest;
        if (std::abs(step[i]) * share > most) share = most / std::abs(step[i]);
    }
    return share;
}

/// Goes from `at` along `step` until the value is lower by a part of what was promised. @return did it?
bool descend(const Objective& objective, Search& at, const VectorXd& step) {
    const double promised = -at.slope.dot(step);
    VectorXd slope;
    double length = shorten(objective, at, step);
    for (int i = 0; i < 10; ++i) {
        const VectorXd next = at.x + length * step;
        const double value = objective.value(next, slope);
        if (value <= at.value - 1e-4 * length * promised) {
            at.x = next;
            at.value = value;
            at.slope = slope;
            return true;
        }
        // The lowest point of the parabola through both values and the slope, kept within reason.
        const double risen = (value - at.value) / length + promised;
        length *= std::isfinite(value) ? std::clamp(0.5 * promised / risen, 0.1, 0.5) : 0.1;
    }
    return false;
}

/// Steps as if the scores' outer products were the curvature. @source Berndt et al. 1974 [Berndt1974]
void score(const Objective& objective, Search& at, int max_iterations) {
    for (; at.iterations < std::min(kMostScoring, max_iterations); ++at.iterations) {
        at.metric = objective.metric(at.x);
        const VectorXd by_u = at.metric.C.transpose() * at.slope;
        if (0.5 * by_u.squaredNorm() < kWorthwhile) return;
        const double before = at.value;
        if (!descend(objective, at, -(at.metric.C * by_u))) return;
        if (before - at.value < 0.05 * by_u.squaredNorm()) {
            // A poor model of the curvature: leave it to the quasi-Newton search.
            ++at.iterations;
            at.metric = objective.metric(at.x);
            return;
        }
    }
}

class ForCeres : public ceres::FirstOrderFunction {
public:
    ForCeres(const Objective& objective, const Search& from) : objective_(objective), from_(from) {}
    /// A value that is not finite is a failed step, never a place to stop at.
    bool Evaluate(const double* u, double* cost, double* gradient) const override {
        const VectorXd x = at(Eigen::Map<const VectorXd>(u, objective_.size()));
        VectorXd slope;
        *cost = objective_.value(x, slope);
        if (!std::isfinite(*cost)) return false;
        if (gradient != nullptr)
            Eigen::Map<VectorXd>(gradient, objective_.size()) = from_.metric.C.transpose() * slope;
        return true;
    }
    [[nodiscard]] VectorXd at(const VectorXd& u) const { return from_.x + from_.metric.C * u; }
    int NumParameters() const override { return static_cast<int>(objective_.size()); }

private:
    const Objective& objective_;
    const Search& from_;
};

void search_quasi_newton(const Objective& objective, Search& at, int max_iterations) {
    const Search from = at;
    auto* const function = new ForCeres(objective, from);
    ceres::GradientProblem problem(function);  // takes ownership
    ceres::GradientProblemSolver::Options options;
    options.line_search_direction_type = ceres::BFGS;
    options.max_num_iterations = std::max(0, max_iterations - at.iterations);
    options.function_tolerance = 1e-12;
    options.gradient_tolerance = 3e-3;  // of a standard error: Newton steps do the rest
    options.parameter_tolerance = 1e-12;
    options.logging_type = ceres::SILENT;
    ceres::GradientProblemSolver::Summary summary;
    VectorXd u = VectorXd::Zero(objective.size());
    ceres::Solve(options, problem, u.data(), &summary);
    const int taken = std::max(0, static_cast<int>(summary.iterations.size()) - 1);  // the first is the start
    at.iterations += taken;
    at.ran_out = summary.termination_type == ceres::NO_CONVERGENCE && at.iterations >= max_iterations;
    if (taken == 0) return;
    at.x = function->at(u);
    at.value = objective.value(at.x, at.slope);
    // The metric of where the search began may be poor here.
    if (u.norm() > 3.0) at.metric = objective.metric(at.x);
}

/// Goes along `step` as long as that goes down. @return did it?
bool slide(const Objective& objective, Search& at, VectorXd step) {
    if (step.dot(at.slope) > 0.0) step = -step;
    VectorXd slope;
    bool moved = false;
    for (int i = 0; i < 6; ++i) {
        const double value = objective.value(at.x + step, slope);
        if (!(value < at.value)) break;
        at.x += step;
        at.value = value;
        at.slope = slope;
        moved = true;
    }
    return moved;
}

/// Where the likelihood goes on rising without end but ever less (a transition never seen), quadratic steps
/// stop early: long steps along the flat directions, as long as they go down. @return did they?
bool run_off(const Objective& objective, Search& at) {
    if ((at.x - objective.start()).cwiseAbs().maxCoeff() < kRunOff) return false;
    VectorXd scale(objective.size());
    for (Index i = 0; i < scale.size(); ++i)
        scale[i] = 1.0 / std::sqrt(std::max(at.curvature(i, i), 1e-12));
    const Eigen::SelfAdjointEigenSolver<MatrixXd> eigen(scale.asDiagonal() * at.curvature *
                                                        scale.asDiagonal());
    bool moved = true, ever = false;
    for (int round = 0; round < 3 && moved; ++round) {
        moved = false;
        for (Index k = 0; k < scale.size() && eigen.eigenvalues()[k] < kFlattest; ++k) {
            const VectorXd flat = scale.cwiseProduct(eigen.eigenvectors().col(k));
            moved = slide(objective, at, flat * (kRunOff / flat.cwiseAbs().maxCoeff())) || moved;
        }
        // A parameter by itself, where it has little of its own to say.
        for (Index i = 0; i < scale.size(); ++i)
            if (at.curvature(i, i) < kFlattest)
                moved = slide(objective, at, VectorXd::Unit(scale.size(), i) * kRunOff) || moved;
        ever = ever || moved;
    }
    return ever;
}

/// Steps with one curvature for all. @return is there a direction to run off in?
bool newton(const Objective& objective, Search& at) {
    const VectorXd begun = at.x;
    at.curvature = objective.curvature(at.x, at.slope, at.metric, false);
    if (!at.curvature.allFinite()) return false;
    // Directions without curvature get a bounded step, those that curve the other way one downhill.
    VectorXd scale(objective.size());
    for (Index i = 0; i < scale.size(); ++i)
        scale[i] = 1.0 / std::sqrt(std::max(std::abs(at.curvature(i, i)), kLeastCurvature));
    const Eigen::SelfAdjointEigenSolver<MatrixXd> eigen(scale.asDiagonal() * at.curvature *
                                                        scale.asDiagonal());
    const MatrixXd half =
        scale.asDiagonal() * eigen.eigenvectors() *
        eigen.eigenvalues().cwiseAbs().cwiseMax(kLeastCurvature).cwiseSqrt().cwiseInverse().asDiagonal();
    for (int i = 0; i < 6; ++i) {
        const VectorXd by_u = half.transpose() * at.slope;
        if (!by_u.allFinite() || !(0.5 * by_u.squaredNorm() > 1e-10) ||
            !descend(objective, at, -(half * by_u)))
            break;
    }
    const bool ran = run_off(objective, at);
    // Over a hundredth of a standard error curvatures change by about a thousandth.
    if ((at.metric.C.inverse() * (at.x - begun)).norm() > 0.01) at.curvature.resize(0, 0);
    return ran;
}

}  // namespace

Search minimise(const Objective& objective, const VectorXd& from, int max_iterations) {
    Search out;
    out.x = from;
    out.value = objective.value(out.x, out.slope);
    out.metric = {MatrixXd::Identity(objective.size(), objective.size()), VectorXd::Ones(objective.size())};
    if (!std::isfinite(out.value) || objective.size() == 0) return out;
    score(objective, out, max_iterations);
    search_quasi_newton(objective, out, max_iterations);
    if (!std::isfinite(out.value) || out.ran_out) return out;
    for (int i = 0; i < 4 && newton(objective, out); ++i)
        out.metric = objective.metric(out.x);
    return out;
}

}  // namespace bellwether::markov

#include "objective.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <Eigen/Eigenvalues>
#include <Eigen/LU>

namespace bellwether::markov {
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

/// Enough scores for a metric that is right to a fifth or so.
constexpr std::size_t kSample = 500;
/// Directions in which the scores say less than this share of what each parameter alone says.
constexpr double kLeastShare = 1e-4;

}  // namespace

Objective::Objective(const Spec& spec, const Likelihood& likelihood, Values start)
    : spec_(spec), likelihood_(likelihood), values_(std::move(start)) {
    for (std::size_t p = 0; p < spec.parameters.size(); ++p)
        if (!spec.parameters[p].fixed) free_.push_back(p);
    start_.resize(size());
    for (Index i = 0; i < size(); ++i)
        start_[i] = parameter(i).free_from(values_[free_[static_cast<std::size_t>(i)]]);
}

Values Objective::values_at(const VectorXd& x) const {
    Values values = values_;
    for (Index i = 0; i < size(); ++i)
        values[free_[static_cast<std::size_t>(i)]] = parameter(i).natural_from(x[i]);
    return values;
}

double Objective::value(const VectorXd& x, VectorXd& gradient) const {
    if (x.size() > 0 && x.size() == last_x_.size() && x == last_x_) {
        gradient = last_gradient_;
        return last_value_;
    }
    const Values values = values_at(x);
    const double log_lik = likelihood_.value(values, by_parameter_);
    gradient.resize(size());
    for (Index i = 0; i < size(); ++i) {
        double slope = by_parameter_[free_[static_cast<std::size_t>(i)]];
        if (const auto& prior = parameter(i).prior)
            slope -= (x[i] - parameter(i).free_from(prior->centre)) / (prior->sd * prior->sd);
        gradient[i] = -slope;
    }
    const double value = -(log_lik + log_prior(spec_, values));
    last_x_ = x;
    last_gradient_ = gradient;
    last_value_ = gradient.allFinite() ? value : std::numeric_limits<double>::quiet_NaN();
    return last_value_;
}

Metric Objective::metric(const VectorXd& x) const {
    const MatrixXd all = likelihood_.information(values_at(x), kSample);
    MatrixXd info(size(), size());
    VectorXd scale(size());
    for (Index i = 0; i < size(); ++i)
        for (Index k = 0; k < size(); ++k)
            info(i, k) = all(static_cast<Index>(free_[static_cast<std::size_t>(i)]),
                             static_cast<Index>(free_[static_cast<std::size_t>(k)]));
    for (Index i = 0; i < size(); ++i) {
        if (const auto& prior = parameter(i).prior) info(i, i) += 1.0 / (prior->sd * prior->sd);
        const double wide = std::max(1.0, std::abs(x[i]));
        const double least = 1.0 / (wide * wide);
        if (!(info(i, i) > least)) {
            info.row(i).setZero();
            info.col(i).setZero();
            info(i, i) = least;
        }
        scale[i] = 1.0 / std::sqrt(info(i, i));
    }
    const Eigen::SelfAdjointEigenSolver<MatrixXd> eigen(scale.asDiagonal() * info * scale.asDiagonal());
    const VectorXd root = eigen.eigenvalues().cwiseMax(kLeastShare).cwiseSqrt();
    return {scale.asDiagonal() * eigen.eigenvectors() * root.cwiseInverse().asDiagonal(), root.cwiseMin(1.0)};
}

MatrixXd Objective::curvature(const VectorXd& x, const VectorXd& slope, const Metric& metric,
                              bool central) const {
    // In units of about a standard error. Central: truncation 1e-6; forward: some 1e-4.
    const MatrixXd& C = metric.C;
    MatrixXd H(size(), size());
    VectorXd up(size()), down = slope;
    for (Index i = 0; i < size(); ++i) {
        const double step = (central ? 1e-3 : 2e-4) * metric.share[i];
        const double high = value(x + step * C.col(i), up);
        const double low = central ? value(x - step * C.col(i), down) : high;
        H.col(i) = C.transpose() * (up - down) / (central ? 2.0 * step : step);
        if (!std::isfinite(high) || !std::isfinite(low))
            H.col(i).setConstant(std::numeric_limits<double>::quiet_NaN());
    }
    const MatrixXd back = C.inverse();
    return back.transpose() * (0.5 * (H + H.transpose())) * back;
}

}  // namespace bellwether::markov

#include "objective.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bellwether::markov {
using Eigen::Index;

Objective::Objective(const Spec& spec, const Likelihood& likelihood, Values start)
    : spec_(spec), likelihood_(likelihood), start_(std::move(start)) {
    for (std::size_t p = 0; p < spec.parameters.size(); ++p)
        if (!spec.parameters[p].fixed) free_.push_back(p);
    origin_.resize(size());
    for (Index i = 0; i < size(); ++i) {
        const std::size_t p = free_[static_cast<std::size_t>(i)];
        origin_[i] = spec.parameters[p].free_from(start_[p]);
    }
    unit_ = Eigen::VectorXd::Ones(size());
}

Values Objective::values_at(const Eigen::VectorXd& u) const {
    Values values = start_;
    for (Index i = 0; i < size(); ++i) {
        const std::size_t p = free_[static_cast<std::size_t>(i)];
        values[p] = spec_.parameters[p].natural_from(origin_[i] + unit_[i] * u[i]);
    }
    return values;
}

double Objective::value(const Eigen::VectorXd& u, Eigen::VectorXd& gradient) const {
    const Values values = values_at(u);
    std::vector<double> by_parameter;
    const double log_lik = likelihood_.value(values, by_parameter);
    gradient.resize(size());
    for (Index i = 0; i < size(); ++i) {
        const std::size_t p = free_[static_cast<std::size_t>(i)];
        const Parameter& parameter = spec_.parameters[p];
        double slope = by_parameter[p];
        if (parameter.prior) {
            const double z = parameter.free_from(values[p]) - parameter.free_from(parameter.prior->centre);
            slope -= z / (parameter.prior->sd * parameter.prior->sd);
        }
        gradient[i] = -slope * unit_[i];
    }
    const double value = -(log_lik + log_prior(spec_, values));
    return gradient.allFinite() ? value : std::numeric_limits<double>::quiet_NaN();
}

Eigen::MatrixXd Objective::curvature(const Eigen::VectorXd& u) const {
    // 1e-3 of a unit, which is about a standard error: truncation 1e-6, rounding of the gradient far below.
    constexpr double step = 1e-3;
    Eigen::MatrixXd H(size(), size());
    Eigen::VectorXd up(size()), down(size()), at = u;
    for (Index i = 0; i < size(); ++i) {
        at[i] = u[i] + step;
        const double high = value(at, up);
        at[i] = u[i] - step;
        const double low = value(at, down);
        at[i] = u[i];
        H.col(i) = (up - down) / (2.0 * step);
        if (!std::isfinite(high) || !std::isfinite(low))
            H.col(i).setConstant(std::numeric_limits<double>::quiet_NaN());
    }
    return 0.5 * (H + H.transpose());
}

bool Objective::measure() {
    const Eigen::VectorXd zero = Eigen::VectorXd::Zero(size());
    Eigen::VectorXd here, there, at = zero;
    if (!std::isfinite(value(zero, here))) return false;
    Eigen::VectorXd unit(size());
    for (Index i = 0; i < size(); ++i) {
        const double wide = std::max(1.0, std::abs(origin_[i]));
        const double step = 1e-5 * wide;
        at[i] = step;
        const double f = value(at, there);
        at[i] = 0.0;
        const double curved = std::isfinite(f) ? std::abs(there[i] - here[i]) / step : 0.0;
        unit[i] = curved > 1.0 / (wide * wide) ? 1.0 / std::sqrt(curved) : wide;
    }
    unit_ = unit;
    return true;
}

}  // namespace bellwether::markov

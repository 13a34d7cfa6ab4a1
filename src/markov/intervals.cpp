#include "bellwether/markov/intervals.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>

#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <fmt/format.h>

#include "bellwether/core/error.hpp"

#include "workers.hpp"

namespace bellwether::markov {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Standard normal quantile that leaves half of 1 - level above it.
double reach(double level) {
    if (!(level > 0.0 && level < 1.0)) throw Error("M013", fmt::format("a confidence level of {}", level));
    return std::sqrt(2.0) * boost::math::erf_inv(level);
}

double onto(On scale, double x) {
    switch (scale) {
        case On::natural:
            return x;
        case On::log:
            return std::log(x);
        case On::logit:
            return std::log(x / (1.0 - x));
    }
    return x;
}
double back(On scale, double y) {
    switch (scale) {
        case On::natural:
            return y;
        case On::log:
            return std::exp(y);
        case On::logit:
            return 1.0 / (1.0 + std::exp(-y));
    }
    return y;
}
/// Derivative of onto().
double slope(On scale, double x) {
    switch (scale) {
        case On::natural:
            return 1.0;
        case On::log:
            return 1.0 / x;
        case On::logit:
            return 1.0 / (x * (1.0 - x));
    }
    return 1.0;
}

/// Derivatives of a quantity by the parameters that have a standard error.
MatrixXd jacobian(const Spec& spec, const ParameterSet& fitted, const Quantity& quantity, Index size) {
    std::vector<std::size_t> known;
    for (std::size_t p = 0; p < fitted.standard_error.size(); ++p)
        if (fitted.standard_error[p]) known.push_back(p);
    MatrixXd J(size, static_cast<Index>(known.size()));
    for (std::size_t k = 0; k < known.size(); ++k) {
        const Parameter& p = spec.parameters[known[k]];
        const double at = p.free_from(fitted.values[known[k]]);
        // A hundredth of a standard error: far above rounding, far below curvature.
        const double h = 1e-2 * *fitted.standard_error[known[k]];
        Values up = fitted.values, down = fitted.values;
        up[known[k]] = p.natural_from(at + h);
        down[known[k]] = p.natural_from(at - h);
        J.col(static_cast<Index>(k)) = (quantity(up) - quantity(down)) / (2.0 * h);
    }
    return J;
}

/// Twice the log likelihood lost when a parameter is fixed at a value (on its unconstrained scale).
class Profile {
public:
    Profile(const Spec& spec, const Panel& panel, const ParameterSet& fitted, std::size_t parameter)
        : spec_(spec), panel_(panel), parameter_(parameter) {
        spec_.parameters[parameter].fixed = true;
        warm_ = fitted.values;
        top_ = fitted.summary.final_log_lik + log_prior(spec, fitted.values);
    }
    /// About the size of a standard normal deviate. NaN where the refit did not end at a maximum, or ended
    /// above the fit, which then was none.
    double root(double free) {
        FitOptions options;
        options.from = warm_;
        options.from[parameter_] = spec_.parameters[parameter_].natural_from(free);
        const ParameterSet fixed = fit(spec_, panel_, options);
        const double lost = top_ - fixed.summary.final_log_lik - prior_of(fixed.values);
        const bool ended = fixed.summary.end == FitSummary::End::converged ||
                           fixed.summary.end == FitSummary::End::boundary ||
                           fixed.summary.end == FitSummary::End::not_identified;
        if (!ended || !(lost > -1e-3)) return kNaN;
        warm_ = fixed.values;
        return std::sqrt(2.0 * std::max(0.0, lost));
    }

private:
    /// With the parameter's own prior, which does not count where it is fixed.
    [[nodiscard]] double prior_of(const Values& values) const {
        Spec open = spec_;
        open.parameters[parameter_].fixed = false;
        return log_prior(open, values);
    }
    Spec spec_;
    const Panel& panel_;
    std::size_t parameter_;
    Values warm_;
    double top_;
};

double limit(Profile& profile, double at, double step, double want) {
    double near = at, near_root = 0.0, far = at + step, far_root = profile.root(far);
    for (int i = 0; i < 8 && far_root < want; ++i) {
        near = far;
        near_root = far_root;
        step *= 1.6;
        far += step;
        far_root = profile.root(far);
    }
    if (std::isnan(far_root)) return kNaN;
    if (far_root < want) return std::copysign(kInfinity, step);
    for (int i = 0; i < 30 && std::abs(far_root - near_root) > 1e-9; ++i) {
        const double share = std::clamp((want - near_root) / (far_root - near_root), 0.02, 0.98);
        const double middle = near + share * (far - near), root = profile.root(middle);
        if (std::isnan(root)) return kNaN;
        if (std::abs(root - want) < 1e-5) return middle;
        if (root < want) {
            near = middle;
            near_root = root;
        } else {
            far = middle;
            far_root = root;
        }
    }
    return near + (far - near) * (want - near_root) / std::max(far_root - near_root, 1e-300);
}

/// Quantile by linear interpolation of order statistics (R's type 7). @pre sorted, not empty
double quantile(const std::vector<double>& sorted, double p) {
    const double at = p * static_cast<double>(sorted.size() - 1);
    const auto low = static_cast<std::size_t>(std::floor(at)), high = std::min(low + 1, sorted.size() - 1);
    const double share = at - static_cast<double>(low);
    if (sorted[low] == sorted[high] || share == 0.0) return sorted[low];  // infinite draws among them
    return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

}  // namespace

std::vector<Interval> delta_intervals(const Spec& spec, const ParameterSet& fitted, const Quantity& quantity,
                                      On scale, double level) {
    const double z = reach(level);
    if (fitted.covariance.size() == 0)
        throw Error("M013", "the fit has no covariance: fit again, or ask for bootstrap intervals");
    const VectorXd estimate = quantity(fitted.values);
    const MatrixXd J = jacobian(spec, fitted, quantity, estimate.size());
    std::vector<Interval> out;
    for (Index i = 0; i < estimate.size(); ++i) {
        const double variance = J.row(i).dot(fitted.covariance * J.row(i).transpose());
        const double se = std::isnan(variance) ? kNaN : std::sqrt(std::max(0.0, variance));
        Interval one{estimate[i], se, kNaN, kNaN};
        const double middle = onto(scale, estimate[i]), half = z * se * std::abs(slope(scale, estimate[i]));
        if (std::isfinite(middle) && std::isfinite(half)) {
            one.low = back(scale, middle - half);
            one.high = back(scale, middle + half);
        } else if (!std::isfinite(estimate[i])) {
            one.se = kNaN;
        }
        out.push_back(one);
    }
    return out;
}

Interval profile_interval(const Spec& spec, const Panel& panel, const ParameterSet& fitted,
                          std::size_t parameter, double level) {
    const double z = reach(level);
    if (parameter >= spec.parameters.size() || spec.parameters[parameter].fixed)
        throw Error("M013", "a profile of a parameter that is not free");
    const Parameter& p = spec.parameters[parameter];
    const double at = p.free_from(fitted.values[parameter]),
                 se = fitted.standard_error[parameter].value_or(1.0);
    Interval out{fitted.values[parameter], fitted.standard_error[parameter].value_or(kNaN), 0.0, 0.0};
    Profile down(spec, panel, fitted, parameter), up(spec, panel, fitted, parameter);
    out.low = p.natural_from(limit(down, at, -z * se, z));
    out.high = p.natural_from(limit(up, at, z * se, z));
    return out;
}

std::vector<Values> bootstrap(const Spec& spec, const Panel& panel, const ParameterSet& fitted,
                              const BootstrapOptions& options) {
    std::vector<std::optional<Values>> drawn(static_cast<std::size_t>(std::max(0, options.draws)));
    Workers(options.threads).run(drawn.size(), [&](std::size_t i, unsigned) {
        std::seed_seq seed{static_cast<std::uint32_t>(options.seed),
                           static_cast<std::uint32_t>(options.seed >> 32U), static_cast<std::uint32_t>(i)};
        std::mt19937_64 random(seed);
        std::vector<double> weights(panel.subjects(), 0.0);
        std::uniform_int_distribution<std::size_t> pick(0, panel.subjects() - 1);
        for (std::size_t k = 0; k < panel.subjects(); ++k) {
            const std::size_t s = pick(random);
            weights[s] += panel.weight(s);
        }
        FitOptions how;
        how.from = fitted.values;
        const ParameterSet one = fit(spec, panel.reweighted(std::move(weights)), how);
        if (one.summary.end == FitSummary::End::converged || one.summary.end == FitSummary::End::boundary)
            drawn[i] = one.values;
    });
    std::vector<Values> out;
    for (auto& values : drawn)
        if (values) out.push_back(std::move(*values));
    return out;
}

std::vector<Interval> percentile_intervals(const std::vector<Values>& draws, const Values& fitted,
                                           const Quantity& quantity, double level) {
    (void)reach(level);
    if (draws.size() < 20)
        throw Error("M013", fmt::format("{} draws are too few for percentiles", draws.size()));
    const VectorXd estimate = quantity(fitted);
    std::vector<std::vector<double>> each(static_cast<std::size_t>(estimate.size()));
    for (const Values& values : draws) {
        const VectorXd one = quantity(values);
        for (std::size_t i = 0; i < each.size(); ++i)
            each[i].push_back(one[static_cast<Index>(i)]);
    }
    std::vector<Interval> out;
    for (std::size_t i = 0; i < each.size(); ++i) {
        double mean = 0.0, square = 0.0;
        for (const double x : each[i])
            mean += x / static_cast<double>(each[i].size());
        for (const double x : each[i])
            square += (x - mean) * (x - mean);
        std::sort(each[i].begin(), each[i].end());
        out.push_back({estimate[static_cast<Index>(i)],
                       std::sqrt(square / static_cast<double>(each[i].size() - 1)),
                       quantile(each[i], 0.5 * (1.0 - level)), quantile(each[i], 0.5 * (1.0 + level))});
    }
    return out;
}

LikelihoodRatio likelihood_ratio(const Spec& smaller_spec, const ParameterSet& smaller,
                                 const Spec& larger_spec, const ParameterSet& larger) {
    LikelihoodRatio out;
    out.degrees = free_parameters(larger_spec) - free_parameters(smaller_spec);
    if (out.degrees <= 0)
        throw Error("M013", "the larger model has no more free parameters than the smaller one");
    if (smaller.subjects != larger.subjects || smaller.rows != larger.rows)
        throw Error("M013",
                    fmt::format("fits to {} rows and to {}: not the same data", smaller.rows, larger.rows));
    for (const ParameterSet* const one : {&smaller, &larger})
        if (one->summary.end != FitSummary::End::converged && one->summary.end != FitSummary::End::boundary)
            throw Error("M013", fmt::format("a fit that ended as {} has no likelihood ratio",
                                            to_string(one->summary.end)));
    if (larger.summary.final_log_lik < smaller.summary.final_log_lik - 1e-4)
        throw Error("M013", "the larger model ended lower than the smaller one: it is not at its maximum");
    out.statistic = std::max(0.0, 2.0 * (larger.summary.final_log_lik - smaller.summary.final_log_lik));
    out.p = boost::math::gamma_q(0.5 * out.degrees, 0.5 * out.statistic);
    return out;
}

int free_parameters(const Spec& spec) {
    return static_cast<int>(std::count_if(spec.parameters.begin(), spec.parameters.end(),
                                          [](const Parameter& p) { return !p.fixed; }));
}

double aic(const Spec& spec, const ParameterSet& fitted) {
    return -2.0 * fitted.summary.final_log_lik + 2.0 * free_parameters(spec);
}

double bic(const Spec& spec, const ParameterSet& fitted) {
    return -2.0 * fitted.summary.final_log_lik +
           std::log(static_cast<double>(fitted.subjects)) * free_parameters(spec);
}

}  // namespace bellwether::markov

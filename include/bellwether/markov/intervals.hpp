#pragma once

#include <functional>
#include <vector>

#include <Eigen/Core>

#include "bellwether/markov/fit.hpp"

/// How sure one is of what follows from a fit.
namespace bellwether::markov {

struct Interval {
    double estimate = 0.0;
    double se = 0.0;  ///< on the scale of the estimate; NaN where not known
    double low = 0.0, high = 0.0;
};

/// Numbers that follow from a model's values: rates, probabilities, times.
using Quantity = std::function<Eigen::VectorXd(const Values&)>;

/// The scale on which a quantity is taken as normal. Limits are turned back, so that a rate stays positive
/// and a probability between 0 and 1; an estimate at an end of its scale has no interval (NaN).
enum class On { natural, log, logit };

/// By the delta method: a quantity's derivatives by the free parameters (central differences on their
/// unconstrained scales) and the covariance of the estimates.
/// @param fitted  with a covariance; parameters that run off count as fixed where they stand
/// @throws Error M013 the fit has no covariance
/// @source Jackson 2011 [Jackson2011], section 2.4.
/// @tested tests/markov/intervals_test.cpp: closed forms; tools/parity: msm's generator and sojourn intervals
[[nodiscard]] std::vector<Interval> delta_intervals(const Spec& spec, const ParameterSet& fitted,
                                                    const Quantity& quantity, On scale, double level = 0.95);

/// Where the likelihood, maximised over all other parameters, has fallen by half the chi-square quantile.
/// Natural scale; infinite or at the scale's end where it does not fall so far; NaN where a refit did not end
/// at a maximum.
/// @cost  some ten fits of one parameter less.
[[nodiscard]] Interval profile_interval(const Spec& spec, const Panel& panel, const ParameterSet& fitted,
                                        std::size_t parameter, double level = 0.95);

struct BootstrapOptions {
    int draws = 200;
    unsigned long long seed = 1;
    unsigned threads = 1;
};
/// Fits to subjects drawn with replacement, from the fitted values; only those that converged (or ran to a
/// boundary). The same for any number of threads.
/// @source Efron & Tibshirani 1993 [EfronTibshirani1993]
[[nodiscard]] std::vector<Values> bootstrap(const Spec& spec, const Panel& panel, const ParameterSet& fitted,
                                            const BootstrapOptions& options = {});
/// Percentiles of a quantity over the draws. @throws Error M013 fewer than 20 draws
[[nodiscard]] std::vector<Interval> percentile_intervals(const std::vector<Values>& draws,
                                                         const Values& fitted, const Quantity& quantity,
                                                         double level = 0.95);

struct LikelihoodRatio {
    double statistic = 0.0;  ///< twice the difference in log likelihood, at least 0
    int degrees = 0;
    double p = 1.0;
};
/// Of two nested fits to the same data. @throws Error M013 not more parameters in the larger one, other
/// numbers of subjects or rows, a fit that did not end at a maximum, or a larger model that ended lower
[[nodiscard]] LikelihoodRatio likelihood_ratio(const Spec& smaller_spec, const ParameterSet& smaller,
                                               const Spec& larger_spec, const ParameterSet& larger);

/// Number of free parameters.
[[nodiscard]] int free_parameters(const Spec& spec);
/// -2 log likelihood + 2 parameters.
[[nodiscard]] double aic(const Spec& spec, const ParameterSet& fitted);
/// -2 log likelihood + log(subjects) parameters.
[[nodiscard]] double bic(const Spec& spec, const ParameterSet& fitted);

}  // namespace bellwether::markov

#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "bellwether/markov/panel.hpp"
#include "bellwether/markov/spec.hpp"

namespace bellwether::markov {

/// How a fit ended: our own look at gradient, information and bounds, not the solver's word.
struct FitSummary {
    enum class End {
        converged,
        boundary,        ///< the maximum lies at infinity or 0: a transition that was never seen
        not_identified,  ///< a direction in which the likelihood is flat
        iteration_limit,
        diverged,  ///< stopped at a wall of values that are not finite, or went uphill no more without a
                   ///< maximum
        bad_start  ///< the likelihood is not finite at the start
    };
    End end = End::bad_start;
    std::string why = "fit was not called";  ///< one line for the log; names the parameter
    std::string anchor_broken;               ///< the anchor that does not hold, or empty
    std::vector<std::string> held;           ///< declared parameters that their prior holds, not the data
    double start_log_lik = std::numeric_limits<double>::quiet_NaN();
    double final_log_lik = std::numeric_limits<double>::quiet_NaN();
    /// Largest |gradient| x standard error over the free parameters: how many standard errors from the
    /// maximum.
    double max_scaled_gradient = std::numeric_limits<double>::quiet_NaN();
    int iterations = 0;
    [[nodiscard]] bool usable() const noexcept { return end == End::converged && anchor_broken.empty(); }
};
[[nodiscard]] std::string_view to_string(FitSummary::End end);
[[nodiscard]] std::optional<FitSummary::End> fit_end_from(std::string_view word);

/// One set of values and how they came about.
struct ParameterSet {
    Values values;  ///< natural scale
    std::vector<std::optional<double>>
        standard_error;  ///< unconstrained scale; nothing where fixed or not known
    /// Of the parameters that have a standard error, in their order, on their unconstrained scales; empty
    /// where no standard error is known.
    Eigen::MatrixXd covariance;
    FitSummary summary;
    std::size_t subjects = 0, rows = 0;  ///< fitted to
    [[nodiscard]] bool usable() const noexcept { return summary.usable(); }
};

struct FitOptions {
    int max_iterations = 500;
    /// The first from the specification, the others moved at random; the highest end counts. Up to four more
    /// are made where it breaks an anchor, and where levels are followed and the search ended at no maximum.
    int starts = 1;
    double jitter = 0.5;  ///< sd of that move, unconstrained scale
    unsigned long long seed = 1;
    Values from;           ///< start values instead of the specification's
    unsigned threads = 1;  ///< workers for the likelihood; the result is the same for any number
};

/// Start values from the data, so that nobody has to guess them: each level channel's readings are cut into
/// as many clusters as it has groups, in the order of the groups' locations in the specification, and the
/// laws take the clusters' moments; rates are moves over time at risk between the states that each row makes
/// most likely, half a move added; effects are 0. Parameters that are fixed, and those of `rate`,
/// `own_baseline` and categorical channels, keep the specification's values. All of those where the result is
/// impossible.
/// @tested tests/markov/crude_test.cpp
[[nodiscard]] Values crude_start(const Spec& spec, const Panel& panel);

/// Maximum (penalised) likelihood. Deterministic. One thread.
/// @throws Error M003 to M009 when the panel does not fit the specification; M016 a covariate's mean is not
/// known (fit_folds takes it itself).
[[nodiscard]] ParameterSet fit(const Spec& spec, const Panel& panel, const FitOptions& options = {});

/// Log density of the priors (constants left out) of the parameters that are free.
[[nodiscard]] double log_prior(const Spec& spec, const Values& values);

/// The first anchor that the values break, in words; empty when all hold.
[[nodiscard]] std::string broken_anchor(const Spec& spec, const Values& values);

}  // namespace bellwether::markov

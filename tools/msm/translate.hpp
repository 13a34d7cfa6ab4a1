#pragma once

#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "bellwether/markov/panel.hpp"
#include "bellwether/markov/spec.hpp"

#include "call.hpp"

/// From a call of msm() to a specification and panel of ours.
namespace bellwether::msm {

/// One of msm's parameters, in msm's order.
struct Entry {
    std::string label;      ///< "qbase", "qcov", "mean", "p", ...
    std::string name;       ///< ours, where there is one
    int parameter = -1;     ///< of the specification; -1: a constant of the model that we do not carry as one
    double factor = 1.0;    ///< -1: constrained to minus the parameter
    bool constant = false;  ///< never estimated: sizes, bounds, base categories
    /// Limits that the call sets (hranges): msm's scale is then the logarithm of the distance from the one
    /// that is finite, or the log odds between both. Both infinite: our parameter's own scale.
    double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
    [[nodiscard]] bool limited() const { return std::isfinite(low) || std::isfinite(high); }
    [[nodiscard]] double natural_from(double on_scale, const markov::Parameter& p) const;
    /// Derivative of our unconstrained parameter by msm's, at a value of msm's.
    [[nodiscard]] double slope(double on_scale, const markov::Parameter& p) const;
};

struct Translated {
    markov::Spec spec;
    markov::Panel panel{0, 0};
    /// The same rows as msm takes them for most probable paths and state probabilities: an exact entry is a
    /// look like any other, a known state is the only one that is possible.
    markov::Panel path_panel{0, 0};
    std::vector<Entry> entries;
    std::vector<std::size_t> source;       ///< per row of the panel: row of the data, from 1; 0: put in
    std::vector<std::size_t> original;     ///< per state: the call's state that it is (a phase of)
    std::vector<std::string> state_names;  ///< as msm prints them in a path: "1", "1P1"
    std::vector<double> means;             ///< per covariate; its centre, unless the call does not centre
    std::vector<double> cuts;              ///< changes of period
    std::vector<std::size_t> period_covariates;  ///< per cut: the indicator that is 1 from there on, if any
};

/// @param record  the case: its initial values (on the optimisation scale) count, since msm makes some of
///                them itself; where it has none, those of the call do
/// @throws Error P004 a call that our types cannot express, with the reason
[[nodiscard]] Translated translate(const Call& call, const nlohmann::json& record);

/// Our values from msm's parameters on their optimisation scale.
[[nodiscard]] markov::Values values_of(const Translated& t, const std::vector<double>& on_scale);

}  // namespace bellwether::msm

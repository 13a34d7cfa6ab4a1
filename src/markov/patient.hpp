#pragma once

#include <vector>

#include "pass.hpp"

/// Private: a patient's own level of one or two channels, integrated out.
namespace bellwether::markov {

/// The integral over normal levels by the trapezoidal rule on a grid that is halved where the integrand is
/// until the sum stands still. For an analytic integrand that falls like a normal density the rule's error is
/// raised to the fourth power by each halving; unlike Gauss-Hermite nodes, moved to one peak, it does not
/// mind that hidden states may leave a level with several.
/// @source Trefethen & Weideman 2014 [TrefethenWeideman2014], section 5
/// @tested tests/markov/patient_test.cpp
class PatientLevels {
public:
    /// @param channels  0 to 2
    explicit PatientLevels(std::size_t channels) : channels_(channels) {}
    /// Log likelihood of a whole subject; its derivatives times `weight` into `out` unless that is null.
    double integrate(const Evaluation& evaluation, Pass& pass, const Stretch& subject, double weight,
                     Gather* out) const;

private:
    std::size_t channels_;
};

}  // namespace bellwether::markov

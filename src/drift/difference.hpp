#pragma once

#include <cmath>

#include "bellwether/series/timeline.hpp"

/// Private: one log odds minus another.
namespace bellwether::drift {

inline series::Answer difference(const series::Answer& one, const series::Answer& other) {
    if (!one.value) return one;
    if (!other.value) return other;
    series::Answer a;
    if (std::isfinite(*one.value) && std::isfinite(*other.value))
        a.value = *one.value - *other.value;
    else
        a.why = "the label is certain or impossible by itself";
    return a;
}

}  // namespace bellwether::drift

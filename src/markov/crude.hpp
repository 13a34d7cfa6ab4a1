#pragma once

#include <optional>
#include <vector>

#include "bellwether/markov/panel.hpp"
#include "bellwether/markov/spec.hpp"

/// Private: parts of crude_start().
namespace bellwether::markov {

/// Natural parameters of a law from a mean and variance, in the law's order; nothing for those that moments
/// do not give (bounds, sizes, degrees of freedom, errors).
/// @param current  the law's parameters as they are: a size for `binomial`, a shape's fallback
[[nodiscard]] std::vector<std::optional<double>> from_moments(Law law, double mean, double variance,
                                                              const std::vector<double>& current);

/// Cuts sorted numbers into `parts` by k-means in one dimension (Lloyd 1982), from quantiles.
/// @return for each part where it ends; parts may be empty
[[nodiscard]] std::vector<std::size_t> clusters(const std::vector<double>& sorted, std::size_t parts);

/// Sets the parameters of a channel's groups from its readings, in the order of the groups' present
/// locations. Leaves `rate` and `own_baseline` channels, those with conditions, and categories alone.
void start_readings(const Spec& spec, std::size_t channel, const Panel& panel, Values& values);

/// The most likely state of each row by its readings and what is known of it, without regard to the others.
[[nodiscard]] std::vector<std::optional<std::size_t>> likely_states(const Spec& spec, const Values& values,
                                                                    const Panel& panel);

}  // namespace bellwether::markov

#pragma once

#include <array>
#include <span>

#include "bellwether/markov/panel.hpp"
#include "bellwether/markov/spec.hpp"

/// Private: the distributions of readings, with derivatives on the parameters' own scales.
namespace bellwether::markov {

constexpr std::size_t kMostTerms = 6;

struct LawDensity {
    double log = 0.0;
    std::array<double, kMostTerms> by_term{};  ///< by each natural parameter on its unconstrained scale
};

/// Log density (mass of a count), or log probability of what a censored reading leaves open.
/// @param free   natural parameters on their unconstrained scales, in the law's order
/// @param scale  those scales
/// @throws Error M006 a censored reading of a law without a distribution function here.
/// @source R 4.2 stats and msm 1.7 ?hmm-dists, ?medists. @tested tests/markov/laws_test.cpp
[[nodiscard]] LawDensity law_density(Law law, const Reading& reading, std::span<const double> free,
                                     std::span<const Parameter::Scale> scale);

}  // namespace bellwether::markov

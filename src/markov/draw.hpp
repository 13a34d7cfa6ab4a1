#pragma once

#include <optional>
#include <random>
#include <span>

#include "bellwether/markov/spec.hpp"

namespace bellwether::markov {

/// One reading from a law; nothing from one that is no distribution (flat).
/// @param natural  its natural parameters, in order
/// @source the laws of laws.hpp. @tested tests/markov/simulate_test.cpp: moments in closed form
[[nodiscard]] std::optional<double> draw_from_law(Law law, std::span<const double> natural,
                                                  std::mt19937_64& random);

}  // namespace bellwether::markov

#pragma once

#include <optional>
#include <string>

#include "bellwether/rulebook/rule.hpp"

/// Comparisons whose number may be moved, as text.
namespace bellwether::rulebook {

/// "P(growing) >= 0.8", "value(ctdna) > 2 %": what stands left of the sign is kept as it is. Nothing when it
/// is no comparison with a number on its right.
[[nodiscard]] std::optional<Tunable> read_tunable(const std::string& comparison);

/// `expression` with another number in the place of that of a comparison which stands in it once, by itself:
/// not "... >= 0.8" in "... >= 0.85" or "... >= 0.8 * 2", nor "value(x) > 1" in "xvalue(x) > 1".
struct Place {
    bool nowhere = false, twice = false;
    std::size_t at = 0;
};
[[nodiscard]] Place find_comparison(const std::string& expression, const std::string& comparison);
[[nodiscard]] std::string with_number(std::string expression, const Place& place,
                                      const std::string& comparison, double number);

}  // namespace bellwether::rulebook

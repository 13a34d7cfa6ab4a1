#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Units inside expressions: those of core/units.hpp, and any of them per day ("mm/d", "1/d").
namespace bellwether::rulebook {

/// "" and spellings of the unit 1 become "1"; what the table does not know stays as it is written.
[[nodiscard]] std::string canonical(std::string_view unit);
[[nodiscard]] bool known_unit(std::string_view unit);
/// value_to = value_from * factor; nothing when the units do not convert into each other.
[[nodiscard]] std::optional<double> factor(std::string_view from, std::string_view to);
/// "mm" -> "mm/d", "1" -> "1/d"
[[nodiscard]] std::string per_day(std::string_view unit);
/// "mm/d" -> "mm"; nothing when it is not a unit per day.
[[nodiscard]] std::optional<std::string> without_per_day(std::string_view unit);

}  // namespace bellwether::rulebook

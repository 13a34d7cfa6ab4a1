#pragma once

#include <optional>

#include "bellwether/record/record.hpp"

/// Arithmetic on readings that may be censored. A left-censored reading is any number below its limit, a
/// right-censored one any number above it. Where both operands are moved in opposite senses by what is
/// unknown of them, the result is again a reading with a limit; where they pull against each other nothing
/// can be said.
namespace bellwether::series {

/// a - b. Nothing when the direction is not determined ("<1" minus "<2").
[[nodiscard]] std::optional<Reading> difference(Reading a, Reading b);

/// a / b for a >= 0 and b > 0 (limits likewise). Nothing when b is 0 or negative, a is negative, or the
/// direction is not determined.
[[nodiscard]] std::optional<Reading> ratio(Reading a, Reading b);

}  // namespace bellwether::series

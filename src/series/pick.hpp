#pragma once

#include "bellwether/series/timeline.hpp"

/// Shared by the pure functions and their prepared twin: which reading speaks, which is lower, how it is
/// told.
namespace bellwether::series {

/// Index of the reading that speaks for day zero, whatever its segment and whatever `d`; -1 none.
[[nodiscard]] int zero_index(const Track& t, std::optional<Date> day_zero);

/// Whether the certain upper bound of `a` is below that of `b`.
[[nodiscard]] bool ranks_lower(const Reading& a, const Reading& b);
/// Whether the certain lower bound of `a` is above that of `b`.
[[nodiscard]] bool ranks_higher(const Reading& a, const Reading& b);

[[nodiscard]] Answer tell(const Reading& r);
[[nodiscard]] Answer no_reading(const Track& t);
/// The baseline when the last reading is `i` and the reading that speaks for day zero is `zero`.
[[nodiscard]] Answer tell_baseline(const Track& t, int i, int zero);

[[nodiscard]] inline const Point& point(const Track& t, int i) {
    return t.points[static_cast<std::size_t>(i)];
}

}  // namespace bellwether::series

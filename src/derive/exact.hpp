#pragma once

#include <cmath>
#include <cstdint>

/// Sums of diameters in units of 0.0001 mm: what was measured in decimals is compared in decimals.
namespace bellwether::derive {

using Length = std::int64_t;  ///< unit: 0.0001 mm
constexpr Length mm = 10'000;

inline Length exact(double millimetres) {
    return std::llround(millimetres * static_cast<double>(mm));
}
inline double in_mm(Length x) {
    return static_cast<double>(x) / static_cast<double>(mm);
}

/// At least 20% and at least 5 mm over the nadir (D20).
inline bool progressed(Length sum, Length nadir) {
    return 10 * sum >= 12 * nadir && sum - nadir >= 5 * mm;
}
/// At least 30% below the baseline (D20).
inline bool responded(Length sum, Length baseline) {
    return 10 * sum <= 7 * baseline;
}

}  // namespace bellwether::derive

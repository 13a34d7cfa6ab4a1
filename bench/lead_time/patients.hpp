#pragma once

#include <cstdint>
#include <optional>
#include <vector>

/// Patients of the yardstick: a tumour that shrinks and regrows, seen through ctDNA and CT. Nothing here
/// knows the detectors.
namespace lead_time {

constexpr double kDays = 730.0, kYear = 365.25;

/// What is followed: how often ctDNA is drawn, how noisy it and CT are.
struct Setting {
    double every_d = 21.0;  ///< days between ctDNA draws
    double cv = 0.25;       ///< of a ctDNA reading
    double ct_every_d = 63.0, ct_error = 0.04;
    // Departures of the robustness study.
    double outliers = 0.0;       ///< share of ctDNA readings with three times the sd on top
    double correlation_d = 0.0;  ///< of the noise of ctDNA: its range in days
    double fall_factor = 1.0;    ///< of the rate of falling
};

enum class Kind { regrow, plateau, flat };

/// Volume (1-f) exp(-d t) + f exp(g t), of 1 at the start; g = 0: a plateau. Flat: 0.3 throughout.
/// @source Stein et al. 2008, Oncologist 13:1046, the sum of two exponentials.
struct Tumour {
    Kind kind = Kind::regrow;
    double f = 0.25, d = 0.0, g = 0.0;
    [[nodiscard]] double log_volume(double day) const;
    /// Day of the smallest volume, ln((1-f) d / (f g)) / (d + g); 0 where it grows from the start; none where
    /// it never grows.
    [[nodiscard]] std::optional<double> nadir() const;
};

/// Rates of falling and growing per day of a patient whose half-life and doubling time lie so many standard
/// deviations (of the log) from their middle.
[[nodiscard]] double fall_rate(double z);
[[nodiscard]] double growth_rate(double z);

struct Course {
    Tumour tumour;
    std::vector<double> draw_days, log_ctdna;  ///< ctDNA
    std::vector<double> scan_days, sum_mm;     ///< CT, sum of diameters
    std::optional<double> progression;         ///< first scan at +20% and +5 mm over the smallest sum so far
};

/// Day of RECIST 1.1 progression of the targets. @source Eisenhauer et al. 2009 [D20 in models/REFERENCES.md]
[[nodiscard]] std::optional<double> recist_progression(const std::vector<double>& days,
                                                       const std::vector<double>& sums);

/// One patient, the same for the same seed and index whatever else is drawn.
[[nodiscard]] Course draw(const Setting& setting, Kind kind, double f, std::uint64_t seed,
                          std::uint64_t index);

}  // namespace lead_time

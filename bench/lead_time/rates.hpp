#pragma once

#include <vector>

#include "detectors.hpp"

/// From scores to alerts: false-alert rates, thresholds, leads.
namespace lead_time {

/// What is kept of a patient: the scores that beat all before them, since only those can be a first alert.
struct Passed {
    Scores records;
    double end = kDays;  ///< of observation: the progression, or two years
    std::optional<double> progression, nadir;
};

/// A cohort run through a detector, on several threads; the same on any number.
[[nodiscard]] std::vector<Passed> run(const MakeDetector& make, const Setting& setting, Kind kind, double f,
                                      std::uint64_t seed, std::size_t patients, unsigned threads);

/// First day with a score at or above the threshold.
[[nodiscard]] std::optional<double> first_alert(const Passed& patient, double threshold);

/// Patients alerted over years until the first alert or the end.
[[nodiscard]] double false_rate(const std::vector<Passed>& nulls, double threshold);

/// The lowest threshold at which the rate of every cohort is at most `limit`, to 1e-6 of a score.
[[nodiscard]] double solve(const std::vector<std::vector<Passed>>& nulls, double limit);

struct Leads {
    std::size_t progressed = 0;
    double median_w = 0.0, mean_w = 0.0, before = 0.0;  ///< weeks, share of those who progressed
    double anticipated = 0.0;  ///< alerted before the true nadir, share of all alerted
};
/// Over the patients who progress on CT within two years; never alerted: -30 weeks; clipped to -30..+60.
[[nodiscard]] Leads leads(const std::vector<Passed>& patients, double threshold);

}  // namespace lead_time

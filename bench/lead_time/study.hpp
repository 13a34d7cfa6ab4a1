#pragma once

#include <string>
#include <vector>

#include "rates.hpp"

/// The two studies of the program.
namespace lead_time {

constexpr std::uint64_t kSolve = 2, kShow = 3;  ///< seeds: of thresholds, of what is shown

struct Options {
    std::string study = "table", format = "text";
    std::size_t patients = 10'000;  ///< in each cell
    unsigned threads = 1;
    std::vector<double> every = {21.0, 42.0}, cv = {0.25, 0.5}, rates = {0.2, 0.05};
    std::vector<std::string> detectors = {"single", "two",       "mean3",     "cusum",
                                          "growth", "growth_ct", "structural"};
};

[[nodiscard]] MakeDetector maker(const std::string& name, const Setting& setting, unsigned threads);
/// The same growth detector with all intensities of its model that many times as large.
[[nodiscard]] MakeDetector maker_misjudging(const std::string& name, const Setting& setting, unsigned threads,
                                            double factor);
/// Patients who do not drift: flat, plateau after a shallow response, plateau after a deep one.
[[nodiscard]] std::vector<std::vector<Passed>> nulls(const MakeDetector& make, const Setting& setting,
                                                     std::uint64_t seed, const Options& options);

/// Detectors by schedule, noise and limit.
void table(const Options& options);
/// What becomes of a threshold when the world departs from what it was solved for, and what RECIST's own rate
/// of false progressions buys everybody.
void robustness(const Options& options);
/// How true the filters' probabilities of a rising volume are, visit by visit, beside those of particles that
/// know the true curves; and whether the particles agree with a fine grid.
/// @return 1 where they do not
[[nodiscard]] int second_opinion(const Options& options);

}  // namespace lead_time

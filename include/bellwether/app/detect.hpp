#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bellwether/app/series_file.hpp"
#include "bellwether/app/sheet.hpp"

namespace bellwether::app {

/// What `bellwether detect` was asked.
struct DetectRequest {
    std::string method = "all";  ///< cusum, ewma, changepoint or all
    bool log = false;
    int baseline = 4;  ///< measured readings that are the baseline, when mean and sd are not known
    std::optional<double> mean, sd;  ///< both or neither; on the log scale with `log`
    std::optional<double> k, h, lambda, c;
    std::optional<double> arl;  ///< instead of h and c: readings per false signal
    double mean_run = 100.0;    ///< readings between changes, for change points
};

/// Three sheets: `changes` (method, time of the first reading at the new level, the reading before it, when a
/// chart signalled, direction, score), `scores` (a row per reading), `charts` (limits, and how many readings
/// lie between false signals when the baseline is known).
/// @throws Error P067 options that contradict each other; D010, D011, D012 of drift
[[nodiscard]] std::vector<Sheet> detect(const SeriesFile& series, const DetectRequest& request);

}  // namespace bellwether::app

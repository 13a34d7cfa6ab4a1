#pragma once

#include <optional>
#include <span>
#include <vector>

#include "bellwether/drift/changepoint.hpp"
#include "bellwether/drift/chart.hpp"

namespace bellwether::drift {

enum class Method { cusum, ewma, changepoint };

struct DetectOptions {
    Baseline baseline = Baseline();  ///< fresh: self-starting, or known
    Cusum cusum;
    Ewma ewma;
    double mean_run = 100.0;  ///< readings between changes, in the mean; above 1
};

/// A change of level that a method found in a series. Readings are counted from 0.
struct Change {
    Method method;
    std::size_t onset;                ///< first reading of the new level
    std::optional<std::size_t> seen;  ///< charts: reading at which it was signalled
    Side side;
    double
        score;  ///< charts: the statistic at the signal; change points: probability that a run begins there
    friend bool operator==(const Change&, const Change&) = default;
};

/// What the methods say of one reading; nothing while a baseline is being built, or for a method not asked.
struct ReadingScore {
    std::optional<double> score;     ///< in sd from the running mean of the CUSUM's level, see Baseline
    std::optional<double> up, down;  ///< the CUSUM's statistics
    std::optional<double> ewma;      ///< the EWMA, in its own sd
    std::optional<double> change;    ///< probability, given the whole series, that a run begins here
};

struct Detection {
    std::vector<Change> changes;  ///< by method in the order asked, then by onset
    std::vector<ReadingScore> readings;
};

/// Runs detectors over a whole series, each by itself. The charts (Watch::neither) know at each reading only
/// what came before it, and say when they would have signalled; the change points are those of the most
/// probable cut of the whole series, looking back.
/// @param readings  in order of time, on the scale on which they are judged
/// @throws Error D012 nothing can be judged: too few measured readings for the baseline and one more, or all
///         of them equal; D010 options out of range.
/// @tested tests/drift/detect_test.cpp: the Nile's flow, as R's strucchange and everybody cut it.
[[nodiscard]] Detection detect(std::span<const Reading> readings, std::span<const Method> methods,
                               const DetectOptions& options = {});

}  // namespace bellwether::drift

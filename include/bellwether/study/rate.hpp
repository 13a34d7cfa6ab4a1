#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// Rates over patients and quantiles, with intervals that take a patient as a whole.
namespace bellwether::study {

/// What one patient adds to a rate.
struct Exposure {
    double events = 0.0;
    double years = 0.0;  ///< >= 0
};

/// Events per patient-year.
struct Rate {
    double events = 0.0, years = 0.0;
    std::optional<double> rate;       ///< nothing without exposure
    std::optional<double> low, high;  ///< 95%, percentile bootstrap by patient; nothing under two patients
};

/// The ratio of sums over patients. The interval resamples whole patients, since one patient's alerts come
/// together; it is too narrow when few patients have any event, and degenerate (0, 0) when none has: see
/// upper_limit_of_none().
/// @param draws  bootstrap samples, at least 100
/// @param seed   fixes the samples: the same input gives the same interval on every machine
/// @throws Error U003 negative or non-finite input, or fewer than 100 draws.
/// @cost   O(patients x draws).
/// @source Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13 (percentile interval).
/// @tested tests/study/rate_test.cpp: against the normal limit and by the law of scale.
[[nodiscard]] Rate rate(std::span<const Exposure> patients, int draws = 2000, std::uint64_t seed = 20261124);

/// 95% upper limit of a Poisson rate when nothing happened in `years`: ln(20) / years, the exact one-sided
/// limit ("rule of three", Hanley & Lippman-Hand 1983, JAMA 249:1743-1745). Nothing without exposure.
[[nodiscard]] std::optional<double> upper_limit_of_none(double years);

/// Quantile by linear interpolation between order statistics (type 7 of Hyndman & Fan 1996, R's default).
/// @param q  in [0, 1]. Nothing for no values. @throws Error U004 q out of range.
[[nodiscard]] std::optional<double> quantile(std::vector<double> values, double q);

/// 95% interval of a share, Wilson's score interval (Wilson 1927, J Am Stat Assoc 22:209-212).
struct Share {
    std::size_t of = 0, count = 0;
    std::optional<double> share, low, high;  ///< nothing when `of` is 0
};
/// @throws Error U005 count > of.
[[nodiscard]] Share share(std::size_t count, std::size_t of);

}  // namespace bellwether::study

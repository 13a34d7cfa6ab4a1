#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

/// Intervals for any figure over patients, by resampling whole patients: what one patient's alerts and events
/// have in common stays together.
namespace bellwether::study {

/// How often and from which seed. Draw k is the same whatever else is drawn, so that the work may be shared
/// among any number of threads and two figures of the same patients are paired.
struct Bootstrap {
    int draws = 1000;  ///< at least 100
    std::uint64_t seed = 20261127;
};

/// How often each of n patients is in draw k: numbers that add up to n.
/// @throws Error U003 fewer than 100 draws, or no such draw
/// @cost   O(n)
void resample(const Bootstrap& how, int draw, std::size_t n, std::vector<std::uint32_t>& weights);

struct Interval {
    std::optional<double> low, high;
    std::optional<double> sd;  ///< of the draws: the figure's standard error
};

/// Figures of a cohort as a function of how often each patient counts; one that has no value is nothing.
using Figures =
    std::function<void(std::span<const std::uint32_t> weights, std::vector<std::optional<double>>& out)>;

/// 95% percentile intervals. A figure that has no value in more than one draw of twenty has no interval: what
/// is left of the draws is no sample of it any more.
/// @param n  patients; under two there is no interval
/// @throws Error U003
/// @cost   draws times the cost of `figures`
/// @source Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13.
/// @tested tests/study/bootstrap_test.cpp: against the normal limit of a mean; the weights against the
///         multinomial distribution
[[nodiscard]] std::vector<Interval> intervals(const Bootstrap& how, std::size_t n, const Figures& figures);

}  // namespace bellwether::study

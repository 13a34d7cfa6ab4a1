#pragma once

#include <cstddef>
#include <vector>

#include "bellwether/markov/panel.hpp"
#include "bellwether/markov/spec.hpp"

/// Does a model describe the data it was fitted to?
namespace bellwether::markov {

/// Where a reading lies in the distribution that the model forecast for it from the rows before.
struct PseudoResidual {
    std::size_t subject, row;  ///< row of the subject, from 0
    /// Forecast probability of less than the reading, and of no more than it: equal for a continuous one; the
    /// ends of what is open for a censored one.
    double low, high;
    double z;  ///< standard normal deviate of the middle; about standard normal under a true model
};

/// Of all readings of one channel. The states are forecast, those in which the channel cannot be read left
/// out.
/// @param channel  not a category in an order that means nothing: categories count in the order declared
/// @throws Error M006 a law without a distribution function (a value with measurement error); M014
/// @source Zucchini & MacDonald 2009 [ZucchiniMacDonald2009], section 6.2.
/// @tested tests/markov/goodness_test.cpp
[[nodiscard]] std::vector<PseudoResidual> pseudo_residuals(const Spec& spec, const Values& values,
                                                           const Panel& panel, std::size_t channel);

struct PearsonOptions {
    std::size_t gaps = 3;    ///< groups of about equal size by the length of the interval
    std::size_t starts = 1;  ///< by the time at which it begins
    std::size_t rates = 1;   ///< by the sum of the rates under the covariates in force
};

/// One from-to pair in one group of intervals.
struct PearsonCell {
    std::size_t gap, start, rate;  ///< groups, from 0
    std::size_t from, to;
    double observed, expected;
};

struct PearsonTest {
    std::vector<PearsonCell> cells;      ///< those with an expectation above 0
    double statistic = 0.0;              ///< sum of (observed - expected)^2 / expected
    int upper = 0;                       ///< degrees of freedom if nothing had been estimated
    int lower = 0;                       ///< less the free parameters, at least 1
    double p_least = 1.0, p_most = 1.0;  ///< tail of the chi-square with `lower` and `upper` degrees
};

/// Of panels in which states are seen: observed against expected moves in groups of intervals. Counts only
/// intervals that a look ends (not an entry at its own time) and that begin and end in a known state;
/// expected given that no exactly timed state was entered in them, so that deaths known to the day are
/// conditioned on.
/// @throws Error M013 no such interval, or no group
/// @source Aguirre-Hernandez & Farewell 2002 [AguirreFarewell2002]; the true tail lies between the two.
[[nodiscard]] PearsonTest pearson_test(const Spec& spec, const Values& values, const Panel& panel,
                                       const PearsonOptions& options = {});

}  // namespace bellwether::markov

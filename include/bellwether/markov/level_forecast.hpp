#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "bellwether/core/date.hpp"
#include "bellwether/markov/filter.hpp"

/// Where the level behind a growth channel will be, and when it will have passed a threshold, from what a
/// filter knows. Levels are on the channel's scale (log for lognormal). A reading adds the channel's noise.
namespace bellwether::markov {

/// A mixture of normal distributions: parts by state now, part of its mixture (FilterState),
/// state then, and whether any was left in between.
struct LevelMixture {
    struct Part {
        double weight = 0.0, mean = 0.0, sd = 0.0;
    };
    std::vector<Part> parts;  ///< weights add up to 1
    /// Probability of a state in which the channel can be read (alive). All else is given that.
    double readable = 1.0;

    [[nodiscard]] double mean() const;
    [[nodiscard]] double sd() const;
    [[nodiscard]] double cdf(double level) const;
    /// @param chance  between 0 and 1. @throws Error M015 otherwise.
    [[nodiscard]] double quantile(double chance) const;
};

/// The level `ahead` of the state's time, covariates as in force; 0: now. What it gains from state now to
/// state then is certain where no state was left, and else is taken as normal with the moments of growth
/// along the hidden path. So mean and sd are exact (given the filter's state), quantiles are not: against
/// paths, the chance of being below one is off by 0.005 over nine weeks, 0.033 over eight months, at most.
/// @return nothing where the channel cannot be read then (dead for sure)
/// @throws Error M015 a channel that does not grow; M002 `ahead` negative or not finite.
/// @tested tests/markov/level_forecast_test.cpp: one regime in closed form; the mean by expected days in each
///         state; quantiles against paths in continuous time.
[[nodiscard]] std::optional<LevelMixture> level_ahead(TransitionCache& cache, const FilterState& state,
                                                      std::size_t channel, Days ahead);

/// The threshold, on the channel's scale, that is `multiple` times a level. Nothing where that is no multiple
/// of anything: a level on a linear scale that is not positive.
/// @throws Error M015 a multiple that is not positive and finite.
[[nodiscard]] std::optional<double> threshold_at(const Channel& channel, double level, double multiple);

/// When paths of the level first passed a threshold, counted from the state's time.
struct PassageTimes {
    std::size_t paths = 0;
    std::vector<double> times;  ///< of the paths that passed it, ascending; 0: it is above already
    Days within{0.0};           ///< how far they were followed

    /// Share of paths that had passed by then. Its standard error is at most 0.5 / sqrt(paths).
    [[nodiscard]] double chance_by(Days time) const;
    /// First time by which a share of at least `chance` of all paths had passed. Nothing: not within.
    [[nodiscard]] std::optional<double> quantile(double chance) const;
};

/// First passage of the level above the threshold, by drawing from the filter's state: a state and level,
/// then the hidden path in continuous time and the level along it. First passage is not the time at which a
/// forecast's median passes: a path may pass and come back, and counts from when it first did. A path that
/// enters a state in which the channel cannot be read (death) before it passed never does, so that chances
/// are of passing while alive. Nothing is stepped: within a stay in one state the level is a Brownian motion
/// with drift, whose first passage is drawn from its own law.
/// @param threshold  on the channel's scale (threshold_at)
/// @return the same for the same seed, whatever else is asked
/// @throws Error M015 a channel that does not grow, a threshold or `within` that is not finite, no paths.
/// @cost   about 0.2 microseconds per path and stay.
/// @source first passage of a Brownian motion with drift: Chhikara & Folks 1989, ch. 2-3 [ChhikaraFolks1989];
///         drawing it: Michael, Schucany & Haas 1976 [Michael1976].
/// @tested tests/markov/level_forecast_test.cpp: closed forms with one regime and with one switch; small
///         steps of all of it.
[[nodiscard]] PassageTimes passage_above(TransitionCache& cache, const FilterState& state,
                                         std::size_t channel, double threshold, Days within,
                                         std::size_t paths, std::uint64_t seed);

}  // namespace bellwether::markov

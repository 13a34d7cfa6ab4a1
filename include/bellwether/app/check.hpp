#pragma once

#include <string>
#include <vector>

#include "bellwether/app/sheet.hpp"
#include "bellwether/app/table.hpp"
#include "bellwether/markov/model.hpp"

/// A fitted model against data.
namespace bellwether::app {

/// Where a subject is taken to be between two looks: where last seen, or from halfway on where next seen.
/// (A state with exact entry begins when it was entered.) The first lags behind by half a gap.
enum class Between { last_seen, midpoint };

/// How many subjects were in each state at each time, and how many the model expects: columns time, state,
/// observed, expected (of subjects), and both as percentages of those at risk.
///
/// At risk at a time are subjects who were seen by then and again at it or later, and those who are known to
/// be in an absorbing state by then. Observed: by `between`; in hidden models the states of the most
/// probable path. Expected: from each subject's first row on (its state, or the start
/// probabilities), with its own covariates as they were.
/// @param times  in the model's unit; empty: ten, evenly from 0 to the last row's
/// @source Gentleman et al. 1994, Stat. Med. 13(8):805 [Gentleman1994]
[[nodiscard]] Sheet prevalence(const markov::FittedModel& model, const Table& table,
                               std::vector<double> times, Between between = Between::last_seen);

/// Observed against expected moves between looks in known states, by groups of intervals: columns group (of
/// gap), from, to, observed, expected; the title holds the statistic and the two tails of its distribution.
/// @throws Error M013 a table without two looks in known states in a row
/// @source markov/goodness.hpp
[[nodiscard]] Sheet pearson(const markov::FittedModel& model, const Table& table, std::size_t gaps = 3);

/// Where each reading lies in what was forecast for it: columns subject, time, channel, low, high, z. A
/// subject is forecast by a set that never saw it.
/// @source markov/goodness.hpp
[[nodiscard]] Sheet residuals(const markov::FittedModel& model, const Table& table);

/// Observed (dots) against expected (line), percent of those at risk, a panel per state.
[[nodiscard]] std::string prevalence_svg(const markov::FittedModel& model, const Sheet& prevalence);

/// Probability of each state over time, from one state, under `covariates`: a curve per state.
[[nodiscard]] std::string occupancy_svg(const markov::FittedModel& model,
                                        const std::vector<double>& covariates, std::size_t from,
                                        double until);

}  // namespace bellwether::app

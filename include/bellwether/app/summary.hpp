#pragma once

#include <string>
#include <vector>

#include "bellwether/app/sheet.hpp"
#include "bellwether/markov/model.hpp"

/// What a fitted model says, as sheets.
namespace bellwether::app {

/// Values of a model's covariates from words: "age=50", "sex=female" (a level), "period=from5"; what is not
/// named is at its centre, products are made.
/// @throws Error P029 a covariate or level that does not exist, a value that is no number.
[[nodiscard]] std::vector<double> covariates_at(const markov::Spec& spec,
                                                const std::vector<std::string>& words);

/// Of the fit to all subjects:
///   parameters    value, and 95% interval on the unconstrained scale (Wald), carried over
///   hazards       hazard ratio of each effect on a transition
///   odds          odds ratio of each effect on a category or on the start
///   generator     rate of each transition under `covariates`
///   sojourn       mean stay in each state, once entered
///   next          probability of each next state
///   probabilities P(t) from each state, for each of `times`
/// @param times  in the model's unit, each from 0
[[nodiscard]] std::vector<Sheet> summarise(const markov::FittedModel& model,
                                           const std::vector<double>& covariates,
                                           const std::vector<double>& times);

}  // namespace bellwether::app

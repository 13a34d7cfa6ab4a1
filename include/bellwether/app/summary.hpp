#pragma once

#include <string>
#include <vector>

#include "bellwether/app/sheet.hpp"
#include "bellwether/app/table.hpp"
#include "bellwether/markov/intervals.hpp"
#include "bellwether/markov/model.hpp"

/// What a fitted model says, as sheets.
namespace bellwether::app {

/// Values of a model's covariates from words: "age=50", "sex=female" (a level), "period=from5"; what is not
/// named is at its centre, products are made.
/// @throws Error P029 a covariate or level that does not exist, a value that is no number.
[[nodiscard]] std::vector<double> covariates_at(const markov::Spec& spec,
                                                const std::vector<std::string>& words);

/// Covariates in force from a time on, until the next one's.
struct InForce {
    double from = 0.0;
    std::vector<double> covariates;
};
/// The course of a model's covariates from time 0: those of `words`, changed at the times that `changes` name
/// ("90:dose=2,on=0"), and the model's own periods, unless `words` names the period.
/// @throws Error P029 as covariates_at, and a change without a time from 0 or before the last one.
[[nodiscard]] std::vector<InForce> covariates_over(const markov::Spec& spec,
                                                   const std::vector<std::string>& words,
                                                   const std::vector<std::string>& changes);

/// Of the fit to all subjects, each with a 95% interval where the fit has a covariance:
///   parameters    value; the interval is Wald's on the unconstrained scale, carried over
///   hazards       hazard ratio of each effect on a transition
///   odds          odds ratio of each effect on a category or on the start
///   generator     rate of each transition under `covariates`
///   sojourn       mean stay in each state, once entered
///   next          probability of each next state
///   passage       expected time until each other state is first entered; infinite where it may never be
///   generator to passage are those of the beginning; what follows goes through all changes of covariates:
///   probabilities P(t) from each state, for each of `times`
///   reached       probability of having been in each other state by each of `times`
///   stay          expected time in each state until each of `times`
/// Intervals of all but the parameters by the delta method, of rates, ratios and times on the log scale, of
/// probabilities on the logit scale.
/// @param course  empty: every covariate at its centre, through the model's periods
/// @param times  in the model's unit, each from 0
[[nodiscard]] std::vector<Sheet> summarise(const markov::FittedModel& model,
                                           const std::vector<InForce>& course,
                                           const std::vector<double>& times);

/// Profile-likelihood intervals of the free parameters, of all or of those named: value, low, high.
/// @throws Error P029 a parameter that does not exist; M013 one that is fixed
[[nodiscard]] Sheet profiles(const markov::FittedModel& model, const Table& table,
                             const std::vector<std::string>& parameters);

/// The same as summarise() with percentiles of refits to resampled subjects instead. The titles say how many
/// refits did not end at a maximum and were left out.
/// @throws Error M013 when fewer than 20 of them end at a maximum or beside one
[[nodiscard]] std::vector<Sheet> bootstrap(const markov::FittedModel& model, const Table& table,
                                           const std::vector<InForce>& course,
                                           const std::vector<double>& times,
                                           const markov::BootstrapOptions& how);

}  // namespace bellwether::app

#pragma once

#include <vector>

#include "bellwether/app/sheet.hpp"
#include "bellwether/app/table.hpp"
#include "bellwether/markov/model.hpp"

namespace bellwether::app {

/// Fits to the same data side by side, one row each: -2 log likelihood, free parameters, AIC, BIC (by the
/// number of subjects), and against the first: likelihood ratio statistic, degrees of freedom, and its
/// chi-squared p-value. The p-value means something where the smaller model is within the larger, and no
/// parameter lies on a boundary. `score`: mean log likelihood of a subject under the set that never saw it,
/// where the fit has folds and the table is given.
/// @param tables  none, or one per model (the same file, with the covariates that each needs)
/// @throws Error P030 fits to different data, or a table that is not the one they were fitted to.
[[nodiscard]] Sheet compare(const std::vector<markov::FittedModel>& models, const std::vector<Table>& tables);

/// Log likelihood of each subject under the set of the model that never saw it.
[[nodiscard]] std::vector<double> held_out(const markov::FittedModel& model, const markov::Panel& panel);

}  // namespace bellwether::app

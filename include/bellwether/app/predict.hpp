#pragma once

#include <vector>

#include "bellwether/app/sheet.hpp"
#include "bellwether/app/table.hpp"
#include "bellwether/markov/model.hpp"

namespace bellwether::app {

/// States of the subjects of a table under a fitted model, new subjects or those of the fit: one row per row
/// of the table with what is known by then (`now_STATE`), by all rows of the subject (`all_STATE`), and the
/// state there on the most probable path as a whole (`path`). For each time ahead of a subject's last row, a
/// row with `now_STATE` as forecast, covariates as they were.
///
/// A subject that the model was fitted to is judged by a set that never saw it, where the fit has folds.
/// @param ahead  in the model's unit of time, each from 0
/// @throws Error M011 when a subject's rows are impossible under the model (find_impossible says which).
[[nodiscard]] Sheet predict(const markov::FittedModel& model, const Table& table,
                            const std::vector<double>& ahead);

}  // namespace bellwether::app

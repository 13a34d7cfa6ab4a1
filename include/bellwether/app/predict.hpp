#pragma once

#include <cstdint>
#include <vector>

#include "bellwether/app/sheet.hpp"
#include "bellwether/app/table.hpp"
#include "bellwether/markov/model.hpp"

namespace bellwether::app {

struct PredictRequest {
    std::vector<double> ahead;  ///< after each subject's last row, in the model's unit of time, each from 0
    /// Times until a level exceeds this many times the subject's lowest are wanted; each above 0.
    std::vector<double> multiples{};
    double within = 0.0;  ///< how far those times are followed; above 0 where there are multiples
    std::uint64_t seed = 1;
};

/// Paths that are drawn for a time: a chance is known to 0.01 (two standard errors).
constexpr std::size_t kPassagePaths = 10'000;

/// What a fitted model says of the subjects of a table, new subjects or those of the fit.
///
/// `states`: one row per row of the table with what is known by then (`now_STATE`), by all rows of the
/// subject
/// (`all_STATE`), and the state there on the most probable path as a whole (`path`). For each time ahead of a
/// subject's last row, a row with `now_STATE` as forecast, covariates as they were.
///
/// `levels`, where channels grow: at each subject's last row and each time ahead the level behind each such
/// channel, in the channel's own unit: median, and 5% and 95% quantile (`low`, `high`), given that the
/// subject can then be read, which has the chance `readable`. A reading varies about the level by the
/// channel's noise.
///
/// `times`, where multiples are asked for: the chance that the level first exceeds `multiple` x `nadir`
/// within the time asked for, while the subject can be read, and the times after the last row by which that
/// chance is 5%, 50% and 95% (`low`, `median`, `high`; NA: not within). `nadir` is the lowest level as the
/// filter had it at any row since the channel's first reading. See markov::passage_above.
///
/// A subject that the model was fitted to is judged by a set that never saw it, where the fit has folds. What
/// is drawn depends on the seed, the subject and the channel alone.
/// @throws Error M011 when a subject's rows are impossible under the model (find_impossible says which); M015
///         multiples are asked of a model without growth channels.
[[nodiscard]] std::vector<Sheet> predict(const markov::FittedModel& model, const Table& table,
                                         const PredictRequest& request);

}  // namespace bellwether::app

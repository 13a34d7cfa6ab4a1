#pragma once

#include <vector>

#include "bellwether/app/sheet.hpp"
#include "bellwether/app/table.hpp"
#include "bellwether/markov/model.hpp"

namespace bellwether::app {

struct Resampling {
    std::size_t replicates = 200;
    unsigned long long seed = 1;
    unsigned threads = 1;  ///< the result is the same for any number
};

/// The figures of `summarise`, each with a 95% interval from refits to subjects drawn with replacement (as
/// many as there are, each with all its rows and its weight): percentiles of the replicates. One sheet per
/// sheet, in long form: words and time as there, `to` where it had a column per state, then value, low, high.
/// The title says how many refits did not end at a maximum; those are left out.
/// @throws Error P031 when fewer than half of the refits end at a maximum.
/// @source Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13 [EfronTibshirani1993]
[[nodiscard]] std::vector<Sheet> bootstrap(const markov::FittedModel& model, const Table& table,
                                           const std::vector<double>& covariates,
                                           const std::vector<double>& times, const Resampling& how);

}  // namespace bellwether::app

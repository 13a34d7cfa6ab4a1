#pragma once

#include <string>

#include "bellwether/app/table.hpp"
#include "bellwether/markov/model.hpp"
#include "bellwether/store/store.hpp"

namespace bellwether::app {

struct FitRequest {
    std::string spec_text, spec_file;
    std::size_t folds = 0;  ///< 0: one set for everyone
    Instant as_of;          ///< data as known then
    unsigned threads = 1;
    int starts = 1;
};

/// The panel of a store for a specification: one subject per patient with a reading of a modelled channel.
/// @throws Error D001, D002 channels that do not fit the catalogue.
[[nodiscard]] markov::Panel panel_of(store::Store& store, const markov::Spec& spec, Instant as_of);

/// Fits a specification to what the store knew at `as_of`. The result may be unusable: look at usable().
/// @throws InputError when the specification does not read; Error P003 when no patient has a modelled
/// reading.
[[nodiscard]] markov::FittedModel fit_store(store::Store& store, const FitRequest& request);

/// How a table is fitted.
struct TableFit {
    std::size_t folds = 0;
    unsigned threads = 1;
    int starts = 1;
    bool start_from_data = false;  ///< markov::crude_start instead of the specification's values
    std::string date;              ///< for the fitted model
};

/// Fits a specification to a table. The fitted model's data fingerprint is the table's.
[[nodiscard]] markov::FittedModel fit_table(const markov::Spec& spec, const Table& table,
                                            const TableFit& how);

/// One screen about a fitted model: how each set ended, parameters with standard errors, what its prior
/// holds.
[[nodiscard]] std::string describe(const markov::FittedModel& model);
[[nodiscard]] std::string describe_json(const markov::FittedModel& model);

}  // namespace bellwether::app

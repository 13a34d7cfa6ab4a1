#pragma once

#include "bellwether/app/sheet.hpp"
#include "bellwether/app/table.hpp"

namespace bellwether::app {

/// Draws from a model on the visits and covariates of a table: a table of the same form, which `read_table`
/// reads with the same columns. A subject of a model without a start begins where the table first sees it, or
/// in `from`. After the exact entry into a state nothing follows. In hidden models the state is told where it
/// was entered exactly: among the categories of a categorical channel, and in the state column where there is
/// one; `true_state` has it always.
/// @param visits  read with columns.visits_only or with states and readings
/// @param seed    the same seed draws the same
/// @throws Error M006 a channel that cannot be drawn.
[[nodiscard]] Sheet simulate_table(const markov::Spec& spec, const markov::Values& values,
                                   const Table& visits, const markov::TableColumns& columns, std::size_t from,
                                   unsigned long long seed);

}  // namespace bellwether::app

#pragma once

#include <string>
#include <vector>

#include "bellwether/core/error.hpp"
#include "bellwether/feed/bytes.hpp"
#include "bellwether/markov/panel.hpp"

/// A plain table (CSV with a header, one row per subject and time) as data for a model, without any store.
namespace bellwether::app {

/// What the command line says of a table's columns; empty: as in the model's `data:`.
struct TableOptions {
    std::string subject, time, state, kind, known, weight;
    bool exact_times = false;
    std::vector<std::string> readings;  ///< "fev=FEV1"
    std::vector<std::string> codes;     ///< "99=well+mild"
};

/// spec.table with the options over it.
/// @throws Error P029 an option that names no channel or state, or has no '='.
[[nodiscard]] markov::TableColumns columns_of(const markov::Spec& spec, const TableOptions& options);

struct Table {
    markov::Panel panel;
    /// Per row of the panel, its line in the file; a row put in at a cut of time has that of the row it leads
    /// to.
    std::vector<int> line;
    /// SHA-256 of the file's bytes and of the columns that are data, but for the covariates: models of one
    /// outcome that were fitted to one table have the same.
    std::string fingerprint;
};

/// Reads a table for a model. Rows of a subject stand together, in order of time.
///
/// An empty cell or `NA` is missing: no reading, no state seen; a covariate keeps its last value. A state is
/// its name or label, its number as declared (from 1), or a code of `columns`. In a column of readings, a
/// code, a state in which the channel is not read, and the value of an `identity` law stand for their states.
/// A state with exact entry was entered at its row's time unless the kind column says else; readings of that
/// row that it cannot have stem from just before. A continuous
/// reading may be `<x`, `>x` or `a..b`. Products and indicators of levels and periods are made here; a row
/// without readings is put in where a period begins.
///
/// Subjects who are not yet seen in any state have no rows until they are, where the model has no start.
///
/// @param name      of the file, for findings
/// @param columns   spec.table, with whatever the command line says instead
/// @param findings  codes P020 to P027 and those of broken CSV; reading goes on behind each, up to a hundred.
///                  The table is usable only if findings.ok().
/// @throws Error C001 when the source cannot be read.
[[nodiscard]] Table read_table(feed::ByteSource& source, const std::string& name, const markov::Spec& spec,
                               const markov::TableColumns& columns, Findings& findings);

}  // namespace bellwether::app

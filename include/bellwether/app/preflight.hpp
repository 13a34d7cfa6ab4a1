#pragma once

#include <string>
#include <vector>

#include "bellwether/app/table.hpp"

/// What will go wrong, said before the fit.
namespace bellwether::app {

struct Preflight {
    std::string model, unit;
    std::size_t subjects = 0, rows = 0, single = 0;  ///< single: subjects with one row
    std::size_t free_parameters = 0;
    std::vector<std::string> states;  ///< as declared: the phases of a state are one
    /// Moves between consecutive rows of one subject whose states are both seen: [from][to].
    std::vector<std::vector<std::size_t>> moves;
    std::size_t pairs = 0;                   ///< sum of them
    double median_gap = 0.0, longest = 0.0;  ///< between rows; from first to last row of a subject
    std::vector<std::string> advice;         ///< one sentence each, most serious first
};

/// Looks at states that are never reached or seen, transitions without a move, more transitions than moves
/// tell apart, effects that no data inform, and units that do not suit the start values.
[[nodiscard]] Preflight preflight(const markov::Spec& spec, const markov::Panel& panel);

[[nodiscard]] std::string describe(const Preflight& p);
[[nodiscard]] std::string describe_json(const Preflight& p);
[[nodiscard]] std::string describe_csv(const Preflight& p);  ///< from,to,moves

/// The rows at which the likelihood is 0 under the values, as findings P028 with their lines.
void find_impossible(const markov::Spec& spec, const markov::Values& values, const Table& table,
                     const std::string& name, Findings& findings);

}  // namespace bellwether::app

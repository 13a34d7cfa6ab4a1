#pragma once

#include <optional>
#include <random>
#include <vector>

#include "bellwether/markov/panel.hpp"
#include "bellwether/markov/spec.hpp"

namespace bellwether::markov {

/// What to draw for one subject.
struct Schedule {
    std::string id;
    std::vector<double> days;                     ///< visits, ascending
    std::vector<std::vector<double>> covariates;  ///< per visit
    /// Per channel: the first reading (rate), the baseline (own_baseline), the first level (growth); unit of
    /// the channel. Nothing, or no list: 1, or drawn (levels).
    std::vector<std::optional<double>> first_value;
    std::vector<double> lower_limit;  ///< per channel; a value below is reported as below it. Empty: none
    double missing = 0.0;             ///< probability that a reading is missing
    bool whole_days =
        true;  ///< exact entries are rounded up to whole units of time, not later than the visit
    /// From a time on the path is kept among some states: the intensities of the moves that leave them are 0.
    /// Who is elsewhere at that time moves there at once, in proportion to the intensities into them, evenly
    /// where there are none. Ascending; before the first the path is free.
    struct Kept {
        double from = 0.0;
        StateSet among = 0;
    };
    std::vector<Kept> kept = {};
};

/// Draws a path in continuous time and its readings, and adds them to the panel: visits up to the entry into
/// a state with exact entry, then that entry at its time.
/// @return the hidden state at each row that was added
/// @throws Error M045 the path is to be kept among no state, or begins among states without a chance to begin
/// in
std::vector<std::size_t> simulate(const Spec& spec, const Values& values, const Schedule& schedule,
                                  std::mt19937_64& random, Panel& panel);

}  // namespace bellwether::markov

#pragma once

#include <vector>

#include "bellwether/markov/filter.hpp"

#include "switching.hpp"

/// Private: the levels' part of the filter.
namespace bellwether::markov {

struct Filter::Levels {
    Levels(const Spec& spec, const Values& values);
    void start(FilterState& state) const;
    void forget(FilterState& state, std::size_t channel) const;
    /// Follows the levels over the gap and through the readings. Adds to out.filtered, per state, the log of
    /// what the readings weigh given that the state is the present one; fills log_pair, levels, log_joint.
    /// @param moved  null for a first row
    void take(const FilterState& state, const Row& row, const TransitionCache::Entry* moved, double gap,
              std::span<const double> before, bool explained, Step& out);
    /// The levels after the row last taken become those of the state.
    void keep(FilterState& state);

private:
    void read(const FilterState& state, const Row& row, std::span<const double> before, Step& out);
    void join(const TransitionCache::Entry* moved, double gap, Step& out);

    const Spec& spec_;
    LevelNumbers<double> numbers_;
    std::vector<std::size_t> level_of_;  ///< per channel
    mutable Switching<double> switching_;
    mutable Regimes<double> now_;
    Regimes<double> next_, part_;
    std::vector<LevelReading> readings_, some_;
};

}  // namespace bellwether::markov

#include <bit>
#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"
#include "bellwether/markov/filter.hpp"
#include "bellwether/markov/likelihood.hpp"

namespace bellwether::markov {
namespace {

/// "state 'dead'", "one of 3 states", or "its readings" where the row names no state.
std::string said_by(const Spec& spec, const Row& row) {
    if (row.kind == Kind::exact_entry) return fmt::format("state '{}'", spec.states[row.state].name);
    const StateSet among = row.among & spec.all_states();
    if (among == 0) return "what was read";
    if (std::has_single_bit(among))
        return fmt::format("state '{}'", spec.states[static_cast<std::size_t>(std::countr_zero(among))].name);
    return fmt::format("one of {} states", std::popcount(among));
}

}  // namespace

std::vector<ImpossibleRow> impossible_rows(const Spec& spec, const Values& values, const Panel& panel) {
    // Most panels have none: the likelihood tells so in a fraction of the filter's time.
    const std::vector<double> each = Likelihood(spec, panel).by_subject(values);
    const auto suspect = [&](std::size_t s) { return !std::isfinite(each[s]); };
    std::vector<ImpossibleRow> out;
    bool any = false;
    for (std::size_t s = 0; s < each.size(); ++s)
        any = any || suspect(s);
    if (!any) return out;
    TransitionCache cache(spec, values);
    const Filter filter(cache);
    Step step;
    const std::vector<Reading> nothing(spec.channels.size());
    for (std::size_t s = 0; s < panel.subjects(); ++s) {
        const std::size_t first = panel.first_row(s);
        if (first == panel.end_row(s) || !suspect(s)) continue;
        FilterState state = filter.start(panel.start(s), panel.row(first).covariates);
        for (std::size_t i = first; i < panel.end_row(s); ++i) {
            Row row = panel.row(i);
            filter.step(state, row, step);
            if (std::isfinite(step.log_likelihood)) continue;
            std::string why = fmt::format("{} is impossible at the start", said_by(spec, row));
            if (state.started)
                why = fmt::format("{} cannot follow {} after a time of {}", said_by(spec, row),
                                  said_by(spec, panel.row(i - 1)), shortest(row.time.count - state.time));
            out.push_back({s, i - first, std::move(why)});
            if (row.kind == Kind::exact_entry) {
                row.among = only(row.state);
                row.readings = nothing;
            }
            row.kind = Kind::snapshot;
            row.known = true;
            state = filter.start();
            filter.step(state, row, step);
        }
    }
    return out;
}

}  // namespace bellwether::markov

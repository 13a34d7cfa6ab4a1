#include "crude.hpp"

#include <algorithm>
#include <cmath>
#include <deque>

#include "bellwether/markov/fit.hpp"
#include "bellwether/markov/likelihood.hpp"

namespace bellwether::markov {
namespace {

/// What is added to each count of moves: no rate starts at 0.
constexpr double kHalf = 0.5;

/// The shortest way from one state to another: transitions.
std::vector<std::size_t> way(const Spec& spec, std::size_t from, std::size_t to) {
    std::vector<int> by(spec.states.size(), -1);
    std::deque<std::size_t> open = {from};
    std::vector<bool> seen(spec.states.size(), false);
    seen[from] = true;
    while (!open.empty() && !seen[to]) {
        const std::size_t at = open.front();
        open.pop_front();
        for (std::size_t t = 0; t < spec.transitions.size(); ++t)
            if (spec.transitions[t].from == at && !seen[spec.transitions[t].to]) {
                seen[spec.transitions[t].to] = true;
                by[spec.transitions[t].to] = static_cast<int>(t);
                open.push_back(spec.transitions[t].to);
            }
    }
    std::vector<std::size_t> out;
    for (std::size_t at = to; at != from && by[at] >= 0;
         at = spec.transitions[static_cast<std::size_t>(by[at])].from)
        out.push_back(static_cast<std::size_t>(by[at]));
    return out;
}

/// For each state, the one after it that is never told apart from it (the next phase of the same), or none.
std::vector<std::optional<std::size_t>> next_phases(const Spec& spec, const Panel& panel) {
    const std::size_t K = spec.states.size();
    std::vector<StateSet> together(K, spec.all_states());
    if (spec.channels.empty())
        for (std::size_t i = 0; i < panel.rows(); ++i) {
            const Row row = panel.row(i);
            if (row.among == 0 || row.known) continue;
            for (std::size_t s = 0; s < K; ++s)
                together[s] &= contains(row.among, s) ? row.among : ~row.among;
        }
    std::vector<std::optional<std::size_t>> out(K);
    for (const Transition& t : spec.transitions)
        if (spec.channels.empty() && !out[t.from] && contains(together[t.from], t.to)) out[t.from] = t.to;
    return out;
}

/// Rows that leave phases open: the first look is the first phase, each further one the next.
void choose_phases(const Spec& spec, const Panel& panel, std::vector<std::optional<std::size_t>>& state) {
    const std::vector<std::optional<std::size_t>> next = next_phases(spec, panel);
    for (std::size_t s = 0; s < panel.subjects(); ++s)
        for (std::size_t i = panel.first_row(s); i < panel.end_row(s); ++i) {
            const StateSet among = panel.row(i).among;
            if (state[i] || among == 0) continue;
            const std::optional<std::size_t> last = i > panel.first_row(s) ? state[i - 1] : std::nullopt;
            if (last && contains(among, *last) && next[*last] && contains(among, *next[*last]))
                state[i] = next[*last];
            else if (last && contains(among, *last))
                state[i] = last;
            else
                for (std::size_t k = spec.states.size(); k-- > 0;)
                    if (contains(among, k) && next[k] && contains(among, *next[k])) state[i] = k;
        }
}

/// Moves and time at risk, as if nothing happened between two rows but the shortest way.
struct Crude {
    std::vector<double> moves;  ///< per transition
    std::vector<double> time;   ///< per state
    std::vector<double> first;  ///< per state: first rows in it
};

Crude count(const Spec& spec, const Panel& panel, const std::vector<std::optional<std::size_t>>& state) {
    Crude out{std::vector<double>(spec.transitions.size(), 0.0), std::vector<double>(spec.states.size(), 0.0),
              std::vector<double>(spec.states.size(), 0.0)};
    for (std::size_t s = 0; s < panel.subjects(); ++s) {
        std::optional<std::size_t> last;
        double since = 0.0;
        for (std::size_t i = panel.first_row(s); i < panel.end_row(s); ++i) {
            if (!state[i]) continue;
            const double time = panel.row(i).time.count, weight = panel.weight(s);
            if (!last) {
                out.first[*state[i]] += weight;
            } else {
                const std::vector<std::size_t> steps = way(spec, *last, *state[i]);
                const double share = weight * (time - since) / static_cast<double>(steps.size() + 1);
                out.time[*last] += share;
                for (const std::size_t t : steps) {
                    out.moves[t] += weight;
                    out.time[spec.transitions[t].to] += share;
                }
            }
            last = state[i];
            since = time;
        }
    }
    return out;
}

void set_rates(const Spec& spec, const Crude& crude, Values& values) {
    std::vector<double> moves(spec.parameters.size(), 0.0), time(spec.parameters.size(), 0.0);
    double all = 0.0;
    for (const double t : crude.time)
        all += t;
    if (!(all > 0.0)) return;
    for (std::size_t t = 0; t < spec.transitions.size(); ++t) {
        moves[spec.transitions[t].rate] += crude.moves[t];
        time[spec.transitions[t].rate] += crude.time[spec.transitions[t].from];
    }
    for (const Transition& t : spec.transitions) {
        if (!spec.parameters[t.rate].fixed)
            values[t.rate] =
                (moves[t.rate] + kHalf) / (time[t.rate] + all / static_cast<double>(10 * spec.states.size()));
        for (const Effect& e : t.effects)
            if (!spec.parameters[e.parameter].fixed) values[e.parameter] = 0.0;
    }
}

void set_start(const Spec& spec, const Crude& crude, Values& values) {
    for (const StartFactor& factor : spec.start) {
        std::vector<double> n(factor.labels.size(), kHalf);
        for (std::size_t s = 0; s < spec.states.size(); ++s)
            if (factor.label_of[s] >= 0) n[static_cast<std::size_t>(factor.label_of[s])] += crude.first[s];
        double base = kHalf;
        for (std::size_t l = 0; l < n.size(); ++l)
            if (factor.parameter[l] == Channel::Group::kBase) base = n[l];
        for (std::size_t l = 0; l < n.size(); ++l) {
            if (factor.parameter[l] >= 0 &&
                !spec.parameters[static_cast<std::size_t>(factor.parameter[l])].fixed)
                values[static_cast<std::size_t>(factor.parameter[l])] = std::log(n[l] / base);
        }
    }
}

void no_effects(const Spec& spec, const std::vector<Effect>& effects, Values& values) {
    for (const Effect& e : effects)
        if (!spec.parameters[e.parameter].fixed) values[e.parameter] = 0.0;
}

}  // namespace

Values crude_start(const Spec& spec, const Panel& panel) {
    const Values given = spec.start_values();
    Values values = given;
    for (const Channel& channel : spec.channels) {
        if (channel.latent) no_effects(spec, channel.latent->effects, values);
        for (const Channel::Group& group : channel.groups) {
            for (const Term& term : group.terms)
                no_effects(spec, term.effects, values);
            for (const auto& effects : group.odds_effects)
                no_effects(spec, effects, values);
        }
    }
    for (const StartFactor& factor : spec.start)
        for (const auto& effects : factor.effects)
            no_effects(spec, effects, values);
    for (std::size_t c = 0; c < spec.channels.size(); ++c)
        start_readings(spec, c, panel, values);
    // A reading by itself tells little of a state whose mark is the level's motion: rates stay as declared.
    if (spec.has_latent()) return std::isfinite(Likelihood(spec, panel).value(values)) ? values : given;
    std::vector<std::optional<std::size_t>> state = likely_states(spec, values, panel);
    choose_phases(spec, panel, state);
    const Crude crude = count(spec, panel, state);
    set_rates(spec, crude, values);
    set_start(spec, crude, values);
    return std::isfinite(Likelihood(spec, panel).value(values)) ? values : given;
}

}  // namespace bellwether::markov

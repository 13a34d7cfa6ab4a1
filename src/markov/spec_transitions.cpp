#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "spec_reader.hpp"

namespace bellwether::markov {
namespace {

std::string words_of(const yaml::Node& node) {
    if (node.is_scalar()) return node.scalar();
    std::string out;
    for (std::size_t i = 0; i < node.size(); ++i) {
        if (i != 0) out += "+";
        out += node[i].is_scalar() ? node[i].scalar() : "?";
    }
    return out;
}

/// Axes that a selector names: the axis of its label; all of them for the name of a state.
void add_axes_of(const Spec& spec, const yaml::Node& node, std::vector<std::size_t>& axes) {
    const auto add_word = [&](const std::string& word) {
        for (std::size_t a = 0; a < spec.axes.size(); ++a) {
            const auto& labels = spec.axes[a].labels;
            if (spec.state_index(word) || std::find(labels.begin(), labels.end(), word) != labels.end())
                axes.push_back(a);
        }
    };
    if (node.is_scalar()) add_word(node.scalar());
    for (std::size_t i = 0; i < node.size(); ++i)
        if (node[i].is_scalar()) add_word(node[i].scalar());
}

/// Two states may be joined when they differ only on axes that the transition names.
bool differ_only_on(const State& a, const State& b, const std::vector<std::size_t>& axes) {
    for (std::size_t i = 0; i < a.on_axis.size(); ++i) {
        const bool differ = !a.on_axis[i].empty() && !b.on_axis[i].empty() && a.on_axis[i] != b.on_axis[i];
        if (differ && std::find(axes.begin(), axes.end(), i) == axes.end()) return false;
    }
    return true;
}

}  // namespace

void SpecReader::read_transitions(const yaml::Node& node) {
    for (std::size_t i = 0; i < node.size(); ++i)
        read_transition(node[i]);
}

void SpecReader::read_transition(const yaml::Node& node) {
    yaml::Map map(node, findings_);
    const yaml::Node from = map.required("from");
    const yaml::Node to = map.required("to");
    const Provenance provenance = read_provenance(map, numbers_);
    const yaml::Node rate_node = map.required("rate");
    if (from.is_null() || to.is_null() || rate_node.is_null()) return;
    const std::string arrow = fmt::format("{}>{}", words_of(from), words_of(to));
    const StateSet sources = read_states_of(from);
    const StateSet targets = entered(read_states_of(to), yaml::as_texts(to, findings_));
    std::vector<std::pair<StateSet, std::size_t>> rates;  // states left, parameter
    if (rate_node.is_sequence())
        rates = read_phase_rates(rate_node, sources, words_of(from), words_of(to), provenance);
    else
        rates.emplace_back(sources, read_parameter(rate_node, fmt::format("rate({})", arrow),
                                                   Parameter::Scale::log, provenance));
    const std::vector<Effect> effects = read_effects(map.optional("effects"), arrow, provenance);
    map.done();
    std::vector<std::size_t> axes;
    add_axes_of(spec_, from, axes);
    add_axes_of(spec_, to, axes);
    for (const auto& [left, rate] : rates)
        add_transitions(left, targets, axes, rate, effects, node.at());
}

std::vector<std::pair<StateSet, std::size_t>> SpecReader::read_phase_rates(const yaml::Node& node,
                                                                           StateSet sources,
                                                                           const std::string& from,
                                                                           const std::string& to,
                                                                           const Provenance& provenance) {
    std::vector<std::pair<StateSet, std::size_t>> out;
    for (std::size_t i = 0; i < node.size(); ++i) {
        StateSet phase = 0;
        for (std::size_t s = 0; s < spec_.states.size(); ++s)
            if (contains(sources, s) && spec_.states[s].phase == static_cast<int>(i) + 1) phase |= only(s);
        if (phase == 0) {
            findings_.error("M034", node[i].at(), fmt::format("'{}' has no phase {}", from, i + 1),
                            "give as many rates as the state has phases, or one number");
            continue;
        }
        out.emplace_back(phase, read_parameter(node[i], fmt::format("rate({}.{}>{})", from, i + 1, to),
                                               Parameter::Scale::log, provenance));
    }
    return out;
}

StateSet SpecReader::entered(StateSet set, const std::vector<std::string>& words) const {
    for (std::size_t s = 0; s < spec_.states.size(); ++s)
        if (spec_.states[s].phase > 1 &&
            std::find(words.begin(), words.end(), spec_.states[s].name) == words.end())
            set &= ~only(s);
    return set;
}

void SpecReader::add_transitions(StateSet from, StateSet to, const std::vector<std::size_t>& axes,
                                 std::size_t rate, const std::vector<Effect>& effects, const Location& at) {
    bool any = false;
    for (std::size_t r = 0; r < spec_.states.size(); ++r) {
        for (std::size_t s = 0; s < spec_.states.size(); ++s) {
            if (!contains(from, r) || !contains(to, s) || r == s) continue;
            if (!differ_only_on(spec_.states[r], spec_.states[s], axes)) continue;
            any = true;
            const auto& a = spec_.states[r].name;
            const auto& b = spec_.states[s].name;
            if (spec_.states[r].absorbing)
                findings_.error("M023", at, fmt::format("state '{}' is absorbing and cannot be left", a),
                                "remove the transition or `absorbing:`");
            const bool known = std::any_of(spec_.transitions.begin(), spec_.transitions.end(),
                                           [&](const Transition& t) { return t.from == r && t.to == s; });
            if (known)
                findings_.error("M023", at,
                                fmt::format("the transition '{}' to '{}' is declared twice", a, b),
                                "let one entry name it");
            spec_.transitions.push_back({r, s, rate, effects});
        }
    }
    if (!any && from != 0 && to != 0)
        findings_.error("M023", at, "this entry allows no transition", "name two different states or labels");
}

void SpecReader::read_start(const yaml::Node& node) {
    yaml::Map map(node, findings_);
    const Provenance provenance = read_provenance(map, numbers_);
    const bool estimate = map.truth_or("estimate", false);
    const auto prior_sd = map.maybe_number("prior-sd", {1e-6, 1e6});
    const yaml::Node p = map.required("probabilities");
    map.done();
    if (p.is_map()) {
        read_start_factor(p, estimate, prior_sd, provenance);
    } else {
        for (std::size_t i = 0; i < p.size(); ++i)
            read_start_factor(p[i], estimate, prior_sd, provenance);
    }
    if (spec_.states.empty() || spec_.start.empty()) return;
    bool possible = false;
    for (std::size_t s = 0; s < spec_.states.size(); ++s)
        possible = possible || std::all_of(spec_.start.begin(), spec_.start.end(),
                                           [&](const StartFactor& f) { return f.label_of[s] >= 0; });
    if (!possible)
        findings_.error("M029", node.at(), "no state is possible at the start",
                        "let each factor name the same states");
}

void SpecReader::read_start_factor(const yaml::Node& node, bool estimate, std::optional<double> prior_sd,
                                   const Provenance& from) {
    if (!node.is_map() || node.size() == 0) {
        findings_.error("M029", node.at(), "start probabilities must map labels to probabilities",
                        "write probabilities: {stable: 0.5, growing: 0.5}");
        return;
    }
    const Odds odds = read_odds(node, "start(", estimate, prior_sd, from);
    StartFactor factor;
    factor.label_of.assign(spec_.states.size(), -1);
    for (std::size_t i = 0; i < node.size(); ++i) {
        if (odds.parameter[i] == Channel::Group::kImpossible) continue;
        const StateSet set = entered(states_of_word(node.key(i), node.key_at(i)), {node.key(i)});
        for (std::size_t s = 0; s < spec_.states.size(); ++s) {
            if (!contains(set, s)) continue;
            if (factor.label_of[s] >= 0)
                findings_.error("M022", node.key_at(i),
                                fmt::format("the start of '{}' is given twice", spec_.states[s].name),
                                "use labels of one axis in one factor");
            factor.label_of[s] = static_cast<int>(factor.labels.size());
        }
        factor.labels.push_back(node.key(i));
        factor.parameter.push_back(odds.parameter[i]);
        if (!odds.effects.empty()) factor.effects.push_back(odds.effects[i]);
    }
    spec_.start.push_back(std::move(factor));
}

}  // namespace bellwether::markov

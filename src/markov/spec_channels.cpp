#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "spec_reader.hpp"

namespace bellwether::markov {

void SpecReader::read_channels(const yaml::Node& node) {
    for (std::size_t i = 0; i < node.size(); ++i)
        read_channel(node[i]);
}

void SpecReader::read_channel(const yaml::Node& node) {
    yaml::Map map(node, findings_);
    Channel channel;
    channel.name = map.text("name");
    if (spec_.channel_index(channel.name))
        findings_.error("M021", node.at(), fmt::format("channel '{}' is declared twice", channel.name),
                        "give each channel a name of its own");
    const Provenance provenance = read_provenance(map, numbers_);
    channel.group.assign(spec_.states.size(), Channel::kNone);
    if (const auto laws = map.optional("by-state"); !laws.is_null()) {
        channel.family = Family::by_state;
        (void)map.word_or("says", {"level"}, 0);
        read_patient(map, channel, provenance);
        map.done();
        read_laws(laws, channel, provenance);
        spec_.channels.push_back(std::move(channel));
        return;
    }
    channel.says = static_cast<Says>(map.word("says", {"level", "own-baseline", "rate", "growth"}));
    channel.family = static_cast<Family>(map.word("family", {"normal", "lognormal", "categorical"}));
    if (channel.family == Family::categorical) {
        if (channel.says != Says::level)
            findings_.error("M033", node.at(), "a categorical channel says its level only",
                            "write says: level");
        channel.says = Says::level;
        read_categories(map, channel, provenance);
        map.done();
        spec_.channels.push_back(std::move(channel));
        return;
    }
    if (channel.says == Says::growth) {
        read_growth_channel(map, channel, provenance);
        map.done();
        spec_.channels.push_back(std::move(channel));
        return;
    }
    const PerState mean = read_by_state(map.required("mean"), "mean", channel.name,
                                        Parameter::Scale::identity, true, provenance);
    const PerState sd =
        read_by_state(map.required("sd"), "sd", channel.name, Parameter::Scale::log, false, provenance);
    PerState diffusion;
    diffusion.of.resize(spec_.states.size());
    if (channel.says == Says::rate) {
        if (const auto n = map.optional("diffusion"); !n.is_null())
            diffusion = read_by_state(n, "diffusion", channel.name, Parameter::Scale::log, false, provenance);
        if (const auto n = map.optional("undetected"); !n.is_null()) {
            yaml::Map prior(n, findings_);
            channel.censored_prior = CensoredPrior{prior.number("offset"), prior.number("sd", {1e-3, 1e3})};
            prior.done();
        }
    }
    if (channel.says != Says::rate) read_patient(map, channel, provenance);
    if (channel.says == Says::own_baseline) {
        const std::size_t baseline = map.word_or("baseline", {"first", "marked", "latent"}, 0);
        channel.first_is_baseline = baseline == 0;
        if (baseline == 2) read_latent(map, channel, provenance);
        channel.absolute = baseline == 2 ? std::nullopt : map.maybe_number("absolute");
        if (channel.absolute && channel.on_log_scale() && *channel.absolute <= 0.0) {
            findings_.error("M026", node.at(), "`absolute` must be positive on a log scale",
                            "write a number above 0");
            channel.absolute.reset();
        }
        if (channel.absolute && channel.first_is_baseline)
            findings_.error("M033", node.at(),
                            "`absolute` stands for a missing baseline, but the first reading is one",
                            "add baseline: marked");
    }
    map.done();
    if (register_conditions(channel, mean, node.at())) group_states(channel, mean, sd, diffusion, node.at());
    spec_.channels.push_back(std::move(channel));
}

/// The spread of a patient's own level, where a channel has one.
void SpecReader::read_patient(yaml::Map& map, Channel& channel, const Provenance& from) {
    const yaml::Node n = map.optional("patient-sd");
    if (n.is_null()) return;
    channel.patient_sd = static_cast<int>(
        read_parameter(n, fmt::format("patient-sd({})", channel.name), Parameter::Scale::log, from));
    const auto others = std::count_if(spec_.channels.begin(), spec_.channels.end(),
                                      [](const Channel& c) { return c.patient_sd != Channel::kNone; });
    if (others >= 2)
        findings_.error("M033", n.at(), "more than two channels have a level of a patient's own",
                        "keep the two that need it most");
}

SpecReader::PerState SpecReader::read_by_state(const yaml::Node& node, const std::string& what,
                                               const std::string& channel, Parameter::Scale scale,
                                               bool variants, const Provenance& from) {
    PerState out;
    out.of.resize(spec_.states.size());
    if (node.is_null()) return out;
    bool one_for_all = !node.is_map();
    for (std::size_t i = 0; node.is_map() && i < node.size(); ++i)
        one_for_all = one_for_all || node.key(i) == "start";
    if (one_for_all) {
        const Variants v = read_variants(node, fmt::format("{}({})", what, channel), scale, variants, from);
        for (std::size_t s = 0; s < spec_.states.size(); ++s)
            if (!spec_.states[s].absorbing) out.of[s] = v;
        return out;
    }
    for (std::size_t i = 0; i < node.size(); ++i) {
        const StateSet set = states_of_word(node.key(i), node.key_at(i));
        const Variants v = read_variants(node[i], fmt::format("{}({}, {})", what, channel, node.key(i)),
                                         scale, variants, from);
        for (std::size_t s = 0; s < spec_.states.size(); ++s) {
            if (!contains(set, s)) continue;
            if (out.of[s])
                findings_.error("M022", node.key_at(i),
                                fmt::format("the {} of '{}' in state '{}' is given twice", what, channel,
                                            spec_.states[s].name),
                                "use labels of one axis");
            out.of[s] = v;
        }
    }
    return out;
}

SpecReader::Variants SpecReader::read_variants(const yaml::Node& node, const std::string& name,
                                               Parameter::Scale scale, bool allowed, const Provenance& from) {
    Variants out;
    if (!node.is_sequence()) {
        out.emplace_back(std::vector<Condition>{}, read_parameter(node, name, scale, from));
        return out;
    }
    if (!allowed) {
        findings_.error("M028", node.at(), fmt::format("'{}' cannot depend on covariates", name),
                        "give one number");
        return out;
    }
    for (std::size_t i = 0; i < node.size(); ++i) {
        yaml::Map map(node[i], findings_);
        std::vector<Condition> when;
        std::string full = name;
        if (const auto n = map.optional("when"); !n.is_null()) {
            when = read_conditions(n);
            full.pop_back();  // the closing bracket
            for (const Condition& c : when)
                full += fmt::format(" | {}={}", spec_.covariates[c.covariate].name, shortest(c.value));
            full += ")";
        }
        const std::size_t p = parameter_of_map(map, full, scale, from);
        map.done();
        out.emplace_back(std::move(when), p);
    }
    if (out.empty() || !out.back().first.empty())
        findings_.error("M028", node.at(), fmt::format("'{}' has no value where no `when` holds", name),
                        "let the last entry stand without `when`");
    return out;
}

bool SpecReader::register_conditions(Channel& channel, const PerState& mean, const Location& at) {
    for (const auto& variants : mean.of) {
        if (!variants) continue;
        for (const auto& [when, parameter] : *variants)
            for (const Condition& c : when)
                if (std::find(channel.conditions.begin(), channel.conditions.end(), c) ==
                    channel.conditions.end())
                    channel.conditions.push_back(c);
    }
    if (channel.conditions.size() <= Channel::kMaxConditions) return true;
    findings_.error(
        "M028", at,
        fmt::format("channel '{}' has {} different conditions", channel.name, channel.conditions.size()),
        fmt::format("use at most {}", Channel::kMaxConditions));
    return false;
}

void SpecReader::group_states(Channel& channel, const PerState& mean, const PerState& sd,
                              const PerState& diffusion, const Location& at) {
    for (std::size_t s = 0; s < spec_.states.size(); ++s) {
        if (!mean.of[s] || mean.of[s]->empty() || !sd.of[s] || sd.of[s]->empty()) {
            if (!spec_.states[s].absorbing)
                findings_.error("M022", at,
                                fmt::format("channel '{}' says nothing of state '{}'", channel.name,
                                            spec_.states[s].name),
                                "give its mean and sd, by name or by a label");
            continue;
        }
        Channel::Group group;
        for (std::size_t pattern = 0; pattern < Channel::kPatterns; ++pattern) {
            const auto holds = [&](const Condition& c) {
                const auto i = std::find(channel.conditions.begin(), channel.conditions.end(), c);
                return ((pattern >> (i - channel.conditions.begin())) & 1U) != 0;
            };
            group.mean[pattern] = static_cast<int>(mean.of[s]->back().second);
            for (const auto& [when, parameter] : *mean.of[s]) {
                if (!std::all_of(when.begin(), when.end(), holds)) continue;
                group.mean[pattern] = static_cast<int>(parameter);
                break;
            }
        }
        group.sd = static_cast<int>(sd.of[s]->front().second);
        if (diffusion.of[s] && !diffusion.of[s]->empty())
            group.diffusion = static_cast<int>(diffusion.of[s]->front().second);
        add_group(channel, s, group);
    }
}

void SpecReader::add_group(Channel& channel, std::size_t state, const Channel::Group& group) {
    const auto known = std::find(channel.groups.begin(), channel.groups.end(), group);
    channel.group[state] = static_cast<int>(known - channel.groups.begin());
    if (known == channel.groups.end()) channel.groups.push_back(group);
}

void SpecReader::read_categories(yaml::Map& map, Channel& channel, const Provenance& from) {
    const bool estimate = map.truth_or("estimate", true);
    if (map.truth_or("identity", false)) {
        for (const State& state : spec_.states)
            if (!state.exact_entry) channel.categories.push_back(state.name);
        for (std::size_t s = 0, i = 0; s < spec_.states.size(); ++s) {
            if (spec_.states[s].exact_entry) continue;
            Channel::Group group;
            group.odds.assign(channel.categories.size(), Channel::Group::kImpossible);
            group.odds[i++] = Channel::Group::kBase;
            add_group(channel, s, group);
        }
        return;
    }
    channel.categories = map.texts_or_none("categories");
    const yaml::Node node = map.required("probabilities");
    if (!node.is_map()) {
        findings_.error("M033", map.at(),
                        fmt::format("channel '{}' needs probabilities per state", channel.name),
                        "write probabilities: {growing: {low: 0.1, high: 0.9}}");
        return;
    }
    read_probabilities(node, channel, estimate, from);
    for (std::size_t s = 0; s < spec_.states.size(); ++s)
        if (channel.group[s] == Channel::kNone && !spec_.states[s].absorbing)
            findings_.error(
                "M022", node.at(),
                fmt::format("channel '{}' says nothing of state '{}'", channel.name, spec_.states[s].name),
                "give its probabilities, by name or by a label");
}

void SpecReader::read_probabilities(const yaml::Node& node, Channel& channel, bool estimate,
                                    const Provenance& from) {
    for (std::size_t i = 0; i < node.size(); ++i) {
        const StateSet set = states_of_word(node.key(i), node.key_at(i));
        const yaml::Node& row = node[i];
        if (!row.is_map() || row.size() == 0) {
            findings_.error("M033", row.at(), "a row must map categories to probabilities",
                            "write {low: 0.1, high: 0.9}");
            continue;
        }
        const Odds odds = read_odds(row, fmt::format("odds({}, {}: ", channel.name, node.key(i)), estimate,
                                    std::nullopt, from);
        Channel::Group group;
        group.odds.assign(channel.categories.size(), Channel::Group::kImpossible);
        if (!odds.effects.empty()) group.odds_effects.resize(channel.categories.size());
        for (std::size_t c = 0; c < row.size(); ++c) {
            const auto it = std::find(channel.categories.begin(), channel.categories.end(), row.key(c));
            if (it == channel.categories.end()) {
                findings_.error("M033", row.key_at(c), fmt::format("'{}' is not a category", row.key(c)),
                                suggestion(row.key(c), channel.categories));
                continue;
            }
            const auto category = static_cast<std::size_t>(it - channel.categories.begin());
            group.odds[category] = odds.parameter[c];
            if (!odds.effects.empty()) group.odds_effects[category] = odds.effects[c];
        }
        for (std::size_t s = 0; s < spec_.states.size(); ++s)
            if (contains(set, s)) add_group(channel, s, group);
    }
}

}  // namespace bellwether::markov

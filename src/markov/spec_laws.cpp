#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "spec_reader.hpp"

namespace bellwether::markov {
namespace {

/// In the order of Law.
const std::vector<std::string> kLaws = {"identity",
                                        "normal",
                                        "lognormal",
                                        "truncated-normal",
                                        "student-t",
                                        "uniform",
                                        "exponential",
                                        "gamma",
                                        "weibull",
                                        "beta",
                                        "poisson",
                                        "binomial",
                                        "beta-binomial",
                                        "negative-binomial",
                                        "normal-with-error",
                                        "uniform-with-error",
                                        "flat",
                                        "flat"};

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// What a natural parameter is when it is not given; nothing when it must be.
std::optional<double> default_of(Law law, std::string_view natural) {
    const bool truncated = law == Law::truncated_normal || law == Law::normal_with_error;
    if (truncated && natural == "lower") return -kInfinity;
    if (truncated && natural == "upper") return kInfinity;
    if (natural == "meanerr") return 0.0;
    return std::nullopt;
}

}  // namespace

void SpecReader::read_laws(const yaml::Node& node, Channel& channel, const Provenance& from) {
    if (!node.is_map() || node.size() == 0) {
        findings_.error("M033", node.at(), fmt::format("channel '{}' needs a law per state", channel.name),
                        "write by-state: {well: {normal: {mean: 100, sd: 16}}}");
        return;
    }
    for (std::size_t i = 0; i < node.size(); ++i) {
        const StateSet set = states_of_word(node.key(i), node.key_at(i));
        const auto group = read_law(node[i], fmt::format("({}, {})", channel.name, node.key(i)), from);
        for (std::size_t s = 0; s < spec_.states.size(); ++s) {
            if (!contains(set, s)) continue;
            if (channel.group[s] != Channel::kNone)
                findings_.error("M022", node.key_at(i),
                                fmt::format("the law of '{}' in state '{}' is given twice", channel.name,
                                            spec_.states[s].name),
                                "use labels of one axis");
            // A law that does not read is no reason to miss it.
            add_group(channel, s, group.value_or(Channel::Group{}));
        }
    }
    for (std::size_t s = 0; s < spec_.states.size(); ++s)
        if (channel.group[s] == Channel::kNone && !spec_.states[s].absorbing)
            findings_.error(
                "M022", node.at(),
                fmt::format("channel '{}' says nothing of state '{}'", channel.name, spec_.states[s].name),
                "give its law, by name or by a label");
}

std::optional<Channel::Group> SpecReader::read_law(const yaml::Node& node, const std::string& of,
                                                   const Provenance& from) {
    if (!node.is_map() || node.size() != 1) {
        findings_.error("M033", node.at(), "a state has one law", "write {normal: {mean: 100, sd: 16}}");
        return std::nullopt;
    }
    const auto law = std::find(kLaws.begin(), kLaws.end(), node.key(0));
    if (law == kLaws.end()) {
        findings_.error("M036", node.key_at(0), fmt::format("'{}' is not a law", node.key(0)),
                        suggestion(node.key(0), kLaws));
        return std::nullopt;
    }
    Channel::Group group;
    group.law = static_cast<Law>(law - kLaws.begin());
    yaml::Map map(node[0], findings_);
    for (const std::string_view natural : natural_parameters(group.law))
        group.terms.push_back(read_term(map, natural, group.law, fmt::format("{}{}", natural, of), from));
    map.done();
    check_bounds(group, node.at());
    return group;
}

// Bounds, sizes and what an identity reads are facts, not estimates.
Term SpecReader::read_term(yaml::Map& map, std::string_view natural, Law law, const std::string& name,
                           const Provenance& from) {
    const std::string key(natural);
    const auto standard = default_of(law, natural);
    const yaml::Node node = standard ? map.optional(key) : map.required(key);
    const bool constant = is_one_of(natural, {"lower", "upper", "size", "value"});
    Term term;
    bool tied = false;
    Parameter p;
    p.name = name;
    p.scale = scale_of(natural);
    p.at = map.at();
    p.illustrative = true;
    if (node.is_null()) {
        p.start = standard.value_or(p.scale == Parameter::Scale::logit ? 0.5 : 1.0);
        p.fixed = true;
    } else if (node.is_map()) {
        yaml::Map number(node, findings_);
        p = parameter_of(number, name, p.scale, from, tied);
        p.fixed = p.fixed || constant;
        if (!constant) term.effects = read_effects(number.optional("effects"), name, from);
        number.done();
    } else {
        p = parameter_of_number(node, name, p.scale, from);
        p.fixed = constant;
    }
    term.parameter = add_parameter(std::move(p), tied);
    return term;
}

void SpecReader::check_bounds(const Channel::Group& group, const Location& at) {
    const auto names = natural_parameters(group.law);
    const auto start = [&](std::string_view natural) -> std::optional<double> {
        const auto it = std::find(names.begin(), names.end(), natural);
        if (it == names.end()) return std::nullopt;
        return spec_.parameters[group.terms[static_cast<std::size_t>(it - names.begin())].parameter].start;
    };
    const auto lower = start("lower"), upper = start("upper"), size = start("size");
    if (lower && upper && !(*lower < *upper))
        findings_.error("M036", at, "`lower` is not below `upper`", "swap or widen them");
    if (size && (*size < 1.0 || *size != static_cast<double>(static_cast<long long>(*size))))
        findings_.error("M036", at, fmt::format("a size of {} is not a number of trials", shortest(*size)),
                        "write a whole number from 1");
}

}  // namespace bellwether::markov

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "spec_reader.hpp"

namespace bellwether::markov {
namespace {

/// What a wild reading is, unless the channel says otherwise: one in a hundred, with five times the noise.
/// Illustrative; contaminated normals of this kind: Tukey 1960 [Tukey1960].
constexpr double kWildShare = 0.01, kWildTimes = 5.0;
/// What holds diffusion where the data do not: a factor of e either way.
constexpr double kDiffusionPrior = 1.0;

/// A rate as it is written.
struct Written {
    std::string word;
    StateSet states;
    double rate;  ///< with its sign
    Parameter parameter;
    Location at;
};

}  // namespace

/// Rates by state or label, with their sign; 0 is exact. Rates of one sign are steps on top of one another,
/// the slowest first.
void SpecReader::read_growth(const yaml::Node& node) {
    if (!node.is_map() || node.size() == 0) {
        findings_.error("M038", node.at(), "`growth` must map states or labels to rates",
                        "write growth: {shrinking: -0.02, stable: 0, growing: 0.008}");
        return;
    }
    spec_.growth.assign(spec_.states.size(), {});
    std::vector<Written> rates;
    StateSet given = 0;
    for (std::size_t i = 0; i < node.size(); ++i) {
        const StateSet set = states_of_word(node.key(i), node.key_at(i));
        if ((set & given) != 0)
            findings_.error("M022", node.key_at(i),
                            fmt::format("a state of '{}' has its growth given twice", node.key(i)),
                            "use labels of one axis");
        given |= set;
        const std::string name = fmt::format("growth({})", node.key(i));
        Parameter p;
        if (node[i].is_map()) {
            yaml::Map map(node[i], findings_);
            bool tied = false;
            p = parameter_of(map, name, Parameter::Scale::identity, numbers_, tied);
            map.done();
            if (tied)
                findings_.error("M038", node[i].at(), fmt::format("'{}' cannot be tied", name),
                                "give the label that all its states share");
        } else {
            p = parameter_of_number(node[i], name, Parameter::Scale::identity, numbers_);
        }
        if (p.start != 0.0) rates.push_back({node.key(i), set, p.start, p, node.key_at(i)});
    }
    if (const StateSet left = spec_.live_states() & ~given; left != 0)
        for (std::size_t s = 0; s < spec_.states.size(); ++s)
            if (contains(left, s))
                findings_.error("M022", node.at(),
                                fmt::format("the growth of state '{}' is not given", spec_.states[s].name),
                                "give it by name or by a label; 0 where the level stays");
    std::stable_sort(rates.begin(), rates.end(),
                     [](const Written& a, const Written& b) { return std::abs(a.rate) < std::abs(b.rate); });
    for (const double sign : {-1.0, 1.0}) {
        GrowthRate rate{sign, {}};
        double slower = 0.0;
        std::string below;
        for (Written& w : rates) {
            if (w.rate * sign < 0.0) continue;
            Parameter& p = w.parameter;
            const double start = w.rate * sign;
            p.start = start - slower;
            p.scale = Parameter::Scale::log;
            if (p.prior) p.prior->centre = p.prior->centre * sign - slower;
            if (!below.empty()) p.name = fmt::format("growth({} beyond {})", w.word, below);
            if (!(p.start > 0.0) || (p.prior && !(p.prior->centre > 0.0)))
                findings_.error(
                    "M038", w.at,
                    fmt::format("'{}' must be faster than what is slower, and so must its prior", p.name),
                    "give the two rates in one state, or different starts");
            p.start = std::max(p.start, 1e-12);
            slower = start;
            below = w.word;
            rate.steps.push_back(add_parameter(std::move(p), false));
            for (std::size_t s = 0; s < spec_.states.size(); ++s)
                if (contains(w.states, s)) spec_.growth[s] = rate;
        }
    }
}

void SpecReader::read_growth_channel(yaml::Map& map, Channel& channel, const Provenance& from) {
    if (channel.family == Family::categorical || spec_.growth.empty())
        findings_.error("M038", map.at(),
                        channel.family == Family::categorical
                            ? fmt::format("channel '{}' grows, but is categorical", channel.name)
                            : fmt::format("channel '{}' grows, but no rate is declared", channel.name),
                        channel.family == Family::categorical
                            ? "write family: lognormal"
                            : "add growth: {shrinking: -0.02, stable: 0, growing: 0.008}");
    for (std::size_t s = 0; s < spec_.states.size(); ++s)
        channel.group[s] = spec_.states[s].absorbing ? Channel::kNone : 0;
    read_latent(map, channel, from);
    LatentLevel& level = *channel.latent;
    level.share = map.number_or("share", 1.0, {1e-3, 1e3});
    level.noise = static_cast<int>(read_parameter(
        map.required("noise"), fmt::format("noise({})", channel.name), Parameter::Scale::log, from));
    if (const auto node = map.optional("diffusion"); !node.is_null()) {
        const std::size_t p =
            read_parameter(node, fmt::format("diffusion({})", channel.name), Parameter::Scale::log, from);
        level.diffusion = static_cast<int>(p);
        Parameter& diffusion = spec_.parameters[p];
        if (!diffusion.fixed && !diffusion.prior) {
            diffusion.prior = Prior{diffusion.start, kDiffusionPrior};
            diffusion.held = true;
        }
    }
}

void SpecReader::read_latent(yaml::Map& map, Channel& channel, const Provenance& from) {
    LatentLevel level;
    level.share = 0.0;
    level.wild_share = kWildShare;
    level.wild_times = kWildTimes;
    if (const auto node = map.required("first"); !node.is_null()) {
        yaml::Map first(node, findings_);
        level.first_mean = read_parameter(first.required("mean"), fmt::format("first({})", channel.name),
                                          Parameter::Scale::identity, from);
        level.first_sd = read_parameter(first.required("sd"), fmt::format("first-sd({})", channel.name),
                                        Parameter::Scale::log, from);
        first.done();
    }
    if (const auto node = map.optional("wild"); !node.is_null()) {
        yaml::Map wild(node, findings_);
        level.wild_share = wild.number("share", {0.0, 0.5});
        level.wild_times = wild.number_or("times", kWildTimes, {1.0, 1e3});
        wild.done();
    }
    level.comparable = map.truth_or("comparable", false);
    level.effects = read_effects(map.optional("effects"), channel.name, from);
    channel.latent = level;
}

}  // namespace bellwether::markov

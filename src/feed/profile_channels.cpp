#include "profile_channels.hpp"

#include <fmt/format.h>

#include "bellwether/core/text.hpp"
#include "bellwether/core/units.hpp"

namespace bellwether::feed {
namespace {

/// `units: {spelling: unit, spelling: {factor: 0.5, source: ...}}`
std::vector<AcceptedUnit> read_units(const yaml::Node& node, const std::string& target, Findings& findings) {
    std::vector<AcceptedUnit> out;
    if (!node.is_map()) {
        yaml::Map complains(node, findings);
        return out;
    }
    for (std::size_t i = 0; i < node.size(); ++i) {
        if (const auto factor = unit_factor(node[i], target, findings)) out.push_back({node.key(i), *factor});
    }
    return out;
}

/// `unit: mm`, or `unit: {spelling: tablet units, factor: 2, source: ...}`
std::optional<AcceptedUnit> read_fixed(const yaml::Node& node, const std::string& target,
                                       Findings& findings) {
    const auto factor = unit_factor(node, target, findings);
    if (!factor) return std::nullopt;
    return AcceptedUnit{node.is_scalar() ? node.scalar() : target, *factor};
}

const Channel* find_channel(const std::string& name, const Location& at, const ChannelCatalogue& catalogue,
                            Findings& findings) {
    const auto it = catalogue.find(name);
    if (it == catalogue.end()) {
        findings.error("F104", at, fmt::format("unknown channel '{}'", name),
                       suggestion(name, names(catalogue)));
        return nullptr;
    }
    if (it->second.derived) {
        findings.error("F106", at, fmt::format("channel '{}' is computed, it cannot be fed", name),
                       "map the column to a measured channel, or leave it out");
        return nullptr;
    }
    return &it->second;
}

void read_entry(const yaml::Node& node, const Profile& profile, const ChannelCatalogue& catalogue,
                Findings& findings, ChannelEntry& entry) {
    yaml::Map map(node, findings);
    const auto name = map.required("channel");
    entry.channel = yaml::as_text(name, findings).value_or("");
    const Channel* channel =
        entry.channel.empty() ? nullptr : find_channel(entry.channel, name.at(), catalogue, findings);
    const std::string target = channel ? channel->unit : "1";
    const bool stated = profile.source(Field::unit).has_value();
    if (map.has("unit")) entry.fixed = read_fixed(map.optional("unit"), target, findings);
    if (map.has("units")) entry.accepted = read_units(map.optional("units"), target, findings);
    if (channel && !stated && !map.has("unit")) {
        findings.error(
            "F105", node.at(), fmt::format("no unit is declared for '{}'", entry.feed_name),
            fmt::format("add 'unit: ...' (kept as {}), or name the column that states it", channel->unit));
    }
    entry.lod = map.maybe_number("lod", {0, 1e300});
    if (entry.lod && entry.fixed) *entry.lod *= entry.fixed->factor;
    if (profile.shape == Shape::wide) entry.lod_column = map.text_or("lod_column", "");
    entry.below = map.has("below") ? map.texts_or_none("below") : profile.below;
    map.done();
}

}  // namespace

std::optional<double> unit_factor(const yaml::Node& node, const std::string& target, Findings& findings) {
    if (node.is_map()) {
        yaml::Map map(node, findings);
        const double factor = map.number("factor", {1e-12, 1e12});
        (void)map.text("source");  // required: a factor that nobody vouches for is a guess
        map.done();
        return factor;
    }
    const auto unit = yaml::as_text(node, findings);
    if (!unit) return std::nullopt;
    const auto factor = conversion_factor(*unit, target);
    if (factor) return factor;
    if (!canonical_unit(*unit)) {
        findings.error("F105", node.at(), fmt::format("unknown unit '{}'", *unit),
                       suggestion(*unit, known_units()) + " Or give {factor: ..., source: ...}");
    } else {
        findings.error("F105", node.at(), fmt::format("'{}' does not convert into '{}'", *unit, target),
                       "give {factor: ..., source: ...}, or map to another channel");
    }
    return std::nullopt;
}

std::vector<ChannelEntry> read_channels(const yaml::Node& node, const Profile& profile,
                                        const ChannelCatalogue& catalogue, Findings& findings) {
    std::vector<ChannelEntry> out;
    if (!node.is_map()) {
        yaml::Map complains(node, findings);
        return out;
    }
    for (std::size_t i = 0; i < node.size(); ++i) {
        ChannelEntry entry;
        entry.feed_name = node.key(i);
        read_entry(node[i], profile, catalogue, findings, entry);
        out.push_back(std::move(entry));
    }
    return out;
}

}  // namespace bellwether::feed

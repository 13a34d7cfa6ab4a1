#include "bellwether/record/channel.hpp"

#include <algorithm>

#include "bellwether/core/text.hpp"
#include "bellwether/core/units.hpp"
#include "bellwether/core/yaml.hpp"

namespace bellwether {
namespace {

const std::vector<std::string> kGroups{"imaging", "ctdna", "tissue", "blood", "other"};
const std::vector<std::string> kScales{"linear", "log"};
const std::vector<std::string> kHarms{"up", "down", "none"};
const std::vector<std::string> kSays{"level", "own_baseline", "rate"};

void read_unit(yaml::Map& map, Channel& c, Findings& findings) {
    const yaml::Node node = map.required("unit");
    if (node.is_null()) return;
    const auto unit = yaml::as_text(node, findings);
    if (!unit) return;
    c.unit = *unit;
    const auto canonical = canonical_unit(*unit);
    if (canonical && *canonical == *unit) return;
    findings.error(
        "K001", node.at(),
        canonical ? "unit '" + *unit + "' is not in its canonical spelling" : "unknown unit '" + *unit + "'",
        canonical ? "write '" + *canonical + "'" : suggestion(*unit, known_units()));
}

void read_range(yaml::Map& map, Channel& c, Findings& findings) {
    const yaml::Node node = map.optional("range");
    if (!node.is_null()) {
        if (!node.is_sequence() || node.size() != 2) {
            findings.error("Y012", node.at(), "range is not a list of two numbers", "write range: [0, 100]");
            return;
        }
        c.low = yaml::as_number(node[0], findings);
        c.high = yaml::as_number(node[1], findings);
        if (c.low && c.high && *c.low >= *c.high) {
            findings.error("K002", node.at(),
                           "range is upside down: " + shortest(*c.low) + " to " + shortest(*c.high),
                           "write the lower number first");
        }
    }
    if (c.scale == Scale::log && (!c.low || *c.low < 0)) {
        findings.error("K003", node.is_null() ? map.at() : node.at(),
                       "channel '" + c.name + "' is on the log scale, but its range admits values below 0",
                       "give it a range that starts at 0 or above, or write scale: linear");
    }
}

Channel read_channel(const std::string& name, const yaml::Node& node, Findings& findings) {
    yaml::Map map(node, findings);
    Channel c;
    c.name = name;
    c.title = map.text("title");
    read_unit(map, c, findings);
    c.group = kGroups[map.word("group", kGroups)];
    c.scale = static_cast<Scale>(map.word_or("scale", kScales, 0));
    c.harm = static_cast<Harm>(map.word_or("harm", kHarms, 2));
    c.says = static_cast<Says>(map.word_or("says", kSays, 0));
    c.lod = map.maybe_number("lod", {0});
    read_range(map, c, findings);
    c.stale_after = map.maybe_duration("stale_after", {1, 36500});
    c.derived = map.truth_or("derived", false);
    c.source = map.text("source");
    c.loinc = map.texts_or_none("loinc");
    map.done();
    return c;
}

void read_bridge(const yaml::Node& node, const ChannelCatalogue& catalogue, Findings& findings,
                 std::map<std::string, std::vector<Bridge>>& all) {
    yaml::Map map(node, findings);
    const std::string channel = map.text("channel");
    Bridge b{map.text("from"), map.text("to"), map.number("factor", {1e-9, 1e9}), map.text("source")};
    map.done();
    const auto known = catalogue.find(channel);
    if (known == catalogue.end()) {
        findings.error("K004", node.at(),
                       "bridge of channel '" + channel + "', which the catalogue does not have",
                       suggestion(channel, names(catalogue)));
    } else if (known->second.derived) {
        findings.error("K004", node.at(), "bridge of channel '" + channel + "', which is derived",
                       "bridge the channels that it is derived from");
    }
    auto& others = all[channel];
    const bool twice = std::any_of(others.begin(), others.end(), [&](const Bridge& o) {
        return (o.from == b.from && o.to == b.to) || (o.from == b.to && o.to == b.from);
    });
    if (b.from == b.to || twice) {
        findings.error("K005", node.at(),
                       b.from == b.to ? "'" + b.from + "' is bridged to itself"
                                      : "a second bridge between '" + b.from + "' and '" + b.to + "'",
                       "one bridge between two assays works both ways");
    }
    others.push_back(std::move(b));
}

}  // namespace

std::map<std::string, std::vector<Bridge>> read_bridges(std::string_view text, const std::string& file,
                                                        const ChannelCatalogue& catalogue,
                                                        Findings& findings) {
    std::map<std::string, std::vector<Bridge>> all;
    yaml::Map map(yaml::parse(text, file, findings), findings);
    if (!findings.ok()) return all;
    (void)map.integer("schema", {1, 1});
    const yaml::Node bridges = map.required("bridges");
    if (bridges.is_sequence()) {
        for (std::size_t i = 0; i < bridges.size(); ++i)
            read_bridge(bridges[i], catalogue, findings, all);
    } else if (!bridges.is_null()) {
        findings.error("Y012", bridges.at(), "bridges is not a list",
                       "write - {channel: ctdna, from: A/lab, to: B/lab, factor: 1.2, source: ...}");
    }
    map.done();
    return all;
}

ChannelCatalogue read_catalogue(std::string_view text, const std::string& file, Findings& findings) {
    ChannelCatalogue catalogue;
    yaml::Map map(yaml::parse(text, file, findings), findings);
    if (!findings.ok()) return catalogue;
    (void)map.integer("schema", {1, 1});
    const yaml::Node channels = map.required("channels");
    if (channels.is_map()) {
        for (std::size_t i = 0; i < channels.size(); ++i)
            catalogue.emplace(channels.key(i), read_channel(channels.key(i), channels[i], findings));
    } else if (!channels.is_null()) {
        findings.error("Y012", channels.at(), "channels is not a map",
                       "write one key per channel, then its properties");
    }
    map.done();
    return catalogue;
}

std::vector<std::string> names(const ChannelCatalogue& catalogue) {
    std::vector<std::string> result;
    for (const auto& [name, channel] : catalogue)
        result.push_back(name);
    return result;
}

}  // namespace bellwether

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bellwether/core/error.hpp"

namespace bellwether {

enum class Scale { linear, log };    ///< on which a difference means the same everywhere
enum class Harm { up, down, none };  ///< the direction that is bad for the patient; none: neither is
/// What a reading says about the hidden state; the design, "What a channel says about the state".
enum class Says { level, own_baseline, rate };

/// Declares two assays or laboratories comparable for a channel, or gives the factor between them. Works both
/// ways.
struct Bridge {
    std::string from, to;  ///< "assay/laboratory" as in the feed; "assay" where the laboratory is not given
    double factor = 1.0;   ///< value_to = value_from * factor; above 0
    std::string source;
    friend bool operator==(const Bridge&, const Bridge&) = default;
};

/// What is measured. Values of a channel are in its one canonical unit everywhere behind the feed.
struct Channel {
    std::string name;   ///< permanent: "ctdna"
    std::string title;  ///< for people: "ctDNA (mean variant allele fraction)"
    std::string unit;   ///< canonical, see core/units.hpp; "1" for scores
    std::string group;  ///< imaging | ctdna | tissue | blood | other: who contradicts whom
    Scale scale = Scale::linear;
    Harm harm = Harm::none;
    Says says = Says::level;
    std::optional<double> lod;       ///< lower limit of detection where the feed carries none
    std::optional<double> low;       ///< physically possible from here
    std::optional<double> high;      ///< to here
    std::optional<int> stale_after;  ///< days without a reading after which it is out of date
    bool derived = false;            ///< computed by `derive`, never fed
    std::string source;              ///< where the numbers come from; "illustrative" when nowhere
    std::vector<std::string> loinc;  ///< LOINC codes that a feed may carry for it; none for scores of our own
    std::vector<Bridge> bridges{};   ///< those in force; declared apart from the catalogue, see read_bridges
    friend bool operator==(const Channel&, const Channel&) = default;
};

/// The channels of a store, by name.
using ChannelCatalogue = std::map<std::string, Channel>;

/// Reads `schema: 1` / `channels:` (a map name -> {title, unit, group, scale, harm, says, lod, range: [low,
/// high], stale_after, derived, source, loinc: [code, ...]}). Codes: Y0xx of the YAML reader, K001 unknown
/// unit (the canonical spelling is asked for), K002 range upside down, K003 a log-scale channel whose range
/// admits values below 0. A channel with a finding is still in the result, with defaults where it could not
/// be read.
[[nodiscard]] ChannelCatalogue read_catalogue(std::string_view text, const std::string& file,
                                              Findings& findings);

/// Reads `schema: 1` / `bridges:` (a list of {channel, from, to, factor, source}). Codes: Y0xx, K004 a
/// channel that the catalogue does not have or derives, K005 an assay bridged to itself, or two bridges
/// between the same two.
/// @return per channel, in the order of the file
[[nodiscard]] std::map<std::string, std::vector<Bridge>> read_bridges(std::string_view text,
                                                                      const std::string& file,
                                                                      const ChannelCatalogue& catalogue,
                                                                      Findings& findings);

[[nodiscard]] std::vector<std::string> names(const ChannelCatalogue& catalogue);

}  // namespace bellwether

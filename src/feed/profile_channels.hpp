#pragma once

#include "bellwether/core/yaml.hpp"
#include "bellwether/feed/profile.hpp"

namespace bellwether::feed {

/// Reads `channels:`, a map from the feed's word or column to a channel. Codes F104 to F107.
/// @param profile  read so far: kind, shape and whether the feed has a column of units
[[nodiscard]] std::vector<ChannelEntry> read_channels(const yaml::Node& node, const Profile& profile,
                                                      const ChannelCatalogue& catalogue, Findings& findings);

/// A unit of the feed against the unit that we keep: a spelling of the table, or a factor with its source.
[[nodiscard]] std::optional<double> unit_factor(const yaml::Node& node, const std::string& target,
                                                Findings& findings);

}  // namespace bellwether::feed

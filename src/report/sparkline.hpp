#pragma once

#include <string>

#include "bellwether/record/channel.hpp"
#include "bellwether/series/timeline.hpp"

namespace bellwether::report {

/// One character per reading, the latest `most` of them ("…" in front when there are more): eight heights on
/// the channel's scale between the lowest and highest reading shown, "▿" below and "▵" above the limit of
/// detection, "|" where the assay changed.
[[nodiscard]] std::string sparkline(const series::Track& track, Scale scale, int most);

/// A bar of eighths of a column: p = 1 fills `columns`.
[[nodiscard]] std::string bar(double p, int columns);

}  // namespace bellwether::report

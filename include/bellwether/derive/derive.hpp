#pragma once

#include "bellwether/series/timeline.hpp"

namespace bellwether::derive {

/// Adds the derived channels to a timeline, each value on the date at which its inputs were all known and no
/// older than the declared age: exhaustion_norm = exhaustion - tcell_activity; nlr = neutrophils /
/// lymphocytes; dnlr = neutrophils / (leukocytes - neutrophils); ldh_ratio = ldh / ldh_uln; target_sum =
/// RECIST 1.1 sum of targets. A missing input leaves the value out and names it in Timeline::unmeasured.
///
/// Only channels that the catalogue declares `derived` are made; one that it declares so and that has no
/// recipe is named in Timeline::unmeasured (see derived_channels() to refuse it earlier).
///
/// Ages: all inputs are of the same day (of one biopsy, of one blood count), but for ldh_uln, the limit in
/// force: its last value up to 365 days old (illustrative), and not of another laboratory than the ldh value.
/// Of several readings of a day the last. Comparability: a derived track begins a segment wherever one of its
/// inputs does. Censoring: "<0.5" over 2 is "<0.25"; 2 over "<0.5" is ">4" (series/bounds.hpp). Where the
/// direction is not determined
/// ("<1" minus "<2"), or a divisor is 0 or less, the value is left out.
/// target_sum: the baseline and every later visit at which all targets had a size (recist.hpp). Without
/// lesions it is left out, also when a feed carries the sum itself as `sld`. Timeline::unmeasured[channel]:
/// set when there is no value at all, or none for the latest day with any of its inputs; the text names the
/// day and what was missing. An input that never came: "no reading of X".
///
/// No look-ahead: a value at a date depends on inputs up to it only.
/// @cost   O(n log n) in the readings of the inputs.
void extend(series::Timeline& timeline, const ChannelCatalogue& catalogue);

/// The channels that have a recipe.
[[nodiscard]] const std::vector<std::string>& derived_channels();

}  // namespace bellwether::derive

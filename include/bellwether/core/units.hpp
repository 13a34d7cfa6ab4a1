#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bellwether {

/// Factor that turns a number in unit `from` into unit `to`: value_to = value_from * factor.
///
/// Knows the spellings of a laboratory feed (10^3/uL, K/uL, ukat/L, ng/L, cm, ppm, ...) by a fixed table. Two
/// units are convertible only when the table puts them in one family; arbitrary units (U/mL of a tumour
/// marker, copies/mL) are equal only to themselves. Nothing is parsed: what is not in the table is unknown.
///
/// @return nothing when a spelling is unknown or the families differ.
/// @source UCUM 2.1, ucum.org, sections 3.2 and 4; 1 kat = 1 mol/s and 1 U = 1 umol/min (IUPAC).
[[nodiscard]] std::optional<double> conversion_factor(std::string_view from, std::string_view to);

/// The canonical spelling of a unit ("mm", "10*9/L", "%"), nothing when unknown. "" and "1" are the unit 1.
[[nodiscard]] std::optional<std::string> canonical_unit(std::string_view spelling);

/// All spellings known, for a suggestion.
[[nodiscard]] std::vector<std::string> known_units();

}  // namespace bellwether

#pragma once

#include <string>
#include <string_view>

#include "bellwether/core/feature.hpp"
#include "bellwether/rulebook/rule.hpp"

namespace bellwether::rulebook {

/// Reads one rule file and checks it against the feature table.
///
/// @param text   the whole file
/// @param file   names it in findings
/// @param table  what may be called, and what a call means; asked at loading only, never kept
/// @return the rules that are usable. A rule with an error is left out: when `findings.ok()` is false the
/// caller must
///         not score patients with the result (a misspelt threshold must stop the load, not thin the rules).
/// @param findings  every finding of the file, sorted by place: Y0xx of the YAML reader and R0xx, see
/// rules/CODES.md.
///         The place is that of the offending character, also inside an expression.
/// @param thresholds  numbers to put in place of those of `tunable` comparisons; R027 at a rule that is named
///         there and has none. Names of other files' rules are no matter.
/// @cost   linear in the file.
[[nodiscard]] Rulebook load(std::string_view text, const std::string& file, const FeatureTable& table,
                            Findings& findings, const Thresholds& thresholds = {});

/// Appends the rules of `more` to `into`. A name that is taken already: R001 at the later rule, which is left
/// out.
void merge(Rulebook& into, const Rulebook& more, Findings& findings);

}  // namespace bellwether::rulebook

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bellwether/core/error.hpp"
#include "bellwether/rulebook/rule.hpp"

/// Thresholds that stand in a file of their own, each with where it comes from: what `rules calibrate` writes
/// and what is activated beside the rules. docs/rule-format.md, "Thresholds apart".
namespace bellwether::rulebook {

struct Override {
    std::string alert, comparison;  ///< the rule, and its tunable comparison as it was written
    double number = 0.0;            ///< in place of the one in it
    std::string rule;               ///< Rule::conditions of the rule that it was found for
    std::string model;              ///< by which it was found; "" = none
    std::string specification;      ///< SHA-256 of that model's specification; "" = not known
    std::string fit;                ///< SHA-256 of the fitted model; "" = not known
    /// How it was found, for people: "budget", "rate", "population", "visits", ... in the file's order.
    std::vector<std::pair<std::string, std::string>> provenance;
    Location at = {};
};

/// @return those that are usable; R040 an alert twice, Y0xx as in rule files
[[nodiscard]] std::vector<Override> read_overrides(std::string_view text, const std::string& file,
                                                   Findings& findings);
/// read_overrides() of it gives the same, but for the places.
[[nodiscard]] std::string write_overrides(const std::vector<Override>& overrides);

/// What is active, or at hand, under a model's name.
struct ModelIdentity {
    std::string specification, fit;  ///< SHA-256; "" = not known, and nothing is said of it
};

/// Whether overrides still belong to the rules and models that they were found for.
/// @param findings  R041 (error) no such rule; R042 (warning) its conditions have changed since; R043
///                  (warning) the model's specification or fit has
void check_overrides(const std::vector<Override>& overrides, const Rulebook& book,
                     const std::vector<std::pair<std::string, ModelIdentity>>& models, Findings& findings);

}  // namespace bellwether::rulebook

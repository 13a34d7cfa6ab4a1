#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "bellwether/core/error.hpp"
#include "bellwether/core/feature.hpp"
#include "bellwether/core/yaml.hpp"

#include "expression.hpp"
#include "program.hpp"

/// Names, types and units of an expression, and its translation.
namespace bellwether::rulebook {

/// Where an expression stands: a scalar of the file and the byte of it at which the expression begins; or a
/// key.
struct Source {
    yaml::Node node;
    std::size_t offset = 0;
    std::string_view text;
    std::optional<Location> key;
    /// The place in the file of a byte of `text`.
    [[nodiscard]] Location place(std::size_t byte) const {
        if (key) return {key->file, key->line, key->column + static_cast<int>(byte)};
        return node.place(offset + byte);
    }
};

struct Scope {
    const FeatureTable& table;
    std::string model;   ///< of the rule's group
    CompiledRule& rule;  ///< calls and clocks are added here
    Findings& findings;
};

enum class Use {
    condition,  ///< must be a truth value; clock terms need a constant beside them; a constant answer is
                ///< reported
    value       ///< in a summary: anything, read at `fired` only
};

/// @return an expression that is not `present()` when there was a finding.
[[nodiscard]] Expression compile(const Source& source, Use use, const std::string& key, Scope& scope);

/// Checks one call and gives its type: R011 no such feature, R012 no such name, R013 wrong arguments, R014
/// refused by the table, R023 a label without a model.
/// @return false when there was a finding.
[[nodiscard]] bool check_call(const Expr& expr, const Source& source, const FeatureTable& table,
                              const std::string& model, Findings& findings, FeatureCall& call,
                              FeatureType& type);

/// Parses one expression that must be a single feature call (the keys of `given` in a rule test).
[[nodiscard]] bool compile_call(const Source& source, const FeatureTable& table, const std::string& model,
                                Findings& findings, FeatureCall& call);

/// Splits a summary into text and placeholders: R006 malformed, R007 unknown format, else as in expressions.
void compile_summary(const yaml::Node& node, Scope& scope);

}  // namespace bellwether::rulebook

#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "compile.hpp"

/// What the compiler knows of a part of an expression, and how it reports.
namespace bellwether::rulebook {

struct Operand {
    bool bad = false;  ///< a finding was made: say nothing more about what contains it
    ValueType type = ValueType::number;
    std::string unit = "1";          ///< canonical; numbers only
    bool bare = false;               ///< made of numbers that are written without a unit
    std::optional<double> constant;  ///< its value, when no feature stands in it
    int node = -1;                   ///< -1: a word
    std::size_t at = 0;

    static Operand wrong(std::size_t at) {
        Operand o;
        o.bad = true;
        o.at = at;
        return o;
    }
};

/// Findings about an expression: bytes of it become places of the file.
struct Report {
    const Source& source;
    Findings& findings;
    void error(std::string code, std::size_t at, std::string what, std::string hint) const {
        findings.error(std::move(code), source.place(at), std::move(what), std::move(hint));
    }
    void warning(std::string code, std::size_t at, std::string what, std::string hint) const {
        findings.warning(std::move(code), source.place(at), std::move(what), std::move(hint));
    }
};

[[nodiscard]] inline std::string_view name_of(ValueType type) {
    switch (type) {
        case ValueType::number:
            return "a number";
        case ValueType::duration:
            return "a duration";
        case ValueType::truth:
            return "a condition";
        case ValueType::text:
            return "text";
    }
    return "a value";
}

/// A word where a value is wanted: the first feature of one argument that takes such a name is probably
/// meant.
[[nodiscard]] inline std::string word_hint(const std::string& word, const FeatureTable& table,
                                           const std::string& model) {
    for (const auto& feature : table.features()) {
        if (feature.name == word) return "a feature needs its arguments: " + word + "(...)";
        if (feature.args.empty() || (feature.args.size() > 1 && !feature.args[1].optional)) continue;
        const auto names = table.names(feature.args[0].type, model);
        if (std::find(names.begin(), names.end(), word) != names.end())
            return "write " + feature.name + "(" + word + ")";
    }
    return "a word stands only beside == or != and a feature that gives text";
}

/// One of the six comparisons.
[[nodiscard]] bool compare_numbers(Op op, double a, double b);

}  // namespace bellwether::rulebook

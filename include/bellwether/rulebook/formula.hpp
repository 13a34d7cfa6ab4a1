#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bellwether/core/feature.hpp"
#include "bellwether/rulebook/rule.hpp"

/// An expression of the rule language asked for its value, apart from any alert.
namespace bellwether::rulebook {

struct FormulaAnswer {
    std::optional<double> value;  ///< a condition: 1 or 0; a duration: days
    /// -1: the truth lies below `value`, +1: above it (a reading beyond its limit), 0: it is the number.
    int bound = 0;
    std::vector<std::string> missing;  ///< when there is no value: why, each reason once
};

/// The first placeholder of a rule's summary: the one place of a rule file where an expression of any type
/// may stand. Copies are cheap; safe to ask from many threads, each with its own patient.
class Formula {
public:
    /// Nothing where the summary has no placeholder.
    [[nodiscard]] static std::optional<Formula> of(const Rule& rule);
    [[nodiscard]] ValueType type() const;
    /// What it asks of a patient, each once.
    [[nodiscard]] const std::vector<FeatureCall>& calls() const { return calls_; }
    /// Whether it is one call and nothing beside it.
    [[nodiscard]] bool single() const;
    /// Arithmetic on bounds, unknowns and divisions by zero as in conditions (docs/rule-format.md). A text
    /// has no value.
    /// @cost  each call once
    /// @tested tests/rulebook/formula_test.cpp: against the same arithmetic in C++, and against `when`
    [[nodiscard]] FormulaAnswer at(PatientFeatures& patient, Date day) const;

private:
    Formula(std::shared_ptr<const CompiledRule> rule, std::size_t piece);
    std::shared_ptr<const CompiledRule> rule_;
    std::size_t piece_;
    std::vector<FeatureCall> calls_;
};

}  // namespace bellwether::rulebook

#pragma once

#include <optional>
#include <string>

#include "bellwether/core/error.hpp"
#include "bellwether/core/yaml.hpp"
#include "bellwether/therapy/therapy.hpp"

namespace bellwether::therapy {

/// What a guard reads. The prefix of the fact's name tells.
enum class FactKind { channel, toxicity, attribute, exposure };

enum class Op { less, less_equal, greater, greater_equal, equal, not_equal };

/// One condition on one fact: "alt_ratio <= 3", "toxicity:colitis < 2", "attribute:autoimmune != active",
/// "not had:ipilimumab".
struct Guard {
    std::string text;  ///< as written
    Location at;       ///< of the fact's name
    FactKind kind = FactKind::channel;
    std::string fact;  ///< "toxicity:colitis"
    std::string name;  ///< "colitis"
    Op op = Op::less;
    std::optional<double> number;  ///< nothing: compared with `word`
    std::string word;
    std::string source;  ///< key
};

enum class Truth { holds, fails, missing };

struct Judgement {
    Truth truth = Truth::holds;
    std::string because;  ///< the datum that fails or is missing; "" when it holds
};

/// Reads the text of a guard. Findings T013 (syntax, at its place) and nothing in that case.
[[nodiscard]] std::optional<Guard> parse_guard(const yaml::Node& text, Findings& findings);

/// A toxicity that is not among the facts has grade 0 when "toxicity:any" is known (the list is complete); a
/// regimen that is not among them was never given (the therapy record is the list). Anything else that is
/// absent is missing.
[[nodiscard]] Judgement judge(const Guard& guard, const Facts& facts);

/// The grade of a toxicity under the rule above; nothing when unknown.
[[nodiscard]] std::optional<double> toxicity_grade(const std::string& term, const Facts& facts);

/// "alt 2026-03-02: 210 U/L", or the fact's name and value when it has no origin.
[[nodiscard]] std::string describe(const std::string& name, const Fact& fact);

}  // namespace bellwether::therapy

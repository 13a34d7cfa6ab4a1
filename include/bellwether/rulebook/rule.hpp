#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bellwether/core/error.hpp"

/// Rules as they stand in a rule file, checked and compiled. docs/rule-format.md is the manual of the
/// language.
namespace bellwether::rulebook {

enum class Severity { info, review, urgent };  ///< ordered: a later one is worse
[[nodiscard]] std::string_view to_string(Severity s);

/// As in Falco: how far a rule is trusted. Without a source a rule stays in `sandbox`.
enum class Maturity { sandbox, incubating, stable, deprecated };
[[nodiscard]] std::string_view to_string(Maturity m);

enum class ProposalKind { intensify, switch_, add, hold, confirm };
[[nodiscard]] std::string_view to_string(ProposalKind k);  ///< "switch" without the underscore

/// What an alert proposes to consider. Whether the option is open or barred is decided by `therapy`.
struct Proposal {
    ProposalKind kind = ProposalKind::confirm;
    std::string bottleneck;  ///< label of the group's model ("exhausted"); may be empty
    std::string target;      ///< what to confirm, hold or add ("imaging"); may be empty
};

/// Who answers, and within how many days.
struct Response {
    std::string role;
    int within_days = 0;
};

/// How long the condition must hold before the rule fires. Neither set: it fires at its onset.
struct Persistence {
    std::optional<int> days;    ///< `for: 21d`
    std::optional<int> visits;  ///< `for: 2 visits`; the onset counts when it is a visit
    std::string of;             ///< `for: 2 visits of ctdna`; empty: any channel that the rule names
};

/// The one comparison of `when` whose number may be moved: by a replay that asks what another threshold would
/// have done, and by a budget of false alerts. `tunable: P(growing) >= 0.8`. With one of `until` beside it,
/// `tunable: [P(growing) >= 0.8, P(growing) < 0.5]`, that number moves in the same proportion.
struct Tunable {
    std::string comparison;     ///< as written, "P(growing) >= 0.8"
    double number = 0.0;        ///< in force: the rule file's, or what Thresholds say instead
    std::string unit = {};      ///< as written behind the number; ""
    bool upwards = true;        ///< > or >=: a higher number makes the rule quieter
    std::string until = {};     ///< the comparison of `until` as written; "" when there is none
    double until_number = 0.0;  ///< in force
};

/// Numbers to use in place of those of the `tunable` comparisons, by alert, in the unit that stands there.
using Thresholds = std::map<std::string, double>;

/// The expressions of a rule in the form that `Evaluator` runs. Private to the module.
struct CompiledRule;

struct Rule {
    std::string alert;  ///< permanent name; unique over a rulebook
    std::string title;
    std::string group;
    std::string model;  ///< whose states P() may name; "" when the group declares none
    Maturity maturity = Maturity::sandbox;
    std::string when, unless, until, escalate_when;  ///< as written; empty when absent
    std::optional<Tunable> tunable;
    /// SHA-256 of what decides when the rule fires and ends, as it stands in the file, whatever numbers are
    /// in force: a threshold that was found for a rule holds for that rule.
    std::string conditions;
    Persistence persistence;
    Severity severity = Severity::review;
    std::optional<Severity> escalate_to;
    std::optional<Response> respond;
    std::optional<Proposal> propose;
    std::string summary;                ///< as written, with its placeholders
    std::vector<std::string> evidence;  ///< keys of the bibliography
    bool illustrative = false;          ///< at least one number has no source
    std::string notes;
    std::optional<double> false_alerts_per_patient_year;  ///< the budget
    Location at;                                          ///< of its `alert`
    std::shared_ptr<const CompiledRule> compiled;
};

/// Rules in the order of their files. Copies are cheap (the compiled rules are shared and immutable).
struct Rulebook {
    std::vector<Rule> rules;
    /// Names of all alerts, in order.
    [[nodiscard]] std::vector<std::string> alerts() const;
    [[nodiscard]] const Rule* find(std::string_view alert) const;
};

}  // namespace bellwether::rulebook

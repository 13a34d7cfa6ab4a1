#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bellwether/core/date.hpp"
#include "bellwether/core/feature.hpp"
#include "bellwether/rulebook/rule.hpp"

/// E of the design: verdicts of rules about one patient, a pure function of what is known.
///
/// Terms. A *point* of a rule is a date, not after `as_of`, at which its answer can change: a final reading
/// of a channel that one of its expressions reads, a therapy change or an event where one of them reads
/// those, and the dates that the feature table gives for terms that read the clock. `as_of` itself is none. A
/// *visit* is a point with a final reading of a channel that the rule names (P() names none), or of the
/// channel after `of`. The *condition* is `when and not unless`, in three truth values; an unknown `unless`
/// counts as false and is recorded.
///
/// Machine, over the points in order:
///   idle     condition true: pending, onset = this point.
///   pending  fires at the first point (onset included) with a true condition at which `for` is satisfied: at
///   once; at
///            the N-th visit with a true condition since onset; or when the days since onset are reached,
///            which is looked at on that very day too. False: idle. Unknown: held, neither counted nor reset.
///   open     from the point after `fired`: ends where `until` is true (unknown: stays open), or, without
///   `until`, where
///            the condition is false. While open, `fired` included and the end excluded, `escalate` may raise
///            the severity and nothing lowers it. After the end: idle; the point of the end starts nothing.
namespace bellwether::rulebook {

struct Episode {
    Date onset;                            ///< point at which the condition began to hold
    Date fired;                            ///< day on which `for` was satisfied
    std::optional<Date> ended;             ///< nothing while it lasts
    Severity severity = Severity::review;  ///< highest reached
    std::optional<Date> escalated;         ///< point at which it was reached, when above the rule's own
    /// JSON object, keys in alphabetical order, shortest numbers; always the same bytes for the same data:
    /// {"at":"2024-03-01","because":[{"call":"fold(ctdna, nadir)","unit":"1","value":1.75},
    ///  {"call":"P(growing)","unknown":"no
    ///  model"}],"escalated":"2024-04-01","summary":"...","unless_unknown":["..."]}
    /// A value that is only a bound (a reading beyond its limit of detection) has "bound":"below" or "above"
    /// beside it. `because` holds the calls of `when`, `unless` and `summary` as they stood on `fired`;
    /// "escalated" and "unless_unknown" stand there only when there is something to say.
    std::string evidence;
    friend bool operator==(const Episode&, const Episode&) = default;
};

struct RuleVerdict {
    std::vector<Episode> episodes;     ///< ascending; only the last can be open
    std::optional<Date> pending;       ///< onset of a condition that has not fired yet
    std::optional<Date> last_point;    ///< nothing when the rule never had a point
    bool assessable = false;           ///< `when` is known at the last point
    std::vector<std::string> missing;  ///< when not assessable: why, each reason once
    [[nodiscard]] bool open() const { return !episodes.empty() && !episodes.back().ended; }
    friend bool operator==(const RuleVerdict&, const RuleVerdict&) = default;
};

struct PatientVerdicts {
    std::vector<RuleVerdict> rules;  ///< one per rule of the rulebook, same order
    /// First day after `as_of` on which an answer can change although nothing new is known.
    std::optional<Date> next_deadline;
    friend bool operator==(const PatientVerdicts&, const PatientVerdicts&) = default;
};

/// Runs a rulebook over patients. Each distinct feature call of the rulebook is asked once per patient, over
/// the points of all rules. Keeps its buffers from patient to patient: not thread-safe, one per worker;
/// results never depend on earlier patients.
///
/// @cost  per patient O(points x nodes of all expressions), without allocation once the buffers have grown
/// (but for the
///        results and for what PatientFeatures itself allocates).
/// @tested tests/rulebook/machine_property_test.cpp: against a day-by-day implementation written apart.
class Evaluator {
public:
    /// @param evidence  false: episodes come without their evidence, for a caller who asks only when they
    ///        were; everything else is the same
    explicit Evaluator(const Rulebook& book, bool evidence = true);
    ~Evaluator();
    Evaluator(Evaluator&&) noexcept;
    Evaluator& operator=(Evaluator&&) noexcept;

    /// @param patient  answers as known at one D
    /// @param as_of    the clinical day of that D: no point is later
    [[nodiscard]] PatientVerdicts evaluate(PatientFeatures& patient, Date as_of);

    /// The same for the patient of the previous call, of whom something more is known now: what was found at
    /// points before `unchanged_before` is taken over, only the others are looked at. The answer is that of
    /// evaluate(), byte for byte, when the caller's word is true:
    /// @param unchanged_before  dates of readings, therapies, events and clocks before this day, and what
    ///                          features answer there, are those of the previous call; and `as_of` is not
    ///                          before that call's
    /// @cost  as evaluate(), with the points from `unchanged_before` on, plus O(ticks of the rules) without
    ///        an expression evaluated
    /// @tested tests/app/laws_test.cpp: equal to evaluate() at every instant of random histories that grow
    [[nodiscard]] PatientVerdicts resume(PatientFeatures& patient, Date as_of, Date unchanged_before);

    /// What the rulebook asks of a patient, each once: for a caller that wants to prepare.
    [[nodiscard]] const std::vector<FeatureCall>& calls() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// What a rule's `when` asks: what must be known for it to fire.
[[nodiscard]] std::vector<FeatureCall> calls_of_when(const Rule& rule);
/// What `when` and `unless` ask.
[[nodiscard]] std::vector<FeatureCall> calls_of_condition(const Rule& rule);

/// One patient, once.
[[nodiscard]] PatientVerdicts evaluate(const Rulebook& book, PatientFeatures& patient, Date as_of);

}  // namespace bellwether::rulebook

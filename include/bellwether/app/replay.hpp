#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bellwether/app/knowledge.hpp"
#include "bellwether/app/study.hpp"
#include "bellwether/study/measures.hpp"

/// Rules run over a store's history exactly as it was known then. Nothing is written.
namespace bellwether::app {

/// One of two sides that a replay sets against each other: what E is computed with, and under which name.
struct ReplaySide {
    std::string name;
    std::vector<std::shared_ptr<const Knowledge>> knowledge;
    std::vector<std::string> rules;  ///< the rules whose figures are asked for, in order
};

/// What a side is made of.
struct SideSource {
    std::optional<RuleSet> rules;     ///< nothing: those active at the end of the replay
    std::vector<std::string> models;  ///< texts of fitted models; in place of active ones of the same name
};

/// Rules and models in force from `from` on, as if they had been activated then.
/// @throws Error P032 no rules; InputError when they or a model do not load
[[nodiscard]] ReplaySide make_side(const std::string& name, store::Store& store, const SideSource& source,
                                   Instant from, Instant to);

/// The rules that a side is made of. @throws Error P032 as make_side
[[nodiscard]] RuleSet side_rules(store::Store& store, const SideSource& source, Instant to);

/// The recorded activations, as the scans had them.
[[nodiscard]] ReplaySide recorded_side(store::Store& store, Instant to);

/// Channels that the rules of a side read, those of the models behind P() included.
[[nodiscard]] std::set<std::string> channels_read(const ReplaySide& side);

/// Adds to a side a copy of a rule for each value of its tunable number, under the name RULE@VALUE. The other
/// rules answer as before: rules know nothing of each other.
/// @throws Error P033 no such rule; InputError (R027) when it has no tunable number
void add_thresholds(ReplaySide& side, const RuleSet& rules, const std::string& rule,
                    const std::vector<double>& values);

/// Refuses models whose parameters may have seen a patient whom they would score: neither cross-fitted, nor
/// fitted to nobody, nor to what was known before `from`.
/// @param fitted_elsewhere  the caller vouches that the models were fitted to none of the store's patients;
///        refused all the same when the fit's fingerprint is that of the store's own data
/// @throws Error P031 in-sample figures are never reported
void refuse_in_sample(const ReplaySide& side, store::Store& store, Instant from, bool fitted_elsewhere);

struct ReplayRequest {
    Date from, to;
    /// Results are looked at every so many days from `from` on, and at `to`; nothing: as soon as they are
    /// learnt. Deadlines are looked at on their own day, as in a scan.
    std::optional<int> every_days;
    EventKind event = EventKind::progression;
    int horizon_days = 180;  ///< illustrative: see study::event_free_until and Measure::event_within_horizon
    std::optional<TrueOnsets> truth;  ///< which days were stable; nothing: event_free_until
    /// Only patients with all of these: arm, site, trial, sex, or an attribute, and its value.
    std::vector<std::pair<std::string, std::string>> cohort;
    int threads = 2;
    std::function<void(std::int64_t done, std::int64_t of)> progress;  ///< may be empty
};

/// A patient of a replay: watched from the later of day zero (else the first reading) and `from`, to the last
/// reading up to `to`. Outcomes are as known at the end of `to`. Who is never watched is left out.
struct ReplayedPatient {
    study::Follow follow;                       ///< without alerts
    std::map<std::string, std::string> groups;  ///< "sex", "age", "site", "arm", "assay of ctdna"
    struct Rule {
        std::vector<study::RaisedAlert> alerts;
        int days_not_assessable = 0;
        bool ever_assessable = false, assessable_before_event = false;
    };
    std::vector<std::map<std::string, Rule>> sides;  ///< by rule, swept ones included
};

struct Replayed {
    std::vector<ReplayedPatient> patients;  ///< by id
    std::vector<std::pair<std::string, std::string>> failed;
};

/// Runs each side over the history. Same bytes on any number of threads.
///
/// With `every_days` each version counts as learnt at the end of the first day of the grid that is not before
/// it; its rank is kept. So a replay on a grid is a live run of a store that was fed on those days.
///
/// @cost  as walk(), per side; patients are streamed in blocks
/// @tested tests/app/replay_test.cpp: without a grid equal to what scan_patient writes, with a grid to what
///         it writes for versions learnt on it; threads; no look-ahead
[[nodiscard]] Replayed replay(store::Store& store, const ReplayRequest& request,
                              const std::vector<ReplaySide>& sides);

/// Age bands of ICH E7 (1993; questions and answers 2010): "under 65", "65 to 74", "75 and over", "unknown".
[[nodiscard]] std::string age_band(const Patient& patient);

/// The patients under one rule, "" = any rule of the side; swept copies are no rules of the side.
[[nodiscard]] std::vector<study::Watched> watched(const Replayed& replayed, std::size_t side,
                                                  const std::string& rule,
                                                  const std::vector<std::string>& rules_of_side);

/// The ledger against the machine's events recomputed from the store with the recorded activations, up to the
/// last scan: law 2 of the design, on a real store.
struct LedgerCheck {
    std::int64_t events = 0, alerts = 0;  ///< in the ledger
    /// The first that differs, by patient: "P1, event 3: ledger ..., replay ..."; nothing when all are equal.
    std::optional<std::string> difference;
};
[[nodiscard]] LedgerCheck check_ledger(store::Store& store, int threads);

}  // namespace bellwether::app

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bellwether/app/evaluate.hpp"
#include "bellwether/store/store.hpp"

namespace bellwether::app {

/// Evaluators of one worker, one per state of knowledge, made when first needed.
class Workspace {
public:
    /// @param evidence  false for a walk that asks only when alerts were raised: no ledger can be written
    ///        from it, and no event says that evidence changed
    explicit Workspace(bool evidence = true) : evidence_(evidence) {}
    [[nodiscard]] Evaluator& evaluator(const std::shared_ptr<const Knowledge>& knowledge);

private:
    bool evidence_;
    std::map<const Knowledge*, Evaluator> evaluators_;
};

/// One instant of a walk: what E says then, and what that does to the ledger.
struct Moment {
    Instant at;
    const Evaluation& verdict;
    /// Of the machine. Alerts that the walk opened have the numbers after the largest in the ledger.
    const std::vector<AlertEvent>& events;
};

/// Walks one patient through every instant in (after, as_of] at which an answer can change: each lambda, each
/// activation, each deadline, in order; evaluates, reconciles with the ledger and hands what came of it to
/// `visit`. What scan and replay share. From one instant to the next only what was learnt, and the points
/// that it can touch, are looked at again.
///
/// @param deadline  the earliest one known at `after`
/// @param ledger    the patient's alerts; brought up to date
/// @param tracks    the patient's filter tracks; updated
/// @return the earliest deadline known at the end
/// @cost  per instant linear in what is known of the patient for its timeline, plus the new points times the
///        rules
/// @tested tests/app/laws_test.cpp: equal to evaluating everything anew at each instant
std::optional<Date> walk(const PatientHistory& history, std::vector<Alert>& ledger, Instant after,
                         std::optional<Date> deadline,
                         const std::vector<std::shared_ptr<const Knowledge>>& knowledge, Instant as_of,
                         Tracks& tracks, Workspace& workspace,
                         const std::function<void(const Moment&)>& visit);

/// Works one patient's ledger through every instant in (state.scanned_to, as_of] at which an answer can
/// change: each lambda, each activation, each deadline, in order. Pure: the same arguments give the same
/// events, so that one scan at the end and a scan every night write the same ledger (but for ids).
///
/// @param history  all versions with learnt <= as_of
/// @param ledger   the patient's alerts
/// @param tracks   the patient's filter tracks; updated
[[nodiscard]] store::ScanWrite scan_patient(const PatientHistory& history, std::vector<Alert> ledger,
                                            const store::ScanState& state,
                                            const std::vector<std::shared_ptr<const Knowledge>>& knowledge,
                                            Instant as_of, Tracks& tracks, Workspace& workspace);

struct ScanReport {
    Instant as_of;
    bool skipped = false;  ///< before the last scan: nothing is written
    std::int64_t patients = 0, opened = 0, revised = 0, resolved = 0, reopened = 0, withdrawn = 0, other = 0;
    std::vector<std::pair<std::string, std::string>> failed;  ///< patient, what went wrong
};

struct ScanOptions {
    int threads = 2;
    std::string who = "scan";
    bool use_checkpoints = true;
    std::function<void(std::int64_t done, std::int64_t of)> progress;  ///< may be empty
};

/// Scans a store at D. Patients that fail are left as they were and reported; the others are committed.
[[nodiscard]] ScanReport scan(store::Store& store, Instant as_of, const ScanOptions& options);

/// The machine's events from nothing to `as_of`, recomputed with the recorded activations: law 2.
[[nodiscard]] std::vector<AlertEvent> replay_patient(
    const PatientHistory& history, const std::vector<std::shared_ptr<const Knowledge>>& knowledge,
    Instant as_of);

}  // namespace bellwether::app

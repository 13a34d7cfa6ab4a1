#pragma once

#include <span>
#include <string>
#include <vector>

#include "bellwether/record/ledger.hpp"

namespace bellwether::alert {

/// Compares what E says with what the ledger holds for one patient at D, and returns the machine's events in
/// order. Pure; a second call with the ledger that the events lead to returns nothing.
///
/// Intervals [onset, ended] are closed, an open one ends at date(D). Within a rule: an alert that is open or
/// resolved goes to its earliest overlapping episode; an episode takes the oldest (by id) of the alerts that
/// came to it, the others are merged into that one. An episode without an alert is opened, or split from the
/// alert that overlaps it but went to an earlier episode. An alert without an episode is withdrawn. Matched
/// ones are revised (onset, fired, severity or evidence differ), resolved (got an end), reopened (lost its
/// end).
///
/// What this leaves open, and how it is decided:
/// - Two episodes may share a day (one ends where the next begins). An alert that begins on the day on which
/// an
///   episode begins goes to that episode; without this the second call would merge what the first one opened.
/// - An end that moves to another date is a revision. Several changes are several events, in the order
/// reopened,
///   revised, resolved; an episode that is over when it is first seen is opened, then resolved.
/// - Chains: alert 1 overlaps the first episode, alert 2 the first and the second. Both go to the first, 2 is
/// merged
///   into 1, and the second episode is a new alert split from 2. Each alert decides by itself, so what
///   happens to one does not depend on the others of the rule. A split comes from the oldest alert that
///   overlaps the episode.
/// - An open alert whose episode moved so far that they no longer overlap is withdrawn, and the episode
/// opened. An open
///   alert always overlaps an open episode: both reach D.
/// - withdrawn, merged and superseded are final: an episode that comes back is a new alert.
/// - An alert that is kept under new rules or a new model although its episode is the same is revised, so
/// that
///   rules_hash and model_hash always say under what it was last evaluated.
///
/// Activation. Alerts and episodes that ended before date(A) take no part: neither matched, opened nor
/// withdrawn. An alert without an episode is superseded when it was last evaluated under other hashes than
/// those given (the version took its ground away), and withdrawn when under the same (a correction did). So
/// `activated` must be given with every reconcile under that activation, not only the first: without it the
/// next scan would open the past. An episode that a correction ends before A leaves the ledger (withdrawn)
/// too: what the ledger holds does not depend on the order in which results arrived.
///
/// @param episodes  fired ones of all rules, any order; those of one rule share at most a day
/// @param ledger    all alerts of the patient; withdrawn, merged and superseded ones are left alone
/// @param activated  A, the later of the instants at which the rules and the model in force were activated;
/// nothing when
///                   they hold for all of the past
/// @return by rule; within a rule the known alerts by id, then the new ones by onset. New alerts carry
/// negative
///         temporary ids (-1, -2, ...) in `after.id`, and their events have `alert` 0: the store gives the
///         numbers. `after` repeats the human half of the alert as it stood in `ledger`.
/// @throws Error A001 an episode runs backwards (onset <= fired <= ended is broken), A002 two episodes of a
/// rule overlap,
///         A003 the ledger holds an alert of another patient.
/// @cost   O(n log n + alerts x episodes) per rule; no shared state.
/// @tested tests/alert/reconcile_test.cpp (against a twin that counts days),
/// tests/alert/reconcile_cases_test.cpp, ledger_test.cpp
[[nodiscard]] std::vector<AlertEvent> reconcile(std::span<const Episode> episodes,
                                                std::span<const Alert> ledger, const std::string& patient,
                                                Instant as_of, std::optional<Instant> activated,
                                                const std::string& rules_hash, const std::string& model_hash);

/// What the events add up to: the ledger after them, by id. For replay and the tests. Temporary ids are
/// replaced as the store does, by the numbers after the largest in the ledger. Call it qualified (std::apply
/// is found otherwise). An event of the machine leaves the human half alone, one of people leaves the
/// machine's half alone.
/// @throws Error A004 an event of an alert that is not in the ledger and was not opened.
void apply(std::vector<Alert>& ledger, std::span<const AlertEvent> events);

/// True for opened ... superseded, false for what people do.
[[nodiscard]] bool is_machine(AlertChange c);
/// Whether the machine may go from `before` (nothing: not yet opened) to `c`. What `doctor` and the tests
/// check a history against.
[[nodiscard]] bool is_legal(std::optional<MachineState> before, AlertChange c);

}  // namespace bellwether::alert

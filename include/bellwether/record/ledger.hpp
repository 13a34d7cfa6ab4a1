#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bellwether/core/date.hpp"

/// Alerts as the store keeps them: an append-only list of events per alert; the row is what the events add up
/// to.
namespace bellwether {

enum class Severity { info, review, urgent };
[[nodiscard]] std::string_view to_string(Severity s);
[[nodiscard]] std::optional<Severity> parse_severity(std::string_view text);

/// What E says of one episode: a rule that fired for a patient, from onset to its end.
struct Episode {
    std::string rule;
    Date onset;                            ///< first point of the run at which the condition held
    Date fired;                            ///< point at which `for` was satisfied
    std::optional<Date> ended;             ///< nothing while it lasts
    Severity severity = Severity::review;  ///< highest reached
    std::string evidence;  ///< JSON object, canonical bytes: summary, features at `fired`, weights
    friend bool operator==(const Episode&, const Episode&) = default;
};

enum class MachineState { open, resolved, withdrawn, merged, superseded };
[[nodiscard]] std::string_view to_string(MachineState s);
[[nodiscard]] std::optional<MachineState> parse_machine_state(std::string_view text);

/// What people did: a second state machine, which never changes E.
enum class HumanState { new_, acknowledged, actioned, dismissed, snoozed };
[[nodiscard]] std::string_view to_string(HumanState s);
[[nodiscard]] std::optional<HumanState> parse_human_state(std::string_view text);

struct Alert {
    std::int64_t id = 0;  ///< 0 until the store gives one
    std::string patient;
    Episode episode;
    MachineState state = MachineState::open;
    HumanState human = HumanState::new_;
    std::optional<Instant> human_until;  ///< acknowledged or snoozed until
    std::string human_by, human_why;
    Instant raised;                      ///< D at which the machine opened it
    Instant changed;                     ///< D of its last machine event
    std::optional<std::int64_t> parent;  ///< merged into, or split from
    std::string rules_hash, model_hash;  ///< under which it was last evaluated
};

enum class AlertChange {
    opened,
    revised,
    resolved,
    reopened,
    withdrawn,
    merged,
    split,
    superseded,  // the machine
    acknowledged,
    actioned,
    dismissed,
    snoozed,
    human_reset  // people
};
[[nodiscard]] std::string_view to_string(AlertChange c);
[[nodiscard]] std::optional<AlertChange> parse_alert_change(std::string_view text);

/// One line of the ledger. `after` is the alert as it stands after the change.
struct AlertEvent {
    std::int64_t alert = 0;
    AlertChange change = AlertChange::opened;
    Instant at;         ///< D for the machine, the wall clock for people
    std::string actor;  ///< "scan" or a person
    std::string why;
    Alert after;
};

}  // namespace bellwether

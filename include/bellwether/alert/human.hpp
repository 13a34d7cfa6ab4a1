#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bellwether/record/ledger.hpp"

/// What people do with an alert: the second state machine. It never changes what the machine says of the
/// episode.
///
///     from \ to        acknowledged  actioned  dismissed  snoozed  new
///     new              yes           yes       yes        open     -
///     acknowledged     yes           yes       yes        open     yes
///     snoozed          yes           yes       yes        open     yes
///     actioned         -             -         -          -        yes
///     dismissed        -             -         -          -        yes
///
/// `open`: only while the machine holds the alert open. A decision (actioned, dismissed) is reopened by
/// `reset` before another is made, so that no decision is overwritten unseen. Withdrawn, merged and
/// superseded alerts take nothing.
namespace bellwether::alert {

enum class HumanAction { acknowledge, action, dismiss, snooze, reset };
[[nodiscard]] std::string_view to_string(HumanAction a);
[[nodiscard]] std::optional<HumanAction> parse_human_action(std::string_view text);

/// The human state at an instant: an acknowledgement or snooze whose `human_until` has passed is new again.
/// The instant itself still counts.
[[nodiscard]] HumanState human_state(const Alert& alert, Instant as_of);

/// What may be done with the alert at an instant, in the order of the enum.
[[nodiscard]] std::vector<HumanAction> legal_actions(const Alert& alert, Instant as_of);

/// The ledger line of a person's act.
///
/// @param why    required for dismiss, and for the reset of a decision
/// @param until  required for acknowledge (its time limit) and snooze, later than `at`; not allowed with the
/// others
/// @param at     the wall clock, given by the caller
/// @throws Error A010 the act is not legal now (the message says what is), A011 no name, A012 no reason,
///         A013 `until` missing, not after `at`, or not allowed.
/// @tested tests/alert/human_test.cpp
[[nodiscard]] AlertEvent make_human_event(const Alert& alert, HumanAction action, const std::string& who,
                                          const std::string& why, std::optional<Instant> until, Instant at);

/// Whether somebody must look at the alert now, and why.
struct Attention {
    bool needed = false;
    std::string why;  ///< "new", "acknowledgement ran out 2026-03-01T...", "severity review -> urgent since
                      ///< dismissed"
};

/// Only an open alert asks for attention: when it is new or its time limit has passed, and when it became
/// worse since a person last acted: its severity is above the one that the person saw, or it was reopened. A
/// dismissal says that this episode is no reason to act, so a reopening does not undo it; a higher severity
/// does.
///
/// @param history  the alert's events in the order of the ledger (other alerts' are skipped); only those up
/// to `as_of`
///                 count. "Since" is meant in that order: a scan over history carries D, people the wall
///                 clock.
[[nodiscard]] Attention needs_attention(const Alert& alert, std::span<const AlertEvent> history,
                                        Instant as_of);

}  // namespace bellwether::alert

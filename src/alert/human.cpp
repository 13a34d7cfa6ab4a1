#include "bellwether/alert/human.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "bellwether/alert/reconcile.hpp"
#include "bellwether/core/error.hpp"

namespace bellwether::alert {
namespace {

/// One row per act: how it is called, what it makes of the alert, what it asks for.
struct Act {
    HumanAction action;
    std::string_view name;
    HumanState to;
    AlertChange change;
    bool needs_until;
};

constexpr std::array acts{
    Act{HumanAction::acknowledge, "acknowledge", HumanState::acknowledged, AlertChange::acknowledged, true},
    Act{HumanAction::action, "action", HumanState::actioned, AlertChange::actioned, false},
    Act{HumanAction::dismiss, "dismiss", HumanState::dismissed, AlertChange::dismissed, false},
    Act{HumanAction::snooze, "snooze", HumanState::snoozed, AlertChange::snoozed, true},
    Act{HumanAction::reset, "reset", HumanState::new_, AlertChange::human_reset, false},
};

const Act& act_of(HumanAction a) {
    return acts[static_cast<std::size_t>(a)];
}

bool is_decision(HumanState s) {
    return s == HumanState::actioned || s == HumanState::dismissed;
}

bool has_limit(HumanState s) {
    return s == HumanState::acknowledged || s == HumanState::snoozed;
}

std::string legal_text(const std::vector<HumanAction>& legal) {
    if (legal.empty()) return "nothing";
    std::vector<std::string_view> names;
    for (HumanAction a : legal)
        names.push_back(to_string(a));
    return fmt::format("{}", fmt::join(names, ", "));
}

void check_legal(const Alert& alert, const Act& act, Instant at) {
    const auto legal = legal_actions(alert, at);
    if (std::find(legal.begin(), legal.end(), act.action) != legal.end()) return;
    std::string stands = fmt::format("{} and {}", to_string(alert.state), to_string(human_state(alert, at)));
    if (alert.state == MachineState::merged && alert.parent)
        stands += fmt::format(", into alert {}", *alert.parent);
    throw Error("A010", fmt::format("cannot {} alert {}: it is {}; possible now: {}", act.name, alert.id,
                                    stands, legal_text(legal)));
}

void check_until(const Act& act, const std::optional<Instant>& until, Instant at) {
    if (!act.needs_until) {
        if (until) throw Error("A013", fmt::format("{} takes no time limit", act.name));
        return;
    }
    if (!until) throw Error("A013", fmt::format("{} needs a time limit (until)", act.name));
    if (*until <= at)
        throw Error("A013", fmt::format("{} until {} is over already at {}", act.name, to_string(*until),
                                        to_string(at)));
}

}  // namespace

std::string_view to_string(HumanAction a) {
    return act_of(a).name;
}

std::optional<HumanAction> parse_human_action(std::string_view text) {
    for (const Act& a : acts)
        if (a.name == text) return a.action;
    return std::nullopt;
}

HumanState human_state(const Alert& alert, Instant as_of) {
    const bool over = has_limit(alert.human) && alert.human_until && *alert.human_until < as_of;
    return over ? HumanState::new_ : alert.human;
}

std::vector<HumanAction> legal_actions(const Alert& alert, Instant as_of) {
    if (alert.state != MachineState::open && alert.state != MachineState::resolved) return {};
    const HumanState now = human_state(alert, as_of);
    if (is_decision(now)) return {HumanAction::reset};
    std::vector<HumanAction> legal{HumanAction::acknowledge, HumanAction::action, HumanAction::dismiss};
    if (alert.state == MachineState::open) legal.push_back(HumanAction::snooze);
    if (now != HumanState::new_) legal.push_back(HumanAction::reset);
    return legal;
}

AlertEvent make_human_event(const Alert& alert, HumanAction action, const std::string& who,
                            const std::string& why, std::optional<Instant> until, Instant at) {
    const Act& act = act_of(action);
    if (who.empty())
        throw Error("A011", fmt::format("who wants to {} alert {}? a name is needed", act.name, alert.id));
    check_legal(alert, act, at);
    const bool reason = action == HumanAction::dismiss ||
                        (action == HumanAction::reset && is_decision(human_state(alert, at)));
    if (reason && why.empty())
        throw Error("A012", fmt::format("{} alert {}: a reason is needed", act.name, alert.id));
    check_until(act, until, at);

    AlertEvent e{alert.id, act.change, at, who, why, alert};
    e.after.human = act.to;
    e.after.human_until = until;
    e.after.human_by = who;
    e.after.human_why = why;
    return e;
}

Attention needs_attention(const Alert& alert, std::span<const AlertEvent> history, Instant as_of) {
    if (alert.state != MachineState::open) return {};
    const HumanState now = human_state(alert, as_of);
    if (now == HumanState::new_) {
        if (!has_limit(alert.human)) return {true, "new"};
        return {true,
                fmt::format("{} until {}: ran out", to_string(alert.human), to_string(*alert.human_until))};
    }
    std::optional<Severity> seen;  // by the person who acted last
    bool reopened = false;
    for (const AlertEvent& e : history) {
        if (e.after.id != alert.id || e.at > as_of) continue;
        if (!is_machine(e.change)) {
            seen = e.after.episode.severity;
            reopened = false;
        } else if (e.change == AlertChange::reopened) {
            reopened = true;
        }
    }
    if (seen && alert.episode.severity > *seen)
        return {true, fmt::format("severity {} -> {} since {}", to_string(*seen),
                                  to_string(alert.episode.severity), to_string(now))};
    if (reopened && now != HumanState::dismissed)
        return {true, fmt::format("reopened since {}", to_string(now))};
    return {};
}

}  // namespace bellwether::alert

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "bellwether/alert/reconcile.hpp"
#include "bellwether/core/error.hpp"

namespace bellwether::alert {
namespace {

void copy_human(Alert& to, const Alert& from) {
    to.human = from.human;
    to.human_until = from.human_until;
    to.human_by = from.human_by;
    to.human_why = from.human_why;
}

std::int64_t number_of(std::int64_t id, const std::map<std::int64_t, std::int64_t>& given) {
    const auto it = given.find(id);
    return it == given.end() ? id : it->second;
}

}  // namespace

bool is_machine(AlertChange c) {
    switch (c) {
        case AlertChange::opened:
        case AlertChange::revised:
        case AlertChange::resolved:
        case AlertChange::reopened:
        case AlertChange::withdrawn:
        case AlertChange::merged:
        case AlertChange::split:
        case AlertChange::superseded:
            return true;
        case AlertChange::acknowledged:
        case AlertChange::actioned:
        case AlertChange::dismissed:
        case AlertChange::snoozed:
        case AlertChange::human_reset:
            return false;
    }
    return false;
}

bool is_legal(std::optional<MachineState> before, AlertChange c) {
    if (c == AlertChange::opened || c == AlertChange::split) return !before;
    if (!before) return false;
    const bool is_open = *before == MachineState::open;
    const bool is_resolved = *before == MachineState::resolved;
    if (c == AlertChange::resolved) return is_open;
    if (c == AlertChange::reopened) return is_resolved;
    return is_machine(c) && (is_open || is_resolved);
}

void apply(std::vector<Alert>& ledger, std::span<const AlertEvent> events) {
    std::map<std::int64_t, Alert> by_id;
    for (Alert& a : ledger)
        by_id.insert_or_assign(a.id, std::move(a));
    std::int64_t last = by_id.empty() ? 0 : std::max<std::int64_t>(by_id.rbegin()->first, 0);
    std::map<std::int64_t, std::int64_t> given;  // temporary id -> number
    for (const AlertEvent& e : events) {
        const bool begins = e.change == AlertChange::opened || e.change == AlertChange::split;
        Alert after = e.after;
        if (begins && after.id < 0) given[after.id] = ++last;
        after.id = number_of(after.id, given);
        if (after.parent) after.parent = number_of(*after.parent, given);
        const auto known = by_id.find(after.id);
        if (known == by_id.end()) {
            if (!begins)
                throw Error("A004", fmt::format("event of alert {}, which was never opened", after.id));
            last = std::max(last, after.id);
            by_id.emplace(after.id, std::move(after));
        } else if (is_machine(e.change)) {
            copy_human(after, known->second);
            known->second = std::move(after);
        } else {
            copy_human(known->second, after);
        }
    }
    ledger.clear();
    for (auto& [id, a] : by_id)
        ledger.push_back(std::move(a));
}

}  // namespace bellwether::alert

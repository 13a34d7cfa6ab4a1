#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "bellwether/record/ledger.hpp"

/// What reconciliation must lead to, written apart from the code: intervals are sets of days, everything is a
/// plain loop over pairs, nothing is sorted beforehand and no event is written.
namespace bellwether::alert::twin {

inline std::set<int> days(const Episode& e, int today) {
    std::set<int> all;
    const int last = e.ended ? e.ended->serial() : std::max(today, e.onset.serial());
    for (int d = e.onset.serial(); d <= last; ++d)
        all.insert(d);
    return all;
}

inline bool meet(const Episode& a, const Episode& b, int today) {
    for (int d : days(a, today))
        if (days(b, today).contains(d)) return true;
    return false;
}

/// The ledger that must stand after one reconciliation, without times and reasons. New alerts have id 0.
struct Expected {
    std::map<std::int64_t, Alert> known;  ///< every alert of the ledger as it must stand
    std::vector<Alert> fresh;             ///< opened or split, with their parent
};

inline bool took_part(const Episode& e, std::optional<int> a) {
    return !(a && e.ended && e.ended->serial() < *a);
}

inline Expected expect(const std::vector<Episode>& episodes, const std::vector<Alert>& ledger, int today,
                       std::optional<int> activated, const std::string& rules, const std::string& model) {
    Expected out;
    const auto live = [&](const Alert& a) {
        return (a.state == MachineState::open || a.state == MachineState::resolved) &&
               took_part(a.episode, activated);
    };
    // For each live alert: the earliest episode that it meets, but one that begins on its own onset first.
    const auto goes_to = [&](const Alert& a) -> const Episode* {
        const Episode* best = nullptr;
        for (const Episode& e : episodes) {
            if (e.rule != a.episode.rule || !took_part(e, activated) || !meet(a.episode, e, today)) continue;
            if (e.onset == a.episode.onset) return &e;
            if (!best || e.onset < best->onset) best = &e;
        }
        return best;
    };
    const auto oldest_of = [&](const Episode& e, bool of_those_that_came) -> const Alert* {
        const Alert* oldest = nullptr;
        for (const Alert& a : ledger) {
            if (!live(a) || a.episode.rule != e.rule || !meet(a.episode, e, today)) continue;
            if (of_those_that_came && goes_to(a) != &e) continue;
            if (!oldest || a.id < oldest->id) oldest = &a;
        }
        return oldest;
    };
    for (const Alert& a : ledger) {
        Alert& end = out.known[a.id] = a;
        if (!live(a)) continue;
        const Episode* e = goes_to(a);
        if (!e) {
            const bool version = activated && (a.rules_hash != rules || a.model_hash != model);
            end.state = version ? MachineState::superseded : MachineState::withdrawn;
        } else if (const Alert* first = oldest_of(*e, true); first != &a) {
            end.state = MachineState::merged;
            end.parent = first->id;
        } else {
            end.episode = *e;
            end.state = e->ended ? MachineState::resolved : MachineState::open;
        }
    }
    for (const Episode& e : episodes) {
        if (!took_part(e, activated) || oldest_of(e, true)) continue;
        Alert a;
        a.episode = e;
        a.state = e.ended ? MachineState::resolved : MachineState::open;
        if (const Alert* parent = oldest_of(e, false)) a.parent = parent->id;
        out.fresh.push_back(a);
    }
    return out;
}

}  // namespace bellwether::alert::twin

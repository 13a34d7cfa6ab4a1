#pragma once

#include <optional>
#include <string>

#include "bellwether/alert/reconcile.hpp"

/// Short ways to write alerts and episodes; days count from 1970-01-01.
namespace bellwether::alert::make {

inline Instant day(int d) {
    return Instant::end_of(Date(d));
}

inline Episode episode(int onset, std::optional<int> ended = {}, Severity severity = Severity::review,
                       const std::string& rule = "ctdna-rising", const std::string& evidence = "{}") {
    return {rule,     Date(onset), Date(onset), ended ? std::optional(Date(*ended)) : std::nullopt,
            severity, evidence};
}

inline Alert held(std::int64_t id, Episode e) {
    Alert a;
    a.id = id;
    a.patient = "P1";
    a.state = e.ended ? MachineState::resolved : MachineState::open;
    a.episode = std::move(e);
    a.rules_hash = "rules";
    a.model_hash = "model";
    return a;
}

/// A reconciliation of patient P1 under the hashes that held() writes.
inline std::vector<AlertEvent> events(const std::vector<Episode>& episodes, const std::vector<Alert>& ledger,
                                      int today, std::optional<int> activated = {},
                                      const std::string& rules = "rules") {
    return reconcile(episodes, ledger, "P1", day(today),
                     activated ? std::optional(Instant::start_of(Date(*activated))) : std::nullopt, rules,
                     "model");
}

/// "1 revised, 2 merged, new split": who and what, in order.
inline std::string story(const std::vector<AlertEvent>& events) {
    std::string text;
    for (const AlertEvent& e : events) {
        if (!text.empty()) text += ", ";
        text += e.after.id > 0 ? std::to_string(e.after.id) : "new" + std::to_string(-e.after.id);
        text += " " + std::string(to_string(e.change));
    }
    return text;
}

}  // namespace bellwether::alert::make

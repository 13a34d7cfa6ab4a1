#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "bellwether/core/date.hpp"
#include "bellwether/rulebook/rule.hpp"

/// The state machine of one rule over its points; evaluate.hpp says what it must do.
namespace bellwether::rulebook {

enum class Truth : unsigned char { no, unknown, yes };

/// One date at which the machine looks.
struct Tick {
    Date date;
    std::size_t point = 0;  ///< index among all points of the patient
    bool base = true;       ///< a point of the rule; else only a day on which `for: 21d` may run out
    bool visit = false;
    Truth condition = Truth::no;
    bool until = false;     ///< known to be true
    bool escalate = false;  ///< known to be true
};

struct Run {
    Date onset, fired;
    std::size_t fired_point = 0;
    std::optional<Date> ended, escalated;
};

struct MachineResult {
    std::optional<Date> pending;
    std::vector<Run> runs;
};

/// @param has_until  false: an open run ends where the condition is false
/// @param ticks      ascending dates
[[nodiscard]] MachineResult run_machine(const Persistence& persistence, bool has_until,
                                        std::span<const Tick> ticks);

}  // namespace bellwether::rulebook

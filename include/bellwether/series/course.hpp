#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bellwether/series/timeline.hpp"

/// What else a rule asks of a timeline at a date: therapy, events, ages. Everything uses what began on or
/// before `d` only; an end after `d` (stop of a therapy, resolution of a toxicity) counts as not yet known.
/// The timeline must be in the order that build() gives. Cost: linear in the patient's therapies or events.
namespace bellwether::series {

/// Intervals with start <= d < stop, ascending by start, then regimen. Pointers into the timeline.
[[nodiscard]] std::vector<const TherapyInterval*> therapies_at(const Timeline& t, Date d);

/// The one of therapies_at() that began last (of equals the last by name); null when there is none.
[[nodiscard]] const TherapyInterval* current_regimen(const Timeline& t, Date d);

/// Whether a regimen (or, for "any", anything) is given on that day.
[[nodiscard]] bool on(const Timeline& t, std::string_view regimen, Date d);

/// Active toxicity: from onset to `resolved`, both inclusive; open when that is not given. Several records of
/// a term that are active at once: the highest grade counts, since it gates proposals.
struct Toxicity {
    std::optional<int> grade;  ///< highest recorded; nothing when none is active or none has a grade
    const Event* event =
        nullptr;  ///< the one of that grade (earliest onset), else one without a grade; null: none active
    bool ungraded = false;  ///< an active one has no grade: the true highest grade is not known
};
/// @param term  "colitis", or "any"
[[nodiscard]] Toxicity active_toxicity(const Timeline& t, std::string_view term, Date d);

/// Events dated on or before `d`, ascending.
[[nodiscard]] std::span<const Event> events_until(const Timeline& t, Date d);

/// The last event of a kind on or before `d`; `term` "" or "any" takes all. Null when there is none.
[[nodiscard]] const Event* last_event(const Timeline& t, EventKind kind, std::string_view term, Date d);

/// The date of death, when it is on or before `d`.
[[nodiscard]] std::optional<Date> death_date(const Timeline& t, Date d);

/// Days from the last reading on or before `d`, of whatever assay, to `d`.
[[nodiscard]] Answer age_of(const Track& t, Date d);

/// Days from the last event of a kind on or before `d` to `d`.
[[nodiscard]] Answer since(const Timeline& t, EventKind kind, std::string_view term, Date d);

}  // namespace bellwether::series

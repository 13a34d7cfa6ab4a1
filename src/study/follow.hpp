#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "bellwether/study/alerts.hpp"

/// What the figures of `study` share: the questions that they put to one patient's follow-up.
namespace bellwether::study {

constexpr double days_per_year = 365.25;

/// Days of [start, end] as years; the first and the last day are instants of one length of follow-up, as in
/// survival.
inline double years(Date start, Date end) {
    return std::max(0, end - start) / days_per_year;
}

inline bool in_any(const std::vector<Span>& spans, Date d) {
    return std::any_of(spans.begin(), spans.end(), [&](const Span& s) { return s.holds(d); });
}

/// A day of stable time: the day of the first growth itself is no longer stable.
inline bool stable(const Follow& f, Date d) {
    return f.stable_until && d < *f.stable_until;
}

/// The alerts that warned of the event, in force on a day: raised in no stable time and open on it.
inline std::optional<Date> first_in_force(const Follow& f, Date day) {
    std::optional<Date> first;
    for (const auto& a : f.alerts) {
        if (a.raised > day || stable(f, a.raised) || !in_any(a.open, day)) continue;
        if (!first || a.raised < *first) first = a.raised;
    }
    return first;
}

/// More days than this before the event are a lead worth the name: see LeadTime::well_before.
constexpr int well_before_days = 14;

}  // namespace bellwether::study

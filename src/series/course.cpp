#include "bellwether/series/course.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "pick.hpp"

namespace bellwether::series {
namespace {

bool given_on(const TherapyInterval& x, Date d) {
    return x.start <= d && (!x.stop || d < *x.stop);
}

bool matches(std::string_view wanted, const std::string& name) {
    return wanted.empty() || wanted == "any" || wanted == name;
}

}  // namespace

std::vector<const TherapyInterval*> therapies_at(const Timeline& t, Date d) {
    std::vector<const TherapyInterval*> given;
    for (const TherapyInterval& x : t.therapies)
        if (given_on(x, d)) given.push_back(&x);
    return given;
}

const TherapyInterval* current_regimen(const Timeline& t, Date d) {
    const TherapyInterval* current = nullptr;
    for (const TherapyInterval& x : t.therapies)
        if (given_on(x, d)) current = &x;
    return current;
}

bool on(const Timeline& t, std::string_view regimen, Date d) {
    return std::any_of(t.therapies.begin(), t.therapies.end(), [&](const TherapyInterval& x) {
        return given_on(x, d) && matches(regimen, x.regimen);
    });
}

Toxicity active_toxicity(const Timeline& t, std::string_view term, Date d) {
    Toxicity worst;
    for (const Event& e : events_until(t, d)) {
        if (e.kind != EventKind::toxicity || !matches(term, e.term)) continue;
        if (e.resolved && *e.resolved < d) continue;
        worst.ungraded = worst.ungraded || !e.grade;
        if (!worst.event || (e.grade && (!worst.grade || *e.grade > *worst.grade))) {
            worst.event = &e;
            worst.grade = e.grade;
        }
    }
    return worst;
}

std::span<const Event> events_until(const Timeline& t, Date d) {
    const auto end = std::upper_bound(t.events.begin(), t.events.end(), d,
                                      [](Date day, const Event& e) { return day < e.date; });
    return {t.events.begin(), end};
}

const Event* last_event(const Timeline& t, EventKind kind, std::string_view term, Date d) {
    const Event* found = nullptr;
    for (const Event& e : events_until(t, d))
        if (e.kind == kind && matches(term, e.term)) found = &e;
    return found;
}

std::optional<Date> death_date(const Timeline& t, Date d) {
    for (const Event& e : events_until(t, d))
        if (e.kind == EventKind::death) return e.date;
    return std::nullopt;
}

Answer age_of(const Track& t, Date d) {
    const int i = t.last_index(d);
    if (i < 0) return no_reading(t);
    return {static_cast<double>(d - point(t, i).date), {}, false, Censor::none};
}

Answer since(const Timeline& t, EventKind kind, std::string_view term, Date d) {
    if (const Event* e = last_event(t, kind, term, d))
        return {static_cast<double>(d - e->date), {}, false, Censor::none};
    const bool one = !term.empty() && term != "any";
    return {std::nullopt, fmt::format("no {} recorded", one ? term : to_string(kind)), false, Censor::none};
}

}  // namespace bellwether::series

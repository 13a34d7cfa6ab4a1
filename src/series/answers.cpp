#include <algorithm>

#include <fmt/core.h>

#include "bellwether/series/bounds.hpp"
#include "bellwether/series/timeline.hpp"

#include "pick.hpp"

namespace bellwether::series {
namespace {

Answer unknown(std::string why) {
    return {std::nullopt, std::move(why), false, Censor::none};
}

/// 0: a measured value or a limit that is certainly not passed; 1: no certain upper bound at all.
int no_upper(const Reading& r) {
    return r.censor == Censor::right ? 1 : 0;
}
int no_lower(const Reading& r) {
    return r.censor == Censor::left ? 1 : 0;
}

/// First index from which the nadir and the peak at `i` are taken.
int range_begin(const Track& t, int i, int zero) {
    const int segment = point(t, i).segment;
    int begin = i;
    while (begin > 0 && point(t, begin - 1).segment == segment)
        --begin;
    return std::max(begin, std::min(i, zero));
}

template <class Better>
Answer extreme(const Track& t, Date d, std::optional<Date> day_zero, Better better) {
    const int i = t.last_index(d);
    if (i < 0) return no_reading(t);
    int best = range_begin(t, i, zero_index(t, day_zero));
    for (int k = best + 1; k <= i; ++k)
        if (better(point(t, k).reading, point(t, best).reading)) best = k;
    return tell(point(t, best).reading);
}

Reading as_reading(const Answer& a) {
    return {*a.value, a.censored ? a.bound : Censor::none};
}

bool both_beyond_the_same_limit(const Reading& a, const Reading& b) {
    return a.censor != Censor::none && a == b;
}

std::string not_determined(const char* what, const Reading& a) {
    return fmt::format("{} is not determined: both readings lie {} their limits of detection", what,
                       a.censor == Censor::left ? "below" : "above");
}

}  // namespace

int zero_index(const Track& t, std::optional<Date> day_zero) {
    if (day_zero) return t.last_index(*day_zero);
    return t.points.empty() ? -1 : 0;
}

bool ranks_lower(const Reading& a, const Reading& b) {
    if (no_upper(a) != no_upper(b)) return no_upper(a) < no_upper(b);
    if (a.value != b.value) return a.value < b.value;
    return a.censor == Censor::left && b.censor == Censor::none;
}

bool ranks_higher(const Reading& a, const Reading& b) {
    if (no_lower(a) != no_lower(b)) return no_lower(a) < no_lower(b);
    if (a.value != b.value) return a.value > b.value;
    return a.censor == Censor::right && b.censor == Censor::none;
}

Answer tell(const Reading& r) {
    return {r.value, {}, r.censor != Censor::none, r.censor};
}

Answer no_reading(const Track& t) {
    return unknown(fmt::format("no reading of {}", t.channel));
}

Answer tell_baseline(const Track& t, int i, int zero) {
    if (i < 0) return no_reading(t);
    if (zero < 0) return unknown(fmt::format("no reading of {} on or before day zero", t.channel));
    const Point& base = point(t, std::min(i, zero));
    if (base.segment == point(t, i).segment) return tell(base.reading);
    const auto s = static_cast<std::size_t>(base.segment);
    const std::string name =
        s < t.segment_names.size() && !t.segment_names[s].empty() ? t.segment_names[s] : "not named";
    return unknown(fmt::format("baseline is of another assay ({}), no bridge declared", name));
}

Answer last(const Track& t, Date d) {
    const int i = t.last_index(d);
    return i < 0 ? no_reading(t) : tell(point(t, i).reading);
}

Answer baseline(const Track& t, Date d, std::optional<Date> day_zero) {
    return tell_baseline(t, t.last_index(d), zero_index(t, day_zero));
}

Answer nadir(const Track& t, Date d, std::optional<Date> day_zero) {
    return extreme(t, d, day_zero, ranks_lower);
}

Answer peak(const Track& t, Date d, std::optional<Date> day_zero) {
    return extreme(t, d, day_zero, ranks_higher);
}

Answer fold(const Track& t, Date d, const Answer& reference) {
    const Answer now = last(t, d);
    if (!now.value) return now;
    if (!reference.value) return reference;
    const Reading a = as_reading(now), b = as_reading(reference);
    if (b.value == 0.0) return unknown("fold is not defined: the reference is 0");
    if (b.value < 0.0 || a.value < 0.0) return unknown("fold is not defined for values below 0");
    if (both_beyond_the_same_limit(a, b)) return {1.0, {}, true, Censor::none};
    const auto r = ratio(a, b);
    return r ? tell(*r) : unknown(not_determined("fold", a));
}

Answer change(const Track& t, Date d, const Answer& reference) {
    const Answer now = last(t, d);
    if (!now.value) return now;
    if (!reference.value) return reference;
    const Reading a = as_reading(now), b = as_reading(reference);
    if (both_beyond_the_same_limit(a, b)) return {0.0, {}, true, Censor::none};
    const auto r = difference(a, b);
    return r ? tell(*r) : unknown(not_determined("change", a));
}

}  // namespace bellwether::series

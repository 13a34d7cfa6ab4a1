#pragma once

#include <string>
#include <vector>

#include <rapidcheck.h>

#include "bellwether/series/timeline.hpp"

namespace bellwether::series::testing {

/// The day counted from a fixed origin, 2026-01-01.
inline Date day(int n) {
    return Date(20454 + n);
}

inline Reading exactly(double x) {
    return {x, Censor::none};
}
inline Reading below(double x) {
    return {x, Censor::left};
}
inline Reading above(double x) {
    return {x, Censor::right};
}

inline Track track_of(const std::vector<std::pair<int, Reading>>& readings) {
    Track t{"ctdna", {}, {"A"}};
    for (const auto& [n, r] : readings)
        t.points.push_back({day(n), -1, r, 0});
    return t;
}

/// Values and limits from a handful, so that ties and limits equal to measured values are common.
inline rc::Gen<Reading> readings() {
    return rc::gen::map(rc::gen::pair(rc::gen::inRange(1, 7), rc::gen::inRange(0, 6)),
                        [](std::pair<int, int> x) {
                            return Reading{0.5 * x.first, x.second == 0   ? Censor::left
                                                          : x.second == 1 ? Censor::right
                                                                          : Censor::none};
                        });
}

/// Up to a dozen readings over thirty days, several on one day, in up to four segments.
inline rc::Gen<Track> tracks() {
    return rc::gen::exec([] {
        Track t{"ctdna", {}, {"A", "B", "C", "D"}};
        int date = 0, segment = 0;
        const int n = *rc::gen::inRange(0, 13);
        for (int i = 0; i < n; ++i) {
            date += *rc::gen::inRange(0, 4);
            if (segment < 3 && *rc::gen::inRange(0, 6) == 0) ++segment;
            t.points.push_back({day(date), -1, *readings(), segment});
        }
        return t;
    });
}

inline rc::Gen<std::optional<Date>> days_zero() {
    return rc::gen::map(rc::gen::inRange(-3, 20), [](int n) -> std::optional<Date> {
        if (n == -3) return std::nullopt;
        return day(n);
    });
}

}  // namespace bellwether::series::testing

namespace bellwether::series {
inline bool operator==(const Answer& a, const Answer& b) {
    return a.value == b.value && a.why == b.why && a.censored == b.censored && a.bound == b.bound;
}
inline bool operator==(const Trend& a, const Trend& b) {
    return a.slope == b.slope && a.low == b.low && a.high == b.high && a.readings == b.readings;
}
inline std::ostream& operator<<(std::ostream& out, const Answer& a) {
    if (!a.value) return out << "unknown: " << a.why;
    return out << *a.value << (a.censored ? " censored" : "");
}
inline void showValue(const Track& t, std::ostream& out) {
    for (const Point& p : t.points)
        out << "[" << p.date.serial() - 20454 << " s" << p.segment << " "
            << (p.reading.censor == Censor::left    ? "<"
                : p.reading.censor == Censor::right ? ">"
                                                    : "")
            << p.reading.value << "] ";
}
}  // namespace bellwether::series

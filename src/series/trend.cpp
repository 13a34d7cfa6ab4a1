#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/core.h>

#include "bellwether/core/error.hpp"
#include "bellwether/series/kendall.hpp"
#include "bellwether/series/timeline.hpp"

#include "pick.hpp"

namespace bellwether::series {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

/// A reading on the channel's scale, as the interval that it leaves open.
struct Range {
    Date date;
    double low, high;
};

/// The pairwise slopes: lower ends and upper ends, each ascending.
struct Slopes {
    std::vector<double> low, high;
};

Trend unknown(int readings, const std::string& why) {
    const Answer none{std::nullopt, why, false, Censor::none};
    return {none, none, none, readings};
}

Slopes slopes(const std::vector<Range>& y) {
    Slopes s;
    s.low.reserve(y.size() * y.size() / 2);
    s.high.reserve(y.size() * y.size() / 2);
    for (std::size_t i = 0; i < y.size(); ++i) {
        for (std::size_t j = i + 1; j < y.size(); ++j) {
            const int days = y[j].date - y[i].date;
            if (days == 0) continue;
            s.low.push_back((y[j].low - y[i].high) / days);
            s.high.push_back((y[j].high - y[i].low) / days);
        }
    }
    std::sort(s.low.begin(), s.low.end());
    std::sort(s.high.begin(), s.high.end());
    return s;
}

double median(const std::vector<double>& ascending) {
    const std::size_t half = ascending.size() / 2;
    if (ascending.size() % 2 == 1) return ascending[half];
    return 0.5 * (ascending[half - 1] +
                  ascending[half]);  // NaN between -inf and +inf: equal to nothing, as it must be
}

std::vector<int> days_shared(const std::vector<Range>& y) {
    std::vector<int> groups;
    for (std::size_t i = 0; i < y.size(); ++i) {
        if (i > 0 && y[i].date == y[i - 1].date)
            ++groups.back();
        else
            groups.push_back(1);
    }
    return groups;
}

Answer end_of_interval(double bound, double other, Censor side) {
    if (!std::isfinite(bound))
        return {std::nullopt,
                "this end of the trend's interval is not bounded: readings beyond the limit of detection",
                false, Censor::none};
    const bool moved = bound != other;
    return {bound, {}, moved, moved ? side : Censor::none};
}

}  // namespace

Trend trend(const Track& t, Date d, int window_days, Scale scale, double confidence) {
    if (window_days <= 0 || !(confidence > 0.0 && confidence < 1.0))
        throw Error("Q003", fmt::format("trend: window of {} days, confidence {}: out of range", window_days,
                                        confidence));
    const int i = t.last_index(d);
    if (i < 0) return unknown(0, no_reading(t).why);
    std::vector<Range> y;
    bool any_censored_left = false, no_logarithm = false;
    for (int k = t.last_index(d - window_days) + 1; k <= i; ++k) {
        const Point& p = point(t, k);
        if (p.segment != point(t, i).segment) continue;
        no_logarithm = no_logarithm || (scale == Scale::log && p.reading.value <= 0.0);
        const double x = scale == Scale::log ? std::log(p.reading.value) : p.reading.value;
        any_censored_left = any_censored_left || p.reading.censor == Censor::left;
        y.push_back({p.date, p.reading.censor == Censor::left ? -inf : x,
                     p.reading.censor == Censor::right ? inf : x});
    }
    const int n = static_cast<int>(y.size());
    if (n < 3)
        return unknown(n,
                       fmt::format("trend needs 3 readings of {}; {} in {} days", t.channel, n, window_days));
    if (no_logarithm)
        return unknown(n, fmt::format("trend: a reading of {} at or below 0 has no logarithm", t.channel));
    if (y.front().date == y.back().date)
        return unknown(n, fmt::format("trend: all readings of {} are of one day", t.channel));

    const Slopes s = slopes(y);
    Trend out;
    out.readings = n;
    const double low = median(s.low), high = median(s.high);
    if (low == high && std::isfinite(low))
        out.slope = {low, {}, false, Censor::none};
    else
        out.slope.why = fmt::format("trend is not determined: readings {} the limit of detection",
                                    any_censored_left ? "below" : "above");
    const auto c = kendall_c(days_shared(y), confidence);
    if (!c) {
        out.low.why = fmt::format("too few readings for an interval of {:g}%", 100.0 * confidence);
        out.high.why = out.low.why;
        return out;
    }
    const std::size_t pairs = s.low.size(), rank = (pairs - static_cast<std::size_t>(*c)) / 2;
    out.low = end_of_interval(s.low[rank - 1], s.high[rank - 1], Censor::right);
    out.high = end_of_interval(s.high[pairs - rank], s.low[pairs - rank], Censor::left);
    return out;
}

}  // namespace bellwether::series

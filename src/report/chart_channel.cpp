#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "chart.hpp"
#include "chart_parts.hpp"
#include "words.hpp"

namespace bellwether::report {
namespace {

/// The limit of detection to draw: the channel's own, else the readings' when they share one.
std::optional<double> limit_of(const series::Track& track, const Channel& channel) {
    std::set<double> limits;
    for (const auto& p : track.points)
        if (p.reading.censor == Censor::left) limits.insert(p.reading.value);
    if (limits.size() == 1) return *limits.begin();
    return limits.empty() ? channel.lod : std::nullopt;
}

struct Extent {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    void take(double x) { low = std::min(low, x), high = std::max(high, x); }
};

Extent extent_of(const series::Track& track, const Channel& channel, std::optional<double> limit) {
    Extent e;
    const bool log = channel.scale == Scale::log;
    for (const auto& p : track.points)
        if (!log || p.reading.value > 0.0) e.take(p.reading.value);
    if (!(e.low <= e.high)) e = {0.1, 1.0};
    // A limit far below all readings would press them flat.
    if (limit && *limit > 0.0 && e.low < 10.0 * *limit) e.take(*limit);
    const double room = log ? std::pow(e.high / e.low, 0.06) : 0.06 * (e.high - e.low);
    return log ? Extent{e.low / room, e.high * room} : Extent{e.low - room, e.high + room};
}

/// Index of the point that series::nadir speaks of; -1 when there is none.
int nadir_index(const series::Track& track, Date as_of, const series::Timeline& timeline) {
    const auto answer = series::nadir(track, as_of, timeline.patient.day_zero);
    if (!answer.value || track.points.empty()) return -1;
    for (int i = track.last_index(as_of); i >= 0; --i) {
        const auto& p = track.points[static_cast<std::size_t>(i)];
        if (p.segment != track.points.back().segment) break;
        if (p.reading.value == *answer.value && (p.reading.censor != Censor::none) == answer.censored)
            return i;
    }
    return -1;
}

void draw_lines(Canvas& c, const series::Track& track, const ValueAxis& y) {
    std::vector<std::pair<double, double>> run;
    for (std::size_t i = 0; i < track.points.size(); ++i) {
        const auto& p = track.points[i];
        // Readings of two assays are not comparable: no line between them.
        if (i > 0 && p.segment != track.points[i - 1].segment) {
            c.svg.path(run, "curve");
            run.clear();
            const double x = (c.x(p.date) + c.x(track.points[i - 1].date)) / 2;
            c.svg.line(x, y(y.low()), x, y(y.high()), "break");
        }
        run.emplace_back(c.x(p.date), y(p.reading.value));
    }
    c.svg.path(run, "curve");
}

void draw_marks(Canvas& c, const series::Track& track, const Channel& channel, const ValueAxis& y,
                int nadir) {
    for (std::size_t i = 0; i < track.points.size(); ++i) {
        const auto& p = track.points[i];
        const bool off_scale = channel.scale == Scale::log && !(p.reading.value > 0.0);
        const Shape shape = off_scale                           ? Shape::diamond
                            : p.reading.censor == Censor::left  ? Shape::open_down
                            : p.reading.censor == Censor::right ? Shape::open_up
                                                                : Shape::dot;
        const bool is_nadir = static_cast<int>(i) == nadir;
        const auto title = fmt::format("{} {}{}{}", to_string(p.date), reading_words(p.reading, channel.unit),
                                       is_nadir ? ", nadir" : "", off_scale ? ", off the log scale" : "");
        c.svg.mark(shape, c.x(p.date), y(p.reading.value), shape == Shape::dot ? "reading" : "censored",
                   title);
        if (is_nadir) c.svg.mark(Shape::ring, c.x(p.date), y(p.reading.value), "nadir", title);
    }
}

void draw_gutter(Canvas& c, const series::Track& track, const Channel& channel, double top) {
    const double room = (c.x.begin() - 46) / 6.0;
    const auto title = short_title(channel);
    double y = top + 13;
    for (const auto& line : wrap(title, static_cast<int>(room))) {
        c.svg.text(4, y, "gutter strong", cut(line, static_cast<int>(room)));
        y += 13;
    }
    const auto& last = track.points.back();
    auto words = unit_words(channel.unit) + (channel.scale == Scale::log ? ", log" : "");
    words = words.starts_with(", ") ? words.substr(2) : words.empty() ? "" : words.substr(1);
    c.svg.text(4, y, "gutter", words);
    if (!c.small) c.svg.text(4, y + 13, "gutter", "last " + reading_words(last.reading, {}));
}

}  // namespace

double draw_channel(Canvas& c, const series::Track& track, const Channel& channel,
                    const series::Timeline& timeline, double top) {
    const double height = c.small ? 70 : 84;
    const auto limit = limit_of(track, channel);
    const auto extent = extent_of(track, channel, limit);
    const ValueAxis y(channel.scale, extent.low, extent.high, top + height - 4, top + 4);
    c.svg.rect(c.x.begin(), top, c.x.end() - c.x.begin(), height, "panel");
    for (const double tick : y.ticks(c.small ? 3 : 4)) {
        c.svg.line(c.x.begin(), y(tick), c.x.end(), y(tick), "grid");
        c.svg.text(c.x.begin() - 4, y(tick) + 3.5, "tick end", number(tick));
    }
    if (limit && *limit >= y.low() && *limit <= y.high()) {
        c.svg.line(c.x.begin(), y(*limit), c.x.end(), y(*limit), "limit");
        c.svg.text(c.x.end() + 3, y(*limit) + 3.5, "tick", "LOD");
    }
    draw_gutter(c, track, channel, top);
    draw_lines(c, track, y);
    draw_marks(c, track, channel, y, nadir_index(track, c.as_of, timeline));
    return top + height + 8;
}

}  // namespace bellwether::report

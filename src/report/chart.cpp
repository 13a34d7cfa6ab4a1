#include "chart.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "chart_parts.hpp"
#include "words.hpp"

namespace bellwether::report {
namespace {

/// From the first thing that happened to `to`.
Date first_date(const series::Timeline& t, Date fallback) {
    Date first = t.patient.day_zero ? std::min(fallback, *t.patient.day_zero) : fallback;
    for (const auto& [name, track] : t.tracks)
        if (!track.points.empty()) first = std::min(first, track.points.front().date);
    for (const auto& i : t.therapies)
        first = std::min(first, i.start);
    for (const auto& e : t.events)
        first = std::min(first, e.date);
    return first;
}

int group_rank(const std::string& group) {
    const std::string order[] = {"ctdna", "imaging", "tissue", "blood"};
    return static_cast<int>(std::find(std::begin(order), std::end(order), group) - std::begin(order));
}

/// An alert whose evidence names no channel, or none that was read, is still shown with the burden.
std::vector<std::string> shown_channels(const Evidence& evidence, const std::vector<std::string>& known) {
    constexpr std::size_t most = 4;
    auto shown = channels_of(evidence, known);
    if (shown.empty()) shown = known;
    if (shown.size() > most) shown.resize(most);
    return shown;
}

}  // namespace

Channel channel_of(const ChannelCatalogue& catalogue, const std::string& name) {
    if (const auto it = catalogue.find(name); it != catalogue.end()) return it->second;
    Channel c;
    c.name = c.title = name;
    c.group = "other";
    return c;
}

std::string short_title(const Channel& channel) {
    const auto title = clean(channel.title.empty() ? channel.name : channel.title);
    return std::string(trim(std::string_view(title).substr(0, title.find_first_of("(,"))));
}

std::vector<std::string> channels_in_order(const series::Timeline& timeline,
                                           const ChannelCatalogue& catalogue) {
    std::vector<std::tuple<int, bool, std::string>> keyed;
    for (const auto& [name, track] : timeline.tracks) {
        if (track.points.empty()) continue;
        const auto channel = channel_of(catalogue, name);
        keyed.emplace_back(group_rank(channel.group), channel.harm == Harm::none, name);
    }
    std::sort(keyed.begin(), keyed.end());
    std::vector<std::string> out;
    for (const auto& [rank, harmless, name] : keyed)
        out.push_back(name);
    return out;
}

std::string alert_chart(const series::Timeline& timeline, const ChannelCatalogue& catalogue,
                        const Evidence& evidence, const Alert& alert, Date as_of) {
    constexpr double wide = 560, left = 150;
    Canvas c{
        Svg(wide, fmt::format("Trajectory of patient {} up to {}", timeline.patient.id, to_string(as_of))),
        DateAxis(first_date(timeline, alert.episode.onset), as_of, left, wide - 30), as_of, true};
    double y = draw_therapies(c, timeline.therapies, 2);
    const double top = y;
    for (const auto& a : arguments_of(evidence))
        if (!a.visits.empty()) y = draw_probability(c, a, y);
    for (const auto& name : shown_channels(evidence, channels_in_order(timeline, catalogue)))
        if (const auto* track = timeline.track(name); track && !track->points.empty())
            y = draw_channel(c, *track, channel_of(catalogue, name), timeline, y);
    if (y == top) {
        c.svg.text(left + 4, y + 14, "faint", "no reading is known");
        y += 24;
    }
    draw_alert_lines(c, alert.episode, 0, y - 8);
    return c.svg.str(draw_dates(c, top, y - 8));
}

std::string patient_chart(const PatientPage& page) {
    constexpr double wide = 1000, left = 180;
    const auto& t = page.timeline;
    const Date as_of = page.as_of.date();
    Date last = as_of;
    for (const auto& s : page.states)
        for (const auto& [horizon, p] : s.forecast)
            last = std::max(last, as_of + horizon);
    Canvas c{Svg(wide, fmt::format("Trajectory of patient {} up to {}", t.patient.id, to_string(as_of))),
             DateAxis(first_date(t, as_of), last, left, wide - 40), as_of, false};
    const double lanes = draw_flags(c, page.alerts, 2);
    double y = draw_therapies(c, t.therapies, lanes);
    y = draw_events(c, t.events, y);
    const double top = y;
    const auto order = label_order(page.states);
    int index = 0;
    for (const auto& s : page.states)
        y = draw_states(c, s, order, index++, y);
    for (const auto& name : channels_in_order(t, page.catalogue))
        y = draw_channel(c, *t.track(name), channel_of(page.catalogue, name), t, y);
    for (const auto& a : page.alerts)
        if (a.alert.state == MachineState::open) draw_alert_lines(c, a.alert.episode, lanes, y - 8);
    if (last > as_of) draw_today(c, lanes, y - 8);
    return c.svg.str(draw_dates(c, top, y - 8));
}

}  // namespace bellwether::report

#pragma once

#include <vector>

#include "bellwether/report/review.hpp"

#include "scale.hpp"
#include "svg.hpp"

/// The parts of a picture. Each draws from `top` down and says where it ended.
namespace bellwether::report {

struct Canvas {
    Svg svg;
    DateAxis x;
    Date as_of;
    bool small = false;
};

[[nodiscard]] double draw_therapies(Canvas& c, const std::vector<TherapyInterval>& therapies, double top);
[[nodiscard]] double draw_events(Canvas& c, const std::vector<Event>& events, double top);
[[nodiscard]] double draw_flags(Canvas& c, const std::vector<AlertLine>& alerts, double top);
[[nodiscard]] double draw_channel(Canvas& c, const series::Track& track, const Channel& channel,
                                  const series::Timeline& timeline, double top);
[[nodiscard]] double draw_states(Canvas& c, const StateTrace& trace, int index, double top);
/// Dates under the panels, a faint line up to `top` at each.
[[nodiscard]] double draw_dates(Canvas& c, double top, double bottom);
/// A line over all panels at the day of the report, where the axis goes on beyond it.
void draw_today(Canvas& c, double top, double bottom);
/// From onset (dotted) to firing (dashed), over all panels.
void draw_alert_lines(Canvas& c, const Episode& episode, double top, double bottom);

}  // namespace bellwether::report

#pragma once

#include <vector>

#include "bellwether/report/review.hpp"

#include "evidence.hpp"
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
/// The labels of all traces, each once: what a label looks like depends on its place in it, so that it looks
/// the same in every trace of a picture.
[[nodiscard]] std::vector<std::string> label_order(const std::vector<StateTrace>& traces);
[[nodiscard]] double draw_states(Canvas& c, const StateTrace& trace, const std::vector<std::string>& order,
                                 int index, double top);
/// What the model answered at the visits that the evidence remembers.
[[nodiscard]] double draw_probability(Canvas& c, const Argument& argument, double top);
/// Dates under the panels, a faint line up to `top` at each.
[[nodiscard]] double draw_dates(Canvas& c, double top, double bottom);
/// A line over all panels at the day of the report, where the axis goes on beyond it.
void draw_today(Canvas& c, double top, double bottom);
/// From onset (dotted) to firing (dashed), over all panels.
void draw_alert_lines(Canvas& c, const Episode& episode, double top, double bottom);

}  // namespace bellwether::report

#include "bellwether/drift/draw.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "bellwether/drift/bind.hpp"

namespace bellwether::drift {
namespace {

/// Rows that a path goes through: without the entry into death.
std::vector<BoundRow> visits(const series::Timeline& patient, const markov::Spec& spec) {
    auto rows = bind(patient, spec, Date(std::numeric_limits<std::int32_t>::max() / 2));
    std::erase_if(rows, [](const BoundRow& r) { return r.kind == markov::Kind::exact_entry; });
    return rows;
}

bool draws_first(const markov::Channel& channel) {
    return channel.latent || channel.says == markov::Says::level;
}

/// The reading that a channel begins with, on the channel's unit.
std::optional<double> first_of(const std::vector<BoundRow>& rows, std::size_t c) {
    for (const auto& r : rows)
        if (r.readings[c].present && r.readings[c].value > 0.0) return r.readings[c].value;
    return std::nullopt;
}

/// A reading as the laboratory that reported `was` would have reported a value.
Reading reported(double value, const Reading& was, std::optional<double> limit) {
    if (was.censor == Censor::left) limit = was.value;
    if (limit && value < *limit) return {*limit, Censor::left};
    return {value, Censor::none};
}

}  // namespace

std::vector<Date> modelled_days(const series::Timeline& patient, const markov::Spec& spec) {
    std::vector<Date> days;
    for (const auto& r : visits(patient, spec))
        if (r.has_reading) days.push_back(r.date);
    return days;
}

std::optional<series::Timeline> draw_like(const series::Timeline& patient, const markov::Spec& spec,
                                          const markov::Values& values, const DrawRequest& request,
                                          std::mt19937_64& random) {
    const auto rows = visits(patient, spec);
    if (std::count_if(rows.begin(), rows.end(), [](const BoundRow& r) { return r.has_reading; }) < 2)
        return std::nullopt;
    markov::Schedule schedule;
    schedule.id = patient.patient.id;
    schedule.kept = request.kept;
    for (const auto& r : rows) {
        schedule.days.push_back(static_cast<double>(r.date.serial()));
        schedule.covariates.push_back(r.covariates);
    }
    for (std::size_t c = 0; c < spec.channels.size(); ++c)
        schedule.first_value.push_back(draws_first(spec.channels[c]) ? std::nullopt : first_of(rows, c));
    markov::Panel panel(spec);
    (void)markov::simulate(spec, values, schedule, random, panel);

    series::Timeline drawn;
    drawn.patient = patient.patient;
    drawn.therapies = patient.therapies;
    for (const auto& e : patient.events)
        if (e.kind == EventKind::toxicity || e.kind == EventKind::other) drawn.events.push_back(e);
    for (std::size_t c = 0; c < spec.channels.size(); ++c) {
        const auto* track = patient.track(spec.channels[c].name);
        if (!track) continue;
        const auto given = request.lower_limit.find(track->channel);
        const auto limit =
            given == request.lower_limit.end() ? std::nullopt : std::optional<double>(given->second);
        series::Track t = *track;
        t.points.clear();
        for (const auto& p : track->points) {
            const auto row = std::lower_bound(rows.begin(), rows.end(), p.date,
                                              [](const BoundRow& r, Date d) { return r.date < d; });
            // One value a day: what the row has of the channel.
            if (row == rows.end() || row->date != p.date || !row->readings[c].present) continue;
            const auto reading = panel.row(static_cast<std::size_t>(row - rows.begin())).readings[c];
            if (!reading.present) continue;
            if (!t.points.empty() && t.points.back().date == p.date) t.points.pop_back();
            t.points.push_back(p);
            t.points.back().reading = reported(reading.value, p.reading, limit);
        }
        if (!t.points.empty()) drawn.tracks.emplace(track->channel, std::move(t));
    }
    return drawn;
}

}  // namespace bellwether::drift

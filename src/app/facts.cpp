#include <algorithm>

#include <fmt/format.h>

#include "bellwether/app/review.hpp"
#include "bellwether/core/text.hpp"

namespace bellwether::app {
namespace {

void add_channels(const series::Timeline& t, Date d, therapy::Facts& facts) {
    for (const auto& [name, track] : t.tracks) {
        const int i = track.last_index(d);
        if (i < 0) continue;
        const auto& p = track.points[static_cast<std::size_t>(i)];
        const char* mark = p.reading.censor == Censor::left    ? "<"
                           : p.reading.censor == Censor::right ? ">"
                                                               : "";
        facts[name] = {p.reading.value,
                       {},
                       fmt::format("{} {}: {}{}", name, to_string(p.date), mark, shortest(p.reading.value))};
    }
    // An enzyme over its upper limit, when the feed carries the limit as a channel of its own.
    for (const auto& [name, track] : t.tracks) {
        const auto limit = facts.find(name + "_uln");
        if (limit == facts.end() || !limit->second.value || *limit->second.value <= 0.0 ||
            facts.count(name + "_ratio"))
            continue;
        facts[name + "_ratio"] = {*facts[name].value / *limit->second.value,
                                  {},
                                  facts[name].origin + ", upper limit " + shortest(*limit->second.value)};
    }
}

void add_toxicities(const series::Timeline& t, Date d, therapy::Facts& facts) {
    // That none is recorded is itself known: grade 0.
    facts["toxicity:any"] = {0.0, {}, "no active toxicity recorded"};
    for (const auto& e : t.events) {
        if (e.kind != EventKind::toxicity || e.date > d) continue;
        const bool active = !e.resolved || *e.resolved >= d;
        const double grade = active ? static_cast<double>(e.grade.value_or(1)) : 0.0;
        const std::string origin =
            active ? fmt::format("{} grade {} since {}", e.term, e.grade.value_or(1), to_string(e.date))
                   : fmt::format("{} resolved {}", e.term, to_string(*e.resolved));
        for (const std::string& key : {"toxicity:" + e.term, std::string("toxicity:any")}) {
            auto& fact = facts[key];
            if (!fact.value || grade > *fact.value || fact.origin.empty()) fact = {grade, {}, origin};
        }
    }
}

}  // namespace

therapy::Facts facts_of(const series::Timeline& t, Date d) {
    therapy::Facts facts;
    add_channels(t, d, facts);
    add_toxicities(t, d, facts);
    const auto attribute = [&](const std::string& name, const std::string& value) {
        if (!value.empty()) facts["attribute:" + name] = {parse_double(value), value, name + ": " + value};
    };
    attribute("arm", t.patient.arm);
    attribute("site", t.patient.site);
    attribute("sex", t.patient.sex == Sex::female ? "female" : t.patient.sex == Sex::male ? "male" : "");
    if (t.patient.birth_year) attribute("age", std::to_string(d.year() - *t.patient.birth_year));
    for (const auto& [name, value] : t.patient.attributes)
        attribute(name, value);
    for (const auto& i : t.therapies)
        if (i.start <= d)
            facts["had:" + i.regimen] = {
                1.0, {}, fmt::format("{} given from {}", i.regimen, to_string(i.start))};
    return facts;
}

namespace {

/// Whether the patient is no longer followed at a date: dead, withdrawn, or monitoring has ended by protocol.
bool no_longer_followed(const series::Timeline& t, Date d) {
    return std::any_of(t.events.begin(), t.events.end(), [&](const Event& e) {
        return e.date <= d &&
               (e.kind == EventKind::death ||
                (e.kind == EventKind::other && (e.term == "withdrawal" || e.term == "end of monitoring")));
    });
}

/// A channel is outstanding for a visit when it was not measured from the visit's window on: a reading after
/// the window answers the question that the visit was to answer.
bool outstanding(const series::Timeline& t, const std::string& channel, Date from) {
    const auto* track = t.track(channel);
    return !track || track->points.empty() || track->points.back().date < from;
}

}  // namespace

std::vector<report::OverdueVisit> overdue_visits(const series::Timeline& t,
                                                 const std::vector<PlannedVisit>& schedule, Date d) {
    std::vector<report::OverdueVisit> overdue;
    const Patient& p = t.patient;
    if (!p.day_zero || no_longer_followed(t, d)) return overdue;
    std::vector<std::string> said;  // a channel is listed with its first outstanding visit only
    for (const auto& visit : schedule) {
        if (visit.trial != p.trial || (!visit.arm.empty() && visit.arm != p.arm)) continue;
        const Date due = *p.day_zero + visit.day;
        const Date last = due + visit.window_after;
        if (last >= d) continue;
        std::vector<std::string> missing;
        for (const auto& channel : visit.channels)
            if (std::find(said.begin(), said.end(), channel) == said.end() &&
                outstanding(t, channel, due - visit.window_before))
                missing.push_back(channel);
        said.insert(said.end(), missing.begin(), missing.end());
        if (!missing.empty()) overdue.push_back({p.id, p.site, p.arm, visit.name, due, d - last, missing});
    }
    return overdue;
}

}  // namespace bellwether::app

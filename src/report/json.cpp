#include "json.hpp"

#include "json_parts.hpp"
#include "view.hpp"

namespace bellwether::report {
namespace {

Ordered json_groups(const Review& r) {
    auto out = Ordered::array();
    for (const auto& g : group_counts(r)) {
        Ordered row{{"site", g.site},
                    {"arm", g.arm},
                    {"patients", g.patients ? Ordered(*g.patients) : Ordered(nullptr)}};
        for (std::size_t s = 0; s < g.alerts.size(); ++s)
            row[std::string(to_string(static_cast<Standing>(s)))] = g.alerts[s];
        row["overdue_visits"] = g.overdue;
        row["patients_not_assessable"] = g.unjudged;
        out.push_back(std::move(row));
    }
    return out;
}

Ordered json_overdue(const std::vector<OverdueVisit>& list) {
    auto out = Ordered::array();
    for (const auto& o : list)
        out.push_back({{"patient", o.patient},
                       {"site", o.site},
                       {"arm", o.arm},
                       {"visit", o.visit},
                       {"due", to_string(o.due)},
                       {"days_late", o.days_late},
                       {"missing", o.missing}});
    return out;
}

Ordered json_quarantine(const std::vector<QuarantineLine>& list) {
    auto out = Ordered::array();
    for (const auto& q : list)
        out.push_back({{"id", q.id},
                       {"file", q.file},
                       {"line", q.line},
                       {"column", q.column},
                       {"code", q.code},
                       {"reason", q.reason}});
    return out;
}

Ordered json_states(const std::vector<StateTrace>& states) {
    auto out = Ordered::array();
    for (const auto& s : states) {
        auto rows = Ordered::array(), ahead = Ordered::array();
        for (std::size_t i = 0; i < s.dates.size() && i < s.p.size(); ++i)
            rows.push_back({{"date", to_string(s.dates[i])}, {"p", s.p[i]}});
        for (const auto& [horizon, p] : s.forecast)
            ahead.push_back({{"days", horizon}, {"p", p}});
        out.push_back({{"model", s.model},
                       {"axis", s.axis},
                       {"labels", s.labels},
                       {"filtered", std::move(rows)},
                       {"forecast", std::move(ahead)}});
    }
    return out;
}

}  // namespace

std::string json_of(const Review& r) {
    auto alerts = Ordered::array();
    for (const auto& a : r.alerts)
        alerts.push_back(json_alert(a, r.as_of));
    const bool first = r.since == Instant::lowest();
    return dump({{"report", "weekly review"},
                 {"schema", 1},
                 {"store", r.store_kind},
                 {"banner", banner(r.store_kind)},
                 {"as_of", to_string(r.as_of)},
                 {"since", first ? Ordered(nullptr) : Ordered(to_string(r.since))},
                 {"scanned_to", json_maybe(r.scanned_to)},
                 {"basis", basis(r)},
                 {"cautions", cautions(r)},
                 {"in_force", json_in_force(r.in_force)},
                 {"patients", r.patients},
                 {"groups", json_groups(r)},
                 {"alerts_assessed", assessed(r)},
                 {"alerts", std::move(alerts)},
                 {"schedule_known", r.schedule_known},
                 {"overdue_visits", json_overdue(r.overdue)},
                 {"not_assessable", json_unjudged(r.not_assessable)},
                 {"quarantine", json_quarantine(r.quarantine)}});
}

std::string json_of(const PatientPage& p) {
    auto alerts = Ordered::array();
    for (const auto& a : p.alerts)
        alerts.push_back(json_alert(a, p.as_of));
    const auto& who = p.timeline.patient;
    return dump({{"report", "patient"},
                 {"schema", 1},
                 {"store", p.store_kind},
                 {"banner", banner(p.store_kind)},
                 {"as_of", to_string(p.as_of)},
                 {"basis", basis(p)},
                 {"warnings", p.warnings},
                 {"patient", who.id},
                 {"trial", who.trial},
                 {"site", who.site},
                 {"arm", who.arm},
                 {"regimen", p.current_regimen},
                 {"response", p.response},
                 {"timeline", json_timeline(p.timeline, p.catalogue)},
                 {"states", json_states(p.states)},
                 {"alerts", std::move(alerts)},
                 {"options", json_options(p.options)},
                 {"not_assessable", json_unjudged(p.not_assessable)},
                 {"conflicts", p.conflicts},
                 {"missing", p.missing}});
}

}  // namespace bellwether::report

#include "bellwether/study/alerts.hpp"

#include <algorithm>

#include "bellwether/core/error.hpp"

#include "follow.hpp"

namespace bellwether::study {
namespace {

/// Days of monitored time on therapy; overlapping regimens count once.
int days_on(const Follow& f) {
    int days = 0;
    for (Date d = f.start; d < f.monitored_until; d = d + 1)
        days += in_any(f.on_therapy, d) ? 1 : 0;
    return days;
}

}  // namespace

AlertRates alert_rates(std::span<const Follow> patients) {
    AlertRates r;
    std::vector<Exposure> all, on, off, stable_time;
    std::vector<Survival> first_alert;
    for (const auto& f : patients) {
        ++r.patients;
        r.alerts += f.alerts.size();
        r.patients_alerted += f.alerts.empty() ? 0U : 1U;
        const double monitored = years(f.start, f.monitored_until);
        const double treated = days_on(f) / days_per_year;
        Exposure e{0, monitored}, e_on{0, treated}, e_off{0, std::max(0.0, monitored - treated)}, e_stable;
        if (f.stable_until) e_stable.years = years(f.start, std::min(*f.stable_until, f.monitored_until));
        std::optional<Date> first;
        for (const auto& a : f.alerts) {
            r.taken_back += a.taken_back ? 1U : 0U;
            ++e.events;
            ++(in_any(f.on_therapy, a.raised) ? e_on : e_off).events;
            if (stable(f, a.raised)) ++e_stable.events;
            if (!first || a.raised < *first) first = a.raised;
        }
        all.push_back(e);
        on.push_back(e_on);
        off.push_back(e_off);
        if (f.stable_until) stable_time.push_back(e_stable);
        const Date end = first ? *first : f.monitored_until;
        first_alert.push_back({static_cast<double>(std::max(0, end - f.start)), first.has_value()});
    }
    r.alerted = share(r.patients_alerted, r.patients);
    r.all = rate(all);
    r.on_therapy = rate(on);
    r.off_therapy = rate(off);
    r.false_alerts = rate(stable_time);
    if (!first_alert.empty()) r.alerted_in_year = 1.0 - survival_at(kaplan_meier(first_alert), 365.0);
    return r;
}

LeadTime lead_time(std::span<const Follow> patients) {
    LeadTime r;
    std::vector<double> leads;
    for (const auto& f : patients) {
        if (!f.event) continue;
        ++r.events;
        if (const auto before = first_in_force(f, *f.event - 1))
            leads.push_back(static_cast<double>(*f.event - *before));
        else if (const auto then = first_in_force(f, *f.event); then && *then == *f.event)
            ++r.same_day;
    }
    r.before = share(leads.size(), r.events);
    const auto well =
        std::count_if(leads.begin(), leads.end(), [](double d) { return d > well_before_days; });
    r.well_before = share(static_cast<std::size_t>(well), r.events);
    r.q1 = quantile(leads, 0.25);
    r.median = quantile(leads, 0.5);
    r.q3 = quantile(leads, 0.75);
    return r;
}

Delay delay(std::span<const Follow> patients) {
    Delay r;
    std::size_t grew = 0;
    std::vector<double> days;
    for (const auto& f : patients) {
        if (!f.stable_until || *f.stable_until <= f.start || *f.stable_until >= f.monitored_until) continue;
        ++grew;
        std::optional<Date> first;
        for (const auto& a : f.alerts)
            if (a.raised >= *f.stable_until && (!first || a.raised < *first)) first = a.raised;
        if (first) days.push_back(static_cast<double>(*first - *f.stable_until));
    }
    r.alerted = share(days.size(), grew);
    r.q1 = quantile(days, 0.25);
    r.median = quantile(days, 0.5);
    r.q3 = quantile(days, 0.75);
    return r;
}

Landmark landmark(std::span<const Follow> patients, int days) {
    if (days <= 0) throw Error("U006", "a landmark lies after the start");
    Landmark r;
    r.days = days;
    std::vector<Survival> group[2], all;
    std::vector<double> scores;
    for (const auto& f : patients) {
        const Date at = f.start + days;
        if (f.followed_until <= at) continue;
        const bool alerted = std::any_of(f.alerts.begin(), f.alerts.end(),
                                         [&](const RaisedAlert& a) { return a.raised <= at; });
        const Survival s{static_cast<double>(f.followed_until - at), f.died};
        group[alerted ? 0 : 1].push_back(s);
        all.push_back(s);
        scores.push_back(alerted ? 1.0 : 0.0);
    }
    r.alerted_against_not = log_rank(group[0], group[1]);
    r.c = concordance(all, scores).c;
    r.median_alerted = median_survival(kaplan_meier(group[0]));
    r.median_not = median_survival(kaplan_meier(group[1]));
    return r;
}

LandmarkScore landmark_score(std::span<const Follow> patients, std::span<const std::optional<double>> scores,
                             int days) {
    if (days <= 0) throw Error("U006", "a landmark lies after the start");
    if (patients.size() != scores.size()) throw Error("U002", "as many scores as subjects are needed");
    LandmarkScore r;
    std::vector<Survival> subjects;
    std::vector<double> known;
    for (std::size_t i = 0; i < patients.size(); ++i) {
        const auto& f = patients[i];
        const Date at = f.start + days;
        if (f.followed_until <= at || !scores[i]) continue;
        ++r.patients;
        r.deaths += f.died ? 1U : 0U;
        subjects.push_back({static_cast<double>(f.followed_until - at), f.died});
        known.push_back(*scores[i]);
    }
    r.concordance = concordance(subjects, known);
    return r;
}

}  // namespace bellwether::study

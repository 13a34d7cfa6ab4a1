#include "bellwether/study/measures.hpp"

#include <algorithm>
#include <cmath>

#include "bellwether/core/error.hpp"

#include "follow.hpp"

namespace bellwether::study {
namespace {

constexpr std::size_t n_measures = static_cast<std::size_t>(Measure::share_of_time_not_assessable) + 1;

std::optional<Date> first_raised(const Follow& f) {
    std::optional<Date> first;
    for (const auto& a : f.alerts)
        if (!first || a.raised < *first) first = a.raised;
    return first;
}

std::optional<Date> first_false(const Follow& f) {
    std::optional<Date> first;
    for (const auto& a : f.alerts)
        if (stable(f, a.raised) && (!first || a.raised < *first)) first = a.raised;
    return first;
}

/// Years of stable time that were watched.
double stable_years(const Follow& f) {
    return f.stable_until ? years(f.start, std::min(*f.stable_until, f.monitored_until)) : 0.0;
}

/// A patient's first false alert, and the stable time up to it.
Exposure until_first_false(const Follow& f) {
    const auto first = first_false(f);
    return {first ? 1.0 : 0.0, first ? std::min(years(f.start, *first), stable_years(f)) : stable_years(f)};
}

/// From the start to the first alert, else to the end of monitoring.
Survival until_first_alert(const Follow& f) {
    const auto first = first_raised(f);
    return {static_cast<double>(std::max(0, first.value_or(f.monitored_until) - f.start)), first.has_value()};
}

std::optional<double> ratio(double a, double b) {
    return b > 0.0 ? std::optional(a / b) : std::nullopt;
}

}  // namespace

std::vector<Survival> times_to_first_alert(std::span<const Watched> patients) {
    std::vector<Survival> times;
    for (const auto& p : patients)
        times.push_back(until_first_alert(p.follow));
    return times;
}

Date event_free_until(const Follow& f, std::optional<Date> event, int horizon) {
    return std::max(f.start, event.value_or(f.followed_until) - horizon);
}

Counts counts(std::span<const Watched> patients) {
    Counts c;
    for (const auto& w : patients) {
        const Follow& f = w.follow;
        ++c.patients;
        c.patient_years += years(f.start, f.monitored_until);
        c.stable_years += stable_years(f);
        c.alerts += f.alerts.size();
        for (const auto& a : f.alerts) {
            c.taken_back += a.taken_back ? 1U : 0U;
            c.false_alerts += stable(f, a.raised) ? 1U : 0U;
        }
        ++(!f.alerts.empty() ? c.alerted : w.ever_assessable ? c.silent : c.not_assessable);
        if (!f.event) continue;
        ++c.events;
        if (first_in_force(f, *f.event - 1)) {
            ++c.warned;
            continue;
        }
        const auto then = first_in_force(f, *f.event);
        c.same_day += then && *then == *f.event ? 1U : 0U;
        ++(w.assessable_before_event ? c.missed_silent : c.missed_not_assessable);
    }
    return c;
}

const std::vector<std::string>& measure_names() {
    static const std::vector<std::string> names = {"alerts_per_patient_year",
                                                   "false_alerts_per_stable_patient_year",
                                                   "first_false_alerts_per_stable_patient_year",
                                                   "share_warned",
                                                   "share_warned_over_14_days",
                                                   "lead_days_q1",
                                                   "lead_days_median",
                                                   "lead_days_q3",
                                                   "days_to_first_alert_median",
                                                   "alerted_within_horizon",
                                                   "event_within_horizon",
                                                   "share_of_time_not_assessable"};
    return names;
}

Sample::Sample(std::span<const Watched> patients, int horizon) : horizon_(horizon) {
    if (horizon <= 0) throw Error("U007", "the horizon of a replay is a number of days above 0");
    for (std::size_t i = 0; i < patients.size(); ++i) {
        const Follow& f = patients[i].follow;
        Flat p;
        p.alerts = static_cast<double>(f.alerts.size());
        p.years = years(f.start, f.monitored_until);
        p.stable_years = stable_years(f);
        p.days = std::max(0, f.monitored_until - f.start);
        p.days_not_assessable = patients[i].days_not_assessable;
        const auto until = until_first_false(f);
        p.first_false = until.events;
        p.years_to_first = until.years;
        for (const auto& a : f.alerts) {
            if (stable(f, a.raised)) p.false_alerts += 1.0;
            if (f.event && a.raised >= *f.event) continue;
            const Date last = f.event ? *f.event : f.followed_until;
            const End end = f.event ? End::event : f.died ? End::death : End::censored;
            after_alerts_.push_back({static_cast<double>(std::max(0, last - a.raised)), i, end});
        }
        if (f.event) {
            p.events = 1.0;
            if (const auto warned = first_in_force(f, *f.event - 1)) {
                const double days = *f.event - *warned;
                p.warned = 1.0;
                p.well_before = days > well_before_days ? 1.0 : 0.0;
                leads_.push_back({days, i, End::event});
            }
        }
        const auto first = until_first_alert(f);
        first_alerts_.push_back({first.time, i, first.event ? End::event : End::censored});
        flat_.push_back(p);
    }
    for (auto* list : {&leads_, &first_alerts_, &after_alerts_})
        std::stable_sort(list->begin(), list->end(),
                         [](const Timed& a, const Timed& b) { return a.time < b.time; });
}

/// Type 7 of the leads, each as often as its patient counts.
std::optional<double> Sample::lead(std::span<const std::uint32_t> weights, double q) const {
    std::uint64_t n = 0;
    for (const auto& l : leads_)
        n += weights[l.patient];
    if (n == 0) return std::nullopt;
    const double at = q * static_cast<double>(n - 1);
    const auto below = static_cast<std::uint64_t>(std::floor(at));
    const std::uint64_t above = std::min(below + 1, n - 1);
    double low = 0.0;
    std::uint64_t seen = 0;
    bool have_low = false;
    for (const auto& l : leads_) {
        seen += weights[l.patient];
        if (!have_low && seen > below) {
            low = l.time;
            have_low = true;
        }
        if (seen > above) return low + (at - static_cast<double>(below)) * (l.time - low);
    }
    return low;
}

/// The product-limit estimate as kaplan_meier() makes it, with weights.
void Sample::time_to_alert(std::span<const std::uint32_t> weights,
                           std::vector<std::optional<double>>& out) const {
    double at_risk = 0.0;
    for (const auto& t : first_alerts_)
        at_risk += weights[t.patient];
    if (at_risk == 0.0) return;
    double survival = 1.0, at_horizon = 1.0;
    std::optional<double> median;
    for (std::size_t i = 0; i < first_alerts_.size();) {
        const double time = first_alerts_[i].time;
        double here = 0.0, events = 0.0;
        for (; i < first_alerts_.size() && first_alerts_[i].time == time; ++i) {
            here += weights[first_alerts_[i].patient];
            if (first_alerts_[i].end == End::event) events += weights[first_alerts_[i].patient];
        }
        if (events > 0.0) survival *= 1.0 - events / at_risk;
        at_risk -= here;
        if (!median && survival <= 0.5) median = time;
        if (time <= horizon_) at_horizon = survival;
    }
    out[static_cast<std::size_t>(Measure::days_to_first_alert_median)] = median;
    out[static_cast<std::size_t>(Measure::alerted_within_horizon)] = 1.0 - at_horizon;
}

std::optional<double> Sample::incidence(std::span<const std::uint32_t> weights) const {
    double at_risk = 0.0;
    for (const auto& t : after_alerts_)
        at_risk += weights[t.patient];
    if (at_risk == 0.0) return std::nullopt;
    double free = 1.0, incidence = 0.0;
    for (std::size_t i = 0; i < after_alerts_.size() && after_alerts_[i].time <= horizon_;) {
        const double time = after_alerts_[i].time;
        double here = 0.0, events = 0.0, ends = 0.0;
        for (; i < after_alerts_.size() && after_alerts_[i].time == time; ++i) {
            const double w = weights[after_alerts_[i].patient];
            here += w;
            if (after_alerts_[i].end != End::censored) ends += w;
            if (after_alerts_[i].end == End::event) events += w;
        }
        if (at_risk > 0.0) {
            incidence += free * events / at_risk;
            free *= 1.0 - ends / at_risk;
        }
        at_risk -= here;
    }
    return incidence;
}

void Sample::figures(std::span<const std::uint32_t> weights, std::vector<std::optional<double>>& out) const {
    Flat sum;
    for (std::size_t i = 0; i < flat_.size(); ++i) {
        if (weights[i] == 0) continue;
        const double w = weights[i];
        const Flat& p = flat_[i];
        sum.alerts += w * p.alerts;
        sum.years += w * p.years;
        sum.false_alerts += w * p.false_alerts;
        sum.stable_years += w * p.stable_years;
        sum.first_false += w * p.first_false;
        sum.years_to_first += w * p.years_to_first;
        sum.events += w * p.events;
        sum.warned += w * p.warned;
        sum.well_before += w * p.well_before;
        sum.days += w * p.days;
        sum.days_not_assessable += w * p.days_not_assessable;
    }
    out.assign(n_measures, std::nullopt);
    const auto put = [&](Measure m, std::optional<double> x) { out[static_cast<std::size_t>(m)] = x; };
    put(Measure::alerts_per_patient_year, ratio(sum.alerts, sum.years));
    put(Measure::false_alerts_per_stable_patient_year, ratio(sum.false_alerts, sum.stable_years));
    put(Measure::first_false_alerts_per_stable_patient_year, ratio(sum.first_false, sum.years_to_first));
    put(Measure::share_warned, ratio(sum.warned, sum.events));
    put(Measure::share_warned_over_14_days, ratio(sum.well_before, sum.events));
    if (sum.stable_years > 0.0) {
        put(Measure::lead_days_q1, lead(weights, 0.25));
        put(Measure::lead_days_median, lead(weights, 0.5));
        put(Measure::lead_days_q3, lead(weights, 0.75));
    }
    time_to_alert(weights, out);
    put(Measure::event_within_horizon, incidence(weights));
    put(Measure::share_of_time_not_assessable, ratio(sum.days_not_assessable, sum.days));
}

namespace {

std::vector<Estimate> with_intervals(const Bootstrap& how, std::size_t n, const Figures& figures) {
    std::vector<std::optional<double>> values;
    figures(std::vector<std::uint32_t>(n, 1), values);
    const auto spread = intervals(how, n, figures);
    std::vector<Estimate> out;
    for (std::size_t i = 0; i < values.size(); ++i)
        out.push_back(
            {values[i], values[i] ? spread[i].low : std::nullopt, values[i] ? spread[i].high : std::nullopt});
    return out;
}

}  // namespace

std::vector<Estimate> estimates(const Sample& sample, const Bootstrap& how) {
    return with_intervals(how, sample.patients(),
                          [&](std::span<const std::uint32_t> w, std::vector<std::optional<double>>& out) {
                              sample.figures(w, out);
                          });
}

std::vector<Estimate> differences(const Sample& first, const Sample& second, const Bootstrap& how) {
    if (first.patients() != second.patients())
        throw Error("U002", "the two sides of a comparison have different numbers of patients");
    std::vector<std::optional<double>> a;
    return with_intervals(how, first.patients(),
                          [&](std::span<const std::uint32_t> w, std::vector<std::optional<double>>& out) {
                              first.figures(w, a);
                              second.figures(w, out);
                              for (std::size_t i = 0; i < out.size(); ++i)
                                  out[i] = out[i] && a[i] ? std::optional(*out[i] - *a[i]) : std::nullopt;
                          });
}

GroupTests compare_groups(std::span<const Watched> patients, std::span<const std::size_t> group) {
    if (patients.size() != group.size()) throw Error("U002", "as many groups as patients are needed");
    std::vector<Exposure> first;
    std::vector<Share> warned;
    std::vector<Survival> alerted;
    for (std::size_t i = 0; i < patients.size(); ++i) {
        const Follow& f = patients[i].follow;
        const std::size_t g = group[i];
        if (g >= first.size()) {
            first.resize(g + 1);
            warned.resize(g + 1);
        }
        const auto until = until_first_false(f);
        first[g].events += until.events;
        first[g].years += until.years;
        alerted.push_back(until_first_alert(f));
        if (!f.event) continue;
        ++warned[g].of;
        warned[g].count += first_in_force(f, *f.event - 1) ? 1U : 0U;
    }
    return {equal_rates(first), equal_hazards(alerted, group), equal_shares(warned)};
}

}  // namespace bellwether::study

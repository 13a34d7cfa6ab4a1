#include "bellwether/study/alerts.hpp"

namespace bellwether::study {
namespace {

class Sheet {
public:
    void count(const char* name, std::size_t n) { add(name, static_cast<double>(n)); }
    void add(const char* name, std::optional<double> value, std::optional<double> low = {},
             std::optional<double> high = {}) {
        list_.push_back({name, value, low, high});
    }
    void rate(const char* name, const Rate& r) {
        const bool none = r.events == 0.0 && r.years > 0.0;
        add(name, r.rate, none ? std::optional<double>(0.0) : r.low,
            none ? upper_limit_of_none(r.years) : r.high);
    }
    void share(const char* name, const Share& s) { add(name, s.share, s.low, s.high); }
    [[nodiscard]] std::vector<Figure> take() { return std::move(list_); }

private:
    std::vector<Figure> list_;
};

}  // namespace

std::vector<Figure> figures(std::span<const Follow> patients, int landmark_days) {
    Sheet s;
    const auto a = alert_rates(patients);
    s.count("patients", a.patients);
    s.add("patient_years", a.all.years);
    s.count("alerts", a.alerts);
    s.count("alerts_taken_back", a.taken_back);
    s.count("patients_alerted", a.patients_alerted);
    s.share("share_alerted", a.alerted);
    s.rate("alerts_per_patient_year", a.all);
    s.add("first_alert_within_365_days", a.alerted_in_year);
    s.add("patient_years_on_therapy", a.on_therapy.years);
    s.add("alerts_on_therapy", a.on_therapy.events);
    s.rate("alerts_per_patient_year_on_therapy", a.on_therapy);
    s.add("patient_years_off_therapy", a.off_therapy.years);
    s.add("alerts_off_therapy", a.off_therapy.events);
    s.rate("alerts_per_patient_year_off_therapy", a.off_therapy);
    s.add("stable_patient_years", a.false_alerts.years);
    s.add("false_alerts", a.false_alerts.events);
    s.rate("false_alerts_per_stable_patient_year", a.false_alerts);
    const auto l = lead_time(patients);
    s.count("events", l.events);
    s.count("events_alerted_before", l.before.count);
    s.share("share_alerted_before", l.before);
    s.count("events_alerted_same_day", l.same_day);
    s.count("events_alerted_over_14_days_before", l.well_before.count);
    s.share("share_alerted_over_14_days_before", l.well_before);
    s.add("lead_days_median", l.median, l.q1, l.q3);
    const auto d = delay(patients);
    s.count("regrowths", d.alerted.of);
    s.share("share_of_regrowths_alerted", d.alerted);
    s.add("days_from_regrowth_to_alert_median", d.median, d.q1, d.q3);
    const auto m = landmark(patients, landmark_days);
    const auto& t = m.alerted_against_not;
    s.count("landmark_alerted", t.patients[0]);
    s.count("landmark_not_alerted", t.patients[1]);
    s.add("landmark_deaths_alerted", t.observed[0]);
    s.add("landmark_deaths_not_alerted", t.observed[1]);
    s.add("landmark_median_days_alerted", m.median_alerted);
    s.add("landmark_median_days_not_alerted", m.median_not);
    s.add("landmark_chi_square", t.chi_square);
    s.add("landmark_p", t.p);
    s.add("landmark_hazard_ratio", t.hazard_ratio, t.low, t.high);
    s.add("landmark_c", m.c);
    return s.take();
}

}  // namespace bellwether::study

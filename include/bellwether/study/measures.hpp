#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bellwether/study/alerts.hpp"
#include "bellwether/study/bootstrap.hpp"
#include "bellwether/study/groups.hpp"

/// What a rule would have been worth: figures of a replay, with intervals over patients.
///
/// Terms. An alert's date is the day on which it was raised. A day is *stable* when it lies before
/// Follow::stable_until; an alert raised on one is *false*. An alert *warns* of the event when it was raised
/// strictly before its day, on no stable day, and stood open on the day before. So an alert is false or a
/// warning or neither, never both.
namespace bellwether::study {

/// One patient under one rule.
struct Watched {
    Follow follow;                 ///< with the alerts of that rule
    int days_not_assessable = 0;   ///< of the monitored days: those on which the rule could not be judged
    bool ever_assessable = false;  ///< on any monitored day
    bool assessable_before_event = false;  ///< on the day before the event; false without one
};

/// Stable time where no truth is at hand: the days that were followed by `horizon` days without the event,
/// the patient being watched all the while. Equal to `f.start` when there is none.
/// @param event  the first event, also one before f.start: after it nothing is stable
[[nodiscard]] Date event_free_until(const Follow& f, std::optional<Date> event, int horizon);

/// Counts, exact and without interval.
struct Counts {
    std::size_t patients = 0, alerts = 0, taken_back = 0;
    double patient_years = 0.0, stable_years = 0.0;
    std::size_t false_alerts = 0;
    std::size_t alerted = 0;         ///< patients with an alert
    std::size_t silent = 0;          ///< judged on some day, never alerted
    std::size_t not_assessable = 0;  ///< could not be judged on any day: their silence says nothing
    std::size_t events = 0, warned = 0, same_day = 0;
    std::size_t missed_silent = 0;          ///< events without a warning, the rule judged the day before
    std::size_t missed_not_assessable = 0;  ///< ... could not be judged the day before
};
[[nodiscard]] Counts counts(std::span<const Watched> patients);

/// The figures that have intervals, under permanent names.
enum class Measure {
    alerts_per_patient_year,
    false_alerts_per_stable_patient_year,
    /// Patients' first false alerts over stable time up to them: what a budget of false alerts is about.
    first_false_alerts_per_stable_patient_year,
    share_warned,               ///< of patients with the event
    share_warned_over_14_days,  ///< the same, warned more than 14 days before
    lead_days_q1,               ///< among those warned; type 7 quantiles
    lead_days_median,
    lead_days_q3,
    days_to_first_alert_median,  ///< Kaplan-Meier, from the start of monitoring, all patients
    alerted_within_horizon,      ///< Kaplan-Meier: share with an alert within `horizon` days of the start
    event_within_horizon,        ///< positive predictive value: see Sample
    share_of_time_not_assessable,
};
[[nodiscard]] const std::vector<std::string>& measure_names();  ///< in the order of Measure

/// One cohort under one rule, laid out so that every measure can be asked for again and again with other
/// weights. The leads have no value without stable time: a lead time is nothing without its false-alert rate.
///
/// The positive predictive value at a horizon is the chance that an alert raised before the event is followed
/// by it within so many days: the cumulative incidence (Aalen & Johansen 1978, Scand J Stat 5:141-150) over
/// all such alerts, from the day after the alert; death is a competing end, the end of follow-up censors.
///
/// @tested tests/study/measures_test.cpp: equal to alert_rates(), lead_time() and kaplan_meier() with weights
///         1 and with patients copied; R's survfit for the incidence
class Sample {
public:
    /// @param horizon  days, above 0. @throws Error U007
    Sample(std::span<const Watched> patients, int horizon);
    [[nodiscard]] std::size_t patients() const { return flat_.size(); }
    /// @param weights  how often each patient counts
    void figures(std::span<const std::uint32_t> weights, std::vector<std::optional<double>>& out) const;

private:
    struct Flat {  ///< what one patient adds to the sums
        double alerts = 0, years = 0, false_alerts = 0, stable_years = 0, first_false = 0, years_to_first = 0;
        double events = 0, warned = 0, well_before = 0, days = 0, days_not_assessable = 0;
    };
    enum class End : std::uint8_t { censored, event, death };
    struct Timed {
        double time = 0.0;
        std::size_t patient = 0;
        End end = End::censored;
    };
    [[nodiscard]] std::optional<double> lead(std::span<const std::uint32_t> weights, double q) const;
    void time_to_alert(std::span<const std::uint32_t> weights, std::vector<std::optional<double>>& out) const;
    [[nodiscard]] std::optional<double> incidence(std::span<const std::uint32_t> weights) const;

    int horizon_;
    std::vector<Flat> flat_;
    std::vector<Timed> leads_, first_alerts_, after_alerts_;  ///< by time
};

/// From the start of watching to each patient's first alert, else to the last reading (censored): what a
/// Kaplan-Meier curve of the time to alert is drawn from.
[[nodiscard]] std::vector<Survival> times_to_first_alert(std::span<const Watched> patients);

/// A measure with its interval; for two sides the difference, second less first.
struct Estimate {
    std::optional<double> value, low, high;
    std::optional<double> error{};  ///< standard error, over the draws; nothing where there is no interval
};
[[nodiscard]] std::vector<Estimate> estimates(const Sample& sample, const Bootstrap& how);
/// Paired: the two sides are of the same patients in the same order, and are drawn together.
/// @throws Error U002 the numbers of patients differ
[[nodiscard]] std::vector<Estimate> differences(const Sample& first, const Sample& second,
                                                const Bootstrap& how);

/// Whether groups of patients differ in what a rule does.
struct GroupTests {
    GroupTest first_false;    ///< rates of first false alerts: likelihood ratio
    GroupTest time_to_alert;  ///< log-rank over the first alerts
    GroupTest warned;         ///< share of events warned of: likelihood ratio
};
/// @param group  of each patient, 0 ... K-1
[[nodiscard]] GroupTests compare_groups(std::span<const Watched> patients,
                                        std::span<const std::size_t> group);

}  // namespace bellwether::study

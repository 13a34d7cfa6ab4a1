#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bellwether/core/date.hpp"
#include "bellwether/study/rate.hpp"
#include "bellwether/study/survival.hpp"

/// How alerts fared against what happened to the patients. Knows no store: the caller says who was followed
/// how long, what happened when, when alerts were raised, and which time counts as stable.
namespace bellwether::study {

/// Days [from, to): `to` is the first day on which it was closed again, nothing while it lasted.
struct Span {
    Date from;
    std::optional<Date> to;
    [[nodiscard]] bool holds(Date d) const { return from <= d && (!to || d < *to); }
};

/// One alert of one patient. What counts is the day on which the engine *raised* it, never the onset that it
/// gives the episode afterwards: nobody could act on the onset.
struct RaisedAlert {
    std::string rule;
    Date raised;
    std::vector<Span> open = {};  ///< when it stood open; a reopened alert has several
    bool taken_back = false;      ///< later withdrawn, merged or superseded. It was raised all the same
};

/// One patient.
struct Follow {
    std::string id;
    Date start;                 ///< day zero
    Date monitored_until;       ///< last day with a reading: after it no alert could come
    Date followed_until;        ///< death, or last known alive
    bool died = false;          ///< on followed_until
    std::optional<Date> event;  ///< the event that alerts should precede (progression, say)
    /// Time in which nothing grew, so that every alert is false: start to before this day. Nothing: not
    /// known, and the patient adds nothing to the false-alert rate. Equal to start: never stable.
    std::optional<Date> stable_until;
    std::vector<Span> on_therapy = {};
    std::vector<RaisedAlert> alerts = {};  ///< of the rule or rules under study
};

/// Alerts over monitored time. An alert raised outside [start, monitored_until] counts too: it was raised.
struct AlertRates {
    std::size_t patients = 0, patients_alerted = 0, alerts = 0, taken_back = 0;
    Share alerted;                          ///< patients with an alert, of all
    Rate all;                               ///< alerts per patient-year monitored
    std::optional<double> alerted_in_year;  ///< Kaplan-Meier: share with a first alert within 365 days
    Rate on_therapy, off_therapy;
    Rate false_alerts;  ///< raised in stable time, per stable patient-year
};
[[nodiscard]] AlertRates alert_rates(std::span<const Follow> patients);

/// How alerts stood to the event. An alert counts as before it when it was raised *strictly* before that day,
/// in no stable time, and was still open on the day before: one that came and went again warned of nothing.
struct LeadTime {
    std::size_t events = 0;
    Share before;                          ///< patients with the event who had such an alert
    std::size_t same_day = 0;              ///< those whose first alert in force came on the very day: no lead
    std::optional<double> q1, median, q3;  ///< days from raised to the event, among those alerted before
    /// More than 14 days before. A lead of a few days is often the same scan under another date; no two
    /// scheduled scans lie within a fortnight. (14: illustrative)
    Share well_before;
};
[[nodiscard]] LeadTime lead_time(std::span<const Follow> patients);

/// How long after the first growth the first alert came, whether or not there was an event: among patients
/// who were stable first and grew while monitored.
struct Delay {
    Share alerted;                         ///< of those who grew, raised on or after the first day of growth
    std::optional<double> q1, median, q3;  ///< days from it to the alert
};
[[nodiscard]] Delay delay(std::span<const Follow> patients);

/// Alerted by a landmark or not, and how long they lived from there. Only patients alive and followed beyond
/// the landmark count, so that nobody is "alerted" by virtue of having lived to be.
/// @param days  after start; > 0
/// @throws Error U006 days not above 0.
/// @source Anderson, Cain & Gelber 1983, J Clin Oncol 1:710-719.
struct Landmark {
    int days = 0;
    LogRank alerted_against_not;                       ///< group 0: alerted
    std::optional<double> c;                           ///< Harrell's C of "alerted"
    std::optional<double> median_alerted, median_not;  ///< days of survival from the landmark
};
[[nodiscard]] Landmark landmark(std::span<const Follow> patients, int days);

/// Harrell's C of a score read at the landmark, among those alive and followed beyond it who have one.
/// @param scores  parallel to `patients`; higher = expected to die sooner
/// @throws Error U002 the lengths differ; U006 as above.
struct LandmarkScore {
    std::size_t patients = 0, deaths = 0;
    Concordance concordance;
};
[[nodiscard]] LandmarkScore landmark_score(std::span<const Follow> patients,
                                           std::span<const std::optional<double>> scores, int days);

/// One number of a summary, with its interval where it has one.
struct Figure {
    std::string name;  ///< "alerts_per_patient_year"
    std::optional<double> value, low, high;
};

/// All of the above under permanent names, in a fixed order: what `study summary` prints and scripts read.
[[nodiscard]] std::vector<Figure> figures(std::span<const Follow> patients, int landmark_days);

}  // namespace bellwether::study

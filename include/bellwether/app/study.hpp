#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bellwether/store/store.hpp"
#include "bellwether/study/alerts.hpp"

/// From a store to the plain patients that `study` looks at.
namespace bellwether::app {

/// Patient -> first day of growth in a virtual trial; nothing when the tumour never grew (again).
using TrueOnsets = std::map<std::string, std::optional<Date>>;

/// Reads truth/truth_patients.csv of a virtual trial. @throws Error C001 unreadable; P009 not such a file.
[[nodiscard]] TrueOnsets read_true_onsets(const std::string& folder);

struct StudyRequest {
    Instant as_of;
    EventKind event = EventKind::progression;  ///< what alerts should precede
    std::string group;                         ///< "", arm, site, trial, sex, or an attribute of the patients
    /// Only patients who have all of these: arm, site, trial, sex, or an attribute, and its value.
    std::vector<std::pair<std::string, std::string>> cohort;
    /// Only patients for whom this rule has ever raised an alert; "" = all. A rule that fires wherever there
    /// is something to judge (two biopsies, say) so keeps those out of whom silence says nothing.
    std::string among;
    std::optional<TrueOnsets> truth;  ///< patients that it does not name have no stable time
    /// A state or label of an active model: its probability as known at `landmark_days` is the patient's
    /// score, by the parameter set that never saw the patient. "" = none.
    std::string score;
    int landmark_days = 90;
};

struct StudyPatient {
    study::Follow follow;   ///< with the alerts of all rules
    std::string group;      ///< value of the group asked for; "" when the patient has none
    bool has_sums = false;  ///< a sum of diameters was read
    /// First day on which it lay at least 20% and 5 mm over its nadir, before or after the event; nothing:
    /// never.
    std::optional<Date> crossed;
    std::optional<double> score;  ///< P(request.score) at the landmark
};

/// All patients of a store as known at an instant, streamed in blocks, with their alerts from the ledger as
/// it stood then.
///
/// Monitored from day zero (else the first reading) to the last reading; followed to death, else to the last
/// day on which anything is known. The event is the first of its kind after day zero.
[[nodiscard]] std::vector<StudyPatient> study_patients(store::Store& store, const StudyRequest& request);

/// The rules in force at an instant and those with an alert in the ledger, by name.
[[nodiscard]] std::vector<std::string> study_rules(store::Store& store, Instant as_of);

/// The same patients with the alerts of one rule only; "" = of any.
[[nodiscard]] std::vector<study::Follow> of_rule(const std::vector<StudyPatient>& patients,
                                                 std::string_view rule);

}  // namespace bellwether::app

#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bellwether/app/study.hpp"
#include "bellwether/record/ledger.hpp"
#include "bellwether/series/timeline.hpp"

/// What the study of a ledger, a replay and the evaluation of a score ask of one patient.
namespace bellwether::app {

/// Value of arm, site, trial, sex or an attribute; "" when the patient has none.
[[nodiscard]] std::string group_of(const Patient& p, const std::string& group);

/// Adds one event of the machine to the courses of a patient's alerts, by number.
void add_to_course(std::map<std::int64_t, study::RaisedAlert>& alerts, const AlertEvent& e);

/// Follow-up and outcomes of one patient from a timeline as known at `request.as_of`; without alerts.
[[nodiscard]] StudyPatient study_patient(const series::Timeline& t, const StudyRequest& request);

/// Puts in the levels of "sex", "site", "arm", "age" and, per channel, "assay of CHANNEL": that of the
/// patient's first reading.
void add_groups(const series::Timeline& t, std::map<std::string, std::string>& groups);

/// Whether the patient has all of these: arm, site, trial, sex, or an attribute, and its value.
[[nodiscard]] bool in_cohort(const Patient& p,
                             const std::vector<std::pair<std::string, std::string>>& cohort);

}  // namespace bellwether::app

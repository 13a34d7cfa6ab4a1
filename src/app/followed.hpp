#pragma once

#include <map>
#include <string>

#include "bellwether/app/study.hpp"
#include "bellwether/record/ledger.hpp"
#include "bellwether/series/timeline.hpp"

/// What the study of a ledger and a replay ask of one patient.
namespace bellwether::app {

/// Value of arm, site, trial, sex or an attribute; "" when the patient has none.
[[nodiscard]] std::string group_of(const Patient& p, const std::string& group);

/// Adds one event of the machine to the courses of a patient's alerts, by number.
void add_to_course(std::map<std::int64_t, study::RaisedAlert>& alerts, const AlertEvent& e);

/// Follow-up and outcomes of one patient from a timeline as known at `request.as_of`; without alerts.
[[nodiscard]] StudyPatient study_patient(const series::Timeline& t, const StudyRequest& request);

}  // namespace bellwether::app

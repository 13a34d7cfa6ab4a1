#pragma once

#include "bellwether/trial/course.hpp"

#include "spool.hpp"

namespace bellwether::trial {

/// Everything that the trial's office receives about one patient, in the order and at the times at which it
/// is released: late, preliminary, corrected, cancelled, sent twice. Nothing of the truth.
void report_patient(const TrialOptions& options, const VirtualPatient& patient, const Course& course,
                    Spool& spool);

}  // namespace bellwether::trial

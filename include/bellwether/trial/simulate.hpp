#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "bellwether/trial/options.hpp"

namespace bellwether::trial {

struct TrialSummary {
    int patients = 0;
    int weeks = 0;           ///< from the first day of the trial to the last release
    int files = 0;           ///< weekly feed files, without the schedule
    std::uint64_t rows = 0;  ///< in them
};

/// Writes a virtual trial:
///
///     DIR/feeds/schedule.csv                     the protocol's visits
///     DIR/feeds/week_001_patients.csv ...        also _observations, _therapy, _events, _lesions: the rows
///     delivered
///                                                in that week, in the order of their release
///     DIR/profiles/*.yaml                        how to read them
///     DIR/truth/truth_patients.csv, truth_states.csv, truth_trial.csv
///
/// The same options give the same bytes. Patient i is the same whatever the number of patients. Memory does
/// not grow with it: patients are written one after the other.
///
/// @param out_dir   made when missing; must not hold a trial already
/// @param progress  called after each patient with how many are done; may be empty
/// @throws Error V001 option out of range; V002 DIR holds a trial; V003 cannot write
/// @cost   10,000 patients, 104 weeks: docs/virtual-trial.md
TrialSummary simulate(const TrialOptions& options, const std::string& out_dir,
                      const std::function<void(int)>& progress = {});

}  // namespace bellwether::trial

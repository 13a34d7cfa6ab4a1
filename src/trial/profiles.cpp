#include "profiles.hpp"

#include "spool.hpp"

namespace bellwether::trial {

const std::vector<Profile>& profiles() {
    static const std::vector<Profile> all{
        {"patients.yaml",
         R"yaml(# week_XXX_patients.csv: a patient is announced at least a week before anything else about it.
schema: 1
profile: virtual-trial-patients
kind: patients
dates: {format: iso}
columns:
  patient: patient
  trial: trial
  arm: arm
  site: site
  sex: sex
  birth_year: birth_year
  day_zero: day_zero              # planned day of the first dose
  released: released
attributes: {ecog: ecog}
)yaml"},
        {"observations.yaml",
         R"yaml(# week_XXX_observations.csv: one result a row, from all laboratories, each in its own units.
schema: 1
profile: virtual-trial-observations
kind: observations
dates: {format: iso-local}        # taken carries the hour of the draw
columns:
  patient: patient
  taken: taken
  channel: channel
  value: value                    # "<0.05": below the limit of detection of that assay
  unit: unit
  accession: accession
  assay: assay
  laboratory: laboratory
  specimen: specimen
  scheduled: scheduled
  status: status
  released: released
reasons: {QNS: quantity not sufficient, haemolysed: haemolysed}
channels:
  ctdna: {channel: ctdna}
  sld: {channel: sld}
  exhaustion: {channel: exhaustion}
  tcell_activity: {channel: tcell_activity}
  mdsc: {channel: mdsc}
  treg: {channel: treg}
  leukocytes: {channel: leukocytes}
  neutrophils: {channel: neutrophils}
  lymphocytes: {channel: lymphocytes}
  ldh: {channel: ldh}
  ldh_uln: {channel: ldh_uln}
  alt: {channel: alt}
  ast: {channel: ast}
)yaml"},
        {"therapy.yaml",
         R"yaml(# week_XXX_therapy.csv: a regimen when it begins, and again, with its stop and reason, when it ends.
schema: 1
profile: virtual-trial-therapy
kind: therapy
dates: {format: iso}
columns:
  patient: patient
  regimen: regimen
  start: start
  stop: stop
  dose: dose
  reason: reason
  status: status
  released: released
)yaml"},
        {"events.yaml",
         R"yaml(# week_XXX_events.csv: progression, new_lesion, toxicity, death, last_known_alive, other (withdrawal, end of monitoring).
schema: 1
profile: virtual-trial-events
kind: events
dates: {format: iso}
columns:
  patient: patient
  kind: kind
  term: term
  date: date
  resolved: resolved              # a toxicity's last day; the row comes again when it is known
  grade: grade
  status: status
  released: released
)yaml"},
        {"lesions.yaml", R"yaml(# week_XXX_lesions.csv: one lesion of one scan a row.
schema: 1
profile: virtual-trial-lesions
kind: lesions
dates: {format: iso}
columns:
  patient: patient
  lesion: lesion
  taken: taken
  role: role
  nodal: nodal
  organ: organ
  diameter: diameter              # empty unless the state is measured
  state: state
  status: status
  released: released
diameter_unit: mm
)yaml"},
        {"schedule.yaml", R"yaml(# schedule.csv: the protocol, for both arms.
schema: 1
profile: virtual-trial-schedule
kind: schedule
columns:
  trial: trial
  arm: arm
  name: visit
  day: day                        # study day; day 0 is the first dose
  window_before: window_before
  window_after: window_after
  channels: channels              # separated by semicolons
)yaml"},
    };
    return all;
}

void write_profiles(const std::string& folder) {
    for (const auto& p : profiles())
        write_file(folder + "/" + std::string(p.file), p.text);
}

}  // namespace bellwether::trial

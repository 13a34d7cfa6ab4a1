#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bellwether/trial/patient.hpp"

namespace bellwether::trial {

/// Days into the second line after which only survival is followed: no more samples or scans.
constexpr int lab_follow_up_after_switch = 84;

/// A lesion as the radiologist reports it at one scan.
struct LesionReading {
    std::string id, organ, role;  ///< role: target | new
    bool nodal = false;
    double diameter_mm = 0.0;  ///< to 0.1 mm; 0 unless state is measured
    std::string state;         ///< measured | too_small | absent | unequivocal_progression
};

struct Scan {
    int day = 0;
    bool scheduled = true;
    std::vector<LesionReading> lesions;
    double sum_mm = 0.0;       ///< targets; too small counts 5 mm (RECIST 1.1, D20)
    bool progression = false;  ///< sum >= 1.2 x and >= 5 mm above the least so far, or a new lesion
};

struct Visit {
    int day = 0;
    bool scheduled = true;
    bool blood = true, ctdna = false, biopsy = false;
};

struct Toxicity {
    std::string term;
    int grade = 1, start = 0, end = 0;  ///< study days, both included
};

struct TherapySpan {
    std::string regimen;
    int start = 0;
    std::optional<int> stop;
    std::string reason;
};

/// What happens to a patient from the first dose on. Days are study days; screening has negative ones.
struct Course {
    std::vector<State> daily;      ///< morning of day 0, 1, ...: as long as the patient is followed
    std::vector<double> swelling;  ///< factor on the volume that a scan sees, per day
    std::vector<Scan> scans;
    std::vector<Visit> visits;  ///< ascending
    std::vector<Toxicity> toxicities;
    std::vector<TherapySpan> therapies;
    std::vector<int> new_lesions;    ///< days on which one first becomes visible
    std::optional<int> progression;  ///< day of the first scan with progression
    std::optional<int> switched;     ///< first day of the second line
    std::optional<int> died;
    bool dropped_out = false;
    int last_day = 0;  ///< last day on which the patient was seen alive, or the day of death
};

[[nodiscard]] Course run_course(const TrialOptions& options, const VirtualPatient& patient);

/// Diameter of a target lesion in mm, as a sphere of its share of the volume.
[[nodiscard]] double true_diameter(const VirtualPatient& p, const TargetLesion& lesion, double volume_ml);
/// Sum of the diameters of the targets.
[[nodiscard]] double true_sum(const VirtualPatient& p, double volume_ml);

/// Read off the course, without noise.
struct Truth {
    std::string
        response;  ///< primary_progression | stable | partial | deep | acquired_after_{stable,partial,deep}
    std::string
        driver;  ///< of the regrowth: exhaustion | suppression | clonal | growth (from the start) | none
    double best_change = 0.0;            ///< least true sum over that of day 0, minus 1, first line
    std::optional<int> onset;            ///< day of the least volume, when it then grows by 25%, first line
    std::optional<int> sum_progression;  ///< first day on which the true sum meets RECIST progression
    std::optional<int> new_lesion;       ///< first day on which a new lesion is visible
};
[[nodiscard]] Truth read_truth(const VirtualPatient& patient, const Course& course);

/// growing | stable | shrinking: relative growth above, within, below 0.002 per day.
[[nodiscard]] std::string_view regime(double growth_per_day);

}  // namespace bellwether::trial

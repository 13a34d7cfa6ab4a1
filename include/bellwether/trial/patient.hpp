#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bellwether/core/date.hpp"
#include "bellwether/trial/biology.hpp"
#include "bellwether/trial/options.hpp"

namespace bellwether::trial {

/// How a patient's parameters were drawn. What then happens is a matter of the equations: the response class
/// and the driver of regrowth in the truth files are read off the course, not off this.
enum class Design { primary, exhaustion, suppression, clonal, durable, indolent, flat, plateau };
[[nodiscard]] std::string_view to_string(Design d);

struct TargetLesion {
    std::string id, organ;
    bool nodal = false;
    double share = 0.0;     ///< of the tumour's volume at the start
    double exponent = 1.0;  ///< volume = share * V0 * (V / V0)^exponent: lesions do not respond alike
};

/// Everything about a virtual patient that does not change.
struct VirtualPatient {
    int index = 0;  ///< from 1
    std::string id;
    std::string arm, site, laboratory, regimen;
    bool female = false;
    int birth_year = 1960, ecog = 0;
    Date day_zero;  ///< first dose
    Design design = Design::primary;
    Biology biology;
    double start_volume = 30.0, resistant_share = 0.0;  ///< mL; share of start_volume
    std::vector<TargetLesion> lesions;
    double swelling = 0.0;  ///< pseudoprogression: immune cells add this share of the volume, at the most
    // How this patient's readings lie: factors on the population's.
    double shedding = 0.05;  ///< % VAF per mL
    double mdsc_level = 1.0, treg_level = 1.0, neutrophil_level = 1.0, lymphocyte_level = 1.0,
           ldh_level = 1.0, alt_level = 1.0, ast_level = 1.0;
    double exhaustion_offset = 0.0, activity_offset = 0.0;  ///< log2
    int ctdna_laboratory = 0;                               ///< 0 or 1
    int ctdna_moves_on = -1;  ///< study day from which the other ctDNA laboratory is used; -1 never
};

/// Patient `index` of a trial: depends on the seed, the scenario and the index, not on how many patients
/// there are.
/// @param index  from 1
[[nodiscard]] VirtualPatient draw_patient(const TrialOptions& options, int index);

}  // namespace bellwether::trial

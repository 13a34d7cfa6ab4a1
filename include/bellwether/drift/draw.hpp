#pragma once

#include <map>
#include <optional>
#include <random>
#include <string>

#include "bellwether/markov/simulate.hpp"
#include "bellwether/series/timeline.hpp"

namespace bellwether::drift {

/// What is drawn anew of a patient.
struct DrawRequest {
    std::vector<markov::Schedule::Kept> kept;  ///< where the path stays, from which date's serial number on
    /// By channel, the limit below which a value is reported as below it, for readings that were not
    /// themselves reported so.
    std::map<std::string, double> lower_limit;
};

/// The patient as they would have been, had the model been true of them and their path been kept among some
/// states: the same visits with the same channels read, the same assays, therapies, toxicities and
/// attributes; the readings of the model's channels drawn. A reading that was below its limit keeps that
/// limit. First values are the patient's own where the model does not say how they spread (`rate`, and
/// `own-baseline` that is read off). Channels that the model does not have, lesions, progression and death
/// are left out: nothing is known of them under such a path.
///
/// @return nothing when fewer than two days have a reading of a modelled channel
/// @throws Error M045 markov::simulate; M006 a channel that cannot be drawn
/// @tested tests/drift/draw_test.cpp
[[nodiscard]] std::optional<series::Timeline> draw_like(const series::Timeline& patient,
                                                        const markov::Spec& spec,
                                                        const markov::Values& values,
                                                        const DrawRequest& request, std::mt19937_64& random);

/// Days with a reading of a channel of the model, ascending; after death none.
[[nodiscard]] std::vector<Date> modelled_days(const series::Timeline& patient, const markov::Spec& spec);

}  // namespace bellwether::drift

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "bellwether/core/date.hpp"

#include "track.hpp"

namespace bellwether::rulebook {

/// What the evidence of one episode is made from.
struct Moment {
    const CompiledRule& rule;
    const Columns& columns;
    std::size_t point = 0;  ///< index of `fired` among the points
    std::size_t points = 0;
    Date fired;
    std::optional<Date> escalated;
    std::vector<std::string> unless_unknown;
};

/// "P(growing) 87%; ctDNA 1.8 times its nadir": placeholders filled, "unknown" where a value is.
[[nodiscard]] std::string fill_summary(const Moment& at, Track& scratch);

/// The JSON object described in evaluate.hpp.
[[nodiscard]] std::string evidence_json(const Moment& at, PatientFeatures& patient, Track& scratch);

}  // namespace bellwether::rulebook

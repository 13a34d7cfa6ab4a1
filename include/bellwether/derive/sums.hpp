#pragma once

#include <optional>
#include <string>

#include "bellwether/derive/recist.hpp"

/// Target response where a feed carries only the sum of diameters, not the lesions.
namespace bellwether::derive {

struct SumResponse {
    recist::Response response = recist::Response::ne;
    std::string why;  ///< set when NE
};

/// RECIST 1.1 by the sum alone, at the last reading on or before `d` (D20): CR = 0; PD = at least 20% and at
/// least 5 mm over the smallest sum before that day, baseline included; PR = at least 30% below baseline;
/// else SD; in this order. NE: no reading, no baseline, none after it, baseline of another assay, or a
/// reading that is only a limit. Weaker than the whole: nodes cannot be told apart (CR needs a sum of 0), new
/// and non-target lesions are not seen. Exact as in recist::assess. Readings before baseline and of other
/// segments do not count; of one day, the last.
/// @cost  O(n).
[[nodiscard]] SumResponse target_response_from_sums(const series::Track& sums, Date d,
                                                    std::optional<Date> day_zero);

/// The first date up to `d` at which target_response_from_sums says PD. @cost O(n).
[[nodiscard]] std::optional<Date> first_progression_on_sums(const series::Track& sums, Date d,
                                                            std::optional<Date> day_zero);

}  // namespace bellwether::derive

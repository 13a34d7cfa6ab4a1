#pragma once

#include <string>

#include "bellwether/report/review.hpp"

namespace bellwether::report {

/// One object, keys in the order in which they are written here, ISO dates, malformed UTF-8 replaced.
[[nodiscard]] std::string json_of(const Review& review);
[[nodiscard]] std::string json_of(const PatientPage& page);

}  // namespace bellwether::report

#pragma once

#include <string>

#include "bellwether/report/review.hpp"

namespace bellwether::report {

/// One document that needs nothing else: style and pictures inside, no script, no address of anything.
[[nodiscard]] std::string html_of(const Review& review);
[[nodiscard]] std::string html_of(const PatientPage& page);

}  // namespace bellwether::report

#pragma once

#include "bellwether/report/review.hpp"

/// Reports written by hand, small enough to say what must stand in them.
namespace bellwether::report::sample {

[[nodiscard]] Date day(const char* iso);
/// Two channels: ctdna (log, LOD) and sld; therapy, a toxicity, a progression.
[[nodiscard]] series::Timeline timeline(const std::string& patient);
[[nodiscard]] ChannelCatalogue catalogue();
/// An alert of rule ctdna-rising-confirmed with its evidence and three options.
[[nodiscard]] AlertLine alert_line(std::int64_t id, const std::string& patient, Standing standing);
/// Three alerts at two sites, an overdue visit, an unjudged patient, a quarantined row.
[[nodiscard]] Review review();
[[nodiscard]] PatientPage page();

}  // namespace bellwether::report::sample

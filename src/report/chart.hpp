#pragma once

#include <string>
#include <vector>

#include "bellwether/report/review.hpp"

#include "evidence.hpp"

/// Pictures of a patient's trajectory: lanes and panels over one time axis.
namespace bellwether::report {

/// Small: therapy, then what the model answered, then the channels that the evidence rests on (at most four;
/// the first in reading order where it names none), with the onset and firing of the alert.
[[nodiscard]] std::string alert_chart(const series::Timeline& timeline, const ChannelCatalogue& catalogue,
                                      const Evidence& evidence, const Alert& alert, Date as_of);

/// Everything: alerts, therapy, events, state probabilities, every channel.
[[nodiscard]] std::string patient_chart(const PatientPage& page);

/// The patient's channels that hold a reading, in reading order: burden first, then tissue, blood, other;
/// declared harm before none.
[[nodiscard]] std::vector<std::string> channels_in_order(const series::Timeline& timeline,
                                                         const ChannelCatalogue& catalogue);

/// The channel as declared; one that the catalogue lacks is shown under its name on a linear scale.
[[nodiscard]] Channel channel_of(const ChannelCatalogue& catalogue, const std::string& name);
/// The title up to its first bracket or comma: "ctDNA".
[[nodiscard]] std::string short_title(const Channel& channel);

}  // namespace bellwether::report

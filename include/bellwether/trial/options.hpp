#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "bellwether/core/date.hpp"

namespace bellwether::trial {

/// mixed: responders, progressors, stable disease, three ways of escape.
/// stable: nobody's tumour ever regrows (flat, or shrinking to a plateau) and nobody is switched: every alert
/// that says otherwise is false.
enum class Scenario { mixed, stable };
[[nodiscard]] std::string_view to_string(Scenario s);
[[nodiscard]] std::optional<Scenario> parse_scenario(std::string_view text);

struct TrialOptions {
    int patients = 100;
    std::uint64_t seed = 1;
    int weeks = 104;           ///< follow-up of each patient from the first dose
    int accrual_weeks = 26;    ///< first doses spread over so many weeks
    Date start = Date(19359);  ///< 2023-01-02, a Monday: first day of week 1
    int sites = 6;
    double dropout_per_year = 0.10;  ///< hazard
    Scenario scenario = Scenario::mixed;
};

/// @throws Error V001 naming the option that is out of range.
void check(const TrialOptions& options);

}  // namespace bellwether::trial

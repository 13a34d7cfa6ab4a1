#pragma once

#include <optional>
#include <string>

#include "bellwether/app/evaluate.hpp"
#include "bellwether/report/review.hpp"
#include "bellwether/store/store.hpp"

namespace bellwether::app {

/// The review of the alerts at `as_of` against the review at `since`, from the ledger as it stood then.
[[nodiscard]] report::Review weekly_review(store::Store& store, Instant as_of, std::optional<Instant> since);

/// Of how many open alerts a patient's page says what would have kept them silent (would_not_fire(): some
/// hundredths of a second each), the newest first; of the others it says that it was not asked.
constexpr int kAlertsAsked = 10;

/// Everything known of one patient at `as_of`. @throws Error P004 an unknown patient, with the nearest id.
/// @tested tests/acceptance/ledger_test.cpp, page_test.cpp
[[nodiscard]] report::PatientPage patient_page(store::Store& store, const std::string& patient,
                                               Instant as_of);

/// The data that guards of the regimen graph read, as known at a date: the last reading of every channel,
/// ratios to their upper limits where those are channels, active toxicities, attributes, regimens ever given.
[[nodiscard]] therapy::Facts facts_of(const series::Timeline& timeline, Date d);

/// Planned visits that are over, window included, with a channel that was not measured in the window or after
/// it; each channel once, with the first visit it is owed for. Nothing for patients without a day zero, and
/// for those who died, withdrew or whose monitoring ended (events `other` of those terms).
/// @param schedule  by day
[[nodiscard]] std::vector<report::OverdueVisit> overdue_visits(const series::Timeline& timeline,
                                                               const std::vector<PlannedVisit>& schedule,
                                                               Date d);

}  // namespace bellwether::app

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bellwether/record/ledger.hpp"

/// New told apart from continuing: what the alerts did between two reviews.
namespace bellwether::alert {

/// In the order in which a reader wants them.
enum class ReviewClass { new_, worse, still_open, resolved, withdrawn };
[[nodiscard]] std::string_view to_string(
    ReviewClass c);  ///< "new", "worse", "still open", "resolved", "withdrawn"

struct ReviewItem {
    Alert alert;  ///< as it stood at as_of
    ReviewClass what = ReviewClass::new_;
    bool first_seen = false;  ///< raised since the previous review
    bool attention = false;   ///< needs_attention() at as_of
    std::string why;          ///< "severity review -> urgent", "merged into alert 7", ...
};

/// The ledger as it stood at an instant: the events with at <= as_of, applied in their order.
[[nodiscard]] std::vector<Alert> ledger_at(std::span<const AlertEvent> events, Instant as_of);

/// Sorts every alert that is open at `as_of`, or changed since the previous review, into one class.
///
/// | at the previous review | at as_of | class |
/// |---|---|---|
/// | none | open | new |
/// | none | resolved | resolved, first_seen: there is nothing left to do |
/// | none | withdrawn, merged, superseded | withdrawn, first_seen |
/// | open | open, severity higher, or reopened in between | worse |
/// | open | open | still open |
/// | open | resolved | resolved |
/// | resolved | open | worse (reopened) |
/// | resolved | resolved | resolved when it was reopened and resolved in between, else not listed |
/// | open or resolved | withdrawn, merged, superseded | withdrawn |
/// | withdrawn, merged, superseded | the same | not listed |
///
/// @param events    in the order of the ledger, of any number of patients
/// @param previous  instant of the previous review; nothing: there was none, all that exists is new
/// @return by class, severity (urgent first), patient, rule, onset, id
/// @throws Error A005 previous is later than as_of.
/// @tested tests/alert/review_test.cpp
[[nodiscard]] std::vector<ReviewItem> review(std::span<const AlertEvent> events,
                                             std::optional<Instant> previous, Instant as_of);

}  // namespace bellwether::alert

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bellwether/series/timeline.hpp"

/// Response by RECIST 1.1 (Eisenhauer et al. 2009, Eur J Cancer 45:228-247; D20), visit by visit. For
/// research and trials: what a reader would say of these measurements, not a reading of images.
namespace bellwether::derive::recist {

enum class Response {
    cr,            ///< complete response
    pr,            ///< partial response
    sd,            ///< stable disease
    pd,            ///< progressive disease
    ne,            ///< not evaluable
    na,            ///< not applicable: no such lesions, or the baseline visit
    non_cr_non_pd  ///< non-target disease persists
};
[[nodiscard]] std::string_view to_string(
    Response r);  ///< "CR", "PR", "SD", "PD", "NE", "NA", "non-CR/non-PD"

/// Readings on which groups differ. The defaults are what the paper's text supports best; each line says what
/// true does.
struct Options {
    /// A PR once reached stays PR until PD (EORTC FAQ). Default: -20% after a PR is SD.
    bool keep_response_until_pd = false;
    /// Target nodes that all stay under 10 mm can be PD by their sum. Default: they are normal, CR stands.
    bool normal_nodes_can_progress = false;
    /// Disease that returns after an overall CR is judged by the sum alone. Default: it is PD (footnote of
    /// Table 3).
    bool return_after_cr_by_sum = false;
    /// From a nadir of 0 any return is PD (admiralonco). Default: at least 5 mm as always.
    bool any_return_from_zero_is_pd = false;
    /// Targets without a size at baseline are dropped. Default: no baseline sum, so NE.
    bool drop_targets_without_baseline = false;
    /// Percentages are rounded to one decimal before they are compared (some databases). Default: exact.
    bool round_percentages = false;
};

/// One imaging visit. Sums in mm.
struct TimePoint {
    Date date;
    bool baseline = false;               ///< the reference visit: its responses are NA
    std::optional<double> sum;           ///< of all targets; nothing when one has no size, or without targets
    std::optional<double> baseline_sum;  ///< the reference for PR
    std::optional<double>
        nadir_before;  ///< the reference for PD: smallest complete sum before, baseline included
    Response target = Response::na, non_target = Response::na, overall = Response::na;
    bool new_lesion = false;  ///< an unequivocal one
    /// When overall is PD: this date, or that of the first scan that showed, then equivocal, a new lesion now
    /// confirmed.
    std::optional<Date> progression;
    std::vector<std::string> not_evaluable;  ///< targets without a size at this visit, by name
};

/// Time-point responses, ascending; a visit is a date with any lesion record. The first is the baseline: the
/// last visit on or before `day_zero`, else the first of all; earlier visits are left out.
///
/// Lesions: the targets and the non-targets are those recorded as such at baseline; one that is not recorded
/// at a visit is not evaluable there. A target's size: `measured` its diameter (short axis for nodes; 0 to 5
/// mm as measured), `too_small` 5 mm, `absent` 0, `merged` 0 (its size is in the lesion that it merged into),
/// anything else not evaluable. A split target's parts are "T01.1", "T01.2", ...: added up for T01.
/// A new lesion counts at every visit that records it as present; `equivocal` waits until the same name is
/// recorded as present; `absent` and `not_evaluable` ones do not count.
///
/// Target: CR = non-nodal targets gone, every target node under 10 mm. PD = sum >= 1.2 nadir and >= nadir + 5
/// mm. PR = sum <= 0.7 baseline. Else SD; in the order CR, PD, NE, PR, SD. With targets missing PD stands if
/// the measured ones alone prove it, else NE. Sums are compared exactly, in units of 0.0001 mm: 27 to 32.4 mm
/// is 20%. Non-target: PD if any is unequivocal progression, else NE if any was not evaluated, else CR if all
/// are gone, else non-CR/non-PD. Overall: Tables 1 and 2 of the paper; without any lesion at baseline NE
/// unless a new one appears. A visit whose scans fall on different days must be brought to one date by the
/// sender.
///
/// No look-ahead: the first k time points are those of the lesions recorded up to the k-th date.
/// @cost   O(visits x lesions).
/// @tested tests/derive/recist_test.cpp and recist_reference_test.cpp.
[[nodiscard]] std::vector<TimePoint> assess(std::span<const Lesion> lesions, std::optional<Date> day_zero,
                                            const Options& options = {});

/// How a best overall response is taken from time points.
struct BestOptions {
    bool confirm =
        false;  ///< CR and PR count only when confirmed (non-randomised trials with response as endpoint)
    int confirm_days = 28;           ///< the confirming visit is at least that many days later
    int min_sd_days = 42;            ///< SD, and what falls back to it, counts from this day on
    int max_ne_between = 1;          ///< so many NE may stand between a response and its confirmation
    bool accept_sd_between = false;  ///< one SD may stand between a PR and its confirmation
};

/// One overall response, at its study day (counted from baseline, start or randomisation, as the protocol
/// says).
struct Dated {
    int day = 0;
    Response overall = Response::ne;
};

/// Best overall response (sections 4.4 and 4.6, Table 3 of the paper). The series ends at the first PD.
/// Order: CR, PR, SD, non-CR/non-PD, PD, NE. What is not confirmed falls back to SD when its day is at or
/// past `min_sd_days`, else to PD if PD (or, after CR, disease) follows, else to NE.
/// @param visits  ascending, without the baseline
[[nodiscard]] Response best_overall(std::span<const Dated> visits, const BestOptions& options = {});

}  // namespace bellwether::derive::recist

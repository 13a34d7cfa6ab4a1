#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

/// Survival statistics on plain numbers. Times in days (or any one unit), right-censored, no ties broken at
/// random.
namespace bellwether::study {

/// One subject: followed to `time`; `event` says whether it ended with the event or was censored.
struct Survival {
    double time = 0.0;
    bool event = false;
};

/// A step of the Kaplan-Meier estimate, at a time with at least one event.
struct KaplanMeierStep {
    double time = 0.0;
    std::size_t at_risk = 0, events = 0;
    double survival = 1.0;        ///< S(t) after the step
    double standard_error = 0.0;  ///< Greenwood's
};

/// The product-limit estimate; subjects censored at a time count as at risk for the events of that time.
/// @throws Error U001 a time that is negative or not finite.
/// @cost   O(n log n).
/// @source Kaplan & Meier 1958, J Am Stat Assoc 53:457-481; variance: Greenwood 1926.
/// @tested tests/study/survival_test.cpp: the 6-MP arm of Freireich et al. 1963.
[[nodiscard]] std::vector<KaplanMeierStep> kaplan_meier(std::span<const Survival> subjects);

/// S(t): 1 before the first step.
[[nodiscard]] double survival_at(std::span<const KaplanMeierStep> steps, double time);

/// The first time at which S(t) <= 0.5; nothing when it stays above.
[[nodiscard]] std::optional<double> median_survival(std::span<const KaplanMeierStep> steps);

/// Two groups compared: is the first one's hazard the higher?
struct LogRank {
    std::size_t patients[2] = {0, 0};
    double observed[2] = {0, 0}, expected[2] = {0, 0};
    double variance = 0.0;
    double chi_square = 0.0;  ///< one degree of freedom; 0 when the variance is 0
    double p = 1.0;
    /// Peto's one-step hazard ratio of group 0 against group 1, exp((O - E) / V), with its 95% interval;
    /// nothing when the variance is 0. Biased towards 1 for large effects (Greenland & Salvan 1990).
    std::optional<double> hazard_ratio, low, high;
};

/// Log-rank test with the hypergeometric variance (ties exact).
/// @throws Error U001 as above.
/// @cost   O(n log n).
/// @source Mantel 1966, Cancer Chemother Rep 50:163-170; Peto et al. 1977, Br J Cancer 35:1-39; Yusuf et al.
/// 1985.
/// @tested tests/study/survival_test.cpp: Freireich's trial, chi-square 16.79.
[[nodiscard]] LogRank log_rank(std::span<const Survival> group0, std::span<const Survival> group1);

/// Harrell's C: the share of comparable pairs in which the higher score had the event first; 0.5 for equal
/// scores. A pair is comparable when the one with the shorter time had the event; at equal times when just
/// one of the two had it.
struct Concordance {
    std::size_t comparable = 0;
    std::optional<double> c;  ///< nothing without a comparable pair
};

/// @param scores  parallel to `subjects`; higher = expected to have the event sooner
/// @throws Error U001 as above, U002 the lengths differ or a score is not a number.
/// @cost   O(n^2).
/// @source Harrell et al. 1982, JAMA 247:2543-2546.
/// @tested tests/study/survival_test.cpp: by hand; monotone transformations change nothing.
[[nodiscard]] Concordance concordance(std::span<const Survival> subjects, std::span<const double> scores);

}  // namespace bellwether::study

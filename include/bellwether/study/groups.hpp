#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "bellwether/study/rate.hpp"
#include "bellwether/study/survival.hpp"

/// Do groups of patients differ? Tests over any number of groups; a group without time, patients or subjects
/// takes no part.
namespace bellwether::study {

struct GroupTest {
    double chi_square = 0.0;
    int degrees = 0;  ///< groups that take part less one; 0: nothing to compare, and p is 1
    double p = 1.0;
};

/// Likelihood-ratio test of equal Poisson rates. Right for events of which a patient has at most one (a first
/// alert, in time at risk up to it); for events that come in clusters p is too small.
/// @param groups  each group's events and years in all
/// @throws Error U003 negative or non-finite input
/// @source Breslow & Day 1987, Statistical Methods in Cancer Research II, section 3.4.
/// @tested tests/study/groups_test.cpp: R's glm, deviance of a Poisson model with offset
[[nodiscard]] GroupTest equal_rates(std::span<const Exposure> groups);

/// Likelihood-ratio test of equal shares (G test).
/// @source Wilks 1938, Ann Math Stat 9:60-62.
/// @tested tests/study/groups_test.cpp: R's glm, deviance of a binomial model
[[nodiscard]] GroupTest equal_shares(std::span<const Share> groups);

/// Log-rank test over K groups with the hypergeometric variance.
/// @param group  of each subject, 0 ... K-1
/// @throws Error U001, U002 as in survival.hpp
/// @source Mantel 1966; Klein & Moeschberger 2003, Survival Analysis, section 7.3.
/// @tested tests/study/groups_test.cpp: R's survdiff; log_rank() for two groups
[[nodiscard]] GroupTest equal_hazards(std::span<const Survival> subjects, std::span<const std::size_t> group);

/// A figure of one group with its standard error.
struct Measured {
    double value = 0.0, error = 0.0;
};

/// Are figures of groups without a patient in common equal? The weighted sum of squares about their weighted
/// mean, weights 1 / error^2 (Cochran's Q). Right where each figure is nearly normal about the truth and its
/// error known well: not in groups of a few events.
/// @throws Error U003 a figure that is not finite, an error that is not above 0
/// @source Cochran 1954, Biometrics 10:101-129 [Cochran1954].
/// @tested tests/study/groups_test.cpp: 13 trials of BCG vaccine (Q of R's metafor, as published)
[[nodiscard]] GroupTest equal_figures(std::span<const Measured> groups);

/// p-values as they stand after looking at all of them: the k-th smallest of m times (m - k + 1), made to
/// ascend, at most 1.
/// @source Holm 1979, Scand J Stat 6:65-70.
/// @tested tests/study/groups_test.cpp: R's p.adjust
[[nodiscard]] std::vector<double> holm(std::span<const double> p);

}  // namespace bellwether::study

#pragma once

#include <optional>
#include <span>

namespace bellwether::series {

/// The C of the confidence interval for a Theil-Sen slope: of N ordered pairwise slopes S(1..N) the interval
/// is [S((N-C)/2), S(N+1-(N-C)/2)], with N the number of pairs that differ in time.
///
/// Kendall's K (concordant minus discordant pairs) under independence; C = k - 2 with k the least value that
/// satisfies P(K >= k) <= (1 - confidence)/2. Exact for up to 60 readings: with ties in time, K is N minus
/// twice the inversions of a random arrangement of a multiset, whose generating function is a Gaussian
/// multinomial coefficient. Beyond 60 the normal approximation with the variance for ties, C = z sqrt(V)
/// rounded up to the parity of N.
///
/// @param  group_sizes  how many readings share each time, in any order (all 1: no ties); each >= 1
/// @return nothing when there are too few readings for any interval at that confidence.
/// @cost   O(n N) up to 60 readings.
/// @source Hollander & Wolfe 1999, Nonparametric Statistical Methods, 2nd ed., sections 8.1 and 9.3; Sen
/// 1968,
///         J Am Stat Assoc 63:1379-1389 (variance with ties).
/// @tested tests/series/kendall_test.cpp: all permutations, Sen's example.
[[nodiscard]] std::optional<int> kendall_c(std::span<const int> group_sizes, double confidence);

}  // namespace bellwether::series

#include "bellwether/series/kendall.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace bellwether::series {
namespace {

constexpr int exact_up_to = 60;  // beyond, the normal approximation is good to the third digit

/// P(inversions = v) of a random arrangement of the multiset, v = 0..N. The Gaussian multinomial coefficient,
/// built by one (1 - q^(m+i)) / (1 - q^i) at a time: after each the polynomial is whole again, so that
/// nothing is left to cancel.
std::vector<double> inversions(std::span<const int> groups, int pairs) {
    std::vector<double> p(static_cast<std::size_t>(pairs) + 1, 0.0);
    p[0] = 1.0;
    int placed = 0;
    for (const int size : groups) {
        for (int i = 1; i <= size; ++i) {
            const int up = placed + i;
            for (int v = pairs; v >= up; --v)
                p[static_cast<std::size_t>(v)] -= p[static_cast<std::size_t>(v - up)];
            for (int v = i; v <= pairs; ++v)
                p[static_cast<std::size_t>(v)] += p[static_cast<std::size_t>(v - i)];
        }
        placed += size;
    }
    const double total = std::accumulate(p.begin(), p.end(), 0.0);
    for (double& x : p)
        x /= total;
    return p;
}

/// Upper quantile of the standard normal, by bisection of erfc: needed rarely, exact to the last digits.
double normal_quantile(double upper_tail) {
    double low = 0.0, high = 40.0;
    for (int k = 0; k < 200; ++k) {
        const double mid = 0.5 * (low + high);
        (0.5 * std::erfc(mid / std::sqrt(2.0)) > upper_tail ? low : high) = mid;
    }
    return 0.5 * (low + high);
}

double variance(std::span<const int> groups, int n) {
    const auto term = [](double m) { return m * (m - 1.0) * (2.0 * m + 5.0); };
    double v = term(n);
    for (const int size : groups)
        v -= term(size);
    return v / 18.0;
}

}  // namespace

std::optional<int> kendall_c(std::span<const int> group_sizes, double confidence) {
    const int n = std::accumulate(group_sizes.begin(), group_sizes.end(), 0);
    int pairs = n * (n - 1) / 2;
    for (const int size : group_sizes)
        pairs -= size * (size - 1) / 2;
    if (pairs == 0) return std::nullopt;
    const double tail = (1.0 - confidence) / 2.0;
    if (n > exact_up_to) {
        int c = static_cast<int>(std::ceil(normal_quantile(tail) * std::sqrt(variance(group_sizes, n))));
        if ((pairs - c) % 2 != 0) ++c;
        return c <= pairs - 2 ? std::optional<int>(c) : std::nullopt;
    }
    const auto p = inversions(group_sizes, pairs);
    // K = pairs - 2 * inversions, so K >= k means at most (pairs - k) / 2 inversions. The tolerance is for a
    // confidence that is an attainable level written in decimals.
    double sum = 0.0;
    int allowed = 0;  // how many inversion counts, from 0 up, fit into the tail
    while (allowed <= pairs && sum + p[static_cast<std::size_t>(allowed)] <= tail * (1.0 + 1e-12))
        sum += p[static_cast<std::size_t>(allowed++)];
    if (allowed == 0) return std::nullopt;
    return pairs - 2 * (allowed - 1) - 2;  // (pairs - C) / 2 = allowed: the rank of the lower end
}

}  // namespace bellwether::series

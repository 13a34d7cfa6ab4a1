#include "bellwether/series/kendall.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <catch2/catch.hpp>

using bellwether::series::kendall_c;

namespace {

/// k with the least P(K >= k) <= tail over all orders of distinct values at the given times, counted one by
/// one.
std::optional<int> by_permutations(const std::vector<int>& groups, double confidence) {
    std::vector<int> time;
    for (std::size_t g = 0; g < groups.size(); ++g)
        time.insert(time.end(), static_cast<std::size_t>(groups[g]), static_cast<int>(g));
    const int n = static_cast<int>(time.size());
    std::vector<int> y(time.size());
    std::iota(y.begin(), y.end(), 0);
    std::vector<int> ks;
    do {
        int k = 0;
        for (std::size_t i = 0; i < y.size(); ++i)
            for (std::size_t j = i + 1; j < y.size(); ++j)
                if (time[i] != time[j]) k += y[j] > y[i] ? 1 : -1;
        ks.push_back(k);
    } while (std::next_permutation(y.begin(), y.end()));
    for (int k = 1; k <= n * (n - 1) / 2; ++k) {
        const auto at_least = std::count_if(ks.begin(), ks.end(), [&](int x) { return x >= k; });
        if (at_least > 0 && static_cast<double>(at_least) <=
                                (1.0 - confidence) / 2.0 * static_cast<double>(ks.size()) + 1e-9) {
            const int top = *std::max_element(ks.begin(), ks.end());
            return (top - k) % 2 == 0 ? k - 2 : k - 1;  // K moves in steps of two
        }
    }
    return std::nullopt;
}

}  // namespace

TEST_CASE("kendall: equals the count over all permutations, with and without ties",
          "[series][kendall][reference]") {
    const std::vector<std::vector<int>> designs = {
        {1, 1, 1}, {1, 1, 1, 1},          {1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1}, {2, 1, 1}, {1, 2, 2, 1},
        {3, 1, 2}, {1, 1, 1, 1, 1, 1, 1}, {2, 2, 3},       {1, 4, 2},          {3, 4}};
    for (const auto& groups : designs)
        for (const double confidence : {0.5, 0.8, 0.9, 0.93, 0.95, 0.99}) {
            CAPTURE(groups, confidence);
            CHECK(kendall_c(groups, confidence) == by_permutations(groups, confidence));
        }
}

TEST_CASE("kendall: tabled critical values", "[series][kendall][reference]") {
    // Reference: Kendall's K, upper tail: n = 4, P(K >= 6) = 1/24 = 0.042; n = 5, P(K >= 8) = 5/120 = 0.042;
    // n = 8, P(K >= 16) = 0.031; n = 10, P(K >= 21) = 0.036, P(K >= 19) = 0.054 (Hollander & Wolfe 1999,
    // Table A.30).
    const auto c = [](int n, double confidence) {
        return kendall_c(std::vector<int>(static_cast<std::size_t>(n), 1), confidence);
    };
    CHECK(c(3, 0.9) == std::nullopt);
    CHECK(c(4, 0.9) == 4);
    CHECK(c(5, 0.9) == 6);
    CHECK(c(8, 0.9) == 14);
    CHECK(c(10, 0.9) == 19);
    CHECK(c(2, 0.9) == std::nullopt);
    CHECK(kendall_c(std::vector<int>{5}, 0.9) == std::nullopt);
}

TEST_CASE("kendall: the exact values run into the normal approximation", "[series][kendall]") {
    // At n = 60 the two differ by at most two steps of K; the standard deviation there is 156.
    const std::vector<int> sixty(60, 1), sixty_one(61, 1);
    const int exact = kendall_c(sixty, 0.9).value(), normal = kendall_c(sixty_one, 0.9).value();
    const auto sd = [](double n) { return std::sqrt(n * (n - 1) * (2 * n + 5) / 18.0); };
    CHECK(std::abs(exact - 1.6448536 * sd(60)) <= 4.0);
    CHECK(std::abs(normal - 1.6448536 * sd(61)) <= 2.0);
    CHECK(normal % 2 == 61 * 60 / 2 % 2);
}

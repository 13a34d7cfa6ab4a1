#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <vector>

#include <ceres/jet.h>

#include "bellwether/markov/growth.hpp"

/// Private: growth_moments() for numbers that carry derivatives.
namespace bellwether::markov {

inline double plain(double x) {
    return x;
}
template <int N>
double plain(const ceres::Jet<double, N>& x) {
    return x.a;
}

/// Keeps its memory from gap to gap.
template <typename T>
class MomentMaker {
public:
    explicit MomentMaker(std::size_t states) : K_(states), U_(K_ * K_) {}

    /// @param Q  row-major; @param rates  per state
    void make(const T* Q, const T* rates, double gap, GrowthTable<T>& out) {
        out.P.resize(K_ * K_);
        out.mean.resize(K_ * K_);
        out.variance.resize(K_ * K_);
        double fastest = 0.0;
        for (std::size_t r = 0; r < K_; ++r)
            fastest = std::max(fastest, -plain(Q[r * K_ + r]));
        double short_gap = gap;
        int doublings = 0;
        for (; short_gap * fastest > kShort; ++doublings)
            short_gap *= 0.5;
        if constexpr (std::is_same_v<T, double>) {
            // Loops of known length: three times as fast.
            if (K_ == 2) return run<2>(Q, rates, fastest, short_gap, doublings, out);
            if (K_ == 3) return run<3>(Q, rates, fastest, short_gap, doublings, out);
            if (K_ == 4) return run<4>(Q, rates, fastest, short_gap, doublings, out);
        }
        run<0>(Q, rates, fastest, short_gap, doublings, out);
    }

private:
    /// Moves that a short gap may hold, in the mean, and terms beyond the fewest that lead from state to
    /// state: 0.25^12 / 12! is 1e-16 of the first term.
    static constexpr double kShort = 0.25;
    static constexpr std::size_t kTerms = 12;

    /// @tparam N  states, 0: any number
    template <std::size_t N>
    void run(const T* Q, const T* rates, double fastest, double gap, int doublings, GrowthTable<T>& out) {
        uniformise<N>(Q, rates, fastest, gap, out);
        for (int i = 0; i < doublings; ++i)
            twice<N>(out);
    }

    /// Powers of U + theta (rates - rate of r) / fastest, U = 1 + Q / fastest, up to theta^2.
    template <std::size_t N>
    void uniformise(const T* Q, const T* rates, double fastest, double gap, GrowthTable<T>& out) {
        // On the stack where the size is known: the compiler then keeps most of it in registers.
        using Three = std::conditional_t<(N > 0), std::array<T, 3 * N>, std::vector<T>>;
        const std::size_t K = N > 0 ? N : K_;
        const double per = fastest > 0.0 ? 1.0 / fastest : 0.0;
        for (std::size_t r = 0; r < K; ++r)
            for (std::size_t s = 0; s < K; ++s)
                U_[r * K + s] = Q[r * K + s] * per + (r == s ? 1.0 : 0.0);
        Three before, after, sum;
        if constexpr (N == 0) before.resize(3 * K), after.resize(3 * K), sum.resize(3 * K);
        const double none = std::exp(-fastest * gap);
        for (std::size_t r = 0; r < K; ++r) {
            std::fill(before.begin(), before.end(), T(0.0));
            before[r] = T(1.0);
            sum = before;
            double chance = 1.0;
            for (std::size_t n = 1; per > 0.0 && n < K + kTerms; ++n) {
                advance<N>(rates, rates[r], per, before, after);
                chance *= fastest * gap / static_cast<double>(n);
                for (std::size_t i = 0; i < 3 * K; ++i)
                    sum[i] += after[i] * chance;
                std::swap(before, after);
            }
            for (std::size_t s = 0; s < K; ++s) {
                const std::size_t i = r * K + s;
                out.P[i] = sum[s] * none;
                out.mean[i] = out.variance[i] = T(0.0);
                if (!(plain(out.P[i]) > 0.0)) continue;
                const T beyond = sum[K + s] / sum[s];
                out.mean[i] = rates[r] * gap + beyond;
                out.variance[i] = floored(2.0 * sum[2 * K + s] / sum[s] - beyond * beyond);
            }
        }
    }

    template <std::size_t N, typename Three>
    void advance(const T* rates, const T& from, double per, const Three& before, Three& after) const {
        const std::size_t K = N > 0 ? N : K_;
        for (std::size_t s = 0; s < K; ++s) {
            T zero(0.0), one(0.0), two(0.0);
            for (std::size_t k = 0; k < K; ++k) {
                const T& u = U_[k * K + s];
                if constexpr (!std::is_same_v<T, double>)
                    if (k != s && plain(u) == 0.0)
                        continue;  // no such move; on the diagonal 0 has derivatives
                zero += before[k] * u;
                one += before[K + k] * u;
                two += before[2 * K + k] * u;
            }
            const T beyond = (rates[s] - from) * per;
            after[s] = zero;
            after[K + s] = one + before[s] * beyond;
            after[2 * K + s] = two + before[K + s] * beyond;
        }
    }

    /// The moments of two such gaps on end.
    template <std::size_t N>
    void twice(GrowthTable<T>& m) {
        const std::size_t K = N > 0 ? N : K_;
        half_ = m;
        for (std::size_t r = 0; r < K; ++r)
            for (std::size_t s = 0; s < K; ++s) {
                const std::size_t i = r * K + s;
                T P(0.0), mean(0.0);
                for (std::size_t k = 0; k < K; ++k) {
                    const T way = half_.P[r * K + k] * half_.P[k * K + s];
                    if (!(plain(way) > 0.0)) continue;
                    P += way;
                    mean += way * (half_.mean[r * K + k] + half_.mean[k * K + s]);
                }
                m.P[i] = P;
                m.mean[i] = m.variance[i] = T(0.0);
                if (!(plain(P) > 0.0)) continue;
                mean /= P;
                T variance(0.0);
                for (std::size_t k = 0; k < K; ++k) {
                    const T way = half_.P[r * K + k] * half_.P[k * K + s];
                    if (!(plain(way) > 0.0)) continue;
                    const T off = half_.mean[r * K + k] + half_.mean[k * K + s] - mean;
                    variance += way * (half_.variance[r * K + k] + half_.variance[k * K + s] + off * off);
                }
                m.mean[i] = mean;
                m.variance[i] = variance / P;
            }
    }

    static T floored(const T& x) { return plain(x) > 0.0 ? x : T(0.0); }

    std::size_t K_;
    std::vector<T> U_;
    GrowthTable<T> half_;
};

}  // namespace bellwether::markov

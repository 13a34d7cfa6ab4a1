#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
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
    explicit MomentMaker(std::size_t states)
        : K_(states), U_(K_ * K_), before_(3 * K_), after_(3 * K_), sum_(3 * K_) {}

    /// @param Q  row-major; @param rates  per state
    void make(const T* Q, const T* rates, double gap, GrowthTable<T>& out) {
        out.P.resize(K_ * K_);
        out.mean.resize(K_ * K_);
        out.variance.resize(K_ * K_);
        out.log_P.resize(K_ * K_);
        double fastest = 0.0;
        for (std::size_t r = 0; r < K_; ++r)
            fastest = std::max(fastest, -plain(Q[r * K_ + r]));
        double short_gap = gap;
        int doublings = 0;
        for (; short_gap * fastest > kShort; ++doublings)
            short_gap *= 0.5;
        uniformise(Q, rates, fastest, short_gap, out);
        for (int i = 0; i < doublings; ++i)
            twice(out);
        for (std::size_t i = 0; i < K_ * K_; ++i) {
            using std::log;
            out.log_P[i] =
                plain(out.P[i]) > 0.0 ? log(out.P[i]) : T(-std::numeric_limits<double>::infinity());
        }
    }

private:
    /// Moves that a short gap may hold, in the mean, and terms beyond the fewest that lead from state to
    /// state: 0.25^12 / 12! is 1e-16 of the first term.
    static constexpr double kShort = 0.25;
    static constexpr std::size_t kTerms = 12;

    /// Powers of U + theta (rates - rate of r) / fastest, U = 1 + Q / fastest, up to theta^2.
    void uniformise(const T* Q, const T* rates, double fastest, double gap, GrowthTable<T>& out) {
        const double per = fastest > 0.0 ? 1.0 / fastest : 0.0;
        for (std::size_t r = 0; r < K_; ++r)
            for (std::size_t s = 0; s < K_; ++s)
                U_[r * K_ + s] = Q[r * K_ + s] * per + (r == s ? 1.0 : 0.0);
        for (std::size_t r = 0; r < K_; ++r) {
            std::fill(before_.begin(), before_.end(), T(0.0));
            before_[r] = T(1.0);
            sum_ = before_;
            double chance = 1.0;
            for (std::size_t n = 1; per > 0.0 && n < K_ + kTerms; ++n) {
                advance(rates, rates[r], per);
                chance *= fastest * gap / static_cast<double>(n);
                for (std::size_t i = 0; i < 3 * K_; ++i)
                    sum_[i] += after_[i] * chance;
                before_.swap(after_);
            }
            const double none = std::exp(-fastest * gap);
            for (std::size_t s = 0; s < K_; ++s) {
                const std::size_t i = r * K_ + s;
                out.P[i] = sum_[s] * none;
                out.mean[i] = out.variance[i] = T(0.0);
                if (!(plain(out.P[i]) > 0.0)) continue;
                const T beyond = sum_[K_ + s] / sum_[s];
                out.mean[i] = rates[r] * gap + beyond;
                out.variance[i] = floored(2.0 * sum_[2 * K_ + s] / sum_[s] - beyond * beyond);
            }
        }
    }

    void advance(const T* rates, const T& from, double per) {
        std::fill(after_.begin(), after_.end(), T(0.0));
        for (std::size_t k = 0; k < K_; ++k)
            for (std::size_t s = 0; s < K_; ++s) {
                const T& u = U_[k * K_ + s];
                if (k != s && plain(u) == 0.0) continue;  // no such move; on the diagonal 0 has derivatives
                for (std::size_t power = 0; power < 3; ++power)
                    after_[power * K_ + s] += before_[power * K_ + k] * u;
            }
        for (std::size_t s = 0; s < K_; ++s) {
            const T beyond = (rates[s] - from) * per;
            after_[K_ + s] += before_[s] * beyond;
            after_[2 * K_ + s] += before_[K_ + s] * beyond;
        }
    }

    /// The moments of two such gaps on end.
    void twice(GrowthTable<T>& m) {
        half_ = m;
        for (std::size_t r = 0; r < K_; ++r)
            for (std::size_t s = 0; s < K_; ++s) {
                const std::size_t i = r * K_ + s;
                T P(0.0), mean(0.0);
                for (std::size_t k = 0; k < K_; ++k) {
                    const T way = half_.P[r * K_ + k] * half_.P[k * K_ + s];
                    if (!(plain(way) > 0.0)) continue;
                    P += way;
                    mean += way * (half_.mean[r * K_ + k] + half_.mean[k * K_ + s]);
                }
                m.P[i] = P;
                m.mean[i] = m.variance[i] = T(0.0);
                if (!(plain(P) > 0.0)) continue;
                mean /= P;
                T variance(0.0);
                for (std::size_t k = 0; k < K_; ++k) {
                    const T way = half_.P[r * K_ + k] * half_.P[k * K_ + s];
                    if (!(plain(way) > 0.0)) continue;
                    const T off = half_.mean[r * K_ + k] + half_.mean[k * K_ + s] - mean;
                    variance += way * (half_.variance[r * K_ + k] + half_.variance[k * K_ + s] + off * off);
                }
                m.mean[i] = mean;
                m.variance[i] = variance / P;
            }
    }

    static T floored(const T& x) { return plain(x) > 0.0 ? x : T(0.0); }

    std::size_t K_;
    std::vector<T> U_, before_, after_, sum_;  ///< rows of theta^0, theta^1, theta^2
    GrowthTable<T> half_;
};

}  // namespace bellwether::markov

#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include "growth_moments.hpp"
#include "level_numbers.hpp"
#include "level_reading.hpp"

/// Private: levels that move with a hidden state, filtered by collapsing mixtures of normals (GPB2). One code
/// for numbers and for numbers that carry derivatives: likelihood, filter and forecast.
///
/// @source Bar-Shalom, Li & Kirubarajan 2001, ch. 11.6 [BarShalom2001]; Kim 1994, J. Econometrics 60:1
///         [Kim1994]. That the shift over a gap has the moments of the growth along the hidden path:
///         growth.hpp.
namespace bellwether::markov {

/// Parts of a state's mixture: entered in the last gap (odd), and which level's last reading was maybe wild
/// (part / 2, counted from 1; 0: none).
constexpr std::size_t kEntered = 1;
[[nodiscard]] constexpr std::size_t parts_of(std::size_t levels) {
    return 2 * (1 + levels);
}
[[nodiscard]] constexpr std::size_t wild_part(std::size_t level) {
    return 2 * (1 + level);
}

/// How likely each state is, in logs, and the distribution of the levels there: parts, each normal.
template <typename T>
struct Regimes {
    std::vector<T> log_weight;  ///< K
    std::vector<T> share;       ///< K x parts, of the state's weight; 0: no such part
    std::vector<T> mean;        ///< K x parts x D
    std::vector<T> covariance;  ///< K x parts x D x D
};

/// One gap and one set of readings. Keeps its memory.
template <typename T>
class Switching {
public:
    Switching(std::size_t states, std::size_t levels) : K_(states), D_(levels), parts_(parts_of(levels)) {
        const std::size_t most = states * parts_ * (1 + levels);
        relative_.resize(states);
        log_.resize(most);
        times_.resize(most);
        part_.resize(most);
        mean_.resize(most * levels);
        covariance_.resize(most * levels * levels);
    }

    /// Before the first row.
    void start(const LevelNumbers<T>& n, std::span<const T> log_start, Regimes<T>& out) const {
        resize(out);
        std::copy(log_start.begin(), log_start.end(), out.log_weight.begin());
        std::fill(out.share.begin(), out.share.end(), T(0.0));
        std::fill(out.mean.begin(), out.mean.end(), T(0.0));
        std::fill(out.covariance.begin(), out.covariance.end(), T(0.0));
        for (std::size_t s = 0; s < K_; ++s) {
            out.share[s * parts_] = T(1.0);
            for (std::size_t d = 0; d < D_; ++d)
                set_level(n, s * parts_, d, out);
        }
    }

    /// A level about which nothing is known any more.
    void forget(const LevelNumbers<T>& n, std::size_t level, Regimes<T>& out) const {
        for (std::size_t i = 0; i < K_ * parts_; ++i) {
            for (std::size_t d = 0; d < D_; ++d)
                out.covariance[(i * D_ + level) * D_ + d] = out.covariance[(i * D_ + d) * D_ + level] =
                    T(0.0);
            set_level(n, i, level, out);
        }
    }

    /// Lets the gap pass and takes the readings in. The new weights are joint with the readings, not scaled.
    /// @param table  of the gap; null: a first row, no time passes
    /// @param log_pair  null, or log weights of state before (row) and now, column-major K x K: of the move
    ///                  and of the readings, without that of the state before; -infinity where it cannot be
    void step(const LevelNumbers<T>& n, const Regimes<T>& from, const GrowthTable<T>* table, double gap,
              std::span<const LevelReading> readings, Regimes<T>& to, T* log_pair = nullptr) {
        // Loops of known length are worth a third of a filter's time.
        if constexpr (std::is_same_v<T, double>) {
            if (D_ == 1) return step_over<1>(n, from, table, gap, readings, to, log_pair);
            if (D_ == 2) return step_over<2>(n, from, table, gap, readings, to, log_pair);
            if (D_ == 3) return step_over<3>(n, from, table, gap, readings, to, log_pair);
        }
        step_over<0>(n, from, table, gap, readings, to, log_pair);
    }

private:
    static constexpr double kNever = -std::numeric_limits<double>::infinity();
    /// What cannot come back. Not more: a state that has become unlikely may yet be the one that was right,
    /// and a likelihood that drops it has maxima of its own.
    static constexpr double kNegligible = 100.0, kNothing = 1e-40;
    /// Share of all before the reading from where on a candidate may be two, and wholly so. In between
    /// smoothly: a fit feels a step.
    static constexpr double kRare = 1e-5, kCommon = 1e-3;

    /// @tparam D  levels, 0: any number
    template <std::size_t D>
    void step_over(const LevelNumbers<T>& n, const Regimes<T>& from, const GrowthTable<T>* table, double gap,
                   std::span<const LevelReading> readings, Regimes<T>& to, T* log_pair) {
        resize(to);
        set_common(n, from, readings);
        const double top = weigh_states(from);
        for (std::size_t s = 0; s < K_; ++s) {
            count_ = 0;
            for (std::size_t r = 0; r < K_; ++r) {
                const bool can = plain(from.log_weight[r]) > top - kNegligible &&
                                 (table != nullptr ? plain(table->P[r * K_ + s]) > 0.0 : r == s);
                const std::size_t begin = count_;
                for (std::size_t part = 0; can && part < parts_; ++part)
                    if (plain(from.share[r * parts_ + part]) > kNothing)
                        add_pair<D>(n, from, table, gap, readings, r, part, s);
                if (log_pair != nullptr)
                    log_pair[s * K_ + r] = begin == count_ ? T(kNever) : log_sum(begin) - from.log_weight[r];
            }
            collapse<D>(s, to);
        }
    }

    /// Shares of the states before. @return the largest log weight
    double weigh_states(const Regimes<T>& from) {
        using std::exp;
        double top = kNever;
        for (std::size_t r = 0; r < K_; ++r)
            top = std::max(top, plain(from.log_weight[r]));
        for (std::size_t r = 0; r < K_; ++r)
            relative_[r] = plain(from.log_weight[r]) > kNever ? T(exp(from.log_weight[r] - top)) : T(0.0);
        T sum(0.0);
        for (const T& one : relative_)
            sum += one;
        for (T& one : relative_)
            one /= sum;
        return top;
    }

    template <std::size_t D>
    [[nodiscard]] std::size_t levels() const {
        return D > 0 ? D : D_;
    }

    void resize(Regimes<T>& out) const {
        out.log_weight.resize(K_);
        out.share.resize(K_ * parts_);
        out.mean.resize(K_ * parts_ * D_);
        out.covariance.resize(K_ * parts_ * D_ * D_);
    }

    void set_level(const LevelNumbers<T>& n, std::size_t i, std::size_t d, Regimes<T>& out) const {
        out.mean[i * D_ + d] = n.first_mean[d];
        out.covariance[(i * D_ + d) * D_ + d] = n.first_variance[d];
    }

    /// Log of the weights of the candidates from `begin` on.
    T log_sum(std::size_t begin) const {
        using std::exp;
        using std::log;
        double top = kNever;
        for (std::size_t i = begin; i < count_; ++i)
            top = std::max(top, plain(log_[i]));
        T sum(0.0);
        for (std::size_t i = begin; i < count_ && top > kNever; ++i)
            sum += exp(log_[i] - top) * times_[i];
        return plain(sum) > 0.0 ? log(sum) + top : T(kNever);
    }

    /// A part of r at the row before, in s now, with the readings taken in one after the other.
    template <std::size_t D>
    void add_pair(const LevelNumbers<T>& n, const Regimes<T>& from, const GrowthTable<T>* table, double gap,
                  std::span<const LevelReading> readings, std::size_t r, std::size_t part, std::size_t s) {
        const std::size_t begin = count_++, at = r * parts_ + part, L = levels<D>();
        T* const m = &mean_[begin * L];
        T* const C = &covariance_[begin * L * L];
        log_[begin] = from.log_weight[r] + common_;
        times_[begin] = from.share[at];
        // In doubt about a reading until its level is read again.
        bool read_again = part <= kEntered;
        for (const LevelReading& x : readings)
            read_again = read_again || (part & ~kEntered) == wild_part(x.level);
        part_[begin] = (read_again ? 0 : part & ~kEntered) + (r == s ? 0 : kEntered);
        std::copy_n(&from.mean[at * L], L, m);
        std::copy_n(&from.covariance[at * L * L], L * L, C);
        if (table != nullptr) {
            const std::size_t i = r * K_ + s;
            times_[begin] *= table->P[i];
            for (std::size_t d = 0; d < L; ++d) {
                C[d * L + d] += n.diffusion[d] * gap;
                if (n.share[d] == 0.0) continue;
                m[d] += table->mean[i] * n.share[d];
                for (std::size_t e = 0; e < L; ++e)
                    if (n.share[e] != 0.0) C[d * L + e] += table->variance[i] * (n.share[d] * n.share[e]);
            }
        }
        may_split_ = ramp(T(relative_[r] * times_[begin]), kRare, kCommon);
        for (const LevelReading& x : readings)
            for (std::size_t i = begin, end = count_; i < end; ++i)
                if (!take_plainly<D>(n, x, s, i)) take<D>(n, x, s, i);
    }

    /// The usual reading: not censored, and what it says is one normal to a good approximation. The same as
    /// take(), with fewer logarithms. @return false: it is not of that kind, nothing was done
    template <std::size_t D>
    bool take_plainly(const LevelNumbers<T>& n, const LevelReading& x, std::size_t s, std::size_t i) {
        if (x.censor != Censor::none || x.sets_only) return false;
        using std::exp;
        using std::sqrt;
        const std::size_t d = x.level, L = levels<D>();
        const T off = x.y - mean_[i * L + d] - n.mean[(d * Channel::kPatterns + x.pattern) * K_ + s];
        const T& variance = covariance_[(i * L + d) * L + d];
        const T& noise = n.noise[d * K_ + s];
        const T per = 1.0 / (variance + noise);
        T shift = off * per, shrink = per, times = sqrt(per);
        const double share = n.wild_share[d];
        const T half = off * shift * 0.5;
        if (share > 0.0) {
            const T per_wild = 1.0 / (variance + noise * n.wild_ratio[d]);
            const T more = half - off * off * per_wild * 0.5;
            if (plain(more) > 30.0) return false;
            const T ratio = sqrt(per_wild) / times * exp(more) * (share / (1.0 - share));
            const T all = ratio + 1.0;
            const T p = ratio / all;
            const T closer = per_wild - per;
            const T apart = off * closer;
            const T between = p * (1.0 - p) * apart * apart;
            if (may_split(i) && plain(split_measure(p, apart, T(-closer), variance, per)) > kSplitBegins)
                return false;
            shift += p * apart;
            shrink += p * closer - between;
            times *= all;
        }
        log_[i] += n.log_usual[d] - half - kLogRootTwoPi;
        times_[i] *= times;
        update<D>({T(0.0), shift, shrink}, d, i);
        return true;
    }

    [[nodiscard]] bool may_split(std::size_t i) const {
        return part_[i] <= kEntered && plain(may_split_) > 0.0;
    }

    /// A reading into one candidate; may add another, in which it was wild.
    template <std::size_t D>
    void take(const LevelNumbers<T>& n, const LevelReading& x, std::size_t s, std::size_t i) {
        const std::size_t d = x.level, L = levels<D>();
        const T off = x.y - mean_[i * L + d] - n.mean[(d * Channel::kPatterns + x.pattern) * K_ + s];
        const ToldTwice<T> t = told(x, off, covariance_[(i * L + d) * L + d], n.noise[d * K_ + s],
                                    n.wild_share[d], n.wild_ratio[d], may_split(i) ? may_split_ : T(0.0));
        if (t.splits) {
            const std::size_t other = count_++;
            log_[other] = log_[i];
            times_[other] = times_[i];
            part_[other] = part_[i] + wild_part(d);
            std::copy_n(&mean_[i * L], L, &mean_[other * L]);
            std::copy_n(&covariance_[i * L * L], L * L, &covariance_[other * L * L]);
            // What the reading weighs in all stays out of a weight that does not tell states apart.
            const T all = x.sets_only ? both(t.one.log, t.wild.log) : T(0.0);
            update<D>(t.wild, d, other);
            log_[other] += t.wild.log - all;
            update<D>(t.one, d, i);
            log_[i] += t.one.log - all;
            return;
        }
        update<D>(t.one, d, i);
        if (!x.sets_only) log_[i] += t.one.log;
    }

    static T both(const T& a, const T& b) {
        using std::exp;
        using std::log1p;
        return plain(a) > plain(b) ? a + log1p(exp(b - a)) : b + log1p(exp(a - b));
    }

    template <std::size_t D>
    void update(const Told<T>& t, std::size_t d, std::size_t i) {
        const std::size_t L = levels<D>();
        T* const m = &mean_[i * L];
        T* const C = &covariance_[i * L * L];
        std::array<T, D == 0 ? kMostLevels : D> column;
        for (std::size_t e = 0; e < L; ++e)
            column[e] = C[e * L + d];
        for (std::size_t e = 0; e < L; ++e) {
            m[e] += column[e] * t.shift;
            const T by = column[e] * t.shrink;
            for (std::size_t f = 0; f < L; ++f)
                C[e * L + f] -= by * column[f];
        }
    }

    /// What readings that do not tell states apart weigh, the same in all: of a first reading by its level
    /// before anything was read and the states' mean then.
    void set_common(const LevelNumbers<T>& n, const Regimes<T>& from,
                    std::span<const LevelReading> readings) {
        common_ = T(0.0);
        for (const LevelReading& x : readings) {
            if (!x.sets_only) continue;
            using std::exp;
            T sum(0.0), mean(0.0), noise(0.0), top = from.log_weight[0];
            for (std::size_t s = 1; s < K_; ++s)
                if (plain(from.log_weight[s]) > plain(top)) top = from.log_weight[s];
            for (std::size_t s = 0; s < K_; ++s) {
                if (!(plain(from.log_weight[s]) > kNever)) continue;
                const T w = exp(from.log_weight[s] - top);
                sum += w;
                mean += w * n.mean[(x.level * Channel::kPatterns + x.pattern) * K_ + s];
                noise += w * n.noise[x.level * K_ + s];
            }
            const T off = x.y - n.first_mean[x.level] - mean / sum;
            common_ += told(x, off, n.first_variance[x.level], T(noise / sum), n.wild_share[x.level],
                            n.wild_ratio[x.level], T(0.0))
                           .one.log;
        }
    }

    /// The candidates that end in s, part by part, as one normal of the same mean and covariance each.
    template <std::size_t D>
    void collapse(std::size_t s, Regimes<T>& to) {
        using std::exp;
        using std::log;
        double top = kNever;
        for (std::size_t i = 0; i < count_; ++i)
            top = std::max(top, plain(log_[i]));
        T* const share = &to.share[s * parts_];
        std::fill_n(share, parts_, T(0.0));
        to.log_weight[s] = T(kNever);
        std::array<T, parts_of(D == 0 ? kMostLevels : D)> sum{};
        T all(0.0);
        for (std::size_t i = 0; i < count_ && top > kNever; ++i)
            sum[part_[i]] += times_[i] *= exp(log_[i] - top);
        for (std::size_t part = 0; part < parts_; ++part)
            all += sum[part];
        if (!(plain(all) > 0.0)) return;
        to.log_weight[s] = log(all) + top;
        for (std::size_t part = 0; part < parts_; ++part) {
            if (!(plain(sum[part]) > 0.0)) continue;
            share[part] = sum[part] / all;
            merge<D>(part, sum[part], &to.mean[(s * parts_ + part) * levels<D>()],
                     &to.covariance[(s * parts_ + part) * levels<D>() * levels<D>()]);
        }
    }

    /// @param sum  of the weights, which times_ holds by now
    template <std::size_t D>
    void merge(std::size_t part, const T& sum, T* m, T* C) {
        const std::size_t L = levels<D>();
        std::fill_n(m, L, T(0.0));
        std::fill_n(C, L * L, T(0.0));
        for (std::size_t i = 0; i < count_; ++i) {
            if (part_[i] != part) continue;
            times_[i] /= sum;
            for (std::size_t d = 0; d < L; ++d)
                m[d] += times_[i] * mean_[i * L + d];
        }
        for (std::size_t i = 0; i < count_; ++i) {
            if (part_[i] != part) continue;
            for (std::size_t d = 0; d < L; ++d) {
                const T off = times_[i] * (mean_[i * L + d] - m[d]);
                for (std::size_t e = 0; e <= d; ++e)
                    C[d * L + e] +=
                        times_[i] * covariance_[(i * L + d) * L + e] + off * (mean_[i * L + e] - m[e]);
            }
        }
        for (std::size_t d = 0; d < L; ++d)
            for (std::size_t e = 0; e < d; ++e)
                C[e * L + d] = C[d * L + e];
    }

    std::size_t K_, D_, parts_, count_ = 0;
    T common_{}, may_split_{};
    std::vector<T> relative_;
    // Of the candidates that end in one state. Their weight is exp(log) x times: what is small but never
    // nothing need not go through a logarithm.
    std::vector<T> log_, times_, mean_, covariance_;
    std::vector<std::size_t> part_;
};

}  // namespace bellwether::markov

#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <variant>
#include <vector>

#include "candidates.hpp"
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
    Switching(std::size_t states, std::size_t levels)
        : K_(states),
          D_(levels),
          parts_(parts_of(levels)),
          relative_(states),
          mean_(levels),
          covariance_(levels * levels),
          candidates_(make(states, levels)) {}

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
        resize(to);
        set_common(n, from, readings);
        const double top = weigh_states(from);
        std::visit(
            [&](auto& candidates) {
                for (std::size_t s = 0; s < K_; ++s)
                    enter(candidates, n, from, table, gap, readings, s, top, to, log_pair);
            },
            candidates_);
    }

private:
    static constexpr double kNever = -std::numeric_limits<double>::infinity();
    /// What cannot come back. Not more: a state that has become unlikely may yet be the one that was right,
    /// and a likelihood that drops it has maxima of its own.
    static constexpr double kNegligible = 100.0, kNothing = 1e-40;
    /// Share of all before the reading from where on a candidate may be two, and wholly so. In between
    /// smoothly: a fit feels a step.
    static constexpr double kRare = 1e-5, kCommon = 1e-3;

    /// Loops of known length are worth a third of a filter's time.
    using AnyCandidates =
        std::variant<Candidates<T, 1>, Candidates<T, 2>, Candidates<T, 3>, Candidates<T, 0>>;
    static AnyCandidates make(std::size_t states, std::size_t levels) {
        switch (levels) {
            case 1:
                return Candidates<T, 1>(states, levels);
            case 2:
                return Candidates<T, 2>(states, levels);
            case 3:
                return Candidates<T, 3>(states, levels);
            default:
                return Candidates<T, 0>(states, levels);
        }
    }

    /// All that ends in s.
    /// @param top  the largest log weight before
    template <typename Candidates>
    void enter(Candidates& candidates, const LevelNumbers<T>& n, const Regimes<T>& from,
               const GrowthTable<T>* table, double gap, std::span<const LevelReading> readings, std::size_t s,
               double top, Regimes<T>& to, T* log_pair) {
        candidates.clear();
        const std::size_t L = candidates.levels();
        for (std::size_t r = 0; r < K_; ++r) {
            if (!(plain(from.log_weight[r]) > top - kNegligible)) continue;
            if (!(table != nullptr ? plain(table->P[r * K_ + s]) > 0.0 : r == s)) continue;
            for (std::size_t part = 0; part < parts_; ++part)
                if (plain(from.share[r * parts_ + part]) > kNothing)
                    add_pair(candidates, n, from, table, gap, readings, r, part, s);
        }
        for (const LevelReading& x : readings)
            candidates.take(n, x, s);
        if (log_pair != nullptr)
            for (std::size_t r = 0; r < K_; ++r)
                log_pair[s * K_ + r] = candidates.log_sum(r) - from.log_weight[r];
        to.log_weight[s] = candidates.collapse(&to.share[s * parts_], &to.mean[s * parts_ * L],
                                               &to.covariance[s * parts_ * L * L]);
    }

    /// A part of r at the row before, in s now.
    template <typename Candidates>
    void add_pair(Candidates& candidates, const LevelNumbers<T>& n, const Regimes<T>& from,
                  const GrowthTable<T>* table, double gap, std::span<const LevelReading> readings,
                  std::size_t r, std::size_t part, std::size_t s) {
        const std::size_t at = r * parts_ + part, L = candidates.levels();
        T* const m = mean_.data();
        T* const C = covariance_.data();
        T times = from.share[at];
        std::copy_n(&from.mean[at * L], L, m);
        std::copy_n(&from.covariance[at * L * L], L * L, C);
        if (table != nullptr) {
            const std::size_t i = r * K_ + s;
            times *= table->P[i];
            for (std::size_t d = 0; d < L; ++d) {
                C[d * L + d] += n.diffusion[d] * gap;
                if (n.share[d] == 0.0) continue;
                m[d] += table->mean[i] * n.share[d];
                for (std::size_t e = 0; e <= d; ++e)
                    if (n.share[e] != 0.0) C[d * L + e] += table->variance[i] * (n.share[d] * n.share[e]);
            }
        }
        // In doubt about a reading until its level is read again.
        bool read_again = part <= kEntered;
        for (const LevelReading& x : readings)
            read_again = read_again || (part & ~kEntered) == wild_part(x.level);
        candidates.add(r, (read_again ? 0 : part & ~kEntered) + (r == s ? 0 : kEntered),
                       from.log_weight[r] + common_, times, ramp(T(relative_[r] * times), kRare, kCommon), m,
                       C);
    }

    /// Shares of the states before. @return the largest log weight
    double weigh_states(const Regimes<T>& from) {
        using std::exp;
        double top = kNever;
        for (std::size_t r = 0; r < K_; ++r)
            top = std::max(top, plain(from.log_weight[r]));
        T sum(0.0);
        for (std::size_t r = 0; r < K_; ++r) {
            relative_[r] = plain(from.log_weight[r]) > kNever ? T(exp(from.log_weight[r] - top)) : T(0.0);
            sum += relative_[r];
        }
        for (T& one : relative_)
            one /= sum;
        return top;
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
            const T off = without_state(n, x, T(mean / sum)) - n.first_mean[x.level];
            common_ += told(x, off, n.first_variance[x.level], T(noise / sum), n.wild_share[x.level],
                            n.wild_ratio[x.level], T(0.0))
                           .one.log;
        }
    }

    std::size_t K_, D_, parts_;
    T common_{};
    std::vector<T> relative_, mean_, covariance_;  ///< of states; of the candidate that is made
    AnyCandidates candidates_;
};

}  // namespace bellwether::markov

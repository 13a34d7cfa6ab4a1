#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <vector>

#include <Eigen/Core>

#include "growth_moments.hpp"
#include "level_numbers.hpp"
#include "level_reading.hpp"

/// Private: the ways that lead from the parts of the states before into one state now, and readings taken
/// into all of them.
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

/// Numbers side by side, worked on at once: several doubles, one number that carries derivatives.
template <typename T>
struct Abreast {
    using Type = T;
    static constexpr std::size_t kLanes = 1;
    static T& lane(Type& x, std::size_t) { return x; }
    static const T& lane(const Type& x, std::size_t) { return x; }
    static Type all(const T& x) { return x; }
    static Type exp_of(const Type& x, std::size_t) {
        using std::exp;
        return exp(x);
    }
};
template <>
struct Abreast<double> {
    static constexpr std::size_t kLanes = 4;
    using Type = Eigen::Array<double, kLanes, 1>;
    static double& lane(Type& x, std::size_t i) { return x[static_cast<Eigen::Index>(i)]; }
    static double lane(const Type& x, std::size_t i) { return x[static_cast<Eigen::Index>(i)]; }
    static Type all(double x) { return Type::Constant(x); }
    /// Of the first `lanes`; one by one: faster than Eigen's without AVX.
    static Type exp_of(const Type& x, std::size_t lanes) {
        Type out = Type::Ones();
        for (std::size_t i = 0; i < lanes; ++i)
            lane(out, i) = std::exp(lane(x, i));
        return out;
    }
};

/// @tparam D  levels; 0: any number up to kMostLevels
template <typename T, std::size_t D>
class Candidates {
    using Lanes = Abreast<T>;
    using Type = typename Lanes::Type;
    static constexpr std::size_t kMost = D > 0 ? D : kMostLevels;

public:
    Candidates(std::size_t states, std::size_t levels) : states_(states), levels_(levels) {
        const std::size_t most = states * parts_of(levels) * (1 + levels);
        blocks_.resize((most + Lanes::kLanes - 1) / Lanes::kLanes);
        before_.resize(most);
        part_.resize(most);
        may_split_.resize(most);
    }

    [[nodiscard]] std::size_t levels() const { return D > 0 ? D : levels_; }
    [[nodiscard]] std::size_t size() const { return count_; }
    void clear() { count_ = 0; }

    /// @param before  the state that it comes from
    /// @param mean, covariance  of the levels, rows one after the other; of the latter the lower triangle
    /// @param may_split  at most this share of what may have been a wild reading becomes a candidate by
    /// itself
    void add(std::size_t before, std::size_t part, const T& log, const T& times, const T& may_split,
             const T* mean, const T* covariance) {
        const std::size_t i = count_++;
        before_[i] = before;
        part_[i] = part;
        may_split_[i] = may_split;
        Block& b = block(i);
        // The lanes behind it hold the same until others come: numbers like any.
        const bool first = i % Lanes::kLanes == 0;
        const auto set = [&](Type& to, const T& x) {
            if (first)
                to = Lanes::all(x);
            else
                Lanes::lane(to, i % Lanes::kLanes) = x;
        };
        set(b.log, log);
        set(b.times, times);
        set(b.precision, T(1.0));
        for (std::size_t d = 0; d < levels(); ++d) {
            set(b.mean[d], mean[d]);
            for (std::size_t e = 0; e <= d; ++e)
                set(b.covariance[at(d, e)], covariance[d * levels() + e]);
        }
    }

    /// Takes a reading in, in state s; may add candidates, in which it was wild.
    void take(const LevelNumbers<T>& n, const LevelReading& x, std::size_t s) {
        const T expected =
            without_state(n, x, n.mean[(x.level * Channel::kPatterns + x.pattern) * states_ + s]);
        const T& noise = n.noise[x.level * states_ + s];
        if (x.censor == Censor::none && !x.sets_only)
            tell_plainly(n, x.level, expected, noise);
        else
            tell(n, x, expected, noise);
        for (std::size_t i = 0; i < blocks(); ++i)
            update(blocks_[i], x.level);
    }

    /// log of the sum of the weights of those that come from one state.
    [[nodiscard]] T log_sum(std::size_t before) const {
        using std::exp;
        using std::log;
        using std::sqrt;
        double top = kNever;
        for (std::size_t i = 0; i < count_; ++i)
            if (before_[i] == before) top = std::max(top, plain(get(i, &Block::log)));
        if (!(top > kNever)) return T(kNever);
        T sum(0.0);
        for (std::size_t i = 0; i < count_; ++i)
            if (before_[i] == before)
                sum +=
                    exp(get(i, &Block::log) - top) * get(i, &Block::times) * sqrt(get(i, &Block::precision));
        return plain(sum) > 0.0 ? log(sum) + top : T(kNever);
    }

    /// All candidates, part by part, as one normal of the same mean and covariance each. Uses them up.
    /// @param share       parts, of the weight of all; 0: no such part, its mean and covariance are left
    /// alone
    /// @param mean        parts x levels
    /// @param covariance  parts x levels x levels
    /// @return the log of the weight of all
    T collapse(T* share, T* mean, T* covariance) {
        using std::exp;
        using std::log;
        using std::sqrt;
        const std::size_t parts = parts_of(levels());
        std::fill_n(share, parts, T(0.0));
        std::fill_n(mean, parts * levels(), T(0.0));
        std::fill_n(covariance, parts * levels() * levels(), T(0.0));
        double top = kNever;
        for (std::size_t i = 0; i < count_; ++i)
            top = std::max(top, plain(get(i, &Block::log)));
        if (!(top > kNever)) return T(kNever);
        for (std::size_t i = 0; i < blocks(); ++i) {
            Block& b = blocks_[i];
            b.times *= Lanes::exp_of(b.log - top, used(i)) * sqrt(b.precision);
        }
        T all(0.0);
        for (std::size_t i = 0; i < count_; ++i)
            share[part_[i]] += get(i, &Block::times);
        for (std::size_t part = 0; part < parts; ++part)
            all += share[part];
        if (!(plain(all) > 0.0)) {
            std::fill_n(share, parts, T(0.0));
            return T(kNever);
        }
        merge(share, mean, covariance);
        for (std::size_t part = 0; part < parts; ++part)
            share[part] /= all;
        return log(all) + top;
    }

private:
    static constexpr double kNever = -std::numeric_limits<double>::infinity();
    /// Weight of a reading that is surely wild in the candidate in which it was not. Its square is a number,
    /// too: derivatives are divided by it.
    static constexpr double kFaintest = 1e-100;

    /// Candidates side by side. Weight: exp(log) x times x root of precision. What is small but never nothing
    /// need not go through a logarithm.
    struct Block {
        Type log, times, precision;
        std::array<Type, kMost> mean;
        std::array<Type, kMost*(kMost + 1) / 2> covariance;  ///< lower triangle
        // Of the reading that is taken in: how far it is off, one over its variance, what the wild case adds
        // to that, weights of both cases; then what it makes of a level (Told).
        Type off, per, closer, usual, wild, measure, shift, shrink;
    };

    static constexpr std::size_t at(std::size_t d, std::size_t e) {
        return d >= e ? d * (d + 1) / 2 + e : e * (e + 1) / 2 + d;
    }
    [[nodiscard]] std::size_t blocks() const { return (count_ + Lanes::kLanes - 1) / Lanes::kLanes; }
    /// Lanes of a block that hold candidates.
    [[nodiscard]] std::size_t used(std::size_t block) const {
        return std::min(Lanes::kLanes, count_ - block * Lanes::kLanes);
    }
    [[nodiscard]] Block& block(std::size_t i) { return blocks_[i / Lanes::kLanes]; }
    [[nodiscard]] T get(std::size_t i, Type Block::*what) const {
        return Lanes::lane(blocks_[i / Lanes::kLanes].*what, i % Lanes::kLanes);
    }
    [[nodiscard]] T& set(std::size_t i, Type Block::*what) {
        return Lanes::lane(block(i).*what, i % Lanes::kLanes);
    }
    [[nodiscard]] bool may_split(std::size_t i) const {
        return part_[i] <= kEntered && plain(may_split_[i]) > 0.0;
    }

    /// One more, like i.
    std::size_t copy(std::size_t i) {
        const std::size_t j = count_++;
        before_[j] = before_[i];
        part_[j] = part_[i];
        may_split_[j] = T(0.0);
        Block& to = block(j);
        const Block& from = block(i);
        if (j % Lanes::kLanes == 0) to = from;  // numbers for all lanes
        const auto one = [&](Type& x, const Type& y) {
            Lanes::lane(x, j % Lanes::kLanes) = T(Lanes::lane(y, i % Lanes::kLanes));
        };
        for (Type Block::*const what : {&Block::log, &Block::times, &Block::precision, &Block::off})
            one(to.*what, from.*what);
        for (std::size_t d = 0; d < levels(); ++d)
            one(to.mean[d], from.mean[d]);
        for (std::size_t c = 0; c < levels() * (levels() + 1) / 2; ++c)
            one(to.covariance[c], from.covariance[c]);
        return j;
    }

    /// The usual reading: not censored, and it tells states apart. As told() has it, without its logarithms.
    void tell_plainly(const LevelNumbers<T>& n, std::size_t d, const T& expected, const T& noise) {
        using std::exp;
        using std::sqrt;
        const double share = n.wild_share[d];
        const T noise_wild = share > 0.0 ? T(noise * n.wild_ratio[d]) : noise;
        const T less = noise - noise_wild;
        for (std::size_t i = 0; i < blocks(); ++i) {
            Block& b = blocks_[i];
            b.off = expected - b.mean[d];
            const Type& variance = b.covariance[at(d, d)];
            const Type usual = variance + noise, wild = variance + noise_wild;
            const Type per_both = 1.0 / (usual * wild);
            const Type half = b.off * b.off * 0.5;
            b.per = wild * per_both;
            b.closer = per_both * less;
            // Counted from the wild case, which is never the less likely one but for its share.
            b.log -= half * usual * per_both + kLogRootTwoPi;
            b.precision *= b.per;
            b.usual = Lanes::exp_of(half * b.closer, used(i)) * (1.0 - share);
            b.wild = usual * sqrt(per_both) * share;
            const Type p = b.wild / (b.usual + b.wild), apart = b.off * b.closer;
            b.measure = p * (apart * apart - b.closer) * variance * usual / noise;
        }
        for (std::size_t i = 0, end = count_; i < end; ++i)
            if (may_split(i)) split(i, d);
        for (std::size_t i = 0; i < blocks(); ++i) {
            Block& b = blocks_[i];
            const Type all = floored(b.usual + b.wild);
            const Type per_all = 1.0 / all;
            const Type p = b.wild * per_all, apart = b.off * b.closer;
            b.times *= all;
            b.shift = b.off * b.per + p * apart;
            b.shrink = b.per + p * b.closer - p * b.usual * per_all * apart * apart;
        }
    }

    static Type floored(const Type& x) {
        if constexpr (std::is_same_v<T, double>)
            return x.max(kFaintest);
        else
            return plain(x) > kFaintest ? x : T(kFaintest);
    }

    /// The wild case of a plain reading as a candidate by itself, as far as one normal would not do for both.
    void split(std::size_t i, std::size_t d) {
        const T measure = get(i, &Block::measure);
        if (plain(measure) <= kSplitBegins) return;
        const T share = may_split_[i] * ramp(measure, kSplitBegins, kSplitDone);
        const T wild = get(i, &Block::wild);
        const std::size_t j = copy(i);
        part_[j] += wild_part(d);
        set(j, &Block::per) = get(i, &Block::per) + get(i, &Block::closer);
        set(j, &Block::closer) = T(0.0);
        set(j, &Block::usual) = wild * share;
        set(j, &Block::wild) = T(0.0);
        set(i, &Block::wild) = wild * (1.0 - share);
    }

    /// Any reading, candidate by candidate.
    void tell(const LevelNumbers<T>& n, const LevelReading& x, const T& expected, const T& noise) {
        const std::size_t d = x.level;
        for (std::size_t i = 0, end = count_; i < end; ++i) {
            const T off = expected - Lanes::lane(block(i).mean[d], i % Lanes::kLanes);
            const ToldTwice<T> t =
                told(x, off, T(Lanes::lane(block(i).covariance[at(d, d)], i % Lanes::kLanes)), noise,
                     n.wild_share[d], n.wild_ratio[d], may_split(i) ? may_split_[i] : T(0.0));
            // What the reading weighs in all stays out of a weight that does not tell states apart.
            const T all = !x.sets_only ? T(0.0) : t.splits ? both(t.one.log, t.wild.log) : t.one.log;
            if (t.splits) {
                const std::size_t j = copy(i);
                part_[j] += wild_part(d);
                tell(j, t.wild, all);
            }
            tell(i, t.one, all);
        }
    }
    void tell(std::size_t i, const Told<T>& t, const T& all) {
        set(i, &Block::log) += t.log - all;
        set(i, &Block::shift) = t.shift;
        set(i, &Block::shrink) = t.shrink;
    }

    static T both(const T& a, const T& b) {
        using std::exp;
        using std::log1p;
        return plain(a) > plain(b) ? a + log1p(exp(b - a)) : b + log1p(exp(a - b));
    }

    /// All levels by what was told of one.
    void update(Block& b, std::size_t d) const {
        std::array<Type, kMost> column;
        for (std::size_t e = 0; e < levels(); ++e)
            column[e] = b.covariance[at(e, d)];
        for (std::size_t e = 0; e < levels(); ++e) {
            b.mean[e] += column[e] * b.shift;
            const Type by = column[e] * b.shrink;
            for (std::size_t f = 0; f <= e; ++f)
                b.covariance[at(e, f)] -= by * column[f];
        }
    }

    /// @param sum  of the weights, per part
    void merge(const T* sum, T* mean, T* covariance) {
        const std::size_t L = levels(), parts = parts_of(L);
        std::array<T, parts_of(kMost)> per;
        for (std::size_t part = 0; part < parts; ++part)
            if (plain(sum[part]) > 0.0) per[part] = 1.0 / sum[part];
        for (std::size_t i = 0; i < count_; ++i) {
            if (!(plain(sum[part_[i]]) > 0.0)) continue;
            const T share = get(i, &Block::times) * per[part_[i]];
            set(i, &Block::times) = share;
            for (std::size_t d = 0; d < L; ++d)
                mean[part_[i] * L + d] += share * Lanes::lane(block(i).mean[d], i % Lanes::kLanes);
        }
        for (std::size_t i = 0; i < count_; ++i) {
            if (!(plain(sum[part_[i]]) > 0.0)) continue;
            const Block& b = block(i);
            const std::size_t lane = i % Lanes::kLanes;
            const T share = Lanes::lane(b.times, lane);
            const T* const m = &mean[part_[i] * L];
            T* const C = &covariance[part_[i] * L * L];
            for (std::size_t d = 0; d < L; ++d) {
                const T off = share * (Lanes::lane(b.mean[d], lane) - m[d]);
                for (std::size_t e = 0; e <= d; ++e)
                    C[d * L + e] += share * Lanes::lane(b.covariance[at(d, e)], lane) +
                                    off * (Lanes::lane(b.mean[e], lane) - m[e]);
            }
        }
        for (std::size_t part = 0; part < parts; ++part)
            for (std::size_t d = 0; d < L && plain(sum[part]) > 0.0; ++d)
                for (std::size_t e = 0; e < d; ++e)
                    covariance[(part * L + e) * L + d] = covariance[(part * L + d) * L + e];
    }

    std::size_t states_, levels_, count_ = 0;
    std::vector<Block> blocks_;
    std::vector<std::size_t> before_, part_;
    std::vector<T> may_split_;
};

}  // namespace bellwether::markov

#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include "bellwether/markov/emission.hpp"
#include "bellwether/markov/spec.hpp"

#include "growth_moments.hpp"
#include "normal.hpp"

/// Private: levels that move with a hidden state, filtered by collapsing mixtures of normals (GPB2). One code
/// for numbers and for numbers that carry derivatives: likelihood, filter and forecast.
///
/// @source Bar-Shalom, Li & Kirubarajan 2001, ch. 11.6 [BarShalom2001]; Kim 1994, J. Econometrics 60:1
///         [Kim1994]. That the shift over a gap has the moments of the growth along the hidden path:
///         growth.hpp.
namespace bellwether::markov {

/// Levels that are followed at once.
constexpr std::size_t kMostLevels = 8;

/// Numbers of a specification under a set of values. Levels are those of its channels, in their order.
template <typename T>
struct LevelNumbers {
    std::size_t states = 0, levels = 0;
    std::vector<double> share;  ///< per level
    std::vector<T> diffusion;   ///< variance per unit of time
    std::vector<T> first_mean, first_variance;
    std::vector<T> mean;                         ///< (level x kPatterns + pattern) x states + state
    std::vector<T> noise;                        ///< level x states + state, variance
    std::vector<double> wild_share, wild_ratio;  ///< ratio of the variances
    std::vector<double> log_usual;               ///< log(1 - wild_share)
    std::vector<T> rates;                        ///< per state
};

/// @param values  as in Spec::parameters
template <typename T>
[[nodiscard]] LevelNumbers<T> level_numbers(const Spec& spec, const std::vector<T>& values) {
    LevelNumbers<T> out;
    const std::size_t K = out.states = spec.states.size();
    const auto square = [](const T& x) { return x * x; };
    const auto at = [&](int p) -> const T& { return values[static_cast<std::size_t>(p)]; };
    for (const Channel& channel : spec.channels) {
        if (!channel.latent) continue;
        const LatentLevel& level = *channel.latent;
        ++out.levels;
        out.share.push_back(level.share);
        out.diffusion.push_back(level.diffusion < 0 ? T(0.0) : square(at(level.diffusion)));
        out.first_mean.push_back(values[level.first_mean]);
        out.first_variance.push_back(square(values[level.first_sd]));
        out.wild_share.push_back(level.wild_share);
        out.wild_ratio.push_back(level.wild_times * level.wild_times);
        out.log_usual.push_back(std::log1p(-level.wild_share));
        for (std::size_t pattern = 0; pattern < Channel::kPatterns; ++pattern)
            for (std::size_t s = 0; s < K; ++s)
                out.mean.push_back(
                    channel.groups.empty() || channel.group[s] < 0
                        ? T(0.0)
                        : at(channel.groups[static_cast<std::size_t>(channel.group[s])].mean[pattern]));
        for (std::size_t s = 0; s < K; ++s)
            out.noise.push_back(square(
                level.noise >= 0       ? at(level.noise)
                : channel.group[s] < 0 ? T(1.0)
                                       : at(channel.groups[static_cast<std::size_t>(channel.group[s])].sd)));
    }
    for (std::size_t s = 0; s < K; ++s) {
        T sum(0.0);
        if (!spec.growth.empty())
            for (const std::size_t p : spec.growth[s].steps)
                sum += values[p] * spec.growth[s].sign;
        out.rates.push_back(sum);
    }
    return out;
}

/// A reading of a level, on the channel's scale.
struct LevelReading {
    std::size_t level = 0;
    std::size_t pattern = 0;
    Censor censor = Censor::none;
    double y = 0.0, upper = 0.0;
    bool sets_only = false;  ///< sets the level and does not tell states apart
};

/// @param e  of form latent
[[nodiscard]] inline LevelReading level_reading(const Channel& channel, std::size_t level,
                                                const Evidence& e) {
    return {level, e.pattern, e.censor, e.y, e.upper, e.first && !channel.latent->comparable};
}

/// Parts of a state's mixture: entered in the last gap (bit 0), last reading maybe wild (bit 1).
constexpr std::size_t kParts = 4, kEntered = 1, kWild = 2;

/// How likely each state is, in logs, and the distribution of the levels there: parts, each normal.
template <typename T>
struct Regimes {
    std::vector<T> log_weight;  ///< K
    std::vector<T> share;       ///< K x kParts, of the state's weight; 0: no such part
    std::vector<T> mean;        ///< K x kParts x D
    std::vector<T> covariance;  ///< K x kParts x D x D
};

/// What a reading makes of a level: log weight, and by how much mean and variance change per unit of the
/// covariance c with the level: mean += shift c, covariance -= shrink c c'.
template <typename T>
struct Told {
    T log, shift, shrink;
};

template <int N>
ceres::Jet<double, N> log_cdf(const ceres::Jet<double, N>& z) {
    return {log_cdf(z.a), hazard(z.a) * z.v};
}
template <int N>
ceres::Jet<double, N> hazard(const ceres::Jet<double, N>& z) {
    const double h = hazard(z.a);
    return {h, -h * (h + z.a) * z.v};
}

/// The level is below (side 1) or above (-1) a limit at `off` from its mean, which has the variance S.
template <typename T>
Told<T> told_beyond(const T& off, const T& S, double side) {
    using std::sqrt;
    const T sd = sqrt(S);
    const T z = off * side / sd;
    const T h = hazard(z);
    return {log_cdf(z), h * -side / sd, h * (h + z) / S};
}

/// Moments of the truncated normal. @source Johnson, Kotz & Balakrishnan 1994, 13.10.1 [JohnsonKotz1994]
template <typename T>
Told<T> told_between(const T& low, const T& high, const T& S) {
    using std::exp;
    using std::log1p;
    using std::sqrt;
    // In the left half, where distribution functions do not lose digits.
    if (plain(low) + plain(high) > 0.0) {
        Told<T> mirrored = told_between(T(-high), T(-low), S);
        mirrored.shift = -mirrored.shift;
        return mirrored;
    }
    const T sd = sqrt(S);
    const T a = low / sd, b = high / sd;
    const T log_b = log_cdf(b);
    const T log = log_b + log1p(-exp(log_cdf(a) - log_b));
    constexpr double kLogRootTwoPi = 0.91893853320467274178;
    const T at_a = exp(a * a * -0.5 - kLogRootTwoPi - log), at_b = exp(b * b * -0.5 - kLogRootTwoPi - log);
    const T mean = at_a - at_b;
    const T variance = a * at_a - b * at_b - mean * mean + 1.0;
    return {log, mean / sd, (1.0 - variance) / S};
}

/// @param off  reading minus what is expected of it; @param S  its variance
template <typename T>
Told<T> told_by(const LevelReading& r, const T& off, const T& S) {
    using std::log;
    constexpr double kLogRootTwoPi = 0.91893853320467274178;
    switch (r.censor) {
        case Censor::left:
            return told_beyond(off, S, 1.0);
        case Censor::right:
            return told_beyond(off, S, -1.0);
        case Censor::interval:
            return told_between(off, T(off + (r.upper - r.y)), S);
        case Censor::none:
            break;
    }
    const T per = 1.0 / S;
    return {log(per) * 0.5 - off * off * per * 0.5 - kLogRootTwoPi, off * per, per};
}

/// A reading whose noise is wild now and then: both cases, and by how much one normal would not do for them.
template <typename T>
struct ToldTwice {
    Told<T> one;          ///< collapsed, less the part that is split off
    Told<T> wild;         ///< the part that is split off: its log weight is that of the part
    bool splits = false;  ///< is there one?
};

/// 3t^2 - 2t^3 from 0 at `low` to 1 at `high`.
template <typename T>
T ramp(const T& x, double low, double high) {
    if (plain(x) <= low) return T(0.0);
    if (plain(x) >= high) return T(1.0);
    const T t = (x - low) / (high - low);
    return t * t * (3.0 - 2.0 * t);
}

/// Variance between the two cases, as a share of that within, at which a split begins and is complete. A reading
/// 2.3 sd off has 0.05. Without the split a wild first reading holds the level for good, since all that follow
/// look wild from there.
constexpr double kSplitBegins = 0.05, kSplitDone = 0.2;

/// @param variance  of the level before the reading
template <typename T>
ToldTwice<T> told(const LevelReading& r, const T& off, const T& variance, const T& noise, double wild_share,
                  double wild_ratio, bool may_split) {
    using std::exp;
    using std::log;
    using std::log1p;
    ToldTwice<T> out;
    out.one = told_by(r, off, T(variance + noise));
    if (wild_share == 0.0) return out;
    Told<T> usual = out.one, wild = told_by(r, off, T(variance + noise * wild_ratio));
    usual.log += std::log1p(-wild_share);
    wild.log += std::log(wild_share);
    const bool more = plain(usual.log) > plain(wild.log);
    const T ratio = more ? exp(wild.log - usual.log) : exp(usual.log - wild.log);
    const T log_all = (more ? usual.log : wild.log) + log1p(ratio);
    T p = more ? ratio / (ratio + 1.0) : 1.0 / (ratio + 1.0);  // wild
    const T apart = wild.shift - usual.shift;
    const T between = p * (1.0 - p) * apart * apart;
    const T within = 1.0 - variance * (usual.shrink + p * (wild.shrink - usual.shrink));
    T log_one = log_all;
    if (may_split) {
        const T split = ramp(T(between * variance / within), kSplitBegins, kSplitDone);
        if (plain(split) > 0.0) {
            out.splits = true;
            out.wild = wild;
            out.wild.log += log(split);
            const T left = 1.0 - split * p;
            log_one += log(left);
            p = p * (1.0 - split) / left;
        }
    }
    out.one = {log_one, usual.shift + p * apart,
               usual.shrink + p * (wild.shrink - usual.shrink) - p * (1.0 - p) * apart * apart};
    return out;
}

/// One gap and one set of readings. Keeps its memory.
template <typename T>
class Switching {
public:
    Switching(std::size_t states, std::size_t levels) : K_(states), D_(levels) {
        const std::size_t most = states * kParts * (1 + levels);
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
            out.share[s * kParts] = T(1.0);
            for (std::size_t d = 0; d < D_; ++d)
                set_level(n, s * kParts, d, out);
        }
    }

    /// A level about which nothing is known any more.
    void forget(const LevelNumbers<T>& n, std::size_t level, Regimes<T>& out) const {
        for (std::size_t i = 0; i < K_ * kParts; ++i) {
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
    /// What cannot come back. Not more: a state that has become unlikely may yet be the one that was right, and a
    /// likelihood that drops it has maxima of its own.
    static constexpr double kNegligible = 600.0, kNothing = 1e-290;

    /// @tparam D  levels, 0: any number
    template <std::size_t D>
    void step_over(const LevelNumbers<T>& n, const Regimes<T>& from, const GrowthTable<T>* table, double gap,
                   std::span<const LevelReading> readings, Regimes<T>& to, T* log_pair) {
        resize(to);
        set_common(n, from, readings);
        double top = kNever;
        for (std::size_t r = 0; r < K_; ++r)
            top = std::max(top, plain(from.log_weight[r]));
        for (std::size_t s = 0; s < K_; ++s) {
            count_ = 0;
            for (std::size_t r = 0; r < K_; ++r) {
                const bool can = plain(from.log_weight[r]) > top - kNegligible &&
                                 (table != nullptr ? plain(table->P[r * K_ + s]) > 0.0 : r == s);
                const std::size_t begin = count_;
                for (std::size_t part = 0; can && part < kParts; ++part)
                    if (plain(from.share[r * kParts + part]) > kNothing)
                        add_pair<D>(n, from, table, gap, readings, r, part, s);
                if (log_pair != nullptr)
                    log_pair[s * K_ + r] = begin == count_ ? T(kNever) : log_sum(begin) - from.log_weight[r];
            }
            collapse<D>(s, to);
        }
    }

    template <std::size_t D>
    [[nodiscard]] std::size_t levels() const {
        return D > 0 ? D : D_;
    }

    void resize(Regimes<T>& out) const {
        out.log_weight.resize(K_);
        out.share.resize(K_ * kParts);
        out.mean.resize(K_ * kParts * D_);
        out.covariance.resize(K_ * kParts * D_ * D_);
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
        const std::size_t begin = count_++, at = r * kParts + part, L = levels<D>();
        T* const m = &mean_[begin * L];
        T* const C = &covariance_[begin * L * L];
        log_[begin] = from.log_weight[r] + common_;
        times_[begin] = from.share[at];
        part_[begin] = r == s ? 0 : kEntered;
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
        constexpr double kLogRootTwoPi = 0.91893853320467274178;
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
            const T within = 1.0 - variance * (per + p * closer);
            if ((part_[i] & kWild) == 0 && plain(between) * plain(variance) > kSplitBegins * plain(within))
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

    /// A reading into one candidate; may add another, in which it was wild.
    template <std::size_t D>
    void take(const LevelNumbers<T>& n, const LevelReading& x, std::size_t s, std::size_t i) {
        const std::size_t d = x.level, L = levels<D>();
        const T off = x.y - mean_[i * L + d] - n.mean[(d * Channel::kPatterns + x.pattern) * K_ + s];
        const ToldTwice<T> t = told(x, off, covariance_[(i * L + d) * L + d], n.noise[d * K_ + s],
                                    n.wild_share[d], n.wild_ratio[d], (part_[i] & kWild) == 0);
        if (t.splits) {
            const std::size_t other = count_++;
            log_[other] = log_[i];
            times_[other] = times_[i];
            part_[other] = part_[i] | kWild;
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
                            n.wild_ratio[x.level], false)
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
        T* const share = &to.share[s * kParts];
        std::fill_n(share, kParts, T(0.0));
        to.log_weight[s] = T(kNever);
        std::array<T, kParts> sum{};
        T all(0.0);
        for (std::size_t i = 0; i < count_ && top > kNever; ++i)
            sum[part_[i]] += times_[i] *= exp(log_[i] - top);
        for (const T& one : sum)
            all += one;
        if (!(plain(all) > 0.0)) return;
        to.log_weight[s] = log(all) + top;
        for (std::size_t part = 0; part < kParts; ++part) {
            if (!(plain(sum[part]) > 0.0)) continue;
            share[part] = sum[part] / all;
            merge<D>(part, sum[part], &to.mean[(s * kParts + part) * levels<D>()],
                     &to.covariance[(s * kParts + part) * levels<D>() * levels<D>()]);
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

    std::size_t K_, D_, count_ = 0;
    T common_{};
    // Of the candidates that end in one state. Their weight is exp(log) x times: what is small but never
    // nothing need not go through a logarithm.
    std::vector<T> log_, times_, mean_, covariance_;
    std::vector<std::size_t> part_;
};

}  // namespace bellwether::markov

#pragma once

#include <cmath>
#include <cstddef>
#include <span>

#include "bellwether/markov/emission.hpp"
#include "bellwether/markov/spec.hpp"

#include "growth_moments.hpp"
#include "level_numbers.hpp"
#include "normal.hpp"

/// Private: what a reading tells of a level that is followed, for numbers that may carry derivatives.
namespace bellwether::markov {

/// A reading of a level, on the channel's scale.
struct LevelReading {
    std::size_t level = 0;
    std::size_t pattern = 0;
    Censor censor = Censor::none;
    double y = 0.0, upper = 0.0;
    bool sets_only = false;  ///< sets the level and does not tell states apart
    /// The row's covariates minus their centres; not owned. Empty: all 0.
    std::span<const double> centred;
};

/// The reading minus all that is expected of it but the level.
/// @param mean  of the state
template <typename T>
[[nodiscard]] T without_state(const LevelNumbers<T>& n, const LevelReading& x, const T& mean) {
    T out = x.y - mean;
    if (!x.centred.empty())
        for (const auto& e : n.effects[x.level])
            out -= e.value * x.centred[e.covariate];
    return out;
}

/// @param e  of form latent
[[nodiscard]] inline LevelReading level_reading(const Channel& channel, std::size_t level,
                                                const Evidence& e) {
    return {level, e.pattern, e.censor, e.y, e.upper, e.first && !channel.latent->comparable, e.centred};
}

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
    const T at_a = exp(a * a * -0.5 - kLogRootTwoPi - log), at_b = exp(b * b * -0.5 - kLogRootTwoPi - log);
    const T mean = at_a - at_b;
    const T variance = a * at_a - b * at_b - mean * mean + 1.0;
    return {log, mean / sd, (1.0 - variance) / S};
}

/// @param off  reading minus what is expected of it; @param S  its variance
template <typename T>
Told<T> told_by(const LevelReading& r, const T& off, const T& S) {
    using std::log;
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

/// What the case of a wild reading adds to the variance of the level after it, as a share of what there would
/// be without: small where the reading is hardly wild, or makes no difference. A reading 2.3 sd off has 0.05,
/// any first reading of a level that was hardly known before 0.24 (one in a hundred wild, five times as
/// wide).
/// @param p  of the wild case; @param apart, closer  usual minus wild: of shift (its sign does not matter),
/// shrink
template <typename T>
T split_measure(const T& p, const T& apart, const T& closer, const T& variance, const T& usual_shrink) {
    return p * (apart * apart + closer) * variance / (1.0 - variance * usual_shrink);
}

/// Where a split begins and is complete. Without it a wild first reading holds the level for good, since all
/// that follow look wild from there.
constexpr double kSplitBegins = 0.05, kSplitDone = 0.5;

/// @param variance  of the level before the reading; @param may_split  at most this much of the wild case
template <typename T>
ToldTwice<T> told(const LevelReading& r, const T& off, const T& variance, const T& noise, double wild_share,
                  double wild_ratio, const T& may_split) {
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
    const T larger = 1.0 / (ratio + 1.0), smaller = ratio / (ratio + 1.0);
    T p = more ? smaller : larger;  // wild
    const T apart = wild.shift - usual.shift;
    T log_one = log_all;
    if (plain(may_split) > 0.0) {
        const T split =
            may_split * ramp(split_measure(p, apart, T(usual.shrink - wild.shrink), variance, usual.shrink),
                             kSplitBegins, kSplitDone);
        if (plain(split) > 0.0) {
            out.splits = true;
            out.wild = wild;
            out.wild.log += log(split);
            // 1 - split x p without its cancellation; what is surely wild leaves nothing, but not nothing at
            // all.
            const T left = (more ? larger : smaller) + p * (1.0 - split);
            const bool none = plain(left) < 1e-300;
            log_one += none ? T(std::log(1e-300)) : log(left);
            p = none ? T(0.0) : p * (1.0 - split) / left;
        }
    }
    out.one = {log_one, usual.shift + p * apart,
               usual.shrink + p * (wild.shrink - usual.shrink) - p * (1.0 - p) * apart * apart};
    return out;
}

}  // namespace bellwether::markov

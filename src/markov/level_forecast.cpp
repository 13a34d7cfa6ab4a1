#include "bellwether/markov/level_forecast.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"

namespace bellwether::markov {
namespace {

using Eigen::Index;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The place of a channel's level among the levels.
std::size_t level_of(const Spec& spec, std::size_t channel) {
    const Channel& asked = spec.channels.at(channel);
    if (asked.says != Says::growth)
        throw Error("M015", fmt::format("channel '{}' does not grow: its level is not forecast", asked.name));
    std::size_t level = 0;
    for (std::size_t c = 0; c < channel; ++c)
        level += spec.channels[c].latent ? 1 : 0;
    return level;
}

/// One part of a filter's mixture, as far as one level goes.
struct Known {
    std::size_t state;
    double weight, mean, variance;
};

std::vector<Known> known_of(const Spec& spec, const FilterState& state, std::size_t level) {
    std::vector<Known> out;
    const std::size_t parts = state.level_share.size(), D = state.level_mean.size() / parts;
    for (std::size_t i = 0; i < parts; ++i) {
        const std::size_t s = i / (parts / spec.states.size());
        const double weight = std::exp(state.log_probability[s]) * state.level_share[i];
        if (weight > 0.0)
            out.push_back({s, weight, state.level_mean[i * D + level],
                           state.level_covariance[(i * D + level) * D + level]});
    }
    return out;
}

bool readable(const Channel& channel, std::size_t state) {
    return channel.group[state] != Channel::kNone;
}

double diffusion_of(const LatentLevel& level, const Values& values) {
    return level.diffusion < 0 ? 0.0 : values[static_cast<std::size_t>(level.diffusion)];
}

}  // namespace

double LevelMixture::mean() const {
    double sum = 0.0;
    for (const Part& p : parts)
        sum += p.weight * p.mean;
    return sum;
}

double LevelMixture::sd() const {
    const double centre = mean();
    double sum = 0.0;
    for (const Part& p : parts)
        sum += p.weight * (p.sd * p.sd + (p.mean - centre) * (p.mean - centre));
    return std::sqrt(sum);
}

double LevelMixture::cdf(double level) const {
    double sum = 0.0;
    for (const Part& p : parts) {
        const double below = p.sd > 0.0        ? 0.5 * std::erfc((p.mean - level) / (p.sd * std::sqrt(2.0)))
                             : level >= p.mean ? 1.0
                                               : 0.0;
        sum += p.weight * below;
    }
    return sum;
}

double LevelMixture::quantile(double chance) const {
    if (!(chance > 0.0 && chance < 1.0))
        throw Error("M015", fmt::format("a quantile of {}: chances lie between 0 and 1", chance));
    double low = kInfinity, high = -kInfinity;
    for (const Part& p : parts) {
        low = std::min(low, p.mean - p.sd);
        high = std::max(high, p.mean + p.sd);
    }
    for (double step = high - low + 1e-9; cdf(low) > chance; step *= 2.0)
        low -= step;
    for (double step = high - low + 1e-9; cdf(high) < chance; step *= 2.0)
        high += step;
    for (;;) {  // until no number lies between
        const double middle = low + (high - low) * 0.5;
        if (!(middle > low && middle < high)) return high;
        (cdf(middle) < chance ? low : high) = middle;
    }
}

namespace {

/// What the level gains from state to state over a gap, in parts. To have stayed in one state all along is a
/// part of its own, whose gain is certain: growth has a fastest rate, and most of what is most likely is near
/// it.
class Gains {
public:
    struct Gain {
        double chance, mean, variance;
    };
    Gains(const Spec& spec, const Values& values, const TransitionCache::Entry& moved, double gap)
        : K_(spec.states.size()), table_(*moved.growth) {
        for (std::size_t s = 0; s < K_; ++s) {
            const auto i = static_cast<Index>(s);
            stayed_.push_back({std::exp((*moved.Q)(i, i) * gap), spec.growth_rate(s, values) * gap, 0.0});
        }
    }

    [[nodiscard]] std::vector<Gain> between(std::size_t r, std::size_t s) const {
        const std::size_t i = r * K_ + s;
        const Gain all{table_.P[i], table_.mean[i], table_.variance[i]};
        if (r != s) return {all};
        const Gain& stayed = stayed_[r];
        const double chance = all.chance - stayed.chance;
        if (!(chance > kNothing)) return {{all.chance, stayed.mean, 0.0}};
        // The rest has what is left of the mean and of the variance about it.
        const double mean = all.mean + stayed.chance / chance * (all.mean - stayed.mean);
        const double between_parts =
            stayed.chance * chance / (all.chance * all.chance) * (stayed.mean - mean) * (stayed.mean - mean);
        const double variance = (all.variance - between_parts) * all.chance / chance;
        return {stayed, {chance, mean, std::max(variance, 0.0)}};
    }

private:
    /// Below this the difference of two chances is rounding.
    static constexpr double kNothing = 1e-9;
    std::size_t K_;
    const GrowthTable<double>& table_;
    std::vector<Gain> stayed_;
};

}  // namespace

std::optional<LevelMixture> level_ahead(TransitionCache& cache, const FilterState& state, std::size_t channel,
                                        Days ahead) {
    const Spec& spec = cache.spec();
    const std::size_t level = level_of(spec, channel);
    const Channel& asked = spec.channels[channel];
    const double share = asked.latent->share, diffusion = diffusion_of(*asked.latent, cache.values());
    const Gains gains(spec, cache.values(), cache.at(state.covariates, ahead), ahead.count);
    LevelMixture out;
    out.readable = 0.0;
    for (const Known& now : known_of(spec, state, level))
        for (std::size_t s = 0; s < spec.states.size(); ++s) {
            if (!readable(asked, s)) continue;
            for (const Gains::Gain& gain : gains.between(now.state, s)) {
                const double weight = now.weight * gain.chance;
                if (!(weight > 0.0)) continue;
                out.readable += weight;
                const double variance =
                    now.variance + share * share * gain.variance + diffusion * diffusion * ahead.count;
                out.parts.push_back(
                    {weight, now.mean + share * gain.mean, std::sqrt(std::max(variance, 0.0))});
            }
        }
    if (!(out.readable > 0.0)) return std::nullopt;
    for (LevelMixture::Part& p : out.parts)
        p.weight /= out.readable;
    out.readable = std::min(out.readable, 1.0);  // but for rounding
    return out;
}

std::optional<double> threshold_at(const Channel& channel, double level, double multiple) {
    if (!(multiple > 0.0 && std::isfinite(multiple)))
        throw Error("M015", fmt::format("{} times a level is no threshold", multiple));
    if (channel.on_log_scale()) return level + std::log(multiple);
    return level > 0.0 ? std::optional(level * multiple) : std::nullopt;
}

double PassageTimes::chance_by(Days time) const {
    const auto passed = std::upper_bound(times.begin(), times.end(), time.count) - times.begin();
    return static_cast<double>(passed) / static_cast<double>(paths);
}

std::optional<double> PassageTimes::quantile(double chance) const {
    if (!(chance > 0.0 && chance <= 1.0))
        throw Error("M015", fmt::format("a quantile of {}: chances lie between 0 and 1", chance));
    // Rounding must not ask for one path more: 0.07 x 100 is 7.000000000000001.
    const auto needed = static_cast<std::size_t>(std::ceil(chance * static_cast<double>(paths) - 1e-9));
    if (needed > times.size()) return std::nullopt;
    return times[std::max<std::size_t>(needed, 1) - 1];
}

namespace {

/// First passage of a Brownian motion from 0 above `distance` > 0; infinite: never.
double first_passage_time(double distance, double drift, double sd, std::mt19937_64& random) {
    if (!(sd > 0.0)) return drift > 0.0 ? distance / drift : kInfinity;
    const double z = std::normal_distribution<double>()(random);
    if (drift == 0.0) return distance * distance / (sd * sd * z * z);
    std::uniform_real_distribution<double> uniform;
    // Against its drift it comes there with this chance, and then as if the drift led there.
    if (drift < 0.0 && uniform(random) >= std::exp(2.0 * drift * distance / (sd * sd))) return kInfinity;
    const double mean = distance / std::abs(drift);
    // The smaller root of Michael, Schucany & Haas, in a form in which nothing cancels.
    const double k = 0.5 * z * z * sd * sd / (std::abs(drift) * distance);
    const double times = 1.0 + k + std::sqrt(k * (k + 2.0));
    return uniform(random) * (1.0 + times) <= times ? mean / times : mean * times;
}

/// Where it is after `time`, given that it has not passed `distance` by then.
double not_passed(double distance, double drift, double sd, double time, std::mt19937_64& random) {
    if (!(sd > 0.0)) return drift * time;
    std::normal_distribution<double> normal(drift * time, sd * std::sqrt(time));
    std::uniform_real_distribution<double> uniform;
    for (;;) {
        const double end = normal(random);
        // A bridge from 0 to `end` passes with the chance exp(-2 distance (distance - end) / (sd^2 time)).
        if (end < distance &&
            uniform(random) < -std::expm1(-2.0 * distance * (distance - end) / (sd * sd * time)))
            return end;
    }
}

/// A path from what is known, until it passes, is lost or time is up.
class LevelPath {
public:
    LevelPath(TransitionCache& cache, const FilterState& state, std::size_t channel)
        : channel_(cache.spec().channels[channel]),
          Q_(generator(cache.spec(), cache.values(), state.covariates)),
          sd_(diffusion_of(*channel_.latent, cache.values())),
          known_(known_of(cache.spec(), state, level_of(cache.spec(), channel))) {
        for (std::size_t s = 0; s < cache.spec().states.size(); ++s)
            drift_.push_back(channel_.latent->share * cache.spec().growth_rate(s, cache.values()));
        for (const Known& k : known_)
            weights_.push_back(k.weight);
    }

    /// @return when it first passed; infinite: not by `within`
    double draw(double threshold, double within, std::mt19937_64& random) {
        std::discrete_distribution<std::size_t> pick(weights_.begin(), weights_.end());
        const Known& from = known_[pick(random)];
        std::size_t s = from.state;
        double level = std::normal_distribution<double>(from.mean, std::sqrt(from.variance))(random);
        double time = 0.0;
        while (readable(channel_, s)) {
            if (level >= threshold) return time;
            const auto row = static_cast<Index>(s);
            const double leave = -Q_(row, row);
            const double stay =
                leave > 0.0 ? std::exponential_distribution<double>(leave)(random) : kInfinity;
            const double length = std::min(stay, within - time);
            const double passed = first_passage_time(threshold - level, drift_[s], sd_, random);
            if (passed <= length) return time + passed;
            if (stay >= within - time) return kInfinity;
            level += not_passed(threshold - level, drift_[s], sd_, stay, random);
            time += stay;
            s = next(row, random);
        }
        return kInfinity;
    }

private:
    [[nodiscard]] std::size_t next(Index from, std::mt19937_64& random) const {
        double u = std::uniform_real_distribution<double>(0.0, -Q_(from, from))(random);
        Index to = from;
        for (Index s = 0; s < Q_.cols(); ++s) {
            if (s == from || !(Q_(from, s) > 0.0)) continue;
            to = s;  // the last one, where rounding leaves something over
            u -= Q_(from, s);
            if (u < 0.0) break;
        }
        return static_cast<std::size_t>(to);
    }

    const Channel& channel_;
    Eigen::MatrixXd Q_;
    double sd_;
    std::vector<Known> known_;
    std::vector<double> drift_, weights_;
};

}  // namespace

PassageTimes passage_above(TransitionCache& cache, const FilterState& state, std::size_t channel,
                           double threshold, Days within, std::size_t paths, std::uint64_t seed) {
    if (!std::isfinite(threshold) || !std::isfinite(within.count) || within.count < 0.0 || paths == 0)
        throw Error("M015", fmt::format("{} paths to a threshold of {} within {}: all must be finite", paths,
                                        threshold, within.count));
    LevelPath path(cache, state, channel);
    std::mt19937_64 random(seed);
    PassageTimes out{paths, {}, within};
    for (std::size_t i = 0; i < paths; ++i)
        if (const double time = path.draw(threshold, within.count, random); std::isfinite(time))
            out.times.push_back(time);
    std::sort(out.times.begin(), out.times.end());
    return out;
}

}  // namespace bellwether::markov

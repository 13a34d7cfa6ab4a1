#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "bellwether/markov/spec.hpp"

/// Private: what a specification says of its levels under a set of values.
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
    /// Of a reading's circumstances: value of the effect's parameter times its factor, and the covariate.
    struct Effect {
        std::size_t covariate;
        T value;
    };
    std::vector<std::vector<Effect>> effects;  ///< per level
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
        auto& effects = out.effects.emplace_back();
        for (const auto& e : level.effects)
            effects.push_back({e.covariate, values[e.parameter] * e.factor});
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

}  // namespace bellwether::markov

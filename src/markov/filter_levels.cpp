#include "filter_levels.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"

namespace bellwether::markov {
namespace {
using Eigen::Index;
constexpr std::size_t kNoLevel = static_cast<std::size_t>(-1);
}  // namespace

Filter::Levels::Levels(const Spec& spec, const Values& values)
    : spec_(spec), numbers_(level_numbers(spec, values)), switching_(numbers_.states, numbers_.levels) {
    std::size_t levels = 0;
    for (const Channel& channel : spec.channels)
        level_of_.push_back(channel.latent ? levels++ : kNoLevel);
    if (levels > kMostLevels)
        throw Error("M004", fmt::format("{} levels to follow: {} at most", levels, kMostLevels));
}

void Filter::Levels::start(FilterState& state) const {
    switching_.start(numbers_, state.log_probability, now_);
    state.level_share = now_.share;
    state.level_mean = now_.mean;
    state.level_covariance = now_.covariance;
}

void Filter::Levels::forget(FilterState& state, std::size_t channel) const {
    if (level_of_[channel] == kNoLevel) return;
    now_.mean = state.level_mean;
    now_.covariance = state.level_covariance;
    switching_.forget(numbers_, level_of_[channel], now_);
    state.level_mean = now_.mean;
    state.level_covariance = now_.covariance;
}

void Filter::Levels::read(const FilterState& state, const Row& row, std::span<const double> before,
                          Step& out) {
    readings_.clear();
    for (std::size_t i = 0; i < out.channels.size(); ++i) {
        const std::size_t c = out.channels[i];
        if (level_of_[c] == kNoLevel) continue;
        const Channel& channel = spec_.channels[c];
        Evidence e = evidence_of(channel, c, row.readings[c], state.memory[c], before);
        e.centred = out.centred;
        readings_.push_back(level_reading(channel, level_of_[c], e));
        out.levels.push_back(i);
    }
}

void Filter::Levels::take(const FilterState& state, const Row& row, const TransitionCache::Entry* moved,
                          double gap, std::span<const double> before, bool explained, Step& out) {
    const auto K = static_cast<Index>(numbers_.states);
    read(state, row, before, out);
    now_.log_weight = state.log_probability;
    if (!state.started && row.known) std::fill(now_.log_weight.begin(), now_.log_weight.end(), 0.0);
    now_.share = state.level_share;
    now_.mean = state.level_mean;
    now_.covariance = state.level_covariance;
    out.log_pair.resize(explained ? K : 0, explained ? K : 0);
    const GrowthTable<double>* const table = moved == nullptr ? nullptr : moved->growth.get();
    switching_.step(numbers_, now_, table, gap, readings_, next_, explained ? out.log_pair.data() : nullptr);
    for (Index s = 0; s < K; ++s)
        if (out.predicted[s] > 0.0)
            out.filtered[s] += next_.log_weight[static_cast<std::size_t>(s)] - std::log(out.predicted[s]);
    if (explained) join(moved, gap, out);
}

void Filter::Levels::join(const TransitionCache::Entry* moved, double gap, Step& out) {
    const GrowthTable<double>* const table = moved == nullptr ? nullptr : moved->growth.get();
    const std::size_t subsets = std::size_t{1} << readings_.size();
    out.log_joint.resize(static_cast<Index>(numbers_.states), static_cast<Index>(subsets));
    for (std::size_t subset = 0; subset < subsets; ++subset) {
        some_.clear();
        for (std::size_t i = 0; i < readings_.size(); ++i)
            if (((subset >> i) & 1U) != 0) some_.push_back(readings_[i]);
        switching_.step(numbers_, now_, table, gap, some_, part_, nullptr);
        for (std::size_t s = 0; s < numbers_.states; ++s)
            out.log_joint(static_cast<Index>(s), static_cast<Index>(subset)) = part_.log_weight[s];
    }
}

void Filter::Levels::keep(FilterState& state) {
    std::swap(state.level_share, next_.share);
    std::swap(state.level_mean, next_.mean);
    std::swap(state.level_covariance, next_.covariance);
}

std::optional<LevelEstimate> level_estimate(const Spec& spec, const FilterState& state, std::size_t channel) {
    if (!spec.channels[channel].latent) return std::nullopt;
    const auto earlier =
        std::count_if(spec.channels.begin(), spec.channels.begin() + static_cast<std::ptrdiff_t>(channel),
                      [](const Channel& c) { return c.latent.has_value(); });
    const auto d = static_cast<std::size_t>(earlier);
    const std::size_t parts = state.level_share.size(), D = state.level_mean.size() / parts;
    const std::size_t per_state = parts_of(D);
    const auto weight = [&](std::size_t i) {
        return std::exp(state.log_probability[i / per_state]) * state.level_share[i];
    };
    double mean = 0.0, square = 0.0;
    for (std::size_t i = 0; i < parts; ++i)
        mean += weight(i) * state.level_mean[i * D + d];
    for (std::size_t i = 0; i < parts; ++i) {
        const double off = state.level_mean[i * D + d] - mean;
        square += weight(i) * (state.level_covariance[(i * D + d) * D + d] + off * off);
    }
    return LevelEstimate{mean, std::sqrt(square)};
}

}  // namespace bellwether::markov

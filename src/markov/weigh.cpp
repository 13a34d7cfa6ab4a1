#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/markov/filter.hpp"

namespace bellwether::markov {
namespace {

using Eigen::Index;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double log_odds(const Eigen::VectorXd& p, StateSet set) {
    double inside = 0.0, outside = 0.0;
    for (Index s = 0; s < p.size(); ++s)
        (contains(set, static_cast<std::size_t>(s)) ? inside : outside) += p[s];
    return std::log(inside) - std::log(outside);
}

/// log sum exp over the states of one side.
double log_mass(const std::vector<double>& log_joint, StateSet set, bool inside) {
    double top = -kInfinity;
    for (std::size_t s = 0; s < log_joint.size(); ++s)
        if (contains(set, s) == inside) top = std::max(top, log_joint[s]);
    if (top == -kInfinity) return top;
    double sum = 0.0;
    for (std::size_t s = 0; s < log_joint.size(); ++s)
        if (contains(set, s) == inside) sum += std::exp(log_joint[s] - top);
    return top + std::log(sum);
}

/// Log odds after each subset of the players (columns of log_weight). Bit i of the subset = column i.
std::vector<double> odds_of_subsets(const Step& step, StateSet set, Index players) {
    const auto K = static_cast<std::size_t>(step.predicted.size());
    std::vector<double> odds(std::size_t{1} << players);
    std::vector<double> logs(K);
    std::vector<double> weight(static_cast<std::size_t>(players) * K);
    for (Index i = 0; i < players; ++i) {
        const double top = step.log_weight.col(i).maxCoeff();
        for (std::size_t s = 0; s < K; ++s)
            weight[static_cast<std::size_t>(i) * K + s] =
                std::exp(step.log_weight(static_cast<Index>(s), i) - (top == -kInfinity ? 0.0 : top));
    }
    // Readings of levels that are followed: by subset, from the filter. All others multiply.
    std::size_t of_levels = 0;
    for (const std::size_t i : step.levels)
        of_levels |= std::size_t{1} << i;
    const auto base = [&](std::size_t subset, std::size_t s) {
        if (step.levels.empty()) return std::log(step.predicted[static_cast<Index>(s)]);
        Index column = 0;
        double readable = 0.0;
        for (std::size_t i = 0; i < step.levels.size(); ++i) {
            if (((subset >> step.levels[i]) & 1U) == 0) continue;
            column |= Index{1} << i;
            readable += step.log_weight(static_cast<Index>(s), static_cast<Index>(step.levels[i]));
        }
        return step.log_joint(static_cast<Index>(s), column) + readable;
    };
    // Of a subset: that of the subset without its lowest member that multiplies, times it.
    std::vector<double> products(odds.size() * K);
    for (std::size_t subset = 0; subset < odds.size(); ++subset) {
        double* const product = &products[subset * K];
        if (const std::size_t others = subset & ~of_levels; others != 0) {
            const std::size_t lowest = others & (~others + 1);
            const double* const w = &weight[static_cast<std::size_t>(std::countr_zero(lowest)) * K];
            const double* const rest = &products[(subset ^ lowest) * K];
            for (std::size_t s = 0; s < K; ++s)
                product[s] = rest[s] * w[s];
        } else {
            double top = -kInfinity;
            for (std::size_t s = 0; s < K; ++s)
                top = std::max(top, product[s] = base(subset, s));
            for (std::size_t s = 0; s < K; ++s)
                product[s] = top == -kInfinity ? 0.0 : std::exp(product[s] - top);
        }
        double inside = 0.0, outside = 0.0;
        for (std::size_t s = 0; s < K; ++s)
            (contains(set, s) ? inside : outside) += product[s];
        if (inside > 1e-200 && outside > 1e-200) {
            odds[subset] = std::log(inside / outside);
            continue;
        }
        // Underflow: once more in logs.
        for (std::size_t s = 0; s < K; ++s) {
            logs[s] = base(subset, s);
            for (Index i = 0; i < players; ++i)
                if (((subset >> i) & 1U) != 0) logs[s] += step.log_weight(static_cast<Index>(s), i);
        }
        odds[subset] = log_mass(logs, set, true) - log_mass(logs, set, false);
    }
    return odds;
}

}  // namespace

std::optional<WeightOfEvidence> weigh(const Step& step, StateSet set) {
    const auto read = static_cast<Index>(step.channels.size());
    const Index players = read + (step.kind_speaks ? 1 : 0);
    if (players > 12)
        throw Error("M010", fmt::format("{} channels at one visit are too many to weigh", read));
    if (!std::isfinite(step.log_likelihood)) return std::nullopt;
    WeightOfEvidence out;
    out.before = log_odds(step.before, set);
    out.after = log_odds(step.filtered, set);
    if (!std::isfinite(out.before) || !std::isfinite(out.after)) return std::nullopt;
    const std::vector<double> odds = odds_of_subsets(step, set, players);
    if (!std::all_of(odds.begin(), odds.end(), [](double x) { return std::isfinite(x); }))
        return std::nullopt;
    out.time = odds.front() - out.before;
    out.after = odds.back();

    // Shapley: the mean, over all orders in which the readings may arrive, of what each adds on arrival.
    std::vector<double> share(static_cast<std::size_t>(players), 0.0);
    std::vector<double> of_size(static_cast<std::size_t>(players), 0.0);  // |S|! (n-|S|-1)! / n!
    for (Index k = 0; k < players; ++k)
        of_size[static_cast<std::size_t>(k)] =
            std::exp(std::lgamma(static_cast<double>(k + 1)) + std::lgamma(static_cast<double>(players - k)) -
                     std::lgamma(static_cast<double>(players + 1)));
    for (std::size_t subset = 0; subset < odds.size(); ++subset)
        for (std::size_t i = 0; i < share.size(); ++i) {
            if (((subset >> i) & 1U) != 0) continue;
            const auto others = static_cast<std::size_t>(std::popcount(subset));
            share[i] += of_size[others] * (odds[subset | (std::size_t{1} << i)] - odds[subset]);
        }
    out.channel.assign(share.begin(), share.begin() + read);
    if (step.kind_speaks) out.kind = share.back();
    return out;
}

}  // namespace bellwether::markov

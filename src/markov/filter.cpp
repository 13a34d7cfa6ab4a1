#include "bellwether/markov/filter.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/markov/likelihood.hpp"

#include "filter_levels.hpp"
#include "prepared.hpp"

namespace bellwether::markov {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
using Eigen::Index;

/// Log weights of the readings, a column per channel read, and of the row's kind in the last.
void weigh_row(const Spec& spec, const Values& values, const FilterState& state, const Row& row,
               std::span<const double> before, Days gap, Step& out) {
    const auto K = static_cast<Index>(spec.states.size());
    out.channels.clear();
    for (std::size_t c = 0; c < spec.channels.size(); ++c)
        if (row.readings[c].present) out.channels.push_back(c);
    const auto n = static_cast<Index>(out.channels.size());
    std::vector<double> centred;  // stays empty, without allocation, unless covariates act on readings
    for (std::size_t c = 0; covariates_act_on_readings(spec) && c < spec.covariates.size(); ++c)
        centred.push_back(row.covariates[c] - spec.covariates[c].centre);
    if (out.log_weight.rows() != K || out.log_weight.cols() < n + 1)
        out.log_weight.resize(K, static_cast<Index>(spec.channels.size()) + 1);
    for (Index i = 0; i < n; ++i) {
        const std::size_t c = out.channels[static_cast<std::size_t>(i)];
        const Channel& channel = spec.channels[c];
        if (channel.latent) {  // Levels weighs it
            for (Index s = 0; s < K; ++s)
                out.log_weight(s, i) =
                    channel.group[static_cast<std::size_t>(s)] == Channel::kNone ? -kInfinity : 0.0;
            continue;
        }
        ChannelMemory memory = state.memory[c];
        pass_time(channel, before, gap, memory);
        Evidence evidence = evidence_of(channel, c, row.readings[c], memory, before);
        evidence.centred = centred;
        log_weights(channel, evidence, values, {out.log_weight.col(i).data(), static_cast<std::size_t>(K)},
                    spec.parameters);
    }
    auto kind = out.log_weight.col(n);
    kind.setZero();
    out.kind_speaks = row.kind != Kind::snapshot || row.among != 0;
    for (Index s = 0; s < K; ++s)
        if (row.kind != Kind::exact_entry && row.among != 0 &&
            !contains(row.among, static_cast<std::size_t>(s)))
            kind[s] = -kInfinity;
}

}  // namespace

double probability(const Eigen::VectorXd& p, StateSet set) {
    double sum = 0.0;
    for (Index s = 0; s < p.size(); ++s)
        if (contains(set, static_cast<std::size_t>(s))) sum += p[s];
    return sum;
}

Eigen::VectorXd probabilities(const FilterState& state) {
    Eigen::VectorXd p(static_cast<Index>(state.log_probability.size()));
    for (Index s = 0; s < p.size(); ++s)
        p[s] = std::exp(state.log_probability[static_cast<std::size_t>(s)]);
    return p;
}

Filter::~Filter() = default;
Filter::Filter(Filter&&) noexcept = default;
Filter& Filter::operator=(Filter&&) noexcept = default;

Filter::Filter(TransitionCache& cache)
    : cache_(&cache), start_(start_probabilities(cache.spec(), cache.values())) {
    if (spec().has_latent()) levels_ = std::make_unique<Levels>(spec(), values());
    for (const Channel& channel : cache.spec().channels)
        if (channel.patient_sd != Channel::kNone)
            throw Error("M014",
                        fmt::format("channel '{}' has a level of a patient's own, which a visit by itself "
                                    "does not tell: such a model can be fitted, not filtered",
                                    channel.name));
}

FilterState Filter::start(std::span<const double> own, std::span<const double> covariates) const {
    const auto listed = [](const Eigen::VectorXd& p) { return std::vector<double>(p.begin(), p.end()); };
    FilterState state;
    state.log_probability = !own.empty()         ? std::vector<double>(own.begin(), own.end())
                            : covariates.empty() ? listed(start_)
                                                 : listed(start_probabilities(spec(), values(), covariates));
    for (double& p : state.log_probability)
        p = std::log(p);
    state.covariates.assign(spec().covariates.size(), 0.0);
    for (std::size_t c = 0; c < spec().covariates.size(); ++c)
        state.covariates[c] = spec().covariates[c].centre;
    state.memory.resize(spec().channels.size());
    if (levels_) levels_->start(state);
    return state;
}

void Filter::forget(FilterState& state, std::size_t channel) const {
    state.memory[channel] = {};
    if (levels_) levels_->forget(state, channel);
}

void Filter::step(FilterState& state, const Row& row, Step& out) const {
    take(state, row, out, false);
}

void Filter::explain(FilterState& state, const Row& row, Step& out) const {
    take(state, row, out, true);
}

void Filter::take(FilterState& state, const Row& row, Step& out, bool explained) const {
    const Spec& model = spec();
    check_row(model, row, !state.started);
    const Days gap{state.started ? row.time.count - state.time : 0.0};
    if (!(gap.count >= 0.0))
        throw Error("M005",
                    fmt::format("day {} follows day {}", shortest(row.time.count), shortest(state.time)));
    const std::span<const double> before =
        state.started ? std::span<const double>(state.covariates) : row.covariates;
    const auto K = static_cast<Index>(model.states.size());
    if (out.before.size() != K) {
        out.before.resize(K);
        out.predicted.resize(K);
        out.filtered.resize(K);
    }
    for (Index s = 0; s < K; ++s)
        out.before[s] =
            !state.started && row.known ? 1.0 : std::exp(state.log_probability[static_cast<std::size_t>(s)]);
    const TransitionCache::Entry* moved = state.started ? &cache_->at(before, gap) : nullptr;
    double density = 1.0;  // of a move whose time is known
    if (moved == nullptr) {
        out.predicted = out.before;
    } else if (row.kind == Kind::watched || row.kind == Kind::entry) {
        out.predicted = arrival(row.kind, moved->P, *moved->Q, gap.count).transpose() * out.before;
        density = out.predicted.sum();
        if (density > 0.0) out.predicted /= density;
    } else {
        out.predicted.noalias() = moved->P.transpose() * out.before;
    }

    weigh_row(model, values(), state, row, before, gap, out);
    const auto columns = static_cast<Index>(out.channels.size()) + 1;
    out.filtered = out.log_weight.leftCols(columns).rowwise().sum();
    out.levels.clear();
    if (levels_) levels_->take(state, row, moved, gap.count, before, explained, out);
    if (row.kind == Kind::exact_entry) out.filtered[static_cast<Index>(row.state)] = -kInfinity;
    double top = -kInfinity;
    for (Index s = 0; s < K; ++s)
        if (out.predicted[s] > 0.0) top = std::max(top, out.filtered[s]);
    double scale = 0.0;
    for (Index s = 0; s < K && top > -kInfinity; ++s) {
        out.filtered[s] = out.predicted[s] > 0.0 ? out.predicted[s] * std::exp(out.filtered[s] - top) : 0.0;
        scale += out.filtered[s] *
                 (row.kind == Kind::exact_entry ? (*moved->Q)(s, static_cast<Index>(row.state)) : 1.0);
    }
    if (!(scale > 0.0)) {  // impossible: as if the row had not been there
        out.log_likelihood = -kInfinity;
        out.filtered = out.predicted;
        return;
    }
    if (row.kind == Kind::exact_entry) {
        out.filtered.setZero();
        out.filtered[static_cast<Index>(row.state)] = 1.0;
    } else {
        out.filtered /= scale;
    }
    out.log_likelihood = top + std::log(scale) + std::log(density);
    state.log_likelihood += out.log_likelihood;
    for (std::size_t c = 0; c < model.channels.size(); ++c) {
        pass_time(model.channels[c], before, gap, state.memory[c]);
        if (row.readings[c].present) remember(model.channels[c], row.readings[c], state.memory[c]);
    }
    for (Index s = 0; s < K; ++s)
        state.log_probability[static_cast<std::size_t>(s)] = std::log(out.filtered[s]);
    if (levels_) levels_->keep(state);
    std::copy(row.covariates.begin(), row.covariates.end(), state.covariates.begin());
    state.time = row.time.count;
    state.started = true;
}

Eigen::VectorXd Filter::forecast(const FilterState& state, Days ahead) const {
    return cache_->at(state.covariates, ahead).P.transpose() * probabilities(state);
}

}  // namespace bellwether::markov

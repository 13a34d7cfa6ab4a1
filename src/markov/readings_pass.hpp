#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "evaluation.hpp"
#include "spectral.hpp"

/// Private: what the readings of a stretch say of N states, and what they leave for the gradient.
namespace bellwether::markov {

template <int N>
class Readings {
    static constexpr double kInfinity = std::numeric_limits<double>::infinity();
    /// Logarithm below a row's top at which a weight is none. Far below the 1e-200 at which a row is weighed
    /// anew, and above where exponentials are subnormal: arithmetic with those takes a hundred times as long.
    static constexpr double kNothing = -700.0;

public:
    explicit Readings(const Evaluation& evaluation)
        : e_(evaluation), in_(evaluation.in()), K_(in_.spec.states.size()) {
        log_weight_.resize(in_.longest * K_);
        weight_.resize(in_.longest * K_);
        top_.resize(in_.longest);
        level_.resize(in_.spec.channels.size(), 0.0);
    }

    void renew() { std::fill(level_.begin(), level_.end(), 0.0); }
    /// A patient's own level of a channel, from now on.
    void set_level(std::size_t channel, double level) { level_[channel] = level; }

    /// Log weights of all rows of the stretch from `first` on, and from them the weights, in one go.
    void weigh(const Stretch& stretch, std::size_t first) {
        density_.clear();
        const StateSet all = in_.spec.all_states();
        const std::size_t n = stretch.end - stretch.begin;
        for (std::size_t j = first; j < n; ++j) {
            const PreparedRow& row = in_.rows[stretch.begin + j];
            double* const log = log_weight_.data() + j * K_;
            std::fill_n(log, static_cast<std::size_t>(K_), 0.0);
            for (std::size_t i = row.begin; i < row.end; ++i)
                add_log_weights(in_.items[i], log);
            const StateSet mask = row.kind == Kind::exact_entry ? all & ~only(row.state) : row.among;
            if (mask != all)
                for (std::size_t s = 0; s < K_; ++s)
                    if (!contains(mask, s)) log[s] = -kInfinity;
            double top = -kInfinity;
            for (std::size_t s = 0; s < K_; ++s)
                top = std::max(top, log[s]);
            top_[j] = top > -kInfinity ? top : 0.0;
            for (std::size_t s = 0; s < K_; ++s) {
                const double below = log[s] - top_[j];
                weight_[j * K_ + s] = below < kNothing ? kNothing : below;
            }
        }
        exponentiate(first * K_, n * K_);
    }
    /// Per state, relative to the row's top.
    [[nodiscard]] const double* weight(std::size_t j) const { return weight_.data() + j * K_; }
    [[nodiscard]] double top(std::size_t j) const { return top_[j]; }  ///< logarithm

    /// Weighs row j relative to the states that are still possible: the others underflow.
    /// @return can it be? NaN where that cannot be told
    double lift(std::size_t j, const double* predicted) {
        const double* const log = log_weight_.data() + j * K_;
        double top = -kInfinity;
        for (std::size_t s = 0; s < K_; ++s)
            if (predicted[s] > 0.0) top = std::max(top, log[s]);
        if (!(top > -kInfinity)) return std::isnan(top) ? top : 0.0;
        top_[j] = top;
        for (std::size_t s = 0; s < K_; ++s)
            weight_[j * K_ + s] = predicted[s] > 0.0 ? std::exp(log[s] - top) : 0.0;
        return 1.0;
    }

    /// To be called before leave(), which goes from the last row to the first.
    void turn_back() { density_end_ = density_.size(); }
    /// Leaves the derivatives of a row's readings. @param posterior  of the states, times a weight
    void leave(const PreparedRow& row, const double* posterior, Gather& out) {
        for (std::size_t i = row.end; i-- > row.begin;) {
            const Item& item = in_.items[i];
            const Channel& channel = in_.spec.channels[item.channel];
            switch (item.how) {
                case Item::How::silent:
                    break;
                case Item::How::normal: {
                    const NormalStates& n = e_.normal(item.channel, item.pattern);
                    const double y = item.y - level_[item.channel];
                    double* const by_mean = out.by_mean(item.channel, item.pattern);
                    double* const by_log_sd = out.by_log_sd(item.channel, item.pattern);
                    for (std::size_t s = 0; s < K_; ++s) {
                        const double z = (y - n.mean[s]) * n.per_sd[s];
                        by_mean[s] += posterior[s] * z;
                        by_log_sd[s] += posterior[s] * (z * z - 1.0);
                    }
                    break;
                }
                case Item::How::table: {
                    double* const mass = out.table_mass().data() + in_.table_begin[item.index];
                    for (std::size_t s = 0; s < K_; ++s)
                        if (channel.group[s] != Channel::kNone) mass[channel.group[s]] += posterior[s];
                    break;
                }
                case Item::How::full:
                    density_end_ -= channel.groups.size();
                    leave_full(channel, in_.evidence[item.index], density_.data() + density_end_, posterior,
                               out);
            }
        }
    }

private:
    /// Weights of elements [from, to), which hold logarithms.
    void exponentiate(std::size_t from, std::size_t to) {
        Eigen::Map<Eigen::ArrayXd> some(weight_.data() + from, static_cast<Eigen::Index>(to - from));
        some = some.exp();
        for (std::size_t i = from; i < to; ++i)
            weight_[i] = weight_[i] < 1e-304 ? 0.0 : weight_[i];  // exp(kNothing)
    }

    void add_log_weights(const Item& item, double* log) {
        const Channel& channel = in_.spec.channels[item.channel];
        switch (item.how) {
            case Item::How::normal: {
                const NormalStates& n = e_.normal(item.channel, item.pattern);
                const double y = item.y - level_[item.channel];
                for (std::size_t s = 0; s < K_; ++s) {
                    const double z = (y - n.mean[s]) * n.per_sd[s];
                    log[s] += n.top[s] - 0.5 * z * z;
                }
                return;
            }
            case Item::How::silent:
                for (std::size_t s = 0; s < K_; ++s)
                    if (channel.group[s] == Channel::kNone) log[s] = -kInfinity;
                return;
            case Item::How::table:
                return add_groups(channel, e_.table().data() + in_.table_begin[item.index], log);
            case Item::How::full: {
                const std::size_t at = density_.size();
                for (const Channel::Group& group : channel.groups)
                    density_.push_back(markov::density(channel, group, in_.evidence[item.index], e_.values(),
                                                       in_.spec.parameters, level_[item.channel]));
                return add_groups(channel, density_.data() + at, log);
            }
        }
    }
    void add_groups(const Channel& channel, const GroupDensity* of, double* log) const {
        for (std::size_t s = 0; s < K_; ++s)
            log[s] += channel.group[s] == Channel::kNone ? -kInfinity
                                                         : of[static_cast<std::size_t>(channel.group[s])].log;
    }
    void leave_full(const Channel& channel, const Evidence& evidence, const GroupDensity* of,
                    const double* posterior, Gather& out) {
        for (std::size_t g = 0; g < channel.groups.size(); ++g) {
            double mass = 0.0;
            for (std::size_t s = 0; s < K_; ++s)
                if (channel.group[s] == static_cast<int>(g)) mass += posterior[s];
            add_density(channel.groups[g], evidence, of[g], e_.values(), mass, out.gradient());
        }
    }

    const Evaluation& e_;
    const Likelihood::Prepared& in_;
    Size<N> K_;
    std::vector<double> log_weight_, weight_;  ///< a column of K per row of the stretch
    std::vector<double> top_;
    std::vector<double> level_;          ///< per channel: the patient's own
    std::vector<GroupDensity> density_;  ///< of the stretch's items in full, group by group
    std::size_t density_end_ = 0;        ///< of those that leave() has not yet met
};

}  // namespace bellwether::markov

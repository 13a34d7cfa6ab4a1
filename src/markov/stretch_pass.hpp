#pragma once

#include "bellwether/markov/likelihood.hpp"

#include "between.hpp"

/// Private: the forward and backward recursion for N states.
namespace bellwether::markov {

template <int N>
class StretchPass final : public Pass {
    static constexpr double kInfinity = std::numeric_limits<double>::infinity();
    enum class Way : std::uint8_t { start, real, complex, whole, watched, same };

public:
    explicit StretchPass(const Evaluation& evaluation)
        : e_(evaluation), in_(evaluation.in()), between_(evaluation), K_(in_.spec.states.size()) {
        const std::size_t n = in_.longest * K_;
        for (auto* const column : {&log_weight_, &weight_, &predicted_, &filtered_, &arrived_, &basis_})
            column->resize(n);
        complex_.resize(n);
        for (auto* const each : {&scale_, &top_})
            each->resize(in_.longest);
        mask_.resize(in_.longest);
        way_.resize(in_.longest);
        for (auto* const one : {&b_, &beta_, &posterior_, &room_})
            one->resize(std::max<std::size_t>(K_, 1));
        complex_room_.resize(std::max<std::size_t>(K_, 1));
        level_.resize(in_.spec.channels.size(), 0.0);
    }

    void renew() override {
        between_.renew();
        std::fill(level_.begin(), level_.end(), 0.0);
    }
    void set_level(std::size_t channel, double level) override { level_[channel] = level; }

    double forward(const Stretch& stretch) override {
        weigh(stretch);
        double log_lik = 0.0, product = 1.0;
        std::size_t j = 0;
        if (stretch.from >= 0) {
            std::fill_n(filtered_.begin(), static_cast<std::size_t>(K_), 0.0);
            filtered_[static_cast<std::size_t>(stretch.from)] = 1.0;
            j = 1;
        }
        for (; stretch.begin + j < stretch.end; ++j) {
            const PreparedRow& row = in_.rows[stretch.begin + j];
            if (row.slot < 0)
                start(stretch.subject, row, j);
            else
                predict(row, j, false);
            if (!update(row, j)) return std::isnan(scale_[j]) ? scale_[j] : -kInfinity;
            log_lik += top_[j];
            product *= scale_[j];
            if (product < 1e-100 || product > 1e100) {
                log_lik += std::log(product);
                product = 1.0;
            }
        }
        return log_lik + std::log(product);
    }

    void backward(const Stretch& stretch, double weight, Gather& out) override {
        double* const beta = beta_.data();
        double* const b = b_.data();
        std::fill_n(beta, static_cast<std::size_t>(K_), weight);
        std::size_t density = density_.size();
        const std::size_t first = stretch.from >= 0 ? 1 : 0;
        for (std::size_t j = stretch.end - stretch.begin; j-- > first;) {
            const PreparedRow& row = in_.rows[stretch.begin + j];
            const std::size_t at = j * K_;
            const double per_scale = 1.0 / scale_[j];
            for (std::size_t s = 0; s < K_; ++s)
                b[s] = weight_[at + s] * per_scale;
            if (row.kind == Kind::exact_entry) {
                leave(row, j, beta[row.state], out);
            } else {
                for (std::size_t s = 0; s < K_; ++s)
                    b[s] *= beta[s];
            }
            for (std::size_t s = 0; s < K_; ++s)
                posterior_[s] = predicted_[at + s] * b[s];
            add_readings(row, density, out);
            if (row.slot < 0) {
                if (!row.known && in_.own_start[stretch.subject].empty())
                    add_start(in_.spec, predicted_.data() + at, b, in_.first_covariates[stretch.subject],
                              out.gradient());
            } else {
                if (row.kind == Kind::entry) between_.enter_back(row.generator, arrived_.data() + at, b, out);
                back(row, j, out);
            }
        }
    }

    double pair(const Pair& pair) override {
        way_[0] = way(pair.slot, pair.generator, pair.kind == Kind::watched);
        make_ends(pair);
        double value = pair_value(pair);
        const bool basis = way_[0] == Way::real || way_[0] == Way::complex;
        if (basis && !(value > kCancelled * skew(pair.generator) * largest(pair))) {
            way_[0] = Way::whole;
            value = pair_value(pair);
        }
        scale_[0] = value;
        return value > 0.0 ? std::log(value) : -kInfinity;
    }

    void pair_backward(const Pair& pair, double weight, Gather& out) override {
        double* const b = b_.data();
        if (enters(pair)) {
            std::fill_n(b, static_cast<std::size_t>(K_), 0.0);
            b[pair.to] = weight / scale_[0];
            between_.enter_back(pair.generator, predicted_.data(), b, out);
        } else {
            for (std::size_t s = 0; s < K_; ++s)
                b[s] = s == pair.to ? weight / scale_[0] : 0.0;
        }
        PreparedRow row;
        row.slot = pair.slot;
        row.generator = pair.generator;
        back_by(row, 0, filtered_.data(), out);
    }

private:
    [[nodiscard]] double skew(int generator) const {
        return e_.bases().skew(static_cast<std::size_t>(generator));
    }
    static bool enters(const Pair& pair) {
        return pair.kind == Kind::entry || pair.kind == Kind::exact_entry;
    }
    /// What a pair's probability is a share of: 1, or the largest intensity into the state.
    [[nodiscard]] double largest(const Pair& pair) const {
        if (!enters(pair)) return 1.0;
        double most = 0.0;
        for (std::size_t r = 0; r < K_; ++r)
            if (r != pair.to) most = std::max(most, e_.Q(pair.generator)[r * K_ + pair.to]);
        return most;
    }
    void make_ends(const Pair& pair) {
        std::fill_n(filtered_.begin(), static_cast<std::size_t>(K_), 0.0);
        filtered_[pair.from] = 1.0;
    }
    double pair_value(const Pair& pair) {
        PreparedRow row;
        row.slot = pair.slot;
        row.generator = pair.generator;
        go(row, 0, filtered_.data());
        if (!enters(pair)) return predicted_[pair.to];
        double sum = 0.0;
        for (std::size_t r = 0; r < K_; ++r)
            if (r != pair.to) sum += predicted_[r] * e_.Q(pair.generator)[r * K_ + pair.to];
        return sum;
    }

    [[nodiscard]] Way way(int slot, int generator, bool watched) const {
        if (watched) return Way::watched;
        if (between_.gap(slot) == 0.0) return Way::same;
        switch (between_.form(generator)) {
            case Form::real:
                return Way::real;
            case Form::complex:
                return Way::complex;
            case Form::none:
                break;
        }
        return Way::whole;
    }

    /// Log weights of all rows of the stretch, and from them the weights, in one go.
    void weigh(const Stretch& stretch) {
        density_.clear();
        const std::size_t first = stretch.from >= 0 ? 1 : 0, n = stretch.end - stretch.begin;
        for (std::size_t j = first; j < n; ++j) {
            const PreparedRow& row = in_.rows[stretch.begin + j];
            double* const log = log_weight_.data() + j * K_;
            std::fill_n(log, static_cast<std::size_t>(K_), 0.0);
            for (std::size_t i = row.begin; i < row.end; ++i)
                add_log_weights(in_.items[i], log);
            mask_[j] = row.kind == Kind::exact_entry ? in_.spec.all_states() & ~only(row.state) : row.among;
            double top = -kInfinity;
            for (std::size_t s = 0; s < K_; ++s)
                if (contains(mask_[j], s)) top = std::max(top, log[s]);
            top_[j] = top > -kInfinity ? top : 0.0;
            for (std::size_t s = 0; s < K_; ++s)
                weight_[j * K_ + s] = log[s] - top_[j];
        }
        using Array = Eigen::Map<Eigen::ArrayXd>;
        Array all(weight_.data() + first * K_, static_cast<Eigen::Index>((n - first) * K_));
        all = all.exp();
        for (std::size_t j = first; j < n; ++j)
            for (std::size_t s = 0; s < K_; ++s)
                if (!contains(mask_[j], s) || log_weight_[j * K_ + s] == -kInfinity)
                    weight_[j * K_ + s] = 0.0;
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

    void start(std::size_t subject, const PreparedRow& row, std::size_t j) {
        double* const p = predicted_.data() + j * K_;
        const std::vector<double>& own = in_.own_start[subject];
        way_[j] = Way::start;
        if (row.known)
            std::fill_n(p, static_cast<std::size_t>(K_), 1.0);
        else if (!own.empty())
            std::copy(own.begin(), own.end(), p);
        else {
            const Eigen::VectorXd at =
                in_.start_varies ? start_probabilities(in_.spec, e_.values(), in_.first_covariates[subject])
                                 : e_.start();
            std::copy_n(at.data(), static_cast<std::size_t>(K_), p);
        }
    }

    /// From the row before to row j. @param whole  P is to be made as a whole
    void predict(const PreparedRow& row, std::size_t j, bool whole) {
        way_[j] = whole ? Way::whole : way(row.slot, row.generator, row.kind == Kind::watched);
        go(row, j, filtered_.data() + (j - 1) * K_);
        if (row.kind != Kind::entry) return;
        double* const p = predicted_.data() + j * K_;
        double* const a = arrived_.data() + j * K_;
        std::copy_n(p, static_cast<std::size_t>(K_), a);
        between_.enter(row.generator, a, p);
    }
    void go(const PreparedRow& row, std::size_t j, const double* from) {
        double* const p = predicted_.data() + j * K_;
        switch (way_[j]) {
            case Way::real:
                return between_.template spectral<double>(row.slot, row.generator, from,
                                                          basis_.data() + j * K_, p);
            case Way::complex:
                return between_.template spectral<Complex>(row.slot, row.generator, from,
                                                           complex_.data() + j * K_, p);
            case Way::whole:
                return between_.whole(row.slot, from, p);
            case Way::watched:
                return between_.watched(row.slot, row.generator, from, p);
            case Way::same:
            case Way::start:
                std::copy_n(from, static_cast<std::size_t>(K_), p);
        }
    }
    void back(const PreparedRow& row, std::size_t j, Gather& out) {
        back_by(row, j, filtered_.data() + (j - 1) * K_, out);
    }
    void back_by(const PreparedRow& row, std::size_t j, const double* from, Gather& out) {
        double* const beta = beta_.data();
        const double* const b = b_.data();
        switch (way_[j]) {
            case Way::real:
                return between_.template spectral_back<double>(
                    row.slot, row.generator, basis_.data() + j * K_, b, beta, out, room_.data());
            case Way::complex:
                return between_.template spectral_back<Complex>(
                    row.slot, row.generator, complex_.data() + j * K_, b, beta, out, complex_room_.data());
            case Way::whole:
                return between_.whole_back(row.slot, from, b, beta, out);
            case Way::watched:
                return between_.watched_back(row.slot, row.generator, from, b, beta, out);
            case Way::same:
            case Way::start:
                std::copy_n(b, static_cast<std::size_t>(K_), beta);
        }
    }

    /// Weighs the prediction of row j by what was observed. @return false where that is impossible
    bool update(const PreparedRow& row, std::size_t j) {
        double scale = filter(row, j);
        const bool basis = way_[j] == Way::real || way_[j] == Way::complex;
        if (basis && !(scale > kCancelled * skew(row.generator) * size(row))) {
            predict(row, j, true);
            scale = filter(row, j);
        }
        if (!(scale > 1e-200)) scale = refilter(row, j);
        scale_[j] = scale;
        if (!(scale > 0.0)) return false;
        double* const f = filtered_.data() + j * K_;
        if (row.kind == Kind::exact_entry) {
            std::fill_n(f, static_cast<std::size_t>(K_), 0.0);
            f[row.state] = 1.0;
        } else {
            const double per_scale = 1.0 / scale;
            for (std::size_t s = 0; s < K_; ++s)
                f[s] *= per_scale;
        }
        return true;
    }
    /// What the row's scale is a share of: 1, or the largest intensity where an entry is observed.
    [[nodiscard]] double size(const PreparedRow& row) const {
        if (row.kind != Kind::exact_entry && row.kind != Kind::entry) return 1.0;
        const double* const Q = e_.Q(row.generator);
        double most = 0.0;
        for (std::size_t r = 0; r < K_; ++r)
            most = std::max(most, -Q[r * K_ + r]);
        return most;
    }
    double filter(const PreparedRow& row, std::size_t j) {
        const double* const p = predicted_.data() + j * K_;
        const double* const w = weight_.data() + j * K_;
        double* const f = filtered_.data() + j * K_;
        double scale = 0.0;
        for (std::size_t s = 0; s < K_; ++s) {
            f[s] = p[s] * w[s];
            scale += f[s];
        }
        if (row.kind != Kind::exact_entry) return scale;
        scale = 0.0;
        for (std::size_t r = 0; r < K_; ++r)
            scale += f[r] * e_.Q(row.generator)[r * K_ + row.state];
        return scale;
    }
    /// The same, with the weights taken relative to the states that are still possible.
    double refilter(const PreparedRow& row, std::size_t j) {
        double top = -kInfinity;
        for (std::size_t s = 0; s < K_; ++s)
            if (contains(mask_[j], s) && predicted_[j * K_ + s] > 0.0)
                top = std::max(top, log_weight_[j * K_ + s]);
        if (!(top > -kInfinity)) return std::isnan(top) ? top : 0.0;
        top_[j] = top;
        for (std::size_t s = 0; s < K_; ++s) {
            const bool can = contains(mask_[j], s) && predicted_[j * K_ + s] > 0.0;
            weight_[j * K_ + s] = can ? std::exp(log_weight_[j * K_ + s] - top) : 0.0;
        }
        return filter(row, j);
    }

    /// Turns b of an exact entry into that by the states left.
    void leave(const PreparedRow& row, std::size_t j, double beta, Gather& out) {
        double* const by_Q = out.by_generator(row.generator);
        const double* const Q = e_.Q(row.generator);
        for (std::size_t r = 0; r < K_; ++r) {
            b_[r] *= beta;
            by_Q[r * K_ + row.state] += predicted_[j * K_ + r] * b_[r];
            b_[r] *= Q[r * K_ + row.state];
        }
    }

    void add_readings(const PreparedRow& row, std::size_t& density, Gather& out) {
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
                        by_mean[s] += posterior_[s] * z;
                        by_log_sd[s] += posterior_[s] * (z * z - 1.0);
                    }
                    break;
                }
                case Item::How::table: {
                    double* const mass = out.table_mass().data() + in_.table_begin[item.index];
                    for (std::size_t s = 0; s < K_; ++s)
                        if (channel.group[s] != Channel::kNone) mass[channel.group[s]] += posterior_[s];
                    break;
                }
                case Item::How::full:
                    density -= channel.groups.size();
                    add_full(channel, in_.evidence[item.index], density_.data() + density, out);
            }
        }
    }
    void add_full(const Channel& channel, const Evidence& evidence, const GroupDensity* of, Gather& out) {
        for (std::size_t g = 0; g < channel.groups.size(); ++g) {
            double mass = 0.0;
            for (std::size_t s = 0; s < K_; ++s)
                if (channel.group[s] == static_cast<int>(g)) mass += posterior_[s];
            add_density(channel.groups[g], evidence, of[g], e_.values(), mass, out.gradient());
        }
    }

    const Evaluation& e_;
    const Likelihood::Prepared& in_;
    Between<N> between_;
    Size<N> K_;
    // A column of K per row of the stretch.
    std::vector<double> log_weight_, weight_, predicted_, filtered_;
    std::vector<double> arrived_;  ///< of an entry row: the states just before the entry
    std::vector<double> basis_;    ///< the row before, in the basis
    std::vector<Complex> complex_;
    std::vector<double> scale_, top_;
    std::vector<StateSet> mask_;
    std::vector<Way> way_;
    std::vector<double> b_, beta_, posterior_, room_;
    std::vector<Complex> complex_room_;
    std::vector<double> level_;          ///< per channel: the patient's own
    std::vector<GroupDensity> density_;  ///< of the stretch's items in full, group by group
};

}  // namespace bellwether::markov

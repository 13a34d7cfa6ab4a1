#pragma once

#include "bellwether/markov/likelihood.hpp"

#include "between.hpp"
#include "readings_pass.hpp"

/// Private: the forward and backward recursion for N states.
namespace bellwether::markov {

template <int N>
class StretchPass final : public Pass {
    static constexpr double kInfinity = std::numeric_limits<double>::infinity();
    enum class Way : std::uint8_t { start, busy, real, complex, whole, watched, same };

public:
    explicit StretchPass(const Evaluation& evaluation)
        : e_(evaluation),
          in_(evaluation.in()),
          between_(evaluation),
          readings_(evaluation),
          K_(in_.spec.states.size()) {
        const std::size_t n = in_.longest * K_;
        for (auto* const column : {&predicted_, &filtered_, &arrived_, &basis_})
            column->resize(n);
        complex_.resize(n);
        scale_.resize(in_.longest);
        way_.resize(in_.longest);
        for (auto* const one : {&b_, &beta_, &posterior_, &room_, &sizes_})
            one->resize(std::max<std::size_t>(K_, 1));
        complex_room_.resize(std::max<std::size_t>(K_, 1));
    }

    void renew() override {
        between_.renew();
        readings_.renew();
    }
    void set_level(std::size_t channel, double level) override { readings_.set_level(channel, level); }

    double forward(const Stretch& stretch) override {
        readings_.weigh(stretch, stretch.from >= 0 ? 1 : 0);
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
            log_lik += readings_.top(j);
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
        readings_.turn_back();
        const std::size_t first = stretch.from >= 0 ? 1 : 0;
        for (std::size_t j = stretch.end - stretch.begin; j-- > first;) {
            const PreparedRow& row = in_.rows[stretch.begin + j];
            const std::size_t at = j * K_;
            const double per_scale = 1.0 / scale_[j];
            const double* const w = readings_.weight(j);
            for (std::size_t s = 0; s < K_; ++s)
                b[s] = w[s] * per_scale;
            if (row.kind == Kind::exact_entry) {
                leave(row, j, beta[row.state], out);
            } else {
                for (std::size_t s = 0; s < K_; ++s)
                    b[s] *= beta[s];
            }
            for (std::size_t s = 0; s < K_; ++s)
                posterior_[s] = predicted_[at + s] * b[s];
            readings_.leave(row, posterior_.data(), out);
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
        const double terms = !graded(pair.generator) ? skew(pair.generator) * largest(pair)
                             : enters(pair)          ? entered(pair)
                                                     : sizes_[pair.to];
        if (by_basis(0) && !(value > kCancelled * terms)) {
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
    [[nodiscard]] bool graded(int generator) const {
        return e_.bases().graded(static_cast<std::size_t>(generator));
    }
    [[nodiscard]] double* sizes(int generator) { return graded(generator) ? sizes_.data() : nullptr; }
    [[nodiscard]] double entered(const Pair& pair) const {
        double sum = 0.0;
        for (std::size_t r = 0; r < K_; ++r)
            if (r != pair.to) sum += sizes_[r] * e_.Q(pair.generator)[r * K_ + pair.to];
        return sum;
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
        if (e_.matrix(slot) != nullptr) return Way::busy;
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

    /// Does what leads to row j come of the eigenbasis, where digits may be lost?
    [[nodiscard]] bool by_basis(std::size_t j) const {
        return way_[j] == Way::busy || way_[j] == Way::real || way_[j] == Way::complex;
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
            case Way::busy:
                return between_.busy(row.slot, from, p);
            case Way::real:
                return between_.template spectral<double>(row.slot, row.generator, from,
                                                          basis_.data() + j * K_, p, sizes(row.generator));
            case Way::complex:
                return between_.template spectral<Complex>(row.slot, row.generator, from,
                                                           complex_.data() + j * K_, p, sizes(row.generator));
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
            case Way::busy:
                return between_.busy_back(row.slot, from, b, beta, out);
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
        if (by_basis(j) && !(scale > kCancelled * terms(row, j))) {
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
    /// What a row's scale would be if all terms in the eigenbasis were positive, or a bound of that.
    [[nodiscard]] double terms(const PreparedRow& row, std::size_t j) const {
        if (!graded(row.generator)) return skew(row.generator) * size(row);
        double sum = 0.0;
        for (std::size_t s = 0; s < K_; ++s)
            sum +=
                sizes_[s] *
                (row.kind == Kind::snapshot || row.kind == Kind::one_of ? readings_.weight(j)[s] : size(row));
        return sum;
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
        const double* const w = readings_.weight(j);
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
        const double can = readings_.lift(j, predicted_.data() + j * K_);
        return can > 0.0 ? filter(row, j) : can;
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

    const Evaluation& e_;
    const Likelihood::Prepared& in_;
    Between<N> between_;
    Readings<N> readings_;
    Size<N> K_;
    // A column of K per row of the stretch.
    std::vector<double> predicted_, filtered_;
    std::vector<double> arrived_;  ///< of an entry row: the states just before the entry
    std::vector<double> basis_;    ///< the row before, in the basis
    std::vector<Complex> complex_;
    std::vector<double> scale_;
    std::vector<Way> way_;
    std::vector<double> b_, beta_, posterior_, room_;
    std::vector<double> sizes_;  ///< of the last prediction's terms, under a graded generator
    std::vector<Complex> complex_room_;
};

}  // namespace bellwether::markov

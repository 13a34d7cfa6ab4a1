#include <algorithm>
#include <cmath>

#include "evaluation.hpp"
#include "expm.hpp"
#include "spectral.hpp"

namespace bellwether::markov {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

void add_effects(const std::vector<Effect>& effects, double slope, std::span<const double> centred,
                 std::vector<double>& gradient) {
    if (centred.empty()) return;
    for (const Effect& effect : effects)
        gradient[effect.parameter] += slope * effect.factor * centred[effect.covariate];
}

/// out += the real part of W' F V'
template <typename S>
void add_to_elements(std::size_t K, const S* V, const S* W, const S* F, double* out) {
    for (std::size_t i = 0; i < K; ++i)
        for (std::size_t s = 0; s < K; ++s) {
            S sum = 0.0;
            for (std::size_t j = 0; j < K; ++j)
                sum += F[i * K + j] * V[s * K + j];
            for (std::size_t r = 0; r < K; ++r)
                out[r * K + s] += real_part(W[i * K + r] * sum);
        }
}

}  // namespace

void add_start(const Spec& spec, const double* start, const double* by_start,
               const std::vector<double>& covariates, std::vector<double>& gradient) {
    double mean = 0.0;
    for (std::size_t s = 0; s < spec.states.size(); ++s)
        mean += start[s] * by_start[s];
    for (const StartFactor& factor : spec.start)
        for (std::size_t s = 0; s < spec.states.size(); ++s) {
            if (factor.label_of[s] < 0) continue;
            const auto label = static_cast<std::size_t>(factor.label_of[s]);
            const double slope = start[s] * (by_start[s] - mean);
            if (factor.parameter[label] >= 0)
                gradient[static_cast<std::size_t>(factor.parameter[label])] += slope;
            if (factor.effects.empty()) continue;
            for (const Effect& e : factor.effects[label])
                gradient[e.parameter] +=
                    slope * e.factor * (covariates[e.covariate] - spec.covariates[e.covariate].centre);
        }
}

void add_category(const Channel::Group& group, const Evidence& e, const Values& values, double mass,
                  std::vector<double>& gradient) {
    const auto seen = [&](std::size_t c) {
        return e.reading.among != 0 ? contains(e.reading.among, c) : c == e.category;
    };
    const auto odds = [&](std::size_t c) { return std::exp(log_odds_of(group, c, values, e.centred)); };
    double sum = 0.0, mine = 0.0;
    for (std::size_t c = 0; c < group.odds.size(); ++c) {
        sum += odds(c);
        if (seen(c)) mine += odds(c);
    }
    for (std::size_t c = 0; c < group.odds.size(); ++c) {
        const double slope = mass * ((seen(c) ? odds(c) / mine : 0.0) - odds(c) / sum);
        if (group.odds[c] >= 0) gradient[static_cast<std::size_t>(group.odds[c])] += slope;
        if (!group.odds_effects.empty()) add_effects(group.odds_effects[c], slope, e.centred, gradient);
    }
}

void add_density(const Channel::Group& group, const Evidence& e, const GroupDensity& d, const Values& values,
                 double mass, std::vector<double>& gradient) {
    if (mass == 0.0) return;
    switch (e.form) {
        case Evidence::Form::silent:
        case Evidence::Form::latent:
            return;
        case Evidence::Form::categorical:
            return add_category(group, e, values, mass, gradient);
        case Evidence::Form::law:
            for (std::size_t i = 0; i < group.terms.size(); ++i) {
                gradient[group.terms[i].parameter] += mass * d.by_term[i];
                add_effects(group.terms[i].effects, mass * d.by_term[i], e.centred, gradient);
            }
            return;
        case Evidence::Form::normal:
        case Evidence::Form::rate:
            for (std::size_t p = 0; p < Channel::kPatterns; ++p)
                gradient[static_cast<std::size_t>(group.mean[p])] += mass * d.by_mean[p];
            gradient[static_cast<std::size_t>(group.sd)] += mass * d.by_log_sd;
            if (group.diffusion != Channel::kNone)
                gradient[static_cast<std::size_t>(group.diffusion)] += mass * d.by_log_diffusion;
            return;
    }
}

Gather::Gather(const Evaluation& evaluation)
    : e_(evaluation),
      states_(e_.in().spec.states.size()),
      square_(states_ * states_),
      local_(e_.in().generators.size(), -1),
      busy_local_(e_.in().busy.size(), -1),
      normal_(e_.normals() * 2 * states_, 0.0),
      table_mass_(e_.in().table_begin.back(), 0.0),
      gradient_(e_.in().spec.parameters.size(), 0.0) {}

void Gather::clear() {
    for (const int generator : met_)
        local_[static_cast<std::size_t>(generator)] = -1;
    met_.clear();
    for (const int slot : busy_met_)
        busy_local_[static_cast<std::size_t>(e_.in().slots[static_cast<std::size_t>(slot)].busy)] = -1;
    busy_met_.clear();
    by_P_.clear();
    where_.clear();
    std::fill(normal_.begin(), normal_.end(), 0.0);
    std::fill(table_mass_.begin(), table_mass_.end(), 0.0);
    std::fill(gradient_.begin(), gradient_.end(), 0.0);
}

std::size_t Gather::local(int generator) {
    int& at = local_[static_cast<std::size_t>(generator)];
    if (at >= 0) return static_cast<std::size_t>(at);
    at = static_cast<int>(met_.size());
    met_.push_back(generator);
    const std::size_t need = met_.size() * square_;
    if (real_.size() < need) real_.resize(2 * need);
    if (by_Q_.size() < need) by_Q_.resize(2 * need);
    std::fill_n(real_.begin() + static_cast<std::ptrdiff_t>(need - square_), square_, 0.0);
    std::fill_n(by_Q_.begin() + static_cast<std::ptrdiff_t>(need - square_), square_, 0.0);
    if (e_.bases().form(static_cast<std::size_t>(generator)) == Form::complex) {
        if (complex_.size() < need) complex_.resize(2 * need);
        std::fill_n(complex_.begin() + static_cast<std::ptrdiff_t>(need - square_), square_, Complex());
    }
    return static_cast<std::size_t>(at);
}

template <>
double* Gather::in_basis<double>(int generator) {
    const std::size_t at = local(generator);  // first: it may move the memory
    return real_.data() + at * square_;
}
template <>
Complex* Gather::in_basis<Complex>(int generator) {
    const std::size_t at = local(generator);
    return complex_.data() + at * square_;
}
double* Gather::by_generator(int generator) {
    const std::size_t at = local(generator);
    return by_Q_.data() + at * square_;
}

Eigen::MatrixXd& Gather::by_P(int slot) {
    const auto [it, fresh] = where_.emplace(slot, by_P_.size());
    if (!fresh) return by_P_[it->second].second;
    const auto K = static_cast<Eigen::Index>(states_);
    return by_P_.emplace_back(slot, Eigen::MatrixXd::Zero(K, K)).second;
}

double* Gather::by_busy(int slot) {
    int& at = busy_local_[static_cast<std::size_t>(e_.in().slots[static_cast<std::size_t>(slot)].busy)];
    if (at < 0) {
        at = static_cast<int>(busy_met_.size());
        busy_met_.push_back(slot);
        const std::size_t need = busy_met_.size() * square_;
        if (busy_.size() < need) busy_.resize(2 * need);
        std::fill_n(busy_.begin() + static_cast<std::ptrdiff_t>(need - square_), square_, 0.0);
    }
    return busy_.data() + static_cast<std::size_t>(at) * square_;
}

/// The sum of a b' over the slot's rows into the basis, V' a b' W', and on as of one row.
template <typename S>
void Gather::finish_busy(int slot, const double* by_P) {
    const auto& [generator, gap, busy] = e_.in().slots[static_cast<std::size_t>(slot)];
    const auto view = e_.bases().view<S>(static_cast<std::size_t>(generator));
    const std::size_t K = states_;
    std::vector<S> left(square_, S(0.0)), both(square_, S(0.0));
    for (std::size_t r = 0; r < K; ++r)
        for (std::size_t i = 0; i < K; ++i)
            for (std::size_t s = 0; s < K; ++s)
                left[i * K + s] += view.vector[r * K + i] * by_P[r * K + s];
    for (std::size_t i = 0; i < K; ++i)
        for (std::size_t j = 0; j < K; ++j)
            for (std::size_t s = 0; s < K; ++s)
                both[i * K + j] += left[i * K + s] * view.dual[j * K + s];
    add_derivatives(K, view.value, e_.exponentials<S>(slot), gap, both.data(), in_basis<S>(generator));
}

void Gather::finish(std::vector<double>& gradient) {
    for (std::size_t p = 0; p < gradient.size(); ++p)
        gradient[p] += gradient_[p];
    finish_generators(gradient);
    finish_readings(gradient);
}

void Gather::to_elements(int generator, std::size_t at) {
    double* const out = by_Q_.data() + at * square_;
    const auto g = static_cast<std::size_t>(generator);
    if (e_.bases().form(g) == Form::real) {
        const auto view = e_.bases().view<double>(g);
        add_to_elements(states_, view.vector, view.dual, real_.data() + at * square_, out);
    } else if (e_.bases().form(g) == Form::complex) {
        const auto view = e_.bases().view<Complex>(g);
        add_to_elements(states_, view.vector, view.dual, complex_.data() + at * square_, out);
    }
}

void Gather::finish_generators(std::vector<double>& gradient) {
    const auto K = static_cast<Eigen::Index>(states_);
    for (const auto& [slot, matrix] : by_P_) {
        const auto& of = e_.in().slots[static_cast<std::size_t>(slot)];
        const Eigen::Map<const RowMajor> Q(e_.Q(of.generator), K, K);
        Eigen::Map<RowMajor>(by_generator(of.generator), K, K) +=
            of.gap * exponential_derivative(Q.transpose() * of.gap, matrix);
    }
    for (std::size_t at = 0; at < busy_met_.size(); ++at) {
        const int slot = busy_met_[at];
        const auto g = static_cast<std::size_t>(e_.in().slots[static_cast<std::size_t>(slot)].generator);
        if (e_.bases().form(g) == Form::real)
            finish_busy<double>(slot, busy_.data() + at * square_);
        else
            finish_busy<Complex>(slot, busy_.data() + at * square_);
    }
    const Spec& spec = e_.in().spec;
    for (std::size_t at = 0; at < met_.size(); ++at) {
        const int generator = met_[at];
        to_elements(generator, at);
        const double* const by_Q = by_Q_.data() + at * square_;
        const double* const Q = e_.Q(generator);
        const std::vector<double>& covariates = e_.in().generators[static_cast<std::size_t>(generator)];
        for (const Transition& t : spec.transitions) {
            const std::size_t move = t.from * states_ + t.to;
            const double by_log = (by_Q[move] - by_Q[t.from * states_ + t.from]) * Q[move];
            gradient[t.rate] += by_log;
            for (const Effect& e : t.effects)
                gradient[e.parameter] +=
                    by_log * e.factor * (covariates[e.covariate] - spec.covariates[e.covariate].centre);
        }
    }
}

void Gather::finish_readings(std::vector<double>& gradient) {
    const auto& in = e_.in();
    for (std::size_t c = 0; c < in.spec.channels.size(); ++c)
        for (std::size_t pattern = 0; pattern < Channel::kPatterns; ++pattern) {
            const NormalStates& n = e_.normal(c, pattern);
            for (std::size_t s = 0; s < n.mean.size(); ++s) {
                if (n.by_mean[s] < 0) continue;
                gradient[static_cast<std::size_t>(n.by_mean[s])] += by_mean(c, pattern)[s] * n.per_sd[s];
                gradient[static_cast<std::size_t>(n.by_sd[s])] += by_log_sd(c, pattern)[s];
            }
        }
    for (std::size_t d = 0; d < in.distinct.size(); ++d) {
        const Channel& channel = in.spec.channels[in.distinct[d].channel];
        for (std::size_t g = 0; g < channel.groups.size(); ++g) {
            const std::size_t at = in.table_begin[d] + g;
            add_density(channel.groups[g], in.distinct[d], e_.table()[at], e_.values(), table_mass_[at],
                        gradient);
        }
    }
}

}  // namespace bellwether::markov

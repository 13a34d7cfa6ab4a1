#include "evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "bellwether/markov/likelihood.hpp"

#include "expm.hpp"
#include "normal.hpp"

namespace bellwether::markov {
namespace {

constexpr std::size_t kGeneratorsAtOnce = 512, kSlotsAtOnce = 1024, kMatricesAtOnce = 128;

}  // namespace

Evaluation::Evaluation(const Likelihood::Prepared& in)
    : in_(in),
      states_(in.spec.states.size()),
      square_(states_ * states_),
      bases_(states_, in.moves),
      normal_(in.spec.channels.size() * Channel::kPatterns) {
    Q_.resize(in.generators.size() * square_);
    bases_.resize(in.generators.size());
    exp_.resize(in.slots.size() * states_);
    matrix_.resize(in.busy.size() * 2 * square_);
    has_matrix_.resize(in.busy.size());
    for (const auto& slot : in.slots)
        longest_gap_ = std::max(longest_gap_, slot.gap);
}

template <>
const double* Evaluation::exponentials<double>(int slot) const {
    return exp_.data() + static_cast<std::size_t>(slot) * states_;
}
template <>
const Complex* Evaluation::exponentials<Complex>(int slot) const {
    return complex_exp_.data() + static_cast<std::size_t>(slot) * states_;
}

bool Evaluation::set(const Values& values, Workers& workers, bool by_block) {
    values_ = &values;
    set_generators(workers, by_block ? in_.common : in_.slots.size());
    const double most = kMostMoves / std::max(longest_gap_, 1e-300);
    if (std::any_of(Q_.begin(), Q_.end(), [&](double q) { return !(std::abs(q) <= most); })) return false;
    std::fill(has_matrix_.begin(), has_matrix_.end(), '\0');
    if (by_block) set_matrices(workers);
    set_normals();
    if (!in_.start_varies && !in_.spec.start.empty()) start_ = start_probabilities(in_.spec, values);
    table_.clear();
    for (const Evidence& e : in_.distinct) {
        const Channel& channel = in_.spec.channels[e.channel];
        for (const Channel::Group& group : channel.groups)
            table_.push_back(density(channel, group, e, values, in_.spec.parameters));
    }
    return true;
}

void Evaluation::set_generators(Workers& workers, std::size_t slots) {
    const std::size_t n = in_.generators.size();
    workers.run((n + kGeneratorsAtOnce - 1) / kGeneratorsAtOnce, [&](std::size_t part, unsigned) {
        for (std::size_t g = part * kGeneratorsAtOnce; g < std::min(n, (part + 1) * kGeneratorsAtOnce); ++g) {
            double* const Q = Q_.data() + g * square_;
            generator_into(in_.spec, *values_, in_.generators[g], Q);
            bases_.decompose(g, Q);
        }
    });
    complex_exp_.resize(bases_.any_complex() ? in_.slots.size() * states_ : 0);
    workers.run((slots + kSlotsAtOnce - 1) / kSlotsAtOnce, [&](std::size_t part, unsigned) {
        set_exponentials(part * kSlotsAtOnce, std::min(slots, (part + 1) * kSlotsAtOnce));
    });
}

void Evaluation::set_exponentials(std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k) {
        const auto g = static_cast<std::size_t>(in_.slots[k].generator);
        const double gap = in_.slots[k].gap;
        const double* const value = bases_.view<double>(g).value;
        for (std::size_t i = 0; i < states_; ++i)
            exp_[k * states_ + i] = bases_.form(g) == Form::real ? value[i] * gap : 0.0;
        if (bases_.form(g) != Form::complex) continue;
        const Complex* const turning = bases_.view<Complex>(g).value;
        for (std::size_t i = 0; i < states_; ++i) {
            const double size = std::exp(turning[i].re * gap), angle = turning[i].im * gap;
            complex_exp_[k * states_ + i] = {size * std::cos(angle), size * std::sin(angle)};
        }
    }
    Eigen::Map<Eigen::ArrayXd> all(exp_.data() + begin * states_,
                                   static_cast<Eigen::Index>((end - begin) * states_));
    all = all.exp();
}

void Evaluation::set_matrices(Workers& workers) {
    const std::size_t n = in_.busy.size();
    workers.run((n + kMatricesAtOnce - 1) / kMatricesAtOnce, [&](std::size_t part, unsigned) {
        for (std::size_t b = part * kMatricesAtOnce; b < std::min(n, (part + 1) * kMatricesAtOnce); ++b) {
            const auto g =
                static_cast<std::size_t>(in_.slots[static_cast<std::size_t>(in_.busy[b])].generator);
            if (bases_.form(g) == Form::none || bases_.graded(g)) continue;
            if (bases_.form(g) == Form::real)
                set_matrix<double>(b);
            else
                set_matrix<Complex>(b);
            has_matrix_[b] = 1;
        }
    });
}

template <typename S>
void Evaluation::set_matrix(std::size_t busy) {
    const int slot = in_.busy[busy];
    const auto view =
        bases_.view<S>(static_cast<std::size_t>(in_.slots[static_cast<std::size_t>(slot)].generator));
    const S* const exps = exponentials<S>(slot);
    double* const P = matrix_.data() + busy * 2 * square_;
    std::fill_n(P, 2 * square_, 0.0);
    for (std::size_t r = 0; r < states_; ++r)
        for (std::size_t i = 0; i < states_; ++i) {
            const S by = view.vector[r * states_ + i] * exps[i];
            for (std::size_t s = 0; s < states_; ++s)
                P[r * states_ + s] += real_part(by * view.dual[i * states_ + s]);
        }
    for (std::size_t r = 0; r < states_; ++r)
        for (std::size_t s = 0; s < states_; ++s) {
            double& p = P[r * states_ + s];
            p = contains(in_.reach[r], s) && p > 0.0 ? p : 0.0;
            P[square_ + s * states_ + r] = p;
        }
}

void Evaluation::set_normals() {
    for (std::size_t c = 0; c < in_.spec.channels.size(); ++c) {
        const Channel& channel = in_.spec.channels[c];
        if (channel.family == Family::categorical) continue;
        const bool by_state = channel.family == Family::by_state;
        if (by_state &&
            std::any_of(channel.groups.begin(), channel.groups.end(), [](const Channel::Group& g) {
                return g.law != Law::normal && g.law != Law::identity;
            }))
            continue;
        for (std::size_t pattern = 0; pattern < Channel::kPatterns; ++pattern) {
            NormalStates& n = normal_[c * Channel::kPatterns + pattern];
            n.mean.assign(states_, 0.0);
            n.per_sd.assign(states_, 0.0);
            n.top.assign(states_, -std::numeric_limits<double>::infinity());
            n.by_mean.assign(states_, -1);
            n.by_sd.assign(states_, -1);
            for (std::size_t s = 0; s < states_; ++s) {
                if (channel.group[s] == Channel::kNone) continue;
                const auto& group = channel.groups[static_cast<std::size_t>(channel.group[s])];
                if (by_state && group.law == Law::identity) continue;
                n.by_mean[s] = by_state ? static_cast<int>(group.terms[0].parameter) : group.mean[pattern];
                n.by_sd[s] = by_state ? static_cast<int>(group.terms[1].parameter) : group.sd;
                const double sd = (*values_)[static_cast<std::size_t>(n.by_sd[s])];
                n.mean[s] = (*values_)[static_cast<std::size_t>(n.by_mean[s])];
                n.per_sd[s] = 1.0 / sd;
                n.top[s] = -std::log(sd) - kLogRootTwoPi;
            }
        }
    }
}

}  // namespace bellwether::markov

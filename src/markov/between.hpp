#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <vector>

#include "expm.hpp"
#include "pass.hpp"
#include "spectral.hpp"

/// Private: one step between two rows, forward and back, for N states.
namespace bellwether::markov {

/// A row's likelihood below this share of what its terms could add up to has lost too many digits in the
/// eigenbasis (at the most 1e-16 / 2e-7 = 5e-10 of itself stays): there P is made by Pade.
constexpr double kCancelled = 2e-7;

template <int N>
class Between {
public:
    explicit Between(const Evaluation& evaluation) : e_(evaluation), K_(evaluation.in().spec.states.size()) {}

    void renew() { whole_.clear(); }
    [[nodiscard]] Form form(int generator) const {
        return e_.bases().form(static_cast<std::size_t>(generator));
    }
    [[nodiscard]] double gap(int slot) const { return e_.in().slots[static_cast<std::size_t>(slot)].gap; }

    /// P of a slot as a whole.
    const Eigen::MatrixXd& whole(int slot) {
        Eigen::MatrixXd& P = whole_[slot];
        if (P.size() == 0) {
            using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
            const auto K = static_cast<Eigen::Index>(static_cast<std::size_t>(K_));
            const auto& of = e_.in().slots[static_cast<std::size_t>(slot)];
            P = transition_unchecked(Eigen::Map<const RowMajor>(e_.Q(of.generator), K, K), of.gap);
        }
        return P;
    }

    /// States that may follow those in which `a` is positive.
    [[nodiscard]] StateSet after(const double* a) const {
        StateSet out = 0;
        for (std::size_t s = 0; s < K_; ++s)
            if (a[s] > 0.0) out |= e_.in().reach[s];
        return out;
    }

    /// out = a' P of the slot. @param y  a in the basis, kept for back(); @param sizes  unless null: how
    /// large the terms of out are, each counted positive
    template <typename S>
    void spectral(int slot, int generator, const double* a, S* y, double* out, double* sizes) const {
        const auto view = e_.bases().template view<S>(static_cast<std::size_t>(generator));
        const S* const exps = e_.template exponentials<S>(slot);
        into_basis(K_, view.vector, a, y);
        out_of_basis(K_, view.dual, exps, y, out);
        if (sizes != nullptr) sizes_out_of_basis(K_, view.dual, exps, y, sizes);
        const StateSet set = after(a);
        for (std::size_t s = 0; s < K_; ++s)
            if (!contains(set, s)) out[s] = 0.0;
    }
    /// The same by the matrix of a busy slot.
    void busy(int slot, const double* a, double* out) const {
        const double* const P = e_.matrix(slot);
        for (std::size_t s = 0; s < K_; ++s)
            out[s] = a[0] * P[s];
        for (std::size_t r = 1; r < K_; ++r)
            for (std::size_t s = 0; s < K_; ++s)
                out[s] += a[r] * P[r * K_ + s];
    }
    void whole(int slot, const double* a, double* out) {
        const Eigen::MatrixXd& P = whole(slot);
        std::fill(out, out + K_, 0.0);
        for (std::size_t s = 0; s < K_; ++s)
            for (std::size_t r = 0; r < K_; ++r)
                out[s] += a[r] * P.data()[s * K_ + r];
    }

    /// beta = P b, and what is due to the generator. @param y  of spectral()
    template <typename S>
    void spectral_back(int slot, int generator, const S* y, const double* b, double* beta, Gather& out,
                       S* room) const {
        const auto view = e_.bases().template view<S>(static_cast<std::size_t>(generator));
        const S* const exps = e_.template exponentials<S>(slot);
        dual_into_basis(K_, view.dual, b, room);
        dual_out_of_basis(K_, view.vector, exps, room, beta);
        add_derivative(K_, view.value, exps, gap(slot), y, room, out.in_basis<S>(generator));
    }
    void busy_back(int slot, const double* a, const double* b, double* beta, Gather& out) const {
        const double* const turned = e_.matrix(slot) + K_ * K_;
        for (std::size_t r = 0; r < K_; ++r)
            beta[r] = b[0] * turned[r];
        for (std::size_t s = 1; s < K_; ++s)
            for (std::size_t r = 0; r < K_; ++r)
                beta[r] += b[s] * turned[s * K_ + r];
        double* const by_P = out.by_busy(slot);
        for (std::size_t r = 0; r < K_; ++r)
            for (std::size_t s = 0; s < K_; ++s)
                by_P[r * K_ + s] += a[r] * b[s];
    }
    void whole_back(int slot, const double* a, const double* b, double* beta, Gather& out) {
        const Eigen::MatrixXd& P = whole(slot);
        double* const by_P = out.by_P(slot).data();
        std::fill(beta, beta + K_, 0.0);
        for (std::size_t s = 0; s < K_; ++s)
            for (std::size_t r = 0; r < K_; ++r) {
                beta[r] += P.data()[s * K_ + r] * b[s];
                by_P[s * K_ + r] += a[r] * b[s];
            }
    }

    /// No change but for one at the very end: a_r exp(q_rr t), times q_rs where the state differs.
    void watched(int slot, int generator, const double* a, double* out) const {
        const double* const Q = e_.Q(generator);
        std::fill(out, out + K_, 0.0);
        for (std::size_t r = 0; r < K_; ++r) {
            if (a[r] == 0.0) continue;
            const double stay = a[r] * std::exp(Q[r * K_ + r] * gap(slot));
            for (std::size_t s = 0; s < K_; ++s)
                out[s] += stay * (r == s ? 1.0 : Q[r * K_ + s]);
        }
    }
    void watched_back(int slot, int generator, const double* a, const double* b, double* beta,
                      Gather& out) const {
        const double* const Q = e_.Q(generator);
        double* const by_Q = out.by_generator(generator);
        for (std::size_t r = 0; r < K_; ++r) {
            const double stay = std::exp(Q[r * K_ + r] * gap(slot));
            double sum = 0.0;
            for (std::size_t s = 0; s < K_; ++s) {
                sum += (r == s ? 1.0 : Q[r * K_ + s]) * b[s];
                if (r != s) by_Q[r * K_ + s] += a[r] * stay * b[s];
            }
            beta[r] = stay * sum;
            by_Q[r * K_ + r] += gap(slot) * a[r] * beta[r];
        }
    }

    /// out_s = sum over r != s of a_r q_rs: an entry right after.
    void enter(int generator, const double* a, double* out) const {
        const double* const Q = e_.Q(generator);
        for (std::size_t s = 0; s < K_; ++s) {
            out[s] = 0.0;
            for (std::size_t r = 0; r < K_; ++r)
                if (r != s) out[s] += a[r] * Q[r * K_ + s];
        }
    }
    /// Turns b, by the states entered, into that by the states left. @param a  as for enter()
    void enter_back(int generator, const double* a, double* b, Gather& out) const {
        const double* const Q = e_.Q(generator);
        double* const by_Q = out.by_generator(generator);
        double left[64];
        for (std::size_t r = 0; r < K_; ++r) {
            left[r] = 0.0;
            for (std::size_t s = 0; s < K_; ++s) {
                if (r == s) continue;
                left[r] += Q[r * K_ + s] * b[s];
                by_Q[r * K_ + s] += a[r] * b[s];
            }
        }
        std::copy(left, left + K_, b);
    }

private:
    const Evaluation& e_;
    Size<N> K_;
    std::unordered_map<int, Eigen::MatrixXd> whole_;
};

}  // namespace bellwether::markov

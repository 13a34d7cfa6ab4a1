#include "eigenbasis.hpp"

#include <algorithm>
#include <cmath>

#include <Eigen/LU>

namespace bellwether::markov {
namespace {

/// States so that every move goes forward; empty where moves run in a circle.
std::vector<std::size_t> forward_order(std::size_t K, const std::vector<bool>& moves) {
    std::vector<std::size_t> entries(K, 0), order;
    for (std::size_t r = 0; r < K; ++r)
        for (std::size_t s = 0; s < K; ++s)
            if (moves[r * K + s]) ++entries[s];
    for (std::size_t s = 0; s < K; ++s)
        if (entries[s] == 0) order.push_back(s);
    for (std::size_t i = 0; i < order.size(); ++i)
        for (std::size_t s = 0; s < K; ++s)
            if (moves[order[i] * K + s] && --entries[s] == 0) order.push_back(s);
    if (order.size() < K) order.clear();
    return order;
}

}  // namespace

Eigenbases::Eigenbases(std::size_t states, const std::vector<bool>& moves)
    : states_(states), stride_(states + 2 * states * states), order_(forward_order(states, moves)) {}

template <>
const std::vector<double>& Eigenbases::memory<double>() const {
    return real_;
}
template <>
const std::vector<Complex>& Eigenbases::memory<Complex>() const {
    return complex_;
}

void Eigenbases::resize(std::size_t generators) {
    real_.resize(generators * stride_);
    if (order_.empty()) complex_.resize(generators * stride_);  // any of them may have pairs
    form_.resize(generators, Form::none);
    skew_.resize(generators, 1.0);
}

bool Eigenbases::any_complex() const {
    return std::find(form_.begin(), form_.end(), Form::complex) != form_.end();
}

template <typename S>
double Eigenbases::skew_of(const S* at) const {
    const S* V = at + states_;
    const S* W = V + states_ * states_;
    double sum = 0.0;
    for (std::size_t i = 0; i < states_; ++i) {
        double v = 0.0, w = 0.0;
        for (std::size_t r = 0; r < states_; ++r) {
            v = std::max(v, size_of(V[r * states_ + i]));
            w = std::max(w, size_of(W[i * states_ + r]));
        }
        sum += v * w;
    }
    return std::max(1.0, sum);
}

void Eigenbases::decompose(std::size_t generator, const double* Q) {
    double* const at = real_.data() + generator * stride_;
    if (!order_.empty()) {
        const bool good = triangular(at, Q) && skew_of(at) <= kMostSkew;
        form_[generator] = good ? Form::real : Form::none;
        skew_[generator] = good ? skew_of(at) : 1.0;
    } else {
        general(generator, Q);
    }
}

/// Moves run forward only: eigenvalues stand on the diagonal, both bases come by substitution.
bool Eigenbases::triangular(double* at, const double* Q) const {
    const std::size_t K = states_;
    double* const V = at + K;
    double* const W = V + K * K;
    std::fill(V, V + 2 * K * K, 0.0);
    for (std::size_t a = 0; a < K; ++a) {
        const std::size_t i = order_[a];
        at[i] = Q[i * K + i];
        V[i * K + i] = 1.0;
        for (std::size_t b = a; b-- > 0;) {
            const std::size_t r = order_[b];
            double sum = 0.0;
            for (std::size_t c = b + 1; c <= a; ++c)
                sum += Q[r * K + order_[c]] * V[order_[c] * K + i];
            if (sum == 0.0) continue;
            const double apart = at[i] - Q[r * K + r];
            if (apart == 0.0) return false;
            V[r * K + i] = sum / apart;
        }
    }
    for (std::size_t a = K; a-- > 0;) {
        const std::size_t i = order_[a];
        W[i * K + i] = 1.0;
        for (std::size_t c = a + 1; c < K; ++c) {
            const double v = V[i * K + order_[c]];
            if (v == 0.0) continue;
            for (std::size_t d = c; d < K; ++d)
                W[i * K + order_[d]] -= v * W[order_[c] * K + order_[d]];
        }
    }
    return true;
}

namespace {

/// Scales d so that rows and columns of diag(d)^-1 A diag(d) are about equally large; powers of 2, so that
/// nothing is rounded. A is scaled. @source Parlett & Reinsch 1969 [ParlettReinsch1969]
Eigen::VectorXd balance(Eigen::MatrixXd& A) {
    const Eigen::Index n = A.rows();
    Eigen::VectorXd d = Eigen::VectorXd::Ones(n);
    bool changed = true;
    for (int sweep = 0; sweep < 50 && changed; ++sweep) {
        changed = false;
        for (Eigen::Index i = 0; i < n; ++i) {
            const double own = std::abs(A(i, i));
            const double column = A.col(i).cwiseAbs().sum() - own, row = A.row(i).cwiseAbs().sum() - own;
            if (column == 0.0 || row == 0.0) continue;
            const int power = static_cast<int>(std::lround(0.5 * std::log2(row / column)));
            if (power == 0) continue;
            const double f = std::ldexp(1.0, power);
            A.col(i) *= f;
            A.row(i) /= f;
            d[i] *= f;
            changed = true;
        }
    }
    return d;
}

}  // namespace

void Eigenbases::general(std::size_t generator, const double* Q) {
    using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const auto K = static_cast<Eigen::Index>(states_);
    Eigen::MatrixXd A = Eigen::Map<const RowMajor>(Q, K, K);
    const Eigen::VectorXd d = balance(A);
    const Eigen::EigenSolver<Eigen::MatrixXd> solver(A);
    form_[generator] = Form::none;
    skew_[generator] = 1.0;
    if (solver.info() != Eigen::Success) return;
    // Judged before the states' scales are put back: those do no harm.
    const auto accept = [&](auto* at, Form form) {
        const bool good = skew_of(at) <= kMostSkew;
        auto* const V = at + K;
        auto* const W = V + K * K;
        for (Eigen::Index r = 0; r < K; ++r)
            for (Eigen::Index i = 0; i < K; ++i) {
                V[r * K + i] = V[r * K + i] * d[r];
                W[i * K + r] = W[i * K + r] * (1.0 / d[r]);
            }
        form_[generator] = good ? form : Form::none;
        skew_[generator] = good ? skew_of(at) : 1.0;
    };
    if ((solver.eigenvalues().imag().array() == 0.0).all()) {
        double* const at = real_.data() + generator * stride_;
        Eigen::Map<Eigen::VectorXd>(at, K) = solver.eigenvalues().real();
        const Eigen::MatrixXd& V = solver.pseudoEigenvectors();
        Eigen::Map<RowMajor>(at + K, K, K) = V;
        Eigen::Map<RowMajor>(at + K + K * K, K, K) = Eigen::PartialPivLU<Eigen::MatrixXd>(V).inverse();
        return accept(at, Form::real);
    }
    Complex* const at = complex_.data() + generator * stride_;
    const Eigen::MatrixXcd V = solver.eigenvectors();
    const Eigen::MatrixXcd W = Eigen::PartialPivLU<Eigen::MatrixXcd>(V).inverse();
    for (Eigen::Index i = 0; i < K; ++i) {
        at[i] = {solver.eigenvalues()[i].real(), solver.eigenvalues()[i].imag()};
        for (Eigen::Index r = 0; r < K; ++r) {
            at[K + r * K + i] = {V(r, i).real(), V(r, i).imag()};
            at[K + K * K + i * K + r] = {W(i, r).real(), W(i, r).imag()};
        }
    }
    accept(at, Form::complex);
}

}  // namespace bellwether::markov

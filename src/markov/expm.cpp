#include "expm.hpp"

#include <cmath>

#include <Eigen/LU>

namespace bellwether::markov {
namespace {

/// A matrix, and its derivative in one direction carried along: the block matrix [a e; 0 a] without its
/// zeros.
struct Dual {
    Eigen::MatrixXd a, e;
};

Eigen::MatrixXd times(const Eigen::MatrixXd& x, const Eigen::MatrixXd& y) {
    return x * y;
}
Dual times(const Dual& x, const Dual& y) {
    return {x.a * y.a, x.a * y.e + x.e * y.a};
}

void add(Eigen::MatrixXd& x, double k, const Eigen::MatrixXd& y) {
    x += k * y;
}
void add(Dual& x, double k, const Dual& y) {
    x.a += k * y.a;
    x.e += k * y.e;
}

void add_identity(Eigen::MatrixXd& x, double k) {
    x.diagonal().array() += k;
}
void add_identity(Dual& x, double k) {
    x.a.diagonal().array() += k;
}

Eigen::MatrixXd zero_like(const Eigen::MatrixXd& x) {
    return Eigen::MatrixXd::Zero(x.rows(), x.cols());
}
Dual zero_like(const Dual& x) {
    return {zero_like(x.a), zero_like(x.a)};
}

Eigen::MatrixXd solve(const Eigen::MatrixXd& x, const Eigen::MatrixXd& y) {
    return Eigen::PartialPivLU<Eigen::MatrixXd>(x).solve(y);
}
Dual solve(const Dual& x, const Dual& y) {
    const Eigen::PartialPivLU<Eigen::MatrixXd> lu(x.a);
    Dual out;
    out.a = lu.solve(y.a);
    out.e = lu.solve(y.e - x.e * out.a);
    return out;
}

// Coefficients of the diagonal Pade approximants, and the largest 1-norm for each degree. Al-Mohy & Higham
// 2009, table 6.1: the bounds for the derivative, a little under those for the exponential alone.
constexpr double kPade3[] = {120., 60., 12., 1.};
constexpr double kPade5[] = {30240., 15120., 3360., 420., 30., 1.};
constexpr double kPade7[] = {17297280., 8648640., 1995840., 277200., 25200., 1512., 56., 1.};
constexpr double kPade9[] = {17643225600., 8821612800., 2075673600., 302702400., 30270240.,
                             2162160.,     110880.,     3960.,       90.,        1.};
constexpr double kPade13[] = {64764752532480000.,
                              32382376266240000.,
                              7771770303897600.,
                              1187353796428800.,
                              129060195264000.,
                              10559470521600.,
                              670442572800.,
                              33522128640.,
                              1323241920.,
                              40840800.,
                              960960.,
                              16380.,
                              182.,
                              1.};
constexpr double kNorm3 = 1.08e-2, kNorm5 = 2.00e-1, kNorm7 = 7.83e-1, kNorm9 = 1.78, kNorm13 = 4.74;

/// (V - U)^-1 (V + U), U the odd and V the even part of the numerator.
template <typename M>
M quotient(const M& U, const M& V) {
    M plus = V, minus = V;
    add(plus, 1.0, U);
    add(minus, -1.0, U);
    return solve(minus, plus);
}

template <typename M, std::size_t N>
M pade_low(const M& A, const double (&b)[N]) {
    const M A2 = times(A, A);
    M odd = zero_like(A), V = zero_like(A), power = A2;
    add_identity(odd, b[1]);
    add_identity(V, b[0]);
    for (std::size_t i = 2; i < N; i += 2) {
        add(V, b[i], power);
        add(odd, b[i + 1], power);
        if (i + 2 < N) power = times(power, A2);
    }
    return quotient(times(A, odd), V);
}

template <typename M>
M pade_13(const M& A) {
    const auto& b = kPade13;
    const M A2 = times(A, A), A4 = times(A2, A2), A6 = times(A4, A2);
    M w = zero_like(A), z = zero_like(A);
    add(w, b[13], A6), add(w, b[11], A4), add(w, b[9], A2);
    w = times(A6, w);
    add(w, b[7], A6), add(w, b[5], A4), add(w, b[3], A2), add_identity(w, b[1]);
    add(z, b[12], A6), add(z, b[10], A4), add(z, b[8], A2);
    z = times(A6, z);
    add(z, b[6], A6), add(z, b[4], A4), add(z, b[2], A2), add_identity(z, b[0]);
    return quotient(times(A, w), z);
}

template <typename M>
M exponential_of(M A, double norm) {
    if (norm <= kNorm3) return pade_low(A, kPade3);
    if (norm <= kNorm5) return pade_low(A, kPade5);
    if (norm <= kNorm7) return pade_low(A, kPade7);
    if (norm <= kNorm9) return pade_low(A, kPade9);
    const int squarings = std::max(0, static_cast<int>(std::ceil(std::log2(norm / kNorm13))));
    M scaled = zero_like(A);
    add(scaled, std::ldexp(1.0, -squarings), A);
    M out = pade_13(scaled);
    for (int i = 0; i < squarings; ++i)
        out = times(out, out);
    return out;
}

double norm_of(const Eigen::MatrixXd& A) {
    return A.cwiseAbs().colwise().sum().maxCoeff();
}

}  // namespace

Eigen::MatrixXd exponential(const Eigen::MatrixXd& A) {
    return exponential_of(A, norm_of(A));
}

Eigen::MatrixXd exponential_derivative(const Eigen::MatrixXd& A, const Eigen::MatrixXd& E) {
    return exponential_of(Dual{A, E}, norm_of(A)).e;
}

Eigen::MatrixXd transition_unchecked(const Eigen::MatrixXd& Q, double dt) {
    if (dt == 0.0) return Eigen::MatrixXd::Identity(Q.rows(), Q.cols());
    return exponential(Q * dt).cwiseMax(0.0);
}

}  // namespace bellwether::markov

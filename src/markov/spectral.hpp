#pragma once

#include <cmath>

#include "eigenbasis.hpp"

/// Private: vectors through P(t) = V exp(L t) W without making P, and the derivative by the generator.
/// N states at compile time, or 0 and K at run time.
namespace bellwether::markov {

template <int N>
struct Size {
    constexpr explicit Size(std::size_t) {}
    constexpr operator std::size_t() const { return N; }
};
template <>
struct Size<0> {
    explicit Size(std::size_t states) : K(states) {}
    operator std::size_t() const { return K; }
    std::size_t K;
};

/// out = V' a
template <int N, typename S>
void into_basis(Size<N> K, const S* V, const double* a, S* out) {
    for (std::size_t i = 0; i < K; ++i)
        out[i] = a[0] * V[i];
    for (std::size_t r = 1; r < K; ++r)
        for (std::size_t i = 0; i < K; ++i)
            out[i] += a[r] * V[r * K + i];
}

/// out = max(0, W' (e o y)), the real part of it
template <int N, typename S>
void out_of_basis(Size<N> K, const S* W, const S* e, const S* y, double* out) {
    for (std::size_t s = 0; s < K; ++s)
        out[s] = 0.0;
    for (std::size_t i = 0; i < K; ++i) {
        const S z = e[i] * y[i];
        for (std::size_t s = 0; s < K; ++s)
            out[s] += real_part(z * W[i * K + s]);
    }
    for (std::size_t s = 0; s < K; ++s)
        out[s] = out[s] > 0.0 ? out[s] : 0.0;
}

/// out = the sum of the sizes of the terms of out_of_basis
template <int N, typename S>
void sizes_out_of_basis(Size<N> K, const S* W, const S* e, const S* y, double* out) {
    for (std::size_t s = 0; s < K; ++s)
        out[s] = 0.0;
    for (std::size_t i = 0; i < K; ++i) {
        const double z = size_of(e[i] * y[i]);
        for (std::size_t s = 0; s < K; ++s)
            out[s] += z * size_of(W[i * K + s]);
    }
}

/// out = W b
template <int N, typename S>
void dual_into_basis(Size<N> K, const S* W, const double* b, S* out) {
    for (std::size_t i = 0; i < K; ++i) {
        S sum = b[0] * W[i * K];
        for (std::size_t s = 1; s < K; ++s)
            sum += b[s] * W[i * K + s];
        out[i] = sum;
    }
}

/// out = V (e o y), the real part of it
template <int N, typename S>
void dual_out_of_basis(Size<N> K, const S* V, const S* e, const S* y, double* out) {
    for (std::size_t r = 0; r < K; ++r) {
        double sum = 0.0;
        for (std::size_t i = 0; i < K; ++i)
            sum += real_part(V[r * K + i] * (e[i] * y[i]));
        out[r] = sum;
    }
}

/// (exp(a t) - exp(b t)) / (a - b), given both exponentials. Where the two are close the difference would
/// cancel: a series in x = (a - b) t there, cut where the next term is below 1e-15.
inline double divided_difference(double a, double b, double exp_a, double exp_b, double t) {
    const double x = (a - b) * t;
    if (std::abs(x) > 1e-2) return (exp_a - exp_b) / (a - b);
    return exp_b * t * (1.0 + x / 2 * (1.0 + x / 3 * (1.0 + x / 4 * (1.0 + x / 5 * (1.0 + x / 6)))));
}
inline Complex divided_difference(Complex a, Complex b, Complex exp_a, Complex exp_b, double t) {
    const Complex apart = a - b, x = apart * t;
    const double square = x.re * x.re + x.im * x.im;
    if (square > 1e-4) {
        const double by = t * t / square;
        return (exp_a - exp_b) * Complex(apart.re * by, -apart.im * by);
    }
    const auto term = [&](double n, Complex rest) { return Complex(1.0) + x * (1.0 / n) * rest; };
    return exp_b * t * term(2, term(3, term(4, term(5, term(6, 1.0)))));
}

/// F(i, j) += y_i z_j times the divided difference of i and j: the derivative of a' P(t) b by Q, in the
/// basis, for y = V' a and z = W b. By Q itself it is W' F V'.
/// @source Kalbfleisch & Lawless 1985 [KalbfleischLawless1985], section 3.
template <int N, typename S>
void add_derivative(Size<N> K, const S* value, const S* e, double t, const S* y, const S* z, S* F) {
    for (std::size_t i = 0; i < K; ++i) {
        F[i * K + i] += t * e[i] * y[i] * z[i];
        for (std::size_t j = 0; j < i; ++j) {
            const S between = divided_difference(value[i], value[j], e[i], e[j], t);
            F[i * K + j] += between * (y[i] * z[j]);
            F[j * K + i] += between * (y[j] * z[i]);
        }
    }
}

/// The same for a sum of y z' over many rows with one t. K at run time.
template <typename S>
void add_derivatives(std::size_t K, const S* value, const S* e, double t, const S* yz, S* F) {
    for (std::size_t i = 0; i < K; ++i) {
        F[i * K + i] += t * e[i] * yz[i * K + i];
        for (std::size_t j = 0; j < i; ++j) {
            const S between = divided_difference(value[i], value[j], e[i], e[j], t);
            F[i * K + j] += between * yz[i * K + j];
            F[j * K + i] += between * yz[j * K + i];
        }
    }
}

}  // namespace bellwether::markov

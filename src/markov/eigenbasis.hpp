#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/Eigenvalues>

/// Private: generators in the basis of their eigenvectors, where P(t) = V exp(L t) W, W = V^-1.
namespace bellwether::markov {

/// Complex numbers that multiply without the checks for infinities of std::complex.
struct Complex {
    double re = 0.0, im = 0.0;
    Complex() = default;
    Complex(double real) : re(real) {}  // NOLINT(google-explicit-constructor): as a number would
    Complex(double real, double imaginary) : re(real), im(imaginary) {}
    Complex& operator+=(Complex b) { return re += b.re, im += b.im, *this; }
    friend Complex operator+(Complex a, Complex b) { return {a.re + b.re, a.im + b.im}; }
    friend Complex operator-(Complex a, Complex b) { return {a.re - b.re, a.im - b.im}; }
    friend Complex operator*(Complex a, Complex b) {
        return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
    }
};
[[nodiscard]] inline double real_part(double x) {
    return x;
}
[[nodiscard]] inline double real_part(Complex x) {
    return x.re;
}

[[nodiscard]] inline double size_of(double x) {
    return std::abs(x);
}
[[nodiscard]] inline double size_of(Complex x) {
    return std::abs(x.re) + std::abs(x.im);
}

/// How the exponentials of one generator are to be had.
enum class Form : std::uint8_t {
    real,     ///< all eigenvalues real
    complex,  ///< some in pairs
    none      ///< no basis of eigenvectors, or one so skew that it would cost digits
};

/// Bases of many generators of one size, in flat memory that is kept from one set of values to the next.
class Eigenbases {
public:
    /// @param moves  K x K, row-major, not 0: a transition that the model has
    Eigenbases(std::size_t states, const std::vector<bool>& moves);

    void resize(std::size_t generators);
    /// @param Q  K x K, row-major
    /// Different generators may be decomposed at the same time.
    void decompose(std::size_t generator, const double* Q);
    [[nodiscard]] Form form(std::size_t generator) const { return form_[generator]; }
    [[nodiscard]] bool any_complex() const;
    /// How much larger the terms of an element of P can be than 1, at least 1: the sum over i of
    /// max |V_ri| max |W_is|.
    [[nodiscard]] double skew(std::size_t generator) const { return skew_[generator]; }
    /// Large elements of V and W meet in P(r, s) only where it is large itself: what is lost must be judged
    /// row by row.
    [[nodiscard]] bool graded(std::size_t generator) const { return skew_[generator] > kGraded; }

    template <typename S>
    struct View {
        const S* value;   ///< K eigenvalues
        const S* vector;  ///< V, row-major
        const S* dual;    ///< W, row-major
    };
    template <typename S>
    [[nodiscard]] View<S> view(std::size_t generator) const {
        const S* at = memory<S>().data() + generator * stride_;
        return {at, at + states_, at + states_ + states_ * states_};
    }

    /// Largest skew, after states are scaled against each other, at which a basis is used: costs four digits
    /// of sixteen at the worst. Above the other bound the scales themselves are far apart.
    /// Not what keeps results right (every row is judged by itself), but what spares the attempt.
    static constexpr double kMostSkew = 1e4, kGraded = 1e3;

private:
    template <typename S>
    [[nodiscard]] const std::vector<S>& memory() const;
    bool triangular(double* at, const double* Q) const;
    void general(std::size_t generator, const double* Q);
    template <typename S>
    [[nodiscard]] double skew_of(const S* at) const;

    std::size_t states_, stride_;
    std::vector<std::size_t> order_;  ///< states in an order in which no move goes back; empty: there is none
    std::vector<double> real_;
    std::vector<Complex> complex_;  ///< empty where moves run forward only
    std::vector<Form> form_;
    std::vector<double> skew_;
};

}  // namespace bellwether::markov

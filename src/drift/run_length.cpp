#include "bellwether/drift/run_length.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <Eigen/Dense>
#include <boost/math/special_functions/legendre.hpp>
#include <boost/math/tools/roots.hpp>
#include <fmt/format.h>

#include "bellwether/core/error.hpp"

namespace bellwether::drift {
namespace {

constexpr double kLongest = 1e9;  ///< beyond it the solution has lost more than six digits

double density(double x) {
    return std::exp(-0.5 * x * x) * 0.39894228040143267794;
}
double distribution(double x) {
    return 0.5 * std::erfc(-x * 0.70710678118654752440);
}

void check(const char* what, double x, double low, double high) {
    if (x >= low && x <= high) return;
    throw Error("D010", fmt::format("{} is {:g}; it must lie between {:g} and {:g}", what, x, low, high));
}

double checked(double arl) {
    if (std::isfinite(arl) && arl >= 1.0 - 1e-9 && arl <= kLongest) return arl;
    throw Error("D011", "an average run length above 1e9 is not computed; take a lower limit");
}

struct Nodes {
    Eigen::VectorXd at, weight;
};

/// Gauss-Legendre on [low, high]. Ten nodes a standard deviation of the kernel resolve a normal density to
/// the last digit.
Nodes nodes(double low, double high, double spans) {
    const int n = 40 + 10 * static_cast<int>(std::ceil(spans));
    Nodes out{Eigen::VectorXd(n), Eigen::VectorXd(n)};
    const auto zeros = boost::math::legendre_p_zeros<double>(n);  // those from 0 on; n is even: 0 is none
    const double half = 0.5 * (high - low), middle = 0.5 * (high + low);
    for (std::size_t i = 0; i < zeros.size(); ++i) {
        const double x = zeros[i], slope = boost::math::legendre_p_prime(n, x);
        const auto right = static_cast<Eigen::Index>(zeros.size() + i);
        const auto left = static_cast<Eigen::Index>(zeros.size() - 1 - i);
        out.at[right] = middle + half * x;
        out.at[left] = middle - half * x;
        out.weight[left] = out.weight[right] = half * 2.0 / ((1.0 - x * x) * slope * slope);
    }
    return out;
}

/// An average run length, or infinity where it is too long to be computed.
double or_endless(const auto& arl) {
    try {
        return arl();
    } catch (const Error& e) {
        if (e.code() != "D011") throw;
        return std::numeric_limits<double>::infinity();
    }
}

/// The limit at which `arl`, which rises with it, is `target`.
double solve_for(double target, double high, const auto& arl) {
    constexpr double low = 1e-6;
    // Endless stands as some finite excess, which the search may interpolate with.
    const auto gap = [&](double limit) {
        return std::log(std::min(or_endless([&] { return arl(limit); }), 10.0 * kLongest) / target);
    };
    if (gap(low) > 0.0)
        throw Error("D010", fmt::format("no limit gives an average run length as short as {:g}", target));
    while (gap(high) < 0.0)
        high *= 1.5;
    std::uintmax_t steps = 100;
    const auto ends = boost::math::tools::toms748_solve(
        gap, low, high, [](double a, double b) { return std::fabs(b - a) < 1e-9; }, steps);
    return 0.5 * (ends.first + ends.second);
}

}  // namespace

double cusum_arl(double k, double h, double shift, double head_start) {
    check("k", k, 0.0, 10.0);
    check("h", h, 1e-6, 100.0);
    check("the shift", shift, -20.0, 20.0);
    check("the head start", head_start, 0.0, h);
    // L(z) = 1 + P(to 0 from z) L(0) + integral over (0, h] of the density of going from z to y, times L(y).
    const double drift = k - shift;
    const Nodes y = nodes(0.0, h, h);
    const Eigen::Index n = y.at.size();
    Eigen::MatrixXd a = Eigen::MatrixXd::Identity(n + 1, n + 1);  // the last unknown is L(0)
    for (Eigen::Index i = 0; i <= n; ++i) {
        const double z = i < n ? y.at[i] : 0.0;
        a(i, n) -= distribution(drift - z);
        for (Eigen::Index j = 0; j < n; ++j)
            a(i, j) -= y.weight[j] * density(y.at[j] - z + drift);
    }
    const Eigen::VectorXd arl = a.partialPivLu().solve(Eigen::VectorXd::Ones(n + 1));
    if (head_start <= 0.0) return checked(arl[n]);
    double from = 1.0 + distribution(drift - head_start) * arl[n];
    for (Eigen::Index j = 0; j < n; ++j)
        from += y.weight[j] * density(y.at[j] - head_start + drift) * arl[j];
    return checked(from);
}

double cusum_arl_two_sided(double k, double h, double shift) {
    // Against a large shift a chart never signals: it adds nothing.
    const double rise = or_endless([&] { return cusum_arl(k, h, shift); });
    const double fall = or_endless([&] { return cusum_arl(k, h, -shift); });
    return checked(1.0 / (1.0 / rise + 1.0 / fall));
}

double ewma_arl(double lambda, double c, double shift) {
    check("lambda", lambda, 0.01, 1.0);
    check("c", c, 1e-6, 10.0);
    check("the shift", shift, -20.0, 20.0);
    const double bound = c * std::sqrt(lambda / (2.0 - lambda));
    const Nodes y = nodes(-bound, bound, 2.0 * bound / lambda);
    const Eigen::Index n = y.at.size();
    const auto kernel = [&](double from, Eigen::Index j) {
        return y.weight[j] / lambda * density((y.at[j] - (1.0 - lambda) * from) / lambda - shift);
    };
    Eigen::MatrixXd a = Eigen::MatrixXd::Identity(n, n);
    for (Eigen::Index i = 0; i < n; ++i)
        for (Eigen::Index j = 0; j < n; ++j)
            a(i, j) -= kernel(y.at[i], j);
    const Eigen::VectorXd arl = a.partialPivLu().solve(Eigen::VectorXd::Ones(n));
    double from = 1.0;
    for (Eigen::Index j = 0; j < n; ++j)
        from += kernel(0.0, j) * arl[j];
    return checked(from);
}

double cusum_limit(double k, double arl, bool two_sided) {
    check("the average run length", arl, 1.0, 1e8);
    return solve_for(arl, 2.0, [&](double h) {
        return two_sided ? cusum_arl_two_sided(k, h, 0.0) : cusum_arl(k, h, 0.0);
    });
}

double ewma_limit(double lambda, double arl) {
    check("the average run length", arl, 1.0, 1e8);
    return solve_for(arl, 1.0, [&](double c) { return ewma_arl(lambda, c, 0.0); });
}

}  // namespace bellwether::drift

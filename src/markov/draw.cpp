#include "draw.hpp"

#include <cmath>

#include <boost/math/distributions/normal.hpp>

namespace bellwether::markov {
namespace {

double normal(double mean, double sd, std::mt19937_64& random) {
    return std::normal_distribution<double>(mean, sd)(random);
}
double gamma(double shape, double rate, std::mt19937_64& random) {
    return std::gamma_distribution<double>(shape, 1.0 / rate)(random);
}
double beta(double a, double b, std::mt19937_64& random) {
    const double x = gamma(a, 1.0, random);
    return x / (x + gamma(b, 1.0, random));
}
double poisson(double rate, std::mt19937_64& random) {
    return static_cast<double>(std::poisson_distribution<long long>(rate)(random));
}
double binomial(double size, double prob, std::mt19937_64& random) {
    return static_cast<double>(
        std::binomial_distribution<long long>(static_cast<long long>(size), prob)(random));
}
double uniform(double low, double high, std::mt19937_64& random) {
    return std::uniform_real_distribution<double>(low, high)(random);
}

/// By the inverse of the distribution function, from the tail in which it is small.
double truncated_normal(double mean, double sd, double lower, double upper, std::mt19937_64& random) {
    const boost::math::normal standard;
    double a = (lower - mean) / sd, b = (upper - mean) / sd;
    const bool flip = a > 0.0;
    if (flip) {
        const double c = a;
        a = -b;
        b = -c;
    }
    const auto below = [&](double z) { return std::isinf(z) ? (z > 0.0 ? 1.0 : 0.0) : cdf(standard, z); };
    // The open interval: a quantile at 0 or 1 is infinite.
    double u = 0.0;
    do
        u = uniform(below(a), below(b), random);
    while (u <= 0.0 || u >= 1.0);
    const double z = quantile(standard, u);
    return mean + sd * (flip ? -z : z);
}

}  // namespace

std::optional<double> draw_from_law(Law law, std::span<const double> p, std::mt19937_64& random) {
    switch (law) {
        case Law::identity:
            return p[0];
        case Law::normal:
            return normal(p[0], p[1], random);
        case Law::lognormal:
            return std::exp(normal(p[0], p[1], random));
        case Law::truncated_normal:
            return truncated_normal(p[0], p[1], p[2], p[3], random);
        case Law::student_t:
            return p[0] + p[1] * std::student_t_distribution<double>(p[2])(random);
        case Law::uniform:
            return uniform(p[0], p[1], random);
        case Law::exponential:
            return gamma(1.0, p[0], random);
        case Law::gamma:
            return gamma(p[0], p[1], random);
        case Law::weibull:
            return std::weibull_distribution<double>(p[0], p[1])(random);
        case Law::beta:
            return beta(p[0], p[1], random);
        case Law::poisson:
            return poisson(p[0], random);
        case Law::binomial:
            return binomial(p[0], p[1], random);
        case Law::beta_binomial:
            return binomial(p[0], beta(p[1] / p[2], (1.0 - p[1]) / p[2], random), random);
        case Law::negative_binomial:
            return poisson(gamma(p[0], p[1] / (1.0 - p[1]), random), random);
        case Law::normal_with_error:
            return truncated_normal(p[0], p[1], p[2], p[3], random) + normal(p[5], p[4], random);
        case Law::uniform_with_error:
            return uniform(p[0], p[1], random) + normal(p[3], p[2], random);
        case Law::flat:
            return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace bellwether::markov

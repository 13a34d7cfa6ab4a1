#include "laws.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <ceres/jet.h>

#include "bellwether/core/error.hpp"

#include "normal.hpp"

namespace bellwether::markov {
namespace {

using Jet = ceres::Jet<double, static_cast<int>(kMostTerms)>;
using Scale = Parameter::Scale;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLogTwoPi = 1.8378770664093454836;

Jet log_gamma(const Jet& x) {
    return Jet(std::lgamma(x.a), boost::math::digamma(x.a) * x.v);
}
Jet log_beta(const Jet& a, const Jet& b) {
    return log_gamma(a) + log_gamma(b) - log_gamma(a + b);
}
Jet log_normal_density(const Jet& x, const Jet& mean, const Jet& sd) {
    const Jet z = (x - mean) / sd;
    return -0.5 * z * z - log(sd) - 0.5 * kLogTwoPi;
}

/// log of the standard normal mass between two bounds that may be infinite, where it is smallest in error.
Jet log_mass(Jet low, Jet high) {
    if (low.a > 0.0) {
        std::swap(low, high);
        low = -low;
        high = -high;
    }
    const double top = log_cdf(high.a);
    const double log_p = low.a == -kInfinity ? top : top + std::log1p(-std::exp(log_cdf(low.a) - top));
    Jet out(log_p);
    if (std::isfinite(high.a)) out.v += std::exp(log_density(high.a) - log_p) * high.v;
    if (std::isfinite(low.a)) out.v -= std::exp(log_density(low.a) - log_p) * low.v;
    return out;
}
/// An infinite bound does not move with the parameters.
Jet standard(const Jet& bound, const Jet& mean, const Jet& sd) {
    return std::isfinite(bound.a) ? (bound - mean) / sd : Jet(bound.a);
}

Jet natural(double free, Scale scale, int index) {
    const Jet x(free, index);
    switch (scale) {
        case Scale::identity:
            return x;
        case Scale::log:
            return exp(x);
        case Scale::logit:
            return 1.0 / (1.0 + exp(-x));
    }
    return x;
}

bool is_count(double x) {
    return x >= 0.0 && x == std::floor(x);
}

using Natural = std::array<Jet, kMostTerms>;

Jet continuous_log_density(Law law, double x, const Natural& p) {
    const Jet impossible(-kInfinity);
    switch (law) {
        case Law::normal:
            return log_normal_density(Jet(x), p[0], p[1]);
        case Law::lognormal:
            return x > 0.0 ? log_normal_density(Jet(std::log(x)), p[0], p[1]) - std::log(x) : impossible;
        case Law::truncated_normal:
            if (x < p[2].a || x > p[3].a) return impossible;
            return log_normal_density(Jet(x), p[0], p[1]) -
                   log_mass(standard(p[2], p[0], p[1]), standard(p[3], p[0], p[1]));
        case Law::student_t: {
            const Jet z = (x - p[0]) / p[1];
            return log_gamma(0.5 * (p[2] + 1.0)) - log_gamma(0.5 * p[2]) - 0.5 * log(M_PI * p[2]) -
                   log(p[1]) - 0.5 * (p[2] + 1.0) * log(1.0 + z * z / p[2]);
        }
        case Law::uniform:
            return x < p[0].a || x > p[1].a ? impossible : -log(p[1] - p[0]);
        case Law::exponential:
            return x < 0.0 ? impossible : log(p[0]) - p[0] * x;
        case Law::gamma:
            if (!(x > 0.0)) return impossible;
            return p[0] * log(p[1]) + (p[0] - 1.0) * std::log(x) - p[1] * x - log_gamma(p[0]);
        case Law::weibull: {
            if (!(x > 0.0)) return impossible;
            const Jet z = std::log(x) - log(p[1]);
            return log(p[0]) - std::log(x) + p[0] * z - exp(p[0] * z);
        }
        case Law::beta:
            if (!(x > 0.0 && x < 1.0)) return impossible;
            return (p[0] - 1.0) * std::log(x) + (p[1] - 1.0) * std::log1p(-x) - log_beta(p[0], p[1]);
        default:
            return impossible;
    }
}

/// A latent value with normal error on it.
Jet error_log_density(Law law, double x, const Natural& p) {
    if (law == Law::uniform_with_error) {
        const Jet high = (x - p[3] - p[0]) / p[2], low = (x - p[3] - p[1]) / p[2];
        return log_mass(low, high) - log(p[1] - p[0]);
    }
    const Jet v = p[1] * p[1], e = p[4] * p[4], sum = v + e;
    const Jet sd = p[1] * p[4] / sqrt(sum), mean = ((x - p[5]) * v + p[0] * e) / sum;
    return log_mass(standard(p[2], mean, sd), standard(p[3], mean, sd)) -
           log_mass(standard(p[2], p[0], p[1]), standard(p[3], p[0], p[1])) +
           log_normal_density(Jet(x), p[5] + p[0], sqrt(sum));
}

Jet count_log_density(Law law, double x, const Natural& p) {
    const Jet impossible(-kInfinity);
    if (!is_count(x)) return impossible;
    const double log_factorial = std::lgamma(x + 1.0);
    switch (law) {
        case Law::poisson:
            return x * log(p[0]) - p[0] - log_factorial;
        case Law::binomial:
        case Law::beta_binomial: {
            if (x > p[0].a) return impossible;
            const Jet rest = p[0] - x;
            const Jet choose = log_gamma(p[0] + 1.0) - log_factorial - log_gamma(rest + 1.0);
            if (law == Law::binomial) return choose + x * log(p[1]) + rest * log(1.0 - p[1]);
            const Jet a = p[1] / p[2], b = (1.0 - p[1]) / p[2];
            return choose + log_beta(a + x, rest + b) - log_beta(a, b);
        }
        case Law::negative_binomial:
            return log_gamma(p[0] + x) - log_gamma(p[0]) - log_factorial + p[0] * log(p[1]) +
                   x * log(1.0 - p[1]);
        default:
            return impossible;
    }
}

Jet log_density_of(Law law, double x, const Natural& p) {
    switch (law) {
        case Law::flat:
            return Jet(0.0);
        case Law::identity:
            return Jet(x == p[0].a ? 0.0 : -kInfinity);
        case Law::poisson:
        case Law::binomial:
        case Law::beta_binomial:
        case Law::negative_binomial:
            return count_log_density(law, x, p);
        case Law::normal_with_error:
        case Law::uniform_with_error:
            return error_log_density(law, x, p);
        default:
            return continuous_log_density(law, x, p);
    }
}

/// Probability of the values below x (upper: above).
double tail(Law law, double x, const std::array<double, kMostTerms>& p, bool upper) {
    namespace bm = boost::math;
    const auto normal_tail = [&](double z) { return std::exp(log_cdf(upper ? -z : z)); };
    switch (law) {
        case Law::normal:
            return normal_tail((x - p[0]) / p[1]);
        case Law::lognormal:
            return x > 0.0 ? normal_tail((std::log(x) - p[0]) / p[1]) : (upper ? 1.0 : 0.0);
        case Law::truncated_normal: {
            const double cut = std::clamp(x, p[2], p[3]);
            const auto z = [&](double b) { return Jet((b - p[0]) / p[1]); };
            const double low = upper ? cut : p[2], high = upper ? p[3] : cut;
            if (!(low < high)) return 0.0;
            return std::exp((log_mass(z(low), z(high)) - log_mass(z(p[2]), z(p[3]))).a);
        }
        case Law::student_t: {
            const double z = (x - p[0]) / p[1];
            const double far = 0.5 * bm::ibeta(0.5 * p[2], 0.5, p[2] / (p[2] + z * z));
            return (z > 0.0) == upper ? far : 1.0 - far;
        }
        case Law::uniform: {
            const double share = std::clamp((x - p[0]) / (p[1] - p[0]), 0.0, 1.0);
            return upper ? 1.0 - share : share;
        }
        case Law::exponential:
            return upper ? std::exp(-p[0] * std::max(x, 0.0)) : -std::expm1(-p[0] * std::max(x, 0.0));
        case Law::gamma:
            if (!(x > 0.0)) return upper ? 1.0 : 0.0;
            return upper ? bm::gamma_q(p[0], p[1] * x) : bm::gamma_p(p[0], p[1] * x);
        case Law::weibull: {
            const double h = x > 0.0 ? std::pow(x / p[1], p[0]) : 0.0;
            return upper ? std::exp(-h) : -std::expm1(-h);
        }
        case Law::beta: {
            const double inside = std::clamp(x, 0.0, 1.0);
            return upper ? bm::ibetac(p[0], p[1], inside) : bm::ibeta(p[0], p[1], inside);
        }
        default:
            throw Error("M006",
                        "a censored reading of a law that knows none: a count, a fixed value or a "
                        "value with measurement error");
    }
}

double censored_log(Law law, const Reading& r, const std::array<double, kMostTerms>& p) {
    if (r.censor == Censor::left) return std::log(tail(law, r.value, p, false));
    if (r.censor == Censor::right) return std::log(tail(law, r.value, p, true));
    // Both ends from the tail in which they are small: no cancellation far out.
    const bool upper = tail(law, r.value, p, true) < 0.5;
    const double a = tail(law, r.value, p, upper), b = tail(law, r.upper, p, upper);
    return std::log(std::abs(a - b));
}

/// Distribution functions have no closed derivative by a shape: central differences of fourth order.
LawDensity censored(Law law, const Reading& reading, std::span<const double> free,
                    std::span<const Scale> scale) {
    constexpr double h = 1e-3;
    std::array<double, kMostTerms> p{};
    for (std::size_t i = 0; i < free.size(); ++i)
        p[i] = natural(free[i], scale[i], 0).a;
    LawDensity out;
    out.log = censored_log(law, reading, p);
    for (std::size_t i = 0; i < free.size(); ++i) {
        const auto at = [&](double move) {
            auto q = p;
            q[i] = natural(free[i] + move, scale[i], 0).a;
            return censored_log(law, reading, q);
        };
        if (std::isfinite(out.log) && std::isfinite(free[i]))
            out.by_term[i] = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
    }
    return out;
}

}  // namespace

LawDensity law_density(Law law, const Reading& reading, std::span<const double> free,
                       std::span<const Scale> scale) {
    if (reading.censor != Censor::none) return censored(law, reading, free, scale);
    Natural p;
    for (std::size_t i = 0; i < free.size(); ++i)
        p[i] = natural(free[i], scale[i], static_cast<int>(i));
    const Jet log = log_density_of(law, reading.value, p);
    LawDensity out;
    out.log = log.a;
    for (std::size_t i = 0; i < free.size() && std::isfinite(log.a); ++i)
        out.by_term[i] = log.v[static_cast<int>(i)];
    return out;
}

std::span<const std::string_view> natural_parameters(Law law) {
    static constexpr std::string_view kValue[] = {"value"};
    static constexpr std::string_view kNormal[] = {"mean", "sd"};
    static constexpr std::string_view kLognormal[] = {"meanlog", "sdlog"};
    static constexpr std::string_view kTruncated[] = {"mean", "sd", "lower", "upper"};
    static constexpr std::string_view kStudent[] = {"mean", "scale", "df"};
    static constexpr std::string_view kUniform[] = {"lower", "upper"};
    static constexpr std::string_view kRate[] = {"rate"};
    static constexpr std::string_view kGamma[] = {"shape", "rate"};
    static constexpr std::string_view kWeibull[] = {"shape", "scale"};
    static constexpr std::string_view kBeta[] = {"shape1", "shape2"};
    static constexpr std::string_view kBinomial[] = {"size", "prob"};
    static constexpr std::string_view kBetaBinomial[] = {"size", "meanp", "sdp"};
    static constexpr std::string_view kNegative[] = {"disp", "prob"};
    static constexpr std::string_view kNormalError[] = {"mean", "sd", "lower", "upper", "sderr", "meanerr"};
    static constexpr std::string_view kUniformError[] = {"lower", "upper", "sderr", "meanerr"};
    static constexpr std::span<const std::string_view> kOf[] = {
        kValue, kNormal, kLognormal, kTruncated,    kStudent,  kUniform,     kRate,         kGamma, kWeibull,
        kBeta,  kRate,   kBinomial,  kBetaBinomial, kNegative, kNormalError, kUniformError, {}};
    return kOf[static_cast<std::size_t>(law)];
}

Scale scale_of(std::string_view natural_parameter) {
    for (const std::string_view name : {"prob", "meanp"})
        if (natural_parameter == name) return Scale::logit;
    for (const std::string_view name : {"value", "mean", "meanlog", "meanerr", "lower", "upper", "size"})
        if (natural_parameter == name) return Scale::identity;
    return Scale::log;
}

}  // namespace bellwether::markov

#include "normal.hpp"

#include <algorithm>
#include <cmath>

namespace bellwether::markov {
namespace {
constexpr double kRootHalf = 0.70710678118654752440;

// Gauss-Legendre, 10 points. Abramowitz & Stegun 1964, table 25.4.
constexpr double kNode[] = {0.148874338981631211, 0.433395394129247191, 0.679409568299024406,
                            0.865063366688984511, 0.973906528517171720};
constexpr double kWeight[] = {0.295524224714752870, 0.269266719309996355, 0.219086362515982044,
                              0.149451349150580593, 0.066671344308688138};

/// log of the integrand normal(u; offset, tau) * cdf(side * (c - u) / sd); concave in u.
struct Integrand {
    double c, sd, side;
    CutPrior prior;
    [[nodiscard]] double log(double u) const {
        return log_density((u - prior.offset) / prior.sd) - std::log(prior.sd) + log_cdf(side * (c - u) / sd);
    }
    [[nodiscard]] double slope(double u) const {
        return -(u - prior.offset) / (prior.sd * prior.sd) - side * hazard(side * (c - u) / sd) / sd;
    }
    /// Where it is largest on u <= 0, by bisection of the slope, which falls.
    [[nodiscard]] double mode() const {
        if (slope(0.0) >= 0.0) return 0.0;
        double high = 0.0, step = prior.sd;
        double low = std::min(0.0, prior.offset) - step;
        while (slope(low) <= 0.0) {
            high = low;
            step *= 2.0;
            low -= step;
        }
        for (int i = 0; i < 40 && high - low > 1e-3 * std::min(sd, prior.sd); ++i) {
            const double middle = 0.5 * (low + high);
            (slope(middle) > 0.0 ? low : high) = middle;
        }
        return 0.5 * (low + high);
    }
    /// First point from `from` in a direction at which the integrand has fallen by e^-40 (or 0 is reached).
    [[nodiscard]] double end(double from, double direction, double top) const {
        double u = from, step = 0.5 * std::min(sd, prior.sd);
        while (log(u) > top - 40.0) {
            u += direction * step;
            step *= 1.5;
            if (direction > 0.0 && u >= 0.0) return 0.0;
        }
        return u;
    }
};

/// log of the integral over u < 0.
double log_integral(const Integrand& f) {
    const double mode = f.mode();
    const double top = f.log(mode);
    const double left = f.end(mode, -1.0, top);
    double right = f.end(mode, 1.0, top);
    double sum = 0.0;
    // Panels: an eighth of the window (a steep fall against 0 makes it short), finer where the limit cuts.
    const double wide = std::min(2.0 * f.prior.sd, (right - left) / 8.0), fine = std::min(wide, 2.0 * f.sd);
    const double near_low = f.c - 6.0 * f.sd, near_high = f.c + 6.0 * f.sd;
    while (right > left) {
        double next = right - wide;
        if (right > near_high)
            next = std::max(next, near_high);
        else if (right > near_low)
            next = std::max(right - fine, near_low);
        next = std::max(next, left);
        if (!(next < right)) break;
        const double centre = 0.5 * (right + next), half = 0.5 * (right - next);
        double panel = 0.0;
        for (int i = 0; i < 5; ++i)
            panel += kWeight[i] * (std::exp(f.log(centre - half * kNode[i]) - top) +
                                   std::exp(f.log(centre + half * kNode[i]) - top));
        sum += panel * half;
        right = next;
    }
    return top + std::log(sum);
}

/// The probability that the next value lies on one side of z; its derivatives are closed.
Tangent side_after_cut(double z, double shift, double sd, CutPrior prior, double side) {
    const double c = z - shift;
    Tangent out;
    out.log = log_integral({c, sd, side, prior}) - log_cdf(-prior.offset / prior.sd);
    const double total = std::hypot(sd, prior.sd);
    const double mean = (prior.offset * sd * sd + c * prior.sd * prior.sd) / (total * total);
    const double spread = sd * prior.sd / total;
    const double relative = std::exp(known_after_cut(z, shift, sd, prior).log - out.log);
    out.by_mean = -side * relative;
    out.by_log_sd = -side * relative * (c - (mean - spread * hazard(-mean / spread)));
    return out;
}

}  // namespace

double log_density(double z) {
    return -0.5 * z * z - kLogRootTwoPi;
}

double log_cdf(double z) {
    if (z > 0.0) return std::log1p(-0.5 * std::erfc(z * kRootHalf));
    if (z > -35.0) return std::log(0.5 * std::erfc(-z * kRootHalf));
    const double w = 1.0 / (z * z);  // asymptotic series; Abramowitz & Stegun 1964, 26.2.12
    return log_density(z) - std::log(-z) + std::log1p(-w * (1.0 - w * (3.0 - 15.0 * w)));
}

double hazard(double z) {
    return std::exp(log_density(z) - log_cdf(z));
}

Tangent known(double y, double mean, double sd) {
    const double z = (y - mean) / sd;
    return {log_density(z) - std::log(sd), z / sd, z * z - 1.0};
}

Tangent below(double limit, double mean, double sd) {
    const double z = (limit - mean) / sd;
    const double h = hazard(z);
    return {log_cdf(z), -h / sd, -h * z};
}

Tangent above(double limit, double mean, double sd) {
    const double z = (limit - mean) / sd;
    const double h = hazard(-z);
    return {log_cdf(-z), h / sd, h * z};
}

Tangent known_after_cut(double z, double shift, double sd, CutPrior prior) {
    // The product of two normals in u, cut at 0: normal(y; offset, total) times the probability that u < 0
    // given y.
    const double y = z - shift, v = sd * sd, t = prior.sd * prior.sd, total = std::sqrt(v + t);
    const double scale = total * sd * prior.sd;
    const double k = -(prior.offset * v + y * t) / scale;
    const double w = (y - prior.offset) / total;
    const double h = hazard(k);
    Tangent out;
    out.log = log_density(w) - std::log(total) + log_cdf(k) - log_cdf(-prior.offset / prior.sd);
    out.by_mean = w / total + h * t / scale;
    const double share = v / (v + t);
    out.by_log_sd = (w * w - 1.0) * share + h * (-2.0 * prior.offset * v / scale - k * (share + 1.0));
    return out;
}

Tangent below_after_cut(double z, double shift, double sd, CutPrior prior) {
    return side_after_cut(z, shift, sd, prior, 1.0);
}

Tangent above_after_cut(double z, double shift, double sd, CutPrior prior) {
    return side_after_cut(z, shift, sd, prior, -1.0);
}

Tangent between(double low, double high, double mean, double sd) {
    // Mirrored where both lie above the mean, so that the difference keeps its digits.
    const double side = low > mean ? -1.0 : 1.0;
    const double a = (side > 0.0 ? low - mean : mean - high) / sd;
    const double b = (side > 0.0 ? high - mean : mean - low) / sd;
    Tangent out;
    out.log = log_cdf(b) + std::log1p(-std::exp(log_cdf(a) - log_cdf(b)));
    const double at_a = std::exp(log_density(a) - out.log), at_b = std::exp(log_density(b) - out.log);
    out.by_mean = -side * (at_b - at_a) / sd;
    out.by_log_sd = a * at_a - b * at_b;
    return out;
}

}  // namespace bellwether::markov

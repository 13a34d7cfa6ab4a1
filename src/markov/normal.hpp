#pragma once

/// Private: the normal distribution far into its tails, and a latent normal value seen through two limits.
namespace bellwether::markov {

constexpr double kLogRootTwoPi = 0.91893853320467274178;

/// log of the standard normal distribution function; right to rounding for every finite z.
[[nodiscard]] double log_cdf(double z);
[[nodiscard]] double log_density(double z);
/// density(z) / cdf(z); about -z far to the left.
[[nodiscard]] double hazard(double z);

/// A log density (or probability) and its derivatives by the shift and by the log of the sd.
struct Tangent {
    double log = 0.0;
    double by_mean = 0.0;
    double by_log_sd = 0.0;
};

/// y ~ normal(mean, sd), y known / below / above.
[[nodiscard]] Tangent known(double y, double mean, double sd);
[[nodiscard]] Tangent below(double limit, double mean, double sd);
[[nodiscard]] Tangent above(double limit, double mean, double sd);
[[nodiscard]] Tangent between(double low, double high, double mean, double sd);

/// The previous value was below its limit: u = value - limit ~ normal(offset, prior_sd) cut to u < 0. The
/// next one is z = u + shift + normal(0, sd), all counted from that limit. Its log density, or the log
/// probability that it is below or above z. @tested tests/markov/emission_test.cpp against quadrature.
struct CutPrior {
    double offset, sd;
};
[[nodiscard]] Tangent known_after_cut(double z, double shift, double sd, CutPrior prior);
[[nodiscard]] Tangent below_after_cut(double z, double shift, double sd, CutPrior prior);
[[nodiscard]] Tangent above_after_cut(double z, double shift, double sd, CutPrior prior);

}  // namespace bellwether::markov

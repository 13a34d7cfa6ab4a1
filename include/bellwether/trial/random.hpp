#pragma once

#include <cstdint>
#include <span>

namespace bellwether::trial {

/// Random numbers that are the same on every machine and in every order of patients.
///
/// Counter-based: the n-th number is a hash of (seed, patient, use, n), so that a patient's numbers depend on
/// nothing else, and a draw added to one use does not move those of another. Distributions are written out
/// here because those of <random> differ between standard libraries.
///
/// @source SplitMix64: Steele, Lea & Flood 2014, OOPSLA, doi:10.1145/2660193.2660195; Box & Muller 1958,
///         Ann. Math. Stat. 29:610.
class Stream {
public:
    enum class Use : std::uint64_t { patient = 1, course = 2, visits = 3, assay = 4, release = 5 };

    Stream(std::uint64_t seed, std::uint64_t patient, Use use);
    [[nodiscard]] std::uint64_t next();
    [[nodiscard]] double uniform();  ///< in (0, 1), both ends excluded
    [[nodiscard]] double uniform(double low, double high);
    [[nodiscard]] int integer(int low, int high);                 ///< low and high included
    [[nodiscard]] double normal();                                ///< mean 0, standard deviation 1
    [[nodiscard]] double lognormal(double median, double sigma);  ///< sigma: of the natural log
    [[nodiscard]] double exponential(double mean);
    [[nodiscard]] bool chance(double probability);
    [[nodiscard]] std::size_t pick(std::span<const double> weights);  ///< index, in proportion to the weights

private:
    std::uint64_t key_;
    std::uint64_t count_ = 0;
};

/// Standard deviation of the natural log that gives a lognormal variable this coefficient of variation.
[[nodiscard]] double log_sd(double coefficient_of_variation);

}  // namespace bellwether::trial

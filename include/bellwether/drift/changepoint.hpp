#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "bellwether/drift/chart.hpp"

/// Change points by Bayes' rule: the series is cut into runs; within a run readings are independent normal
/// with one mean and variance of its own, drawn anew for each run. Product partition model of Barry &
/// Hartigan 1992.
namespace bellwether::drift {

/// Prior or posterior of a run's mean and variance: variance ~ inverse gamma(alpha, beta), mean given the
/// variance ~ N(mean, variance / kappa). The next reading is then Student-t around `mean` with 2 alpha
/// degrees of freedom and squared scale beta (kappa + 1) / (alpha kappa).
struct RunPrior {
    double mean = 0.0, kappa = 1.0, alpha = 1.0, beta = 1.0;
};

/// What a series' own baseline says of its runs.
struct RunPriors {
    RunPrior first;  ///< of the run that the baseline's readings began
    RunPrior fresh;  ///< of every later one: noise as in the baseline, level anywhere within some sds
};

/// Prior weight, in readings, of the baseline's mean for the level of a later run: levels spread by
/// 1/sqrt(0.1) = 3.2 standard deviations of a reading. Illustrative.
constexpr double fresh_kappa = 0.1;

/// From the n readings of a baseline with mean m and standard deviation s: first = (m, n, (n-1)/2,
/// (n-1)s^2/2), what they leave of a flat prior; fresh = the same with kappa = fresh_kappa. A known baseline
/// stands for very many readings. @throws Error D010 the baseline is not ready.
[[nodiscard]] RunPriors priors_from(const Baseline& baseline);

/// Probability of a change in a gap, when changes come at random at a constant rate: 1 - exp(-gap / mean).
/// @throws Error D010 gap below 0 or mean not above 0
[[nodiscard]] double hazard(double gap, double mean_between_changes);

/// Posterior of when the present run began, reading after reading (Adams & MacKay 2007, arXiv:0710.3742). All
/// weights in logarithms.
///
/// Convention: a run of length r holds the last r readings, r >= 1; Adams & MacKay also count, after each
/// reading, the run of length 0 that the next one would begin, with probability `hazard`, and scale the
/// others by 1 - hazard.
///
/// A reading beyond its limit of detection weighs each run by the tail of its predictive distribution and
/// leaves its mean and variance as they are (it says which run, hardly where in it): exact for one such
/// reading, an approximation where several of a run follow each other.
///
/// @cost  O(runs) a reading; `prune` drops runs whose posterior is below that share of the most probable
///        one's, which takes at most that share each from all that is said. 0: none is dropped.
/// @tested tests/drift/changepoint_test.cpp: published-method figures on the Nile's flow, enumeration of all
///         segmentations.
class RunLengths {
public:
    struct Run {
        std::size_t start;   ///< its first reading, from 0
        double log_weight;   ///< log of its joint density with all readings so far
        RunPrior posterior;  ///< of its mean and variance
        double gamma_ratio;  ///< log Gamma(alpha + 1/2) - log Gamma(alpha), carried along
    };
    /// @param before  readings that are in priors.first already: those of the baseline. They count: the first
    ///                one that is taken has this index, and may begin a run.
    explicit RunLengths(const RunPriors& priors, std::size_t before = 0, double prune = 0.0);
    /// @param change  probability of a change between the reading before and this one, in [0, 1); not used
    ///                for the very first
    /// @throws Error D010 out of range, or a reading that is not finite
    void take(const Reading& x, double change);

    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] std::span<const Run> runs() const { return runs_; }  ///< ascending by start
    [[nodiscard]] double log_evidence() const { return log_evidence_; }
    [[nodiscard]] double probability(const Run& run) const;
    /// That the present run began at this reading or later.
    [[nodiscard]] double began_since(std::size_t start) const;
    [[nodiscard]] std::size_t most_probable_start() const;

private:
    RunPriors priors_;
    double prune_, log_evidence_ = 0.0;
    std::size_t count_ = 0;
    std::vector<Run> runs_;
};

/// All readings at once, looking back.
struct Segmentation {
    std::vector<std::size_t> starts;  ///< of the runs of the most probable cut, the first (0) left out
    std::vector<double> change;  ///< by reading: probability that a run begins with it; 0 in the baseline
    double log_evidence = 0.0;
};

/// Exact (Fearnhead 2006, Stat Comput 16:203), by the recursion from the end.
/// @param readings  those of the baseline first; only their number, `before`, is used: they are in
/// priors.first
/// @param change    by reading, as in RunLengths::take
/// @throws Error D010 as there, or lengths that differ.
/// @cost   O(n^2) time, O(n) memory: 2,000 readings take about 0.2 s.
[[nodiscard]] Segmentation segment(std::span<const Reading> readings, std::span<const double> change,
                                   const RunPriors& priors, std::size_t before = 0);

}  // namespace bellwether::drift

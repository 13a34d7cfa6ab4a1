#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <Eigen/Core>

#include "bellwether/markov/emission.hpp"
#include "bellwether/markov/panel.hpp"
#include "bellwether/markov/transition.hpp"

namespace bellwether::markov {

/// All that must be known of a subject to go on filtering. A type of its own: saved and resumed bit for bit.
struct FilterState {
    bool started = false;
    double time = 0.0;                    ///< of the last row, days
    std::vector<double> log_probability;  ///< filtered, per state
    std::vector<double> covariates;       ///< in force
    std::vector<ChannelMemory> memory;    ///< per channel
    /// Levels that are followed: per state a mixture of four parts (entered in the last gap or not, last
    /// reading maybe wild or not). Row-major.
    std::vector<double> level_share;              ///< states x parts
    std::vector<double> level_mean;               ///< states x parts x levels
    std::vector<double> level_covariance;         ///< states x parts x levels x levels
    double log_likelihood = 0.0;                  ///< of all rows so far
    [[nodiscard]] std::string serialize() const;  ///< printable text, one line; doubles as their bits
    /// @throws Error M042 when the text is not of this form.
    [[nodiscard]] static FilterState deserialize(std::string_view text);
    friend bool operator==(const FilterState&, const FilterState&) = default;
};

/// One row's result. Reuse it: after the first row nothing is allocated.
struct Step {
    Eigen::VectorXd before;     ///< filtered at the row before (start probabilities for the first)
    Eigen::VectorXd predicted;  ///< at this row, before its readings
    Eigen::VectorXd filtered;
    double log_likelihood =
        0.0;  ///< this row's contribution; -infinity: impossible, the state was left alone
    std::vector<std::size_t> channels;  ///< those that were read
    Eigen::MatrixXd log_weight;   ///< K x (channels read + 1); the last column: what the row's kind says
    bool kind_speaks = false;     ///< the last column is not all 0
    std::vector<double> centred;  ///< the row's covariates minus their centres, where they act on readings

    // Where levels are followed. The columns of their channels in log_weight are 0 wherever they can be read:
    // what they say depends on the state at the row before, too.
    std::vector<std::size_t> levels;  ///< places in `channels` of those with a level
    /// explain(): state before (row) and now: log of the move and of the levels' readings; else empty.
    Eigen::MatrixXd log_pair;
    /// explain(): K x 2^levels: log of the states and of a subset of the levels' readings, bit i = levels[i].
    Eigen::MatrixXd log_joint;
};

/// Why P(label) moved at a row, in log odds of the label against its complement.
struct WeightOfEvidence {
    double before = 0.0, after = 0.0;  ///< log odds at the previous and this row
    double time = 0.0;                 ///< of time elapsed: predicted minus before
    std::vector<double>
        channel;        ///< parallel to Step::channels: Shapley values, all from the same prediction
    double kind = 0.0;  ///< of an exact entry or a set of states
};

/// Forward filter, a row at a time. Levels behind the readings (Channel::latent) are followed per state as
/// one normal distribution each: pairs of states before and now, collapsed after the readings (GPB2). Exact
/// where no level is followed or there is one state.
///
/// @source Bar-Shalom, Li & Kirubarajan 2001, ch. 11.6 [BarShalom2001]; Kim 1994 [Kim1994].
/// @tested tests/markov/switching_test.cpp: Kalman filter; sum over all paths; simulation.
/// @cost   one row of 10 states and 6 channels: a few microseconds when its gap is in the cache, without
///         allocation then where no level is followed.
class Filter {
public:
    /// Keeps a reference: the cache (with its specification and values) must outlive it. Not thread-safe.
    /// @throws Error M014 a channel with `patient-sd`; M004 more than 8 levels.
    explicit Filter(TransitionCache& cache);
    ~Filter();
    Filter(Filter&&) noexcept;
    Filter& operator=(Filter&&) noexcept;

    /// @param own         the subject's own start weights instead of the specification's; empty: none
    /// @param covariates  of the first row, where they act on the start; empty: all at their centres
    [[nodiscard]] FilterState start(std::span<const double> own = {},
                                    std::span<const double> covariates = {}) const;
    /// Takes a row in. An impossible row leaves `state` unchanged, but for nothing.
    /// @throws Error M003 to M009 as for a panel; M005 time before the state's.
    void step(FilterState& state, const Row& row, Step& out) const;
    /// The same, and what weigh() and smoothing need beside levels that are followed: pairs of states, and
    /// each subset of the levels' readings.
    void explain(FilterState& state, const Row& row, Step& out) const;
    /// Drops what is known of a channel: its readings are not comparable with what follows (another assay).
    void forget(FilterState& state, std::size_t channel) const;
    /// Probabilities `ahead` of the state's time, covariates as in force.
    [[nodiscard]] Eigen::VectorXd forecast(const FilterState& state, Days ahead) const;
    [[nodiscard]] const Spec& spec() const { return cache_->spec(); }
    [[nodiscard]] const Values& values() const { return cache_->values(); }

private:
    void take(FilterState& state, const Row& row, Step& out, bool explained) const;

    struct Levels;  ///< private to the module
    TransitionCache* cache_;
    Eigen::VectorXd start_;
    std::unique_ptr<Levels> levels_;
};

/// A channel's level as the filter knows it, on the channel's scale (log for lognormal).
struct LevelEstimate {
    double mean = 0.0, sd = 0.0;
};
/// Over all states. Nothing where the channel has no level.
[[nodiscard]] std::optional<LevelEstimate> level_estimate(const Spec& spec, const FilterState& state,
                                                          std::size_t channel);

/// Sum over a set of states.
[[nodiscard]] double probability(const Eigen::VectorXd& p, StateSet set);
[[nodiscard]] Eigen::VectorXd probabilities(const FilterState& state);

/// The change of log odds of `set` against its complement = time + sum(channel) + kind, to 1e-9.
/// Nothing when a log odds involved is infinite (the label is impossible or certain).
/// @cost   2^n subsets of the n channels read: meant for up to 8, refused (M010) above 12.
/// @source Good 1985 (weight of evidence) [Good1985]; Shapley 1953 [Shapley1953].
[[nodiscard]] std::optional<WeightOfEvidence> weigh(const Step& step, StateSet set);

}  // namespace bellwether::markov

#pragma once

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
    double time = 0.0;                            ///< of the last row, days
    std::vector<double> log_probability;          ///< filtered, per state
    std::vector<double> covariates;               ///< in force
    std::vector<ChannelMemory> memory;            ///< per channel
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
};

/// Why P(label) moved at a row, in log odds of the label against its complement.
struct WeightOfEvidence {
    double before = 0.0, after = 0.0;  ///< log odds at the previous and this row
    double time = 0.0;                 ///< of time elapsed: predicted minus before
    std::vector<double>
        channel;        ///< parallel to Step::channels: Shapley values, all from the same prediction
    double kind = 0.0;  ///< of an exact entry or a set of states
};

/// Forward filter, a row at a time.
///
/// @cost   one row of 10 states and 6 channels: a few microseconds when its gap is in the cache, and then
/// without
///         allocation.
class Filter {
public:
    /// Keeps a reference: the cache (with its specification and values) must outlive it. Not thread-safe.
    /// @throws Error M014 a channel with a level of a patient's own.
    explicit Filter(TransitionCache& cache);

    /// @param own         the subject's own start weights instead of the specification's; empty: none
    /// @param covariates  of the first row, where they act on the start; empty: all at their centres
    [[nodiscard]] FilterState start(std::span<const double> own = {},
                                    std::span<const double> covariates = {}) const;
    /// Takes a row in. An impossible row leaves `state` unchanged, but for nothing.
    /// @throws Error M003 to M009 as for a panel; M005 time before the state's.
    void step(FilterState& state, const Row& row, Step& out) const;
    /// Probabilities `ahead` of the state's time, covariates as in force.
    [[nodiscard]] Eigen::VectorXd forecast(const FilterState& state, Days ahead) const;
    [[nodiscard]] const Spec& spec() const { return cache_->spec(); }
    [[nodiscard]] const Values& values() const { return cache_->values(); }

private:
    TransitionCache* cache_;
    Eigen::VectorXd start_;
};

/// Sum over a set of states.
[[nodiscard]] double probability(const Eigen::VectorXd& p, StateSet set);
[[nodiscard]] Eigen::VectorXd probabilities(const FilterState& state);

/// The change of log odds of `set` against its complement = time + sum(channel) + kind, to 1e-9.
/// Nothing when a log odds involved is infinite (the label is impossible or certain).
/// @cost   2^n subsets of the n channels read: meant for up to 8, refused (M010) above 12.
/// @source Good 1985 (weight of evidence) [Good1985]; Shapley 1953 [Shapley1953].
[[nodiscard]] std::optional<WeightOfEvidence> weigh(const Step& step, StateSet set);

}  // namespace bellwether::markov

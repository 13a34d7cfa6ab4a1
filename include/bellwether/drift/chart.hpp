#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "bellwether/record/resolve.hpp"

/// Control charts for one series: is the level still that of its own baseline? Readings are on the scale on
/// which they are judged (for a log channel, logarithms, limits of detection too). Charts count readings, not
/// days: a reading counts the same after three days and after three months, and a limit's cost in false
/// signals (run_length.hpp) is per reading.
namespace bellwether::drift {

/// Readings that are taken as the baseline before anything is judged: illustrative.
constexpr int least_baseline = 4;

/// Mean and standard deviation in control: known, or those of the readings so far (self-starting), so that a
/// short history is judged by what it is worth.
///
/// A reading beyond its limit of detection has, given the baseline, the mean and variance of a normal
/// truncated at the limit: it is scored by the mean (conditional expected value; Steiner & MacKay 2000, J
/// Qual Technol 32:199), so that one that says nothing pulls nowhere; it enters the running mean by the mean
/// and the running variance by both (one step of EM, an approximation). Before the baseline is ready it is
/// passed over: there is nothing yet to say what lies beyond it.
///
/// A reading whose score is beyond 3 enters as the one at 3 (winsorised; Hawkins 1993, J Qual Technol
/// 25:248), else the first reading of a jump would widen the sd so much that the jump hides itself.
///
/// @tested tests/drift/chart_test.cpp: scores of a short series in control are N(0, 1).
class Baseline {
public:
    /// Self-starting, from this many measured readings on. @throws Error D010 below 2.
    explicit Baseline(int wanted = least_baseline);
    /// Known. @throws Error D010 sd not above 0, or either not finite.
    Baseline(double mean, double sd);

    /// Enough measured readings, and not all equal.
    [[nodiscard]] bool ready() const;
    [[nodiscard]] bool known() const { return known_; }
    [[nodiscard]] int wanted() const { return wanted_; }
    [[nodiscard]] int measured() const { return measured_; }  ///< not beyond a limit of detection
    [[nodiscard]] double count() const { return count_; }     ///< all that entered
    [[nodiscard]] double mean() const { return mean_; }
    [[nodiscard]] double sd() const;

    /// The reading in standard deviations from the mean. Self-starting: the t of the reading against those
    /// before it, sqrt(n/(n+1)) (x - mean_n)/sd_n with n - 1 degrees of freedom, brought to the normal
    /// deviate of the same tail: exactly N(0, 1) and independent of the scores before, for normal readings in
    /// control and none of them beyond 3 (Hawkins 1987, The Statistician 36:299; Hawkins & Olwell 1998, ch.
    /// 7).
    /// @return nothing until ready()
    [[nodiscard]] std::optional<double> score(const Reading& x) const;
    /// Takes it into the running mean and sd. A known baseline stays as it is.
    void take(const Reading& x);

private:
    [[nodiscard]] double within(double x) const;
    void enter(double x, double variance);

    bool known_ = false;
    int wanted_ = least_baseline, measured_ = 0;
    double count_ = 0.0, mean_ = 0.0, squares_ = 0.0;
};

enum class Side { up, down };

/// Tabular CUSUM (Page 1954): S+ = max(0, S+ + u - k), S- = max(0, S- - u - k); a signal where S > h. Tuned
/// to a lasting shift of 2k standard deviations. h = 5 with k = 0.5: a false signal in 465 readings, both
/// sides.
struct Cusum {
    double k = 0.5, h = 5.0;
    double head_start = 0.0;  ///< S at the start, of both (Lucas & Crosier 1982: h/2)
};

/// EWMA (Roberts 1959, Technometrics 1:239): Z = (1 - lambda) Z + lambda u; a signal where |Z| > c times the
/// standard deviation that Z has in the limit. The defaults: a false signal in 371 readings.
struct Ewma {
    double lambda = 0.2, c = 2.86;
};

/// The running statistic of either chart, fed with scores.
class ChartStatistic {
public:
    /// @throws Error D010 k below 0, h or c not above 0, head_start outside [0, h], lambda outside (0, 1].
    explicit ChartStatistic(const std::variant<Cusum, Ewma>& design);
    void step(double score);
    /// CUSUM: S+ or S-, in standard deviations of a reading. EWMA: Z or -Z, in its own standard deviations.
    [[nodiscard]] double value(Side side) const;
    [[nodiscard]] double limit() const;  ///< h or c
    [[nodiscard]] bool over(Side side) const { return value(side) > limit(); }

private:
    std::variant<Cusum, Ewma> design_;
    double up_ = 0.0, down_ = 0.0;  ///< EWMA: Z in up_
};

/// Of scores of which the last made a chart signal: the index of the first one of the shift. Maximum
/// likelihood for a step in the mean from 0: the split after which n scores of mean m on that side have the
/// largest n m^2. It dates changes better than the charts' own counts do (Pignatiello & Samuel 2001, J Qual
/// Technol 33:82).
[[nodiscard]] std::size_t shift_begins(std::span<const double> scores, Side side);

/// A chart went over its limit.
struct Signal {
    std::size_t at;     ///< reading at which it did, from 0
    std::size_t onset;  ///< first reading of the drift, see shift_begins()
    Side side;
    double value;  ///< of the statistic
    double score;  ///< of the reading that brought it over
    friend bool operator==(const Signal&, const Signal&) = default;
};

/// What a chart does when it goes over its limit.
enum class Watch {
    up,    ///< rises are watched: while over, the baseline stands still and the statistic goes on
    down,  ///< falls are
    both,
    neither  ///< nothing is held: each signal begins a new level
};

/// A chart that keeps its own baseline, reading after reading; nothing is known before it is taken.
///
/// - On a watched side: while it is over its limit no reading enters the baseline, so that a drift does not
///   become its own norm. The statistic comes back only as readings do.
/// - On a side that is not watched: the signal ends a level. Baseline and statistic begin anew with the first
///   reading of the drift (the readings since are taken again), so that a patient who responds is from then
///   on judged against the response. Until the new baseline is ready nothing can be said.
/// - With a known baseline nothing begins anew; a signal is each crossing of the limit.
/// @cost O(1) a reading; each is taken again at most once for each new level.
class Chart {
public:
    Chart(const std::variant<Cusum, Ewma>& design, const Baseline& fresh, Watch watch);
    void take(const Reading& x);

    [[nodiscard]] Watch watch() const { return watch_; }
    [[nodiscard]] const Baseline& baseline() const { return baseline_; }
    [[nodiscard]] const ChartStatistic& statistic() const { return statistic_; }
    /// Score of the last reading; nothing when it belongs to a baseline that is being built.
    [[nodiscard]] std::optional<double> score() const { return score_; }
    [[nodiscard]] const std::vector<Signal>& signals() const { return signals_; }
    [[nodiscard]] std::size_t level_begins() const { return begins_; }  ///< reading, from 0
    [[nodiscard]] std::size_t count() const { return readings_.size(); }

private:
    [[nodiscard]] bool watched(Side side) const;
    bool judge(std::size_t i, Side side);

    ChartStatistic fresh_statistic_, statistic_;
    Baseline fresh_, baseline_;
    Watch watch_;
    std::vector<Reading> readings_;
    std::vector<Signal> signals_;
    std::vector<double> scores_;  ///< of this level's readings, the last ones
    std::optional<double> score_;
    std::size_t begins_ = 0;
    bool over_up_ = false, over_down_ = false;
};

}  // namespace bellwether::drift

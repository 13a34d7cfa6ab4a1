#pragma once

#include <span>
#include <vector>

#include "bellwether/study/score.hpp"

/// The rows of one landmark in order of time, and the sums that they add to the figures of a score.
namespace bellwether::study {

/// Probability of the event by the horizon (Aalen & Johansen 1978) over rows that are given in order of
/// time.
class Incidence {
public:
    explicit Incidence(double horizon) : horizon_(horizon) {}
    void add(double time, ScoreEnd end, double weight) {
        if (weight <= 0.0) return;
        total_ += weight;
        rows_.push_back({time, end, weight});
    }
    /// Nothing without rows, or where some are still at risk and none was followed to the horizon.
    [[nodiscard]] std::optional<double> at_horizon() const;
    [[nodiscard]] double total() const { return total_; }
    void clear() {
        rows_.clear();
        total_ = 0.0;
    }

private:
    struct Row {
        double time;
        ScoreEnd end;
        double weight;
    };
    double horizon_, total_ = 0.0;
    std::vector<Row> rows_;
};

/// A share as what is counted over what it is counted of, so that landmarks can be added up.
struct Ratio {
    double above = 0.0, below = 0.0;
    void add(double a, double b) {
        above += a;
        below += b;
    }
    [[nodiscard]] std::optional<double> value() const {
        return below > 0.0 ? std::optional(above / below) : std::nullopt;
    }
};

struct ScoreSums {
    Ratio harrell, uno, auc, auc_event_free, sensitivity, specificity;
    Ratio risk, predicted, brier, brier_null;
    bool reaches = true;     ///< each landmark's follow-up tells what happened by the horizon
    bool competing = false;  ///< somebody ended otherwise by the horizon
};

class ScoreStratum {
public:
    /// @param rows  of one landmark, in order of time
    ScoreStratum(std::vector<ScoredRow> rows, double horizon);
    void add(std::span<const std::uint32_t> weights, ScoreSums& sums) const;

private:
    /// What one draw makes of the rows, parallel to them.
    struct Drawn {
        std::vector<double> count;  ///< how often the row counts
        std::vector<double> stays;  ///< G(T-)
        std::vector<double> known;  ///< count times the weight of what is known of it at the horizon
    };
    [[nodiscard]] Drawn draw(std::span<const std::uint32_t> weights) const;
    void concordance(const Drawn& d, ScoreSums& sums) const;
    void roc(const Drawn& d, ScoreSums& sums) const;
    void accuracy(const Drawn& d, double risk, ScoreSums& sums) const;
    [[nodiscard]] bool is_case(const ScoredRow& r) const {
        return r.end == ScoreEnd::event && r.time <= horizon_;
    }

    std::vector<ScoredRow> rows_;
    double horizon_;
    std::vector<std::size_t> rank_;      ///< of the score, 0 for the lowest; equal scores share one
    std::vector<std::size_t> by_score_;  ///< places of the rows, ascending by score
    std::size_t ranks_ = 0;
};

}  // namespace bellwether::study

#include "score_stratum.hpp"

#include <algorithm>
#include <numeric>

namespace bellwether::study {
namespace {

/// Weights by rank with sums up to a rank, both in O(log n): Fenwick 1994, Softw Pract Exp 24:327-336.
class RankSums {
public:
    explicit RankSums(std::size_t ranks) : tree_(ranks + 1, 0.0), at_(ranks, 0.0) {}
    void add(std::size_t rank, double weight) {
        at_[rank] += weight;
        total_ += weight;
        for (std::size_t i = rank + 1; i < tree_.size(); i += i & (~i + 1))
            tree_[i] += weight;
    }
    [[nodiscard]] double below(std::size_t rank) const {
        double sum = 0.0;
        for (std::size_t i = rank; i > 0; i &= i - 1)
            sum += tree_[i];
        return sum;
    }
    [[nodiscard]] double total() const { return total_; }
    /// Weight over which a score of this rank wins; ties count half.
    [[nodiscard]] double beaten(std::size_t rank) const { return below(rank) + 0.5 * at_[rank]; }

private:
    std::vector<double> tree_, at_;
    double total_ = 0.0;
};

}  // namespace

std::optional<double> Incidence::at_horizon() const {
    if (rows_.empty()) return std::nullopt;
    double at_risk = total_, free = 1.0, incidence = 0.0;
    std::size_t i = 0;
    while (i < rows_.size() && rows_[i].time <= horizon_) {
        const double time = rows_[i].time;
        double here = 0.0, ends = 0.0, events = 0.0;
        for (; i < rows_.size() && rows_[i].time == time; ++i) {
            here += rows_[i].weight;
            if (rows_[i].end != ScoreEnd::censored) ends += rows_[i].weight;
            if (rows_[i].end == ScoreEnd::event) events += rows_[i].weight;
        }
        incidence += free * events / at_risk;
        free *= (at_risk - ends) / at_risk;
        at_risk -= here;
    }
    const bool followed = rows_.back().time >= horizon_;
    return followed || free <= 0.0 ? std::optional(incidence) : std::nullopt;
}

ScoreStratum::ScoreStratum(std::vector<ScoredRow> rows, double horizon)
    : rows_(std::move(rows)), horizon_(horizon), rank_(rows_.size()), by_score_(rows_.size()) {
    std::iota(by_score_.begin(), by_score_.end(), std::size_t{0});
    std::stable_sort(by_score_.begin(), by_score_.end(),
                     [&](std::size_t a, std::size_t b) { return rows_[a].score < rows_[b].score; });
    for (std::size_t k = 0; k < by_score_.size(); ++k) {
        if (k > 0 && rows_[by_score_[k]].score > rows_[by_score_[k - 1]].score) ++ranks_;
        rank_[by_score_[k]] = ranks_;
    }
    ++ranks_;
}

ScoreStratum::Drawn ScoreStratum::draw(std::span<const std::uint32_t> weights) const {
    const std::size_t n = rows_.size();
    Drawn d{std::vector<double>(n), std::vector<double>(n), std::vector<double>(n, 0.0)};
    double at_risk = 0.0;
    for (std::size_t i = 0; i < n; ++i)
        at_risk += d.count[i] = weights[rows_[i].patient];
    double stays = 1.0, stays_to_horizon = 1.0;
    for (std::size_t i = 0; i < n;) {
        const double time = rows_[i].time;
        double ends = 0.0, censored = 0.0;
        for (; i < n && rows_[i].time == time; ++i) {
            d.stays[i] = stays;
            (rows_[i].end == ScoreEnd::censored ? censored : ends) += d.count[i];
        }
        // Who ended at this time was not at risk of a censoring at it.
        if (censored > 0.0) stays *= (at_risk - ends - censored) / (at_risk - ends);
        at_risk -= ends + censored;
        if (time < horizon_) stays_to_horizon = stays;
    }
    for (std::size_t i = 0; i < n; ++i) {
        if (d.count[i] <= 0.0) continue;
        if (rows_[i].time > horizon_)
            d.known[i] = d.count[i] / stays_to_horizon;
        else if (rows_[i].time == horizon_ || rows_[i].end != ScoreEnd::censored)
            d.known[i] = d.count[i] / d.stays[i];
    }
    return d;
}

void ScoreStratum::concordance(const Drawn& d, ScoreSums& sums) const {
    const std::size_t n = rows_.size();
    std::vector<double> died_below(n, 0.0), died_in_all(n, 0.0);
    RankSums died(ranks_);  // competing ends before the time, each with 1 / G(U-)
    for (std::size_t i = 0; i < n;) {
        const std::size_t first = i;
        for (; i < n && rows_[i].time == rows_[first].time; ++i) {
            died_below[i] = died.beaten(rank_[i]);
            died_in_all[i] = died.total();
        }
        for (std::size_t j = first; j < i; ++j)
            if (rows_[j].end == ScoreEnd::competing && d.count[j] > 0.0)
                died.add(rank_[j], d.count[j] / d.stays[j]);
    }
    RankSums later(ranks_);  // who had no event up to the time, though followed so long
    for (std::size_t i = n; i > 0;) {
        const std::size_t end = i;
        while (i > 0 && rows_[i - 1].time == rows_[end - 1].time)
            --i;
        for (std::size_t j = i; j < end; ++j)
            if (rows_[j].end != ScoreEnd::event) later.add(rank_[j], d.count[j]);
        for (std::size_t j = i; j < end; ++j) {
            if (rows_[j].end != ScoreEnd::event || d.count[j] <= 0.0) continue;
            sums.harrell.add(d.count[j] * later.beaten(rank_[j]), d.count[j] * later.total());
            if (rows_[j].time > horizon_) continue;
            const double w = d.count[j] / d.stays[j];
            sums.uno.add(w * (later.beaten(rank_[j]) / d.stays[j] + died_below[j]),
                         w * (later.total() / d.stays[j] + died_in_all[j]));
        }
        for (std::size_t j = i; j < end; ++j)
            if (rows_[j].end == ScoreEnd::event) later.add(rank_[j], d.count[j]);
    }
}

void ScoreStratum::roc(const Drawn& d, ScoreSums& sums) const {
    double controls = 0.0, free_controls = 0.0, cases = 0.0, won = 0.0, won_free = 0.0;
    for (std::size_t k = 0; k < by_score_.size();) {
        double here = 0.0, free_here = 0.0, cases_here = 0.0;
        const std::size_t rank = rank_[by_score_[k]];
        for (; k < by_score_.size() && rank_[by_score_[k]] == rank; ++k) {
            const auto& r = rows_[by_score_[k]];
            const double w = d.known[by_score_[k]];
            if (is_case(r)) {
                cases_here += w;
                continue;
            }
            here += w;
            if (r.end == ScoreEnd::competing && r.time <= horizon_)
                sums.competing = sums.competing || w > 0.0;
            else
                free_here += w;
        }
        won += cases_here * (controls + 0.5 * here);
        won_free += cases_here * (free_controls + 0.5 * free_here);
        cases += cases_here;
        controls += here;
        free_controls += free_here;
    }
    sums.auc.add(won, cases * controls);
    sums.auc_event_free.add(won_free, cases * free_controls);
}

void ScoreStratum::accuracy(const Drawn& d, double risk, ScoreSums& sums) const {
    double n = 0.0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const auto& r = rows_[i];
        const double happened = is_case(r) ? 1.0 : 0.0, off = happened - r.score, positive = r.score >= 0.5;
        n += d.count[i];
        sums.predicted.add(d.count[i] * r.score, d.count[i]);
        sums.brier.add(d.known[i] * off * off, d.count[i]);
        if (is_case(r))
            sums.sensitivity.add(d.known[i] * positive, d.known[i]);
        else
            sums.specificity.add(d.known[i] * (1.0 - positive), d.known[i]);
    }
    sums.risk.add(n * risk, n);
    // The weights add up to n: the mean square around the observed risk is that of a yes or no.
    sums.brier_null.add(n * risk * (1.0 - risk), n);
}

void ScoreStratum::add(std::span<const std::uint32_t> weights, ScoreSums& sums) const {
    Incidence all(horizon_);
    for (const auto& r : rows_)
        all.add(r.time, r.end, weights[r.patient]);
    if (all.total() <= 0.0) return;
    const Drawn d = draw(weights);
    concordance(d, sums);
    const auto risk = all.at_horizon();
    sums.reaches = sums.reaches && risk;
    if (!risk) return;
    roc(d, sums);
    accuracy(d, *risk, sums);
}

}  // namespace bellwether::study

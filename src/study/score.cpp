#include "bellwether/study/score.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "bellwether/core/error.hpp"

#include "score_stratum.hpp"

namespace bellwether::study {
namespace {

constexpr std::size_t n_measures = static_cast<std::size_t>(ScoreMeasure::brier_scaled) + 1;

void check(const ScoreRequest& request) {
    if (!(request.horizon > 0.0) || !std::isfinite(request.horizon))
        throw Error("U008", "the horizon of a score is a number of days above 0");
    if (request.groups < 1 || request.groups > 100)
        throw Error("U008", "a score is looked at in 1 to 100 groups");
    for (const double t : request.thresholds)
        if (!(t > 0.0 && t < 1.0)) throw Error("U008", "a threshold of net benefit lies between 0 and 1");
}

void check(std::span<const ScoredRow> rows, std::size_t patients, ScoreKind kind) {
    std::set<std::pair<std::size_t, std::size_t>> seen;
    for (const auto& r : rows) {
        if (!std::isfinite(r.time) || r.time <= 0.0)
            throw Error("U001", "a time from the landmark is not above 0, or not a number");
        if (!std::isfinite(r.score)) throw Error("U002", "a score is not a number");
        if (r.patient >= patients) throw Error("U002", "a row of a patient who is not there");
        if (kind == ScoreKind::probability && (r.score < 0.0 || r.score > 1.0))
            throw Error("U009", "a score outside 0 to 1 is no probability");
        if (kind == ScoreKind::yes_no && r.score != 0.0 && r.score != 1.0)
            throw Error("U009", "a yes or no is 1 or 0");
        if (!seen.emplace(r.patient, r.landmark).second)
            throw Error("U009", "a patient stands at one landmark twice");
    }
}

/// Groups of equal size by score, cut between different scores only: equal ones stay together, and groups
/// that this leaves empty fall away. A yes and a no are a group each.
std::vector<std::size_t> grouped(const std::vector<ScoredRow>& rows, const ScoreRequest& request) {
    std::vector<std::size_t> order(rows.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return rows[a].score < rows[b].score; });
    std::vector<std::size_t> group(rows.size());
    const bool yes_no = request.kind == ScoreKind::yes_no;
    std::size_t g = 0, quantile = 0;
    for (std::size_t k = 0; k < order.size(); ++k) {
        const std::size_t now = yes_no ? 1 : k * request.groups / order.size();
        const bool differs = k > 0 && rows[order[k]].score > rows[order[k - 1]].score;
        if (now > quantile && differs) {
            ++g;
            quantile = now;
        }
        group[order[k]] = g;
    }
    return group;
}

/// What differs by less is rounding.
constexpr double alike = 1e-12;

/// Draws that all give the same say nothing of the spread: no interval.
Estimate with_interval(std::optional<double> value, const Interval& i) {
    if (!value || !i.low || !i.high || *i.high - *i.low < alike)
        return {value, std::nullopt, std::nullopt, std::nullopt};
    return {value, i.low, i.high, i.sd};
}

/// A share over so many patients; where all or none of them count there is nothing to draw, and Wilson's
/// interval stands in.
Estimate with_limit(Estimate e, std::size_t patients) {
    if (!e.value || e.low || patients == 0) return e;
    const bool none = *e.value<alike, all = *e.value> 1.0 - alike;
    if (!none && !all) return e;
    const auto s = share(none ? 0 : patients, patients);
    return {e.value, s.low, s.high, std::nullopt};
}

std::optional<double> less(std::optional<double> a, std::optional<double> b) {
    return a && b ? std::optional(*a - *b) : std::nullopt;
}
std::optional<double> over(std::optional<double> a, std::optional<double> b) {
    return a && b && *b > 0.0 ? std::optional(*a / *b) : std::nullopt;
}

}  // namespace

const std::vector<std::string>& score_measure_names() {
    static const std::vector<std::string> names = {"c_harrell",
                                                   "c_uno",
                                                   "auc",
                                                   "auc_event_free",
                                                   "sensitivity",
                                                   "specificity",
                                                   "observed_risk",
                                                   "mean_predicted",
                                                   "observed_less_predicted",
                                                   "observed_over_predicted",
                                                   "brier",
                                                   "brier_null",
                                                   "brier_scaled"};
    return names;
}

struct ScoreSample::Impl {
    ScoreRequest request;
    std::size_t patients;
    std::vector<ScoredRow> rows;     ///< in order of time
    std::vector<std::size_t> group;  ///< of each row
    std::size_t groups = 0;
    std::vector<ScoreStratum> strata;

    void measures(std::span<const std::uint32_t> weights, std::vector<std::optional<double>>& out) const;
    void risks(std::span<const std::uint32_t> weights, std::vector<std::optional<double>>& out) const;
    void net_benefit(std::span<const std::uint32_t> weights, std::vector<std::optional<double>>& out) const;
    [[nodiscard]] ScoreFigures counts() const;
    /// Patients of a group, or of all, whose fate at the horizon is known.
    [[nodiscard]] std::size_t known(std::optional<std::size_t> of_group) const;
};

ScoreSample::ScoreSample(std::span<const ScoredRow> rows, std::size_t patients, ScoreRequest request)
    : impl_(std::make_unique<Impl>()) {
    check(request);
    check(rows, patients, request.kind);
    // A number has no risk to set a threshold on.
    if (request.kind == ScoreKind::number) request.thresholds.clear();
    impl_->patients = patients;
    impl_->rows.assign(rows.begin(), rows.end());
    std::stable_sort(impl_->rows.begin(), impl_->rows.end(),
                     [](const auto& a, const auto& b) { return a.time < b.time; });
    impl_->group = grouped(impl_->rows, request);
    for (const auto g : impl_->group)
        impl_->groups = std::max(impl_->groups, g + 1);
    std::map<std::size_t, std::vector<ScoredRow>> landmarks;
    for (const auto& r : impl_->rows)
        landmarks[r.landmark].push_back(r);
    for (auto& [landmark, list] : landmarks)
        impl_->strata.emplace_back(std::move(list), request.horizon);
    impl_->request = std::move(request);
}

ScoreSample::~ScoreSample() = default;
ScoreSample::ScoreSample(ScoreSample&&) noexcept = default;
ScoreSample& ScoreSample::operator=(ScoreSample&&) noexcept = default;

void ScoreSample::Impl::measures(std::span<const std::uint32_t> weights,
                                 std::vector<std::optional<double>>& out) const {
    ScoreSums sums;
    for (const auto& s : strata)
        s.add(weights, sums);
    out.assign(n_measures, std::nullopt);
    const auto put = [&](ScoreMeasure m, std::optional<double> x) { out[static_cast<std::size_t>(m)] = x; };
    put(ScoreMeasure::c_harrell, sums.harrell.value());
    put(ScoreMeasure::c_uno, sums.uno.value());
    if (!sums.reaches) return;
    put(ScoreMeasure::auc, sums.auc.value());
    if (sums.competing) put(ScoreMeasure::auc_event_free, sums.auc_event_free.value());
    const auto risk = sums.risk.value();
    put(ScoreMeasure::observed_risk, risk);
    if (request.kind == ScoreKind::yes_no) {
        put(ScoreMeasure::sensitivity, sums.sensitivity.value());
        put(ScoreMeasure::specificity, sums.specificity.value());
    }
    if (request.kind != ScoreKind::probability) return;
    const auto predicted = sums.predicted.value(), brier = sums.brier.value(), null = sums.brier_null.value();
    put(ScoreMeasure::mean_predicted, predicted);
    put(ScoreMeasure::observed_less_predicted, less(risk, predicted));
    put(ScoreMeasure::observed_over_predicted, over(risk, predicted));
    put(ScoreMeasure::brier, brier);
    put(ScoreMeasure::brier_null, null);
    put(ScoreMeasure::brier_scaled, less(1.0, over(brier, null)));
}

void ScoreSample::Impl::risks(std::span<const std::uint32_t> weights,
                              std::vector<std::optional<double>>& out) const {
    std::vector<Incidence> of(groups, Incidence(request.horizon));
    for (std::size_t i = 0; i < rows.size(); ++i)
        of[group[i]].add(rows[i].time, rows[i].end, weights[rows[i].patient]);
    for (const auto& risk : of)
        out.push_back(risk.at_horizon());
}

void ScoreSample::Impl::net_benefit(std::span<const std::uint32_t> weights,
                                    std::vector<std::optional<double>>& out) const {
    Incidence all(request.horizon), treated(request.horizon);
    for (const auto& r : rows)
        all.add(r.time, r.end, weights[r.patient]);
    const auto risk = all.at_horizon();
    for (const double threshold : request.thresholds) {
        const double harm = threshold / (1.0 - threshold);
        treated.clear();
        for (const auto& r : rows)
            if (r.score >= threshold) treated.add(r.time, r.end, weights[r.patient]);
        const auto own = treated.at_horizon();
        if (treated.total() <= 0.0)
            out.push_back(all.total() > 0.0 ? std::optional(0.0) : std::nullopt);
        else if (own)
            out.push_back(treated.total() / all.total() * (*own - (1.0 - *own) * harm));
        else
            out.push_back(std::nullopt);
        out.push_back(risk ? std::optional(*risk - (1.0 - *risk) * harm) : std::nullopt);
    }
}

void ScoreSample::figures(std::span<const std::uint32_t> weights,
                          std::vector<std::optional<double>>& out) const {
    impl_->measures(weights, out);
    impl_->risks(weights, out);
    impl_->net_benefit(weights, out);
}

ScoreFigures ScoreSample::Impl::counts() const {
    ScoreFigures f;
    std::set<std::size_t> seen;
    f.groups.resize(groups);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto& r = rows[i];
        auto& g = f.groups[group[i]];
        g.low = g.rows == 0 ? r.score : std::min(g.low, r.score);
        g.high = g.rows == 0 ? r.score : std::max(g.high, r.score);
        g.mean_score += r.score;
        ++g.rows;
        seen.insert(r.patient);
        const bool by_then = r.time <= request.horizon;
        if (by_then && r.end == ScoreEnd::event) {
            ++f.events;
            ++g.events;
        } else if (by_then && r.end == ScoreEnd::competing) {
            ++f.competing;
            ++g.competing;
        } else {
            ++(r.time < request.horizon ? f.censored : f.free);
        }
    }
    for (auto& g : f.groups)
        g.mean_score /= static_cast<double>(g.rows);
    f.rows = rows.size();
    f.patients = seen.size();
    return f;
}

std::size_t ScoreSample::Impl::known(std::optional<std::size_t> of_group) const {
    std::set<std::size_t> list;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const bool fate = rows[i].end != ScoreEnd::censored || rows[i].time >= request.horizon;
        if (fate && (!of_group || group[i] == *of_group)) list.insert(rows[i].patient);
    }
    return list.size();
}

ScoreFigures ScoreSample::estimate(const Bootstrap& how) const {
    auto f = impl_->counts();
    std::vector<std::optional<double>> values;
    figures(std::vector<std::uint32_t>(impl_->patients, 1), values);
    const auto spread = intervals(
        how, impl_->patients,
        [&](std::span<const std::uint32_t> w, std::vector<std::optional<double>>& out) { figures(w, out); });
    std::size_t next = 0;
    const auto take = [&] {
        const std::size_t i = next++;
        return with_interval(values[i], spread[i]);
    };
    for (std::size_t m = 0; m < n_measures; ++m)
        f.measures.push_back(take());
    auto& risk = f.measures[static_cast<std::size_t>(ScoreMeasure::observed_risk)];
    risk = with_limit(risk, impl_->known(std::nullopt));
    for (std::size_t g = 0; g < f.groups.size(); ++g)
        f.groups[g].observed = with_limit(take(), impl_->known(g));
    for (const double threshold : impl_->request.thresholds) {
        const auto score = take(), all = take();
        f.net_benefit.push_back({threshold, score, all});
    }
    return f;
}

}  // namespace bellwether::study

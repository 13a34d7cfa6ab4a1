#include "bellwether/study/survival.hpp"

#include <algorithm>
#include <cmath>

#include "bellwether/core/error.hpp"

namespace bellwether::study {
namespace {

constexpr double normal_975 = 1.959963984540054;

void check(std::span<const Survival> subjects) {
    for (const auto& s : subjects)
        if (!std::isfinite(s.time) || s.time < 0.0)
            throw Error("U001", "a survival time is negative or not a number");
}

std::vector<Survival> sorted(std::span<const Survival> subjects) {
    check(subjects);
    std::vector<Survival> list(subjects.begin(), subjects.end());
    std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
    return list;
}

/// Walks a sorted list from event time to event time.
class AtRisk {
public:
    explicit AtRisk(std::span<const Survival> subjects) : list_(sorted(subjects)) {}
    /// Subjects with a time not before `t`; `t` must not fall from call to call.
    std::size_t at(double t) {
        while (next_ < list_.size() && list_[next_].time < t)
            ++next_;
        return list_.size() - next_;
    }
    /// Events at exactly the time of the last at().
    [[nodiscard]] std::size_t events(double t) const {
        std::size_t n = 0;
        for (std::size_t i = next_; i < list_.size() && list_[i].time == t; ++i)
            n += list_[i].event ? 1U : 0U;
        return n;
    }
    void times(std::vector<double>& into) const {
        for (const auto& s : list_)
            if (s.event) into.push_back(s.time);
    }

private:
    std::vector<Survival> list_;
    std::size_t next_ = 0;
};

void sort_unique(std::vector<double>& times) {
    std::sort(times.begin(), times.end());
    times.erase(std::unique(times.begin(), times.end()), times.end());
}

}  // namespace

std::vector<KaplanMeierStep> kaplan_meier(std::span<const Survival> subjects) {
    AtRisk risk(subjects);
    std::vector<double> times;
    risk.times(times);
    sort_unique(times);
    std::vector<KaplanMeierStep> steps;
    double survival = 1.0, greenwood = 0.0;
    for (const double t : times) {
        KaplanMeierStep step;
        step.time = t;
        step.at_risk = risk.at(t);
        step.events = risk.events(t);
        const auto n = static_cast<double>(step.at_risk), d = static_cast<double>(step.events);
        survival *= (n - d) / n;
        // The last subject's event leaves S = 0, about which there is nothing uncertain.
        if (step.events < step.at_risk) greenwood += d / (n * (n - d));
        step.survival = survival;
        step.standard_error = survival * std::sqrt(greenwood);
        steps.push_back(step);
    }
    return steps;
}

double survival_at(std::span<const KaplanMeierStep> steps, double time) {
    double s = 1.0;
    for (const auto& step : steps) {
        if (step.time > time) break;
        s = step.survival;
    }
    return s;
}

std::optional<double> median_survival(std::span<const KaplanMeierStep> steps) {
    for (const auto& step : steps)
        if (step.survival <= 0.5 + 1e-12) return step.time;
    return std::nullopt;
}

LogRank log_rank(std::span<const Survival> group0, std::span<const Survival> group1) {
    LogRank r;
    r.patients[0] = group0.size();
    r.patients[1] = group1.size();
    AtRisk risk0(group0), risk1(group1);
    std::vector<double> times;
    risk0.times(times);
    risk1.times(times);
    sort_unique(times);
    for (const double t : times) {
        const auto n0 = static_cast<double>(risk0.at(t)), n1 = static_cast<double>(risk1.at(t));
        const auto d0 = static_cast<double>(risk0.events(t)), d1 = static_cast<double>(risk1.events(t));
        const double n = n0 + n1, d = d0 + d1;
        r.observed[0] += d0;
        r.observed[1] += d1;
        r.expected[0] += d * n0 / n;
        r.expected[1] += d * n1 / n;
        if (n > 1.0) r.variance += d * (n0 / n) * (n1 / n) * (n - d) / (n - 1.0);
    }
    if (r.variance <= 0.0) return r;
    const double excess = r.observed[0] - r.expected[0];
    r.chi_square = excess * excess / r.variance;
    r.p = std::erfc(std::sqrt(r.chi_square / 2.0));
    const double half = normal_975 / std::sqrt(r.variance);
    r.hazard_ratio = std::exp(excess / r.variance);
    r.low = std::exp(excess / r.variance - half);
    r.high = std::exp(excess / r.variance + half);
    return r;
}

Concordance concordance(std::span<const Survival> subjects, std::span<const double> scores) {
    check(subjects);
    if (subjects.size() != scores.size()) throw Error("U002", "as many scores as subjects are needed");
    for (const double s : scores)
        if (std::isnan(s)) throw Error("U002", "a score is not a number");
    Concordance result;
    double agreeing = 0.0;
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        if (!subjects[i].event) continue;
        for (std::size_t j = 0; j < subjects.size(); ++j) {
            const bool later = subjects[j].time > subjects[i].time;
            const bool censored_then = subjects[j].time == subjects[i].time && !subjects[j].event;
            if (!later && !censored_then) continue;
            ++result.comparable;
            agreeing += scores[i] > scores[j] ? 1.0 : scores[i] == scores[j] ? 0.5 : 0.0;
        }
    }
    if (result.comparable > 0) result.c = agreeing / static_cast<double>(result.comparable);
    return result;
}

}  // namespace bellwether::study

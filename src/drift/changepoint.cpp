#include "bellwether/drift/changepoint.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <fmt/format.h>

#include "bellwether/core/error.hpp"

namespace bellwether::drift {
namespace {

using Run = RunLengths::Run;

constexpr double kNever = -std::numeric_limits<double>::infinity();
constexpr double kLogPi = 1.14472988584940017414;

double log_sum(double a, double b) {
    const double high = std::max(a, b), low = std::min(a, b);
    return low == kNever ? high : high + std::log1p(std::exp(low - high));
}

Run begin(std::size_t start, double log_weight, const RunPrior& prior) {
    return {start, log_weight, prior,
            boost::math::lgamma(prior.alpha + 0.5) - boost::math::lgamma(prior.alpha)};
}

double log_tail(const Run& run, const Reading& x, double scale) {
    const double t = (x.value - run.posterior.mean) / scale;
    const boost::math::students_t law(2.0 * run.posterior.alpha);
    const double p = x.censor == Censor::left ? boost::math::cdf(law, t)
                                              : boost::math::cdf(boost::math::complement(law, t));
    return std::log(std::max(p, 1e-300));
}

/// The reading's predictive log density (or tail) in a run, which then takes it in.
double absorb(Run& run, const Reading& x) {
    RunPrior& p = run.posterior;
    const double square = p.beta * (p.kappa + 1.0) / (p.alpha * p.kappa);
    if (x.censor != Censor::none) return log_tail(run, x, std::sqrt(square));
    const double off = x.value - p.mean, freedom = 2.0 * p.alpha;
    const double log_density = run.gamma_ratio - 0.5 * (kLogPi + std::log(freedom * square)) -
                               (p.alpha + 0.5) * std::log1p(off * off / (freedom * square));
    // Gamma(a + 1) / Gamma(a + 1/2) from Gamma(a + 1/2) / Gamma(a), since Gamma(a + 1) = a Gamma(a).
    run.gamma_ratio = std::log(p.alpha) - run.gamma_ratio;
    p.beta += 0.5 * p.kappa * off * off / (p.kappa + 1.0);
    p.mean += off / (p.kappa + 1.0);
    p.kappa += 1.0;
    p.alpha += 0.5;
    return log_density;
}

void check(const Reading& x, double change) {
    if (!std::isfinite(x.value)) throw Error("D010", "a reading that is not finite");
    if (!(change >= 0.0 && change < 1.0))
        throw Error("D010",
                    fmt::format("the probability of a change is {:g}; it must lie in [0, 1)", change));
}

void check(const RunPrior& p) {
    if (std::isfinite(p.mean) && p.kappa > 0.0 && p.alpha > 0.0 && p.beta > 0.0) return;
    throw Error("D010", "a run's prior needs a finite mean, and kappa, alpha and beta above 0");
}

/// What the readings from some point on weigh, all ways to cut them together and the best one; and where the
/// run after the present one then begins (n: nowhere).
struct Tail {
    double log_evidence = kNever, log_best = kNever;
    std::size_t next = 0;
};

/// The recursion from the end.
class Backward {
public:
    Backward(std::span<const Reading> readings, std::span<const double> change)
        : readings_(readings), change_(change), tails_(readings.size()) {}

    /// Of readings i to the end when a run begins with i. Those behind i must be known.
    void weigh(std::size_t i, const RunPrior& fresh) {
        tails_[i] = {};
        go_on(begin(i, 0.0, fresh), i, 0.0, tails_[i]);
    }
    /// Of readings i to the end when the run before them may go on, or end.
    [[nodiscard]] Tail weigh_first(std::size_t i, const RunPrior& first) const {
        Tail tail;
        if (i > 0) cut(i, 0.0, tail);
        go_on(begin(0, 0.0, first), i, i > 0 ? std::log1p(-change_[i]) : 0.0, tail);
        return tail;
    }
    [[nodiscard]] const Tail& operator[](std::size_t i) const { return tails_[i]; }

private:
    /// A run that weighs `here` ends before reading i (or with the series).
    void cut(std::size_t i, double here, Tail& tail) const {
        const bool end = i == readings_.size();
        const double changed = end ? here : here + std::log(change_[i]);
        tail.log_evidence = log_sum(tail.log_evidence, end ? here : changed + tails_[i].log_evidence);
        const double way = end ? here : changed + tails_[i].log_best;
        if (way > tail.log_best) tail.log_best = way, tail.next = i;
    }
    void go_on(Run run, std::size_t from, double here, Tail& tail) const {
        for (std::size_t t = from; t < readings_.size(); ++t) {
            here += absorb(run, readings_[t]);
            cut(t + 1, here, tail);
            if (t + 1 < readings_.size()) here += std::log1p(-change_[t + 1]);
        }
    }

    std::span<const Reading> readings_;
    std::span<const double> change_;
    std::vector<Tail> tails_;
};

}  // namespace

RunPriors priors_from(const Baseline& baseline) {
    if (!baseline.ready()) throw Error("D010", "the baseline has too few readings that differ");
    // As good as certain, and still far from where differences of log Gamma lose their digits.
    const double n = baseline.known() ? 1e5 : baseline.count();
    const double alpha = 0.5 * (n - 1.0), beta = alpha * baseline.sd() * baseline.sd();
    return {{baseline.mean(), n, alpha, beta}, {baseline.mean(), fresh_kappa, alpha, beta}};
}

double hazard(double gap, double mean_between_changes) {
    if (!(gap >= 0.0 && mean_between_changes > 0.0))
        throw Error("D010", "a gap below 0, or a mean time between changes that is not above 0");
    return -std::expm1(-gap / mean_between_changes);
}

RunLengths::RunLengths(const RunPriors& priors, std::size_t before, double prune)
    : priors_(priors), prune_(prune), count_(before) {
    check(priors.first);
    check(priors.fresh);
    runs_.push_back(begin(0, 0.0, priors.first));
}

void RunLengths::take(const Reading& x, double change) {
    if (count_ == 0) change = 0.0;
    check(x, change);
    if (change > 0.0) {
        for (Run& run : runs_)
            run.log_weight += std::log1p(-change);
        runs_.push_back(begin(count_, log_evidence_ + std::log(change), priors_.fresh));
    }
    ++count_;
    double highest = kNever;
    for (Run& run : runs_) {
        run.log_weight += absorb(run, x);
        highest = std::max(highest, run.log_weight);
    }
    if (prune_ > 0.0)
        std::erase_if(runs_, [&](const Run& run) { return run.log_weight < highest + std::log(prune_); });
    log_evidence_ = kNever;
    for (const Run& run : runs_)
        log_evidence_ = log_sum(log_evidence_, run.log_weight);
}

double RunLengths::probability(const Run& run) const {
    return std::exp(run.log_weight - log_evidence_);
}

double RunLengths::began_since(std::size_t start) const {
    double p = 0.0;
    for (const Run& run : runs_)
        if (run.start >= start) p += probability(run);
    return std::min(p, 1.0);
}

std::size_t RunLengths::most_probable_start() const {
    const auto best = std::max_element(
        runs_.begin(), runs_.end(), [](const Run& a, const Run& b) { return a.log_weight < b.log_weight; });
    return best->start;
}

Segmentation segment(std::span<const Reading> readings, std::span<const double> change,
                     const RunPriors& priors, std::size_t before) {
    const std::size_t n = readings.size();
    if (change.size() != n) throw Error("D010", "readings and probabilities of a change differ in number");
    Segmentation out;
    out.change.assign(n, 0.0);
    if (n <= before) return out;
    RunLengths forward(priors, before);
    std::vector<double> so_far(n);  // log evidence of the readings before each
    for (std::size_t i = before; i < n; ++i) {
        so_far[i] = forward.log_evidence();
        forward.take(readings[i], change[i]);
    }
    Backward tails(readings, change);
    const std::size_t earliest = std::max<std::size_t>(before, 1);  // at which a run can begin
    for (std::size_t i = n; i-- > earliest;)
        tails.weigh(i, priors.fresh);
    const Tail all = tails.weigh_first(before, priors.first);
    out.log_evidence = all.log_evidence;
    for (std::size_t i = earliest; i < n; ++i)
        out.change[i] = std::exp(so_far[i] + std::log(change[i]) + tails[i].log_evidence - all.log_evidence);
    for (std::size_t i = all.next; i < n; i = tails[i].next)
        out.starts.push_back(i);
    return out;
}

}  // namespace bellwether::drift

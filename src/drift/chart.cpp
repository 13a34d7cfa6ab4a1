#include "bellwether/drift/chart.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <fmt/format.h>

#include "bellwether/core/error.hpp"

namespace bellwether::drift {
namespace {

constexpr double kFarTail = 0.0013498980316300946;  ///< of a normal beyond 3

struct Moments {
    double mean, variance;
};

/// Of a standard normal below `limit` (left) or above it (right). Beyond 30 the ratio of density and tail has
/// no digits left; nobody's limit lies there.
Moments truncated(double limit, Censor censor) {
    const double sign = censor == Censor::left ? 1.0 : -1.0;
    const double u = std::clamp(sign * limit, -30.0, 30.0);
    const double below = 0.5 * std::erfc(-u / std::sqrt(2.0));
    const double ratio = std::exp(-0.5 * u * u) / (std::sqrt(2.0 * 3.14159265358979323846) * below);
    return {-sign * ratio, std::max(0.0, 1.0 - u * ratio - ratio * ratio)};
}

/// The normal deviate with the tail that t has. Both tails by the lower one, which keeps its digits.
double normal_of_t(double t, double freedom) {
    const double tail = boost::math::cdf(boost::math::students_t(freedom), -std::fabs(t));
    const double deviate = boost::math::quantile(boost::math::normal(), std::max(tail, 1e-300));
    return t < 0.0 ? deviate : -deviate;
}

void require(bool holds, const char* what) {
    if (!holds) throw Error("D010", what);
}

}  // namespace

Baseline::Baseline(int wanted) : wanted_(wanted) {
    require(wanted >= 2, "a baseline needs two readings at least");
}

Baseline::Baseline(double mean, double sd) : known_(true), mean_(mean), squares_(sd * sd) {
    require(std::isfinite(mean) && std::isfinite(sd) && sd > 0.0,
            "a known baseline needs a finite mean and a standard deviation above 0");
}

bool Baseline::ready() const {
    return known_ || (measured_ >= wanted_ && squares_ > 0.0);
}

double Baseline::sd() const {
    if (known_) return std::sqrt(squares_);
    return count_ > 1.0 ? std::sqrt(squares_ / (count_ - 1.0)) : 0.0;
}

std::optional<double> Baseline::score(const Reading& x) const {
    if (!ready()) return std::nullopt;
    double u = (x.value - mean_) / sd();
    if (!known_) u = normal_of_t(std::sqrt(count_ / (count_ + 1.0)) * u, count_ - 1.0);
    return x.censor == Censor::none ? u : truncated(u, x.censor).mean;
}

void Baseline::take(const Reading& x) {
    if (known_) return;
    if (x.censor == Censor::none) {
        enter(within(x.value), 0.0);
        ++measured_;
    } else if (ready()) {
        const double spread = sd();
        const Moments m = truncated((x.value - mean_) / spread, x.censor);
        enter(within(mean_ + spread * m.mean), spread * spread * m.variance);
    }
}

double Baseline::within(double x) const {
    if (!ready()) return x;
    const double far = boost::math::quantile(boost::math::students_t(count_ - 1.0), kFarTail);
    const double reach = -far * sd() * std::sqrt((count_ + 1.0) / count_);
    return std::clamp(x, mean_ - reach, mean_ + reach);
}

void Baseline::enter(double x, double variance) {
    count_ += 1.0;
    const double step = x - mean_;
    mean_ += step / count_;
    squares_ += step * (x - mean_) + variance;
}

ChartStatistic::ChartStatistic(const std::variant<Cusum, Ewma>& design) : design_(design) {
    if (const auto* cusum = std::get_if<Cusum>(&design)) {
        require(cusum->k >= 0.0 && std::isfinite(cusum->k), "k of a CUSUM must be 0 or above");
        require(cusum->h > 0.0 && std::isfinite(cusum->h), "h of a CUSUM must be above 0");
        require(cusum->head_start >= 0.0 && cusum->head_start <= cusum->h,
                "the head start of a CUSUM must lie between 0 and h");
        up_ = down_ = cusum->head_start;
    } else {
        const auto& ewma = std::get<Ewma>(design);
        require(ewma.lambda > 0.0 && ewma.lambda <= 1.0, "lambda of an EWMA must lie above 0 and up to 1");
        require(ewma.c > 0.0 && std::isfinite(ewma.c), "c of an EWMA must be above 0");
    }
}

void ChartStatistic::step(double score) {
    if (const auto* cusum = std::get_if<Cusum>(&design_)) {
        up_ = std::max(0.0, up_ + score - cusum->k);
        down_ = std::max(0.0, down_ - score - cusum->k);
    } else {
        up_ += std::get<Ewma>(design_).lambda * (score - up_);
    }
}

double ChartStatistic::value(Side side) const {
    if (std::holds_alternative<Cusum>(design_)) return side == Side::up ? up_ : down_;
    const double lambda = std::get<Ewma>(design_).lambda;
    const double z = up_ / std::sqrt(lambda / (2.0 - lambda));
    return side == Side::up ? z : -z;
}

double ChartStatistic::limit() const {
    const auto* cusum = std::get_if<Cusum>(&design_);
    return cusum ? cusum->h : std::get<Ewma>(design_).c;
}

std::size_t shift_begins(std::span<const double> scores, Side side) {
    std::size_t first = scores.empty() ? 0 : scores.size() - 1;
    double sum = 0.0, most = 0.0;
    for (std::size_t i = scores.size(); i-- > 0;) {
        sum += side == Side::up ? scores[i] : -scores[i];
        const double gain = sum > 0.0 ? sum * sum / static_cast<double>(scores.size() - i) : 0.0;
        if (gain > most) most = gain, first = i;
    }
    return first;
}

Chart::Chart(const std::variant<Cusum, Ewma>& design, const Baseline& fresh, Watch watch)
    : fresh_statistic_(design), statistic_(design), fresh_(fresh), baseline_(fresh), watch_(watch) {}

bool Chart::watched(Side side) const {
    return watch_ == Watch::both || (watch_ == Watch::up && side == Side::up) ||
           (watch_ == Watch::down && side == Side::down);
}

/// Whether the reading's signal on this side ends the level.
bool Chart::judge(std::size_t i, Side side) {
    bool& before = side == Side::up ? over_up_ : over_down_;
    const bool over = statistic_.over(side), crossing = over && !before;
    before = over;
    if (!crossing) return false;
    const std::size_t onset = i + 1 - scores_.size() + shift_begins(scores_, side);
    // Readings that are taken again were known before the one that is being taken.
    signals_.push_back({readings_.size() - 1, onset, side, statistic_.value(side), scores_.back()});
    if (watched(side) || baseline_.known()) return false;
    begins_ = onset;
    return true;
}

void Chart::take(const Reading& x) {
    readings_.push_back(x);
    for (std::size_t i = readings_.size() - 1; i < readings_.size(); ++i) {
        const bool was_over = over_up_ || over_down_;
        score_ = baseline_.score(readings_[i]);
        if (score_) {
            statistic_.step(*score_);
            scores_.push_back(*score_);
        }
        if (score_ && (judge(i, Side::up) || judge(i, Side::down))) {
            statistic_ = fresh_statistic_;
            baseline_ = fresh_;
            scores_.clear();
            over_up_ = over_down_ = false;
            i = begins_ - 1;  // above 0: the readings of a baseline are not judged
            continue;
        }
        if (was_over && !over_up_ && !over_down_) scores_.clear();  // a later signal is of a later shift
        const bool held = (watched(Side::up) && over_up_) || (watched(Side::down) && over_down_);
        if (!held) baseline_.take(readings_[i]);
    }
}

}  // namespace bellwether::drift

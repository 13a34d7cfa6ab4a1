#include "patient.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

namespace bellwether::markov {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLogRootTwoPi = 0.91893853320467274178;
/// The first grid: steps of half a standard deviation out to six. A point counts in units of the last
/// halving.
constexpr double kStep = 0.5;
constexpr int kHalvings = 6, kUnit = 1 << kHalvings, kReach = 12 * kUnit;
/// Log integrand below its top at which there is nothing more to refine.
constexpr double kNothing = 42.0;
/// Change of the log integral that makes the next one right to its fourth power.
constexpr double kStill = 1e-3;

struct Point {
    std::array<int, 2> at{};
    double term = -kInfinity;  ///< log integrand
};

/// A subject's integrand on a grid that grows.
class Grid {
public:
    Grid(const Evaluation& evaluation, Pass& pass, const Stretch& subject, std::size_t channels)
        : in_(evaluation.in()), pass_(pass), subject_(subject), channels_(channels) {
        for (std::size_t d = 0; d < channels; ++d)
            sd_[d] =
                evaluation.values()[static_cast<std::size_t>(in_.spec.channels[in_.patients[d]].patient_sd)];
    }

    /// Log integral, or what is not finite about it.
    double integrate() {
        for (int i = -kReach; i <= kReach; i += kUnit)
            for (int k = channels_ == 2 ? -kReach : 0; k <= (channels_ == 2 ? kReach : 0); k += kUnit)
                add({i, k});
        double last = sum(0);
        if (!std::isfinite(last)) return last;
        for (int halving = 1; halving <= kHalvings; ++halving) {
            halve(kUnit >> halving);
            const double next = sum(halving);
            const bool still = std::abs(next - last) < kStill;
            last = next;
            if (still) break;
        }
        return last;
    }
    [[nodiscard]] const std::vector<Point>& points() const { return points_; }
    /// Standard deviations from 0.
    [[nodiscard]] static double z(int at) { return kStep * at / kUnit; }
    void set(const Point& point) {
        for (std::size_t d = 0; d < channels_; ++d)
            pass_.set_level(in_.patients[d], sd_[d] * z(point.at[d]));
    }

private:
    void add(std::array<int, 2> at) {
        if (!known_.insert(at).second) return;
        Point point{at, 0.0};
        set(point);
        point.term = pass_.forward(subject_);
        for (std::size_t d = 0; d < channels_; ++d)
            point.term -= 0.5 * z(at[d]) * z(at[d]) + kLogRootTwoPi;
        top_ = std::max(top_, point.term);
        points_.push_back(point);
    }
    void halve(int step) {
        const std::size_t n = points_.size();
        for (std::size_t q = 0; q < n; ++q) {
            if (points_[q].term < top_ - kNothing) continue;
            const std::array<int, 2> at = points_[q].at;
            for (int i = -step; i <= step; i += step)
                for (int k = channels_ == 2 ? -step : 0; k <= (channels_ == 2 ? step : 0); k += step)
                    if (std::abs(at[0] + i) <= kReach && std::abs(at[1] + k) <= kReach)
                        add({at[0] + i, at[1] + k});
        }
    }
    [[nodiscard]] double sum(int halvings) const {
        if (!std::isfinite(top_)) return top_;
        double total = 0.0;
        for (const Point& p : points_)
            total += std::exp(p.term - top_);
        return top_ + std::log(total) +
               static_cast<double>(channels_) * std::log(std::ldexp(kStep, -halvings));
    }

    const Likelihood::Prepared& in_;
    Pass& pass_;
    const Stretch& subject_;
    std::size_t channels_;
    std::array<double, 2> sd_{};
    std::vector<Point> points_;
    std::set<std::array<int, 2>> known_;
    double top_ = -kInfinity;
};

}  // namespace

double PatientLevels::integrate(const Evaluation& evaluation, Pass& pass, const Stretch& subject,
                                double weight, Gather* out) const {
    const auto& in = evaluation.in();
    Grid grid(evaluation, pass, subject, channels_);
    const double log_lik = grid.integrate();
    if (out != nullptr && std::isfinite(log_lik)) {
        double top = -kInfinity, total = 0.0;
        for (const Point& p : grid.points())
            top = std::max(top, p.term);
        for (const Point& p : grid.points())
            total += std::exp(p.term - top);
        for (const Point& p : grid.points()) {
            const double share = std::exp(p.term - top) / total;
            if (share < 1e-14) continue;
            grid.set(p);
            (void)pass.forward(subject);
            pass.backward(subject, weight * share, *out);
            // The level is what is integrated over: its sd acts on its density alone.
            for (std::size_t d = 0; d < channels_; ++d) {
                const double z = Grid::z(p.at[d]);
                out->gradient()[static_cast<std::size_t>(in.spec.channels[in.patients[d]].patient_sd)] +=
                    weight * share * (z * z - 1.0);
            }
        }
    }
    for (std::size_t d = 0; d < channels_; ++d)
        pass.set_level(in.patients[d], 0.0);
    return log_lik;
}

}  // namespace bellwether::markov

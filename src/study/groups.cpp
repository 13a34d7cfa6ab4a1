#include "bellwether/study/groups.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <Eigen/Dense>
#include <boost/math/special_functions/gamma.hpp>

#include "bellwether/core/error.hpp"

namespace bellwether::study {
namespace {

GroupTest test(double chi_square, int degrees) {
    GroupTest t;
    if (degrees < 1) return t;
    t.degrees = degrees;
    t.chi_square = std::max(0.0, chi_square);
    t.p = boost::math::gamma_q(0.5 * degrees, 0.5 * t.chi_square);
    return t;
}

/// x ln(x / expected); 0 ln 0 = 0.
double term(double x, double expected) {
    return x > 0.0 ? x * std::log(x / expected) : 0.0;
}

/// Sums over the event times of a log-rank test: observed less expected, and its covariance.
struct Scores {
    Eigen::VectorXd difference;
    Eigen::MatrixXd covariance;
};

Scores scores(std::span<const Survival> subjects, std::span<const std::size_t> group, std::size_t groups) {
    std::vector<std::size_t> order(subjects.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return subjects[a].time > subjects[b].time; });
    const auto k = static_cast<Eigen::Index>(groups);
    Scores s{Eigen::VectorXd::Zero(k), Eigen::MatrixXd::Zero(k, k)};
    Eigen::VectorXd at_risk = Eigen::VectorXd::Zero(k), died(k);
    // Backwards in time: who is still there comes in as the times fall.
    for (std::size_t i = 0; i < order.size();) {
        const double time = subjects[order[i]].time;
        died.setZero();
        for (; i < order.size() && subjects[order[i]].time == time; ++i) {
            const auto g = static_cast<Eigen::Index>(group[order[i]]);
            at_risk(g) += 1.0;
            if (subjects[order[i]].event) died(g) += 1.0;
        }
        const double d = died.sum(), n = at_risk.sum();
        if (d == 0.0) continue;
        const Eigen::VectorXd share = at_risk / n;
        s.difference += died - d * share;
        if (n > 1.0) {
            const double factor = d * (n - d) / (n - 1.0);
            s.covariance += factor * (Eigen::MatrixXd(share.asDiagonal()) - share * share.transpose());
        }
    }
    return s;
}

}  // namespace

GroupTest equal_rates(std::span<const Exposure> groups) {
    double events = 0.0, years = 0.0;
    int taking_part = 0;
    for (const auto& g : groups) {
        if (!std::isfinite(g.events) || !std::isfinite(g.years) || g.events < 0.0 || g.years < 0.0)
            throw Error("U003", "events and years of a rate must be numbers not below 0");
        if (g.years <= 0.0) continue;
        ++taking_part;
        events += g.events;
        years += g.years;
    }
    double sum = 0.0;
    for (const auto& g : groups)
        if (g.years > 0.0) sum += term(g.events, events * g.years / years);
    return test(2.0 * sum, taking_part - 1);
}

GroupTest equal_shares(std::span<const Share> groups) {
    double count = 0.0, of = 0.0, sum = 0.0;
    int taking_part = 0;
    for (const auto& g : groups) {
        taking_part += g.of > 0 ? 1 : 0;
        count += static_cast<double>(g.count);
        of += static_cast<double>(g.of);
    }
    for (const auto& g : groups) {
        const auto n = static_cast<double>(g.of), x = static_cast<double>(g.count);
        if (g.of > 0) sum += term(x, count * n / of) + term(n - x, (of - count) * n / of);
    }
    return test(2.0 * sum, taking_part - 1);
}

GroupTest equal_hazards(std::span<const Survival> subjects, std::span<const std::size_t> group) {
    if (subjects.size() != group.size()) throw Error("U002", "as many groups as subjects are needed");
    std::size_t groups = 0;
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        if (!std::isfinite(subjects[i].time) || subjects[i].time < 0.0)
            throw Error("U001", "a survival time is a number not below 0");
        groups = std::max(groups, group[i] + 1);
    }
    std::vector<bool> present(groups, false);
    for (const std::size_t g : group)
        present[g] = true;
    const auto taking_part = static_cast<int>(std::count(present.begin(), present.end(), true));
    if (taking_part < 2) return test(0.0, 0);
    const Scores s = scores(subjects, group, groups);
    // The covariance is singular (its rows add up to 0, and those of absent groups are 0): the pseudo-inverse
    // gives the statistic of any set of groups that determines the others.
    const double chi_square = s.difference.dot(
        Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd>(s.covariance).solve(s.difference));
    return test(chi_square, taking_part - 1);
}

GroupTest equal_figures(std::span<const Measured> groups) {
    double weights = 0.0, mean = 0.0, sum = 0.0;
    for (const auto& g : groups) {
        if (!std::isfinite(g.value) || !std::isfinite(g.error) || !(g.error > 0.0))
            throw Error("U003", "figures that are compared must be numbers, their errors above 0");
        weights += 1.0 / (g.error * g.error);
        mean += g.value / (g.error * g.error);
    }
    if (groups.empty()) return test(0.0, 0);
    mean /= weights;
    for (const auto& g : groups)
        sum += (g.value - mean) * (g.value - mean) / (g.error * g.error);
    return test(sum, static_cast<int>(groups.size()) - 1);
}

std::vector<double> holm(std::span<const double> p) {
    std::vector<std::size_t> order(p.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
    std::vector<double> out(p.size());
    double least = 0.0;
    for (std::size_t k = 0; k < order.size(); ++k) {
        least = std::max(least, std::min(1.0, p[order[k]] * static_cast<double>(p.size() - k)));
        out[order[k]] = least;
    }
    return out;
}

}  // namespace bellwether::study

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/normal.hpp>

#include "detectors.hpp"

namespace lead_time {
namespace {

/// A curve of the grid: its log volume at each draw, its weight before anything is read, and where it rises.
struct Curve {
    std::vector<double> log_volume;
    std::vector<bool> rising;
    double log_prior;
};

/// Midpoints of so many equally likely parts of a standard normal.
std::vector<double> normal_points(int points) {
    std::vector<double> out;
    for (int i = 0; i < points; ++i)
        out.push_back(boost::math::quantile(boost::math::normal(), (i + 0.5) / points));
    return out;
}

std::vector<Curve> grid(const Setting& setting, int fractions, int points) {
    std::vector<Curve> out;
    const std::vector<double> normal = normal_points(points);
    const auto add = [&](const Tumour& tumour, double prior) {
        Curve curve;
        for (double day = 0.0; day <= kDays; day += setting.every_d) {
            curve.log_volume.push_back(tumour.log_volume(day));
            const auto nadir = tumour.nadir();
            curve.rising.push_back(nadir && day > *nadir);
        }
        curve.log_prior = std::log(prior);
        out.push_back(std::move(curve));
    };
    for (int i = 0; i < fractions; ++i) {
        const double log_f =
            kLeastLogFraction + (kMostLogFraction - kLeastLogFraction) * (i + 0.5) / fractions;
        for (const double zd : normal) {
            for (const double zg : normal)
                add(tumour_of(Kind::regrow, log_f, zd, zg), 1.0 / (3.0 * fractions * points * points));
            add(tumour_of(Kind::plateau, log_f, zd, 0.0), 1.0 / (3.0 * fractions * points));
        }
    }
    add({Kind::flat, 0.25, 0.0, 0.0}, 1.0 / 3.0);
    return out;
}

}  // namespace

Detector structural(const Setting& setting, int fractions, int points) {
    const auto curves = std::make_shared<const std::vector<Curve>>(grid(setting, fractions, points));
    const double variance = std::log1p(setting.cv * setting.cv);
    return [curves, variance, sum = std::vector<double>(), square = std::vector<double>()](
               const Course& course, Scores& out) mutable {
        // The level is anything: what is left of the likelihood is that of the residuals about their mean.
        sum.assign(curves->size(), 0.0);
        square.assign(curves->size(), 0.0);
        for (std::size_t i = 0; i < course.log_ctdna.size(); ++i) {
            const double n = static_cast<double>(i + 1);
            double top = -1e300;
            for (std::size_t k = 0; k < curves->size(); ++k) {
                const double r = course.log_ctdna[i] - (*curves)[k].log_volume[i];
                sum[k] += r;
                square[k] += r * r;
                top = std::max(top,
                               (*curves)[k].log_prior - 0.5 * (square[k] - sum[k] * sum[k] / n) / variance);
            }
            double rising = 1e-300, other = 1e-300;
            for (std::size_t k = 0; k < curves->size(); ++k) {
                const double log =
                    (*curves)[k].log_prior - 0.5 * (square[k] - sum[k] * sum[k] / n) / variance - top;
                if (log > -40.0) ((*curves)[k].rising[i] ? rising : other) += std::exp(log);
            }
            if (i > 0) out.push_back({course.draw_days[i], std::log(rising / other)});
        }
    };
}

}  // namespace lead_time

#include "patients.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace lead_time {

double Tumour::log_volume(double day) const {
    if (kind == Kind::flat) return std::log(0.3);
    return std::log((1.0 - f) * std::exp(-d * day) + f * std::exp(g * day));
}

std::optional<double> Tumour::nadir() const {
    if (kind != Kind::regrow) return std::nullopt;
    return std::max(0.0, std::log((1.0 - f) * d / (f * g)) / (d + g));
}

double fall_rate(double z) {
    return std::log(2.0) / (25.0 * std::exp(0.3 * z));
}

double growth_rate(double z) {
    return std::log(2.0) / (90.0 * std::exp(0.4 * z));
}

std::optional<double> recist_progression(const std::vector<double>& days, const std::vector<double>& sums) {
    double smallest = sums.front();
    for (std::size_t i = 1; i < sums.size(); ++i) {
        if (sums[i] >= 1.2 * smallest && sums[i] >= smallest + 5.0) return days[i];
        smallest = std::min(smallest, sums[i]);
    }
    return std::nullopt;
}

Course draw(const Setting& setting, Kind kind, double f, std::uint64_t seed, std::uint64_t index) {
    std::seed_seq mixed{seed, index, static_cast<std::uint64_t>(kind)};
    std::mt19937_64 random(mixed);
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform;
    Course out;
    out.tumour.kind = kind;
    out.tumour.f = f;
    out.tumour.g = growth_rate(normal(random));
    out.tumour.d = fall_rate(normal(random)) * setting.fall_factor;
    if (kind == Kind::plateau) out.tumour.g = 0.0;
    const double baseline_mm = std::max(20.0, 70.0 * std::exp(0.4 * normal(random)));
    const double sd = std::sqrt(std::log1p(setting.cv * setting.cv));
    const double keep =
        setting.correlation_d > 0.0 ? std::exp(-setting.every_d / setting.correlation_d) : 0.0;
    double noise = normal(random);
    for (double day = 0.0; day <= kDays; day += setting.every_d) {
        double off = sd * noise;
        if (setting.outliers > 0.0 && uniform(random) < setting.outliers) off += 3.0 * sd * normal(random);
        out.draw_days.push_back(day);
        out.log_ctdna.push_back(out.tumour.log_volume(day) + off);
        noise = keep * noise + std::sqrt(1.0 - keep * keep) * normal(random);
    }
    for (double day = 0.0; day <= kDays; day += setting.ct_every_d) {
        out.scan_days.push_back(day);
        out.sum_mm.push_back(baseline_mm * std::exp(out.tumour.log_volume(day) / 3.0) *
                             std::exp(setting.ct_error * normal(random)));
    }
    out.progression = recist_progression(out.scan_days, out.sum_mm);
    return out;
}

}  // namespace lead_time

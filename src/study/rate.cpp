#include "bellwether/study/rate.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "bellwether/core/error.hpp"

namespace bellwether::study {

Rate rate(std::span<const Exposure> patients, int draws, std::uint64_t seed) {
    if (draws < 100) throw Error("U003", "a bootstrap interval needs at least 100 draws");
    Rate r;
    for (const auto& p : patients) {
        if (!std::isfinite(p.events) || !std::isfinite(p.years) || p.events < 0.0 || p.years < 0.0)
            throw Error("U003", "events and years of a rate must be numbers not below 0");
        r.events += p.events;
        r.years += p.years;
    }
    if (r.years <= 0.0) return r;
    r.rate = r.events / r.years;
    if (patients.size() < 2) return r;
    // The engine's bits are fixed by the standard; the standard distributions are not, so the index is taken
    // by hand (the bias of the remainder is below 1e-15).
    std::mt19937_64 engine(seed);
    std::vector<double> samples;
    samples.reserve(static_cast<std::size_t>(draws));
    for (int k = 0; k < draws; ++k) {
        double events = 0.0, years = 0.0;
        for (std::size_t i = 0; i < patients.size(); ++i) {
            const auto& p = patients[static_cast<std::size_t>(engine() % patients.size())];
            events += p.events;
            years += p.years;
        }
        if (years > 0.0) samples.push_back(events / years);
    }
    std::sort(samples.begin(), samples.end());
    r.low = quantile(samples, 0.025);
    r.high = quantile(samples, 0.975);
    return r;
}

std::optional<double> upper_limit_of_none(double years) {
    if (!(years > 0.0)) return std::nullopt;
    return std::log(20.0) / years;
}

std::optional<double> quantile(std::vector<double> values, double q) {
    if (!(q >= 0.0 && q <= 1.0)) throw Error("U004", "a quantile lies between 0 and 1");
    if (values.empty()) return std::nullopt;
    std::sort(values.begin(), values.end());
    const double at = q * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(std::floor(at));
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

Share share(std::size_t count, std::size_t of) {
    if (count > of) throw Error("U005", "a share counts more than there are");
    Share s;
    s.count = count;
    s.of = of;
    if (of == 0) return s;
    constexpr double z = 1.959963984540054;
    const auto n = static_cast<double>(of);
    const double p = static_cast<double>(count) / n;
    const double centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    const double half = z / (1.0 + z * z / n) * std::sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n));
    s.share = p;
    // The two ends that are 0 and 1 in exact arithmetic.
    s.low = count == 0 ? 0.0 : std::max(0.0, centre - half);
    s.high = count == of ? 1.0 : std::min(1.0, centre + half);
    return s;
}

}  // namespace bellwether::study

#include "sparkline.hpp"

#include <algorithm>
#include <cmath>

namespace bellwether::report {
namespace {

constexpr const char* heights[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr const char* eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

double on_scale(double x, Scale scale) {
    return scale == Scale::log ? std::log(x) : x;
}

}  // namespace

std::string sparkline(const series::Track& track, Scale scale, int most) {
    const auto& all = track.points;
    const auto n = static_cast<std::size_t>(std::max(most, 1));
    const std::size_t from = all.size() > n ? all.size() - n : 0;
    double low = INFINITY, high = -INFINITY;
    for (std::size_t i = from; i < all.size(); ++i) {
        const double x = on_scale(all[i].reading.value, scale);
        if (std::isfinite(x)) low = std::min(low, x), high = std::max(high, x);
    }
    std::string out = from > 0 ? "…" : "";
    for (std::size_t i = from; i < all.size(); ++i) {
        const auto& r = all[i].reading;
        if (i > from && all[i].segment != all[i - 1].segment) out += "|";
        if (r.censor != Censor::none) {
            out += r.censor == Censor::left ? "▿" : "▵";
            continue;
        }
        const double part = high > low ? (on_scale(r.value, scale) - low) / (high - low) : 0.5;
        out += heights[static_cast<std::size_t>(std::clamp(part * 7.0 + 0.5, 0.0, 7.0))];
    }
    return out;
}

std::string bar(double p, int columns) {
    const auto n = static_cast<int>(std::lround(std::clamp(p, 0.0, 1.0) * 8 * columns));
    std::string out;
    for (int i = 0; i < n / 8; ++i)
        out += "█";
    return out + eighths[static_cast<std::size_t>(n % 8)];
}

}  // namespace bellwether::report

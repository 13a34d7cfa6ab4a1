#include "scale.hpp"

#include <algorithm>
#include <cmath>

namespace bellwether::report {
namespace {

/// 1, 2 or 5 times a power of ten, not below x > 0.
double round_up(double x) {
    const double power = std::pow(10.0, std::floor(std::log10(x)));
    for (const double m : {1.0, 2.0, 5.0})
        if (m * power >= x * (1.0 - 1e-9)) return m * power;
    return 10.0 * power;
}

std::vector<double> linear_ticks(double low, double high, int wanted) {
    const double step = round_up((high - low) / std::max(wanted, 1));
    std::vector<double> out;
    // Counted in whole steps: adding up a step drifts (0.1 + 0.2).
    const auto first = static_cast<long long>(std::ceil(low / step - 1e-9));
    const auto last = static_cast<long long>(std::floor(high / step + 1e-9));
    for (long long k = first; k <= last; ++k)
        out.push_back(static_cast<double>(k) * step);
    return out;
}

std::vector<double> log_ticks(double low, double high, int wanted, std::vector<double> mantissas, int every) {
    std::vector<double> out;
    const int first = static_cast<int>(std::floor(std::log10(low)));
    const int last = static_cast<int>(std::ceil(std::log10(high)));
    for (int e = first; e <= last; ++e) {
        if (e % every != 0) continue;
        for (const double m : mantissas) {
            const double x = m * std::pow(10.0, e);
            if (x >= low * (1.0 - 1e-9) && x <= high * (1.0 + 1e-9)) out.push_back(x);
        }
    }
    if (static_cast<int>(out.size()) <= wanted + 1) return out;
    if (mantissas.size() == 3) return log_ticks(low, high, wanted, {1.0}, 1);
    return log_ticks(low, high, wanted, {1.0}, every + 1);
}

}  // namespace

ValueAxis::ValueAxis(Scale scale, double low, double high, double at_low, double at_high)
    : scale_(scale), low_(low), high_(high), at_low_(at_low), at_high_(at_high) {
    if (scale_ == Scale::log) {
        if (!(low_ > 0.0)) low_ = high_ > 0.0 ? high_ / 10.0 : 0.1;
        if (!(high_ > low_ * 1.2)) low_ /= 1.5, high_ = low_ * 2.25;
    } else if (!(high_ > low_)) {
        const double room = std::max(std::abs(low_) * 0.1, 0.5);
        low_ -= room, high_ = low_ + 2.0 * room;
    }
}

double ValueAxis::operator()(double value) const {
    if (scale_ == Scale::log && !(value > 0.0)) return at_low_;
    const double part = scale_ == Scale::log ? std::log(value / low_) / std::log(high_ / low_)
                                             : (value - low_) / (high_ - low_);
    return at_low_ + part * (at_high_ - at_low_);
}

std::vector<double> ValueAxis::ticks(int wanted) const {
    if (scale_ == Scale::linear) return linear_ticks(low_, high_, wanted);
    auto out = log_ticks(low_, high_, wanted, {1.0, 2.0, 5.0}, 1);
    return out.size() >= 2 ? out : linear_ticks(low_, high_, wanted);
}

DateAxis::DateAxis(Date from, Date to, double at_from, double at_to)
    : from_(from), to_(std::max(to, from + 7)), at_from_(at_from), at_to_(at_to) {}

double DateAxis::operator()(Date d) const {
    return at_from_ + (at_to_ - at_from_) * static_cast<double>(d - from_) / static_cast<double>(to_ - from_);
}

std::vector<std::pair<Date, std::string>> DateAxis::ticks(int most) const {
    std::vector<std::pair<Date, std::string>> out;
    const int days = to_ - from_;
    if (days < 61) {
        const int step = 7 * ((days / 7 + most) / most);
        for (Date d = from_; d <= to_; d = d + step)
            out.emplace_back(d, to_string(d).substr(5));
        return out;
    }
    const int months = days / 30 + 1;
    int step = 12 * ((months / 12 + most) / most);
    for (const int m : {12, 6, 3, 2, 1})
        if (months / m + 1 <= most) step = m;
    const int start = from_.year() * 12 + from_.month() - 1;
    for (int m = start - start % step; m <= to_.year() * 12 + to_.month() - 1; m += step) {
        const auto d = Date::from_ymd(m / 12, m % 12 + 1, 1);
        if (d && *d >= from_ && *d <= to_)
            out.emplace_back(*d, to_string(*d).substr(0, step % 12 == 0 ? 4 : 7));
    }
    return out;
}

}  // namespace bellwether::report

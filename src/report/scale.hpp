#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bellwether/core/date.hpp"
#include "bellwether/record/channel.hpp"

/// From values and dates to places on a picture.
namespace bellwether::report {

/// Maps [low, high] to [at_low, at_high], by difference or by ratio as the channel's scale says.
class ValueAxis {
public:
    /// Makes room where low = high. A log axis needs low > 0; values not above 0 are put at its lower end.
    ValueAxis(Scale scale, double low, double high, double at_low, double at_high);
    [[nodiscard]] double operator()(double value) const;
    /// Round values within the axis, about `wanted` of them: 1, 2, 5 times a power of ten.
    [[nodiscard]] std::vector<double> ticks(int wanted) const;
    [[nodiscard]] double low() const noexcept { return low_; }
    [[nodiscard]] double high() const noexcept { return high_; }

private:
    Scale scale_;
    double low_, high_, at_low_, at_high_;
};

/// Maps days to places; never narrower than a week.
class DateAxis {
public:
    DateAxis(Date from, Date to, double at_from, double at_to);
    [[nodiscard]] double operator()(Date d) const;
    /// First days of months (or of every n-th month, or of years), at most `most`, with "2026-03" or "2026"
    /// as label; for a span under two months, days a week apart.
    [[nodiscard]] std::vector<std::pair<Date, std::string>> ticks(int most) const;
    [[nodiscard]] double begin() const noexcept { return at_from_; }
    [[nodiscard]] double end() const noexcept { return at_to_; }

private:
    Date from_, to_;
    double at_from_, at_to_;
};

}  // namespace bellwether::report

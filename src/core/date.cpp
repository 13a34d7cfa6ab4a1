#include "bellwether/core/date.hpp"

#include <chrono>

#include <fmt/format.h>

namespace bellwether {
namespace {

struct Civil {
    std::int64_t year;
    int month, day;
};

// Both directions are Howard Hinnant's algorithms "days_from_civil" and "civil_from_days"
// (howardhinnant.github.io/date_algorithms.html): years of 400 are exact, and the year begins in March, so
// that the leap day is its last. std::chrono::year ends at 32767, Instant::highest() does not.
std::int64_t days_from_civil(std::int64_t y, int m, int d) {
    y -= m <= 2 ? 1 : 0;
    const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
    const std::int64_t yoe = y - era * 400;
    const std::int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    const std::int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

Civil civil_from_days(std::int64_t z) {
    z += 719468;
    const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    const std::int64_t doe = z - era * 146097;
    const std::int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    const std::int64_t mp = (5 * doy + 2) / 153;
    const int day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1);
    const int month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
    return {yoe + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

bool leap(int y) {
    return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

int days_in_month(int y, int m) {
    constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return m == 2 && leap(y) ? 29 : days[m - 1];
}

/// Exactly `n` digits at `from`; -1 otherwise.
int digits(std::string_view text, std::size_t from, std::size_t n) {
    if (from + n > text.size()) return -1;
    int x = 0;
    for (std::size_t i = from; i < from + n; ++i) {
        if (text[i] < '0' || text[i] > '9') return -1;
        x = 10 * x + (text[i] - '0');
    }
    return x;
}

/// ".123456" read as microseconds; moves `i` behind it. -1 when there is no digit or more than six.
int fraction(std::string_view text, std::size_t& i) {
    int us = 0, n = 0;
    for (++i; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, ++n) {
        if (n == 6) return -1;
        us = 10 * us + (text[i] - '0');
    }
    if (n == 0) return -1;
    for (; n < 6; ++n)
        us *= 10;
    return us;
}

/// "Z" or "+01:00" in minutes east of UTC; nothing when it is neither.
std::optional<int> zone(std::string_view text) {
    if (text == "Z") return 0;
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
    const int h = digits(text, 1, 2), m = digits(text, 4, 2);
    if (h < 0 || h > 14 || m < 0 || m > 59) return std::nullopt;
    return (text[0] == '-' ? -1 : 1) * (60 * h + m);
}

}  // namespace

std::optional<Date> Date::from_ymd(int year, int month, int day) {
    if (year < 1 || year > 9999 || month < 1 || month > 12) return std::nullopt;
    if (day < 1 || day > days_in_month(year, month)) return std::nullopt;
    return Date(static_cast<std::int32_t>(days_from_civil(year, month, day)));
}

std::optional<Date> Date::parse(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    return from_ymd(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2));
}

int Date::year() const {
    return static_cast<int>(civil_from_days(day_).year);
}
int Date::month() const {
    return civil_from_days(day_).month;
}
int Date::day() const {
    return civil_from_days(day_).day;
}

std::string to_string(Date d) {
    const Civil c = civil_from_days(d.serial());
    return fmt::format("{:04}-{:02}-{:02}", c.year, c.month, c.day);
}

std::optional<Instant> Instant::parse(std::string_view text) {
    const auto date = Date::parse(text.substr(0, 10));
    if (!date) return std::nullopt;
    if (text.size() == 10) return end_of(*date);
    if (text[10] != 'T' || text.size() < 17 || text[13] != ':') return std::nullopt;
    const int hour = digits(text, 11, 2), minute = digits(text, 14, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return std::nullopt;
    std::size_t i = 16;
    int second = 0, us = 0;
    if (text[i] == ':') {
        second = digits(text, i + 1, 2);
        if (second < 0 || second > 59) return std::nullopt;
        i += 3;
        if (i < text.size() && text[i] == '.') us = fraction(text, i);
        if (us < 0) return std::nullopt;
    }
    const auto east = zone(text.substr(i));
    if (!east) return std::nullopt;
    const std::int64_t seconds = (static_cast<std::int64_t>(hour) * 60 + minute - *east) * 60 + second;
    return Instant(start_of(*date).microseconds() + seconds * 1'000'000 + us);
}

std::string to_string(Instant t) {
    constexpr std::int64_t per_day = 86'400'000'000;
    std::int64_t day = t.microseconds() / per_day, us = t.microseconds() % per_day;
    if (us < 0) us += per_day, --day;
    const Civil c = civil_from_days(day);
    const std::int64_t s = us / 1'000'000;
    std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", c.year, c.month, c.day, s / 3600,
                                  s / 60 % 60, s % 60);
    if (us % 1'000'000 != 0) out += fmt::format(".{:06}", us % 1'000'000);
    return out + "Z";
}

Instant now() {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return Instant(std::chrono::duration_cast<std::chrono::microseconds>(since).count());
}

}  // namespace bellwether

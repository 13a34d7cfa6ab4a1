#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace bellwether {

/// A length of time in days; may be fractional. A type of its own so that a swapped argument does not
/// compile.
struct Days {
    double count = 0.0;
    constexpr explicit Days(double n) : count(n) {}
    constexpr Days() = default;
    friend constexpr auto operator<=>(Days, Days) = default;  // NOLINT(modernize-use-nullptr)
};

/// A calendar day of the proleptic Gregorian calendar, without a zone. The clinical time of a sample.
class Date {
public:
    constexpr Date() = default;  ///< 1970-01-01
    /// @param days_since_1970  may be negative
    constexpr explicit Date(std::int32_t days_since_1970) : day_(days_since_1970) {}
    /// @return nothing when the day does not exist (2023-02-29, month 13).
    [[nodiscard]] static std::optional<Date> from_ymd(int year, int month, int day);
    /// Exactly "YYYY-MM-DD"; nothing else, not "2024-2-9".
    [[nodiscard]] static std::optional<Date> parse(std::string_view text);
    [[nodiscard]] constexpr std::int32_t serial() const noexcept { return day_; }
    [[nodiscard]] int year() const;
    [[nodiscard]] int month() const;
    [[nodiscard]] int day() const;
    friend constexpr auto operator<=>(Date, Date) = default;  // NOLINT(modernize-use-nullptr)
    friend constexpr Date operator+(Date d, int n) { return Date(d.day_ + n); }
    friend constexpr Date operator-(Date d, int n) { return Date(d.day_ - n); }
    friend constexpr int operator-(Date a, Date b) { return a.day_ - b.day_; }

private:
    std::int32_t day_ = 0;
};

/// "2026-11-24"
[[nodiscard]] std::string to_string(Date d);

/// A UTC instant, to the microsecond. The time at which the store learnt something, and every `as_of`.
class Instant {
public:
    constexpr Instant() = default;  ///< 1970-01-01T00:00:00Z
    constexpr explicit Instant(std::int64_t microseconds_since_1970) : us_(microseconds_since_1970) {}
    [[nodiscard]] static constexpr Instant start_of(Date d) {
        return Instant(static_cast<std::int64_t>(d.serial()) * 86'400'000'000);
    }
    /// The last microsecond of the day: what a date given as `--as-of` means.
    [[nodiscard]] static constexpr Instant end_of(Date d) { return Instant(start_of(d + 1).us_ - 1); }
    /// "2026-11-24" (its end), "2026-11-24T10:00Z", "...T10:00:05Z", "...T10:00:05.123456Z", or with an
    /// offset "+01:00". A time without a zone is refused.
    [[nodiscard]] static std::optional<Instant> parse(std::string_view text);
    [[nodiscard]] static constexpr Instant lowest() {
        return Instant(std::numeric_limits<std::int64_t>::min());
    }
    [[nodiscard]] static constexpr Instant highest() {
        return Instant(std::numeric_limits<std::int64_t>::max());
    }
    [[nodiscard]] constexpr std::int64_t microseconds() const noexcept { return us_; }
    [[nodiscard]] constexpr Date date() const noexcept {  ///< the UTC day that holds it
        constexpr std::int64_t day = 86'400'000'000;
        const std::int64_t q = us_ / day;
        return Date(static_cast<std::int32_t>(us_ % day < 0 ? q - 1 : q));
    }
    [[nodiscard]] constexpr Instant next() const noexcept { return Instant(us_ + 1); }
    friend constexpr auto operator<=>(Instant, Instant) = default;  // NOLINT(modernize-use-nullptr)

private:
    std::int64_t us_ = 0;
};

/// "2026-11-24T10:00:05Z", with ".123456" when there is a fraction.
[[nodiscard]] std::string to_string(Instant t);

/// The system clock. Called by `app` and the command line only: below them everything takes `as_of`.
[[nodiscard]] Instant now();

}  // namespace bellwether

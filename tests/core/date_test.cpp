#include "bellwether/core/date.hpp"

#include <chrono>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace bellwether;

TEST_CASE("Date: known calendar facts", "[core][date][reference]") {
    // Reference: POSIX epoch; Unix time 951782400 = 2000-02-29T00:00Z (11016 days), 4102444800 = 2100-01-01
    // (47482).
    CHECK(Date::from_ymd(1970, 1, 1)->serial() == 0);
    CHECK(Date::from_ymd(2000, 2, 29)->serial() == 11016);
    CHECK(Date::from_ymd(2100, 1, 1)->serial() == 47482);
    CHECK(Date::from_ymd(1969, 12, 31)->serial() == -1);
    // Gregorian rule of the century: 1900 and 2100 are no leap years, 2000 is one.
    CHECK_FALSE(Date::from_ymd(1900, 2, 29));
    CHECK_FALSE(Date::from_ymd(2100, 2, 29));
    CHECK_FALSE(Date::from_ymd(2023, 2, 29));
    CHECK_FALSE(Date::from_ymd(2023, 13, 1));
    CHECK_FALSE(Date::from_ymd(2023, 4, 31));
    CHECK_FALSE(Date::from_ymd(2023, 0, 1));
}

TEST_CASE("Date: agrees with std::chrono on every day of four centuries", "[core][date][reference]") {
    // Reference: std::chrono::year_month_day of the standard library, 1800-01-01 to 2199-12-31.
    using namespace std::chrono;
    const auto begin_day = sys_days(year(1800) / 1 / 1), end_day = sys_days(year(2199) / 12 / 31);
    bool same = true;
    for (auto day = begin_day; day <= end_day; day += days(1)) {
        const year_month_day civil(day);
        const Date d(static_cast<std::int32_t>(day.time_since_epoch().count()));
        const auto back =
            Date::from_ymd(int(civil.year()), int(unsigned(civil.month())), int(unsigned(civil.day())));
        same = same && back == d && d.year() == int(civil.year()) &&
               d.month() == int(unsigned(civil.month())) && d.day() == int(unsigned(civil.day()));
    }
    CHECK(same);
}

TEST_CASE("Date::parse: exactly YYYY-MM-DD", "[core][date]") {
    CHECK(to_string(*Date::parse("2024-02-29")) == "2024-02-29");
    for (const char* bad : {"2024-2-9", "2024-02-30", "2024/02/01", "20240201", "2024-02-01 ", "",
                            "0000-01-01", "+024-01-01", "2024-Feb-29"}) {
        CAPTURE(bad);
        CHECK_FALSE(Date::parse(bad));
    }
}

TEST_CASE("Date: text and back is the identity", "[core][date][property]") {
    CHECK(rc::check([] {
        const Date d(*rc::gen::inRange(-719162, 2932897));  // 0001-01-01 to 9999-12-31
        RC_ASSERT(Date::parse(to_string(d)) == d);
    }));
}

TEST_CASE("Instant::parse: a date means its end, a time needs a zone", "[core][date]") {
    // Reference: Unix time 1767225600 = 2026-01-01T00:00:00Z.
    constexpr std::int64_t y2026 = 1767225600LL * 1'000'000;
    CHECK(Instant::parse("2026-01-01T00:00Z") == Instant(y2026));
    CHECK(Instant::parse("2026-01-01") == Instant(y2026 + 86'400'000'000 - 1));
    CHECK(Instant::parse("2026-01-01T01:00+01:00") == Instant(y2026));
    CHECK(Instant::parse("2025-12-31T18:30:00-05:30") == Instant(y2026));
    CHECK(Instant::parse("2026-01-01T00:00:05.25Z") == Instant(y2026 + 5'250'000));
    for (const char* bad : {"2026-01-01T00:00", "2026-01-01 00:00Z", "2026-01-01T24:00Z", "2026-01-01T00:60Z",
                            "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567Z",
                            "2026-01-01T00:00+1:00", "2026-01-01T00:00+15:00", "2026-02-30T00:00Z",
                            "2026-01-01T", "2026-01-01T00:00:0Z"}) {
        CAPTURE(bad);
        CHECK_FALSE(Instant::parse(bad));
    }
}

TEST_CASE("Instant: text and back, and the day that holds it", "[core][date]") {
    CHECK(to_string(*Instant::parse("2026-11-24T10:00:05Z")) == "2026-11-24T10:00:05Z");
    CHECK(to_string(*Instant::parse("2026-11-24T10:00:05.123456Z")) == "2026-11-24T10:00:05.123456Z");
    CHECK(to_string(Instant(-1)) == "1969-12-31T23:59:59.999999Z");
    CHECK(Instant(-1).date() == Date(-1));
    CHECK(Instant::end_of(Date(0)).date() == Date(0));
    // Reference: Java's Instant.ofEpochMilli(Long.MAX_VALUE / 1000) lies in the year 294247.
    CHECK(to_string(Instant::highest()) == "294247-01-10T04:00:54.775807Z");
}

#pragma once

#include <optional>
#include <string_view>

#include "bellwether/core/date.hpp"
#include "bellwether/feed/profile.hpp"

/// Pure readers of single cells.
namespace bellwether::feed {

enum class Bad {
    form,
    no_such_day
};  ///< not of the declared form; of the form, but the day or hour does not exist

struct ClinicalTime {
    std::optional<Date> date;
    std::optional<int> minute;  ///< of the day, for the formats with a time
    Bad bad = Bad::form;        ///< when there is no date
};

/// A clinical time in one of the strict formats (not study_day). A time with a zone keeps its own calendar
/// day.
[[nodiscard]] ClinicalTime parse_time(std::string_view text, DateFormat format);

/// A release: an instant, or a date, which counts as its end (UTC).
[[nodiscard]] std::optional<Instant> parse_release(std::string_view text, DateFormat format);

/// "24.11.2026", for messages.
[[nodiscard]] std::string_view example_of(DateFormat format);

enum class BadNumber { none, ambiguous, form };
struct Number {
    double value = 0.0;
    BadNumber bad = BadNumber::none;
};
/// A decimal number. Without a declared sign a comma makes it ambiguous.
[[nodiscard]] Number parse_number(std::string_view text, std::optional<char> decimal);

/// "<", "<=", ">", ">=" and their one-character forms, taken off the front.
[[nodiscard]] Censor take_comparator(std::string_view& text);

}  // namespace bellwether::feed

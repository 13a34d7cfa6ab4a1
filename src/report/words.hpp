#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bellwether/core/date.hpp"
#include "bellwether/record/record.hpp"
#include "bellwether/series/timeline.hpp"

/// Numbers, dates and texts as people read them. The same words stand in text and HTML.
namespace bellwether::report {

/// One line of well-formed UTF-8: line breaks and tabs become spaces; control characters, the marks that turn
/// the writing direction and malformed bytes become U+FFFD, so that no name from a feed can drive a terminal
/// or break a document.
[[nodiscard]] std::string clean(std::string_view text);

/// Columns on a terminal: code points (wide East Asian characters are counted as one).
[[nodiscard]] int width(std::string_view text);
[[nodiscard]] std::string pad(std::string text, int columns);       ///< spaces after
[[nodiscard]] std::string pad_left(std::string text, int columns);  ///< spaces before
/// Cut to so many columns, the last one an ellipsis when something was cut.
[[nodiscard]] std::string cut(const std::string& text, int columns);
/// Breaks at spaces; a longer word stands alone on its line.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, int columns);

[[nodiscard]] std::string number(double x);       ///< four significant digits, no exponent in the usual range
[[nodiscard]] std::string probability(double p);  ///< "0.91"; ">0.99" and "<0.01" short of certainty
[[nodiscard]] std::string weight(double log_odds);            ///< "+1.9"
[[nodiscard]] std::string unit_words(std::string_view unit);  ///< " ng/mL" with its space; "" for scores
[[nodiscard]] std::string reading_words(const Reading& r, std::string_view unit);  ///< "<0.1 %"
[[nodiscard]] std::string answer_words(const series::Answer& a);                   ///< "1.75", "<0.5", "?"
[[nodiscard]] std::string count(std::int64_t n, std::string_view one, std::string_view many = {});
/// A date where the instant is the end of a day (as `--as-of DATE` is), else the minute in UTC.
[[nodiscard]] std::string moment(Instant t);
[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view between);

}  // namespace bellwether::report

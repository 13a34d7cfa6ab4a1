#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bellwether {

/// Shortest text that reads back to the same double ("0.1", "1e-09", "41").
[[nodiscard]] std::string shortest(double x);

/// Whole text as a finite decimal number with '.', by std::from_chars; no spaces, no hex, no inf or nan.
[[nodiscard]] std::optional<double> parse_double(std::string_view text);
/// Whole text as a decimal integer; "010" is ten.
[[nodiscard]] std::optional<long long> parse_integer(std::string_view text);

/// The candidate at the least edit distance (insert, delete, replace, swap of neighbours), when that is at
/// most a third of the longer word (rounded up); ties go to the first. Empty when nothing is near.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// "did you mean 'x'?" when something is near, else "one of: a, b, c" (at most twelve names).
[[nodiscard]] std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);
[[nodiscard]] std::string lower(std::string_view text);  ///< ASCII letters only

/// Offset of the first byte that does not belong to well-formed UTF-8 (RFC 3629), npos when all is well.
[[nodiscard]] std::size_t first_bad_utf8(std::string_view text);

/// Reads a whole file. @throws Error C001 when it cannot be opened or read.
[[nodiscard]] std::string read_text(const std::string& path);
/// Writes a temporary file beside `path`, syncs it and renames it over `path`. @throws Error C002.
void write_text_atomically(const std::string& path, std::string_view text);

}  // namespace bellwether

#include "bellwether/core/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace bellwether {
namespace {

/// Optimal string alignment distance: insert, delete, replace, swap of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        above[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replace = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, replace});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, above);
        std::swap(above, row);
    }
    return above[b.size()];
}

bool blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

}  // namespace

std::string shortest(double x) {
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, x).ptr;
    return {buffer, end};
}

std::optional<double> parse_double(std::string_view text) {
    // from_chars takes "inf", "nan" and, elsewhere, hex: the first character rules the words out.
    const std::size_t first = !text.empty() && text.front() == '-' ? 1 : 0;
    if (first >= text.size()) return std::nullopt;
    const char c = text[first];
    if (c != '.' && (c < '0' || c > '9')) return std::nullopt;
    double x = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), x);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(x)) return std::nullopt;
    return x;
}

std::optional<long long> parse_integer(std::string_view text) {
    long long x = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), x);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return x;
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
    const std::string* best = nullptr;
    std::size_t least = 0;
    for (const auto& c : candidates) {
        const std::size_t d = distance(word, c);
        const std::size_t allowed = (std::max(word.size(), c.size()) + 2) / 3;
        if (d > allowed || (best && d >= least)) continue;
        best = &c;
        least = d;
    }
    return best ? *best : std::string();
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
    if (const std::string near = nearest(word, candidates); !near.empty()) {
        return fmt::format("did you mean '{}'?", near);
    }
    if (candidates.empty()) return "nothing may stand here";
    const std::size_t shown = std::min<std::size_t>(candidates.size(), 12);
    return fmt::format("one of: {}{}",
                       fmt::join(candidates.begin(), candidates.begin() + static_cast<long>(shown), ", "),
                       shown < candidates.size() ? ", ..." : "");
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && blank(text.back()))
        text.remove_suffix(1);
    return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> out;
    for (std::size_t start = 0;;) {
        const std::size_t end = text.find(separator, start);
        out.emplace_back(text.substr(start, end - start));
        if (end == std::string_view::npos) return out;
        start = end + 1;
    }
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

std::size_t first_bad_utf8(std::string_view s) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
    for (std::size_t i = 0; i < s.size();) {
        const auto c = byte(i);
        if (c < 0x80) {
            ++i;
            continue;
        }
        const std::size_t n = c >= 0xF0 && c <= 0xF4  ? 4
                              : c >= 0xE0 && c < 0xF0 ? 3
                              : c >= 0xC2 && c < 0xE0 ? 2
                                                      : 0;
        if (n == 0 || i + n > s.size()) return i;
        for (std::size_t k = 1; k < n; ++k) {
            if ((byte(i + k) & 0xC0U) != 0x80U) return i;
        }
        // No overlong forms, no surrogates, nothing above U+10FFFF: all show in the second byte.
        const auto second = byte(i + 1);
        if ((c == 0xE0 && second < 0xA0) || (c == 0xED && second > 0x9F)) return i;
        if ((c == 0xF0 && second < 0x90) || (c == 0xF4 && second > 0x8F)) return i;
        i += n;
    }
    return std::string_view::npos;
}

}  // namespace bellwether

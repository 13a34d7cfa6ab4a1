#include "words.hpp"

#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

namespace bellwether::report {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

bool starts_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

/// Bytes of the character that begins with `c`, in well-formed text.
std::size_t length(char c) {
    const auto b = static_cast<unsigned char>(c);
    return b < 0x80 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
}

/// C0, DEL, C1 (U+0080 to U+009F) and the marks of writing direction (U+202A to U+202E, U+2066 to U+2069).
bool is_hostile(std::string_view character) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
    if (character.size() == 1) return at(0) < 0x20 || at(0) == 0x7F;
    if (character.size() == 2) return at(0) == 0xC2 && at(1) < 0xA0;
    if (character.size() != 3 || at(0) != 0xE2) return false;
    return (at(1) == 0x80 && at(2) >= 0xAA && at(2) <= 0xAE) ||
           (at(1) == 0x81 && at(2) >= 0xA6 && at(2) <= 0xA9);
}

void add_clean(std::string& out, std::string_view well_formed) {
    for (std::size_t i = 0; i < well_formed.size();) {
        const auto character = well_formed.substr(i, length(well_formed[i]));
        if (character == "\n" || character == "\t" || character == "\r")
            out += ' ';
        else
            out += is_hostile(character) ? replacement : character;
        i += character.size();
    }
}

}  // namespace

std::string clean(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto bad = first_bad_utf8(text);
        add_clean(out, text.substr(0, bad));
        if (bad == std::string_view::npos) break;
        out += replacement;
        text.remove_prefix(bad + 1);
    }
    return out;
}

int width(std::string_view text) {
    int n = 0;
    for (const char c : text)
        n += starts_character(c) ? 1 : 0;
    return n;
}

std::string pad(std::string text, int columns) {
    const int missing = columns - width(text);
    if (missing > 0) text.append(static_cast<std::size_t>(missing), ' ');
    return text;
}

std::string pad_left(std::string text, int columns) {
    const int missing = columns - width(text);
    if (missing > 0) text.insert(0, static_cast<std::size_t>(missing), ' ');
    return text;
}

std::string cut(const std::string& text, int columns) {
    if (width(text) <= columns) return text;
    std::string out;
    int n = 0;
    for (std::size_t i = 0; i < text.size() && n + 1 < columns; ++n) {
        out += text.substr(i, length(text[i]));
        i += length(text[i]);
    }
    return out + "…";
}

std::vector<std::string> wrap(std::string_view text, int columns) {
    std::vector<std::string> lines;
    std::string line;
    for (const auto& word : split(text, ' ')) {
        if (word.empty()) continue;
        if (!line.empty() && width(line) + 1 + width(word) > columns) {
            lines.push_back(std::move(line));
            line.clear();
        }
        line += (line.empty() ? "" : " ") + word;
    }
    if (!line.empty()) lines.push_back(std::move(line));
    return lines;
}

std::string number(double x) {
    const double size = std::abs(x);
    if (size >= 1000 && size < 1e7) return fmt::format("{:.0f}", x);
    return fmt::format("{:.4g}", x);
}

std::string probability(double p) {
    if (p > 0.99 && p < 1.0) return ">0.99";
    if (p < 0.01 && p > 0.0) return "<0.01";
    return fmt::format("{:.2f}", p);
}

std::string weight(double log_odds) {
    const auto text = fmt::format("{:+.1f}", log_odds);
    return text == "-0.0" ? "+0.0" : text;
}

std::string unit_words(std::string_view unit) {
    if (unit.empty() || unit == "1") return {};
    if (unit == "10*9/L") return " ×10⁹/L";
    return " " + std::string(unit);
}

std::string reading_words(const Reading& r, std::string_view unit) {
    const char* mark = r.censor == Censor::left ? "<" : r.censor == Censor::right ? ">" : "";
    return mark + number(r.value) + unit_words(unit);
}

std::string answer_words(const series::Answer& a) {
    if (!a.value) return "?";
    const char* mark = !a.censored                ? ""
                       : a.bound == Censor::left  ? "<"
                       : a.bound == Censor::right ? ">"
                                                  : "~";
    return mark + number(*a.value);
}

std::string count(std::int64_t n, std::string_view one, std::string_view many) {
    if (n == 1) return fmt::format("1 {}", one);
    return many.empty() ? fmt::format("{} {}s", n, one) : fmt::format("{} {}", n, many);
}

std::string moment(Instant t) {
    if (t == Instant::end_of(t.date())) return to_string(t.date());
    const auto minutes = (t.microseconds() - Instant::start_of(t.date()).microseconds()) / 60'000'000;
    return fmt::format("{} {:02}:{:02} UTC", to_string(t.date()), minutes / 60, minutes % 60);
}

std::string join(const std::vector<std::string>& parts, std::string_view between) {
    std::string out;
    for (const auto& part : parts)
        out += (out.empty() ? std::string() : std::string(between)) + part;
    return out;
}

}  // namespace bellwether::report

#include "bellwether/core/error.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace bellwether {
namespace {

bool continues_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// The n-th line (from 1) without its line end; nothing known beyond the text.
std::string_view line_of(std::string_view text, int n) {
    std::size_t start = 0;
    for (int i = 1; i < n; ++i) {
        const std::size_t end = text.find('\n', start);
        if (end == std::string_view::npos) return {};
        start = end + 1;
    }
    std::string_view line = text.substr(start, text.find('\n', start) - start);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
}

/// Blanks as wide as the first `characters` of the line; tabs stay tabs, so that the caret lands where it
/// should.
std::string padding(std::string_view line, int characters) {
    std::string out;
    int seen = 0;
    for (char c : line) {
        if (continues_character(c)) continue;
        if (seen == characters) break;
        out += c == '\t' ? '\t' : ' ';
        ++seen;
    }
    out.append(static_cast<std::size_t>(std::max(0, characters - seen)), ' ');
    return out;
}

std::string all_lines(const Findings& findings) {
    std::string out;
    for (const auto& d : findings.list) {
        if (!out.empty()) out += '\n';
        out += to_string(d);
    }
    return out;
}

std::string first_error_code(const Findings& findings) {
    for (const auto& d : findings.list) {
        if (d.severity == Diagnostic::Severity::error) return d.code;
    }
    return findings.list.empty() ? std::string("C000") : findings.list.front().code;
}

}  // namespace

std::string to_string(const Location& at) {
    std::string out = at.file;
    if (at.line > 0) out += fmt::format("{}{}", out.empty() ? "" : ":", at.line);
    if (at.line > 0 && at.column > 0) out += fmt::format(":{}", at.column);
    return out;
}

std::string to_string(const Diagnostic& d) {
    std::string out = to_string(d.at);
    if (!out.empty()) out += ": ";
    out += d.severity == Diagnostic::Severity::error ? "error " : "warning ";
    out += d.code;
    out += ": ";
    out += d.what;
    if (!d.hint.empty()) out += "; " + d.hint;
    return out;
}

std::string with_snippet(const Diagnostic& d, std::string_view text) {
    std::string out = to_string(d);
    if (d.at.line <= 0) return out;
    const std::string_view line = line_of(text, d.at.line);
    if (line.empty()) return out;
    const std::string number = std::to_string(d.at.line);
    out += fmt::format("\n{} | {}", number, line);
    if (d.at.column > 0) {
        out += fmt::format("\n{:>{}} | {}^", "", number.size(), padding(line, d.at.column - 1));
    }
    return out;
}

void Findings::error(std::string code, Location at, std::string what, std::string hint) {
    list.push_back(
        {Diagnostic::Severity::error, std::move(code), std::move(at), std::move(what), std::move(hint)});
}

void Findings::warning(std::string code, Location at, std::string what, std::string hint) {
    list.push_back(
        {Diagnostic::Severity::warning, std::move(code), std::move(at), std::move(what), std::move(hint)});
}

bool Findings::ok() const noexcept {
    return std::none_of(list.begin(), list.end(),
                        [](const Diagnostic& d) { return d.severity == Diagnostic::Severity::error; });
}

void Findings::sort() {
    std::stable_sort(list.begin(), list.end(), [](const Diagnostic& a, const Diagnostic& b) {
        return std::tie(a.at.file, a.at.line, a.at.column) < std::tie(b.at.file, b.at.line, b.at.column);
    });
}

InputError::InputError(Findings findings)
    : Error(first_error_code(findings), all_lines(findings)), findings_(std::move(findings)) {}

}  // namespace bellwether

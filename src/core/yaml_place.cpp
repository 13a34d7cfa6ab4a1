#include <algorithm>

#include "yaml_document.hpp"

namespace bellwether::yaml {
namespace {

bool blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::size_t utf8_length(unsigned long code) {
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/// A piece of the file that stands for `bytes` bytes of the scalar's text.
struct Step {
    std::size_t length;
    std::size_t bytes;
};

/// A backslash escape of a double-quoted scalar.
Step escape(const std::string& text, std::size_t i) {
    const char c = i + 1 < text.size() ? text[i + 1] : '\0';
    const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (digits > 0)
        return {2 + digits, utf8_length(std::strtoul(text.substr(i + 2, digits).c_str(), nullptr, 16))};
    if (c == 'N' || c == '_') return {2, 2};
    if (c == 'L' || c == 'P') return {2, 3};
    if (c != '\n' && c != '\r') return {2, 1};
    std::size_t end = i + 1;  // an escaped line end joins two lines without a blank
    while (end < text.size() && blank(text[end]))
        ++end;
    return {end - i, 0};
}

/// Blanks: as they are within a line, folded (one line end to a blank, n to n - 1 line ends) across lines.
Step blanks(const std::string& text, std::size_t i) {
    std::size_t end = i;
    while (end < text.size() && blank(text[end]))
        ++end;
    const auto lines = static_cast<std::size_t>(
        std::count(text.begin() + static_cast<long>(i), text.begin() + static_cast<long>(end), '\n'));
    if (lines == 0) return {1, 1};
    return {end - i, std::max<std::size_t>(1, lines - 1)};
}

Step step(const std::string& text, std::size_t i, Style style) {
    if (blank(text[i])) return blanks(text, i);
    if (style == Style::double_quoted && text[i] == '\\') return escape(text, i);
    if (style == Style::single_quoted && text[i] == '\'') return {2, 1};
    return {1, 1};
}

/// Block scalars: the text's line k is the file's line k below the indicator, without the indentation, whose
/// depth is what the first line with text has more in the file.
std::size_t offset_in_block(const Node::Data& d, std::size_t n) {
    const Source& source = *d.source;
    const auto first = std::upper_bound(source.line_starts.begin(), source.line_starts.end(), d.begin) - 1;
    const auto first_line = static_cast<std::size_t>(first - source.line_starts.begin());
    std::size_t indent = 0, line = 0, start = 0, wanted_line = 0, wanted_column = 0;
    bool indented = false;
    for (; start <= d.scalar.size(); ++line) {
        const std::size_t end = std::min(d.scalar.find('\n', start), d.scalar.size());
        const std::size_t in_file = source.line(first_line + line).size();
        if (!indented && end > start && in_file >= end - start)
            indent = in_file - (end - start), indented = true;
        if (n >= start && n <= end) wanted_line = line, wanted_column = n - start;
        start = end + 1;
    }
    const std::size_t in_file = source.line(first_line + wanted_line).size();
    const std::size_t line_start = source.offset(static_cast<int>(first_line + wanted_line), 0);
    return line_start + std::min(indent + wanted_column, in_file);
}

}  // namespace

Source::Source(std::string_view bytes, std::string name) : file(std::move(name)), text(bytes) {
    line_starts.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n') line_starts.push_back(i + 1);
    }
}

std::string_view Source::line(std::size_t index) const {
    if (index >= line_starts.size()) return {};
    const std::size_t start = line_starts[index];
    std::string_view out = std::string_view(text).substr(start);
    out = out.substr(0, out.find('\n'));
    if (!out.empty() && out.back() == '\r') out.remove_suffix(1);
    return out;
}

Location Source::at(std::size_t offset) const {
    const auto after = std::upper_bound(line_starts.begin(), line_starts.end(), offset);
    const std::size_t start = *(after - 1);
    int column = 1;
    for (std::size_t i = start; i < std::min(offset, text.size()); ++i) {
        column += (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U ? 0 : 1;
    }
    return {file, static_cast<int>(after - line_starts.begin()), column};
}

std::size_t Source::offset(int line, int column) const {
    const auto index = std::min(static_cast<std::size_t>(std::max(line, 0)), line_starts.size() - 1);
    return std::min(line_starts[index] + static_cast<std::size_t>(std::max(column, 0)), text.size());
}

std::size_t offset_of(const Node::Data& scalar, std::size_t n) {
    if (scalar.style == Style::block) return offset_in_block(scalar, n);
    const std::string& text = scalar.source->text;
    std::size_t i = scalar.begin;
    for (std::size_t bytes = 0; i < text.size();) {
        const Step s = step(text, i, scalar.style);
        if (bytes + s.bytes > n) break;
        bytes += s.bytes;
        i += s.length;
    }
    return i;
}

}  // namespace bellwether::yaml

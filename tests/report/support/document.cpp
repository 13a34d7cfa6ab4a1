#include "document.hpp"

#include <cctype>
#include <sstream>

namespace bellwether::report::sample {
namespace {

bool entity_at(const std::string& s, std::size_t i) {
    const auto end = s.find(';', i);
    return end != std::string::npos && end - i <= 8 && end > i + 1;
}

}  // namespace

std::string defect_of(const std::string& s) {
    std::vector<std::string> open;
    std::size_t i = s.starts_with("<!DOCTYPE html>") ? 15 : 0;
    for (; i < s.size(); ++i) {
        if (s[i] == '&' && !entity_at(s, i)) return "bare & near: " + s.substr(i, 40);
        if (s[i] == '>') return "bare > near: " + s.substr(i > 30 ? i - 30 : 0, 40);
        if (s[i] != '<') continue;
        const bool closing = i + 1 < s.size() && s[i + 1] == '/';
        std::size_t j = i + (closing ? 2 : 1);
        std::string name;
        while (j < s.size() && (std::isalnum(static_cast<unsigned char>(s[j])) != 0))
            name += s[j++];
        if (name.empty()) return "no tag name near: " + s.substr(i, 40);
        bool quoted = false;
        for (; j < s.size() && (quoted || s[j] != '>'); ++j) {
            if (s[j] == '"') quoted = !quoted;
            if (quoted && s[j] == '<') return "< in an attribute near: " + s.substr(i, 60);
            if (!quoted && s[j] == '=' && (j + 1 == s.size() || s[j + 1] != '"'))
                return "bare attribute in " + name;
        }
        if (j == s.size()) return "tag " + name + " never ends";
        const bool empty = s[j - 1] == '/';
        if (closing) {
            if (open.empty() || open.back() != name)
                return "</" + name + "> closes " + (open.empty() ? "nothing" : open.back());
            open.pop_back();
        } else if (!empty) {
            open.push_back(name);
        }
        i = j;
        // The style sheet is text of its own kind.
        if (!closing && name == "style") i = s.find("</style>", j) - 1;
    }
    return open.empty() ? "" : "never closed: " + open.back();
}

std::size_t occurrences(const std::string& text, const std::string& word) {
    std::size_t n = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + word.size()))
        ++n;
    return n;
}

std::vector<std::string> lines_with(const std::string& text, const std::string& word) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        if (line.find(word) != std::string::npos) out.push_back(line);
    return out;
}

}  // namespace bellwether::report::sample

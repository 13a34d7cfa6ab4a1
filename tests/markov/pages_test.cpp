#include <map>
#include <sstream>

#include <catch2/catch.hpp>

#include "bellwether/core/text.hpp"
#include "bellwether/markov/spec.hpp"

// The pages for statisticians must not lie: each YAML snippet reads without a finding.

using namespace bellwether;

namespace {

/// A snippet's top-level keys, each with its lines.
using Sections = std::map<std::string, std::string>;

Sections sections_of(const std::string& yaml) {
    Sections out;
    std::string key, line;
    std::istringstream lines(yaml);
    while (std::getline(lines, line)) {
        if (!line.empty() && line.front() != ' ' && line.front() != '#') key = line.substr(0, line.find(':'));
        out[key] += line + "\n";
    }
    return out;
}

/// The blocks between ```yaml and ```, with the line on which each begins.
std::vector<std::pair<int, std::string>> snippets_of(const std::string& page) {
    std::vector<std::pair<int, std::string>> out;
    std::istringstream lines(page);
    std::string line;
    bool inside = false;
    for (int number = 1; std::getline(lines, line); ++number) {
        if (line == "```yaml") {
            out.emplace_back(number + 1, "");
            inside = true;
        } else if (line == "```") {
            inside = false;
        } else if (inside) {
            out.back().second += line + "\n";
        }
    }
    return out;
}

/// Reads each snippet of a page, put over the first, section by section. @return how many
std::size_t read_over_first(const std::string& page) {
    const auto snippets = snippets_of(read_text(std::string(BELLWETHER_SOURCE_DIR) + "/docs/" + page));
    REQUIRE_FALSE(snippets.empty());
    const Sections base = sections_of(snippets.front().second);
    for (const auto& [line, snippet] : snippets) {
        Sections model = base;
        for (const auto& [key, text] : sections_of(snippet))
            model[key] = text;
        std::string text;
        for (const auto& [key, lines] : model)
            text += lines;
        Findings findings;
        (void)markov::read_spec(text, "snippet", findings);
        for (const auto& d : findings.list)
            UNSCOPED_INFO(to_string(d));
        CAPTURE(page, line, text);
        CHECK(findings.list.empty());
    }
    return snippets.size();
}

}  // namespace

TEST_CASE("docs/coming-from-msm.md: each snippet, put over the first, is a model", "[markov][spec][docs]") {
    CHECK(read_over_first("coming-from-msm.md") > 15);
}

TEST_CASE("docs/model-format.md: its model reads, and with the snippets over it", "[markov][spec][docs]") {
    CHECK(read_over_first("model-format.md") == 2);
}

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>

#include "bellwether/core/text.hpp"
#include "bellwether/rulebook/evaluate.hpp"

#include "rulebook/support/fake.hpp"

using namespace bellwether;
using namespace bellwether::rulebook;
namespace fs = std::filesystem;

namespace {

const fs::path source_dir = BELLWETHER_SOURCE_DIR;

/// x.yaml beside x.test.yaml, sorted.
std::vector<fs::path> rule_files() {
    std::vector<fs::path> out;
    for (const auto& entry : fs::recursive_directory_iterator(source_dir / "rules")) {
        auto test = entry.path();
        test.replace_extension(".test.yaml");
        if (entry.path().extension() == ".yaml" && fs::exists(test)) out.push_back(entry.path());
    }
    std::sort(out.begin(), out.end());
    return out;
}

TestOutcome run(const Rulebook& book, const TestCase& test) {
    TestOutcome got;
    const auto whole = fake::Patient::of(test);
    for (const auto& [day, alerts] : test.expected) {
        auto known = whole.until(Date(day));
        const auto verdicts = evaluate(book, known, Date(day));
        got.open.emplace_back();
        for (std::size_t r = 0; r < book.rules.size(); ++r) {
            if (verdicts.rules[r].open()) got.open.back().push_back(book.rules[r].alert);
        }
    }
    return got;
}

}  // namespace

TEST_CASE("shipped rules: load without a finding, pass their tests, and each is raised by one",
          "[rulebook][shipped]") {
    const fake::Table table;
    const auto files = rule_files();
    CHECK(files.size() >= 8);
    Rulebook all;
    Findings findings;
    for (const auto& file : files) {
        CAPTURE(file.string());
        const auto book = load(read_text(file.string()), file.string(), table, findings);
        auto test_file = file;
        test_file.replace_extension(".test.yaml");
        const auto suite =
            read_test(read_text(test_file.string()), test_file.string(), table, &book, findings);
        CHECK(fs::path(suite.rules) == file.filename());
        CHECK_FALSE(suite.tests.empty());
        for (const auto& test : suite.tests) {
            for (const auto& line : compare(test, run(book, test)))
                FAIL_CHECK(line);
        }
        CHECK(never_raised(book, {suite}).empty());
        merge(all, book, findings);
    }
    for (const auto& d : findings.list)
        FAIL_CHECK(to_string(d));
    for (const auto& rule : all.rules) {
        CAPTURE(rule.alert);
        CHECK((rule.illustrative || !rule.evidence.empty()));
    }
}

TEST_CASE("codes: every code of the module has one row in rules/CODES.md and every row a code",
          "[rulebook][codes]") {
    std::set<std::string> used;
    for (const auto& entry : fs::directory_iterator(source_dir / "src/rulebook")) {
        const std::string text = read_text(entry.path().string());
        const std::regex code("\"(R[0-9]{3})\"");
        for (auto it = std::sregex_iterator(text.begin(), text.end(), code); it != std::sregex_iterator();
             ++it)
            used.insert((*it)[1]);
    }
    std::map<std::string, int> rows;
    std::istringstream table(read_text((source_dir / "rules/CODES.md").string()));
    for (std::string line; std::getline(table, line);) {
        if (line.starts_with("| R")) ++rows[line.substr(2, 4)];
    }
    std::set<std::string> listed;
    for (const auto& [code, n] : rows) {
        CAPTURE(code);
        CHECK(n == 1);
        listed.insert(code);
    }
    CHECK(listed == used);
}

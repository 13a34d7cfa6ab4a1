#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bellwether/core/error.hpp"
#include "bellwether/core/feature.hpp"
#include "bellwether/rulebook/rule.hpp"

/// Unit tests of rules, in the manner of Prometheus: x.test.yaml beside x.yaml. This module reads them and
/// compares; `app` builds a patient from the series and runs the rules.
namespace bellwether::rulebook {

/// One reading of a test series. The day is counted from the test's day 0.
struct TestReading {
    enum class Censor { none, left, right };  ///< left: "<0.1"; right: ">1000"
    int day = 0;
    double value = 0.0;
    Censor censor = Censor::none;
    friend bool operator==(const TestReading&, const TestReading&) = default;
};

struct TestTherapy {
    std::string regimen;
    int from = 0;
    std::optional<int> to;  ///< day after the last; nothing while it lasts
};

struct TestEvent {
    int day = 0;
    std::string kind;          ///< "progression", "toxicity", ...
    std::string term;          ///< of a toxicity
    std::optional<int> grade;  ///< of a toxicity
};

struct TestCase {
    std::string name;
    Location at;
    std::vector<std::pair<std::string, std::vector<TestReading>>> series;  ///< per channel, days ascending
    /// Answers that are fixed, so that the test is of the rule alone: from each day until the next.
    std::vector<std::pair<FeatureCall, std::vector<TestReading>>> given;
    std::vector<TestTherapy> therapy;
    std::vector<TestEvent> events;
    std::vector<std::pair<std::string, std::string>> attributes;
    /// Alerts open (fired and not ended) when judged as of that day, sorted by name. Data after it are not
    /// known.
    std::vector<std::pair<int, std::vector<std::string>>> expected;
};

struct RuleTest {
    std::string rules;  ///< path of the rule file, relative to the test file
    std::vector<TestCase> tests;
};

/// Reads x.test.yaml. Codes R03x. Names of channels and alerts are checked against `table` and `book`.
/// @param book  the rules of the file that the test names; nullptr: names are not checked (to learn which
/// file it is)
[[nodiscard]] RuleTest read_test(std::string_view text, const std::string& file, const FeatureTable& table,
                                 const Rulebook* book, Findings& findings);

/// What one test saw: alerts open at each day of `expected`, in its order.
struct TestOutcome {
    std::vector<std::vector<std::string>> open;
};

/// One line per day that differs: "rules/x.test.yaml:14:5: one high sample alone stays silent: day 63:
/// expected nothing, got ctdna-rising". Empty when the test passes.
[[nodiscard]] std::vector<std::string> compare(const TestCase& test, const TestOutcome& got);

/// Alerts of the book that no test expects anywhere.
[[nodiscard]] std::vector<std::string> never_raised(const Rulebook& book, const std::vector<RuleTest>& tests);

}  // namespace bellwether::rulebook

#pragma once

#include <string>
#include <vector>

#include "bellwether/app/replay.hpp"

/// The figures of a replay: per rule and in all, per subgroup, side against side, along a threshold.
namespace bellwether::app {

/// One rule of one side over some of the patients.
struct ReplayLine {
    std::string side, rule;     ///< rule "": any rule of the side
    std::string factor, level;  ///< "sex", "female"; "" = all patients
    std::string threshold;      ///< of a swept rule; else ""
    study::Counts counts;
    std::vector<study::Estimate> estimates;  ///< in the order of study::measure_names()
    /// Kaplan-Meier of the time to the first alert, from the start of watching; `lines` only.
    std::vector<study::KaplanMeierStep> to_alert = {};
};

/// The second side less the first, the same patients drawn for both.
struct DifferenceLine {
    std::string rule;
    std::vector<study::Estimate> estimates;
};

/// Whether the levels of a factor differ in what a rule does.
struct TestLine {
    std::string side, rule, factor;
    std::string what;  ///< "first false alerts", "time to first alert", "events warned of"
    study::GroupTest test;
    double p_holm = 1.0;  ///< over all tests of the report
};

struct ReplayReport {
    std::vector<ReplayLine> lines, groups, curve;
    std::vector<DifferenceLine> differences;  ///< of rules that both sides have, and of any rule
    std::vector<TestLine> tests;
};

struct ReportRequest {
    std::vector<std::string> rules;  ///< empty: all, and "" (any) where there are several
    std::vector<std::string> by;     ///< factors; "assay": "assay of CHANNEL" for what the rules read
    /// Rules that were swept (add_thresholds of the first side), and their thresholds as RULE@VALUE has them.
    std::vector<std::pair<std::string, std::vector<std::string>>> swept;
    int horizon_days = 180;
    study::Bootstrap bootstrap;
    int threads = 2;
};

/// A factor with fewer than two levels among the patients is left out: there is nothing to compare.
/// @throws Error P033 a rule that no side has
/// @cost  (rules x (1 + factors) + thresholds) x draws x patients
/// @tested tests/app/replay_test.cpp
[[nodiscard]] ReplayReport report_replay(const Replayed& replayed, const std::vector<ReplaySide>& sides,
                                         const ReportRequest& request);

}  // namespace bellwether::app

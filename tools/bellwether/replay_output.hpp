#pragma once

#include <optional>
#include <string>

#include "bellwether/app/replay_report.hpp"

#include "command.hpp"

/// What `replay` prints.
namespace bellwether::cli {

struct ReplayOutput {
    std::string store, banner;  ///< kind, and the line that says so
    const app::ReplayRequest* request = nullptr;
    study::Bootstrap bootstrap;
    bool truth = false;
    std::size_t failed = 0;
    std::optional<app::LedgerCheck> ledger;
    app::ReplayReport report;
};

void print(const ReplayOutput& out, Format format);

/// Lead time and share of events warned of against the rate of first false alerts, along the thresholds.
[[nodiscard]] std::string curve_svg(const app::ReplayReport& report);

/// Share of patients with a first alert over time, one panel per side, one curve per rule.
[[nodiscard]] std::string time_to_alert_svg(const app::ReplayReport& report);

}  // namespace bellwether::cli

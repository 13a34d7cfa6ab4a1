#pragma once

#include <string>

#include "bellwether/app/score_report.hpp"

#include "command.hpp"

/// What `evaluate` prints.
namespace bellwether::cli {

struct EvaluateOutput {
    std::string store;   ///< kind of the store; "table"
    std::string banner;  ///< the line that says so; ""
    std::string source;  ///< "t.csv", "the store as known at 2025-06-30"
    std::string event;   ///< "progression"
    const app::ScoreCohort* cohort = nullptr;
    const app::ScoreReportRequest* request = nullptr;
    const app::ScoreReport* report = nullptr;
};

/// @param what  CSV: the sheet; text and JSON give all
void print(const EvaluateOutput& out, Format format, const std::string& what);

}  // namespace bellwether::cli

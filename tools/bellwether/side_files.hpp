#pragma once

#include <string>
#include <vector>

#include "bellwether/app/replay.hpp"

#include "command.hpp"

/// What the commands share that judge patients of a store's past: replay, rules calibrate, evaluate.
namespace bellwether::cli {

/// Rules and models that a command is given in place of the active ones, and how they are run.
struct SideFiles {
    std::vector<std::string> rules, models;  ///< files or folders; fitted models, or specifications
    std::string words;  ///< folder of specifications whose labels P() may name; "" = shipped
    std::int64_t folds = 5, threads = 2;
    bool elsewhere = false;  ///< vouched that models of one parameter set saw none of these patients
    /// --rules, --model, --models, --folds, --fitted-elsewhere, --threads.
    /// @param when  as of when those not given are taken: "--to"
    void declare(Options& o, const std::string& when);
    /// A specification is cross-fitted to what the store knew at `to`.
    /// @throws InputError rules or a model with errors
    [[nodiscard]] app::SideSource read(store::Store& store, Instant to) const;
};

/// The days that a replay watches, and what its alerts should come before.
struct WatchedDays {
    std::string from, to, every, event = "progression";
    /// --from, --to, --every, --event. @param under  "--event-free: ", before each help
    void declare(Options& o, const std::string& under = "");
    [[nodiscard]] bool given() const { return !from.empty() || !to.empty() || !every.empty(); }
    /// @param who  asks: "replay", for the message where a day is missing
    /// @throws UsageError a day missing or malformed, the span upside down or in the future
    [[nodiscard]] app::ReplayRequest request(const std::string& who) const;
};

}  // namespace bellwether::cli

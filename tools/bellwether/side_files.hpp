#pragma once

#include <string>
#include <vector>

#include "bellwether/app/replay.hpp"

#include "command.hpp"

/// Rules and models that a command is given in place of the active ones.
namespace bellwether::cli {

struct SideFiles {
    std::vector<std::string> rules, models;  ///< files or folders; fitted models, or specifications
    std::string words;  ///< folder of specifications whose labels P() may name; "" = shipped
    std::int64_t folds = 5, threads = 2;
    /// A specification is cross-fitted to what the store knew at `to`.
    /// @throws InputError rules or a model with errors
    [[nodiscard]] app::SideSource read(store::Store& store, Instant to) const;
};

}  // namespace bellwether::cli

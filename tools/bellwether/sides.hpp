#pragma once

#include <string>
#include <vector>

#include "bellwether/app/replay.hpp"

#include "command.hpp"

/// Rules and models as named on the command line, for commands that run them over a store's history.
namespace bellwether::cli {

struct SideFitting {
    std::string words;  ///< folder of specifications whose labels rules may name; "" = the shipped models/
    std::size_t folds = 5;  ///< of a model that is given as a specification and fitted on the spot
    unsigned threads = 2;
    Instant as_of;
};

/// @throws InputError when rules do not check
[[nodiscard]] app::SideSource side_source(const std::vector<std::string>& rules,
                                          const std::vector<std::string>& models, store::Store& store,
                                          const SideFitting& fitting);

/// "0.5,0.7,0.9" or "0.5:0.9:0.1". @param option  as written, for the message. @throws UsageError
[[nodiscard]] std::vector<double> numbers(const std::string& text, const std::string& option);

}  // namespace bellwether::cli

#pragma once

#include "bellwether/app/table.hpp"
#include "bellwether/markov/model.hpp"

#include "command.hpp"

/// What the commands share that read a plain table.
namespace bellwether::cli {

struct PanelSource {
    std::string file;
    app::TableOptions options;
    void declare(Options& o, bool required);
    /// @throws InputError with all that is wrong in the file; UsageError, Error P029.
    [[nodiscard]] app::Table read(const markov::Spec& spec) const;
    [[nodiscard]] app::Table read(const markov::Spec& spec, const markov::TableColumns& columns) const;
};

/// @throws InputError when it does not read.
[[nodiscard]] markov::Spec read_specification(const std::string& file);
[[nodiscard]] markov::FittedModel read_fitted(const std::string& file);

}  // namespace bellwether::cli

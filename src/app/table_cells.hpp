#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bellwether/core/error.hpp"
#include "bellwether/feed/csv.hpp"
#include "bellwether/markov/panel.hpp"

/// Private to read_table: what a cell says under a model.
namespace bellwether::app {

/// Of the record that the reader stands at. Its place is worked out only where it is asked for: most cells
/// are good, and a table has many.
struct Cell {
    std::string_view text;
    std::size_t offset = 0;  ///< in the record
    const feed::CsvReader* csv = nullptr;
    const std::string* file = nullptr;
    [[nodiscard]] bool missing() const { return text.empty() || text == "NA"; }
    [[nodiscard]] Location at() const;
};

/// What a cell of readings says: a reading, or states.
struct Said {
    markov::Reading reading;
    markov::StateSet among = 0;
};

class CellReader {
public:
    CellReader(const markov::Spec& spec, const markov::TableColumns& columns, Findings& findings);

    /// @param what, name  "time", "": of what the finding speaks where it is no number; "covariate", "age"
    [[nodiscard]] std::optional<double> number(const Cell& cell, std::string_view what,
                                               std::string_view name = {}) const;
    /// Nothing, and a finding, when no state is called so.
    [[nodiscard]] std::optional<markov::StateSet> states(const Cell& cell) const;
    [[nodiscard]] std::optional<markov::Kind> kind(const Cell& cell) const;
    [[nodiscard]] std::optional<bool> truth(const Cell& cell) const;
    [[nodiscard]] std::optional<double> covariate(const Cell& cell, const markov::Covariate& c) const;
    [[nodiscard]] std::optional<Said> reading(const Cell& cell, const markov::Channel& channel) const;

private:
    [[nodiscard]] std::optional<markov::StateSet> coded(std::string_view text) const;
    [[nodiscard]] std::optional<markov::StateSet> known_states(std::string_view text) const;
    [[nodiscard]] std::optional<Said> category(const Cell& cell, const markov::Channel& channel) const;
    [[nodiscard]] markov::StateSet read_as(const markov::Channel& channel, double value) const;
    void refuse(const char* code, const Cell& cell, const std::string& what, std::string hint) const;

    const markov::Spec& spec_;
    const markov::TableColumns& columns_;
    Findings& findings_;
    std::vector<markov::StateSet> declared_;  ///< by number; the phases of a state are one
};

}  // namespace bellwether::app

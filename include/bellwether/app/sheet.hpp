#pragma once

#include <string>
#include <variant>
#include <vector>

/// Figures as a small table with a name: printed as text, JSON, or CSV that R reads without help.
namespace bellwether::app {

struct Sheet {
    /// Nothing (NA), a word, or a number.
    using Cell = std::variant<std::monostate, std::string, double>;
    std::string name;   ///< one word: "sojourn"
    std::string title;  ///< a line for people; with the unit
    std::vector<std::string> columns;
    std::vector<std::vector<Cell>> rows;  ///< each as long as `columns`
};

/// Title, header and rows; numbers to five digits, NA as "-".
[[nodiscard]] std::string to_text(const Sheet& sheet);
/// Header and rows; numbers in their shortest exact form, NA, Inf and -Inf as R writes them.
[[nodiscard]] std::string to_csv(const Sheet& sheet);
/// An object: name of each sheet to a list of its rows, which map columns to values; NA and infinities as
/// null.
[[nodiscard]] std::string to_json(const std::vector<Sheet>& sheets);

}  // namespace bellwether::app

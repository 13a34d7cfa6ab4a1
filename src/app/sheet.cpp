#include "bellwether/app/sheet.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bellwether/core/text.hpp"

namespace bellwether::app {
namespace {

std::string shown(const Sheet::Cell& cell) {
    if (const auto* word = std::get_if<std::string>(&cell)) return *word;
    if (const auto* x = std::get_if<double>(&cell)) return std::isnan(*x) ? "-" : fmt::format("{:.5g}", *x);
    return "-";
}

std::string csv_word(const std::string& word) {
    if (word.find_first_of(",\"\r\n") == std::string::npos) return word;
    std::string out = "\"";
    for (const char c : word) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + "\"";
}

std::string csv_cell(const Sheet::Cell& cell) {
    if (const auto* word = std::get_if<std::string>(&cell)) return csv_word(*word);
    const auto* x = std::get_if<double>(&cell);
    if (!x || std::isnan(*x)) return "NA";
    if (std::isinf(*x)) return *x > 0.0 ? "Inf" : "-Inf";
    return shortest(*x);
}

nlohmann::ordered_json json_cell(const Sheet::Cell& cell) {
    if (const auto* word = std::get_if<std::string>(&cell)) return *word;
    const auto* x = std::get_if<double>(&cell);
    return x && std::isfinite(*x) ? nlohmann::ordered_json(*x) : nlohmann::ordered_json();
}

}  // namespace

std::string to_text(const Sheet& sheet) {
    std::vector<std::size_t> width;
    for (const auto& column : sheet.columns)
        width.push_back(column.size());
    for (const auto& row : sheet.rows)
        for (std::size_t c = 0; c < row.size(); ++c)
            width[c] = std::max(width[c], shown(row[c]).size());
    std::string out = sheet.title + "\n";
    const auto line = [&](auto&& cell, auto&& left) {
        for (std::size_t c = 0; c < width.size(); ++c)
            out += left(c) ? fmt::format("  {:<{}}", cell(c), width[c])
                           : fmt::format("  {:>{}}", cell(c), width[c]);
        while (out.ends_with(' '))
            out.pop_back();
        out += '\n';
    };
    const auto words = [&](std::size_t c) {
        return std::all_of(sheet.rows.begin(), sheet.rows.end(),
                           [&](const auto& row) { return !std::holds_alternative<double>(row[c]); });
    };
    line([&](std::size_t c) { return sheet.columns[c]; }, words);
    for (const auto& row : sheet.rows)
        line([&](std::size_t c) { return shown(row[c]); }, words);
    return out;
}

std::string to_csv(const Sheet& sheet) {
    std::string out;
    for (std::size_t c = 0; c < sheet.columns.size(); ++c)
        out += (c ? "," : "") + csv_word(sheet.columns[c]);
    out += '\n';
    for (const auto& row : sheet.rows) {
        for (std::size_t c = 0; c < row.size(); ++c)
            out += (c ? "," : "") + csv_cell(row[c]);
        out += '\n';
    }
    return out;
}

std::string to_json(const std::vector<Sheet>& sheets) {
    auto out = nlohmann::ordered_json::object();
    for (const Sheet& sheet : sheets) {
        auto rows = nlohmann::ordered_json::array();
        for (const auto& row : sheet.rows) {
            auto object = nlohmann::ordered_json::object();
            for (std::size_t c = 0; c < row.size(); ++c)
                object[sheet.columns[c]] = json_cell(row[c]);
            rows.push_back(std::move(object));
        }
        out[sheet.name] = std::move(rows);
    }
    return out.dump(2) + "\n";
}

}  // namespace bellwether::app

#include "r_value.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <set>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"

namespace bellwether::msm {

Value Value::numbers(std::vector<double> x) {
    Value v;
    v.type = Type::number;
    v.num = std::move(x);
    return v;
}
Value Value::logicals(std::vector<double> x) {
    Value v = numbers(std::move(x));
    v.type = Type::logical;
    return v;
}
Value Value::words(std::vector<std::string> x) {
    Value v;
    v.type = Type::text;
    v.str = std::move(x);
    return v;
}
std::size_t Value::size() const {
    if (type == Type::text) return str.size();
    if (type == Type::list) return items.size();
    return type == Type::formula ? 1 : num.size();
}
std::size_t Value::height() const {
    if (is_frame()) return items.empty() ? 0 : items.front().height();
    return is_matrix() ? rows : size();
}
const Value* Value::find(const std::string& name) const {
    for (std::size_t i = 0; i < names.size() && i < items.size(); ++i)
        if (names[i] == name) return &items[i];
    return nullptr;
}

Value pick(const Value& v, const std::vector<std::size_t>& which) {
    Value out = v;
    if (v.is_frame()) {
        for (auto& column : out.items)
            column = pick(column, which);
        return out;
    }
    if (v.is_matrix()) {
        out.rows = which.size();
        out.num.clear();
        for (std::size_t c = 0; c < v.columns; ++c)
            for (const auto i : which)
                out.num.push_back(i < v.rows ? v.at(i, c) : kMissing);
        return out;
    }
    out.num.clear();
    out.str.clear();
    out.items.clear();
    out.names.clear();
    for (const auto i : which) {
        const bool inside = i < v.size();
        if (v.type == Value::Type::text)
            out.str.push_back(inside ? v.str[i] : "NA");
        else if (v.type == Value::Type::list)
            out.items.push_back(inside ? v.items[i] : Value{});
        else
            out.num.push_back(inside ? v.num[i] : kMissing);
        if (i < v.names.size()) out.names.push_back(v.names[i]);
    }
    return out;
}

namespace {

std::vector<std::string> cells_of(const std::string& line, std::vector<bool>& quoted) {
    std::vector<std::string> out(1);
    quoted.assign(1, false);
    bool inside = false;
    for (const char c : line) {
        if (c == '"') {
            inside = !inside;
            quoted.back() = true;
        } else if (c == ',' && !inside) {
            out.emplace_back();
            quoted.push_back(false);
        } else if (c != '\r') {
            out.back() += c;
        }
    }
    return out;
}

bool to_number(const std::string& s, double& x) {
    if (s == "Inf" || s == "-Inf") {
        x = s[0] == '-' ? -INFINITY : INFINITY;
        return true;
    }
    const auto r = std::from_chars(s.data(), s.data() + s.size(), x);
    return r.ec == std::errc() && r.ptr == s.data() + s.size();
}

Value column_of(const std::vector<std::string>& cells, const std::vector<bool>& absent) {
    std::vector<double> x(cells.size(), kMissing);
    bool numeric = true, logical = true;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (absent[i]) continue;
        numeric = numeric && to_number(cells[i], x[i]);
        logical = logical && (cells[i] == "TRUE" || cells[i] == "FALSE");
    }
    if (numeric) return Value::numbers(x);
    for (std::size_t i = 0; i < cells.size(); ++i)
        if (!absent[i]) x[i] = cells[i] == "TRUE" ? 1.0 : 0.0;
    if (logical) return Value::logicals(x);
    std::set<std::string> sorted;
    for (std::size_t i = 0; i < cells.size(); ++i)
        if (!absent[i]) sorted.insert(cells[i]);
    Value out;
    out.levels.assign(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < cells.size(); ++i)
        x[i] = absent[i] ? kMissing
                         : static_cast<double>(std::distance(sorted.begin(), sorted.find(cells[i]))) + 1.0;
    out.type = Value::Type::number;
    out.num = std::move(x);
    return out;
}

}  // namespace

Value read_frame(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw Error("P003", fmt::format("cannot read the data file {}", path));
    std::string line;
    std::vector<bool> quoted;
    std::getline(file, line);
    Value out;
    out.type = Value::Type::list;
    out.of_class = "data.frame";
    out.names = cells_of(line, quoted);
    std::vector<std::vector<std::string>> columns(out.names.size());
    std::vector<std::vector<bool>> absent(out.names.size());
    while (std::getline(file, line)) {
        if (line.empty()) continue;
        const auto cells = cells_of(line, quoted);
        if (cells.size() != columns.size())
            throw Error("P003", fmt::format("{}: a row of {} cells", path, cells.size()));
        for (std::size_t c = 0; c < cells.size(); ++c) {
            columns[c].push_back(cells[c]);
            absent[c].push_back(!quoted[c] && (cells[c].empty() || cells[c] == "NA"));
        }
    }
    for (std::size_t c = 0; c < columns.size(); ++c)
        out.items.push_back(column_of(columns[c], absent[c]));
    return out;
}

}  // namespace bellwether::msm

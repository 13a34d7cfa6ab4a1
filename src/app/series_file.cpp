#include "bellwether/app/series_file.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "bellwether/core/date.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/core/yaml.hpp"
#include "bellwether/feed/csv.hpp"

namespace bellwether::app {
namespace {

constexpr std::size_t kMostFindings = 100;

/// One field and its place.
struct Field {
    std::string text;
    Location at;
    [[nodiscard]] bool missing() const { return text.empty() || text == "NA"; }
};

/// Takes row after row; says what is wrong with each.
class Rows {
public:
    Rows(bool log, Findings& findings) : log_(log), findings_(findings) {}

    void add(const Field& time, const Field& value) {
        ++rows_;
        const auto when = order(time);
        if (!when || value.missing()) return;
        const auto reading = read(value);
        if (!reading) return;
        out_.time.push_back(time.text);
        out_.shown.push_back(value.text);
        out_.readings.push_back(*reading);
    }
    [[nodiscard]] bool full() const { return findings_.list.size() >= kMostFindings; }
    [[nodiscard]] SeriesFile done(const Location& at) {
        if (findings_.ok() && out_.readings.empty())
            findings_.error("P066", at,
                            rows_ == 0 ? "the series is empty" : "no row of the series has a value",
                            "write a time and a value for each reading");
        return std::move(out_);
    }

private:
    /// The time as a number; nothing, and a finding, when it is none or runs back.
    std::optional<double> order(const Field& time) {
        const auto date = Date::parse(time.text);
        const auto number = date ? std::optional<double>(date->serial()) : parse_double(time.text);
        if (!number || (dates_ && *dates_ != date.has_value())) {
            findings_.error("P061", time.at,
                            number ? fmt::format("'{}' among {}", time.text, *dates_ ? "dates" : "numbers")
                                   : fmt::format("'{}' is no time", time.text),
                            "write all times as numbers, or all as dates like 2024-03-01");
            return std::nullopt;
        }
        dates_ = date.has_value();
        if (last_ && *number < last_number_) {
            findings_.error("P062", time.at, fmt::format("time {} after {}", time.text, *last_),
                            "sort the rows by time");
            return std::nullopt;
        }
        last_ = time.text;
        last_number_ = *number;
        return number;
    }

    std::optional<Reading> read(const Field& value) {
        std::string_view text = trim(value.text);
        Reading x;
        if (text.starts_with('<') || text.starts_with('>')) {
            x.censor = text.front() == '<' ? Censor::left : Censor::right;
            text = trim(text.substr(1));
        }
        const auto number = parse_double(text);
        if (!number) {
            findings_.error("P063", value.at, fmt::format("'{}' is no value", value.text),
                            "write a number with a decimal point, <0.1 or >1000, or leave it empty");
            return std::nullopt;
        }
        if (log_ && *number <= 0.0) {
            findings_.error("P064", value.at, fmt::format("{} has no logarithm", value.text),
                            "write a value below its limit of detection as <LIMIT, or leave out --log");
            return std::nullopt;
        }
        x.value = *number;
        return x;
    }

    bool log_;
    Findings& findings_;
    SeriesFile out_;
    std::size_t rows_ = 0;
    std::optional<bool> dates_;
    std::optional<std::string> last_;
    double last_number_ = 0.0;
};

void missing_name(const char* what, const std::string& name, const Location& at,
                  const std::vector<std::string>& there, Findings& findings) {
    const auto alike =
        std::find_if(there.begin(), there.end(), [&](const auto& t) { return lower(t) == name; });
    findings.error("P060", at, fmt::format("no {} '{}'", what, name),
                   alike == there.end() ? suggestion(name, there)
                                        : fmt::format("did you mean '{}'? write {}", *alike, name));
}

SeriesFile read_csv(std::string_view text, const std::string& file, bool log, Findings& findings) {
    const auto source = feed::feed_from_memory(std::string(text));
    feed::CsvReader csv(*source, {});
    const auto broken = [&] {
        const auto& b = csv.broken();
        findings.error(b.code, {file, b.at.line, b.at.column}, b.what, b.hint);
    };
    Rows rows(log, findings);
    const auto header = csv.next();
    if (header == feed::CsvReader::Found::broken) broken();
    if (header != feed::CsvReader::Found::record) return rows.done({file, 1, 1});
    std::vector<std::string> names;
    for (const auto& cell : csv.cells())
        names.emplace_back(trim(cell.text));
    const auto column = [&](const std::string& name) {
        const auto at = std::find(names.begin(), names.end(), name);
        if (at == names.end()) missing_name("column", name, {file, csv.line(), 1}, names, findings);
        return static_cast<std::size_t>(at - names.begin());
    };
    const std::size_t time = column("time"), value = column("value");
    if (!findings.ok()) return {};
    for (auto found = csv.next(); found != feed::CsvReader::Found::end && !rows.full(); found = csv.next()) {
        if (found == feed::CsvReader::Found::broken) {
            broken();
            continue;
        }
        const auto& cells = csv.cells();
        if (cells.size() != names.size()) {
            findings.error("F005", {file, csv.line(), 1},
                           fmt::format("{} fields where the header has {}", cells.size(), names.size()),
                           "give each row as many fields as the header");
            continue;
        }
        const auto field = [&](std::size_t i) {
            const auto place = csv.place(cells[i].offset);
            return Field{std::string(trim(cells[i].text)), {file, place.line, place.column}};
        };
        rows.add(field(time), field(value));
    }
    return rows.done({file, 1, 1});
}

/// JSON is read as the YAML that it is, for the places.
class JsonSeries {
public:
    JsonSeries(Rows& rows, Findings& findings) : rows_(rows), findings_(findings) {}

    void read(const yaml::Node& root) {
        if (root.is_map()) {
            arrays(member(root, "time"), member(root, "value"));
            return;
        }
        for (std::size_t i = 0; i < root.size() && !rows_.full(); ++i) {
            if (!root[i].is_map()) {
                findings_.error("P065", root[i].at(), "an element that is no object",
                                "write {\"time\": ..., \"value\": ...} for each reading");
                continue;
            }
            const auto *time = member(root[i], "time"), *value = member(root[i], "value");
            if (time && value) row(*time, *value);
        }
    }

private:
    const yaml::Node* member(const yaml::Node& map, const std::string& name) {
        std::vector<std::string> keys;
        for (std::size_t i = 0; i < map.size(); ++i) {
            if (map.key(i) == name) return &map[i];
            keys.push_back(map.key(i));
        }
        missing_name("key", name, map.at(), keys, findings_);
        return nullptr;
    }

    void arrays(const yaml::Node* times, const yaml::Node* values) {
        if (!times || !values) return;
        for (const auto* node : {times, values})
            if (!node->is_sequence())
                return findings_.error("P065", node->at(), "not an array", "write [a, b, ...]");
        if (times->size() != values->size())
            return findings_.error("P065", values->at(),
                                   fmt::format("{} values for {} times", values->size(), times->size()),
                                   "give each time a value; null where there is none");
        for (std::size_t i = 0; i < times->size() && !rows_.full(); ++i)
            row((*times)[i], (*values)[i]);
    }

    void row(const yaml::Node& time, const yaml::Node& value) {
        for (const auto* node : {&time, &value})
            if (node->is_sequence() || node->is_map())
                return findings_.error("P065", node->at(), "an array or object where a time or value belongs",
                                       "write a number or a text");
        rows_.add({time.scalar(), time.at()}, {value.scalar(), value.at()});
    }

    Rows& rows_;
    Findings& findings_;
};

}  // namespace

SeriesFile read_series(std::string_view text, const std::string& file, bool log, Findings& findings) {
    const std::string_view body = trim(text);
    if (!body.starts_with('{') && !body.starts_with('[')) return read_csv(text, file, log, findings);
    const auto root = yaml::parse(text, file, findings);
    Rows rows(log, findings);
    if (findings.ok()) JsonSeries(rows, findings).read(root);
    return rows.done({file, 1, 1});
}

}  // namespace bellwether::app

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "bellwether/app/score_cohort.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/feed/csv.hpp"

namespace bellwether::app {
namespace {

constexpr std::size_t most_findings = 100;

/// The place of each column among the cells.
struct Columns {
    std::size_t id = 0, time = 0, event = 0, score = 0;
    std::optional<std::size_t> landmark;
    std::vector<std::size_t> by;
};

struct Cell {
    std::string text;
    Location at;
    [[nodiscard]] bool missing() const { return text.empty() || text == "NA"; }
};

/// Takes row after row into a cohort; says what is wrong with each.
class Rows {
public:
    Rows(const ScoreTableRequest& request, Findings& findings) : request_(request), findings_(findings) {}

    void add(const std::vector<Cell>& cells, const Columns& c) {
        ++rows_;
        const auto& id = cells[c.id];
        if (id.missing())
            return findings_.error("P085", id.at, "a row without an id", "give each row its patient's id");
        const auto time = time_of(cells[c.time]);
        const auto end = end_of(cells[c.event]);
        const auto score = score_of(cells[c.score]);
        const std::string landmark = c.landmark ? cells[*c.landmark].text : std::string();
        if (!seen_.emplace(id.text, landmark).second)
            return findings_.error("P084", id.at,
                                   fmt::format("patient '{}' stands{} twice", id.text,
                                               landmark.empty() ? "" : " at landmark " + landmark),
                                   "one row per patient and landmark; name landmarks in a column 'landmark'");
        if (!time || !end || !score) return;
        const std::size_t l = place(landmark_, landmark);
        auto& count = counts_.emplace_back();
        count.landmark = l;
        if (*time <= 0.0) {
            count.kind = *end;
            count.ended = true;
            return;
        }
        if (cells[c.score].missing()) return;
        count.scored = true;
        out_.rows.push_back({place(patient_, id.text), l, *time, *end, **score});
        std::map<std::string, std::string> groups;
        for (std::size_t k = 0; k < c.by.size(); ++k) {
            const auto& level = cells[c.by[k]];
            groups[request_.by[k]] = level.missing() ? "unknown" : level.text;
        }
        out_.groups.push_back(std::move(groups));
    }
    [[nodiscard]] bool full() const { return findings_.list.size() >= most_findings; }

    [[nodiscard]] ScoreCohort done(const std::string& file) {
        if (findings_.ok() && out_.rows.empty())
            findings_.error("P086", {file, 1, 1},
                            rows_ == 0 ? "the table has no rows" : "no row has a score and a time above 0",
                            "write a row per patient with id, time, event and score");
        out_.score = request_.score;
        out_.kind = request_.kind;
        out_.patients.resize(patient_.size());
        for (const auto& [id, at] : patient_)
            out_.patients[at] = id;
        count();
        return std::move(out_);
    }

private:
    struct Counted {
        std::size_t landmark = 0;
        bool scored = false, ended = false;
        study::ScoreEnd kind = study::ScoreEnd::censored;
    };

    static std::size_t place(std::map<std::string, std::size_t>& places, const std::string& name) {
        return places.emplace(name, places.size()).first->second;
    }

    std::optional<double> time_of(const Cell& cell) {
        const auto x = parse_double(cell.text);
        if (x && *x >= 0.0) return x;
        findings_.error("P081", cell.at, fmt::format("'{}' is no time", cell.text),
                        "write the days from the landmark to the end of follow-up: a number not below 0");
        return std::nullopt;
    }
    std::optional<study::ScoreEnd> end_of(const Cell& cell) {
        if (cell.text == "0") return study::ScoreEnd::censored;
        if (cell.text == "1") return study::ScoreEnd::event;
        if (cell.text == "2") return study::ScoreEnd::competing;
        findings_.error("P082", cell.at, fmt::format("'{}' is no event", cell.text),
                        "write 0 (censored), 1 (the event) or 2 (a competing end)");
        return std::nullopt;
    }
    /// Outer nothing: a finding; inner nothing: missing.
    std::optional<std::optional<double>> score_of(const Cell& cell) {
        if (cell.missing()) return std::optional<double>();
        const auto x = parse_double(cell.text);
        using study::ScoreKind;
        const bool fits =
            x &&
            (request_.kind == ScoreKind::number ||
             (request_.kind == ScoreKind::probability ? *x >= 0.0 && *x <= 1.0 : *x == 0.0 || *x == 1.0));
        if (fits) return std::optional<std::optional<double>>(x);
        const char* wanted = request_.kind == ScoreKind::number        ? "write a number, or leave it empty"
                             : request_.kind == ScoreKind::probability ? "a probability lies between 0 and 1"
                                                                       : "a yes or no is 1 or 0";
        findings_.error("P083", cell.at, fmt::format("'{}' is no {}", cell.text, request_.score), wanted);
        return std::nullopt;
    }

    /// Landmarks in the order of their numbers, where all are numbers, and what became of whom at each.
    void count() {
        std::vector<std::string> names(landmark_.size());
        for (const auto& [name, at] : landmark_)
            names[at] = name;
        const bool numbers = std::all_of(names.begin(), names.end(),
                                         [](const auto& n) { return parse_double(n).has_value(); });
        auto order = names;
        if (numbers)
            std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
                return *parse_double(a) < *parse_double(b);
            });
        std::vector<std::size_t> now(names.size());
        for (std::size_t l = 0; l < order.size(); ++l) {
            now[landmark_.at(order[l])] = l;
            out_.landmarks.push_back({order[l], 0, 0, 0, 0, 0, 0, 0, {}});
        }
        for (auto& r : out_.rows)
            r.landmark = now[r.landmark];
        for (const auto& c : counts_) {
            auto& l = out_.landmarks[now[c.landmark]];
            ++l.patients;
            if (c.scored)
                ++l.scored;
            else if (!c.ended)
                ++l.no_score, ++l.why["the table has no score"];
            else
                ++(c.kind == study::ScoreEnd::event       ? l.event_before
                   : c.kind == study::ScoreEnd::competing ? l.ended_before
                                                          : l.not_followed);
        }
    }

    const ScoreTableRequest& request_;
    Findings& findings_;
    ScoreCohort out_;
    std::size_t rows_ = 0;
    std::map<std::string, std::size_t> patient_, landmark_;
    std::set<std::pair<std::string, std::string>> seen_;
    std::vector<Counted> counts_;
};

std::optional<Columns> columns_of(const std::vector<std::string>& names, const ScoreTableRequest& request,
                                  const Location& at, Findings& findings) {
    const auto find = [&](const std::string& name) {
        const auto found = std::find(names.begin(), names.end(), name);
        if (found == names.end())
            findings.error("P080", at, fmt::format("no column '{}'", name), suggestion(name, names));
        return static_cast<std::size_t>(found - names.begin());
    };
    Columns c;
    c.id = find("id");
    c.time = find("time");
    c.event = find("event");
    c.score = find(request.score);
    if (std::find(names.begin(), names.end(), "landmark") != names.end()) c.landmark = find("landmark");
    for (const auto& name : request.by)
        c.by.push_back(find(name));
    return findings.ok() ? std::optional(c) : std::nullopt;
}

}  // namespace

ScoreCohort read_score_table(std::string_view text, const std::string& file, const ScoreTableRequest& request,
                             Findings& findings) {
    const auto source = feed::feed_from_memory(std::string(text));
    feed::CsvReader csv(*source, {});
    const auto broken = [&] {
        const auto& b = csv.broken();
        findings.error(b.code, {file, b.at.line, b.at.column}, b.what, b.hint);
    };
    Rows rows(request, findings);
    const auto header = csv.next();
    if (header == feed::CsvReader::Found::broken) broken();
    if (header != feed::CsvReader::Found::record) return rows.done(file);
    std::vector<std::string> names;
    for (const auto& cell : csv.cells())
        names.emplace_back(trim(cell.text));
    const auto columns = columns_of(names, request, {file, csv.line(), 1}, findings);
    if (!columns) return {};
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
        std::vector<Cell> row;
        for (const auto& cell : cells) {
            const auto place = csv.place(cell.offset);
            row.push_back({std::string(trim(cell.text)), {file, place.line, place.column}});
        }
        rows.add(row, *columns);
    }
    return rows.done(file);
}

}  // namespace bellwether::app

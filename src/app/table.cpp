#include "bellwether/app/table.hpp"

#include <algorithm>
#include <bit>
#include <optional>
#include <set>
#include <unordered_set>

#include <fmt/format.h>

#include "bellwether/core/hash.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/feed/csv.hpp"

#include "table_cells.hpp"

namespace bellwether::app {
using namespace markov;

namespace {

constexpr std::size_t kMostFindings = 100;
constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);

/// Passes bytes on and hashes them.
class Hashed : public feed::ByteSource {
public:
    explicit Hashed(feed::ByteSource& source) : source_(source) {}
    std::size_t read(char* to, std::size_t room) override {
        const std::size_t n = source_.read(to, room);
        hash_.raw({to, n});
        return n;
    }
    [[nodiscard]] const Sha256& hash() const { return hash_; }

private:
    feed::ByteSource& source_;
    Sha256 hash_;
};

/// A row as it is kept until its subject goes to the panel.
struct Line {
    int number = 0;
    double time = 0.0;
    Kind kind = Kind::snapshot;
    StateSet among = 0;
    bool known = false;
    std::vector<Reading> readings;
    std::vector<double> covariates;
};

class TableReader {
public:
    TableReader(feed::ByteSource& source, const std::string& name, const Spec& spec,
                const TableColumns& columns, Findings& findings)
        : bytes_(source),
          csv_(bytes_, {}),
          name_(name),
          spec_(spec),
          columns_(columns),
          findings_(findings),
          cells_(spec, columns, findings),
          panel_(spec) {
        for (const Covariate& c : spec.covariates)
            if (c.from == Covariate::From::period) cuts_.push_back(c.begins);
        std::sort(cuts_.begin(), cuts_.end());
        cuts_.erase(std::unique(cuts_.begin(), cuts_.end()), cuts_.end());
    }

    Table read() {
        if (bind_header()) {
            while (findings_.list.size() < kMostFindings) {
                const auto found = csv_.next();
                if (found == feed::CsvReader::Found::end) break;
                if (found == feed::CsvReader::Found::broken)
                    broken();
                else
                    take_record();
            }
            flush();
            if (panel_.subjects() == 0 && findings_.ok())
                findings_.error("P027", {name_, 1, 1}, "the table has no rows to fit",
                                "write a row per subject and time below the header");
        }
        return {std::move(panel_), std::move(lines_), fingerprint()};
    }

private:
    void broken() {
        const auto& b = csv_.broken();
        findings_.error(b.code, {name_, b.at.line, b.at.column}, b.what, b.hint);
    }

    bool bind_header() {
        const auto found = csv_.next();
        if (found == feed::CsvReader::Found::broken) broken();
        if (found == feed::CsvReader::Found::end)
            findings_.error("P027", {name_, 1, 1}, "the table is empty",
                            "let the first line name the columns");
        if (found != feed::CsvReader::Found::record) return false;
        for (const auto& cell : csv_.cells())
            header_.emplace_back(trim(cell.text));
        const std::size_t before = findings_.list.size();
        subject_ = column(columns_.subject, "subject", true);
        time_ = column(columns_.time, "time", true);
        state_ = column(columns_.state, "state", spec_.channels.empty() && !columns_.visits_only);
        kind_ = column(columns_.kind, "kind", false);
        known_ = column(columns_.known, "known", false);
        weight_ = column(columns_.weight, "weight", false);
        for (const Channel& c : spec_.channels)
            reading_.push_back(columns_.visits_only ? kNoColumn
                                                    : column(columns_.column_of(c.name), "", true));
        for (const Covariate& c : spec_.covariates) {
            const bool made = c.from == Covariate::From::product || c.from == Covariate::From::period;
            covariate_.push_back(made ? kNoColumn : column(c.column.empty() ? c.name : c.column, "", true));
        }
        return findings_.list.size() == before;
    }

    std::size_t column(const std::string& wanted, const std::string& role, bool needed) {
        if (wanted.empty()) {
            if (needed)
                findings_.error(
                    "P020", {name_, 1, 1}, fmt::format("which column is the {}?", role),
                    fmt::format("say --{0} COLUMN, or `data: {{{0}: COLUMN}}` in the model", role));
            return kNoColumn;
        }
        const auto at = std::find(header_.begin(), header_.end(), wanted);
        if (at == header_.end() && !needed && columns_.visits_only) return kNoColumn;
        if (at != header_.end()) return static_cast<std::size_t>(at - header_.begin());
        const auto alike = std::find_if(header_.begin(), header_.end(),
                                        [&](const auto& h) { return lower(h) == lower(wanted); });
        findings_.error(
            "P020", {name_, 1, 1}, fmt::format("the table has no column '{}'", wanted),
            alike == header_.end() ? suggestion(wanted, header_) : fmt::format("did you mean '{}'?", *alike));
        return kNoColumn;
    }

    [[nodiscard]] Cell cell(std::size_t column) const {
        if (column == kNoColumn) return {};
        const auto& c = csv_.cells()[column];
        return {trim(c.text), c.offset, &csv_, &name_};
    }

    void take_record() {
        if (csv_.cells().size() != header_.size()) {
            findings_.error("P021", {name_, csv_.line(), 1},
                            fmt::format("{} cells under {} columns", csv_.cells().size(), header_.size()),
                            "give each row a cell for each column; quote cells with commas in them");
            return;
        }
        if (!take_subject()) return;
        const Cell when = cell(time_);
        if (when.missing()) {
            findings_.error("P024", when.at(), "the time is missing", "write it, or remove the row");
            return;
        }
        const auto time = cells_.number(when, "time");
        if (!time) return;
        if (has_time_ && *time < last_time_) {
            findings_.error(
                "P025", when.at(),
                fmt::format("time {} of subject '{}' follows {}", shortest(*time), id_, shortest(last_time_)),
                "order the rows of each subject by time");
            return;
        }
        last_time_ = *time;
        has_time_ = true;
        Line line;
        line.number = csv_.line();
        line.time = *time;
        if (!take_covariates(*time)) return;
        line.covariates = in_force_;
        take_states(line);
        // Before it is seen, a subject of a model without a start cannot be anywhere in particular.
        if (rows_.empty() && spec_.start.empty() && line.among == 0 && !columns_.visits_only) return;
        rows_.push_back(std::move(line));
    }

    bool take_subject() {
        const Cell c = cell(subject_);
        if (c.missing()) {
            findings_.error("P024", c.at(), "the subject is missing", "write who this row is about");
            return false;
        }
        if (c.text != id_ || !any_) {
            flush();
            id_ = c.text;
            any_ = true;
            has_time_ = false;
            in_force_.assign(spec_.covariates.size(), 0.0);
            has_covariate_.assign(spec_.covariates.size(), false);
            subject_weight_.reset();
            if (!seen_.insert(id_).second)
                findings_.error("P025", c.at(), fmt::format("subject '{}' comes again", id_),
                                "let all rows of a subject stand together");
        }
        if (weight_ == kNoColumn) return true;
        const Cell w = cell(weight_);
        const auto weight = w.missing() ? std::nullopt : cells_.number(w, "weight");
        if (w.missing() || (weight && (*weight < 0.0 || (subject_weight_ && *weight != *subject_weight_))))
            findings_.error("P026", w.at(),
                            fmt::format("weight '{}' of subject '{}' is negative, missing or not that of its "
                                        "other rows",
                                        w.text, id_),
                            "give all rows of a subject one weight from 0");
        if (weight && !subject_weight_) subject_weight_ = weight;
        return weight.has_value();
    }

    bool take_covariates(double time) {
        bool good = true;
        for (std::size_t c = 0; c < spec_.covariates.size(); ++c) {
            if (covariate_[c] == kNoColumn) continue;
            const Covariate& covariate = spec_.covariates[c];
            const Cell said = cell(covariate_[c]);
            if (said.missing()) {
                if (!has_covariate_[c]) {
                    findings_.error("P024", said.at(),
                                    fmt::format("covariate '{}' is missing in the first row of subject '{}'",
                                                covariate.name, id_),
                                    "write its value; a later row may leave it out, and keeps it");
                    good = false;
                }
                continue;
            }
            const auto x = cells_.covariate(said, covariate);
            if (!x) {
                good = false;
                continue;
            }
            if (has_covariate_[c] && !covariate.varying && *x != in_force_[c])
                findings_.error("P026", said.at(),
                                fmt::format("covariate '{}' of subject '{}' changes, but is fixed in time",
                                            covariate.name, id_),
                                "correct the cell, or remove `time: fixed`");
            in_force_[c] = *x;
            has_covariate_[c] = true;
        }
        make_covariates(time, in_force_);
        return good;
    }

    /// Periods, then products, which may be of periods and of products before them.
    void make_covariates(double time, std::vector<double>& values) const {
        for (std::size_t c = 0; c < values.size(); ++c) {
            const Covariate& covariate = spec_.covariates[c];
            if (covariate.from == Covariate::From::period)
                values[c] = time >= covariate.begins && time < covariate.ends ? 1.0 : 0.0;
            if (covariate.from == Covariate::From::product)
                values[c] = values[covariate.product[0]] * values[covariate.product[1]];
        }
    }

    void take_states(Line& line) {
        StateSet set = spec_.all_states();
        bool said = false;
        const auto narrow = [&](StateSet by, const Cell& cell) {
            said = true;
            if ((set & by) == 0)
                findings_.error("P023", cell.at(),
                                "the cells of this row name states that exclude each other",
                                "let the state column and the readings agree");
            else
                set &= by;
        };
        const Cell state = cell(state_), kind = cell(kind_), known = cell(known_);
        if (!state.missing())
            if (const auto states = cells_.states(state)) narrow(*states, state);
        const bool certain = !known.missing() && cells_.truth(known).value_or(false);
        line.readings.resize(spec_.channels.size());
        for (std::size_t c = 0; c < spec_.channels.size(); ++c) {
            const Cell value = cell(reading_[c]);
            if (value.missing()) continue;
            const Channel& channel = spec_.channels[c];
            const auto reading = cells_.reading(value, channel);
            if (!reading) continue;
            line.readings[c] = reading->reading;
            if (reading->among != 0) narrow(reading->among, value);
            if (!certain || channel.family != Family::categorical || !reading->reading.present) continue;
            const auto& word = channel.categories[static_cast<std::size_t>(reading->reading.value)];
            const StateSet truth = spec_.states_with(word);
            line.readings[c] = {};
            if (truth == 0)
                findings_.error(
                    "P023", value.at(), fmt::format("the known reading '{}' is not a state", word),
                    "name the categories as the states, or give the state in a column of its own");
            else
                narrow(truth, value);
        }
        line.among = said ? set : 0;
        line.known = rows_.empty() && (certain || spec_.start.empty());
        line.kind = kind_of(line, kind);
    }

    [[nodiscard]] Kind kind_of(const Line& line, const Cell& said) const {
        if (rows_.empty()) return Kind::snapshot;
        if (!said.missing()) return cells_.kind(said).value_or(Kind::snapshot);
        StateSet exact = 0;
        for (std::size_t s = 0; s < spec_.states.size(); ++s)
            if (spec_.states[s].exact_entry) exact |= only(s);
        if (columns_.watched) return Kind::watched;
        return line.among != 0 && (line.among & ~exact) == 0 ? Kind::entry : Kind::snapshot;
    }

    void flush() {
        if (rows_.empty()) return;
        panel_.begin_subject(id_, subject_weight_.value_or(1.0));
        if (rows_.front().known && spec_.start.empty())
            for (std::size_t s = 0; s < spec_.states.size(); ++s)
                if (spec_.states[s].phase > 1) rows_.front().among &= ~only(s);
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            if (i > 0) add_cuts(rows_[i - 1], rows_[i]);
            add(rows_[i]);
        }
        rows_.clear();
    }

    void add_cuts(const Line& before, const Line& after) {
        const std::vector<Reading> nothing(spec_.channels.size());
        for (const double cut : cuts_) {
            if (!(cut > before.time && cut < after.time)) continue;
            Line line{after.number, cut, Kind::snapshot, 0, false, nothing, before.covariates};
            make_covariates(cut, line.covariates);
            if (after.kind == Kind::watched) {
                // Nothing moved until the row itself.
                line.kind = Kind::watched;
                line.among = before.among;
                if (before.among == 0 || (before.among & (before.among - 1)) != 0)
                    findings_.error("P025", {name_, after.number, 1},
                                    "exact times run through a cut of time from a state that is not known",
                                    "give the state of the row before, or put a row at the cut");
            }
            add(line);
        }
    }

    void add(const Line& line) {
        Row row;
        row.time = Days{line.time};
        row.kind = line.kind;
        row.among = line.among;
        row.known = line.known;
        row.readings = line.readings;
        row.covariates = line.covariates;
        // What cannot be read in a state that was just entered stems from before.
        if (line.kind == Kind::entry && std::has_single_bit(line.among)) {
            row.state = static_cast<std::size_t>(std::countr_zero(line.among));
            for (std::size_t c = 0; c < line.readings.size(); ++c)
                if (line.readings[c].present && spec_.channels[c].group[row.state] == Channel::kNone)
                    row.kind = Kind::exact_entry;
        }
        panel_.add(row);
        lines_.push_back(line.number);
    }

    [[nodiscard]] std::string fingerprint() const {
        // Which columns are data, not what a model makes of them.
        std::set<std::string> data = {columns_.state, columns_.kind, columns_.known, columns_.weight};
        for (const Channel& c : spec_.channels)
            data.insert(columns_.column_of(c.name));
        for (const auto& code : columns_.codes)
            data.insert("code " + code.first);
        Sha256 hash = bytes_.hash();
        hash.field(columns_.subject).field(columns_.time).field(std::int64_t{columns_.watched});
        for (const auto& word : data)
            if (!word.empty()) hash.field(word);
        return hash.hex();
    }

    Hashed bytes_;
    feed::CsvReader csv_;
    const std::string& name_;
    const Spec& spec_;
    const TableColumns& columns_;
    Findings& findings_;
    CellReader cells_;
    Panel panel_;
    std::vector<int> lines_;
    std::vector<double> cuts_;
    std::vector<std::string> header_;
    std::size_t subject_ = kNoColumn, time_ = kNoColumn, state_ = kNoColumn, kind_ = kNoColumn,
                known_ = kNoColumn, weight_ = kNoColumn;
    std::vector<std::size_t> reading_, covariate_;
    // The subject that is being read.
    std::string id_;
    bool any_ = false, has_time_ = false;
    double last_time_ = 0.0;
    std::optional<double> subject_weight_;
    std::vector<double> in_force_;
    std::vector<bool> has_covariate_;
    std::vector<Line> rows_;
    std::unordered_set<std::string> seen_;
};

}  // namespace

Table read_table(feed::ByteSource& source, const std::string& name, const Spec& spec,
                 const TableColumns& columns, Findings& findings) {
    return TableReader(source, name, spec, columns, findings).read();
}

}  // namespace bellwether::app

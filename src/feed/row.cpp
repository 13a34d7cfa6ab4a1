#include "row.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "fields.hpp"
#include "parse.hpp"

namespace bellwether::feed {
namespace {

constexpr std::size_t most_patients_held = 1U << 16U;
constexpr int longest_study = 36500;  // days

}  // namespace

Binding::Binding(const Profile& profile, const CsvReader& header, const std::string& file, Findings& findings)
    : width_(header.cells().size()) {
    std::vector<std::string> names;
    for (const auto& cell : header.cells())
        names.emplace_back(trim(cell.text));
    const auto find = [&](const std::string& name) {
        const auto it = std::find(names.begin(), names.end(), name);
        if (it == names.end()) {
            findings.error("F090", {file, header.line(), 0}, fmt::format("column '{}' is missing", name),
                           suggestion(name, names));
            return -1;
        }
        const auto again = std::find(it + 1, names.end(), name);
        if (again != names.end()) {
            const auto at =
                header.place(header.cells()[static_cast<std::size_t>(again - names.begin())].offset);
            findings.error("F091", {file, at.line, at.column}, fmt::format("column '{}' stands twice", name),
                           "rename one of the two");
        }
        return static_cast<int>(it - names.begin());
    };
    columns_.fill(-1);
    for (std::size_t f = 0; f < field_count; ++f) {
        const auto& source = profile.sources[f];
        if (source && !source->constant) columns_[f] = find(source->text);
    }
    for (const auto& [field, map] : profile.words) {
        words_[static_cast<std::size_t>(field)].insert(map.begin(), map.end());
    }
    const auto also = [&](const std::string& name) {
        if (!name.empty() && !extra_.contains(name)) extra_.emplace(name, find(name));
    };
    for (const auto& [column, words] : profile.only)
        also(column);
    for (const auto& [name, attribute] : profile.attributes)
        also(attribute.column);
    for (const auto& event : profile.events)
        also(event.column), also(event.when_column);
    for (const auto& entry : profile.channels) {
        if (profile.shape == Shape::wide) also(entry.feed_name), also(entry.lod_column);
    }
}

int Binding::column(const std::string& name) const {
    const auto it = extra_.find(name);
    return it == extra_.end() ? -1 : it->second;
}

std::string_view Row::cell(int column) const {
    if (column < 0) return {};
    const std::string_view text = trim(csv_.cells()[static_cast<std::size_t>(column)].text);
    for (const auto& mark : file_.profile.missing) {
        if (text == mark) return {};
    }
    return text;
}

std::string_view Row::cell(Field f) const {
    const int column = file_.binding.column(f);
    if (column >= 0) return cell(column);
    const auto& source = file_.profile.source(f);
    return source && source->constant ? std::string_view(source->text) : std::string_view();
}

void Row::refuse(int column, const char* code, std::string what, std::string hint) const {
    const std::size_t offset = column < 0 ? 0 : csv_.cells()[static_cast<std::size_t>(column)].offset;
    throw BadCell{offset, code, std::move(what), std::move(hint)};
}

void Row::refuse(Field f, const char* code, std::string what, std::string hint) const {
    refuse(file_.binding.column(f), code, std::move(what), std::move(hint));
}

std::string_view Row::required(Field f) const {
    const auto text = cell(f);
    if (text.empty()) refuse(f, "F004", fmt::format("the field '{}' is empty", to_string(f)), "fill it in");
    return text;
}

std::string_view Row::mapped(Field f) const {
    const auto text = cell(f);
    const auto& words = file_.binding.words(f);
    if (words.empty() || text.empty()) return text;
    const auto it = words.find(text);
    if (it != words.end()) return it->second;
    std::vector<std::string> known;
    for (const auto& [theirs, ours] : words)
        known.push_back(theirs);
    std::sort(known.begin(), known.end());
    refuse(f, "F030", fmt::format("'{}' is no word for '{}'", text, to_string(f)), suggestion(text, known));
}

std::string Row::text(Field f) const {
    return std::string(mapped(f));
}

std::size_t Row::word(Field f, std::size_t fallback) const {
    const auto text = mapped(f);
    if (text.empty()) return fallback;
    const auto& allowed = vocabulary(f);
    const auto it = std::find(allowed.begin(), allowed.end(), text);
    if (it != allowed.end()) return static_cast<std::size_t>(it - allowed.begin());
    refuse(f, "F030", fmt::format("'{}' is no word for '{}'", text, to_string(f)), suggestion(text, allowed));
}

std::optional<int> Row::whole(Field f, int low, int high) const {
    const auto text = cell(f);
    if (text.empty()) return std::nullopt;
    const auto x = parse_integer(text);
    if (!x || *x < low || *x > high) {
        refuse(f, "F031", fmt::format("'{}' is no whole number from {} to {}", text, low, high),
               "correct the number");
    }
    return static_cast<int>(*x);
}

std::optional<double> Row::number(int column) const {
    const auto text = cell(column);
    if (text.empty()) return std::nullopt;
    const auto x = parse_number(text, file_.profile.decimal);
    if (x.bad == BadNumber::ambiguous) {
        refuse(column, "F021", fmt::format("'{}' can be read in two ways", text),
               "declare the decimal sign in the profile: 'table: {decimal: \",\"}'");
    }
    if (x.bad == BadNumber::form) {
        const char sign = file_.profile.decimal.value_or('.');
        refuse(
            column, "F020", fmt::format("'{}' is not a number", text),
            fmt::format("write digits with '{}' as decimal sign, or declare the mark in the profile", sign));
    }
    return x.value;
}

std::string Row::known_patient() {
    const auto id = required(Field::patient);
    auto it = file_.patients.find(id);
    if (it == file_.patients.end()) {
        FileState::Known known;
        known.exists = file_.context.has_patient && file_.context.has_patient(id);
        if (known.exists && file_.context.day_zero) known.day_zero = file_.context.day_zero(id);
        if (file_.patients.size() >= most_patients_held) file_.patients.clear();
        it = file_.patients.emplace(std::string(id), known).first;
    }
    if (!it->second.exists) {
        refuse(Field::patient, "F001", fmt::format("unknown patient '{}'", id),
               "ingest the patient's own row first");
    }
    day_zero_ = it->second.day_zero;
    return it->first;
}

Date Row::within(Date d, int column) const {
    constexpr Date first(-25567);  // 1900-01-01
    if (d < first)
        refuse(column, "F011", fmt::format("{} lies before 1900", to_string(d)), "correct the year");
    if (d > file_.last_day) {
        refuse(column, "F012", fmt::format("{} lies in the future", to_string(d)), "correct the date");
    }
    return d;
}

Date Row::study_day(int column, std::optional<Date> origin) const {
    const auto text = cell(column);
    const auto day = parse_integer(text);
    if (!day || *day < -longest_study || *day > longest_study) {
        refuse(column, "F010", fmt::format("'{}' is no study day", text), "write a whole number of days");
    }
    if (!origin) {
        refuse(column, "F013", "a study day, but the patient has no day zero",
               "give the patient's day_zero first");
    }
    return within(*origin + static_cast<int>(*day), column);
}

Row::Time Row::time_of(std::string_view text, int column) const {
    const auto& style = file_.profile.dates;
    const auto time = parse_time(text, style.format);
    if (!time.date) {
        const bool form = time.bad == Bad::form;
        refuse(column, form ? "F010" : "F011",
               fmt::format("'{}' {}", text,
                           form ? "is not a date as the profile declares them" : "does not exist"),
               fmt::format("write it like {}", example_of(style.format)));
    }
    return {within(*time.date, column), time.minute};
}

Date Row::date_in(int column) const {
    const auto& style = file_.profile.dates;
    if (style.format == DateFormat::study_day)
        return study_day(column, style.origin ? style.origin : day_zero_);
    return time_of(cell(column), column).date;
}

std::optional<Row::Time> Row::time(Field f) const {
    const auto text = cell(f);
    if (text.empty()) return std::nullopt;
    const int column = file_.binding.column(f);
    const auto& style = file_.profile.dates;
    if (style.format != DateFormat::study_day) return time_of(text, column);
    if (column >= 0) return Time{date_in(column), std::nullopt};
    const auto day = parse_integer(text);  // a constant study day
    const auto origin = style.origin ? style.origin : day_zero_;
    if (!day) refuse(f, "F010", fmt::format("'{}' is no study day", text), "write a whole number of days");
    if (!origin)
        refuse(f, "F013", "a study day, but the patient has no day zero",
               "give the patient's day_zero first");
    return Time{within(*origin + static_cast<int>(std::clamp<long long>(*day, -longest_study, longest_study)),
                       column),
                std::nullopt};
}

std::optional<Date> Row::date(Field f) const {
    const auto t = time(f);
    return t ? std::optional(t->date) : std::nullopt;
}

Date Row::required_date(Field f) const {
    (void)required(f);
    return *date(f);
}

std::optional<Instant> Row::release() const {
    const auto text = cell(Field::released);
    if (text.empty()) return std::nullopt;
    const auto released = parse_release(text, file_.profile.released_format);
    if (!released) {
        refuse(Field::released, "F010",
               fmt::format("'{}' is no release time as the profile declares it", text),
               fmt::format("write it like {}", example_of(file_.profile.released_format)));
    }
    if (released->date() > file_.last_day ||
        (file_.profile.released_format == DateFormat::iso_datetime && *released > file_.context.now)) {
        refuse(Field::released, "F012", fmt::format("the release at {} lies in the future", text),
               "correct the time");
    }
    return std::min(*released, file_.context.now);
}

Version Row::version(std::optional<Date> clinical) const {
    Version v;
    v.status = static_cast<Status>(word(Field::status, static_cast<std::size_t>(Status::final_)));
    v.released = release();
    v.source = file_.name + ":" + std::to_string(csv_.line());
    if (!file_.context.backfill) return v;
    if (!v.released) {
        if (!clinical || !file_.profile.lag) {
            refuse(Field::released, "F004", "a backfill needs a release time or a date to count the lag from",
                   "fill in the release time, or the patient's day_zero");
        }
        v.released = std::min(Instant::end_of(*clinical + *file_.profile.lag), file_.context.now);
    }
    v.learnt = *v.released;
    return v;
}

}  // namespace bellwether::feed

#pragma once

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bellwether/feed/csv.hpp"
#include "bellwether/feed/profile.hpp"
#include "bellwether/feed/reader.hpp"

namespace bellwether::feed {

/// Lets hash maps of strings be asked by string_view, without making a string.
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
};
template <typename T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

/// Thrown inside the module to leave a row (or a cell of a wide table); becomes a Reject in read_feed.
struct BadCell {
    std::size_t offset;  ///< in CsvReader::raw()
    std::string code, what, hint;
};

/// A profile joined with one file's header: where each column stands.
class Binding {
public:
    /// Missing and doubled columns go to `findings` (F090, F091).
    Binding(const Profile& profile, const CsvReader& header, const std::string& file, Findings& findings);
    [[nodiscard]] int column(Field f) const { return columns_[static_cast<std::size_t>(f)]; }
    [[nodiscard]] int column(
        const std::string& name) const;  ///< of a column that the profile names outside `columns`
    [[nodiscard]] std::size_t width() const { return width_; }
    [[nodiscard]] const TextMap<std::string>& words(Field f) const {
        return words_[static_cast<std::size_t>(f)];
    }

private:
    std::array<int, field_count> columns_{};
    std::array<TextMap<std::string>, field_count> words_;
    TextMap<int> extra_;
    std::size_t width_ = 0;
};

/// What the rows of one file share.
struct FileState {
    const Profile& profile;
    const ChannelCatalogue& catalogue;
    const FeedContext& context;
    const Binding& binding;
    std::string name;
    Date last_day;  ///< no clinical date lies after it
    struct Known {
        bool exists = false;
        std::optional<Date> day_zero;
    };
    TextMap<Known> patients;  ///< answers of the context's callbacks, a bounded number of them
};

/// One row under a profile: cells by their meaning, and every way in which they can be wrong.
class Row {
public:
    Row(FileState& file, const CsvReader& csv) : file_(file), csv_(csv) {}

    /// Trimmed; "" when there is no such column, or it holds a mark for "missing".
    [[nodiscard]] std::string_view cell(Field f) const;
    [[nodiscard]] std::string_view cell(int column) const;
    [[nodiscard]] std::string_view required(Field f) const;  ///< F004 when ""
    [[nodiscard]] std::string text(Field f) const;           ///< through the profile's words; F030
    /// Index into vocabulary(f); `fallback` for an empty cell; F030.
    [[nodiscard]] std::size_t word(Field f, std::size_t fallback) const;
    [[nodiscard]] std::optional<int> whole(Field f, int low, int high) const;  ///< F031
    [[nodiscard]] std::optional<double> number(int column) const;              ///< F020, F021

    /// @throws BadCell F001
    [[nodiscard]] std::string known_patient();
    struct Time {
        Date date;
        std::optional<int> minute;
    };
    [[nodiscard]] std::optional<Time> time(Field f) const;  ///< F010 to F013
    [[nodiscard]] Date required_date(Field f) const;
    [[nodiscard]] std::optional<Date> date(Field f) const;
    [[nodiscard]] Date date_in(int column) const;  ///< in the profile's format; the cell is not empty
    [[nodiscard]] Date study_day(int column, std::optional<Date> origin) const;

    /// @param clinical  what a backfill counts the lag from
    [[nodiscard]] Version version(std::optional<Date> clinical) const;
    [[nodiscard]] bool released_stated() const { return !cell(Field::released).empty(); }

    [[noreturn]] void refuse(Field f, const char* code, std::string what, std::string hint) const;
    [[noreturn]] void refuse(int column, const char* code, std::string what, std::string hint) const;
    [[nodiscard]] FileState& file() const { return file_; }
    [[nodiscard]] const CsvReader& csv() const { return csv_; }

private:
    [[nodiscard]] std::string_view mapped(Field f) const;
    [[nodiscard]] Time time_of(std::string_view text, int column) const;
    [[nodiscard]] Date within(Date d, int column) const;
    [[nodiscard]] std::optional<Instant> release() const;

    FileState& file_;
    const CsvReader& csv_;
    std::optional<Date> day_zero_;  ///< of the patient, once known_patient() was asked
};

}  // namespace bellwether::feed

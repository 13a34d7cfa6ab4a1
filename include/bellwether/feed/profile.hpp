#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bellwether/core/date.hpp"
#include "bellwether/core/error.hpp"
#include "bellwether/record/channel.hpp"
#include "bellwether/record/record.hpp"

namespace bellwether::feed {

enum class Kind { observations, patients, therapy, events, lesions, schedule };
enum class Shape { rows, wide, switches };  ///< rows: one record a row ("long"); wide and switches: see docs

/// What a column may mean. A profile names a column or a constant for each; which ones depends on the kind.
enum class Field {
    patient,
    taken,
    channel,
    value,
    unit,
    censor,
    lod,
    missing_reason,
    accession,
    assay,
    laboratory,
    specimen,
    replicate,
    scheduled,
    status,
    released,
    trial,
    arm,
    site,
    sex,
    birth_year,
    day_zero,
    regimen,
    start,
    stop,
    dose,
    reason,
    at,
    turn,
    kind,
    term,
    date,
    resolved,
    grade,
    lesion,
    role,
    nodal,
    organ,
    diameter,
    state,
    name,
    day,
    window_before,
    window_after,
    channels
};
constexpr std::size_t field_count = static_cast<std::size_t>(Field::channels) + 1;
[[nodiscard]] std::string_view to_string(Field f);  ///< as it stands in a profile: "birth_year"

enum class DateFormat {
    iso,           ///< 2026-11-24
    dotted,        ///< 24.11.2026
    compact,       ///< 20261124
    day_mon_year,  ///< 24-NOV-2026
    iso_datetime,  ///< 2026-11-24T10:00+01:00; the zone is required
    iso_local,     ///< 2026-11-24T10:00, without a zone: a clinical time, never an instant
    study_day      ///< a whole number of days since an origin; day 0 is the origin
};

/// How dates are written. For study days: from a fixed origin, or from the patient's day zero.
struct DateStyle {
    DateFormat format = DateFormat::iso;
    std::optional<Date> origin;
};

/// A unit as it stands in the feed, and what a number in it is multiplied with to reach the channel's unit.
struct AcceptedUnit {
    std::string spelling;
    double factor = 1.0;
};

/// One channel of the feed: a word of the channel column (rows) or a column of its own (wide).
struct ChannelEntry {
    std::string feed_name;
    std::string channel;                ///< name in the catalogue
    std::optional<AcceptedUnit> fixed;  ///< where the feed states no unit, or leaves its cell empty
    std::vector<AcceptedUnit>
        accepted;               ///< spellings of the unit column; empty = all that the unit table converts
    std::optional<double> lod;  ///< in the unit `fixed`, else in the channel's
    std::string lod_column;     ///< wide only
    std::vector<std::string> below;  ///< marks that mean "below the limit of detection": ND
};

/// An attribute of the patient: the cell as it stands, or what its word stands for.
struct AttributeColumn {
    std::string column;
    std::map<std::string, std::string> words;  ///< word in the feed -> ours; others are then refused
};

/// An event that a patient's row tells: `pfs_day` when `pfs_event` is 1.
struct EventColumn {
    EventKind kind = EventKind::other;
    std::string term;
    std::string column;       ///< holds the day or date
    bool study_day = false;   ///< counted from the row's day zero; else a date in the profile's format
    std::string when_column;  ///< "" = whenever the day is there
    std::vector<std::string> when_words;
};

/// How one feed is to be read. Made by read_profile only; immutable afterwards and safe to share.
struct Profile {
    std::string name;
    Kind kind = Kind::observations;
    Shape shape = Shape::rows;
    char separator = ',';
    std::optional<char> decimal;  ///< nothing: numbers with a comma are ambiguous and refused
    char list_separator = ';';
    std::vector<std::string> missing{""};  ///< cells that hold nothing
    std::map<std::string, std::string>
        reasons;  ///< cells that say why there is no value: QNS -> quantity not sufficient
    std::vector<std::string> below;
    DateStyle dates;
    DateFormat released_format = DateFormat::iso_datetime;
    std::optional<int> lag;  ///< days from the clinical date to the release, for `ingest --backfill`
    struct Source {
        std::string text;
        bool constant = false;  ///< `text` is the cell itself, else a column's name
    };
    std::array<std::optional<Source>, field_count> sources;
    std::map<Field, std::map<std::string, std::string>> words;  ///< feed word -> our word
    std::vector<std::pair<std::string, std::vector<std::string>>>
        only;  ///< rows whose column holds one of the words
    std::vector<ChannelEntry> channels;
    bool ignore_unlisted = false;
    std::map<std::string, AttributeColumn> attributes;  ///< by the attribute's name
    std::vector<EventColumn> events;
    std::optional<AcceptedUnit> diameter_unit;

    [[nodiscard]] const std::optional<Source>& source(Field f) const {
        return sources[static_cast<std::size_t>(f)];
    }
};

/// Reads a feed profile; the format is described in docs/feed-profiles.md. Codes: Y0xx of the YAML reader;
/// F101 to F110 in docs/feed-codes.md. When findings are not ok the profile must not be used.
[[nodiscard]] Profile read_profile(std::string_view text, const std::string& file,
                                   const ChannelCatalogue& catalogue, Findings& findings);

}  // namespace bellwether::feed

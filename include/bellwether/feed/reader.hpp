#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bellwether/core/date.hpp"
#include "bellwether/feed/bytes.hpp"
#include "bellwether/feed/profile.hpp"
#include "bellwether/record/record.hpp"

namespace bellwether::feed {

/// A row (of a wide table: a cell) that could not be used. Everything that the quarantine must keep.
struct Reject {
    int line = 0, column = 0;  ///< from 1; columns count characters
    std::string code;          ///< row of docs/feed-codes.md
    std::string what, hint;
    std::string patient;  ///< where it could be read; "" otherwise
    std::string raw;      ///< the row as it stood, without its line end
};

/// What a reader must know of the world; it has no clock and no store.
struct FeedContext {
    std::function<bool(std::string_view)> has_patient;  ///< not asked for kind: patients, schedule
    std::function<std::optional<Date>(std::string_view)>
        day_zero;  ///< for study days from a patient's day zero
    Instant now;   ///< nothing can have happened or been released after it; clinical dates may lie up to 14 h
                   ///< ahead, as the calendar of the easternmost zone does
    bool backfill = false;               ///< learnt := release time, or clinical date + the profile's lag
    std::size_t longest_record = 65536;  ///< bytes
};

/// Where records and rejects go, in the order of the file.
struct FeedSink {
    std::function<void(Record&&)> record;
    std::function<void(Reject&&)> reject;
};

struct FeedCounts {
    long long rows = 0;     ///< data rows seen, broken ones included
    long long records = 0;  ///< a row of a wide table or of a patient file may hold several
    long long rejects = 0;
    long long ignored = 0;  ///< passed over as the profile asks: `only`, `unlisted: ignore`
    std::string header;     ///< as it stood; with a reject's `raw` it makes a file that can be read again
};

/// header + raw: a feed of one row, to read a quarantined row again once it is mended.
[[nodiscard]] std::string retry_text(std::string_view header, std::string_view raw);

/// Streams one feed. Records carry `Version::source` "NAME:LINE"; `learnt` is set for a backfill only.
///
/// The row is the unit of refusal: of a refused row nothing is emitted; in a wide table the unit is the cell.
///
/// @param name  of the feed in `source` and in findings
/// @throws InputError F090 a column is missing, F091 a column twice, F092 no header; Error C001 unreadable,
/// F093 damaged
///         gzip, F095 backfill without release time or lag.
/// @cost   memory: a block, the longest record, and the open on/off intervals; not the file.
[[nodiscard]] FeedCounts read_feed(const Profile& profile, const ChannelCatalogue& catalogue,
                                   const FeedContext& context, ByteSource& source, const std::string& name,
                                   const FeedSink& sink);

}  // namespace bellwether::feed

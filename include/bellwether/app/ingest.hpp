#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bellwether/app/knowledge.hpp"
#include "bellwether/feed/profile.hpp"
#include "bellwether/feed/reader.hpp"
#include "bellwether/store/store.hpp"

namespace bellwether::app {

/// A feed profile with its text: the text goes into quarantine, so that a row can be read again without the
/// file.
struct LoadedProfile {
    SourceFile source;
    std::string hash;
    feed::Profile profile;
};

/// @throws InputError when a profile does not read.
[[nodiscard]] LoadedProfile load_profile(const SourceFile& source, const ChannelCatalogue& catalogue);

/// The profile for a file: the only one given, else the one whose own file name, without its ending, stands
/// in the file's name (labs.yaml for 2026-11-24_labs.csv.gz; the longest such name); null when none does.
[[nodiscard]] const LoadedProfile* profile_for(const std::string& file,
                                               const std::vector<LoadedProfile>& profiles);

struct IngestOptions {
    Instant at;  ///< the wall clock
    bool backfill = false;
    std::string who;
};

/// How one file went.
struct FileReport {
    enum class End { taken, seen_before, refused };
    std::string file;
    End end = End::taken;
    store::FeedFile counts;
    std::vector<Diagnostic> rejects;  ///< rows put into quarantine, at most the first hundred
    Findings refusal;                 ///< why the whole file was refused
};

/// Streams a file into the store, all or nothing; broken rows go to quarantine and count as taken care of. A
/// file that was ingested before under the same profile is left alone.
[[nodiscard]] FileReport ingest_file(store::Store& store, const std::string& path,
                                     const LoadedProfile& profile, const IngestOptions& options);

/// The same without a store: what would be taken and what refused. Patients are not checked.
[[nodiscard]] FileReport check_file(const std::string& path, const LoadedProfile& profile,
                                    const ChannelCatalogue& catalogue, Instant at,
                                    const std::function<void(const Record&)>& see = {});

/// Takes every file of a folder that a profile fits: patients and schedules first, then by name. Each is
/// moved to `done/` (or `rejected/` when it was refused whole) by an atomic rename once it is committed.
/// Hidden files and files ending in .part or .tmp are left alone: they are still being written. @throws Error
/// C003 a folder that cannot be used.
[[nodiscard]] std::vector<FileReport> ingest_inbox(store::Store& store, const std::string& inbox,
                                                   const std::vector<LoadedProfile>& profiles,
                                                   const IngestOptions& options);

/// Reads a quarantined row again, with the profile it came with or a newer one, as it stood or mended.
/// @param mended  the row's text; nothing: as it stood
/// @throws Error P005 no such open row.
[[nodiscard]] FileReport retry_quarantined(store::Store& store, std::int64_t id,
                                           const std::optional<std::string>& mended,
                                           const std::optional<SourceFile>& profile,
                                           const IngestOptions& options);

}  // namespace bellwether::app

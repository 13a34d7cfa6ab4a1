#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "bellwether/core/date.hpp"

namespace bellwether::trial {

enum class Feed { patients, observations, therapy, events, lesions };

/// Sorts rows that come patient by patient into weekly files by the time of their delivery. What does not fit
/// in the buffers waits in a folder on disk, so that memory does not grow with the number of patients.
class Spool {
public:
    /// @param folder  made by the spool; must not exist
    /// @throws Error V003 when a file cannot be written
    Spool(std::string folder, Date first_day);
    ~Spool();
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    /// @param line  without the newline. Rows delivered at the same instant keep the order in which they were
    /// added.
    void add(Feed feed, Instant delivered, std::string_view line);
    /// Writes week_001_observations.csv and so on, each with its header, and removes what waited.
    void finish();
    [[nodiscard]] std::uint64_t rows() const { return rows_; }
    [[nodiscard]] int weeks() const { return weeks_; }
    [[nodiscard]] int files() const { return files_; }

private:
    struct Bucket {
        std::string buffer;
        bool on_disk = false;
    };
    using Key = std::pair<int, Feed>;  // week from 1
    [[nodiscard]] std::string waiting(const Key& key) const;
    void flush(const Key& key, Bucket& bucket);

    std::string folder_, hidden_;
    Date first_day_;
    std::map<Key, Bucket> buckets_;
    std::uint64_t rows_ = 0;
    int weeks_ = 0, files_ = 0;
};

/// Makes a folder and those above it. @return path. @throws Error V003
std::string make_folder(const std::string& path);
/// Writes or appends to a file. @throws Error V003
void write_file(const std::string& path, std::string_view text, bool append = false);

}  // namespace bellwether::trial

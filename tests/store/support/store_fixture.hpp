#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "bellwether/core/error.hpp"
#include "bellwether/store/store.hpp"

namespace bellwether::testing {

/// A folder of its own, gone at the end.
class Folder {
public:
    Folder() {
        static int n = 0;
        const std::filesystem::path memory = "/dev/shm";  // where syncing costs nothing
        path_ = (access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path()) /
                ("bellwether-store-" + std::to_string(getpid()) + "-" + std::to_string(n++));
        std::filesystem::create_directories(path_);
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

inline Instant at(int minute) {
    return Instant(static_cast<std::int64_t>(minute) * 60'000'000);
}

inline std::unique_ptr<store::Store> new_store(const std::string& path,
                                               store::Kind kind = store::Kind::simulated) {
    return store::create_sqlite(path, kind, at(0), "test");
}

inline Record reading(double value, const std::string& patient = "P1", int day = 20000,
                      std::optional<int> released = {}, Status status = Status::final_) {
    Observation o;
    o.patient = patient, o.channel = "ctdna", o.taken = Date(day), o.reading = Reading{value, Censor::none};
    Version v;
    if (released) v.released = at(*released);
    v.status = status, v.source = "a.csv:2";
    return {o, v};
}

inline store::FeedFile put(store::Store& store, std::vector<Record> records, int minute,
                           bool backfill = false) {
    store::Batch b;
    b.file.name = "a.csv";
    b.records = std::move(records);
    return store.commit(std::move(b), at(minute), backfill, "test");
}

/// The values in force of a patient, in clinical order.
inline std::vector<double> values(store::Store& store, const std::string& patient, Instant as_of) {
    std::vector<double> result;
    for (const auto& o : as_known_at(store.history(patient, as_of), as_of).observations)
        result.push_back(o.reading->value);
    return result;
}

template <class F>
std::string code_of(F&& f) {
    try {
        f();
    } catch (const Error& e) {
        return e.code();
    }
    return "";
}

/// Everything that an answer shows, as text.
inline std::vector<std::string> shown(const PatientFile& f) {
    std::vector<std::string> lines{content_digest(f.patient)};
    for (std::size_t i = 0; i < f.observations.size(); ++i)
        lines.push_back(content_digest(f.observations[i]) +
                        std::string(to_string(f.observation_status.at(i))));
    for (const auto& t : f.therapies)
        lines.push_back(content_digest(t));
    for (const auto& l : f.lesions)
        lines.push_back(content_digest(l));
    for (const auto& e : f.events)
        lines.push_back(content_digest(e));
    lines.insert(lines.end(), f.conflicts.begin(), f.conflicts.end());
    lines.insert(lines.end(), f.missing.begin(), f.missing.end());
    return lines;
}

}  // namespace bellwether::testing

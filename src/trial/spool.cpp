#include "spool.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <vector>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/core/text.hpp"

namespace bellwether::trial {
namespace {

constexpr std::size_t buffer_limit = 48 * 1024;  // per week and feed: some 700 of them, 33 MB
constexpr std::size_t key_digits = 16;

struct Layout {
    std::string_view name, header;
};
constexpr std::array<Layout, 5> layouts{{
    {"patients", "patient,trial,arm,site,sex,birth_year,day_zero,ecog,released"},
    {"observations",
     "patient,channel,value,unit,taken,released,status,accession,assay,laboratory,specimen,"
     "scheduled"},
    {"therapy", "patient,regimen,start,stop,dose,reason,released,status"},
    {"events", "patient,kind,term,date,resolved,grade,released,status"},
    {"lesions", "patient,lesion,taken,role,nodal,organ,diameter,state,released,status"},
}};

struct Keyed {
    std::string_view key, line;
};

std::vector<Keyed> sorted_rows(std::string_view text) {
    std::vector<Keyed> rows;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        rows.push_back({text.substr(0, key_digits), text.substr(key_digits, end - key_digits + 1)});
        text.remove_prefix(end + 1);
    }
    std::stable_sort(rows.begin(), rows.end(), [](const Keyed& a, const Keyed& b) { return a.key < b.key; });
    return rows;
}

}  // namespace

std::string make_folder(const std::string& path) {
    std::error_code failed;
    std::filesystem::create_directories(path, failed);
    if (failed) throw Error("V003", fmt::format("cannot make the folder '{}': {}", path, failed.message()));
    return path;
}

void write_file(const std::string& path, std::string_view text, bool append) {
    std::ofstream out(path, append ? std::ios::binary | std::ios::app : std::ios::binary);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.close();
    if (!out) throw Error("V003", fmt::format("cannot write '{}'", path));
}

Spool::Spool(std::string folder, Date first_day)
    : folder_(std::move(folder)), hidden_(folder_ + "/.waiting"), first_day_(first_day) {
    make_folder(hidden_);
}

Spool::~Spool() {
    std::error_code ignored;
    std::filesystem::remove_all(hidden_, ignored);
}

std::string Spool::waiting(const Key& key) const {
    return fmt::format("{}/{}_{}", hidden_, key.first, static_cast<int>(key.second));
}

void Spool::flush(const Key& key, Bucket& bucket) {
    write_file(waiting(key), bucket.buffer, true);
    bucket.buffer.clear();
    bucket.on_disk = true;
}

void Spool::add(Feed feed, Instant delivered, std::string_view line) {
    const int week = (delivered.date() - first_day_) / 7 + 1;
    const Key key{week, feed};
    Bucket& bucket = buckets_[key];
    fmt::format_to(std::back_inserter(bucket.buffer), "{:016x}{}\n", delivered.microseconds(), line);
    if (bucket.buffer.size() > buffer_limit) flush(key, bucket);
    ++rows_;
    weeks_ = std::max(weeks_, week);
}

void Spool::finish() {
    for (auto& [key, bucket] : buckets_) {
        std::string text = bucket.on_disk ? read_text(waiting(key)) : std::string();
        text += bucket.buffer;
        bucket.buffer = std::string();
        const Layout& layout = layouts[static_cast<std::size_t>(key.second)];
        std::string out;
        out.reserve(text.size());
        out.append(layout.header).push_back('\n');
        for (const Keyed& row : sorted_rows(text))
            out.append(row.line);
        write_file(fmt::format("{}/week_{:03}_{}.csv", folder_, key.first, layout.name), out);
        if (bucket.on_disk) std::filesystem::remove(waiting(key));
        ++files_;
    }
    buckets_.clear();
}

}  // namespace bellwether::trial

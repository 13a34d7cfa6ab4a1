#include "bellwether/app/ingest.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <unordered_map>

#include <fmt/format.h>
#include <unistd.h>

#include "bellwether/core/hash.hpp"
#include "bellwether/core/text.hpp"

namespace bellwether::app {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t rejects_shown = 100;

std::string hash_of_file(const std::string& path) {
    Sha256 h;
    const auto source = feed::open_feed(path);
    std::vector<char> block(1 << 16);
    while (const std::size_t n = source->read(block.data(), block.size()))
        h.raw({block.data(), n});
    return h.hex();
}

/// Standard input can be read once: it is kept, up to a size that a pipe by hand would not reach.
std::string all_of_stdin() {
    std::string text;
    const auto source = feed::open_feed("-");
    std::vector<char> block(1 << 16);
    while (const std::size_t n = source->read(block.data(), block.size()))
        text.append(block.data(), n);
    return text;
}

/// What the reader asks of the store, each answer asked for once a file.
class StoreContext {
public:
    StoreContext(store::Store& store, const IngestOptions& options) : store_(store) {
        context_.now = options.at;
        context_.backfill = options.backfill;
        context_.has_patient = [this](std::string_view id) { return known(id); };
        context_.day_zero = [this](std::string_view id) { return day_zero(id); };
    }
    [[nodiscard]] const feed::FeedContext& context() const { return context_; }

private:
    bool known(std::string_view id) {
        const auto [found, fresh] = known_.try_emplace(std::string(id), false);
        if (fresh) found->second = store_.has_patient(found->first);
        return found->second;
    }
    std::optional<Date> day_zero(std::string_view id) {
        const auto [found, fresh] = zero_.try_emplace(std::string(id), std::nullopt);
        if (fresh && known(id))
            found->second = as_known_at(store_.history(found->first, Instant::highest()), Instant::highest())
                                .patient.day_zero;
        return found->second;
    }
    store::Store& store_;
    feed::FeedContext context_;
    std::unordered_map<std::string, bool> known_;
    std::unordered_map<std::string, std::optional<Date>> zero_;
};

Diagnostic to_diagnostic(const feed::Reject& r, const std::string& file) {
    return {Diagnostic::Severity::error, r.code, {file, r.line, r.column}, r.what, r.hint};
}

/// Reads `source` into the store in one transaction.
FileReport take(store::Store& store, feed::ByteSource& source, const std::string& name,
                const std::string& hash, const LoadedProfile& profile, const IngestOptions& options,
                std::optional<std::int64_t> settles) {
    FileReport report;
    report.file = name;
    store::FeedFile file;
    file.name = name;
    file.hash = hash;
    file.profile_hash = profile.hash;
    StoreContext context(store, options);
    const auto catalogue = store.channels();
    auto writer = store.begin(file, options.at, options.backfill, options.who);
    std::vector<store::QuarantineRow> refused;
    feed::FeedSink sink;
    sink.record = [&](Record&& r) { writer->add(std::move(r)); };
    sink.reject = [&](feed::Reject&& r) {
        if (report.rejects.size() < rejects_shown) report.rejects.push_back(to_diagnostic(r, name));
        store::QuarantineRow row;
        row.file = name;
        row.file_hash = hash;
        row.line = r.line;
        row.column = r.column;
        row.code = r.code;
        row.reason = r.what;
        row.hint = r.hint;
        row.raw = r.raw;
        row.profile = profile.source.text;
        row.at = options.at;
        refused.push_back(std::move(row));
    };
    const auto counts = feed::read_feed(profile.profile, catalogue, context.context(), source, name, sink);
    for (auto& row : refused) {
        row.header = counts.header;  // known only once the reader has seen it
        writer->reject(std::move(row));
    }
    if (settles && refused.empty()) writer->settle(*settles);
    if (settles && !refused.empty()) return report;  // still broken: the row that is there stays as it is
    report.counts = writer->commit(counts.rows);
    return report;
}

FileReport refused(const std::string& file, const InputError& e) {
    FileReport report;
    report.file = file;
    report.end = FileReport::End::refused;
    report.refusal = e.findings();
    return report;
}

FileReport refused(const std::string& file, const Error& e) {
    FileReport report;
    report.file = file;
    report.end = FileReport::End::refused;
    report.refusal.error(e.code(), {file, 0, 0}, e.what(), "mend the file and ingest it again");
    return report;
}

/// A file is refused whole for what its reader says of it; a store that fails is not the file's fault.
bool is_about_the_file(const Error& e) {
    return e.code().starts_with("F") || e.code() == "C001";
}

}  // namespace

LoadedProfile load_profile(const SourceFile& source, const ChannelCatalogue& catalogue) {
    Findings findings;
    LoadedProfile loaded{source, sha256_hex(source.text),
                         feed::read_profile(source.text, source.name, catalogue, findings)};
    if (!findings.ok()) throw InputError(findings);
    return loaded;
}

const LoadedProfile* profile_for(const std::string& file, const std::vector<LoadedProfile>& profiles) {
    if (profiles.size() == 1) return &profiles.front();
    const std::string name = fs::path(file).filename().string();
    const LoadedProfile* best = nullptr;
    std::size_t longest = 0;
    for (const auto& p : profiles) {
        const std::string stem = fs::path(p.source.name).stem().string();
        if (stem.size() <= longest || name.find(stem) == std::string::npos) continue;
        best = &p;
        longest = stem.size();
    }
    return best;
}

FileReport ingest_file(store::Store& store, const std::string& path, const LoadedProfile& profile,
                       const IngestOptions& options) {
    try {
        std::string from_stdin;
        if (path == "-") from_stdin = all_of_stdin();
        const std::string hash = path == "-" ? sha256_hex(from_stdin) : hash_of_file(path);
        if (const auto before = store.find_file(hash, profile.hash)) {
            FileReport report;
            report.file = path;
            report.end = FileReport::End::seen_before;
            report.counts = *before;
            return report;
        }
        const auto source =
            path == "-" ? feed::feed_from_memory(std::move(from_stdin)) : feed::open_feed(path);
        return take(store, *source, path, hash, profile, options, std::nullopt);
    } catch (const InputError& e) {
        return refused(path, e);
    } catch (const Error& e) {
        if (!is_about_the_file(e)) throw;
        return refused(path, e);
    }
}

FileReport check_file(const std::string& path, const LoadedProfile& profile,
                      const ChannelCatalogue& catalogue, Instant at,
                      const std::function<void(const Record&)>& see) {
    FileReport report;
    report.file = path;
    feed::FeedContext context;
    context.now = at;
    context.has_patient = [](std::string_view) { return true; };
    context.day_zero = [](std::string_view) { return std::optional<Date>(Date(0)); };
    feed::FeedSink sink;
    sink.record = [&](Record&& r) {
        if (see) see(r);
    };
    sink.reject = [&](feed::Reject&& r) {
        if (report.rejects.size() < rejects_shown) report.rejects.push_back(to_diagnostic(r, path));
    };
    try {
        const auto source = feed::open_feed(path);
        const auto counts = feed::read_feed(profile.profile, catalogue, context, *source, path, sink);
        report.counts.rows = counts.rows;
        report.counts.taken = counts.records;
        report.counts.quarantined = counts.rejects;
    } catch (const InputError& e) {
        return refused(path, e);
    } catch (const Error& e) {
        if (!is_about_the_file(e)) throw;
        return refused(path, e);
    }
    return report;
}

std::vector<FileReport> ingest_inbox(store::Store& store, const std::string& inbox,
                                     const std::vector<LoadedProfile>& profiles,
                                     const IngestOptions& options) {
    struct Waiting {
        bool later;
        std::string path;
        const LoadedProfile* profile;
    };
    std::vector<Waiting> waiting;
    std::error_code error;
    for (const char* folder : {"done", "rejected"}) {
        fs::create_directories(fs::path(inbox) / folder, error);
        if (error) throw Error("C003", "'" + inbox + "' cannot be used as an inbox: " + error.message());
    }
    for (const auto& entry : fs::directory_iterator(inbox)) {
        const std::string name = entry.path().filename().string();
        if (!entry.is_regular_file() || name.starts_with(".") || name.ends_with(".part") ||
            name.ends_with(".tmp"))
            continue;
        const auto* profile = profile_for(name, profiles);
        const bool first = profile && (profile->profile.kind == feed::Kind::patients ||
                                       profile->profile.kind == feed::Kind::schedule);
        waiting.push_back({!first, entry.path().string(), profile});
    }
    std::sort(waiting.begin(), waiting.end(), [](const Waiting& a, const Waiting& b) {
        return std::tie(a.later, a.path) < std::tie(b.later, b.path);
    });
    std::vector<FileReport> reports;
    for (const auto& w : waiting) {
        FileReport report;
        if (w.profile) {
            report = ingest_file(store, w.path, *w.profile, options);
        } else {
            report.file = w.path;
            report.end = FileReport::End::refused;
            report.refusal.error("F096", {w.path, 0, 0},
                                 "the name of no profile's file stands in the file's name",
                                 "give --profile for this kind of file, or rename it");
        }
        const char* folder = report.end == FileReport::End::refused ? "rejected" : "done";
        fs::path target = fs::path(inbox) / folder / fs::path(w.path).filename();
        // A file of the same name may have come before: both are kept.
        for (int n = 1; fs::exists(target); ++n)
            target = fs::path(inbox) / folder / fmt::format("{}.{}", fs::path(w.path).filename().string(), n);
        fs::rename(w.path, target);
        reports.push_back(std::move(report));
    }
    return reports;
}

FileReport retry_quarantined(store::Store& store, std::int64_t id, const std::optional<std::string>& mended,
                             const std::optional<SourceFile>& profile, const IngestOptions& options) {
    const auto row = store.quarantine_row(id);
    if (!row || row->state != "open") throw Error("P005", fmt::format("quarantine holds no open row {}", id));
    const auto loaded = load_profile(
        profile.value_or(SourceFile{"profile of quarantine row " + std::to_string(id), row->profile}),
        store.channels());
    const auto source = feed::feed_from_memory(feed::retry_text(row->header, mended.value_or(row->raw)));
    return take(store, *source, row->file + " (retried)", "", loaded, options, id);
}

}  // namespace bellwether::app

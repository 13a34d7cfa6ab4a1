#include <fmt/format.h>

#include "bellwether/core/hash.hpp"

#include "ingest.hpp"

namespace bellwether::store {
namespace {

const char* const kRows =
    "SELECT q.id, q.file, q.file_hash, q.line, q.col, q.code, q.reason, q.hint, q.raw, h.text, p.text, "
    "q.state, q.at "
    "FROM quarantine q JOIN shared_text h ON h.key = q.header JOIN shared_text p ON p.key = q.profile ";

QuarantineRow read_row(Query& q) {
    QuarantineRow r;
    r.id = q.integer(), r.file = q.text(), r.file_hash = q.text(), r.line = q.small(), r.column = q.small();
    r.code = q.text(), r.reason = q.text(), r.hint = q.text(), r.raw = q.text();
    r.header = q.text(), r.profile = q.text(), r.state = q.text(), r.at = q.instant();
    return r;
}

/// Ends an open row. @throws Error S010, S013
void end_row(Database& db, std::int64_t id, const std::string& state) {
    std::string now;
    {
        Query q = db.query("SELECT state FROM quarantine WHERE id = ?");
        q.add(id);
        if (!q.step()) throw Error("S010", fmt::format("there is no quarantine row {}", id));
        now = q.text();
    }
    if (now != "open") throw Error("S013", fmt::format("quarantine row {} is {} already", id, now));
    db.query("UPDATE quarantine SET state = ? WHERE id = ?").add(state).add(id).run();
}

}  // namespace

std::int64_t SqliteWriter::shared_text(const std::string& text) {
    const std::string hash = sha256_hex(text);
    db_.query("INSERT OR IGNORE INTO shared_text (hash, text) VALUES (?, ?)").add(hash).add(text).run();
    Query q = db_.query("SELECT key FROM shared_text WHERE hash = ?");
    q.add(hash);
    return q.step() ? q.integer() : 0;
}

std::int64_t SqliteWriter::write_quarantine(const QuarantineRow& row) {
    const std::int64_t header = shared_text(row.header), profile = shared_text(row.profile);
    const std::int64_t id = db_.number("SELECT max(id) FROM quarantine") + 1;
    db_.query(
           "INSERT INTO quarantine (id, file, file_hash, line, col, code, reason, hint, raw, header, "
           "profile, state,"
           " at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)")
        .add(id)
        .add(row.file)
        .add(row.file_hash)
        .add(row.line)
        .add(row.column)
        .add(row.code)
        .add(row.reason)
        .add(row.hint)
        .add(row.raw)
        .add(header)
        .add(profile)
        .add(file_.learnt)
        .run();
    ++file_.quarantined;
    return id;
}

void SqliteWriter::reject(QuarantineRow&& row) {
    guarded("ingest", [&] {
        if (row.file.empty()) row.file = file_.name;
        if (row.file_hash.empty()) row.file_hash = file_.hash;
        (void)write_quarantine(row);
        ++rejected_;
    });
}

void SqliteWriter::settle(std::int64_t quarantine_id) {
    guarded("ingest", [&] { end_row(db_, quarantine_id, "retried"); });
}

std::vector<QuarantineRow> SqliteStore::quarantine(bool open_only) {
    return guarded("quarantine", [&] {
        std::vector<QuarantineRow> rows;
        Query q =
            db_.query(std::string(kRows) + (open_only ? "WHERE q.state = 'open' " : "") + "ORDER BY q.id");
        while (q.step())
            rows.push_back(read_row(q));
        return rows;
    });
}

std::optional<QuarantineRow> SqliteStore::quarantine_row(std::int64_t id) {
    return guarded("quarantine", [&]() -> std::optional<QuarantineRow> {
        Query q = db_.query(std::string(kRows) + "WHERE q.id = ?");
        q.add(id);
        if (!q.step()) return std::nullopt;
        return read_row(q);
    });
}

void SqliteStore::drop_quarantine(std::int64_t id, Instant at, const std::string& who,
                                  const std::string& why) {
    guarded("quarantine", [&] {
        Transaction transaction(db_);
        end_row(db_, id, "dropped");
        append_trail(db_, at, who, "quarantine dropped", fmt::format("quarantine {}", id), why);
        transaction.commit();
    });
}

namespace {

const char* const kFiles =
    "SELECT name, hash, profile_hash, learnt, row_count, taken, duplicates, quarantined FROM feed_file ";

FeedFile read_file(Query& q) {
    FeedFile f;
    f.name = q.text(), f.hash = q.text(), f.profile_hash = q.text(), f.learnt = q.instant();
    f.rows = q.integer(), f.taken = q.integer(), f.duplicates = q.integer(), f.quarantined = q.integer();
    return f;
}

}  // namespace

std::optional<FeedFile> SqliteStore::find_file(const std::string& hash, const std::string& profile_hash) {
    return guarded("files", [&]() -> std::optional<FeedFile> {
        Query q = db_.query(std::string(kFiles) + "WHERE hash <> '' AND hash = ? AND profile_hash = ?");
        q.add(hash).add(profile_hash);
        if (!q.step()) return std::nullopt;
        return read_file(q);
    });
}

std::vector<FeedFile> SqliteStore::files() {
    return guarded("files", [&] {
        std::vector<FeedFile> list;
        Query q = db_.query(std::string(kFiles) + "ORDER BY key");
        while (q.step())
            list.push_back(read_file(q));
        return list;
    });
}

}  // namespace bellwether::store

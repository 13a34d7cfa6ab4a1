#include "database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace bellwether::store {

Database::Database(const std::string& path, int flags)
    : path_(path), connection_(path, flags | SQLITE_OPEN_NOMUTEX) {
    connection_.setBusyTimeout(10'000);
    // FULL: a committed ingest survives a power cut. One transaction per file, so the sync costs little.
    // 32 MB of pages is plenty for readers, who go patient by patient: memory stays flat. Writers take more.
    execute(
        "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA cache_size = -32768;"
        "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA wal_autocheckpoint = 4000;");
}

Query Database::query(const std::string& sql) {
    auto& statement = statements_[sql];
    if (statement == nullptr) statement = std::make_unique<SQLite::Statement>(connection_, sql);
    return Query(*statement);
}

std::int64_t Database::number(const std::string& sql) {
    Query q = query(sql);
    return q.step() ? q.integer() : 0;
}

WideCache::WideCache(Database& db) : db_(db) {
    db_.execute("PRAGMA cache_size = -262144");
}

WideCache::~WideCache() {
    try {
        db_.execute("PRAGMA cache_size = -32768; PRAGMA shrink_memory");
    } catch (const SQLite::Exception&) {
        // Only memory that is kept longer than need be.
    }
}

Transaction::Transaction(Database& db) : db_(db) {
    if (sqlite3_get_autocommit(db_.raw().getHandle()) == 0)
        throw Error("S006", "a file is being ingested through this store; finish it before another write");
    db_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
    if (!open_) return;
    try {
        db_.execute("ROLLBACK");
    } catch (const SQLite::Exception&) {
        // SQLite has rolled back by itself (disk full, I/O error): there is nothing left to undo.
    }
}

void Transaction::commit() {
    db_.execute("COMMIT");
    open_ = false;
}

void rethrow_as_error(const SQLite::Exception& e, std::string_view doing) {
    const int code = e.getErrorCode();
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        throw Error("S006", fmt::format("{}: another writer is at work; try again when it is done", doing));
    throw Error("S005", fmt::format("{}: the database refused: {}", doing, e.what()));
}

}  // namespace bellwether::store

#include <algorithm>
#include <filesystem>

#include <SQLiteCpp/Backup.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "schema.hpp"
#include "sqlite_store.hpp"

namespace bellwether::store {

namespace {

namespace fs = std::filesystem;

std::string integrity(Database& db) {
    Query q = db.query("PRAGMA integrity_check(3)");
    std::string all;
    while (q.step())
        all += (all.empty() ? "" : "; ") + q.text();
    return all;
}

std::string foreign_keys(Database& db) {
    Query q = db.query("PRAGMA foreign_key_check");
    return q.step() ? "a row of " + q.text() + " points to nothing" : "ok";
}

std::string chain(Database& db) {
    const auto broken = first_broken_line(db);
    return broken ? fmt::format("broken at line {}", *broken) : "ok";
}

std::string schema(Database& db) {
    const auto expected = expected_schema(), actual = schema_of(db);
    for (const auto& e : expected)
        if (std::find(actual.begin(), actual.end(), e) == actual.end())
            return "missing or changed: " + e.substr(0, e.find(':'));
    for (const auto& a : actual)
        if (std::find(expected.begin(), expected.end(), a) == expected.end())
            return "not ours: " + a.substr(0, a.find(':'));
    return "ok";
}

/// Every version row: does it read, and does its content still have the digest of its key?
template <class T>
std::string rows_of(Database& db) {
    Query q =
        db.query(fmt::format("SELECT v.digest, v.identity, coalesce(p.id, ''), {}, {} FROM {} v LEFT JOIN "
                             "patient p ON p.key = v.patient",
                             kVersionPart, Table<T>::columns, Table<T>::name));
    while (q.step()) {
        const std::string digest = q.text();
        const std::int64_t id = q.integer();
        const std::string patient = q.text();
        try {
            const Record r = read_record<T>(q, patient);
            if (short_digest(r.content) != digest || identity_hash(identity(r.content)) != id)
                return fmt::format("a row of {} of patient '{}' was changed", Table<T>::name, patient);
        } catch (const Error& e) {
            return e.what();
        }
    }
    return "ok";
}

std::string rows(Database& db) {
    std::string result = rows_of<PlannedVisit>(db);
    for_each_patient_table([&]<class T>(Table<T>) {
        if (result == "ok") result = rows_of<T>(db);
    });
    return result;
}

/// The ledger against its events, and the events against the digests in the trail.
std::string ledger(Store& store, Database& db) {
    std::vector<std::string> in_trail;
    {
        Query q = db.query(
            "SELECT detail FROM trail WHERE subject LIKE 'alert %' AND what LIKE 'alert %' ORDER BY number");
        while (q.step())
            in_trail.push_back(q.text());
    }
    if (in_trail != event_digests(store)) return "the alert events are not those of the trail";
    const std::string last = fmt::format(
        "SELECT id, {0} FROM alert EXCEPT SELECT alert, {0} FROM alert_event WHERE number IN "
        "(SELECT max(number) FROM alert_event GROUP BY alert)",
        kAlertPart);
    Query q = db.query(last);
    if (q.step()) return fmt::format("alert {} is not what its events add up to", q.integer());
    return "ok";
}

std::string disk(const std::string& path) {
    const auto space = fs::space(fs::absolute(path).parent_path());
    const std::uintmax_t need = std::max<std::uintmax_t>(fs::file_size(path), 64U << 20U);
    if (space.available >= need) return "ok";
    return fmt::format("{} MB free, {} MB wanted", space.available >> 20U, need >> 20U);
}

void sync(const std::string& path) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) throw Error("S005", "cannot sync '" + path + "'");
    close(fd);
}

/// @throws Error S004 with the first thing that is wrong
void verify(const std::string& path) {
    const auto damaged = [&](const std::string& why) {
        throw Error("S004", "'" + path + "' is damaged or no store: " + why);
    };
    if (!fs::is_regular_file(path)) damaged("there is no such file");
    try {
        Database db(path, SQLite::OPEN_READONLY);
        if (db.number("PRAGMA application_id") != kApplicationId) damaged("it is not a Bellwether store");
        const std::int64_t version = db.number("PRAGMA user_version");
        if (version < 1 || version > newest_schema()) damaged(fmt::format("schema {}", version));
        if (const auto r = integrity(db); r != "ok") damaged(r);
        if (const auto r = foreign_keys(db); r != "ok") damaged(r);
        if (const auto r = chain(db); r != "ok") damaged("trail " + r);
        if (const auto r = rows(db); r != "ok") damaged(r);
    } catch (const SQLite::Exception& e) {
        damaged(e.what());
    }
}

/// Copies a database page by page into one file without a write-ahead log, synced.
void copy_database(SQLite::Database& from, const std::string& to) {
    for (const char* tail : {"", "-wal", "-shm", "-journal"})
        fs::remove(to + tail);
    {
        SQLite::Database target(to, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        SQLite::Backup backup(target, from);
        backup.executeStep(-1);
    }
    {
        SQLite::Database target(to, SQLite::OPEN_READWRITE);
        target.exec("PRAGMA journal_mode = DELETE");
    }
    sync(to);
}

}  // namespace

void SqliteStore::backup(const std::string& path) {
    guarded("backup", [&] {
        const std::string draft = path + ".writing";
        copy_database(db_.raw(), draft);
        verify(draft);
        fs::rename(draft, path);
        sync(fs::absolute(path).parent_path().string());
    });
}

Health SqliteStore::doctor() {
    Health health;
    const auto check = [&](const std::string& what, auto&& run) {
        std::string result;
        try {
            result = run();
        } catch (const std::exception& e) {
            result = e.what();
        }
        health.ok = health.ok && result.starts_with("ok");
        health.checks.emplace_back(what, result);
    };
    check("integrity", [&] { return integrity(db_); });
    check("foreign keys", [&] { return foreign_keys(db_); });
    check("schema", [&] { return schema(db_); });
    check("trail", [&] { return chain(db_); });
    check("rows", [&] { return rows(db_); });
    check("ledger", [&] { return ledger(*this, db_); });
    check("lock",
          [&] { return std::string(RunLock::acquire(db_.path(), false) ? "ok" : "ok: held by a run"); });
    check("disk", [&] { return disk(db_.path()); });
    return health;
}

void restore_sqlite(const std::string& backup, const std::string& path) {
    verify(backup);
    guarded("restore", [&] {
        const std::string draft = path + ".restoring", before = path + ".before-restore";
        {
            SQLite::Database source(backup, SQLite::OPEN_READONLY);
            copy_database(source, draft);
        }
        verify(draft);
        if (fs::exists(path)) {
            // What the old store still has in its log goes into its file, where it can be read at all; a log
            // left beside the new file would be replayed into it.
            try {
                SQLite::Database(path, SQLite::OPEN_READWRITE).exec("PRAGMA wal_checkpoint(TRUNCATE)");
            } catch (const SQLite::Exception&) {
                // A damaged store is kept as it is, its log beside it.
            }
            for (const char* tail : {"", "-wal"}) {
                fs::remove(before + tail);
                if (fs::exists(path + tail)) fs::create_hard_link(path + tail, before + tail);
            }
        }
        fs::remove(path + "-wal");
        fs::remove(path + "-shm");
        fs::rename(draft, path);
        sync(fs::absolute(path).parent_path().string());
    });
    (void)open_sqlite(path);
}

}  // namespace bellwether::store

#include <algorithm>

#include <fmt/format.h>

#include "sqlite_store.hpp"

namespace bellwether::store {

const char* const kScannedTo =
    "CASE WHEN behind THEN scanned_to ELSE max(coalesce(scanned_to, -9223372036854775808), "
    "(SELECT as_of FROM scan ORDER BY number DESC LIMIT 1)) END";

std::optional<Instant> last_seen(Database& db) {
    static const std::string sql = fmt::format(
        "SELECT max(d) FROM (SELECT {} AS d FROM patient UNION ALL SELECT as_of FROM scan)", kScannedTo);
    Query q = db.query(sql);
    if (!q.step()) return std::nullopt;
    return q.maybe_instant();
}

namespace {

ScanState read_state(Query& q) {
    ScanState s;
    s.patient = q.text();
    s.scanned_to = q.maybe_instant().value_or(Instant::lowest());
    s.next_deadline = q.maybe_date();
    return s;
}

/// An activation is due for everybody who was scanned before it. Learnt since: only where the last thing
/// learnt is later than the scan is the index of instants asked.
const std::string& due_sql() {
    static const std::string sql = fmt::format(
        "WITH state AS (SELECT key, id, {} AS scanned_to, next_deadline, last_learnt FROM patient "
        "               WHERE first_learnt <= ?1) "
        "SELECT id, scanned_to, next_deadline FROM state WHERE scanned_to IS NULL OR next_deadline <= ?2 "
        "OR scanned_to < (SELECT max(active_from) FROM activation WHERE active_from <= ?1) "
        "OR (last_learnt > scanned_to AND EXISTS (SELECT 1 FROM patient_learnt l WHERE l.patient = state.key "
        "    AND l.learnt > scanned_to AND l.learnt <= ?1)) ORDER BY id",
        kScannedTo);
    return sql;
}

}  // namespace

std::optional<Instant> SqliteStore::last_scan() {
    return guarded("scan", [&]() -> std::optional<Instant> {
        Query q = db_.query("SELECT as_of FROM scan ORDER BY number DESC LIMIT 1");
        if (!q.step()) return std::nullopt;
        return q.instant();
    });
}

std::vector<ScanState> SqliteStore::due(Instant as_of) {
    return guarded("scan", [&] {
        std::vector<ScanState> list;
        Query q = db_.query(due_sql());
        q.add(as_of).add(as_of.date());
        while (q.step())
            list.push_back(read_state(q));
        return list;
    });
}

ScanState SqliteStore::scan_state(const std::string& patient) {
    return guarded("scan", [&] {
        static const std::string sql =
            fmt::format("SELECT id, {}, next_deadline FROM patient WHERE id = ?", kScannedTo);
        Query q = db_.query(sql);
        q.add(patient);
        if (q.step()) return read_state(q);
        ScanState never;
        never.patient = patient;
        return never;
    });
}

std::optional<std::string> SqliteStore::checkpoint(const std::string& patient,
                                                   const std::string& model_hash) {
    return guarded("scan", [&]() -> std::optional<std::string> {
        Query q = db_.query(
            "SELECT c.state FROM checkpoint c JOIN patient p ON p.key = c.patient WHERE p.id = ? AND c.model "
            "= ?");
        q.add(patient).add(model_hash);
        if (!q.step()) return std::nullopt;
        return q.text();
    });
}

void SqliteStore::drop_checkpoints() {
    guarded("scan", [&] {
        Transaction transaction(db_);
        db_.execute("DELETE FROM checkpoint");
        transaction.commit();
    });
}

std::vector<std::pair<std::string, std::string>> SqliteStore::not_assessable() {
    return guarded("scan", [&] {
        std::vector<std::pair<std::string, std::string>> list;
        Query q = db_.query(
            "SELECT p.id, n.line FROM not_assessable n JOIN patient p ON p.key = n.patient ORDER BY p.id, "
            "n.position");
        while (q.step()) {
            std::string id = q.text();
            list.emplace_back(std::move(id), q.text());
        }
        return list;
    });
}

void SqliteStore::finish_scan(Instant as_of, const std::vector<std::string>& failed, const std::string& who) {
    guarded("scan", [&] {
        const auto last = last_scan();
        if (last && as_of < *last)
            throw Error("S023", fmt::format("a scan at {} ends before the last one at {}", to_string(as_of),
                                            to_string(*last)));
        Transaction transaction(db_);
        // Who failed keeps the D that was true of it before this scan; everybody else has caught up.
        db_.execute("CREATE TEMP TABLE IF NOT EXISTS failed (key INTEGER PRIMARY KEY); DELETE FROM failed;");
        for (const std::string& id : failed)
            if (const auto key = patient_key(db_, id))
                db_.query("INSERT OR IGNORE INTO failed (key) VALUES (?)").add(*key).run();
        static const std::string keep = fmt::format(
            "UPDATE patient SET scanned_to = {}, behind = 1 WHERE behind = 0 AND key IN (SELECT key FROM "
            "failed)",
            kScannedTo);
        db_.query(keep).run();
        db_.query("UPDATE patient SET behind = 0 WHERE behind = 1 AND key NOT IN (SELECT key FROM failed)")
            .run();
        if (!last || as_of > *last || !failed.empty()) {
            db_.query("INSERT INTO scan (as_of, failed) VALUES (?, ?)")
                .add(as_of)
                .add(static_cast<std::int64_t>(failed.size()))
                .run();
            append_trail(db_, as_of, who, "scan", to_string(as_of), fmt::format("failed {}", failed.size()));
        }
        transaction.commit();
    });
}

void SqliteStore::activate(const Activation& a, Instant at) {
    guarded("activate", [&] {
        Transaction transaction(db_);
        if (const auto seen = last_seen(db_); seen && a.from <= *seen)
            throw Error(
                "S020",
                fmt::format("activation at {} would change what the scan at {} has seen; activate later",
                            to_string(a.from), to_string(*seen)));
        db_.query(
               "INSERT INTO activation (kind, name, hash, text, active_from, who, why) VALUES (?, ?, ?, ?, "
               "?, ?, ?)")
            .add_word(to_string(a.kind))
            .add(a.name)
            .add(a.hash)
            .add(a.text)
            .add(a.from)
            .add(a.who)
            .add(a.why)
            .run();
        append_trail(db_, at, a.who, fmt::format("activate {}", to_string(a.kind)), a.name,
                     fmt::format("{} from {} {}", a.hash, to_string(a.from), a.why));
        transaction.commit();
    });
}

std::vector<Activation> SqliteStore::activations() {
    return guarded("activate", [&] {
        std::vector<Activation> list;
        Query q = db_.query(
            "SELECT kind, name, hash, text, active_from, who, why FROM activation ORDER BY active_from, "
            "number");
        while (q.step()) {
            Activation a;
            const std::string kind = q.text();
            const auto parsed = parse_artifact_kind(kind);
            if (!parsed) unreadable("activation", "kind", kind);
            a.kind = *parsed, a.name = q.text(), a.hash = q.text(), a.text = q.text();
            a.from = q.instant(), a.who = q.text(), a.why = q.text();
            list.push_back(std::move(a));
        }
        return list;
    });
}

}  // namespace bellwether::store

#include "ingest.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bellwether/core/text.hpp"

namespace bellwether::store {
namespace {

void require_finite(const Content& c) {
    bool finite = true;
    if (const auto* o = std::get_if<Observation>(&c))
        finite = !o->reading || std::isfinite(o->reading->value);
    if (const auto* l = std::get_if<Lesion>(&c)) finite = !l->diameter_mm || std::isfinite(*l->diameter_mm);
    if (!finite) throw Error("S012", "a value is not a finite number; write a missing value with its reason");
}

}  // namespace

SqliteWriter::SqliteWriter(Database& db, const FeedFile& file, Instant at, bool backfill, std::string who)
    : db_(db), cache_(db), transaction_(db), file_(file), at_(at), backfill_(backfill), who_(std::move(who)) {
    if (!file_.hash.empty()) {
        Query q = db_.query("SELECT 1 FROM feed_file WHERE hash = ? AND profile_hash = ?");
        q.add(file_.hash).add(file_.profile_hash);
        if (q.step()) throw Error("S011", "'" + file_.name + "' was ingested before under the same profile");
    }
    file_.learnt = at;
    {
        Query q = db_.query("SELECT max(learnt) FROM feed_file");
        (void)q.step();
        if (const auto last = q.maybe_instant()) file_.learnt = std::max(file_.learnt, last->next());
    }
    if (const auto seen = last_seen(db_)) file_.learnt = std::max(file_.learnt, seen->next());
    file_key_ = db_.number("SELECT max(key) FROM feed_file") + 1;
    db_.query(
           "INSERT INTO feed_file (key, name, hash, profile_hash, learnt, row_count, taken, duplicates, "
           "quarantined)"
           " VALUES (?, ?, ?, ?, ?, 0, 0, 0, 0)")
        .add(file_key_)
        .add(file_.name)
        .add(file_.hash)
        .add(file_.profile_hash)
        .add(file_.learnt)
        .run();
    file_.taken = file_.duplicates = file_.quarantined = 0;
}

SqliteWriter::Known& SqliteWriter::known(const std::string& patient) {
    if (patient.empty()) throw Error("S012", "a record names no patient");
    const auto [at, is_new] = patients_.try_emplace(patient);
    if (is_new) {
        find_or_add(patient, at->second);
        by_key_[at->second.key] = &at->second;
    }
    return at->second;
}

void SqliteWriter::find_or_add(const std::string& patient, Known& k) {
    static const std::string sql = fmt::format("SELECT key, {} FROM patient WHERE id = ?", kScannedTo);
    {
        Query q = db_.query(sql);
        q.add(patient);
        if (q.step()) {
            k.key = q.integer();
            k.scanned_to = q.maybe_instant();
            return;
        }
    }
    k.key = db_.number("SELECT max(key) FROM patient") + 1;
    // first and last stand upside down until write_patients(): nothing is learnt yet
    db_.query("INSERT INTO patient (key, id, first_learnt, last_learnt) VALUES (?, ?, ?, ?)")
        .add(k.key)
        .add(patient)
        .add(Instant::highest())
        .add(Instant::lowest())
        .run();
}

void SqliteWriter::set_times(Record& record, const Known* patient) const {
    Version& v = record.version;
    if (!backfill_) {
        v.learnt = file_.learnt;
        return;
    }
    if (patient == nullptr || !patient->scanned_to || v.learnt > *patient->scanned_to) return;
    v.released = v.rank_time();  // what was declared still ranks it
    v.learnt = patient->scanned_to->next();
}

std::vector<SqliteWriter::Held> SqliteWriter::held(const Group& group) {
    std::vector<Held> rows;
    auto& sql = held_sql_[group.table];
    if (sql.empty())
        sql = fmt::format(
            "SELECT rank_time, status, digest, learnt, file FROM {} WHERE patient = ? AND identity = ?",
            group.table);
    Query q = db_.query(sql);
    q.add(group.patient).add(group.identity);
    while (q.step()) {
        Held h;
        h.rank_time = q.instant(), h.status = static_cast<Status>(q.small());
        h.digest = q.text(), h.learnt = q.instant(), h.file = q.integer();
        rows.push_back(std::move(h));
    }
    return rows;
}

/// Whether the record adds nothing. See IngestWriter for the rule.
bool SqliteWriter::repeats(const Record& record, const std::string& digest, const Group& group,
                           const std::vector<Held>& rows) {
    const Version& v = record.version;
    for (const Held& h : rows)  // one that a backfill says was known earlier is news
        if (h.rank_time == v.rank_time() && h.status == v.status && h.digest == digest &&
            h.learnt <= v.learnt)
            return true;
    if (v.released || backfill_) return false;
    const std::vector<Held> top = standing(rows);
    if (top.empty()) return false;
    const bool said = std::any_of(top.begin(), top.end(),
                                  [&](const Held& h) { return h.status == v.status && h.digest == digest; });
    if (said) repeated_.push_back(code(group, v.status, digest));
    if (!said || top.size() > 1) undecided_.insert(group);
    return said;
}

/// What was last said of an identity before this file: its versions of the highest rank time.
std::vector<SqliteWriter::Held> SqliteWriter::standing(const std::vector<Held>& rows) const {
    std::vector<Held> top;
    for (const Held& h : rows) {
        if (h.file == file_key_ || (!top.empty() && h.rank_time < top.front().rank_time)) continue;
        if (!top.empty() && h.rank_time > top.front().rank_time) top.clear();
        top.push_back(h);
    }
    return top;
}

/// One number for a version said of an identity. Identity and digest are pieces of SHA-256, so two numbers
/// meet by chance once in 2^64.
std::uint64_t SqliteWriter::code(const Group& group, Status status, const std::string& digest) {
    std::uint64_t h = 0;
    std::memcpy(&h, digest.data(), sizeof h);
    const auto mix = [&h](std::uint64_t x) { h = (h ^ x) * 1099511628211ULL + 1; };
    mix(static_cast<std::uint64_t>(group.identity));
    mix(static_cast<std::uint64_t>(group.patient));
    mix(static_cast<std::uint64_t>(status));
    return h;
}

void SqliteWriter::insert(const Record& record, const RowKey& key) {
    std::visit(
        [&]<class T>(const T& content) {
            Query q = db_.query(insert_sql<T>());
            q.add(key.patient).add(key.identity).add(key.rank_time).add(static_cast<int>(key.status));
            q.add_blob(key.digest).add(record.version.released).add(record.version.learnt).add(file_key_);
            q.add(record.version.source);
            Table<T>::write(q, content, keep_);
            q.run();
        },
        record.content);
}

void SqliteWriter::learnt(Known& patient, Instant when) {
    patient.first = std::min(patient.first, when);
    patient.last = std::max(patient.last, when);
    if (patient.logged == when) return;
    db_.query("INSERT OR IGNORE INTO patient_learnt (patient, learnt) VALUES (?, ?)")
        .add(patient.key)
        .add(when)
        .run();
    patient.logged = when;
}

void SqliteWriter::add(Record&& record) {
    guarded("ingest", [&] {
        require_finite(record.content);
        const bool visit = std::holds_alternative<PlannedVisit>(record.content);
        Known* patient = visit ? nullptr : &known(patient_of(record.content));
        set_times(record, patient);
        RowKey key;
        key.patient = visit ? 0 : patient->key;
        key.identity = identity_hash(identity(record.content));
        key.rank_time = record.version.rank_time();
        key.status = record.version.status;
        key.digest = short_digest(record.content);
        const Group group{table_of(record.content), key.patient, key.identity};
        const std::vector<Held> rows = held(group);
        if (!rows.empty() && repeats(record, key.digest, group, rows)) {
            ++file_.duplicates;
            return;
        }
        try {
            insert(record, key);
        } catch (const nlohmann::json::exception&) {
            throw Error("S012", "a text of '" + record.version.source + "' is not UTF-8");
        }
        for (const Held& h : rows)
            if (h.rank_time == key.rank_time && h.status == key.status) tied_.insert(group);
        if (patient != nullptr) learnt(*patient, record.version.learnt);
        ++file_.taken;
    });
}

FeedFile SqliteWriter::commit(std::int64_t rows) {
    return guarded("ingest", [&] {
        decide_repeated();
        write_patients();
        decide_conflicts();
        if (rows > 0) file_.rows = rows;
        if (file_.rows == 0) file_.rows = file_.taken + file_.duplicates + rejected_;
        db_.query(
               "UPDATE feed_file SET row_count = ?, taken = ?, duplicates = ?, quarantined = ? WHERE key = ?")
            .add(file_.rows)
            .add(file_.taken)
            .add(file_.duplicates)
            .add(file_.quarantined)
            .add(file_key_)
            .run();
        append_trail(
            db_, at_, who_, backfill_ ? "ingest --backfill" : "ingest", file_.name,
            fmt::format("sha256 {}, profile {}, learnt {}, rows {}, taken {}, duplicates {}, quarantined {}",
                        file_.hash, file_.profile_hash, to_string(file_.learnt), file_.rows, file_.taken,
                        file_.duplicates, file_.quarantined));
        transaction_.commit();
        return file_;
    });
}

std::unique_ptr<IngestWriter> SqliteStore::begin(const FeedFile& file, Instant at, bool backfill,
                                                 const std::string& who) {
    return guarded("ingest", [&]() -> std::unique_ptr<IngestWriter> {
        return std::make_unique<SqliteWriter>(db_, file, at, backfill, who);
    });
}

FeedFile Store::commit(Batch batch, Instant at, bool backfill, const std::string& who) {
    const auto writer = begin(batch.file, at, backfill, who);
    for (Record& r : batch.records)
        writer->add(std::move(r));
    for (QuarantineRow& row : batch.quarantine)
        writer->reject(std::move(row));
    for (const std::int64_t id : batch.retried)
        writer->settle(id);
    return writer->commit(batch.file.rows);
}

}  // namespace bellwether::store

#include "schema.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace bellwether::store {
namespace {

/// What every version table begins with. Clustered by its key: all that is known of one patient lies
/// together, and the key itself refuses a version that is already there.
const char* const kVersionColumns = R"(
    patient INTEGER NOT NULL REFERENCES patient(key),
    identity INTEGER NOT NULL,
    rank_time INTEGER NOT NULL,
    status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 3),
    digest BLOB NOT NULL CHECK (length(digest) = 16),
    released INTEGER,
    learnt INTEGER NOT NULL,
    file INTEGER NOT NULL REFERENCES feed_file(key),
    source TEXT NOT NULL,)";

std::string version_table(const std::string& name, std::string own_columns) {
    std::string common = kVersionColumns;
    if (name == "visit_version") {  // belongs to a trial; 0 stands for no patient
        const std::string reference = "NOT NULL REFERENCES patient(key)";
        common.replace(common.find(reference), reference.size(), "NOT NULL CHECK (patient = 0)");
    }
    return fmt::format(
        "CREATE TABLE {} ({}{},\n    PRIMARY KEY (patient, identity, rank_time, status, digest, learnt)\n"
        ") STRICT, WITHOUT ROWID;\n",
        name, common, own_columns);
}

/// Triggers that refuse to change or remove a row.
std::string append_only(const std::string& table) {
    std::string sql;
    for (const std::string what : {"UPDATE", "DELETE"})
        sql += fmt::format(
            "CREATE TRIGGER {0}_no_{1} BEFORE {1} ON {0} BEGIN SELECT RAISE(ABORT, '{0} is append-only'); "
            "END;\n",
            table, what);
    return sql;
}

const char* const kKeeping = R"(
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE channel (
    name TEXT PRIMARY KEY, title TEXT NOT NULL, unit TEXT NOT NULL, grp TEXT NOT NULL,
    scale INTEGER NOT NULL, harm INTEGER NOT NULL, says INTEGER NOT NULL,
    lod REAL, low REAL, high REAL, stale_after INTEGER, derived INTEGER NOT NULL,
    source TEXT NOT NULL, loinc TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE patient (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE CHECK (id <> ''),
    first_learnt INTEGER NOT NULL, last_learnt INTEGER NOT NULL,
    scanned_to INTEGER, behind INTEGER NOT NULL DEFAULT 1, next_deadline INTEGER) STRICT;
CREATE TABLE patient_learnt (
    patient INTEGER NOT NULL REFERENCES patient(key), learnt INTEGER NOT NULL,
    PRIMARY KEY (patient, learnt)) STRICT, WITHOUT ROWID;
CREATE TABLE feed_file (
    key INTEGER PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, profile_hash TEXT NOT NULL,
    learnt INTEGER NOT NULL, row_count INTEGER NOT NULL, taken INTEGER NOT NULL,
    duplicates INTEGER NOT NULL, quarantined INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX feed_file_once ON feed_file (hash, profile_hash) WHERE hash <> '';
CREATE TABLE shared_text (key INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, text TEXT NOT NULL) STRICT;
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY, file TEXT NOT NULL, file_hash TEXT NOT NULL, line INTEGER NOT NULL, col INTEGER NOT NULL,
    code TEXT NOT NULL, reason TEXT NOT NULL, hint TEXT NOT NULL, raw TEXT NOT NULL,
    header INTEGER NOT NULL REFERENCES shared_text(key), profile INTEGER NOT NULL REFERENCES shared_text(key),
    state TEXT NOT NULL CHECK (state IN ('open', 'retried', 'dropped', 'settled')), at INTEGER NOT NULL,
    patient INTEGER, kind TEXT, identity INTEGER) STRICT;
CREATE INDEX quarantine_conflicts ON quarantine (patient, identity) WHERE identity IS NOT NULL AND state = 'open';
)";

const char* const kMachine = R"(
CREATE TABLE activation (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL, text TEXT NOT NULL,
    active_from INTEGER NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL) STRICT;
CREATE TABLE scan (number INTEGER PRIMARY KEY, as_of INTEGER NOT NULL, failed INTEGER NOT NULL) STRICT;
CREATE TABLE checkpoint (
    patient INTEGER NOT NULL REFERENCES patient(key), model TEXT NOT NULL, state BLOB NOT NULL,
    PRIMARY KEY (patient, model)) STRICT, WITHOUT ROWID;
CREATE TABLE not_assessable (
    patient INTEGER NOT NULL REFERENCES patient(key), position INTEGER NOT NULL, line TEXT NOT NULL,
    PRIMARY KEY (patient, position)) STRICT, WITHOUT ROWID;
CREATE TABLE trail (
    number INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, subject TEXT NOT NULL,
    detail TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
)";

const char* const kAlertColumns = R"(
    patient INTEGER NOT NULL REFERENCES patient(key), rule TEXT NOT NULL,
    onset INTEGER NOT NULL, fired INTEGER NOT NULL, ended INTEGER, severity TEXT NOT NULL, evidence TEXT NOT NULL,
    state TEXT NOT NULL, human TEXT NOT NULL, human_until INTEGER, human_by TEXT NOT NULL, human_why TEXT NOT NULL,
    raised INTEGER NOT NULL, changed INTEGER NOT NULL,
    parent INTEGER REFERENCES alert(id) DEFERRABLE INITIALLY DEFERRED,
    rules_hash TEXT NOT NULL, model_hash TEXT NOT NULL)";

std::string schema_1() {
    std::string sql = kKeeping;
    sql += version_table("patient_version", R"(
    trial TEXT NOT NULL, arm TEXT NOT NULL, site TEXT NOT NULL, sex TEXT NOT NULL, birth_year INTEGER,
    day_zero INTEGER, attributes TEXT NOT NULL)");
    sql += version_table("observation_version", R"(
    channel TEXT NOT NULL, taken INTEGER NOT NULL, minute INTEGER, accession TEXT NOT NULL, assay TEXT NOT NULL,
    laboratory TEXT NOT NULL, specimen TEXT NOT NULL, replicate INTEGER NOT NULL, value REAL, censor INTEGER,
    missing_reason TEXT NOT NULL, unit_reported TEXT NOT NULL, text_reported TEXT NOT NULL, scheduled INTEGER)");
    sql += version_table("therapy_version", R"(
    regimen TEXT NOT NULL, start INTEGER NOT NULL, stop INTEGER, dose TEXT NOT NULL, reason TEXT NOT NULL)");
    sql += version_table("lesion_version", R"(
    lesion TEXT NOT NULL, taken INTEGER NOT NULL, role TEXT NOT NULL, nodal INTEGER NOT NULL, organ TEXT NOT NULL,
    diameter_mm REAL, state TEXT NOT NULL)");
    sql += version_table("event_version", R"(
    kind TEXT NOT NULL, term TEXT NOT NULL, date INTEGER NOT NULL, resolved INTEGER, grade INTEGER)");
    sql += version_table("visit_version", R"(
    trial TEXT NOT NULL, arm TEXT NOT NULL, name TEXT NOT NULL, day INTEGER NOT NULL, window_before INTEGER NOT NULL,
    window_after INTEGER NOT NULL, channels TEXT NOT NULL)");
    sql += kMachine;
    sql += fmt::format("CREATE TABLE alert (\n    id INTEGER PRIMARY KEY,{}) STRICT;\n", kAlertColumns);
    sql += "CREATE INDEX alert_patient ON alert (patient);\n";
    sql += fmt::format(
        "CREATE TABLE alert_event (\n    number INTEGER PRIMARY KEY, alert INTEGER NOT NULL REFERENCES "
        "alert(id),"
        " change TEXT NOT NULL,\n    at INTEGER NOT NULL, actor TEXT NOT NULL, why TEXT NOT NULL,{}) "
        "STRICT;\n",
        kAlertColumns);
    sql += "CREATE INDEX alert_event_alert ON alert_event (alert);\n";
    sql += "CREATE INDEX alert_event_patient ON alert_event (patient);\n";
    for (const char* table : {"patient_version", "observation_version", "therapy_version", "lesion_version",
                              "event_version", "visit_version", "activation", "scan", "trail", "alert_event"})
        sql += append_only(table);
    return sql;
}

}  // namespace

const std::vector<std::string>& migrations() {
    static const std::vector<std::string> steps{schema_1()};
    return steps;
}

int newest_schema() {
    return static_cast<int>(migrations().size());
}

void migrate(Database& db) {
    for (auto version = static_cast<int>(db.number("PRAGMA user_version")); version < newest_schema();
         ++version) {
        Transaction transaction(db);
        db.execute(migrations()[static_cast<std::size_t>(version)]);
        db.execute(fmt::format("PRAGMA user_version = {}", version + 1));
        transaction.commit();
    }
}

std::vector<std::string> schema_of(Database& db) {
    std::vector<std::string> result;
    Query q = db.query("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL");
    while (q.step()) {
        const std::string type = q.text(), name = q.text();
        result.push_back(type + " " + name + ": " + q.text());
    }
    std::sort(result.begin(), result.end());
    return result;
}

std::vector<std::string> expected_schema() {
    Database db(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    migrate(db);
    return schema_of(db);
}

}  // namespace bellwether::store

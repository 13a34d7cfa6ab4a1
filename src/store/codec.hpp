#pragma once

#include "bellwether/record/ledger.hpp"
#include "bellwether/record/record.hpp"

#include "database.hpp"

/// How each kind of record lies in its table: one Table per kind, with its columns, how to write and how to
/// read them.
namespace bellwether::store {

/// The key half of a version row.
struct RowKey {
    std::int64_t patient = 0;   ///< patient.key; 0 for planned visits
    std::int64_t identity = 0;  ///< first eight bytes of the SHA-256 of the identity
    Instant rank_time;
    Status status = Status::final_;
    std::string digest;  ///< first sixteen bytes of the content's digest
};

[[nodiscard]] std::int64_t identity_hash(const std::string& identity);
[[nodiscard]] std::string short_digest(const Content& c);  ///< sixteen bytes

/// Specialised below. name; columns (a list); write(query, x); read(query, patient id) -> x.
template <class T>
struct Table;

// Own columns of a kind are written and read in the order of `columns`. `keep` holds texts made for the write
// alone.
template <>
struct Table<Patient> {
    static constexpr const char* name = "patient_version";
    static constexpr const char* columns = "trial, arm, site, sex, birth_year, day_zero, attributes";
    static constexpr int count = 7;
    static void write(Query& q, const Patient& p, std::string& keep);
    static Patient read(Query& q, const std::string& patient);
};
template <>
struct Table<Observation> {
    static constexpr const char* name = "observation_version";
    static constexpr const char* columns =
        "channel, taken, minute, accession, assay, laboratory, specimen, replicate, value, censor, "
        "missing_reason, "
        "unit_reported, text_reported, scheduled";
    static constexpr int count = 14;
    static void write(Query& q, const Observation& o, std::string& keep);
    static Observation read(Query& q, const std::string& patient);
};
template <>
struct Table<TherapyInterval> {
    static constexpr const char* name = "therapy_version";
    static constexpr const char* columns = "regimen, start, stop, dose, reason";
    static constexpr int count = 5;
    static void write(Query& q, const TherapyInterval& t, std::string& keep);
    static TherapyInterval read(Query& q, const std::string& patient);
};
template <>
struct Table<Lesion> {
    static constexpr const char* name = "lesion_version";
    static constexpr const char* columns = "lesion, taken, role, nodal, organ, diameter_mm, state";
    static constexpr int count = 7;
    static void write(Query& q, const Lesion& l, std::string& keep);
    static Lesion read(Query& q, const std::string& patient);
};
template <>
struct Table<Event> {
    static constexpr const char* name = "event_version";
    static constexpr const char* columns = "kind, term, date, resolved, grade";
    static constexpr int count = 5;
    static void write(Query& q, const Event& e, std::string& keep);
    static Event read(Query& q, const std::string& patient);
};
template <>
struct Table<PlannedVisit> {
    static constexpr const char* name = "visit_version";
    static constexpr const char* columns = "trial, arm, name, day, window_before, window_after, channels";
    static constexpr int count = 7;
    static void write(Query& q, const PlannedVisit& v, std::string& keep);
    static PlannedVisit read(Query& q, const std::string& patient);
};

/// The name of the table that keeps a record.
[[nodiscard]] const char* table_of(const Content& c);

/// Calls f(Table<T>{}) for the kinds that belong to a patient.
template <class F>
void for_each_patient_table(F&& f) {
    f(Table<Patient>{});
    f(Table<Observation>{});
    f(Table<TherapyInterval>{});
    f(Table<Lesion>{});
    f(Table<Event>{});
}

/// "INSERT INTO t (patient, ..., own columns) VALUES (?, ...)"
template <class T>
const std::string& insert_sql() {
    static const std::string sql = [] {
        std::string text =
            std::string("INSERT INTO ") + Table<T>::name +
            " (patient, identity, rank_time, status, digest, released, learnt, file, source, " +
            Table<T>::columns + ") VALUES (?";
        for (int i = 1; i < 9 + Table<T>::count; ++i)
            text += ", ?";
        return text + ")";
    }();
    return sql;
}

/// Reads `released, learnt, status, source`, then the own columns.
template <class T>
Record read_record(Query& q, const std::string& patient) {
    Record r;
    r.version.released = q.maybe_instant();
    r.version.learnt = q.instant();
    r.version.status = static_cast<Status>(q.small());
    r.version.source = q.text();
    r.content = Table<T>::read(q, patient);
    return r;
}
constexpr const char* kVersionPart = "v.released, v.learnt, v.status, v.source";

/// The alert half that `alert` and `alert_event` share, in the order of write_alert() and read_alert().
constexpr const char* kAlertPart =
    "patient, rule, onset, fired, ended, severity, evidence, state, human, human_until, human_by, human_why, "
    "raised, "
    "changed, parent, rules_hash, model_hash";
void write_alert(Query& q, const Alert& a, std::int64_t patient_key);
/// Everything but id and patient; skips nothing: the patient's key must have been read before.
void read_alert(Query& q, Alert& a);

/// @throws Error S014 with the place when a word does not parse
[[noreturn]] void unreadable(const std::string& table, const std::string& column, const std::string& word);

}  // namespace bellwether::store

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "sqlite_store.hpp"

namespace bellwether::store {
namespace {

/// One query per kind: rows of all patients of the block, in the order of their keys.
template <class T>
void read_kind(Database& db, const std::string& keys, Instant as_of,
               const std::unordered_map<std::int64_t, PatientHistory*>& slots) {
    static const std::string sql = fmt::format(
        "SELECT v.patient, {}, {} FROM {} v WHERE v.patient IN (SELECT value FROM json_each(?)) AND v.learnt "
        "<= ?",
        kVersionPart, Table<T>::columns, Table<T>::name);
    Query q = db.query(sql);
    q.add(keys).add(as_of);
    PatientHistory* current = nullptr;
    std::int64_t key = 0;
    while (q.step()) {
        const std::int64_t row_key = q.integer();
        if (current == nullptr || row_key != key) current = slots.at(row_key), key = row_key;
        current->versions.push_back(read_record<T>(q, current->patient));
    }
}

}  // namespace

std::optional<std::int64_t> patient_key(Database& db, const std::string& id) {
    Query q = db.query("SELECT key FROM patient WHERE id = ?");
    q.add(id);
    if (!q.step()) return std::nullopt;
    return q.integer();
}

bool SqliteStore::has_patient(const std::string& id) {
    return guarded("read", [&] { return patient_key(db_, id).has_value(); });
}

std::vector<std::string> SqliteStore::patients(Instant as_of) {
    return guarded("read", [&] {
        std::vector<std::string> ids;
        Query q = db_.query("SELECT id FROM patient WHERE first_learnt <= ? ORDER BY id");
        q.add(as_of);
        while (q.step())
            ids.push_back(q.text());
        return ids;
    });
}

void SqliteStore::read_block(const std::vector<std::string>& patients, Instant as_of,
                             std::vector<PatientHistory>& out) {
    out.assign(patients.size(), {});
    std::unordered_map<std::int64_t, PatientHistory*> slots;
    std::string keys = "[";
    for (std::size_t i = 0; i < patients.size(); ++i) {
        out[i].patient = patients[i];
        const auto key = patient_key(db_, patients[i]);
        if (!key) continue;
        slots.emplace(*key, &out[i]);
        keys += (keys.size() > 1 ? "," : "") + std::to_string(*key);
    }
    keys += "]";
    for_each_patient_table([&]<class T>(Table<T>) { read_kind<T>(db_, keys, as_of, slots); });
}

void SqliteStore::for_each_history(const std::vector<std::string>& patients, Instant as_of,
                                   const std::function<void(PatientHistory&&)>& visit, int block) {
    const auto step = static_cast<std::size_t>(std::max(block, 1));
    std::vector<PatientHistory> histories;
    for (std::size_t from = 0; from < patients.size(); from += step) {
        const std::size_t to = std::min(from + step, patients.size());
        const std::vector<std::string> ids(patients.begin() + static_cast<std::ptrdiff_t>(from),
                                           patients.begin() + static_cast<std::ptrdiff_t>(to));
        guarded("read", [&] { read_block(ids, as_of, histories); });
        for (PatientHistory& h : histories)
            visit(std::move(h));
    }
}

PatientHistory SqliteStore::history(const std::string& patient, Instant as_of) {
    return guarded("read", [&] {
        std::vector<PatientHistory> one;
        read_block({patient}, as_of, one);
        return std::move(one.front());
    });
}

std::int64_t SqliteStore::version_count() {
    return guarded("read", [&] {
        std::int64_t n = db_.number("SELECT count(*) FROM visit_version");
        for_each_patient_table([&]<class T>(Table<T>) {
            n += db_.number(std::string("SELECT count(*) FROM ") + Table<T>::name);
        });
        return n;
    });
}

}  // namespace bellwether::store

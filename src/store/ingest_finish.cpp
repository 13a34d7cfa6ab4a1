#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "ingest.hpp"

/// What can only be decided when the whole file was heard: repeats of undecided identities, and conflicts.
namespace bellwether::store {
namespace {

template <class F>
void with_table(std::string_view name, F&& f) {
    for_each_patient_table([&]<class T>(Table<T> t) {
        if (name == Table<T>::name) f(t);
    });
    if (name == Table<PlannedVisit>::name) f(Table<PlannedVisit>{});
}

/// The line at the end of "feed.csv:17"; 0 when there is none.
int line_of(const std::string& source) {
    const auto colon = source.rfind(':');
    if (colon == std::string::npos) return 0;
    return static_cast<int>(parse_integer(source.substr(colon + 1)).value_or(0));
}

}  // namespace

/// Of an identity of which the file says anything else than what stood, the repeated part was said anew, too.
/// Of one that stands with several versions, the repeated part decides when its highest ones are not those
/// that stand highest.
std::vector<SqliteWriter::Held> SqliteWriter::to_write_again(const Group& group) {
    const std::vector<Held> rows = held(group);
    const bool changed =
        std::any_of(rows.begin(), rows.end(), [&](const Held& h) { return h.file == file_key_; });
    const std::vector<Held> stood = standing(rows);
    std::vector<Held> repeated;
    std::copy_if(stood.begin(), stood.end(), std::back_inserter(repeated), [&](const Held& h) {
        return std::binary_search(repeated_.begin(), repeated_.end(), code(group, h.status, h.digest));
    });
    const auto same = [](const Held& a, const Held& b) {
        return a.status == b.status && a.digest == b.digest;
    };
    repeated.erase(std::unique(repeated.begin(), repeated.end(), same), repeated.end());  // rows come by key
    const auto highest = [](const std::vector<Held>& list) {  // what the versions of the highest status say
        std::set<std::pair<Status, std::string>> said;
        for (const Held& h : list)
            said.emplace(h.status, h.digest);
        if (!said.empty()) said.erase(said.begin(), said.lower_bound({said.rbegin()->first, ""}));
        return said;
    };
    if (!changed && highest(repeated) == highest(stood)) repeated.clear();
    return repeated;
}

void SqliteWriter::write_again(const Group& group, const Held& row) {
    with_table(group.table, [&]<class T>(Table<T>) {
        Query q = db_.query(
            fmt::format("INSERT INTO {0} (patient, identity, rank_time, status, digest, released, learnt, "
                        "file, source, {1}) "
                        "SELECT patient, identity, ?, status, digest, NULL, ?, ?, ?, {1} FROM {0} "
                        "WHERE patient = ? AND identity = ? AND rank_time = ? AND status = ? AND digest = ? "
                        "ORDER BY learnt LIMIT 1",
                        Table<T>::name, Table<T>::columns));
        q.add(file_.learnt).add(file_.learnt).add(file_key_).add(file_.name);
        q.add(group.patient).add(group.identity).add(row.rank_time).add(static_cast<int>(row.status));
        q.add_blob(row.digest).run();
    });
    if (group.patient != 0) learnt(*by_key_.at(group.patient), file_.learnt);
    ++file_.taken;
    --file_.duplicates;
}

void SqliteWriter::decide_repeated() {
    std::sort(repeated_.begin(), repeated_.end());
    for (const Group& group : undecided_) {
        for (const Held& row : to_write_again(group))
            write_again(group, row);
        tied_.insert(group);
    }
}

bool SqliteWriter::in_conflict(const Group& group) {
    const std::vector<Held> rows = held(group);
    const auto rank = [](const Held& h) { return std::make_pair(h.rank_time, h.status); };
    const auto top = std::max_element(rows.begin(), rows.end(),
                                      [&](const Held& a, const Held& b) { return rank(a) < rank(b); });
    if (top == rows.end() || top->status == Status::cancelled) return false;
    return std::any_of(rows.begin(), rows.end(),
                       [&](const Held& h) { return rank(h) == rank(*top) && h.digest != top->digest; });
}

Record SqliteWriter::any_record(const Group& group) {
    std::string patient;
    if (group.patient != 0) {
        Query q = db_.query("SELECT id FROM patient WHERE key = ?");
        q.add(group.patient);
        if (q.step()) patient = q.text();
    }
    Record record;
    with_table(group.table, [&]<class T>(Table<T>) {
        Query q =
            db_.query(fmt::format("SELECT {}, {} FROM {} v WHERE patient = ? AND identity = ? ORDER BY file "
                                  "DESC, source DESC LIMIT 1",
                                  kVersionPart, Table<T>::columns, Table<T>::name));
        q.add(group.patient).add(group.identity);
        if (q.step()) record = read_record<T>(q, patient);
    });
    return record;
}

void SqliteWriter::list_conflict(const Group& group) {
    const std::string kind(group.table);
    {
        Query q = db_.query(
            "SELECT 1 FROM quarantine WHERE patient = ? AND identity = ? AND kind = ? AND state = 'open' "
            "AND identity IS NOT NULL");
        q.add(group.patient).add(group.identity).add(kind);
        if (q.step()) return;
    }
    const Record record = any_record(group);
    QuarantineRow row;
    row.file = file_.name, row.file_hash = file_.hash, row.line = line_of(record.version.source);
    row.code = "S030";
    row.reason = "versions of equal rank differ: " + identity(record.content);
    row.hint = "it counts as missing until a later version decides; ask the sender for a corrected one";
    row.at = file_.learnt;
    const std::int64_t id = write_quarantine(row);
    db_.query("UPDATE quarantine SET patient = ?, identity = ?, kind = ? WHERE id = ?")
        .add(group.patient)
        .add(group.identity)
        .add(kind)
        .add(id)
        .run();
}

void SqliteWriter::decide_conflicts() {
    for (const Group& group : tied_)
        if (in_conflict(group)) list_conflict(group);

    struct Listed {
        std::int64_t id;
        std::string table;
        std::int64_t patient, identity;
    };
    std::vector<Listed> listed;
    {
        Query q = db_.query(
            "SELECT id, kind, patient, identity FROM quarantine WHERE identity IS NOT NULL AND state = "
            "'open'");
        while (q.step()) {
            Listed x{q.integer(), q.text(), 0, 0};
            x.patient = q.integer(), x.identity = q.integer();
            listed.push_back(std::move(x));
        }
    }
    for (const Listed& x : listed)
        if (!in_conflict({x.table, x.patient, x.identity}))
            db_.query("UPDATE quarantine SET state = 'settled' WHERE id = ?").add(x.id).run();
}

void SqliteWriter::write_patients() {
    for (const auto& [id, k] : patients_) {
        if (k.last < k.first) continue;  // nothing but duplicates
        db_.query(
               "UPDATE patient SET first_learnt = min(first_learnt, ?), last_learnt = max(last_learnt, ?) "
               "WHERE key = ?")
            .add(k.first)
            .add(k.last)
            .add(k.key)
            .run();
    }
}

}  // namespace bellwether::store

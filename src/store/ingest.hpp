#pragma once

#include <map>
#include <set>
#include <unordered_map>

#include "sqlite_store.hpp"

namespace bellwether::store {

/// The writer behind SqliteStore::begin(): one file, one transaction.
class SqliteWriter final : public IngestWriter {
public:
    SqliteWriter(Database& db, const FeedFile& file, Instant at, bool backfill, std::string who);

    void add(Record&& record) override;
    void reject(QuarantineRow&& row) override;
    void settle(std::int64_t quarantine_id) override;
    FeedFile commit(std::int64_t rows) override;

private:
    /// A patient of this file: key, where its scan stands, what was learnt of it.
    struct Known {
        std::int64_t key = 0;
        std::optional<Instant> scanned_to;
        Instant first = Instant::highest(), last = Instant::lowest(), logged = Instant::lowest();
    };
    /// What the table holds of one identity, as far as dedup needs it.
    struct Held {
        Instant rank_time;
        Status status = Status::final_;
        std::string digest;
        Instant learnt;
        std::int64_t file = 0;
        friend auto operator<=>(const Held&, const Held&) = default;
    };
    struct Group {  ///< of one identity
        std::string_view table;
        std::int64_t patient = 0, identity = 0;
        friend auto operator<=>(const Group&, const Group&) = default;
    };
    Known& known(const std::string& patient);
    void find_or_add(const std::string& patient, Known& k);
    void set_times(Record& record, const Known* patient) const;
    [[nodiscard]] std::vector<Held> held(const Group& group);
    [[nodiscard]] bool repeats(const Record& record, const std::string& digest, const Group& group,
                               const std::vector<Held>& rows);
    [[nodiscard]] std::vector<Held> standing(const std::vector<Held>& rows) const;
    [[nodiscard]] static std::uint64_t code(const Group& group, Status status, const std::string& digest);
    void insert(const Record& record, const RowKey& key);
    void learnt(Known& patient, Instant when);
    [[nodiscard]] std::vector<Held> to_write_again(const Group& group);
    void write_again(const Group& group, const Held& row);
    [[nodiscard]] bool in_conflict(const Group& group);
    [[nodiscard]] Record any_record(const Group& group);
    void list_conflict(const Group& group);
    void decide_repeated();
    void decide_conflicts();
    void write_patients();
    std::int64_t shared_text(const std::string& text);
    std::int64_t write_quarantine(const QuarantineRow& row);

    Database& db_;
    WideCache cache_;
    Transaction transaction_;
    FeedFile file_;
    Instant at_;
    bool backfill_;
    std::string who_;
    std::int64_t file_key_ = 0;
    std::int64_t rejected_ = 0;
    std::unordered_map<std::string, Known> patients_;
    std::unordered_map<std::int64_t, Known*> by_key_;
    std::vector<std::uint64_t> repeated_;  ///< code() of what was left out because it repeats what stands
    std::set<Group>
        undecided_;         ///< identities of which the file says something else, or that stand in conflict
    std::set<Group> tied_;  ///< identities that may have come into conflict
    std::map<std::string_view, std::string> held_sql_;
    std::string keep_;
};

}  // namespace bellwether::store

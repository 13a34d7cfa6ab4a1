#pragma once

#include "bellwether/store/store.hpp"

#include "codec.hpp"
#include "database.hpp"

namespace bellwether::store {

/// The Store over SQLite. One file per subject: catalogue, ingest, read, ledger, scan, trail, care.
class SqliteStore final : public Store {
public:
    /// An existing file, migrated. @throws Error S002, S003
    explicit SqliteStore(const std::string& path);

    Kind kind() const override { return kind_; }
    int schema_version() const override;

    ChannelCatalogue channels() override;
    void put_channels(const ChannelCatalogue& add_or_replace, Instant at, const std::string& who) override;
    std::vector<PlannedVisit> schedule(Instant as_of) override;

    std::optional<FeedFile> find_file(const std::string& hash, const std::string& profile_hash) override;
    bool has_patient(const std::string& id) override;
    std::unique_ptr<IngestWriter> begin(const FeedFile& file, Instant at, bool backfill,
                                        const std::string& who) override;
    std::vector<FeedFile> files() override;
    std::vector<QuarantineRow> quarantine(bool open_only) override;
    std::optional<QuarantineRow> quarantine_row(std::int64_t id) override;
    void drop_quarantine(std::int64_t id, Instant at, const std::string& who,
                         const std::string& why) override;

    std::vector<std::string> patients(Instant as_of) override;
    void for_each_history(const std::vector<std::string>& patients, Instant as_of,
                          const std::function<void(PatientHistory&&)>& visit, int block) override;
    PatientHistory history(const std::string& patient, Instant as_of) override;
    std::int64_t version_count() override;

    void activate(const Activation& a, Instant at) override;
    std::vector<Activation> activations() override;

    std::optional<Instant> last_scan() override;
    std::vector<ScanState> due(Instant as_of) override;
    ScanState scan_state(const std::string& patient) override;
    std::vector<Alert> alerts(const std::string& patient) override;
    std::optional<Alert> alert(std::int64_t id) override;
    std::vector<AlertEvent> alert_events(const std::string& patient) override;
    std::optional<std::string> checkpoint(const std::string& patient, const std::string& model_hash) override;
    void drop_checkpoints() override;
    std::vector<std::pair<std::string, std::string>> not_assessable() override;
    void write_scan(const std::vector<ScanWrite>& writes, const std::string& who) override;
    void finish_scan(Instant as_of, const std::vector<std::string>& failed, const std::string& who) override;
    void write_human(const AlertEvent& event) override;

    void note(Instant at, const std::string& who, const std::string& what, const std::string& subject,
              const std::string& detail) override;
    std::vector<TrailLine> trail() override;
    std::optional<std::int64_t> broken_trail() override;
    void backup(const std::string& path) override;
    Health doctor() override;

private:
    void read_block(const std::vector<std::string>& patients, Instant as_of,
                    std::vector<PatientHistory>& out);
    void write_one_scan(const ScanWrite& write, const std::string& who);
    void append_event(const AlertEvent& event, std::int64_t patient_key);

    Database db_;
    Kind kind_ = Kind::live;
};

/// Appends a line to the trail; inside the caller's transaction.
void append_trail(Database& db, Instant at, const std::string& who, const std::string& what,
                  const std::string& subject, const std::string& detail);
/// Walks the chain; the first broken line.
[[nodiscard]] std::optional<std::int64_t> first_broken_line(Database& db);

/// Digests of all alert events in order, as append_event() put them into the trail.
[[nodiscard]] std::vector<std::string> event_digests(Store& store);

/// patient.key, or nothing when the store does not know the patient.
[[nodiscard]] std::optional<std::int64_t> patient_key(Database& db, const std::string& id);

/// The D up to which a patient counts as scanned, in SQL over the table patient: its own, or that of the last
/// complete scan unless the patient stayed behind it. NULL: never.
extern const char* const kScannedTo;
/// The latest of these over all patients and complete scans; nothing before the first scan.
[[nodiscard]] std::optional<Instant> last_seen(Database& db);

}  // namespace bellwether::store

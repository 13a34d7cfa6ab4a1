#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bellwether/core/date.hpp"
#include "bellwether/core/error.hpp"
#include "bellwether/record/channel.hpp"
#include "bellwether/record/ledger.hpp"
#include "bellwether/record/record.hpp"
#include "bellwether/record/resolve.hpp"

/// Where everything is kept. One narrow interface; SQLite is the first thing behind it, a server database
/// comes later.
namespace bellwether::store {

enum class Kind { live, historical, simulated };
[[nodiscard]] std::string_view to_string(Kind k);
[[nodiscard]] std::optional<Kind> parse_kind(std::string_view text);

/// A row that could not be taken, with its place; it comes back by `quarantine retry`.
struct QuarantineRow {
    std::int64_t id = 0;
    std::string file;       ///< name as given
    std::string file_hash;  ///< of the whole file
    int line = 0, column = 0;
    std::string code, reason, hint;
    std::string raw;      ///< the row's text
    std::string header;   ///< the header line(s) needed to read it again
    std::string profile;  ///< text of the feed profile that read it
    std::string state =
        "open";  ///< open | retried | dropped | settled (a conflict that a later version decided)
    Instant at;
};

/// One ingested file. A second ingest of the same bytes under the same profile changes nothing. `rows` are
/// those of the file; where the reader gives 0, records and rejects are counted.
struct FeedFile {
    std::string name, hash, profile_hash;
    Instant learnt;
    std::int64_t rows = 0, taken = 0, duplicates = 0, quarantined = 0;
};

/// A batch of one file, committed as a whole.
struct Batch {
    FeedFile file;
    std::vector<Record> records;  ///< learnt is set by the store unless `backfill`
    std::vector<QuarantineRow> quarantine;
    std::vector<std::int64_t> retried;  ///< quarantine rows that this batch settles
};

/// One file on its way in, record by record: all of it in one transaction. Nothing is there before commit();
/// a writer that is destroyed without it leaves the store as it was. While one lives, reads of the same Store
/// see what it has taken so far, and other writes are refused (S006).
///
/// **Duplicates.** A version whose identity, rank time, status and content are already there is counted and
/// left out (unless a backfill says that it was known earlier than that). A feed without release times
/// re-sends everything it ever said, so a version without one is compared with what was last said of its
/// identity before this file: the versions of the highest rank time. Where the file says of the identity what
/// they say (of the highest status among them), all of it is a duplicate; where it says anything else, all of
/// it is new. The order of rows in the file plays no part.
///
/// **Conflicts.** Two versions of equal rank and other content are stored and listed in quarantine (S030),
/// while they are the highest of their identity; the row is settled when a later version decides.
///
/// @cost memory: 8 bytes per duplicate without a release time, some 100 per patient, else flat
class IngestWriter {
public:
    virtual ~IngestWriter() = default;
    /// @throws Error S012 no patient, or a number that is not finite
    virtual void add(Record&& record) = 0;
    virtual void reject(QuarantineRow&& row) = 0;
    /// The quarantine row is taken care of by this file. @throws Error S010 no such row, S013 it is not open
    virtual void settle(std::int64_t quarantine_id) = 0;
    /// @param rows  rows of the file; 0 = count records and rejects
    virtual FeedFile commit(std::int64_t rows = 0) = 0;
};

enum class ArtifactKind { rules, model, regimens, reference, bridges };
[[nodiscard]] std::string_view to_string(ArtifactKind k);
[[nodiscard]] std::optional<ArtifactKind> parse_artifact_kind(std::string_view text);

/// Rules or a model going live at an instant. The text itself is kept: a replay needs no other file.
struct Activation {
    ArtifactKind kind = ArtifactKind::rules;
    std::string name;  ///< "" for rules; the model's name
    std::string hash;  ///< SHA-256 of text
    std::string text;
    Instant from;  ///< A
    std::string who, why;
};

/// Where a patient's scan stands.
struct ScanState {
    std::string patient;
    Instant scanned_to = Instant::lowest();
    std::optional<Date> next_deadline;  ///< earliest later date at which an answer can change by time alone
};

/// A line of the audit trail. `hash` = SHA-256(previous hash, all fields): an edit breaks the chain.
struct TrailLine {
    std::int64_t number = 0;
    Instant at;
    std::string who, what, subject, detail, hash;
};

/// What one patient's scan writes, in one transaction.
struct ScanWrite {
    std::string patient;
    std::vector<AlertEvent>
        events;  ///< alert == 0 together with after.id < 0 refers to an alert opened in this write:
                 ///< negative temporary ids, replaced by the store (parents too)
    Instant scanned_to;
    std::optional<Date> next_deadline;
    std::vector<std::pair<std::string, std::string>> checkpoints;  ///< (model hash, blob): replaces
    std::vector<std::string> not_assessable;  ///< JSON lines: rule, what is missing; replaces
};

struct Health {
    bool ok = true;
    std::vector<std::pair<std::string, std::string>> checks;  ///< (what, "ok" or what is wrong)
};

/// Opened by open_sqlite() or create_sqlite(). One writer at a time (WAL); readers never block. An object is
/// for one thread at a time; other threads and processes open their own.
///
/// Every function throws Error when the database refuses; a failed write leaves the store as it was.
///   S005 the database refused (its message follows)   S006 another writer is at work
///   S010 no such quarantine row or alert              S011 the file was ingested before
///   S012 a record that cannot be kept                 S013 the quarantine row is not open
///   S014 a row that cannot be read                    S020 activation at or before a scan
///   S022 an unknown temporary alert id                S023 a scan before the last one
class Store {
public:
    virtual ~Store() = default;

    [[nodiscard]] virtual Kind kind() const = 0;
    [[nodiscard]] virtual int schema_version() const = 0;

    // --- catalogue and schedule -------------------------------------------------------------------------
    [[nodiscard]] virtual ChannelCatalogue channels() = 0;
    virtual void put_channels(const ChannelCatalogue& add_or_replace, Instant at, const std::string& who) = 0;
    /// Planned visits as known at an instant, by trial, arm, day.
    [[nodiscard]] virtual std::vector<PlannedVisit> schedule(Instant as_of) = 0;

    // --- ingest -----------------------------------------------------------------------------------------
    [[nodiscard]] virtual std::optional<FeedFile> find_file(const std::string& hash,
                                                            const std::string& profile_hash) = 0;
    [[nodiscard]] virtual bool has_patient(const std::string& id) = 0;
    /// Begins one file. lambda of its records = max(`at`, one microsecond after the last lambda and after the
    /// last scanned D), the same for all; with `backfill` each record's own `learnt` stands, raised to the
    /// instant after that patient's last scanned D where it is not later. A raised version without a release
    /// time keeps its declared `learnt` as its release time, so that its rank does not depend on when scans
    /// ran.
    /// @throws Error S011 these bytes were ingested under this profile before (an empty hash never was)
    [[nodiscard]] virtual std::unique_ptr<IngestWriter> begin(const FeedFile& file, Instant at, bool backfill,
                                                              const std::string& who) = 0;
    /// A batch in memory through begin(): `file.rows` as given, 0 = count.
    FeedFile commit(Batch batch, Instant at, bool backfill, const std::string& who);
    [[nodiscard]] virtual std::vector<FeedFile> files() = 0;
    [[nodiscard]] virtual std::vector<QuarantineRow> quarantine(bool open_only) = 0;
    [[nodiscard]] virtual std::optional<QuarantineRow> quarantine_row(std::int64_t id) = 0;
    virtual void drop_quarantine(std::int64_t id, Instant at, const std::string& who,
                                 const std::string& why) = 0;

    // --- reading ----------------------------------------------------------------------------------------
    /// All patients with anything learnt by `as_of`, by id.
    [[nodiscard]] virtual std::vector<std::string> patients(Instant as_of) = 0;
    /// Calls `visit` once per patient, in the given order, reading blocks of `block` patients with a handful
    /// of queries each; never holds more than one block. Versions with learnt <= as_of only.
    virtual void for_each_history(const std::vector<std::string>& patients, Instant as_of,
                                  const std::function<void(PatientHistory&&)>& visit, int block = 256) = 0;
    [[nodiscard]] virtual PatientHistory history(const std::string& patient, Instant as_of) = 0;
    /// Number of versions of each kind, for `doctor` and the tests.
    [[nodiscard]] virtual std::int64_t version_count() = 0;

    // --- activation -------------------------------------------------------------------------------------
    /// @param at  when it was done, for the trail
    /// @throws Error S020 when `from` is not later than the last scanned D of any patient.
    virtual void activate(const Activation& a, Instant at) = 0;
    [[nodiscard]] virtual std::vector<Activation> activations() = 0;  ///< by `from`, then order of entry

    // --- scan and ledger --------------------------------------------------------------------------------
    [[nodiscard]] virtual std::optional<Instant> last_scan() = 0;  ///< D of the last complete scan
    /// Patients to be worked on by a scan at D: something learnt, a deadline, or an activation since their
    /// last scan.
    [[nodiscard]] virtual std::vector<ScanState> due(Instant as_of) = 0;
    [[nodiscard]] virtual ScanState scan_state(const std::string& patient) = 0;
    [[nodiscard]] virtual std::vector<Alert> alerts(const std::string& patient) = 0;  ///< "" = all; by id
    [[nodiscard]] virtual std::optional<Alert> alert(std::int64_t id) = 0;
    [[nodiscard]] virtual std::vector<AlertEvent> alert_events(const std::string& patient) = 0;  ///< "" = all
    [[nodiscard]] virtual std::optional<std::string> checkpoint(const std::string& patient,
                                                                const std::string& model_hash) = 0;
    virtual void drop_checkpoints() = 0;
    [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>>
    not_assessable() = 0;  ///< (patient, JSON)
    /// Several patients' writes in one transaction (a scan writes a block at a time).
    /// A machine's event leaves the human half of an alert as it stands in the store.
    virtual void write_scan(const std::vector<ScanWrite>& writes, const std::string& who) = 0;
    /// Ends a scan at D: every patient of the store but `failed` counts as scanned to D; a patient who comes
    /// later does not. Again at the same D without failures: nothing changes. @throws Error S023 when D is
    /// before the last scan
    virtual void finish_scan(Instant as_of, const std::vector<std::string>& failed,
                             const std::string& who) = 0;
    /// A person's change of an alert: only the human half of `after` is taken. @throws Error S010 no such
    /// alert
    virtual void write_human(const AlertEvent& event) = 0;

    // --- trail and care ---------------------------------------------------------------------------------
    virtual void note(Instant at, const std::string& who, const std::string& what, const std::string& subject,
                      const std::string& detail) = 0;
    [[nodiscard]] virtual std::vector<TrailLine> trail() = 0;
    /// First line whose hash does not follow from its fields and its predecessor; nothing when whole.
    [[nodiscard]] virtual std::optional<std::int64_t> broken_trail() = 0;
    /// Writes a verified copy in one file at `path`, by an atomic rename; what stood there is replaced.
    virtual void backup(const std::string& path) = 0;
    /// Integrity, foreign keys, schema with its triggers, trail, rows against their digests, alerts against
    /// their events, lock, free disk space. Reads every row.
    [[nodiscard]] virtual Health doctor() = 0;
};

/// Creates a new store. @throws Error S001 when the file exists.
[[nodiscard]] std::unique_ptr<Store> create_sqlite(const std::string& path, Kind kind, Instant at,
                                                   const std::string& who);
/// Opens a store, migrating an older schema. @throws Error S002 missing, S003 not a store or a newer schema.
[[nodiscard]] std::unique_ptr<Store> open_sqlite(const std::string& path);
/// Verifies `backup` (integrity, schema, trail) and puts it at `path` by an atomic rename; what stood there
/// is kept beside it as `path.before-restore`. @throws Error S004 when the backup is damaged.
void restore_sqlite(const std::string& backup, const std::string& path);

/// Exclusive use of a store by one run, by flock(2) on `path.lock`; freed when the process ends, however it
/// ends.
class RunLock {
public:
    /// @return nothing when another run holds it.
    [[nodiscard]] static std::unique_ptr<RunLock> acquire(const std::string& path, bool wait);
    ~RunLock();
    RunLock(const RunLock&) = delete;
    RunLock& operator=(const RunLock&) = delete;

private:
    explicit RunLock(int fd) : fd_(fd) {}
    int fd_;
};

}  // namespace bellwether::store

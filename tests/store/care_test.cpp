#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "bellwether/core/hash.hpp"
#include "bellwether/core/text.hpp"

#include "store/support/store_fixture.hpp"

namespace bellwether {
namespace {

using namespace testing;

/// A connection past the store: what somebody with a database tool could do.
void meddle(const std::string& path, const std::string& sql) {
    SQLite::Database db(path, SQLite::OPEN_READWRITE);
    db.exec(sql);
}

std::string health(store::Store& store, const std::string& what) {
    for (const auto& [check, result] : store.doctor().checks)
        if (check == what) return result;
    return "no such check";
}

std::vector<double> fill(store::Store& store) {
    std::vector<Record> records;
    for (int i = 0; i < 300; ++i)
        records.push_back(reading(i, "P1", 20000 + i));
    (void)put(store, records, 10);
    return values(store, "P1", at(10));
}

}  // namespace

TEST_CASE("create and open: each refusal has its code", "[store][care][error]") {
    const Folder folder;
    CHECK(code_of([&] { (void)store::open_sqlite(folder / "none.db"); }) == "S002");
    { CHECK(new_store(folder / "s.db", store::Kind::historical)->kind() == store::Kind::historical); }
    CHECK(code_of([&] { (void)new_store(folder / "s.db"); }) == "S001");
    CHECK(store::open_sqlite(folder / "s.db")->kind() == store::Kind::historical);
    CHECK(store::open_sqlite(folder / "s.db")->schema_version() == 1);

    std::ofstream(folder / "text.db") << "id,value\n1,2\n";
    CHECK(code_of([&] { (void)store::open_sqlite(folder / "text.db"); }) == "S003");
    {
        SQLite::Database(folder / "other.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
            .exec("CREATE TABLE t (x)");
    }
    CHECK(code_of([&] { (void)store::open_sqlite(folder / "other.db"); }) == "S003");
    meddle(folder / "s.db", "PRAGMA user_version = 99");
    CHECK_THROWS_WITH(store::open_sqlite(folder / "s.db"),
                      Catch::EndsWith("has schema 99, this program knows up to 1; use a newer program"));
}

TEST_CASE("append-only: the database itself refuses to rewrite history", "[store][care][error]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    (void)put(*store, {reading(1.0)}, 10);
    store->finish_scan(at(20), {}, "scan");
    store->activate({store::ArtifactKind::rules, "", "h", "t", at(30), "a", ""}, at(30));
    store::ScanWrite w;
    w.patient = "P1", w.scanned_to = at(30);
    AlertEvent e;
    e.after.id = -1;
    w.events = {e};
    store->write_scan({w}, "scan");
    Patient p;
    p.id = "P1";
    Lesion lesion;
    lesion.patient = "P1", lesion.lesion = "T1";
    (void)put(*store,
              {{p, {}},
               {TherapyInterval{"P1", "x", Date(1), {}, "", ""}, {}},
               {lesion, {}},
               {Event{"P1", EventKind::death, "", Date(1), {}, {}}, {}},
               {PlannedVisit{"T", "", "V", 1, 1, 1, {}}, {}}},
              40);
    for (const char* table :
         {"patient_version", "observation_version", "therapy_version", "lesion_version", "event_version",
          "visit_version", "trail", "alert_event", "activation", "scan"}) {
        const std::string name = table;
        CAPTURE(name);
        SQLite::Database db(folder / "s.db", SQLite::OPEN_READONLY);
        REQUIRE(db.execAndGet("SELECT count(*) FROM " + name).getInt() > 0);
        CHECK_THROWS_WITH(meddle(folder / "s.db", "DELETE FROM " + name), name + " is append-only");
        SQLite::Statement first(db, "SELECT name FROM pragma_table_info('" + name + "') LIMIT 1");
        REQUIRE(first.executeStep());
        const std::string c = first.getColumn(0).getString();
        CHECK_THROWS_WITH(meddle(folder / "s.db", "UPDATE " + name + " SET " + c + " = " + c),
                          name + " is append-only");
    }
}

TEST_CASE("trail: an edited, removed or reordered line is found, and where", "[store][care][trail]") {
    const std::string unlock = "DROP TRIGGER trail_no_UPDATE; DROP TRIGGER trail_no_DELETE; ";
    for (const auto& [sql, line] : std::vector<std::pair<std::string, std::int64_t>>{
             {"UPDATE trail SET who = 'eve' WHERE number = 3", 3},
             {"UPDATE trail SET at = at + 1 WHERE number = 2", 2},
             {"DELETE FROM trail WHERE number = 4", 4},
             {"UPDATE trail SET subject = detail, detail = subject WHERE number = 5", 5}}) {
        CAPTURE(sql);
        const Folder folder;
        const auto store = new_store(folder / "s.db");
        for (int i = 1; i <= 5; ++i)
            store->note(at(i), "ann", "note", "subject " + std::to_string(i), "detail " + std::to_string(i));
        CHECK(store->trail().size() == 6);
        CHECK_FALSE(store->broken_trail());
        meddle(folder / "s.db", unlock + sql);
        CHECK(store->broken_trail() == line);
        CHECK(health(*store, "trail") == "broken at line " + std::to_string(line));
        CHECK(health(*store, "schema") == "missing or changed: trigger trail_no_DELETE");
    }
}

TEST_CASE("trail: each hash is that of docs/store-schema.md, over the hash before it",
          "[store][care][trail]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    store->note(at(1), "ann", "note", "subject", "detail");
    store->note(at(1), "ann", "note", "subject", "detail");
    std::string previous;
    for (const auto& line : store->trail()) {
        Sha256 sha;
        sha.field(previous).field(line.number).field(line.at.microseconds());
        sha.field(line.who).field(line.what).field(line.subject).field(line.detail);
        CHECK(line.hash == sha.hex());
        previous = line.hash;
    }
}

TEST_CASE("doctor: finds what was changed behind its back", "[store][care]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    (void)put(*store, {reading(1.0)}, 10);
    store::ScanWrite w;
    w.patient = "P1", w.scanned_to = at(30);
    AlertEvent e;
    e.after.id = -1, e.after.episode.rule = "r";
    w.events = {e};
    store->write_scan({w}, "scan");
    for (const auto& [check, result] : store->doctor().checks) {
        CAPTURE(check);
        CHECK(result == "ok");
    }
    {
        const auto lock = store::RunLock::acquire(folder / "s.db", false);
        CHECK(health(*store, "lock") == "ok: held by a run");
    }
    meddle(folder / "s.db", "UPDATE alert SET state = 'resolved'");
    CHECK(health(*store, "ledger") == "alert 1 is not what its events add up to");
    meddle(folder / "s.db", "UPDATE alert SET state = 'open'");
    CHECK(health(*store, "ledger") == "ok");
    meddle(folder / "s.db", "DROP TRIGGER alert_event_no_UPDATE; UPDATE alert_event SET why = 'no reason'");
    CHECK(health(*store, "ledger") == "the alert events are not those of the trail");
    meddle(folder / "s.db",
           "DROP TRIGGER observation_version_no_UPDATE; UPDATE observation_version SET value = 2");
    CHECK(health(*store, "rows") == "a row of observation_version of patient 'P1' was changed");
    meddle(folder / "s.db", "UPDATE observation_version SET censor = 7");
    CHECK(health(*store, "rows").starts_with("S014: table observation_version, column censor"));
    CHECK_FALSE(store->doctor().ok);
}

TEST_CASE("backup and restore: what was there comes back, what stood there is kept", "[store][care]") {
    const Folder folder;
    auto store = new_store(folder / "s.db");
    const auto before = fill(*store);
    store->backup(folder / "b.db");
    CHECK_FALSE(std::filesystem::exists(folder / "b.db-wal"));
    (void)put(*store, {reading(9.0, "P2")}, 20);
    store->backup(folder / "b2.db");
    store.reset();
    store::restore_sqlite(folder / "b.db", folder / "s.db");
    store = store::open_sqlite(folder / "s.db");
    CHECK(values(*store, "P1", at(99)) == before);
    CHECK_FALSE(store->has_patient("P2"));
    CHECK(store->doctor().ok);
    (void)put(*store, {reading(8.0, "P3")}, 30);
    CHECK(store::open_sqlite(folder / "s.db.before-restore")->has_patient("P2"));
    store::restore_sqlite(folder / "b2.db", folder / "fresh.db");
    CHECK(store::open_sqlite(folder / "fresh.db")->has_patient("P2"));
}

TEST_CASE("restore: what a killed program left in the log is kept and never replayed into the copy",
          "[store][care]") {
    const bool damaged = GENERATE(false, true);
    CAPTURE(damaged);
    const Folder folder;
    {
        const auto store = new_store(folder / "s.db");
        (void)fill(*store);
        store->backup(folder / "b.db");
    }
    const pid_t child = fork();
    if (child == 0) {  // commits into the log, then dies without closing
        const auto store = store::open_sqlite(folder / "s.db");
        (void)put(*store, {reading(9.0, "P2")}, 20);
        _exit(0);
    }
    REQUIRE(waitpid(child, nullptr, 0) == child);
    REQUIRE(std::filesystem::exists(folder / "s.db-wal"));
    if (damaged) {  // the file cannot take its log in any more
        std::fstream file(folder / "s.db", std::ios::in | std::ios::out | std::ios::binary);
        file << std::string(4096, 'x');
    }
    store::restore_sqlite(folder / "b.db", folder / "s.db");
    const auto store = store::open_sqlite(folder / "s.db");
    CHECK_FALSE(store->has_patient("P2"));
    CHECK(store->doctor().ok);
    if (damaged)
        CHECK(std::filesystem::file_size(folder / "s.db.before-restore-wal") > 0);
    else
        CHECK(store::open_sqlite(folder / "s.db.before-restore")->has_patient("P2"));
}

TEST_CASE("restore: a damaged backup is refused and nothing is touched", "[store][care][error]") {
    const Folder folder;
    auto store = new_store(folder / "s.db");
    const auto before = fill(*store);
    store->backup(folder / "b.db");
    const std::string whole = read_text(folder / "b.db");
    const auto write = [&](const std::string& bytes) {
        std::ofstream(folder / "b.db", std::ios::binary | std::ios::trunc) << bytes;
    };
    const auto refused = [&] {
        return code_of([&] { store::restore_sqlite(folder / "b.db", folder / "s.db"); }) == "S004";
    };
    CHECK(code_of([&] { store::restore_sqlite(folder / "none.db", folder / "s.db"); }) == "S004");
    // one byte of a stored text: every structure is whole, only the digest can tell
    std::string bytes = whole;
    const auto place = bytes.rfind("ctdna");
    REQUIRE(place != std::string::npos);
    bytes[place] = 'x';
    write(bytes);
    CHECK(refused());
    for (std::size_t page = 0; page * 8192 < whole.size(); page += 5) {  // a page of noise
        CAPTURE(page);
        bytes = whole;
        for (std::size_t i = page * 8192; i < (page + 1) * 8192; i += 3)
            bytes[i] = static_cast<char>(bytes[i] ^ 0x5A);
        write(bytes);
        CHECK(refused());
    }
    write(whole.substr(0, whole.size() / 2));
    CHECK(refused());
    write("");
    CHECK(refused());
    CHECK(values(*store, "P1", at(10)) == before);
    CHECK_FALSE(std::filesystem::exists(folder / "s.db.before-restore"));
    write(whole);
    CHECK_FALSE(refused());
}

TEST_CASE("RunLock: one run at a time, and death frees it", "[store][care][lock]") {
    const Folder folder;
    const std::string path = folder / "s.db";
    int ready[2], go[2];
    REQUIRE(pipe(ready) == 0);
    REQUIRE(pipe(go) == 0);
    const pid_t child = fork();
    if (child == 0) {
        const auto lock = store::RunLock::acquire(path, true);
        const char held = lock ? 'y' : 'n';
        char c = 0;
        (void)!write(ready[1], &held, 1);
        (void)!read(go[0], &c, 1);  // never comes: the parent kills
        _exit(0);
    }
    char held = 0;
    REQUIRE(read(ready[0], &held, 1) == 1);
    CHECK(held == 'y');
    CHECK(store::RunLock::acquire(path, false) == nullptr);
    kill(child, SIGKILL);
    const auto lock = store::RunLock::acquire(path, true);  // waits for the death
    CHECK(lock != nullptr);
    waitpid(child, nullptr, 0);
    CHECK(store::RunLock::acquire(path, false) == nullptr);  // also within one process
}

TEST_CASE("kill -9: a file is there as a whole or not at all", "[store][care]") {
    const Folder folder;
    { (void)new_store(folder / "s.db"); }
    for (int round = 0; round < 12; ++round) {
        const pid_t child = fork();
        if (child == 0) {
            const auto store = store::open_sqlite(folder / "s.db");
            for (int file = 0;; ++file) {
                std::vector<Record> records;
                for (int i = 0; i < 50; ++i)
                    records.push_back(
                        reading(file, "R" + std::to_string(round) + "F" + std::to_string(file), i));
                (void)put(*store, records, 10);
            }
        }
        usleep(static_cast<useconds_t>(15'000 + 7'300 * round));
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        const auto store = store::open_sqlite(folder / "s.db");
        const auto files = store->files();
        CHECK(store->version_count() == 50 * static_cast<std::int64_t>(files.size()));
        CHECK(store->patients(Instant::highest()).size() == files.size());
        CHECK(store->trail().size() == files.size() + 1);
        for (const auto& [check, result] : store->doctor().checks) {
            CAPTURE(check);
            CHECK(result == "ok");
        }
    }
}

}  // namespace bellwether

// A feed of observations ingested, against the bare insert of the very rows that it became.
// usage: bench_ingest ROWS FOLDER ROUNDS     prints: rows,ours_seconds,peer_seconds (best of the rounds each)

#include "bellwether/app/ingest.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "bellwether/core/text.hpp"

using namespace bellwether;
namespace fs = std::filesystem;

namespace {

const std::string profile_text = R"(schema: 1
profile: bench
kind: observations
dates: {format: iso}
columns: {patient: patient, taken: taken, channel: channel, value: value, unit: unit, accession: accession, released: released}
channels:
  ctdna: {channel: ctdna, lod: 0.1}
  ldh: {channel: ldh}
  mdsc: {channel: mdsc}
  psa: {channel: psa}
  sld: {channel: sld}
below: [ND]
release: {format: iso-datetime}
)";

struct Clock {
    std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    }
};

struct Channel {
    const char *name, *unit;
    double base;
};
constexpr Channel channels[] = {
    {"ctdna", "%", 2}, {"ldh", "U/L", 200}, {"mdsc", "%", 8}, {"psa", "ng/mL", 4}, {"sld", "mm", 60}};
constexpr int per_visit = 5, visits = 40;

std::string patient_name(int p) {
    return fmt::format("P{:05}", p);
}

/// As a laboratory delivers: by date, all patients of a date after each other, not patient by patient.
void write_feed(const std::string& path, int rows) {
    std::ofstream out(path);
    out << "patient,taken,channel,value,unit,accession,released\n";
    const int patients = std::max(rows / (per_visit * visits), 1);
    const Date zero = *Date::parse("2023-01-02");
    int n = 0;
    for (int v = 0; n < rows; ++v)
        for (int p = 0; p < patients && n < rows; ++p)
            for (int c = 0; c < per_visit && n < rows; ++c, ++n) {
                const Channel& channel = channels[c];
                const std::string day = to_string(zero + v * 7);
                const std::string value =
                    c == 0 && (v + p) % 9 == 0
                        ? "ND"
                        : fmt::format("{:.3f}", channel.base * (1.0 + 0.01 * ((v * 31 + p * 17 + c) % 50)));
                out << fmt::format("{},{},{},{},{},A{}-{}-{},{}T18:00:00Z\n", patient_name(p), day,
                                   channel.name, value, channel.unit, p, v, c, day);
            }
}

void add_patients(store::Store& store, int rows) {
    store::Batch batch;
    batch.file.name = "patients";
    for (int p = 0; p < std::max(rows / (per_visit * visits), 1); ++p) {
        Patient patient;
        patient.id = patient_name(p);
        batch.records.push_back({patient, {}});
    }
    (void)store.commit(std::move(batch), Instant::start_of(*Date::parse("2023-01-01")), false, "bench");
}

std::unique_ptr<store::Store> fresh_store(const std::string& path) {
    for (const char* end : {"", "-wal", "-shm"})
        fs::remove(path + end);
    Findings findings;
    const std::string file = "models/channels.yaml";
    const auto catalogue = read_catalogue(read_text(file), file, findings);
    if (!findings.ok()) throw InputError(findings);
    const Instant at = Instant::start_of(*Date::parse("2023-01-01"));
    auto store = store::create_sqlite(path, store::Kind::simulated, at, "bench");
    store->put_channels(catalogue, at, "bench");
    return store;
}

double ours(const std::string& db, const std::string& feed, int rows) {
    const auto store = fresh_store(db);
    add_patients(*store, rows);
    const auto profile = app::load_profile({"bench.yaml", profile_text}, store->channels());
    const Clock clock;
    const auto report = app::ingest_file(*store, feed, profile,
                                         {Instant::start_of(*Date::parse("2024-06-01")), false, "bench"});
    const double seconds = clock.seconds();
    if (report.counts.taken != rows)
        throw std::runtime_error(fmt::format("{} of {} rows were taken", report.counts.taken, rows));
    return seconds;
}

/// One value of a row as SQLite knows it; kept outside the database while the clock runs.
struct Cell {
    int type = SQLITE_NULL;
    std::int64_t integer = 0;
    double real = 0.0;
    std::string bytes;
};

/// Every observation of a store with every column, in the order in which the file had them.
std::vector<std::vector<Cell>> rows_in_order(const std::string& db) {
    SQLite::Database database(db, SQLite::OPEN_READONLY);
    SQLite::Statement q(
        database,
        "SELECT * FROM observation_version ORDER BY CAST(substr(source, instr(source, ':') + 1) AS INTEGER)");
    std::vector<std::vector<Cell>> rows;
    while (q.executeStep()) {
        std::vector<Cell> row(static_cast<std::size_t>(q.getColumnCount()));
        for (int i = 0; i < q.getColumnCount(); ++i) {
            const auto column = q.getColumn(i);
            Cell& cell = row[static_cast<std::size_t>(i)];
            cell.type = column.getType();
            if (cell.type == SQLITE_INTEGER) cell.integer = column.getInt64();
            if (cell.type == SQLITE_FLOAT) cell.real = column.getDouble();
            if (cell.type == SQLITE_TEXT || cell.type == SQLITE_BLOB)
                cell.bytes.assign(static_cast<const char*>(column.getBlob()),
                                  static_cast<std::size_t>(column.getBytes()));
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

void bind(SQLite::Statement& q, int i, const Cell& cell) {
    const auto size = static_cast<int>(cell.bytes.size());
    switch (cell.type) {
        case SQLITE_INTEGER:
            q.bind(i, cell.integer);
            break;
        case SQLITE_FLOAT:
            q.bind(i, cell.real);
            break;
        case SQLITE_TEXT:
            q.bindNoCopy(i, cell.bytes);
            break;
        case SQLITE_BLOB:
            q.bindNoCopy(i, cell.bytes.data(), size);
            break;
        default:
            q.bind(i);
    }
}

/// One transaction, one prepared statement, the same table with the same key and triggers, the same settings.
double peer(const std::string& db, const std::vector<std::vector<Cell>>& rows, int count) {
    {
        const auto store = fresh_store(db);
        add_patients(*store, count);
    }
    SQLite::Database database(db, SQLite::OPEN_READWRITE | SQLITE_OPEN_NOMUTEX);
    database.exec(
        "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA cache_size = -262144;"
        "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA wal_autocheckpoint = 4000;");
    std::string sql = "INSERT INTO observation_version VALUES (?";
    for (std::size_t i = 1; i < rows.front().size(); ++i)
        sql += ", ?";
    SQLite::Statement insert(database, sql + ")");
    const Clock clock;
    database.exec("BEGIN IMMEDIATE");
    database.exec("INSERT INTO feed_file VALUES (2, 'peer', '', '', 0, 0, 0, 0, 0)");
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            bind(insert, static_cast<int>(i) + 1, row[i]);
        insert.exec();
        insert.reset();
    }
    database.exec("COMMIT");
    return clock.seconds();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::cerr << "usage: bench_ingest ROWS FOLDER ROUNDS\n";
        return 2;
    }
    try {
        const int rows = std::atoi(argv[1]), rounds = std::max(std::atoi(argv[3]), 1);
        const std::string folder = argv[2], feed = folder + "/feed.csv";
        write_feed(feed, rows);
        double best_ours = 1e9, best_peer = 1e9;
        std::vector<std::vector<Cell>> kept;
        for (int i = 0; i < rounds; ++i) {
            best_ours = std::min(best_ours, ours(folder + "/ours.db", feed, rows));
            if (kept.empty()) kept = rows_in_order(folder + "/ours.db");
            best_peer = std::min(best_peer, peer(folder + "/peer.db", kept, rows));
        }
        std::cout << fmt::format("{},{:.3f},{:.3f}\n", rows, best_ours, best_peer);
    } catch (const std::exception& e) {
        std::cerr << "bench_ingest: " << e.what() << '\n';
        return 1;
    }
    return 0;
}

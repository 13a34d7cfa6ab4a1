#include "bellwether/core/hash.hpp"

#include "sqlite_store.hpp"

namespace bellwether::store {
namespace {

std::string chain(const std::string& previous, const TrailLine& line) {
    Sha256 sha;
    sha.field(std::string_view(previous)).field(line.number).field(line.at.microseconds());
    for (const std::string* s : {&line.who, &line.what, &line.subject, &line.detail})
        sha.field(std::string_view(*s));
    return sha.hex();
}

TrailLine read_line(Query& q) {
    TrailLine line;
    line.number = q.integer(), line.at = q.instant();
    line.who = q.text(), line.what = q.text(), line.subject = q.text(), line.detail = q.text(),
    line.hash = q.text();
    return line;
}

const char* const kLines = "SELECT number, at, who, what, subject, detail, hash FROM trail ORDER BY number";

}  // namespace

void append_trail(Database& db, Instant at, const std::string& who, const std::string& what,
                  const std::string& subject, const std::string& detail) {
    std::string previous;
    TrailLine line;
    {
        Query last = db.query("SELECT number, hash FROM trail ORDER BY number DESC LIMIT 1");
        if (last.step()) line.number = last.integer(), previous = last.text();
    }
    ++line.number;
    line.at = at, line.who = who, line.what = what, line.subject = subject, line.detail = detail;
    line.hash = chain(previous, line);
    db.query("INSERT INTO trail (number, at, who, what, subject, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?)")
        .add(line.number)
        .add(line.at)
        .add(line.who)
        .add(line.what)
        .add(line.subject)
        .add(line.detail)
        .add(line.hash)
        .run();
}

std::optional<std::int64_t> first_broken_line(Database& db) {
    std::string previous;
    std::int64_t number = 0;
    Query q = db.query(kLines);
    while (q.step()) {
        const TrailLine line = read_line(q);
        if (line.number != ++number) return number;  // a line was taken out
        if (line.hash != chain(previous, line)) return number;
        previous = line.hash;
    }
    return std::nullopt;
}

void SqliteStore::note(Instant at, const std::string& who, const std::string& what,
                       const std::string& subject, const std::string& detail) {
    guarded("note", [&] {
        Transaction transaction(db_);
        append_trail(db_, at, who, what, subject, detail);
        transaction.commit();
    });
}

std::vector<TrailLine> SqliteStore::trail() {
    return guarded("trail", [&] {
        std::vector<TrailLine> lines;
        Query q = db_.query(kLines);
        while (q.step())
            lines.push_back(read_line(q));
        return lines;
    });
}

std::optional<std::int64_t> SqliteStore::broken_trail() {
    return guarded("trail", [&] { return first_broken_line(db_); });
}

}  // namespace bellwether::store

#include <array>
#include <filesystem>

#include <fmt/format.h>
#include <sqlite3.h>

#include "schema.hpp"
#include "sqlite_store.hpp"

namespace bellwether::store {
namespace {

struct KindWord {
    Kind kind;
    std::string_view word;
};
constexpr std::array kKinds{KindWord{Kind::live, "live"}, KindWord{Kind::historical, "historical"},
                            KindWord{Kind::simulated, "simulated"}};

struct ArtifactWord {
    ArtifactKind kind;
    std::string_view word;
};
constexpr std::array kArtifacts{
    ArtifactWord{ArtifactKind::rules, "rules"}, ArtifactWord{ArtifactKind::model, "model"},
    ArtifactWord{ArtifactKind::regimens, "regimens"}, ArtifactWord{ArtifactKind::reference, "reference"},
    ArtifactWord{ArtifactKind::bridges, "bridges"}};

template <class Rows, class K>
std::string_view word_of(const Rows& rows, K kind) {
    for (const auto& row : rows)
        if (row.kind == kind) return row.word;
    return "";
}

void refuse(const std::string& path, const std::string& why) {
    throw Error("S003", "'" + path + "' " + why);
}

}  // namespace

std::string_view to_string(Kind k) {
    return word_of(kKinds, k);
}
std::optional<Kind> parse_kind(std::string_view text) {
    for (const auto& row : kKinds)
        if (row.word == text) return row.kind;
    return std::nullopt;
}

std::string_view to_string(ArtifactKind k) {
    return word_of(kArtifacts, k);
}
std::optional<ArtifactKind> parse_artifact_kind(std::string_view text) {
    for (const auto& row : kArtifacts)
        if (row.word == text) return row.kind;
    return std::nullopt;
}

SqliteStore::SqliteStore(const std::string& path) : db_(path, SQLite::OPEN_READWRITE) {
    const std::int64_t id = db_.number("PRAGMA application_id"), version = db_.number("PRAGMA user_version");
    if (id != kApplicationId) refuse(path, "is not a Bellwether store");
    if (version < 1) refuse(path, "was not completely created; remove it and run init again");
    if (version > newest_schema())
        refuse(path, fmt::format("has schema {}, this program knows up to {}; use a newer program", version,
                                 newest_schema()));
    migrate(db_);
    db_.execute("PRAGMA journal_mode = WAL");  // a restored copy comes without
    Query q = db_.query("SELECT value FROM meta WHERE name = 'kind'");
    const auto kind = q.step() ? parse_kind(q.text()) : std::nullopt;
    if (!kind) refuse(path, "does not say which kind of store it is");
    kind_ = *kind;
}

int SqliteStore::schema_version() const {
    return newest_schema();
}

std::unique_ptr<Store> create_sqlite(const std::string& path, Kind kind, Instant at, const std::string& who) {
    if (std::filesystem::exists(path))
        throw Error("S001", "'" + path + "' exists already; choose another path");
    return guarded("create '" + path + "'", [&]() -> std::unique_ptr<Store> {
        // Made under another name and renamed, so that a crash never leaves half a store.
        const std::string draft = path + ".creating";
        std::filesystem::remove(draft);
        {
            Database db(draft, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
            db.execute(fmt::format("PRAGMA page_size = 8192; PRAGMA application_id = {};", kApplicationId));
            migrate(db);
            Transaction transaction(db);
            const std::string word(to_string(kind)), created = to_string(at);
            db.query("INSERT INTO meta (name, value) VALUES ('kind', ?), ('created', ?)")
                .add(word)
                .add(created)
                .run();
            append_trail(db, at, who, "init", word, fmt::format("schema {}", newest_schema()));
            transaction.commit();
        }
        {
            Database db(draft, SQLite::OPEN_READWRITE);
            db.execute("PRAGMA journal_mode = WAL");
        }
        std::filesystem::rename(draft, path);
        return std::make_unique<SqliteStore>(path);
    });
}

std::unique_ptr<Store> open_sqlite(const std::string& path) {
    if (!std::filesystem::is_regular_file(path))
        throw Error("S002", "there is no store at '" + path + "'; create one with init");
    return guarded("open '" + path + "'", [&]() -> std::unique_ptr<Store> {
        try {
            return std::make_unique<SqliteStore>(path);
        } catch (const SQLite::Exception& e) {
            if (e.getErrorCode() == SQLITE_NOTADB) refuse(path, "is not a Bellwether store");
            throw;
        }
    });
}

}  // namespace bellwether::store

#include <sstream>

#include <SQLiteCpp/SQLiteCpp.h>
#include <catch2/catch.hpp>

#include "bellwether/core/text.hpp"

#include "store/support/store_fixture.hpp"

namespace bellwether {
namespace {

/// "table.column" in the order of docs/store-schema.md.
std::vector<std::string> documented() {
    std::vector<std::string> list;
    std::istringstream page(read_text(BELLWETHER_SOURCE_DIR "/docs/store-schema.md"));
    std::string table;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("### ")) table = line.substr(4);
        if (table.empty() || !line.starts_with("| ") || line.starts_with("| column ")) continue;
        list.push_back(table + "." + line.substr(2, line.find(" |", 2) - 2));
    }
    return list;
}

std::vector<std::string> actual(const std::string& path) {
    std::vector<std::string> list;
    SQLite::Database db(path, SQLite::OPEN_READONLY);
    SQLite::Statement q(
        db,
        "SELECT t.name || '.' || c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c "
        "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.rowid, c.cid");
    while (q.executeStep())
        list.push_back(q.getColumn(0).getString());
    return list;
}

}  // namespace

TEST_CASE("docs/store-schema.md: names every table and column, in their order, and nothing else",
          "[store][schema]") {
    const testing::Folder folder;
    (void)testing::new_store(folder / "s.db");
    CHECK(documented() == actual(folder / "s.db"));
}

TEST_CASE("schema: every table is strict, every connection checks foreign keys", "[store][schema]") {
    const testing::Folder folder;
    const auto store = testing::new_store(folder / "s.db");
    SQLite::Database db(folder / "s.db", SQLite::OPEN_READONLY);
    CHECK(db.execAndGet("SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND schema = 'main' "
                        "AND NOT strict AND name NOT LIKE 'sqlite_%'")
              .getInt() == 0);
    CHECK(db.execAndGet("PRAGMA journal_mode").getString() == "wal");
    CHECK(db.execAndGet("PRAGMA application_id").getInt() == 0x42574C52);
    CHECK(db.execAndGet("PRAGMA user_version").getInt() == 1);
}

}  // namespace bellwether

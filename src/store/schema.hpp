#pragma once

#include <string>
#include <vector>

#include "database.hpp"

namespace bellwether::store {

constexpr int kApplicationId = 0x42574C52;  ///< "BWLR": PRAGMA application_id of every store

/// Steps from one schema to the next; entry i leads from version i to i + 1. A step is never edited once
/// released.
[[nodiscard]] const std::vector<std::string>& migrations();
[[nodiscard]] int newest_schema();

/// Applies what is missing, each step in its own transaction that also sets PRAGMA user_version.
void migrate(Database& db);

/// What the database says its schema is: every table, index and trigger as "type name: sql", sorted.
[[nodiscard]] std::vector<std::string> schema_of(Database& db);
/// The same of a new, empty store of the newest schema.
[[nodiscard]] std::vector<std::string> expected_schema();

}  // namespace bellwether::store

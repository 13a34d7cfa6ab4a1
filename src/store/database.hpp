#pragma once

#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <SQLiteCpp/SQLiteCpp.h>

#include "bellwether/core/date.hpp"
#include "bellwether/core/error.hpp"

namespace bellwether::store {

/// One run of a prepared statement. Values are bound left to right by add(); columns are read left to right.
/// Texts and blobs are not copied: they must live until the last step. Gives the statement back when it goes.
class Query {
public:
    explicit Query(SQLite::Statement& statement) : statement_(&statement) {}
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;
    ~Query() { (void)statement_->tryReset(); }

    Query& add(std::int64_t x) { return statement_->bind(++bound_, x), *this; }
    Query& add(int x) { return add(static_cast<std::int64_t>(x)); }
    Query& add(bool x) { return add(static_cast<std::int64_t>(x ? 1 : 0)); }
    Query& add(double x) { return statement_->bind(++bound_, x), *this; }
    Query& add(const std::string& x) { return statement_->bindNoCopy(++bound_, x), *this; }
    Query& add(std::string&&) = delete;
    Query& add(Instant t) { return add(t.microseconds()); }
    Query& add(Date d) { return add(static_cast<std::int64_t>(d.serial())); }
    Query& add_word(std::string_view word) {  ///< copied: an enumerator's name
        return statement_->bind(++bound_, std::string(word)), *this;
    }
    Query& add_blob(const std::string& bytes) {
        return statement_->bindNoCopy(++bound_, bytes.data(), static_cast<int>(bytes.size())), *this;
    }
    template <class T>
    Query& add(const std::optional<T>& x) {
        if (x) return add(*x);
        return statement_->bind(++bound_), *this;
    }
    void run() { statement_->exec(); }
    [[nodiscard]] bool step() {
        column_ = 0;
        return statement_->executeStep();
    }
    /// Begins the same statement anew.
    Query& again() {
        statement_->reset();
        bound_ = 0;
        return *this;
    }

    std::int64_t integer() { return statement_->getColumn(column_++).getInt64(); }
    int small() { return static_cast<int>(integer()); }
    double real() { return statement_->getColumn(column_++).getDouble(); }
    bool truth() { return integer() != 0; }
    std::string text() { return statement_->getColumn(column_++).getString(); }
    Instant instant() { return Instant(integer()); }
    Date date() { return Date(static_cast<std::int32_t>(integer())); }
    [[nodiscard]] bool null() { return statement_->isColumnNull(column_); }
    template <class F>
    auto maybe(F read) -> std::optional<decltype(read(*this))> {  ///< maybe(&Query::integer) as a lambda
        if (!null()) return read(*this);
        ++column_;
        return std::nullopt;
    }
    std::optional<std::int64_t> maybe_integer() {
        return maybe([](Query& q) { return q.integer(); });
    }
    std::optional<int> maybe_small() {
        return maybe([](Query& q) { return q.small(); });
    }
    std::optional<double> maybe_real() {
        return maybe([](Query& q) { return q.real(); });
    }
    std::optional<bool> maybe_truth() {
        return maybe([](Query& q) { return q.truth(); });
    }
    std::optional<Instant> maybe_instant() {
        return maybe([](Query& q) { return q.instant(); });
    }
    std::optional<Date> maybe_date() {
        return maybe([](Query& q) { return q.date(); });
    }

private:
    SQLite::Statement* statement_;
    int bound_ = 0;
    int column_ = 0;
};

/// A connection with its prepared statements, kept by their text.
class Database {
public:
    Database(const std::string& path, int flags);

    /// @param sql  the statement; prepared once. Two runs of one text at a time are not possible.
    [[nodiscard]] Query query(const std::string& sql);
    void execute(const std::string& script) { connection_.exec(script); }
    [[nodiscard]] std::int64_t number(const std::string& sql);  ///< one integer; NULL counts as 0
    [[nodiscard]] SQLite::Database& raw() { return connection_; }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
    SQLite::Database connection_;
    std::unordered_map<std::string, std::unique_ptr<SQLite::Statement>> statements_;
};

/// A wider page cache (256 MB) for as long as it lives, for a writer: a large file that is not in the
/// order of patients touches the whole tree (measured: a million observations by date in 9 s, with
/// 64 MB in 14 s). Readers go patient by patient and keep the 32 MB of the connection.
class WideCache {
public:
    explicit WideCache(Database& db);
    ~WideCache();
    WideCache(const WideCache&) = delete;
    WideCache& operator=(const WideCache&) = delete;

private:
    Database& db_;
};

/// BEGIN IMMEDIATE, so that two writers never find out at their end. Rolls back unless committed.
class Transaction {
public:
    explicit Transaction(Database& db);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

private:
    Database& db_;
    bool open_ = true;
};

/// Runs `body`; what SQLite throws becomes S005, or S006 when another writer is at work.
[[noreturn]] void rethrow_as_error(const SQLite::Exception& e, std::string_view doing);
template <class F>
auto guarded(std::string_view doing, F&& body) -> decltype(body()) {
    try {
        return body();
    } catch (const SQLite::Exception& e) {
        rethrow_as_error(e, doing);
    }
}

}  // namespace bellwether::store

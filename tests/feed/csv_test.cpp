#include "bellwether/feed/csv.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <rapidcheck.h>

using namespace bellwether::feed;

namespace {

using Cells = std::vector<std::string>;

/// Hands out bytes in small pieces: a reader must not depend on where blocks end.
class Drip : public ByteSource {
public:
    Drip(std::string bytes, std::size_t piece) : bytes_(std::move(bytes)), piece_(piece) {}
    std::size_t read(char* to, std::size_t room) override {
        const std::size_t n = std::min({room, piece_, bytes_.size() - at_});
        std::copy_n(bytes_.data() + at_, n, to);
        at_ += n;
        return n;
    }

private:
    std::string bytes_;
    std::size_t piece_, at_ = 0;
};

/// Records as cells; a broken one as {"!code line:column"}.
std::vector<Cells> read_all(const std::string& text, std::size_t piece = 1U << 20U,
                            CsvReader::Dialect dialect = {}) {
    Drip source(text, piece);
    CsvReader csv(source, dialect);
    std::vector<Cells> out;
    for (auto found = csv.next(); found != CsvReader::Found::end; found = csv.next()) {
        Cells row;
        if (found == CsvReader::Found::broken) {
            const auto& b = csv.broken();
            row.push_back(fmt::format("!{} {}:{}", b.code, b.at.line, b.at.column));
        } else {
            for (const auto& cell : csv.cells())
                row.emplace_back(cell.text);
        }
        out.push_back(std::move(row));
    }
    return out;
}

std::string written(const std::vector<Cells>& rows, char separator, const char* line_end) {
    std::string out;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i > 0) out += separator;
            const bool quote = row[i].find_first_of(std::string("\"\r\n") + separator) != std::string::npos ||
                               (row.size() == 1 && row[i].empty());
            if (quote) out += '"';
            for (char c : row[i]) {
                out += c;
                if (c == '"') out += '"';
            }
            if (quote) out += '"';
        }
        out += line_end;
    }
    return out;
}

}  // namespace

TEST_CASE("CsvReader: the examples of RFC 4180", "[feed][csv][reference]") {
    // Reference: RFC 4180 section 2, rules 1 to 7.
    CHECK(read_all("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n") ==
          std::vector<Cells>{{"aaa", "bbb", "ccc"}, {"zzz", "yyy", "xxx"}});
    CHECK(read_all("aaa,bbb,ccc\r\nzzz,yyy,xxx") ==
          std::vector<Cells>{{"aaa", "bbb", "ccc"}, {"zzz", "yyy", "xxx"}});
    CHECK(read_all("\"aaa\",\"b\r\nbb\",\"ccc\"\r\nzzz,yyy,xxx") ==
          std::vector<Cells>{{"aaa", "b\r\nbb", "ccc"}, {"zzz", "yyy", "xxx"}});
    CHECK(read_all("\"aaa\",\"b\"\"bb\",\"ccc\"") == std::vector<Cells>{{"aaa", "b\"bb", "ccc"}});
    CHECK(read_all(" a , b\n") == std::vector<Cells>{{" a ", " b"}});
}

TEST_CASE("CsvReader: what is written is read back, whatever it is and wherever blocks end",
          "[feed][csv][property]") {
    CHECK(rc::check([] {
        const auto cell =
            rc::gen::container<std::string>(rc::gen::element('a', 'b', ',', ';', '"', '\n', '\r', ' '));
        const auto width = *rc::gen::inRange<std::size_t>(1, 4);
        const auto rows = *rc::gen::container<std::vector<Cells>>(rc::gen::container<Cells>(width, cell));
        const char separator = *rc::gen::element(',', ';');
        const char* line_end = *rc::gen::element<const char*>("\n", "\r\n");
        const auto piece = *rc::gen::inRange<std::size_t>(1, 9);
        RC_ASSERT(read_all(written(rows, separator, line_end), piece, {separator, 65536}) == rows);
    }));
}

TEST_CASE("CsvReader: a byte order mark is no part of the first cell, empty lines are passed over",
          "[feed][csv]") {
    for (const std::size_t piece : {1U, 2U, 100U}) {
        CHECK(read_all("\xEF\xBB\xBF"
                       "a,b\n\n\r\nc,d\n\n",
                       piece) == std::vector<Cells>{{"a", "b"}, {"c", "d"}});
    }
    CHECK(read_all("").empty());
    CHECK(read_all("\xEF\xBB\xBF").empty());
}

TEST_CASE("CsvReader: a broken record costs its first line only", "[feed][csv][error]") {
    CHECK(read_all("a,b\nc,\"d\ne,f\ng,h\n") ==
          std::vector<Cells>{{"a", "b"}, {"!F006 2:3"}, {"e", "f"}, {"g", "h"}});
    CHECK(read_all("a,5\" disk\nc,d\n") == std::vector<Cells>{{"!F007 1:4"}, {"c", "d"}});
    CHECK(read_all("\"a\"b,c\nd,e\n") == std::vector<Cells>{{"!F007 1:4"}, {"d", "e"}});
    CHECK(read_all("a\rb,c\nd,e\n") == std::vector<Cells>{{"!F007 1:2"}, {"d", "e"}});
    CHECK(read_all("a,\xff\nd,e\n") == std::vector<Cells>{{"!F008 1:3"}, {"d", "e"}});
    CHECK(read_all(std::string("a,\0\nd,e\n", 8)) == std::vector<Cells>{{"!F008 1:3"}, {"d", "e"}});
    // Columns count characters: the micro sign is one of them.
    CHECK(read_all("\u00b5\u00b5,\"x\nd,e\n") == std::vector<Cells>{{"!F006 1:4"}, {"d", "e"}});
}

TEST_CASE("CsvReader: an unterminated quote is reported at its opening, on a later line too",
          "[feed][csv][error]") {
    CHECK(read_all("\"a\nb\",\"c\nd,e\n") == std::vector<Cells>{{"!F006 2:4"}, {"!F007 2:2"}, {"d", "e"}});
}

TEST_CASE("CsvReader: a record beyond the limit is cut off, and what follows is read", "[feed][csv][error]") {
    const CsvReader::Dialect small{',', 20};
    CHECK(read_all("a," + std::string(50, 'x') + "\nb,c\n", 7, small) ==
          std::vector<Cells>{{"!F009 1:1"}, {"b", "c"}});
    std::string stray = "a,\"b\n";
    for (int i = 0; i < 20; ++i)
        stray += "c,d\n";
    const auto rows = read_all(stray, 7, small);
    REQUIRE(rows.size() == 21);
    CHECK(rows[0] == Cells{"!F006 1:3"});
    CHECK(rows[20] == Cells{"c", "d"});
    // A line without end is not kept in memory: what is held never exceeds the limit by more than a block.
    CHECK(read_all("h\n" + std::string(1U << 20U, 'x'), 1000, small) ==
          std::vector<Cells>{{"h"}, {"!F009 2:1"}});
}

TEST_CASE("CsvReader: places follow line ends inside quotes", "[feed][csv]") {
    Drip source("h\n\"a\nb\",\u00b5,c\nlast,1\n", 3);
    CsvReader csv(source, {});
    REQUIRE(csv.next() == CsvReader::Found::record);
    REQUIRE(csv.next() == CsvReader::Found::record);
    const auto at = csv.place(csv.cells()[2].offset);
    CHECK(at.line == 3);
    CHECK(at.column == 6);
    REQUIRE(csv.next() == CsvReader::Found::record);
    CHECK(csv.line() == 4);
}

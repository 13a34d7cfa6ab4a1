#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bellwether/feed/bytes.hpp"

namespace bellwether::feed {

/// One field of a record. `text` is valid until the next call of CsvReader::next().
struct CsvCell {
    std::string_view text;   ///< unquoted, `""` already one quote; blanks are kept
    std::size_t offset = 0;  ///< of its first character in CsvReader::raw() (behind an opening quote)
};

/// Streams records of RFC 4180: quotes, doubled quotes, line ends inside quotes, CRLF or LF, a byte order
/// mark. Empty lines are passed over.
///
/// A broken record costs its first line only: reading goes on at the next newline after the record's start,
/// so that a stray quote does not swallow the good rows behind it.
///
/// @cost  memory: one block and the longest record, never the file. A stray quote is looked for its partner
/// through at
///        most `longest_record` bytes.
/// @source RFC 4180, section 2.
class CsvReader {
public:
    struct Dialect {
        char separator = ',';
        std::size_t longest_record = 65536;  ///< bytes
    };
    enum class Found { record, broken, end };

    CsvReader(ByteSource& source, Dialect dialect);
    Found next();

    [[nodiscard]] const std::vector<CsvCell>& cells() const { return cells_; }
    [[nodiscard]] std::string_view raw() const { return raw_; }  ///< without its line end
    [[nodiscard]] int line() const { return line_; }             ///< of the record's first character, from 1
    struct Place {
        int line = 1, column = 1;
    };
    /// Of a byte of raw(); columns count characters from 1.
    [[nodiscard]] Place place(std::size_t offset) const;

    struct Broken {
        std::string code, what, hint;
        Place at;  ///< an unterminated quote: of its opening
    };
    [[nodiscard]] const Broken& broken() const { return broken_; }  ///< after Found::broken

private:
    bool fill();
    std::size_t end_of_record();
    void break_off(std::string code, std::string what, std::string hint, std::size_t offset);
    bool parse();

    ByteSource& source_;
    Dialect dialect_;
    std::string buffer_;
    std::size_t begin_ = 0;  ///< of the bytes of buffer_ not yet consumed
    bool source_ended_ = false, first_ = true, skipping_ = false;
    std::string_view raw_;
    int line_ = 0, next_line_ = 1;
    std::vector<CsvCell> cells_;
    std::string unquoted_;  ///< texts of cells with doubled quotes
    Broken broken_;
};

}  // namespace bellwether::feed

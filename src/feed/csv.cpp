#include "bellwether/feed/csv.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <tao/pegtl.hpp>

#include "bellwether/core/text.hpp"

namespace bellwether::feed {
namespace grammar {

using namespace tao::pegtl;

/// The separator is data, not a type: it is asked of the state at run time.
struct separator {
    using rule_t = separator;
    template <apply_mode, rewind_mode, template <typename...> class, template <typename...> class,
              typename Input, typename State>
    static bool match(Input& in, State& state) {
        if (in.empty() || in.peek_char() != state.separator) return false;
        in.bump(1);
        return true;
    }
};

struct bare_text {
    using rule_t = bare_text;
    template <apply_mode, rewind_mode, template <typename...> class, template <typename...> class,
              typename Input, typename State>
    static bool match(Input& in, State& state) {
        const char* p = in.current();
        while (p != in.end() && *p != state.separator && *p != '"' && *p != '\r' && *p != '\n')
            ++p;
        in.bump(static_cast<std::size_t>(p - in.current()));
        return true;
    }
};

struct quoted_text : star<sor<string<'"', '"'>, not_one<'"'>>> {};
struct opening : one<'"'> {};
struct closing : one<'"'> {};
struct quoted : if_must<opening, quoted_text, closing> {};
struct field : sor<quoted, bare_text> {};
struct rest : eof {};
struct record : seq<list<field, separator>, must<rest>> {};

}  // namespace grammar

namespace {

/// What the grammar's actions leave behind.
struct Parse {
    char separator = ',';
    const char* start = nullptr;
    std::vector<CsvCell>* cells = nullptr;
    std::size_t opened_at = 0;
    bool has_doubled_quotes = false;
};

template <typename Rule>
struct Action : tao::pegtl::nothing<Rule> {};

template <typename Input>
void add_cell(const Input& in, Parse& parse) {
    const auto offset = static_cast<std::size_t>(in.begin() - parse.start);
    parse.cells->push_back({std::string_view(in.begin(), in.size()), offset});
}

template <>
struct Action<grammar::bare_text> {
    template <typename Input>
    static void apply(const Input& in, Parse& parse) {
        add_cell(in, parse);
    }
};

template <>
struct Action<grammar::opening> {
    template <typename Input>
    static void apply(const Input& in, Parse& parse) {
        parse.opened_at = static_cast<std::size_t>(in.begin() - parse.start);
    }
};

template <>
struct Action<grammar::quoted_text> {
    template <typename Input>
    static void apply(const Input& in, Parse& parse) {
        add_cell(in, parse);
        if (in.size() > 0 && std::memchr(in.begin(), '"', in.size())) parse.has_doubled_quotes = true;
    }
};

/// Which must<> failed and where; caught in CsvReader::parse.
struct Failure {
    bool unterminated;
    std::size_t offset;
};

template <typename Rule>
struct Control : tao::pegtl::normal<Rule> {
    template <typename Input>
    [[noreturn]] static void raise(const Input& in, Parse& parse) {
        if constexpr (std::is_same_v<Rule, grammar::closing>) {
            throw Failure{true, parse.opened_at};
        } else {
            throw Failure{false, static_cast<std::size_t>(in.current() - parse.start)};
        }
    }
};

constexpr std::size_t block_size = 1U << 18U;

/// memchr first: most records have none, and it looks at many bytes at once.
std::size_t count_of(char wanted, std::string_view bytes) {
    if (bytes.empty() || !std::memchr(bytes.data(), wanted, bytes.size())) return 0;
    return static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), wanted));
}

/// Printable ASCII, which is what most records are.
bool plain(std::string_view raw) {
    unsigned odd = 0;
    for (const char c : raw)
        odd |= static_cast<unsigned>(static_cast<unsigned char>(c) - 0x20U > 0x5EU);
    return odd == 0;
}

std::size_t first_bad_byte(std::string_view raw) {
    if (plain(raw)) return std::string_view::npos;
    const auto control = std::find_if(raw.begin(), raw.end(), [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return (u < 0x20 && c != '\n' && c != '\r' && c != '\t') || u == 0x7F;
    });
    const auto at =
        control == raw.end() ? std::string_view::npos : static_cast<std::size_t>(control - raw.begin());
    return std::min(at, first_bad_utf8(raw));
}

}  // namespace

CsvReader::CsvReader(ByteSource& source, Dialect dialect) : source_(source), dialect_(dialect) {}

/// Appends a block; moves what is left to the front first, so that the buffer stays small.
bool CsvReader::fill() {
    if (source_ended_) return false;
    buffer_.erase(0, begin_);
    begin_ = 0;
    const std::size_t held = buffer_.size();
    buffer_.resize(held + block_size);
    const std::size_t n = source_.read(buffer_.data() + held, block_size);
    buffer_.resize(held + n);
    source_ended_ = n == 0;
    return n > 0;
}

/// Offset from begin_ of the newline that ends the record (or of the end of the data): the first one outside
/// quotes. npos when the record outgrows the limit.
std::size_t CsvReader::end_of_record() {
    std::size_t scanned = 0;
    bool open = false;
    for (;;) {
        const std::string_view left = std::string_view(buffer_).substr(begin_);
        while (scanned < left.size()) {
            const void* newline = std::memchr(left.data() + scanned, '\n', left.size() - scanned);
            const std::size_t end =
                newline ? static_cast<std::size_t>(static_cast<const char*>(newline) - left.data())
                        : left.size();
            if (count_of('"', left.substr(scanned, end - scanned)) % 2 != 0) open = !open;
            if (newline && !open) return end;
            scanned = newline ? end + 1 : end;
            if (scanned > dialect_.longest_record) return std::string_view::npos;
        }
        if (!fill()) return buffer_.size() - begin_;
    }
}

void CsvReader::break_off(std::string code, std::string what, std::string hint, std::size_t offset) {
    broken_ = {std::move(code), std::move(what), std::move(hint), place(offset)};
    const std::string_view left = std::string_view(buffer_).substr(begin_);
    const std::size_t newline = left.find('\n');
    skipping_ = newline == std::string_view::npos && !source_ended_;  // the line goes on beyond what is held
    raw_ = left.substr(0, std::min(newline, dialect_.longest_record));
    if (!raw_.empty() && raw_.back() == '\r') raw_.remove_suffix(1);
    begin_ += newline == std::string_view::npos ? left.size() : newline + 1;
    next_line_ = line_ + 1;
}

bool CsvReader::parse() {
    cells_.clear();
    Parse state;
    state.separator = dialect_.separator;
    state.start = raw_.data();
    state.cells = &cells_;
    tao::pegtl::memory_input<tao::pegtl::tracking_mode::lazy> in(raw_.data(), raw_.data() + raw_.size(), "");
    try {
        tao::pegtl::parse<grammar::record, Action, Control>(in, state);
    } catch (const Failure& f) {
        if (f.unterminated) {
            break_off("F006", "this quote is never closed",
                      "close the field with '\"', or write a quote inside it twice", f.offset);
        } else if (raw_[f.offset] == '\r') {
            break_off("F007", "a carriage return stands alone", "end lines with LF or CRLF", f.offset);
        } else {
            const bool behind = f.offset > 0 && raw_[f.offset] != '"';
            break_off("F007",
                      behind ? "text stands behind a closing quote"
                             : "a quote stands inside a field without quotes",
                      "put the whole field in quotes and write a quote inside it twice", f.offset);
        }
        return false;
    }
    if (state.has_doubled_quotes) {
        unquoted_.clear();
        unquoted_.reserve(raw_.size());  // the cells' views must not move
        for (auto& cell : cells_) {
            if (cell.offset == 0 || raw_[cell.offset - 1] != '"') continue;
            const std::size_t from = unquoted_.size();
            for (std::size_t i = 0; i < cell.text.size(); ++i) {
                unquoted_ += cell.text[i];
                if (cell.text[i] == '"') ++i;
            }
            cell.text = std::string_view(unquoted_).substr(from);
        }
    }
    return true;
}

CsvReader::Found CsvReader::next() {
    while (skipping_) {
        if (begin_ == buffer_.size() && !fill()) break;
        const std::size_t newline = buffer_.find('\n', begin_);
        skipping_ = newline == std::string::npos;
        begin_ = skipping_ ? buffer_.size() : newline + 1;
    }
    if (first_) {
        while (buffer_.size() < 3 && fill()) {
        }
        if (buffer_.compare(0, 3, "\xEF\xBB\xBF") == 0) begin_ = 3;
        first_ = false;
    }
    for (;;) {
        if (begin_ == buffer_.size() && !fill()) return Found::end;
        line_ = next_line_;
        const std::size_t end = end_of_record();
        const bool too_long = end == std::string_view::npos;
        raw_ = std::string_view(buffer_).substr(begin_, too_long ? dialect_.longest_record : end);
        if (!too_long && !raw_.empty() && raw_.back() == '\r') raw_.remove_suffix(1);
        if (raw_.empty()) {
            begin_ = std::min(buffer_.size(), begin_ + end + 1);
            ++next_line_;
            continue;
        }
        if (!parse()) return Found::broken;
        if (too_long) {
            break_off("F009", fmt::format("the record is longer than {} bytes", dialect_.longest_record),
                      "split the record, or look for a quote that is never closed", 0);
            return Found::broken;
        }
        next_line_ = line_ + 1 + static_cast<int>(count_of('\n', raw_));
        begin_ = std::min(buffer_.size(), begin_ + end + 1);
        if (const std::size_t bad = first_bad_byte(raw_); bad != std::string_view::npos) {
            broken_ = {"F008",
                       fmt::format("byte 0x{:02X} is not text", static_cast<unsigned char>(raw_[bad])),
                       "save the file as UTF-8 without control characters", place(bad)};
            return Found::broken;
        }
        return Found::record;
    }
}

CsvReader::Place CsvReader::place(std::size_t offset) const {
    Place at{line_, 1};
    for (std::size_t i = 0; i < std::min(offset, raw_.size()); ++i) {
        if (raw_[i] == '\n') {
            ++at.line;
            at.column = 1;
        } else if ((static_cast<unsigned char>(raw_[i]) & 0xC0U) != 0x80U) {
            ++at.column;
        }
    }
    return at;
}

}  // namespace bellwether::feed

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bellwether/core/date.hpp"
#include "bellwether/store/store.hpp"

/// The command line: one file per command, a table of them in main.cpp. CLI11 stays behind `Options`
/// (options.cpp), since each file that includes it costs seconds to compile.
namespace bellwether::cli {

/// The contract with cron and scripts. docs/exit-codes.md
enum class Exit {
    ok = 0,
    failed = 1,       ///< something was not done; what was done before stays
    usage = 2,        ///< the command line is wrong
    bad_input = 3,    ///< rows or files were refused; the good ones are kept
    locked = 4,       ///< another run holds the store
    new_alerts = 10,  ///< scan --exit-code only
};

/// What a command declares: options, examples and what to run.
class Options {
public:
    struct Impl;
    explicit Options(Impl& impl) : impl_(impl) {}
    /// @param names  "--as-of" or "-q,--quiet"; a name without dashes is positional
    void text(const std::string& names, std::string& into, const std::string& help, bool required = false);
    void texts(const std::string& names, std::vector<std::string>& into, const std::string& help,
               bool required = false);
    void integer(const std::string& names, std::int64_t& into, const std::string& help, std::int64_t low,
                 std::int64_t high);
    void flag(const std::string& names, bool& into, const std::string& help);
    void word(const std::string& names, std::string& into, const std::string& help,
              const std::vector<std::string>& allowed);
    void examples(const std::string& lines);
    void run(std::function<Exit()> action);

private:
    Impl& impl_;
};

struct Command {
    const char* noun;  ///< "rules"; a command of one word has its word here
    const char* verb;  ///< "check"; "" for a command of one word
    const char* summary;
    void (*define)(Options&);
};

/// Parses and runs. Never throws: every error becomes a message on stderr and an exit code.
[[nodiscard]] int dispatch(const std::vector<Command>& commands, int argc, char** argv);

// --- what most commands share ---------------------------------------------------------------------------

enum class Format { text, json, csv };

/// --db, --format and who is acting. Declared by `define`, read when the command runs.
struct Session {
    std::string db, format = "text", who;
    void declare(Options& o, bool formats = true);
    [[nodiscard]] std::string path()
        const;  ///< @throws UsageError when neither --db nor BELLWETHER_DB is given
    [[nodiscard]] std::unique_ptr<store::Store> open() const;
    [[nodiscard]] Format output() const;
    [[nodiscard]] std::string actor() const;  ///< --who, else the login name
};

/// The command line asks for something that makes no sense: exit code 2.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Another run holds the store: exit code 4.
class Locked : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Takes the run lock of a store. @throws Locked
[[nodiscard]] std::unique_ptr<store::RunLock> lock(const std::string& path, bool wait);

/// "" = now; else as Instant::parse, at most now. @throws UsageError
[[nodiscard]] Instant as_of(const std::string& text);
/// An instant in the past or future. @throws UsageError
[[nodiscard]] Instant instant(const std::string& text, const std::string& option);
[[nodiscard]] Date date(const std::string& text, const std::string& option);
/// "7d", "2w" in days. @throws UsageError
[[nodiscard]] int duration(const std::string& text, const std::string& option);
/// "0.5,0.7,0.9" or "0.5:0.9:0.1" (from, to, step); nothing when it is neither, or has over a thousand steps.
[[nodiscard]] std::optional<std::vector<double>> number_list(const std::string& text);

/// "arm=A" and "ATTRIBUTE=VALUE" as name and value. @throws UsageError
[[nodiscard]] std::vector<std::pair<std::string, std::string>> cohort(const std::vector<std::string>& words);

/// From when an activation holds: now, or `text`. In the past only in stores that are not live. @throws
/// UsageError
[[nodiscard]] Instant activation_instant(const store::Store& store, const std::string& text);

/// "live", "historical" or "simulated": the column `store` that every CSV and the key that every JSON has.
[[nodiscard]] std::string kind_of(const store::Store& store);
/// The line that every output of a store that is not live begins with; "" for a live one.
[[nodiscard]] std::string banner(const store::Store& store);
/// Folder with the shipped rules/ and models/: $BELLWETHER_HOME, an installation, or the source tree of this
/// build.
[[nodiscard]] std::string home();
[[nodiscard]] bool on_terminal(int fd);
[[nodiscard]] bool colours();  ///< stdout is a terminal and NO_COLOR is not set
/// Progress on stderr, on a terminal only.
[[nodiscard]] std::function<void(std::int64_t, std::int64_t)> progress(const std::string& what);

/// The whole of a file as a feed may be, packed (.gz) or "-" for standard input.
[[nodiscard]] std::string read_input(const std::string& file);
/// A cell of a CSV line, quoted where RFC 4180 asks for it.
[[nodiscard]] std::string csv_cell(const std::string& s);
[[nodiscard]] std::string csv_line(const std::vector<std::string>& cells);

}  // namespace bellwether::cli

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include "bellwether/core/text.hpp"
#include "bellwether/feed/bytes.hpp"

#include "command.hpp"

namespace bellwether::cli {
namespace fs = std::filesystem;

void Session::declare(Options& o, bool formats) {
    o.text("--db", db, "the store; default: $BELLWETHER_DB");
    o.text("--who", who, "who is acting, for the trail; default: the login name");
    if (formats) o.word("--format", format, "text, json or csv", {"text", "json", "csv"});
}

std::string Session::path() const {
    if (!db.empty()) return db;
    if (const char* env = std::getenv("BELLWETHER_DB"); env && *env) return env;
    throw UsageError("no store: give --db FILE or set BELLWETHER_DB");
}

std::unique_ptr<store::Store> Session::open() const {
    return store::open_sqlite(path());
}

Format Session::output() const {
    return format == "json" ? Format::json : format == "csv" ? Format::csv : Format::text;
}

std::string Session::actor() const {
    if (!who.empty()) return who;
    if (const passwd* p = ::getpwuid(::getuid())) return p->pw_name;
    return "uid " + std::to_string(::getuid());
}

std::unique_ptr<store::RunLock> lock(const std::string& path, bool wait) {
    auto held = store::RunLock::acquire(path, wait);
    if (!held) throw Locked("another run holds '" + path + "'; try again later, or --wait");
    return held;
}

Instant as_of(const std::string& text) {
    const Instant present = now();
    if (text.empty()) return present;
    const Instant t = instant(text, "--as-of");
    if (t > present) {
        if (t.date() == present.date()) return present;
        throw UsageError("--as-of " + text + " is in the future");
    }
    return t;
}

Instant instant(const std::string& text, const std::string& option) {
    if (const auto t = Instant::parse(text)) return *t;
    throw UsageError(option + " '" + text + "' is no instant; write 2026-11-24 or 2026-11-24T10:00Z");
}

Date date(const std::string& text, const std::string& option) {
    if (const auto d = Date::parse(text)) return *d;
    throw UsageError(option + " '" + text + "' is no date; write 2026-11-24");
}

int duration(const std::string& text, const std::string& option) {
    const auto n =
        text.size() > 1 ? parse_integer(std::string_view(text).substr(0, text.size() - 1)) : std::nullopt;
    if (n && *n > 0 && *n < 36500) {
        if (text.back() == 'd') return static_cast<int>(*n);
        if (text.back() == 'w') return static_cast<int>(7 * *n);
    }
    throw UsageError(option + " '" + text + "' is no duration; write 7d or 2w");
}

std::optional<std::vector<double>> number_list(const std::string& text) {
    std::vector<double> list;
    const bool range = text.find(':') != std::string::npos;
    for (const auto& part : split(text, range ? ':' : ',')) {
        const auto x = parse_double(part);
        if (!x) return std::nullopt;
        list.push_back(*x);
    }
    if (!range) return list;
    if (list.size() != 3 || !(list[2] > 0) || list[1] < list[0] || (list[1] - list[0]) / list[2] > 1000)
        return std::nullopt;
    const auto steps = static_cast<int>(std::floor((list[1] - list[0]) / list[2] + 1e-9));
    std::vector<double> values;
    // Rounded to 12 places: 0.5 + 2 * 0.1 is 0.7 to a reader.
    for (int i = 0; i <= steps; ++i)
        values.push_back(std::round((list[0] + i * list[2]) * 1e12) / 1e12);
    return values;
}

Instant activation_instant(const store::Store& s, const std::string& text) {
    const Instant present = now();
    if (text.empty()) return present;
    // A date given for the past means that it holds for all of that day.
    const auto day = Date::parse(text);
    const Instant from = day ? Instant::start_of(*day) : instant(text, "--from");
    if (s.kind() == store::Kind::live && from < present)
        throw UsageError("--from in the past is for historical and simulated stores; this one is live");
    return from;
}

std::string kind_of(const store::Store& s) {
    return std::string(store::to_string(s.kind()));
}

std::string banner(const store::Store& s) {
    if (s.kind() == store::Kind::live) return {};
    return fmt::format("*** {} store: not the care of a living patient ***\n", store::to_string(s.kind()));
}

std::string home() {
    if (const char* env = std::getenv("BELLWETHER_HOME"); env && *env) return env;
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    for (fs::path p = program.parent_path(); !p.empty() && p != p.root_path(); p = p.parent_path()) {
        if (fs::exists(p / "models" / "channels.yaml")) return p.string();
        if (fs::exists(p / "share" / "bellwether" / "models" / "channels.yaml"))
            return (p / "share" / "bellwether").string();
    }
    return ".";
}

bool on_terminal(int fd) {
    return ::isatty(fd) != 0;
}

bool colours() {
    const char* off = std::getenv("NO_COLOR");
    return on_terminal(STDOUT_FILENO) && (!off || !*off);
}

std::vector<std::pair<std::string, std::string>> cohort(const std::vector<std::string>& words) {
    std::vector<std::pair<std::string, std::string>> list;
    for (const auto& word : words) {
        const auto equals = word.find('=');
        if (equals == std::string::npos || equals == 0)
            throw UsageError("--cohort '" + word + "': write arm=A");
        list.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
    return list;
}

std::function<void(std::int64_t, std::int64_t)> progress(const std::string& what) {
    if (!on_terminal(STDERR_FILENO)) return {};
    return [what](std::int64_t done, std::int64_t of) {
        const int width = 30;
        const int full = of > 0 ? static_cast<int>(width * done / of) : width;
        fmt::print(stderr, "\r{} [{}{}] {}/{}{}", what, std::string(static_cast<std::size_t>(full), '#'),
                   std::string(static_cast<std::size_t>(width - full), '.'), done, of,
                   done >= of ? "\n" : "");
        std::fflush(stderr);
    };
}

std::string read_input(const std::string& file) {
    const auto source = feed::open_feed(file);
    std::string text, block(65536, '\0');
    while (const std::size_t n = source->read(block.data(), block.size()))
        text.append(block, 0, n);
    return text;
}

std::string csv_cell(const std::string& s) {
    if (s.find_first_of(",\"\r\n") == std::string::npos) return s;
    std::string out = "\"";
    for (const char c : s) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + "\"";
}

std::string csv_line(const std::vector<std::string>& cells) {
    std::string out;
    for (std::size_t i = 0; i < cells.size(); ++i)
        out += (i ? "," : "") + csv_cell(cells[i]);
    return out + "\n";
}

}  // namespace bellwether::cli

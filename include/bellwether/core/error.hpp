#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bellwether {

/// Where in a file a reader must look. 1-based as editors count; 0 = unknown.
struct Location {
    std::string file;
    int line = 0;
    int column = 0;
    friend bool operator==(const Location&, const Location&) = default;
};

/// "rules/psa.yaml:14:9", without the parts that are unknown.
[[nodiscard]] std::string to_string(const Location& at);

/// One finding about an input file. The code never changes meaning once released.
struct Diagnostic {
    enum class Severity { warning, error };
    Severity severity = Severity::error;
    std::string code;  ///< "R012": row of the table in rules/CODES.md
    Location at;
    std::string what;  ///< what is wrong, quoting the offending value
    std::string hint;  ///< what to write instead; never empty for errors
};

/// "rules/psa.yaml:14:9: error R012: unknown key 'untill'; did you mean 'until'?"
[[nodiscard]] std::string to_string(const Diagnostic& d);

/// The diagnostic, then the source line and a caret under the place. `text` is the whole file.
[[nodiscard]] std::string with_snippet(const Diagnostic& d, std::string_view text);

/// All findings of one input, in the order of the file.
struct Findings {
    std::vector<Diagnostic> list;
    void error(std::string code, Location at, std::string what, std::string hint);
    void warning(std::string code, Location at, std::string what, std::string hint);
    [[nodiscard]] bool ok() const noexcept;  ///< no error; warnings may stand
    void sort();                             ///< by file, line, column; stable
};

/// Operation given up. `code` as in Diagnostic; what() is "code: message".
class Error : public std::runtime_error {
public:
    Error(std::string code, const std::string& message)
        : std::runtime_error(code + ": " + message), code_(std::move(code)) {}
    [[nodiscard]] const std::string& code() const noexcept { return code_; }

private:
    std::string code_;
};

/// An input could not be used: carries every finding. what() is all of them, one a line.
class InputError : public Error {
public:
    explicit InputError(Findings findings);
    [[nodiscard]] const Findings& findings() const noexcept { return findings_; }

private:
    Findings findings_;
};

}  // namespace bellwether

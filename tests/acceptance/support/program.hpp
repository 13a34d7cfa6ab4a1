#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

/// Drives the built program as a person or cron would: a shell, a folder of files, stdout, stderr and the
/// exit code.
namespace acceptance {

struct Result {
    int code = -1;
    std::string out, err;
};

/// A folder that is gone at the end of the test. Programs run in it, with `trial.db` in it as their store.
class Desk {
public:
    Desk();
    ~Desk();
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    /// @param arguments  as typed in a shell after the program's name
    [[nodiscard]] Result run(const std::string& arguments) const;
    /// A shell command; the program is "$BELLWETHER" there.
    [[nodiscard]] Result shell(const std::string& command) const;
    /// Runs and fails the test when the exit code is another. @return stdout
    std::string expect(int code, const std::string& arguments) const;  // NOLINT(modernize-use-nodiscard)

    void write(const std::string& file, const std::string& text) const;
    [[nodiscard]] std::string read(const std::string& file) const;
    [[nodiscard]] bool exists(const std::string& file) const;
    [[nodiscard]] std::filesystem::path path(const std::string& file) const { return folder_ / file; }

    /// A store of that kind with one patient, P1, whose day zero is 2024-01-01, and the profiles labs.yaml
    /// and patients.yaml in the folder. Where `rule`, the rule ctdna-high (2% or more) holds from that day
    /// on.
    void prepare(const std::string& kind, bool rule = true) const;
    /// Writes `rows` below the header of labs.yaml to a file of its own name and takes it in as history.
    void results(const std::string& file, const std::string& rows) const;
    /// The whole ledger as of now.
    [[nodiscard]] nlohmann::json alerts() const;

private:
    std::filesystem::path folder_;
};

/// The header of the files that labs.yaml reads.
inline const std::string lab_header = "patient,taken,channel,value,unit,accession,status,released\n";

/// One result of ctDNA of P1 in that format, released at noon of `released`.
[[nodiscard]] std::string ctdna(const std::string& taken, const std::string& value,
                                const std::string& accession, const std::string& status,
                                const std::string& released);

}  // namespace acceptance

#include "acceptance/support/program.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>
#include <sys/wait.h>

namespace acceptance {
namespace fs = std::filesystem;

namespace {

const char* const patients_profile = R"(schema: 1
profile: patients
kind: patients
dates: {format: iso}
columns: {patient: patient, day_zero: day_zero, released: released}
constant: {trial: ACCEPTANCE}
)";

const char* const labs_profile = R"(schema: 1
profile: labs
kind: observations
dates: {format: iso}
columns: {patient: patient, taken: taken, channel: channel, value: value, unit: unit, accession: accession,
          status: status, released: released}
channels:
  ctdna: {channel: ctdna}
  crp: {channel: crp}
)";

const char* const rules = R"(schema: 1
groups:
  - name: acceptance
    rules:
      - alert: ctdna-high
        title: ctDNA at 2% or more
        maturity: sandbox
        when: value(ctdna) >= 2 %
        severity: review
        respond: {role: clinician, within: 7d}
        propose: {kind: confirm}
        summary: "ctDNA {value(ctdna):.1f}"
        illustrative: true
        notes: the 2% is illustrative
)";

std::string text_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string quoted(const fs::path& p) {
    return "'" + p.string() + "'";
}

}  // namespace

Desk::Desk() {
    std::string name = (fs::temp_directory_path() / "bellwether-acceptance-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
}

Desk::~Desk() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

Result Desk::shell(const std::string& command) const {
    const std::string line = "cd " + quoted(folder_) +
                             " && export BELLWETHER='" BELLWETHER_PROGRAM
                             "' BELLWETHER_DB=trial.db && unset BELLWETHER_HOME && { " +
                             command + "\n} >.stdout 2>.stderr </dev/null";
    const int status = std::system(line.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(folder_ / ".stdout"),
            text_of(folder_ / ".stderr")};
}

Result Desk::run(const std::string& arguments) const {
    return shell("\"$BELLWETHER\" " + arguments);
}

std::string Desk::expect(int code, const std::string& arguments) const {
    const auto r = run(arguments);
    INFO("bellwether " << arguments << "\nstdout: " << r.out << "\nstderr: " << r.err);
    REQUIRE(r.code == code);
    return r.out;
}

void Desk::write(const std::string& file, const std::string& text) const {
    fs::create_directories((folder_ / file).parent_path());
    std::ofstream(folder_ / file, std::ios::binary) << text;
}

std::string Desk::read(const std::string& file) const {
    return text_of(folder_ / file);
}

bool Desk::exists(const std::string& file) const {
    return fs::exists(folder_ / file);
}

void Desk::prepare(const std::string& kind, bool rule) const {
    write("patients.yaml", patients_profile);
    write("labs.yaml", labs_profile);
    write("rules/acceptance.yaml", rules);
    write("patients.csv", "patient,day_zero,released\nP1,2024-01-01,2024-01-01T00:00Z\n");
    const bool live = kind == "live";
    expect(0, "init --kind " + kind);
    expect(0, std::string("ingest patients.csv --profile patients.yaml") + (live ? "" : " --backfill"));
    if (rule) expect(0, std::string("rules activate rules") + (live ? "" : " --from 2024-01-01"));
}

void Desk::results(const std::string& file, const std::string& rows) const {
    write(file, lab_header + rows);
    expect(0, "ingest " + file + " --profile labs.yaml --backfill");
}

nlohmann::json Desk::alerts() const {
    return nlohmann::json::parse(expect(0, "alerts list --all --format json")).at("alerts");
}

std::string ctdna(const std::string& taken, const std::string& value, const std::string& accession,
                  const std::string& status, const std::string& released) {
    return "P1," + taken + ",ctdna," + value + ",%," + accession + "," + status + "," + released +
           "T12:00Z\n";
}

}  // namespace acceptance

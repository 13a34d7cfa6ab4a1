#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "acceptance/support/program.hpp"

// The contract of the command line: exit codes, help, formats, and the care of the store.

using namespace acceptance;
using nlohmann::json;

namespace {

const std::vector<std::string> commands = {"init",
                                           "channel list",
                                           "channel add",
                                           "channel bridge",
                                           "ingest",
                                           "feed check",
                                           "quarantine list",
                                           "quarantine show",
                                           "quarantine retry",
                                           "quarantine drop",
                                           "fit",
                                           "model show",
                                           "model activate",
                                           "model predict",
                                           "model simulate",
                                           "model check",
                                           "model compare",
                                           "model bootstrap",
                                           "rules check",
                                           "rules test",
                                           "rules features",
                                           "rules activate",
                                           "rules list",
                                           "scan",
                                           "replay",
                                           "evaluate",
                                           "alerts list",
                                           "alerts show",
                                           "alerts ack",
                                           "alerts dismiss",
                                           "alerts resolve",
                                           "alerts snooze",
                                           "alerts reset",
                                           "patient list",
                                           "patient show",
                                           "report weekly",
                                           "study summary",
                                           "simulate",
                                           "trail show",
                                           "doctor",
                                           "backup",
                                           "restore"};

void with_one_alert(const Desk& desk) {
    desk.prepare("simulated");
    desk.results("first.csv", ctdna("2024-02-10", "3", "A1", "final", "2024-02-11"));
    desk.expect(0, "scan --as-of 2024-02-20");
}

}  // namespace

TEST_CASE("a command line that is wrong leaves with 2 and names what could have been meant") {
    const Desk desk;
    for (const auto& [line, hint] : std::vector<std::pair<std::string, std::string>>{
             {"scann", "'scan'"}, {"alerts lst", "'list'"}, {"scan --as-off 2024-01-01", "'--as-of'"}}) {
        const auto r = desk.run(line);
        INFO(line << "\n" << r.err);
        CHECK(r.code == 2);
        CHECK(r.err.find(hint) != std::string::npos);
        CHECK(r.out.empty());
    }
    with_one_alert(desk);
    CHECK(desk.run("scan --as-of 2199-01-01").code == 2);
    CHECK(desk.run("scan --as-of yesterday").code == 2);
    CHECK(desk.run("ingest --profile labs.yaml").code == 2);
}

TEST_CASE("a store that is missing leaves with 1 and is not created") {
    const Desk desk;
    for (const auto* line : {"doctor", "alerts list", "patient list", "scan", "report weekly"}) {
        const auto r = desk.run(line);
        INFO(line << "\n" << r.err);
        CHECK(r.code == 1);
        CHECK_FALSE(desk.exists("trial.db"));
    }
}

TEST_CASE("while another run holds the store a run leaves with 4, and with --wait it waits") {
    const Desk desk;
    with_one_alert(desk);
    const auto held = desk.shell("flock trial.db.lock \"$BELLWETHER\" scan --as-of 2024-02-25");
    INFO(held.err);
    CHECK(held.code == 4);
    CHECK(desk.shell("flock trial.db.lock \"$BELLWETHER\" alerts list").code == 0);  // reading needs no lock
    const auto waited = desk.shell(
        "flock trial.db.lock sleep 1 &\nsleep 0.3\n\"$BELLWETHER\" scan --wait; c=$?; wait; exit $c");
    INFO(waited.err);
    CHECK(waited.code == 0);
}

TEST_CASE("each command explains itself with examples") {
    const Desk desk;
    for (const auto& command : commands) {
        const auto out = desk.expect(0, command + " --help");
        INFO(command);
        CHECK(out.find("Examples:\n  ") != std::string::npos);
        CHECK(out.find("bellwether " + command) != std::string::npos);
    }
}

TEST_CASE("lists in JSON parse and say what kind of store they are of") {
    const Desk desk;
    with_one_alert(desk);
    for (const auto* line :
         {"channel list", "quarantine list", "rules list", "alerts list", "patient list", "doctor"}) {
        INFO(line);
        const auto j = json::parse(desk.expect(0, std::string(line) + " --format json"));
        CHECK(j.at("store") == "simulated");
    }
    CHECK(json::parse(desk.expect(0, "trail show --format json")).at("whole") == true);
    for (const auto* line : {"report weekly --as-of 2024-02-20", "patient show P1 --as-of 2024-02-20"}) {
        INFO(line);
        CHECK(json::parse(desk.expect(0, std::string(line) + " --format json")).is_object());
    }
}

TEST_CASE("a store that is not live says so in what people read, and a live one does not") {
    const Desk simulated, live;
    with_one_alert(simulated);
    live.prepare("live");
    const auto* const word = "imulated";
    for (const auto* line : {"alerts list", "quarantine list", "patient list", "channel list", "rules list",
                             "doctor", "trail show", "scan", "patient show P1", "report weekly",
                             "patient show P1 --format html", "report weekly --format html"}) {
        INFO(line);
        CHECK(simulated.expect(0, line).find(word) != std::string::npos);
        CHECK(live.expect(0, line).find(word) == std::string::npos);
    }
}

TEST_CASE("what is piped holds no escape sequence, and quiet runs print nothing") {
    const Desk desk;
    with_one_alert(desk);
    for (const auto* line :
         {"alerts list", "patient show P1", "report weekly --as-of 2024-02-20", "doctor"}) {
        const auto r = desk.run(line);
        INFO(line);
        CHECK((r.out + r.err).find('\x1b') == std::string::npos);
    }
    desk.write("more.csv", lab_header + ctdna("2024-03-10", "4", "A2", "final", "2024-03-11"));
    for (const auto* line :
         {"ingest more.csv --profile labs.yaml --backfill --quiet", "scan --quiet --as-of 2024-03-12"}) {
        const auto r = desk.run(line);
        INFO(line);
        CHECK(r.code == 0);
        CHECK(r.out.empty());
        CHECK(r.err.empty());
    }
}

TEST_CASE("a damaged store is refused, and its backup restores the same ledger") {
    const Desk desk;
    with_one_alert(desk);
    const auto ledger = desk.expect(0, "alerts list --all --format csv");
    desk.expect(0, "backup copy.db");
    {
        std::fstream file(desk.path("trial.db"), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(20);
        file << std::string(60000, 'x');
    }
    for (const auto* line : {"doctor", "alerts list", "scan"}) {
        const auto r = desk.run(line);
        INFO(line << "\n" << r.out << r.err);
        CHECK(r.code == 1);
        CHECK_FALSE((r.out + r.err).empty());
    }
    desk.write("broken.db", "this is no backup");
    CHECK(desk.run("restore broken.db").code == 1);
    desk.expect(0, "restore copy.db");
    CHECK(desk.expect(0, "alerts list --all --format csv") == ledger);
    desk.expect(0, "doctor");
    desk.expect(0, "trail show");
    CHECK(desk.exists("trial.db.before-restore"));
}

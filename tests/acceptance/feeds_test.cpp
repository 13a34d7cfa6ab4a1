#include <catch2/catch.hpp>

#include "acceptance/support/program.hpp"

using namespace acceptance;
using nlohmann::json;

namespace {

/// 1,000 results of one patient, of which the one on line 501 says "hundred" where a number belongs.
std::string thousand_rows() {
    std::string text = lab_header;
    for (int i = 0; i < 1000; ++i) {
        const std::string day = std::to_string(1 + i % 28);
        const std::string month = std::to_string(1 + i / 28 % 12);
        text += "P1,2024-" + std::string(month.size() < 2 ? "0" : "") + month + "-" +
                (day.size() < 2 ? "0" : "") + day + ",crp," +
                (i == 499 ? "hundred" : std::to_string(1 + i % 90)) + ",mg/L,C" + std::to_string(i) +
                ",final,2025-01-01T00:00Z\n";
    }
    return text;
}

json quarantine(const Desk& desk) {
    return json::parse(desk.expect(0, "quarantine list --format json")).at("quarantine");
}

/// Number of versions in the store, by the ledger of feeds: what every ingest took.
std::int64_t taken(const Desk& desk) {
    std::int64_t sum = 0;
    const std::string trail = desk.expect(0, "trail show");
    const std::string mark = ", taken ";
    for (auto at = trail.find(mark); at != std::string::npos; at = trail.find(mark, at + 1))
        sum += std::stoll(trail.substr(at + mark.size()));
    return sum;
}

}  // namespace

TEST_CASE(
    "of 1,000 rows with a bad one 999 are taken and the exit code and the quarantine tell of the other") {
    const Desk desk;
    desk.prepare("simulated", false);
    const auto at_first = taken(desk);
    desk.write("labs.csv", thousand_rows());
    const auto r = desk.run("ingest labs.csv --profile labs.yaml --backfill --format json");
    INFO(r.out << r.err);
    CHECK(r.code == 3);
    CHECK(r.err.find("labs.csv:501:19: ") !=
          std::string::npos);  // the value begins at the 19th character of its line
    CHECK(taken(desk) - at_first == 999);
    const auto rows = quarantine(desk);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].at("file") == "labs.csv");
    CHECK(rows[0].at("line") == 501);
    CHECK(rows[0].at("column") == 19);

    SECTION("the same file again changes nothing and is no failure") {
        const auto trail = desk.expect(0, "trail show --format csv");
        const auto patient = desk.expect(0, "patient show P1 --format json --as-of 2025-06-01");
        const auto again = desk.expect(0, "ingest labs.csv --profile labs.yaml --backfill");
        CHECK(again.find("seen before") != std::string::npos);
        CHECK(desk.expect(0, "trail show --format csv") == trail);
        CHECK(desk.expect(0, "patient show P1 --format json --as-of 2025-06-01") == patient);
        CHECK(quarantine(desk) == rows);
    }
    SECTION("the same rows under another name and in another order are duplicates") {
        auto text = thousand_rows();
        text += "P1,2024-01-01,crp,1,mg/L,C0,final,2025-01-01T00:00Z\n";
        desk.write("again.csv", text);
        desk.expect(3, "ingest again.csv --profile labs.yaml --backfill");
        CHECK(taken(desk) - at_first == 999);
    }
    SECTION("the row is mended and retried: taken, and the quarantine is empty") {
        const auto id = std::to_string(rows[0].at("id").get<int>());
        const auto wrong = desk.run("quarantine retry " + id);
        CHECK(wrong.code == 3);
        CHECK(quarantine(desk).size() == 1);
        desk.expect(
            0, "quarantine retry " + id + " --row 'P1,2024-06-24,crp,100,mg/L,C499,final,2025-01-01T00:00Z'");
        CHECK(desk.expect(0, "quarantine list").find("quarantine is empty") != std::string::npos);
        CHECK(taken(desk) - at_first == 1000);
        CHECK(desk.run("quarantine retry " + id).code == 1);  // it is no longer open
    }
    SECTION("the row is given up, with a reason that the trail keeps") {
        const auto id = std::to_string(rows[0].at("id").get<int>());
        CHECK(desk.run("quarantine drop " + id).code == 2);  // without a reason
        desk.expect(0, "quarantine drop " + id + " --why 'test sample'");
        CHECK(quarantine(desk).empty());
        CHECK(desk.expect(0, "trail show").find("test sample") != std::string::npos);
    }
}

TEST_CASE("an inbox sorts its files into done and rejected and leaves unfinished ones alone") {
    const Desk desk;
    desk.prepare("live", false);
    desk.write("inbox/a_labs.csv", lab_header + ctdna("2024-01-10", "1", "A1", "final", "2024-01-11"));
    desk.write("inbox/b_labs.csv", lab_header + ctdna("2024-01-10", "many", "A2", "final", "2024-01-11"));
    desk.write("inbox/c_labs.csv", "these,are,other,columns\n1,2,3,4\n");
    desk.write("inbox/unknown.csv", "x\n1\n");
    desk.write("inbox/d_labs.csv.part", lab_header);
    desk.write("inbox/.e_labs.csv", lab_header);
    const auto r = desk.run("ingest --inbox inbox --profile labs.yaml --profile patients.yaml");
    INFO(r.out << r.err);
    CHECK(r.code == 3);
    for (const auto* file : {"done/a_labs.csv", "done/b_labs.csv", "rejected/c_labs.csv",
                             "rejected/unknown.csv", "d_labs.csv.part", ".e_labs.csv"}) {
        INFO(file);
        CHECK(desk.exists(std::string("inbox/") + file));
    }
    CHECK_FALSE(desk.exists("inbox/a_labs.csv"));
    CHECK(quarantine(desk).size() == 1);
    CHECK(desk.run("ingest --inbox inbox --profile labs.yaml").code == 0);  // nothing waits any more
}

TEST_CASE("a file from standard input and a compressed one are taken like others") {
    const Desk desk;
    desk.prepare("live", false);
    desk.write("labs.csv", lab_header + ctdna("2024-01-10", "1", "A1", "final", "2024-01-11"));
    const auto piped = desk.shell("cat labs.csv | \"$BELLWETHER\" ingest - --profile labs.yaml");
    CHECK(piped.code == 0);
    CHECK(piped.out.find("1 taken") != std::string::npos);
    desk.write("more.csv", lab_header + ctdna("2024-01-11", "1", "A2", "final", "2024-01-12"));
    const auto packed = desk.shell("gzip more.csv && \"$BELLWETHER\" ingest more.csv.gz --profile labs.yaml");
    CHECK(packed.code == 0);
    CHECK(packed.out.find("1 taken") != std::string::npos);
}

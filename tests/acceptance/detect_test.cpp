#include <cmath>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "acceptance/support/program.hpp"
#include "drift/support/nile.hpp"

// A plain series, no store: when did its level change? And the same detectors in rules.

using namespace acceptance;
using nlohmann::json;

namespace {

std::string nile_csv() {
    std::string out = "time,value\n";
    for (std::size_t i = 0; i < small::nile.size(); ++i)
        out += fmt::format("{},{}\n", 1871 + i, small::nile[i]);
    return out;
}

}  // namespace

TEST_CASE("detect says that the Nile fell after 1898, by each method") {
    const Desk desk;
    desk.write("nile.csv", nile_csv());
    const auto csv = desk.expect(0, "detect nile.csv --format csv");
    CHECK(csv.starts_with("method,time,after,seen,direction,score\ncusum,1899,1898,1902,down,5.4661"));
    CHECK(csv.find("\newma,1899,1898,1902,down,2.98") != std::string::npos);
    CHECK(csv.find("\nchangepoint,1899,1898,NA,down,0.7435") != std::string::npos);
    const auto all = json::parse(desk.expect(0, "detect nile.csv --format json"));
    CHECK(all["changes"].size() == 3);
    CHECK(all["scores"].size() == 100);
    CHECK(all["scores"][0]["z"].is_null());
    CHECK(all["charts"][0]["readings_per_false_signal"].get<double>() == Approx(465.4435060321));
    // The same from standard input, as JSON, by one method.
    json series;
    for (std::size_t i = 0; i < small::nile.size(); ++i)
        series["time"].push_back(1871 + i), series["value"].push_back(small::nile[i]);
    desk.write("nile.json", series.dump(2));
    const auto piped = desk.shell("\"$BELLWETHER\" detect - --method cusum --format csv < nile.json");
    CHECK(piped.code == 0);
    CHECK(piped.out == csv.substr(0, csv.find("ewma")));
    CHECK(desk.expect(0, "detect nile.csv").find("1899   1898  1902  down") != std::string::npos);
    CHECK(desk.expect(0, "detect nile.csv --what scores --format csv --method ewma")
              .starts_with("time,value,ewma\n1871,1120,NA\n"));
}

TEST_CASE("detect takes limits from a wanted rate of false signals, and a known baseline") {
    const Desk desk;
    desk.write("nile.csv", nile_csv());
    const auto charts =
        json::parse(desk.expect(0, "detect nile.csv --arl 500 --what charts --format json"))["charts"];
    CHECK(charts[0]["limit"].get<double>() == Approx(5.0707038548));
    CHECK(charts[1]["readings_per_false_signal"].get<double>() == Approx(500));
    const auto known = json::parse(desk.expect(
        0,
        "detect nile.csv --mean 1100 --sd 130 --method cusum --k 0.25 --h 8 --what changes --format json"));
    CHECK(known["changes"][0]["time"] == 1899);
    desk.write("ctdna.csv",
               "time,value\n2024-01-01,1.0\n2024-01-22,1.2\n2024-02-12,0.9\n2024-03-04,1.1\n2024-03-25,<0.5\n"
               "2024-04-15,0.95\n2024-05-06,3.0\n2024-05-27,2.8\n2024-06-17,3.3\n");
    CHECK(desk.expect(0, "detect ctdna.csv --log --method changepoint --format csv")
              .find("changepoint,2024-05-06,2024-04-15,NA,up,") != std::string::npos);
}

TEST_CASE("detect says what is wrong, and where") {
    const Desk desk;
    desk.write("bad.csv", "time,value\n1,2\n2,high\n");
    const auto bad = desk.run("detect bad.csv");
    CHECK(bad.code == 3);
    CHECK(bad.out.empty());
    CHECK(bad.err.find("bad.csv:3:3: error P063: 'high' is no value") != std::string::npos);
    desk.write("short.csv", "time,value\n1,2\n2,3\n");
    const auto brief = desk.run("detect short.csv");
    CHECK(brief.code == 1);
    CHECK(brief.err.find("D012: 2 measured readings; the baseline needs 4, and one more is judged") !=
          std::string::npos);
    CHECK(desk.run("detect none.csv").code == 1);
    for (const char* options : {"--mean 3", "--arl 500 --h 4", "--h 0", "--k x", "--method cumsum",
                                "--what score", "--expected-run 1", "--sd -1 --mean 2", "--arl 1e12"}) {
        CAPTURE(options);
        desk.write("nile.csv", nile_csv());
        CHECK(desk.run(std::string("detect nile.csv ") + options).code == 2);
    }
    CHECK(desk.expect(0, "detect --help").find("bellwether detect ctdna.csv --log") != std::string::npos);
}

TEST_CASE("rules use the detectors, rules test and rules features know them") {
    const Desk desk;
    desk.write("ctdna.yaml", R"(schema: 1
groups:
  - name: molecular
    rules:
      - alert: ctdna-off-its-level
        title: ctDNA has left its own level
        maturity: sandbox
        when: cusum(ctdna, 0.5, 4) > 0 and changepoint(ctdna, 84d) >= 0.5 and detected(ctdna)
        severity: review
        illustrative: true
        summary: "CUSUM {cusum(ctdna, 0.5, 4):.1f} sd over its limit"
)");
    desk.write("ctdna.test.yaml", R"(rules: ctdna.yaml
tests:
  - name: three of four readings are no baseline
    series: {ctdna: "0:1.0 21:1.2 42:0.9"}
    at: {42d: []}
  - name: a lasting rise is seen at its second reading, a single high sample is not
    series: {ctdna: "0:1.0 21:1.2 42:0.9 63:1.1 84:1.0 105:0.95 126:1.05 147:3.0 168:2.8 189:3.3"}
    at: {126d: [], 147d: [], 168d: [ctdna-off-its-level], 189d: [ctdna-off-its-level]}
  - name: a fall is none of its business
    series: {ctdna: "0:1.0 21:1.2 42:0.9 63:1.1 84:1.0 105:0.3 126:0.25 147:0.2"}
    at: {147d: []}
)");
    const auto tested = desk.run("rules test ctdna.test.yaml");
    CAPTURE(tested.out, tested.err);
    CHECK(tested.code == 0);
    const auto features = desk.expect(0, "rules features");
    for (const char* f : {"cusum(channel, k, h)", "ewma(channel, lambda, c)", "changepoint(channel, window)"})
        CHECK(features.find(f) != std::string::npos);
    auto wrong = desk.read("ctdna.yaml");
    wrong.replace(wrong.find("0.5, 4) > 0"), 6, "0.5, 0");
    desk.write("wrong.yaml", wrong);
    const auto checked = desk.run("rules check wrong.yaml");
    CHECK(checked.code == 3);
    CHECK(checked.err.find(
              "wrong.yaml:8:15: error R014: cusum(ctdna, 0.5, 0): h must lie above 0 and up to 100") !=
          std::string::npos);
}

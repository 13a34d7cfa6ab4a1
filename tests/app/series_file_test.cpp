#include "bellwether/app/series_file.hpp"

#include <catch2/catch.hpp>

using namespace bellwether;
using app::read_series;

namespace {

app::SeriesFile good(const std::string& text, bool log = false) {
    Findings findings;
    auto series = read_series(text, "s", log, findings);
    for (const auto& d : findings.list)
        FAIL_CHECK(to_string(d));
    return series;
}

std::vector<std::string> findings_of(const std::string& text, bool log = false) {
    Findings findings;
    (void)read_series(text, "s", log, findings);
    std::vector<std::string> out;
    for (const auto& d : findings.list)
        out.push_back(to_string(d));
    return out;
}

using Lines = std::vector<std::string>;
const std::vector<Reading> three{{1.5, Censor::none}, {0.1, Censor::left}, {1000, Censor::right}};

}  // namespace

TEST_CASE("read_series: CSV and both forms of JSON say the same", "[app][series_file]") {
    for (const std::string text :
         {"time,value\n2024-01-01,1.5\n2024-01-22,<0.1\n2024-02-01,\n2024-02-12,>1000\n",
          "\xEF\xBB\xBFsite, value ,time\r\nA,1.5,2024-01-01\r\nB, < "
          "0.1,2024-01-22\r\nC,NA,2024-02-01\r\nA,\">1000\","
          "2024-02-12\r\n",
          "{\"time\":[\"2024-01-01\",\"2024-01-22\",\"2024-02-01\",\"2024-02-12\"],\n\t\"value\":[1.5,\"<0."
          "1\",null,"
          "\">1000\"],\"unit\":\"%\"}",
          " [ {\"time\": \"2024-01-01\", \"value\": 1.5}, {\"value\": \"<0.1\", \"time\": \"2024-01-22\"},\n"
          "{\"time\": \"2024-02-01\", \"value\": null}, {\"time\": \"2024-02-12\", \"value\": \">1000\"} "
          "]\n"}) {
        CAPTURE(text);
        const auto series = good(text);
        CHECK(series.time == Lines{"2024-01-01", "2024-01-22", "2024-02-12"});
        CHECK(series.readings == three);
    }
    CHECK(good("time,value\n-1,2\n0.5,3e2\n0.5,4\n").time == Lines{"-1", "0.5", "0.5"});
    CHECK(good("time,value\n1,<0.1\n", true).readings[0].value == 0.1);
}

TEST_CASE("read_series: every fault with its line and column", "[app][series_file][error]") {
    CHECK(
        findings_of("time,value\n1,2\nx,3\n2024-01-01,4\n0,5\n3,1;5\n4,\"0,5\"\n") ==
        Lines{
            "s:3:1: error P061: 'x' is no time; write all times as numbers, or all as dates like 2024-03-01",
            "s:4:1: error P061: '2024-01-01' among numbers; write all times as numbers, or all as dates like "
            "2024-03-01",
            "s:5:1: error P062: time 0 after 1; sort the rows by time",
            "s:6:3: error P063: '1;5' is no value; write a number with a decimal point, <0.1 or >1000, or "
            "leave "
            "it empty",
            "s:7:4: error P063: '0,5' is no value; write a number with a decimal point, <0.1 or >1000, or "
            "leave "
            "it empty"});
    CHECK(
        findings_of("time,value\n1,2\n2,0\n", true) ==
        Lines{
            "s:3:3: error P064: 0 has no logarithm; write a value below its limit of detection as <LIMIT, or "
            "leave out --log"});
    CHECK(findings_of("Time,vlaue\n1,2\n") ==
          Lines{"s:1:1: error P060: no column 'time'; did you mean 'Time'? write time",
                "s:1:1: error P060: no column 'value'; did you mean 'vlaue'?"});
    CHECK(findings_of("time,value\n1,2,3\n") == Lines{"s:2:1: error F005: 3 fields where the header has 2; "
                                                      "give each row as many fields as the header"});
    CHECK(findings_of("") ==
          Lines{"s:1:1: error P066: the series is empty; write a time and a value for each reading"});
    CHECK(findings_of("time,value\n1,\n") == Lines{"s:1:1: error P066: no row of the series has a value; "
                                                   "write a time and a value for each reading"});
}

TEST_CASE("read_series: faults of JSON too", "[app][series_file][error]") {
    CHECK(
        findings_of("{\"time\": [1, 2],\n \"value\": [3]}") ==
        Lines{"s:2:11: error P065: 1 values for 2 times; give each time a value; null where there is none"});
    CHECK(
        findings_of("[{\"time\": 1,\n  \"value\": \"high\"}]") ==
        Lines{
            "s:2:13: error P063: 'high' is no value; write a number with a decimal point, <0.1 or >1000, or "
            "leave it empty"});
    CHECK(findings_of("[{\"tme\": 1, \"value\": 2}]").at(0) ==
          "s:1:2: error P060: no key 'time'; did you mean 'tme'?");
    CHECK(findings_of("[1, 2]").at(0) ==
          "s:1:2: error P065: an element that is no object; write {\"time\": ..., \"value\": ...} for each "
          "reading");
    CHECK(findings_of("{\"time\": 1, \"value\": [2]}").at(0) ==
          "s:1:10: error P065: not an array; write [a, b, ...]");
    CHECK(findings_of("{\"time\": [[1]], \"value\": [2]}").at(0) ==
          "s:1:11: error P065: an array or object where a time or value belongs; write a number or a text");
    CHECK(findings_of("{\"time\": [1, \"value\": [2]}").at(0).find("error Y001") != std::string::npos);
}

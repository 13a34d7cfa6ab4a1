#include "bellwether/record/channel.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "bellwether/core/text.hpp"

namespace bellwether {
namespace {

Findings findings_of(const std::string& text) {
    Findings f;
    (void)read_catalogue(text, "c.yaml", f);
    return f;
}

std::string with(const std::string& properties) {
    return "schema: 1\nchannels:\n  x:\n    title: X\n    group: blood\n    source: illustrative\n" +
           properties;
}

}  // namespace

TEST_CASE("read_catalogue: every property arrives", "[record][channel]") {
    Findings f;
    const auto c =
        read_catalogue(with("    unit: \"%\"\n    scale: log\n    harm: up\n    says: own_baseline\n"
                            "    lod: 0.1\n    range: [0, 100]\n    stale_after: 9w\n    derived: true\n"
                            "    loinc: [\"81258-6\"]\n"),
                       "c.yaml", f);
    for (const auto& d : f.list)
        UNSCOPED_INFO(to_string(d));
    REQUIRE(f.list.empty());
    REQUIRE(c.size() == 1);
    Channel expected;
    expected.name = "x", expected.title = "X", expected.unit = "%", expected.group = "blood";
    expected.scale = Scale::log, expected.harm = Harm::up, expected.says = Says::own_baseline;
    expected.lod = 0.1, expected.low = 0, expected.high = 100, expected.stale_after = 63;
    expected.derived = true, expected.source = "illustrative", expected.loinc = {"81258-6"};
    CHECK(c.at("x") == expected);
    CHECK(names(c) == std::vector<std::string>{"x"});
}

TEST_CASE("read_catalogue: findings name place, code and what to write", "[record][channel][error]") {
    const auto unit = findings_of(with("    unit: furlong\n"));
    REQUIRE(unit.list.size() == 1);
    CHECK(unit.list[0].code == "K001");
    CHECK(unit.list[0].what == "unknown unit 'furlong'");
    CHECK(unit.list[0].at == Location{"c.yaml", 7, 11});

    const auto spelling = findings_of(with("    unit: 10^9/L\n"));
    REQUIRE(spelling.list.size() == 1);
    CHECK(to_string(spelling.list[0]) ==
          "c.yaml:7:11: error K001: unit '10^9/L' is not in its canonical spelling; write '10*9/L'");

    const auto range = findings_of(with("    unit: mm\n    range: [5, 1]\n"));
    REQUIRE(range.list.size() == 1);
    CHECK(range.list[0].code == "K002");
    CHECK(range.list[0].what == "range is upside down: 5 to 1");
    CHECK(range.list[0].at.line == 8);

    for (const char* bad :
         {"    unit: mm\n    scale: log\n", "    unit: mm\n    scale: log\n    range: [-1, 4]\n"}) {
        const auto log = findings_of(with(bad));
        REQUIRE(log.list.size() == 1);
        CHECK(log.list[0].code == "K003");
        CHECK_FALSE(log.list[0].hint.empty());
    }
    CHECK(findings_of(with("    unit: mm\n    harms: up\n")).list.at(0).code == "Y010");
    CHECK(findings_of(with("    unit: mm\n    harm: sideways\n")).list.at(0).code == "Y013");
    CHECK(findings_of(with("    unit: mm\n    range: 7\n")).list.at(0).code == "Y012");
    CHECK(findings_of(with("")).list.at(0).code == "Y011");
    CHECK(findings_of("schema: 1\nchannels: [a]\n").list.at(0).code == "Y012");
    CHECK(findings_of("schema: 2\nchannels: {}\n").list.at(0).code == "Y013");
}

TEST_CASE("read_bridges: each by its channel, and what cannot be is named", "[record][channel][error]") {
    ChannelCatalogue catalogue;
    catalogue["ctdna"], catalogue["psa"], catalogue["target_sum"].derived = true;
    const auto read = [&](const std::string& list, Findings& f) {
        return read_bridges("schema: 1\nbridges:\n" + list, "b.yaml", catalogue, f);
    };
    Findings none;
    const auto all = read(
        "  - {channel: ctdna, from: A/L, to: B, factor: 1.5, source: illustrative}\n"
        "  - {channel: ctdna, from: B, to: C, factor: 2, source: illustrative}\n",
        none);
    CHECK(none.list.empty());
    CHECK(all.size() == 1);
    CHECK(all.at("ctdna") ==
          std::vector<Bridge>{{"A/L", "B", 1.5, "illustrative"}, {"B", "C", 2.0, "illustrative"}});
    const auto complaint = [&](const std::string& list) {
        Findings f;
        (void)read(list, f);
        return f.list.empty() ? std::string("none") : to_string(f.list.front());
    };
    CHECK(
        complaint("  - {channel: ctdan, from: A, to: B, factor: 1, source: x}\n") ==
        "b.yaml:3:5: error K004: bridge of channel 'ctdan', which the catalogue does not have; did you mean "
        "'ctdna'?");
    CHECK_THAT(complaint("  - {channel: target_sum, from: A, to: B, factor: 1, source: x}\n"),
               Catch::Contains("K004") && Catch::Contains("derived"));
    CHECK_THAT(complaint("  - {channel: psa, from: A, to: A, factor: 1, source: x}\n"),
               Catch::Contains("K005") && Catch::Contains("itself"));
    CHECK_THAT(complaint("  - {channel: psa, from: A, to: B, factor: 1, source: x}\n"
                         "  - {channel: psa, from: B, to: A, factor: 1, source: x}\n"),
               Catch::Contains("b.yaml:4") && Catch::Contains("K005"));
    CHECK_THAT(complaint("  - {channel: psa, from: A, to: B, factor: 0, source: x}\n"),
               Catch::Contains("Y013"));
    CHECK_THAT(complaint("  - {channel: psa, from: A, to: B, factor: 1}\n"), Catch::Contains("Y011"));
}

TEST_CASE("docs/assays.md: its example is one", "[record][channel]") {
    const std::string page = read_text(BELLWETHER_SOURCE_DIR "/docs/assays.md");
    const auto begin = page.find("```yaml\n") + 8, end = page.find("```", begin);
    REQUIRE(end != std::string::npos);
    Findings f;
    const auto catalogue = read_catalogue(read_text(BELLWETHER_SOURCE_DIR "/models/channels.yaml"), "c", f);
    CHECK(read_bridges(page.substr(begin, end - begin), "assays.md", catalogue, f).size() == 1);
    CHECK(f.list.empty());
}

TEST_CASE("models/channels.yaml: reads without a finding and holds what the models name",
          "[record][channel]") {
    const std::string path = BELLWETHER_SOURCE_DIR "/models/channels.yaml";
    Findings f;
    const auto c = read_catalogue(read_text(path), path, f);
    for (const auto& d : f.list)
        UNSCOPED_INFO(to_string(d));
    CHECK(f.list.empty());
    for (const char* name : {"ctdna", "sld", "psa"})
        CHECK(c.at(name).says == Says::rate);
    for (const char* name : {"exhaustion_norm", "mdsc", "treg"})
        CHECK(c.at(name).says == Says::own_baseline);
    for (const char* name : {"nlr", "dnlr", "ldh_ratio", "target_sum", "exhaustion_norm"})
        CHECK(c.at(name).derived);
    CHECK(c.at("testosterone").unit == "nmol/L");
    std::vector<std::string> codes;
    for (const auto& [name, channel] : c) {
        CAPTURE(name);
        CHECK_FALSE(channel.source.empty());
        CHECK((channel.low && channel.high));
        codes.insert(codes.end(), channel.loinc.begin(), channel.loinc.end());
    }
    std::sort(codes.begin(), codes.end());
    CHECK(std::adjacent_find(codes.begin(), codes.end()) == codes.end());
}

}  // namespace bellwether

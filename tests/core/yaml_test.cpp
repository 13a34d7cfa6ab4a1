#include "bellwether/core/yaml.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace bellwether;
using yaml::Node;

namespace {

std::vector<std::string> findings_of(const std::string& text) {
    Findings f;
    (void)yaml::parse(text, "x.yaml", f);
    std::vector<std::string> out;
    for (const auto& d : f.list)
        out.push_back(fmt::format("{}:{} {}", d.at.line, d.at.column, d.code));
    return out;
}

using Lines = std::vector<std::string>;

std::string place(const Location& at) {
    return fmt::format("{}:{}", at.line, at.column);
}

Node parsed(const std::string& text) {
    Findings f;
    auto node = yaml::parse(text, "x.yaml", f);
    REQUIRE(f.list.empty());
    return node;
}

}  // namespace

TEST_CASE("parse: each forbidden construct has its code and place", "[core][yaml][error]") {
    CHECK(findings_of("a: 1\nb: [1, 2\nc: 3\n") == Lines{"3:2 Y001"});
    CHECK(findings_of("a: 1\nb: \x01\n") == Lines{"2:4 Y001"});
    CHECK(findings_of("a: \xff\n") == Lines{"1:4 Y001"});
    CHECK(findings_of("a: &x 1\nb: *x\n") == Lines{"1:4 Y002", "2:4 Y002"});
    CHECK(findings_of("a: &a [*a]\n") == Lines{"1:4 Y002", "1:8 Y002"});
    CHECK(findings_of("a: *nowhere\n") == Lines{"1:4 Y002"});
    CHECK(findings_of("a: 1\nb: 2\na: 3\n") == Lines{"3:1 Y003"});
    CHECK(findings_of("a: {x: 1, x: 2}\n") == Lines{"1:11 Y003"});
    CHECK(findings_of("a: 1\n---\nb: 2\n") == Lines{"2:1 Y004"});
    CHECK(findings_of("[a, b]: 1\n") == Lines{"1:1 Y005"});
    CHECK(findings_of("<<: {a: 1}\n") == Lines{"1:1 Y005"});
    CHECK(findings_of("~: 1\n") == Lines{"1:1 Y005"});
    CHECK(findings_of("a: 1\nb: >-\n  folded\n  text\n") == Lines{"2:4 Y006"});
    CHECK(findings_of("a: !!str 1\n") == Lines{"1:4 Y007"});
    CHECK(findings_of("a: ! 1\n") == Lines{"1:4 Y007"});
}

TEST_CASE("parse: many defects are all found in one run", "[core][yaml][error]") {
    CHECK(findings_of("a: &x 1\na: 2\nb: > \n  t\n[c]: 1\n") ==
          Lines{"1:4 Y002", "2:1 Y003", "3:4 Y006", "5:1 Y005"});
}

TEST_CASE("parse: an alias bomb is refused without being unfolded", "[core][yaml][error]") {
    std::string text = "a0: &a0 [x, x]\n";
    for (int i = 1; i < 60; ++i)
        text += fmt::format("a{0}: &a{0} [*a{1}, *a{1}]\n", i, i - 1);
    Findings f;
    (void)yaml::parse(text, "x.yaml", f);
    CHECK(f.list.size() == 60 + 2 * 59);
}

TEST_CASE("parse: brackets nested without end are a finding, not a crash", "[core][yaml][error]") {
    Findings f;
    (void)yaml::parse(std::string(100000, '['), "x.yaml", f);
    REQUIRE(f.list.size() == 1);
    CHECK(f.list[0].code == "Y001");
}

TEST_CASE("parse: a byte order mark and CRLF lines change no place", "[core][yaml]") {
    const auto root = parsed(
        "\xEF\xBB\xBF"
        "a: 1\r\nbc: x\r\n");
    CHECK(root[1].scalar() == "x");
    CHECK(place(root[1].at()) == "2:5");
    CHECK(place(root.key_at(0)) == "1:1");
}

TEST_CASE("place: plain, quoted and block scalars are followed byte by byte", "[core][yaml]") {
    SECTION("plain") {
        const auto root = parsed("when: a and b\n");
        CHECK(place(root[0].at()) == "1:7");
        CHECK(place(root[0].place(6)) == "1:13");
    }
    SECTION("plain over two lines: the line end counts as the one blank that it folds to") {
        const auto root = parsed("when: a and\n  b or\n  c\n");
        REQUIRE(root[0].scalar() == "a and b or c");
        CHECK(place(root[0].place(6)) == "2:3");
        CHECK(place(root[0].place(11)) == "3:3");
    }
    SECTION("plain across empty lines: three line ends fold to two") {
        const auto root = parsed("k: a\n\n\n  bc\n");
        REQUIRE(root[0].scalar() == "a\n\nbc");
        CHECK(place(root[0].place(3)) == "4:3");
        CHECK(place(root[0].place(4)) == "4:4");
    }
    SECTION("double quotes with escapes") {
        const auto root = parsed("k: \"a\\t\\u00b5b\"\n");
        REQUIRE(root[0].scalar() == "a\t\u00b5b");
        CHECK(root[0].quoted());
        CHECK(place(root[0].at()) == "1:5");
        CHECK(place(root[0].place(4)) == "1:14");
    }
    SECTION("single quotes with a doubled quote") {
        const auto root = parsed("k: 'a''b'\n");
        REQUIRE(root[0].scalar() == "a'b");
        CHECK(place(root[0].place(2)) == "1:8");
    }
    SECTION("block: lines are followed, the first may be blank") {
        const auto root = parsed("m:\n  when: |\n\n    abc\n      de\n  x: 1\n");
        const auto& block = root[0][0];
        REQUIRE(block.scalar() == "\nabc\n  de\n");
        CHECK(block.quoted());
        CHECK(place(block.at()) == "3:1");
        CHECK(place(block.place(1)) == "4:5");
        CHECK(place(block.place(3)) == "4:7");
        CHECK(place(block.place(7)) == "5:7");
    }
    SECTION("columns count characters, not bytes") {
        const auto root = parsed("\u00b5\u00b5: [\u00b5, x]\n");
        CHECK(place(root[0][1].at()) == "1:9");
    }
}

TEST_CASE("as_number: decimal by from_chars, never octal, never a quoted text", "[core][yaml]") {
    Findings f;
    const auto root = parsed("a: 010\nb: 1e-3\nc: \"5\"\nd: 0x10\ne: .inf\nf: [1]\n");
    CHECK(yaml::as_integer(root[0], f) == 10);
    CHECK(yaml::as_number(root[0], f) == 10.0);
    CHECK(yaml::as_number(root[1], f) == 0.001);
    CHECK(f.list.empty());
    for (std::size_t i = 2; i < 6; ++i)
        CHECK_FALSE(yaml::as_number(root[i], f));
    REQUIRE(f.list.size() == 4);
    for (const auto& d : f.list)
        CHECK(d.code == "Y012");
    CHECK(to_string(f.list[0]) ==
          "x.yaml:3:5: error Y012: the text '5' is not a number; write a decimal number such as 0.5, without "
          "quotes "
          "or a unit");
}

TEST_CASE("as_duration, as_date, as_truth: only their own spelling", "[core][yaml]") {
    Findings f;
    const auto root = parsed("[21d, 3w, 1.5d, 21, 2024-02-29, 2023-02-29, true, yes, -1d]");
    CHECK(yaml::as_duration(root[0], f) == 21);
    CHECK(yaml::as_duration(root[1], f) == 21);
    CHECK(yaml::as_date(root[4], f) == Date::from_ymd(2024, 2, 29));
    CHECK(yaml::as_truth(root[6], f) == true);
    CHECK(f.list.empty());
    CHECK_FALSE(yaml::as_duration(root[2], f));
    CHECK_FALSE(yaml::as_duration(root[3], f));
    CHECK_FALSE(yaml::as_date(root[5], f));
    CHECK_FALSE(yaml::as_truth(root[7], f));
    CHECK_FALSE(yaml::as_duration(root[8], f));
    CHECK(f.list.size() == 5);
    CHECK_FALSE(yaml::as_duration(root[1], f, {0, 20}));
    CHECK(f.list.back().code == "Y013");
    CHECK(f.list.back().hint == "write a number from 0d to 20d");
}

TEST_CASE("Map: unknown, missing and wrong keys are all reported with their place", "[core][yaml][error]") {
    Findings f;
    const auto root = parsed("schema: 2\nuntill: x\nkind: drifts\nlist: {a: 1}\n");
    yaml::Map map(root, f);
    CHECK(map.integer("schema", {1, 1}) == 0);
    CHECK(map.text_or("until", "never") == "never");
    CHECK(map.word("kind", {"drift", "level"}) == 0);
    CHECK(map.text("name").empty());
    CHECK(map.texts_or_none("list").empty());
    map.done();
    f.sort();
    std::vector<std::string> seen;
    for (const auto& d : f.list)
        seen.push_back(to_string(d));
    CHECK(seen == Lines{
                      "x.yaml:1:1: error Y011: key 'name' is missing; add 'name: ...' to this map",
                      "x.yaml:1:9: error Y013: '2' is out of range; write 1",
                      "x.yaml:2:1: error Y010: unknown key 'untill'; did you mean 'until'?",
                      "x.yaml:3:7: error Y013: unknown word 'drifts'; did you mean 'drift'?",
                      "x.yaml:4:7: error Y012: a map is not a list of texts; write [a, b], or one text",
                  });
}

TEST_CASE("Map: over something that is no map complains once and then keeps silent", "[core][yaml][error]") {
    Findings f;
    yaml::Map map(parsed("[1, 2]"), f);
    CHECK(map.number("x") == 0.0);
    CHECK(map.text("y").empty());
    map.done();
    REQUIRE(f.list.size() == 1);
    CHECK(f.list[0].code == "Y012");

    Findings g;
    yaml::Map empty(parsed(""), g);
    CHECK(empty.text("y").empty());
    REQUIRE(g.list.size() == 1);
    CHECK(place(g.list[0].at) == "1:1");
}

TEST_CASE("Map: after a syntax error nothing more is said", "[core][yaml][error]") {
    Findings f;
    yaml::Map map(yaml::parse("a: [", "x.yaml", f), f);
    CHECK(map.text("y").empty());
    map.done();
    CHECK(f.list.size() == 1);
}

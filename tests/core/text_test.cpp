#include "bellwether/core/text.hpp"

#include <cstdio>
#include <filesystem>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "bellwether/core/error.hpp"

using namespace bellwether;

TEST_CASE("parse_double: the whole text, decimal, finite", "[core][text]") {
    CHECK(parse_double("0.1") == 0.1);
    CHECK(parse_double("-1e-9") == -1e-9);
    CHECK(parse_double("010") == 10.0);
    CHECK(parse_double(".5") == 0.5);
    for (const char* bad :
         {"", "-", "inf", "nan", "-inf", "0x10", "1 ", " 1", "1,5", "+1", "1e999", "1d", "--1"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_double(bad));
    }
    CHECK(parse_integer("010") == 10);
    CHECK(parse_integer("-3") == -3);
    for (const char* bad : {"", "1.0", "1e3", "+1", " 1", "99999999999999999999"})
        CHECK_FALSE(parse_integer(bad));
}

TEST_CASE("shortest: reads back to the same double", "[core][text][property]") {
    CHECK(shortest(0.1) == "0.1");
    CHECK(shortest(41) == "41");
    CHECK(shortest(1e-9) == "1e-09");
    CHECK(rc::check([](double x) { RC_ASSERT(parse_double(shortest(x)) == x); }));
}

TEST_CASE("nearest: least edit distance, at most a third of the longer word", "[core][text]") {
    // Distances by hand: until/untill 1; abc/acb 1 (swap of neighbours); nadir/nadri 1.
    CHECK(nearest("untill", {"unless", "until"}) == "until");
    CHECK(nearest("acb", {"xyz", "abc"}) == "abc");
    CHECK(nearest("nadri", {"peak", "nadir"}) == "nadir");
    CHECK(nearest("xyz", {"abc"}).empty());
    CHECK(nearest("ab", {"cb", "ac"}) == "cb");  // a tie goes to the first
    CHECK(nearest("abcd", {"abxy"}) == "abxy");  // 2 of 4: a third rounded up
    CHECK(nearest("abc", {"axy"}).empty());      // 2 of 3
    CHECK(suggestion("untill", {"until"}) == "did you mean 'until'?");
    CHECK(suggestion("q", {"abc", "def"}) == "one of: abc, def");
    CHECK(suggestion("q", std::vector<std::string>(13, "word")).size() > 12 * 4);
}

TEST_CASE("first_bad_utf8: the stress cases of RFC 3629", "[core][text]") {
    // Reference: RFC 3629 section 4 (ABNF): no overlong forms, no surrogates, nothing above U+10FFFF.
    const auto npos = std::string_view::npos;
    CHECK(first_bad_utf8("a\u00b5\u2265\U0001F600") == npos);
    CHECK(first_bad_utf8("ab\xff") == 2);
    CHECK(first_bad_utf8("\xc0\xaf") == 0);
    CHECK(first_bad_utf8("\xe0\x80\xaf") == 0);
    CHECK(first_bad_utf8("\xed\xa0\x80") == 0);
    CHECK(first_bad_utf8("\xf4\x90\x80\x80") == 0);
    CHECK(first_bad_utf8("x\xe2\x82") == 1);
}

TEST_CASE("split and trim", "[core][text]") {
    CHECK(split("a,,b", ',') == std::vector<std::string>{"a", "", "b"});
    CHECK(split("", ',') == std::vector<std::string>{""});
    CHECK(trim(" \ta b\r\n") == "a b");
    CHECK(lower("ABc\u00b5") == "abc\u00b5");
}

TEST_CASE("write_text_atomically: replaces the file and leaves nothing else behind", "[core][text]") {
    namespace fs = std::filesystem;
    const fs::path folder = fs::temp_directory_path() / fs::path("bellwether_text_test");
    fs::remove_all(folder);
    fs::create_directory(folder);
    const std::string path = (folder / "x.txt").string();
    write_text_atomically(path, "old");
    const std::string text("new\0bytes", 9);
    write_text_atomically(path, text);
    CHECK(read_text(path) == text);
    CHECK(std::distance(fs::directory_iterator(folder), fs::directory_iterator()) == 1);
    const auto code_of = [](auto&& call) {
        try {
            call();
        } catch (const Error& e) {
            return e.code();
        }
        return std::string();
    };
    CHECK(code_of([&] { (void)read_text((folder / "absent").string()); }) == "C001");
    CHECK(code_of([&] { (void)read_text(folder.string()); }) == "C001");
    CHECK(code_of([&] { write_text_atomically((folder / "no" / "x").string(), ""); }) == "C002");
    fs::remove_all(folder);
}

#include "bellwether/core/error.hpp"

#include <catch2/catch.hpp>

using namespace bellwether;

TEST_CASE("to_string: compiler form, without the parts that are unknown", "[core][error]") {
    CHECK(to_string(Location{"a.yaml", 14, 9}) == "a.yaml:14:9");
    CHECK(to_string(Location{"a.yaml", 14, 0}) == "a.yaml:14");
    CHECK(to_string(Location{"a.yaml", 0, 0}) == "a.yaml");
    CHECK(to_string(Location{"", 3, 2}) == "3:2");
    const Diagnostic d{Diagnostic::Severity::warning, "R012", {"a.yaml", 1, 2}, "what", ""};
    CHECK(to_string(d) == "a.yaml:1:2: warning R012: what");
    CHECK(to_string(Diagnostic{Diagnostic::Severity::error, "R012", {}, "what", "hint"}) ==
          "error R012: what; hint");
}

TEST_CASE("with_snippet: the caret stands under the character, tabs and wide bytes included",
          "[core][error]") {
    const Diagnostic d{Diagnostic::Severity::error, "R1", {"f", 2, 4}, "w", "h"};
    CHECK(with_snippet(d, "one\n\t\u00b5:x\r\nthree") == "f:2:4: error R1: w; h\n2 | \t\u00b5:x\n  | \t  ^");
    CHECK(with_snippet(d, "one") == "f:2:4: error R1: w; h");
}

TEST_CASE("Findings: sorted by place and stable, warnings alone are ok", "[core][error]") {
    Findings f;
    f.warning("W1", {"b", 1, 1}, "w", "");
    CHECK(f.ok());
    f.error("E2", {"a", 10, 1}, "x", "h");
    f.error("E1", {"a", 2, 5}, "x", "h");
    f.error("E3", {"a", 2, 5}, "y", "h");
    CHECK_FALSE(f.ok());
    f.sort();
    CHECK(f.list[0].code == "E1");
    CHECK(f.list[1].code == "E3");
    CHECK(f.list[2].code == "E2");
    CHECK(f.list[3].code == "W1");
    const InputError e(f);
    CHECK(e.code() == "E1");
    CHECK(std::string(e.what()).find("a:10:1: error E2: x; h") != std::string::npos);
}

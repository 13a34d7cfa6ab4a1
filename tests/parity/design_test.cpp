#include "design.hpp"

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"

using namespace bellwether;
using namespace bellwether::msm;

namespace {

Value frame() {
    Value v;
    v.type = Value::Type::list;
    v.of_class = "data.frame";
    v.names = {"x", "g", "z"};
    v.items = {Value::numbers({3, kMissing, 5}), Value::numbers({2, 1, 3}), Value::numbers({1, 2, 4})};
    v.items[1].levels = {"a", "b", "c"};
    return v;
}

std::vector<Column> columns(const char* formula) {
    Workspace w([](const std::string&) { return frame(); });
    const Value data = frame();
    return design(w, w.run(formula), data);
}

std::vector<std::string> names(const char* formula) {
    std::vector<std::string> out;
    for (const Column& c : columns(formula))
        out.push_back(c.name);
    return out;
}
using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("design: columns and their names are those of R's model.matrix", "[parity][design]") {
    // Reference: R 4.2, colnames(model.matrix(~ ..., d))[-1].
    CHECK(names("~ x + z") == Names{"x", "z"});
    CHECK(names("~ g") == Names{"gb", "gc"});
    CHECK(names("~ x * g") == Names{"x", "gb", "gc", "x:gb", "x:gc"});
    CHECK(names("~ g:z + x") == Names{"x", "gb:z", "gc:z"});
    CHECK(names("~ I(z^2) + log(z)") == Names{"I(z^2)", "log(z)"});
    CHECK(names("~ factor(z)") == Names{"factor(z)2", "factor(z)4"});
    CHECK(names("~ 1").empty());
}

TEST_CASE("design: values, with what is missing left so", "[parity][design]") {
    const std::vector<Column> both = columns("~ x * g");
    CHECK(both[1].values == std::vector<double>{1, 0, 0});
    CHECK(both[4].values[2] == 5.0);
    CHECK(missing(both[0].values[1]));
    CHECK(missing(both[3].values[1]));
    CHECK(both[3].term == "x:g");
    Workspace w([](const std::string&) { return frame(); });
    CHECK(variables(w.run("~ x + g:I(z^2)"), frame()) == Names{"x", "g", "z"});
}

TEST_CASE("design: what is no term it names", "[parity][design][error]") {
    CHECK_THROWS_WITH(columns("~ nothing"), Catch::Matchers::Contains("'nothing'"));
    Workspace w([](const std::string&) { return frame(); });
    CHECK_THROWS_AS(design(w, Value::of(1.0), frame()), Error);
}

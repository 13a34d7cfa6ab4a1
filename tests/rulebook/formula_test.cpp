#include "bellwether/rulebook/formula.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "bellwether/rulebook/evaluate.hpp"

#include "rulebook/support/fake.hpp"

using namespace bellwether;
using rulebook::Formula;

namespace {

std::optional<Formula> of_summary(const std::string& summary) {
    return Formula::of(
        fake::load("schema: 1\ngroups:\n  - name: g\n    model: kinetics-bottleneck\n    rules:\n"
                   "      - alert: r\n        title: t\n        maturity: sandbox\n"
                   "        severity: review\n        when: true\n        summary: \"" +
                   summary + "\"\n")
            .rules.at(0));
}

Formula formula(const std::string& expression) {
    return of_summary("{" + expression + "}").value();
}

fake::Patient patient() {
    fake::Patient p;
    p.series["ctdna"] = {{Date(1), 4.0}, {Date(20), 1.0}, {Date(40), 2.5}};
    p.series["mdsc"] = {{Date(1), 10.0}, {Date(40), 5.0}};
    p.given["P(growing)"] = {{Date(0), 0.25}};
    return p;
}

/// Every feature answers "below 0.1".
class Below : public fake::Patient {
public:
    void evaluate(const FeatureCall&, std::span<const Date> points, FeatureColumn& out) override {
        out.reset(points.size());
        for (std::size_t i = 0; i < points.size(); ++i)
            out.set_bound(i, 0.1, -1);
    }
};

std::optional<double> value(const std::string& expression, Date day = Date(50)) {
    auto p = patient();
    return formula(expression).at(p, day).value;
}

}  // namespace

TEST_CASE("formula: arithmetic of features as it stands, on the day that is asked for",
          "[rulebook][formula]") {
    CHECK(value("value(ctdna)") == 2.5);
    CHECK(value("value(ctdna)", Date(30)) == 1.0);
    CHECK(value("value(ctdna) / value(mdsc)") == 0.5);
    CHECK(value("value(ctdna) / value(mdsc)", Date(30)) == 0.1);
    CHECK(value("fold(ctdna, nadir) - 1") == 1.5);
    CHECK(value("1 - P(growing)") == 0.75);
    CHECK(value("-2 * (P(growing) + 1)") == -2.5);
    // A condition is 1 or 0.
    CHECK(formula("P(growing) >= 0.2 and value(ctdna) > 2 %").type() == ValueType::truth);
    CHECK(value("P(growing) >= 0.2 and value(ctdna) > 2 %") == 1.0);
    CHECK(value("P(growing) >= 0.2 and value(ctdna) > 3 %") == 0.0);
}

TEST_CASE("formula: what it asks, each once, and whether it is one call", "[rulebook][formula]") {
    CHECK(formula("value(ctdna)").single());
    CHECK_FALSE(formula("-value(ctdna)").single());
    const auto f = formula("value(ctdna) / value(mdsc) + value(ctdna) / value(mdsc)");
    REQUIRE(f.calls().size() == 2);
    CHECK(to_string(f.calls()[0]) == "value(ctdna)");
    CHECK(to_string(f.calls()[1]) == "value(mdsc)");
    auto p = patient();
    p.asked = 0;
    (void)f.at(p, Date(50));
    CHECK(p.asked == 2);
    CHECK(formula("2 + 2").calls().empty());
}

TEST_CASE("formula: no value without a reason, and bounds as in conditions", "[rulebook][formula]") {
    auto p = patient();
    p.series.erase("mdsc");
    const auto unknown = formula("value(ctdna) - 2 * value(mdsc)").at(p, Date(50));
    CHECK_FALSE(unknown.value);
    REQUIRE(unknown.missing.size() == 1);
    CHECK(unknown.missing[0].find("mdsc") != std::string::npos);
    const auto by_zero = formula("1 / (value(ctdna) - value(ctdna))").at(p, Date(50));
    CHECK_FALSE(by_zero.value);
    CHECK(by_zero.missing == std::vector<std::string>{"division by zero"});
    CHECK_FALSE(of_summary("words alone"));
}

TEST_CASE("formula: what is made of a bound is a bound, or is not known", "[rulebook][formula][bounds]") {
    // Below the limit of 0.1: twice it lies below 0.2, minus it above -0.1, its inverse anywhere above 0.
    Below p;
    const auto answer = [&](const std::string& expression) { return formula(expression).at(p, Date(50)); };
    CHECK(answer("2 * value(ctdna)").value == 0.2);
    CHECK(answer("2 * value(ctdna)").bound == -1);
    CHECK(answer("-value(ctdna)").bound == 1);
    CHECK_FALSE(answer("1 / value(ctdna)").value);
    CHECK(answer("1 / value(ctdna)").missing ==
          std::vector<std::string>{"a reading is beyond its limit of detection, which does not decide"});
    CHECK(answer("value(ctdna) >= 2 %").value == 0.0);
    CHECK(answer("value(ctdna) >= 2 %").bound == 0);
    // The first of several placeholders.
    CHECK(of_summary("first {value(ctdna)} then {2 * value(ctdna)}")->at(p, Date(50)).value == 0.1);
}

TEST_CASE("formula: a condition is true where a rule that has it for its `when` is open",
          "[rulebook][formula][property]") {
    const std::string condition = "value(ctdna) > 2 * value(mdsc) or fold(ctdna, nadir) >= 1.5";
    const auto asked = formula(condition);
    const auto book = fake::load(fake::rule_file("        when: \"" + condition + "\"\n"));
    CHECK(rc::check("a condition asked and judged", [&] {
        fake::Patient p;
        const auto visits = *rc::gen::inRange(1, 6);
        for (int i = 0; i < visits; ++i) {
            const Date day(10 * i + 1);
            for (const char* channel : {"ctdna", "mdsc"})
                if (*rc::gen::inRange(0, 4) > 0)
                    p.series[channel].push_back({day, *rc::gen::inRange(1, 20) * 0.5});
        }
        const auto verdict = rulebook::evaluate(book, p, Date(100)).rules.at(0);
        if (!verdict.last_point) return;
        const auto answer = asked.at(p, *verdict.last_point);
        RC_ASSERT(answer.value.has_value() == verdict.assessable);
        if (answer.value) RC_ASSERT((*answer.value == 1.0) == verdict.open());
        if (!answer.value) RC_ASSERT(answer.missing == verdict.missing);
    }));
}

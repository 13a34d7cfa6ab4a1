#include <functional>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "bellwether/rulebook/evaluate.hpp"

#include "rulebook/support/fake.hpp"

// Readings beyond a limit of detection: a comparison that the bound decides is decided, any other is unknown.

using namespace bellwether;

namespace {

/// What is known of one number: it, or the side of it on which the truth lies.
struct Known {
    double value;
    int bound;
};

/// A patient with one visit whose value(ctdna) and value(mdsc) are given.
class Bounded : public fake::Patient {
public:
    std::map<std::string, Known> of;
    void evaluate(const FeatureCall& call, std::span<const Date> points, FeatureColumn& out) override {
        out.reset(points.size());
        const Known& k = of.at(call.args.at(0).word);
        for (std::size_t i = 0; i < points.size(); ++i)
            out.set_bound(i, k.value, static_cast<signed char>(k.bound));
    }
};

enum class Verdict { no, yes, unknown };

Verdict verdict(const rulebook::Rulebook& book, Known ctdna, Known mdsc) {
    Bounded p;
    p.of["ctdna"] = ctdna;
    p.of["mdsc"] = mdsc;
    p.series["ctdna"] = {{Date(1), 1.0}};
    const auto v = rulebook::evaluate(book, p, Date(1));
    if (!v.rules.at(0).assessable) return Verdict::unknown;
    return v.rules[0].open() ? Verdict::yes : Verdict::no;
}

rulebook::Rulebook book(const std::string& when) {
    return fake::load(fake::rule_file("        when: \"" + when + "\"\n"));
}

}  // namespace

TEST_CASE("bounds: a reading below its limit decides what lies above the limit and nothing else",
          "[rulebook][bounds]") {
    const Known below{0.1, -1}, above{50.0, 1}, exact{1.0, 0};
    CHECK(verdict(book("value(ctdna) >= 2 %"), below, exact) == Verdict::no);
    CHECK(verdict(book("value(ctdna) >= 0.1 %"), below, exact) == Verdict::no);
    CHECK(verdict(book("value(ctdna) < 0.1 %"), below, exact) == Verdict::yes);
    CHECK(verdict(book("value(ctdna) >= 0.05 %"), below, exact) == Verdict::unknown);
    CHECK(verdict(book("value(ctdna) == 0.05 %"), below, exact) == Verdict::unknown);
    CHECK(verdict(book("value(ctdna) != 2 %"), below, exact) == Verdict::yes);
    CHECK(verdict(book("value(ctdna) > 20 %"), above, exact) == Verdict::yes);
    CHECK(verdict(book("value(ctdna) > 60 %"), above, exact) == Verdict::unknown);
    CHECK(verdict(book("2 * value(ctdna) <= 0.2 %"), below, exact) == Verdict::yes);
    CHECK(verdict(book("-1 * value(ctdna) > -0.2 %"), below, exact) == Verdict::yes);
}

TEST_CASE("bounds: a verdict is given only where every truth that the bounds admit agrees",
          "[rulebook][bounds][property]") {
    // The truth is sampled on the admitted side of each bound; the comparison of the samples is plain
    // arithmetic.
    struct Form {
        const char* when;
        std::function<bool(double, double)> truth;
    };
    const std::vector<Form> forms{
        {"value(ctdna) >= value(mdsc)", [](double x, double y) { return x >= y; }},
        {"value(ctdna) < value(mdsc)", [](double x, double y) { return x < y; }},
        {"value(ctdna) - 2 * value(mdsc) > 1 %", [](double x, double y) { return x - 2 * y > 1; }},
        {"value(ctdna) + value(mdsc) <= 5 %", [](double x, double y) { return x + y <= 5; }},
        {"value(ctdna) / 4 != value(mdsc)", [](double x, double y) { return x / 4 != y; }},
    };
    for (const auto& form : forms) {
        const auto b = book(form.when);
        CHECK(rc::check(form.when, [&] {
            const auto draw = [] {
                return Known{static_cast<double>(*rc::gen::inRange(0, 8)), *rc::gen::inRange(-1, 2)};
            };
            const Known x = draw(), y = draw();
            const auto samples = [](Known k) {
                if (k.bound == 0) return std::vector<double>{k.value};
                std::vector<double> list;
                for (const double step : {0.001, 0.5, 1.0, 2.0, 3.0, 10.0, 100.0})
                    list.push_back(k.value + k.bound * step);
                return list;
            };
            bool any_true = false, any_false = false;
            for (const double a : samples(x))
                for (const double c : samples(y))
                    (form.truth(a, c) ? any_true : any_false) = true;
            const auto got = verdict(b, x, y);
            if (got == Verdict::yes) RC_ASSERT(!any_false);
            if (got == Verdict::no) RC_ASSERT(!any_true);
            if (x.bound == 0 && y.bound == 0) RC_ASSERT(got != Verdict::unknown);
        }));
    }
}

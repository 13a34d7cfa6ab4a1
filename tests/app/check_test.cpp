#include "bellwether/app/check.hpp"

#include <cmath>

#include <catch2/catch.hpp>

#include "bellwether/app/compare.hpp"
#include "bellwether/app/fit.hpp"
#include "bellwether/markov/likelihood.hpp"

using namespace bellwether;
using namespace bellwether::app;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

const std::string kModel = R"(schema: 1
model: m
numbers: illustrative
time-unit: year
states: [{name: well}, {name: ill}, {name: dead, absorbing: true, entry: exact}]
covariates: [{name: x, kind: indicator}]
transitions:
  - {from: well, to: ill, rate: 0.5, effects: {x: 1}}
  - {from: well, to: dead, rate: 0.2}
data: {subject: id, time: t, state: s}
)";

struct Case {
    markov::FittedModel model;
    Table table;
};

Case case_of(const std::string& model, const std::string& text, std::size_t folds = 0) {
    Findings findings;
    const auto spec = markov::read_spec(model, "m.yaml", findings);
    const auto source = feed::feed_from_memory(text);
    Case out{{}, read_table(*source, "x.csv", spec, spec.table, findings)};
    for (const auto& d : findings.list)
        UNSCOPED_INFO(to_string(d));
    REQUIRE(findings.ok());
    if (folds > 0) {
        TableFit how;
        how.folds = folds;
        out.model = fit_table(spec, out.table, how);
        return out;
    }
    out.model.spec = spec;
    out.model.data_fingerprint = out.table.fingerprint;
    out.model.sets.emplace_back().values = spec.start_values();
    return out;
}

}  // namespace

TEST_CASE("prevalence: who is at risk, where they were last seen, and closed-form expectations",
          "[app][check]") {
    // a: x changes from 0 to 1 at time 1, and dies at 2; b is last seen at 1.
    const auto c = case_of(kModel, "id,t,s,x\na,0,well,0\na,1,well,1\na,2,dead,1\nb,0,well,0\nb,1,ill,0\n");
    const Sheet sheet = prevalence(c.model, c.table, {3, 0.5, 1.5});
    const auto at = [&](std::size_t time, std::size_t state, std::size_t column) {
        return std::get<double>(sheet.rows[3 * time + state][column]);
    };
    // 0.5: both at risk, both well. 1.5: a alone, still well. 3: a, dead.
    CHECK((at(0, 0, 0) == 0.5 && at(0, 0, 2) == 2 && at(0, 1, 2) == 0));
    CHECK((at(1, 0, 2) == 1 && at(1, 1, 2) == 0 && at(1, 2, 2) == 0));
    CHECK((at(2, 0, 2) == 0 && at(2, 2, 2) == 1));
    // By hand: rates out of well are 0.7, then 0.5 e + 0.2 from time 1 on. Tolerance: rounding.
    CHECK_THAT(at(0, 0, 3), WithinRel(2 * std::exp(-0.35), 1e-12));
    const double later = 0.5 * std::exp(1.0) + 0.2;
    CHECK_THAT(at(1, 0, 3), WithinRel(std::exp(-0.7 - 0.5 * later), 1e-12));
    CHECK_THAT(at(1, 0, 5), WithinRel(100 * std::exp(-0.7 - 0.5 * later), 1e-12));
    CHECK_THAT(at(2, 2, 3), WithinRel(0.2 / 0.7 * (1 - std::exp(-0.7)) +
                                          std::exp(-0.7) * 0.2 / later * (1 - std::exp(-2 * later)),
                                      1e-12));
    // b falls ill at some time up to 1: by the midpoint rule at 0.5. a's death is at its own time.
    const Sheet midpoint = prevalence(c.model, c.table, {0.4, 0.6, 1.9}, Between::midpoint);
    CHECK(std::get<double>(midpoint.rows[0][2]) == 2);
    CHECK(std::get<double>(midpoint.rows[3 + 1][2]) == 1);
    CHECK(std::get<double>(midpoint.rows[6][2]) == 1);
    CHECK(prevalence(c.model, c.table, {}).rows.size() == 30);
}

TEST_CASE("prevalence_svg and occupancy_svg: a panel per state, a curve per state", "[app][check]") {
    const auto c = case_of(kModel, "id,t,s,x\na,0,well,0\na,1,well,1\na,2,dead,1\nb,0,well,0\nb,1,ill,0\n");
    const auto count = [](const std::string& text, const std::string& word) {
        std::size_t n = 0;
        for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
            ++n;
        return n;
    };
    const auto picture = prevalence_svg(c.model, prevalence(c.model, c.table, {0, 1, 2}));
    CHECK(picture.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    CHECK(picture.ends_with("</svg>\n"));
    CHECK(count(picture, "<polyline") == 3 + 1);  // a line per state, one in the legend
    CHECK(count(picture, "<circle") == 9 + 1);
    CHECK(picture.find("dead</text>") != std::string::npos);
    const auto curves = occupancy_svg(c.model, {0.0}, 0, 10);
    CHECK(count(curves, "<polyline") == 3 + 3);
    CHECK(curves.find("from well") != std::string::npos);
}

TEST_CASE("compare: AIC, BIC and the likelihood ratio by hand", "[app][compare]") {
    auto a = case_of(kModel, "id,t,s,x\na,0,well,0\na,1,well,1\n");
    auto b = a;
    a.model.sets[0].summary.final_log_lik = -100;
    a.model.sets[0].subjects = 50;
    b.model.sets[0].summary.final_log_lik = -103;
    b.model.sets[0].subjects = 50;
    for (auto* const model : {&a.model, &b.model})
        model->sets[0].summary.end = markov::FitSummary::End::converged;
    for (std::size_t p = 0; p < 3; ++p)
        b.model.spec.parameters[p].fixed = p > 0;  // one parameter is free, in a all three
    const Sheet sheet = compare({a.model, b.model}, {});
    const auto at = [&](std::size_t row, std::size_t column) {
        return std::get<double>(sheet.rows[row][column]);
    };
    CHECK(at(0, 4) == 206.0);
    CHECK_THAT(at(0, 5), WithinRel(200 + 3 * std::log(50.0), 1e-14));
    CHECK((at(1, 6) == 6.0 && at(1, 7) == 2.0));
    // With two degrees of freedom the tail is exp(-x / 2).
    CHECK_THAT(at(1, 8), WithinRel(std::exp(-3.0), 1e-12));
    CHECK(std::holds_alternative<std::monostate>(sheet.rows[0][8]));
    // A fit that did not end at a maximum has no ratio; the rest of its row stands.
    auto stopped = a.model;
    stopped.sets[0].summary.end = markov::FitSummary::End::iteration_limit;
    const Sheet without = compare({stopped, b.model}, {});
    CHECK(std::holds_alternative<std::monostate>(without.rows[1][8]));
    CHECK(std::get<double>(without.rows[1][4]) == 208.0);
    b.model.data_fingerprint = "other";
    CHECK_THROWS_WITH(compare({a.model, b.model}, {}), Catch::Contains("P030"));
    b.model.data_fingerprint = a.model.data_fingerprint;
    b.model.spec.start.emplace_back();
    CHECK_THROWS_WITH(compare({a.model, b.model}, {}), Catch::Contains("first state as given"));
    b.model.spec.start.clear();
    b.table.fingerprint = "other";
    b.model.data_fingerprint = a.model.data_fingerprint;
    CHECK_THROWS_WITH(compare({a.model, b.model}, {a.table, b.table}), Catch::Contains("P030"));
}

TEST_CASE("subjects: the least likely rows come first", "[app][compare]") {
    // well at 0 and 1: exp(-0.7) by hand; dead at 1: density 0.2 exp(-0.7).
    const auto c = case_of(kModel, "id,t,s,x\na,0,well,0\na,1,well,0\nb,0,well,0\nb,1,dead,0\n");
    const Sheet sheet = subjects(c.model, c.table.panel);
    CHECK(std::get<std::string>(sheet.rows[0][0]) == "b");
    CHECK_THAT(std::get<double>(sheet.rows[0][2]), WithinRel(std::log(0.2) - 0.7, 1e-12));
    CHECK_THAT(std::get<double>(sheet.rows[1][3]), WithinRel(-0.35, 1e-12));
}

TEST_CASE("held_out: each subject is scored by the set that never saw it", "[app][compare]") {
    std::string text = "id,t,s,x\n";
    for (int i = 0; i < 40; ++i)
        text += "p" + std::to_string(i) + ",0,well,0\np" + std::to_string(i) +
                (i % 3 == 0   ? ",1,ill,0\n"
                 : i % 3 == 1 ? ",2,dead,0\n"
                              : ",1,well,0\n");
    std::string plain = kModel;
    plain.replace(plain.find(", effects: {x: 1}"), 17, "");
    const auto c = case_of(plain, text, 3);
    const auto scores = held_out(c.model, c.table.panel);
    REQUIRE(scores.size() == 40);
    for (const std::size_t s : {0U, 7U, 23U}) {
        const auto& id = c.table.panel.id(s);
        const auto alone = c.table.panel.subset([&](const std::string& other) { return other == id; });
        const auto& values = c.model.sets[markov::fold_of(id, 3)].values;
        CHECK_THAT(scores[s], WithinAbs(markov::Likelihood(c.model.spec, alone).value(values), 1e-12));
    }
}

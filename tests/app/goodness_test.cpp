#include <catch2/catch.hpp>

#include "bellwether/app/check.hpp"
#include "bellwether/core/error.hpp"

using namespace bellwether;
using namespace bellwether::app;
using namespace bellwether::markov;

namespace {

FittedModel model_of(const char* text) {
    Findings findings;
    FittedModel model;
    model.spec = read_spec(text, "model.yaml", findings);
    REQUIRE(findings.ok());
    ParameterSet set;
    set.values = model.spec.start_values();
    set.standard_error.resize(set.values.size());
    model.sets = {set};
    return model;
}

}  // namespace

TEST_CASE("model check: pearson and residuals as sheets", "[app][check]") {
    const FittedModel model = model_of(R"(
schema: 1
model: two
numbers: illustrative
states: [{name: well}, {name: ill}]
transitions: [{from: well, to: ill, rate: 0.1}, {from: ill, to: well, rate: 0.1}]
channels: [{name: y, says: level, family: normal, mean: {well: 0, ill: 3}, sd: 1}]
start: {probabilities: {well: 0.5, ill: 0.5}}
)");
    Table table{Panel(model.spec), {}, {}};
    for (const char* id : {"a", "b"}) {
        table.panel.begin_subject(id);
        for (int v = 0; v < 3; ++v) {
            const Reading r[] = {Reading::of(0.5 * v)};
            table.panel.add({Days{10.0 * v}, Kind::snapshot, 0, only(v == 2 ? 1 : 0), r, {}});
        }
    }
    const Sheet moves = pearson(model, table);
    REQUIRE(moves.rows.size() == 2);  // from well alone, to either
    CHECK(std::get<double>(moves.rows[0][3]) == 2.0);
    CHECK(std::get<double>(moves.rows[1][3]) == 2.0);
    const Sheet places = residuals(model, table);
    CHECK(places.rows.size() == 6);
    CHECK(std::get<std::string>(places.rows[0][2]) == "y");
    CHECK_THROWS_AS(pearson(model, Table{Panel(model.spec), {}, {}}), Error);
}

#include <catch2/catch.hpp>

#include "bellwether/therapy/therapy.hpp"

#include "therapy/make.hpp"

using namespace bellwether;
using namespace bellwether::therapy;
using Catch::Matchers::Message;
using make::healthy;
using make::number;
using make::word;

namespace {

Option step_up(const Facts& facts, const std::string& current = "mono") {
    return make::pick(make::graph().options(current, "exhausted", facts), "step-up");
}

Facts with(const std::string& name, const Fact& fact) {
    Facts f = healthy();
    f[name] = fact;
    return f;
}

Facts without(const std::string& name) {
    Facts f = healthy();
    f.erase(name);
    return f;
}

using Because = std::vector<std::string>;

}  // namespace

TEST_CASE("options: with nothing against it a move is open and says nothing", "[therapy][options]") {
    const Option o = step_up(healthy());
    CHECK(o.standing == Standing::open);
    CHECK(o.because.empty());
    CHECK(o.rank == 1);
    CHECK(o.to == "combo");
    CHECK(o.kind == MoveKind::intensify);
    CHECK(o.title == "Step up");
    CHECK(o.evidence == Because{"D30", "illustrative"});
}

TEST_CASE("options: each guard bars on its wrong side only, and names the datum",
          "[therapy][options][guard]") {
    // Each row: a fact on the side that bars, and what is said. alt_ratio above 3 is also of hold grade for
    // both regimens, so the bar comes first and the toxicity after it.
    struct Row {
        std::string name;
        Fact bars, passes;
        std::string because;
    };
    const std::vector<Row> rows{
        {"alt_ratio", number(3.01, "alt 2026-03-02: 211 U/L"), number(3.0),
         "alt 2026-03-02: 211 U/L; needs alt_ratio <= 3 [D32]"},
        {"toxicity:colitis", number(2, "colitis grade 2 since 2026-02-11"), number(1),
         "colitis grade 2 since 2026-02-11; needs toxicity:colitis < 2 [D30]"},
        {"attribute:autoimmune", word("Active", "autoimmune: Active"), word("inactive"),
         "autoimmune: Active; needs attribute:autoimmune != active [illustrative]"},
        {"attribute:age", number(80, "age: 80"), number(79),
         "age: 80; needs attribute:age < 80 [illustrative]"},
        {"had:ipilimumab", number(1, "ipilimumab given from 2025-01-01"), number(0),
         "ipilimumab given from 2025-01-01; needs not had:ipilimumab [illustrative]"}};
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const Option barred = step_up(with(row.name, row.bars));
        CHECK(barred.standing == Standing::barred);
        REQUIRE_FALSE(barred.because.empty());
        CHECK(barred.because[0] == row.because);
        CHECK(barred.rank == 0);
        CHECK(step_up(with(row.name, row.passes)).standing == Standing::open);
    }
}

TEST_CASE("options: a missing datum makes a move unknown and is named", "[therapy][options][guard]") {
    const Option age = step_up(without("attribute:age"));
    CHECK(age.standing == Standing::unknown);
    CHECK(age.because == Because{"attribute:age is not known; needs attribute:age < 80 [illustrative]"});

    const Option stale = step_up(with("attribute:age", Fact{{}, "", "birth year withheld"}));
    CHECK(
        stale.because ==
        Because{"attribute:age is not known (birth year withheld); needs attribute:age < 80 [illustrative]"});

    const Option liver = step_up(without("alt_ratio"));
    CHECK(liver.standing == Standing::unknown);
    CHECK(liver.because == Because{"alt_ratio is not known; needs alt_ratio <= 3 [D32]",
                                   "alt_ratio is not known; mono is held above 3 [D32]"});
}

TEST_CASE("options: without a toxicity record every toxicity is unknown, with one an absent term is grade 0",
          "[therapy][options][guard]") {
    const Option o = step_up(without("toxicity:any"));
    CHECK(o.standing == Standing::unknown);
    CHECK(o.because == Because{"toxicity:colitis is not known; needs toxicity:colitis < 2 [D30]",
                               "toxicity:any is not known; mono has hold grades"});
    CHECK(step_up(healthy()).standing == Standing::open);
}

TEST_CASE("options: an exposure counts under each of its names, and a regimen that gives it counts too",
          "[therapy][options][guard]") {
    CHECK(step_up(with("had:combo", number(1, "combo given from 2025-01-01"))).because ==
          Because{"combo given from 2025-01-01; needs not had:ipilimumab [illustrative]"});
    CHECK(step_up(with("had:combo", number(0))).standing == Standing::open);
    CHECK(step_up(with("had:combo", Fact{})).standing == Standing::unknown);
    CHECK(step_up(healthy(), "nivolumab").standing == Standing::open);
    CHECK(make::graph().has("nivolumab"));
}

TEST_CASE("options: who is on a regimen has had it", "[therapy][options][guard]") {
    std::string text = make::small;
    text.replace(text.find("not had:ipilimumab"), 18, "not had:mono");
    const Option o = make::pick(make::graph(text).options("mono", "exhausted", healthy()), "step-up");
    CHECK(o.because == Because{"mono is being given; needs not had:mono [illustrative]"});
}

TEST_CASE("options: every operator on both sides of its edge", "[therapy][options][guard]") {
    // Left, equal and right of 3.
    struct Row {
        std::string op;
        bool below, at, above;
    };
    const std::vector<Row> rows{{"<", true, false, false},  {"<=", true, true, false},
                                {">", false, false, true},  {">=", false, true, true},
                                {"==", false, true, false}, {"!=", true, false, true}};
    for (const Row& row : rows) {
        CAPTURE(row.op);
        std::string text = make::small;
        text.replace(text.find("attribute:age < 80"), 18, "attribute:age " + row.op + " 3");
        const auto holds = [&](double age) {
            const auto o = make::graph(text).options("mono", "exhausted", with("attribute:age", number(age)));
            return make::pick(o, "step-up").standing == Standing::open;
        };
        CHECK(holds(2.5) == row.below);
        CHECK(holds(3) == row.at);
        CHECK(holds(3.5) == row.above);
    }
}

TEST_CASE("options: a number written as text is read as a number", "[therapy][options][guard]") {
    CHECK(step_up(with("attribute:age", word("79"))).standing == Standing::open);
    CHECK(step_up(with("attribute:age", word("81"))).standing == Standing::barred);
}

TEST_CASE("options: an active toxicity of hold grade withholds more treatment and shows itself",
          "[therapy][options][toxicity]") {
    Facts f = healthy();
    f["toxicity:any"] = f["toxicity:hepatitis"] = number(2, "hepatitis grade 2 since 2026-02-11");
    const Option o = step_up(f);
    CHECK(o.standing == Standing::withheld);
    CHECK(o.because == Because{"hepatitis grade 2 since 2026-02-11: hold grade for mono (from 2) [D30]"});
    f["toxicity:any"] = f["toxicity:hepatitis"] = number(1);
    CHECK(step_up(f).standing == Standing::open);
}

TEST_CASE("options: of two regimens the stricter threshold is told", "[therapy][options][toxicity]") {
    Facts f = healthy();
    f["toxicity:any"] = f["toxicity:hepatitis"] = number(3, "hepatitis grade 3");
    CHECK(step_up(f).because == Because{"hepatitis grade 3: stop grade for combo (from 3) [D30]"});
}

TEST_CASE("options: a term with its own threshold does not take the default",
          "[therapy][options][toxicity]") {
    // rash: mono holds from 3; combo has no row of its own and holds from 2.
    Facts f = healthy();
    f["toxicity:any"] = f["toxicity:rash"] = number(2, "rash grade 2");
    CHECK(step_up(f).because == Because{"rash grade 2: hold grade for combo (from 2) [D30]"});
    // Without the combination in question mono goes on: the hold is not moved up.
    CHECK(make::story(make::graph().options("mono", "exhausted", f)) ==
          "change open 1; look-again open 2; pause open 3; step-up withheld");
}

TEST_CASE("options: an overall grade above every named one stands for itself",
          "[therapy][options][toxicity]") {
    CHECK(step_up(with("toxicity:any", number(2, "unnamed grade 2"))).because ==
          Because{"unnamed grade 2: hold grade for mono (from 2) [D30]"});
}

TEST_CASE("options: laboratory limits are the regimen's own", "[therapy][options][toxicity]") {
    // 4 is above the hold limit of both, 6 above the stop limit of combo only.
    const auto liver = [](double ratio) { return with("alt_ratio", number(ratio, "alt_ratio")); };
    CHECK(step_up(liver(4)).because ==
          Because{"alt_ratio; needs alt_ratio <= 3 [D32]", "alt_ratio: hold grade for mono (above 3) [D32]"});
    CHECK(step_up(liver(6)).because == Because{"alt_ratio; needs alt_ratio <= 3 [D32]",
                                               "alt_ratio: stop grade for combo (above 5) [D32]"});
}

TEST_CASE("options: a wider limit needs its condition to be known to hold", "[therapy][options][toxicity]") {
    const auto first = [](const Facts& f) { return make::graph().options("mono", "exhausted", f)[0].move; };
    Facts f = with("alt_ratio", number(4, "alt 4x"));
    CHECK(first(f) == "pause");  // above 3: the hold comes first
    f["attribute:autoimmune"] = word("never");
    CHECK(first(f) == "change");  // up to 6 allowed
    f.erase("attribute:autoimmune");
    CHECK(first(f) == "pause");
}

TEST_CASE("options: a switch is judged by the new regimen alone, a hold and a confirmation by nothing",
          "[therapy][options][toxicity]") {
    Facts f = healthy();
    f["toxicity:any"] = f["toxicity:colitis"] = number(4, "colitis grade 4");
    CHECK(make::story(make::graph().options("mono", "exhausted", f)) ==
          "pause open 1; change open 2; look-again open 3; step-up barred");
    CHECK(step_up(f).because == Because{"colitis grade 4; needs toxicity:colitis < 2 [D30]",
                                        "colitis grade 4: stop grade for mono (from 4) [D30]"});
}

TEST_CASE("options: ranked by standing, then by the preference for the bottleneck, then by name",
          "[therapy][options][rank]") {
    const Graph g = make::graph();
    CHECK(make::story(g.options("mono", "exhausted", healthy())) ==
          "step-up open 1; change open 2; look-again open 3; pause open 4");
    // look-again declares no preference for suppressed: a confirmation is shown all the same, last.
    CHECK(make::story(g.options("mono", "suppressed", healthy())) ==
          "change open 1; step-up open 2; pause open 3; look-again open 4");
    CHECK(make::story(g.options("mono", "", healthy())) ==
          "step-up open 1; change open 2; look-again open 3; pause open 4");
    Facts f = without("attribute:age");
    CHECK(make::story(g.options("mono", "exhausted", f)) ==
          "change open 1; look-again open 2; pause open 3; step-up unknown");
}

TEST_CASE("options: a proposal's kinds leave hold and confirm in place", "[therapy][options][rank]") {
    const Graph g = make::graph();
    CHECK(make::story(g.options("mono", "exhausted", healthy(), {MoveKind::switch_})) ==
          "change open 1; look-again open 2; pause open 3");
    CHECK(make::story(g.options("held", "exhausted", healthy(), {MoveKind::switch_})) ==
          "look-again open 1; stay-held open 2");
    CHECK(make::pick(g.options("held", "", healthy()), "stay-held").to.empty());
}

TEST_CASE("options: what is not in the graph is refused with the nearest name", "[therapy][options][error]") {
    const Graph g = make::graph();
    CHECK_THROWS_MATCHES(g.options("comb", "", {}), Error,
                         Message("T001: regimen 'comb' is not in the graph 'small'; did you mean 'combo'?"));
    CHECK_THROWS_MATCHES(
        g.options("mono", "exhaused", {}), Error,
        Message("T002: bottleneck 'exhaused' is not in the graph 'small'; did you mean 'exhausted'?"));
    CHECK_FALSE(g.has("comb"));
    CHECK(g.regimens() == Because{"mono", "combo", "chemo", "held"});
    CHECK(g.bottlenecks() == Because{"exhausted", "suppressed"});
    CHECK(g.name() == "small");
}

TEST_CASE("words: kinds and standings read back", "[therapy][words]") {
    for (int i = 0; i <= static_cast<int>(MoveKind::confirm); ++i) {
        const auto k = static_cast<MoveKind>(i);
        CHECK(parse_move_kind(to_string(k)) == k);
    }
    CHECK_FALSE(parse_move_kind("rebiopsy_first"));
    CHECK(to_string(Standing::withheld) == "withheld");
}

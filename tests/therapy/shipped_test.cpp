#include <catch2/catch.hpp>

#include "bellwether/core/text.hpp"
#include "bellwether/therapy/therapy.hpp"

#include "therapy/make.hpp"

using namespace bellwether;
using namespace bellwether::therapy;
using make::number;
using make::word;

namespace {

const std::string file = std::string(BELLWETHER_SOURCE_DIR) + "/rules/therapy/immuno-oncology.yaml";

Graph shipped() {
    return make::graph(read_text(file));
}

/// A patient on whom every datum that the graph asks is known and in order.
Facts fit() {
    Facts f{{"toxicity:any", number(0)}};
    for (const auto& [name, x] : std::map<std::string, double>{{"alt_ratio", 0.8},
                                                               {"bilirubin_ratio", 0.6},
                                                               {"neutrophils", 4.1},
                                                               {"platelets", 230},
                                                               {"creatinine_clearance", 90},
                                                               {"lvef", 62},
                                                               {"attribute:age", 61},
                                                               {"attribute:ecog", 0}})
        f[name] = number(x, name);
    for (const std::string name : {"autoimmune", "transplant", "hypertension", "liver_metastases"})
        f["attribute:" + name] = word("no", name + ": no");
    return f;
}

Facts fit_with(const std::string& name, const Fact& fact) {
    Facts f = fit();
    f[name] = fact;
    return f;
}

Option pick(const std::string& from, const std::string& name, const Facts& f) {
    return make::pick(shipped().options(from, "", f), name);
}

}  // namespace

TEST_CASE("immuno-oncology.yaml: loads without a finding", "[therapy][shipped]") {
    Findings f;
    const auto g = read_graph(read_text(file), file, f);
    for (const auto& d : f.list)
        UNSCOPED_INFO(to_string(d));
    CHECK(f.list.empty());
    REQUIRE(g);
    CHECK(g->name() == "immuno-oncology");
}

TEST_CASE("immuno-oncology.yaml: every regimen offers an open hold and confirmation to everybody",
          "[therapy][shipped]") {
    const Graph g = shipped();
    Facts ill = fit_with("toxicity:any", number(4, "colitis grade 4"));
    for (const Facts& f : {fit(), Facts{}, ill})
        for (const auto& regimen : g.regimens())
            for (const std::string bottleneck : {"", "exhausted", "suppressed", "escape", "none"}) {
                CAPTURE(regimen, bottleneck);
                bool holds = false, confirms = false;
                for (const Option& o : g.options(regimen, bottleneck, f, {MoveKind::intensify})) {
                    if (o.standing != Standing::open) continue;
                    holds = holds || o.kind == MoveKind::hold;
                    confirms = confirms || o.kind == MoveKind::confirm;
                }
                CHECK(holds);
                CHECK(confirms);
            }
}

TEST_CASE("immuno-oncology.yaml: each bottleneck has its own first move", "[therapy][shipped]") {
    const Graph g = shipped();
    CHECK(g.options("anti_pd1", "exhausted", fit())[0].move == "intensify-anti-lag3");
    CHECK(g.options("anti_pd1", "suppressed", fit())[0].move == "add-myeloid-trial");
    CHECK(g.options("anti_pd1", "escape", fit())[0].move == "intensify-chemo");
    CHECK(g.options("nivolumab", "none", fit())[0].move == "intensify-chemo");
    CHECK(g.options("docetaxel", "escape", fit())[0].move == "switch-checkpoint-inhibitor");
}

TEST_CASE(
    "immuno-oncology.yaml: an active toxicity of hold grade withholds every intensify and add from anti-PD-1",
    "[therapy][shipped][toxicity]") {
    Facts f = fit();
    f["toxicity:any"] = f["toxicity:colitis"] = number(2, "colitis grade 2 since 2026-02-11");
    int withheld = 0;
    for (const Option& o : shipped().options("anti_pd1", "", f)) {
        if (o.kind != MoveKind::intensify && o.kind != MoveKind::add) continue;
        CAPTURE(o.move);
        CHECK(o.standing == Standing::withheld);
        REQUIRE(o.because.size() == 1);
        CHECK(o.because[0].substr(0, 44) == "colitis grade 2 since 2026-02-11: hold grade");
        ++withheld;
    }
    CHECK(withheld == 5);
    CHECK(shipped().options("anti_pd1", "", f)[0].kind == MoveKind::hold);
}

TEST_CASE("immuno-oncology.yaml: hepatic limits are the label's, per regimen",
          "[therapy][shipped][toxicity]") {
    // D32: nivolumab alone hold above 3, stop above 8; with ipilimumab hold above 3, stop above 5; liver
    // metastases hold above 5, stop above 10.
    const auto lag3 = [](double ratio, const std::string& liver = "no") {
        Facts f = fit_with("alt_ratio", number(ratio, "alt"));
        f["attribute:liver_metastases"] = word(liver);
        const Option o = pick("anti_pd1", "intensify-anti-lag3", f);
        return o.because.empty() ? std::string(to_string(o.standing)) : o.because[0];
    };
    const auto ctla4 = [](double ratio) {
        const Option o =
            pick("anti_pd1", "intensify-anti-ctla4", fit_with("alt_ratio", number(ratio, "alt")));
        return o.because.empty() ? std::string(to_string(o.standing)) : o.because[0];
    };
    CHECK(lag3(3) == "open");
    CHECK(lag3(3.1) == "alt: hold grade for anti_pd1 (above 3) [D32]");
    CHECK(lag3(8.1) == "alt: stop grade for anti_pd1 (above 8) [D32]");
    CHECK(lag3(5, "yes") == "open");
    CHECK(lag3(5.1, "yes") == "alt: hold grade for anti_pd1 (above 5) [D32]");
    CHECK(lag3(10.1, "yes") == "alt: stop grade for anti_pd1 (above 10) [D32]");
    CHECK(ctla4(3) == "open");
    CHECK(ctla4(5) == "alt: hold grade for anti_pd1 (above 3) [D32]");
    CHECK(ctla4(5.1) == "alt: stop grade for anti_pd1_anti_ctla4 (above 5) [D32]");
}

TEST_CASE("immuno-oncology.yaml: grades hold and stop as the guidelines have it",
          "[therapy][shipped][toxicity]") {
    // D30: from grade 2 hold, 4 stop; rash grade 2 continues; neurological grade 3 stops; hormone deficits
    // never stop.
    const auto said = [](const std::string& term, int grade) {
        Facts f = fit();
        f["toxicity:any"] = f["toxicity:" + term] = number(grade, "x");
        const Option o = pick("hold", "resume-anti-pd1", f);
        return o.because.empty() ? std::string("open") : o.because[0].substr(3, 4);
    };
    CHECK(said("colitis", 1) == "open");
    CHECK(said("colitis", 2) == "hold");
    CHECK(said("colitis", 3) == "hold");
    CHECK(said("colitis", 4) == "stop");
    CHECK(said("rash", 2) == "open");
    CHECK(said("rash", 3) == "hold");
    CHECK(said("neurological", 2) == "hold");
    CHECK(said("neurological", 3) == "stop");
    CHECK(said("myocarditis", 1) == "stop");
    CHECK(said("hypothyroidism", 2) == "open");
    CHECK(said("hypothyroidism", 4) == "hold");
    CHECK(said("arthralgia", 2) == "hold");  // no row of its own: the default
}

TEST_CASE("immuno-oncology.yaml: guards bar by the datum that the source names",
          "[therapy][shipped][guard]") {
    const auto barred = [](const std::string& from, const std::string& name, const std::string& fact,
                           const Fact& x) {
        const Option o = pick(from, name, fit_with(fact, x));
        return o.standing == Standing::barred && o.because.size() == 1 ? o.because[0]
                                                                       : std::string(to_string(o.standing));
    };
    CHECK(barred("anti_pd1", "intensify-anti-ctla4", "had:anti_pd1_anti_ctla4",
                 number(1, "given from 2025-01-01")) ==
          "given from 2025-01-01; needs not had:ipilimumab [S1616]");
    CHECK(barred("anti_pd1", "intensify-anti-ctla4", "attribute:autoimmune",
                 word("active", "autoimmune: active")) ==
          "autoimmune: active; needs attribute:autoimmune != active [S1616]");
    // Docetaxel: bilirubin above the upper limit, neutrophils below 1.5.
    CHECK(barred("anti_pd1", "switch-docetaxel", "bilirubin_ratio", number(1.1, "bilirubin 1.1x")) ==
          "bilirubin 1.1x; needs bilirubin_ratio <= 1 [DOCETAXEL-LABEL]");
    CHECK(barred("anti_pd1", "switch-docetaxel", "bilirubin_ratio", number(1.0)) == "open");
    CHECK(barred("anti_pd1", "switch-docetaxel", "neutrophils", number(1.4, "neutrophils 1.4")) ==
          "neutrophils 1.4; needs neutrophils >= 1.5 [DOCETAXEL-LABEL]");
    // Pemetrexed: creatinine clearance from 45, platelets from 100.
    CHECK(barred("anti_pd1", "intensify-chemo", "creatinine_clearance", number(44, "44 mL/min")) ==
          "44 mL/min; needs creatinine_clearance >= 45 [PEMETREXED-LABEL]");
    CHECK(barred("anti_pd1", "intensify-chemo", "creatinine_clearance", number(45)) == "open");
    CHECK(barred("anti_pd1", "intensify-chemo", "platelets", number(99, "99")) ==
          "99; needs platelets >= 100 [PEMETREXED-LABEL]");
    CHECK(barred("docetaxel", "switch-checkpoint-inhibitor", "had:nivolumab", number(1, "nivolumab given")) ==
          "nivolumab given; needs not had:anti_pd1_class [illustrative]");
}

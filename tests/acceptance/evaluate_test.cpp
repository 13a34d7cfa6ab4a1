#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "acceptance/support/program.hpp"

// What a score was worth: from a statistician's own table, and from a store.

using namespace acceptance;
using nlohmann::json;

namespace {

/// The data of tests/study/score_test.cpp, whose figures R's survival gave (4.2.2, survival 3.5.3).
const std::string table =
    "id,arm,time,event,risk\n"
    "1,a,3,1,0.5\n2,a,5,1,0.9\n3,a,5,0,0.4\n4,a,5,1,0.2\n5,a,8,0,0.6\n6,a,8,1,0.6\n7,a,9,0,0.1\n8,a,12,1,0."
    "3\n"
    "9,a,12,0,0.7\n10,a,12,1,0.3\n11,b,15,1,0.2\n12,b,20,0,0.5\n13,b,20,1,0.1\n14,b,25,0,0.2\n15,b,30,0,0."
    "05\n"
    "16,b,7,0,0.8\n17,b,12,1,0.75\n18,b,14,0,0.35\n19,b,18,1,0.45\n20,b,22,1,0.2\n";

double figure(const json& doc, const std::string& name, const std::string& level = "all") {
    for (const auto& row : doc.at("figures"))
        if (row.at("figure") == name && row.at("level") == level && row.at("value").is_number())
            return row.at("value").get<double>();
    return -99.0;
}

}  // namespace

TEST_CASE("evaluate says of a table what R says of it") {
    const Desk desk;
    desk.write("t.csv", table);
    const auto doc = json::parse(desk.expect(
        0,
        "evaluate --table t.csv --score risk --score-is probability --horizon 12 --by arm --draws 200 "
        "--thresholds 0.1,0.3,0.5 --calibration-plot cal.svg --decision-curve dec.svg --format json"));
    CHECK(doc["store"] == "table");
    CHECK(doc["score_is"] == "probability");
    CHECK(figure(doc, "rows") == 20);
    CHECK(figure(doc, "c_harrell") == Approx(0.666666666667));
    CHECK(figure(doc, "c_uno") == Approx(0.693724975269));
    CHECK(figure(doc, "auc") == Approx(0.743331809175));
    CHECK(figure(doc, "brier") == Approx(0.202155555556));
    CHECK(figure(doc, "observed_risk") == Approx(0.405));
    CHECK(figure(doc, "rows", "b") == 10);
    CHECK(doc["net_benefit"][0]["score"].get<double>() == Approx(0.349711399711));
    CHECK(desk.read("cal.svg").starts_with("<svg"));
    CHECK(desk.read("dec.svg").find("net benefit") != std::string::npos);
    const auto text =
        desk.expect(0, "evaluate --table t.csv --score risk --score-is probability --horizon 12 --draws 200");
    CHECK(text.find("c_harrell                     0.6667") != std::string::npos);
    CHECK(text.find("observed risk by group of the score") != std::string::npos);
    // Five events in each arm are too few to compare them: it says so of every figure, and why.
    const auto arms =
        desk.expect(0, "evaluate --table t.csv --score risk --horizon 12 --by arm --draws 200 --groups 2");
    CHECK(arms.find("  auc: not assessed, fewer than two levels can be compared\n") != std::string::npos);
    CHECK(arms.find("  not assessed: a: fewer than 10 patients with the event; b: fewer than 10 patients "
                    "with the event\n") != std::string::npos);
    CHECK(arms.find("chi-square") == std::string::npos);
    const auto csv = desk.expect(
        0, "evaluate --table t.csv --score risk --horizon 12 --draws 200 --format csv --what risks");
    CHECK(
        csv.starts_with("store,landmark,by,level,group,from,to,rows,events,competing,mean_score,observed,"));
    const auto piped = desk.shell("\"$BELLWETHER\" evaluate --table - --score risk --horizon 12 < t.csv");
    CHECK(piped.code == 0);
}

TEST_CASE("evaluate says 'not a probability' rather than a number") {
    const Desk desk;
    desk.write("t.csv", table);
    const auto text = desk.expect(0, "evaluate --table t.csv --score risk --horizon 12 --draws 100");
    CHECK(text.find("not a probability: no Brier score, calibration or net benefit") != std::string::npos);
    for (const auto* word : {"brier", "predicted", "threshold"})
        CHECK(text.find(std::string("  ") + word) == std::string::npos);
    for (const auto* plot : {"--calibration-plot c.svg", "--decision-curve c.svg"}) {
        const auto r = desk.run(std::string("evaluate --table t.csv --score risk --horizon 12 ") + plot);
        CHECK(r.code == 2);
        CHECK(r.err.find("not a probability") != std::string::npos);
        CHECK_FALSE(desk.exists("c.svg"));
    }
    // A horizon that nobody was followed to: said, and no figure at it.
    const auto far = desk.expect(0, "evaluate --table t.csv --score risk --horizon 400 --draws 100");
    CHECK(far.find("nobody was followed for 400 days") != std::string::npos);
    CHECK(far.find("  auc") == std::string::npos);
    CHECK(far.find("  c_harrell") != std::string::npos);
}

TEST_CASE("evaluate names the place of what is wrong in a table") {
    const Desk desk;
    desk.write("bad.csv", "id,time,event,score\n1,5,1,high\n2,x,0,1\n");
    const auto bad = desk.run("evaluate --table bad.csv");
    CHECK(bad.code == 3);
    CHECK(bad.out.empty());
    CHECK(bad.err.find("bad.csv:2:7: error P083: 'high' is no score; write a number") != std::string::npos);
    CHECK(bad.err.find("bad.csv:3:3: error P081: 'x' is no time") != std::string::npos);
    desk.write("t.csv", table);
    CHECK(desk.run("evaluate --table t.csv --score rsik").err.find("did you mean 'risk'") !=
          std::string::npos);
    CHECK(desk.run("evaluate --table none.csv").code == 1);
    for (const auto* options :
         {"--thresholds 0,1", "--thresholds x", "--horizon 0", "--score-is maybe", "--draws 5"})
        CHECK(desk.run(std::string("evaluate --table t.csv --score risk ") + options).code == 2);
}

TEST_CASE("evaluate reads channels, state probabilities and rules of a store at landmarks") {
    const Desk desk;
    desk.expect(0, "simulate --patients 60 --seed 5 --out trial");
    desk.expect(0, "init --kind simulated");
    const auto ingested = desk.shell(
        "for k in patients therapy events lesions observations; do \"$BELLWETHER\" ingest "
        "trial/feeds/*_$k.csv "
        "--profile trial/profiles/$k.yaml --backfill --quiet; done");
    INFO(ingested.err);
    const std::string to = " --to 2025-06-30 --draws 100 --format json";
    const auto fold =
        json::parse(desk.expect(0, "evaluate --score 'fold(ctdna, nadir)' --landmarks 60,120 --by sex" + to));
    CHECK(fold["store"] == "simulated");
    CHECK(fold["score_is"] == "number");
    CHECK(fold["event"] == "progression");
    REQUIRE(fold["landmarks"].size() == 2);
    for (const auto& l : fold["landmarks"]) {
        CHECK(l["patients"] == 60);
        const auto n = [&](const char* key) { return l[key].get<double>(); };
        CHECK(n("event_before") + n("ended_before") + n("not_followed") + n("not_assessable") + n("scored") ==
              60);
    }
    CHECK(figure(fold, "rows") ==
          fold["landmarks"][0]["scored"].get<double>() + fold["landmarks"][1]["scored"].get<double>());
    CHECK(figure(fold, "auc") > 0.5);
    CHECK(figure(fold, "rows", "female") > 0);
    CHECK(figure(fold, "brier") == -99);
    REQUIRE(!fold["tests"].empty());
    CHECK(fold["tests"][0]["by"] == "sex");
    CHECK(fold["tests"].back()["landmark"] == "120");
    CHECK(desk.expect(0,
                      "evaluate --score 'fold(ctdna, nadir)' --landmarks 60,120 --by sex --to 2025-06-30 "
                      "--draws 100 --format csv --what tests")
              .find("simulated,all,sex,auc,") != std::string::npos);

    const auto more = json::parse(
        desk.expect(0, "evaluate --score 'fold(ctdna, nadir) - 1' --landmarks 60,120 --by none" + to));
    CHECK(more["score"] == "fold(ctdna, nadir) - 1");
    CHECK(figure(more, "auc") == figure(fold, "auc"));  // ranks are the same

    const std::string models = BELLWETHER_SOURCE_DIR "/models/tumour-size/size-only.yaml";
    desk.expect(0, "fit " + models + " --folds 2 --out folds.yaml");
    const auto state = json::parse(
        desk.expect(0, "evaluate --score 'P(growing)' --model folds.yaml --landmarks 90 --by none" + to));
    CHECK(state["score_is"] == "probability");
    CHECK(state["score"] == "P(growing) by size-only");
    CHECK(figure(state, "brier") > 0);
    CHECK(state["not_assessable"].is_array());
    // Parameters that have seen the patients score nobody.
    desk.expect(0, "fit " + models + " --folds 0 --out one.yaml");
    const auto seen = desk.run("evaluate --score 'P(growing)' --model one.yaml --to 2025-06-30");
    CHECK(seen.code == 1);
    CHECK(seen.err.find("P031") != std::string::npos);

    const auto rule = json::parse(
        desk.expect(0, "evaluate --rule target-progression --rules " BELLWETHER_SOURCE_DIR
                       "/rules/imaging-progression --event death --landmarks 120:240:60 --by none" +
                           to));
    CHECK(rule["score_is"] == "yes-no");
    CHECK(figure(rule, "sensitivity") >= 0);
    CHECK(rule["risks"][0]["from"] == 0);
    CHECK(rule["risks"][0]["to"] == 0);
    CHECK(rule["net_benefit"].size() > 10);
    CHECK(desk.expect(0, "evaluate --score 'value(ctdna)' --to 2025-06-30 --draws 100 --by none")
              .starts_with("*** simulated store"));
}

TEST_CASE("evaluate names what could have been meant") {
    const Desk desk;
    desk.prepare("simulated");
    desk.results("first.csv", ctdna("2024-02-10", "3", "A1", "final", "2024-02-11"));
    for (const auto& [options, hint] : std::vector<std::pair<std::string, std::string>>{
             {"", "--score EXPRESSION"},
             {"--score 'value(ctdn)'", "did you mean 'ctdna'"},
             {"--score 'P(growing)'", "none is active or given"},
             {"--rule ctdna-hihg", "did you mean 'ctdna-high'"},
             {"--score 'value(ctdna)' --rule ctdna-high", "or --rule NAME"},
             {"--score 'value(ctdna)' --landmarks 3.5", "60,90,120"},
             {"--score 'value(ctdna)' --to 2199-01-01", "in the future"},
             {"--score 'value(ctdna)' --cohort arm", "write arm=A"},
             {"--score 'readings(ctdna)' --landmarks 20 --by sxe", "did you mean 'sex'"},
             {"--table t.csv --rule ctdna-high", "no --db"}}) {
        const auto r = desk.run("evaluate " + options);
        INFO(options << "\n" << r.err);
        CHECK(r.code == 2);
        CHECK(r.out.empty());
        CHECK(r.err.find(hint) != std::string::npos);
    }
    // Nobody is followed beyond the landmark: that is said in numbers, and there is no figure.
    const auto none = desk.expect(0, "evaluate --score 'value(ctdna)' --landmarks 90 --draws 100 --by none");
    CHECK(none.find("nobody is scored") != std::string::npos);
    CHECK(none.find("c_harrell") == std::string::npos);
    const auto counts = json::parse(desk.expect(
        0, "evaluate --score 'value(ctdna)' --landmarks 90 --draws 100 --by none --format json"))["landmarks"]
                                                                                                 [0];
    CHECK(counts["not_followed"] == 1);
    CHECK(counts["scored"] == 0);
}

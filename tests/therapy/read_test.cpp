#include <catch2/catch.hpp>

#include "bellwether/therapy/therapy.hpp"

#include "therapy/make.hpp"

using namespace bellwether;
using namespace bellwether::therapy;

// One defect per test, made by one replacement in the small graph; the whole message is asserted, its place
// is where the needle stands in the broken text.
namespace {

std::string place_of(const std::string& text, const std::string& needle, std::size_t into = 0) {
    const std::size_t at = text.find(needle);
    if (at == std::string::npos) throw Error("test", "no " + needle);
    const std::size_t byte = at + into;
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(byte), '\n');
    const std::size_t start = text.rfind('\n', byte);
    const std::size_t column = start == std::string::npos ? byte + 1 : byte - start;
    return "small.yaml:" + std::to_string(line) + ":" + std::to_string(column) + ": ";
}

std::string replaced(const std::string& what, const std::string& by) {
    std::string text = make::small;
    const std::size_t at = text.find(what);
    if (at == std::string::npos) throw Error("test", "no " + what);
    return text.replace(at, what.size(), by);
}

/// All findings of the broken text, one a line.
std::string findings_of(const std::string& text) {
    Findings f;
    const auto graph = read_graph(text, "small.yaml", f);
    CHECK(graph.has_value() == f.ok());
    std::string all;
    for (const auto& d : f.list)
        all += (all.empty() ? "" : "\n") + to_string(d);
    return all;
}

struct Defect {
    std::string what, by;  ///< the replacement
    std::string needle;    ///< where the finding points
    std::size_t into = 0;  ///< bytes into the needle
    std::string message;
};

void check(const Defect& d) {
    const std::string text = replaced(d.what, d.by);
    CAPTURE(d.by);
    CHECK(findings_of(text) == place_of(text, d.needle, d.into) + d.message);
}

}  // namespace

TEST_CASE("read_graph: the small graph has no findings", "[therapy][read]") {
    CHECK(findings_of(make::small).empty());
}

TEST_CASE("read_graph: unknown regimens are named with the nearest", "[therapy][read][error]") {
    check({"to: combo", "to: comb", "comb\n", 0,
           "error T010: regimen 'comb' is not declared; did you mean 'combo'?"});
    check({"from: [mono, combo]", "from: [mono, cmobo]", "cmobo", 0,
           "error T010: regimen 'cmobo' is not declared; did you mean 'combo'?"});
}

TEST_CASE("read_graph: what is declared twice is refused", "[therapy][read][error]") {
    check({"- {regimen: chemo}", "- {regimen: chemo}\n  - {regimen: chemo, title: other}",
           "{regimen: chemo, title", 0,
           "error T011: regimen 'chemo' is declared twice; keep one of the two"});
    check({"also: [nivolumab]", "also: [mono]", "{regimen: mono", 0,
           "error T011: regimen 'mono' is declared twice; keep one of the two"});
}

TEST_CASE("read_graph: two moves of one name, or of one step, are refused", "[therapy][read][error]") {
    check({"- move: change", "- move: step-up", "move: step-up\n    kind: switch", 0,
           "error T012: move 'step-up' is declared twice; move names are permanent and unique"});
    const std::string again =
        make::small +
        "  - move: change-again\n    kind: switch\n    title: x\n    from: combo\n    to: chemo\n"
        "    answers: {any: 1}\n    sources: D30\n";
    CHECK(findings_of(again) ==
          place_of(again, "move: change-again") +
              "error T023: moves 'change' and 'change-again' are the same step from 'combo'; merge "
              "them, or leave this regimen out of one 'from'");
}

TEST_CASE("read_graph: guard syntax is pointed at, character by character", "[therapy][read][guard][error]") {
    const std::string hint =
        "; write one comparison: alt_ratio <= 3, toxicity:colitis < 2, attribute:autoimmune != active, "
        "had:NAME or not "
        "had:NAME";
    const std::string guard = "\"alt_ratio <= 3\"";
    check({guard, "alt_ratio", "alt_ratio, source", 0, "error T013: 'alt_ratio' compares nothing" + hint});
    check({guard, "\"alt_ratio <= high\"", "high", 0,
           "error T013: 'high' is not a number, but alt_ratio is compared with one" + hint});
    check({guard, "\"alt_ratio =< 3\"", "=< 3", 0, "error T013: '=' is no comparison" + hint});
    check({guard, "\"alt_ratio <=\"", "<=\"", 0, "error T013: nothing to compare with" + hint});
    check({guard, "\"<= 3\"", "<= 3", 0, "error T013: a comparison without a name before it" + hint});
    check({guard, "\"alt_ratio <= 3 and more\"", "3 and more", 0,
           "error T013: '3 and more' is neither a number nor one word" + hint});
    check({guard, "\"had:ipilimumab == 1\"", "== 1", 0,
           "error T013: 'had:' is yes or no and takes no comparison" + hint});
    check({guard, "\"not had:\"", "had:\"", 0, "error T013: 'had:' names no regimen" + hint});
    check({guard, "\"toxicity: < 2\"", "toxicity: <", 0, "error T013: 'toxicity:' names nothing" + hint});
    check({guard, "\"attribute:autoimmune < active\"", "< active", 0,
           "error T013: 'active' is text: only == and != can compare it" + hint});
}

TEST_CASE("read_graph: a guard may read declared facts only", "[therapy][read][guard][error]") {
    check({"\"alt_ratio <= 3\"", "\"alt_rato <= 3\"", "alt_rato", 0,
           "error T014: channel 'alt_rato' is not declared; did you mean 'alt_ratio'?"});
    check({"\"toxicity:colitis < 2\"", "\"toxicity:colits < 2\"", "toxicity:colits", 0,
           "error T014: toxicity 'colits' is not declared; did you mean 'colitis'?"});
    check({"\"attribute:age < 80\"", "\"attribute:aeg < 80\"", "attribute:aeg", 0,
           "error T014: attribute 'aeg' is not declared; did you mean 'age'?"});
    check({"\"not had:ipilimumab\"", "\"not had:ipilimumap\"", "had:ipilimumap", 0,
           "error T014: exposure 'ipilimumap' is not declared; did you mean 'ipilimumab'?"});
    check({"gives: [ipilimumab]", "gives: [ipilimumap]", "ipilimumap", 0,
           "error T014: exposure 'ipilimumap' is not declared; did you mean 'ipilimumab'?"});
    check({"{term: rash", "{term: rsah", "rsah", 0,
           "error T014: toxicity 'rsah' is not declared; did you mean 'rash'?"});
    check({"{channel: alt_ratio, hold_above: 3, stop_above: 5",
           "{channel: ast_ratio, hold_above: 3, stop_above: 5", "ast_ratio", 0,
           "error T014: channel 'ast_ratio' is not declared; did you mean 'alt_ratio'?"});
}

TEST_CASE("read_graph: bottlenecks, sources and profiles must be declared", "[therapy][read][error]") {
    check({"suppressed: 5", "supressed: 5", "supressed", 0,
           "error T015: bottleneck 'supressed' is not declared; did you mean 'suppressed'?"});
    check({"< 2\", source: D30", "< 2\", source: D03", "D03", 0,
           "error T016: source 'D03' is not declared; did you mean 'D30'?"});
    check({"sources: [D30, illustrative]", "sources: [D30, ilustrative]", "ilustrative", 0,
           "error T016: source 'ilustrative' is not declared; did you mean 'illustrative'?"});
    check({"safety: harsh", "safety: hars", "hars,", 0,
           "error T017: safety profile 'hars' is not declared; did you mean 'harsh'?"});
}

TEST_CASE("read_graph: limits that contradict themselves or each other are refused",
          "[therapy][read][error]") {
    check({"hold: 2, stop: 3", "hold: 3, stop: 2", "{term: default, hold: 3", 0,
           "error T018: default stops from grade 2, below its hold grade 3; hold <= stop"});
    check({"hold_above: 3, stop_above: 5", "hold_above: 6, stop_above: 5",
           "{channel: alt_ratio, hold_above: 6", 0,
           "error T018: alt_ratio stops above 5, below its hold limit 6; hold_above <= stop_above"});
    const std::string both = replaced("safety: harsh", "safety: [harsh, mild]");
    CHECK(findings_of(both) ==
          place_of(both, "{regimen: combo") +
              "error T018: the limits of 'alt_ratio' for 'combo' have 2 without a condition; give exactly "
              "one, as the last "
              "of that channel\n" +
              place_of(both, "mild], gives") +
              "error T018: the profiles of 'combo' set 'default' twice; leave it in one profile");
    check({"      - {channel: alt_ratio, hold_above: 3, stop_above: 8, source: D32}\n", "", "{regimen: mono",
           0,
           "error T018: the limits of 'alt_ratio' for 'mono' have 0 without a condition; give exactly one, "
           "as the last of "
           "that channel"});
}

TEST_CASE("read_graph: a move that gives something leads to one other regimen", "[therapy][read][error]") {
    check({"    to: combo\n", "", "move: step-up", 0,
           "error T019: move 'step-up' of kind intensify leads to 0 regimens; give one regimen as 'to'"});
}

TEST_CASE("read_graph: a move from a regimen to itself says so", "[therapy][read][error]") {
    check({"to: combo", "to: nivolumab", "mono\n    to: nivolumab", 0,
           "error T019: move 'step-up' leads from 'mono' to itself; leave out "
           "'to' for a move that stays"});
}

TEST_CASE("read_graph: regimens that nothing leads to, or that offer no hold, are warned about",
          "[therapy][read]") {
    check({"  - {regimen: held}", "  - {regimen: lonely}\n  - {regimen: held}", "{regimen: lonely}", 0,
           "warning T020: no move leads to regimen 'lonely'; mark it 'start: true', or add a move to it\n" +
               place_of(replaced("  - {regimen: held}", "  - {regimen: lonely}\n  - {regimen: held}"),
                        "{regimen: lonely}") +
               "warning T021: regimen 'lonely' offers no hold; add it to the 'from' of a move of kind hold"});
    check({"from: [mono, combo, chemo]", "from: [mono, combo]", "{regimen: chemo}", 0,
           "warning T021: regimen 'chemo' offers no hold; add it to the 'from' of a move of kind hold"});
}

TEST_CASE("read_graph: a hold cannot be guarded", "[therapy][read][error]") {
    const std::string guard = "    guards:\n      - {require: \"alt_ratio <= 9\", source: D32}\n";
    check({"    from: held\n", "    from: held\n" + guard, "alt_ratio <= 9", 0,
           "error T022: hold 'stay-held' has a guard; a hold must always be open: remove its guards"});
}

TEST_CASE("read_graph: unknown keys and kinds are the strict reader's findings, all in one run",
          "[therapy][read][error]") {
    std::string text = replaced("start: true", "strat: true");
    text.replace(text.find("kind: switch"), 12, "kind: swich");
    const std::string all = findings_of(text);
    CHECK(all.find(place_of(text, "strat") + "error Y010: ") != std::string::npos);
    CHECK(all.find(place_of(text, "swich") + "error Y013: ") != std::string::npos);
    CHECK(findings_of("").find("error") != std::string::npos);
    CHECK(findings_of("a: [").find("error Y001") != std::string::npos);
}

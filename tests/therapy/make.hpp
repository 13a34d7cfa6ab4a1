#pragma once

#include <string>
#include <vector>

#include "bellwether/therapy/therapy.hpp"

/// A small graph of every kind of move, and short ways to ask it.
namespace bellwether::therapy::make {

inline const std::string small = R"(schema: 1
graph: small
bottlenecks: [exhausted, suppressed]
facts:
  channels: [alt_ratio]
  attributes: [autoimmune, age]
  toxicities: [colitis, rash, hepatitis]
  exposures: [ipilimumab]
sources:
  - {key: D30, cite: grades}
  - {key: D32, cite: liver}
safety:
  - profile: mild
    thresholds:
      - {term: default, hold: 2, stop: 4, source: D30}
      - {term: rash, hold: 3, source: D30}
    limits:
      - {channel: alt_ratio, if: "attribute:autoimmune == never", hold_above: 6, stop_above: 9, source: D32}
      - {channel: alt_ratio, hold_above: 3, stop_above: 8, source: D32}
  - profile: harsh
    thresholds:
      - {term: default, hold: 2, stop: 3, source: D30}
    limits:
      - {channel: alt_ratio, hold_above: 3, stop_above: 5, source: D32}
regimens:
  - {regimen: mono, start: true, also: [nivolumab], safety: mild}
  - {regimen: combo, safety: harsh, gives: [ipilimumab]}
  - {regimen: chemo}
  - {regimen: held}
moves:
  - move: pause
    kind: hold
    title: Hold
    from: [mono, combo, chemo]
    to: held
    answers: {any: 9}
    sources: D30
  - move: stay-held
    kind: hold
    title: Keep holding
    from: held
    answers: {any: 9}
    sources: D30
  - move: look-again
    kind: confirm
    title: Confirm
    from: any
    answers: {exhausted: 8}
    sources: D30
  - move: step-up
    kind: intensify
    title: Step up
    from: mono
    to: combo
    answers: {exhausted: 1, suppressed: 5}
    guards:
      - {require: "alt_ratio <= 3", source: D32}
      - {require: "toxicity:colitis < 2", source: D30}
      - {require: "attribute:autoimmune != active", source: illustrative}
      - {require: "attribute:age < 80", source: illustrative}
      - {require: "not had:ipilimumab", source: illustrative}
    sources: [D30, illustrative]
  - move: change
    kind: switch
    title: Change
    from: [mono, combo]
    to: chemo
    answers: {any: 3, suppressed: 1}
    sources: illustrative
)";

inline Graph graph(const std::string& text = small) {
    Findings f;
    auto g = read_graph(text, "small.yaml", f);
    std::string all;
    for (const auto& d : f.list)
        all += to_string(d) + "\n";
    if (!g) throw Error("test", all);
    return *g;
}

inline Fact number(double x, const std::string& origin = "") {
    return {x, "", origin};
}
inline Fact word(const std::string& w, const std::string& origin = "") {
    return {std::nullopt, w, origin};
}

/// Everything that the small graph asks, and nothing against any move.
inline Facts healthy() {
    return {{"alt_ratio", number(1, "alt 2026-03-02: 35 U/L")},
            {"toxicity:any", number(0)},
            {"attribute:autoimmune", word("none")},
            {"attribute:age", number(60)}};
}

inline Option pick(const std::vector<Option>& options, const std::string& name) {
    for (const Option& o : options)
        if (o.move == name) return o;
    throw Error("test", "no move " + name);
}

/// "change open 1; pause open 2; step-up withheld"
inline std::string story(const std::vector<Option>& options) {
    std::string text;
    for (const Option& o : options) {
        if (!text.empty()) text += "; ";
        text += o.move + " " + std::string(to_string(o.standing));
        if (o.rank > 0) text += " " + std::to_string(o.rank);
    }
    return text;
}

}  // namespace bellwether::therapy::make

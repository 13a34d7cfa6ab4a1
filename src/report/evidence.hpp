#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bellwether/core/date.hpp"

/// The evidence of an alert, read back from its JSON. What is missing or malformed is left empty: an alert is
/// shown even when its reason cannot be read, and says so.
namespace bellwether::report {

/// Weights of one visit, in natural-log odds for a label against its complement.
struct VisitWeight {
    std::string date;
    std::map<std::string, double> channels;
    std::optional<double> time, log_odds, p;
};

struct Argument {
    std::string label, against, model;
    std::string group;                ///< of channels whose readings alone count; "" = all
    std::vector<VisitWeight> visits;  ///< ascending
};

/// A feature as it stood when the rule fired.
struct Ground {
    std::string call, unit;
    std::optional<double> value;
    std::string bound;  ///< "below", "above": the truth lies on that side of the value; "" = the value itself
    std::string text;   ///< for features that answer with a word
    std::string unknown;              ///< why it was not known
    std::vector<Argument> arguments;  ///< two where groups of channels disagree
};

struct Evidence {
    bool readable = false;
    std::string at, summary;
    std::vector<Ground> because;
    std::vector<std::string> unless_unknown;
};

[[nodiscard]] Evidence read_evidence(const std::string& json);

/// The arguments of all features, each once: two features may rest on one.
[[nodiscard]] std::vector<Argument> arguments_of(const Evidence& evidence);
/// "fold(ctdna, nadir) = 1.75", "P(growing) not known: no model"
[[nodiscard]] std::string words(const Ground& ground);
/// "for 'growing' against 'not growing', model m, by imaging alone"
[[nodiscard]] std::string words(const Argument& argument);
/// "ctdna +1.9, sld -0.2, time -0.1 -> P 0.91": the largest weight first, time last.
[[nodiscard]] std::string words(const VisitWeight& visit);
/// Channels that the evidence rests on: those that a call names, then by the size of their weight at the last
/// visit.
[[nodiscard]] std::vector<std::string> channels_of(const Evidence& evidence,
                                                   const std::vector<std::string>& known);

}  // namespace bellwether::report

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bellwether/core/feature.hpp"

/// Expressions as `Evaluator` runs them: flat, children before parents, the last node is the answer.
namespace bellwether::rulebook {

enum class Op : unsigned char {
    literal,  ///< number
    call,     ///< calls[a]
    text_equal,
    text_differs,  ///< nodes[a], a text call, against nodes[b], or against `text` where b < 0
    add,
    subtract,
    multiply,
    divide,
    negative,
    less,
    at_most,
    greater,
    at_least,
    equal,
    differs,
    and_,
    or_,
    not_
};

struct Node {
    Op op = Op::literal;
    int a = -1, b = -1;  ///< operands, as indices of nodes
    double number = 0.0;
    std::string text;
};

struct Expression {
    std::vector<Node> nodes;  ///< empty: the rule has no such expression
    ValueType type = ValueType::truth;
    std::string unit;  ///< of a number, canonical; "1" without
    [[nodiscard]] bool present() const { return !nodes.empty(); }
};

/// A call whose answer moves with the date, and the constant that it is compared with.
struct Clocked {
    int call = 0;
    std::optional<double> threshold;
    friend bool operator==(const Clocked&, const Clocked&) = default;
};

/// A stretch of a summary: text as it stands, or a value in a format.
struct SummaryPiece {
    enum class Format { plain, fixed, percent };
    std::string text;
    Expression value;
    Format format = Format::plain;
    int digits = 0;
};

struct CompiledRule {
    std::vector<FeatureCall> calls;  ///< each once; a node's call is an index into it
    std::vector<FeatureType> types;  ///< beside `calls`
    Expression when, unless, until, escalate;
    std::vector<SummaryPiece> summary;
    std::vector<int> because;  ///< calls shown as evidence: of when, unless and summary
    std::vector<int> watched;  ///< calls of when, unless, until and escalate: they make the points
    std::vector<Clocked> clocks;
};

/// Adds what an expression calls to `list`, each once.
void add_calls(const Expression& expression, std::vector<int>& list);

}  // namespace bellwether::rulebook

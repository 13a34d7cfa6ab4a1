#include "compile.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "dimension.hpp"
#include "operand.hpp"
#include "quantity.hpp"

namespace bellwether::rulebook {
namespace {

bool has_call(const Expr& e) {
    return e.kind == Syntax::call || std::any_of(e.kids.begin(), e.kids.end(), has_call);
}

bool is_word(const Expr& e) {
    return e.kind == Syntax::word || e.kind == Syntax::text;
}

Op comparison_op(Syntax kind) {
    switch (kind) {
        case Syntax::less:
            return Op::less;
        case Syntax::at_most:
            return Op::at_most;
        case Syntax::greater:
            return Op::greater;
        case Syntax::at_least:
            return Op::at_least;
        case Syntax::equal:
            return Op::equal;
        default:
            return Op::differs;
    }
}

/// Walks the tree once: every method compiles an expression and gives what is known of it.
class Compiler {
public:
    Compiler(const Source& source, Use use, Scope& scope)
        : use_(use), scope_(scope), report_{source, scope.findings} {}

    Expression run(const Expr& root, const std::string& key) {
        const Operand answer = compile(root);
        if (answer.bad) return {};
        if (use_ == Use::condition && answer.type != ValueType::truth) {
            report_.error("R019", root.at,
                          fmt::format("'{}' is {}, not a condition", key, name_of(answer.type)),
                          "compare it with something, such as '> 0'");
            return {};
        }
        if (use_ == Use::condition && answer.constant) {
            report_.warning("R021", root.at,
                            fmt::format("'{}' is always {}", key, *answer.constant != 0.0 ? "true" : "false"),
                            "name a feature of the patient");
        } else {
            for (auto& d : dead_)
                scope_.findings.list.push_back(std::move(d));
        }
        if (answer.type == ValueType::text && answer.node < 0) {
            report_.error("R018", root.at, fmt::format("'{}' is a word, not a value", root.text),
                          word_hint(root.text, scope_.table, scope_.model));
            return {};
        }
        out_.type = answer.type;
        out_.unit = answer.unit;
        return std::move(out_);
    }

private:
    Operand compile(const Expr& e) {
        switch (e.kind) {
            case Syntax::number: {
                Operand o = literal(ValueType::number, e.number, e.at);
                o.bare = e.text.empty();
                o.unit = o.bare ? "1" : canonical(e.text);
                return o;
            }
            case Syntax::duration:
                return literal(ValueType::duration, e.number, e.at);
            case Syntax::truth:
                return literal(ValueType::truth, e.number, e.at);
            case Syntax::word:
            case Syntax::text:
                return Operand{false, ValueType::text, "", false, {}, -1, e.at};
            case Syntax::call:
                return call(e);
            case Syntax::negative:
                return negative(e);
            case Syntax::not_:
            case Syntax::and_:
            case Syntax::or_:
                return logic(e);
            case Syntax::add:
            case Syntax::subtract:
            case Syntax::multiply:
            case Syntax::divide:
                return arithmetic(e);
            default:
                return comparison(e);
        }
    }

    int emit(Node node) {
        out_.nodes.push_back(std::move(node));
        return static_cast<int>(out_.nodes.size()) - 1;
    }

    Operand literal(ValueType type, double x, std::size_t at) {
        return {false, type, "1", false, x, emit({Op::literal, -1, -1, x, ""}), at};
    }

    Operand call(const Expr& e) {
        FeatureCall called;
        FeatureType type;
        if (!check_call(e, report_.source, scope_.table, scope_.model, scope_.findings, called, type)) {
            return Operand::wrong(e.at);
        }
        auto& calls = scope_.rule.calls;
        const auto known = std::find(calls.begin(), calls.end(), called);
        const int index = static_cast<int>(known - calls.begin());
        if (known == calls.end()) calls.push_back(called), scope_.rule.types.push_back(type);
        if (type.clock && use_ == Use::condition) {
            if (type.type != ValueType::duration) {
                add_clock({index, std::nullopt});
            } else if (&e != beside_constant_) {
                report_.error("R020", e.at,
                              fmt::format("'{}' moves with the date, so it must stand alone in a comparison "
                                          "with a constant duration",
                                          to_string(called)),
                              fmt::format("write {} > 42d", to_string(called)));
                return Operand::wrong(e.at);
            }
        }
        Node node{Op::call, index, -1, 0.0, ""};
        return {false, type.type, canonical(type.unit), false, {}, emit(std::move(node)), e.at};
    }

    void add_clock(const Clocked& c) {
        auto& clocks = scope_.rule.clocks;
        if (std::find(clocks.begin(), clocks.end(), c) == clocks.end()) clocks.push_back(c);
    }

    Operand negative(const Expr& e) {
        const std::size_t start = out_.nodes.size();
        Operand x = quantity(e.kids[0], "-");
        if (x.bad) return x;
        x.at = e.at;
        x.node = emit({Op::negative, x.node, -1, 0.0, ""});
        if (x.constant) fold(x, start, -*x.constant);
        return x;
    }

    /// A number or a duration, as operand of `sign`.
    Operand quantity(const Expr& e, std::string_view sign) {
        Operand x = compile(e);
        if (x.bad || x.type == ValueType::number || x.type == ValueType::duration) return x;
        if (is_word(e)) {
            report_.error("R018", e.at, fmt::format("'{}' is a word, not a number", e.text),
                          word_hint(e.text, scope_.table, scope_.model));
        } else {
            report_.error("R018", e.at, fmt::format("{} as an operand of '{}'", name_of(x.type), sign),
                          x.type == ValueType::truth ? "a condition is joined by and, or, not"
                                                     : "text is compared by == and != only");
        }
        return Operand::wrong(e.at);
    }

    Operand arithmetic(const Expr& e) {
        const std::size_t start = out_.nodes.size();
        const std::string_view sign = spelling(e.kind);
        Operand l = quantity(e.kids[0], sign), r = quantity(e.kids[1], sign);
        if (l.bad || r.bad) return Operand::wrong(e.at);
        const bool sum = e.kind == Syntax::add || e.kind == Syntax::subtract;
        const Op op = e.kind == Syntax::add        ? Op::add
                      : e.kind == Syntax::subtract ? Op::subtract
                      : e.kind == Syntax::multiply ? Op::multiply
                                                   : Op::divide;
        if (op == Op::divide && r.constant && *r.constant == 0.0) {
            report_.error("R024", r.at, "division by zero", "the answer would never be known");
            return Operand::wrong(e.at);
        }
        Operand out = Operand::wrong(e.at);
        const bool ok = sum                          ? units_.match(l, r, e, out)
                        : e.kind == Syntax::multiply ? units_.product(l, r, e, out)
                                                     : units_.quotient(l, r, e, out);
        if (!ok) return Operand::wrong(e.at);
        out.bad = false;
        out.at = e.at;
        out.bare = l.bare && r.bare;
        out.node = emit({op, l.node, r.node, 0.0, ""});
        if (l.constant && r.constant) {
            const double a = *l.constant, b = *r.constant;
            fold(out, start,
                 op == Op::add        ? a + b
                 : op == Op::subtract ? a - b
                 : op == Op::multiply ? a * b
                                      : a / b);
        }
        return out;
    }

    Operand comparison(const Expr& e) {
        const std::size_t start = out_.nodes.size();
        const Expr &le = e.kids[0], &re = e.kids[1];
        Operand l = beside(le, re), r = beside(re, le);
        if (l.bad || r.bad) return Operand::wrong(e.at);
        if (l.type == ValueType::text || r.type == ValueType::text) return text_comparison(e, l, r);
        if (l.type == ValueType::truth || r.type == ValueType::truth) {
            report_.error("R018", e.op_at, fmt::format("'{}' with a condition on one side", spelling(e.kind)),
                          "a condition stands alone; turn it round with 'not'");
            return Operand::wrong(e.at);
        }
        Operand out = Operand::wrong(e.at);
        if (!units_.match(l, r, e, out)) return out;
        clock(le, l, r), clock(re, r, l);
        out = {false, ValueType::truth, "1", false, {}, 0, e.at};
        out.node = emit({comparison_op(e.kind), l.node, r.node, 0.0, ""});
        if (l.constant && r.constant) {
            fold(out, start, compare_numbers(comparison_op(e.kind), *l.constant, *r.constant) ? 1.0 : 0.0);
        }
        return out;
    }

    /// One side of a comparison: a clock term may stand here when the other side is constant.
    Operand beside(const Expr& e, const Expr& other) {
        const Expr* outer = std::exchange(beside_constant_, has_call(other) ? nullptr : &e);
        Operand x = compile(e);
        beside_constant_ = outer;
        return x;
    }

    void clock(const Expr& e, const Operand& x, const Operand& other) {
        if (use_ != Use::condition || e.kind != Syntax::call || x.type != ValueType::duration ||
            !other.constant)
            return;
        const int index = out_.nodes[static_cast<std::size_t>(x.node)].a;
        if (scope_.rule.types[static_cast<std::size_t>(index)].clock) add_clock({index, *other.constant});
    }

    Operand text_comparison(const Expr& e, const Operand& l, const Operand& r) {
        const Expr &le = e.kids[0], &re = e.kids[1];
        const auto wrong_side = [&](const Expr& side, const Operand& x) {
            if (is_word(side)) {
                report_.error("R018", side.at, fmt::format("'{}' is a word, not a value", side.text),
                              word_hint(side.text, scope_.table, scope_.model));
            } else {
                report_.error("R018", side.at, fmt::format("{} compared with text", name_of(x.type)),
                              "write a number on the other side");
            }
            return Operand::wrong(e.at);
        };
        if (is_word(le) && is_word(re)) return wrong_side(le, l);
        if (l.type != ValueType::text) return is_word(re) ? wrong_side(re, r) : wrong_side(le, l);
        if (r.type != ValueType::text) return is_word(le) ? wrong_side(le, l) : wrong_side(re, r);
        if (e.kind != Syntax::equal && e.kind != Syntax::differs) {
            report_.error("R018", e.op_at, fmt::format("'{}' on text", spelling(e.kind)),
                          "text is compared by == and != only");
            return Operand::wrong(e.at);
        }
        Node node{e.kind == Syntax::equal ? Op::text_equal : Op::text_differs, l.node, r.node, 0.0, ""};
        if (node.a < 0) std::swap(node.a, node.b);
        if (node.b < 0) node.text = is_word(le) ? le.text : re.text;
        return {false, ValueType::truth, "1", false, {}, emit(std::move(node)), e.at};
    }

    Operand logic(const Expr& e) {
        const std::size_t start = out_.nodes.size();
        bool bad = false;
        std::vector<Operand> sides;
        for (const Expr& kid : e.kids) {
            sides.push_back(compile(kid));
            bad = sides.back().bad || bad;
            if (sides.back().bad || sides.back().type == ValueType::truth) continue;
            bad = true;
            if (is_word(kid)) {
                report_.error("R018", kid.at, fmt::format("'{}' is a word, not a condition", kid.text),
                              word_hint(kid.text, scope_.table, scope_.model));
            } else {
                report_.error(
                    "R018", kid.at,
                    fmt::format("{} as an operand of '{}'", name_of(sides.back().type), spelling(e.kind)),
                    "compare it with something, such as '> 0'");
            }
        }
        if (bad) return Operand::wrong(e.at);
        Operand out{false, ValueType::truth, "1", false, {}, 0, e.at};
        const Operand& a = sides[0];
        if (e.kind == Syntax::not_) {
            out.node = emit({Op::not_, a.node, -1, 0.0, ""});
            if (a.constant) fold(out, start, *a.constant != 0.0 ? 0.0 : 1.0);
            return out;
        }
        const Operand& b = sides[1];
        const double decisive = e.kind == Syntax::and_ ? 0.0 : 1.0;  // one such side decides
        out.node = emit({e.kind == Syntax::and_ ? Op::and_ : Op::or_, a.node, b.node, 0.0, ""});
        for (const Operand& side : sides) {
            if (!side.constant) continue;
            Findings dead;
            Report{report_.source, dead}.warning(
                "R021", side.at,
                fmt::format("this side of '{}' is always {}", spelling(e.kind),
                            *side.constant != 0.0 ? "true" : "false"),
                "leave it out");
            dead_.push_back(std::move(dead.list.front()));
        }
        if ((a.constant && *a.constant == decisive) || (b.constant && *b.constant == decisive)) {
            fold(out, start, decisive);
        } else if (a.constant && b.constant) {
            fold(out, start, 1.0 - decisive);
        }
        return out;
    }

    /// Replaces everything emitted since `start` by one literal.
    void fold(Operand& x, std::size_t start, double value) {
        out_.nodes.resize(start);
        x.constant = value;
        x.node = emit({Op::literal, -1, -1, value, ""});
    }

    Use use_;
    Scope& scope_;
    Report report_;
    Expression out_;
    Dimensions units_{out_, report_};
    const Expr* beside_constant_ = nullptr;
    std::vector<Diagnostic> dead_;
};

}  // namespace

bool compare_numbers(Op op, double a, double b) {
    switch (op) {
        case Op::less:
            return a < b;
        case Op::at_most:
            return a <= b;
        case Op::greater:
            return a > b;
        case Op::at_least:
            return a >= b;
        case Op::equal:
            return a == b;
        default:
            return a != b;
    }
}

Expression compile(const Source& source, Use use, const std::string& key, Scope& scope) {
    SyntaxError error;
    const auto tree = parse_expression(source.text, error);
    if (!tree) {
        Report{source, scope.findings}.error(error.chained ? "R022" : "R010", error.at, error.what,
                                             error.hint);
        return {};
    }
    return Compiler(source, use, scope).run(*tree, key);
}

bool compile_call(const Source& source, const FeatureTable& table, const std::string& model,
                  Findings& findings, FeatureCall& call) {
    SyntaxError error;
    const Report report{source, findings};
    const auto tree = parse_expression(source.text, error);
    if (!tree) {
        report.error("R010", error.at, error.what, error.hint);
        return false;
    }
    if (tree->kind != Syntax::call) {
        report.error("R033", tree->at, fmt::format("'{}' is not a single feature", source.text),
                     "write a call, such as P(growing)");
        return false;
    }
    FeatureType type;
    return check_call(*tree, source, table, model, findings, call, type);
}

}  // namespace bellwether::rulebook

#include "compile.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"
#include "operand.hpp"
#include "quantity.hpp"

namespace bellwether::rulebook {
namespace {

bool has_call(const Expr& e) {
    return e.kind == Syntax::call || std::any_of(e.kids.begin(), e.kids.end(), has_call);
}

bool is_word(const Expr& e) { return e.kind == Syntax::word || e.kind == Syntax::text; }

Op comparison_op(Syntax kind) {
    switch (kind) {
        case Syntax::less: return Op::less;
        case Syntax::at_most: return Op::at_most;
        case Syntax::greater: return Op::greater;
        case Syntax::at_least: return Op::at_least;
        case Syntax::equal: return Op::equal;
        default: return Op::differs;
    }
}

/// Walks the tree once: every method compiles an expression and gives what is known of it.
class Compiler {
public:
    Compiler(const Source& source, Use use, Scope& scope) : use_(use), scope_(scope), report_{source, scope.findings} {}

    Expression run(const Expr& root, const std::string& key) {
        const Operand answer = compile(root);
        if (answer.bad) return {};
        if (use_ == Use::condition && answer.type != ValueType::truth) {
            report_.error("R019", root.at, fmt::format("'{}' is {}, not a condition", key, name_of(answer.type)),
                          "compare it with something, such as '> 0'");
            return {};
        }
        if (use_ == Use::condition && answer.constant) {
            report_.warning("R021", root.at,
                            fmt::format("'{}' is always {}", key, *answer.constant != 0.0 ? "true" : "false"),
                            "name a feature of the patient");
        } else {
            for (auto& d : dead_) scope_.findings.list.push_back(std::move(d));
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
            case Syntax::duration: return literal(ValueType::duration, e.number, e.at);
            case Syntax::truth: return literal(ValueType::truth, e.number, e.at);
            case Syntax::word:
            case Syntax::text: return Operand{false, ValueType::text, "", false, {}, -1, e.at};
            case Syntax::call: return call(e);
            case Syntax::negative: return negative(e);
            case Syntax::not_:
            case Syntax::and_:
            case Syntax::or_: return logic(e);
            case Syntax::add:
            case Syntax::subtract:
            case Syntax::multiply:
            case Syntax::divide: return arithmetic(e);
            default: return comparison(e);
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
                report_.error("R020", e.at, fmt::format("'{}' moves with the date, so it must stand alone in a comparison "
                                                        "with a constant duration", to_string(called)),
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
        const bool ok = sum ? match(l, r, e, out) : e.kind == Syntax::multiply ? product(l, r, e, out) : quotient(l, r, e, out);
        if (!ok) return Operand::wrong(e.at);
        out.bad = false;
        out.at = e.at;
        out.bare = l.bare && r.bare;
        out.node = emit({op, l.node, r.node, 0.0, ""});
        if (l.constant && r.constant) {
            const double a = *l.constant, b = *r.constant;
            fold(out, start, op == Op::add ? a + b : op == Op::subtract ? a - b : op == Op::multiply ? a * b : a / b);
        }
        return out;
    }

    /// Brings both sides of a sum or a comparison to one type and unit, which `out` receives.
    bool match(Operand& l, Operand& r, const Expr& e, Operand& out) {
        out.type = l.type;
        if (l.type != r.type) {
            Operand& number = l.type == ValueType::number ? l : r;
            if (number.constant && *number.constant == 0.0 && number.bare) {
                out.type = ValueType::duration;
                return true;
            }
            if (number.bare && number.constant) {
                report_.error("R016", number.at, fmt::format("{} against a duration", shortest(*number.constant)),
                              fmt::format("write {}d", shortest(*number.constant)));
            } else {
                report_.error("R018", e.op_at, fmt::format("a duration and a number on the sides of '{}'", spelling(e.kind)),
                              "divide the duration by 1d to make a number of it");
            }
            return false;
        }
        if (l.type == ValueType::duration) return true;
        if (l.bare != r.bare && !bare_fits(l.bare ? l : r, l.bare ? r : l)) return false;
        if (l.bare != r.bare) {
            out.unit = l.bare ? r.unit : l.unit;
            return true;
        }
        // A constant is converted to what stands beside it, else the right side to the left.
        const bool left_moves = l.constant && !r.constant;
        Operand& mover = left_moves ? l : r;
        const Operand& stays = left_moves ? r : l;
        out.unit = stays.unit;
        return convert(mover, stays.unit, e);
    }

    /// A number without a unit beside a quantity: fits when the quantity has none either, or when it is 0.
    bool bare_fits(const Operand& bare, const Operand& other) {
        if (other.unit == "1" || (bare.constant && *bare.constant == 0.0)) return true;
        const std::string wanted = bare.constant ? fmt::format("write {}{}{}", shortest(*bare.constant),
                                                               other.unit == "%" ? "" : " ", other.unit)
                                                 : fmt::format("write its numbers in {}", other.unit);
        report_.error("R016", bare.at, fmt::format("{} without a unit against a quantity in {}",
                                                   bare.constant ? shortest(*bare.constant) : "a number", other.unit), wanted);
        return false;
    }

    bool convert(Operand& x, const std::string& to, const Expr& e) {
        if (x.unit == to) return true;
        const auto k = factor(x.unit, to), back = factor(to, x.unit);
        if (!k || !back) {
            if (x.constant && !known_unit(x.unit)) {
                report_.error("R017", x.at, fmt::format("unknown unit '{}'", x.unit), fmt::format("the other side is in {}", to));
            } else {
                report_.error("R015", e.op_at, fmt::format("'{}' between a quantity in {} and one in {}", spelling(e.kind),
                                                           x.at < e.op_at ? x.unit : to, x.at < e.op_at ? to : x.unit),
                              "both sides need units of one kind");
            }
            return false;
        }
        // Dividing by a whole number rounds once: 35% is exactly 0.35.
        const bool divide = *back >= 1.0;
        if (x.constant) {
            x.constant = divide ? *x.constant / *back : *x.constant * *k;
            out_.nodes[static_cast<std::size_t>(x.node)].number = *x.constant;
        } else {
            const int by = emit({Op::literal, -1, -1, divide ? *back : *k, ""});
            x.node = emit({divide ? Op::divide : Op::multiply, x.node, by, 0.0, ""});
        }
        x.unit = to;
        return true;
    }

    /// A share (20%, ppm) as factor or divisor is a plain number.
    void plain_share(Operand& x, const Expr& e) {
        if (x.type == ValueType::number && x.unit != "1" && factor(x.unit, "1")) (void)convert(x, "1", e);
    }

    bool product(Operand& l, Operand& r, const Expr& e, Operand& out) {
        if (l.type == ValueType::duration) std::swap(l, r);  // the order of the factors does not matter from here
        if (r.type == ValueType::duration && l.type == ValueType::number) {
            if (const auto rate = without_per_day(l.unit)) {
                out.type = ValueType::number, out.unit = canonical(*rate);
                return true;
            }
            plain_share(l, e);
            out.type = ValueType::duration, out.unit = "1";
            if (l.unit == "1") return true;
        } else if (l.type == ValueType::number) {
            if (l.constant || r.unit != "1") plain_share(l, e);
            if (l.unit != "1") plain_share(r, e);
            out.type = ValueType::number, out.unit = l.unit == "1" ? r.unit : l.unit;
            if (l.unit == "1" || r.unit == "1") return true;
        }
        report_.error("R015", e.op_at, "a product of two quantities that both have units", "one side must be a plain number");
        return false;
    }

    bool quotient(Operand& l, Operand& r, const Expr& e, Operand& out) {
        out.unit = "1";
        if (r.type == ValueType::duration) {
            out.type = ValueType::number;
            if (l.type == ValueType::number) out.unit = per_day(l.unit);
            return true;
        }
        out.type = l.type;
        if (l.type == ValueType::number && l.unit != "1" && factor(r.unit, l.unit) && r.unit != "1" && !(r.bare)) {
            return convert(r, l.unit, e);
        }
        plain_share(r, e);
        if (r.unit == "1") {
            out.unit = l.unit;
            return true;
        }
        report_.error("R015", e.op_at, fmt::format("'/' between a quantity in {} and one in {}", l.unit, r.unit),
                      "divide by a plain number or by a quantity of the same kind");
        return false;
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
        if (!match(l, r, e, out)) return out;
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
        if (use_ != Use::condition || e.kind != Syntax::call || x.type != ValueType::duration || !other.constant) return;
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
            report_.error("R018", e.op_at, fmt::format("'{}' on text", spelling(e.kind)), "text is compared by == and != only");
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
                report_.error("R018", kid.at, fmt::format("{} as an operand of '{}'", name_of(sides.back().type), spelling(e.kind)),
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
                "R021", side.at, fmt::format("this side of '{}' is always {}", spelling(e.kind), *side.constant != 0.0 ? "true" : "false"),
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
    const Expr* beside_constant_ = nullptr;
    std::vector<Diagnostic> dead_;
};

}  // namespace

bool compare_numbers(Op op, double a, double b) {
    switch (op) {
        case Op::less: return a < b;
        case Op::at_most: return a <= b;
        case Op::greater: return a > b;
        case Op::at_least: return a >= b;
        case Op::equal: return a == b;
        default: return a != b;
    }
}

Expression compile(const Source& source, Use use, const std::string& key, Scope& scope) {
    SyntaxError error;
    const auto tree = parse_expression(source.text, error);
    if (!tree) {
        Report{source, scope.findings}.error(error.chained ? "R022" : "R010", error.at, error.what, error.hint);
        return {};
    }
    return Compiler(source, use, scope).run(*tree, key);
}

bool compile_call(const Source& source, const FeatureTable& table, const std::string& model, Findings& findings,
                  FeatureCall& call) {
    SyntaxError error;
    const Report report{source, findings};
    const auto tree = parse_expression(source.text, error);
    if (!tree) {
        report.error("R010", error.at, error.what, error.hint);
        return false;
    }
    if (tree->kind != Syntax::call) {
        report.error("R033", tree->at, fmt::format("'{}' is not a single feature", source.text), "write a call, such as P(growing)");
        return false;
    }
    FeatureType type;
    return check_call(*tree, source, table, model, findings, call, type);
}

}  // namespace bellwether::rulebook

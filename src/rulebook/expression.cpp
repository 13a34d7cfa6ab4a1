#include "expression.hpp"

#include <utility>

#include <tao/pegtl.hpp>

#include "bellwether/core/text.hpp"

namespace bellwether::rulebook {
namespace {

namespace grammar {
using namespace tao::pegtl;

struct ws : star<space> {};
struct word_char : sor<alnum, one<'_'>> {};
struct kw_and : seq<string<'a', 'n', 'd'>, not_at<word_char>> {};
struct kw_or : seq<string<'o', 'r'>, not_at<word_char>> {};
struct kw_not : seq<string<'n', 'o', 't'>, not_at<word_char>> {};
struct kw_true : seq<string<'t', 'r', 'u', 'e'>, not_at<word_char>> {};
struct kw_false : seq<string<'f', 'a', 'l', 's', 'e'>, not_at<word_char>> {};
struct reserved : sor<kw_and, kw_or, kw_not, kw_true, kw_false> {};

// Units. A '/' belongs to the unit when a unit follows it without a space: `5 mm/d`; divide with spaces
// around. Bytes from 0x80 on let the micro sign through.
struct unit_char : sor<alnum, one<'[', ']', '{', '}', '^', '%', '\''>, ranges<'\x80', '\xff'>> {};
struct unit_tail : seq<one<'/'>, plus<unit_char>> {};
struct unit_power : seq<string<'1', '0'>, one<'*', '^'>, plus<digit>, unit_tail> {};  // 10*9/L
struct unit_rate : seq<one<'1'>, unit_tail> {};                                       // 1/d
struct unit_named : seq<not_at<reserved>, not_at<digit>, plus<unit_char>, star<unit_tail>> {};
struct unit_text : sor<unit_power, unit_rate, unit_named> {};

struct exponent : seq<one<'e', 'E'>, opt<one<'+', '-'>>, plus<digit>> {};
struct number_text : seq<plus<digit>, opt<one<'.'>, plus<digit>>, opt<exponent>> {};
struct literal : seq<number_text, opt<star<blank>, unit_text>> {};

struct single_quoted : if_must<one<'\''>, until<one<'\''>>> {};
struct double_quoted : if_must<one<'"'>, until<one<'"'>>> {};
struct quoted : sor<single_quoted, double_quoted> {};
struct name : seq<not_at<reserved>, sor<alpha, one<'_'>>, star<word_char>> {};
struct bare_word : name {};
struct truth_true : kw_true {};
struct truth_false : kw_false {};

// Arguments hold names of the trial, which may contain '-', '.' and '+'.
struct argument_word : seq<sor<alpha, one<'_'>>, star<sor<word_char, one<'-', '.', '+'>>>> {};
struct argument : sor<literal, quoted, argument_word> {};
struct call_open : seq<name, one<'('>> {};
struct call_close : one<')'> {};
struct call
    : if_must<
          call_open, ws,
          sor<call_close, seq<argument, star<ws, if_must<one<','>, ws, argument>>, ws, must<call_close>>>> {};

struct disjunction;
struct close : one<')'> {};
struct bracket : if_must<one<'('>, ws, disjunction, ws, close> {};
struct primary : sor<literal, quoted, bracket, truth_true, truth_false, call, bare_word> {};

struct op_negative : one<'-'> {};
struct unary;
struct negative_tail : if_must<op_negative, ws, unary> {};
struct unary : sor<negative_tail, primary> {};
struct op_product : one<'*', '/'> {};
struct product_tail : if_must<op_product, ws, unary> {};
struct product : seq<unary, star<seq<ws, product_tail>>> {};
struct op_sum : one<'+', '-'> {};
struct sum_tail : if_must<op_sum, ws, product> {};
struct sum : seq<product, star<seq<ws, sum_tail>>> {};
struct op_compare
    : sor<string<'=', '='>, string<'!', '='>, string<'<', '='>, string<'>', '='>, one<'<', '>'>> {};
struct compare_tail : if_must<op_compare, ws, sum> {};
struct comparison : seq<sum, opt<ws, compare_tail>> {};
struct op_not : kw_not {};
struct negation;
struct not_tail : if_must<op_not, ws, negation> {};
struct negation : sor<not_tail, comparison> {};
struct op_and : kw_and {};
struct and_tail : if_must<op_and, ws, negation> {};
struct conjunction : seq<negation, star<seq<ws, and_tail>>> {};
struct op_or : kw_or {};
struct or_tail : if_must<op_or, ws, conjunction> {};
struct disjunction : seq<conjunction, star<seq<ws, or_tail>>> {};
struct whole : seq<ws, must<disjunction>, ws, must<eof>> {};
}  // namespace grammar

// Messages of what `must` can miss; where there is none a value is missing.
template <typename>
inline constexpr const char* missing = "a number, a feature or '('";
template <>
inline constexpr const char* missing<grammar::eof> = "'and', 'or', an operator or the end";
template <>
inline constexpr const char* missing<grammar::close> = "')'";
template <>
inline constexpr const char* missing<grammar::call_close> = "',' or ')'";
template <>
inline constexpr const char* missing<grammar::argument> = "a name, a number or a duration";
template <>
inline constexpr const char* missing<grammar::sor<
    grammar::call_close,
    grammar::seq<
        grammar::argument,
        grammar::star<grammar::ws, grammar::if_must<grammar::one<','>, grammar::ws, grammar::argument>>,
        grammar::ws, grammar::must<grammar::call_close>>>> = "an argument or ')'";
template <>
inline constexpr const char* missing<grammar::until<grammar::one<'\''>>> = "a closing quote";
template <>
inline constexpr const char* missing<grammar::until<grammar::one<'"'>>> = "a closing quote";

struct Messages {
    template <typename Rule>
    static constexpr const char* message = missing<Rule>;
    template <typename Rule>
    static constexpr bool raise_on_failure = false;
};
template <typename Rule>
using Control = tao::pegtl::must_if<Messages>::control<Rule>;

/// Filled by the actions: operands, and the operators and calls that wait for theirs.
struct Stack {
    std::vector<Expr> values;
    std::vector<std::pair<Syntax, std::size_t>> operators;
    std::vector<Expr> calls;

    Expr pop() {
        Expr e = std::move(values.back());
        values.pop_back();
        return e;
    }
    void apply(int operands) {
        const auto [kind, op_at] = operators.back();
        operators.pop_back();
        Expr e;
        e.kind = kind;
        e.op_at = op_at;
        Expr right = pop();
        if (operands == 2) e.kids.push_back(pop());
        e.kids.push_back(std::move(right));
        e.at = operands == 2 ? e.kids[0].at : op_at;
        values.push_back(std::move(e));
    }
};

Syntax operator_kind(std::string_view text) {
    if (text == "+") return Syntax::add;
    if (text == "-") return Syntax::subtract;
    if (text == "*") return Syntax::multiply;
    if (text == "/") return Syntax::divide;
    if (text == "==") return Syntax::equal;
    if (text == "!=") return Syntax::differs;
    if (text == "<=") return Syntax::at_most;
    if (text == ">=") return Syntax::at_least;
    return text == "<" ? Syntax::less : Syntax::greater;
}

Expr leaf(Syntax kind, std::size_t at, std::string text, double number = 0.0) {
    Expr e;
    e.kind = kind;
    e.at = e.op_at = at;
    e.text = std::move(text);
    e.number = number;
    return e;
}

/// `5 mm`, `20%`, `21d`, `6 weeks`. The number is the longest prefix that reads as one and that the grammar
/// took.
Expr read_literal(std::string_view text, std::size_t at) {
    std::size_t n = 0;
    const auto digits = [&] {
        while (n < text.size() && text[n] >= '0' && text[n] <= '9')
            ++n;
    };
    const auto digit_at = [&](std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
    digits();
    if (n < text.size() && text[n] == '.') ++n, digits();
    if (n < text.size() && (text[n] == 'e' || text[n] == 'E')) {
        const std::size_t sign = n + 1 < text.size() && (text[n + 1] == '+' || text[n + 1] == '-') ? 1 : 0;
        if (digit_at(n + 1 + sign)) n += 1 + sign, digits();
    }
    const double x = parse_double(text.substr(0, n)).value_or(0.0);
    const std::string unit(trim(text.substr(n)));
    if (unit == "d" || unit == "day" || unit == "days") return leaf(Syntax::duration, at, "d", x);
    if (unit == "w" || unit == "week" || unit == "weeks") return leaf(Syntax::duration, at, "d", 7.0 * x);
    return leaf(Syntax::number, at, unit, x);
}

template <typename Rule>
struct Action : tao::pegtl::nothing<Rule> {};

template <>
struct Action<grammar::literal> {
    template <typename In>
    static void apply(const In& in, Stack& s) {
        s.values.push_back(read_literal(in.string_view(), in.position().byte));
    }
};
template <>
struct Action<grammar::quoted> {
    template <typename In>
    static void apply(const In& in, Stack& s) {
        const std::string text = in.string();
        s.values.push_back(leaf(Syntax::text, in.position().byte, text.substr(1, text.size() - 2)));
    }
};
struct PushWord {
    template <typename In>
    static void apply(const In& in, Stack& s) {
        s.values.push_back(leaf(Syntax::word, in.position().byte, in.string()));
    }
};
template <>
struct Action<grammar::bare_word> : PushWord {};
template <>
struct Action<grammar::argument_word> : PushWord {};
template <>
struct Action<grammar::truth_true> {
    template <typename In>
    static void apply(const In& in, Stack& s) {
        s.values.push_back(leaf(Syntax::truth, in.position().byte, "true", 1.0));
    }
};
template <>
struct Action<grammar::truth_false> {
    template <typename In>
    static void apply(const In& in, Stack& s) {
        s.values.push_back(leaf(Syntax::truth, in.position().byte, "false", 0.0));
    }
};
template <>
struct Action<grammar::call_open> {
    template <typename In>
    static void apply(const In& in, Stack& s) {
        const std::string text = in.string();
        s.calls.push_back(leaf(Syntax::call, in.position().byte, text.substr(0, text.size() - 1)));
    }
};
template <>
struct Action<grammar::argument> {
    static void apply0(Stack& s) { s.calls.back().kids.push_back(s.pop()); }
};
template <>
struct Action<grammar::call> {
    static void apply0(Stack& s) {
        s.values.push_back(std::move(s.calls.back()));
        s.calls.pop_back();
    }
};

template <Syntax kind>
struct PushOperator {
    template <typename In>
    static void apply(const In& in, Stack& s) {
        s.operators.emplace_back(kind, in.position().byte);
    }
};
struct PushBinary {
    template <typename In>
    static void apply(const In& in, Stack& s) {
        s.operators.emplace_back(operator_kind(in.string_view()), in.position().byte);
    }
};
template <int operands>
struct Apply {
    static void apply0(Stack& s) { s.apply(operands); }
};
template <>
struct Action<grammar::op_negative> : PushOperator<Syntax::negative> {};
template <>
struct Action<grammar::op_not> : PushOperator<Syntax::not_> {};
template <>
struct Action<grammar::op_and> : PushOperator<Syntax::and_> {};
template <>
struct Action<grammar::op_or> : PushOperator<Syntax::or_> {};
template <>
struct Action<grammar::op_sum> : PushBinary {};
template <>
struct Action<grammar::op_product> : PushBinary {};
template <>
struct Action<grammar::op_compare> : PushBinary {};
template <>
struct Action<grammar::negative_tail> : Apply<1> {};
template <>
struct Action<grammar::not_tail> : Apply<1> {};
template <>
struct Action<grammar::sum_tail> : Apply<2> {};
template <>
struct Action<grammar::product_tail> : Apply<2> {};
template <>
struct Action<grammar::compare_tail> : Apply<2> {};
template <>
struct Action<grammar::and_tail> : Apply<2> {};
template <>
struct Action<grammar::or_tail> : Apply<2> {};

/// What stands at a place, for the message: a word, a number or one sign.
std::string found(std::string_view text, std::size_t at) {
    if (at >= text.size()) return "the end";
    const auto wordlike = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '.' || static_cast<unsigned char>(c) >= 0x80;
    };
    std::size_t n = 1;
    if (wordlike(text[at])) {
        while (at + n < text.size() && n < 24 && wordlike(text[at + n]))
            ++n;
    } else if (at + 1 < text.size() && std::string_view("=<>!&|").find(text[at]) != std::string_view::npos &&
               std::string_view("=&|>").find(text[at + 1]) != std::string_view::npos) {
        n = 2;
    }
    return "'" + std::string(text.substr(at, n)) + "'";
}

SyntaxError describe(std::string_view text, std::size_t at, std::string_view expected) {
    SyntaxError e;
    e.at = at;
    const std::string what = found(text, at);
    const bool after_value = expected == missing<grammar::eof>;
    if (after_value && (what == "'<'" || what == "'>'" || what == "'<='" || what == "'>='" ||
                        what == "'=='" || what == "'!='")) {
        e.chained = true;
        e.what = "a second comparison, " + what + ", in one chain";
        e.hint = "write 'a < b and b < c'";
        return e;
    }
    e.what = "expected " + std::string(expected) + ", found " + what;
    if (what == "'='") {
        e.hint = "equality is written '=='";
    } else if (what == "'&&'" || what == "'&'") {
        e.hint = "write 'and'";
    } else if (what == "'||'" || what == "'|'") {
        e.hint = "write 'or'";
    } else if (what == "'!'") {
        e.hint = "write 'not'";
    } else if (expected == missing<grammar::until<grammar::one<'"'>>>) {
        e.hint = "close the text with the quote that opened it";
    } else if (after_value) {
        e.hint = "join two conditions with 'and' or 'or'";
    } else {
        e.hint = "see docs/rule-format.md, 'Expressions'";
    }
    return e;
}

}  // namespace

std::string_view spelling(Syntax kind) {
    switch (kind) {
        case Syntax::negative:
        case Syntax::subtract:
            return "-";
        case Syntax::not_:
            return "not";
        case Syntax::add:
            return "+";
        case Syntax::multiply:
            return "*";
        case Syntax::divide:
            return "/";
        case Syntax::less:
            return "<";
        case Syntax::at_most:
            return "<=";
        case Syntax::greater:
            return ">";
        case Syntax::at_least:
            return ">=";
        case Syntax::equal:
            return "==";
        case Syntax::differs:
            return "!=";
        case Syntax::and_:
            return "and";
        case Syntax::or_:
            return "or";
        default:
            return "";
    }
}

std::optional<Expr> parse_expression(std::string_view text, SyntaxError& error) {
    // The parser descends once per bracket: a bound on the length bounds its stack.
    constexpr std::size_t longest = 4000;
    if (text.size() > longest) {
        error.at = longest;
        error.what = "the expression is longer than 4000 characters";
        error.hint = "split the rule";
        return std::nullopt;
    }
    Stack stack;
    tao::pegtl::memory_input<> in(text.data(), text.data() + text.size(), "");
    try {
        tao::pegtl::parse<grammar::whole, Action, Control>(in, stack);
    } catch (const tao::pegtl::parse_error& e) {
        error = describe(text, e.positions().front().byte, e.message());
        return std::nullopt;
    }
    return stack.pop();
}

}  // namespace bellwether::rulebook

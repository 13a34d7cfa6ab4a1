#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <tao/pegtl.hpp>
#include <tao/pegtl/contrib/parse_tree.hpp>

#include "bellwether/core/error.hpp"

#include "r_ast.hpp"

namespace bellwether::msm {
namespace {
namespace peg = tao::pegtl;

// Line ends are dealt with before (see `one_line`): here white space means nothing.
struct ws : peg::star<peg::space> {};
template <typename Rule>
struct tok : peg::seq<Rule, ws> {};
struct letter : peg::sor<peg::alpha, peg::one<'.'>> {};
struct word : peg::seq<letter, peg::star<peg::sor<peg::alnum, peg::one<'.', '_'>>>> {};
struct prefix : peg::seq<word, peg::string<':', ':'>> {};  // stats::
struct plain_name : peg::seq<peg::opt<prefix>, word> {};
struct quoted_name : peg::seq<peg::one<'`'>, peg::plus<peg::not_one<'`'>>, peg::one<'`'>> {};
struct name : peg::sor<quoted_name, plain_name> {};
struct exponent : peg::seq<peg::one<'e', 'E'>, peg::opt<peg::one<'+', '-'>>, peg::plus<peg::digit>> {};
struct mantissa : peg::sor<peg::seq<peg::plus<peg::digit>, peg::opt<peg::one<'.'>, peg::star<peg::digit>>>,
                           peg::seq<peg::one<'.'>, peg::plus<peg::digit>>> {};
struct number : peg::seq<mantissa, peg::opt<exponent>, peg::opt<peg::one<'L'>>> {};
struct text_double : peg::seq<peg::one<'"'>, peg::star<peg::not_one<'"'>>, peg::one<'"'>> {};
struct text_single : peg::seq<peg::one<'\''>, peg::star<peg::not_one<'\''>>, peg::one<'\''>> {};
struct text : peg::sor<text_double, text_single> {};

struct expression;
struct arg_name : peg::sor<name, text> {};
struct named_arg : peg::seq<tok<arg_name>, tok<peg::seq<peg::one<'='>, peg::not_at<peg::one<'='>>>>,
                            peg::opt<expression>> {};
struct plain_arg : peg::opt<expression> {};
struct arg : peg::sor<named_arg, plain_arg> {};
struct args : peg::list<arg, tok<peg::one<','>>> {};
struct call_suffix : peg::seq<tok<peg::one<'('>>, args, tok<peg::one<')'>>> {};
struct item_suffix : peg::seq<tok<peg::string<'[', '['>>, args, tok<peg::string<']', ']'>>> {};
struct index_suffix : peg::seq<tok<peg::one<'['>>, args, tok<peg::one<']'>>> {};
struct dollar_suffix : peg::seq<tok<peg::one<'$'>>, tok<peg::sor<name, text>>> {};
struct group : peg::seq<tok<peg::one<'('>>, expression, tok<peg::one<')'>>> {};
struct block : peg::seq<tok<peg::one<'{'>>, peg::list<expression, peg::plus<tok<peg::one<';'>>>>,
                        peg::star<tok<peg::one<';'>>>, tok<peg::one<'}'>>> {};
struct primary : peg::sor<tok<number>, tok<text>, tok<name>, group, block> {};
struct postfix
    : peg::seq<primary, peg::star<peg::sor<call_suffix, item_suffix, index_suffix, dollar_suffix>>> {};
struct signed_term;
struct power : peg::seq<postfix, peg::opt<tok<peg::one<'^'>>, signed_term>> {};
struct sign : peg::one<'+', '-'> {};
struct negation : peg::seq<tok<sign>, signed_term> {};
struct signed_term : peg::sor<negation, power> {};
struct range : peg::list<signed_term, tok<peg::seq<peg::one<':'>, peg::not_at<peg::one<':'>>>>> {};
struct special_op : peg::seq<peg::one<'%'>, peg::star<peg::not_one<'%'>>, peg::one<'%'>> {};
struct special : peg::seq<range, peg::star<tok<special_op>, range>> {};
struct times_op : peg::one<'*', '/'> {};
struct product : peg::seq<special, peg::star<tok<times_op>, special>> {};
struct plus_op : peg::one<'+', '-'> {};
struct sum : peg::seq<product, peg::star<tok<plus_op>, product>> {};
struct compare_op
    : peg::sor<peg::string<'=', '='>, peg::string<'!', '='>, peg::string<'<', '='>, peg::string<'>', '='>,
               peg::seq<peg::one<'<'>, peg::not_at<peg::one<'-'>>>, peg::one<'>'>> {};
struct comparison : peg::seq<sum, peg::opt<tok<compare_op>, sum>> {};
struct inversion;
struct not_op : peg::seq<tok<peg::one<'!'>>, inversion> {};
struct inversion : peg::sor<not_op, comparison> {};
struct and_op : peg::sor<peg::string<'&', '&'>, peg::one<'&'>> {};
struct conjunction : peg::seq<inversion, peg::star<tok<and_op>, inversion>> {};
struct or_op : peg::sor<peg::string<'|', '|'>, peg::one<'|'>> {};
struct disjunction : peg::seq<conjunction, peg::star<tok<or_op>, conjunction>> {};
struct one_sided : peg::seq<tok<peg::one<'~'>>, disjunction> {};
struct two_sided : peg::seq<disjunction, peg::opt<tok<peg::one<'~'>>, disjunction>> {};
struct formula : peg::sor<one_sided, two_sided> {};
struct assign_op : peg::sor<peg::string<'<', '-'>, peg::seq<peg::one<'='>, peg::not_at<peg::one<'='>>>> {};
struct assignment : peg::seq<formula, peg::opt<tok<assign_op>, assignment>> {};
struct expression : peg::seq<assignment> {};
struct separators : peg::star<tok<peg::one<';'>>> {};
struct whole : peg::must<ws, separators, peg::opt<peg::list<expression, peg::plus<tok<peg::one<';'>>>>>,
                         separators, peg::eof> {};

template <typename Rule>
using Selector = peg::parse_tree::selector<
    Rule, peg::parse_tree::store_content::on<
              plain_name, quoted_name, number, text_double, text_single, special_op, times_op, plus_op,
              compare_op, and_op, or_op, sign, assign_op, named_arg, plain_arg, call_suffix, item_suffix,
              index_suffix, dollar_suffix, group, block, postfix, power, negation, range, special, product,
              sum, comparison, not_op, conjunction, disjunction, one_sided, two_sided, assignment>>;
using Node = peg::parse_tree::node;

ExprPtr call(std::string what, std::vector<Arg> args) {
    return std::make_shared<const Expr>(Expr{Expr::Kind::call, 0.0, std::move(what), std::move(args)});
}
ExprPtr binary(const std::string& op, ExprPtr a, ExprPtr b) {
    return call(op, {{"", std::move(a)}, {"", std::move(b)}});
}

std::string word_of(const Node& n) {
    std::string w = n.string();
    if (n.is_type<plain_name>()) {
        const auto at = w.find("::");
        return at == std::string::npos ? w : w.substr(at + 2);
    }
    return w.substr(1, w.size() - 2);
}

ExprPtr build(const Node& n);

ExprPtr number_of(std::string digits) {
    if (digits.back() == 'L') digits.pop_back();
    double x = 0.0;
    std::from_chars(digits.data(), digits.data() + digits.size(), x);
    return std::make_shared<const Expr>(Expr{Expr::Kind::number, x, "", {}});
}

std::vector<Arg> args_of(const Node& n) {
    std::vector<Arg> out;
    for (const auto& child : n.children) {
        if (child->is_type<plain_arg>()) {
            out.push_back({"", child->children.empty() ? nullptr : build(*child->children[0])});
        } else {
            const auto& parts = child->children;
            out.push_back({word_of(*parts[0]), parts.size() > 1 ? build(*parts[1]) : nullptr});
        }
    }
    if (out.size() == 1 && out[0].name.empty() && !out[0].value) out.clear();
    return out;
}

ExprPtr postfix_of(const Node& n) {
    ExprPtr out = build(*n.children[0]);
    for (std::size_t i = 1; i < n.children.size(); ++i) {
        const Node& suffix = *n.children[i];
        if (suffix.is_type<call_suffix>()) {
            out = call(out->word, args_of(suffix));
            continue;
        }
        std::vector<Arg> args{{"", out}};
        if (suffix.is_type<dollar_suffix>()) {
            args.push_back({"", std::make_shared<const Expr>(
                                    Expr{Expr::Kind::text, 0.0, word_of(*suffix.children[0]), {}})});
            out = call("$", std::move(args));
        } else {
            for (auto& a : args_of(suffix))
                args.push_back(std::move(a));
            out = call(suffix.is_type<item_suffix>() ? "[[" : "[", std::move(args));
        }
    }
    return out;
}

ExprPtr left_to_right(const Node& n) {
    ExprPtr out = build(*n.children[0]);
    for (std::size_t i = 1; i + 1 < n.children.size(); i += 2)
        out = binary(n.children[i]->string(), out, build(*n.children[i + 1]));
    return out;
}

ExprPtr build(const Node& n) {
    const auto& c = n.children;
    if (n.is_type<number>()) return number_of(n.string());
    if (n.is_type<plain_name>() || n.is_type<quoted_name>())
        return std::make_shared<const Expr>(Expr{Expr::Kind::name, 0.0, word_of(n), {}});
    if (n.is_type<text_double>() || n.is_type<text_single>())
        return std::make_shared<const Expr>(Expr{Expr::Kind::text, 0.0, word_of(n), {}});
    if (n.is_type<postfix>()) return postfix_of(n);
    if (n.is_type<group>()) return call("(", {{"", build(*c[0])}});
    if (n.is_type<block>()) {
        std::vector<Arg> steps;
        for (const auto& s : c)
            steps.push_back({"", build(*s)});
        return call("{", std::move(steps));
    }
    if (n.is_type<negation>()) return call(c[0]->string(), {{"", build(*c[1])}});
    if (n.is_type<not_op>()) return call("!", {{"", build(*c[0])}});
    if (n.is_type<one_sided>()) return call("~", {{"", build(*c[0])}});
    if (c.size() == 1) return build(*c[0]);
    if (n.is_type<power>()) return binary("^", build(*c[0]), build(*c[1]));
    if (n.is_type<two_sided>()) return binary("~", build(*c[0]), build(*c[1]));
    if (n.is_type<assignment>()) return binary("<-", build(*c[0]), build(*c[2]));
    if (n.is_type<range>()) {
        ExprPtr out = build(*c[0]);
        for (std::size_t i = 1; i < c.size(); ++i)
            out = binary(":", out, build(*c[i]));
        return out;
    }
    return left_to_right(n);
}

/// Comments out; line ends become ';' where R ends a statement there, else blanks.
std::string one_line(std::string_view text) {
    std::string out;
    int depth = 0;
    char quote = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (quote != 0) {
            if (c == quote) quote = 0;
        } else if (c == '"' || c == '\'' || c == '`') {
            quote = c;
        } else if (c == '#') {
            while (i + 1 < text.size() && text[i + 1] != '\n')
                ++i;
            continue;
        } else if (c == '(' || c == '[') {
            ++depth;
        } else if (c == ')' || c == ']') {
            --depth;
        } else if (c == '\n') {
            const auto last = out.find_last_not_of(" \t");
            const bool goes_on = depth > 0 || last == std::string::npos ||
                                 std::string_view("+-*/~,<&|=({").find(out[last]) != std::string_view::npos;
            c = goes_on ? ' ' : ';';
        }
        out += c;
    }
    return out;
}

bool infix(const std::string& op) {
    static const std::vector<std::string> known{
        "+", "-", "*", "/", "^", ":", "~", "<-", "==", "!=", "<", ">", "<=", ">=", "&", "|", "&&", "||"};
    return std::find(known.begin(), known.end(), op) != known.end() || op.front() == '%';
}

}  // namespace

std::vector<ExprPtr> parse_r(std::string_view text) {
    const std::string line = one_line(text);
    peg::memory_input<> in(line.data(), line.data() + line.size(), "");
    try {
        const auto root = peg::parse_tree::parse<whole, Selector>(in);
        std::vector<ExprPtr> out;
        for (const auto& child : root->children)
            out.push_back(build(*child));
        return out;
    } catch (const peg::parse_error& e) {
        const auto at = e.positions().front().byte;
        throw Error("P001", fmt::format("cannot read R here: '{}'", line.substr(at, 40)));
    }
}

std::string deparse(const Expr& e) {
    if (e.kind == Expr::Kind::number) return fmt::format("{}", e.number);
    if (e.kind == Expr::Kind::text) return "\"" + e.word + "\"";
    if (e.kind == Expr::Kind::name) return e.word;
    const auto part = [&](std::size_t i) {
        return e.args[i].value ? deparse(*e.args[i].value) : std::string();
    };
    if (e.word == "(") return "(" + part(0) + ")";
    if (e.word == "$") return part(0) + "$" + e.args[1].value->word;
    if (infix(e.word) && e.args.size() == 2) {
        const bool tight = e.word == ":" || e.word == "^";
        return part(0) + (tight ? e.word : " " + e.word + " ") + part(1);
    }
    if (infix(e.word) || e.word == "!") return e.word + part(0);
    std::string out = e.word + "(";
    for (std::size_t i = 0; i < e.args.size(); ++i) {
        if (i > 0) out += ", ";
        if (!e.args[i].name.empty()) out += e.args[i].name + " = ";
        out += part(i);
    }
    return out + ")";
}

std::vector<std::string> all_names(const Expr& e) {
    std::vector<std::string> out;
    const auto add = [&](const std::string& n) {
        if (std::find(out.begin(), out.end(), n) == out.end()) out.push_back(n);
    };
    if (e.kind == Expr::Kind::name) add(e.word);
    for (const auto& a : e.args)
        if (a.value)
            for (const auto& n : all_names(*a.value))
                add(n);
    return out;
}

}  // namespace bellwether::msm

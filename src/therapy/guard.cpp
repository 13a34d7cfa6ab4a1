#include "guard.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

namespace bellwether::therapy {
namespace {

struct OpText {
    std::string_view text;
    Op op;
};
// Longer ones first: "<=" must not be read as "<".
constexpr std::array operators{OpText{"<=", Op::less_equal}, OpText{">=", Op::greater_equal},
                               OpText{"==", Op::equal},      OpText{"!=", Op::not_equal},
                               OpText{"<", Op::less},        OpText{">", Op::greater}};

struct PrefixText {
    std::string_view text;
    FactKind kind;
};
constexpr std::array prefixes{PrefixText{"toxicity:", FactKind::toxicity},
                              PrefixText{"attribute:", FactKind::attribute},
                              PrefixText{"had:", FactKind::exposure}};

constexpr std::string_view examples =
    "write one comparison: alt_ratio <= 3, toxicity:colitis < 2, attribute:autoimmune != active, had:NAME or "
    "not had:NAME";

bool compare(double a, Op op, double b) {
    switch (op) {
        case Op::less:
            return a < b;
        case Op::less_equal:
            return a <= b;
        case Op::greater:
            return a > b;
        case Op::greater_equal:
            return a >= b;
        case Op::equal:
            return a == b;
        case Op::not_equal:
            return a != b;
    }
    return false;
}

/// Works through the text of one guard; remembers where things stand for the findings.
class Reader {
public:
    Reader(const yaml::Node& node, Findings& findings)
        : node_(node), findings_(findings), text_(node.scalar()) {}

    std::optional<Guard> read() {
        const std::size_t op_at = text_.find_first_of("<>=!");
        return op_at == std::string_view::npos ? exposure() : comparison(op_at);
    }

private:
    std::optional<Guard> fail(std::size_t offset, std::string what) {
        findings_.error("T013", node_.place(offset), std::move(what), std::string(examples));
        return std::nullopt;
    }
    [[nodiscard]] std::size_t skip(std::size_t offset) const {
        const std::size_t n = text_.find_first_not_of(" \t\n", offset);
        return n == std::string_view::npos ? text_.size() : n;
    }
    [[nodiscard]] Guard named(std::size_t from, std::string_view fact) const {
        Guard g;
        g.text = std::string(trim(text_));
        g.at = node_.place(from);
        g.fact = g.name = std::string(fact);
        for (const auto& p : prefixes) {
            if (!fact.starts_with(p.text)) continue;
            g.kind = p.kind;
            g.name = std::string(fact.substr(p.text.size()));
        }
        return g;
    }
    std::optional<Guard> exposure() {
        std::size_t from = skip(0);
        const bool negated = text_.substr(from).starts_with("not ");
        if (negated) from = skip(from + 4);
        Guard g = named(from, trim(text_.substr(from)));
        if (g.kind != FactKind::exposure) return fail(from, fmt::format("'{}' compares nothing", g.text));
        if (g.name.empty()) return fail(from, "'had:' names no regimen");
        g.op = Op::equal;
        g.number = negated ? 0.0 : 1.0;
        return g;
    }
    std::optional<Guard> comparison(std::size_t op_at) {
        const std::size_t from = skip(0);
        const std::string_view fact = trim(text_.substr(0, op_at));
        if (fact.empty()) return fail(op_at, "a comparison without a name before it");
        Guard g = named(from, fact);
        if (g.name.empty()) return fail(from, fmt::format("'{}' names nothing", fact));
        if (g.kind == FactKind::exposure) return fail(op_at, "'had:' is yes or no and takes no comparison");
        const auto rest = text_.substr(op_at);
        std::size_t value_at = 0;
        for (const auto& o : operators) {
            if (!rest.starts_with(o.text)) continue;
            g.op = o.op;
            value_at = op_at + o.text.size();
            break;
        }
        if (value_at == 0) return fail(op_at, fmt::format("'{}' is no comparison", rest.substr(0, 1)));
        return value(std::move(g), skip(value_at), op_at);
    }
    std::optional<Guard> value(Guard g, std::size_t at, std::size_t op_at) {
        const std::string_view word = trim(text_.substr(at));
        if (word.empty()) return fail(op_at, "nothing to compare with");
        if (word.find_first_of("<>=! \t\n") != std::string_view::npos)
            return fail(at, fmt::format("'{}' is neither a number nor one word", word));
        g.number = parse_double(word);
        if (g.number) return g;
        if (g.kind != FactKind::attribute)
            return fail(at, fmt::format("'{}' is not a number, but {} is compared with one", word, g.fact));
        if (g.op != Op::equal && g.op != Op::not_equal)
            return fail(op_at, fmt::format("'{}' is text: only == and != can compare it", word));
        g.word = std::string(word);
        return g;
    }

    const yaml::Node& node_;
    Findings& findings_;
    std::string_view text_;
};

std::string ask(const Guard& g) {
    return fmt::format("needs {} [{}]", g.text, g.source);
}

Judgement missing(const Guard& g, const Fact* fact) {
    const std::string origin =
        fact && !fact->origin.empty() ? fmt::format(" ({})", fact->origin) : std::string();
    return {Truth::missing, fmt::format("{} is not known{}; {}", g.fact, origin, ask(g))};
}

Judgement decide(const Guard& g, bool holds, const std::string& datum) {
    if (holds) return {};
    return {Truth::fails, fmt::format("{}; {}", datum, ask(g))};
}

}  // namespace

std::optional<Guard> parse_guard(const yaml::Node& text, Findings& findings) {
    return Reader(text, findings).read();
}

std::string describe(const std::string& name, const Fact& fact) {
    if (!fact.origin.empty()) return fact.origin;
    if (!fact.text.empty()) return fmt::format("{}: {}", name, fact.text);
    return fact.value ? fmt::format("{}: {}", name, shortest(*fact.value)) : name;
}

std::optional<double> toxicity_grade(const std::string& term, const Facts& facts) {
    const auto it = facts.find("toxicity:" + term);
    if (it != facts.end()) return it->second.value;
    const auto any = facts.find("toxicity:any");
    if (any == facts.end() || !any->second.value) return std::nullopt;
    return 0.0;
}

namespace {

/// The number that a guard compares: the fact's own, or what its absence means.
std::optional<double> number_of(const Guard& g, const Fact* fact, const Facts& facts) {
    if (fact && !fact->value && g.kind == FactKind::attribute) return parse_double(fact->text);
    if (fact) return fact->value;
    if (g.kind == FactKind::toxicity) return toxicity_grade(g.name, facts);
    if (g.kind == FactKind::exposure) return 0.0;
    return std::nullopt;
}

}  // namespace

Judgement judge(const Guard& g, const Facts& facts) {
    const auto it = facts.find(g.fact);
    const Fact* fact = it == facts.end() ? nullptr : &it->second;
    if (!g.number) {  // text
        if (!fact || fact->text.empty()) return missing(g, fact);
        const bool equal = lower(fact->text) == lower(g.word);
        return decide(g, equal == (g.op == Op::equal), describe(g.fact, *fact));
    }
    const auto value = number_of(g, fact, facts);
    if (!value) return missing(g, fact);
    const bool absent_exposure = !fact && g.kind == FactKind::exposure;
    const std::string datum = absent_exposure ? fmt::format("{} was never given", g.name)
                                              : (fact ? describe(g.fact, *fact) : g.fact + ": 0");
    return decide(g, compare(*value, g.op, *g.number), datum);
}

}  // namespace bellwether::therapy

#include <algorithm>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "compile.hpp"

namespace bellwether::rulebook {
namespace {

std::string_view what_is(ArgType type) {
    switch (type) {
        case ArgType::channel:
            return "channel";
        case ArgType::label:
            return "state or label";
        case ArgType::reference:
            return "reference";
        case ArgType::event:
            return "event";
        case ArgType::regimen:
            return "regimen";
        case ArgType::term:
            return "toxicity term";
        case ArgType::attribute:
            return "attribute";
        case ArgType::duration:
            return "duration";
        case ArgType::number:
            return "number";
        case ArgType::group:
            return "group of channels";
    }
    return "argument";
}

/// "fold(channel, reference)", "forecast(label[, duration])"
std::string signature(const FeatureInfo& info) {
    std::string out = info.name + "(";
    std::string closing;
    for (std::size_t i = 0; i < info.args.size(); ++i) {
        if (info.args[i].optional) out += "[", closing += "]";
        if (i > 0) out += ", ";
        out += info.args[i].name;
    }
    return out + closing + ")";
}

class CallCheck {
public:
    CallCheck(const Source& source, const FeatureTable& table, const std::string& model, Findings& findings)
        : source_(source), table_(table), model_(model), findings_(findings) {}

    bool run(const Expr& expr, FeatureCall& call, FeatureType& type) {
        const FeatureInfo* info = find(expr);
        if (!info) return false;
        if (!count(expr, *info)) return false;
        call.name = info->name;
        call.model = model_;
        bool ok = true;
        for (std::size_t i = 0; i < expr.kids.size(); ++i) {
            call.args.push_back({info->args[i].type, "", 0.0});
            ok = argument(expr.kids[i], *info, call.args.back()) && ok;
        }
        if (!ok) return false;
        std::string why;
        const auto answer = table_.type_of(call, why);
        if (!answer)
            return fail("R014", expr.at, fmt::format("{}: {}", to_string(call), why),
                        "see docs/rule-format.md, 'Features'");
        type = *answer;
        return true;
    }

private:
    bool fail(std::string code, std::size_t at, std::string what, std::string hint) {
        findings_.error(std::move(code), source_.place(at), std::move(what), std::move(hint));
        return false;
    }

    const FeatureInfo* find(const Expr& expr) {
        std::vector<std::string> names;
        for (const auto& info : table_.features()) {
            if (info.name == expr.text) return &info;
            names.push_back(info.name);
        }
        fail("R011", expr.at, fmt::format("unknown feature '{}'", expr.text), suggestion(expr.text, names));
        return nullptr;
    }

    bool count(const Expr& expr, const FeatureInfo& info) {
        const auto needed = static_cast<std::size_t>(
            std::count_if(info.args.begin(), info.args.end(), [](const ArgInfo& a) { return !a.optional; }));
        const std::size_t n = expr.kids.size();
        if (n >= needed && n <= info.args.size()) return true;
        const std::size_t at = n > info.args.size() ? expr.kids[info.args.size()].at : expr.at;
        return fail("R013", at, fmt::format("'{}' with {} argument{}", info.name, n, n == 1 ? "" : "s"),
                    "write " + signature(info));
    }

    bool argument(const Expr& given, const FeatureInfo& info, FeatureArg& out) {
        if (out.type == ArgType::duration || out.type == ArgType::number) return number(given, info, out);
        if (given.kind != Syntax::word && given.kind != Syntax::text) {
            return fail("R013", given.at,
                        fmt::format("a {} where '{}' takes a {}",
                                    given.kind == Syntax::duration ? "duration" : "number", info.name,
                                    what_is(out.type)),
                        "write " + signature(info));
        }
        out.word = given.text;
        return known_name(given, out.type);
    }

    bool number(const Expr& given, const FeatureInfo& info, FeatureArg& out) {
        const bool duration = out.type == ArgType::duration;
        const bool fits =
            duration ? given.kind == Syntax::duration : given.kind == Syntax::number && given.text.empty();
        out.number = given.number;
        if (fits && (!duration || given.number > 0.0)) return true;
        if (fits)
            return fail("R013", given.at, "a window of no length",
                        "write a duration above zero, such as 84d");
        if (duration && given.kind == Syntax::number && given.text.empty()) {
            return fail("R013", given.at,
                        fmt::format("'{}' without its unit where '{}' takes a duration",
                                    shortest(given.number), info.name),
                        fmt::format("write {}d", shortest(given.number)));
        }
        return fail("R013", given.at, fmt::format("'{}' takes a {} here", info.name, what_is(out.type)),
                    "write " + signature(info));
    }

    bool known_name(const Expr& given, ArgType type) {
        if (type == ArgType::label && model_.empty()) {
            return fail("R023", given.at,
                        fmt::format("label '{}' in a group that names no model", given.text),
                        "add 'model: NAME' to the group");
        }
        // `any` is part of the language for these two, whatever the store holds.
        if ((type == ArgType::regimen || type == ArgType::term) && given.text == "any") return true;
        const auto names = table_.names(type, model_);
        if (names.empty() || std::find(names.begin(), names.end(), given.text) != names.end()) return true;
        return fail("R012", given.at, fmt::format("unknown {} '{}'", what_is(type), given.text),
                    suggestion(given.text, names));
    }

    const Source& source_;
    const FeatureTable& table_;
    const std::string& model_;
    Findings& findings_;
};

}  // namespace

bool check_call(const Expr& expr, const Source& source, const FeatureTable& table, const std::string& model,
                Findings& findings, FeatureCall& call, FeatureType& type) {
    return CallCheck(source, table, model, findings).run(expr, call, type);
}

}  // namespace bellwether::rulebook

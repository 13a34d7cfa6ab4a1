#include "bellwether/rulebook/override.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"
#include "bellwether/core/yaml.hpp"

namespace bellwether::rulebook {
namespace {

std::string digest(yaml::Map& map, const std::string& key, bool required, Findings& findings) {
    const yaml::Node node = required ? map.required(key) : map.optional(key);
    if (node.is_null()) return "";
    const std::string text = yaml::as_text(node, findings).value_or("");
    const bool hex = text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!hex)
        findings.error("R044", node.at(), fmt::format("'{}' is no SHA-256", text),
                       "64 digits, as 'bellwether rules calibrate' writes them");
    return text;
}

Override read_one(const yaml::Node& node, Findings& findings) {
    Override o;
    yaml::Map map(node, findings);
    const yaml::Node alert = map.required("alert");
    o.at = alert.is_null() ? node.at() : alert.at();
    if (!alert.is_null()) o.alert = yaml::as_text(alert, findings).value_or("");
    o.comparison = map.text("comparison");
    o.number = map.number("number");
    o.rule = digest(map, "rule", true, findings);
    o.model = map.text_or("model", "");
    o.specification = digest(map, "specification", false, findings);
    o.fit = digest(map, "fit", false, findings);
    const yaml::Node how = map.optional("provenance");
    map.done();
    if (how.is_null()) return o;
    if (!how.is_map()) {
        findings.error("R044", how.at(), "'provenance' is not a map", "write 'KEY: text' under it");
        return o;
    }
    for (std::size_t i = 0; i < how.size(); ++i)
        if (const auto text = yaml::as_text(how[i], findings)) o.provenance.emplace_back(how.key(i), *text);
    return o;
}

/// A scalar in double quotes: nothing in it means anything to YAML.
std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

void model_changed(const Override& o, const ModelIdentity& now, Findings& findings) {
    const auto differs = [](const std::string& a, const std::string& b) {
        return !a.empty() && !b.empty() && a != b;
    };
    const bool other = differs(o.specification, now.specification);
    if (!other && !differs(o.fit, now.fit)) return;
    findings.warning(
        "R043", o.at,
        fmt::format("the threshold {} of '{}' was found with another {} '{}' than the one at hand",
                    shortest(o.number), o.alert, other ? "specification of model" : "fit of model", o.model),
        "run 'bellwether rules calibrate' again: the budget holds for the model it was solved with");
}

}  // namespace

std::vector<Override> read_overrides(std::string_view text, const std::string& file, Findings& findings) {
    std::vector<Override> list;
    const yaml::Node root = yaml::parse(text, file, findings);
    if (root.is_null()) {
        if (findings.ok())
            findings.error("R044", {file, 1, 1}, "the file is empty",
                           "begin with 'schema: 1' and 'thresholds:'");
        return list;
    }
    yaml::Map map(root, findings);
    (void)map.integer("schema", {1, 1});
    const yaml::Node thresholds = map.required("thresholds");
    map.done();
    if (!thresholds.is_null() && !thresholds.is_sequence())
        findings.error("R044", thresholds.at(), "'thresholds' is not a list",
                       "write '- alert: NAME' under it");
    for (std::size_t i = 0; thresholds.is_sequence() && i < thresholds.size(); ++i) {
        auto o = read_one(thresholds[i], findings);
        const auto same =
            std::find_if(list.begin(), list.end(), [&](const Override& x) { return x.alert == o.alert; });
        if (same != list.end())
            findings.error(
                "R040", o.at,
                fmt::format("a threshold of '{}' stands at {} already", o.alert, to_string(same->at)),
                "leave one of them out");
        else
            list.push_back(std::move(o));
    }
    return list;
}

std::string write_overrides(const std::vector<Override>& overrides) {
    std::string out = "schema: 1\nthresholds:\n";
    for (const auto& o : overrides) {
        out += fmt::format("  - alert: {}\n    comparison: {}\n    number: {}\n    rule: {}\n", o.alert,
                           quoted(o.comparison), shortest(o.number), quoted(o.rule));
        if (!o.model.empty()) out += fmt::format("    model: {}\n", o.model);
        if (!o.specification.empty()) out += fmt::format("    specification: {}\n", quoted(o.specification));
        if (!o.fit.empty()) out += fmt::format("    fit: {}\n", quoted(o.fit));
        if (!o.provenance.empty()) out += "    provenance:\n";
        for (const auto& [key, text] : o.provenance)
            out += fmt::format("      {}: {}\n", key, quoted(text));
    }
    return out;
}

void check_overrides(const std::vector<Override>& overrides, const Rulebook& book,
                     const std::vector<std::pair<std::string, ModelIdentity>>& models, Findings& findings) {
    for (const auto& o : overrides) {
        const Rule* rule = book.find(o.alert);
        if (!rule) {
            findings.error("R041", o.at, fmt::format("a threshold of '{}', which is no rule here", o.alert),
                           suggestion(o.alert, book.alerts()));
            continue;
        }
        if (rule->conditions != o.rule)
            findings.warning(
                "R042", o.at,
                fmt::format("the conditions of '{}' are not those that the threshold {} was found "
                            "for",
                            o.alert, shortest(o.number)),
                "run 'bellwether rules calibrate' again: the budget holds for the rule it was "
                "solved for");
        for (const auto& [name, now] : models)
            if (name == o.model) model_changed(o, now, findings);
    }
}

}  // namespace bellwether::rulebook

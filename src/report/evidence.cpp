#include "evidence.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "words.hpp"

namespace bellwether::report {
namespace {

using Json = nlohmann::json;

std::string text(const Json& j, const char* key) {
    const auto it = j.is_object() ? j.find(key) : j.end();
    return it != j.end() && it->is_string() ? clean(it->get<std::string>()) : std::string();
}

std::optional<double> real(const Json& j, const char* key) {
    const auto it = j.is_object() ? j.find(key) : j.end();
    if (it == j.end() || !it->is_number()) return std::nullopt;
    return it->get<double>();
}

/// The elements of an array, nothing when there is none.
std::vector<Json> list(const Json& j, const char* key) {
    const auto it = j.is_object() ? j.find(key) : j.end();
    return it != j.end() && it->is_array() ? it->get<std::vector<Json>>() : std::vector<Json>();
}

VisitWeight visit(const Json& j) {
    VisitWeight v{text(j, "date"), {}, real(j, "time"), real(j, "log_odds"), real(j, "p")};
    if (const auto it = j.is_object() ? j.find("channels") : j.end(); it != j.end() && it->is_object())
        for (const auto& [name, w] : it->items())
            if (w.is_number()) v.channels[clean(name)] = w.get<double>();
    return v;
}

Argument argument(const Json& j) {
    Argument a{text(j, "label"), text(j, "against"), text(j, "model"), text(j, "group"), {}};
    for (const auto& v : list(j, "visits"))
        a.visits.push_back(visit(v));
    return a;
}

Ground ground(const Json& j) {
    Ground g;
    g.call = text(j, "call");
    g.unit = text(j, "unit");
    g.value = real(j, "value");
    g.bound = text(j, "bound");
    g.text = text(j, "value");
    if (const auto it = j.is_object() ? j.find("value") : j.end(); it != j.end() && it->is_boolean())
        g.text = it->get<bool>() ? "yes" : "no";
    g.unknown = text(j, "unknown");
    if (const auto it = j.is_object() ? j.find("reason") : j.end(); it != j.end() && it->is_object()) {
        const auto groups = list(*it, "groups");
        if (groups.empty()) g.arguments.push_back(argument(*it));
        for (const auto& one : groups)
            g.arguments.push_back(argument(one));
    }
    return g;
}

/// Whether `word` stands in a call as a whole word: "ctdna" in "fold(ctdna, nadir)".
bool names(const std::string& call, const std::string& word) {
    const auto part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    for (auto at = call.find(word); at != std::string::npos; at = call.find(word, at + 1)) {
        const auto end = at + word.size();
        if ((at == 0 || !part(call[at - 1])) && (end == call.size() || !part(call[end]))) return true;
    }
    return false;
}

std::vector<std::pair<std::string, double>> by_size(const VisitWeight& v) {
    std::vector<std::pair<std::string, double>> out(v.channels.begin(), v.channels.end());
    std::stable_sort(out.begin(), out.end(),
                     [](const auto& a, const auto& b) { return std::abs(a.second) > std::abs(b.second); });
    return out;
}

}  // namespace

Evidence read_evidence(const std::string& json) {
    Evidence e;
    const auto j = Json::parse(json, nullptr, false);
    if (!j.is_object()) return e;
    e.readable = true;
    e.at = text(j, "at");
    e.summary = text(j, "summary");
    for (const auto& g : list(j, "because"))
        e.because.push_back(ground(g));
    for (const auto& u : list(j, "unless_unknown"))
        if (u.is_string()) e.unless_unknown.push_back(clean(u.get<std::string>()));
    return e;
}

std::vector<Argument> arguments_of(const Evidence& e) {
    std::vector<Argument> out;
    for (const auto& g : e.because)
        for (const auto& a : g.arguments)
            if (std::none_of(out.begin(), out.end(), [&](const Argument& b) {
                    return a.label == b.label && a.model == b.model && a.group == b.group;
                }))
                out.push_back(a);
    return out;
}

std::string words(const Ground& g) {
    const auto call = g.call.empty() ? "?" : g.call;
    if (g.value && call.starts_with("P(")) return call + " = " + probability(*g.value);
    const std::string is = g.bound == "below" ? " < " : g.bound == "above" ? " > " : " = ";
    if (g.value) return call + is + number(*g.value) + unit_words(g.unit);
    if (!g.text.empty()) return call + " = " + g.text;
    return call + " not known" + (g.unknown.empty() ? "" : ": " + g.unknown);
}

std::string words(const Argument& a) {
    return "for '" + a.label + "' against '" + a.against + "', model " + a.model +
           (a.group.empty() ? "" : ", by " + a.group + " alone");
}

std::string words(const VisitWeight& v) {
    std::vector<std::string> parts;
    for (const auto& [name, w] : by_size(v))
        parts.push_back(name + " " + weight(w));
    if (v.time) parts.push_back("time " + weight(*v.time));
    const auto all = parts.empty() ? std::string("no weights") : join(parts, ", ");
    return v.p ? all + " -> P " + probability(*v.p) : all;
}

std::vector<std::string> channels_of(const Evidence& e, const std::vector<std::string>& known) {
    std::vector<std::string> out;
    const auto add = [&](const std::string& name) {
        if (std::find(known.begin(), known.end(), name) == known.end()) return;
        if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
    };
    for (const auto& g : e.because)
        for (const auto& name : known)
            if (names(g.call, name)) add(name);
    for (const auto& a : arguments_of(e))
        if (!a.visits.empty())
            for (const auto& [name, w] : by_size(a.visits.back()))
                add(name);
    return out;
}

}  // namespace bellwether::report

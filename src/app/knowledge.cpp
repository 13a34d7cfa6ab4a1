#include "bellwether/app/knowledge.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "bellwether/core/hash.hpp"
#include "bellwether/rulebook/load.hpp"

namespace bellwether::app {

using nlohmann::json;

std::string to_artifact(const RuleSet& rules) {
    json files = json::array(), words = json::object();
    for (const auto& f : rules.files)
        files.push_back({{"name", f.name}, {"text", f.text}});
    for (const auto& [model, w] : rules.words)
        words[model] = {{"labels", w.labels}, {"channels", w.channels}};
    json doc{{"files", files}, {"models", words}, {"regimens", rules.regimens}};
    for (const auto& f : rules.thresholds)
        doc["thresholds"].push_back({{"name", f.name}, {"text", f.text}});
    return doc.dump();
}

RuleSet read_artifact(const std::string& text) {
    RuleSet rules;
    try {
        const json doc = json::parse(text);
        for (const auto& f : doc.at("files"))
            rules.files.push_back({f.at("name").get<std::string>(), f.at("text").get<std::string>()});
        for (const auto& [model, w] : doc.at("models").items())
            rules.words[model] = {w.at("labels").get<std::vector<std::string>>(),
                                  w.at("channels").get<std::vector<std::string>>()};
        rules.regimens = doc.at("regimens").get<std::vector<std::string>>();
        if (doc.contains("thresholds"))
            for (const auto& f : doc.at("thresholds"))
                rules.thresholds.push_back(
                    {f.at("name").get<std::string>(), f.at("text").get<std::string>()});
    } catch (const json::exception& e) {
        throw Error("P001", std::string("not an activated rule set: ") + e.what());
    }
    return rules;
}

std::vector<rulebook::Override> overrides_of(const RuleSet& rules, Findings& findings) {
    std::vector<rulebook::Override> all;
    for (const auto& f : rules.thresholds)
        for (auto& o : rulebook::read_overrides(f.text, f.name, findings)) {
            const auto same =
                std::find_if(all.begin(), all.end(), [&](const auto& x) { return x.alert == o.alert; });
            if (same == all.end())
                all.push_back(std::move(o));
            else
                findings.error(
                    "R040", o.at,
                    "a threshold of '" + o.alert + "' stands at " + to_string(same->at) + " already",
                    "leave one of them out");
        }
    return all;
}

rulebook::Rulebook load_rules(const RuleSet& rules, const drift::Table& table, Findings& findings,
                              const rulebook::Thresholds& thresholds) {
    const auto overrides = overrides_of(rules, findings);
    auto numbers = thresholds;
    for (const auto& o : overrides)
        numbers.emplace(o.alert, o.number);
    rulebook::Rulebook book;
    for (const auto& f : rules.files)
        rulebook::merge(book, rulebook::load(f.text, f.name, table, findings, numbers), findings);
    rulebook::check_overrides(overrides, book, {}, findings);
    return book;
}

std::shared_ptr<const drift::Table> make_table(const RuleSet& rules, const ChannelCatalogue& catalogue) {
    return std::make_shared<const drift::Table>(catalogue, rules.words, rules.regimens);
}

ChannelCatalogue with_bridges(ChannelCatalogue catalogue, const store::Activation& declared) {
    Findings findings;
    const auto all = read_bridges(declared.text, declared.name, catalogue, findings);
    if (!findings.ok()) throw InputError(findings);
    for (auto& [name, channel] : catalogue) {
        const auto found = all.find(name);
        channel.bridges = found == all.end() ? std::vector<Bridge>{} : found->second;
    }
    return catalogue;
}

ChannelCatalogue catalogue_at(store::Store& store, Instant at) {
    ChannelCatalogue catalogue = store.channels();
    std::optional<store::Activation> declared;
    for (const auto& a : store.activations())
        if (a.kind == store::ArtifactKind::bridges && a.from <= at) declared = a;
    return declared ? with_bridges(std::move(catalogue), *declared) : catalogue;
}

std::vector<std::shared_ptr<const Knowledge>> knowledge_history(
    const std::vector<store::Activation>& activations, const ChannelCatalogue& catalogue) {
    std::vector<std::shared_ptr<const Knowledge>> history;
    auto now = std::make_shared<Knowledge>();
    now->catalogue = catalogue;
    for (std::size_t i = 0; i < activations.size(); ++i) {
        const auto& a = activations[i];
        now = std::make_shared<Knowledge>(*now);
        now->from = a.from;
        if (a.kind == store::ArtifactKind::rules) {
            const RuleSet rules = read_artifact(a.text);
            Findings findings;
            now->table = make_table(rules, catalogue);
            now->book = load_rules(rules, *now->table, findings);
            now->rules_hash = a.hash;
            if (!findings.ok()) throw InputError(findings);
        } else if (a.kind == store::ArtifactKind::model) {
            now->models[a.name] = std::make_shared<const drift::Scorer>(a.name, a.hash, a.text);
            Sha256 all;
            for (const auto& [name, scorer] : now->models)
                all.field(name).field(scorer->hash());
            now->model_hash = all.hex();
        } else if (a.kind == store::ArtifactKind::bridges) {
            now->catalogue = with_bridges(catalogue, a);
        }
        const bool more_at_once = i + 1 < activations.size() && activations[i + 1].from == a.from;
        if (!more_at_once) history.push_back(now);
    }
    // Without rules nothing can be said: such a state of knowledge is as good as none.
    std::erase_if(history, [](const auto& k) { return !k->table; });
    return history;
}

std::shared_ptr<const Knowledge> in_force(const std::vector<std::shared_ptr<const Knowledge>>& history,
                                          Instant at) {
    const auto later = std::upper_bound(history.begin(), history.end(), at,
                                        [](Instant t, const auto& k) { return t < k->from; });
    return later == history.begin() ? nullptr : *std::prev(later);
}

}  // namespace bellwether::app

#include "bellwether/app/rules.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "bellwether/core/hash.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/core/yaml.hpp"
#include "bellwether/markov/model.hpp"

namespace bellwether::app {
namespace fs = std::filesystem;
namespace {

bool has_top_level_key(const std::string& text, std::string_view key) {
    for (const auto& line : split(text, '\n'))
        if (std::string_view(line).starts_with(key) && line.size() > key.size() && line[key.size()] == ':')
            return true;
    return false;
}

void sort_in(RuleFiles& out, const std::string& path) {
    SourceFile f{path, read_text(path)};
    if (path.ends_with(".test.yaml"))
        out.tests.push_back(std::move(f));
    else if (has_top_level_key(f.text, "regimens"))
        out.therapy.push_back(std::move(f));
    else if (has_top_level_key(f.text, "thresholds"))
        out.thresholds.push_back(std::move(f));
    else if (has_top_level_key(f.text, "groups"))
        out.rules.push_back(std::move(f));
}

std::vector<std::string> yaml_files_under(const std::string& folder) {
    std::vector<std::string> paths;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && entry.path().extension() == ".yaml")
            paths.push_back(entry.path().string());
    std::sort(paths.begin(), paths.end());
    return paths;
}

/// The models that rule files name in their groups.
std::set<std::string> models_named(const RuleFiles& files) {
    std::set<std::string> names;
    for (const auto& f : files.rules) {
        Findings ignored;  // a file that does not parse is reported by the check
        const auto root = yaml::parse(f.text, f.name, ignored);
        for (std::size_t i = 0; root.is_map() && i < root.size(); ++i) {
            if (root.key(i) != "groups") continue;
            for (std::size_t g = 0; g < root[i].size(); ++g)
                for (std::size_t k = 0; root[i][g].is_map() && k < root[i][g].size(); ++k)
                    if (root[i][g].key(k) == "model") names.insert(root[i][g][k].scalar());
        }
    }
    return names;
}

}  // namespace

RuleFiles find_rule_files(const std::vector<std::string>& paths) {
    RuleFiles out;
    for (const auto& path : paths) {
        if (!fs::exists(path)) throw Error("C001", "'" + path + "' does not exist");
        if (fs::is_directory(path))
            for (const auto& file : yaml_files_under(path))
                sort_in(out, file);
        else
            sort_in(out, path);
    }
    return out;
}

std::map<std::string, drift::ModelWords> words_under(const std::string& folder) {
    std::map<std::string, drift::ModelWords> words;
    if (!fs::is_directory(folder)) return words;
    for (const auto& path : yaml_files_under(folder)) {
        const std::string text = read_text(path);
        if (!has_top_level_key(text, "states")) continue;
        Findings findings;
        const auto spec = markov::read_spec(text, path, findings);
        if (findings.ok()) words[spec.name] = drift::words_of(spec);
    }
    return words;
}

std::vector<std::pair<std::string, rulebook::ModelIdentity>> models_at_hand(
    const std::string& folder, const std::vector<store::Activation>& active) {
    std::map<std::string, rulebook::ModelIdentity> found;
    for (const auto& path :
         fs::is_directory(folder) ? yaml_files_under(folder) : std::vector<std::string>{}) {
        const std::string text = read_text(path);
        if (!has_top_level_key(text, "states")) continue;
        Findings findings;
        const auto spec = markov::read_spec(text, path, findings);
        if (findings.ok()) found[spec.name] = {sha256_hex(spec.text), ""};
    }
    for (const auto& a : active) {
        if (a.kind != store::ArtifactKind::model) continue;
        Findings findings;
        const auto model = markov::read_model(a.text, a.name, findings);
        if (findings.ok()) found[a.name] = {model.spec_hash, a.hash};
    }
    return {found.begin(), found.end()};
}

RuleSet make_rule_set(const RuleFiles& files, const std::map<std::string, drift::ModelWords>& words,
                      const std::vector<store::Activation>& active) {
    RuleSet set;
    set.files = files.rules;
    set.thresholds = files.thresholds;
    auto all = words;
    for (const auto& a : active) {
        if (a.kind != store::ArtifactKind::model) continue;
        Findings findings;
        const auto model = markov::read_model(a.text, a.name, findings);
        if (findings.ok()) all[a.name] = drift::words_of(model.spec);
    }
    for (const auto& name : models_named(files))
        if (const auto found = all.find(name); found != all.end()) set.words.insert(*found);
    for (const auto& f : files.therapy) {
        Findings findings;
        if (const auto graph = therapy::read_graph(f.text, f.name, findings)) {
            const auto more = graph->regimens();
            set.regimens.insert(set.regimens.end(), more.begin(), more.end());
        }
    }
    return set;
}

rulebook::Rulebook check_rules(const RuleSet& rules, const RuleFiles& files,
                               const ChannelCatalogue& catalogue, Findings& findings,
                               const std::vector<std::pair<std::string, rulebook::ModelIdentity>>& models) {
    for (const auto& f : files.therapy)
        (void)therapy::read_graph(f.text, f.name, findings);
    auto book = load_rules(rules, *make_table(rules, catalogue), findings);
    Findings again;  // what of these is no warning about a model is known already
    rulebook::check_overrides(overrides_of(rules, again), book, models, again);
    for (auto& d : again.list)
        if (d.code == "R043") findings.list.push_back(std::move(d));
    return book;
}

void activate_rules(store::Store& store, const RuleFiles& files,
                    const std::map<std::string, drift::ModelWords>& words, const Order& order) {
    const RuleSet set = make_rule_set(files, words, store.activations());
    Findings findings;
    (void)check_rules(set, files, store.channels(), findings);
    if (!findings.ok()) throw InputError(findings);
    if (files.therapy.size() > 1)
        throw Error("P002", "more than one regimen graph: " + files.therapy[0].name + " and " +
                                files.therapy[1].name);
    const std::string text = to_artifact(set);
    store.activate({store::ArtifactKind::rules, "", sha256_hex(text), text, order.from, order.who, order.why},
                   order.at);
    if (!files.therapy.empty()) {
        const auto& f = files.therapy.front();
        store.activate({store::ArtifactKind::regimens, f.name, sha256_hex(f.text), f.text, order.from,
                        order.who, order.why},
                       order.at);
    }
}

void activate_model(store::Store& store, const std::string& text, const std::string& file,
                    const Order& order) {
    Findings findings;
    const auto model = markov::read_model(text, file, findings);
    if (!findings.ok()) throw InputError(findings);
    const std::string hash = sha256_hex(text);
    const drift::Scorer usable(model.spec.name, hash, text);  // refuses what may not score patients
    drift::check_channels(model.spec, store.channels());
    store.activate(
        {store::ArtifactKind::model, model.spec.name, hash, text, order.from, order.who, order.why},
        order.at);
}

std::size_t activate_bridges(store::Store& store, const std::string& text, const std::string& file,
                             const Order& order) {
    Findings findings;
    const auto all = read_bridges(text, file, store.channels(), findings);
    if (!findings.ok()) throw InputError(findings);
    store.activate(
        {store::ArtifactKind::bridges, file, sha256_hex(text), text, order.from, order.who, order.why},
        order.at);
    std::size_t count = 0;
    for (const auto& [channel, bridges] : all)
        count += bridges.size();
    return count;
}

Findings check_active_thresholds(store::Store& store) {
    Findings findings;
    const auto activations = store.activations();
    std::optional<RuleSet> rules;
    for (const auto& a : activations)
        if (a.kind == store::ArtifactKind::rules) rules = read_artifact(a.text);
    if (!rules || rules->thresholds.empty()) return findings;
    Findings loading;  // what is active did load
    const auto book = load_rules(*rules, *make_table(*rules, store.channels()), loading);
    rulebook::check_overrides(overrides_of(*rules, loading), book, models_at_hand("", activations), findings);
    return findings;
}

std::optional<therapy::Graph> graph_at(const std::vector<store::Activation>& activations, Instant at) {
    const store::Activation* found = nullptr;
    for (const auto& a : activations)
        if (a.kind == store::ArtifactKind::regimens && a.from <= at) found = &a;
    if (!found) return std::nullopt;
    Findings findings;
    auto graph = therapy::read_graph(found->text, found->name, findings);
    if (!findings.ok()) throw InputError(findings);
    return graph;
}

}  // namespace bellwether::app

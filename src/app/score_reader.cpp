#include "score_reader.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "bellwether/app/rules.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/markov/model.hpp"

namespace bellwether::app {
namespace {

bool asks_a_model(std::string_view feature) {
    constexpr std::array names{"P", "forecast", "evidence", "disagree"};
    return std::find(names.begin(), names.end(), feature) != names.end();
}

/// "P(growing, imaging)" -> "P" and "growing".
struct Written {
    std::string name, first;
};

Written taken_apart(const std::string& score) {
    const auto bad = [&] {
        return Error("P088",
                     fmt::format("'{}' is no score: write one feature of the rule language, P(growing), "
                                 "value(ctdna) or fold(ctdna, nadir); bellwether rules features lists them",
                                 score));
    };
    const auto open = score.find('('), close = score.find(')');
    // One call and nothing beside it; and nothing that could mean something else where it is put below.
    if (open == std::string::npos || close + 1 != score.size() || open == 0) throw bad();
    if (score.find_first_of("\"\\{}:#\n\r") != std::string::npos ||
        score.find('(', open + 1) != std::string::npos)
        throw bad();
    const auto comma = std::min(score.find(',', open), close);
    return {std::string(trim(score.substr(0, open))),
            std::string(trim(score.substr(open + 1, comma - open - 1)))};
}

/// Words of the models that are active at the end or given.
std::map<std::string, drift::ModelWords> words_at_hand(store::Store& store,
                                                       const ScoreStoreRequest& request) {
    std::map<std::string, drift::ModelWords> words;
    const auto add = [&](const std::string& text) {
        Findings findings;
        const auto model = markov::read_model(text, "model", findings);
        if (findings.ok()) words[model.spec.name] = drift::words_of(model.spec);
    };
    for (const auto& a : store.activations())
        if (a.kind == store::ArtifactKind::model && a.from <= Instant::end_of(request.to)) add(a.text);
    for (const auto& text : request.source.models)
        add(text);
    return words;
}

std::string model_of(const std::string& label, const std::string& wanted,
                     const std::map<std::string, drift::ModelWords>& words) {
    std::vector<std::string> names, labels, knowing;
    for (const auto& [name, w] : words) {
        names.push_back(name);
        if (!wanted.empty() && name != wanted) continue;
        labels.insert(labels.end(), w.labels.begin(), w.labels.end());
        if (std::find(w.labels.begin(), w.labels.end(), label) != w.labels.end()) knowing.push_back(name);
    }
    if (words.empty()) throw Error("P088", "the score asks a model, and none is active or given");
    if (!wanted.empty() && !words.contains(wanted))
        throw Error("P088", fmt::format("no model '{}'; {}", wanted, suggestion(wanted, names)));
    if (knowing.empty())
        throw Error("P088",
                    fmt::format("no model has a state or label '{}'; {}", label, suggestion(label, labels)));
    if (knowing.size() > 1)
        throw Error("P088",
                    fmt::format("'{}' is known to {} and {}: name the model", label, knowing[0], knowing[1]));
    return knowing[0];
}

/// A rule file that names the call in the one place where a call of any type may stand.
std::string file_with(const std::string& score, const std::string& model) {
    return fmt::format(
        "schema: 1\ngroups:\n  - name: score\n{}    rules:\n      - alert: score\n        title: score\n     "
        "   "
        "maturity: sandbox\n        when: true\n        severity: info\n        summary: \"{{{}}}\"\n        "
        "illustrative: true\n",
        model.empty() ? "" : "    model: '" + model + "'\n", score);
}

study::ScoreKind kind_of(const FeatureCall& call, ValueType type) {
    if (call.name == "P" || call.name == "forecast") return study::ScoreKind::probability;
    if (type == ValueType::text) throw Error("P088", to_string(call) + " is a text, and no score");
    return type == ValueType::truth ? study::ScoreKind::yes_no : study::ScoreKind::number;
}

/// The same knowledge with one rule, if any, and the models that are named.
std::shared_ptr<const Knowledge> only(const Knowledge& k, const std::string& rule, const std::string& model) {
    auto out = std::make_shared<Knowledge>(k);
    std::erase_if(out->book.rules, [&](const auto& r) { return r.alert != rule; });
    std::erase_if(out->models, [&](const auto& m) { return m.first != model; });
    return out;
}

ScoreReader rule_reader(store::Store& store, const ScoreStoreRequest& request) {
    const Instant to = Instant::end_of(request.to);
    ScoreReader reader;
    reader.side =
        make_side("score", store, {request.source.rules, request.source.models}, Instant::lowest(), to);
    auto& knowledge = reader.side.knowledge.back();
    const auto* rule = knowledge->book.find(request.rule);
    if (!rule)
        throw Error("P089", fmt::format("no rule '{}'; {}", request.rule,
                                        suggestion(request.rule, reader.side.rules)));
    reader.name = "rule " + request.rule;
    reader.kind = study::ScoreKind::yes_no;
    reader.side.rules = {request.rule};
    const std::string model = rule->model;
    knowledge = only(*knowledge, request.rule, model);
    // A group may name a model that this rule of it never asks.
    const rulebook::Evaluator evaluator(knowledge->book);
    const auto& calls = evaluator.calls();
    if (std::none_of(calls.begin(), calls.end(), [](const auto& c) { return asks_a_model(c.name); }))
        knowledge = only(*knowledge, request.rule, "");
    return reader;
}

ScoreReader call_reader(store::Store& store, const ScoreStoreRequest& request) {
    const auto written = taken_apart(request.score);
    std::string model;
    RuleSet set;
    if (asks_a_model(written.name)) {
        const auto words = words_at_hand(store, request);
        model = model_of(written.first, request.model, words);
        set.words[model] = words.at(model);
    }
    set.files = {{"score", file_with(request.score, model)}};
    Findings findings;
    const auto catalogue = store.channels();
    const auto table = make_table(set, catalogue);
    const auto book = load_rules(set, *table, findings);
    for (const auto& f : findings.list)
        if (f.severity == Diagnostic::Severity::error)
            throw Error("P088", fmt::format("'{}': {}; {}", request.score, f.what, f.hint));
    const rulebook::Evaluator evaluator(book);
    ScoreReader reader;
    reader.call = evaluator.calls().at(0);
    std::string why;
    reader.kind = kind_of(*reader.call, table->type_of(*reader.call, why)->type);
    reader.name = to_string(*reader.call) + (model.empty() ? "" : " by " + model);
    reader.side = make_side("score", store, {set, request.source.models}, Instant::lowest(),
                            Instant::end_of(request.to));
    auto& knowledge = reader.side.knowledge.back();
    knowledge = only(*knowledge, "score", model);
    return reader;
}

ScoreAnswer rule_answer(const ScoreReader& reader, const series::Timeline& timeline, Date day, Tracks& tracks,
                        Workspace& workspace) {
    const auto verdict =
        workspace.evaluator(reader.side.knowledge.back()).evaluate(timeline, Instant::end_of(day), tracks);
    for (const auto& e : verdict.episodes)
        if (!e.ended) return {1.0, false, {}};
    if (verdict.not_assessable.empty()) return {0.0, false, {}};
    const auto& missing = verdict.not_assessable.front().missing;
    return {std::nullopt, false, missing.empty() ? "the rule could not be judged" : missing.front()};
}

}  // namespace

ScoreReader make_score_reader(store::Store& store, const ScoreStoreRequest& request) {
    auto reader = request.rule.empty() ? call_reader(store, request) : rule_reader(store, request);
    reader.kind = request.kind.value_or(reader.kind);
    return reader;
}

ScoreAnswer read_score(const ScoreReader& reader, const series::Timeline& timeline, Date day, Tracks& tracks,
                       Workspace& workspace) {
    if (!reader.call) return rule_answer(reader, timeline, day, tracks, workspace);
    const auto& k = *reader.side.knowledge.back();
    std::map<std::string, std::shared_ptr<const drift::Posterior>> posteriors;
    for (const auto& [name, scorer] : k.models)
        posteriors[name] = scorer->posterior(timeline, day, tracks[scorer->hash()]);
    drift::Features features(timeline, *k.table, day, posteriors);
    FeatureColumn column;
    features.evaluate(*reader.call, std::array{day}, column);
    if (column.known[0]) return {column.value[0], column.bound[0] != 0, {}};
    return {std::nullopt, false,
            column.why[0] >= 0 ? column.reasons[static_cast<std::size_t>(column.why[0])]
                               : std::string("unknown")};
}

}  // namespace bellwether::app

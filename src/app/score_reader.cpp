#include "score_reader.hpp"

#include <algorithm>
#include <array>
#include <cctype>

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

/// What stands between quotes is text of the trial, and calls nothing.
std::string without_texts(const std::string& score) {
    std::string out;
    bool inside = false;
    for (const char c : score) {
        if (c == '\'') inside = !inside;
        out += inside || c == '\'' ? ' ' : c;
    }
    return out;
}

/// "P(growing) / P(shrinking, imaging)" -> growing, shrinking: the labels that the models are asked for.
std::vector<std::string> labels_in(const std::string& score) {
    const auto in_name = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    const std::string text = without_texts(score);
    std::vector<std::string> labels;
    for (auto open = text.find('('); open != std::string::npos; open = text.find('(', open + 1)) {
        const auto end = text.find_last_not_of(' ', open == 0 ? 0 : open - 1);
        auto begin = open == 0 || end == std::string::npos ? open : end + 1;
        while (begin > 0 && in_name(text[begin - 1]))
            --begin;
        if (begin == open || !asks_a_model(trim(text.substr(begin, open - begin)))) continue;
        const auto stop = text.find_first_of(",)", open);
        labels.emplace_back(trim(text.substr(open + 1, stop == std::string::npos ? stop : stop - open - 1)));
    }
    return labels;
}

/// The score is put between quotes into a rule file: nothing in it may mean something else there.
void check_signs(const std::string& score) {
    if (score.empty() || score.find_first_of("\"\\{}:#\n\r") != std::string::npos)
        throw Error("P088", fmt::format("'{}' is no score: write a feature of the rule language or an "
                                        "expression, P(growing), value(ctdna), fold(ctdna, nadir) - 1; "
                                        "bellwether rules features lists them",
                                        score));
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

/// The one model that knows all the labels.
std::string model_of(const std::vector<std::string>& asked, const std::string& wanted,
                     const std::map<std::string, drift::ModelWords>& words) {
    if (words.empty()) throw Error("P088", "the score asks a model, and none is active or given");
    std::vector<std::string> names, labels, knowing;
    std::vector<bool> known(asked.size(), false);
    for (const auto& [name, w] : words) {
        names.push_back(name);
        if (!wanted.empty() && name != wanted) continue;
        labels.insert(labels.end(), w.labels.begin(), w.labels.end());
        bool all = true;
        for (std::size_t i = 0; i < asked.size(); ++i) {
            const bool has = std::find(w.labels.begin(), w.labels.end(), asked[i]) != w.labels.end();
            known[i] = known[i] || has;
            all = all && has;
        }
        if (all) knowing.push_back(name);
    }
    if (!wanted.empty() && !words.contains(wanted))
        throw Error("P088", fmt::format("no model '{}'; {}", wanted, suggestion(wanted, names)));
    const std::string list = fmt::format("'{}'", fmt::join(asked, "', '"));
    for (std::size_t i = 0; i < asked.size(); ++i)
        if (!known[i])
            throw Error("P088", fmt::format("no model has a state or label '{}'; {}", asked[i],
                                            suggestion(asked[i], labels)));
    if (knowing.empty()) throw Error("P088", fmt::format("no one model has all of {}", list));
    if (knowing.size() > 1)
        throw Error("P088", fmt::format("{} known to {} and {}: name the model",
                                        list + (asked.size() > 1 ? " are" : " is"), knowing[0], knowing[1]));
    return knowing[0];
}

/// A rule file with the score in the one place where an expression of any type may stand.
std::string file_with(const std::string& score, const std::string& model) {
    return fmt::format(
        "schema: 1\ngroups:\n  - name: score\n{}    rules:\n      - alert: score\n        title: score\n     "
        "   "
        "maturity: sandbox\n        when: true\n        severity: info\n        summary: \"{{{}}}\"\n        "
        "illustrative: true\n",
        model.empty() ? "" : "    model: '" + model + "'\n", score);
}

/// What is made to be a probability is one where it stands alone: what arithmetic makes of it, people must
/// say.
study::ScoreKind kind_of(const rulebook::Formula& formula, const std::string& name) {
    if (formula.calls().empty()) throw Error("P088", name + " asks nothing of a patient, and is no score");
    if (formula.type() == ValueType::text) throw Error("P088", name + " is a text, and no score");
    const auto& feature = formula.calls().front().name;
    if (formula.single() && (feature == "P" || feature == "forecast")) return study::ScoreKind::probability;
    return formula.type() == ValueType::truth ? study::ScoreKind::yes_no : study::ScoreKind::number;
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

ScoreReader formula_reader(store::Store& store, const ScoreStoreRequest& request) {
    check_signs(request.score);
    std::string model;
    RuleSet set;
    if (const auto labels = labels_in(request.score); !labels.empty()) {
        const auto words = words_at_hand(store, request);
        model = model_of(labels, request.model, words);
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
    ScoreReader reader;
    reader.formula = rulebook::Formula::of(book.rules.at(0));
    reader.name = reader.formula->single() ? to_string(reader.formula->calls().front())
                                           : std::string(trim(request.score));
    reader.kind = kind_of(*reader.formula, reader.name);
    if (!model.empty()) reader.name += " by " + model;
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
    auto reader = request.rule.empty() ? formula_reader(store, request) : rule_reader(store, request);
    reader.kind = request.kind.value_or(reader.kind);
    return reader;
}

ScoreAnswer read_score(const ScoreReader& reader, const series::Timeline& timeline, Date day, Tracks& tracks,
                       Workspace& workspace) {
    if (!reader.formula) return rule_answer(reader, timeline, day, tracks, workspace);
    const auto& k = *reader.side.knowledge.back();
    std::map<std::string, std::shared_ptr<const drift::Posterior>> posteriors;
    for (const auto& [name, scorer] : k.models)
        posteriors[name] = scorer->posterior(timeline, day, tracks[scorer->hash()]);
    drift::Features features(timeline, *k.table, day, posteriors);
    const auto answer = reader.formula->at(features, day);
    return {answer.value, answer.bound != 0, fmt::format("{}", fmt::join(answer.missing, "; "))};
}

}  // namespace bellwether::app

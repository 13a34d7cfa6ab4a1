#include <algorithm>

#include <fmt/format.h>

#include "bellwether/alert/reconcile.hpp"
#include "bellwether/app/fit.hpp"
#include "bellwether/app/replay.hpp"
#include "bellwether/app/scan.hpp"
#include "bellwether/core/hash.hpp"
#include "bellwether/core/text.hpp"

#include "stream.hpp"

namespace bellwether::app {
namespace {

/// The machine's half of an alert, with numbers that do not depend on what else the store holds.
std::string shown(const Alert& a, const std::map<std::int64_t, std::size_t>& ordinal) {
    const Episode& e = a.episode;
    const auto number = [&](std::int64_t id) {
        const auto found = ordinal.find(id);
        return found == ordinal.end() ? std::string("?") : std::to_string(found->second);
    };
    return fmt::format("alert {} {} {} [{} {} {}] {} raised {} changed {} parent {} under {} {} {}",
                       number(a.id), e.rule, to_string(a.state), to_string(e.onset), to_string(e.fired),
                       e.ended ? to_string(*e.ended) : "-", to_string(e.severity), to_string(a.raised),
                       to_string(a.changed), a.parent ? number(*a.parent) : "-", a.rules_hash, a.model_hash,
                       e.evidence);
}

/// Events as lines, and the alerts that they add up to.
struct Story {
    std::vector<std::string> events, alerts;
};

Story story(const std::vector<AlertEvent>& events) {
    Story s;
    std::map<std::int64_t, std::size_t> ordinal;
    std::map<std::int64_t, Alert> last;
    for (const auto& e : events) {
        if (!alert::is_machine(e.change)) continue;
        ordinal.emplace(e.after.id, ordinal.size() + 1);
        last[e.after.id] = e.after;
        s.events.push_back(fmt::format("{} {} ({}): {}", to_string(e.at), to_string(e.change), e.why,
                                       shown(e.after, ordinal)));
    }
    for (const auto& [id, a] : last)
        s.alerts.push_back(shown(a, ordinal));
    std::sort(s.alerts.begin(), s.alerts.end());
    return s;
}

std::optional<std::string> first_difference(const std::string& patient, const char* what,
                                            const std::vector<std::string>& ledger,
                                            const std::vector<std::string>& replayed) {
    for (std::size_t i = 0; i < std::max(ledger.size(), replayed.size()); ++i) {
        const std::string a = i < ledger.size() ? ledger[i] : "nothing";
        const std::string b = i < replayed.size() ? replayed[i] : "nothing";
        if (a != b) return fmt::format("{}, {} {}: ledger {}; replay {}", patient, what, i + 1, a, b);
    }
    return std::nullopt;
}

/// What one patient's ledger holds and what comes of replaying it.
struct Compared {
    PatientHistory history;
    std::vector<AlertEvent> events;
    std::vector<Alert> alerts;
    std::optional<std::string> difference;
};

void compare(Compared& c, const std::vector<std::shared_ptr<const Knowledge>>& knowledge, Instant to) {
    auto replayed = replay_patient(c.history, knowledge, to);
    // Its new alerts are -1, -2, ... in the order of their opening; the store counts upwards.
    for (auto& e : replayed) {
        e.after.id = -e.after.id;
        if (e.after.parent) e.after.parent = -*e.after.parent;
    }
    const Story ledger = story(c.events), again = story(replayed);
    c.difference = first_difference(c.history.patient, "event", ledger.events, again.events);
    if (c.difference) return;
    std::map<std::int64_t, std::size_t> ordinal;
    for (const auto& e : c.events)
        if (alert::is_machine(e.change)) ordinal.emplace(e.after.id, ordinal.size() + 1);
    std::vector<std::string> rows;
    for (const auto& a : c.alerts)
        rows.push_back(shown(a, ordinal));
    std::sort(rows.begin(), rows.end());
    c.difference = first_difference(c.history.patient, "alert", rows, again.alerts);
}

/// Models by name as active at an instant.
std::map<std::string, store::Activation> active_models(store::Store& store, Instant at) {
    std::map<std::string, store::Activation> models;
    for (const auto& a : store.activations())
        if (a.kind == store::ArtifactKind::model && a.from <= at) models[a.name] = a;
    return models;
}

bool fitted_to_this_store(const markov::FittedModel& model, store::Store& store) {
    const auto date = Instant::parse(model.date);
    return date && panel_of(store, model.spec, *date).fingerprint() == model.data_fingerprint;
}

}  // namespace

RuleSet side_rules(store::Store& store, const SideSource& source, Instant to) {
    if (source.rules) return *source.rules;
    std::optional<RuleSet> found;
    for (const auto& a : store.activations())
        if (a.kind == store::ArtifactKind::rules && a.from <= to) found = read_artifact(a.text);
    if (!found)
        throw Error("P032",
                    "no rules to replay: none are active at " + to_string(to) + ", and none are given");
    return *found;
}

ReplaySide make_side(const std::string& name, store::Store& store, const SideSource& source, Instant from,
                     Instant to) {
    auto models = active_models(store, to);
    for (const auto& text : source.models) {
        Findings findings;
        const auto model = markov::read_model(text, "model", findings);
        if (!findings.ok()) throw InputError(findings);
        models[model.spec.name] = {
            store::ArtifactKind::model, model.spec.name, sha256_hex(text), text, {}, "", ""};
    }
    const std::string rules = to_artifact(side_rules(store, source, to));
    std::vector<store::Activation> list, later;
    for (auto& a : store.activations())
        if (a.kind == store::ArtifactKind::bridges && a.from <= to) {
            auto& into = a.from <= from ? list : later;
            a.from = std::max(a.from, from);
            into.push_back(std::move(a));
        }
    for (const auto& [model, a] : models)
        list.push_back({a.kind, model, a.hash, a.text, from, "replay", ""});
    list.push_back({store::ArtifactKind::rules, "", sha256_hex(rules), rules, from, "replay", ""});
    list.insert(list.end(), later.begin(), later.end());
    ReplaySide side{name, knowledge_history(list, store.channels()), {}};
    side.rules = side.knowledge.back()->book.alerts();
    return side;
}

ReplaySide recorded_side(store::Store& store, Instant to) {
    auto activations = store.activations();
    std::erase_if(activations, [&](const store::Activation& a) { return a.from > to; });
    ReplaySide side{"recorded", knowledge_history(activations, store.channels()), {}};
    if (side.knowledge.empty())
        throw Error("P032", "no rules to replay: none were active by " + to_string(to));
    for (const auto& k : side.knowledge)
        for (const auto& name : k->book.alerts())
            if (std::find(side.rules.begin(), side.rules.end(), name) == side.rules.end())
                side.rules.push_back(name);
    return side;
}

std::set<std::string> channels_read(const ReplaySide& side) {
    std::set<std::string> channels;
    for (const auto& k : side.knowledge) {
        const rulebook::Evaluator evaluator(k->book);
        for (const auto& call : evaluator.calls()) {
            if (!call.args.empty() && k->catalogue.contains(call.args[0].word))
                channels.insert(call.args[0].word);
            if (const auto model = k->models.find(call.model); model != k->models.end())
                for (const auto& name : model->second->words().channels)
                    channels.insert(name);
        }
    }
    return channels;
}

void add_thresholds(ReplaySide& side, const RuleSet& rules, const std::string& rule,
                    const std::vector<double>& values) {
    auto k = std::make_shared<Knowledge>(*side.knowledge.back());
    if (!k->book.find(rule))
        throw Error("P033",
                    fmt::format("no rule '{}' to sweep; {}", rule, suggestion(rule, k->book.alerts())));
    for (const double value : values) {
        Findings findings;
        const auto book = load_rules(rules, *k->table, findings, {{rule, value}});
        if (!findings.ok()) throw InputError(findings);
        auto copy = *book.find(rule);
        copy.alert = fmt::format("{}@{}", rule, shortest(value));
        if (!k->book.find(copy.alert)) k->book.rules.push_back(std::move(copy));
    }
    side.knowledge.back() = std::move(k);
}

void refuse_in_sample(const ReplaySide& side, store::Store& store, Instant from, bool fitted_elsewhere) {
    for (const auto& k : side.knowledge)
        for (const auto& [name, scorer] : k->models) {
            const auto& model = scorer->model();
            const auto date = Instant::parse(model.date);
            if (model.folds >= 2 || model.full().subjects == 0 || (date && *date <= from)) continue;
            if (fitted_elsewhere && !fitted_to_this_store(model, store)) continue;
            throw Error(
                "P031",
                fmt::format("model '{}' has one set of parameters, which may have seen the patients that "
                            "it would score: an in-sample figure is never reported. Fit it with "
                            "--folds 5 (bellwether fit), give its specification to --model, or, when it "
                            "was fitted to other patients, say --fitted-elsewhere{}",
                            name, fitted_elsewhere ? " (it was fitted to the data of this very store)" : ""));
        }
}

LedgerCheck check_ledger(store::Store& store, int threads) {
    LedgerCheck check;
    const auto last = store.last_scan();
    if (!last) return check;
    const auto knowledge = knowledge_history(store.activations(), store.channels());
    stream_patients(
        store, store.patients(*last), *last, threads,
        [&](PatientHistory&& history) {
            Compared c;
            c.history = std::move(history);
            c.events = store.alert_events(c.history.patient);
            c.alerts = store.alerts(c.history.patient);
            check.events += std::count_if(c.events.begin(), c.events.end(),
                                          [](const AlertEvent& e) { return alert::is_machine(e.change); });
            check.alerts += static_cast<std::int64_t>(c.alerts.size());
            return c;
        },
        [&](Compared& c) { compare(c, knowledge, *last); },
        [&](Compared&& c) {
            if (!check.difference) check.difference = std::move(c.difference);
        });
    return check;
}

}  // namespace bellwether::app

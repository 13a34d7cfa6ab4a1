#include "side_files.hpp"

#include <fmt/format.h>

#include "bellwether/app/fit.hpp"
#include "bellwether/app/rules.hpp"
#include "bellwether/core/text.hpp"

namespace bellwether::cli {
namespace {

/// The text of a fitted model: the file's own, or, where it is a specification, that of a cross-fit.
std::string model_text(const std::string& file, store::Store& store, const SideFiles& files, Instant to) {
    const std::string text = read_text(file);
    Findings findings;
    const auto spec = markov::read_spec(text, file, findings);
    if (!findings.ok()) return text;
    app::FitRequest fit;
    fit.spec_text = text;
    fit.spec_file = file;
    fit.folds = static_cast<std::size_t>(files.folds);
    fit.as_of = to;
    fit.threads = static_cast<unsigned>(files.threads);
    fmt::print(stderr, "bellwether: fitting {} in {} folds\n", spec.name, files.folds);
    return markov::write_model(app::fit_store(store, fit));
}

}  // namespace

void SideFiles::declare(Options& o, const std::string& when) {
    o.texts("--rules", rules, "rule files or folders; default: the rules active at " + when);
    o.texts("--model", models,
            "fitted model, or a specification to be cross-fitted; default: the models active at " + when);
    o.text("--models", words,
           "folder of specifications whose labels P() may name; default: the shipped models/");
    o.integer("--folds", folds, "folds of a specification's cross-fit", 2, 100);
    o.flag("--fitted-elsewhere", elsewhere,
           "vouch that models of one parameter set were fitted to none of these patients");
    o.integer("--threads", threads, "patients at once", 1, 256);
}

app::SideSource SideFiles::read(store::Store& store, Instant to) const {
    app::SideSource s;
    if (!rules.empty()) {
        const auto found = app::find_rule_files(rules);
        const auto known = app::words_under(words.empty() ? home() + "/models" : words);
        s.rules = app::make_rule_set(found, known, store.activations());
        Findings findings;
        (void)app::check_rules(*s.rules, found, store.channels(), findings);
        if (!findings.ok()) throw InputError(findings);
    }
    for (const auto& file : models)
        s.models.push_back(model_text(file, store, *this, to));
    return s;
}

void WatchedDays::declare(Options& o, const std::string& under) {
    o.text("--from", from, under + "first day; rules and models hold from its beginning");
    o.text("--to", to, under + "last day; outcomes are as known at its end");
    o.text("--every", every,
           under + "results are looked at every 7d, 2w ...; default: as soon as they are learnt");
    o.word("--event", event, under + "what an alert should come before", {"progression", "death"});
}

app::ReplayRequest WatchedDays::request(const std::string& who) const {
    if (from.empty() || to.empty()) throw UsageError(who + " needs --from and --to");
    app::ReplayRequest r;
    r.from = date(from, "--from");
    r.to = date(to, "--to");
    if (r.to < r.from) throw UsageError("--to is before --from");
    if (r.to > now().date()) throw UsageError("--to " + to + " is in the future");
    if (!every.empty()) r.every_days = duration(every, "--every");
    r.event = *parse_event_kind(event);
    return r;
}

}  // namespace bellwether::cli

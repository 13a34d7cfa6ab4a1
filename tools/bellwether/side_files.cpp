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

}  // namespace bellwether::cli

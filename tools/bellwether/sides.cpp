#include "sides.hpp"

#include <cmath>

#include <fmt/format.h>

#include "bellwether/app/fit.hpp"
#include "bellwether/app/rules.hpp"
#include "bellwether/core/text.hpp"

namespace bellwether::cli {
namespace {

/// The text of a fitted model: the file's own, or, where it is a specification, that of a cross-fit.
std::string model_text(const std::string& file, store::Store& store, const SideFitting& how) {
    const std::string text = read_text(file);
    Findings findings;
    const auto spec = markov::read_spec(text, file, findings);
    if (!findings.ok()) return text;
    app::FitRequest fit;
    fit.spec_text = text;
    fit.spec_file = file;
    fit.folds = how.folds;
    fit.as_of = how.as_of;
    fit.threads = how.threads;
    fmt::print(stderr, "bellwether: fitting {} in {} folds\n", spec.name, how.folds);
    return markov::write_model(app::fit_store(store, fit));
}

}  // namespace

app::SideSource side_source(const std::vector<std::string>& rules, const std::vector<std::string>& models,
                            store::Store& store, const SideFitting& fitting) {
    app::SideSource s;
    if (!rules.empty()) {
        const auto files = app::find_rule_files(rules);
        const auto words = app::words_under(fitting.words.empty() ? home() + "/models" : fitting.words);
        s.rules = app::make_rule_set(files, words, store.activations());
        Findings findings;
        (void)app::check_rules(*s.rules, files, store.channels(), findings);
        if (!findings.ok()) throw InputError(findings);
    }
    for (const auto& file : models)
        s.models.push_back(model_text(file, store, fitting));
    return s;
}

std::vector<double> numbers(const std::string& text, const std::string& option) {
    const auto bad = [&] { return UsageError(option + ": write RULE=0.5,0.7,0.9 or RULE=0.5:0.9:0.1"); };
    std::vector<double> list;
    const bool range = text.find(':') != std::string::npos;
    for (const auto& part : split(text, range ? ':' : ',')) {
        const auto x = parse_double(part);
        if (!x) throw bad();
        list.push_back(*x);
    }
    if (!range) return list;
    if (list.size() != 3 || !(list[2] > 0) || list[1] < list[0] || (list[1] - list[0]) / list[2] > 1000)
        throw bad();
    const auto steps = static_cast<int>(std::floor((list[1] - list[0]) / list[2] + 1e-9));
    std::vector<double> values;
    // Rounded to 12 places: 0.5 + 2 * 0.1 is 0.7 to a reader.
    for (int i = 0; i <= steps; ++i)
        values.push_back(std::round((list[0] + i * list[2]) * 1e12) / 1e12);
    return values;
}

}  // namespace bellwether::cli

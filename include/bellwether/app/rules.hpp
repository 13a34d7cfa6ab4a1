#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bellwether/app/knowledge.hpp"
#include "bellwether/rulebook/rule_test.hpp"
#include "bellwether/therapy/therapy.hpp"

namespace bellwether::app {

/// What the paths of a `rules` command hold, each file once, by name.
struct RuleFiles {
    std::vector<SourceFile> rules;
    std::vector<SourceFile> tests;       ///< *.test.yaml
    std::vector<SourceFile> therapy;     ///< regimen graphs: files with a top-level key `regimens`
    std::vector<SourceFile> thresholds;  ///< files with a top-level key `thresholds`: rulebook/override.hpp
};

/// Files as named; folders are searched for *.yaml, deep, in the order of their names.
/// @throws Error C001 a path that does not exist.
[[nodiscard]] RuleFiles find_rule_files(const std::vector<std::string>& paths);

/// Words of the models that rules may name: specifications and fitted models under a folder, deep; files that
/// are neither are passed over.
[[nodiscard]] std::map<std::string, drift::ModelWords> words_under(const std::string& folder);

/// SHA-256 of the specifications under a folder, by the model's name, and, of models that are active, of what
/// is active: what thresholds are held against.
[[nodiscard]] std::vector<std::pair<std::string, rulebook::ModelIdentity>> models_at_hand(
    const std::string& folder, const std::vector<store::Activation>& active);

/// Rules ready to be checked or activated. Words of active models win over those of `words`; a model that no
/// group names is left out, so that the artifact's hash depends on what the rules use only.
[[nodiscard]] RuleSet make_rule_set(const RuleFiles& files,
                                    const std::map<std::string, drift::ModelWords>& words,
                                    const std::vector<store::Activation>& active);

/// Checks rules, thresholds and regimen graphs. Every finding of every file.
/// @param models  what thresholds are held against (R043); empty: nothing is said of models
[[nodiscard]] rulebook::Rulebook check_rules(
    const RuleSet& rules, const RuleFiles& files, const ChannelCatalogue& catalogue, Findings& findings,
    const std::vector<std::pair<std::string, rulebook::ModelIdentity>>& models = {});

/// What `rules test` found.
struct TestReport {
    int tests = 0;
    std::vector<std::string> failures;      ///< one line each, with the place
    std::vector<std::string> never_raised;  ///< rules that no test raises
};

/// Runs every test case of the test files: the patient is built from the series, P() from `given`, and judged
/// at each day of `at` with what was known then (everything is learnt on its day).
[[nodiscard]] TestReport test_rules(const RuleFiles& files,
                                    const std::map<std::string, drift::ModelWords>& words,
                                    const ChannelCatalogue& catalogue, Findings& findings);

/// Who put something in force, when, from which instant on, and why. The trail is dated `at`: what is put in
/// force for the past of a historical store shows when that was done.
struct Order {
    Instant from, at;
    std::string who, why;
};

/// Puts rules (and, when there is one, the regimen graph) in force from an instant on.
/// @throws InputError when they do not check; Error S020 when `from` is not later than the last scan.
void activate_rules(store::Store& store, const RuleFiles& files,
                    const std::map<std::string, drift::ModelWords>& words, const Order& order);

/// Puts a fitted model in force. @throws Error D001, D002, D003; InputError when the text is not a model.
void activate_model(store::Store& store, const std::string& text, const std::string& file,
                    const Order& order);

/// Puts a file of bridges between assays in force (read_bridges); it replaces those before.
/// @return how many bridges. @throws InputError, Error S020 as above.
std::size_t activate_bridges(store::Store& store, const std::string& text, const std::string& file,
                             const Order& order);

/// Whether the thresholds of the newest activated rules belong to those rules and to the newest activated
/// models: R042 and R043, warnings.
[[nodiscard]] Findings check_active_thresholds(store::Store& store);

/// The regimen graph in force at an instant.
[[nodiscard]] std::optional<therapy::Graph> graph_at(const std::vector<store::Activation>& activations,
                                                     Instant at);

}  // namespace bellwether::app

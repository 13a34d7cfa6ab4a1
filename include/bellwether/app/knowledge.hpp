#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bellwether/core/error.hpp"
#include "bellwether/drift/posterior.hpp"
#include "bellwether/drift/table.hpp"
#include "bellwether/record/channel.hpp"
#include "bellwether/rulebook/override.hpp"
#include "bellwether/rulebook/rule.hpp"
#include "bellwether/store/store.hpp"

namespace bellwether::app {

/// The text of one input file, with the name that findings show.
struct SourceFile {
    std::string name, text;
};

/// Rules as they are activated: the files, and the words of each model that their groups name, so that the
/// artifact can be checked and run without any other file.
struct RuleSet {
    std::vector<SourceFile> files;
    std::map<std::string, drift::ModelWords> words;
    std::vector<std::string> regimens;   ///< words for on(); empty = anything goes
    std::vector<SourceFile> thresholds;  ///< rulebook/override.hpp
};

/// One canonical text (JSON) and back. @throws Error P001 when the text is none of ours.
[[nodiscard]] std::string to_artifact(const RuleSet& rules);
[[nodiscard]] RuleSet read_artifact(const std::string& text);

/// What E is computed with from an instant on. Immutable; shared by all workers.
struct Knowledge {
    Instant from;
    std::string rules_hash;  ///< "" while no rules are active
    std::string model_hash;  ///< over all active models
    ChannelCatalogue catalogue;
    std::shared_ptr<const drift::Table> table;
    rulebook::Rulebook book;
    std::map<std::string, std::shared_ptr<const drift::Scorer>> models;  ///< by name
};

/// The thresholds of a rule set: R040 where two files have one of the same rule.
[[nodiscard]] std::vector<rulebook::Override> overrides_of(const RuleSet& rules, Findings& findings);

/// Loads a rule set against the catalogue, with its thresholds. Every finding of every file; a rulebook with
/// errors must not be used.
/// @param thresholds  in place of the rules' tunable numbers and of the set's own: rulebook::load
[[nodiscard]] rulebook::Rulebook load_rules(const RuleSet& rules, const drift::Table& table,
                                            Findings& findings, const rulebook::Thresholds& thresholds = {});
[[nodiscard]] std::shared_ptr<const drift::Table> make_table(const RuleSet& rules,
                                                             const ChannelCatalogue& catalogue);

/// The store's channels with the bridges between assays that are in force at an instant.
[[nodiscard]] ChannelCatalogue catalogue_at(store::Store& store, Instant at);

/// The state of knowledge after each activation, ascending by `from`; activations of the same instant are
/// one.
/// @throws InputError when an activated artifact no longer loads.
[[nodiscard]] std::vector<std::shared_ptr<const Knowledge>> knowledge_history(
    const std::vector<store::Activation>& activations, const ChannelCatalogue& catalogue);

/// The element in force at an instant; null before the first.
[[nodiscard]] std::shared_ptr<const Knowledge> in_force(
    const std::vector<std::shared_ptr<const Knowledge>>& history, Instant at);

}  // namespace bellwether::app

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bellwether/app/calibrate.hpp"

#include "drawn.hpp"

/// What a calibration looks at: which rules together, at which numbers, in whom nothing drifts.
namespace bellwether::app {

/// The rules of one model (or, event-free, of all), and where their thresholds stand.
struct Group {
    std::string model;
    std::vector<rulebook::Rule> rules;
    std::vector<std::vector<double>> grid;  ///< [rule][threshold]
    std::vector<std::string> labels;        ///< that the rules tune on
    double budget = 0.0;
    [[nodiscard]] std::vector<std::vector<std::string>> names() const;  ///< of the copies: RULE@NUMBER
};

/// Numbers to look at, from the quietest to the most talkative.
/// @throws Error P035 a tuned number of 0 without a grid
[[nodiscard]] std::vector<double> first_grid(const rulebook::Rule& rule, const CalibrationRequest& request);
/// What was quiet enough, and numbers between the last of it and its more talkative neighbour.
[[nodiscard]] std::vector<double> second_grid(const std::vector<double>& first,
                                              std::optional<std::size_t> found,
                                              const rulebook::Tunable& tunable);
/// The rule file's number, whatever is in force.
[[nodiscard]] double written_number(const rulebook::Tunable& tunable);

/// @throws Error P033, P035 as calibrate()
[[nodiscard]] std::vector<rulebook::Rule> rules_asked(const rulebook::Rulebook& book,
                                                      const CalibrationRequest& request);
/// Groups of rules by their model, the budget divided by their numbers. @throws Error P035
[[nodiscard]] std::vector<Group> by_model(const std::vector<rulebook::Rule>& asked,
                                          const Knowledge& knowledge, double budget);

/// A rule that reads a channel which the model does not draw would be silent in every drawn patient, and look
/// the quietest of all. @throws Error P035
void refuse_undrawn(const Group& group, const drift::Table& table, const markov::Spec& spec);

/// A side that has nothing but the copies of a group's rules, and of models the group's alone.
[[nodiscard]] ReplaySide with_copies(ReplaySide side, const RuleSet& rules, const Group& group);

/// @throws Error R012 an unknown label
[[nodiscard]] markov::StateSet states_of(const markov::Spec& spec, const std::string& label);
/// @throws Error P035, R012 as calibrate()
[[nodiscard]] std::vector<DrawnPath> populations_of(const Group& group, const markov::Spec& spec,
                                                    const CalibrationRequest& request);

}  // namespace bellwether::app

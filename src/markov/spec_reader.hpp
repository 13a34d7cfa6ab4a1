#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bellwether/core/yaml.hpp"
#include "bellwether/markov/spec.hpp"

/// Private to read_spec: the specification under construction and what its sections share.
namespace bellwether::markov {

/// Where a number comes from; handed down from the file to an entry to a parameter.
struct Provenance {
    std::string source;
    bool illustrative = false;
    [[nodiscard]] bool given() const { return illustrative || !source.empty(); }
};

class SpecReader {
public:
    SpecReader(Spec& spec, Findings& findings) : spec_(spec), findings_(findings) {}
    void read(const yaml::Node& root);

private:
    // spec_reader.cpp: sections
    void read_axes(const yaml::Node& node);
    void read_states(const yaml::Node& node);
    void read_state(const yaml::Node& node);
    void check_labels(const Location& at);
    void read_anchors(const yaml::Node& node);
    // spec_covariates.cpp
    void read_covariates(const yaml::Node& node);
    void read_covariate(const yaml::Node& node);
    void add_levels(const Covariate& like, const std::vector<std::string>& levels, const Location& at);
    void add_products(const Covariate& like, const yaml::Node& node);
    void add_periods(const Covariate& like, const yaml::Node& node);
    void add_covariate(Covariate covariate, const Location& at);
    [[nodiscard]] std::vector<std::size_t> covariates_of_word(const std::string& word, const Location& at);
    /// @param of  what the effects act on, for the parameters' names: "stable>growing"
    [[nodiscard]] std::vector<Effect> read_effects(const yaml::Node& node, const std::string& of,
                                                   const Provenance& from);
    // spec_table.cpp
    void read_table(const yaml::Node& node);
    // spec_transitions.cpp
    void read_transitions(const yaml::Node& node);
    void read_transition(const yaml::Node& node);
    void add_transitions(StateSet from, StateSet to, const std::vector<std::size_t>& axes, std::size_t rate,
                         const std::vector<Effect>& effects, const Location& at);
    void read_start(const yaml::Node& node);
    void read_start_factor(const yaml::Node& node, bool estimate, std::optional<double> prior_sd,
                           const Provenance& from);
    /// Rates per phase of the states left.
    [[nodiscard]] std::vector<std::pair<StateSet, std::size_t>> read_phase_rates(
        const yaml::Node& node, StateSet sources, const std::string& from, const std::string& to,
        const Provenance& provenance);
    /// Without later phases, but for those that a word names.
    [[nodiscard]] StateSet entered(StateSet set, const std::vector<std::string>& words) const;
    // spec_channels.cpp
    void read_channels(const yaml::Node& node);
    void read_channel(const yaml::Node& node);
    void read_patient(yaml::Map& map, Channel& channel, const Provenance& from);
    // spec_growth.cpp
    void read_growth(const yaml::Node& node);
    void read_growth_channel(yaml::Map& map, Channel& channel, const Provenance& from);
    /// The level's start, and wild readings.
    void read_latent(yaml::Map& map, Channel& channel, const Provenance& from);
    using Variants = std::vector<std::pair<std::vector<Condition>, std::size_t>>;  ///< conditions, parameter
    struct PerState {
        std::vector<std::optional<Variants>> of;  ///< per state
    };
    [[nodiscard]] PerState read_by_state(const yaml::Node& node, const std::string& what,
                                         const std::string& channel, Parameter::Scale scale, bool variants,
                                         const Provenance& from);
    [[nodiscard]] Variants read_variants(const yaml::Node& node, const std::string& name,
                                         Parameter::Scale scale, bool allowed, const Provenance& from);
    void group_states(Channel& channel, const PerState& mean, const PerState& sd, const PerState& diffusion,
                      const Location& at);
    [[nodiscard]] bool register_conditions(Channel& channel, const PerState& mean, const Location& at);
    void read_categories(yaml::Map& map, Channel& channel, const Provenance& from);
    void read_probabilities(const yaml::Node& node, Channel& channel, bool estimate, const Provenance& from);
    void add_group(Channel& channel, std::size_t state, const Channel::Group& group);
    // spec_laws.cpp
    void read_laws(const yaml::Node& node, Channel& channel, const Provenance& from);
    [[nodiscard]] std::optional<Channel::Group> read_law(const yaml::Node& node, const std::string& of,
                                                         const Provenance& from);
    [[nodiscard]] Term read_term(yaml::Map& map, std::string_view natural, Law law, const std::string& name,
                                 const Provenance& from);
    void check_bounds(const Channel::Group& group, const Location& at);
    // spec_chances.cpp
    /// Parameters of a row of probabilities: per entry its log odds against the largest, or
    /// Channel::Group::kBase or kImpossible, and its effects.
    struct Odds {
        std::vector<int> parameter;
        std::vector<std::vector<Effect>> effects;  ///< empty: none anywhere
    };
    /// @param of  prefix of the parameters' names: "odds(smear, well: "
    [[nodiscard]] Odds read_odds(const yaml::Node& row, const std::string& of, bool estimate,
                                 std::optional<double> prior_sd, const Provenance& from);
    // spec_parameters.cpp
    [[nodiscard]] Provenance read_provenance(yaml::Map& map, const Provenance& inherited);
    [[nodiscard]] std::size_t read_parameter(const yaml::Node& node, const std::string& name,
                                             Parameter::Scale scale, const Provenance& from);
    [[nodiscard]] std::size_t parameter_of_map(yaml::Map& map, const std::string& name,
                                               Parameter::Scale scale, const Provenance& from);
    /// A parameter as it is written, not added yet. Its name is the tie's, where it has one.
    [[nodiscard]] Parameter parameter_of(yaml::Map& map, const std::string& name, Parameter::Scale scale,
                                         const Provenance& from, bool& tied);
    [[nodiscard]] Parameter parameter_of_number(const yaml::Node& node, const std::string& name,
                                                Parameter::Scale scale, const Provenance& from);
    void read_prior(yaml::Map& map, Parameter& p);
    /// Complains of a start value out of its scale's range, and mends it.
    void check_range(Parameter& p);
    [[nodiscard]] std::size_t add_parameter(Parameter parameter, bool tied);
    [[nodiscard]] StateSet read_states_of(const yaml::Node& node);
    [[nodiscard]] StateSet states_of_word(const std::string& word, const Location& at);
    [[nodiscard]] std::vector<Condition> read_conditions(const yaml::Node& node);

    Spec& spec_;
    Findings& findings_;
    Provenance numbers_;
};

}  // namespace bellwether::markov

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
    void read_covariates(const yaml::Node& node);
    void read_anchors(const yaml::Node& node);
    // spec_transitions.cpp
    void read_transitions(const yaml::Node& node);
    void read_transition(const yaml::Node& node);
    void add_transitions(StateSet from, StateSet to, const std::vector<std::size_t>& axes, std::size_t rate,
                         const std::vector<Effect>& effects, const Location& at);
    void read_start(const yaml::Node& node);
    void read_start_factor(const yaml::Node& node, bool estimate, std::optional<double> prior_sd,
                           const Provenance& from);
    // spec_channels.cpp
    void read_channels(const yaml::Node& node);
    void read_channel(const yaml::Node& node);
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
    // spec_parameters.cpp
    [[nodiscard]] Provenance read_provenance(yaml::Map& map, const Provenance& inherited);
    [[nodiscard]] std::size_t read_parameter(const yaml::Node& node, const std::string& name,
                                             Parameter::Scale scale, const Provenance& from);
    [[nodiscard]] std::size_t parameter_of_map(yaml::Map& map, const std::string& name,
                                               Parameter::Scale scale, const Provenance& from);
    [[nodiscard]] std::size_t add_parameter(Parameter parameter, bool tied);
    [[nodiscard]] StateSet read_states_of(const yaml::Node& node);
    [[nodiscard]] StateSet states_of_word(const std::string& word, const Location& at);
    [[nodiscard]] std::vector<Condition> read_conditions(const yaml::Node& node);
    [[nodiscard]] std::vector<double> probabilities_of(const yaml::Node& node);

    Spec& spec_;
    Findings& findings_;
    Provenance numbers_;
};

}  // namespace bellwether::markov

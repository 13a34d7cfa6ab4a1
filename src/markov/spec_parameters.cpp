#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "spec_reader.hpp"

namespace bellwether::markov {

Provenance SpecReader::read_provenance(yaml::Map& map, const Provenance& inherited) {
    Provenance out;
    out.source = map.text_or("source", "");
    out.illustrative = map.truth_or("illustrative", false);
    return out.given() ? out : inherited;
}

std::size_t SpecReader::add_parameter(Parameter parameter, bool tied) {
    if (const auto known = spec_.parameter_index(parameter.name)) {
        const Parameter& other = spec_.parameters[*known];
        if (!tied)
            findings_.error("M021", parameter.at,
                            fmt::format("parameter '{}' is declared twice", parameter.name),
                            "remove one, or give both the same `tie:`");
        else if (other.start != parameter.start || other.scale != parameter.scale ||
                 other.fixed != parameter.fixed)
            findings_.error("M024", parameter.at,
                            fmt::format("'{}' is tied but differs from its first use", parameter.name),
                            fmt::format("give it start {} and the same `fixed`, as in line {}",
                                        shortest(other.start), other.at.line));
        return *known;
    }
    if (!parameter.illustrative && parameter.source.empty())
        findings_.warning(
            "M025", parameter.at, fmt::format("'{}' has neither a source nor a mark", parameter.name),
            "add `source: KEY` or `illustrative: true` to it, its entry, or `numbers:` of the file");
    spec_.parameters.push_back(std::move(parameter));
    return spec_.parameters.size() - 1;
}

std::size_t SpecReader::read_parameter(const yaml::Node& node, const std::string& name,
                                       Parameter::Scale scale, const Provenance& from) {
    if (node.is_map()) {
        yaml::Map map(node, findings_);
        const std::size_t index = parameter_of_map(map, name, scale, from);
        map.done();
        return index;
    }
    return add_parameter(parameter_of_number(node, name, scale, from), false);
}

Parameter SpecReader::parameter_of_number(const yaml::Node& node, const std::string& name,
                                          Parameter::Scale scale, const Provenance& from) {
    Parameter p;
    p.name = name;
    p.scale = scale;
    p.source = from.source;
    p.illustrative = from.illustrative;
    p.at = node.at();
    p.start = yaml::as_number(node, findings_).value_or(scale == Parameter::Scale::logit ? 0.5 : 1.0);
    check_range(p);
    return p;
}

std::size_t SpecReader::parameter_of_map(yaml::Map& map, const std::string& name, Parameter::Scale scale,
                                         const Provenance& from) {
    bool tied = false;
    Parameter p = parameter_of(map, name, scale, from, tied);
    return add_parameter(std::move(p), tied);
}

Parameter SpecReader::parameter_of(yaml::Map& map, const std::string& name, Parameter::Scale scale,
                                   const Provenance& from, bool& tied) {
    Parameter p;
    const std::string tie = map.text_or("tie", "");
    tied = !tie.empty();
    p.name = tied ? tie : name;
    p.scale = scale;
    p.at = map.at();
    p.start = map.number("start");
    p.fixed = map.truth_or("fixed", false);
    p.held = map.truth_or("held", false);
    const Provenance own = read_provenance(map, from);
    p.source = own.source;
    p.illustrative = own.illustrative;
    check_range(p);
    read_prior(map, p);
    return p;
}

void SpecReader::read_prior(yaml::Map& map, Parameter& p) {
    if (const auto node = map.optional("prior"); !node.is_null()) {
        yaml::Map prior(node, findings_);
        p.prior = Prior{prior.number_or("centre", p.start), prior.number("sd", {1e-6, 1e6})};
        if (p.scale == Parameter::Scale::log && !(p.prior->centre > 0.0)) {
            findings_.error("M026", node.at(),
                            fmt::format("the prior of '{}' must be centred above 0", p.name),
                            "write a positive `centre:`, on the natural scale");
            p.prior.reset();
        }
        prior.done();
    }
    if (p.held && !p.prior)
        findings_.error("M027", map.at(), fmt::format("'{}' is held, but by no prior", p.name),
                        "add `prior: {centre: ..., sd: ...}` or remove `held:`");
}

void SpecReader::check_range(Parameter& p) {
    if (p.scale == Parameter::Scale::log && !(p.start > 0.0)) {
        findings_.error("M026", p.at, fmt::format("'{}' must be positive, not {}", p.name, shortest(p.start)),
                        "write a number above 0");
        p.start = 1.0;
    }
    if (p.scale == Parameter::Scale::logit && !(p.start > 0.0 && p.start < 1.0)) {
        findings_.error("M026", p.at,
                        fmt::format("'{}' must lie between 0 and 1, not at {}", p.name, shortest(p.start)),
                        "write a number above 0 and below 1");
        p.start = 0.5;
    }
}

StateSet SpecReader::states_of_word(const std::string& word, const Location& at) {
    const StateSet set = spec_.states_with(word);
    if (set == 0)
        findings_.error("M020", at, fmt::format("no state is called or labelled '{}'", word),
                        suggestion(word, spec_.labels()));
    return set;
}

StateSet SpecReader::read_states_of(const yaml::Node& node) {
    StateSet set = 0;
    if (!node.is_sequence()) {
        const auto word = yaml::as_text(node, findings_);
        return word ? states_of_word(*word, node.at()) : 0;
    }
    for (std::size_t i = 0; i < node.size(); ++i)
        if (const auto word = yaml::as_text(node[i], findings_)) set |= states_of_word(*word, node[i].at());
    return set;
}

std::vector<Condition> SpecReader::read_conditions(const yaml::Node& node) {
    std::vector<Condition> out;
    if (!node.is_map()) {
        findings_.error("M028", node.at(), "`when` must name covariates and values",
                        "write when: {on_therapy: 1}");
        return out;
    }
    for (std::size_t i = 0; i < node.size(); ++i) {
        const auto covariates = covariates_of_word(node.key(i), node.key_at(i));
        const auto value = yaml::as_number(node[i], findings_);
        if (covariates.size() > 1) {
            findings_.error("M028", node.key_at(i), fmt::format("'{}' has several columns", node.key(i)),
                            fmt::format("name one, such as '{}'", spec_.covariates[covariates[0]].name));
        } else if (covariates.size() == 1 && value) {
            out.push_back({covariates[0], *value});
        }
    }
    return out;
}

}  // namespace bellwether::markov

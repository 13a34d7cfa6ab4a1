#include "spec_reader.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

namespace bellwether::markov {
namespace {
// Keys of a parameter map and of a state: a label of that name could not be told from them.
const std::vector<std::string> kReserved = {"start", "name", "labels", "absorbing", "entry", "phases"};

std::string normalised(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 1);
    for (const char c : text)
        if (c != '\r') out += c;
    while (!out.empty() && out.back() == '\n')
        out.pop_back();
    return out + '\n';
}
}  // namespace

Spec read_spec(std::string_view text, const std::string& file, Findings& findings) {
    Spec spec;
    spec.text = normalised(text);
    const yaml::Node root = yaml::parse(spec.text, file, findings);
    if (!root.is_null()) SpecReader(spec, findings).read(root);
    return spec;
}

void SpecReader::read(const yaml::Node& root) {
    yaml::Map map(root, findings_);
    (void)map.integer("schema", {1, 1});
    spec_.name = map.text("model");
    spec_.title = map.text_or("title", "");
    numbers_.source = map.text_or("numbers", "");
    if (numbers_.source == "illustrative") numbers_ = {"", true};
    spec_.time_unit = map.text_or("time-unit", "day");
    read_axes(map.optional("axes"));
    read_states(map.required("states"));
    read_covariates(map.optional("covariates"));
    if (const auto node = map.required("transitions"); !node.is_null()) read_transitions(node);
    if (const auto node = map.optional("growth"); !node.is_null()) read_growth(node);
    if (const auto node = map.optional("channels"); !node.is_null()) read_channels(node);
    // Where states are seen, the first of them is where a subject starts.
    if (const auto node = spec_.channels.empty() ? map.optional("start") : map.required("start");
        !node.is_null())
        read_start(node);
    if (const auto node = map.optional("anchors"); !node.is_null()) read_anchors(node);
    if (const auto node = map.optional("data"); !node.is_null()) read_table(node);
    map.done();
}

void SpecReader::read_axes(const yaml::Node& node) {
    if (node.is_null()) return;
    if (!node.is_map()) {
        findings_.error("M020", node.at(), "`axes` must map each axis to its labels",
                        "write axes: {kinetics: [shrinking, growing]}");
        return;
    }
    for (std::size_t i = 0; i < node.size(); ++i)
        spec_.axes.push_back({node.key(i), yaml::as_texts(node[i], findings_)});
}

void SpecReader::read_states(const yaml::Node& node) {
    if (node.is_null()) return;
    if (!node.is_sequence() || node.size() < 1 || node.size() > 64) {
        findings_.error("M030", node.at(), "`states` must be a list of 1 to 64 states",
                        "write - {name: stable}");
        return;
    }
    for (std::size_t i = 0; i < node.size(); ++i)
        read_state(node[i]);
    check_labels(node.at());
}

void SpecReader::read_state(const yaml::Node& node) {
    yaml::Map map(node, findings_);
    State state;
    state.name = map.text("name");
    if (spec_.state_index(state.name) || spec_.state_index(state.name + ".1"))
        findings_.error("M021", node.at(), fmt::format("state '{}' is declared twice", state.name),
                        "give each state a name of its own");
    for (const Axis& axis : spec_.axes) {
        if (!map.has(axis.name)) {
            state.on_axis.emplace_back();
            continue;
        }
        state.on_axis.push_back(
            axis.labels[std::min(map.word(axis.name, axis.labels), axis.labels.size() - 1)]);
    }
    state.labels = map.texts_or_none("labels");
    state.absorbing = map.truth_or("absorbing", false);
    state.exact_entry = map.word_or("entry", {"interval", "exact"}, 0) == 1;
    const auto phases = map.integer_or("phases", 1, {1, 9});
    map.done();
    if (phases == 1) {
        spec_.states.push_back(std::move(state));
        return;
    }
    if (state.absorbing)
        findings_.error("M034", node.at(), fmt::format("'{}' is absorbing and has phases", state.name),
                        "remove `phases:`; they shape the time until a state is left");
    const std::string whole = state.name;
    state.labels.push_back(whole);
    for (int phase = 1; phase <= phases; ++phase) {
        state.name = fmt::format("{}.{}", whole, phase);
        state.phase = phase;
        spec_.states.push_back(state);
    }
}

void SpecReader::check_labels(const Location& at) {
    for (const std::string& word : spec_.labels()) {
        if (std::find(kReserved.begin(), kReserved.end(), word) != kReserved.end())
            findings_.error("M031", at, fmt::format("'{}' cannot be a label", word), "choose another word");
        // A word that is both a state's name and a label must mean the same set.
        const auto named = spec_.state_index(word);
        const auto times = std::count_if(spec_.states.begin(), spec_.states.end(),
                                         [&](const State& state) { return state.name == word; });
        if (times == 1 && spec_.states_with(word) != only(*named))
            findings_.error("M031", at,
                            fmt::format("'{}' is the name of one state and a label of others", word),
                            "rename the state or the label");
        std::size_t axes = 0;
        for (const Axis& axis : spec_.axes)
            axes += std::find(axis.labels.begin(), axis.labels.end(), word) != axis.labels.end() ? 1 : 0;
        if (axes > 1)
            findings_.error("M031", at, fmt::format("label '{}' stands on two axes", word),
                            "rename one of the two");
    }
}

void SpecReader::read_anchors(const yaml::Node& node) {
    for (std::size_t i = 0; i < node.size(); ++i) {
        yaml::Map map(node[i], findings_);
        Anchor anchor;
        anchor.at = node[i].at();
        const std::string name = map.text("channel");
        const auto channel = spec_.channel_index(name);
        anchor.order = map.texts_or_none("order");
        if (const auto when = map.optional("when"); !when.is_null()) anchor.when = read_conditions(when);
        map.done();
        if (!channel || spec_.channels[*channel].family == Family::categorical) {
            std::vector<std::string> names;
            for (const Channel& c : spec_.channels)
                if (c.family != Family::categorical) names.push_back(c.name);
            findings_.error("M032", anchor.at, fmt::format("no channel with means is called '{}'", name),
                            suggestion(name, names));
            continue;
        }
        if (anchor.order.size() < 2)
            findings_.error("M032", anchor.at, "an anchor orders at least two labels",
                            "write order: [shrinking, stable, growing]");
        for (const std::string& word : anchor.order)
            (void)states_of_word(word, anchor.at);
        anchor.channel = *channel;
        spec_.anchors.push_back(std::move(anchor));
    }
}

}  // namespace bellwether::markov

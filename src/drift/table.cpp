#include "bellwether/drift/table.hpp"

#include <algorithm>
#include <utility>

#include "bellwether/drift/track_detector.hpp"

namespace bellwether::drift {
namespace {

const std::vector<std::string> references{"baseline", "nadir", "peak"};
const std::vector<std::string> events{"progression", "death",      "last_known_alive",
                                      "toxicity",    "new_lesion", "therapy_start"};
const std::vector<std::string> own_attributes{"arm", "site", "sex", "trial", "age"};

std::vector<FeatureInfo> rows() {
    const ArgInfo channel{"channel", ArgType::channel};
    const ArgInfo label{"label", ArgType::label};
    const ArgInfo reference{"reference", ArgType::reference};
    const ArgInfo window{"window", ArgType::duration};
    return {
        {"P",
         {label, {"group", ArgType::group, true}},
         "probability of a state or label of the group's model, filtered at the last modelled reading; with "
         "a "
         "group of channels, by its readings alone"},
        {"forecast",
         {label, {"horizon", ArgType::duration, true}},
         "that probability carried to the date of evaluation, or `horizon` beyond it"},
        {"evidence",
         {label, {"group", ArgType::group}},
         "weight of evidence for the label of one group's readings alone, in natural log odds"},
        {"disagree",
         {label, {"one", ArgType::group}, {"other", ArgType::group}},
         "evidence(label, one) minus evidence(label, other)"},
        {"value", {channel}, "last reading, in the channel's unit"},
        {"last", {channel}, "the same as value"},
        {"baseline", {channel}, "last reading on or before day zero"},
        {"nadir", {channel}, "lowest reading since baseline"},
        {"peak", {channel}, "highest reading since baseline"},
        {"fold", {channel, reference}, "last reading divided by the reference"},
        {"change", {channel, reference}, "last reading minus the reference, in the channel's unit"},
        {"trend", {channel, window}, "Theil-Sen slope per day on the channel's scale over the window"},
        {"trend_low", {channel, window}, "lower end of the trend's 90% interval"},
        {"trend_high", {channel, window}, "upper end of the trend's 90% interval"},
        {"cusum",
         {channel, {"k", ArgType::number}, {"h", ArgType::number}},
         "how far the CUSUM of the harmful side is over its limit h, in sd of a reading; above 0: signal"},
        {"ewma",
         {channel, {"lambda", ArgType::number}, {"c", ArgType::number}},
         "how far the EWMA on the harmful side is over its limit c, in its own sd; above 0: signal"},
        {"changepoint", {channel, window}, "probability that the present level began within the window"},
        {"detected", {channel}, "true when the last reading is not below its limit of detection"},
        {"readings", {channel}, "number of readings so far"},
        {"age_of", {channel}, "time since the last reading", true},
        {"on", {{"regimen", ArgType::regimen}}, "true while the regimen (or `any`) is given"},
        {"since", {{"event", ArgType::event}}, "time since the last such event", true},
        {"toxicity",
         {{"term", ArgType::term}},
         "highest active grade of the term (or `any`); 0 when none is active"},
        {"attr",
         {{"name", ArgType::attribute}},
         "an attribute of the patient, as text; age in years at day zero"},
        {"attr_number", {{"name", ArgType::attribute}}, "an attribute of the patient, as a number"},
    };
}

}  // namespace

Table::Table(ChannelCatalogue catalogue, std::map<std::string, ModelWords> models,
             std::vector<std::string> regimens, std::vector<std::string> attributes)
    : catalogue_(std::move(catalogue)),
      models_(std::move(models)),
      regimens_(std::move(regimens)),
      attributes_(std::move(attributes)),
      features_(rows()) {}

std::vector<std::string> Table::names(ArgType type, const std::string& model) const {
    switch (type) {
        case ArgType::channel:
            return bellwether::names(catalogue_);
        case ArgType::label: {
            const auto found = models_.find(model);
            return found == models_.end() ? std::vector<std::string>{} : found->second.labels;
        }
        case ArgType::reference:
            return references;
        case ArgType::event:
            return events;
        case ArgType::group: {
            std::vector<std::string> groups;
            for (const auto& [name, channel] : catalogue_)
                if (std::find(groups.begin(), groups.end(), channel.group) == groups.end())
                    groups.push_back(channel.group);
            return groups;
        }
        case ArgType::regimen: {
            if (regimens_.empty()) return {};
            auto all = regimens_;
            all.emplace_back("any");
            return all;
        }
        case ArgType::attribute: {
            if (attributes_.empty()) return {};
            auto all = own_attributes;
            all.insert(all.end(), attributes_.begin(), attributes_.end());
            return all;
        }
        default:
            return {};
    }
}

std::optional<FeatureType> Table::model_type(const FeatureCall& call, std::string& why) const {
    const auto found = models_.find(call.model);
    if (found == models_.end()) {
        why = call.model.empty() ? "the group declares no model" : "no model named '" + call.model + "'";
        return std::nullopt;
    }
    for (const auto& arg : call.args) {
        if (arg.type != ArgType::group) continue;
        const auto in_group = [&](const std::string& name) {
            const auto channel = catalogue_.find(name);
            return channel != catalogue_.end() && channel->second.group == arg.word;
        };
        const auto& channels = found->second.channels;
        if (std::none_of(channels.begin(), channels.end(), in_group)) {
            why = "model '" + call.model + "' has no channel of group '" + arg.word + "'";
            return std::nullopt;
        }
    }
    if (call.name == "disagree" && call.args.at(1).word == call.args.at(2).word) {
        why = "a group does not disagree with itself";
        return std::nullopt;
    }
    FeatureType t;
    t.channels = found->second.channels;
    t.clock = call.name == "forecast";
    return t;
}

std::optional<FeatureType> Table::type_of(const FeatureCall& call, std::string& why) const {
    FeatureType t;
    const std::string& f = call.name;
    if (f == "P" || f == "forecast" || f == "evidence" || f == "disagree") return model_type(call, why);
    if (f == "on") {
        t.type = ValueType::truth;
        t.therapy = t.clock = true;
        return t;
    }
    if (f == "since") {
        t.type = ValueType::duration;
        t.clock = true;
        (call.args.at(0).word == "therapy_start" ? t.therapy : t.events) = true;
        return t;
    }
    if (f == "toxicity") {
        t.events = t.clock = true;
        return t;
    }
    if (f == "attr" || f == "attr_number") {
        const bool number = f == "attr_number" || call.args.at(0).word == "age";
        t.type = number ? ValueType::number : ValueType::text;
        return t;
    }
    const auto channel = catalogue_.find(call.args.at(0).word);
    if (channel == catalogue_.end()) {
        why = "no channel named '" + call.args.at(0).word + "'";
        return std::nullopt;
    }
    t.channels = t.visit_channels = {channel->first};
    if (f == "value" || f == "last" || f == "baseline" || f == "nadir" || f == "peak" || f == "change") {
        t.unit = channel->second.unit == "1" ? "" : channel->second.unit;
    } else if (f == "detected") {
        t.type = ValueType::truth;
    } else if (is_detector(f)) {
        if (why = refuse_detector(call); !why.empty()) return std::nullopt;
        t.clock = f == "changepoint";  // a change leaves the window as time goes by
    } else if (f == "age_of") {
        t.type = ValueType::duration;
        t.clock = true;
    } else if (f.starts_with("trend")) {
        t.clock = true;  // a reading leaves the window as time goes by
    }
    return t;
}

}  // namespace bellwether::drift

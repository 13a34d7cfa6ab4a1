#pragma once

#include <map>
#include <string>
#include <vector>

#include "bellwether/core/feature.hpp"
#include "bellwether/record/channel.hpp"

namespace bellwether::drift {

/// What the rule language may know of a fitted model: its name, the words P() takes, its channels.
struct ModelWords {
    std::vector<std::string> labels;    ///< states and labels
    std::vector<std::string> channels;  ///< modelled channels: their readings are evaluation points of P()
};

/// The features that Bellwether offers to rules. Shared by all patients, immutable.
///
/// P(label[, group]) forecast(label[, horizon]) evidence(label, group) disagree(label, group, group)
/// value(channel) last(channel) baseline(channel) nadir(channel) peak(channel) fold(channel, reference)
/// change(channel, reference) trend(channel, window) trend_low trend_high cusum(channel, k, h)
/// ewma(channel, lambda, c) changepoint(channel, window) detected(channel) readings(channel) age_of(channel)
/// on(regimen) since(event) toxicity(term) attr(name)
///
/// A reading beyond its limit of detection, and a fold, change or trend end made from one, is passed on as a
/// bound (FeatureColumn::bound); a fold or change of two readings beyond the same limit is unknown.
class Table : public FeatureTable {
public:
    /// @param attributes  names that attr() takes besides arm, site, sex, trial, age
    Table(ChannelCatalogue catalogue, std::map<std::string, ModelWords> models,
          std::vector<std::string> regimens = {}, std::vector<std::string> attributes = {});
    [[nodiscard]] const std::vector<FeatureInfo>& features() const override { return features_; }
    [[nodiscard]] std::vector<std::string> names(ArgType type, const std::string& model) const override;
    [[nodiscard]] std::optional<FeatureType> type_of(const FeatureCall& call,
                                                     std::string& why) const override;
    [[nodiscard]] const ChannelCatalogue& catalogue() const { return catalogue_; }

private:
    ChannelCatalogue catalogue_;
    [[nodiscard]] std::optional<FeatureType> model_type(const FeatureCall& call, std::string& why) const;
    std::map<std::string, ModelWords> models_;
    std::vector<std::string> regimens_, attributes_;
    std::vector<FeatureInfo> features_;
};

}  // namespace bellwether::drift

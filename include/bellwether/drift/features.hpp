#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bellwether/core/feature.hpp"
#include "bellwether/drift/table.hpp"
#include "bellwether/series/timeline.hpp"

namespace bellwether::drift {

/// Channels that speak together (Channel::group), for what they say against others.
struct ChannelGroup {
    std::string name;
    std::vector<std::string> channels;  ///< those that a model does not have do not count
};

/// What a model says of one patient as known at one D. Answers at a date use readings up to that date only.
class Posterior {
public:
    virtual ~Posterior() = default;
    /// Probability of a state or label, filtered at the last modelled reading on or before `d`.
    [[nodiscard]] virtual series::Answer probability(const std::string& label, Date d) const = 0;
    /// The same carried on to `d + horizon` days. Unknown beyond forecast_limit_days after the last reading.
    [[nodiscard]] virtual series::Answer forecast(const std::string& label, Date d, int horizon) const = 0;
    /// The probability had the readings of the group's channels alone been made: a filter of its own over the
    /// same model and rows (start, therapies, death, and that the patient was alive where others were read),
    /// as of the last modelled reading, of any group, on or before `d`. Unknown until the group has told
    /// states apart at all (a first reading of a `rate` or `growth` channel does not): what the model expects
    /// of anybody is no voice of the group's.
    [[nodiscard]] virtual series::Answer probability(const std::string& label, const ChannelGroup& group,
                                                     Date d) const = 0;
    /// The weight of evidence of the group's readings: natural log odds of the label by them alone, minus
    /// those by the same rows without any reading. Above 0: they speak for the label, whatever its base rate.
    [[nodiscard]] virtual series::Answer evidence(const std::string& label, const ChannelGroup& group,
                                                  Date d) const = 0;
    /// Evidence of one group minus that of the other, which is the difference of their log odds. Unknown
    /// where that is not finite.
    [[nodiscard]] virtual series::Answer disagreement(const std::string& label, const ChannelGroup& one,
                                                      const ChannelGroup& other, Date d) const = 0;
    /// Dates of the modelled readings, ascending.
    [[nodiscard]] virtual const std::vector<Date>& dates() const = 0;
    /// Weight of evidence for the label against its complement, per visit up to `d`, as a JSON object.
    [[nodiscard]] virtual std::string reason(const std::string& label, Date d) const = 0;
    /// The same by one group's readings alone.
    [[nodiscard]] virtual std::string reason(const std::string& label, const ChannelGroup& group,
                                             Date d) const = 0;
};

/// A forecast older than this many days past its last reading is unknown: illustrative.
constexpr int forecast_limit_days = 182;

/// Posterior written down by hand, for rule tests: "label", or a call with a group as written, "P(label,
/// group)" or "evidence(label, group)" -> (date, answer), ascending. Holds until the next date; a forecast is
/// the same number. Groups disagree by their evidence or, where that is not given, by their probabilities.
class GivenPosterior : public Posterior {
public:
    explicit GivenPosterior(std::map<std::string, std::vector<std::pair<Date, double>>> given);
    [[nodiscard]] series::Answer probability(const std::string& label, Date d) const override;
    [[nodiscard]] series::Answer forecast(const std::string& label, Date d, int horizon) const override;
    [[nodiscard]] series::Answer probability(const std::string& label, const ChannelGroup& group,
                                             Date d) const override;
    [[nodiscard]] series::Answer evidence(const std::string& label, const ChannelGroup& group,
                                          Date d) const override;
    [[nodiscard]] series::Answer disagreement(const std::string& label, const ChannelGroup& one,
                                              const ChannelGroup& other, Date d) const override;
    [[nodiscard]] const std::vector<Date>& dates() const override { return dates_; }
    [[nodiscard]] std::string reason(const std::string&, Date) const override { return {}; }
    [[nodiscard]] std::string reason(const std::string&, const ChannelGroup&, Date) const override {
        return {};
    }

private:
    [[nodiscard]] series::Answer at(const std::string& key, const std::string& call, Date d) const;
    std::map<std::string, std::vector<std::pair<Date, double>>> given_;
    std::vector<Date> dates_;
};

/// The features of drift::Table for one patient. Keeps references: timeline and table must outlive it.
class Features : public PatientFeatures {
public:
    /// @param posteriors  by model name; a model that is absent makes its P() unknown ("no model 'x'")
    Features(const series::Timeline& timeline, const Table& table, Date as_of,
             std::map<std::string, std::shared_ptr<const Posterior>> posteriors);
    void evaluate(const FeatureCall& call, std::span<const Date> points, FeatureColumn& out) override;
    [[nodiscard]] std::string reason(const FeatureCall& call, Date point) override;
    [[nodiscard]] std::vector<Date> reading_dates(const std::string& channel) const override;
    [[nodiscard]] std::vector<Date> therapy_dates() const override;
    [[nodiscard]] std::vector<Date> event_dates() const override;
    [[nodiscard]] std::vector<Date> change_dates(const FeatureCall& call,
                                                 std::optional<double> threshold) const override;

private:
    const Posterior* posterior(const FeatureCall& call, std::string& why) const;
    /// The group that the n-th argument names.
    [[nodiscard]] ChannelGroup group(const FeatureCall& call, std::size_t n) const;
    void model_feature(const FeatureCall& call, std::span<const Date> points, FeatureColumn& out) const;
    void channel_feature(const FeatureCall& call, std::span<const Date> points, FeatureColumn& out) const;
    void detector_feature(const FeatureCall& call, std::span<const Date> points, FeatureColumn& out) const;
    void patient_feature(const FeatureCall& call, std::span<const Date> points, FeatureColumn& out) const;
    /// "no reading of ctdna", with what keeps a computed channel from being computed.
    [[nodiscard]] std::string no_reading(const std::string& channel) const;

    const series::Timeline& timeline_;
    const Table& table_;
    Date as_of_;
    std::map<std::string, std::shared_ptr<const Posterior>> posteriors_;
};

}  // namespace bellwether::drift

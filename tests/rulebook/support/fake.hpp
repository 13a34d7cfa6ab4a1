#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bellwether/core/feature.hpp"
#include "bellwether/rulebook/load.hpp"
#include "bellwether/rulebook/rule_test.hpp"

/// A feature table and a patient for tests: the signatures that `drift` offers, over data written down by
/// hand, and one feature more, track(channel), whose answers in three truth values a test draws at random.
namespace fake {

using bellwether::Date;

class Table : public bellwether::FeatureTable {
public:
    Table();
    [[nodiscard]] const std::vector<bellwether::FeatureInfo>& features() const override { return features_; }
    [[nodiscard]] std::vector<std::string> names(bellwether::ArgType type,
                                                 const std::string& model) const override;
    [[nodiscard]] std::optional<bellwether::FeatureType> type_of(const bellwether::FeatureCall& call,
                                                                 std::string& why) const override;

private:
    std::map<std::string, std::string> units_;  ///< by channel
    std::map<std::string, std::vector<std::string>> labels_, modelled_;
    std::vector<bellwether::FeatureInfo> features_;
};

enum class Three { no, unknown, yes };

struct Reading {
    Date date;
    double value = 0.0;
    bool censored = false;  ///< below its limit
};

/// Everything is on or after Date(0) unless a test says so; Date(0) is day zero.
class Patient : public bellwether::PatientFeatures {
public:
    std::map<std::string, std::vector<Reading>> series;
    std::map<std::string, std::vector<std::pair<Date, Three>>> tracks;
    std::map<std::string, std::vector<std::pair<Date, double>>> given;  ///< by the call as written
    std::vector<bellwether::rulebook::TestTherapy> therapy;
    std::vector<bellwether::rulebook::TestEvent> events;
    std::map<std::string, std::string> attributes;
    mutable std::size_t asked = 0;  ///< calls of evaluate()

    /// The patient of a rule test.
    static Patient of(const bellwether::rulebook::TestCase& test);
    /// What was known at the end of a day.
    [[nodiscard]] Patient until(Date day) const;

    void evaluate(const bellwether::FeatureCall& call, std::span<const Date> points,
                  bellwether::FeatureColumn& out) override;
    [[nodiscard]] std::string reason(const bellwether::FeatureCall& call, Date point) override;
    [[nodiscard]] std::vector<Date> reading_dates(const std::string& channel) const override;
    [[nodiscard]] std::vector<Date> therapy_dates() const override;
    [[nodiscard]] std::vector<Date> event_dates() const override;
    [[nodiscard]] std::vector<Date> change_dates(const bellwether::FeatureCall& call,
                                                 std::optional<double> threshold) const override;

private:
    /// The last answer that is given by then.
    [[nodiscard]] std::optional<double> given_at(const std::string& call, Date d) const;
    void answer(const bellwether::FeatureCall& call, Date d, bellwether::FeatureColumn& out,
                std::size_t i) const;
    void channel_answer(const bellwether::FeatureCall& call, Date d, bellwether::FeatureColumn& out,
                        std::size_t i) const;
};

/// A rule file of one rule named `r`, of group model `kinetics-bottleneck`; `body` holds its other keys, two
/// more spaces in.
[[nodiscard]] std::string rule_file(const std::string& body);
/// Loads it; every error fails the test.
[[nodiscard]] bellwether::rulebook::Rulebook load(const std::string& text);

}  // namespace fake

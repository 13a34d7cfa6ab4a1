#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bellwether/core/date.hpp"

/// The feature table: the only door between what is known of a patient (series, derive, drift, therapy facts)
/// and the rule language. `drift` fills it, `rulebook` reads it, neither knows the other.
namespace bellwether {

enum class ValueType { number, duration, truth, text };  ///< a duration is in days

/// What a position in a feature call may hold.
enum class ArgType {
    channel,    ///< name of a channel, measured or derived
    label,      ///< a state or a label of the rule's model ("growing")
    reference,  ///< baseline | nadir | peak | last
    event,      ///< kind of event: progression | death | toxicity | new_lesion | ...
    regimen,    ///< a regimen, or `any`
    term,       ///< a toxicity term, or `any`
    attribute,  ///< a patient attribute: arm, site, sex, age, ...
    duration,   ///< literal, days
    number,     ///< literal
    group       ///< a group of channels (imaging, ctdna, tissue, blood)
};

struct ArgInfo {
    std::string name;
    ArgType type;
    bool optional = false;
};

/// One row of the table.
struct FeatureInfo {
    std::string name;  ///< "fold"
    std::vector<ArgInfo> args;
    std::string summary;       ///< one line for `rules features`
    bool reads_clock = false;  ///< its answer moves with the date even when nothing new is known
};

/// One argument as written: a word, or a number (durations in days).
struct FeatureArg {
    ArgType type;
    std::string word;
    double number = 0.0;
    friend bool operator==(const FeatureArg&, const FeatureArg&) = default;
};

/// A call as it stands in a rule: fold(ctdna, nadir). Model: "" or the name that the rule's group declares.
struct FeatureCall {
    std::string name;
    std::vector<FeatureArg> args;
    std::string model;
    friend bool operator==(const FeatureCall&, const FeatureCall&) = default;
};

/// "fold(ctdna, nadir)"
[[nodiscard]] std::string to_string(const FeatureCall& call);

/// What the checker must know of a call: result, unit, what it reads.
struct FeatureType {
    ValueType type = ValueType::number;
    std::string unit;  ///< "" = 1; numbers only
    std::vector<std::string>
        channels;  ///< channels whose readings are evaluation points; P() adds its model's
    std::vector<std::string> visit_channels;  ///< channels whose readings count as visits (P() adds none)
    bool therapy = false;                     ///< therapy changes are evaluation points
    bool events = false;                      ///< events are evaluation points
    bool clock = false;                       ///< the dates of change_dates() are evaluation points
};

/// The table itself: what features exist and what a call means. Shared by all patients.
class FeatureTable {
public:
    virtual ~FeatureTable() = default;
    [[nodiscard]] virtual const std::vector<FeatureInfo>& features() const = 0;
    /// Names that an argument may take, for checking and for "did you mean". Empty = anything goes.
    /// @param model  name of the rule group's model, for labels
    [[nodiscard]] virtual std::vector<std::string> names(ArgType type, const std::string& model) const = 0;
    /// Type of a call whose name and arguments exist. Nothing when the combination is wrong; `why` says so.
    [[nodiscard]] virtual std::optional<FeatureType> type_of(const FeatureCall& call,
                                                             std::string& why) const = 0;
};

/// The answers of one call at each point. `known[i] == 0`: unknown, and `why[i]` indexes `reasons`.
struct FeatureColumn {
    std::vector<double> value;      ///< number, duration (days), truth (0 or 1)
    std::vector<std::string> text;  ///< filled for ValueType::text only
    std::vector<unsigned char> known;
    /// 0: the number itself. -1: the truth lies somewhere below `value`, +1: somewhere above it (a reading
    /// beyond its limit of detection). A comparison that the bound decides is decided ("<0.1" is not >= 2);
    /// any other is unknown.
    std::vector<signed char> bound;
    std::vector<int> why;              ///< -1 where known
    std::vector<std::string> reasons;  ///< "no reading of ctdna", "no model for 'x'"
    /// Resizes to n points, all unknown without a reason; keeps capacity.
    void reset(std::size_t n);
    void set(std::size_t i, double x) { value[i] = x, known[i] = 1, why[i] = -1, bound[i] = 0; }
    void set_bound(std::size_t i, double x, signed char side) { set(i, x), bound[i] = side; }
    void unknown(std::size_t i, const std::string& reason);
};

/// One patient's answers, as known at one D. Not thread-safe: one per worker.
class PatientFeatures {
public:
    virtual ~PatientFeatures() = default;
    /// Answers at dates that ascend strictly, in one forward pass; each uses data taken up to it only.
    virtual void evaluate(const FeatureCall& call, std::span<const Date> points, FeatureColumn& out) = 0;
    /// Why an answer is what it is, as a JSON object for the alert's evidence; "" when there is nothing to
    /// add. For P(): the weight of evidence per visit and channel up to the point.
    [[nodiscard]] virtual std::string reason(const FeatureCall& call, Date point) = 0;
    /// Dates with a final or corrected reading of a channel, ascending, up to D.
    [[nodiscard]] virtual std::vector<Date> reading_dates(const std::string& channel) const = 0;
    [[nodiscard]] virtual std::vector<Date> therapy_dates() const = 0;  ///< starts, stops, dose changes
    [[nodiscard]] virtual std::vector<Date> event_dates() const = 0;
    /// For a call that reads the clock and is compared with `threshold` (days; nothing when it is compared
    /// with something else): every date, beyond D too, at which the comparison can change although nothing
    /// new is known.
    [[nodiscard]] virtual std::vector<Date> change_dates(const FeatureCall& call,
                                                         std::optional<double> threshold) const = 0;
};

}  // namespace bellwether

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bellwether/core/error.hpp"

/// What a continuous-time (hidden) Markov model is made of, before any data. docs/model-format.md has the
/// file format.
namespace bellwether::markov {

/// Bit s = state s. At most 64 states.
using StateSet = std::uint64_t;
[[nodiscard]] constexpr StateSet only(std::size_t state) {
    return StateSet{1} << state;
}
[[nodiscard]] constexpr bool contains(StateSet set, std::size_t state) {
    return ((set >> state) & 1U) != 0;
}

/// Values of all parameters on their natural scale, in the order of Spec::parameters.
using Values = std::vector<double>;

/// Normal on the unconstrained scale.
struct Prior {
    double centre = 0.0;  ///< on the natural scale
    double sd = 1.0;      ///< on the unconstrained scale (log units for an intensity)
};

/// One number of the model. Constants are parameters that are fixed.
struct Parameter {
    enum class Scale { identity, log };  ///< unconstrained = value, or its logarithm
    std::string name;  ///< "rate(stable>growing)", "mean(ctdna, growing)", or the name of its tie
    Scale scale = Scale::identity;
    double start = 0.0;  ///< natural scale
    bool fixed = false;
    std::optional<Prior> prior;
    bool held = false;   ///< declared as held by its prior: it need not be identified by the data
    std::string source;  ///< key of models/REFERENCES.md or CLINICAL.md; empty when illustrative
    bool illustrative = false;
    Location at;

    [[nodiscard]] double free_from(double natural) const;
    [[nodiscard]] double natural_from(double free) const;
};

struct State {
    std::string name;
    std::vector<std::string> on_axis;  ///< parallel to Spec::axes; "" = has no label on that axis
    std::vector<std::string> labels;   ///< free ones
    bool absorbing = false;
    bool exact_entry = false;  ///< the day of entry is known exactly (death)
};

struct Axis {
    std::string name;  ///< "kinetics"
    std::vector<std::string> labels;
};

/// A covariate acts on the interval that follows its row, as exp(effect * (value - centre)) on an intensity.
struct Covariate {
    std::string name;
    bool indicator = false;  ///< 0 or 1 only
    bool varying = true;     ///< false: one value per subject
    double centre = 0.0;
};

struct Effect {
    std::size_t covariate;
    std::size_t parameter;
};

struct Transition {
    std::size_t from, to;
    std::size_t rate;  ///< parameter, 1/day at the covariates' centres
    std::vector<Effect> effects;
};

/// Covariate equals value.
struct Condition {
    std::size_t covariate;
    double value;
    friend bool operator==(const Condition&, const Condition&) = default;
};

enum class Says { level, own_baseline, rate };
enum class Family { normal, lognormal, categorical };

/// Where a reading was below the limit: log (or linear) value = limit + u, u normal(offset, sd) cut to u < 0.
/// Above the limit it is mirrored. Used for the previous reading of a `rate` channel.
struct CensoredPrior {
    double offset = 0.0;
    double sd = 1.0;
};

/// What a channel's reading tells about the state. "Scale" below is log for lognormal, else linear.
///   level          reading            ~ normal(mean, sd)
///   own_baseline   reading - baseline ~ normal(mean, sd)
///   rate           reading - previous ~ normal(mean * gap, sd^2 + diffusion^2 * gap), mean per day
/// States that share all parameters form a group, so that a density is computed once per group.
struct Channel {
    static constexpr std::size_t kMaxConditions = 2;
    static constexpr std::size_t kPatterns = 1U << kMaxConditions;
    static constexpr int kNone = -1;

    struct Group {
        std::array<int, kPatterns>
            mean{};  ///< parameter, per pattern of conditions that hold (bit i = conditions[i])
        int sd = kNone;
        int diffusion = kNone;  ///< kNone: none
        /// Categorical: per category the parameter of its log odds against the base category, or one of the
        /// below.
        std::vector<int> odds;
        static constexpr int kBase = -1, kImpossible = -2;
        friend bool operator==(const Group&, const Group&) = default;
    };

    std::string name;
    Says says = Says::level;
    Family family = Family::normal;
    std::vector<Condition> conditions;  ///< at most kMaxConditions
    std::vector<Group> groups;
    std::vector<int> group;               ///< per state; kNone: in that state nothing is read (dead)
    std::vector<std::string> categories;  ///< categorical only
    bool first_is_baseline = true;  ///< own_baseline: the first uncensored reading, unless one is marked
    std::optional<double>
        absolute;  ///< own_baseline: the baseline, unit of the channel, where a subject has none
    std::optional<CensoredPrior> censored_prior;  ///< rate
    [[nodiscard]] bool on_log_scale() const noexcept { return family == Family::lognormal; }
};

/// The named labels have ascending means on the channel. A fit that breaks this may not use the names.
struct Anchor {
    std::size_t channel;
    std::vector<std::string> order;
    std::vector<Condition> when;
    Location at;
};

/// Start probabilities are proportional to a product of factors, one per axis (or one alone over states).
struct StartFactor {
    std::vector<std::string> labels;
    std::vector<int> parameter;  ///< per label, log odds against the base; Channel::Group::kBase for the base
    std::vector<int> label_of;   ///< per state; -1: the state has probability 0 at the start
};

struct Spec {
    std::string name;
    std::string title;
    std::vector<Axis> axes;
    std::vector<State> states;
    std::vector<Covariate> covariates;
    std::vector<Transition> transitions;
    std::vector<Channel> channels;
    std::vector<StartFactor> start;
    std::vector<Anchor> anchors;
    std::vector<Parameter> parameters;
    std::string text;  ///< the file it was read from, line ends normalised

    [[nodiscard]] Values start_values() const;
    /// States that carry a label: a state's name, a label on an axis, or a free one. Empty when there is no
    /// such label.
    [[nodiscard]] StateSet states_with(std::string_view label) const;
    /// All words that states_with knows, without repeats.
    [[nodiscard]] std::vector<std::string> labels() const;
    [[nodiscard]] StateSet all_states() const;
    [[nodiscard]] StateSet live_states() const;  ///< those that are not absorbing
    [[nodiscard]] std::optional<std::size_t> channel_index(std::string_view channel) const;
    [[nodiscard]] std::optional<std::size_t> covariate_index(std::string_view covariate) const;
    [[nodiscard]] std::optional<std::size_t> parameter_index(std::string_view parameter) const;
    [[nodiscard]] std::optional<std::size_t> state_index(std::string_view state) const;
};

/// Reads a specification. Finds everything that is wrong in one go; the result is usable only if
/// findings.ok(). Codes M020 to M033 (docs/model-format.md).
[[nodiscard]] Spec read_spec(std::string_view text, const std::string& file, Findings& findings);

}  // namespace bellwether::markov

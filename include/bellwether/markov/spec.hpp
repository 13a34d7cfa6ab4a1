#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bellwether/core/error.hpp"

/// What a continuous-time (hidden) Markov model is made of, before any data. docs/model-format.md has the
/// file format. A specification built in code needs states, transitions and parameters; a model whose states
/// are seen (Row::among) needs no channels, and no start when each first row is `known`.
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
    enum class Scale { identity, log, logit };  ///< unconstrained = value, its logarithm, or its log odds
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
    /// 0, or the place among the phases of one state (its label), of which the first alone is entered from
    /// elsewhere.
    /// @source Titman & Sharples 2010, Biometrics 66(3):742 [TitmanSharples2010]
    int phase = 0;
};

struct Axis {
    std::string name;  ///< "kinetics"
    std::vector<std::string> labels;
};

/// On an intensity a covariate acts in the interval that follows its row, as exp(effect * (value - centre)).
/// On a reading (Term, odds) it acts by its value in the reading's own row; on the start, by that in the
/// first row. Factors are indicators, interactions are products. Piecewise-constant time is a varying
/// indicator, with a row that has no readings at each cut. `from` says how a table's columns make it
/// (app::read_table); who fills a panel in code gives the made value.
struct Covariate {
    enum class From : std::uint8_t { column, level, product, period };
    std::string name;
    bool indicator = false;  ///< 0 or 1 only
    bool varying = true;     ///< false: one value per subject
    double centre = 0.0;
    bool centre_on_mean = false;  ///< a fit sets `centre` (centre_on_means)
    From from = From::column;
    std::string entry{};                 ///< what declares it, where that is several: "sex" of "sex=female"
    std::string column{};                ///< column, level: the table's column; empty: its name
    std::vector<std::string> levels{};   ///< level: the cells that are known, the reference first
    std::size_t level = 0;               ///< level: which of them makes it 1
    std::vector<std::size_t> product{};  ///< product: of these covariates
    double begins = 0.0, ends = 0.0;     ///< period: 1 from `begins` until before `ends`
    bool mean_known = false;             ///< centre_on_mean: `centre` is that mean by now
};

/// Adds factor * parameter * (covariate - centre) to a logarithm, a log odds or a location. Effects that name
/// one parameter are equal; a factor of -1 makes them opposite.
struct Effect {
    std::size_t covariate;
    std::size_t parameter;
    double factor = 1.0;
    friend bool operator==(const Effect&, const Effect&) = default;
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

enum class Says { level, own_baseline, rate, growth };
/// by_state: each group of states has a Law of its own.
enum class Family { normal, lognormal, categorical, by_state };

/// Distribution of a reading in a group of states, over the reading itself. Its natural parameters in order,
/// the location (what outcome covariates act on in msm) marked *; names and meaning are those of ?hmm-dists.
enum class Law : std::uint8_t {
    identity,            ///< value                        always reads this value
    normal,              ///< mean*, sd
    lognormal,           ///< meanlog*, sdlog
    truncated_normal,    ///< mean*, sd, lower, upper
    student_t,           ///< mean*, scale, df
    uniform,             ///< lower, upper
    exponential,         ///< rate*
    gamma,               ///< shape, rate*
    weibull,             ///< shape, scale*
    beta,                ///< shape1, shape2
    poisson,             ///< rate*
    binomial,            ///< size, prob*
    beta_binomial,       ///< size, meanp*, sdp            shapes meanp / sdp and (1 - meanp) / sdp
    negative_binomial,   ///< disp, prob*
    normal_with_error,   ///< mean, sd, lower, upper, sderr, meanerr*   truncated normal + normal error
    uniform_with_error,  ///< lower, upper, sderr, meanerr*
    flat  ///< none: weight 1 whatever is read; no distribution, it says nothing of these states
};
/// Names of a law's natural parameters, in order.
[[nodiscard]] std::span<const std::string_view> natural_parameters(Law law);
/// The scale on which msm optimises a natural parameter, as a Parameter's.
[[nodiscard]] Parameter::Scale scale_of(std::string_view natural_parameter);

/// A natural parameter of a law: on its Parameter's scale, the parameter plus the effects. Constants (bounds,
/// sizes) are fixed parameters; they may be infinite.
struct Term {
    std::size_t parameter;
    std::vector<Effect> effects;
    friend bool operator==(const Term&, const Term&) = default;
};

/// Where a reading was below the limit: log (or linear) value = limit + u, u normal(offset, sd) cut to u < 0.
/// Above the limit it is mirrored. Used for the previous reading of a `rate` channel.
struct CensoredPrior {
    double offset = 0.0;
    double sd = 1.0;
};

/// A level behind a subject's readings of one channel, followed together with the states: reading = level +
/// mean of the state (own_baseline) + effects of the reading's circumstances + noise. Normal before the first
/// reading. It moves by share x the rate of the state (Spec::growth) and by diffusion, or stays where it is
/// (share 0, no diffusion). On the channel's scale: log for lognormal.
struct LatentLevel {
    double share = 1.0;  ///< a diameter moves at a third of the rate of its volume
    int noise = -1;      ///< parameter: sd of a reading about the level; -1: the groups' sd
    int diffusion = -1;  ///< parameter: sd after one unit of time; -1: none
    std::size_t first_mean = 0, first_sd = 0;  ///< parameters
    bool comparable = true;                    ///< false: the first reading sets the level, not the state
    double wild_share = 0.0;                   ///< of readings whose noise is wild_times as large
    double wild_times = 1.0;
    /// On the reading, not on the level: what is known of how it was taken (hour of the day, assay).
    std::vector<Effect> effects{};
};

/// What a channel's reading tells about the state. A channel by_state says its level, by each group's law;
/// for the others, "scale" below is log for lognormal, else linear.
///   level          reading            ~ normal(mean, sd)
///   own_baseline   reading - baseline ~ normal(mean, sd)
///   rate           reading - previous ~ normal(mean * gap, sd^2 + diffusion^2 * gap), mean per day
///   growth         reading - latent level ~ normal(0, noise^2); the level moves at the state's rate
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
        std::vector<std::vector<Effect>> odds_effects;  ///< per category; empty: none anywhere
        Law law = Law::normal;                          ///< by_state; of categorical ones, flat alone counts
        std::vector<Term> terms;                        ///< by_state only: the law's natural parameters
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
    std::optional<LatentLevel> latent;            ///< growth; own_baseline where the baseline is not read off
    /// Parameter: sd of a patient's own level, normal with mean 0, which is added to the location of every
    /// group (on its unconstrained scale). At most two channels, none of them `rate` or categorical.
    int patient_sd = kNone;
    [[nodiscard]] bool on_log_scale() const noexcept { return family == Family::lognormal; }
};

/// The named labels have ascending means on the channel. A fit that breaks this may not use the names.
struct Anchor {
    std::size_t channel;
    std::vector<std::string> order;
    std::vector<Condition> when;
    Location at;
};

/// How fast the levels behind the growth channels move in a state, per unit of time: sign x the sum of
/// positive parameters, so that the rates of one sign keep their order whatever the values.
struct GrowthRate {
    double sign = 0.0;  ///< 0: they stay
    std::vector<std::size_t> steps;
};

/// Start probabilities are proportional to a product of factors, one per axis (or one alone over states).
struct StartFactor {
    std::vector<std::string> labels;
    std::vector<int> parameter;  ///< per label, log odds against the base; Channel::Group::kBase for the base
    std::vector<int> label_of;   ///< per state; -1: the state has probability 0 at the start
    std::vector<std::vector<Effect>> effects;  ///< per label, on its log odds; empty: none anywhere
};

/// Which columns of a plain table hold what. Empty: there is no such column.
struct TableColumns {
    std::string subject, time;
    std::string state;         ///< the state where it is seen or known
    std::string kind;          ///< how the process was watched up to the row (Kind)
    std::string known;         ///< 1: the reading of the categorical channel is the true state
    std::string weight;        ///< of the subject
    bool visits_only = false;  ///< states and readings may be missing: the table says who is seen when
    bool watched = false;      ///< without `kind`: all moves are seen when they happen (msm's exacttimes)
    std::vector<std::pair<std::string, std::string>> readings;  ///< channel, column; others have its name
    std::vector<std::pair<std::string, StateSet>> codes;  ///< a cell that stands for one of several states
    [[nodiscard]] const std::string& column_of(const std::string& channel) const;
};

struct Spec {
    std::string name;
    std::string title;
    std::string time_unit = "day";  ///< of times and rates; anything but day is for tables only
    TableColumns table;
    std::vector<Axis> axes;
    std::vector<State> states;
    std::vector<Covariate> covariates;
    std::vector<Transition> transitions;
    std::vector<Channel> channels;
    std::vector<GrowthRate> growth;  ///< per state; empty: no channel grows
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
    /// Are there levels to be followed together with the states?
    [[nodiscard]] bool has_latent() const;
    [[nodiscard]] double growth_rate(std::size_t state, const Values& values) const;
    [[nodiscard]] std::optional<std::size_t> channel_index(std::string_view channel) const;
    [[nodiscard]] std::optional<std::size_t> covariate_index(std::string_view covariate) const;
    /// The covariate of that name, or all that an entry declares: "stage" gives stage=II and stage=III.
    [[nodiscard]] std::vector<std::size_t> covariates_of(std::string_view word) const;
    [[nodiscard]] std::optional<std::size_t> parameter_index(std::string_view parameter) const;
    [[nodiscard]] std::optional<std::size_t> state_index(std::string_view state) const;
};

/// Reads a specification. Finds everything that is wrong in one go; the result is usable only if
/// findings.ok(). Codes M020 to M037 (docs/model-format.md).
[[nodiscard]] Spec read_spec(std::string_view text, const std::string& file, Findings& findings);

}  // namespace bellwether::markov

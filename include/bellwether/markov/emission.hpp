#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "bellwether/markov/panel.hpp"
#include "bellwether/markov/spec.hpp"

/// How likely a reading is in each state. Everything that depends on the data alone (previous reading,
/// baseline, gap) is put into an Evidence first; its density under a parameter set comes second.
namespace bellwether::markov {

/// What a subject's filter remembers of one channel. On the channel's scale (log for lognormal).
struct ChannelMemory {
    bool has_previous = false;
    Censor previous_censor = Censor::none;
    bool has_baseline = false;
    double previous = 0.0;  ///< value, or limit where censored
    double baseline = 0.0;
    /// Days since the previous reading under each pattern of the channel's conditions.
    std::array<double, Channel::kPatterns> exposure{};
    friend bool operator==(const ChannelMemory&, const ChannelMemory&) = default;
};

/// One reading, ready to be weighed.
struct Evidence {
    enum class Form : std::uint8_t {
        silent,       ///< weight 1 in every state that can be read: a first reading, no baseline
        normal,       ///< y against the mean, maybe censored
        rate,         ///< y against previous + mean * days
        categorical,  ///< category, or one of `reading.among`
        law,          ///< reading, by each group's law
        latent,       ///< y against the subject's own level, which is followed elsewhere
    };
    std::size_t channel = 0;
    Form form = Form::silent;
    Censor censor = Censor::none;
    Censor previous_censor = Censor::none;
    std::size_t pattern = 0;  ///< forms normal and latent: which conditions hold
    bool first = false;       ///< form latent: the channel's first reading
    std::size_t category = 0;
    double y = 0.0;  ///< reading or its limit, minus baseline where there is one; on the channel's scale
    double previous = 0.0;
    std::array<double, Channel::kPatterns> exposure{};
    double upper = 0.0;  ///< end of an interval, as y
    Reading reading;     ///< forms law and categorical
    /// The row's covariates minus their centres, for the effects on readings; empty: all 0. Not owned.
    std::span<const double> centred;
};

/// Log density (of the reading on the channel's scale; a probability where censored) in one group of states,
/// and its derivatives by the mean (per day for `rate`, per pattern) and by the logarithms of sd and
/// diffusion (0 for categories).
struct GroupDensity {
    double log = 0.0;
    std::array<double, Channel::kPatterns> by_mean{};
    double by_log_sd = 0.0;
    double by_log_diffusion = 0.0;
    std::array<double, 6> by_term{};  ///< form law: by each term on its parameter's unconstrained scale
};

/// Sum of factor * value * centred covariate.
[[nodiscard]] double shift_of(const std::vector<Effect>& effects, const Values& values,
                              std::span<const double> centred);
/// Do covariates act on any reading?
[[nodiscard]] bool covariates_act_on_readings(const Spec& spec);
/// Log odds of a category against the base (which has 0); -infinity where impossible.
[[nodiscard]] double log_odds_of(const Channel::Group& group, std::size_t category, const Values& values,
                                 std::span<const double> centred);

/// Which of the channel's conditions hold (bit i = conditions[i]).
[[nodiscard]] std::size_t pattern_of(const Channel& channel, std::span<const double> covariates);

/// Turns a reading into evidence. Does not change the memory.
/// @param covariates  those in force before this row (of the row itself for a first row)
/// @throws Error M003 value <= 0 on a log scale or not finite; M006 not a category, or a censored category;
///         M009 a censored reading of a `rate` channel without a declared prior.
[[nodiscard]] Evidence evidence_of(const Channel& channel, std::size_t index, const Reading& reading,
                                   const ChannelMemory& memory, std::span<const double> covariates);

/// Takes the reading into the memory.
void remember(const Channel& channel, const Reading& reading, ChannelMemory& memory);

/// Lets time pass under the covariates in force.
void pass_time(const Channel& channel, std::span<const double> covariates, Days gap, ChannelMemory& memory);

/// @param parameters  of the specification: their scales
/// @param shift       added to the location, on its unconstrained scale: a patient's own level
[[nodiscard]] GroupDensity density(const Channel& channel, const Channel::Group& group, const Evidence& e,
                                   const Values& values, std::span<const Parameter> parameters = {},
                                   double shift = 0.0);
/// Place of the location among a law's natural parameters; nothing for a law without one.
[[nodiscard]] std::optional<std::size_t> location_of(Law law);

/// Log weights of the reading per state; -infinity where nothing can be read.
void log_weights(const Channel& channel, const Evidence& e, const Values& values, std::span<double> out,
                 std::span<const Parameter> parameters = {});

}  // namespace bellwether::markov

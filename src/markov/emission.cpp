#include "bellwether/markov/emission.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"

#include "laws.hpp"
#include "normal.hpp"

namespace bellwether::markov {
namespace {

double scaled(const Channel& channel, double value) {
    if (!std::isfinite(value) || (channel.on_log_scale() && value <= 0.0))
        throw Error("M003", fmt::format("channel '{}': a value that is {}", channel.name,
                                        std::isfinite(value) ? "not positive on a log scale" : "not finite"));
    return channel.on_log_scale() ? std::log(value) : value;
}

Evidence category_of(const Channel& channel, Evidence e, const Reading& reading) {
    e.reading = reading;
    e.form = Evidence::Form::categorical;
    if (reading.among != 0 && (reading.among >> channel.categories.size()) == 0) return e;
    const double count = static_cast<double>(channel.categories.size());
    if (reading.among != 0 || reading.censor != Censor::none ||
        !(reading.value >= 0.0 && reading.value < count) || reading.value != std::floor(reading.value))
        throw Error("M006",
                    fmt::format("channel '{}': a reading must be a category's index, 0 to {}, uncensored",
                                channel.name, count - 1.0));
    e.category = static_cast<std::size_t>(reading.value);
    return e;
}

bool is_baseline(const Channel& channel, const Reading& reading, const ChannelMemory& memory) {
    return reading.baseline ||
           (channel.first_is_baseline && !memory.has_baseline && reading.censor == Censor::none);
}

GroupDensity normal_density(const Channel::Group& group, const Evidence& e, const Values& values,
                            double shift) {
    const double mean = values[static_cast<std::size_t>(group.mean[e.pattern])] + shift;
    const double sd = values[static_cast<std::size_t>(group.sd)];
    const Tangent t = e.censor == Censor::none    ? known(e.y, mean, sd)
                      : e.censor == Censor::left  ? below(e.y, mean, sd)
                      : e.censor == Censor::right ? above(e.y, mean, sd)
                                                  : between(e.y, e.upper, mean, sd);
    GroupDensity out;
    out.log = t.log;
    out.by_mean[e.pattern] = t.by_mean;
    out.by_log_sd = t.by_log_sd;
    return out;
}

/// One reading given the previous one, `shift` later in the mean.
Tangent following(const Channel& channel, const Evidence& e, double shift, double sd) {
    if (e.previous_censor == Censor::none) {
        const double mean = e.previous + shift;
        return e.censor == Censor::none   ? known(e.y, mean, sd)
               : e.censor == Censor::left ? below(e.y, mean, sd)
                                          : above(e.y, mean, sd);
    }
    // A previous reading above its limit is the mirror image of one below.
    const double sign = e.previous_censor == Censor::left ? 1.0 : -1.0;
    const CutPrior prior{channel.censored_prior->offset, channel.censored_prior->sd};
    const double z = sign * (e.y - e.previous);
    const bool left = (e.censor == Censor::left) == (sign > 0.0);
    Tangent t = e.censor == Censor::none ? known_after_cut(z, sign * shift, sd, prior)
                : left                   ? below_after_cut(z, sign * shift, sd, prior)
                                         : above_after_cut(z, sign * shift, sd, prior);
    t.by_mean *= sign;
    return t;
}

GroupDensity rate_density(const Channel& channel, const Channel::Group& group, const Evidence& e,
                          const Values& values) {
    double shift = 0.0, gap = 0.0;
    for (std::size_t p = 0; p < Channel::kPatterns; ++p) {
        shift += values[static_cast<std::size_t>(group.mean[p])] * e.exposure[p];
        gap += e.exposure[p];
    }
    const double sd = values[static_cast<std::size_t>(group.sd)];
    const double diffusion =
        group.diffusion == Channel::kNone ? 0.0 : values[static_cast<std::size_t>(group.diffusion)];
    const double v = sd * sd, w = diffusion * diffusion * gap;
    const Tangent t = following(channel, e, shift, std::sqrt(v + w));
    GroupDensity out;
    out.log = t.log;
    for (std::size_t p = 0; p < Channel::kPatterns; ++p)
        out.by_mean[p] = t.by_mean * e.exposure[p];
    out.by_log_sd = t.by_log_sd * v / (v + w);
    out.by_log_diffusion = t.by_log_sd * w / (v + w);
    return out;
}

/// Of one category, or of any in a set.
double category_log_probability(const Channel::Group& group, const Evidence& e, const Values& values) {
    if (group.law == Law::flat) return 0.0;
    double sum = 0.0, mine = 0.0;
    for (std::size_t c = 0; c < group.odds.size(); ++c) {
        const double odds = std::exp(log_odds_of(group, c, values, e.centred));
        sum += odds;
        if (e.reading.among != 0 ? contains(e.reading.among, c) : c == e.category) mine += odds;
    }
    return std::log(mine) - std::log(sum);
}

GroupDensity by_law(const Channel::Group& group, const Evidence& e, const Values& values,
                    std::span<const Parameter> parameters, double shift) {
    const std::optional<std::size_t> location = shift != 0.0 ? location_of(group.law) : std::nullopt;
    std::array<double, kMostTerms> free{};
    std::array<Parameter::Scale, kMostTerms> scale{};
    for (std::size_t i = 0; i < group.terms.size(); ++i) {
        const Term& term = group.terms[i];
        scale[i] = parameters[term.parameter].scale;
        free[i] = parameters[term.parameter].free_from(values[term.parameter]) +
                  shift_of(term.effects, values, e.centred) + (location == i ? shift : 0.0);
    }
    const std::size_t n = group.terms.size();
    const LawDensity d = law_density(group.law, e.reading, {free.data(), n}, {scale.data(), n});
    GroupDensity out;
    out.log = d.log;
    out.by_term = d.by_term;
    return out;
}

}  // namespace

std::optional<std::size_t> location_of(Law law) {
    switch (law) {
        case Law::identity:
        case Law::uniform:
        case Law::beta:
        case Law::flat:
            return std::nullopt;
        case Law::normal:
        case Law::lognormal:
        case Law::truncated_normal:
        case Law::student_t:
        case Law::exponential:
        case Law::poisson:
            return 0;
        case Law::gamma:
        case Law::weibull:
        case Law::binomial:
        case Law::beta_binomial:
        case Law::negative_binomial:
            return 1;
        case Law::normal_with_error:
            return 5;
        case Law::uniform_with_error:
            return 3;
    }
    return std::nullopt;
}

std::size_t pattern_of(const Channel& channel, std::span<const double> covariates) {
    std::size_t pattern = 0;
    for (std::size_t i = 0; i < channel.conditions.size(); ++i)
        if (covariates[channel.conditions[i].covariate] == channel.conditions[i].value)
            pattern |= std::size_t{1} << i;
    return pattern;
}

Evidence evidence_of(const Channel& channel, std::size_t index, const Reading& reading,
                     const ChannelMemory& memory, std::span<const double> covariates) {
    Evidence e;
    e.channel = index;
    if (channel.family == Family::categorical) return category_of(channel, e, reading);
    if (channel.family == Family::by_state) {
        if (!std::isfinite(reading.value))
            throw Error("M003", fmt::format("channel '{}': a value that is not finite", channel.name));
        e.form = Evidence::Form::law;
        e.reading = reading;
        return e;
    }
    e.y = scaled(channel, reading.value);
    if (reading.censor == Censor::interval) e.upper = scaled(channel, reading.upper);
    e.censor = reading.censor;
    e.pattern = pattern_of(channel, covariates);
    if (channel.latent) {
        e.form = Evidence::Form::latent;
        e.first = !memory.has_previous;
        return e;
    }
    switch (channel.says) {
        case Says::growth:
        case Says::level:
            e.form = Evidence::Form::normal;
            break;
        case Says::own_baseline:
            if (is_baseline(channel, reading, memory)) break;
            if (!memory.has_baseline && !channel.absolute) break;
            e.form = Evidence::Form::normal;
            for (double* const x : {&e.y, &e.upper})
                *x -= memory.has_baseline ? memory.baseline : scaled(channel, *channel.absolute);
            break;
        case Says::rate:
            if (reading.censor == Censor::interval)
                throw Error("M009", fmt::format("channel '{}' takes no intervals", channel.name));
            if (reading.censor != Censor::none && !channel.censored_prior)
                throw Error("M009",
                            fmt::format("channel '{}' declares no `undetected`, but a reading is censored",
                                        channel.name));
            if (!memory.has_previous) break;
            e.form = Evidence::Form::rate;
            e.previous = memory.previous;
            e.previous_censor = memory.previous_censor;
            e.exposure = memory.exposure;
            break;
    }
    return e;
}

void remember(const Channel& channel, const Reading& reading, ChannelMemory& memory) {
    if (channel.says == Says::own_baseline && !channel.latent && reading.censor == Censor::none &&
        is_baseline(channel, reading, memory)) {
        memory.has_baseline = true;
        memory.baseline = scaled(channel, reading.value);
    }
    if (channel.latent) memory.has_previous = true;
    if (channel.says == Says::rate) {
        memory.has_previous = true;
        memory.previous = scaled(channel, reading.value);
        memory.previous_censor = reading.censor;
        memory.exposure.fill(0.0);
    }
}

void pass_time(const Channel& channel, std::span<const double> covariates, Days gap, ChannelMemory& memory) {
    if (memory.has_previous) memory.exposure[pattern_of(channel, covariates)] += gap.count;
}

double shift_of(const std::vector<Effect>& effects, const Values& values, std::span<const double> centred) {
    double sum = 0.0;
    if (!centred.empty())
        for (const Effect& e : effects)
            sum += e.factor * values[e.parameter] * centred[e.covariate];
    return sum;
}

double log_odds_of(const Channel::Group& group, std::size_t category, const Values& values,
                   std::span<const double> centred) {
    const int p = group.odds[category];
    if (p == Channel::Group::kImpossible) return -std::numeric_limits<double>::infinity();
    const double odds = p == Channel::Group::kBase ? 0.0 : values[static_cast<std::size_t>(p)];
    return group.odds_effects.empty() ? odds : odds + shift_of(group.odds_effects[category], values, centred);
}

bool covariates_act_on_readings(const Spec& spec) {
    for (const Channel& channel : spec.channels) {
        if (channel.latent && !channel.latent->effects.empty()) return true;
        for (const Channel::Group& group : channel.groups) {
            if (!group.odds_effects.empty()) return true;
            for (const Term& term : group.terms)
                if (!term.effects.empty()) return true;
        }
    }
    return false;
}

GroupDensity density(const Channel& channel, const Channel::Group& group, const Evidence& e,
                     const Values& values, std::span<const Parameter> parameters, double shift) {
    switch (e.form) {
        case Evidence::Form::silent:
        case Evidence::Form::latent:
            break;
        case Evidence::Form::normal:
            return normal_density(group, e, values, shift);
        case Evidence::Form::rate:
            return rate_density(channel, group, e, values);
        case Evidence::Form::categorical: {
            GroupDensity out;
            out.log = category_log_probability(group, e, values);
            return out;
        }
        case Evidence::Form::law:
            return by_law(group, e, values, parameters, shift);
    }
    return {};
}

void log_weights(const Channel& channel, const Evidence& e, const Values& values, std::span<double> out,
                 std::span<const Parameter> parameters) {
    std::fill(out.begin(), out.end(), -std::numeric_limits<double>::infinity());
    for (std::size_t s = 0; channel.latent && s < out.size(); ++s)
        if (channel.group[s] != Channel::kNone) out[s] = 0.0;
    if (channel.latent) return;
    for (std::size_t g = 0; g < channel.groups.size(); ++g) {
        const double log = density(channel, channel.groups[g], e, values, parameters).log;
        for (std::size_t s = 0; s < out.size(); ++s)
            if (channel.group[s] == static_cast<int>(g)) out[s] = log;
    }
}

}  // namespace bellwether::markov

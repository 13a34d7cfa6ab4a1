#include "bellwether/markov/simulate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "bellwether/markov/emission.hpp"
#include "bellwether/markov/likelihood.hpp"
#include "bellwether/markov/transition.hpp"

#include "draw.hpp"
#include "laws.hpp"

namespace bellwether::markov {
namespace {

using Eigen::Index;

std::size_t draw_from(const Eigen::VectorXd& weights, std::mt19937_64& random) {
    double u = std::uniform_real_distribution<double>(0.0, weights.sum())(random);
    for (Index s = 0; s < weights.size(); ++s) {
        u -= weights[s];
        if (u < 0.0 && weights[s] > 0.0) return static_cast<std::size_t>(s);
    }
    Index largest = 0;
    weights.maxCoeff(&largest);
    return static_cast<std::size_t>(largest);
}

/// What the true values of a channel were, whatever was reported of them.
struct Latent {
    bool any = false;
    double value = 0.0;  ///< channel's scale
    std::array<double, Channel::kPatterns> exposure{};
};

class Draw {
public:
    Draw(const Spec& spec, const Values& values, const Schedule& schedule, std::mt19937_64& random)
        : spec_(spec), values_(values), schedule_(schedule), random_(random), latent_(spec.channels.size()) {}

    /// @param own  the row's covariates minus their centres, which act on readings
    Reading reading(std::size_t c, std::size_t state, std::span<const double> before,
                    std::span<const double> own) {
        const Channel& channel = spec_.channels[c];
        const int g = channel.group[state];
        if (g == Channel::kNone) return {};
        if (channel.latent) return of_level(c, state, before, own);
        const Channel::Group& group = channel.groups[static_cast<std::size_t>(g)];
        if (channel.family == Family::by_state) return by_law(group, c, own);
        if (channel.family == Family::categorical) return Reading::of(category(group, own));
        const double x = value(channel, group, c, before);
        Latent& latent = latent_[c];
        const bool missing = std::uniform_real_distribution<double>(0.0, 1.0)(random_) < schedule_.missing;
        if (missing && latent.any) return {};
        if (channel.says != Says::own_baseline || !latent.any) latent.value = x;
        latent.any = true;
        latent.exposure.fill(0.0);
        return reported(channel.on_log_scale() ? std::exp(x) : x, c);
    }

    /// @param grown  integral of the states' growth rates over the gap
    void pass(std::span<const double> before, double gap, double grown) {
        for (std::size_t c = 0; c < latent_.size(); ++c) {
            latent_[c].exposure[pattern_of(spec_.channels[c], before)] += gap;
            if (!spec_.channels[c].latent || !latent_[c].any) continue;
            const LatentLevel& level = *spec_.channels[c].latent;
            latent_[c].value += level.share * grown;
            if (level.diffusion >= 0)
                latent_[c].value += normal(0.0, parameter(level.diffusion) * std::sqrt(gap));
        }
    }

private:
    [[nodiscard]] double parameter(int index) const { return values_[static_cast<std::size_t>(index)]; }
    double normal(double mean, double sd) { return std::normal_distribution<double>(mean, sd)(random_); }

    [[nodiscard]] std::optional<double> first_value(std::size_t c) const {
        return schedule_.first_value.empty() ? std::nullopt : schedule_.first_value[c];
    }
    [[nodiscard]] Reading reported(double value, std::size_t c) const {
        const double limit = schedule_.lower_limit.empty() ? -std::numeric_limits<double>::infinity()
                                                           : schedule_.lower_limit[c];
        return value < limit ? Reading::below(limit) : Reading::of(value);
    }

    /// A level begins at its channel's first visit, read or not.
    Reading of_level(std::size_t c, std::size_t state, std::span<const double> before,
                     std::span<const double> own) {
        const Channel& channel = spec_.channels[c];
        const LatentLevel& level = *channel.latent;
        Latent& latent = latent_[c];
        if (!latent.any) {
            const auto first = first_value(c);
            latent.value = !first ? normal(values_[level.first_mean], values_[level.first_sd])
                                  : (channel.on_log_scale() ? std::log(*first) : *first);
            latent.any = true;
        }
        double mean = shift_of(level.effects, values_, own),
               noise = level.noise >= 0 ? parameter(level.noise) : 0.0;
        if (channel.says == Says::own_baseline) {
            const Channel::Group& group = channel.groups[static_cast<std::size_t>(channel.group[state])];
            mean += parameter(group.mean[pattern_of(channel, before)]);
            noise = parameter(group.sd);
        }
        std::uniform_real_distribution<double> uniform(0.0, 1.0);
        if (uniform(random_) < level.wild_share) noise *= level.wild_times;
        const double x = normal(latent.value + mean, noise);
        if (uniform(random_) < schedule_.missing) return {};
        return reported(channel.on_log_scale() ? std::exp(x) : x, c);
    }

    Reading by_law(const Channel::Group& group, std::size_t c, std::span<const double> own) {
        std::array<double, kMostTerms> natural{};
        for (std::size_t i = 0; i < group.terms.size(); ++i) {
            const Term& term = group.terms[i];
            const Parameter& p = spec_.parameters[term.parameter];
            natural[i] = term.effects.empty() ? values_[term.parameter]
                                              : p.natural_from(p.free_from(values_[term.parameter]) +
                                                               shift_of(term.effects, values_, own));
        }
        const auto x = draw_from_law(group.law, std::span(natural).first(group.terms.size()), random_);
        const bool missing = std::uniform_real_distribution<double>(0.0, 1.0)(random_) < schedule_.missing;
        return x && !missing ? reported(*x, c) : Reading{};
    }

    double category(const Channel::Group& group, std::span<const double> own) {
        Eigen::VectorXd w = Eigen::VectorXd::Zero(static_cast<Index>(group.odds.size()));
        for (std::size_t k = 0; k < group.odds.size(); ++k)
            w[static_cast<Index>(k)] = std::exp(log_odds_of(group, k, values_, own));
        return static_cast<double>(draw_from(w, random_));
    }

    double value(const Channel& channel, const Channel::Group& group, std::size_t c,
                 std::span<const double> before) {
        const Latent& latent = latent_[c];
        const double first = first_value(c).value_or(1.0);
        if (channel.says != Says::level && !latent.any)
            return channel.on_log_scale() ? std::log(first) : first;
        const double sd = parameter(group.sd);
        if (channel.says != Says::rate) {
            const double mean = parameter(group.mean[pattern_of(channel, before)]);
            return normal(mean + (channel.says == Says::own_baseline ? latent.value : 0.0), sd);
        }
        double shift = 0.0, gap = 0.0;
        for (std::size_t p = 0; p < Channel::kPatterns; ++p) {
            shift += parameter(group.mean[p]) * latent.exposure[p];
            gap += latent.exposure[p];
        }
        const double diffusion = group.diffusion == Channel::kNone ? 0.0 : parameter(group.diffusion);
        return normal(latent.value + shift, std::sqrt(sd * sd + diffusion * diffusion * gap));
    }

    const Spec& spec_;
    const Values& values_;
    const Schedule& schedule_;
    std::mt19937_64& random_;
    std::vector<Latent> latent_;
};

std::vector<double> centred(const Spec& spec, const std::vector<double>& covariates) {
    std::vector<double> out;
    for (std::size_t c = 0; c < covariates.size(); ++c)
        out.push_back(covariates[c] - spec.covariates[c].centre);
    return out;
}

/// The states among which a path is kept at a time; all before the first.
StateSet kept_at(const Spec& spec, const Schedule& schedule, double day) {
    StateSet among = spec.all_states();
    for (const auto& k : schedule.kept)
        if (k.from <= day) among = k.among;
    return among;
}

/// A moving state: where it is and on which day it got there.
class Walker {
public:
    Walker(const Spec& spec, const Schedule& schedule, std::mt19937_64& random, std::vector<double> rates)
        : spec_(spec), schedule_(schedule), random_(random), rates_(std::move(rates)) {}

    void begin(Eigen::VectorXd chances) {
        day = schedule_.days.front();
        const StateSet among = kept_at(spec_, schedule_, day);
        for (Index s = 0; s < chances.size(); ++s)
            if (!contains(among, static_cast<std::size_t>(s))) chances[s] = 0.0;
        if (!(chances.sum() > 0.0))
            throw Error("M045",
                        "no path of model '" + spec_.name + "' begins among the states it is to be kept in");
        state = draw_from(chances, random_);
    }

    /// Moves up to `until` by the intensities of one interval; stops early on an exact entry.
    /// @return true when it did
    bool walk(const Eigen::MatrixXd& Q, double until) {
        for (const auto& k : schedule_.kept) {
            if (k.from <= day || k.from > until) continue;
            if (walk_freely(Q, k.from)) return true;
            enter(Q, k.among);
        }
        return walk_freely(Q, until);
    }

    std::size_t state = 0;
    double day = 0.0;
    double grown = 0.0;  ///< integral of the growth rates since it was last set to 0

private:
    bool walk_freely(const Eigen::MatrixXd& Q, double until) {
        const StateSet among = kept_at(spec_, schedule_, day);
        while (day < until) {
            Eigen::VectorXd w = Q.row(static_cast<Index>(state));
            for (Index s = 0; s < w.size(); ++s)
                if (static_cast<std::size_t>(s) == state || !contains(among, static_cast<std::size_t>(s)))
                    w[s] = 0.0;
            const double leave = w.sum();
            const double stay = leave > 0.0 ? std::exponential_distribution<double>(leave)(random_)
                                            : std::numeric_limits<double>::infinity();
            const double from = day;
            day = std::min(day + stay, until);
            grown += rates_[state] * (day - from);
            if (day >= until) return false;
            state = draw_from(w, random_);
            if (spec_.states[state].exact_entry) return true;
        }
        return false;
    }

    void enter(const Eigen::MatrixXd& Q, StateSet among) {
        if (contains(among, state)) return;
        Eigen::VectorXd into = Q.row(static_cast<Index>(state)), evenly = into;
        for (Index s = 0; s < into.size(); ++s) {
            const bool open = contains(among, static_cast<std::size_t>(s));
            evenly[s] = open ? 1.0 : 0.0;
            if (!open) into[s] = 0.0;
        }
        if (!(evenly.sum() > 0.0)) throw Error("M045", "a path is to be kept among no state");
        state = draw_from(into.sum() > 0.0 ? into : evenly, random_);
    }

    const Spec& spec_;
    const Schedule& schedule_;
    std::mt19937_64& random_;
    std::vector<double> rates_;
};

}  // namespace

std::vector<std::size_t> simulate(const Spec& spec, const Values& values, const Schedule& schedule,
                                  std::mt19937_64& random, Panel& panel) {
    std::vector<std::size_t> hidden;
    panel.begin_subject(schedule.id);
    if (schedule.days.empty()) return hidden;
    Draw draw(spec, values, schedule, random);
    const std::vector<double> none;
    const auto covariates = [&](std::size_t i) -> const std::vector<double>& {
        return schedule.covariates.empty() ? none : schedule.covariates[i];
    };
    std::vector<double> rates;
    for (std::size_t s = 0; s < spec.states.size(); ++s)
        rates.push_back(spec.growth_rate(s, values));
    Walker walker(spec, schedule, random, std::move(rates));
    walker.begin(start_probabilities(spec, values, covariates(0)));
    std::vector<Reading> readings(spec.channels.size());
    for (std::size_t i = 0; i < schedule.days.size(); ++i) {
        const std::vector<double>& before = covariates(i == 0 ? 0 : i - 1);
        Row row;
        row.time = Days{schedule.days[i]};
        if (i > 0) {
            const bool entered = walker.walk(generator(spec, values, before), schedule.days[i]);
            if (entered) {
                const std::vector<Reading> nothing(spec.channels.size());
                row.time = Days{
                    std::min(schedule.whole_days ? std::ceil(walker.day) : walker.day, schedule.days[i])};
                row.kind = Kind::exact_entry;
                row.state = walker.state;
                row.readings = nothing;
                row.covariates = before;
                panel.add(row);
                hidden.push_back(walker.state);
                return hidden;
            }
            draw.pass(before, schedule.days[i] - schedule.days[i - 1], walker.grown);
            walker.grown = 0.0;
        }
        for (std::size_t c = 0; c < readings.size(); ++c)
            readings[c] = draw.reading(c, walker.state, before, centred(spec, covariates(i)));
        row.readings = readings;
        row.covariates = covariates(i);
        panel.add(row);
        hidden.push_back(walker.state);
    }
    return hidden;
}

}  // namespace bellwether::markov

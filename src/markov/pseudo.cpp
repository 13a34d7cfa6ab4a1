#include <algorithm>
#include <cmath>

#include <boost/math/special_functions/erf.hpp>
#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/markov/emission.hpp"
#include "bellwether/markov/filter.hpp"
#include "bellwether/markov/goodness.hpp"

namespace bellwether::markov {
namespace {

/// Forecast probability of less than a reading, and of no more than it.
struct Ends {
    double low = 0.0, high = 1.0;
};

bool counts(Law law) {
    return law == Law::poisson || law == Law::binomial || law == Law::beta_binomial ||
           law == Law::negative_binomial;
}

/// In one group of states.
class Below {
public:
    Below(const Spec& spec, const Values& values, std::size_t channel)
        : spec_(spec), values_(values), channel_(spec.channels[channel]) {}

    [[nodiscard]] Ends of(const Channel::Group& group, const Evidence& e) const {
        if (e.form == Evidence::Form::categorical) return of_category(group, e);
        if (e.form == Evidence::Form::law && counts(group.law)) return of_count(group, e);
        if (e.form == Evidence::Form::law && group.law == Law::identity) {
            const double x = values_[group.terms[0].parameter];
            return {x < e.reading.value ? 1.0 : 0.0, x <= e.reading.value ? 1.0 : 0.0};
        }
        switch (e.form == Evidence::Form::law ? e.reading.censor : e.censor) {
            case Censor::none: {
                const double here = below(group, e, false);
                return {here, here};
            }
            case Censor::left:
                return {0.0, below(group, e, false)};
            case Censor::right:
                return {below(group, e, false), 1.0};
            case Censor::interval:
                return {below(group, e, false), below(group, e, true)};
        }
        return {};
    }

private:
    [[nodiscard]] double weight(const Channel::Group& group, const Evidence& e) const {
        return std::exp(density(channel_, group, e, values_, spec_.parameters).log);
    }
    /// The distribution function is the weight of a reading censored from the left there.
    [[nodiscard]] double below(const Channel::Group& group, Evidence e, bool upper) const {
        if (upper) {
            e.y = e.upper;
            e.reading.value = e.reading.upper;
        }
        e.censor = Censor::left;
        e.reading.censor = Censor::left;
        return weight(group, e);
    }
    [[nodiscard]] Ends of_count(const Channel::Group& group, Evidence e) const {
        const double y = e.reading.value;
        if (!(y < 1e6)) throw Error("M006", fmt::format("a count of {} is too large to sum up to", y));
        Ends out{0.0, 0.0};
        for (int k = 0; k <= y; ++k) {
            e.reading.value = k;
            out.low = out.high;
            out.high += weight(group, e);
        }
        return out;
    }
    [[nodiscard]] Ends of_category(const Channel::Group& group, Evidence e) const {
        if (e.reading.among != 0)
            throw Error("M006", "a reading of one of several categories has no place among them");
        const std::size_t seen = e.category;
        Ends out{0.0, 0.0};
        for (e.category = 0; e.category <= seen; ++e.category) {
            out.low = out.high;
            out.high += weight(group, e);
        }
        return out;
    }

    const Spec& spec_;
    const Values& values_;
    const Channel& channel_;
};

/// Of a reading of a level that is followed: the filter itself says how likely a reading below is.
Ends of_level(const Filter& filter, const FilterState& before, const Row& row, std::size_t channel) {
    std::vector<Reading> readings(row.readings.size());
    Row alone = row;
    alone.readings = readings;
    Step step;
    const auto chance = [&] {
        FilterState state = before;
        filter.step(state, alone, step);
        return step.log_likelihood;
    };
    const double possible = chance();
    const auto below = [&](double y) {
        readings[channel] = Reading::below(y);
        return std::exp(chance() - possible);
    };
    const Reading& r = row.readings[channel];
    switch (r.censor) {
        case Censor::none:
        case Censor::left: {
            const double here = below(r.value);
            return {r.censor == Censor::left ? 0.0 : here, here};
        }
        case Censor::right:
            return {below(r.value), 1.0};
        case Censor::interval:
            return {below(r.value), below(r.upper)};
    }
    return {};
}

double deviate(double u) {
    return std::sqrt(2.0) * boost::math::erf_inv(2.0 * std::clamp(u, 1e-16, 1.0 - 1e-16) - 1.0);
}

}  // namespace

std::vector<PseudoResidual> pseudo_residuals(const Spec& spec, const Values& values, const Panel& panel,
                                             std::size_t channel) {
    TransitionCache cache(spec, values);
    const Filter filter(cache);
    const Channel& of = spec.channels.at(channel);
    const Below below(spec, values, channel);
    std::vector<PseudoResidual> out;
    Step step;
    for (std::size_t s = 0; s < panel.subjects(); ++s) {
        const std::size_t first = panel.first_row(s);
        if (first == panel.end_row(s)) continue;
        FilterState state = filter.start(panel.start(s), panel.row(first).covariates);
        for (std::size_t i = first; i < panel.end_row(s); ++i) {
            const Row row = panel.row(i);
            const std::vector<double> before =
                state.started ? state.covariates
                              : std::vector<double>(row.covariates.begin(), row.covariates.end());
            ChannelMemory memory = state.memory[channel];
            pass_time(of, before, Days{state.started ? row.time.count - state.time : 0.0}, memory);
            const FilterState last = of.latent ? state : FilterState{};
            filter.step(state, row, step);
            if (!row.readings[channel].present) continue;
            if (of.latent) {
                // A first reading that sets the level was not to be foretold.
                if (!memory.has_previous && !of.latent->comparable) continue;
                const Ends ends = of_level(filter, last, row, channel);
                out.push_back({s, i - first, ends.low, ends.high, deviate(0.5 * (ends.low + ends.high))});
                continue;
            }
            Evidence e = evidence_of(of, channel, row.readings[channel], memory, before);
            if (e.form == Evidence::Form::silent) continue;
            std::vector<double> centred(row.covariates.begin(), row.covariates.end());
            for (std::size_t c = 0; c < centred.size(); ++c)
                centred[c] -= spec.covariates[c].centre;
            e.centred = centred;
            Ends ends{0.0, 0.0};
            double mass = 0.0;
            for (std::size_t k = 0; k < spec.states.size(); ++k) {
                const double p = step.predicted[static_cast<Eigen::Index>(k)];
                const bool possible = row.among == 0 || contains(row.among, k);
                if (of.group[k] == Channel::kNone || !possible || !(p > 0.0)) continue;
                const Ends one = below.of(of.groups[static_cast<std::size_t>(of.group[k])], e);
                ends.low += p * one.low;
                ends.high += p * one.high;
                mass += p;
            }
            if (!(mass > 0.0)) continue;
            const double low = ends.low / mass, high = ends.high / mass;
            out.push_back({s, i - first, low, high, deviate(0.5 * (low + high))});
        }
    }
    return out;
}

}  // namespace bellwether::markov

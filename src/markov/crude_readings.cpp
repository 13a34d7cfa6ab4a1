#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "bellwether/markov/emission.hpp"

#include "crude.hpp"
#include "prepared.hpp"

namespace bellwether::markov {
namespace {

/// Shape of a Weibull law by its coefficient of variation. @source Justus et al. 1978 [Justus1978]
double weibull_shape(double mean, double sd) {
    return std::pow(sd / mean, -1.086);
}

double location_of(const Channel& channel, const Channel::Group& group, const Values& values) {
    if (channel.family != Family::by_state) return values[static_cast<std::size_t>(group.mean[0])];
    const auto at = [&](std::size_t i) { return values[group.terms[i].parameter]; };
    switch (group.law) {
        case Law::exponential:
            return 1.0 / at(0);
        case Law::gamma:
            return at(0) / at(1);
        case Law::weibull:
        case Law::binomial:
        case Law::beta_binomial:
            return at(1);
        case Law::beta:
            return at(0) / (at(0) + at(1));
        case Law::uniform:
        case Law::uniform_with_error:
            return 0.5 * (at(0) + at(1));
        case Law::negative_binomial:
            return at(0) * (1.0 - at(1)) / at(1);
        default:
            return at(0);
    }
}

/// On which of two scales moments are taken.
bool logarithmic(const Channel& channel, const Channel::Group& group) {
    return channel.family == Family::lognormal ||
           (channel.family == Family::by_state && group.law == Law::lognormal);
}

/// Means of what several groups say of one parameter, on its unconstrained scale.
class Proposals {
public:
    explicit Proposals(const Spec& spec)
        : spec_(spec), sum_(spec.parameters.size()), n_(spec.parameters.size()) {}
    void add(std::size_t parameter, double natural) {
        const Parameter& p = spec_.parameters[parameter];
        if (p.fixed) return;
        const double free = p.free_from(natural);
        if (!std::isfinite(free)) return;
        sum_[parameter] += free;
        n_[parameter] += 1.0;
    }
    void set(Values& values) const {
        for (std::size_t p = 0; p < sum_.size(); ++p)
            if (n_[p] > 0.0) values[p] = spec_.parameters[p].natural_from(sum_[p] / n_[p]);
    }

private:
    const Spec& spec_;
    std::vector<double> sum_, n_;
};

/// Uncensored values and limits; not those that only a state which always reads the same can have.
std::vector<double> readings_of(const Channel& channel, std::size_t c, const Panel& panel, bool logs,
                                const Values& values) {
    const auto is_fixed = [&](double x) {
        return channel.family == Family::by_state &&
               std::any_of(channel.groups.begin(), channel.groups.end(), [&](const Channel::Group& g) {
                   return g.law == Law::identity && values[g.terms[0].parameter] == x;
               });
    };
    std::vector<double> out;
    for (std::size_t i = 0; i < panel.rows(); ++i) {
        const Reading& r = panel.row(i).readings[c];
        if (!r.present || r.censor == Censor::interval || (logs && !(r.value > 0.0)) || is_fixed(r.value))
            continue;
        out.push_back(logs ? std::log(r.value) : r.value);
    }
    return out;
}

}  // namespace

std::vector<std::optional<double>> from_moments(Law law, double mean, double variance,
                                                const std::vector<double>& current) {
    const double sd = std::sqrt(variance);
    std::vector<std::optional<double>> out(current.size());
    switch (law) {
        case Law::normal:
        case Law::lognormal:
        case Law::truncated_normal:
        case Law::student_t:
        case Law::normal_with_error:
            out[0] = mean;
            out[1] = sd;
            break;
        case Law::exponential:
            out[0] = 1.0 / mean;
            break;
        case Law::gamma:
            out[0] = mean * mean / variance;
            out[1] = mean / variance;
            break;
        case Law::weibull:
            out[0] = weibull_shape(mean, sd);
            out[1] = mean / std::tgamma(1.0 + 1.0 / *out[0]);
            break;
        case Law::beta: {
            const double size = std::max(mean * (1.0 - mean) / variance - 1.0, 0.5);
            out[0] = mean * size;
            out[1] = (1.0 - mean) * size;
            break;
        }
        case Law::poisson:
            out[0] = mean;
            break;
        case Law::binomial:
        case Law::beta_binomial:
            out[1] = std::clamp(mean / current[0], 1e-3, 1.0 - 1e-3);
            break;
        case Law::negative_binomial:
            out[0] = variance > mean ? mean * mean / (variance - mean) : current[0];
            out[1] = *out[0] / (*out[0] + mean);
            break;
        case Law::flat:
        case Law::identity:
        case Law::uniform:
        case Law::uniform_with_error:
            break;
    }
    return out;
}

std::vector<std::size_t> clusters(const std::vector<double>& sorted, std::size_t parts) {
    const std::size_t n = sorted.size();
    std::vector<double> sum(n + 1, 0.0);
    std::partial_sum(sorted.begin(), sorted.end(), sum.begin() + 1);
    std::vector<std::size_t> end(parts, n);
    for (std::size_t k = 0; k + 1 < parts; ++k)
        end[k] = (k + 1) * n / parts;
    for (int round = 0; round < 100; ++round) {
        std::vector<double> centre(parts);
        for (std::size_t k = 0; k < parts; ++k) {
            const std::size_t from = k == 0 ? 0 : end[k - 1];
            centre[k] = end[k] > from ? (sum[end[k]] - sum[from]) / static_cast<double>(end[k] - from)
                                      : sorted[std::min(from, n - 1)];
        }
        std::vector<std::size_t> next = end;
        for (std::size_t k = 0; k + 1 < parts; ++k)
            next[k] = static_cast<std::size_t>(
                std::lower_bound(sorted.begin(), sorted.end(), 0.5 * (centre[k] + centre[k + 1])) -
                sorted.begin());
        if (next == end) break;
        end = next;
    }
    return end;
}

namespace {

/// A level's start from the subjects' first readings, its noise from what lies between two others: the median
/// distance from the line through them, which a few wild ones or turns do not move.
void start_level(const Spec& spec, std::size_t c, const Panel& panel, Values& values) {
    const LatentLevel& level = *spec.channels[c].latent;
    std::vector<double> first, residual;
    for (std::size_t s = 0; s < panel.subjects(); ++s) {
        std::vector<std::pair<double, double>> known;
        for (std::size_t i = panel.first_row(s); i < panel.end_row(s); ++i) {
            const Row row = panel.row(i);
            const Reading& r = row.readings[c];
            if (r.present && r.censor == Censor::none)
                known.emplace_back(row.time.count,
                                   spec.channels[c].on_log_scale() ? std::log(r.value) : r.value);
        }
        if (!known.empty()) first.push_back(known.front().second);
        for (std::size_t i = 1; i + 1 < known.size(); ++i) {
            const double whole = known[i + 1].first - known[i - 1].first;
            if (!(whole > 0.0)) continue;
            const double a = (known[i + 1].first - known[i].first) / whole;
            const double off = known[i].second - a * known[i - 1].second - (1.0 - a) * known[i + 1].second;
            residual.push_back(std::abs(off) / std::sqrt(1.0 + a * a + (1.0 - a) * (1.0 - a)));
        }
    }
    if (first.size() < 3) return;
    const double n = static_cast<double>(first.size());
    const double mean = std::accumulate(first.begin(), first.end(), 0.0) / n;
    double square = 0.0;
    for (const double x : first)
        square += (x - mean) * (x - mean);
    Proposals proposals(spec);
    proposals.add(level.first_mean, mean);
    if (square > 0.0) proposals.add(level.first_sd, std::sqrt(square / n));
    if (level.noise >= 0 && residual.size() >= 10) {
        const auto middle = residual.begin() + static_cast<std::ptrdiff_t>(residual.size() / 2);
        std::nth_element(residual.begin(), middle, residual.end());
        if (*middle > 0.0) proposals.add(static_cast<std::size_t>(level.noise), 1.4826 * *middle);
    }
    proposals.set(values);
}

}  // namespace

void start_readings(const Spec& spec, std::size_t c, const Panel& panel, Values& values) {
    const Channel& channel = spec.channels[c];
    if (channel.latent) return start_level(spec, c, panel, values);
    if (channel.family == Family::categorical || channel.says != Says::level || !channel.conditions.empty())
        return;
    std::vector<std::size_t> groups;
    for (std::size_t g = 0; g < channel.groups.size(); ++g)
        if (channel.family != Family::by_state ||
            (channel.groups[g].law != Law::identity && channel.groups[g].law != Law::flat))
            groups.push_back(g);
    if (groups.empty()) return;
    std::stable_sort(groups.begin(), groups.end(), [&](std::size_t a, std::size_t b) {
        return location_of(channel, channel.groups[a], values) <
               location_of(channel, channel.groups[b], values);
    });
    const bool logs = logarithmic(channel, channel.groups[groups.front()]);
    std::vector<double> sorted = readings_of(channel, c, panel, logs, values);
    if (sorted.size() < 2 * groups.size()) return;
    std::sort(sorted.begin(), sorted.end());
    const std::vector<std::size_t> end = clusters(sorted, groups.size());
    const double spread = sorted.back() - sorted.front();
    Proposals proposals(spec);
    for (std::size_t k = 0; k < groups.size(); ++k) {
        const std::size_t from = k == 0 ? 0 : end[k - 1], n = end[k] - from;
        if (n == 0) continue;
        const auto begin = sorted.begin() + static_cast<std::ptrdiff_t>(from);
        const double mean =
            std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(n), 0.0) / static_cast<double>(n);
        double variance = 0.0;
        std::for_each(begin, begin + static_cast<std::ptrdiff_t>(n),
                      [&](double x) { variance += (x - mean) * (x - mean); });
        // A cluster is narrower than its state: not below a twentieth of the whole.
        variance = std::max(variance / static_cast<double>(n), 2.5e-3 * spread * spread);
        if (!(variance > 0.0)) continue;
        const Channel::Group& group = channel.groups[groups[k]];
        if (channel.family != Family::by_state) {
            proposals.add(static_cast<std::size_t>(group.mean[0]), mean);
            proposals.add(static_cast<std::size_t>(group.sd), std::sqrt(variance));
            continue;
        }
        std::vector<double> current;
        for (const Term& term : group.terms)
            current.push_back(values[term.parameter]);
        const auto fitted = from_moments(group.law, mean, variance, current);
        for (std::size_t i = 0; i < fitted.size(); ++i)
            if (fitted[i]) proposals.add(group.terms[i].parameter, *fitted[i]);
    }
    proposals.set(values);
}

std::vector<std::optional<std::size_t>> likely_states(const Spec& spec, const Values& values,
                                                      const Panel& panel) {
    const std::size_t K = spec.states.size();
    std::vector<std::optional<std::size_t>> out;
    std::vector<double> log(K), sum(K), centred;
    std::vector<ChannelMemory> memory;
    std::vector<Evidence> evidence;
    for (std::size_t s = 0; s < panel.subjects(); ++s) {
        memory.assign(spec.channels.size(), {});
        for (std::size_t i = panel.first_row(s); i < panel.end_row(s); ++i) {
            const Row row = panel.row(i), before = panel.row(std::max(i, panel.first_row(s) + 1) - 1);
            evidence.clear();
            centred.assign(row.covariates.begin(), row.covariates.end());
            for (std::size_t c = 0; c < centred.size(); ++c)
                centred[c] -= spec.covariates[c].centre;
            take_readings(spec, row, before.covariates, Days{row.time.count - before.time.count}, memory,
                          evidence, centred);
            if (row.kind == Kind::exact_entry) {
                out.emplace_back(row.state);
                continue;
            }
            const StateSet among = row.among == 0 ? spec.all_states() : row.among;
            if (evidence.empty() && !std::has_single_bit(among)) {
                out.emplace_back(std::nullopt);
                continue;
            }
            std::fill(sum.begin(), sum.end(), 0.0);
            for (const Evidence& e : evidence) {
                log_weights(spec.channels[e.channel], e, values, log, spec.parameters);
                for (std::size_t k = 0; k < K; ++k)
                    sum[k] += log[k];
            }
            std::optional<std::size_t> best;
            for (std::size_t k = 0; k < K; ++k)
                if (contains(among, k) && sum[k] > -std::numeric_limits<double>::infinity() &&
                    (!best || sum[k] > sum[*best]))
                    best = k;
            out.push_back(best);
        }
    }
    return out;
}

}  // namespace bellwether::markov

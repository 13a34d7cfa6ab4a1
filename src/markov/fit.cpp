#include "bellwether/markov/fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/markov/likelihood.hpp"

#include "objective.hpp"

namespace bellwether::markov {
namespace {

constexpr std::array<std::pair<FitSummary::End, std::string_view>, 6> kEnds = {{
    {FitSummary::End::converged, "converged"},
    {FitSummary::End::boundary, "boundary"},
    {FitSummary::End::not_identified, "not_identified"},
    {FitSummary::End::iteration_limit, "iteration_limit"},
    {FitSummary::End::diverged, "diverged"},
    {FitSummary::End::bad_start, "bad_start"},
}};

/// More starts where the best end so far breaks an anchor: a higher one may keep it.
constexpr int kMoreStarts = 4;
/// Log likelihood within which two searches ended at the same maximum.
constexpr double kSameEnd = 1e-3;

std::string why_bad(const Spec& spec, const Likelihood& likelihood, const Values& start) {
    for (std::size_t p = 0; p < start.size(); ++p)
        if (!std::isfinite(start[p]) ||
            (spec.parameters[p].scale == Parameter::Scale::log && start[p] <= 0.0))
            return fmt::format("'{}' starts at {}", spec.parameters[p].name, start[p]);
    const std::vector<double> each = likelihood.by_subject(start);
    for (std::size_t s = 0; s < each.size(); ++s)
        if (!std::isfinite(each[s]))
            return fmt::format("subject {} of {} has log likelihood {} at the start", s + 1, each.size(),
                               each[s]);
    return "the gradient is not finite at the start";
}

/// The log likelihood at values whose objective is known: evaluated again only where a prior is part of that.
double log_lik_of(const Spec& spec, const Likelihood& likelihood, const Values& values, double objective) {
    return std::isfinite(objective) && log_prior(spec, values) == 0.0 ? -objective : likelihood.value(values);
}

Eigen::VectorXd jittered(const Objective& objective, double sd, std::mt19937_64& random) {
    Eigen::VectorXd x = objective.start();
    for (Eigen::Index i = 0; i < x.size(); ++i) {
        const double move = std::normal_distribution<double>(0.0, sd)(random);
        // A mean moves by a share of itself: its unit is that of a channel.
        const double wide = objective.parameter(i).scale != Parameter::Scale::identity
                                ? 1.0
                                : std::min(1.0, std::max(1e-3, std::abs(x[i])));
        x[i] += move * wide;
    }
    return x;
}

/// The lower end wins; of two at the same height (labels exchanged) the one that keeps its anchors.
bool better(const Objective& objective, const Search& a, const Search& b) {
    if (!std::isfinite(a.value)) return false;
    if (!std::isfinite(b.value) || a.value < b.value - 1e-6) return true;
    if (a.value > b.value + 1e-6) return false;
    const auto broken = [&](const Search& s) {
        return !broken_anchor(objective.spec(), objective.values_at(s.x)).empty();
    };
    return broken(b) && !broken(a);
}

double mean_of(const Spec& spec, const Values& values, const Anchor& anchor, const std::string& label,
               bool largest) {
    const Channel& channel = spec.channels[anchor.channel];
    std::size_t pattern = 0;
    for (std::size_t i = 0; i < channel.conditions.size(); ++i)
        if (std::find(anchor.when.begin(), anchor.when.end(), channel.conditions[i]) != anchor.when.end())
            pattern |= std::size_t{1} << i;
    const StateSet set = spec.states_with(label);
    double out = largest ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    for (std::size_t s = 0; s < spec.states.size(); ++s) {
        if (!contains(set, s) || channel.group[s] == Channel::kNone) continue;
        if (channel.says == Says::growth) {
            const double rate = spec.growth_rate(s, values);
            out = largest ? std::max(out, rate) : std::min(out, rate);
            continue;
        }
        const auto& group = channel.groups[static_cast<std::size_t>(channel.group[s])];
        const double x = values[group.terms.empty() ? static_cast<std::size_t>(group.mean[pattern])
                                                    : group.terms.front().parameter];
        out = largest ? std::max(out, x) : std::min(out, x);
    }
    return out;
}

}  // namespace

std::string_view to_string(FitSummary::End end) {
    for (const auto& [value, word] : kEnds)
        if (value == end) return word;
    return "";
}

std::optional<FitSummary::End> fit_end_from(std::string_view word) {
    for (const auto& [value, known] : kEnds)
        if (known == word) return value;
    return std::nullopt;
}

double log_prior(const Spec& spec, const Values& values) {
    double sum = 0.0;
    for (std::size_t p = 0; p < spec.parameters.size(); ++p) {
        const Parameter& parameter = spec.parameters[p];
        if (parameter.fixed || !parameter.prior) continue;
        const double z = (parameter.free_from(values[p]) - parameter.free_from(parameter.prior->centre)) /
                         parameter.prior->sd;
        sum -= 0.5 * z * z;
    }
    return sum;
}

std::string broken_anchor(const Spec& spec, const Values& values) {
    for (const Anchor& anchor : spec.anchors)
        for (std::size_t i = 1; i < anchor.order.size(); ++i) {
            const double low = mean_of(spec, values, anchor, anchor.order[i - 1], true);
            const double high = mean_of(spec, values, anchor, anchor.order[i], false);
            if (!(low < high))
                return fmt::format(
                    "on {}, '{}' ({}) is not below '{}' ({}): the states have changed their meaning",
                    spec.channels[anchor.channel].name, anchor.order[i - 1], shortest(low), anchor.order[i],
                    shortest(high));
        }
    return "";
}

namespace {

bool has_wild(const Spec& spec) {
    return std::any_of(spec.channels.begin(), spec.channels.end(),
                       [](const Channel& c) { return c.latent && c.latent->wild_share > 0.0; });
}

/// The same model without wild readings. Far from the maximum half of all readings look wild, and whether one
/// does hangs on all before it: the likelihood is rough there. Without them it is smooth, and its maximum is
/// near.
class Calm {
public:
    Calm(Spec spec, const Panel& panel, const Values& values, unsigned threads)
        : spec_(without_wild(std::move(spec))),
          likelihood_(spec_, panel, threads),
          objective_(spec_, likelihood_, values) {}
    [[nodiscard]] Eigen::VectorXd approach(const Eigen::VectorXd& from, int max_iterations) const {
        const Search search = minimise(objective_, from, max_iterations);
        return std::isfinite(search.value) ? search.x : from;
    }

private:
    static Spec without_wild(Spec spec) {
        for (Channel& channel : spec.channels)
            if (channel.latent) channel.latent->wild_share = 0.0;
        return spec;
    }
    Spec spec_;
    Likelihood likelihood_;
    Objective objective_;
};

/// Searches from several places: the declared start, then others at random about it.
class Starts {
public:
    Starts(const Objective& objective, const FitOptions& options)
        : objective_(objective), options_(options), random_(options.seed) {}

    [[nodiscard]] Eigen::VectorXd next() {
        return tried_ == 0 ? objective_.start() : jittered(objective_, options_.jitter, random_);
    }
    /// @return true when it is the best so far
    bool take(Search search) {
        ++tried_;
        const bool same = tried_ > 1 && std::abs(search.value - best_.value) < kSameEnd;
        if (tried_ > 1 && !better(objective_, search, best_)) {
            agree_ += same ? 1 : 0;
            return false;
        }
        best_ = std::move(search);
        agree_ = same ? agree_ + 1 : 1;
        return true;
    }
    [[nodiscard]] bool keeps_anchors() const {
        return broken_anchor(objective_.spec(), objective_.values_at(best_.x)).empty();
    }
    [[nodiscard]] const Search& best() const { return best_; }
    [[nodiscard]] int tried() const { return tried_; }
    [[nodiscard]] int agree() const { return agree_; }  ///< searches that ended where the best did

private:
    const Objective& objective_;
    const FitOptions& options_;
    std::mt19937_64 random_;
    Search best_;
    int tried_ = 0, agree_ = 0;
};

/// Not at a maximum for the search's own sake, not for want of data.
bool went_astray(FitSummary::End end) {
    return end == FitSummary::End::boundary || end == FitSummary::End::diverged ||
           end == FitSummary::End::iteration_limit;
}

}  // namespace

ParameterSet fit(const Spec& spec, const Panel& panel, const FitOptions& options) {
    require_centres(spec);
    const Likelihood likelihood(spec, panel, options.threads);
    ParameterSet out;
    out.subjects = panel.subjects();
    out.rows = panel.rows();
    out.values = options.from.empty() ? spec.start_values() : options.from;
    out.standard_error.assign(spec.parameters.size(), std::nullopt);
    const Objective objective(spec, likelihood, out.values);
    Eigen::VectorXd gradient;
    const double at_start = objective.value(objective.start(), gradient);
    out.summary.start_log_lik = log_lik_of(spec, likelihood, out.values, at_start);
    out.summary.final_log_lik = out.summary.start_log_lik;
    if (!std::isfinite(at_start)) {
        out.summary.end = FitSummary::End::bad_start;
        out.summary.why = why_bad(spec, likelihood, out.values);
        return out;
    }
    std::optional<Calm> calm;
    if (has_wild(spec)) calm.emplace(spec, panel, out.values, options.threads);
    Starts starts(objective, options);
    const auto search = [&](const Eigen::VectorXd& from) {
        return minimise(objective, calm ? calm->approach(from, options.max_iterations) : from,
                        options.max_iterations);
    };
    do
        starts.take(search(starts.next()));
    while (starts.tried() < std::max(1, options.starts) + (starts.keeps_anchors() ? 0 : kMoreStarts));
    const auto settle = [&] {
        out.values = objective.values_at(starts.best().x);
        out.summary.iterations = starts.best().iterations;
        out.summary.final_log_lik = log_lik_of(spec, likelihood, out.values, starts.best().value);
        out.summary.anchor_broken = broken_anchor(spec, out.values);
        judge(objective, starts.best(), out);
    };
    settle();
    // The likelihood of levels that are followed has maxima of its own far off, where the noise is nothing or
    // the levels stand still: from elsewhere the search may come to the highest.
    for (int more = 0; spec.has_latent() && more < kMoreStarts && went_astray(out.summary.end); ++more)
        if (starts.take(search(starts.next()))) settle();
    if (options.starts > 1 && out.summary.end == FitSummary::End::converged)
        out.summary.why += fmt::format(", by {} of {} starts", starts.agree(), starts.tried());
    return out;
}

}  // namespace bellwether::markov

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>

#include <boost/math/special_functions/gamma.hpp>

#include "bellwether/core/error.hpp"
#include "bellwether/markov/goodness.hpp"
#include "bellwether/markov/intervals.hpp"
#include "bellwether/markov/transition.hpp"

namespace bellwether::markov {
namespace {

struct Seen {
    std::size_t from, to;
    double gap, start, rate;
    std::vector<double> covariates;
};

std::optional<std::size_t> state_of(const Row& row) {
    if (row.kind == Kind::exact_entry) return row.state;
    if (std::has_single_bit(row.among)) return static_cast<std::size_t>(std::countr_zero(row.among));
    return std::nullopt;
}

/// States whose entries stand at their own times: no look finds them first.
StateSet exact_states(const Spec& spec, const Panel& panel) {
    StateSet out = 0;
    for (std::size_t s = 0; s < spec.states.size(); ++s)
        if (spec.states[s].exact_entry) out |= only(s);
    for (std::size_t i = 0; i < panel.rows(); ++i) {
        const Row row = panel.row(i);
        if (row.kind == Kind::exact_entry) out |= only(row.state);
        if (row.kind == Kind::entry && row.among != 0) out |= row.among;
    }
    return out;
}

std::vector<Seen> intervals_of(const Spec& spec, const Values& values, const Panel& panel, StateSet exact) {
    std::vector<Seen> out;
    for (std::size_t s = 0; s < panel.subjects(); ++s)
        for (std::size_t i = panel.first_row(s) + 1; i < panel.end_row(s); ++i) {
            const Row before = panel.row(i - 1), row = panel.row(i);
            const auto from = state_of(before), to = state_of(row);
            const bool look = row.kind == Kind::snapshot || row.kind == Kind::one_of;
            if (!look || !from || !to || contains(exact, *to) || spec.states[*from].absorbing) continue;
            Seen one{*from,
                     *to,
                     row.time.count - before.time.count,
                     before.time.count,
                     0.0,
                     {before.covariates.begin(), before.covariates.end()}};
            one.rate = -generator(spec, values, one.covariates).trace();
            out.push_back(std::move(one));
        }
    return out;
}

/// Upper ends of groups of about equal size; equal values stay together.
std::vector<double> cuts_of(std::vector<double> x, std::size_t groups) {
    std::sort(x.begin(), x.end());
    std::vector<double> out;
    for (std::size_t g = 1; g < groups; ++g) {
        const double cut = x[g * x.size() / groups];
        if (cut > x.front() && (out.empty() || cut > out.back())) out.push_back(cut);
    }
    return out;
}

std::size_t group_of(const std::vector<double>& cuts, double x) {
    return static_cast<std::size_t>(std::upper_bound(cuts.begin(), cuts.end(), x) - cuts.begin());
}

}  // namespace

PearsonTest pearson_test(const Spec& spec, const Values& values, const Panel& panel,
                         const PearsonOptions& options) {
    if (options.gaps == 0 || options.starts == 0 || options.rates == 0)
        throw Error("M013", "a test without groups");
    const StateSet exact = exact_states(spec, panel);
    const std::vector<Seen> intervals = intervals_of(spec, values, panel, exact);
    if (intervals.empty()) throw Error("M013", "no interval begins and ends in a known state");
    const auto cuts = [&](auto of, std::size_t groups) {
        std::vector<double> x;
        x.reserve(intervals.size());
        for (const Seen& i : intervals)
            x.push_back(of(i));
        return cuts_of(std::move(x), groups);
    };
    const auto by_gap = cuts([](const Seen& i) { return i.gap; }, options.gaps);
    const auto by_start = cuts([](const Seen& i) { return i.start; }, options.starts);
    const auto by_rate = cuts([](const Seen& i) { return i.rate; }, options.rates);
    const std::size_t K = spec.states.size();
    using Key = std::tuple<std::size_t, std::size_t, std::size_t, std::size_t>;
    std::map<Key, std::pair<std::vector<double>, std::vector<double>>> table;
    TransitionCache cache(spec, values);
    for (const Seen& i : intervals) {
        auto& [observed, expected] =
            table[{group_of(by_gap, i.gap), group_of(by_start, i.start), group_of(by_rate, i.rate), i.from}];
        observed.resize(K);
        expected.resize(K);
        observed[i.to] += 1.0;
        const auto& P = cache.at(i.covariates, Days{i.gap}).P;
        // The interval was ended by a look, so none of the exactly timed states was entered in it.
        double open = 0.0;
        for (std::size_t s = 0; s < K; ++s)
            if (!contains(exact, s))
                open += P(static_cast<Eigen::Index>(i.from), static_cast<Eigen::Index>(s));
        for (std::size_t s = 0; s < K; ++s)
            if (!contains(exact, s))
                expected[s] += P(static_cast<Eigen::Index>(i.from), static_cast<Eigen::Index>(s)) / open;
    }
    PearsonTest out;
    for (const auto& [key, counts] : table) {
        int possible = 0;
        for (std::size_t s = 0; s < K; ++s) {
            if (!(counts.second[s] > 0.0)) continue;
            const auto& [gap, start, rate, from] = key;
            const double off = counts.first[s] - counts.second[s];
            out.cells.push_back({gap, start, rate, from, s, counts.first[s], counts.second[s]});
            out.statistic += off * off / counts.second[s];
            ++possible;
        }
        out.upper += std::max(0, possible - 1);
    }
    out.lower = std::max(1, out.upper - free_parameters(spec));
    out.p_least = boost::math::gamma_q(0.5 * out.lower, 0.5 * out.statistic);
    out.p_most = boost::math::gamma_q(0.5 * std::max(1, out.upper), 0.5 * out.statistic);
    return out;
}

}  // namespace bellwether::markov

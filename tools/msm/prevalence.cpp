#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "bellwether/markov/emission.hpp"
#include "bellwether/markov/likelihood.hpp"
#include "bellwether/markov/transition.hpp"

#include "figures.hpp"

namespace bellwether::msm {
namespace {

using Eigen::RowVectorXd;

/// The records of one subject: [begin, end).
struct Followed {
    std::size_t begin, end;
};

std::vector<Followed> followed(const Call& call) {
    std::vector<Followed> out;
    for (std::size_t i = 0; i < call.records.size(); ++i) {
        if (i == 0 || call.records[i].subject != call.records[i - 1].subject) out.push_back({i, i});
        out.back().end = i + 1;
    }
    // Who was seen once in a state that can be seen tells nothing of moves, and msm leaves them out.
    if (!call.hidden) std::erase_if(out, [](const Followed& who) { return who.end - who.begin < 2; });
    return out;
}

/// The state at a time by the last record before it that names one, or the first of the set that the first
/// record names; nothing before the first record and after the last one (of who is not absorbed).
std::optional<std::size_t> seen_at(const Call& call, const Translated& t, const Followed& who, double time) {
    std::optional<std::size_t> state;
    if (time < call.records[who.begin].time) return state;
    for (std::size_t i = who.begin; i < who.end && call.records[i].time <= time; ++i) {
        if (call.records[i].source == 0) continue;
        const double code = call.records[i].outcome[0];
        const bool one = code >= 1.0 && code <= static_cast<double>(t.spec.states.size());
        if (one)
            state = static_cast<std::size_t>(code) - 1;
        else if (const markov::StateSet set = t.panel.row(i).among; !state && set != 0)
            state = static_cast<std::size_t>(std::countr_zero(set));
    }
    const bool over = time > call.records[who.end - 1].time;
    if (over && state && !t.spec.states[*state].absorbing) state.reset();
    return state;
}

/// Probabilities at a time from those at `origin`, along the subject's own covariates (before its first
/// record, those of that one). What the last record says of covariates acts on nothing: those before go on.
RowVectorXd along(const Call& call, const Translated& t, const Followed& who, markov::TransitionCache& cache,
                  RowVectorXd p, double origin, double time) {
    for (std::size_t i = who.begin; i < who.end; ++i) {
        const bool last = i + 1 == who.end;
        const double from = i == who.begin ? origin : call.records[i].time,
                     to = last ? time : std::min(time, call.records[i + 1].time);
        if (!(to > from)) continue;
        const markov::Row row = t.panel.row(last && i > who.begin ? i - 1 : i);
        p = p * cache.at(row.covariates, Days{to - from}).P;
    }
    return p;
}

}  // namespace

Eigen::MatrixXd misclassification(const Translated& t, const markov::Values& values) {
    const auto K = static_cast<Eigen::Index>(t.spec.states.size());
    if (t.spec.channels.empty()) return Eigen::MatrixXd::Identity(K, K);
    const markov::Channel& channel = t.spec.channels[0];
    std::vector<double> centred;  // of the means, where the call does not centre
    for (std::size_t c = 0; c < t.means.size(); ++c)
        centred.push_back(t.means[c] - t.spec.covariates[c].centre);
    Eigen::MatrixXd E = Eigen::MatrixXd::Zero(K, K);
    for (Eigen::Index s = 0; s < K; ++s) {
        const auto& group =
            channel.groups[static_cast<std::size_t>(channel.group[static_cast<std::size_t>(s)])];
        for (Eigen::Index c = 0; c < K; ++c)
            E(s, c) = std::exp(markov::log_odds_of(group, static_cast<std::size_t>(c), values, centred));
        E.row(s) /= E.row(s).sum();
    }
    return E;
}

void compare_prevalence(const Call& call, const Translated& t, const nlohmann::json& record, Figures& out) {
    if (!record.contains("prevalence") || !record["prevalence"].contains("times")) return;
    if (call.arg("hmodel") != nullptr || call.arg("phase.states") != nullptr)
        return out.skip("prevalence", "the states are not what is observed");
    const markov::Values values =
        values_of(t, numbers(record.at("estimates").at("parameters").at("value_optimisation_scale")));
    const nlohmann::json& theirs = record["prevalence"];
    const std::vector<double> times = numbers(theirs.at("times"));
    const std::vector<Followed> subjects = followed(call);
    const auto K = static_cast<Eigen::Index>(t.spec.states.size());
    double origin = call.records.at(0).time;
    for (const Record& r : call.records)
        origin = std::min(origin, r.time);
    RowVectorXd start = RowVectorXd::Zero(K);
    if (call.hidden) {
        // msm 1.7 and 1.8.2 go on from the start probabilities of the call, also where they are estimated.
        start = markov::start_probabilities(t.spec, t.spec.start_values()).transpose();
    } else {
        for (const Followed& who : subjects)
            if (const auto s = seen_at(call, t, who, origin)) start[static_cast<Eigen::Index>(*s)] += 1.0;
        start /= start.sum();
    }
    const Eigen::MatrixXd E = misclassification(t, values);
    markov::TransitionCache cache(t.spec, values);
    std::vector<double> observed, expected;
    for (const double time : times) {
        RowVectorXd seen = RowVectorXd::Zero(K), sum = RowVectorXd::Zero(K);
        for (const Followed& who : subjects) {
            const auto s = seen_at(call, t, who, time);
            if (!s) continue;
            seen[static_cast<Eigen::Index>(*s)] += 1.0;
            sum += along(call, t, who, cache, start, origin, time);
        }
        sum = sum * E;
        observed.insert(observed.end(), seen.begin(), seen.end());
        observed.push_back(seen.sum());
        expected.insert(expected.end(), sum.begin(), sum.end());
        expected.push_back(seen.sum());
    }
    out.compare("observed prevalence", observed, numbers(theirs.at("observed")), 0.0, 1e-9);
    out.compare("expected prevalence", expected, numbers(theirs.at("expected")), 1e-6, 1e-8);
}

}  // namespace bellwether::msm

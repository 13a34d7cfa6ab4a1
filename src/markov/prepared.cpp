#include "prepared.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/markov/transition.hpp"

#include "expm.hpp"

namespace bellwether::markov {

void check_row(const Spec& spec, const Row& row, bool first) {
    if (row.readings.size() != spec.channels.size() || row.covariates.size() != spec.covariates.size())
        throw Error("M004", fmt::format("a row of {} readings and {} covariates for a model of {} and {}",
                                        row.readings.size(), row.covariates.size(), spec.channels.size(),
                                        spec.covariates.size()));
    if (!std::isfinite(row.time.count)) throw Error("M005", "a time that is not finite");
    if (row.kind == Kind::exact_entry && first) throw Error("M008", "the first row cannot be an exact entry");
    if (row.kind == Kind::exact_entry && row.state >= spec.states.size())
        throw Error("M004", fmt::format("state {} of {}", row.state, spec.states.size()));
    if ((row.kind == Kind::one_of || row.among != 0) && (row.among & spec.all_states()) == 0)
        throw Error("M004", "a set of states that is empty");
    for (std::size_t c = 0; c < row.covariates.size(); ++c) {
        const double x = row.covariates[c];
        if (!std::isfinite(x) || (spec.covariates[c].indicator && x != 0.0 && x != 1.0))
            throw Error("M007", fmt::format("covariate '{}' must be {}", spec.covariates[c].name,
                                            spec.covariates[c].indicator ? "0 or 1" : "finite"));
    }
}

void take_readings(const Spec& spec, const Row& row, std::span<const double> before, Days gap,
                   std::vector<ChannelMemory>& memory, std::vector<Evidence>& out,
                   std::span<const double> centred) {
    for (std::size_t c = 0; c < spec.channels.size(); ++c) {
        pass_time(spec.channels[c], before, gap, memory[c]);
        if (!row.readings[c].present) continue;
        out.push_back(evidence_of(spec.channels[c], c, row.readings[c], memory[c], before));
        out.back().centred = centred;
        remember(spec.channels[c], row.readings[c], memory[c]);
    }
}

Likelihood::Prepared::Prepared(const Spec& from, const Panel& panel) : spec(from) {
    if (panel.channels() != spec.channels.size() || panel.covariates() != spec.covariates.size())
        throw Error("M004", "the panel has other channels or covariates than the model");
    std::map<std::vector<double>, int> known_generators;
    std::map<std::tuple<int, double, bool>, int> known_slots;
    // Full size at once: evidence points into it.
    centred.resize(covariates_act_on_readings(spec) ? panel.rows() * spec.covariates.size() : 0);
    std::vector<bool> acts(spec.covariates.size(), false);
    for (const Transition& t : spec.transitions)
        for (const Effect& e : t.effects)
            acts[e.covariate] = true;
    const auto generator_of = [&](std::span<const double> covariates) {
        std::vector<double> key(covariates.begin(), covariates.end());
        for (std::size_t c = 0; c < key.size(); ++c)
            if (!acts[c]) key[c] = spec.covariates[c].centre;
        const auto [it, fresh] = known_generators.emplace(key, static_cast<int>(generators.size()));
        if (fresh) generators.push_back(key);
        return it->second;
    };
    for (const Channel& c : spec.channels)
        most_groups = std::max(most_groups, c.groups.size());

    std::vector<ChannelMemory> memory;
    for (std::size_t subject = 0; subject < panel.subjects(); ++subject) {
        first.push_back(rows.size());
        weight.push_back(panel.weight(subject));
        own_start.emplace_back(panel.start(subject).begin(), panel.start(subject).end());
        if (!own_start.back().empty() && own_start.back().size() != spec.states.size())
            throw Error("M004", fmt::format("subject '{}' has {} start probabilities for {} states",
                                            panel.id(subject), own_start.back().size(), spec.states.size()));
        first_covariates.emplace_back();
        memory.assign(spec.channels.size(), {});
        Row last;
        for (std::size_t i = panel.first_row(subject); i < panel.end_row(subject); ++i) {
            const Row row = panel.row(i);
            const bool is_first = i == panel.first_row(subject);
            check_row(spec, row, is_first);
            const Days gap{is_first ? 0.0 : row.time.count - last.time.count};
            PreparedRow out;
            out.kind = is_first ? Kind::snapshot : row.kind;
            out.state = row.state;
            out.among = row.among == 0 ? spec.all_states() : row.among & spec.all_states();
            out.known = is_first && row.known;
            out.begin = evidence.size();
            if (is_first) {
                first_covariates.back().assign(row.covariates.begin(), row.covariates.end());
            } else {
                for (std::size_t c = 0; c < spec.covariates.size(); ++c)
                    if (!spec.covariates[c].varying && row.covariates[c] != last.covariates[c])
                        throw Error("M007", fmt::format("covariate '{}' is fixed in time but changes",
                                                        spec.covariates[c].name));
                out.generator = generator_of(last.covariates);
                const auto [it, fresh] =
                    known_slots.emplace(std::tuple(out.generator, gap.count, out.kind == Kind::watched),
                                        static_cast<int>(slots.size()));
                if (fresh) slots.push_back({out.generator, gap.count, out.kind == Kind::watched});
                out.slot = it->second;
            }
            std::span<double> own;
            if (!centred.empty())
                own = std::span(centred).subspan(i * spec.covariates.size(), spec.covariates.size());
            for (std::size_t c = 0; c < own.size(); ++c)
                own[c] = row.covariates[c] - spec.covariates[c].centre;
            take_readings(spec, row, is_first ? row.covariates : last.covariates, gap, memory, evidence, own);
            out.end = evidence.size();
            rows.push_back(out);
            last = row;
        }
        longest = std::max(longest, rows.size() - first.back());
    }
    first.push_back(rows.size());
}

Eigen::MatrixXd arrival(Kind kind, const Eigen::MatrixXd& P, const Eigen::MatrixXd& Q, double gap) {
    if (kind != Kind::watched && kind != Kind::entry) return P;
    Eigen::MatrixXd moves = Q;
    moves.diagonal().setZero();
    if (kind == Kind::entry) return P * moves;
    moves.diagonal().setOnes();
    return (Q.diagonal() * gap).array().exp().matrix().asDiagonal() * moves;
}

Matrices::Matrices(const Likelihood::Prepared& prepared, const Values& values) {
    for (const auto& covariates : prepared.generators)
        Q.push_back(generator(prepared.spec, values, covariates));
    for (const auto& slot : prepared.slots) {
        const Eigen::MatrixXd& own = Q[static_cast<std::size_t>(slot.generator)];
        P.push_back(slot.watched ? arrival(Kind::watched, own, own, slot.gap)
                                 : transition_unchecked(own, slot.gap));
    }
}

}  // namespace bellwether::markov

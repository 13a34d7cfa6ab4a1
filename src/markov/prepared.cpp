#include "prepared.hpp"

#include <cmath>

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
    if ((row.kind == Kind::watched || row.kind == Kind::entry) && spec.has_latent())
        throw Error(
            "M004",
            "a model with levels that are followed takes looks and deaths only, not moves seen when they "
            "happen");
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

Eigen::MatrixXd arrival(Kind kind, const Eigen::MatrixXd& P, const Eigen::MatrixXd& Q, double gap) {
    if (kind != Kind::watched && kind != Kind::entry) return P;
    Eigen::MatrixXd moves = Q;
    moves.diagonal().setZero();
    if (kind == Kind::entry) return P * moves;
    moves.diagonal().setOnes();
    return (Q.diagonal() * gap).array().exp().matrix().asDiagonal() * moves;
}

}  // namespace bellwether::markov

#include "bellwether/markov/transition.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/core/text.hpp"

#include "expm.hpp"
#include "growth_moments.hpp"

namespace bellwether::markov {

void check_gap(Days dt) {
    if (!(dt.count >= 0.0) || !std::isfinite(dt.count))
        throw Error("M002", fmt::format("a gap of {} days", dt.count));
}

void check_generator(const Eigen::MatrixXd& Q) {
    if (Q.rows() != Q.cols() || Q.rows() == 0) throw Error("M001", "a generator must be square");
    const double largest = Q.cwiseAbs().maxCoeff();
    if (!std::isfinite(largest)) throw Error("M001", "an intensity is not finite");
    for (Eigen::Index r = 0; r < Q.rows(); ++r) {
        for (Eigen::Index s = 0; s < Q.cols(); ++s)
            if (r != s && Q(r, s) < 0.0)
                throw Error("M001", fmt::format("intensity {} to {} is {}", r, s, shortest(Q(r, s))));
        if (std::abs(Q.row(r).sum()) > 1e-9 * largest)
            throw Error("M001",
                        fmt::format("row {} of the generator adds up to {}", r, shortest(Q.row(r).sum())));
    }
}

void generator_into(const Spec& spec, const Values& values, std::span<const double> covariates, double* Q) {
    const std::size_t K = spec.states.size();
    std::fill(Q, Q + K * K, 0.0);
    for (const Transition& t : spec.transitions) {
        double rate = values[t.rate];
        if (!t.effects.empty() && !covariates.empty()) {
            double log_ratio = 0.0;
            for (const Effect& e : t.effects)
                log_ratio += e.factor * values[e.parameter] *
                             (covariates[e.covariate] - spec.covariates[e.covariate].centre);
            rate *= std::exp(log_ratio);
        }
        Q[t.from * K + t.to] = rate;
        Q[t.from * K + t.from] -= rate;
    }
}

Eigen::MatrixXd generator(const Spec& spec, const Values& values, std::span<const double> covariates) {
    const auto K = static_cast<Eigen::Index>(spec.states.size());
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> Q(K, K);
    generator_into(spec, values, covariates, Q.data());
    return Q;
}

Eigen::MatrixXd transition(const Eigen::MatrixXd& Q, Days dt) {
    check_generator(Q);
    check_gap(dt);
    return transition_unchecked(Q, dt.count);
}

Eigen::MatrixXd transition_adjoint(const Eigen::MatrixXd& Q, Days dt, const Eigen::MatrixXd& A) {
    check_generator(Q);
    check_gap(dt);
    // <A, L(Q dt, E dt)> = <dt L((Q dt)', A), E>
    return dt.count * exponential_derivative(Q.transpose() * dt.count, A);
}

Eigen::VectorXd mean_sojourn(const Eigen::MatrixXd& Q) {
    check_generator(Q);
    return (-Q.diagonal()).unaryExpr([](double q) {
        return q > 0.0 ? 1.0 / q : std::numeric_limits<double>::infinity();
    });
}

Eigen::MatrixXd expected_days(const Eigen::MatrixXd& Q, Days horizon) {
    check_generator(Q);
    check_gap(horizon);
    const Eigen::Index K = Q.rows();
    Eigen::MatrixXd block = Eigen::MatrixXd::Zero(2 * K, 2 * K);
    block.topLeftCorner(K, K) = Q * horizon.count;
    block.topRightCorner(K, K) = Eigen::MatrixXd::Identity(K, K) * horizon.count;
    return exponential(block).topRightCorner(K, K);
}

TransitionCache::TransitionCache(const Spec& spec, const Values& values, std::size_t limit)
    : spec_(&spec), values_(&values), limit_(limit) {
    for (const Transition& t : spec.transitions)
        for (const Effect& e : t.effects)
            if (std::find(used_.begin(), used_.end(), e.covariate) == used_.end())
                used_.push_back(e.covariate);
}

const TransitionCache::Entry& TransitionCache::at(std::span<const double> covariates, Days dt) {
    const auto same = [&](const Generators& g) {
        return std::all_of(used_.begin(), used_.end(),
                           [&](std::size_t c) { return g.covariates[c] == covariates[c]; });
    };
    if (last_ >= known_.size() || !same(known_[last_]))
        last_ = static_cast<std::size_t>(std::find_if(known_.begin(), known_.end(), same) - known_.begin());
    if (last_ < known_.size())
        if (const auto it = known_[last_].by_gap.find(dt.count); it != known_[last_].by_gap.end())
            return it->second;

    check_gap(dt);
    if (size_ >= limit_) {
        known_.clear();
        size_ = 0;
    }
    if (last_ >= known_.size()) {
        for (const std::size_t c : used_)
            if (!std::isfinite(covariates[c]))
                throw Error("M007", fmt::format("covariate '{}' is not finite", spec_->covariates[c].name));
        Generators fresh;
        fresh.covariates.assign(covariates.begin(), covariates.end());
        fresh.Q = generator(*spec_, *values_, covariates);
        last_ = known_.size();
        known_.push_back(std::move(fresh));
    }
    Generators& here = known_[last_];
    ++size_;
    return here.by_gap.emplace(dt.count, made(here.Q, dt)).first->second;
}

TransitionCache::Entry TransitionCache::made(const Eigen::MatrixXd& Q, Days dt) const {
    if (!spec_->has_latent()) return {transition_unchecked(Q, dt.count), &Q, nullptr};
    const Eigen::Index K = Q.rows();
    using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const RowMajor rows = Q;
    std::vector<double> rates;
    for (std::size_t s = 0; s < spec_->states.size(); ++s)
        rates.push_back(spec_->growth_rate(s, *values_));
    auto table = std::make_shared<GrowthTable<double>>();
    MomentMaker<double>(spec_->states.size()).make(rows.data(), rates.data(), dt.count, *table);
    return {Eigen::Map<const RowMajor>(table->P.data(), K, K), &Q, table};
}

}  // namespace bellwether::markov

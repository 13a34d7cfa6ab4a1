#include "bellwether/markov/likelihood.hpp"

#include <cmath>
#include <limits>
#include <numeric>

#include "evaluation.hpp"
#include "latent_likelihood.hpp"
#include "pass.hpp"
#include "patient.hpp"

namespace bellwether::markov {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

bool in_range(const Spec& spec, const Values& values) {
    for (std::size_t p = 0; p < spec.parameters.size(); ++p)
        if (const Parameter& q = spec.parameters[p];
            std::isnan(values[p]) || (!q.fixed && !std::isfinite(values[p])) ||
            (q.scale != Parameter::Scale::identity && !(values[p] > 0.0)) ||
            (q.scale == Parameter::Scale::logit && !(values[p] < 1.0)))
            return false;
    return true;
}

}  // namespace

/// Everything that is made once, and memory that is used again.
struct Likelihood::State {
    /// What a worker writes while it goes through a block.
    struct Seat {
        std::unique_ptr<Pass> pass;
        std::unique_ptr<Gather> gather;
        std::vector<double> slope;
    };

    State(const Spec& spec, const Panel& panel, unsigned threads)
        : prepared(spec, panel), evaluation(prepared), levels(prepared.patients.size()), workers(threads) {
        seats.resize(workers.count());
        value.resize(prepared.blocks.size());
        gradient.resize(prepared.blocks.size());
        if (!prepared.latent) return;
        latent = std::make_unique<LatentLikelihood>(prepared, workers);
        for (const Stretch& stretch : prepared.stretches)
            subjects.push_back(stretch.subject);
    }

    /// Weighted sum over the subjects, in their order.
    [[nodiscard]] double sum_of_subjects() const {
        double sum = 0.0;
        for (std::size_t i = 0; i < subjects.size(); ++i)
            sum += prepared.weight[subjects[i]] * value[i];
        return sum;
    }

    bool set(const Values& values, bool by_block) {
        if (!in_range(prepared.spec, values)) return false;
        if (latent) return latent->moves_in_range(values);
        if (!evaluation.set(values, workers, by_block)) return false;
        for (Seat& seat : seats)
            if (seat.pass) seat.pass->renew();
        return true;
    }

    /// To be called by the worker itself: where two threads had their memory from one, lines of cache in
    /// which both write would go back and forth between them (half of the second thread's worth).
    Seat& seat_of(unsigned worker) {
        Seat& seat = seats[worker];
        if (!seat.pass) {
            seat.pass = make_pass(evaluation);
            seat.gather = std::make_unique<Gather>(evaluation);
        }
        return seat;
    }

    /// Log likelihood of a block; its gradient into `slope` unless that is null.
    double run(const Block& block, unsigned worker, std::vector<double>* slope) {
        Seat& seat = seat_of(worker);
        Pass& pass = *seat.pass;
        Gather& gather = *seat.gather;
        evaluation.set_own(block);
        if (slope != nullptr) gather.clear();
        double sum = 0.0;
        for (std::size_t i = block.stretch_begin; i < block.stretch_end; ++i) {
            const Stretch& stretch = prepared.stretches[i];
            const double times = prepared.weight[stretch.subject];
            double one = 0.0;
            if (prepared.patients.empty()) {
                one = pass.forward(stretch);
                if (slope != nullptr && std::isfinite(one)) pass.backward(stretch, times, gather);
            } else {
                one =
                    levels.integrate(evaluation, pass, stretch, times, slope != nullptr ? &gather : nullptr);
            }
            sum += times * one;
            if (!std::isfinite(one)) return sum;
        }
        for (std::size_t i = block.pair_begin; i < block.pair_end; ++i) {
            const Pair& pair = prepared.pairs[i];
            const double one = pass.pair(pair);
            sum += pair.weight * one;
            if (!std::isfinite(one)) return sum;
            if (slope != nullptr) pass.pair_backward(pair, pair.weight, gather);
        }
        if (slope != nullptr) {
            seat.slope.assign(prepared.spec.parameters.size(), 0.0);
            gather.finish(seat.slope);
            *slope = seat.slope;
        }
        return sum;
    }

    [[nodiscard]] MatrixXd information_of_subjects(const Values& values, std::size_t most) {
        const std::size_t every = most == 0 || subjects.size() <= most ? 1 : subjects.size() / most;
        std::vector<std::size_t> some;
        for (std::size_t i = 0; i < subjects.size(); i += every)
            some.push_back(subjects[i]);
        latent->scores(values, some, value, slopes);
        MatrixXd sum = MatrixXd::Zero(slopes.cols(), slopes.cols());
        for (std::size_t i = 0; i < some.size(); ++i)
            if (const Eigen::VectorXd one = slopes.row(static_cast<Index>(i)); one.allFinite())
                sum += prepared.weight[some[i]] * static_cast<double>(every) * one * one.transpose();
        return sum;
    }

    Prepared prepared;
    Evaluation evaluation;
    PatientLevels levels;
    Workers workers;
    std::vector<Seat> seats;
    std::vector<double> value;  ///< per block; with levels, per subject
    std::vector<std::vector<double>> gradient;
    std::unique_ptr<LatentLikelihood> latent;  ///< with levels: instead of passes
    std::vector<std::size_t> subjects;         ///< with levels: those that count
    MatrixXd slopes;
};

VectorXd start_probabilities(const Spec& spec, const Values& values, std::span<const double> covariates) {
    VectorXd p = VectorXd::Zero(static_cast<Index>(spec.states.size()));
    for (std::size_t s = 0; s < spec.states.size(); ++s) {
        double odds = 0.0;
        for (const StartFactor& factor : spec.start) {
            if (factor.label_of[s] < 0) {
                odds = -kInfinity;
                break;
            }
            const int q = factor.parameter[static_cast<std::size_t>(factor.label_of[s])];
            odds += q < 0 ? 0.0 : values[static_cast<std::size_t>(q)];
            if (covariates.empty() || factor.effects.empty()) continue;
            for (const Effect& e : factor.effects[static_cast<std::size_t>(factor.label_of[s])])
                odds += e.factor * values[e.parameter] *
                        (covariates[e.covariate] - spec.covariates[e.covariate].centre);
        }
        p[static_cast<Index>(s)] = odds;
    }
    // std::exp, since Eigen's own turns -infinity into 1e-308.
    const double top = p.maxCoeff();
    p = p.unaryExpr([top](double x) { return std::exp(x - top); }).eval();
    return p / p.sum();
}

Likelihood::Likelihood(const Spec& spec, const Panel& panel, unsigned threads)
    : state_(std::make_unique<State>(spec, panel, threads)) {}
Likelihood::~Likelihood() = default;
Likelihood::Likelihood(Likelihood&&) noexcept = default;
Likelihood& Likelihood::operator=(Likelihood&&) noexcept = default;

std::size_t Likelihood::distinct_gaps() const {
    return state_->prepared.slots.size();
}

double Likelihood::value(const Values& values) const {
    State& state = *state_;
    if (!state.set(values, true)) return std::numeric_limits<double>::quiet_NaN();
    if (state.latent) {
        state.latent->by_subject(values, state.subjects, state.value);
        return state.sum_of_subjects();
    }
    const auto& blocks = state.prepared.blocks;
    state.workers.run(blocks.size(), [&](std::size_t i, unsigned worker) {
        state.value[i] = state.run(blocks[i], worker, nullptr);
    });
    double sum = 0.0;
    for (const double one : state.value)
        sum += one;
    return sum;
}

double Likelihood::value(const Values& values, std::vector<double>& gradient) const {
    State& state = *state_;
    gradient.assign(state.prepared.spec.parameters.size(), 0.0);
    if (!state.set(values, true)) return std::numeric_limits<double>::quiet_NaN();
    if (state.latent) {
        state.latent->scores(values, state.subjects, state.value, state.slopes);
        for (std::size_t i = 0; i < state.subjects.size(); ++i)
            for (std::size_t p = 0; p < gradient.size(); ++p)
                gradient[p] += state.prepared.weight[state.subjects[i]] *
                               state.slopes(static_cast<Index>(i), static_cast<Index>(p));
        return state.sum_of_subjects();
    }
    const auto& blocks = state.prepared.blocks;
    state.workers.run(blocks.size(), [&](std::size_t i, unsigned worker) {
        state.value[i] = state.run(blocks[i], worker, &state.gradient[i]);
    });
    double sum = 0.0;
    for (const double one : state.value)
        sum += one;
    if (!std::isfinite(sum)) return sum;
    for (const std::vector<double>& one : state.gradient)
        for (std::size_t p = 0; p < gradient.size(); ++p)
            gradient[p] += one[p];
    return sum;
}

std::vector<double> Likelihood::by_subject(const Values& values) const {
    State& state = *state_;
    std::vector<double> out(state.prepared.weight.size(), std::numeric_limits<double>::quiet_NaN());
    if (!state.set(values, false)) return out;
    if (state.latent) {
        std::vector<std::size_t> all(out.size());
        std::iota(all.begin(), all.end(), std::size_t{0});
        state.latent->by_subject(values, all, out);
        return out;
    }
    Pass& pass = *state.seat_of(0).pass;
    for (std::size_t s = 0; s < out.size(); ++s)
        out[s] = state.prepared.patients.empty()
                     ? pass.forward(state.prepared.whole(s))
                     : state.levels.integrate(state.evaluation, pass, state.prepared.whole(s), 1.0, nullptr);
    return out;
}

Eigen::MatrixXd Likelihood::information(const Values& values, std::size_t most) const {
    State& state = *state_;
    const std::size_t n = state.prepared.spec.parameters.size();
    if (!state.set(values, false)) return MatrixXd::Zero(static_cast<Index>(n), static_cast<Index>(n));
    if (state.latent) return state.information_of_subjects(values, most);
    std::vector<double> slope;
    const auto add = [&](const Block& unit, double weight, MatrixXd& out) {
        if (!std::isfinite(state.run(unit, 0, &slope))) return;
        const Eigen::Map<const VectorXd> score(slope.data(), static_cast<Index>(n));
        out.selfadjointView<Eigen::Lower>().rankUpdate(score, 1.0 / weight);
    };
    const std::size_t stretches = state.prepared.stretches.size(), pairs = state.prepared.pairs.size();
    const auto every = [&](std::size_t pieces) {
        return most == 0 || pieces <= most ? std::size_t{1} : pieces / most;
    };
    MatrixXd sum = MatrixXd::Zero(static_cast<Index>(n), static_cast<Index>(n)), part = sum;
    for (std::size_t i = 0; i < stretches; i += every(stretches))
        add({i, i + 1, 0, 0, 0, 0}, state.prepared.weight[state.prepared.stretches[i].subject], part);
    sum = static_cast<double>(every(stretches)) * part;
    part.setZero();
    for (std::size_t i = 0; i < pairs; i += every(pairs))
        add({0, 0, i, i + 1, 0, 0}, state.prepared.pairs[i].weight, part);
    sum += static_cast<double>(every(pairs)) * part;
    return sum.selfadjointView<Eigen::Lower>();
}

}  // namespace bellwether::markov

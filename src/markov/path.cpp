#include "bellwether/markov/path.hpp"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/markov/filter.hpp"

#include "prepared.hpp"

namespace bellwether::markov {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// One row as an operator: joint probability of the move from the last row's state (row; the start state for
/// a first row) to this row's (column) and of what was observed, up to the factor exp(scale).
struct Move {
    MatrixXd weight;
    double scale = 0.0;
};

/// All rows of a subject as operators; the filter supplies the weights, so that there is one place that knows
/// them.
std::vector<Move> moves_of(TransitionCache& cache, const Panel& panel, std::size_t subject) {
    const Filter filter(cache);
    FilterState state =
        filter.start(panel.start(subject), panel.first_row(subject) < panel.end_row(subject)
                                               ? panel.row(panel.first_row(subject)).covariates
                                               : std::span<const double>{});
    Step step;
    std::vector<Move> moves;
    const auto K = static_cast<Index>(cache.spec().states.size());
    for (std::size_t i = panel.first_row(subject); i < panel.end_row(subject); ++i) {
        const Row row = panel.row(i);
        const std::vector<double> before = state.covariates;
        const Days gap{state.started ? row.time.count - state.time : 0.0};
        const bool first = !state.started;
        filter.explain(state, row, step);
        if (!std::isfinite(step.log_likelihood))
            throw Error("M011", fmt::format("row {} of a subject is impossible under the model",
                                            i - panel.first_row(subject) + 1));
        const VectorXd logs =
            step.log_weight.leftCols(static_cast<Index>(step.channels.size()) + 1).rowwise().sum();
        Move move;
        move.scale = -kInfinity;
        for (Index s = 0; s < K; ++s)
            if (step.predicted[s] > 0.0) move.scale = std::max(move.scale, logs[s]);
        // std::exp, since Eigen's own turns -infinity into 1e-308.
        const VectorXd w = logs.unaryExpr([&](double x) { return std::exp(x - move.scale); });
        if (first) {
            move.weight = (step.predicted.array() * w.array()).matrix().asDiagonal();
            if (step.log_pair.size() > 0)
                move.weight *= step.log_pair.diagonal().array().exp().matrix().asDiagonal();
        } else {
            const auto& entry = cache.at(before, gap);
            if (step.log_pair.size() > 0) {
                const double top = step.log_pair.maxCoeff();
                move.weight =
                    step.log_pair.unaryExpr([&](double x) { return std::exp(x - top); }) * w.asDiagonal();
                move.scale += top;
            } else {
                move.weight = arrival(row.kind, entry.P, *entry.Q, gap.count) * w.asDiagonal();
            }
            if (row.kind == Kind::exact_entry) {
                const auto d = static_cast<Index>(row.state);
                VectorXd q = entry.Q->col(d);
                q[d] = 0.0;
                const VectorXd into = move.weight * q;
                move.weight.setZero();
                move.weight.col(d) = into;
            }
        }
        moves.push_back(std::move(move));
    }
    return moves;
}

}  // namespace

MatrixXd smooth(TransitionCache& cache, const Panel& panel, std::size_t subject) {
    const std::vector<Move> moves = moves_of(cache, panel, subject);
    const auto n = static_cast<Index>(moves.size());
    const auto K = static_cast<Index>(cache.spec().states.size());
    MatrixXd forward(n, K), out(n, K);
    Eigen::RowVectorXd alpha = Eigen::RowVectorXd::Ones(K);
    for (Index i = 0; i < n; ++i) {
        alpha = alpha * moves[static_cast<std::size_t>(i)].weight;
        alpha /= alpha.sum();
        forward.row(i) = alpha;
    }
    VectorXd beta = VectorXd::Ones(K);
    for (Index i = n; i-- > 0;) {
        out.row(i) = forward.row(i).cwiseProduct(beta.transpose());
        out.row(i) /= out.row(i).sum();
        beta = moves[static_cast<std::size_t>(i)].weight * beta;
        beta /= beta.maxCoeff();
    }
    return out;
}

MostProbablePath most_probable_path(TransitionCache& cache, const Panel& panel, std::size_t subject) {
    const std::vector<Move> moves = moves_of(cache, panel, subject);
    const auto K = static_cast<Index>(cache.spec().states.size());
    std::vector<std::vector<std::size_t>> came_from;
    VectorXd best = VectorXd::Zero(K);
    for (std::size_t i = 0; i < moves.size(); ++i) {
        VectorXd next = VectorXd::Constant(K, -kInfinity);
        std::vector<std::size_t> from(static_cast<std::size_t>(K), 0);
        for (Index s = 0; s < K; ++s)
            for (Index r = 0; r < K; ++r) {
                if (i == 0 && r != s) continue;  // a first row only weighs the start
                const double x = best[r] + std::log(moves[i].weight(r, s));
                if (x > next[s]) {
                    next[s] = x;
                    from[static_cast<std::size_t>(s)] = static_cast<std::size_t>(r);
                }
            }
        best = next.array() + moves[i].scale;
        came_from.push_back(std::move(from));
    }
    MostProbablePath out;
    if (moves.empty()) return out;
    Index last = 0;
    out.log_joint = best.maxCoeff(&last);
    out.state.resize(moves.size());
    auto s = static_cast<std::size_t>(last);
    for (std::size_t i = moves.size(); i-- > 0;) {
        out.state[i] = s;
        s = came_from[i][s];
    }
    return out;
}

}  // namespace bellwether::markov

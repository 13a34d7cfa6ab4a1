#include "bellwether/markov/quantities.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <Eigen/LU>

#include "bellwether/core/error.hpp"
#include "bellwether/markov/transition.hpp"

#include "expm.hpp"

namespace bellwether::markov {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Calls each(Q, length) for the parts of [from, to] under one generator; the last may be infinite.
template <typename Each>
void through(std::span<const Piece> process, Days from, Days to, Each each) {
    if (process.empty()) throw Error("M012", "a process without intensities");
    if (!(to.count >= from.count)) throw Error("M012", "a time before the one it is counted from");
    double at = from.count, before = -kInfinity;
    for (const Piece& piece : process) {
        if (!(piece.until.count > before)) throw Error("M012", "pieces that do not ascend in time");
        before = piece.until.count;
        if (before <= at) continue;
        const double end = std::min(before, to.count);
        each(piece.Q, end - at);
        at = end;
        if (at >= to.count) return;
    }
    if (at < to.count) throw Error("M012", "the last piece ends too early");
}

/// As reach_of, by the positive elements.
std::vector<StateSet> reach_by(const MatrixXd& Q) {
    return reach_of(static_cast<std::size_t>(Q.rows()), [&](std::size_t r, std::size_t s) {
        return Q(static_cast<Index>(r), static_cast<Index>(s)) > 0.0;
    });
}

/// Of states that are left for good, the expected time in each; the rest of the matrix is 0.
MatrixXd stay_forever(const MatrixXd& Q) {
    const std::vector<StateSet> reach = reach_by(Q);
    const Index K = Q.rows();
    std::vector<Index> transient;
    for (Index r = 0; r < K; ++r) {
        bool back = true;
        for (Index s = 0; s < K; ++s)
            if (contains(reach[static_cast<std::size_t>(r)], static_cast<std::size_t>(s)))
                back = back && contains(reach[static_cast<std::size_t>(s)], static_cast<std::size_t>(r));
        if (!back) transient.push_back(r);
    }
    MatrixXd out = MatrixXd::Zero(K, K);
    for (Index r = 0; r < K; ++r)
        for (Index s = 0; s < K; ++s)
            if (contains(reach[static_cast<std::size_t>(r)], static_cast<std::size_t>(s)))
                out(r, s) = kInfinity;
    const auto n = static_cast<Index>(transient.size());
    MatrixXd T(n, n);
    for (Index a = 0; a < n; ++a)
        for (Index b = 0; b < n; ++b)
            T(a, b) = -Q(transient[static_cast<std::size_t>(a)], transient[static_cast<std::size_t>(b)]);
    const MatrixXd N = n > 0 ? T.inverse().eval() : T;
    for (Index a = 0; a < n; ++a)
        for (Index b = 0; b < n; ++b)
            out(transient[static_cast<std::size_t>(a)], transient[static_cast<std::size_t>(b)]) = N(a, b);
    return out;
}

}  // namespace

Piece always(MatrixXd Q) {
    return {Days{kInfinity}, std::move(Q)};
}

MatrixXd transition(std::span<const Piece> process, Days from, Days to) {
    if (process.empty()) throw Error("M012", "a process without intensities");
    const Index K = process.front().Q.rows();
    MatrixXd P = MatrixXd::Identity(K, K);
    through(process, from, to,
            [&](const MatrixXd& Q, double length) { P = P * transition(Q, Days{length}); });
    return P;
}

MatrixXd next_state(const MatrixXd& Q) {
    MatrixXd out = MatrixXd::Zero(Q.rows(), Q.cols());
    for (Index r = 0; r < Q.rows(); ++r)
        for (Index s = 0; s < Q.cols(); ++s)
            if (r != s && Q(r, r) < 0.0) out(r, s) = Q(r, s) / -Q(r, r);
    return out;
}

VectorXd first_passage(const MatrixXd& Q, StateSet targets) {
    // States from which the targets are certain: none of those that follow without passing through a target
    // is without a way to one.
    MatrixXd stopped = Q;
    for (Index r = 0; r < Q.rows(); ++r)
        if (contains(targets, static_cast<std::size_t>(r))) stopped.row(r).setZero();
    const std::vector<StateSet> reach = reach_by(stopped);
    std::vector<Index> certain;
    VectorXd out = VectorXd::Constant(Q.rows(), kInfinity);
    for (Index r = 0; r < Q.rows(); ++r) {
        if (contains(targets, static_cast<std::size_t>(r))) {
            out[r] = 0.0;
            continue;
        }
        bool sure = true;
        for (Index s = 0; s < Q.rows(); ++s)
            if (contains(reach[static_cast<std::size_t>(r)], static_cast<std::size_t>(s)))
                sure = sure && (reach[static_cast<std::size_t>(s)] & targets) != 0;
        if (sure) certain.push_back(r);
    }
    const auto n = static_cast<Index>(certain.size());
    if (n == 0) return out;
    MatrixXd T(n, n);
    for (Index a = 0; a < n; ++a)
        for (Index b = 0; b < n; ++b)
            T(a, b) = -Q(certain[static_cast<std::size_t>(a)], certain[static_cast<std::size_t>(b)]);
    const VectorXd k = Eigen::PartialPivLU<MatrixXd>(T).solve(VectorXd::Ones(n));
    for (Index a = 0; a < n; ++a)
        out[certain[static_cast<std::size_t>(a)]] = k[a];
    return out;
}

MatrixXd passage_by(std::span<const Piece> process, Days from, Days to) {
    if (process.empty()) throw Error("M012", "a process without intensities");
    const Index K = process.front().Q.rows();
    MatrixXd out(K, K);
    std::vector<Piece> stopped(process.begin(), process.end());
    for (Index s = 0; s < K; ++s) {
        for (std::size_t i = 0; i < stopped.size(); ++i) {
            stopped[i].Q = process[i].Q;
            stopped[i].Q.row(s).setZero();
        }
        out.col(s) = transition(stopped, from, to).col(s);
    }
    return out;
}

MatrixXd length_of_stay(std::span<const Piece> process, Days from, Days to) {
    if (process.empty()) throw Error("M012", "a process without intensities");
    const Index K = process.front().Q.rows();
    MatrixXd P = MatrixXd::Identity(K, K), sum = MatrixXd::Zero(K, K);
    through(process, from, to, [&](const MatrixXd& Q, double length) {
        const MatrixXd stay = std::isfinite(length) ? expected_days(Q, Days{length}) : stay_forever(Q);
        for (Index r = 0; r < K; ++r)
            for (Index k = 0; k < K; ++k)
                if (P(r, k) > 0.0) sum.row(r) += P(r, k) * stay.row(k);
        if (std::isfinite(length)) P = P * transition(Q, Days{length});
    });
    return sum;
}

}  // namespace bellwether::markov

#include <algorithm>
#include <cmath>

#include <Eigen/Eigenvalues>
#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "objective.hpp"

namespace bellwether::markov {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

// Limits of the verdict, all on the unconstrained scale or in units of log likelihood.
constexpr double kFarMove = 4.0;             ///< a factor of 55 away from the start
constexpr double kLittleInformation = 0.05;  ///< alone worth a standard error of 4.5: a factor of 90
constexpr double kFlat = 1e-6;        ///< share of a direction's own curvature that is left given the others
constexpr double kLeast = 1e-12;      ///< information of nothing at all
constexpr double kNearlyFlat = 1e-3;  ///< the same, worth a closer look
constexpr double kGain = 1e-4;        ///< log likelihood that a Newton step would still gain
constexpr double kPriorShare = 0.5;   ///< of a parameter's curvature: above, its prior holds it

/// Parameters that may run off to infinity without leaving a scale behind: all but means.
std::vector<bool> may_run_off(const Spec& spec) {
    std::vector<bool> out(spec.parameters.size(), true);
    for (const Channel& channel : spec.channels) {
        for (const auto& group : channel.groups)
            for (const Term& term : group.terms)
                if (spec.parameters[term.parameter].scale == Parameter::Scale::identity)
                    out[term.parameter] = false;
        if (channel.latent) out[channel.latent->first_mean] = false;
        if (channel.family == Family::normal || channel.family == Family::lognormal)
            for (const auto& group : channel.groups)
                for (const int p : group.mean)
                    out[static_cast<std::size_t>(p)] = false;
    }
    return out;
}

class Judge {
public:
    Judge(const Objective& objective, const Search& search, ParameterSet& out)
        : objective_(objective), search_(search), spec_(objective.spec()), out_(out) {}

    void run() {
        out_.standard_error.assign(spec_.parameters.size(), std::nullopt);
        if (objective_.size() == 0) return end(FitSummary::End::converged, "nothing was free");
        information_ = search_.curvature;
        if (information_.size() == 0 && std::isfinite(search_.value)) look_closely();
        if (!std::isfinite(search_.value) || !information_.allFinite())
            return end(FitSummary::End::diverged,
                       "the likelihood is not finite around the point where the search stopped");
        if (search_.ran_out)
            return end(FitSummary::End::iteration_limit,
                       fmt::format("no maximum after {} iterations", search_.iterations));
        find_boundary();
        if (!find_flat() || (eigen_.eigenvalues().size() > 0 && eigen_.eigenvalues()[0] < kNearlyFlat)) {
            // What is flat, and what only looks it, is within the error of forward differences.
            look_closely();
            if (!information_.allFinite() || !find_flat()) return;
        }
        if (!invert(search_.slope)) return;
        list_held();
        if (out_.summary.end == FitSummary::End::not_identified) return;
        if (!boundary_.empty()) {
            const std::size_t p = parameter(boundary_.front());
            return end(FitSummary::End::boundary,
                       fmt::format("'{}' runs off: {} at the end, from {}, with nothing left to stop it",
                                   spec_.parameters[p].name, shortest(out_.values[p]),
                                   shortest(objective_.start_values()[p])));
        }
        end(FitSummary::End::converged, "maximum found");
    }

private:
    void end(FitSummary::End how, std::string why) {
        out_.summary.end = how;
        out_.summary.why = std::move(why);
    }
    [[nodiscard]] std::size_t parameter(Index i) const {
        return objective_.free()[static_cast<std::size_t>(i)];
    }

    void look_closely() {
        information_ = objective_.curvature(search_.x, search_.slope, search_.metric, true);
    }

    /// Covariance with all parameters free: those of which nothing is known have an immense variance.
    [[nodiscard]] MatrixXd all_free() const {
        const Index n = objective_.size();
        VectorXd scale(n);
        for (Index i = 0; i < n; ++i)
            scale[i] = 1.0 / std::sqrt(std::max(information_(i, i), kLeast));
        const Eigen::SelfAdjointEigenSolver<MatrixXd> eigen(scale.asDiagonal() * information_ *
                                                            scale.asDiagonal());
        const MatrixXd half = scale.asDiagonal() * eigen.eigenvectors() *
                              eigen.eigenvalues().cwiseMax(kLeast).cwiseSqrt().cwiseInverse().asDiagonal();
        return half * half.transpose();
    }

    /// Parameters that run off, and those of which nothing is known either since they make up for these.
    void find_boundary() {
        const std::vector<bool> may = may_run_off(spec_);
        all_free_ = all_free();
        const auto little = [&](Index i) { return all_free_(i, i) > 1.0 / kLittleInformation; };
        for (Index i = 0; i < objective_.size(); ++i)
            if (may[parameter(i)] && little(i) && std::abs(search_.x[i] - objective_.start()[i]) > kFarMove)
                boundary_.push_back(i);
        const bool any = !boundary_.empty();
        for (Index i = 0; i < objective_.size(); ++i) {
            if (any && std::find(boundary_.begin(), boundary_.end(), i) != boundary_.end()) continue;
            if (any && may[parameter(i)] && little(i))
                boundary_.push_back(i);
            else
                inner_.push_back(i);
        }
    }

    /// The information of the inner parameters, each scaled to 1, and its eigenvalues.
    bool find_flat() {
        const auto n = static_cast<Index>(inner_.size());
        scale_.resize(n);
        for (Index k = 0; k < n; ++k) {
            const Index i = inner_[static_cast<std::size_t>(k)];
            const double wide = std::max(1.0, std::abs(search_.x[i]));
            if (information_(i, i) * wide * wide < kFlat) {
                end(information_(i, i) * wide * wide < -kFlat ? FitSummary::End::diverged
                                                              : FitSummary::End::not_identified,
                    fmt::format("the likelihood does not depend on '{}'",
                                spec_.parameters[parameter(i)].name));
                return false;
            }
            scale_[k] = std::sqrt(information_(i, i));
        }
        MatrixXd R(n, n);
        for (Index a = 0; a < n; ++a)
            for (Index b = 0; b < n; ++b)
                R(a, b) =
                    information_(inner_[static_cast<std::size_t>(a)], inner_[static_cast<std::size_t>(b)]) /
                    (scale_[a] * scale_[b]);
        if (n == 0) return true;
        eigen_.compute(R);
        const double least = eigen_.eigenvalues()[0];
        if (least > kFlat) return true;
        Index worst = 0;
        eigen_.eigenvectors().col(0).cwiseAbs().maxCoeff(&worst);
        const std::string& name = spec_.parameters[parameter(inner_[static_cast<std::size_t>(worst)])].name;
        if (least < -1e-3)
            end(FitSummary::End::diverged,
                fmt::format("stopped at a saddle, not a maximum, along '{}'", name));
        else
            end(FitSummary::End::not_identified,
                fmt::format("the likelihood is flat along '{}' together with others", name));
        return false;
    }

    /// Standard errors of the inner parameters and the distance to the maximum.
    bool invert(const VectorXd& slope) {
        const auto n = static_cast<Index>(inner_.size());
        if (n == 0) return true;
        VectorXd inner_slope(n);
        for (Index k = 0; k < n; ++k)
            inner_slope[k] = slope[inner_[static_cast<std::size_t>(k)]] / scale_[k];
        const MatrixXd& V = eigen_.eigenvectors();
        const VectorXd inverse = eigen_.eigenvalues().cwiseInverse();
        const MatrixXd covariance = V * inverse.asDiagonal() * V.transpose();
        const double gain = 0.5 * inner_slope.dot(covariance * inner_slope);
        out_.summary.max_scaled_gradient = 0.0;
        out_.covariance.resize(n, n);
        for (Index k = 0; k < n; ++k) {
            const double relative = std::sqrt(covariance(k, k));
            // Beside one that runs off: as if that were free, which leaves what it makes up for open.
            const Index i = inner_[static_cast<std::size_t>(k)];
            for (Index l = 0; l < n; ++l)
                out_.covariance(k, l) = boundary_.empty() ? covariance(k, l) / (scale_[k] * scale_[l])
                                                          : all_free_(i, inner_[static_cast<std::size_t>(l)]);
            out_.standard_error[parameter(i)] = std::sqrt(out_.covariance(k, k));
            out_.summary.max_scaled_gradient =
                std::max(out_.summary.max_scaled_gradient, std::abs(inner_slope[k]) * relative);
        }
        // Symmetric to the last bit: half of it is what a file keeps.
        out_.covariance.triangularView<Eigen::StrictlyUpper>() = out_.covariance.transpose();
        if (gain <= kGain) return true;
        Index worst = 0;
        inner_slope.cwiseAbs().maxCoeff(&worst);
        end(FitSummary::End::diverged,
            fmt::format("the search stopped before a maximum: '{}' still pulls, {} to gain",
                        spec_.parameters[parameter(inner_[static_cast<std::size_t>(worst)])].name,
                        shortest(gain)));
        return false;
    }

    /// Parameters of which their prior knows more than the data.
    void list_held() {
        for (const Index i : inner_) {
            const Parameter& p = spec_.parameters[parameter(i)];
            if (!p.prior) continue;
            const double share = 1.0 / (p.prior->sd * p.prior->sd) / information_(i, i);
            if (share < kPriorShare) continue;
            if (p.held)
                out_.summary.held.push_back(p.name);
            else if (out_.summary.end != FitSummary::End::not_identified)
                end(FitSummary::End::not_identified,
                    fmt::format("'{}' is known from its prior only, but is not declared as held", p.name));
        }
    }

    const Objective& objective_;
    const Search& search_;
    const Spec& spec_;
    ParameterSet& out_;
    MatrixXd information_;
    std::vector<Index> boundary_, inner_;
    MatrixXd all_free_;  ///< all_free()
    VectorXd scale_;
    Eigen::SelfAdjointEigenSolver<MatrixXd> eigen_;
};

}  // namespace

void judge(const Objective& objective, const Search& search, ParameterSet& out) {
    Judge(objective, search, out).run();
}

}  // namespace bellwether::markov

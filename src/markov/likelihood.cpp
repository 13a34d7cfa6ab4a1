#include "bellwether/markov/likelihood.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "bellwether/markov/transition.hpp"

#include "expm.hpp"
#include "prepared.hpp"

namespace bellwether::markov {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

std::size_t size(Index i) {
    return static_cast<std::size_t>(i);
}

/// One subject's pass over its rows. Columns = rows of the subject.
class Pass {
public:
    Pass(const Likelihood::Prepared& prepared, const Values& values, const Matrices& matrices)
        : in_(prepared), values_(values), m_(matrices), K_(static_cast<Index>(prepared.spec.states.size())) {
        const auto n = static_cast<Index>(prepared.longest);
        predicted_.resize(K_, n);
        weight_.resize(K_, n);
        filtered_.resize(K_, n);
        scale_.resize(n);
    }

    double forward(std::size_t subject) {
        const std::size_t first = in_.first[subject];
        double log_lik = 0.0;
        density_.clear();
        for (std::size_t i = first; i < in_.first[subject + 1]; ++i) {
            const auto j = static_cast<Index>(i - first);
            if (in_.rows[i].slot < 0)
                predicted_.col(j) = m_.start;
            else
                predicted_.col(j).noalias() = m_.P[size(in_.rows[i].slot)].transpose() * filtered_.col(j - 1);
            log_lik += update(in_.rows[i], j);
            if (!std::isfinite(log_lik)) return log_lik;
        }
        return log_lik;
    }

    /// Adds the subject's gradient; to be called right after its forward pass.
    void backward(std::size_t subject, std::vector<MatrixXd>& by_P, std::vector<MatrixXd>& by_Q,
                  VectorXd& by_start, std::vector<double>& gradient) {
        const std::size_t first = in_.first[subject];
        VectorXd beta = VectorXd::Ones(K_), by_predicted(K_), posterior(K_);
        std::size_t density = density_.size();
        for (std::size_t i = in_.first[subject + 1]; i-- > first;) {
            const PreparedRow& row = in_.rows[i];
            const auto j = static_cast<Index>(i - first);
            by_predicted = weight_.col(j) / scale_[j];
            if (row.kind == Kind::exact_entry) {  // filtered = 1 in d alone, so beta[d] is 1
                const auto d = static_cast<Index>(row.state);
                const MatrixXd& Q = m_.Q[size(row.generator)];
                by_Q[size(row.generator)].col(d) += predicted_.col(j).cwiseProduct(by_predicted);
                by_predicted.array() *= Q.col(d).array();
            } else {
                by_predicted.array() *= beta.array();
            }
            posterior = predicted_.col(j).cwiseProduct(by_predicted);
            density -= densities_of(row);
            add_emissions(row, density, posterior, gradient);
            if (row.slot < 0) {
                by_start += by_predicted;
            } else {
                by_P[size(row.slot)].noalias() += filtered_.col(j - 1) * by_predicted.transpose();
                beta.noalias() = m_.P[size(row.slot)] * by_predicted;
            }
        }
    }

private:
    [[nodiscard]] std::size_t densities_of(const PreparedRow& row) const {
        std::size_t n = 0;
        for (std::size_t e = row.begin; e < row.end; ++e)
            n += in_.spec.channels[in_.evidence[e].channel].groups.size();
        return n;
    }

    /// Weighs the prediction of row j by what was observed. Returns the row's log likelihood.
    double update(const PreparedRow& row, Index j) {
        auto w = weight_.col(j);
        w.setZero();
        for (std::size_t e = row.begin; e < row.end; ++e) {
            const Evidence& evidence = in_.evidence[e];
            const Channel& channel = in_.spec.channels[evidence.channel];
            const std::size_t at = density_.size();
            for (const Channel::Group& group : channel.groups)
                density_.push_back(density(channel, group, evidence, values_));
            for (Index s = 0; s < K_; ++s) {
                const int g = channel.group[size(s)];
                w[s] += g == Channel::kNone ? -kInfinity : density_[at + static_cast<std::size_t>(g)].log;
            }
        }
        double top = -kInfinity;
        for (Index s = 0; s < K_; ++s) {
            if (row.kind == Kind::one_of && !contains(row.among, size(s))) w[s] = -kInfinity;
            if (row.kind == Kind::exact_entry && size(s) == row.state) w[s] = -kInfinity;
            if (predicted_(s, j) > 0.0) top = std::max(top, w[s]);
        }
        if (top == -kInfinity) return -kInfinity;
        for (Index s = 0; s < K_; ++s)
            w[s] = predicted_(s, j) > 0.0 ? std::exp(w[s] - top) : 0.0;
        auto filtered = filtered_.col(j);
        filtered = predicted_.col(j).cwiseProduct(w);
        if (row.kind == Kind::exact_entry) {
            const auto d = static_cast<Index>(row.state);
            scale_[j] = filtered.dot(m_.Q[size(row.generator)].col(d));
            filtered.setZero();
            filtered[d] = 1.0;
        } else {
            scale_[j] = filtered.sum();
            filtered /= scale_[j];
        }
        return scale_[j] > 0.0 ? top + std::log(scale_[j]) : (scale_[j] == 0.0 ? -kInfinity : scale_[j]);
    }

    void add_emissions(const PreparedRow& row, std::size_t at, const VectorXd& posterior,
                       std::vector<double>& gradient) const {
        for (std::size_t e = row.begin; e < row.end; ++e) {
            const Evidence& evidence = in_.evidence[e];
            const Channel& channel = in_.spec.channels[evidence.channel];
            for (std::size_t g = 0; g < channel.groups.size(); ++g, ++at) {
                double mass = 0.0;
                for (Index s = 0; s < K_; ++s)
                    if (channel.group[size(s)] == static_cast<int>(g)) mass += posterior[s];
                if (mass == 0.0 || evidence.form == Evidence::Form::silent) continue;
                const Channel::Group& group = channel.groups[g];
                if (evidence.form == Evidence::Form::categorical) {
                    add_category(group, evidence.category, mass, gradient);
                    continue;
                }
                const GroupDensity& d = density_[at];
                for (std::size_t p = 0; p < Channel::kPatterns; ++p)
                    gradient[static_cast<std::size_t>(group.mean[p])] += mass * d.by_mean[p];
                gradient[static_cast<std::size_t>(group.sd)] += mass * d.by_log_sd;
                if (group.diffusion != Channel::kNone)
                    gradient[static_cast<std::size_t>(group.diffusion)] += mass * d.by_log_diffusion;
            }
        }
    }

    void add_category(const Channel::Group& group, std::size_t seen, double mass,
                      std::vector<double>& gradient) const {
        double sum = 0.0;
        for (const int odds : group.odds)
            if (odds != Channel::Group::kImpossible)
                sum +=
                    odds == Channel::Group::kBase ? 1.0 : std::exp(values_[static_cast<std::size_t>(odds)]);
        for (std::size_t c = 0; c < group.odds.size(); ++c) {
            if (group.odds[c] < 0) continue;
            const auto p = static_cast<std::size_t>(group.odds[c]);
            gradient[p] += mass * ((c == seen ? 1.0 : 0.0) - std::exp(values_[p]) / sum);
        }
    }

    const Likelihood::Prepared& in_;
    const Values& values_;
    const Matrices& m_;
    Index K_;
    MatrixXd predicted_, weight_, filtered_;
    VectorXd scale_;
    std::vector<GroupDensity> density_;  ///< of the subject's evidence, group by group
};

bool in_range(const Spec& spec, const Values& values) {
    for (std::size_t p = 0; p < spec.parameters.size(); ++p)
        if (!std::isfinite(values[p]) ||
            (spec.parameters[p].scale == Parameter::Scale::log && !(values[p] > 0.0)))
            return false;
    return true;
}

/// From the adjoints of the distinct P(dt) to the parameters of the intensities.
void add_intensities(const Likelihood::Prepared& in, const Matrices& m, const std::vector<MatrixXd>& by_P,
                     std::vector<MatrixXd>& by_Q, std::vector<double>& gradient) {
    for (std::size_t k = 0; k < in.slots.size(); ++k) {
        const auto g = size(in.slots[k].generator);
        const double dt = in.slots[k].gap;
        if (dt > 0.0) by_Q[g] += dt * exponential_derivative(m.Q[g].transpose() * dt, by_P[k]);
    }
    for (std::size_t g = 0; g < in.generators.size(); ++g) {
        for (const Transition& t : in.spec.transitions) {
            const auto r = static_cast<Index>(t.from), s = static_cast<Index>(t.to);
            const double by_log = (by_Q[g](r, s) - by_Q[g](r, r)) * m.Q[g](r, s);
            gradient[t.rate] += by_log;
            for (const Effect& e : t.effects)
                gradient[e.parameter] +=
                    by_log * (in.generators[g][e.covariate] - in.spec.covariates[e.covariate].centre);
        }
    }
}

void add_start(const Spec& spec, const VectorXd& start, const VectorXd& by_start,
               std::vector<double>& gradient) {
    const double mean = start.dot(by_start);
    for (const StartFactor& factor : spec.start)
        for (std::size_t s = 0; s < spec.states.size(); ++s) {
            if (factor.label_of[s] < 0) continue;
            const int p = factor.parameter[static_cast<std::size_t>(factor.label_of[s])];
            const auto i = static_cast<Index>(s);
            if (p >= 0) gradient[static_cast<std::size_t>(p)] += start[i] * (by_start[i] - mean);
        }
}

}  // namespace

VectorXd start_probabilities(const Spec& spec, const Values& values) {
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
        }
        p[static_cast<Index>(s)] = odds;
    }
    // std::exp, since Eigen's own turns -infinity into 1e-308.
    const double top = p.maxCoeff();
    p = p.unaryExpr([top](double x) { return std::exp(x - top); }).eval();
    return p / p.sum();
}

Likelihood::Likelihood(const Spec& spec, const Panel& panel)
    : prepared_(std::make_unique<const Prepared>(spec, panel)) {}
Likelihood::~Likelihood() = default;
Likelihood::Likelihood(Likelihood&&) noexcept = default;
Likelihood& Likelihood::operator=(Likelihood&&) noexcept = default;

std::size_t Likelihood::distinct_gaps() const {
    return prepared_->slots.size();
}

double Likelihood::value(const Values& values) const {
    if (!in_range(prepared_->spec, values)) return std::numeric_limits<double>::quiet_NaN();
    const Matrices matrices(*prepared_, values);
    Pass pass(*prepared_, values, matrices);
    double sum = 0.0;
    for (std::size_t s = 0; s + 1 < prepared_->first.size(); ++s)
        sum += pass.forward(s);
    return sum;
}

std::vector<double> Likelihood::by_subject(const Values& values) const {
    std::vector<double> out(prepared_->first.size() - 1, std::numeric_limits<double>::quiet_NaN());
    if (!in_range(prepared_->spec, values)) return out;
    const Matrices matrices(*prepared_, values);
    Pass pass(*prepared_, values, matrices);
    for (std::size_t s = 0; s < out.size(); ++s)
        out[s] = pass.forward(s);
    return out;
}

double Likelihood::value(const Values& values, std::vector<double>& gradient) const {
    const Prepared& in = *prepared_;
    gradient.assign(in.spec.parameters.size(), 0.0);
    if (!in_range(in.spec, values)) return std::numeric_limits<double>::quiet_NaN();
    const Matrices matrices(in, values);
    const auto K = static_cast<Index>(in.spec.states.size());
    std::vector<MatrixXd> by_P(in.slots.size(), MatrixXd::Zero(K, K));
    std::vector<MatrixXd> by_Q(in.generators.size(), MatrixXd::Zero(K, K));
    VectorXd by_start = VectorXd::Zero(K);
    Pass pass(in, values, matrices);
    double sum = 0.0;
    for (std::size_t s = 0; s + 1 < in.first.size(); ++s) {
        if (in.first[s] == in.first[s + 1]) continue;
        const double one = pass.forward(s);
        sum += one;
        if (!std::isfinite(one)) return sum;
        pass.backward(s, by_P, by_Q, by_start, gradient);
    }
    add_intensities(in, matrices, by_P, by_Q, gradient);
    add_start(in.spec, matrices.start, by_start, gradient);
    return sum;
}

}  // namespace bellwether::markov

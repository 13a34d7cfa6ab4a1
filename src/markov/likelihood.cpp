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

/// By the log odds of the start: softmax.
void add_start(const Spec& spec, const VectorXd& start, const VectorXd& by_start,
               const std::vector<double>& covariates, std::vector<double>& gradient) {
    const double mean = start.dot(by_start);
    for (const StartFactor& factor : spec.start)
        for (std::size_t s = 0; s < spec.states.size(); ++s) {
            if (factor.label_of[s] < 0) continue;
            const auto label = static_cast<std::size_t>(factor.label_of[s]);
            const auto i = static_cast<Index>(s);
            const double slope = start[i] * (by_start[i] - mean);
            if (factor.parameter[label] >= 0)
                gradient[static_cast<std::size_t>(factor.parameter[label])] += slope;
            if (factor.effects.empty()) continue;
            for (const Effect& e : factor.effects[label])
                gradient[e.parameter] +=
                    slope * e.factor * (covariates[e.covariate] - spec.covariates[e.covariate].centre);
        }
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
        arrived_.resize(K_, n);
        scale_.resize(n);
    }

    double forward(std::size_t subject) {
        const std::size_t first = in_.first[subject];
        double log_lik = 0.0;
        density_.clear();
        for (std::size_t i = first; i < in_.first[subject + 1]; ++i) {
            const auto j = static_cast<Index>(i - first);
            predict(subject, in_.rows[i], j);
            log_lik += update(in_.rows[i], j);
            if (!std::isfinite(log_lik)) return log_lik;
        }
        return log_lik;
    }

    /// Adds the subject's gradient; to be called right after its forward pass.
    void backward(std::size_t subject, std::vector<MatrixXd>& by_P, std::vector<MatrixXd>& by_Q,
                  std::vector<double>& gradient) {
        const std::size_t first = in_.first[subject];
        const double weight = in_.weight[subject];
        VectorXd beta = VectorXd::Constant(K_, weight), by_predicted(K_), posterior(K_);
        std::size_t density = density_.size();
        for (std::size_t i = in_.first[subject + 1]; i-- > first;) {
            const PreparedRow& row = in_.rows[i];
            const auto j = static_cast<Index>(i - first);
            by_predicted = weight_.col(j) / scale_[j];
            if (row.kind == Kind::exact_entry) {  // filtered = 1 in d alone, so beta[d] is `weight`
                by_predicted *= weight;
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
                if (!row.known && in_.own_start[subject].empty())
                    add_start(in_.spec, predicted_.col(j), by_predicted, in_.first_covariates[subject],
                              gradient);
            } else {
                if (row.kind == Kind::entry) {
                    const auto g = size(row.generator);
                    by_Q[g].noalias() += arrived_.col(j) * by_predicted.transpose();
                    by_Q[g].diagonal() -= arrived_.col(j).cwiseProduct(by_predicted);
                    by_predicted = m_.Q[g] * by_predicted - m_.Q[g].diagonal().cwiseProduct(by_predicted);
                }
                by_P[size(row.slot)].noalias() += filtered_.col(j - 1) * by_predicted.transpose();
                beta.noalias() = m_.P[size(row.slot)] * by_predicted;
            }
        }
    }

private:
    void predict(std::size_t subject, const PreparedRow& row, Index j) {
        if (row.slot >= 0) {
            predicted_.col(j).noalias() = m_.P[size(row.slot)].transpose() * filtered_.col(j - 1);
            if (row.kind != Kind::entry) return;
            arrived_.col(j) = predicted_.col(j);
            const MatrixXd& Q = m_.Q[size(row.generator)];
            predicted_.col(j) = Q.transpose() * arrived_.col(j) - Q.diagonal().cwiseProduct(arrived_.col(j));
            return;
        }
        const std::vector<double>& own = in_.own_start[subject];
        if (row.known)
            predicted_.col(j).setOnes();
        else if (!own.empty())
            predicted_.col(j) = Eigen::Map<const VectorXd>(own.data(), K_);
        else
            predicted_.col(j) = start_probabilities(in_.spec, values_, in_.first_covariates[subject]);
    }

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
                density_.push_back(density(channel, group, evidence, values_, in_.spec.parameters));
            for (Index s = 0; s < K_; ++s) {
                const int g = channel.group[size(s)];
                w[s] += g == Channel::kNone ? -kInfinity : density_[at + static_cast<std::size_t>(g)].log;
            }
        }
        double top = -kInfinity;
        for (Index s = 0; s < K_; ++s) {
            if (row.kind != Kind::exact_entry && !contains(row.among, size(s))) w[s] = -kInfinity;
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
                    add_category(group, evidence, mass, gradient);
                    continue;
                }
                if (evidence.form == Evidence::Form::law) {
                    add_law(group, evidence, density_[at], mass, gradient);
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

    void add_category(const Channel::Group& group, const Evidence& e, double mass,
                      std::vector<double>& gradient) const {
        const auto seen = [&](std::size_t c) {
            return e.reading.among != 0 ? contains(e.reading.among, c) : c == e.category;
        };
        const auto odds = [&](std::size_t c) { return std::exp(log_odds_of(group, c, values_, e.centred)); };
        double sum = 0.0, mine = 0.0;
        for (std::size_t c = 0; c < group.odds.size(); ++c) {
            sum += odds(c);
            if (seen(c)) mine += odds(c);
        }
        for (std::size_t c = 0; c < group.odds.size(); ++c) {
            const double slope = mass * ((seen(c) ? odds(c) / mine : 0.0) - odds(c) / sum);
            if (group.odds[c] >= 0) gradient[static_cast<std::size_t>(group.odds[c])] += slope;
            if (!group.odds_effects.empty()) add_effects(group.odds_effects[c], slope, e.centred, gradient);
        }
    }

    static void add_effects(const std::vector<Effect>& effects, double slope, std::span<const double> centred,
                            std::vector<double>& gradient) {
        for (const Effect& effect : effects)
            gradient[effect.parameter] += slope * effect.factor * centred[effect.covariate];
    }

    static void add_law(const Channel::Group& group, const Evidence& e, const GroupDensity& d, double mass,
                        std::vector<double>& gradient) {
        for (std::size_t i = 0; i < group.terms.size(); ++i) {
            gradient[group.terms[i].parameter] += mass * d.by_term[i];
            add_effects(group.terms[i].effects, mass * d.by_term[i], e.centred, gradient);
        }
    }

    const Likelihood::Prepared& in_;
    const Values& values_;
    const Matrices& m_;
    Index K_;
    MatrixXd predicted_, weight_, filtered_;
    MatrixXd arrived_;  ///< of an entry row: the states just before the entry
    VectorXd scale_;
    std::vector<GroupDensity> density_;  ///< of the subject's evidence, group by group
};

bool in_range(const Spec& spec, const Values& values) {
    for (std::size_t p = 0; p < spec.parameters.size(); ++p)
        if (const Parameter& q = spec.parameters[p];
            std::isnan(values[p]) || (!q.fixed && !std::isfinite(values[p])) ||
            (q.scale != Parameter::Scale::identity && !(values[p] > 0.0)) ||
            (q.scale == Parameter::Scale::logit && !(values[p] < 1.0)))
            return false;
    return true;
}

/// From the adjoints of the distinct P(dt) to the parameters of the intensities.
void add_intensities(const Likelihood::Prepared& in, const Matrices& m, const std::vector<MatrixXd>& by_P,
                     std::vector<MatrixXd>& by_Q, std::vector<double>& gradient) {
    for (std::size_t k = 0; k < in.slots.size(); ++k) {
        const auto g = size(in.slots[k].generator);
        const double dt = in.slots[k].gap;
        if (in.slots[k].watched) {  // row r: exp(q_rr dt) times 1 or q_rs
            const VectorXd stay = (m.Q[g].diagonal() * dt).array().exp();
            by_Q[g].diagonal() += dt * by_P[k].cwiseProduct(m.P[k]).rowwise().sum();
            MatrixXd moves = stay.asDiagonal() * by_P[k];
            moves.diagonal().setZero();
            by_Q[g] += moves;
        } else if (dt > 0.0)
            by_Q[g] += dt * exponential_derivative(m.Q[g].transpose() * dt, by_P[k]);
    }
    for (std::size_t g = 0; g < in.generators.size(); ++g) {
        for (const Transition& t : in.spec.transitions) {
            const auto r = static_cast<Index>(t.from), s = static_cast<Index>(t.to);
            const double by_log = (by_Q[g](r, s) - by_Q[g](r, r)) * m.Q[g](r, s);
            gradient[t.rate] += by_log;
            for (const Effect& e : t.effects)
                gradient[e.parameter] +=
                    by_log * e.factor *
                    (in.generators[g][e.covariate] - in.spec.covariates[e.covariate].centre);
        }
    }
}

}  // namespace

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
        if (prepared_->weight[s] > 0.0) sum += prepared_->weight[s] * pass.forward(s);
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
    Pass pass(in, values, matrices);
    double sum = 0.0;
    for (std::size_t s = 0; s + 1 < in.first.size(); ++s) {
        if (in.first[s] == in.first[s + 1] || in.weight[s] == 0.0) continue;
        const double one = pass.forward(s);
        sum += in.weight[s] * one;
        if (!std::isfinite(one)) return sum;
        pass.backward(s, by_P, by_Q, gradient);
    }
    add_intensities(in, matrices, by_P, by_Q, gradient);
    return sum;
}

}  // namespace bellwether::markov

#include "markov/support/oracle.hpp"

#include <cmath>
#include <span>

#include <catch2/catch.hpp>

namespace oracle {
using namespace bellwether::markov;
using bellwether::Days;
using Eigen::Index;

const std::string kEverything = R"(
schema: 1
model: everything
numbers: illustrative
axes: {kinetics: [shrinking, stable, growing]}
states:
  - {name: down, kinetics: shrinking, labels: [alive]}
  - {name: flat, kinetics: stable, labels: [alive]}
  - {name: up, kinetics: growing, labels: [alive]}
  - {name: dead, absorbing: true, entry: exact}
covariates:
  - {name: drug, kind: indicator}
  - {name: age, time: varying, centre: 60}
transitions:
  - {from: shrinking, to: stable, rate: 0.02, effects: {drug: -0.4, age: {start: 0.01, tie: ageing}}}
  - {from: stable, to: shrinking, rate: {start: 0.01, prior: {centre: 0.012, sd: 0.8}}}
  - {from: stable, to: growing, rate: {start: 0.015, tie: worse}, effects: {drug: {start: -0.3}}}
  - {from: growing, to: stable, rate: 0.005}
  - {from: shrinking, to: growing, rate: {start: 0.015, tie: worse}}
  - {from: [shrinking, stable], to: dead, rate: 0.001}
  - {from: growing, to: dead, rate: 0.004, effects: {age: {start: 0.01, tie: ageing}}}
channels:
  - name: ctdna
    says: rate
    family: lognormal
    mean:
      shrinking: [{when: {drug: 1}, start: -0.04}, {start: -0.01}]
      stable: {start: 0, fixed: true}
      growing: 0.03
    sd: 0.4
    diffusion: 0.05
    undetected: {offset: -0.7, sd: 0.9}
  - name: mdsc
    says: own-baseline
    family: normal
    mean: {shrinking: -0.5, stable: 0.1, growing: 0.8}
    sd: {shrinking: 0.6, stable: 0.6, growing: {start: 0.9, tie: wide}}
  - name: nlr
    says: level
    family: lognormal
    mean: {shrinking: 0.7, stable: 1.0, growing: [{when: {drug: 1}, start: 1.4}, {start: 1.6}]}
    sd: 0.5
  - name: grade
    says: level
    family: categorical
    categories: [low, mid, high]
    probabilities:
      shrinking: {low: 0.7, mid: 0.2, high: 0.1}
      stable: {low: 0.3, mid: 0.6, high: 0.1}
      growing: {mid: 0.4, high: 0.6}
start:
  estimate: true
  probabilities: {shrinking: 0.3, stable: 0.5, growing: 0.2}
anchors:
  - {channel: ctdna, order: [shrinking, stable, growing], when: {drug: 1}}
)";

Spec spec_of(const std::string& text) {
    bellwether::Findings findings;
    Spec spec = read_spec(text, "test.yaml", findings);
    for (const auto& d : findings.list)
        UNSCOPED_INFO(to_string(d));
    REQUIRE(findings.ok());
    return spec;
}

Eigen::MatrixXd taylor(const Eigen::MatrixXd& Q, double t) {
    using Long = Eigen::Matrix<long double, Eigen::Dynamic, Eigen::Dynamic>;
    const int halvings = 40;
    const Long A = Q.cast<long double>() * std::ldexp(static_cast<long double>(t), -halvings);
    Long power = Long::Identity(Q.rows(), Q.cols()), sum = Long::Zero(Q.rows(), Q.cols());
    for (int i = 1; i < 12; ++i) {
        power = power * A / static_cast<long double>(i);
        sum += power;
    }
    // (I + s)^2 = I + 2 s + s^2 keeps the small part s to full precision
    for (int i = 0; i < halvings; ++i)
        sum = (2.0L * sum + sum * sum).eval();
    return (sum + Long::Identity(Q.rows(), Q.cols())).cast<double>();
}

Eigen::MatrixXd intensities(const Spec& spec, const Values& values, std::span<const double> covariates) {
    Eigen::MatrixXd Q =
        Eigen::MatrixXd::Zero(static_cast<Index>(spec.states.size()), static_cast<Index>(spec.states.size()));
    for (const auto& t : spec.transitions) {
        double q = values[t.rate];
        for (const auto& e : t.effects)
            q *= std::pow(std::exp(values[e.parameter]),
                          covariates[e.covariate] - spec.covariates[e.covariate].centre);
        Q(static_cast<Index>(t.from), static_cast<Index>(t.to)) += q;
    }
    for (Index s = 0; s < Q.rows(); ++s)
        Q(s, s) = -Q.row(s).sum();
    return Q;
}

namespace {

double pdf(double x, double m, double s) {
    return std::exp(-0.5 * (x - m) * (x - m) / (s * s)) / (s * std::sqrt(2 * M_PI));
}
double cdf(double z) {
    return 0.5 * std::erfc(-z / std::sqrt(2.0));
}

/// Normal reading x or beyond, as it was censored.
double seen(double x, Censor c, double m, double s) {
    if (c == Censor::left) return cdf((x - m) / s);
    if (c == Censor::right) return cdf((m - x) / s);
    return pdf(x, m, s);
}

/// The same, its mean resting on a value that was beyond a limit: Simpson's rule over what that value may
/// have been.
double seen_after(double x, Censor c, double limit, Censor before, double shift, double s,
                  const CensoredPrior& prior) {
    const double sign = before == Censor::left ? 1.0 : -1.0;
    const int n = 40000;
    const double low = prior.offset - 14.0 * prior.sd - 14.0 * s, h = (0.0 - low) / n;
    double sum = 0.0;
    for (int i = 0; i <= n; ++i) {
        const double u = low + h * i;
        const double weight = i == 0 || i == n ? 1.0 : (i % 2 == 1 ? 4.0 : 2.0);
        sum += weight * pdf(u, prior.offset, prior.sd) * seen(x, c, limit + sign * u + shift, s);
    }
    return sum * h / 3.0 / cdf(-prior.offset / prior.sd);
}

struct Last {
    bool any = false;
    double x = 0.0;
    Censor censor = Censor::none;
    std::size_t row = 0;
};

class Subject {
public:
    Subject(const Spec& spec, const Values& values, const Panel& panel, std::size_t subject)
        : spec_(spec), values_(values), panel_(panel), first_(panel.first_row(subject)) {}

    [[nodiscard]] double mean(const Channel& channel, std::size_t state, std::size_t row) const {
        // covariates in force up to this row
        const Row r = panel_.row(row == first_ ? first_ : row - 1);
        const auto& group = channel.groups[static_cast<std::size_t>(channel.group[state])];
        std::size_t pattern = 0;
        for (std::size_t i = 0; i < channel.conditions.size(); ++i)
            if (r.covariates[channel.conditions[i].covariate] == channel.conditions[i].value)
                pattern += std::size_t{1} << i;
        return values_[static_cast<std::size_t>(group.mean[pattern])];
    }

    /// Density of one reading in one state, looking back over the subject's rows.
    [[nodiscard]] double weight(std::size_t c, std::size_t state, std::size_t row) const {
        const Channel& channel = spec_.channels[c];
        const Reading now = panel_.row(row).readings[c];
        if (!now.present) return 1.0;
        if (channel.group[state] < 0) return 0.0;
        const auto& group = channel.groups[static_cast<std::size_t>(channel.group[state])];
        if (channel.family == Family::categorical) {
            double total = 0.0, mine = 0.0;
            for (std::size_t k = 0; k < group.odds.size(); ++k) {
                const double w = group.odds[k] == -2 ? 0.0
                                 : group.odds[k] == -1
                                     ? 1.0
                                     : std::exp(values_[static_cast<std::size_t>(group.odds[k])]);
                total += w;
                if (static_cast<double>(k) == now.value) mine = w;
            }
            return mine / total;
        }
        const bool logs = channel.family == Family::lognormal;
        const auto scaled = [&](double x) { return logs ? std::log(x) : x; };
        const double sd = values_[static_cast<std::size_t>(group.sd)];
        const double x = scaled(now.value);
        if (channel.says == Says::level) return seen(x, now.censor, mean(channel, state, row), sd);
        if (channel.says == Says::own_baseline) {
            std::size_t base = row;
            bool found = false;
            for (std::size_t i = first_; i < row; ++i) {
                const Reading r = panel_.row(i).readings[c];
                if (r.present && r.censor == Censor::none && (!found || r.baseline)) base = i, found = true;
            }
            if (!found || now.baseline) return 1.0;
            return seen(x - scaled(panel_.row(base).readings[c].value), now.censor, mean(channel, state, row),
                        sd);
        }
        Last last;
        for (std::size_t i = first_; i < row; ++i)
            if (const Reading r = panel_.row(i).readings[c]; r.present)
                last = {true, scaled(r.value), r.censor, i};
        if (!last.any) return 1.0;
        double shift = 0.0;
        for (std::size_t i = last.row + 1; i <= row; ++i)
            shift += mean(channel, state, i) * (panel_.row(i).time.count - panel_.row(i - 1).time.count);
        const double gap = panel_.row(row).time.count - panel_.row(last.row).time.count;
        const double diffusion =
            group.diffusion < 0 ? 0.0 : values_[static_cast<std::size_t>(group.diffusion)];
        const double s = std::sqrt(sd * sd + diffusion * diffusion * gap);
        if (last.censor == Censor::none) return seen(x, now.censor, last.x + shift, s);
        return seen_after(x, now.censor, last.x, last.censor, shift, s, *channel.censored_prior);
    }

    [[nodiscard]] double weight(std::size_t state, std::size_t row) const {
        double w = 1.0;
        for (std::size_t c = 0; c < spec_.channels.size(); ++c)
            w *= weight(c, state, row);
        return w;
    }

private:
    const Spec& spec_;
    const Values& values_;
    const Panel& panel_;
    std::size_t first_;
};

Eigen::VectorXd start_of(const Spec& spec, const Values& values) {
    Eigen::VectorXd p = Eigen::VectorXd::Ones(static_cast<Index>(spec.states.size()));
    for (std::size_t s = 0; s < spec.states.size(); ++s)
        for (const auto& f : spec.start) {
            const int label = f.label_of[s];
            const int q = label < 0 ? 0 : f.parameter[static_cast<std::size_t>(label)];
            p[static_cast<Index>(s)] *= label < 0 ? 0.0
                                        : q < 0   ? 1.0
                                                  : std::exp(values[static_cast<std::size_t>(q)]);
        }
    return p / p.sum();
}

}  // namespace

Paths enumerate(const Spec& spec, const Values& values, const Panel& panel, std::size_t subject,
                std::size_t rows) {
    const Subject data(spec, values, panel, subject);
    const std::size_t first = panel.first_row(subject), K = spec.states.size();
    const Eigen::VectorXd start = start_of(spec, values);
    // one step at a time, every path extended by every state
    Paths out;
    for (std::size_t i = 0; i < rows; ++i) {
        const Row row = panel.row(first + i);
        Eigen::MatrixXd P, Q;
        if (i > 0) {
            const Row last = panel.row(first + i - 1);
            Q = intensities(spec, values, last.covariates);
            P = taylor(Q, row.time.count - last.time.count);
        }
        std::vector<double> w(K);
        for (std::size_t s = 0; s < K; ++s)
            w[s] = data.weight(s, first + i);
        Paths next;
        const std::size_t paths = i == 0 ? 1 : out.joint.size();
        for (std::size_t p = 0; p < paths; ++p) {
            for (std::size_t s = 0; s < K; ++s) {
                double step = 0.0;
                const auto to = static_cast<Index>(s);
                if (i == 0)
                    step = start[to] * w[s];
                else if (row.kind == Kind::exact_entry) {
                    const auto from = static_cast<Index>(out.state[p].back());
                    for (std::size_t r = 0; s == row.state && r < K; ++r)
                        if (r != s)
                            step += P(from, static_cast<Index>(r)) * w[r] * Q(static_cast<Index>(r), to);
                } else {
                    step = P(static_cast<Index>(out.state[p].back()), to) * w[s];
                }
                if (row.kind == Kind::one_of && !contains(row.among, s)) step = 0.0;
                const double joint = (i == 0 ? 1.0 : out.joint[p]) * step;
                if (joint <= 0.0) continue;
                next.state.push_back(i == 0 ? std::vector<std::size_t>{} : out.state[p]);
                next.state.back().push_back(s);
                next.joint.push_back(joint);
            }
        }
        out = std::move(next);
    }
    for (const double j : out.joint)
        out.total += j;
    return out;
}

Panel random_panel(const Spec& spec, std::size_t subjects, std::size_t rows, unsigned seed) {
    std::mt19937_64 random(seed);
    const auto chance = [&](double p) { return std::uniform_real_distribution<double>(0, 1)(random) < p; };
    const auto normal = [&](double m, double s) { return std::normal_distribution<double>(m, s)(random); };
    Panel panel(spec);
    for (std::size_t i = 0; i < subjects; ++i) {
        panel.begin_subject("S" + std::to_string(i));
        double day = 0.0, age = 50.0 + static_cast<double>(i % 4) * 5.0;
        double drug = chance(0.5) ? 1.0 : 0.0;
        const bool dies = chance(0.4);
        for (std::size_t j = 0; j < rows; ++j) {
            std::vector<Reading> readings(spec.channels.size());
            Row row;
            row.time = Days{day};
            if (dies && j + 1 == rows && day > panel.row(panel.rows() - 1).time.count) {
                row.kind = Kind::exact_entry;
                row.state = 3;
            } else if (j > 0 && day > panel.row(panel.rows() - 1).time.count && chance(0.1)) {
                row.kind = Kind::exact_entry;  // into a live state: the path goes on
                row.state = 2;
            } else if (chance(0.15)) {
                row.kind = Kind::one_of;
                row.among = chance(0.5) ? 0b0111 : 0b0110;
            }
            if (chance(0.8)) {
                const double x = std::exp(normal(0.5, 1.2));
                if (!chance(0.15))
                    readings[0] = x < 0.8   ? Reading::below(0.8)
                                  : x > 6.0 ? Reading::above(6.0)
                                            : Reading::of(x);
                if (chance(0.7)) readings[1] = chance(0.1) ? Reading::below(9.0) : Reading::of(normal(10, 1));
                if (readings[1].present && chance(0.15))
                    readings[1].baseline = readings[1].censor == Censor::none;
                if (chance(0.7))
                    readings[2] = chance(0.1) ? Reading::above(6.0) : Reading::of(std::exp(normal(1, 0.6)));
                if (chance(0.6)) readings[3] = Reading::of(chance(0.5) ? 1.0 : 2.0);
            }
            if (chance(0.3)) drug = 1.0 - drug;
            age += 0.5;
            const double covariates[] = {drug, age};
            row.readings = readings;
            row.covariates = covariates;
            panel.add(row);
            day += chance(0.1) ? 0.0 : chance(0.5) ? 21.0 : 42.0;
        }
    }
    return panel;
}

Values moved_values(const Spec& spec, unsigned seed) {
    std::mt19937_64 random(seed);
    Values values = spec.start_values();
    for (std::size_t p = 0; p < values.size(); ++p) {
        if (spec.parameters[p].fixed) continue;
        const double e = std::normal_distribution<double>(0, 0.1)(random);
        values[p] =
            spec.parameters[p].scale == Parameter::Scale::log ? values[p] * std::exp(e) : values[p] * (1 + e);
    }
    return values;
}

}  // namespace oracle

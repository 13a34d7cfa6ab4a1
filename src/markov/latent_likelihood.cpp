#include "latent_likelihood.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"

#include "evaluation.hpp"
#include "expm.hpp"
#include "switching.hpp"

namespace bellwether::markov {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kAtOnce = 8;
using Jet = ceres::Jet<double, kAtOnce>;
/// Gaps and subjects in a piece of work.
constexpr std::size_t kPiece = 32;

/// The parameters that a number carries derivatives by: [begin, end) of the free ones.
struct Chunk {
    const std::vector<std::size_t>* free = nullptr;
    std::size_t begin = 0, end = 0;
};

/// A number with its derivatives by all parameters, as a number of the sweep.
template <typename T>
T carried(double value, const std::vector<double>&, const Chunk&) {
    return value;
}
template <>
Jet carried<Jet>(double value, const std::vector<double>& slopes, const Chunk& chunk) {
    Jet out(value);
    for (std::size_t i = chunk.begin; i < chunk.end; ++i)
        out.v[static_cast<Eigen::Index>(i - chunk.begin)] = slopes[(*chunk.free)[i]];
    return out;
}

/// Derivative of a parameter's natural value by its unconstrained one.
double natural_slope(const Parameter& p, double value) {
    switch (p.scale) {
        case Parameter::Scale::identity:
            return 1.0;
        case Parameter::Scale::log:
            return value;
        case Parameter::Scale::logit:
            return value * (1.0 - value);
    }
    return 0.0;
}

}  // namespace

struct LatentLikelihood::Readings {
    std::vector<LevelReading> all;
    std::vector<std::size_t> begin;  ///< per row, and the end
};

/// All numbers of one set of values, and subjects over them.
template <typename T>
class LatentLikelihood::Sweep {
public:
    Sweep(const LatentLikelihood& of, const Values& values, Chunk chunk)
        : in_(of.in_), readings_(*of.readings_), values_(values), chunk_(chunk), K_(in_.spec.states.size()) {
        const Spec& spec = in_.spec;
        std::vector<double> slope(spec.parameters.size(), 0.0);
        for (std::size_t p = 0; p < spec.parameters.size(); ++p) {
            slope[p] = natural_slope(spec.parameters[p], values[p]);
            natural_.push_back(carried<T>(values[p], slope, chunk_));
            slope[p] = 0.0;
        }
        numbers_ = level_numbers(spec, natural_);
        for (const std::vector<double>& covariates : in_.generators)
            add_generator(covariates);
        tables_.resize(in_.slots.size());
        of.workers_.run((tables_.size() + kPiece - 1) / kPiece, [&](std::size_t piece, unsigned) {
            MomentMaker<T> maker(K_);
            for (std::size_t i = piece * kPiece; i < std::min(tables_.size(), (piece + 1) * kPiece); ++i)
                maker.make(&Q_[static_cast<std::size_t>(in_.slots[i].generator) * K_ * K_],
                           numbers_.rates.data(), in_.slots[i].gap, tables_[i]);
        });
    }

    /// Memory of one worker.
    struct Work {
        explicit Work(const Sweep& sweep)
            : switching(sweep.K_, sweep.numbers_.levels), slope(sweep.in_.spec.parameters.size(), 0.0) {}
        Switching<T> switching;
        Regimes<T> now, next;
        std::vector<T> start;
        std::vector<double> slope;
    };

    T subject(std::size_t index, Work& work) const {
        T sum(0.0);
        for (std::size_t i = in_.first[index]; i < in_.first[index + 1]; ++i) {
            const PreparedRow& row = in_.rows[i];
            if (row.slot < 0) {
                start(index, row.known, work);
                work.switching.start(numbers_, work.start, work.now);
            }
            const GrowthTable<T>* const table =
                row.slot < 0 ? nullptr : &tables_[static_cast<std::size_t>(row.slot)];
            const double gap = row.slot < 0 ? 0.0 : in_.slots[static_cast<std::size_t>(row.slot)].gap;
            work.switching.step(numbers_, work.now, table, gap,
                                std::span(readings_.all)
                                    .subspan(readings_.begin[i], readings_.begin[i + 1] - readings_.begin[i]),
                                work.next);
            weigh(row, work);
            T total(0.0);
            if (!scale(row, work.next.log_weight, total)) return T(-kInfinity);
            sum += total;
            std::swap(work.now, work.next);
        }
        return sum;
    }

private:
    void add_generator(const std::vector<double>& covariates) {
        using std::exp;
        const std::size_t at = Q_.size();
        Q_.resize(at + K_ * K_, T(0.0));
        for (const Transition& t : in_.spec.transitions) {
            T rate = natural_[t.rate];
            T log_ratio(0.0);
            for (const Effect& e : t.effects)
                log_ratio += natural_[e.parameter] *
                             (e.factor * (covariates[e.covariate] - in_.spec.covariates[e.covariate].centre));
            if (!t.effects.empty()) rate *= exp(log_ratio);
            Q_[at + t.from * K_ + t.to] = rate;
            Q_[at + t.from * K_ + t.from] -= rate;
        }
    }

    void start(std::size_t subject, bool known, Work& work) const {
        work.start.assign(K_, T(0.0));
        if (known) return;
        if (const std::vector<double>& own = in_.own_start[subject]; !own.empty()) {
            for (std::size_t s = 0; s < K_; ++s)
                work.start[s] = T(std::log(own[s]));
            return;
        }
        const std::vector<double>& covariates = in_.first_covariates[subject];
        const Eigen::VectorXd p = start_probabilities(in_.spec, values_, covariates);
        std::vector<double> by(K_, 0.0);
        for (std::size_t s = 0; s < K_; ++s) {
            const double chance = p[static_cast<Eigen::Index>(s)];
            if (chance > 0.0) {
                by[s] = 1.0 / chance;
                add_start(in_.spec, p.data(), by.data(), covariates, work.slope);
            }
            work.start[s] = carried<T>(std::log(chance), work.slope, chunk_);
            by[s] = 0.0;
            std::fill(work.slope.begin(), work.slope.end(), 0.0);
        }
    }

    /// What the channels without a level say, and the states that the row allows.
    void weigh(const PreparedRow& row, Work& work) const {
        std::vector<T>& log = work.next.log_weight;
        for (std::size_t i = row.begin; i < row.end; ++i) {
            const Item& item = in_.items[i];
            const Channel& channel = in_.spec.channels[item.channel];
            for (std::size_t s = 0; s < K_; ++s)
                if (channel.group[s] == Channel::kNone) log[s] = T(-kInfinity);
            if (item.how == Item::How::silent) continue;
            const Evidence& e = in_.evidence[item.index];
            if (e.form == Evidence::Form::latent) continue;
            for (std::size_t g = 0; g < channel.groups.size(); ++g) {
                const GroupDensity d = density(channel, channel.groups[g], e, values_, in_.spec.parameters);
                std::fill(work.slope.begin(), work.slope.end(), 0.0);
                if (std::isfinite(d.log)) add_density(channel.groups[g], e, d, values_, 1.0, work.slope);
                const T one = carried<T>(d.log, work.slope, chunk_);
                for (std::size_t s = 0; s < K_; ++s)
                    if (channel.group[s] == static_cast<int>(g)) log[s] += one;
            }
            std::fill(work.slope.begin(), work.slope.end(), 0.0);
        }
        if (row.kind == Kind::exact_entry) {
            const T* const Q = &Q_[static_cast<std::size_t>(row.generator) * K_ * K_];
            for (std::size_t s = 0; s < K_; ++s) {
                using std::log;
                const T& rate = Q[s * K_ + row.state];
                work.next.log_weight[s] =
                    s != row.state && plain(rate) > 0.0 ? work.next.log_weight[s] + log(rate) : T(-kInfinity);
            }
            return;
        }
        for (std::size_t s = 0; s < K_; ++s)
            if (!contains(row.among, s)) log[s] = T(-kInfinity);
    }

    /// Makes the weights add up to 1. @return false: the row is impossible
    bool scale(const PreparedRow& row, std::vector<T>& log_weight, T& total) const {
        using std::exp;
        using std::log;
        std::size_t top = 0;
        for (std::size_t s = 1; s < K_; ++s)
            if (plain(log_weight[s]) > plain(log_weight[top])) top = s;
        if (!(plain(log_weight[top]) > -kInfinity)) return false;
        T sum(0.0);
        for (std::size_t s = 0; s < K_; ++s)
            if (plain(log_weight[s]) > -kInfinity) sum += exp(log_weight[s] - log_weight[top]);
        total = log_weight[top] + log(sum);
        if (row.kind == Kind::exact_entry) {
            std::fill(log_weight.begin(), log_weight.end(), T(-kInfinity));
            log_weight[row.state] = T(0.0);
            return true;
        }
        for (std::size_t s = 0; s < K_; ++s)
            if (plain(log_weight[s]) > -kInfinity) log_weight[s] -= total;
        return true;
    }

    const Likelihood::Prepared& in_;
    const Readings& readings_;
    const Values& values_;
    Chunk chunk_;
    std::size_t K_;
    std::vector<T> natural_, Q_;
    LevelNumbers<T> numbers_;
    std::vector<GrowthTable<T>> tables_;  ///< per slot
};

LatentLikelihood::LatentLikelihood(const Likelihood::Prepared& prepared, Workers& workers)
    : in_(prepared), workers_(workers), readings_(std::make_unique<Readings>()) {
    const Spec& spec = in_.spec;
    for (std::size_t p = 0; p < spec.parameters.size(); ++p)
        if (!spec.parameters[p].fixed) free_.push_back(p);
    std::vector<std::size_t> level_of(spec.channels.size(), 0);
    std::size_t levels = 0;
    for (std::size_t c = 0; c < spec.channels.size(); ++c)
        if (spec.channels[c].latent) level_of[c] = levels++;
    if (levels > kMostLevels)
        throw Error("M004", fmt::format("{} levels to follow: {} at most", levels, kMostLevels));
    for (const PreparedRow& row : in_.rows) {
        readings_->begin.push_back(readings_->all.size());
        for (std::size_t i = row.begin; i < row.end; ++i) {
            if (in_.items[i].how != Item::How::full) continue;
            const Evidence& e = in_.evidence[in_.items[i].index];
            if (e.form == Evidence::Form::latent)
                readings_->all.push_back(level_reading(spec.channels[e.channel], level_of[e.channel], e));
        }
    }
    readings_->begin.push_back(readings_->all.size());
}

LatentLikelihood::~LatentLikelihood() = default;

bool LatentLikelihood::moves_in_range(const Values& values) const {
    double longest = 0.0;
    for (const auto& slot : in_.slots)
        longest = std::max(longest, slot.gap);
    std::vector<double> Q(in_.spec.states.size() * in_.spec.states.size());
    return std::all_of(in_.generators.begin(), in_.generators.end(), [&](const std::vector<double>& at) {
        generator_into(in_.spec, values, at, Q.data());
        return std::all_of(Q.begin(), Q.end(), [&](double q) { return std::abs(q) * longest <= kMostMoves; });
    });
}

void LatentLikelihood::by_subject(const Values& values, const std::vector<std::size_t>& subjects,
                                  std::vector<double>& out) {
    const Sweep<double> sweep(*this, values, {});
    out.assign(subjects.size(), 0.0);
    workers_.run((subjects.size() + kPiece - 1) / kPiece, [&](std::size_t piece, unsigned) {
        typename Sweep<double>::Work work(sweep);
        for (std::size_t i = piece * kPiece; i < std::min(subjects.size(), (piece + 1) * kPiece); ++i)
            out[i] = sweep.subject(subjects[i], work);
    });
}

void LatentLikelihood::scores(const Values& values, const std::vector<std::size_t>& subjects,
                              std::vector<double>& out, Eigen::MatrixXd& slopes) {
    out.assign(subjects.size(), 0.0);
    slopes.setZero(static_cast<Eigen::Index>(subjects.size()),
                   static_cast<Eigen::Index>(in_.spec.parameters.size()));
    for (std::size_t begin = 0; begin < free_.size(); begin += kAtOnce) {
        const Chunk chunk{&free_, begin, std::min(free_.size(), begin + kAtOnce)};
        const Sweep<Jet> sweep(*this, values, chunk);
        workers_.run((subjects.size() + kPiece - 1) / kPiece, [&](std::size_t piece, unsigned) {
            typename Sweep<Jet>::Work work(sweep);
            for (std::size_t i = piece * kPiece; i < std::min(subjects.size(), (piece + 1) * kPiece); ++i) {
                const Jet one = sweep.subject(subjects[i], work);
                out[i] = one.a;
                for (std::size_t p = chunk.begin; p < chunk.end; ++p)
                    slopes(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(free_[p])) =
                        one.v[static_cast<Eigen::Index>(p - chunk.begin)];
            }
        });
    }
    if (free_.empty()) by_subject(values, subjects, out);
}

}  // namespace bellwether::markov

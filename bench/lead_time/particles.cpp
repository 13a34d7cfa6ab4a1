#include <algorithm>
#include <cmath>
#include <random>

#include "detectors.hpp"

namespace lead_time {
namespace {

/// A hypothesis about a patient, and how it fits the readings so far.
struct Particle {
    Kind kind = Kind::flat;
    double log_fraction = 0.0, zd = 0.0, zg = 0.0;
    double sum = 0.0, square = 0.0;  ///< of reading minus log volume

    [[nodiscard]] Tumour tumour() const { return tumour_of(kind, log_fraction, zd, zg); }
    void read(double log_ctdna, double log_volume) {
        const double r = log_ctdna - log_volume;
        sum += r;
        square += r * r;
    }
    /// Of n readings about a level that may be anything, but for what all particles share.
    [[nodiscard]] double log_likelihood(double n, double variance) const {
        return -0.5 * (square - sum * sum / n) / variance;
    }
    [[nodiscard]] double log_prior() const {
        if (!(log_fraction >= kLeastLogFraction && log_fraction <= kMostLogFraction)) return -1e300;
        return -0.5 * (zd * zd + zg * zg);
    }
};

class Filter {
public:
    Filter(const Setting& setting, std::size_t count)
        : variance_(std::log1p(setting.cv * setting.cv)), particles_(count), weight_(count), more_(count) {}

    void run(const Course& course, Scores& out) {
        random_.seed(20261201);  // each patient for himself, whoever came before
        for (Particle& p : particles_)
            p = from_prior();
        std::fill(weight_.begin(), weight_.end(), 1.0 / static_cast<double>(weight_.size()));
        for (std::size_t i = 0; i < course.log_ctdna.size(); ++i) {
            read(course, i);
            if (effective() < 0.5 * static_cast<double>(particles_.size())) {
                draw_anew();
                for (int step = 0; step < kMoves; ++step)
                    move(course, i + 1);
            }
            if (i > 0) out.push_back({course.draw_days[i], log_odds(course.draw_days[i])});
        }
    }

private:
    static constexpr int kMoves = 3;
    /// Share of moves to a hypothesis of the prior: the only way from one kind to another.
    static constexpr double kJumps = 0.3;

    Particle from_prior() {
        Particle p;
        p.kind = static_cast<Kind>(std::uniform_int_distribution<int>(0, 2)(random_));
        p.log_fraction = std::uniform_real_distribution<double>(kLeastLogFraction, kMostLogFraction)(random_);
        p.zd = normal_(random_);
        p.zg = normal_(random_);
        return p;
    }

    void read(const Course& course, std::size_t i) {
        const double n = static_cast<double>(i), day = course.draw_days[i];
        double sum = 0.0, top = -1e300;
        for (std::size_t k = 0; k < particles_.size(); ++k) {
            Particle& p = particles_[k];
            const double before = i == 0 ? 0.0 : p.log_likelihood(n, variance_);
            p.read(course.log_ctdna[i], p.tumour().log_volume(day));
            more_[k] = p.log_likelihood(n + 1.0, variance_) - before;
            top = std::max(top, more_[k]);
        }
        for (std::size_t k = 0; k < particles_.size(); ++k) {
            weight_[k] *= std::exp(more_[k] - top);
            sum += weight_[k];
        }
        for (double& w : weight_)
            w /= sum;
    }

    [[nodiscard]] double effective() const {
        double square = 0.0;
        for (const double w : weight_)
            square += w * w;
        return 1.0 / square;
    }

    /// Systematic: one random number for all.
    void draw_anew() {
        const double count = static_cast<double>(particles_.size());
        const double offset = uniform_(random_);
        chosen_.clear();
        double sum = 0.0;
        for (std::size_t k = 0; k < particles_.size(); ++k) {
            sum += weight_[k];
            while (static_cast<double>(chosen_.size()) + offset < sum * count &&
                   chosen_.size() < weight_.size())
                chosen_.push_back(particles_[k]);
        }
        chosen_.resize(particles_.size(), particles_.back());
        std::swap(particles_, chosen_);
        std::fill(weight_.begin(), weight_.end(), 1.0 / count);
    }

    /// A step of Metropolis for each particle, as wide as they lie apart.
    void move(const Course& course, std::size_t readings) {
        const double n = static_cast<double>(readings);
        const auto wide = [&](double Particle::*of) {
            double sum = 0.0, square = 0.0;
            for (const Particle& p : particles_) {
                sum += p.*of;
                square += p.*of * (p.*of);
            }
            const double count = static_cast<double>(particles_.size());
            return std::sqrt(std::max(1e-6, square / count - sum * sum / (count * count)));
        };
        const double f = wide(&Particle::log_fraction), d = wide(&Particle::zd), g = wide(&Particle::zg);
        for (Particle& p : particles_) {
            const bool jumps = uniform_(random_) < kJumps;
            Particle next = p;
            if (jumps) {
                next = from_prior();
            } else {
                next.log_fraction += f * normal_(random_);
                next.zd += d * normal_(random_);
                next.zg += g * normal_(random_);
            }
            // A jump is drawn from the prior, which then does not count.
            const double prior = jumps ? 0.0 : next.log_prior() - p.log_prior();
            if (prior < -1e200) continue;
            next.sum = next.square = 0.0;
            const Tumour tumour = next.tumour();
            for (std::size_t i = 0; i < readings; ++i)
                next.read(course.log_ctdna[i], tumour.log_volume(course.draw_days[i]));
            const double ratio = prior + next.log_likelihood(n, variance_) - p.log_likelihood(n, variance_);
            if (std::log(uniform_(random_)) < ratio) p = next;
        }
    }

    [[nodiscard]] double log_odds(double day) const {
        double rising = 1e-300, other = 1e-300;
        for (std::size_t k = 0; k < particles_.size(); ++k) {
            const auto nadir = particles_[k].tumour().nadir();
            (nadir && day > *nadir ? rising : other) += weight_[k];
        }
        return std::log(rising / other);
    }

    double variance_;
    std::vector<Particle> particles_, chosen_;
    std::vector<double> weight_, more_;
    std::mt19937_64 random_;
    std::normal_distribution<double> normal_;
    std::uniform_real_distribution<double> uniform_;
};

}  // namespace

Tumour tumour_of(Kind kind, double log_fraction, double zd, double zg) {
    if (kind == Kind::flat) return {kind, 0.25, 0.0, 0.0};
    return {kind, std::exp(log_fraction), fall_rate(zd), kind == Kind::regrow ? growth_rate(zg) : 0.0};
}

Detector particles(const Setting& setting, std::size_t count) {
    return [filter = Filter(setting, count)](const Course& course, Scores& out) mutable {
        filter.run(course, out);
    };
}

}  // namespace lead_time

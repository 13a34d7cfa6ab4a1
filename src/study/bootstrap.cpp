#include "bellwether/study/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "bellwether/core/error.hpp"
#include "bellwether/study/rate.hpp"

namespace bellwether::study {
namespace {

/// splitmix64 (Steele, Lea & Flood 2014, OOPSLA, fig. 15): a bijection of a counter, so that each draw has a
/// stream of its own.
class Splitmix {
public:
    explicit Splitmix(std::uint64_t state) : state_(state) {}
    std::uint64_t operator()() {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    }
    /// 0 ... n-1; the bias is below n / 2^32.
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(((*this)() >> 32U) * n >> 32U); }

private:
    std::uint64_t state_;
};

double spread_of(const std::vector<double>& x) {
    const double n = static_cast<double>(x.size());
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / n;
    double square = 0.0;
    for (const double one : x)
        square += (one - mean) * (one - mean);
    return std::sqrt(square / (n - 1.0));
}

}  // namespace

void resample(const Bootstrap& how, int draw, std::size_t n, std::vector<std::uint32_t>& weights) {
    if (how.draws < 100) throw Error("U003", "a bootstrap interval needs at least 100 draws");
    if (draw < 0 || draw >= how.draws) throw Error("U003", "no such draw of a bootstrap");
    weights.assign(n, 0);
    Splitmix seeds(how.seed);
    Splitmix random(seeds() ^ Splitmix(static_cast<std::uint64_t>(draw))());
    for (std::size_t i = 0; i < n; ++i)
        ++weights[random.below(n)];
}

std::vector<Interval> intervals(const Bootstrap& how, std::size_t n, const Figures& figures) {
    std::vector<std::vector<double>> samples;
    std::vector<std::uint32_t> weights(n, 1);
    std::vector<std::optional<double>> now;
    figures(weights, now);
    std::vector<Interval> out(now.size());
    if (n < 2) return out;
    samples.resize(now.size());
    for (int k = 0; k < how.draws; ++k) {
        resample(how, k, n, weights);
        figures(weights, now);
        for (std::size_t f = 0; f < now.size(); ++f)
            if (now[f]) samples[f].push_back(*now[f]);
    }
    for (std::size_t f = 0; f < out.size(); ++f) {
        if (20 * samples[f].size() < 19 * static_cast<std::size_t>(how.draws)) continue;
        std::sort(samples[f].begin(), samples[f].end());
        out[f] = {quantile(samples[f], 0.025), quantile(samples[f], 0.975), spread_of(samples[f])};
    }
    return out;
}

}  // namespace bellwether::study

#include "bellwether/drift/changepoint.hpp"

#include <cmath>
#include <random>

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"

#include "support/nile.hpp"
#include "support/small.hpp"

using namespace bellwether;
using namespace bellwether::drift;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using small::below;
using small::exactly;

namespace {

/// Nile's flow in sample standard deviations around its mean, and the flat prior of the reference.
std::vector<Reading> standardised() {
    constexpr double mean = 919.35, sd = 169.22750063065095;
    std::vector<Reading> out;
    for (const double x : small::nile)
        out.push_back(exactly((x - mean) / sd));
    return out;
}
const RunPriors unit{{0, 1, 1, 1}, {0, 1, 1, 1}};

/// log of the density of readings [from, to) as one run: the closed form for the batch.
double log_marginal(const std::vector<Reading>& x, std::size_t from, std::size_t to, const RunPrior& p) {
    const double n = static_cast<double>(to - from);
    double mean = 0, squares = 0;
    for (std::size_t i = from; i < to; ++i)
        mean += x[i].value / n;
    for (std::size_t i = from; i < to; ++i)
        squares += (x[i].value - mean) * (x[i].value - mean);
    const double kappa = p.kappa + n, alpha = p.alpha + n / 2;
    const double beta = p.beta + squares / 2 + p.kappa * n * (mean - p.mean) * (mean - p.mean) / (2 * kappa);
    return std::lgamma(alpha) - std::lgamma(p.alpha) + p.alpha * std::log(p.beta) - alpha * std::log(beta) +
           0.5 * std::log(p.kappa / kappa) - n / 2 * std::log(2 * 3.14159265358979323846);
}

/// Every cut of the readings: bit i - 1 set, a run begins with reading i.
struct Enumerated {
    double log_evidence = 0, best = -1e300;
    std::vector<std::size_t> starts;
    std::vector<double> change, last_start;
};
Enumerated enumerate(const std::vector<Reading>& x, const std::vector<double>& hazards,
                     const RunPriors& priors) {
    const std::size_t n = x.size();
    Enumerated out;
    out.change.assign(n, 0);
    out.last_start.assign(n, 0);
    double total = 0;
    for (unsigned cut = 0; cut < 1u << (n - 1); ++cut) {
        std::vector<std::size_t> starts;
        double log_weight = 0;
        std::size_t from = 0;
        for (std::size_t i = 1; i <= n; ++i) {
            const bool begins = i < n && (cut >> (i - 1) & 1u);
            if (i < n) log_weight += std::log(begins ? hazards[i] : 1 - hazards[i]);
            if (!begins && i < n) continue;
            log_weight += log_marginal(x, from, i, from == 0 ? priors.first : priors.fresh);
            if (begins) starts.push_back(i);
            from = i == n ? from : i;
        }
        const double weight = std::exp(log_weight);
        total += weight;
        for (const std::size_t s : starts)
            out.change[s] += weight;
        out.last_start[from] += weight;
        if (log_weight > out.best) out.best = log_weight, out.starts = starts;
    }
    for (std::size_t i = 0; i < n; ++i)
        out.change[i] /= total, out.last_start[i] /= total;
    out.log_evidence = std::log(total);
    return out;
}

RunLengths filtered(const std::vector<Reading>& x, const std::vector<double>& hazards,
                    const RunPriors& priors, double prune = 0) {
    RunLengths runs(priors, 0, prune);
    for (std::size_t i = 0; i < x.size(); ++i)
        runs.take(x[i], hazards[i]);
    return runs;
}

}  // namespace

TEST_CASE("run lengths of the Nile: as an independent program has them", "[drift][changepoint][reference]") {
    // Reference: an implementation of Adams & MacKay 2007 in Python with hazard 1/100 and the prior (0, 1, 1,
    // 1) on the standardised flow, itself checked against enumeration. It counts the run of length 0, of
    // probability 1/100, so ours are its figures over 0.99. Tolerance: both in double precision.
    struct Row {
        std::size_t readings, longest;
        double share, mean, below_ten;
    };
    const auto x = standardised();
    RunLengths runs(unit);
    std::size_t done = 0;
    for (const Row& r : {Row{1, 1, 0.99, 0.99, 1},
                         {2, 2, 0.9841791853515575, 1.9741791853515576, 1},
                         {10, 10, 0.9578060640601818, 9.73362097577619, 0.042193935939818336},
                         {20, 20, 0.9156477441124659, 18.981095312583268, 0.04888117767141136},
                         {28, 28, 0.9453078039204169, 27.043507445339213, 0.031059943306645577},
                         {29, 29, 0.890048876399526, 26.513635358264292, 0.0834073826100969},
                         {31, 31, 0.6586344972432155, 21.993955016010162, 0.31496435898877945},
                         {32, 4, 0.5192468067376492, 10.454006428139937, 0.7645145865420159},
                         {35, 7, 0.7179699015273088, 7.453666915047437, 0.9721522255156125},
                         {60, 32, 0.6271371323285398, 30.19453907955612, 0.03586300464467117},
                         {100, 72, 0.6051948750491085, 65.94057582043206, 0.041977987046881216}}) {
        CAPTURE(r.readings);
        for (; done < r.readings; ++done)
            runs.take(x[done], 0.01);
        const std::size_t start = runs.most_probable_start();
        CHECK(r.readings - start == r.longest);
        double mean = 0, share = 0, below_ten = 0;
        for (const auto& run : runs.runs()) {
            const std::size_t length = r.readings - run.start;
            mean += static_cast<double>(length) * runs.probability(run);
            if (run.start == start) share = runs.probability(run);
            if (length < 10) below_ten += runs.probability(run);
        }
        CHECK_THAT(share, WithinRel(r.share / 0.99, 1e-10));
        CHECK_THAT(mean, WithinRel(r.mean / 0.99, 1e-10));
        CHECK_THAT(0.01 + 0.99 * below_ten, WithinRel(r.below_ten, 1e-10));
        if (r.readings > 9) CHECK_THAT(runs.began_since(r.readings - 9), WithinRel(below_ten, 1e-10));
    }
    CHECK_THAT(runs.log_evidence(), WithinRel(-126.13541239763549, 1e-12));
    // The one change that everybody finds: from 1899 on, the 29th reading.
    const auto cut = segment(x, std::vector<double>(100, 0.01), unit);
    CHECK(cut.starts == std::vector<std::size_t>{28});
    CHECK_THAT(cut.log_evidence, WithinRel(-126.13541239763549, 1e-12));
}

TEST_CASE("changes: equal to every cut of twelve readings, weighed one by one",
          "[drift][changepoint][reference]") {
    // Enumeration with the batch's closed form. With the hazard 1/100 also the published log evidence.
    auto x = standardised();
    x.erase(x.begin() + 12, x.end());
    CHECK_THAT(enumerate(x, std::vector<double>(12, 0.01), unit).log_evidence,
               WithinRel(-18.31404814862304, 1e-12));
    x.assign({exactly(0.1), exactly(-0.2), exactly(0.4), exactly(0.0), exactly(3.1), exactly(2.9),
              exactly(3.3), exactly(2.5), exactly(0.2), exactly(-4), exactly(0.3), exactly(0.1)});
    std::vector<double> hazards;
    for (const double gap : {0.0, 21.0, 21.0, 0.0, 90.0, 7.0, 21.0, 21.0, 300.0, 21.0, 21.0, 21.0})
        hazards.push_back(hazard(gap, 365));  // a gap of 0 admits no change
    const RunPriors priors{{0.05, 4, 1.5, 0.1}, {0.05, 0.1, 1.5, 0.1}};
    const auto expected = enumerate(x, hazards, priors);
    const auto got = segment(x, hazards, priors);
    CHECK_THAT(got.log_evidence, WithinRel(expected.log_evidence, 1e-11));
    CHECK(got.starts == expected.starts);
    CHECK(got.starts.size() >= 2);
    const auto runs = filtered(x, hazards, priors);
    CHECK_THAT(runs.log_evidence(), WithinRel(expected.log_evidence, 1e-11));
    for (std::size_t i = 0; i < x.size(); ++i) {
        CAPTURE(i);
        CHECK_THAT(got.change[i], WithinAbs(expected.change[i], 1e-11));
        double share = 0;
        for (const auto& run : runs.runs())
            if (run.start == i) share = runs.probability(run);
        CHECK_THAT(share, WithinAbs(expected.last_start[i], 1e-11));
    }
    CHECK(got.change[3] == 0);
}

TEST_CASE("changes: readings of a baseline count as those of a run that cannot end", "[drift][changepoint]") {
    // The same said in two ways: five readings taken with no change possible, or put into the first prior.
    auto x = standardised();
    x.erase(x.begin() + 40, x.end());
    std::vector<double> hazards(x.size(), 0.05);
    for (std::size_t i = 0; i < 5; ++i)
        hazards[i] = 0;
    const auto whole = segment(x, hazards, unit);
    auto priors = unit;
    {
        RunLengths taken(unit);
        for (std::size_t i = 0; i < 5; ++i)
            taken.take(x[i], 0);
        priors.first = taken.runs()[0].posterior;
    }
    const auto rest = segment(x, hazards, priors, 5);
    RunLengths runs(priors, 5);
    for (std::size_t i = 5; i < x.size(); ++i)
        runs.take(x[i], hazards[i]);
    const double baseline = log_marginal(x, 0, 5, unit.first);
    CHECK_THAT(rest.log_evidence + baseline, WithinRel(whole.log_evidence, 1e-12));
    CHECK_THAT(runs.log_evidence() + baseline, WithinRel(whole.log_evidence, 1e-12));
    CHECK(rest.starts == whole.starts);
    for (std::size_t i = 0; i < x.size(); ++i)
        CHECK_THAT(rest.change[i], WithinAbs(whole.change[i], 1e-12));
    CHECK(rest.change[5] > 1e-6);  // the first one behind the baseline may begin a run
    CHECK(runs.count() == 40);
}

TEST_CASE("changes: a reading below its limit weighs runs by their tails", "[drift][changepoint]") {
    // By hand: at the second reading the old run's tail is t with 3 degrees of freedom around the updated
    // mean, the new run's around the prior's; with 2 alpha = 2 the t has the closed form 1/2 + t / (2 sqrt(2
    // + t^2)).
    const auto tail = [](double t) { return 0.5 + t / (2 * std::sqrt(2 + t * t)); };
    const RunPriors priors{{0, 1, 1, 1}, {0, 0.1, 1, 1}};
    RunLengths first(priors);
    first.take(below(-1), 0.5);
    CHECK_THAT(first.log_evidence(), WithinRel(std::log(tail(-1 / std::sqrt(2.0))), 1e-12));
    // The run has learnt nothing of where it lies: again the prior's tail, in either run.
    first.take(below(-1), 0.2);
    const double fresh = tail(-1 / std::sqrt(11.0)), same = tail(-1 / std::sqrt(2.0));
    CHECK_THAT(first.began_since(1), WithinRel(0.2 * fresh / (0.2 * fresh + 0.8 * same), 1e-12));
}

TEST_CASE("run lengths: pruning takes no more than it says", "[drift][changepoint]") {
    std::mt19937_64 random(1);
    std::normal_distribution<double> normal;
    std::vector<Reading> x;
    for (int i = 0; i < 400; ++i)
        x.push_back(exactly(normal(random) + (i / 100 % 2) * 3));
    const std::vector<double> hazards(400, 0.01);
    const auto all = filtered(x, hazards, unit), few = filtered(x, hazards, unit, 1e-9);
    CHECK(few.runs().size() < 200);
    CHECK_THAT(few.log_evidence(), WithinAbs(all.log_evidence(), 1e-6));
    CHECK_THAT(few.began_since(300), WithinAbs(all.began_since(300), 1e-6));
    CHECK(segment(x, hazards, unit).starts == std::vector<std::size_t>{100, 200, 300});
}

TEST_CASE("priors: what the baseline leaves, and no more", "[drift][changepoint]") {
    Baseline b;
    for (const double x : {1.0, 2.0, 3.0, 6.0})
        b.take(exactly(x));
    const auto p = priors_from(b);
    CHECK(p.first.mean == 3);
    CHECK(p.first.kappa == 4);
    CHECK(p.first.alpha == 1.5);
    CHECK_THAT(p.first.beta, WithinRel(7.0, 1e-12));  // half the sum of squares 14
    CHECK(p.fresh.kappa == fresh_kappa);
    CHECK_THROWS_AS(priors_from(Baseline()), Error);
    // A known baseline: as good as normal. Tolerance: t with 1e5 degrees of freedom.
    RunLengths runs(priors_from(Baseline(10, 2)));
    runs.take(exactly(13), 0);
    CHECK_THAT(runs.log_evidence(),
               WithinRel(-0.5 * 1.5 * 1.5 - std::log(2 * std::sqrt(2 * 3.14159265358979)), 1e-4));
}

TEST_CASE("changes: what cannot be is refused", "[drift][changepoint][error]") {
    CHECK_THROWS_AS(hazard(-1, 365), Error);
    CHECK_THROWS_AS(hazard(1, 0), Error);
    RunLengths runs(unit);
    runs.take(exactly(1), 7);  // before the first reading there is no gap
    CHECK_THROWS_AS(runs.take(exactly(1), 1.0), Error);
    CHECK_THROWS_AS(runs.take(exactly(std::nan("")), 0.1), Error);
    CHECK_THROWS_AS(RunLengths({{0, 0, 1, 1}, {0, 1, 1, 1}}), Error);
    CHECK(segment({}, {}, unit).starts.empty());
}

#include <cmath>
#include <functional>

#include <catch2/catch.hpp>

#include "bellwether/markov/likelihood.hpp"

#include "markov/support/fine.hpp"
#include "markov/support/oracle.hpp"

using namespace bellwether;
using namespace bellwether::markov;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

struct Move {
    std::size_t from, to;
    double rate;
};

Spec spec_of(std::size_t K, const std::vector<Move>& moves) {
    Spec spec;
    spec.name = "bare";
    for (std::size_t s = 0; s < K; ++s)
        spec.states.push_back({std::to_string(s), {}, {}, false, false});
    for (const Move& m : moves) {
        spec.parameters.push_back({std::to_string(m.from) + ">" + std::to_string(m.to),
                                   Parameter::Scale::log,
                                   m.rate,
                                   {},
                                   {},
                                   {},
                                   {},
                                   {},
                                   {}});
        spec.transitions.push_back({m.from, m.to, spec.parameters.size() - 1, {}});
    }
    return spec;
}

FineMatrix fine(std::size_t K, const std::vector<Move>& moves, std::size_t nudged, const Fine& by) {
    FineMatrix Q(K, std::vector<Fine>(K, 0));
    for (std::size_t i = 0; i < moves.size(); ++i) {
        const Fine rate = Fine(moves[i].rate) * (i == nudged ? Fine(exp(by)) : Fine(1));
        Q[moves[i].from][moves[i].to] += rate;
        Q[moves[i].from][moves[i].from] -= rate;
    }
    return Q;
}

/// One subject seen in state r and, t later, in s.
Panel pair_panel(const Spec& spec, std::size_t r, std::size_t s, double t) {
    Panel panel(spec);
    panel.begin_subject("a");
    Row row{Days{0.0}, Kind::snapshot, 0, only(r), {}, {}};
    row.known = true;
    panel.add(row);
    panel.add({Days{t}, Kind::snapshot, 0, only(s), {}, {}});
    return panel;
}

/// log P(t) and its derivatives by the logarithms of the rates for all pairs, against 50 digits. To 1e-9
/// where the probability is above 1e-12 of the largest, 1e-6 of itself below: there Pade itself has no more.
void compare(std::size_t K, const std::vector<Move>& moves, double t) {
    const Spec spec = spec_of(K, moves);
    const Values values = spec.start_values();
    const Fine h = Fine("1e-18");
    const FineMatrix P = fine_exponential(fine(K, moves, moves.size(), 0), t);
    std::vector<FineMatrix> up, down;
    for (std::size_t p = 0; p < moves.size(); ++p) {
        up.push_back(fine_exponential(fine(K, moves, p, h), t));
        down.push_back(fine_exponential(fine(K, moves, p, -h), t));
    }
    for (std::size_t r = 0; r < K; ++r)
        for (std::size_t s = 0; s < K; ++s) {
            const auto exact = static_cast<double>(P[r][s]);
            if (exact < 1e-14) continue;
            CAPTURE(t, r, s, exact);
            const double tolerance = exact > 1e-8 ? 1e-9 : 1e-16 / exact + 1e-9;
            const Likelihood likelihood(spec, pair_panel(spec, r, s, t));
            std::vector<double> gradient;
            const double value = likelihood.value(values, gradient);
            CHECK_THAT(std::exp(value), WithinRel(exact, tolerance));
            for (std::size_t p = 0; p < moves.size(); ++p) {
                const auto slope = static_cast<double>((up[p][r][s] - down[p][r][s]) / (2 * h * P[r][s]));
                CAPTURE(spec.parameters[p].name);
                CHECK_THAT(gradient[p], WithinRel(slope, 10 * tolerance) || WithinAbs(slope, 10 * tolerance));
            }
        }
}

}  // namespace

TEST_CASE("Likelihood: P(t) and its derivatives at equal and nearly equal rates equal 50-digit arithmetic",
          "[markov][spectral][reference]") {
    // Reference: a Taylor series in Boost.Multiprecision. e = 0 has no basis of eigenvectors at all; from
    // about 1e-2 on one is used. Accuracy must not change on the way.
    const double e = GENERATE(0.0, 1e-15, 1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.3);
    const double t = GENERATE(0.5, 7.0, 60.0);
    CAPTURE(e);
    compare(4, {{0, 1, 0.1}, {1, 2, 0.1 * (1 + e)}, {2, 3, 0.1 * (1 - e)}}, t);
}

TEST_CASE(
    "Likelihood: P(t) and its derivatives with recovery, circles and two ends equal 50-digit arithmetic",
    "[markov][spectral][reference]") {
    const double t = GENERATE(1e-3, 0.5, 4.0, 60.0);
    SECTION("recovery: real eigenvalues") {
        compare(
            4,
            {{0, 1, 0.17}, {0, 3, 0.04}, {1, 0, 0.23}, {1, 2, 0.34}, {1, 3, 0.08}, {2, 1, 0.12}, {2, 3, 0.3}},
            t);
    }
    SECTION("a circle: complex eigenvalues") {
        compare(3, {{0, 1, 0.3}, {1, 2, 0.25}, {2, 0, 0.4}}, t);
    }
    SECTION("a circle with a way out") {
        compare(5, {{0, 1, 0.3}, {1, 2, 0.3}, {2, 3, 0.3}, {3, 0, 0.3}, {1, 4, 0.01}, {3, 4, 0.02}}, t);
    }
    SECTION("two ends and equal eigenvalues that do no harm") {
        compare(4, {{0, 1, 0.2}, {0, 2, 0.1}, {1, 3, 0.05}}, t);
    }
    SECTION("rates that differ by five orders") {
        compare(3, {{0, 1, 1e-5}, {1, 0, 2.0}, {1, 2, 1e-3}}, t);
    }
    SECTION("seven states, beyond the sizes made in advance") {
        compare(
            7, {{0, 1, 0.1}, {1, 2, 0.2}, {2, 3, 0.3}, {3, 4, 0.15}, {4, 5, 0.25}, {5, 6, 0.05}, {2, 1, 0.1}},
            t);
    }
}

TEST_CASE("Likelihood: what is cut at known states and counted together equals each subject whole",
          "[markov][spectral][property]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    const unsigned seed = GENERATE(1U, 2U, 3U);
    const Values values = oracle::moved_values(spec, seed);
    Panel panel(spec);
    const Panel drawn = oracle::random_panel(spec, 60, 8, seed);
    for (std::size_t s = 0; s < drawn.subjects(); ++s) {
        panel.begin_subject(drawn.id(s), s % 5 == 0 ? 2.0 : 1.0);
        for (std::size_t i = drawn.first_row(s); i < drawn.end_row(s); ++i) {
            Row row = drawn.row(i);
            const bool later = i > drawn.first_row(s) && row.time.count > drawn.row(i - 1).time.count;
            const bool free = later && row.kind == Kind::snapshot && row.among == 0;
            // States follow each other in a chain: one step a row is possible in any gap.
            if (free && s % 3 == 0) row.among = only(std::size_t{1});
            panel.add(row);
        }
    }
    const Likelihood likelihood(spec, panel);
    const std::vector<double> each = likelihood.by_subject(values);
    double sum = 0.0;
    for (std::size_t s = 0; s < each.size(); ++s)
        sum += panel.weight(s) * each[s];
    REQUIRE(std::isfinite(sum));
    CHECK_THAT(likelihood.value(values), WithinRel(sum, 1e-12));
}

TEST_CASE("Likelihood: any number of threads gives the same bits", "[markov][spectral][property]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    const Values values = oracle::moved_values(spec, 4);
    const Panel panel = oracle::random_panel(spec, 600, 8, 4);
    std::vector<double> one, more;
    const double value = Likelihood(spec, panel, 1).value(values, one);
    const unsigned threads = GENERATE(2U, 3U, 8U);
    CHECK(Likelihood(spec, panel, threads).value(values, more) == value);
    CHECK(more == one);
}

TEST_CASE("Likelihood: information is the sum of outer products of the subjects' own gradients",
          "[markov][spectral]") {
    const Spec spec = oracle::spec_of(oracle::kEverything);
    const Values values = oracle::moved_values(spec, 9);
    // Looks alone: a known state would cut a subject into two pieces.
    const Panel drawn = oracle::random_panel(spec, 40, 6, 9);
    Panel panel(spec);
    for (std::size_t s = 0; s < drawn.subjects(); ++s) {
        panel.begin_subject(drawn.id(s));
        for (std::size_t i = drawn.first_row(s); i < drawn.end_row(s); ++i)
            if (drawn.row(i).kind == Kind::snapshot && drawn.row(i).among == 0) panel.add(drawn.row(i));
    }
    const auto n = static_cast<Eigen::Index>(values.size());
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(n, n);
    for (std::size_t s = 0; s < panel.subjects(); ++s) {
        std::vector<double> gradient;
        const Panel alone = panel.subset([&](const std::string& id) { return id == panel.id(s); });
        (void)Likelihood(spec, alone).value(values, gradient);
        const Eigen::Map<const Eigen::VectorXd> score(gradient.data(), n);
        sum += score * score.transpose();
    }
    const Eigen::MatrixXd got = Likelihood(spec, panel).information(values);
    CHECK((got - sum).cwiseAbs().maxCoeff() < 1e-9 * sum.cwiseAbs().maxCoeff());
}

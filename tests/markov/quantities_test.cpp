#include "bellwether/markov/quantities.hpp"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"
#include "bellwether/markov/transition.hpp"

using namespace bellwether;
using namespace bellwether::markov;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// R msm 1.7, cav with recovery and exact deaths, at its maximum: intensities a year.
Eigen::MatrixXd cav() {
    Eigen::MatrixXd Q(4, 4);
    Q << -0.170359612694727, 0.127874246856192, 0, 0.0424853658385346,                //
        0.225101600834827, -0.607963236265447, 0.342595646152582, 0.040265989278037,  //
        0, 0.130623845705945, -0.437083437339529, 0.306459591633584,                  //
        0, 0, 0, 0;
    return Q;
}

void check(const Eigen::MatrixXd& got, const std::vector<double>& want, double relative) {
    REQUIRE(static_cast<std::size_t>(got.size()) == want.size());
    for (Eigen::Index r = 0; r < got.rows(); ++r)
        for (Eigen::Index c = 0; c < got.cols(); ++c) {
            CAPTURE(r, c);
            CHECK_THAT(got(r, c), WithinRel(want[static_cast<std::size_t>(r * got.cols() + c)], relative));
        }
}

}  // namespace

TEST_CASE("quantities: equal msm's at its own estimates", "[markov][quantities][msm][reference]") {
    // Reference: totlos.msm, efpt.msm, ppass.msm, pmatrix.msm of R msm 1.7 on the fit whose intensities stand
    // above. Tolerance 1e-6: those figures are integrals and series of theirs.
    const std::vector<Piece> process = {always(cav())};
    check(length_of_stay(process, Days{0}, Days{10}).row(0),
          {5.60254694191517, 1.17223854453634, 0.717781364113735, 2.50743314943476}, 1e-6);
    check(first_passage(cav(), only(3)).transpose(),
          {12.7941204947574, 9.22469880571904, 5.04472474844484, 0}, 1e-9);
    check(
        passage_by(process, Days{0}, Days{10}),
        {1, 0.613981117174164, 0.356708492220387, 0.505198584848923, 0.432527907810866, 1, 0.675714583978542,
         0.684905896139451, 0.121578573394099, 0.295075629190626, 1, 0.864650229444134, 0, 0, 0, 1},
        1e-6);
    check(transition(process, Days{0}, Days{10}).row(0),
          {0.309425045806725, 0.097502893619051, 0.0878734757253005, 0.505198584848923}, 1e-9);
}

TEST_CASE("quantities: closed forms", "[markov][quantities][reference]") {
    SECTION("each next state by its share of the intensities") {
        const Eigen::MatrixXd next = next_state(cav());
        CHECK_THAT(next(0, 1), WithinRel(0.127874246856192 / 0.170359612694727, 1e-12));
        CHECK_THAT(next.row(1).sum(), WithinRel(1.0, 1e-12));
        CHECK(next.row(3).sum() == 0.0);
    }
    SECTION("a chain: passage is a sum of exponentials' means") {
        Eigen::MatrixXd Q(3, 3);
        Q << -0.5, 0.5, 0, 0, -0.2, 0.2, 0, 0, 0;
        CHECK_THAT(first_passage(Q, only(2))[0], WithinRel(2.0 + 5.0, 1e-12));
        CHECK(first_passage(Q, only(0))[1] == kInfinity);
        const std::vector<Piece> process = {always(Q)};
        const Eigen::MatrixXd ever = length_of_stay(process, Days{0}, Days{kInfinity});
        CHECK_THAT(ever(0, 0), WithinRel(2.0, 1e-12));
        CHECK_THAT(ever(0, 1), WithinRel(5.0, 1e-12));
        CHECK(ever(0, 2) == kInfinity);
        CHECK(ever(1, 0) == 0.0);
    }
    SECTION("two ways to end: passage to one of them alone is not certain") {
        Eigen::MatrixXd Q(3, 3);
        Q << -1, 0.5, 0.5, 0, 0, 0, 0, 0, 0;
        CHECK(first_passage(Q, only(1))[0] == kInfinity);
        CHECK_THAT(first_passage(Q, only(1) | only(2))[0], WithinRel(1.0, 1e-12));
        const std::vector<Piece> process = {always(Q)};
        CHECK_THAT(passage_by(process, Days{0}, Days{3})(0, 1), WithinRel(0.5 * (1 - std::exp(-3.0)), 1e-12));
    }
}

TEST_CASE("quantities: through changes of intensity the state is carried on",
          "[markov][quantities][property]") {
    const Eigen::MatrixXd A = cav(), B = 3.0 * cav();
    const std::vector<Piece> two = {{Days{4}, A}, {Days{kInfinity}, B}};
    // Threefold intensities for 2 years are these for 6.
    CHECK((transition(two, Days{0}, Days{6}) - transition(A, Days{10})).cwiseAbs().maxCoeff() < 1e-13);
    const Eigen::MatrixXd stay = length_of_stay(two, Days{0}, Days{6});
    const std::vector<Piece> one = {always(A)};
    const Eigen::MatrixXd split =
        length_of_stay(one, Days{0}, Days{4}) +
        (length_of_stay(one, Days{0}, Days{10}) - length_of_stay(one, Days{0}, Days{4})) / 3.0;
    CHECK((stay - split).cwiseAbs().maxCoeff() < 1e-12);
    CHECK((stay.rowwise().sum().array() - 6.0).abs().maxCoeff() < 1e-12);
    const std::vector<Piece> same = {{Days{4}, A}, {Days{kInfinity}, A}};
    CHECK((passage_by(same, Days{1}, Days{9}) - passage_by(one, Days{0}, Days{8})).cwiseAbs().maxCoeff() <
          1e-13);
    CHECK_THROWS_AS(transition(std::vector<Piece>{{Days{4}, A}}, Days{0}, Days{6}), Error);
    CHECK_THROWS_AS(transition(std::vector<Piece>{}, Days{0}, Days{6}), Error);
    CHECK_THROWS_AS(transition(one, Days{6}, Days{0}), Error);
}

#include <cmath>
#include <limits>
#include <numeric>

#include <catch2/catch.hpp>

#include "bellwether/markov/emission.hpp"

using namespace bellwether::markov;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

struct Case {
    const char* r;  ///< the R line
    Law law;
    std::vector<double> natural;
    Reading reading;
    double expected;
};

// Reference: R 4.2.2 (stats) and msm 1.7, sprintf("%.15g") of the line on the left.
const std::vector<Case> kCases = {
    {"dnorm(1.3,0.4,0.7,log=TRUE)", Law::normal, {0.4, 0.7}, Reading::of(1.3), -1.38879420151084},
    {"dlnorm(1.3,0.4,0.7,log=TRUE)", Law::lognormal, {0.4, 0.7}, Reading::of(1.3), -0.843958053422793},
    {"dtnorm(1.3,0.4,0.7,0,3,log=TRUE)",
     Law::truncated_normal,
     {0.4, 0.7, 0, 3},
     Reading::of(1.3),
     -1.05477988047889},
    {"dtnorm(1.3,0.4,0.7,0,Inf,log=TRUE)",
     Law::truncated_normal,
     {0.4, 0.7, 0, kInf},
     Reading::of(1.3),
     -1.054922165099},
    {"dt((1.3-0.4)/0.7,4.5,log=TRUE)-log(0.7)",
     Law::student_t,
     {0.4, 0.7, 4.5},
     Reading::of(1.3),
     -1.4777846288725},
    {"dunif(1.3,0.4,2.7,log=TRUE)", Law::uniform, {0.4, 2.7}, Reading::of(1.3), -0.832909122935104},
    {"dexp(1.3,0.7,log=TRUE)", Law::exponential, {0.7}, Reading::of(1.3), -1.26667494393873},
    {"dgamma(1.3,2.2,rate=0.7,log=TRUE)", Law::gamma, {2.2, 0.7}, Reading::of(1.3), -1.47679522609486},
    {"dweibull(1.3,2.2,0.7,log=TRUE)", Law::weibull, {2.2, 0.7}, Reading::of(1.3), -2.01557011074503},
    {"dbeta(0.3,2.2,0.7,log=TRUE)", Law::beta, {2.2, 0.7}, Reading::of(0.3), -1.0927099850825},
    {"dpois(3,4.2,log=TRUE)", Law::poisson, {4.2}, Reading::of(3), -1.68650589336009},
    {"dbinom(3,8,0.3,log=TRUE)", Law::binomial, {8, 0.3}, Reading::of(3), -1.36994144193632},
    {"a<-0.3/0.2; b<-0.7/0.2; lchoose(8,3)+lbeta(3+a,8-3+b)-lbeta(a,b)",
     Law::beta_binomial,
     {8, 0.3, 0.2},
     Reading::of(3),
     -1.86099651114718},
    {"dnbinom(3,size=2.2,prob=0.3,log=TRUE)",
     Law::negative_binomial,
     {2.2, 0.3},
     Reading::of(3),
     -2.12383177510204},
    {"dmenorm(1.3,0.4,0.7,0,3,0.5,0.1,log=TRUE)",
     Law::normal_with_error,
     {0.4, 0.7, 0, 3, 0.5, 0.1},
     Reading::of(1.3),
     -0.878020535243344},
    {"dmeunif(1.3,0.4,2.7,0.5,0.1,log=TRUE)",
     Law::uniform_with_error,
     {0.4, 2.7, 0.5, 0.1},
     Reading::of(1.3),
     -0.890696288230851},
    {"pt((1.3-0.4)/0.7,4.5,log.p=TRUE)",
     Law::student_t,
     {0.4, 0.7, 4.5},
     Reading::below(1.3),
     -0.139676879694968},
    {"pgamma(1.3,2.2,rate=0.7,lower.tail=FALSE,log.p=TRUE)",
     Law::gamma,
     {2.2, 0.7},
     Reading::above(1.3),
     -0.202524384638004},
    {"log(pweibull(2,2.2,0.7)-pweibull(1.3,2.2,0.7))",
     Law::weibull,
     {2.2, 0.7},
     Reading::between(1.3, 2.0),
     -3.90564932676165},
    {"pbeta(0.3,2.2,0.7,log.p=TRUE)", Law::beta, {2.2, 0.7}, Reading::below(0.3), -3.12146699441997},
    {"ptnorm(1.3,0.4,0.7,0,3,log.p=TRUE)",
     Law::truncated_normal,
     {0.4, 0.7, 0, 3},
     Reading::below(1.3),
     -0.149076136322174},
    {"log(pnorm(2,0.4,0.7)-pnorm(1.3,0.4,0.7))",
     Law::normal,
     {0.4, 0.7},
     Reading::between(1.3, 2.0),
     -2.42887525400562},
    {"plnorm(1.3,0.4,0.7,lower.tail=FALSE,log.p=TRUE)",
     Law::lognormal,
     {0.4, 0.7},
     Reading::above(1.3),
     -0.548287798352057},
    {"dexp: pexp(1.3,0.7,log.p=TRUE) = log(1-exp(-0.91))",
     Law::exponential,
     {0.7},
     Reading::below(1.3),
     std::log(-std::expm1(-0.91))},
    {"punif: log((1.3-0.4)/2.3)", Law::uniform, {0.4, 2.7}, Reading::below(1.3), std::log(0.9 / 2.3)},
};

struct Model {
    std::vector<Parameter> parameters;
    Values values;
    Channel channel;
};

Model model_of(const Case& c) {
    Model m;
    m.channel.family = Family::by_state;
    m.channel.group = {0};
    Channel::Group group;
    group.law = c.law;
    const auto names = natural_parameters(c.law);
    REQUIRE(names.size() == c.natural.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
        Parameter p;
        p.name = std::string(names[i]);
        p.scale = scale_of(names[i]);
        m.parameters.push_back(p);
        group.terms.push_back({i, {}});
    }
    m.values = c.natural;
    m.channel.groups = {group};
    return m;
}

GroupDensity weigh(const Model& m, const Values& values, const Reading& r) {
    const Evidence e = evidence_of(m.channel, 0, r, {}, {});
    return density(m.channel, m.channel.groups[0], e, values, m.parameters);
}

}  // namespace

TEST_CASE("density: every law equals R", "[markov][laws][reference]") {
    // Tolerance: R's figures have 15 digits; log-gamma differs in the last one or two.
    for (const Case& c : kCases) {
        CAPTURE(c.r);
        const Model m = model_of(c);
        CHECK_THAT(weigh(m, m.values, c.reading).log, WithinRel(c.expected, 1e-12));
    }
}

TEST_CASE("density: derivatives of every law equal finite differences", "[markov][laws][reference]") {
    // Reference: central differences of fourth order on the unconstrained scale; their error at this step is
    // about 1e-10. Bounds and sizes are constants: they have no derivative anyone uses.
    for (const Case& c : kCases) {
        const Model m = model_of(c);
        const GroupDensity d = weigh(m, m.values, c.reading);
        for (std::size_t i = 0; i < m.parameters.size(); ++i) {
            const Parameter& p = m.parameters[i];
            if (p.name == "lower" || p.name == "upper" || p.name == "size") continue;
            CAPTURE(c.r, p.name);
            const auto at = [&](double move) {
                Values v = m.values;
                v[i] = p.natural_from(p.free_from(v[i]) + move);
                return weigh(m, v, c.reading).log;
            };
            const double h = 2e-3;
            const double slope = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
            CHECK_THAT(d.by_term[i], WithinAbs(slope, 1e-8 * (1 + std::abs(slope))));
        }
    }
}

TEST_CASE("density: a value that a law cannot give is impossible, never NaN", "[markov][laws]") {
    for (const Case& c : kCases) {
        if (c.law == Law::normal || c.law == Law::student_t || c.law == Law::normal_with_error ||
            c.law == Law::uniform_with_error)
            continue;
        CAPTURE(c.r);
        const Model m = model_of(c);
        CHECK(weigh(m, m.values, Reading::of(-1.5)).log == -kInf);
    }
}

TEST_CASE("density: identity knows its value alone", "[markov][laws]") {
    const Case death{"", Law::identity, {99}, Reading::of(99), 0.0};
    const Model m = model_of(death);
    CHECK(weigh(m, m.values, Reading::of(99)).log == 0.0);
    CHECK(weigh(m, m.values, Reading::of(98)).log == -kInf);
}

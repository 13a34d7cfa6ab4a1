#include "bellwether/drift/run_length.hpp"

#include <cmath>
#include <random>

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"

using namespace bellwether;
using namespace bellwether::drift;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace {

double upper_tail(double x) {
    return 0.5 * std::erfc(x / std::sqrt(2.0));
}

std::string code_of(const auto& f) {
    try {
        (void)f();
    } catch (const Error& e) {
        return e.code();
    }
    return {};
}

}  // namespace

TEST_CASE("cusum_arl: one-sided, as R's spc has it", "[drift][run_length][reference]") {
    // Reference: R 4.2.2, spc 0.6.7, xcusum.arl(k, h, mu, sided = "one"), ten decimals. k = 0.5, h = 4:
    // 335.37 and 8.38 also in Lucas & Crosier 1982, table 1. Tolerance: what spc prints; ours agrees to
    // 1e-11.
    struct Row {
        double k, h, shift, arl;
    };
    for (const Row& r : {Row{0.5, 4, 0, 335.3675776272},
                         {0.5, 4, 0.5, 26.6791624343},
                         {0.5, 4, 1, 8.3832021297},
                         {0.5, 5, 0, 930.8870120642},
                         {0.5, 5, 0.5, 38.0096099219},
                         {0.5, 5, 1, 10.3759753002},
                         {0.25, 8, 0, 736.78774653},
                         {0.25, 8, 0.5, 28.7633946793},
                         {0.25, 8, 1, 11.3932082562},
                         {0.5, 3, 0, 117.5957042279},
                         {0.5, 3, 0.5, 17.3505165698},
                         {0.5, 3, 1, 6.4039088934}}) {
        CAPTURE(r.k, r.h, r.shift);
        CHECK_THAT(cusum_arl(r.k, r.h, r.shift), WithinRel(r.arl, 1e-10));
    }
    // xcusum.arl(k = 0.5, h = 5, mu = 1, hs = 2.5): half the limit as a head start.
    CHECK_THAT(cusum_arl(0.5, 5, 1, 2.5), WithinRel(6.347965827, 1e-9));
}

TEST_CASE("cusum_arl_two_sided: as R's spc and Montgomery's table have it",
          "[drift][run_length][reference]") {
    // Reference: spc 0.6.7, xcusum.arl(k, h, mu, sided = "two"); Montgomery, Statistical Quality Control,
    // table 9.3: 168, 74.2, 26.6, 8.38, 3.34 and 465, 139, 38.0, 10.4, 4.01.
    struct Row {
        double h, shift, arl;
    };
    for (const Row& r : {Row{4, 0, 167.6837888136},
                         {4, 0.25, 74.224027885},
                         {4, 0.5, 26.6302030889},
                         {4, 1, 8.3831318705},
                         {4, 2, 3.3427701294},
                         {5, 0, 465.4435060321},
                         {5, 0.25, 139.493689772},
                         {5, 0.5, 37.9961431894},
                         {5, 1, 10.3759699216},
                         {5, 2, 4.008871061}}) {
        CAPTURE(r.h, r.shift);
        CHECK_THAT(cusum_arl_two_sided(0.5, r.h, r.shift), WithinRel(r.arl, 1e-9));
        CHECK_THAT(cusum_arl_two_sided(0.5, r.h, -r.shift), WithinRel(r.arl, 1e-9));
    }
}

TEST_CASE("ewma_arl: two-sided, as R's spc has it", "[drift][run_length][reference]") {
    // Reference: spc 0.6.7, xewma.arl(l, c, mu, sided = "two"), limits fixed at their asymptote.
    struct Row {
        double lambda, c, shift, arl;
    };
    for (const Row& r : {Row{0.1, 2.7, 0, 368.9937339806},
                         {0.1, 2.7, 0.5, 28.1905396205},
                         {0.1, 2.7, 1, 9.7300116223},
                         {0.2, 2.86, 0, 371.1033042502},
                         {0.2, 2.86, 0.5, 36.2025858381},
                         {0.2, 2.86, 1, 9.8015245147},
                         {0.25, 3, 0, 502.895169081},
                         {0.25, 3, 0.5, 48.4530253062},
                         {0.25, 3, 1, 11.1542670164},
                         {0.05, 2.49, 0, 370.2729931059},
                         {0.05, 2.49, 0.5, 26.4572117047},
                         {0.05, 2.49, 1, 10.7348708897}}) {
        CAPTURE(r.lambda, r.c, r.shift);
        CHECK_THAT(ewma_arl(r.lambda, r.c, r.shift), WithinRel(r.arl, 1e-9));
    }
}

TEST_CASE("limits: those of R's spc for a wanted run length, and back", "[drift][run_length][reference]") {
    // Reference: spc 0.6.7, xcusum.crit and xewma.crit. spc stops its search at about 1e-9.
    CHECK_THAT(cusum_limit(0.5, 100), WithinAbs(2.8494057566, 1e-8));
    CHECK_THAT(cusum_limit(0.5, 200), WithinAbs(3.5020370939, 1e-8));
    CHECK_THAT(cusum_limit(0.5, 500), WithinAbs(4.3891297403, 1e-8));
    CHECK_THAT(cusum_limit(0.5, 1000), WithinAbs(5.0707038561, 1e-8));
    CHECK_THAT(cusum_limit(0.5, 500, true), WithinAbs(5.0707038548, 1e-8));
    CHECK_THAT(ewma_limit(0.1, 500), WithinAbs(2.8143099955, 1e-8));
    for (const double arl : {5.0, 60.0, 1e6}) {
        CHECK_THAT(cusum_arl(0.25, cusum_limit(0.25, arl), 0), WithinRel(arl, 1e-6));
        CHECK_THAT(ewma_arl(0.3, ewma_limit(0.3, arl), 0), WithinRel(arl, 1e-6));
    }
    CHECK_THAT(cusum_arl(4, cusum_limit(4, 1e6), 0), WithinRel(1e6, 1e-6));  // soon beyond computing
}

TEST_CASE("run lengths: Shewhart's charts are limits of both", "[drift][run_length]") {
    // Closed form: readings are independent trials. lambda = 1: a signal where |X| > c; h to 0: where X > k.
    for (const double shift : {0.0, 0.7, -2.0}) {
        CAPTURE(shift);
        CHECK_THAT(ewma_arl(1, 3, shift),
                   WithinRel(1 / (upper_tail(3 - shift) + upper_tail(3 + shift)), 1e-9));
        CHECK_THAT(cusum_arl(1, 1e-6, shift), WithinRel(1 / upper_tail(1 - shift), 1e-5));
    }
}

TEST_CASE("run lengths: those of simulated charts", "[drift][run_length][property]") {
    // 20,000 runs; four standard errors, a run length having about its mean as its standard deviation.
    std::mt19937_64 random(5);
    std::normal_distribution<double> normal;
    const auto mean = [](const auto& run) {
        double sum = 0;
        for (int i = 0; i < 20'000; ++i)
            sum += run();
        return sum / 20'000;
    };
    const double k = 0.3, h = 2.5, shift = -0.2, lambda = 0.15, c = 2;
    const double both = mean([&] {
        int n = 0;
        for (double up = 0, down = 0; up <= h && down <= h; ++n) {
            const double x = shift + normal(random);
            up = std::max(0.0, up + x - k), down = std::max(0.0, down - x - k);
        }
        return n;
    });
    const double expected = cusum_arl_two_sided(k, h, shift);
    CHECK_THAT(both, WithinAbs(expected, 4 * expected / std::sqrt(20'000.0)));
    const double smooth = mean([&] {
        int n = 0;
        for (double z = 0; std::fabs(z) <= c * std::sqrt(lambda / (2 - lambda)); ++n)
            z += lambda * (shift + normal(random) - z);
        return n;
    });
    CHECK_THAT(smooth, WithinAbs(ewma_arl(lambda, c, shift), 4 * smooth / std::sqrt(20'000.0)));
}

TEST_CASE("run lengths: what cannot be is refused", "[drift][run_length][error]") {
    CHECK(code_of([] { return cusum_arl(-0.1, 4, 0); }) == "D010");
    CHECK(code_of([] { return cusum_arl(0.5, 0, 0); }) == "D010");
    CHECK(code_of([] { return cusum_arl(0.5, 4, 0, 5); }) == "D010");
    CHECK(code_of([] { return cusum_arl(0.5, std::nan(""), 0); }) == "D010");
    CHECK(code_of([] { return cusum_arl(0.5, 30, 0); }) == "D011");
    CHECK(code_of([] { return ewma_arl(0, 3, 0); }) == "D010");
    CHECK(code_of([] { return ewma_arl(0.2, 8, 0); }) == "D011");
    CHECK(code_of([] { return cusum_limit(2, 10); }) == "D010");
}

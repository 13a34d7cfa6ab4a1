#include "bellwether/study/bootstrap.hpp"

#include <cmath>
#include <numeric>

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"

using namespace bellwether;
using namespace bellwether::study;

TEST_CASE("resample: each draw holds n patients, and draws are what they are whatever else is drawn",
          "[study][bootstrap]") {
    const Bootstrap how{200, 7};
    std::vector<std::uint32_t> a, b;
    resample(how, 3, 50, a);
    CHECK(std::accumulate(a.begin(), a.end(), 0U) == 50);
    resample(how, 4, 50, b);
    CHECK(a != b);
    resample(how, 3, 50, b);
    CHECK(a == b);
    resample({200, 8}, 3, 50, b);
    CHECK(a != b);
    CHECK_THROWS_AS(resample({99, 7}, 3, 50, b), Error);
    CHECK_THROWS_AS(resample(how, 200, 50, b), Error);
}

TEST_CASE("resample: weights have the mean and variance of the multinomial distribution",
          "[study][bootstrap][property]") {
    // Mean 1, variance 1 - 1/n. Over 2000 draws of 40 patients the standard error of the mean of patient 0's
    // weight is 0.022 and that of its variance about 0.05: four of each are allowed.
    const Bootstrap how{2000, 11};
    std::vector<std::uint32_t> w;
    double sum = 0, squares = 0, products = 0;
    for (int k = 0; k < how.draws; ++k) {
        resample(how, k, 40, w);
        sum += w[0];
        squares += (w[0] - 1.0) * (w[0] - 1.0);
        products += (w[0] - 1.0) * (w[1] - 1.0);
    }
    CHECK(sum / how.draws == Approx(1.0).margin(0.09));
    CHECK(squares / how.draws == Approx(1.0 - 1.0 / 40).margin(0.2));
    CHECK(products / how.draws == Approx(-1.0 / 40).margin(0.1));  // covariance -1/n
}

TEST_CASE("intervals: that of a mean is the normal limit's, a figure that is mostly nothing has none",
          "[study][bootstrap]") {
    // Values 0 ... 399: sd 115.47, standard error 5.77, so 199.5 -+ 11.3. With 4000 draws the ends of a
    // percentile interval are known to about 0.03 of its standard error times 4.
    const std::size_t n = 400;
    const auto mean = [&](std::span<const std::uint32_t> w, std::vector<std::optional<double>>& out) {
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i)
            sum += static_cast<double>(w[i]) * static_cast<double>(i);
        out.assign({sum / static_cast<double>(n),
                    w[0] > 0 ? std::optional(1.0) : std::nullopt});  // patient 0 is in 63% of the draws
    };
    const auto got = intervals({4000, 5}, n, mean);
    REQUIRE(got.size() == 2);
    CHECK(*got[0].low == Approx(199.5 - 1.96 * 5.77).margin(0.8));
    CHECK(*got[0].high == Approx(199.5 + 1.96 * 5.77).margin(0.8));
    CHECK_FALSE(got[1].low);
}

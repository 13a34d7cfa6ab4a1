#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"

#include "r_ast.hpp"

using namespace bellwether;
using namespace bellwether::msm;

TEST_CASE("parse_r: operators bind as in R", "[parity][reader]") {
    // Reference: R 4.2, e.g. R -q -e 'deparse(quote(-2^2)[[2]])' gives "2^2", and -1:3 starts at -1.
    const auto whole = [](const char* text) { return parse_r(text).at(0); };
    CHECK(whole("-2^2")->args.size() == 1);
    CHECK(whole("-1:3")->word == ":");
    CHECK(whole("!a == b")->word == "!");
    CHECK(whole("a %% 9 == 0 & b")->word == "&");
    CHECK(whole("2 * 1:3")->args[1].value->word == ":");
    CHECK(whole("a <- b ~ c + d")->args[1].value->word == "~");
    CHECK(whole("x<-5")->word == "<-");
    CHECK(whole("x[-1, 2]$y")->word == "$");
}

TEST_CASE("parse_r: names, empty places, line ends and comments", "[parity][reader]") {
    const auto call =
        parse_r("msm(s ~ t, covinits=list(\"timeperiod[5,Inf)\"=rep(0.01,7)), subject=id)").at(0);
    CHECK(call->word == "msm");
    CHECK(call->args.at(1).name == "covinits");
    CHECK(call->args.at(1).value->args.at(0).name == "timeperiod[5,Inf)");
    const auto rows = parse_r("d[d$x > 0, ]").at(0);
    REQUIRE(rows->args.size() == 3);
    CHECK_FALSE(rows->args[2].value);
    CHECK(parse_r("a <- 1 # one\nb <- c(1,\n 2)\n; d <- a +\n 1").size() == 3);
    CHECK(parse_r("msm::hmmNorm(1, 2)").at(0)->word == "hmmNorm");
    CHECK_THROWS_AS(parse_r("a <- (1"), Error);
}

TEST_CASE("deparse: as R names the columns of a design", "[parity][reader]") {
    CHECK(deparse(*parse_r("factor( pdiag )").at(0)) == "factor(pdiag)");
    CHECK(deparse(*parse_r("I(x ^ 2)").at(0)) == "I(x^2)");
    CHECK(deparse(*parse_r("log(x+1)").at(0)) == "log(x + 1)");
}

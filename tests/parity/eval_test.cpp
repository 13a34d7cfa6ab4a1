#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"

#include "r_value.hpp"

using namespace bellwether;
using namespace bellwether::msm;

namespace {

Value frame() {
    Value v;
    v.type = Value::Type::list;
    v.of_class = "data.frame";
    v.names = {"id", "x", "g"};
    v.items = {Value::numbers({1, 1, 2}), Value::numbers({3, kMissing, 5}), Value::numbers({2, 1, 2})};
    v.items[2].levels = {"a", "b"};
    return v;
}

std::vector<double> run(const char* text) {
    Workspace w([](const std::string&) { return frame(); });
    return w.run(text).num;
}
using V = std::vector<double>;

}  // namespace

TEST_CASE("Workspace: vectors, matrices and sequences are R's", "[parity][eval]") {
    // Reference: R 4.2, each line as R -q -e '...' prints it.
    CHECK(run("rbind(c(0,1), c(2,0))") == V{0, 2, 1, 0});
    CHECK(run("matrix(1:4, 2, byrow=TRUE)") == V{1, 3, 2, 4});
    CHECK(run("Q <- matrix(0, 2, 2); Q[1, 2] <- 0.5; Q") == V{0, 0, 0.5, 0});
    CHECK(run("Q <- diag(2); diag(Q) <- 0; Q") == V{0, 0, 0, 0});
    CHECK(run("rep(c(1, 2), each=2)") == V{1, 1, 2, 2});
    CHECK(run("rep(1:2, c(2, 1))") == V{1, 1, 2});
    CHECK(run("seq(0, 1, by=0.5)") == V{0, 0.5, 1});
    CHECK(run("-7 %% 3") == V{2});
    CHECK(run("(1:5)[-(1:2)]") == V{3, 4, 5});
    CHECK(run("which(c(FALSE, TRUE, NA))") == V{2});
    CHECK(run("round(2.5)") == V{2});
}

TEST_CASE("Workspace: data frames, factors and missing values are R's", "[parity][eval]") {
    // Reference: R 4.2 with d <- data.frame(id=c(1,1,2), x=c(3,NA,5), g=factor(c("b","a","b"))).
    CHECK(run("d <- rd(\"d\"); d$y <- ifelse(seq_len(nrow(d)) %% 2 == 0 & duplicated(d$id), 9, 0); d$y") ==
          V{0, 9, 0});
    CHECK(run("d <- rd(\"d\"); d <- d[!is.na(d$x), ]; d$x") == V{3, 5});
    CHECK(run("d <- subset(rd(\"d\"), x > 3); d$id") == V{2});
    CHECK(run("d <- rd(\"d\"); as.numeric(d$g == \"b\")") == V{1, 0, 1});
    CHECK(run("d <- rd(\"d\"); d <- within(d, {z <- id * 2}); d[, \"z\"]") == V{2, 2, 4});
    CHECK(run("as.numeric(factor(c(5, 3, 5)))") == V{2, 1, 2});
    CHECK(run("FALSE & NA") == V{0});
    CHECK(run("duplicated(c(1, 1, 2), fromLast=TRUE)") == V{1, 0, 0});
}

TEST_CASE("Workspace: what it does not know it names", "[parity][eval][error]") {
    CHECK_THROWS_WITH(run("lm(1)"), Catch::Matchers::Contains("unknown function 'lm'"));
    CHECK_THROWS_WITH(run("nowhere + 1"), Catch::Matchers::Contains("unknown name 'nowhere'"));
}

TEST_CASE("Workspace: what is missing stays missing in comparisons of words", "[parity][eval]") {
    // R: NA == "a" is NA, NA %in% "a" is FALSE.
    const V out = run("d <- rd('x'); d$g[2] <- NA; as.numeric(d$g == 'b')");
    REQUIRE(out.size() == 3);
    CHECK(out[0] == 1.0);
    CHECK(missing(out[1]));
    CHECK(run("d <- rd('x'); d$g[2] <- NA; d$g %in% 'b'") == V{1, 0, 1});
}

TEST_CASE("Workspace: order, cut, relevel, paste and cumsum are R's", "[parity][eval]") {
    CHECK(run("order(c(2, 1, 1), c(1, 5, 4))") == V{3, 2, 1});
    CHECK(run("as.numeric(cut(c(1, 2, 3), c(0, 1, 3)))") == V{1, 2, 2});
    CHECK(run("as.numeric(cut(c(1, 2), c(1, 2, 3), right=FALSE))") == V{1, 2});
    CHECK(run("as.numeric(relevel(rd('x')$g, ref='b'))") == V{1, 2, 1});
    CHECK(run("cumsum(c(1, 2, 3))") == V{1, 3, 6});
    CHECK(run("paste0('a', 1) == 'a1'") == V{1});
}

TEST_CASE("Workspace: names of a matrix change none of its numbers", "[parity][eval]") {
    CHECK(run("Q <- matrix(1:4, 2); rownames(Q) <- colnames(Q) <- c('a', 'b'); Q") == V{1, 2, 3, 4});
    CHECK(run("Q <- matrix(1:4, 2); crudeinits.msm(y ~ t, id, d, Q)") == V{1, 2, 3, 4});
}

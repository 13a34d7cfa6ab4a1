#include <catch2/catch.hpp>

#include "bellwether/derive/recist.hpp"

using namespace bellwether::derive::recist;

namespace {

constexpr auto CR = Response::cr, PR = Response::pr, SD = Response::sd, PD = Response::pd, NE = Response::ne;

Response confirmed(const std::vector<Dated>& visits, bool accept_sd = false) {
    BestOptions o;
    o.confirm = true;
    o.accept_sd_between = accept_sd;
    return best_overall(visits, o);
}

}  // namespace

// Eisenhauer et al. 2009, Eur J Cancer 45:228-247, Table 3 and sections 4.4.3, 4.6; by hand.
TEST_CASE("best overall: with confirmation, Table 3", "[derive][recist][reference]") {
    CHECK(confirmed({{56, CR}, {84, CR}}) == CR);
    CHECK(confirmed({{56, CR}, {83, CR}}) == SD);
    CHECK(confirmed({{56, CR}, {112, SD}}) == SD);
    CHECK(confirmed({{35, CR}, {70, PD}}) == PD);
    CHECK(confirmed({{35, CR}, {70, NE}}) == NE);
    CHECK(confirmed({{56, PR}, {112, CR}}) == PR);
    CHECK(confirmed({{56, PR}, {112, NE}, {168, PR}}) == PR);
    CHECK(confirmed({{56, PR}, {112, NE}, {168, NE}, {224, PR}}) == SD);
    CHECK(confirmed({{56, PR}, {112, SD}, {168, PR}}) == SD);
    CHECK(confirmed({{56, PR}, {112, SD}, {168, PR}}, true) == PR);
    CHECK(confirmed({{56, NE}, {112, NE}}) == NE);
}

TEST_CASE("best overall: the series ends at PD, SD must last", "[derive][recist][reference]") {
    CHECK(best_overall(std::vector<Dated>{{56, PD}, {112, CR}}) == PD);
    CHECK(best_overall(std::vector<Dated>{{35, SD}, {70, PD}}) == PD);
    CHECK(best_overall(std::vector<Dated>{{35, SD}}) == NE);
    CHECK(best_overall(std::vector<Dated>{{42, SD}, {84, PD}}) == SD);
    CHECK(best_overall(std::vector<Dated>{{56, SD}, {112, PR}}) == PR);
    CHECK(best_overall({}) == NE);
}

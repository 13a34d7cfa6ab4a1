#include "bellwether/derive/recist.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "derive/support/lesions.hpp"

using namespace bellwether;
using namespace bellwether::derive;
using namespace bellwether::derive::recist;
using namespace bellwether::derive::testing;
using Role = Lesion::Role;

namespace {

/// The responses after baseline: "PR/NA/PR", target / non-target / overall.
std::vector<std::string> responses(const std::vector<Lesion>& lesions, const Options& options = {}) {
    std::vector<std::string> out;
    for (const TimePoint& p : assess(lesions, day(0), options))
        if (!p.baseline)
            out.push_back(std::string(to_string(p.target)) + "/" + std::string(to_string(p.non_target)) +
                          "/" + std::string(to_string(p.overall)));
    return out;
}

using Expected = std::vector<std::string>;

/// One lesion whose diameter is followed.
std::vector<Lesion> followed(const std::vector<double>& mm) {
    std::vector<Lesion> l;
    for (std::size_t i = 0; i < mm.size(); ++i)
        l.push_back(target("T1", static_cast<int>(56 * i), mm[i]));
    return l;
}

}  // namespace

// Figures below: Eisenhauer et al. 2009, Eur J Cancer 45:228-247, the section in each comment; D20
// (PMC2755245 T3) for "and 5 mm". Responses worked out by hand.

TEST_CASE("recist: PR from exactly 30% below baseline on", "[derive][recist][reference]") {  // 4.3.1
    CHECK(responses(followed({100, 70})) == Expected{"PR/NA/PR"});
    CHECK(responses(followed({100, 70.1})) == Expected{"SD/NA/SD"});
    CHECK(responses(followed({33, 23.1})) == Expected{"PR/NA/PR"});  // 0.29999999999999993 in doubles
}

TEST_CASE("recist: PD needs 20% and 5 mm over the nadir", "[derive][recist][reference]") {  // 4.3.1, D20
    CHECK(responses(followed({25, 30})) == Expected{"PD/NA/PD"});
    CHECK(responses(followed({26, 31})) == Expected{"SD/NA/SD"});      // 19.2%
    CHECK(responses(followed({16, 20})) == Expected{"SD/NA/SD"});      // 25%, 4 mm
    CHECK(responses(followed({24, 28.9})) == Expected{"SD/NA/SD"});    // 4.9 mm
    CHECK(responses(followed({50.1, 60.1})) == Expected{"SD/NA/SD"});  // 19.96%
    CHECK(responses(followed({27, 32.4})) == Expected{"PD/NA/PD"});    // 0.19999999999999996 in doubles
    Options rounded;
    rounded.round_percentages = true;
    CHECK(responses(followed({50.1, 60.1}), rounded) == Expected{"PD/NA/PD"});
}

TEST_CASE("recist: the nadir is the smallest sum so far, baseline included",
          "[derive][recist][reference]") {  // 4.3.1
    CHECK(responses(followed({75, 48, 35, 42})) == Expected{"PR/NA/PR", "PR/NA/PR", "PD/NA/PD"});
    CHECK(responses(followed({50, 54, 58, 62})) == Expected{"SD/NA/SD", "SD/NA/SD", "PD/NA/PD"});
    const auto points = assess(followed({75, 48, 35, 42}), day(0));
    CHECK(points[0].baseline);
    CHECK(points[3].nadir_before == 35.0);
    CHECK(points[3].baseline_sum == 75.0);
    CHECK(points[3].progression == day(168));
}

TEST_CASE("recist: too small to measure counts 5 mm and is not CR", "[derive][recist][reference]") {  // 4.3.2
    CHECK(responses({target("T1", 0, 14), stated(Role::target, "T1", 56, "too_small"), gone("T1", 112)}) ==
          Expected{"PR/NA/PR", "CR/NA/CR"});
    CHECK(assess(std::vector{target("T1", 0, 14), stated(Role::target, "T1", 56, "too_small")}, day(0))[1]
              .sum == 5.0);
}

TEST_CASE("recist: nodes under 10 mm are normal", "[derive][recist][reference]") {  // 4.3.1, 4.3.2
    CHECK(responses({target("N1", 0, 20, true), target("N1", 56, 10, true), target("N1", 112, 9.9, true)}) ==
          Expected{"PR/NA/PR", "CR/NA/CR"});
    const std::vector<Lesion> two = {target("N1", 0, 16, true),  target("N2", 0, 17, true),
                                     target("N1", 56, 2, true),  target("N2", 56, 2, true),
                                     target("N1", 112, 9, true), target("N2", 112, 9, true)};
    CHECK(responses(two) == Expected{"CR/NA/CR", "CR/NA/CR"});
    Options arithmetic;
    arithmetic.normal_nodes_can_progress = true;
    CHECK(responses(two, arithmetic) == Expected{"CR/NA/CR", "PD/NA/PD"});
}

TEST_CASE("recist: what returns after an overall CR is PD",
          "[derive][recist][reference]") {  // Table 3, footnote
    const std::vector<Lesion> back = {target("T1", 0, 20), gone("T1", 56), target("T1", 112, 4)};
    CHECK(responses(back) == Expected{"CR/NA/CR", "PD/NA/PD"});
    Options by_sum;
    by_sum.return_after_cr_by_sum = true;
    CHECK(responses(back, by_sum) == Expected{"CR/NA/CR", "PR/NA/PR"});
    by_sum.any_return_from_zero_is_pd = true;
    CHECK(responses(back, by_sum) == Expected{"CR/NA/CR", "PD/NA/PD"});
    // Non-target disease that returns, too.
    CHECK(responses({target("T1", 0, 20), stated(Role::non_target, "NT1", 0, "present"), gone("T1", 56),
                     stated(Role::non_target, "NT1", 56, "absent"), gone("T1", 112),
                     stated(Role::non_target, "NT1", 112, "present")}) ==
          Expected{"CR/CR/CR", "CR/non-CR/non-PD/PD"});
}

TEST_CASE("recist: a PR may be kept until PD by option", "[derive][recist]") {  // EORTC FAQ
    Options keep;
    keep.keep_response_until_pd = true;
    CHECK(responses(followed({100, 70, 80}))[1] == "SD/NA/SD");
    CHECK(responses(followed({100, 70, 80, 84}), keep) == Expected{"PR/NA/PR", "PR/NA/PR", "PD/NA/PD"});
}

TEST_CASE("recist: a missing target makes NE unless PD is proven without it",
          "[derive][recist][reference]") {  // 4.4.2
    const std::vector<Lesion> base = {target("T1", 0, 20), target("T2", 0, 15), target("T3", 0, 15)};
    auto few = base, much = base;
    few.insert(few.end(), {target("T1", 56, 15), target("T2", 56, 10), not_seen("T3", 56)});
    much.insert(much.end(), {target("T1", 56, 45), target("T2", 56, 35)});  // T3 not recorded at all
    CHECK(responses(few) == Expected{"NE/NA/NE"});
    CHECK(responses(much) == Expected{"PD/NA/PD"});  // the example of the paper
    const auto p = assess(few, day(0))[1];
    CHECK_FALSE(p.sum);
    CHECK(p.not_evaluable == std::vector<std::string>{"T3"});
    // A partial sum never becomes the nadir.
    CHECK(responses({target("T1", 0, 30), target("T2", 0, 30), target("T1", 56, 20), target("T2", 56, 25),
                     target("T1", 112, 10), not_seen("T2", 112), target("T1", 168, 25),
                     target("T2", 168, 28)}) == Expected{"SD/NA/SD", "NE/NA/NE", "SD/NA/SD"});
}

TEST_CASE("recist: without a baseline size there is no reference", "[derive][recist]") {  // 4.4.2
    const std::vector<Lesion> l = {target("T1", 0, 30), not_seen("T2", 0), target("T1", 56, 12),
                                   target("T2", 56, 14)};
    CHECK(responses(l) == Expected{"NE/NA/NE"});
    Options drop;
    drop.drop_targets_without_baseline = true;
    CHECK(responses(l, drop) == Expected{"PR/NA/PR"});
}

TEST_CASE("recist: split parts are added, a merged lesion is measured once",
          "[derive][recist][reference]") {  // 4.3.2
    CHECK(responses({target("T1", 0, 42), target("T1.1", 56, 18), target("T1.2", 56, 11),
                     target("T1.1", 112, 20), target("T1.2", 112, 14)}) == Expected{"PR/NA/PR", "SD/NA/SD"});
    CHECK(responses({target("T1", 0, 20), target("T2", 0, 18), target("T1", 56, 22), target("T2", 56, 19),
                     target("T1", 112, 46), stated(Role::target, "T2", 112, "merged")}) ==
          Expected{"SD/NA/SD", "PD/NA/PD"});
    // "T10" is no part of "T1".
    CHECK(responses({target("T1", 0, 20), target("T10", 0, 20), target("T1", 56, 12),
                     target("T10", 56, 12)}) == Expected{"PR/NA/PR"});
}

TEST_CASE("recist: overall response follows Tables 1 and 2", "[derive][recist][reference]") {
    const auto with = [](Lesion at_visit, const std::string& non_target) {
        std::vector<Lesion> l = {target("T1", 0, 40), stated(Role::non_target, "NT1", 0, "present"),
                                 at_visit};
        if (!non_target.empty()) l.push_back(stated(Role::non_target, "NT1", 56, non_target));
        return responses(l).front();
    };
    CHECK(with(gone("T1", 56), "absent") == "CR/CR/CR");
    CHECK(with(gone("T1", 56), "present") == "CR/non-CR/non-PD/PR");
    CHECK(with(gone("T1", 56), "") == "CR/NE/PR");
    CHECK(with(target("T1", 56, 20), "") == "PR/NE/PR");
    CHECK(with(target("T1", 56, 39), "absent") == "SD/CR/SD");
    CHECK(with(target("T1", 56, 20), "unequivocal_progression") == "PR/PD/PD");
    CHECK(with(not_seen("T1", 56), "present") == "NE/non-CR/non-PD/NE");
    const auto only = [](const std::string& state) {
        return responses({stated(Role::non_target, "NT1", 0, "present"),
                          stated(Role::non_target, "NT1", 56, state)})
            .front();
    };
    CHECK(only("present") == "NA/non-CR/non-PD/non-CR/non-PD");
    CHECK(only("absent") == "NA/CR/CR");
    CHECK(only("not_evaluable") == "NA/NE/NE");
    CHECK(only("unequivocal_progression") == "NA/PD/PD");
}

TEST_CASE("recist: an equivocal new lesion waits, confirmed, PD is dated back",
          "[derive][recist][reference]") {  // 4.3.5
    std::vector<Lesion> l = followed({40, 39, 39});
    l.push_back(stated(Role::new_, "NEW1", 56, "equivocal"));
    l.push_back(stated(Role::new_, "NEW1", 112, "present"));
    CHECK(responses(l) == Expected{"SD/NA/SD", "SD/NA/PD"});
    const auto points = assess(l, day(0));
    CHECK_FALSE(points[1].progression);
    CHECK(points[2].progression == day(56));
    l.back().lesion = "NEW2";  // another one: nothing to date back to
    CHECK(assess(l, day(0))[2].progression == day(112));
}

TEST_CASE("recist: the baseline is the last visit on or before day zero, else the first",
          "[derive][recist]") {
    const std::vector<Lesion> l = {target("T1", -60, 10), target("T1", -7, 20), target("T1", 56, 20)};
    CHECK(assess(l, day(0)).front().date == day(-7));
    CHECK(assess(l, std::nullopt).front().date == day(-60));
    CHECK(assess(l, day(-90)).front().date == day(-60));
    CHECK(assess({}, day(0)).empty());
}

TEST_CASE("recist: the order of the records does not matter, nor does what comes later",
          "[derive][recist][property]") {
    CHECK(rc::check("permutation and no look-ahead", [] {
        std::vector<Lesion> all;
        for (int v = 0; v < 5; ++v)
            for (const char* name : {"T1", "T2", "N1"}) {
                if (v > 0 && *rc::gen::inRange(0, 8) == 0) continue;
                all.push_back(target(name, 50 * v, *rc::gen::inRange(0, 30), *name == 'N'));
            }
        if (*rc::gen::arbitrary<bool>())
            all.push_back(stated(Role::new_, "X", 50 * *rc::gen::inRange(1, 5), "present"));
        const auto whole = assess(all, day(0));
        const Date d = day(50 * *rc::gen::inRange(0, 5));
        std::vector<Lesion> past;
        for (const Lesion& l : all)
            if (l.taken <= d) past.push_back(l);
        for (std::size_t i = past.size(); i > 1; --i)
            std::swap(past[i - 1], past[static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(i)))]);
        const auto part = assess(past, day(0));
        RC_ASSERT(part.size() <= whole.size());
        for (std::size_t i = 0; i < part.size(); ++i) {
            RC_ASSERT(part[i].date == whole[i].date);
            RC_ASSERT(part[i].sum == whole[i].sum);
            RC_ASSERT(part[i].target == whole[i].target);
            RC_ASSERT(part[i].overall == whole[i].overall);
            RC_ASSERT(part[i].progression == whole[i].progression);
        }
    }));
}

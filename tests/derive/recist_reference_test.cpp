#include <iostream>

#include <catch2/catch.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "bellwether/derive/recist.hpp"

#include "derive/support/lesions.hpp"

using namespace bellwether;
using namespace bellwether::derive;
using namespace bellwether::derive::recist;
using namespace bellwether::derive::testing;
using nlohmann::json;

namespace {

/// The records of one target as the collection writes its size: a number, a mark, a split or a merger.
void add_target(std::vector<Lesion>& out, const std::string& name, int n, bool nodal, const json& mm) {
    if (mm.is_number())
        out.push_back(target(name, n, mm.get<double>(), nodal));
    else if (mm.is_object() && mm.contains("split")) {
        int part = 0;
        for (const json& x : mm["split"])
            out.push_back(target(fmt::format("{}.{}", name, ++part), n, x.get<double>(), nodal));
    } else {
        const std::string mark = mm.is_string() ? mm.get<std::string>() : "merged";
        const std::string state = mark == "TSTM"     ? "too_small"
                                  : mark == "ABSENT" ? "absent"
                                  : mark == "NE"     ? "not_evaluable"
                                                     : mark;
        out.push_back(stated(Lesion::Role::target, name, n, state, nodal));
    }
}

void add_non_target(std::vector<Lesion>& out, int n, const std::string& status) {
    if (status == "none") return;
    const std::string state = status == "CR"   ? "absent"
                              : status == "PD" ? "unequivocal_progression"
                              : status == "NE" ? "not_evaluable"
                                               : "present";
    out.push_back(stated(Lesion::Role::non_target, "NT1", n, state));
}

std::vector<Lesion> lesions_of(const json& c) {
    std::vector<Lesion> out;
    std::map<std::string, bool> nodal;
    for (const json& t : c["baseline"]["targets"]) {
        nodal[t["id"]] = t["node"];
        add_target(out, t["id"], 0, t["node"], t["mm"]);
    }
    add_non_target(out, 0, c["baseline"]["nontarget"]);
    for (const json& v : c["visits"]) {
        const int n = v["day"];
        for (const auto& [name, mm] : v["mm"].items())
            add_target(out, name, n, nodal.at(name), mm);
        add_non_target(out, n, v.value("nontarget", "none"));
        const std::string fresh = v["new"];
        if (fresh != "no")
            out.push_back(stated(Lesion::Role::new_, "NEW1", n, fresh == "yes" ? "present" : fresh));
    }
    return out;
}

std::optional<double> number(const json& x) {
    if (x.is_null()) return std::nullopt;
    return x.get<double>();
}

std::optional<Response> parse(const std::string& name) {
    for (int r = 0; r <= static_cast<int>(Response::non_cr_non_pd); ++r)
        if (to_string(static_cast<Response>(r)) == name) return static_cast<Response>(r);
    return std::nullopt;
}

}  // namespace

// Invented patients, expected values by hand and by a separate program in exact arithmetic (see the
// collection's README).
TEST_CASE("recist: every time point of the shared collection", "[derive][recist][reference]") {
    const auto text = shared_text("reference/recist/recist11_timepoint.json");
    if (!text) {
        std::cout << "skipped: the shared RECIST collection is not here\n";
        return;
    }
    const json all = json::parse(*text);
    int visits = 0;
    for (const json& c : all["cases"]) {
        CAPTURE(c["id"].get<std::string>(), c["title"].get<std::string>());
        const auto points = assess(lesions_of(c), day(0));
        REQUIRE(points.size() == c["visits"].size() + 1);
        CHECK(points[0].sum == number(c["baseline"]["sum"]));
        std::optional<Date> progression;
        for (std::size_t i = 0; i < c["visits"].size(); ++i, ++visits) {
            const json& e = c["visits"][i]["expect"];
            const TimePoint& p = points[i + 1];
            CAPTURE(i);
            CHECK(p.sum == number(e["sum"]));
            CHECK(p.nadir_before == number(e["nadir_before"]));
            CHECK(to_string(p.target) == e["target"].get<std::string>());
            CHECK(to_string(p.non_target) == e["nontarget"].get<std::string>());
            CHECK(to_string(p.overall) == e["overall"].get<std::string>());
            if (!progression) progression = p.progression;
        }
        if (c.contains("pd_date_day")) CHECK(progression == day(c["pd_date_day"]));
    }
    CHECK(all["cases"].size() == 51);
    CHECK(visits == 82);
}

TEST_CASE("best overall: every series of the shared collection", "[derive][recist][reference]") {
    const auto text = shared_text("reference/recist/recist11_best_overall.json");
    if (!text) {
        std::cout << "skipped: the shared RECIST collection is not here\n";
        return;
    }
    const json all = json::parse(*text);
    for (const json& c : all["cases"]) {
        CAPTURE(c["id"].get<std::string>(), c["title"].get<std::string>());
        std::vector<Dated> visits;
        for (const json& v : c["visits"])
            visits.push_back({v["day"], parse(v["overall"]).value()});
        const json& o = c["options"];
        BestOptions options{false, o["confirm_days"], o["min_sd_days"], o["max_ne_between"],
                            o["accept_sd_between"]};
        CHECK(to_string(best_overall(visits, options)) ==
              c["expect"]["best_without_confirmation"].get<std::string>());
        options.confirm = true;
        CHECK(to_string(best_overall(visits, options)) ==
              c["expect"]["best_with_confirmation"].get<std::string>());
    }
    CHECK(all["cases"].size() == 33);
}

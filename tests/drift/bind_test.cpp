#include "bellwether/drift/bind.hpp"

#include <catch2/catch.hpp>

#include "support/small.hpp"

using namespace bellwether;
using namespace small;
using drift::bind;

namespace {

std::vector<int> days(const std::vector<drift::BoundRow>& rows) {
    std::vector<int> out;
    for (const auto& r : rows)
        out.push_back(r.date - day(0));
    return out;
}

const drift::BoundRow& on_day(const std::vector<drift::BoundRow>& rows, int n) {
    for (const auto& r : rows)
        if (r.date == day(n)) return r;
    throw Error("D000", "no row on that day");
}

std::string message(const markov::Spec& s, const ChannelCatalogue& c) {
    try {
        drift::check_channels(s, c);
    } catch (const Error& e) {
        return e.what();
    }
    return "accepted";
}

using Numbers = std::vector<double>;
using Ints = std::vector<int>;

}  // namespace

TEST_CASE("bind: a row per day with a reading and per change of therapy, up to `until`", "[drift][bind]") {
    const auto s = spec();
    CHECK(days(bind(patient(), s, day(200))) == Ints{-7, -5, 0, 21, 35, 42, 49, 63, 70, 91});
    CHECK(days(bind(patient(), s, day(42))) == Ints{-7, -5, 0, 21, 35, 42});
    const auto rows = bind(patient(), s, day(200));
    CHECK_FALSE(on_day(rows, 35).has_reading);
    CHECK(on_day(rows, 42).has_reading);
    CHECK(on_day(rows, 42).readings[0].censor == markov::Censor::left);
    CHECK(on_day(rows, 42).readings[0].value == 0.1);
    CHECK(on_day(rows, 42).readings[1] == markov::Reading::of(0.3));
}

TEST_CASE("bind: therapy cuts no interval when no covariate varies", "[drift][bind]") {
    auto s = spec();
    for (auto& c : s.covariates)
        c.varying = false;
    CHECK(days(bind(patient(), s, day(200))) == Ints{-7, -5, 21, 42, 63, 70, 91});
}

TEST_CASE("bind: of several readings of a day the last counts", "[drift][bind]") {
    series::Timeline t;
    add_track(t, "ctdna", {{0, exactly(1)}, {5, exactly(2)}, {5, above(3)}});
    const auto rows = bind(t, spec(), day(5));
    REQUIRE(days(rows) == Ints{0, 5});
    CHECK(rows[1].readings[0] == markov::Reading::above(3));
}

TEST_CASE("bind: the day of death is an exact entry and nothing follows", "[drift][bind]") {
    auto t = patient();
    t.events = {event(EventKind::death, 65)};
    const auto rows = bind(t, spec(), day(200));
    CHECK(days(rows).back() == 65);
    CHECK(rows.back().kind == markov::Kind::exact_entry);
    CHECK(rows.back().state == 2);
    CHECK_FALSE(rows.back().has_reading);
    CHECK(days(bind(t, spec(), day(64))).back() == 63);
}

TEST_CASE("bind: a death that nothing precedes is no row: there is no interval that it ends",
          "[drift][bind]") {
    series::Timeline t;
    t.events = {event(EventKind::death, 10)};
    CHECK(bind(t, spec(), day(200)).empty());
    add_track(t, "ctdna", {{10, exactly(1)}, {12, exactly(1)}});
    const auto rows = bind(t, spec(), day(200));
    REQUIRE(days(rows) == Ints{10});
    CHECK(rows[0].kind == markov::Kind::snapshot);
}

TEST_CASE("bind: last known alive is a row for fitting only, and never beside a death", "[drift][bind]") {
    auto t = patient();
    t.events = {event(EventKind::last_known_alive, 100), event(EventKind::last_known_alive, 150)};
    CHECK(days(bind(t, spec(), day(200))).back() == 91);
    const auto rows = bind(t, spec(), day(200), true);
    REQUIRE(days(rows).back() == 150);
    CHECK(rows.back().kind == markov::Kind::one_of);
    CHECK(rows.back().among == 0b011U);
    CHECK(days(bind(t, spec(), day(120), true)).back() == 100);
    t.events.push_back(event(EventKind::death, 160));
    const auto dead = bind(t, spec(), day(200), true);
    CHECK(days(dead).back() == 160);
    CHECK_FALSE(
        std::any_of(dead.begin(), dead.end(), [](const auto& r) { return r.kind == markov::Kind::one_of; }));
}

TEST_CASE("bind: readings on or before day zero are marked as own baseline", "[drift][bind]") {
    auto t = patient();
    t.tracks["mdsc"].points.insert(t.tracks["mdsc"].points.begin() + 2, {day(0), -1, exactly(0.26), 0});
    const auto rows = bind(t, spec(), day(200));
    CHECK(on_day(rows, -7).readings[1].baseline);
    CHECK(on_day(rows, 0).readings[1].baseline);
    CHECK_FALSE(on_day(rows, 42).readings[1].baseline);
    CHECK_FALSE(on_day(rows, -5).readings[0].baseline);  // a rate channel has none
    t.patient.day_zero.reset();
    CHECK_FALSE(on_day(bind(t, spec(), day(200)), -7).readings[1].baseline);
}

TEST_CASE("bind: a change of assay restarts a rate, and ends what compares with a baseline",
          "[drift][bind]") {
    auto t = patient();
    t.tracks["mdsc"].points[3].segment = 1;
    const auto rows = bind(t, spec(), day(200));
    CHECK(on_day(rows, 63).restarted == 0);
    CHECK(on_day(rows, 70).restarted == 0b01U);
    CHECK(on_day(rows, 91).restarted == 0);
    CHECK_FALSE(on_day(rows, 63).readings[1].present);
    CHECK(on_day(rows, 42).readings[1].present);
}

TEST_CASE("bind: a panel takes a rate channel up to its first change of assay", "[drift][bind]") {
    markov::Panel panel(spec());
    drift::add_to_panel(patient(), spec(), day(200), panel);
    REQUIRE(panel.rows() == 10);
    CHECK(panel.row(7).readings[0].present);        // day 63
    CHECK_FALSE(panel.row(8).readings[0].present);  // day 70
    CHECK_FALSE(panel.row(9).readings[0].present);
    series::Timeline nothing;
    nothing.therapies = {therapy("chemo", 0)};
    drift::add_to_panel(nothing, spec(), day(200), panel);
    CHECK(panel.subjects() == 1);
}

TEST_CASE("bind: covariates from therapy, arm, sex, age and attributes", "[drift][bind]") {
    auto t = patient();
    t.patient.arm = "A";
    t.patient.sex = Sex::male;
    t.patient.birth_year = 1960;
    t.patient.attributes["ecog"] = "2";
    const auto rows = bind(t, spec(), day(200));
    CHECK(on_day(rows, -5).covariates == Numbers{0, 0, 1, 0, 64, 2});
    CHECK(on_day(rows, 0).covariates == Numbers{1, 1, 1, 0, 64, 2});   // "anti-PD-1" is anti_pd_1
    CHECK(on_day(rows, 35).covariates == Numbers{0, 0, 1, 0, 64, 2});  // the day of the stop is without
    CHECK(on_day(rows, 49).covariates == Numbers{1, 0, 1, 0, 64, 2});
    t.patient.arm = "B";
    CHECK(on_day(bind(t, spec(), day(200)), 0).covariates[2] == 0);
}

TEST_CASE("bind: a covariate that is not known stands at its centre", "[drift][bind]") {
    CHECK(on_day(bind(patient(), spec(), day(200)), -5).covariates == Numbers{0, 0, 1, 1, 61.5, 0.5});
    auto t = patient();
    t.patient.attributes["ecog"] = "two";
    CHECK(on_day(bind(t, spec(), day(200)), -5).covariates[5] == 0.5);
}

TEST_CASE("bind: hour and assay of a channel's own reading, the centre where nobody knows", "[drift][bind]") {
    const auto covariate = [](const char* name, double centre) {
        markov::Covariate c;
        c.name = name, c.centre = centre;
        return c;
    };
    auto s = spec();
    s.transitions.clear();
    s.covariates = {covariate("day_cos_mdsc", 0.25), covariate("day_sin_mdsc", 0.5),
                    covariate("assay_mdsc_new_kit_l2", 0.75)};
    series::Timeline t;
    t.tracks["mdsc"].assay_names = {"old/L1", "New kit/L2"};
    t.tracks["mdsc"].points = {{day(0), 0, exactly(1), 0, 0},
                               {day(1), 6 * 60, exactly(1), 0, 1},
                               {day(2), -1, exactly(1), 0, -1},
                               {day(3), 7 * 60, exactly(1), 0, 0},
                               {day(3), 12 * 60, exactly(1), 0, 1}};
    t.tracks["ctdna"].points = {{day(4), 8 * 60, exactly(1), 0}};
    const auto rows = bind(t, s, day(9));
    const auto like = [&](int n, double cosine, double sine, double assay) {
        const auto& x = on_day(rows, n).covariates;
        CHECK(x[0] == Approx(cosine).margin(1e-15));
        CHECK(x[1] == Approx(sine).margin(1e-15));
        CHECK(x[2] == assay);
    };
    like(0, 1, 0, 0);          // midnight
    like(1, 0, 1, 1);          // six in the morning
    like(2, 0.25, 0.5, 0.75);  // nothing said
    like(3, -1, 0, 1);         // noon: the reading of the day that is used
    like(4, 0.25, 0.5, 0.75);  // another channel's hour
}

TEST_CASE("bind: the digest tells any two rows apart that the filter would", "[drift][bind]") {
    const auto row = on_day(bind(patient(), spec(), day(200)), 42);
    const auto differs = [&](auto change) {
        auto other = row;
        change(other);
        return other.digest() != row.digest();
    };
    CHECK(differs([](auto& r) { r.date = r.date + 1; }));
    CHECK(differs([](auto& r) { r.kind = markov::Kind::one_of; }));
    CHECK(differs([](auto& r) { r.state = 1; }));
    CHECK(differs([](auto& r) { r.among = 1; }));
    CHECK(differs([](auto& r) { r.restarted = 1; }));
    CHECK(differs([](auto& r) { r.readings[0].value += 1e-12; }));
    CHECK(differs([](auto& r) { r.readings[0].present = false; }));
    CHECK(differs([](auto& r) { r.readings[0].censor = markov::Censor::none; }));
    CHECK(differs([](auto& r) { r.readings[0].baseline = true; }));
    CHECK(differs([](auto& r) { r.covariates[1] = 1; }));
    CHECK_FALSE(differs([](auto&) {}));
}

TEST_CASE("check_channels: an unknown channel and another scale are refused", "[drift][bind][error]") {
    CHECK(message(spec(), catalogue()) == "accepted");
    auto c = catalogue();
    c.erase("mdsc");
    c["mdsx"] = Channel{};
    CHECK(message(spec(), c) ==
          "D001: model 'small' reads channel 'mdsc', which the store does not know; did you mean 'mdsx'?");
    c = catalogue();
    c["ctdna"].scale = Scale::linear;
    CHECK(message(spec(), c) ==
          "D002: model 'small' reads channel 'ctdna' on a log scale, the store's catalogue says linear");
    auto yearly = spec();
    yearly.time_unit = "year";
    CHECK(message(yearly, catalogue()).starts_with("D004: model 'small' counts time in 'year'"));
    auto factor = spec();
    factor.covariates[0].from = markov::Covariate::From::level;
    CHECK(message(factor, catalogue()).starts_with("D004: covariate '"));
}

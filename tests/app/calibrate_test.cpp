#include "bellwether/app/calibrate.hpp"

#include <algorithm>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "bellwether/app/rules.hpp"
#include "bellwether/core/hash.hpp"

#include "app/support/stores.hpp"

using namespace bellwether;

namespace {

const Instant active_from = world::active_from();
constexpr int n_patients = 40;

std::string rule(const std::string& alert, const std::string& when, const std::string& rest) {
    return fmt::format(
        "      - alert: {}\n        title: t\n        maturity: sandbox\n        when: {}\n{}"
        "        severity: info\n        summary: s\n        illustrative: true\n",
        alert, when, rest);
}

app::RuleSet rules(const std::string& list) {
    auto set = world::rules();
    set.files = {{"r.yaml", "schema: 1\ngroups:\n  - name: g\n    model: two-channels\n    rules:\n" + list}};
    return set;
}

const std::string growing =
    rule("growing", "P(growing) >= 0.8 and detected(ctdna)",
         "        tunable: [P(growing) >= 0.8, P(growing) < 0.4]\n        until: P(growing) < 0.4\n");
const std::string fold =
    rule("fold", "fold(ctdna, nadir) >= 2 and detected(ctdna)", "        tunable: fold(ctdna, nadir) >= 2\n");

std::unique_ptr<store::Store> make_store(const std::string& file, const app::RuleSet& set) {
    return world::make_store(file, world::random_patients(n_patients, 900),
                             world::activations_with(store::ArtifactKind::rules, app::to_artifact(set)));
}

app::CalibrationRequest request(double budget) {
    app::CalibrationRequest r;
    r.budget = budget;
    r.as_of = world::the_end();
    r.patients = 800;
    r.scenarios = {{"drift", "growing", 60}};
    return r;
}

double number_of(const app::Calibration& c, const std::string& name) {
    for (const auto& r : c.rules)
        if (r.rule == name) return r.number.value_or(-1.0);
    return -2.0;
}

}  // namespace

TEST_CASE("calibrate: patients drawn anew stay within the budget, and a larger budget finds more",
          "[app][calibrate]") {
    const world::Folder folder;
    const auto store = make_store(folder.file("s.db"), rules(growing));
    const auto tight = app::calibrate(*store, {}, request(0.3)),
               wide = app::calibrate(*store, {}, request(1.2));
    for (const auto* c : {&tight, &wide}) {
        const double budget = c == &tight ? 0.3 : 1.2;
        REQUIRE(c->rules.size() == 1);
        REQUIRE(c->rules[0].number);
        REQUIRE(c->rates.size() == 2);  // never growing; stable
        double worst = 0.0;
        for (const auto& q : c->rates) {
            // Both the draws that the number was solved on and those anew have a standard error of
            // sqrt(rate / years): four of their difference.
            CHECK(*q.rate.rate < budget + 4 * std::sqrt(2 * budget / q.rate.years));
            worst = std::max(worst, *q.rate.rate);
        }
        if (!c->rules[0].end_of_grid) CHECK(worst > budget - 4 * std::sqrt(2 * budget / 400));
        CHECK(c->rules[0].assessable == 1.0);
        REQUIRE(c->detection.size() == 1);
        CHECK(c->detection[0].patients > 100);
    }
    CHECK(number_of(tight, "growing") > number_of(wide, "growing"));
    CHECK(*tight.detection[0].within_horizon < *wide.detection[0].within_horizon);
    CHECK(tight.detection[0].alerted_before < wide.detection[0].alerted_before);
    // The same on any number of threads.
    auto alone = request(0.3);
    alone.threads = 1;
    CHECK(rulebook::write_overrides(app::calibrate(*store, {}, alone).overrides) ==
          rulebook::write_overrides(tight.overrides));
}

TEST_CASE("calibrate: the rules of a set share the budget", "[app][calibrate]") {
    const world::Folder folder;
    const auto store = make_store(folder.file("s.db"), rules(growing + fold));
    const auto both = app::calibrate(*store, {}, request(0.3));
    auto only = request(0.3);
    only.rules = {"fold"};
    only.populations = {{"stable"}};
    const auto alone = app::calibrate(*store, {}, only);
    CHECK(number_of(both, "fold") > number_of(alone, "fold"));
    CHECK(both.share.at("two-channels") < 0.3);
    CHECK(both.share.at("two-channels") >= 0.3 / 2 * 0.9);
    bool seen = false;
    for (const auto& q : both.rates)
        if (q.rule.empty()) {
            seen = true;
            CHECK(*q.rate.rate < 0.3 + 4 * std::sqrt(2 * 0.3 / q.rate.years));
        }
    CHECK(seen);
}

TEST_CASE("calibrate: a threshold found is in force when it is activated, and warns when it is stale",
          "[app][calibrate]") {
    const world::Folder folder;
    const auto store = make_store(folder.file("s.db"), rules(growing));
    const auto found = app::calibrate(*store, {}, request(0.3));
    const double number = number_of(found, "growing");
    auto set = rules(growing);
    set.thresholds = {{"t.yaml", rulebook::write_overrides(found.overrides)}};
    const auto activate = [&](const app::RuleSet& x, int day) {
        const std::string text = app::to_artifact(x);
        const Instant at = Instant::start_of(world::day_zero() + day);
        store->activate({store::ArtifactKind::rules, "", sha256_hex(text), text, at, "test", ""}, at);
    };
    activate(set, 1);
    CHECK(app::check_active_thresholds(*store).list.empty());
    const auto knowledge = app::knowledge_history(store->activations(), store->channels());
    const auto& active = knowledge.back()->book.rules.at(0);
    CHECK(active.tunable->number == number);
    CHECK(active.tunable->until_number == Approx(number / 2));
    CHECK(knowledge.front()->book.rules.at(0).tunable->number == 0.8);
    // Another rule under the same name; then the same rule and another fit.
    auto changed = set;
    changed.files = rules(rule("growing", "P(growing) >= 0.8",
                               "        tunable: [P(growing) >= 0.8, P(growing) < 0.4]\n"
                               "        until: P(growing) < 0.4\n"))
                        .files;
    activate(changed, 2);
    auto findings = app::check_active_thresholds(*store);
    REQUIRE(findings.list.size() == 1);
    CHECK(findings.list[0].code == "R042");
    activate(set, 3);
    const std::string other = world::model_text() + "# refitted\n";
    const Instant at = Instant::start_of(world::day_zero() + 4);
    store->activate({store::ArtifactKind::model, "two-channels", sha256_hex(other), other, at, "test", ""},
                    at);
    findings = app::check_active_thresholds(*store);
    REQUIRE(findings.list.size() == 1);
    CHECK(findings.list[0].code == "R043");
    CHECK(findings.ok());
}

TEST_CASE("calibrate: on event-free days a replay by the number found stays within the budget",
          "[app][calibrate]") {
    const world::Folder folder;
    const auto store = make_store(folder.file("s.db"), rules(fold));
    auto r = request(1.0);
    app::ReplayRequest span;
    span.from = active_from.date();
    span.to = world::the_end().date();
    span.horizon_days = 60;
    r.event_free = span;
    const auto found = app::calibrate(*store, {}, r);
    const double number = number_of(found, "fold");
    REQUIRE(number > 0.0);
    // By the replay's own figures, on the same days: within it, and not with a number that is a good deal
    // less.
    const auto rate = [&](double x) {
        auto side = app::make_side("x", *store, {}, active_from, world::the_end());
        app::add_thresholds(side, app::side_rules(*store, {}, world::the_end()), "fold", {x});
        const auto replayed = app::replay(*store, span, {side});
        const auto name = fmt::format("fold@{}", x);
        const study::Sample sample(app::watched(replayed, 0, name, {name}), span.horizon_days);
        std::vector<std::optional<double>> figures;
        sample.figures(std::vector<std::uint32_t>(sample.patients(), 1), figures);
        return *figures[static_cast<std::size_t>(study::Measure::first_false_alerts_per_stable_patient_year)];
    };
    CHECK(rate(number) <= 1.0);
    CHECK(rate(number) > 0.9);
    CHECK(rate(number * 0.7) > 1.0);
    REQUIRE(found.rates.size() == 1);
    CHECK(found.rates[0].population == "event-free days");
    CHECK(found.overrides.at(0).model == "two-channels");
}

TEST_CASE("calibrate: what it cannot do it says", "[app][calibrate][error]") {
    const world::Folder folder;
    const auto store =
        make_store(folder.file("s.db"),
                   rules(growing + rule("still", "value(ctdna) >= 2 %", "") +
                         rule("unread", "value(psa) > 1 ng/mL", "        tunable: value(psa) > 1 ng/mL\n") +
                         rule("blind", "P(growing) >= 0.5 and value(psa) > 1 ng/mL",
                              "        tunable: P(growing) >= 0.5\n")));
    const auto error = [&](const std::string& name) {
        auto r = request(0.2);
        r.rules = {name};
        try {
            (void)app::calibrate(*store, {}, r);
        } catch (const Error& e) {
            return std::string(e.what());
        }
        return std::string();
    };
    // The same on history, where nothing is drawn: psa is never read there.
    auto history = request(0.2);
    history.rules = {"unread"};
    history.event_free = app::ReplayRequest{};
    history.event_free->from = active_from.date();
    history.event_free->to = world::the_end().date();
    history.event_free->horizon_days = 60;
    CHECK_THROWS_WITH(app::calibrate(*store, {}, history),
                      Catch::Contains("P035") && Catch::Contains("could be judged in nobody"));
    auto drift = request(0.2);
    drift.rules = {"growing"};
    drift.scenarios = {{"x", "growning", 60}};
    CHECK_THROWS_WITH(app::calibrate(*store, {}, drift),
                      Catch::Contains("R012") && Catch::Contains("'growing'"));
    CHECK_THAT(error("growning"), Catch::Contains("P033") && Catch::Contains("did you mean 'growing'"));
    CHECK_THAT(error("still"), Catch::Contains("P035") && Catch::Contains("no tunable number"));
    // Its silence would have looked like the quietest rule of all.
    CHECK_THAT(error("blind"), Catch::Contains("P035") &&
                                   Catch::Contains("reads psa, which model 'two-channels' does not draw"));
}

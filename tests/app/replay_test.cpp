#include "bellwether/app/replay.hpp"

#include <algorithm>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "bellwether/app/replay_report.hpp"
#include "bellwether/core/hash.hpp"

#include "app/support/stores.hpp"

using namespace bellwether;

namespace {

const Instant active_from = world::active_from();
constexpr int n_patients = 25;

PatientHistory patient(int i) {
    const auto seed = static_cast<std::uint64_t>(i) + 500;
    auto h =
        world::renamed(world::random_arrival(world::random_records(seed), seed), fmt::format("P{:03}", i));
    std::size_t n = 0;
    for (auto& r : h.versions) {
        // Some feeds give no release time: such a version ranks by when it was learnt.
        if (++n % 3 == 0) r.version.released.reset();
        if (auto* p = std::get_if<Patient>(&r.content)) {
            p->sex = i % 2 == 0 ? Sex::female : Sex::male;
            p->birth_year = 1940 + i;
            p->arm = i % 3 == 0 ? "A" : "B";
        }
    }
    return h;
}

/// A store that knows the patients, their versions moved by `move` first; the world's rules and model active.
std::unique_ptr<store::Store> make_store(
    const std::string& file, const std::function<void(Version&)>& move = [](Version&) {}) {
    std::vector<Record> records;
    for (int i = 0; i < n_patients; ++i)
        for (auto& r : patient(i).versions) {
            move(r.version);
            records.push_back(r);
        }
    return world::make_store(file, std::move(records));
}

app::ReplayRequest whole_span() {
    app::ReplayRequest r;
    r.from = active_from.date();
    r.to = world::the_end().date();
    return r;
}

/// "rule: day raised (taken back)", sorted.
using Raised = std::map<std::string, std::vector<std::string>>;

Raised raised(const app::Replayed& replayed, std::size_t side = 0) {
    Raised out;
    for (const auto& p : replayed.patients)
        for (const auto& [rule, r] : p.sides[side])
            for (const auto& a : r.alerts)
                out[p.follow.id].push_back(
                    fmt::format("{}: {}{}", rule, to_string(a.raised), a.taken_back ? " taken back" : ""));
    for (auto& [id, list] : out)
        std::sort(list.begin(), list.end());
    return out;
}

/// The same of a ledger: by the day on which the machine opened the alert.
Raised raised(store::Store& store) {
    Raised out;
    for (const auto& a : store.alerts("")) {
        const bool back = a.state != MachineState::open && a.state != MachineState::resolved;
        out[a.patient].push_back(
            fmt::format("{}: {}{}", a.episode.rule, to_string(a.raised.date()), back ? " taken back" : ""));
    }
    for (auto& [id, list] : out)
        std::sort(list.begin(), list.end());
    return out;
}

std::vector<app::ReplaySide> one_side(store::Store& store) {
    return {app::make_side("now", store, {}, active_from, world::the_end())};
}

std::string model_with(std::size_t folds, std::size_t subjects, const std::string& date,
                       const std::string& fingerprint = "x") {
    Findings findings;
    auto m = markov::read_model(world::model_text(), "m", findings);
    m.date = date;
    m.data_fingerprint = sha256_hex(fingerprint);
    m.sets[0].subjects = subjects;
    m.folds = folds;
    m.sets.resize(folds + 1, m.sets[0]);
    for (int i = 0; folds > 0 && i < n_patients; ++i)
        m.fold_of[fmt::format("P{:03}", i)] = markov::fold_of(fmt::format("P{:03}", i), folds);
    return markov::write_model(m);
}

}  // namespace

TEST_CASE("replay: without a grid it raises what the scans raised, on the days they raised it",
          "[app][replay]") {
    const world::Folder folder;
    const auto store = make_store(folder.file("s.db"));
    const auto before = store->trail().size();
    const auto replayed = app::replay(*store, whole_span(), one_side(*store));
    CHECK(replayed.failed.empty());
    CHECK(store->trail().size() == before);  // nothing is written
    CHECK(store->alerts("").empty());
    CHECK_FALSE(store->last_scan());
    for (int day = 0; day < 700; day += 17)
        CHECK(app::scan(*store, Instant::end_of(world::day_zero() + day), {}).failed.empty());
    CHECK(app::scan(*store, world::the_end(), {}).failed.empty());
    const auto live = raised(*store);
    CHECK(live.size() > 20);
    CHECK(raised(replayed) == live);
    // The same of the recorded activations, and of the ledger event by event.
    CHECK(raised(app::replay(*store, whole_span(), {app::recorded_side(*store, world::the_end())})) == live);
    const auto check = app::check_ledger(*store, 2);
    CHECK(check.events > 100);
    CHECK(check.alerts == static_cast<std::int64_t>(store->alerts("").size()));
    CHECK_FALSE(check.difference);
}

TEST_CASE("replay --recorded: equal to the ledger across a second activation, a forged event is found",
          "[app][replay]") {
    const world::Folder folder;
    const auto store = make_store(folder.file("s.db"));
    for (int day = 0; day < 150; day += 13)
        (void)app::scan(*store, Instant::end_of(world::day_zero() + day), {});
    const std::string text = app::to_artifact(world::stricter_rules());
    const Instant second = Instant::start_of(world::day_zero() + 150);
    store->activate({store::ArtifactKind::rules, "", sha256_hex(text), text, second, "test", ""}, second);
    for (int day = 150; day < 400; day += 13)
        (void)app::scan(*store, Instant::end_of(world::day_zero() + day), {});
    auto check = app::check_ledger(*store, 2);
    CHECK(check.events > 100);
    CHECK_FALSE(check.difference);
    // Where the ledger says what no scan would have said.
    auto a = store->alerts("").front();
    store::ScanWrite write;
    write.patient = a.patient;
    write.scanned_to = *store->last_scan();
    a.state = MachineState::withdrawn;
    write.events = {{a.id, AlertChange::withdrawn, write.scanned_to, "scan", "forged", a}};
    store->write_scan({write}, "scan");
    check = app::check_ledger(*store, 2);
    REQUIRE(check.difference);
    CHECK(check.difference->find(a.patient) == 0);
    CHECK(check.difference->find("forged") != std::string::npos);
}

TEST_CASE("replay: on a grid it is the live run of a store that was fed on those days", "[app][replay]") {
    const world::Folder folder;
    const auto store = make_store(folder.file("s.db"));
    auto request = whole_span();
    request.every_days = 7;
    const auto replayed = app::replay(*store, request, one_side(*store));
    // Written apart: every version is learnt at the end of the next day of the grid.
    const Date begin = request.from;
    const auto fed = make_store(folder.file("fed.db"), [&](Version& v) {
        Date d = begin;
        while (Instant::end_of(d) < v.learnt)
            d = d + 7;
        if (!v.released) v.released = v.learnt;
        v.learnt = Instant::end_of(std::min(d, world::the_end().date()));
    });
    CHECK(app::scan(*fed, world::the_end(), {}).failed.empty());
    CHECK(raised(replayed) == raised(*fed));
    CHECK(raised(replayed) != raised(app::replay(*store, whole_span(), one_side(*store))));
}

TEST_CASE("replay: the same on any number of threads, and no look-ahead", "[app][replay]") {
    const world::Folder folder;
    const auto store = make_store(folder.file("s.db"));
    auto request = whole_span();
    request.threads = 1;
    const auto one = app::replay(*store, request, one_side(*store));
    request.threads = 4;
    CHECK(raised(app::replay(*store, request, one_side(*store))) == raised(one));
    // Alerts raised by day 120 are the same when the replay ends there.
    request.to = world::day_zero() + 120;
    const auto until = Instant::end_of(request.to);
    auto early = raised(app::replay(*store, request, {app::make_side("x", *store, {}, active_from, until)}));
    const auto days = [&](const Raised& all) {
        std::set<std::string> out;
        for (const auto& [id, list] : all)
            for (const auto& line : list) {
                const auto at = line.find(": ") + 2;
                if (line.substr(at, 10) <= to_string(request.to)) out.insert(id + line.substr(0, at + 10));
            }
        return out;
    };
    CHECK(days(early) == days(raised(one)));
}

TEST_CASE("replay: a patient is never scored by parameters that may have seen it", "[app][replay][error]") {
    const world::Folder folder;
    const auto store = make_store(folder.file("s.db"));
    const auto side = [&](const std::string& model) {
        return app::make_side("x", *store, {std::nullopt, {model}}, active_from, world::the_end());
    };
    const std::string later = "2025-01-01", sooner = "2023-01-01";
    CHECK_NOTHROW(app::refuse_in_sample(side(model_with(0, 0, later)), *store, active_from, false));
    CHECK_NOTHROW(app::refuse_in_sample(side(model_with(5, 25, later)), *store, active_from, false));
    CHECK_NOTHROW(app::refuse_in_sample(side(model_with(0, 25, sooner)), *store, active_from, false));
    const auto bad = side(model_with(0, 25, later));
    CHECK_THROWS_WITH(app::refuse_in_sample(bad, *store, active_from, false),
                      Catch::Contains("P031") && Catch::Contains("--folds 5"));
    CHECK_NOTHROW(app::refuse_in_sample(bad, *store, active_from, true));
}

TEST_CASE("replay: patients are scored by the set of their fold", "[app][replay]") {
    const world::Folder folder;
    const auto store = make_store(folder.file("s.db"));
    // Set k has other parameters than the rest: only the patients of fold k may be judged otherwise.
    Findings findings;
    auto m = markov::read_model(model_with(3, 25, "2025-01-01"), "m", findings);
    const auto k = m.fold_of.at("P003");
    for (std::size_t i = 0; i < m.spec.parameters.size(); ++i)
        if (m.spec.parameters[i].name.find("rate") != std::string::npos) m.sets[k].values[i] *= 8;
    const auto replayed =
        app::replay(*store, whole_span(),
                    {app::make_side("same", *store, {std::nullopt, {model_with(3, 25, "2025-01-01")}},
                                    active_from, world::the_end()),
                     app::make_side("other", *store, {std::nullopt, {markov::write_model(m)}}, active_from,
                                    world::the_end())});
    const auto a = raised(replayed, 0), b = raised(replayed, 1);
    int differ = 0;
    for (const auto& p : replayed.patients) {
        const auto& id = p.follow.id;
        const bool same = (a.count(id) ? a.at(id) : std::vector<std::string>{}) ==
                          (b.count(id) ? b.at(id) : std::vector<std::string>{});
        if (!same) {
            ++differ;
            CHECK(m.fold_of.at(id) == k);
        }
    }
    CHECK(differ > 0);
}

TEST_CASE("add_thresholds: the rule's own number gives the rule, a higher one alerts no more patients",
          "[app][replay]") {
    const world::Folder folder;
    const auto store = make_store(folder.file("s.db"));
    auto sides = one_side(*store);
    const auto rules = app::side_rules(*store, {}, world::the_end());
    app::add_thresholds(sides[0], rules, "high", {1, 2, 4, 8});
    const auto replayed = app::replay(*store, whole_span(), sides);
    CHECK(replayed.failed.empty());
    std::size_t before = n_patients + 1;
    for (const char* rule : {"high@1", "high@2", "high@4", "high@8"}) {
        const auto c = study::counts(app::watched(replayed, 0, rule, sides[0].rules));
        CHECK(c.alerted <= before);
        before = c.alerted;
    }
    CHECK(before < study::counts(app::watched(replayed, 0, "high@1", sides[0].rules)).alerted);
    for (const auto& p : replayed.patients) {
        const auto &own = p.sides[0].at("high"), &swept = p.sides[0].at("high@2");
        REQUIRE(own.alerts.size() == swept.alerts.size());
        CHECK(own.days_not_assessable == swept.days_not_assessable);
        for (std::size_t i = 0; i < own.alerts.size(); ++i)
            CHECK(own.alerts[i].raised == swept.alerts[i].raised);
    }
    CHECK(raised(app::replay(*store, whole_span(), one_side(*store)))["P003"].size() > 0);
    CHECK_THROWS_WITH(app::add_thresholds(sides[0], rules, "hihg", {1}),
                      Catch::Contains("P033") && Catch::Contains("high"));
    CHECK_THROWS_AS(app::add_thresholds(sides[0], rules, "stale", {1}), InputError);
}

TEST_CASE("replay: a patient without the channels of a rule is not assessable, not silent", "[app][replay]") {
    const world::Folder folder;
    std::vector<Record> records;
    const auto at = [](Content c, int day) {
        Record r;
        r.content = std::move(c);
        r.version.released = r.version.learnt = Instant::start_of(world::day_zero() + day);
        return r;
    };
    for (const char* id : {"P1", "P2"}) {
        Patient p;
        p.id = id;
        p.day_zero = world::day_zero();
        records.push_back(at(p, 0));
        for (const int day : {0, 50, 100}) {
            Observation o;
            o.patient = id;
            o.channel = id == std::string("P1") ? "ctdna" : "sld";
            o.taken = world::day_zero() + day;
            o.reading = Reading{1.0, Censor::none};
            records.push_back(at(o, day));
        }
    }
    const auto store = world::make_store(folder.file("s.db"), std::move(records));
    const auto sides = one_side(*store);
    const auto replayed = app::replay(*store, whole_span(), sides);
    REQUIRE(replayed.patients.size() == 2);
    const auto c = study::counts(app::watched(replayed, 0, "high", sides[0].rules));
    CHECK(c.silent == 1);
    CHECK(c.not_assessable == 1);
    CHECK(replayed.patients[0].sides[0].at("high").days_not_assessable == 0);
    CHECK(replayed.patients[1].sides[0].at("high").days_not_assessable == 100);
}

TEST_CASE("report_replay: same bytes on any number of threads, sides paired, factors with one level left out",
          "[app][replay]") {
    const world::Folder folder;
    const auto store = make_store(folder.file("s.db"));
    auto sides = one_side(*store);
    sides.push_back(
        app::make_side("strict", *store, {world::stricter_rules(), {}}, active_from, world::the_end()));
    auto replay_request = whole_span();
    replay_request.event = EventKind::death;
    const auto replayed = app::replay(*store, replay_request, sides);
    app::ReportRequest request;
    request.by = {"sex", "age", "site", "arm", "assay"};
    request.bootstrap.draws = 200;
    const auto text = [&](int threads) {
        request.threads = threads;
        const auto r = app::report_replay(replayed, sides, request);
        std::string out;
        for (const auto* list : {&r.lines, &r.groups})
            for (const auto& l : *list) {
                out += fmt::format("{} {} {} {} {} {}", l.side, l.rule, l.factor, l.level, l.counts.patients,
                                   l.counts.alerts);
                for (const auto& e : l.estimates)
                    out += fmt::format(" {} {} {}", e.value.value_or(-1), e.low.value_or(-1),
                                       e.high.value_or(-1));
                out += "\n";
            }
        for (const auto& d : r.differences)
            for (const auto& e : d.estimates)
                out += fmt::format("{} {} {}\n", d.rule, e.value.value_or(-1), e.low.value_or(-1));
        for (const auto& t : r.tests)
            out += fmt::format("{} {} {} {} {}\n", t.rule, t.factor, t.what, t.test.p, t.p_holm);
        return out;
    };
    const auto one = text(1);
    CHECK(one == text(4));
    const auto r = app::report_replay(replayed, sides, request);
    CHECK(r.lines.size() == 2 * 5);  // any rule and four rules, two sides
    CHECK(r.differences.size() == 5);
    std::set<std::string> factors;
    for (const auto& t : r.tests) {
        factors.insert(t.factor);
        CHECK(t.p_holm >= t.test.p);
    }
    CHECK(factors == std::set<std::string>{"age", "arm", "sex"});  // one site; no assay is named
    // Subgroups of a factor hold every patient once.
    std::size_t n = 0;
    for (const auto& g : r.groups)
        if (g.side == "now" && g.rule == "high" && g.factor == "sex") n += g.counts.patients;
    CHECK(n == replayed.patients.size());
    // Asked without a rule's name, "any": at most the sum of the rules' alerts is raised, and exactly that.
    std::size_t sum = 0;
    for (const auto& l : r.lines)
        if (l.side == "now" && !l.rule.empty()) sum += l.counts.alerts;
    CHECK(r.lines[0].rule.empty());
    CHECK(r.lines[0].counts.alerts == sum);
    request.rules = {"hgih"};
    CHECK_THROWS_WITH(app::report_replay(replayed, sides, request), Catch::Contains("P033"));
}

TEST_CASE("age_band: ICH E7", "[app][replay]") {
    Patient p;
    CHECK(app::age_band(p) == "unknown");
    p.day_zero = *Date::parse("2024-06-01");
    p.birth_year = 1960;
    CHECK(app::age_band(p) == "under 65");
    p.birth_year = 1959;
    CHECK(app::age_band(p) == "65 to 74");
    p.birth_year = 1949;
    CHECK(app::age_band(p) == "75 and over");
}

TEST_CASE("replay: the curve of the time to the first alert is that of its alerts, by hand",
          "[app][replay]") {
    const world::Folder folder;
    const auto store = make_store(folder.file("s.db"));
    const auto sides = one_side(*store);
    const auto replayed = app::replay(*store, whole_span(), sides);
    app::ReportRequest request;
    request.rules = {"high"};
    const auto report = app::report_replay(replayed, sides, request);
    REQUIRE(report.lines.size() == 1);
    const auto& steps = report.lines[0].to_alert;
    REQUIRE(steps.size() > 3);
    // The product over days with first alerts of 1 - first alerts / those watched without one until then.
    double without = 1.0;
    for (const auto& step : steps) {
        double here = 0, at_risk = 0;
        for (const auto& p : replayed.patients) {
            std::optional<Date> first;
            for (const auto& a : p.sides[0].at("high").alerts)
                if (!first || a.raised < *first) first = a.raised;
            const int day = std::max(0, first.value_or(p.follow.monitored_until) - p.follow.start);
            if (day >= step.time) ++at_risk;
            if (first && day == step.time) ++here;
        }
        REQUIRE(here > 0);
        without *= 1.0 - here / at_risk;
        CHECK(step.survival == Approx(without).epsilon(1e-12));
    }
    const auto median =
        report.lines[0].estimates[static_cast<std::size_t>(study::Measure::days_to_first_alert_median)];
    CHECK(study::median_survival(steps) == median.value);
}

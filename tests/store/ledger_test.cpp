#include <catch2/catch.hpp>

#include "store/support/store_fixture.hpp"

namespace bellwether {
namespace {

using namespace testing;

Alert some_alert(std::int64_t id, const std::string& rule = "rising") {
    Alert a;
    a.id = id, a.patient = "P1";
    a.episode = {rule, Date(20000), Date(20010), {}, Severity::urgent, R"({"x":1})"};
    a.raised = a.changed = at(50), a.rules_hash = "r", a.model_hash = "m";
    return a;
}

AlertEvent event(Alert after, AlertChange change, std::int64_t alert = 0) {
    AlertEvent e;
    e.alert = alert, e.change = change, e.at = at(50), e.actor = "scan", e.why = "because",
    e.after = std::move(after);
    return e;
}

store::ScanWrite write_of(std::vector<AlertEvent> events, int minute = 50) {
    store::ScanWrite w;
    w.patient = "P1", w.events = std::move(events), w.scanned_to = at(minute);
    return w;
}

bool same(const Alert& a, const Alert& b) {
    return a.id == b.id && a.patient == b.patient && a.episode == b.episode && a.state == b.state &&
           a.human == b.human && a.human_until == b.human_until && a.human_by == b.human_by &&
           a.human_why == b.human_why && a.raised == b.raised && a.changed == b.changed &&
           a.parent == b.parent && a.rules_hash == b.rules_hash && a.model_hash == b.model_hash;
}

std::vector<std::string> ids(const std::vector<store::ScanState>& states) {
    std::vector<std::string> list;
    for (const auto& s : states)
        list.push_back(s.patient);
    return list;
}

}  // namespace

TEST_CASE("write_scan: temporary ids become numbers, parents too", "[store][ledger]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    (void)put(*store, {reading(1.0)}, 10);
    auto second = some_alert(-2, "other");
    second.parent = -1;
    auto ended = some_alert(-1);
    ended.state = MachineState::resolved, ended.episode.ended = Date(20020);
    store->write_scan(
        {write_of({event(second, AlertChange::split), event(some_alert(-1), AlertChange::opened),
                   event(ended, AlertChange::resolved)})},
        "scan");
    const auto alerts = store->alerts("P1");
    REQUIRE(alerts.size() == 2);
    CHECK(alerts[0].episode.rule == "other");
    CHECK(alerts[0].parent == 2);
    ended.id = 2;
    CHECK(same(alerts[1], ended));
    CHECK(same(*store->alert(2), ended));
    CHECK_FALSE(store->alert(3));
    CHECK(store->alerts("").size() == 2);
    CHECK(store->alerts("P2").empty());
    const auto events = store->alert_events("P1");
    REQUIRE(events.size() == 3);
    CHECK(events[1].change == AlertChange::opened);
    CHECK(events[1].alert == 2);
    CHECK(events[1].after.state == MachineState::open);
    CHECK(same(events[2].after, ended));
    CHECK(events[2].why == "because");
    CHECK(store->doctor().ok);
}

TEST_CASE("write_scan: all of it or nothing", "[store][ledger][error]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    (void)put(*store, {reading(1.0), reading(1.0, "P2")}, 10);
    auto good = write_of({event(some_alert(-1), AlertChange::opened)});
    good.checkpoints = {{"m", "blob"}}, good.not_assessable = {"{}"};
    auto orphan = some_alert(-1);
    orphan.parent = -9;
    auto bad = write_of({event(orphan, AlertChange::split)});
    const auto before = store->trail().size();
    CHECK(code_of([&] { store->write_scan({good, bad}, "scan"); }) == "S022");
    auto stranger = write_of({});
    stranger.patient = "nobody";
    CHECK(code_of([&] { store->write_scan({good, stranger}, "scan"); }) == "S010");
    auto dangling = some_alert(-1);
    dangling.parent = 77;
    CHECK(code_of([&] {
              store->write_scan({good, write_of({event(dangling, AlertChange::split)})}, "scan");
          }) == "S005");
    CHECK(store->alerts("").empty());
    CHECK(store->trail().size() == before);
    CHECK_FALSE(store->checkpoint("P1", "m"));
    CHECK(store->not_assessable().empty());
    CHECK(store->scan_state("P1").scanned_to == Instant::lowest());
    store->write_scan({good}, "scan");
    CHECK(store->checkpoint("P1", "m") == "blob");
    CHECK(store->not_assessable() == std::vector<std::pair<std::string, std::string>>{{"P1", "{}"}});
}

TEST_CASE("write_scan: checkpoints and what is not assessable are replaced", "[store][ledger]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    (void)put(*store, {reading(1.0)}, 10);
    auto w = write_of({});
    w.checkpoints = {{"m", std::string("a\0b", 3)}, {"n", "x"}}, w.not_assessable = {"one", "two"};
    store->write_scan({w}, "scan");
    CHECK(store->checkpoint("P1", "m") == std::string("a\0b", 3));
    w.checkpoints = {{"m", "new"}}, w.not_assessable = {"three"};
    store->write_scan({w}, "scan");
    CHECK(store->checkpoint("P1", "m") == "new");
    CHECK_FALSE(store->checkpoint("P1", "n"));
    CHECK(store->not_assessable().size() == 1);
    store->drop_checkpoints();
    CHECK_FALSE(store->checkpoint("P1", "m"));
}

TEST_CASE("write_human: people change their half only, the machine its own", "[store][ledger]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    (void)put(*store, {reading(1.0)}, 10);
    store->write_scan({write_of({event(some_alert(-1), AlertChange::opened)})}, "scan");
    AlertEvent ack = event(some_alert(1), AlertChange::acknowledged, 1);
    ack.actor = "ann", ack.after.human = HumanState::acknowledged, ack.after.human_until = at(99);
    ack.after.human_by = "ann", ack.after.human_why = "seen";
    ack.after.state = MachineState::withdrawn, ack.after.episode.rule = "stale copy";
    store->write_human(ack);
    auto now = store->alert(1).value();
    CHECK(now.human == HumanState::acknowledged);
    CHECK(now.human_until == at(99));
    CHECK(now.state == MachineState::open);
    CHECK(now.episode.rule == "rising");

    auto resolved = some_alert(1);  // as the scan saw it before the acknowledgement
    resolved.state = MachineState::resolved;
    store->write_scan({write_of({event(resolved, AlertChange::resolved, 1)}, 60)}, "scan");
    now = store->alert(1).value();
    CHECK(now.state == MachineState::resolved);
    CHECK(now.human == HumanState::acknowledged);
    ack.alert = 5;
    CHECK(code_of([&] { store->write_human(ack); }) == "S010");
    CHECK(store->trail().back().what == "alert resolved");
    CHECK(store->doctor().ok);
}

TEST_CASE("due: something learnt, a deadline, an activation, or a failure", "[store][scan]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    const auto day = [](int n) { return Instant::end_of(Date(n)); };
    auto a = reading(1.0, "A"), b = reading(1.0, "B"), b2 = reading(2.0, "B"), c = reading(1.0, "C");
    a.version.learnt = day(10), b.version.learnt = day(10), b2.version.learnt = day(30),
    c.version.learnt = day(20);
    (void)put(*store, {c, b2, a, b}, 1, true);
    using Ids = std::vector<std::string>;
    CHECK(ids(store->due(day(9))).empty());
    CHECK(ids(store->due(day(10))) == Ids{"A", "B"});
    CHECK(ids(store->due(day(20))) == Ids{"A", "B", "C"});
    store->finish_scan(day(20), {}, "scan");
    CHECK(store->last_scan() == day(20));
    CHECK(ids(store->due(day(20))).empty());
    CHECK(ids(store->due(day(29))).empty());  // what B learns on day 30 is not yet known
    CHECK(ids(store->due(day(30))) == Ids{"B"});
    CHECK(store->due(day(30))[0].scanned_to == day(20));

    auto w = write_of({});
    w.patient = "A", w.scanned_to = day(21), w.next_deadline = Date(25);
    store->write_scan({w}, "scan");
    CHECK(store->scan_state("A").scanned_to == day(21));
    CHECK(ids(store->due(day(24))).empty());
    CHECK(ids(store->due(day(25))) == Ids{"A"});
    CHECK(store->due(day(25))[0].next_deadline == Date(25));

    store->finish_scan(day(40), {"B"}, "scan");
    CHECK(store->scan_state("A").scanned_to == day(40));
    CHECK(store->scan_state("B").scanned_to == day(20));
    CHECK(ids(store->due(day(40))) == Ids{"A", "B"});  // A: its deadline was not moved
    store->finish_scan(day(41), {"B"}, "scan");
    CHECK(store->scan_state("B").scanned_to == day(20));
    store->finish_scan(day(42), {}, "scan");
    CHECK(store->scan_state("B").scanned_to == day(42));
    CHECK(code_of([&] { store->finish_scan(day(41), {}, "scan"); }) == "S023");

    w.scanned_to = day(42), w.next_deadline.reset();
    store->write_scan({w}, "scan");
    CHECK(ids(store->due(day(50))).empty());
    store->activate({store::ArtifactKind::rules, "", "h", "text", day(45), "ann", "first"}, at(60));
    CHECK(ids(store->due(day(44))).empty());
    CHECK(ids(store->due(day(45))) == Ids{"A", "B", "C"});
}

TEST_CASE("finish_scan: a second scan of the same D leaves no trace", "[store][scan]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    (void)put(*store, {reading(1.0)}, 10);
    store->finish_scan(at(20), {}, "scan");
    const auto lines = store->trail().size();
    store->finish_scan(at(20), {}, "scan");
    CHECK(store->trail().size() == lines);
}

TEST_CASE("activate: kept with its text, refused behind a scan", "[store][scan][error]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    (void)put(*store, {reading(1.0)}, 10);
    store->activate({store::ArtifactKind::model, "io", "h2", "later", at(9), "ann", "why"}, at(9));
    store->activate({store::ArtifactKind::rules, "", "h1", "first", at(5), "bob", ""}, at(20));
    store->write_scan({write_of({})}, "scan");
    CHECK(code_of([&] {
              store->activate({store::ArtifactKind::rules, "", "h", "t", at(50), "a", ""}, at(50));
          }) == "S020");
    store->activate({store::ArtifactKind::rules, "", "h", "t", at(50).next(), "a", ""}, at(51));
    CHECK(store->trail().back().at == at(51));  // when it was done, not when it began to hold
    CHECK(store->trail().back().detail.find(to_string(at(50).next())) != std::string::npos);
    const auto list = store->activations();
    REQUIRE(list.size() == 3);
    CHECK(list[0].text == "first");
    CHECK(list[1].kind == store::ArtifactKind::model);
    CHECK(list[1].name == "io");
    CHECK(list[1].why == "why");
    CHECK(list[2].from == at(50).next());
}

TEST_CASE("put_channels: the catalogue comes back, and a change is in the trail", "[store][catalogue]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    Channel c;
    c.name = "ctdna", c.title = "ctDNA", c.unit = "%", c.group = "ctdna", c.scale = Scale::log,
    c.harm = Harm::up;
    c.says = Says::rate, c.lod = 0.1, c.low = 0, c.high = 100, c.stale_after = 63, c.source = "D11";
    c.loinc = {"81258-6", "1-2"};
    Channel plain;
    plain.name = "x";
    store->put_channels({{"ctdna", c}, {"x", plain}}, at(1), "ann");
    CHECK(store->channels().at("ctdna") == c);
    CHECK(store->channels().at("x") == plain);
    const auto lines = store->trail().size();
    store->put_channels({{"ctdna", c}}, at(2), "ann");
    CHECK(store->trail().size() == lines);
    c.lod = 0.2;
    store->put_channels({{"ctdna", c}}, at(3), "ann");
    CHECK(store->channels().at("ctdna").lod == 0.2);
    CHECK(store->trail().back().what == "channel replaced");
}

}  // namespace bellwether

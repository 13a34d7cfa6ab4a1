#include "bellwether/app/study.hpp"

#include <cstdlib>

#include <catch2/catch.hpp>

#include "bellwether/core/error.hpp"
#include "bellwether/core/text.hpp"

#include "app/support/stores.hpp"

using namespace bellwether;

namespace {

const Date zero = *Date::from_ymd(2000, 1, 1);

Record at(Content content, int day) {
    Record r;
    r.content = std::move(content);
    r.version.released = r.version.learnt = Instant::start_of(zero + day);
    return r;
}

Observation sum(const std::string& patient, int day, double mm) {
    Observation o;
    o.patient = patient;
    o.channel = "sld";
    o.taken = zero + day;
    o.reading = Reading{mm, Censor::none};
    return o;
}

AlertEvent ledger_line(AlertChange change, int day, MachineState state, std::int64_t id) {
    AlertEvent e;
    e.alert = id > 0 ? id : 0;
    e.change = change;
    e.at = Instant::start_of(zero + day);
    e.actor = "scan";
    e.after.id = id;
    e.after.patient = "P1";
    e.after.episode.rule = "r";
    e.after.episode.onset = e.after.episode.fired = zero + 10;
    e.after.episode.evidence = "{}";
    e.after.state = state;
    e.after.raised = Instant::start_of(zero + 60);
    e.after.changed = e.at;
    return e;
}

}  // namespace

TEST_CASE("read_true_onsets: an empty onset means that the tumour never grew again", "[app][study]") {
    const world::Folder folder;
    write_text_atomically(folder.file("truth_patients.csv"),
                          "patient,arm,regrowth_onset,growth\nP1,A,2023-05-01,0.1\nP2,A,,0.1\n");
    const auto onsets = app::read_true_onsets(folder.path());
    REQUIRE(onsets.size() == 2);
    CHECK(onsets.at("P1") == Date::from_ymd(2023, 5, 1));
    CHECK_FALSE(onsets.at("P2"));
}

TEST_CASE("read_true_onsets: what is no truth is refused", "[app][study][error]") {
    const world::Folder folder;
    CHECK_THROWS_AS(app::read_true_onsets(folder.path()), Error);
    const auto file = folder.file("truth_patients.csv");
    write_text_atomically(file, "patient,arm\nP1,A\n");
    CHECK_THROWS_WITH(app::read_true_onsets(folder.path()),
                      Catch::Contains("P009") && Catch::Contains("regrowth_onset"));
    write_text_atomically(file, "patient,regrowth_onset\nP1,soon\n");
    CHECK_THROWS_WITH(app::read_true_onsets(folder.path()), Catch::Contains("line 2: 'soon' is no date"));
}

TEST_CASE("study_patients: follow-up, event, crossing and alerts of one patient, by the day raised",
          "[app][study]") {
    const world::Folder folder;
    const auto store =
        store::create_sqlite(folder.file("s.db"), store::Kind::historical, Instant::start_of(zero), "test");
    Findings findings;
    store->put_channels(
        read_catalogue(read_text(std::string(BELLWETHER_SOURCE_DIR) + "/models/channels.yaml"),
                       "channels.yaml", findings),
        Instant::start_of(zero), "test");
    REQUIRE(findings.ok());
    store::Batch batch;
    batch.file.name = "f";
    batch.file.hash = "h";
    Patient p;
    p.id = "P1";
    p.arm = "A";
    p.day_zero = zero;
    Event progression{"P1", EventKind::progression, "", zero + 100, {}, {}};
    Event death{"P1", EventKind::death, "", zero + 300, {}, {}};
    batch.records = {at(p, 0),
                     at(sum("P1", 0, 40), 0),
                     at(sum("P1", 42, 30), 42),
                     at(sum("P1", 84, 36), 84),
                     at(progression, 100),
                     at(death, 300)};
    (void)store->commit(std::move(batch), Instant::start_of(zero + 300), true, "test");

    store::ScanWrite write;
    write.patient = "P1";
    write.scanned_to = Instant::start_of(zero + 200);
    write.events = {ledger_line(AlertChange::opened, 60, MachineState::open, -1)};
    store->write_scan({write}, "scan");
    const auto id = store->alerts("P1").at(0).id;
    write.events = {ledger_line(AlertChange::withdrawn, 90, MachineState::withdrawn, id)};
    store->write_scan({write}, "scan");

    app::StudyRequest request;
    request.as_of = Instant::start_of(zero + 400);
    request.group = "arm";
    request.truth = app::TrueOnsets{{"P1", zero + 50}};
    const auto list = app::study_patients(*store, request);
    REQUIRE(list.size() == 1);
    const auto& x = list[0];
    CHECK(x.group == "A");
    CHECK(x.follow.monitored_until == zero + 84);
    CHECK(x.follow.followed_until == zero + 300);
    CHECK(x.follow.died);
    CHECK(x.follow.event == zero + 100);
    CHECK(x.crossed == zero + 84);  // 36 over 30: 20% and 6 mm
    CHECK(x.follow.stable_until == zero + 50);
    REQUIRE(x.follow.alerts.size() == 1);
    const auto& a = x.follow.alerts[0];
    CHECK(a.raised == zero + 60);  // not the onset on day 10
    CHECK(a.taken_back);
    REQUIRE(a.open.size() == 1);
    CHECK(a.open[0].to == zero + 90);
    CHECK(app::of_rule(list, "r").at(0).alerts.size() == 1);
    CHECK(app::of_rule(list, "other").at(0).alerts.empty());
    // Whom a rule never spoke of, and who is of another cohort, is left out.
    request.among = "r";
    request.cohort = {{"arm", "A"}};
    CHECK(app::study_patients(*store, request).size() == 1);
    request.among = "other";
    CHECK(app::study_patients(*store, request).empty());
    request.among.clear();
    request.cohort = {{"arm", "B"}};
    CHECK(app::study_patients(*store, request).empty());
    request.cohort.clear();
    // As of an earlier day neither the withdrawal nor the death is known.
    request.as_of = Instant::end_of(zero + 84);
    const auto then = app::study_patients(*store, request);
    CHECK_FALSE(then.at(0).follow.died);
    CHECK_FALSE(then.at(0).follow.alerts.at(0).taken_back);
}

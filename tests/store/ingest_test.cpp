#include <numeric>

#include <catch2/catch.hpp>

#include "record/support/generate.hpp"
#include "store/support/store_fixture.hpp"

namespace bellwether {
namespace {

using namespace testing;
using Values = std::vector<double>;
constexpr int kInstants = 6;

/// A random history with declared learnt times, dealt into files.
struct Dealt {
    PatientHistory history;
    std::vector<std::vector<Record>> files;
};
Dealt deal() {
    Dealt d;
    d.history.patient = "P1";
    d.history.versions = *rc::gen::container<std::vector<Record>>(records("P1", kInstants));
    d.files.resize(static_cast<std::size_t>(*rc::gen::inRange(1, 5)));
    for (const Record& r : d.history.versions)
        d.files[static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(d.files.size())))].push_back(
            r);
    return d;
}

}  // namespace

TEST_CASE("ingest: V(D) through the store equals the pure function, in any order and batching",
          "[store][ingest][property]") {
    CHECK(rc::check("store = as_known_at", [] {
        const Dealt d = deal();
        const Folder folder;
        const auto store = new_store(folder / "s.db");
        int minute = 100;
        for (const auto& file : d.files)
            (void)put(*store, file, ++minute, true);
        for (int i = -1; i <= kInstants; ++i)
            RC_ASSERT(shown(as_known_at(store->history("P1", at(i)), at(i))) ==
                      shown(as_known_at(d.history, at(i))));
    }));
}

TEST_CASE("ingest: live files, each learnt at its commit, equal the pure function",
          "[store][ingest][property]") {
    CHECK(rc::check("live store = as_known_at", [] {
        Dealt d = deal();
        const Folder folder;
        const auto store = new_store(folder / "s.db");
        d.history.versions.clear();
        int minute = 100;
        for (const auto& file : d.files) {
            std::vector<Record> fed;
            ++minute;
            for (Record r :
                 file) {  // with a release time: versions without one are compared with what stands
                if (!r.version.released) r.version.released = at(0);
                fed.push_back(r);
                r.version.learnt = at(minute);
                d.history.versions.push_back(r);
            }
            (void)put(*store, fed, minute);
        }
        for (int i = 100; i <= minute; ++i)
            RC_ASSERT(shown(as_known_at(store->history("P1", at(i)), at(i))) ==
                      shown(as_known_at(d.history, at(i))));
    }));
}

TEST_CASE("ingest: a record comes back as it was given", "[store][ingest][property]") {
    CHECK(rc::check("round trip", [] {
        Record r = *records("P1", kInstants);
        const Folder folder;
        const auto store = new_store(folder / "s.db");
        (void)put(*store, {r}, 100, true);
        const auto h = store->history("P1", Instant::highest());
        RC_ASSERT(h.versions.size() == 1U);
        RC_ASSERT(content_digest(h.versions[0].content) == content_digest(r.content));
        RC_ASSERT(h.versions[0].version.released == r.version.released);
        RC_ASSERT(h.versions[0].version.learnt == r.version.learnt);
        RC_ASSERT(h.versions[0].version.status == r.version.status);
        RC_ASSERT(h.versions[0].version.source == r.version.source);
    }));
}

TEST_CASE("ingest: every field of every kind survives", "[store][ingest]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    Patient p;
    p.id = "P1", p.trial = "T", p.arm = "A", p.site = "S", p.sex = Sex::female, p.birth_year = 1960;
    p.day_zero = Date(20000), p.attributes = {{"ecog", "1"}, {"histology", "squamous \"x\""}};
    Observation o = std::get<Observation>(reading(0.5).content);
    o.minute = 0, o.accession = "A1", o.assay = "ddPCR", o.laboratory = "L", o.specimen = "plasma",
    o.replicate = 2;
    o.reading = Reading{0.1, Censor::right}, o.unit_reported = "fraction", o.text_reported = ">0.001",
    o.scheduled = false;
    TherapyInterval t{"P1", "nivolumab", Date(1), Date(2), "3 mg/kg", "progression"};
    Lesion l;
    l.patient = "P1", l.lesion = "T01", l.taken = Date(3), l.role = Lesion::Role::new_, l.nodal = true;
    l.organ = "liver", l.diameter_mm = 17.5, l.state = "equivocal";
    Event e{"P1", EventKind::toxicity, "colitis", Date(4), Date(9), 3};
    PlannedVisit v{"T", "A", "C3D1", 42, 1, 2, {"ctdna", "ldh"}};
    (void)put(*store, {{p, {}}, {o, {}}, {t, {}}, {l, {}}, {e, {}}, {v, {}}}, 1);
    CHECK(store->version_count() == 6);
    std::vector<std::string> got, expected;
    for (const auto& r : store->history("P1", at(1)).versions)
        got.push_back(content_digest(r.content));
    for (const Content& c : std::vector<Content>{p, o, t, l, e})
        expected.push_back(content_digest(c));
    CHECK(got == expected);
    REQUIRE(store->schedule(at(1)).size() == 1);
    CHECK(content_digest(store->schedule(at(1))[0]) == content_digest(v));
    CHECK(store->schedule(at(0)).empty());
    CHECK(store->doctor().ok);
}

TEST_CASE("ingest: the same versions again are duplicates and change nothing", "[store][ingest]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    const std::vector<Record> records{reading(1.0, "P1", 20000, 5), reading(2.0, "P1", 20001, 5),
                                      reading(3.0, "P2")};
    CHECK(put(*store, records, 10).taken == 3);
    const auto again = put(*store, records, 20);
    CHECK(again.taken == 0);
    CHECK(again.duplicates == 3);
    CHECK(store->version_count() == 3);
    CHECK(learnt_instants(store->history("P1", at(99)), at(0), at(99)) == std::vector<Instant>{at(10)});
}

TEST_CASE("ingest: a cumulative export without release times says only what is new", "[store][ingest]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    (void)put(*store, {reading(1.0), reading(5.0, "P1", 20001)}, 10);
    const auto second = put(*store, {reading(1.0), reading(6.0, "P1", 20001), reading(7.0, "P1", 20002)}, 20);
    CHECK(second.taken == 2);
    CHECK(second.duplicates == 1);
    CHECK(values(*store, "P1", at(20)) == Values{1.0, 6.0, 7.0});
    CHECK(values(*store, "P1", at(19)) == Values{1.0, 5.0});
    // an old value said again is news: without a release time the latest word stands
    CHECK(put(*store, {reading(5.0, "P1", 20001)}, 30).taken == 1);
    CHECK(values(*store, "P1", at(30)) == Values{1.0, 5.0, 7.0});
    // another status of the same content is another version
    CHECK(put(*store, {reading(5.0, "P1", 20001, {}, Status::corrected)}, 40).taken == 1);
    CHECK(put(*store, {reading(5.0, "P1", 20001, {}, Status::corrected)}, 50).taken == 0);
    CHECK(store->doctor().ok);
}

TEST_CASE("ingest: within a file without release times the order of rows is invisible", "[store][ingest]") {
    for (const bool old_first : {true, false}) {
        const Folder folder;
        const auto store = new_store(folder / "s.db");
        (void)put(*store, {reading(1.0)}, 10);
        std::vector<Record> file{reading(1.0), reading(2.0)};
        if (!old_first) std::swap(file[0], file[1]);
        CHECK(put(*store, file, 20).taken == 2);
        CHECK(values(*store, "P1", at(20)).empty());  // the file says both: a conflict
        CHECK(store->quarantine(true).size() == 1);
        CHECK(put(*store, file, 30).taken == 0);  // said again: still the same conflict
        CHECK(store->quarantine(true).size() == 1);
        CHECK(put(*store, {reading(2.0)}, 40).taken == 1);  // one of them alone decides
        CHECK(values(*store, "P1", at(40)) == Values{2.0});
        CHECK(store->quarantine(true).empty());
        CHECK(store->quarantine(false).at(0).state == "settled");
    }
}

TEST_CASE("ingest: a preliminary and a final row re-sent together stay duplicates", "[store][ingest]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    const std::vector<Record> file{reading(1.0, "P1", 20000, {}, Status::preliminary), reading(2.0)};
    CHECK(put(*store, file, 10).taken == 2);
    CHECK(put(*store, file, 20).taken == 0);
    CHECK(put(*store, {file[1]}, 30).taken == 0);
    CHECK(values(*store, "P1", at(30)) == Values{2.0});
}

TEST_CASE("ingest: a conflict is stored, listed with its place, and settled by a later version",
          "[store][ingest]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    auto other = reading(2.0, "P1", 20000, 5);
    other.version.source = "b.csv:17";
    (void)put(*store, {reading(1.0, "P1", 20000, 5)}, 10);
    const auto file = put(*store, {other}, 20);
    CHECK(file.taken == 1);
    CHECK(file.quarantined == 1);
    const auto rows = store->quarantine(true);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].code == "S030");
    CHECK(rows[0].line == 17);
    CHECK(rows[0].reason == "versions of equal rank differ: observation|P1|ctdna|taken|2024-10-04|||1");
    CHECK(values(*store, "P1", at(20)).empty());
    CHECK(values(*store, "P1", at(19)) == Values{1.0});
    (void)put(*store, {reading(3.0, "P1", 20000, 6)}, 30);
    CHECK(store->quarantine(true).empty());
    CHECK(values(*store, "P1", at(30)) == Values{3.0});
    // a conflict below what stands is nobody's business
    (void)put(*store, {reading(9.0, "P1", 20000, 5)}, 40);
    CHECK(store->quarantine(true).empty());
}

TEST_CASE("ingest: learnt increases strictly, whatever the clock says", "[store][ingest]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    CHECK(put(*store, {reading(1.0)}, 10).learnt == at(10));
    CHECK(put(*store, {reading(2.0)}, 10).learnt == at(10).next());
    CHECK(put(*store, {reading(3.0)}, 5).learnt == at(10).next().next());
    store->finish_scan(at(50), {}, "scan");
    CHECK(put(*store, {reading(4.0)}, 20).learnt == at(50).next());
}

TEST_CASE("ingest: a backfill never reaches behind what a scan has seen", "[store][ingest]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    auto early = reading(1.0), late = reading(2.0);
    early.version.learnt = at(10), late.version.learnt = at(20);
    (void)put(*store, {reading(9.0, "P1", 19000)}, 1);
    store->finish_scan(at(50), {}, "scan");
    (void)put(*store, {late, early}, 100, true);
    CHECK(values(*store, "P1", at(50)) == Values{9.0});
    // both are learnt at once, and what was declared still says which is the later
    CHECK(values(*store, "P1", at(50).next()) == Values{9.0, 2.0});
    CHECK(put(*store, {early, late}, 200, true).taken == 0);
    // a patient whom no scan has seen keeps what was declared
    early = reading(1.0, "P2"), early.version.learnt = at(10);
    (void)put(*store, {early}, 300, true);
    CHECK(values(*store, "P2", at(10)) == Values{1.0});
    CHECK(store->scan_state("P2").scanned_to == Instant::lowest());
}

TEST_CASE("ingest: nothing is there before commit", "[store][ingest]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    {
        const auto writer = store->begin({"a.csv", "h", "p", {}, 0, 0, 0, 0}, at(1), false, "test");
        writer->add(reading(1.0));
        CHECK(store->has_patient("P1"));
        CHECK(code_of([&] { store->note(at(1), "x", "y", "z", ""); }) == "S006");
        CHECK(code_of([&] { (void)put(*store, {}, 1); }) == "S006");
        const auto other = store::open_sqlite(folder / "s.db");
        CHECK_FALSE(other->has_patient("P1"));
    }
    CHECK_FALSE(store->has_patient("P1"));
    CHECK(store->files().empty());
    CHECK(store->trail().size() == 1);
}

TEST_CASE("ingest: files and quarantine are kept, a file twice is refused", "[store][ingest][error]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    store::Batch b;
    b.file.name = "a.csv", b.file.hash = "h", b.file.profile_hash = "p", b.file.rows = 7;
    b.records = {reading(1.0)};
    store::QuarantineRow bad;
    bad.line = 3, bad.column = 5, bad.code = "F010", bad.reason = "unknown unit", bad.hint = "declare it";
    bad.raw = "P1,x", bad.header = "id,v", bad.profile = "schema: 1";
    b.quarantine = {bad, bad};
    const auto file = store->commit(b, at(10), false, "ann");
    CHECK(file.rows == 7);
    CHECK(file.quarantined == 2);
    CHECK(store->find_file("h", "p")->taken == 1);
    CHECK_FALSE(store->find_file("h", "q"));
    CHECK(code_of([&] { (void)store->commit(b, at(11), false, "ann"); }) == "S011");

    const auto row = store->quarantine_row(1).value();
    CHECK(row.file == "a.csv");
    CHECK(row.file_hash == "h");
    CHECK(row.line == 3);
    CHECK(row.column == 5);
    CHECK(row.raw == "P1,x");
    CHECK(row.header == "id,v");
    CHECK(row.profile == "schema: 1");
    CHECK(row.state == "open");
    CHECK(row.at == at(10));
    store->drop_quarantine(1, at(20), "ann", "a test row");
    CHECK(code_of([&] { store->drop_quarantine(1, at(20), "ann", ""); }) == "S013");
    CHECK(code_of([&] { store->drop_quarantine(9, at(20), "ann", ""); }) == "S010");
    store::Batch mended;
    mended.retried = {2};
    (void)store->commit(mended, at(30), false, "ann");
    CHECK(store->quarantine(true).empty());
    CHECK(store->quarantine_row(2)->state == "retried");
    CHECK(code_of([&] { (void)store->commit(mended, at(31), false, "ann"); }) == "S013");
    CHECK(store->files().size() == 2);
    CHECK(store->trail().back().what == "ingest");
    CHECK_FALSE(store->broken_trail());
}

TEST_CASE("ingest: what cannot be kept is refused", "[store][ingest][error]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    CHECK(code_of([&] { (void)put(*store, {reading(std::numeric_limits<double>::quiet_NaN())}, 1); }) ==
          "S012");
    CHECK(code_of([&] { (void)put(*store, {reading(1.0, "")}, 1); }) == "S012");
    Patient p;
    p.id = "P1", p.attributes["name"] = "\xff";
    CHECK(code_of([&] { (void)put(*store, {{p, {}}}, 1); }) == "S012");
    CHECK(store->version_count() == 0);
}

TEST_CASE("for_each_history: every patient once, in order, for every size of block", "[store][read]") {
    const Folder folder;
    const auto store = new_store(folder / "s.db");
    std::vector<Record> records;
    for (int i = 0; i < 20; ++i)
        for (int day = 0; day <= i; ++day)
            records.push_back(reading(day, "P" + std::to_string(i), 20000 + day));
    (void)put(*store, records, 10);
    auto ids = store->patients(at(10));
    CHECK(ids.size() == 20);
    CHECK(std::is_sorted(ids.begin(), ids.end()));
    CHECK(store->patients(at(9)).empty());
    ids.push_back("nobody");
    for (const int block : {1, 7, 256}) {
        std::vector<std::string> seen;
        store->for_each_history(
            ids, at(10),
            [&](PatientHistory&& h) {
                seen.push_back(h.patient);
                const std::size_t n = h.patient == "nobody" ? 0 : std::stoul(h.patient.substr(1)) + 1;
                CHECK(h.versions.size() == n);
                for (const auto& r : h.versions)
                    CHECK(patient_of(r.content) == h.patient);
            },
            block);
        CHECK(seen == ids);
    }
}

}  // namespace bellwether

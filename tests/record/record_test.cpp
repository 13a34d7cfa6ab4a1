#include "bellwether/record/record.hpp"

#include <set>

#include <catch2/catch.hpp>

#include "bellwether/record/ledger.hpp"

namespace bellwether {
namespace {

Observation observation() {
    Observation o;
    o.patient = "P1", o.channel = "ctdna", o.taken = Date(20000), o.assay = "ddPCR";
    o.reading = Reading{0.5, Censor::none};
    return o;
}

}  // namespace

TEST_CASE("status, event kind, severity, states, changes: every word reads back", "[record]") {
    for (const auto s : {Status::preliminary, Status::final_, Status::corrected, Status::cancelled})
        CHECK(parse_status(to_string(s)) == s);
    CHECK(to_string(Status::final_) == "final");
    CHECK_FALSE(parse_status("Final"));
    CHECK_FALSE(parse_status(""));
    CHECK(event_kind_names().size() == 6);
    for (const auto& name : event_kind_names())
        CHECK(to_string(parse_event_kind(name).value()) == name);
    for (int i = 0; i < 3; ++i) {
        const auto s = static_cast<Severity>(i);
        CHECK(parse_severity(to_string(s)) == s);
    }
    for (int i = 0; i < 5; ++i) {
        const auto m = static_cast<MachineState>(i);
        const auto h = static_cast<HumanState>(i);
        CHECK(parse_machine_state(to_string(m)) == m);
        CHECK(parse_human_state(to_string(h)) == h);
    }
    for (int i = 0; i < 13; ++i) {
        const auto c = static_cast<AlertChange>(i);
        CHECK(parse_alert_change(to_string(c)) == c);
    }
    CHECK(to_string(HumanState::new_) == "new");
}

TEST_CASE("identity: an accession decides, without one the draw does", "[record]") {
    Observation a = observation(), b = observation();
    b.reading = Reading{9.0, Censor::left}, b.laboratory = "other", b.scheduled = true;
    CHECK(identity(a) == identity(b));
    b.taken = Date(20001);
    CHECK(identity(a) != identity(b));
    a.accession = b.accession = "X1";
    CHECK(identity(a) == identity(b));
    CHECK(identity(a) == "observation|P1|ctdna|accession|X1");

    Observation c = observation(), d = observation();
    d.minute = 480;
    CHECK(identity(c) != identity(d));
    CHECK(identity(c) == "observation|P1|ctdna|taken|2024-10-04||ddPCR|1");
    d = observation(), d.replicate = 2;
    CHECK(identity(c) != identity(d));
    d = observation(), d.assay = "NGS";
    CHECK(identity(c) != identity(d));
}

TEST_CASE("identity: separators inside fields never make two identities one", "[record]") {
    const std::vector<std::string> nasty{"", "a", "|", "\\", "a|", "|a", "\\|", "|\\", "a\\", "\\\\"};
    std::set<std::string> seen;
    std::size_t made = 0;
    for (const auto& x : nasty)
        for (const auto& y : nasty)
            for (const auto& z : nasty) {
                PlannedVisit v;
                v.trial = x, v.arm = y, v.name = z;
                seen.insert(identity(v));
                ++made;
            }
    CHECK(seen.size() == made);
}

TEST_CASE("identity: an accession that looks like a draw is not that draw", "[record]") {
    Observation draw = observation();
    Observation named = observation();
    named.accession = "taken|2024-10-04||ddPCR|1";
    CHECK(identity(draw) != identity(named));
}

TEST_CASE("content_digest: any change of what the sender said changes it", "[record]") {
    std::set<std::string> seen;
    std::size_t made = 0;
    const auto add = [&](const Content& c) {
        seen.insert(content_digest(c));
        ++made;
        CHECK(content_digest(c) == content_digest(Content(c)));
        CHECK(content_digest(c).size() == 64);
    };
    const auto changed = [&](auto base, auto change) {
        change(base);
        add(base);
    };
    add(observation());
    changed(observation(), [](Observation& o) { o.patient = "P2"; });
    changed(observation(), [](Observation& o) { o.channel = "ldh"; });
    changed(observation(), [](Observation& o) { o.taken = Date(20001); });
    changed(observation(), [](Observation& o) { o.minute = 0; });
    changed(observation(), [](Observation& o) { o.accession = "x"; });
    changed(observation(), [](Observation& o) { o.assay = "x"; });
    changed(observation(), [](Observation& o) { o.laboratory = "x"; });
    changed(observation(), [](Observation& o) { o.specimen = "x"; });
    changed(observation(), [](Observation& o) { o.replicate = 2; });
    changed(observation(), [](Observation& o) { o.reading->value = 0.25; });
    changed(observation(), [](Observation& o) { o.reading->censor = Censor::left; });
    changed(observation(), [](Observation& o) { o.reading->censor = Censor::right; });
    changed(observation(), [](Observation& o) { o.reading.reset(); });
    changed(observation(), [](Observation& o) { o.missing_reason = "x"; });
    changed(observation(), [](Observation& o) { o.unit_reported = "x"; });
    changed(observation(), [](Observation& o) { o.text_reported = "x"; });
    changed(observation(), [](Observation& o) { o.scheduled = false; });
    changed(observation(), [](Observation& o) { o.scheduled = true; });

    add(Patient{});
    changed(Patient{}, [](Patient& p) { p.id = "x"; });
    changed(Patient{}, [](Patient& p) { p.trial = "x"; });
    changed(Patient{}, [](Patient& p) { p.arm = "x"; });
    changed(Patient{}, [](Patient& p) { p.site = "x"; });
    changed(Patient{}, [](Patient& p) { p.sex = Sex::male; });
    changed(Patient{}, [](Patient& p) { p.birth_year = 1960; });
    changed(Patient{}, [](Patient& p) { p.day_zero = Date(0); });
    changed(Patient{}, [](Patient& p) { p.attributes["a"] = "b"; });
    changed(Patient{}, [](Patient& p) { p.attributes["ab"] = ""; });

    add(TherapyInterval{});
    changed(TherapyInterval{}, [](TherapyInterval& t) { t.stop = Date(0); });
    changed(TherapyInterval{}, [](TherapyInterval& t) { t.dose = "x"; });
    changed(TherapyInterval{}, [](TherapyInterval& t) { t.reason = "x"; });

    add(Lesion{});
    changed(Lesion{}, [](Lesion& l) { l.role = Lesion::Role::non_target; });
    changed(Lesion{}, [](Lesion& l) { l.nodal = true; });
    changed(Lesion{}, [](Lesion& l) { l.organ = "x"; });
    changed(Lesion{}, [](Lesion& l) { l.diameter_mm = 0.0; });
    changed(Lesion{}, [](Lesion& l) { l.state = "absent"; });

    add(Event{});
    changed(Event{}, [](Event& e) { e.resolved = Date(0); });
    changed(Event{}, [](Event& e) { e.grade = 0; });

    add(PlannedVisit{});
    changed(PlannedVisit{}, [](PlannedVisit& v) { v.day = 1; });
    changed(PlannedVisit{}, [](PlannedVisit& v) { v.window_before = 4; });
    changed(PlannedVisit{}, [](PlannedVisit& v) { v.window_after = 4; });
    changed(PlannedVisit{}, [](PlannedVisit& v) { v.channels = {"a", "b"}; });
    changed(PlannedVisit{}, [](PlannedVisit& v) { v.channels = {"ab"}; });
    CHECK(seen.size() == made);
}

TEST_CASE("patient_of, clinical_date: each kind names its own", "[record]") {
    CHECK(patient_of(observation()) == "P1");
    CHECK(patient_of(PlannedVisit{}).empty());
    CHECK(clinical_date(observation()) == Date(20000));
    CHECK_FALSE(clinical_date(Patient{}));
    CHECK_FALSE(clinical_date(PlannedVisit{}));
    Event e;
    e.patient = "P9", e.date = Date(3);
    CHECK(patient_of(e) == "P9");
    CHECK(clinical_date(e) == Date(3));
}

}  // namespace bellwether

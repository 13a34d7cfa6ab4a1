#include "bellwether/feed/reader.hpp"

#include "bellwether/core/text.hpp"

#include "support.hpp"

using namespace bellwether;
using namespace bellwether::feed;
using namespace bellwether::feed::test;

namespace {

const char* const patients_text = R"(schema: 1
profile: patients
kind: patients
dates: {format: iso}
columns: {patient: id, arm: arm, sex: sex, birth_year: born, day_zero: d0, site: site}
constant: {trial: T}
words: {arm: {a: one, b: two}, sex: {F: female, M: male}}
attributes: {ecog: ecog}
events:
  - {kind: progression, day: pfs, when: {pfs_event: 1}}
  - {kind: death, day: os, when: {os_event: [1, yes]}}
  - {kind: last_known_alive, day: os, when: {os_event: 0}}
  - {kind: other, term: enrolled, date: enrolled}
release: {lag: 1d}
)";
const std::string patients_head = "id,arm,sex,born,d0,site,ecog,pfs,pfs_event,os,os_event,enrolled\n";

std::string shown(const TherapyInterval& t) {
    return fmt::format("{} {} {} {} {}", t.patient, t.regimen, to_string(t.start),
                       t.stop ? to_string(*t.stop) : "-", t.reason);
}
std::string shown(const Event& e) {
    return fmt::format("{} {} {} {} {}", to_string(e.kind), e.term, to_string(e.date),
                       e.resolved ? to_string(*e.resolved) : "-", e.grade.value_or(0));
}
template <typename T>
Lines shown(const std::vector<T>& all) {
    Lines out;
    for (const auto& x : all)
        out.push_back(shown(x));
    return out;
}
/// Learnt dates of all records.
Lines learnt(const Result& r) {
    Lines out;
    for (const auto& x : r.records)
        out.push_back(to_string(x.version.learnt.date()));
    return out;
}

}  // namespace

TEST_CASE("read_feed: what is wrong with a header is said at once, with the nearest name",
          "[feed][reader][error]") {
    const auto p = profile(patients_text);
    const auto message = [&](const std::string& text) {
        try {
            (void)read(p, text);
        } catch (const InputError& e) {
            return std::string(e.what());
        }
        return std::string();
    };
    CHECK(message("") == "F092: f.csv:1:1: error F092: the feed is empty; the first line names the columns");
    CHECK(message("id,arm,sex,born,d0,site,site,ecog,pfs,pfs_event,os,os_evnt,enrolled\n") ==
          "F091: f.csv:1:25: error F091: column 'site' stands twice; rename one of the two\n"
          "f.csv:1: error F090: column 'os_event' is missing; did you mean 'os_evnt'?");
    CHECK(message("id,\"arm\n").find("F006") == 0);
    CHECK(message("\xff\xfei\n").find("F008") == 0);
}

TEST_CASE("patients: a row tells the patient and what became of it", "[feed][reader]") {
    const auto r = read(profile(patients_text), patients_head +
                                                    "P1,a,F,1950,2026-01-01,s,1,31,1,59,0,2025-12-20\n"
                                                    "P2,b,,,2026-01-01,,,,0,10,yes,\n");
    CHECK(r.refusals().empty());
    const auto p = r.all<Patient>();
    REQUIRE(p.size() == 2);
    CHECK(p[0].id == "P1");
    CHECK(p[0].trial == "T");
    CHECK(p[0].arm == "one");
    CHECK(p[0].site == "s");
    CHECK(p[0].sex == Sex::female);
    CHECK(p[0].birth_year == 1950);
    CHECK(p[0].day_zero == Date::from_ymd(2026, 1, 1));
    CHECK(p[0].attributes == std::map<std::string, std::string>{{"ecog", "1"}});
    CHECK(p[1].sex == Sex::unknown);
    CHECK(p[1].attributes.empty());
    CHECK(shown(r.all<Event>()) == Lines{"progression  2026-02-01 - 0", "last_known_alive  2026-03-01 - 0",
                                         "other enrolled 2025-12-20 - 0", "death  2026-01-11 - 0"});
    auto c = context();
    c.backfill = true;
    const auto back =
        read(profile(patients_text), patients_head + "P1,a,F,1950,2026-01-01,s,1,31,1,59,0,2025-12-20\n", c);
    CHECK(learnt(back) == Lines{"2026-01-02", "2026-02-02", "2026-03-02", "2025-12-21"});
}

TEST_CASE("patients: an attribute's words are mapped, an empty cell is none, any other word is refused",
          "[feed][reader]") {
    const auto p = profile(R"(schema: 1
profile: p
kind: patients
dates: {format: iso}
columns: {patient: id}
attributes:
  response: {column: best, words: {Complete Response: CR/PR, Partial Response: CR/PR, Stable Disease: SD}}
  ecog: ecog
)");
    const auto r =
        read(p, "id,best,ecog\nA,Complete Response,0\nB,Partial Response,\nC,,1\nD,Stable disease,1\n");
    const auto all = r.all<Patient>();
    using Attributes = std::map<std::string, std::string>;
    REQUIRE(all.size() == 3);
    CHECK(all[0].attributes == Attributes{{"response", "CR/PR"}, {"ecog", "0"}});
    CHECK(all[1].attributes == Attributes{{"response", "CR/PR"}});
    CHECK(all[2].attributes == Attributes{{"ecog", "1"}});
    CHECK(r.refusals() == Lines{"5:3 F030 'Stable disease' is no word for the attribute 'response'"});
}

TEST_CASE("patients: a refused row gives nothing, neither patient nor events", "[feed][reader][error]") {
    const auto refused = [](const std::string& row) {
        const auto r = read(profile(patients_text), patients_head + row);
        CHECK(r.records.empty());
        return r.refusals();
    };
    CHECK(refused("P,c,F,1950,2026-01-01,s,1,1,1,2,1,\n") == Lines{"2:3 F030 'c' is no word for 'arm'"});
    CHECK(refused("P,a,X,1950,2026-01-01,s,1,1,1,2,1,\n") == Lines{"2:5 F030 'X' is no word for 'sex'"});
    CHECK(refused("P,a,F,2050,2026-01-01,s,1,1,1,2,1,\n") ==
          Lines{"2:7 F031 '2050' is no whole number from 1880 to 2026"});
    CHECK(refused("P,a,F,1950,2026-01-01,s,1,,1,2,1,\n") ==
          Lines{"2:27 F004 the event happened, but its day is empty"});
    CHECK(refused("P,a,F,1950,,s,1,1,1,2,1,\n") ==
          Lines{"2:17 F013 a study day, but the patient has no day zero"});
    CHECK(refused("P,a,F,1950,2026-01-01,s,1,1,1,999,1,\n") ==
          Lines{"2:31 F012 2028-09-26 lies in the future"});
}

TEST_CASE("therapy: rows of start and stop, a backfill does not know the stop before it happens",
          "[feed][reader]") {
    const auto p = profile(R"(schema: 1
profile: p
kind: therapy
dates: {format: iso}
columns: {patient: id, regimen: drug, start: a, stop: b, reason: why}
release: {lag: 0d}
)");
    const std::string text = "id,drug,a,b,why\nA,x,2026-01-01,2026-02-01,toxicity\nA,y,2026-02-01,,\n";
    CHECK(shown(read(p, text).all<TherapyInterval>()) ==
          Lines{"A x 2026-01-01 2026-02-01 toxicity", "A y 2026-02-01 - "});
    auto c = context();
    c.backfill = true;
    const auto r = read(p, text, c);
    CHECK(shown(r.all<TherapyInterval>()) ==
          Lines{"A x 2026-01-01 - ", "A x 2026-01-01 2026-02-01 toxicity", "A y 2026-02-01 - "});
    CHECK(learnt(r) == Lines{"2026-01-01", "2026-02-01", "2026-02-01"});
    CHECK(read(p, "id,drug,a,b,why\nA,x,2026-01-02,2026-01-02,\n").refusals() ==
          Lines{"2:16 F014 the stop does not lie after the start"});
    CHECK(read(p, "id,drug,a,b,why\nA,,2026-01-02,,\n").refusals() ==
          Lines{"2:3 F004 the field 'regimen' is empty"});
}

TEST_CASE("therapy: switches on and off become intervals", "[feed][reader]") {
    const auto p = profile(R"(schema: 1
profile: p
kind: therapy
shape: switches
dates: {format: iso}
columns: {patient: id, at: t, turn: w}
constant: {regimen: adt}
words: {turn: {go: "on", halt: "off"}}
release: {lag: 0d}
)");
    const std::string text = "id,t,w\nA,2026-01-01,go\nB,2026-01-05,go\nA,2026-02-01,halt\nA,2026-03-01,go\n";
    CHECK(shown(read(p, text).all<TherapyInterval>()) ==
          Lines{"A adt 2026-01-01 2026-02-01 ", "A adt 2026-03-01 - ", "B adt 2026-01-05 - "});
    auto c = context();
    c.backfill = true;
    const auto r = read(p, text, c);
    CHECK(shown(r.all<TherapyInterval>()) == Lines{"A adt 2026-01-01 - ", "A adt 2026-01-01 2026-02-01 ",
                                                   "A adt 2026-03-01 - ", "B adt 2026-01-05 - "});
    CHECK(learnt(r) == Lines{"2026-01-01", "2026-02-01", "2026-03-01", "2026-01-05"});
    CHECK(read(p,
               "id,t,w\nA,2026-01-01,halt\nA,2026-01-02,go\nA,2026-01-03,go\nA,2026-01-02,halt\nB,2026-01-01,"
               "up\n")
              .refusals() ==
          Lines{"2:14 F040 'adt' goes off, but was not on", "4:14 F041 'adt' is on already",
                "5:3 F014 the stop does not lie after the start", "6:14 F030 'up' is no word for 'turn'"});
}

TEST_CASE("therapy: the arm of the patients' file as a regimen from day 0 on", "[feed][reader]") {
    const auto p = profile(R"(schema: 1
profile: p
kind: therapy
dates: {format: study-day, origin: day-zero}
columns: {patient: id, regimen: arm}
constant: {start: 0}
)");
    CHECK(shown(read(p, "id,arm,x\nA,drug,1\n").all<TherapyInterval>()) == Lines{"A drug 2026-01-01 - "});
    CHECK(read(p, "id,arm,x\nB,drug,1\n").refusals() ==
          Lines{"2:1 F013 a study day, but the patient has no day zero"});
}

TEST_CASE("events: toxicities with term, grade and end", "[feed][reader]") {
    const auto p = profile(R"(schema: 1
profile: p
kind: events
dates: {format: iso}
columns: {patient: id, kind: k, term: t, date: d, resolved: r, grade: g}
words: {kind: {AE: toxicity, PD: progression}}
release: {lag: 0d}
)");
    const std::string h = "id,k,t,d,r,g\n";
    const std::string rows = "A,AE,colitis,2026-01-01,2026-01-20,3\nA,PD,,2026-02-01,,\n";
    CHECK(shown(read(p, h + rows).all<Event>()) ==
          Lines{"toxicity colitis 2026-01-01 2026-01-20 3", "progression  2026-02-01 - 0"});
    auto c = context();
    c.backfill = true;
    CHECK(learnt(read(p, h + rows, c)) == Lines{"2026-01-01", "2026-01-20", "2026-02-01"});
    CHECK(read(p, h + "A,AE,,2026-01-01,,3\nA,AE,colitis,2026-01-01,,6\nA,AE,colitis,2026-01-02,2026-01-01,"
                      "1\nA,,x,2026-01-02,,\n")
              .refusals() ==
          Lines{"2:6 F004 the field 'term' is empty", "3:26 F031 '6' is no whole number from 1 to 5",
                "4:25 F014 resolved before it began", "5:3 F004 the field 'kind' is empty"});
}

TEST_CASE("lesions: diameters in millimetres", "[feed][reader]") {
    const auto p = profile(R"(schema: 1
profile: p
kind: lesions
dates: {format: iso}
columns: {patient: id, lesion: l, taken: t, role: r, nodal: n, organ: o, diameter: d, state: s}
diameter_unit: cm
)");
    const std::string h = "id,l,t,r,n,o,d,s\n";
    const auto l =
        read(p, h + "A,T01,2026-01-01,target,yes,node,1.7,\nA,N01,2026-01-01,non_target,,liver,,present\n")
            .all<Lesion>();
    REQUIRE(l.size() == 2);
    CHECK(l[0].diameter_mm == 17.0);
    CHECK(l[0].nodal);
    CHECK(l[0].state == "measured");
    CHECK(l[1].role == Lesion::Role::non_target);
    CHECK(l[1].state == "present");
    CHECK(read(p, h + "A,T01,2026-01-01,target,no,,,\nA,T01,2026-01-01,target,no,,170,\nA,T01,2026-01-01,"
                      "targt,,,1,\n")
              .refusals() == Lines{"2:29 F004 a measured target lesion without a diameter",
                                   "3:29 F022 a diameter of 1700 mm is impossible",
                                   "4:18 F030 'targt' is no word for 'role'"});
}

TEST_CASE("schedule: planned visits with their channels", "[feed][reader]") {
    const auto p = profile(R"(schema: 1
profile: p
kind: schedule
columns: {trial: t, arm: a, name: v, day: d, window_before: b, channels: c}
words: {channels: {CT: sld}}
)");
    const auto r = read(p, "t,a,v,d,b,c\nT,,C1D1,0,1,psa; CT\nT,,C2D1,21,,nlx\n");
    const auto v = r.all<PlannedVisit>();
    REQUIRE(v.size() == 1);
    CHECK(v[0].name == "C1D1");
    CHECK(v[0].day == 0);
    CHECK(v[0].window_before == 1);
    CHECK(v[0].window_after == 3);
    CHECK(v[0].channels == Lines{"psa", "sld"});
    CHECK(r.refusals() == Lines{"3:13 F002 unknown channel 'nlx'"});
}

TEST_CASE("read_feed: BOM, CRLF and gzip change nothing", "[feed][reader]") {
    const auto p = profile(patients_text);
    const std::string row = "P1,a,F,1950,2026-01-01,s,1,31,1,59,0,2025-12-20";
    const auto plain = read(p, patients_head + row + "\n");
    auto head = patients_head;
    head.insert(head.size() - 1, "\r");
    const auto other = read(p, "\xEF\xBB\xBF" + head + row + "\r\n");
    REQUIRE(plain.records.size() == other.records.size());
    for (std::size_t i = 0; i < plain.records.size(); ++i) {
        CHECK(content_digest(plain.records[i].content) == content_digest(other.records[i].content));
        CHECK(plain.records[i].version.source == other.records[i].version.source);
    }
    CHECK(other.counts.header + "\n" == patients_head);
}

TEST_CASE("read_feed: every code that a row can be refused with stands in the manual", "[feed][reader]") {
    const auto manual = read_text(BELLWETHER_SOURCE_DIR "/docs/feed-codes.md");
    const char* const files[] = {"bytes",    "csv",     "observations",     "other_kinds",
                                 "patients", "profile", "profile_channels", "reader",
                                 "row",      "therapy"};
    std::map<std::string, bool> codes;
    for (const char* file : files) {
        const auto code = read_text(fmt::format("{}/src/feed/{}.cpp", BELLWETHER_SOURCE_DIR, file));
        for (auto at = code.find("\"F"); at != std::string::npos; at = code.find("\"F", at + 1)) {
            if (code[at + 5] == '"' && code[at + 2] >= '0' && code[at + 2] <= '9')
                codes[code.substr(at + 1, 4)] = true;
        }
    }
    CHECK(codes.size() > 30);
    for (const auto& [code, seen] : codes) {
        CAPTURE(code);
        CHECK(manual.find("| " + code + " |") != std::string::npos);
    }
}

#include "bellwether/feed/profile.hpp"

#include "support.hpp"

using namespace bellwether;
using namespace bellwether::feed;
using namespace bellwether::feed::test;

namespace {

Lines findings_of(const std::string& text) {
    Findings f;
    (void)read_profile(text, "p.yaml", catalogue(), f);
    f.sort();
    Lines out;
    for (const auto& d : f.list) {
        CHECK_FALSE(d.hint.empty());
        out.push_back(fmt::format("{}:{} {} {}", d.at.line, d.at.column, d.code, d.what));
    }
    return out;
}

const std::string head = "schema: 1\nprofile: p\n";

}  // namespace

TEST_CASE("read_profile: a full profile of long observations", "[feed][profile]") {
    const auto p = profile(head + R"(kind: observations
table: {separator: ";", decimal: ",", missing: ["", NA]}
dates: {format: dotted}
columns: {patient: id, taken: day, channel: test, value: result, unit: unit, released: out}
constant: {laboratory: north}
words: {status: {F: final}}
reasons: {QNS: quantity not sufficient}
below: [ND]
channels:
  PSA:
    channel: psa
    units: {"ng/ml serum": ng/mL, strange: {factor: 0.5, source: "letter of the laboratory"}}
    lod: 0.01
  ALB: {channel: albumin, unit: g/dL, lod: 0.2, below: []}
only: {kind: [lab, LAB]}
unlisted: ignore
release: {format: iso, lag: 2d}
)");
    CHECK(p.kind == Kind::observations);
    CHECK(p.separator == ';');
    CHECK(p.decimal == ',');
    CHECK(p.dates.format == DateFormat::dotted);
    CHECK(p.source(Field::taken)->text == "day");
    CHECK(p.source(Field::laboratory)->constant);
    CHECK_FALSE(p.source(Field::assay));
    REQUIRE(p.channels.size() == 2);
    CHECK(p.channels[0].accepted[0].factor == 1.0);
    CHECK(p.channels[0].accepted[1].factor == 0.5);
    CHECK(p.channels[0].below == Lines{"ND"});
    CHECK(p.channels[1].fixed->factor == 10.0);
    CHECK(p.channels[1].lod == 2.0);  // 0.2 g/dL
    CHECK(p.channels[1].below.empty());
    CHECK(p.ignore_unlisted);
    CHECK(p.lag == 2);
    CHECK(p.released_format == DateFormat::iso);
}

TEST_CASE("read_profile: every finding with its place, all in one run", "[feed][profile][error]") {
    CHECK(findings_of(head + R"(kind: observations
dates: {format: iso}
columns: {patient: id, taken: day, chanel: test, value: v, unit: u}
constant: {patient: A}
words: {status: {X: finall}}
channels:
  PSA: {channel: pas}
  NLR: {channel: nlr, unit: "1"}
  ALB: {channel: albumin, units: {x: furlong, y: U/L, z: {factor: 2}}}
unlistd: ignore
)") == Lines{
           "5:10 F103 nothing gives the field 'channel'",
           "5:44 F101 'chanel' is no field of this kind of feed",
           "6:21 F102 the field 'patient' has a column and a constant",
           "7:21 F110 'finall' is no word for 'status'",
           "9:18 F104 unknown channel 'pas'",
           "10:18 F106 channel 'nlr' is computed, it cannot be fed",
           "11:38 F105 unknown unit 'furlong'",
           "11:50 F105 'U/L' does not convert into 'g/L'",
           "11:58 Y011 key 'source' is missing",
           "12:1 Y010 unknown key 'unlistd'",
       });
    CHECK(findings_of(head + R"(kind: observations
shape: wide
dates: {format: iso}
columns: {patient: id, taken: day}
channels: {PSA: {channel: psa}}
)") == Lines{"7:17 F105 no unit is declared for 'PSA'"});
    CHECK(findings_of(head + R"(kind: patients
dates: {format: study-day, origin: day-zero}
columns: {patient: id}
events:
  - {kind: death, day: a, date: b}
  - {kind: death, day: a, when: {x: 1, y: 2}}
release: {format: iso-local}
)") == Lines{
           "4:36 F108 a patient's own row cannot count from the patient's day zero",
           "7:5 F109 an event needs either 'day' or 'date'",
           "8:33 F109 'when' names one column",
           "9:19 F108 a release time must be an instant or a calendar date",
       });
    CHECK(findings_of(head + R"(kind: patients
dates: {format: iso}
columns: {patient: id}
attributes: {a: {words: {X: Y}}, b: {column: c}, d: [e], f: {column: g, words: {X: Y}, word: h}}
)") == Lines{
           "6:17 Y011 key 'column' is missing",
           "6:37 Y011 key 'words' is missing",
           "6:53 Y012 a list is not a text",
           "6:88 Y010 unknown key 'word'",
       });
    CHECK(findings_of(head +
                      "kind: therapy\nshape: wide\ndates: {format: study-day}\ncolumns: {patient: a}\n") ==
          Lines{
              "4:8 Y013 unknown word 'wide'",
              "5:8 Y011 key 'origin' is missing",
              "6:10 F103 nothing gives the field 'regimen'",
              "6:10 F103 nothing gives the field 'start'",
          });
    CHECK(findings_of(head + "kind: lesions\ndates: {format: iso}\n"
                             "columns: {patient: a, lesion: b, taken: c, diameter: d}\n") ==
          Lines{"1:1 F105 no unit is declared for the diameter"});
}

TEST_CASE("read_profile: a broken or empty file is a finding, never a crash", "[feed][profile][error]") {
    for (const char* text :
         {"", "[]", "x", "schema: [", "schema: 1\nprofile: p\nkind: observations\nchannels: 3\n",
          "kind: observations\nchannels: {PSA: 3}\nonly: 3\nwords: {status: 3}\nreasons: []\n",
          "kind: patients\nevents: {}\nattributes: []\n", "kind: lesions\ndiameter_unit: []\n"}) {
        CAPTURE(text);
        Findings f;
        (void)read_profile(text, "p.yaml", catalogue(), f);
        CHECK_FALSE(f.ok());
    }
}

#include <rapidcheck.h>

#include "bellwether/core/text.hpp"
#include "bellwether/feed/reader.hpp"

#include "support.hpp"

using namespace bellwether;
using namespace bellwether::feed;
using namespace bellwether::feed::test;

namespace {

/// Long observations with every column, unit column included.
Profile long_profile(const std::string& more = "") {
    return profile(R"(schema: 1
profile: long
kind: observations
dates: {format: iso}
columns: {patient: id, taken: day, channel: test, value: result, unit: unit}
channels:
  PSA: {channel: psa, below: [ND], lod: 0.02}
  SLD: {channel: sld, unit: mm}
  VAF: {channel: ctdna, below: [ND]}
  ALB: {channel: albumin, below: [ND]}
  S: {channel: score, units: {points: "1"}}
)" + more);
}

const std::string head = "id,day,test,result,unit\n";

/// One reading as "value censor".
std::string shown(const Record& r) {
    const auto& o = std::get<Observation>(r.content);
    if (!o.reading) return "none: " + o.missing_reason;
    const char* mark = o.reading->censor == Censor::left    ? "<"
                       : o.reading->censor == Censor::right ? ">"
                                                            : "";
    return o.channel + " " + mark + shortest(o.reading->value);
}

Lines shown(const Result& r) {
    Lines out;
    for (const auto& x : r.records)
        out.push_back(shown(x));
    return out;
}

Lines refusals(const std::string& rows, const std::string& more = "") {
    return read(long_profile(more), head + rows).refusals();
}

}  // namespace

TEST_CASE("observations: values, units and censoring become readings in the channel's unit",
          "[feed][observations]") {
    const auto r =
        read(long_profile("reasons: {QNS: quantity not sufficient}\n"), head + R"(A,2026-03-01,PSA,4.5,ng/mL
A,2026-03-01,PSA,450,ng/dL
A,2026-03-02,PSA,<0.1,ng/mL
A,2026-03-02,PSA,≤ 0.1,ng/mL
A,2026-03-03,PSA,>1000,ng/mL
A,2026-03-03,PSA,>=1000,ng/mL
A,2026-03-04,PSA,ND,ug/L
A,2026-03-05,PSA,0,ng/mL
A,2026-03-05,PSA,0.02,ng/mL
A,2026-03-06,VAF,0.00005,1
A,2026-03-06,VAF,500,ppm
A,2026-03-07,ALB,3.9,g/dL
A,2026-03-07,SLD,41,
A,2026-03-08,S,-3,points
A,2026-03-08,PSA,QNS,ng/mL
A,2026-03-09,PSA,,ng/mL
)");
    CHECK(r.refusals().empty());
    CHECK(shown(r) == Lines{"psa 4.5", "psa 4.5", "psa <0.1", "psa <0.1", "psa >1000", "psa >1000",
                            "psa <0.02", "psa <0.02", "psa 0.02", "ctdna <0.01", "ctdna 0.05", "albumin 39",
                            "sld 41", "score -3", "none: quantity not sufficient", "none: no value"});
    const auto& o = std::get<Observation>(r.records[1].content);
    CHECK(o.unit_reported == "ng/dL");
    CHECK(o.text_reported == "450");
    CHECK(o.taken == Date::from_ymd(2026, 3, 1));
    CHECK(r.records[1].version.source == "f.csv:3");
    CHECK(r.records[1].version.status == Status::final_);
    CHECK_FALSE(r.records[1].version.released);
    CHECK(r.records[1].version.learnt == Instant());
}

TEST_CASE("observations: each refusal has its code, its place and its reason",
          "[feed][observations][error]") {
    CHECK(refusals("C,2026-03-01,PSA,4,ng/mL\n") == Lines{"2:1 F001 unknown patient 'C'"});
    CHECK(refusals("A,2026-03-01,PAS,4,ng/mL\n") == Lines{"2:14 F002 unknown channel 'PAS'"});
    CHECK(refusals("A,2026-03-01,PSA,4,\n") == Lines{"2:20 F003 the unit is not stated"});
    CHECK(refusals("A,2026-03-01,PSA,4,U/L\n") == Lines{"2:20 F003 unit 'U/L' is not declared for 'PSA'"});
    CHECK(refusals("A,2026-03-01,S,4,1\n") == Lines{"2:18 F003 unit '1' is not declared for 'S'"});
    CHECK(refusals(",2026-03-01,PSA,4,ng/mL\n") == Lines{"2:1 F004 the field 'patient' is empty"});
    CHECK(refusals("A,,PSA,4,ng/mL\n") == Lines{"2:3 F004 the field 'taken' is empty"});
    CHECK(refusals("A,2026-03-01,PSA,4\n") == Lines{"2:19 F005 4 fields where the header has 5"});
    CHECK(refusals("A,2026-03-01,PSA,4,ng/mL,x\n") == Lines{"2:26 F005 6 fields where the header has 5"});
    CHECK(refusals("A,2026-03-01,PSA,\"4,ng/mL\n") == Lines{"2:18 F006 this quote is never closed"});
    CHECK(refusals("A,2026-03-01,P\"SA,4,ng/mL\n") ==
          Lines{"2:15 F007 a quote stands inside a field without quotes"});
    CHECK(refusals("A,2026-03-01,PSA,4,\xb5g/L\n") == Lines{"2:20 F008 byte 0xB5 is not text"});
    CHECK(refusals("A,2026-3-1,PSA,4,ng/mL\n") ==
          Lines{"2:3 F010 '2026-3-1' is not a date as the profile declares them"});
    CHECK(refusals("A,2026-02-29,PSA,4,ng/mL\n") == Lines{"2:3 F011 '2026-02-29' does not exist"});
    CHECK(refusals("A,1026-03-01,PSA,4,ng/mL\n") == Lines{"2:3 F011 1026-03-01 lies before 1900"});
    CHECK(refusals("A,2026-11-26,PSA,4,ng/mL\n") == Lines{"2:3 F012 2026-11-26 lies in the future"});
    CHECK(refusals("A,2026-03-01,PSA,four,ng/mL\n") == Lines{"2:18 F020 'four' is not a number"});
    CHECK(refusals("A,2026-03-01,PSA,nan,ng/mL\n") == Lines{"2:18 F020 'nan' is not a number"});
    CHECK(refusals("A,2026-03-01,PSA,\"1,2\",ng/mL\n") == Lines{"2:19 F021 '1,2' can be read in two ways"});
    CHECK(refusals("A,2026-03-01,PSA,\"5,100\",ng/mL\n") ==
          Lines{"2:19 F021 '5,100' can be read in two ways"});
    CHECK(refusals("A,2026-03-01,PSA,200000,ng/mL\n") ==
          Lines{"2:18 F022 200000 ng/mL is physically impossible for psa"});
    CHECK(refusals("A,2026-03-01,ALB,-1,g/L\n") ==
          Lines{"2:18 F022 -1 g/L is physically impossible for albumin"});
    CHECK(refusals("A,2026-03-01,SLD,0,mm\n") == Lines{"2:18 F023 '0' is not above zero, as sld must be"});
    CHECK(refusals("A,2026-03-01,PSA,-1,ng/mL\n") ==
          Lines{"2:18 F023 '-1' is not above zero, as psa must be"});
    CHECK(refusals("A,2026-03-01,SLD,<0,mm\n") == Lines{"2:18 F023 '<0' is not above zero, as sld must be"});
    CHECK(refusals("A,2026-03-01,ALB,ND,g/L\n") ==
          Lines{"2:18 F024 below the limit of detection, but no limit is known"});
}

TEST_CASE(
    "observations: a refusal keeps the row, the patient and a hint, and the row can be read again mended",
    "[feed][observations][error]") {
    const auto p = long_profile();
    const auto r = read(p, head + "A,2026-03-01,PSA,4,ng/mL\nB,2026-03-01,PSA,\"4,5\",ng/mL\r\n");
    REQUIRE(r.rejects.size() == 1);
    CHECK(r.rejects[0].raw == "B,2026-03-01,PSA,\"4,5\",ng/mL");
    CHECK(r.rejects[0].patient == "B");
    CHECK(r.rejects[0].hint == "declare the decimal sign in the profile: 'table: {decimal: \",\"}'");
    CHECK(r.counts.header == "id,day,test,result,unit");
    const auto again = read(p, retry_text(r.counts.header, r.rejects[0].raw));
    CHECK(again.refusals() == Lines{"2:19 F021 '4,5' can be read in two ways"});
    const auto mended =
        read(long_profile("table: {decimal: \",\"}\n"), retry_text(r.counts.header, r.rejects[0].raw));
    CHECK(shown(mended) == Lines{"psa 4.5"});
}

TEST_CASE("observations: one bad row in a thousand leaves 999", "[feed][observations]") {
    std::string text = head;
    for (int i = 1; i <= 1000; ++i)
        text += i == 537 ? "A,2026-03-01,PSA,\"4,ng/mL\n" : "A,2026-03-01,PSA,4,ng/mL\n";
    const auto r = read(long_profile(), text);
    CHECK(r.counts.rows == 1000);
    CHECK(r.counts.records == 999);
    CHECK(r.refusals() == Lines{"538:18 F006 this quote is never closed"});
}

TEST_CASE("observations: a declared decimal comma is read, a point then is not", "[feed][observations]") {
    const auto p = long_profile("table: {decimal: \",\", separator: \";\"}\n");
    const std::string h = "id;day;test;result;unit\n";
    CHECK(shown(read(p, h + "A;2026-03-01;PSA;4,5;ng/mL\nA;2026-03-01;PSA;<0,1;ng/mL\n")) ==
          Lines{"psa 4.5", "psa <0.1"});
    CHECK(read(p, h + "A;2026-03-01;PSA;4.5;ng/mL\n").refusals() == Lines{"2:18 F020 '4.5' is not a number"});
    const auto dot = long_profile("table: {decimal: \".\"}\n");
    CHECK(read(dot, head + "A,2026-03-01,PSA,\"5,100\",ng/mL\n").refusals() ==
          Lines{"2:19 F020 '5,100' is not a number"});
}

TEST_CASE("observations: the censor column, the limit column and versions", "[feed][observations]") {
    const auto p = profile(R"(schema: 1
profile: p
kind: observations
dates: {format: iso-local}
columns:
  {patient: id, taken: t, channel: c, value: v, censor: z, lod: l, status: s, released: r, accession: a, assay: m,
   laboratory: b, specimen: sp, replicate: n, scheduled: p, missing_reason: w}
words: {status: {P: preliminary, F: final, C: corrected, X: cancelled}}
channels: {PSA: {channel: psa, unit: ng/dL}}
)");
    const std::string h = "id,t,c,v,z,l,s,r,a,m,b,sp,n,p,w\n";
    const auto r =
        read(p, h + "A,2026-03-01T08:30,PSA,20,left,,C,2026-03-02T10:00+01:00,A7,ECL,north,serum,2,no,\n"
                    "A,2026-03-01T08:30,PSA,5,none,10,F,2026-03-02T09:00Z,,,,,,yes,\n"
                    "A,2026-03-01T08:30,PSA,,left,10,F,2026-03-02T09:00Z,,,,,,,\n"
                    "A,2026-03-01T08:30,PSA,garbage,,,X,2026-03-02T09:00Z,,,,,,,\n"
                    "A,2026-03-01T08:30,PSA,,,,F,2026-03-02T09:00Z,,,,,,,haemolysed\n");
    CHECK(r.refusals().empty());
    CHECK(shown(r) == Lines{"psa <0.2", "psa <0.1", "psa <0.1", "none: cancelled", "none: haemolysed"});
    const auto& o = std::get<Observation>(r.records[0].content);
    CHECK(o.minute == 8 * 60 + 30);
    CHECK(o.accession == "A7");
    CHECK(o.assay == "ECL");
    CHECK(o.laboratory == "north");
    CHECK(o.specimen == "serum");
    CHECK(o.replicate == 2);
    CHECK(o.scheduled == false);
    CHECK(std::get<Observation>(r.records[1].content).scheduled == true);
    CHECK_FALSE(std::get<Observation>(r.records[2].content).scheduled);
    CHECK(r.records[0].version.status == Status::corrected);
    CHECK(r.records[0].version.released == Instant::parse("2026-03-02T09:00Z"));
    CHECK(r.records[3].version.status == Status::cancelled);

    const auto refused = [&](const std::string& row) { return read(p, h + row).refusals(); };
    CHECK(refused("A,2026-03-01T08:30,PSA,<20,right,,F,,,,,,,,\n") ==
          Lines{"2:24 F025 '<20' contradicts the censor column"});
    CHECK(refused("A,2026-03-01T08:30,PSA,20,lef,,F,,,,,,,,\n") ==
          Lines{"2:27 F030 'lef' is no word for 'censor'"});
    CHECK(refused("A,2026-03-01T08:30,PSA,20,,,final,,,,,,,,\n") ==
          Lines{"2:29 F030 'final' is no word for 'status'"});
    CHECK(refused("A,2026-03-01T08:30,PSA,20,,,F,,,,,,0,,\n") ==
          Lines{"2:36 F031 '0' is no whole number from 1 to 1000"});
    CHECK(refused("A,2026-03-01T24:30,PSA,20,,,F,,,,,,,,\n") ==
          Lines{"2:3 F011 '2026-03-01T24:30' does not exist"});
    CHECK(refused("A,2026-03-01T08:30,PSA,20,,,F,2026-03-02,,,,,,,\n") ==
          Lines{"2:31 F010 '2026-03-02' is no release time as the profile declares it"});
    CHECK(refused("A,2026-03-01T08:30,PSA,20,,,F,2026-11-24T12:01Z,,,,,,,\n") ==
          Lines{"2:31 F012 the release at 2026-11-24T12:01Z lies in the future"});
}

TEST_CASE("observations: each date format takes its own form only", "[feed][observations]") {
    const auto day_of = [](const std::string& format, const std::string& cell) {
        const auto p = profile("schema: 1\nprofile: p\nkind: observations\ndates: {format: " + format +
                               "}\ncolumns: {patient: id, taken: t, channel: c, value: v}\n"
                               "channels: {PSA: {channel: psa, unit: ng/mL}}\n");
        const auto r = read(p, "id,t,c,v\nA," + cell + ",PSA,1\n");
        if (!r.rejects.empty()) return r.rejects[0].code;
        const auto& o = std::get<Observation>(r.records[0].content);
        return to_string(o.taken) + (o.minute ? fmt::format(" {}", *o.minute) : "");
    };
    CHECK(day_of("iso", "2026-03-01") == "2026-03-01");
    CHECK(day_of("dotted", "01.03.2026") == "2026-03-01");
    CHECK(day_of("compact", "20260301") == "2026-03-01");
    CHECK(day_of("day-mon-year", "01-MAR-2026") == "2026-03-01");
    CHECK(day_of("day-mon-year", "01-Mar-2026") == "2026-03-01");
    CHECK(day_of("iso-local", "2026-03-01T00:10:30") == "2026-03-01 10");
    // A sample drawn in Tokyo just after midnight belongs to the day on the wall there.
    CHECK(day_of("iso-datetime", "2026-03-01T00:10+09:00") == "2026-03-01 10");
    for (const char* format : {"iso", "dotted", "compact", "day-mon-year", "iso-local", "iso-datetime"}) {
        for (const char* cell : {"1.3.2026", "2026-3-1", "01/03/2026", "2026-03", "01-Mrz-2026",
                                 "2026-03-01T00:10+9", "2026-03-01 00:10", "2026-03-01T00:10:", "46000"}) {
            CAPTURE(format, cell);
            CHECK(day_of(format, cell) == "F010");
        }
    }
    CHECK(day_of("iso-local", "2026-03-01T00:10Z") == "F010");
    CHECK(day_of("iso-datetime", "2026-03-01T00:10") == "F010");
    CHECK(day_of("dotted", "30.02.2026") == "F011");
    CHECK(day_of("iso", "2026-11-25") == "2026-11-25");  // noon UTC: already the 25th at UTC+14
}

TEST_CASE("observations: study days count from a fixed origin or from the patient's day zero",
          "[feed][observations]") {
    const auto p = [](const std::string& origin) {
        return profile(
            "schema: 1\nprofile: p\nkind: observations\ndates: {format: study-day, origin: " + origin +
            "}\ncolumns: {patient: id, taken: t, channel: c, value: v}\n"
            "channels: {PSA: {channel: psa, unit: ng/mL}}\n");
    };
    const std::string h = "id,t,c,v\n";
    CHECK(read(p("2000-01-01"), h + "B,-12,PSA,1\n").all<Observation>()[0].taken ==
          Date::from_ymd(1999, 12, 20));
    CHECK(read(p("day-zero"), h + "A,31,PSA,1\n").all<Observation>()[0].taken == Date::from_ymd(2026, 2, 1));
    CHECK(read(p("day-zero"), h + "B,31,PSA,1\n").refusals() ==
          Lines{"2:3 F013 a study day, but the patient has no day zero"});
    CHECK(read(p("day-zero"), h + "A,1.5,PSA,1\n").refusals() == Lines{"2:3 F010 '1.5' is no study day"});
    CHECK(read(p("day-zero"), h + "A,400,PSA,1\n").refusals() ==
          Lines{"2:3 F012 2027-02-05 lies in the future"});
}

TEST_CASE("observations: only, ignored channels and missing marks", "[feed][observations]") {
    const auto p = profile(R"(schema: 1
profile: p
kind: observations
table: {missing: ["", NA, "-"]}
dates: {format: iso}
columns: {patient: id, taken: t, channel: c, value: v}
only: {k: [lab]}
channels: {PSA: {channel: psa, unit: ng/mL}}
unlisted: ignore
)");
    const auto r = read(p,
                        "k,id,t,c,v\nlab,A,2026-03-01,PSA,1\nother,A,2026-03-01,PSA,1\nlab,A,2026-03-01,X,1\n"
                        "lab,A,2026-03-01,PSA,NA\nlab,-,2026-03-01,PSA,1\n");
    CHECK(shown(r) == Lines{"psa 1", "none: no value"});
    CHECK(r.counts.ignored == 2);
    CHECK(r.refusals() == Lines{"6:5 F004 the field 'patient' is empty"});
}

TEST_CASE("observations: a wide table tells the same records as the long one",
          "[feed][observations][property]") {
    const auto wide = profile(R"(schema: 1
profile: wide
kind: observations
shape: wide
dates: {format: iso}
columns: {patient: id, taken: day}
channels:
  PSA: {channel: psa, unit: ng/dL, lod_column: limit}
  SLD: {channel: sld, unit: cm}
)");
    const auto tidy = profile(R"(schema: 1
profile: tidy
kind: observations
dates: {format: iso}
columns: {patient: id, taken: day, channel: c, value: v, unit: u, lod: limit}
channels: {PSA: {channel: psa}, SLD: {channel: sld}}
)");
    CHECK(rc::check([&] {
        const auto cell = rc::gen::element<std::string>("", "0.5", "<0.7", ">90", "12", "88.25");
        const auto rows =
            *rc::gen::container<std::vector<std::pair<std::string, std::string>>>(rc::gen::pair(cell, cell));
        std::string w = "id,day,PSA,SLD,limit\n", l = "id,day,c,v,u,limit\n";
        Date day = *Date::from_ymd(2026, 1, 1);
        for (const auto& [psa, sld] : rows) {
            const auto start = fmt::format("A,{}", to_string(day));
            w += fmt::format("{},{},{},0.6\n", start, psa, sld);
            if (!psa.empty()) l += fmt::format("{},PSA,{},ng/dL,0.6\n", start, psa);
            if (!sld.empty()) l += fmt::format("{},SLD,{},cm,\n", start, sld);
            day = day + 1;
        }
        const auto a = read(wide, w), b = read(tidy, l);
        RC_ASSERT(a.rejects.empty() && b.rejects.empty());
        RC_ASSERT(a.records.size() == b.records.size());
        for (std::size_t i = 0; i < a.records.size(); ++i) {
            RC_ASSERT(identity(a.records[i].content) == identity(b.records[i].content));
            RC_ASSERT(content_digest(a.records[i].content) == content_digest(b.records[i].content));
        }
    }));
    const auto r = read(wide, "id,day,PSA,SLD,limit\nA,2026-01-01,x,3,\nA,2026-01-02,1,y,\n");
    CHECK(r.refusals() == Lines{"2:14 F020 'x' is not a number", "3:16 F020 'y' is not a number"});
    CHECK(shown(r) == Lines{"sld 30", "psa 0.01"});
}

TEST_CASE("observations: a backfill knows a result at its release, else a declared lag after the sample",
          "[feed][observations]") {
    const auto with = [](const std::string& columns, const std::string& release) {
        return profile(
            "schema: 1\nprofile: p\nkind: observations\ndates: {format: iso}\n"
            "columns: {patient: id, taken: t, channel: c, value: v" +
            columns + "}\nchannels: {PSA: {channel: psa, unit: ng/mL}}\n" + release);
    };
    auto c = context();
    c.backfill = true;
    const auto row =
        read(with(", released: r", ""), "id,t,c,v,r\nA,2026-03-01,PSA,1,2026-03-04T09:00Z\n", c).records[0];
    CHECK(row.version.learnt == Instant::parse("2026-03-04T09:00Z"));
    CHECK(row.version.released == row.version.learnt);
    const auto lag = read(with("", "release: {lag: 2d}\n"), "id,t,c,v\nA,2026-03-01,PSA,1\n", c).records[0];
    CHECK(lag.version.learnt == Instant::end_of(*Date::from_ymd(2026, 3, 3)));
    CHECK(lag.version.released == lag.version.learnt);
    // Without a backfill the lag says nothing: a correction with the same date must outrank by its arrival.
    CHECK_FALSE(
        read(with("", "release: {lag: 2d}\n"), "id,t,c,v\nA,2026-03-01,PSA,1\n").records[0].version.released);
    // What is not over yet is known now, never later.
    const auto late = read(with("", "release: {lag: 9w}\n"), "id,t,c,v\nA,2026-11-01,PSA,1\n", c).records[0];
    CHECK(late.version.learnt == c.now);
    CHECK(code_of([&] { (void)read(with("", ""), "id,t,c,v\n", c); }) == "F095");
    CHECK(read(with(", released: r", ""), "id,t,c,v,r\nA,2026-03-01,PSA,1,\n", c).refusals() ==
          Lines{"2:20 F004 a backfill needs a release time or a date to count the lag from"});
}

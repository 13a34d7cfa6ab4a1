#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "bellwether/report/review.hpp"

#include "../../src/report/words.hpp"
#include "support/document.hpp"
#include "support/sample.hpp"

using namespace bellwether;
using namespace bellwether::report;
using Catch::Matchers::Contains;

namespace {

/// Each expected piece stands after the one before it.
void check_order(const std::string& text, const std::vector<std::string>& pieces) {
    std::size_t from = 0;
    for (const auto& piece : pieces) {
        const auto at = text.find(piece, from);
        INFO("looking for: " << piece);
        REQUIRE(at != std::string::npos);
        from = at + piece.size();
    }
}

/// The line after a section's title and its rule.
std::string first_line_of(const std::string& text, const std::string& section) {
    auto at = text.find("\n" + section);
    REQUIRE(at != std::string::npos);
    for (int i = 0; i < 3; ++i)
        at = text.find('\n', at) + 1;
    return text.substr(at, text.find('\n', at) - at);
}

}  // namespace

TEST_CASE("text: a review holds its sections, and each alert its reason, in order",
          "[report][text][golden]") {
    const auto text = render(sample::review(), Format::text);
    check_order(
        text,
        {"BELLWETHER weekly review, 2026-03-16",
         "SIMULATED DATA",
         "Decision support for research",
         "40 patients as\nknown at 2026-03-16",
         "last scan 2026-03-16; rules 1a2b3c4d since 2026-01-01; model io\n9f8e7d6c",
         "site and arm                     patients      new    worse     open resolved  withdr.\n",
         "site 03, arm B                         22        1        0        0        1        0\n",
         "site 07, arm A                         18        0        0        1        0        0\n",
         "all                                    40        1        0        1        1        0\n",
         "overdue visits 1; patients not fully assessable 2; rows in quarantine 1\n",
         "NEW since 2026-03-09: 1\n",
         "site 03, arm B\n",
         "URGENT P-0031  ctDNA rising, confirmed by a second sample",
         "#41 ctdna-rising-confirmed\n",
         "raised 2026-03-07, onset 2026-02-13, fired 2026-03-06, open for 10 days\n",
         "P(growing) 91%; ctDNA 2.4 times its nadir\n",
         "because   P(growing) = 0.91; fold(ctdna, nadir) = 2.4; toxicity(colitis) not known: no report\n",
         "unknown   could have spoken against it: no reading of mdsc\n",
         "2026-03-06 ctdna +1.9, sld -0.2, time -0.1 -> P 0.91\n",
         "2026-02-13 ctdna +0.8, time +0.1 -> P 0.23\n",
         "consider  switch, for the bottleneck 'escape'\n",
         "[open] 1. Switch to docetaxel\n",
         "[withheld] Add ipilimumab: colitis grade 3 since 2026-02-11\n",
         "[barred] Switch to carboplatin: creatinine 2026-03-06: 190 umol/L\n",
         "answer    clinician by 2026-03-14, OVERDUE\n",
         "people    nobody has answered yet\n",
         "maturity incubating; sources D05, D07",
         "ILLUSTRATIVE",
         "WORSE since 2026-03-09: 0\n",
         "None.\n",
         "STILL OPEN: 1\n",
         "REVIEW P-0007",
         "people    acknowledged by dr.x until 2026-03-20: scan ordered\n",
         "RESOLVED since 2026-03-09: 1\n",
         "P-0012",
         "resolved 2026-03-13",
         "WITHDRAWN since 2026-03-09: 0\n",
         "OVERDUE VISITS: 1\n",
         "C6D1 due 2026-03-06, 7 days late; missing sld\n",
         "NOT ASSESSABLE, AND WHY: 2",
         "no reading of mdsc\n",
         "patients  2: P-0002, P-0003\n",
         "QUARANTINE: 1\n",
         "#5 lab_2026-03-12.csv:118:4 F012\n",
         "unit 'mg/dl' is not declared\n"});
    // What is over asks for nothing.
    CHECK_THAT(text.substr(text.find("RESOLVED")), !Contains("consider"));
}

TEST_CASE("text: an empty section says whether anybody looked", "[report][text]") {
    auto r = sample::review();
    r.alerts.clear(), r.overdue.clear(), r.not_assessable.clear(), r.quarantine.clear();
    auto text = render(r, Format::text);
    CHECK_THAT(first_line_of(text, "NEW"), Contains("None."));
    CHECK_THAT(first_line_of(text, "OVERDUE"), Contains("None: every visit"));
    CHECK_THAT(first_line_of(text, "NOT ASSESSABLE"), Contains("None: every rule in force could be judged"));
    CHECK_THAT(first_line_of(text, "QUARANTINE"), Contains("None"));

    r.scanned_to = *Instant::parse("2026-03-12T08:00Z");
    text = render(r, Format::text);
    CHECK_THAT(first_line_of(text, "NEW"), Contains("None up to the last scan, 2026-03-12 08:00 UTC."));
    CHECK_THAT(text, Contains("! The last scan reached 2026-03-12 08:00 UTC"));

    r.scanned_to.reset();
    r.schedule_known = false;
    for (const auto format : {Format::text, Format::html}) {
        const auto never = render(r, format);
        CHECK_THAT(never, Contains("Not assessed: the store was never scanned.") && !Contains("None."));
        CHECK_THAT(never, Contains("Not assessed: no visit schedule is known."));
        CHECK_THAT(never, !Contains("could be judged in every patient"));
    }
    CHECK(sample::lines_with(render(r, Format::text), "all    ")[0].find('?') != std::string::npos);

    r.scanned_to = r.as_of;
    r.in_force.clear();
    CHECK_THAT(first_line_of(render(r, Format::text), "NEW"),
               Contains("Not assessed: no rules are in force."));
}

TEST_CASE("text: a first review compares with nothing", "[report][text]") {
    auto r = sample::review();
    r.since = Instant::lowest();
    r.alerts.resize(1);
    const auto text = render(r, Format::text);
    CHECK_THAT(text, Contains("NEW (first review: everything is new): 1"));
    CHECK_THAT(first_line_of(text, "STILL OPEN"), Contains("Not applicable"));
}

TEST_CASE("text: every output of a store that is not live says so, a live one does not", "[report][text]") {
    auto r = sample::review();
    auto p = sample::page();
    const auto kind =
        GENERATE(std::string("live"), std::string("historical"), std::string("simulated"), std::string());
    r.store_kind = p.store_kind = kind;
    const std::string words = kind == "live"         ? ""
                              : kind == "historical" ? "HISTORICAL DATA"
                              : kind == "simulated"  ? "SIMULATED DATA"
                                                     : "STORE OF UNKNOWN KIND";
    for (const auto format : {Format::text, Format::json, Format::html})
        for (const auto& text : {render(r, format), render(p, format)}) {
            if (kind == "live")
                CHECK_THAT(text, !Contains(" DATA:") && !Contains("STORE OF UNKNOWN"));
            else
                CHECK_THAT(text, Contains(words));
            CHECK_THAT(text, Contains("Decision support for research"));
        }
}

TEST_CASE("text: no line is wider than 100 columns, and colour comes only when asked for", "[report][text]") {
    for (const auto& text : {render(sample::review(), Format::text), render(sample::page(), Format::text)}) {
        std::istringstream in(text);
        for (std::string line; std::getline(in, line);) {
            INFO(line);
            CHECK(width(line) <= 100);
            CHECK(!line.ends_with(' '));
        }
        CHECK_THAT(text, !Contains("\x1b"));
    }
    CHECK_THAT(render(sample::review(), Format::text, true), Contains("\x1b[1;31m"));
    CHECK_THAT(render(sample::review(), Format::json, true), !Contains("\x1b"));
}

TEST_CASE("text: an escape sequence in a name does not reach the terminal", "[report][text]") {
    auto r = sample::review();
    r.alerts[0].alert.patient = r.overdue[0].patient = r.quarantine[0].reason = "P\x1b]0;x\x07";
    auto p = sample::page();
    p.timeline.patient.id = p.timeline.therapies[0].regimen = "P\x1b]0;x\x07";
    CHECK_THAT(render(r, Format::text), !Contains("\x1b") && !Contains("\x07"));
    CHECK_THAT(render(p, Format::text), !Contains("\x1b") && !Contains("\x07"));
}

TEST_CASE("text: an acknowledgement that ran out asks again", "[report][text]") {
    auto r = sample::review();
    r.alerts[1].alert.human_until = Instant::end_of(sample::day("2026-03-12"));
    CHECK_THAT(render(r, Format::text),
               Contains("acknowledged by dr.x ran out 2026-03-12: asks again: scan ordered"));
}

TEST_CASE("text: a patient page shows channels, states, alerts, options and the timeline",
          "[report][text][golden]") {
    const auto text = render(sample::page(), Format::text);
    check_order(
        text,
        {"BELLWETHER patient P-0031, 2026-03-16", "SIMULATED DATA", "9 readings of 2\nchannels",
         "today day 115", "regimen   pembrolizumab", "RECIST 1.1 target response: PR 2026-01-23", "CHANNELS",
         // Nadir <0.1; 0.41/0.1 is a lower bound of the ratio.
         "ctdna %            █▅▿▂▃▃                     5.2         0.41        <0.1        ×>4.1     10d\n",
         "sld mm             █▂▁                        84          48          48          ×1        10d\n",
         "exhaustion_norm not known: no tcell_activity", "STATES", "kinetics of io, 2026-03-06",
         "+28d    +56d", "growing         0.91  ██████████████████████▊       0.82    0.74\n", "ALERTS: 1",
         "(open)", "mdsc-expanding: no reading of mdsc", "OPTIONS", "[open] 1. Switch to docetaxel",
         "TIMELINE", "2026-01-02    d42  ctdna <0.1 %\n", "2026-02-11    d82  toxicity colitis grade 3\n",
         "2026-03-06   d105  ctdna 0.41 %, sld 48 mm, ALERT #41", "ctdna 2026-02-20: haemolysed"});
}

TEST_CASE("a page says what would have kept an alert silent, and nothing where nobody asked",
          "[report][text][html]") {
    auto page = sample::page();
    for (const auto format : {Format::text, Format::html, Format::json})
        CHECK(render(page, format).find("would not fire if") == std::string::npos);
    page.alerts.front().would_not_fire = {"ctdna were at most 0.3 % on 2026-03-06 (it was 0.41)",
                                          "not read on that day: <mdsc>"};
    const auto text = render(page, Format::text);
    check_order(text, {"evidence", "it would not fire if, one reading changed at a time:",
                       "- ctdna were at most 0.3 % on 2026-03-06 (it was 0.41)",
                       "- not read on that day: <mdsc>", "consider"});
    const auto html = render(page, Format::html);
    check_order(
        html, {"<dt>would not fire if</dt>", "<li>ctdna were at most 0.3 % on 2026-03-06 (it was 0.41)</li>",
               "<li>not read on that day: &lt;mdsc&gt;</li>", "<dt>consider</dt>"});
    CHECK(sample::defect_of(html).empty());
    const auto json = nlohmann::json::parse(render(page, Format::json));
    CHECK(json.at("alerts").at(0).at("would_not_fire_if").size() == 2);
    CHECK(json.at("alerts").at(0).at("would_not_fire_note") == "");
    // Where it was not asked the page gives the reason, and promises no list.
    page.alerts.front().would_not_fire.clear();
    page.alerts.front().would_not_fire_note = "not asked: no rules <yet>";
    CHECK(render(page, Format::text).find("what if   not asked: no rules <yet>") != std::string::npos);
    CHECK(render(page, Format::text).find("one reading changed") == std::string::npos);
    CHECK(render(page, Format::html)
              .find("<dt>would not fire if</dt><dd>not asked: no rules &lt;yet&gt;</dd>") !=
          std::string::npos);
    CHECK(render(page, Format::html).find("one reading changed") == std::string::npos);
    CHECK(sample::defect_of(render(page, Format::html)).empty());
}

TEST_CASE("text: a page of a patient of whom nothing is known says what is not assessed", "[report][text]") {
    PatientPage p;
    p.store_kind = "live";
    const auto text = render(p, Format::text);
    CHECK_THAT(
        text, Contains("No reading of any channel is known.") && Contains("Not assessed: no model in force"));
    CHECK_THAT(text, Contains("No alert in the ledger"));
}

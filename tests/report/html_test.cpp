#include <chrono>

#include <catch2/catch.hpp>

#include "bellwether/report/review.hpp"

#include "support/document.hpp"
#include "support/sample.hpp"

using namespace bellwether;
using namespace bellwether::report;
using Catch::Matchers::Contains;

namespace {

constexpr const char* hostile = R"(P<script>alert("1")</script>&'{{style}}{{{style}}})";

Review hostile_review() {
    auto r = sample::review();
    auto& line = r.alerts[0];
    line.alert.patient = hostile;
    line.alert.episode.evidence =
        R"({"summary":"<img src=x onerror=alert(1)>","because":[{"call":"<b>","unknown":"\"><svg onload=x>"}]})";
    line.alert.human_by = line.site = line.arm = line.title = line.role = line.proposal = line.standing_why =
        hostile;
    line.alert.human = HumanState::dismissed;
    line.options[0].title = line.options[1].because[0] = hostile;
    auto t = sample::timeline(hostile);
    t.therapies[0].regimen = t.events[0].term = hostile;
    r.timelines = {{hostile, t}};
    r.overdue[0].patient = r.overdue[0].missing[0] = hostile;
    r.not_assessable[0].missing[0] = r.quarantine[0].file = r.quarantine[0].reason = hostile;
    r.catalogue["ctdna"].title = r.catalogue["ctdna"].unit = hostile;
    r.inputs = r.in_force[1].name = hostile;
    return r;
}

PatientPage hostile_page() {
    auto p = sample::page();
    p.timeline.patient.id = p.timeline.patient.trial = hostile;
    p.timeline.therapies[0].regimen = p.timeline.events[0].term = p.current_regimen = hostile;
    p.states[0].labels[0] = p.states[0].axis = p.states[0].model = hostile;
    p.warnings = p.conflicts = p.missing = {hostile};
    p.response = {{hostile, hostile}};
    p.alerts[0].alert.episode.rule = p.options[0].title = hostile;
    return p;
}

void check_document(const std::string& html) {
    CHECK(sample::defect_of(html) == "");
    CHECK_THAT(
        html, !Contains("<script") && !Contains("<img") && !Contains("onload=x>") && !Contains("http-equiv"));
    // Self-contained: the only address is the name of the SVG dialect.
    CHECK(sample::occurrences(html, "://") == sample::occurrences(html, "http://www.w3.org/2000/svg"));
    CHECK_THAT(html, !Contains("src=\"") && !Contains("href=\"") && !Contains("<link") &&
                         !Contains("@import") && !Contains("url(http"));
}

}  // namespace

TEST_CASE("html: the documents are well formed, without script or anything from elsewhere",
          "[report][html]") {
    check_document(render(sample::review(), Format::html));
    check_document(render(sample::page(), Format::html));
    check_document(render(Review{}, Format::html));
    check_document(render(PatientPage{}, Format::html));
}

TEST_CASE("html: hostile names and summaries are shown as text", "[report][html]") {
    const auto review = render(hostile_review(), Format::html);
    check_document(review);
    CHECK_THAT(review, Contains("P&lt;script&gt;"));
    CHECK_THAT(review, Contains("&lt;img src=x onerror=alert(1)&gt;") ||
                           Contains("&lt;img src&#x3D;x onerror&#x3D;alert(1)&gt;"));
    // A name that looks like a template is not one.
    CHECK(sample::occurrences(review, ":root {") == 1);
    const auto page = render(hostile_page(), Format::html);
    check_document(page);
    CHECK(sample::occurrences(page, ":root {") == 1);
}

TEST_CASE("defect_of: finds what it is there to find", "[report][html]") {
    CHECK(sample::defect_of("<p>a<b>c</b></p>") == "");
    CHECK(sample::defect_of("<p>a<b>c</p></b>") != "");
    CHECK(sample::defect_of("<p>a") != "");
    CHECK(sample::defect_of("<p>a & b</p>") != "");
    CHECK(sample::defect_of("<p class=x>a</p>") != "");
}

TEST_CASE("html: an open alert has its picture, a resolved one has none", "[report][html]") {
    const auto html = render(sample::review(), Format::html);
    CHECK(sample::occurrences(html, "class=\"picture\"") == 2);
    // Per picture: one reading below its limit (an open triangle), a nadir ring per channel, the lines of
    // onset and firing.
    CHECK(sample::occurrences(html, "class=\"censored\"><title>2026-01-02 &lt;0.1 %, nadir") == 2);
    CHECK(sample::occurrences(html, "class=\"onset\"") == 2 + 1);  // and one in the key
    CHECK(sample::occurrences(html, "class=\"fired\"") == 2 + 1);
    CHECK(sample::occurrences(html, "class=\"limit\"") == 2 + 1);
}

TEST_CASE("html: a change of assay breaks the curve", "[report][html]") {
    auto p = sample::page();
    const auto before = render(p, Format::html);
    auto& points = p.timeline.tracks["sld"].points;
    points[2].segment = 1;
    const auto after = render(p, Format::html);
    CHECK(sample::occurrences(after, "class=\"break\"") ==
          sample::occurrences(before, "class=\"break\"") + 1);
}

TEST_CASE("html: a report of 2,000 alerts takes about four times one of 500", "[report][html]") {
    const auto seconds = [](int n) {
        auto r = sample::review();
        r.alerts.clear();
        r.timelines.clear();
        for (int i = 0; i < n; ++i) {
            const auto id = "P-" + std::to_string(i);
            r.alerts.push_back(sample::alert_line(i, id, Standing::new_));
            r.timelines.emplace(id, sample::timeline(id));
        }
        const auto start = std::chrono::steady_clock::now();
        const auto html = render(r, Format::html);
        const auto text = render(r, Format::text);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
        CHECK(sample::occurrences(html, "<article") == static_cast<std::size_t>(n));
        CHECK(sample::occurrences(text, "ctDNA rising, confirmed") == static_cast<std::size_t>(n));
        return took.count();
    };
    const double small = seconds(500), large = seconds(2000);
    INFO("500: " << small << " s, 2000: " << large << " s");
    // Quadratic work would give 16. The bound leaves room for a busy machine.
    CHECK(large < 9 * small + 0.5);
    CHECK(small < 10.0);
}

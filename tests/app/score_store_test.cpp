#include "bellwether/app/score_store.hpp"

#include <catch2/catch.hpp>

#include "bellwether/core/hash.hpp"

#include "app/support/stores.hpp"

using namespace bellwether;
using study::ScoreEnd;
using study::ScoreKind;

namespace {

const Instant active_from = world::active_from();
constexpr int landmark = 120;

std::unique_ptr<store::Store> make_store(const std::string& file, std::vector<Record> records,
                                         const std::string& model = world::model_text()) {
    return world::make_store(file, std::move(records),
                             world::activations_with(store::ArtifactKind::model, model));
}

/// Invented patients; `late` sees each version that is learnt after the landmark.
std::vector<Record> cohort(const std::function<void(Record&)>& late = [](Record&) {}) {
    auto all = world::random_patients(40, 900);
    for (auto& r : all)
        if (r.version.learnt > Instant::end_of(world::day_zero() + landmark)) late(r);
    return all;
}

app::ScoreStoreRequest ask(const std::string& score, const std::string& rule = {}) {
    app::ScoreStoreRequest r;
    r.score = score;
    r.rule = rule;
    r.landmarks = {landmark};
    r.to = world::the_end().date();
    r.event = EventKind::death;
    return r;
}

std::map<std::string, double> scores(const app::ScoreCohort& c) {
    std::map<std::string, double> out;
    for (const auto& r : c.rows)
        out[c.patients[r.patient]] = r.score;
    return out;
}

Record at(Content content, int taken, int learnt) {
    Record r;
    if (auto* o = std::get_if<Observation>(&content)) o->taken = world::day_zero() + taken;
    if (auto* e = std::get_if<Event>(&content)) e->date = world::day_zero() + taken;
    r.content = std::move(content);
    r.version.released = r.version.learnt = Instant::start_of(world::day_zero() + learnt);
    r.version.source = "test";
    return r;
}
Record enters(const std::string& id, Sex sex) {
    Patient p;
    p.id = id;
    p.sex = sex;
    p.day_zero = world::day_zero();
    return at(p, 0, 0);
}
Record reads(const std::string& id, int taken, double value, int learnt, Censor censor = Censor::none) {
    Observation o;
    o.patient = id;
    o.channel = "ctdna";
    o.reading = Reading{value, censor};
    return at(o, taken, learnt);
}
Record happens(const std::string& id, EventKind kind, int day, int learnt) {
    return at(Event{id, kind, "", {}, {}, {}}, day, learnt);
}

}  // namespace

TEST_CASE("score_store: what each patient is at the landmark, and what came after", "[app][score]") {
    const world::Folder folder;
    const auto store =
        make_store(folder.file("s.db"), {enters("A", Sex::female),
                                         reads("A", 0, 1.0, 2),
                                         reads("A", 80, 3.0, 95),
                                         reads("A", 100, 5.0, 101),
                                         happens("A", EventKind::progression, 150, 400),  // learnt long after
                                         enters("B", Sex::male),
                                         reads("B", 0, 2.0, 2),
                                         happens("B", EventKind::progression, 85, 130),
                                         enters("C", Sex::male),
                                         reads("C", 0, 2.0, 2),
                                         happens("C", EventKind::death, 50, 60),
                                         enters("D", Sex::male),
                                         reads("D", 0, 2.0, 2),
                                         happens("D", EventKind::last_known_alive, 70, 75),
                                         enters("E", Sex::male),
                                         happens("E", EventKind::last_known_alive, 300, 301),
                                         enters("F", Sex::female),
                                         reads("F", 60, 0.1, 61, Censor::left),
                                         happens("F", EventKind::death, 200, 201),
                                         enters("G", Sex::male),
                                         reads("G", 90, 0.7, 90),
                                         happens("G", EventKind::last_known_alive, 270, 271)});
    auto request = ask("value(ctdna)");
    request.event = EventKind::progression;
    request.landmarks = {90};
    const auto c = app::score_store(*store, request);
    CHECK(c.failed.empty());
    CHECK(c.kind == ScoreKind::number);
    CHECK(c.channels == std::vector<std::string>{"ctdna"});
    REQUIRE(c.landmarks.size() == 1);
    const auto& l = c.landmarks[0];
    CHECK(l.patients == 7);
    CHECK(l.event_before == 1);  // B, though it was learnt later
    CHECK(l.ended_before == 1);  // C
    CHECK(l.not_followed == 1);  // D
    CHECK(l.no_score == 1);      // E
    CHECK(l.why.at("no reading of ctdna") == 1);
    CHECK(l.scored == 3);
    CHECK(l.bounds == 1);
    REQUIRE(c.rows.size() == 3);
    const auto row = [&](const std::string& id) {
        for (const auto& r : c.rows)
            if (c.patients[r.patient] == id) return r;
        FAIL("no row of " << id);
        return study::ScoredRow{};
    };
    CHECK(row("A").score == 1.0);  // 3.0 was taken before the landmark and learnt after it
    CHECK(row("A").end == ScoreEnd::event);
    CHECK(row("A").time == 60);
    CHECK(row("F").score == 0.1);
    CHECK(row("F").end == ScoreEnd::competing);
    CHECK(row("F").time == 110);
    CHECK(row("G").score == 0.7);  // learnt on the day itself
    CHECK(row("G").end == ScoreEnd::censored);
    CHECK(row("G").time == 180);
    CHECK(c.groups[0].at("sex") == "female");
    // Reasons that differ by a date alone are one.
    auto detector = request;
    detector.score = "cusum(ctdna, 0.5, 4)";
    const auto short_of_readings = app::score_store(*store, detector);
    CHECK(short_of_readings.landmarks[0].why.at(
              "1 of the 4 measured readings of ctdna that its baseline needs, since DATE") == 2);
    // Against death the progression is no end, and the follow-up stops where `to` says.
    request.event = EventKind::death;
    request.to = world::day_zero() + 190;
    request.cohort = {{"sex", "female"}};
    const auto d = app::score_store(*store, request);
    REQUIRE(d.rows.size() == 1);  // A is followed to the reading of day 100 only, as known then
    CHECK(d.patients.size() == 2);
    CHECK(d.rows[0].end == ScoreEnd::censored);
    CHECK(d.rows[0].time == 10);
    CHECK(d.landmarks[0].not_followed == 1);
}

TEST_CASE("score_store: what is learnt after the landmark changes no score", "[app][score][property]") {
    const world::Folder folder;
    const auto store = make_store(folder.file("a.db"), cohort());
    const auto other = make_store(folder.file("b.db"), cohort([](Record& r) {
                                      if (auto* o = std::get_if<Observation>(&r.content); o && o->reading)
                                          o->reading->value *= 50;
                                  }));
    for (const auto* score : {"P(growing)", "forecast(dead, 90d)", "value(ctdna)", "fold(ctdna, nadir)",
                              "P(growing) * value(ctdna) - nadir(ctdna)"}) {
        CAPTURE(score);
        const auto one = scores(app::score_store(*store, ask(score)));
        CHECK(one.size() > 15);
        CHECK(one == scores(app::score_store(*other, ask(score))));
    }
    // The features themselves, at the end of the landmark day.
    const auto k = app::knowledge_history(store->activations(), store->channels()).back();
    const auto p = scores(app::score_store(*store, ask("P(growing)")));
    std::size_t seen = 0;
    store->for_each_history(store->patients(world::the_end()), world::the_end(), [&](PatientHistory&& h) {
        const auto found = p.find(h.patient);
        if (found == p.end()) return;
        const Date day = world::day_zero() + landmark;
        drift::FilterTrack track;
        const auto timeline = app::timeline_at(h, Instant::end_of(day), k->catalogue);
        const auto posterior = k->models.at("two-channels")->posterior(timeline, day, track);
        CHECK(posterior->probability("growing", day).value == found->second);
        ++seen;
    });
    CHECK(seen == p.size());
}

TEST_CASE("score_store: a rule is a yes where its alert stands open in the ledger of that day",
          "[app][score]") {
    const world::Folder folder;
    const auto store = make_store(folder.file("a.db"), cohort());
    std::map<std::string, std::map<std::string, double>> by_rule;
    for (const auto* rule : {"rising", "high", "stale", "persistent"}) {
        const auto c = app::score_store(*store, ask("", rule));
        CHECK(c.kind == ScoreKind::yes_no);
        CHECK(c.score == std::string("rule ") + rule);
        by_rule[rule] = scores(c);
    }
    CHECK(app::scan(*store, Instant::end_of(world::day_zero() + landmark), {}).failed.empty());
    std::size_t yes = 0;
    for (const auto& [rule, of] : by_rule)
        for (const auto& [id, score] : of) {
            CAPTURE(rule, id);
            bool open = false;
            for (const auto& a : store->alerts(id))
                open = open || (a.episode.rule == rule && a.state == MachineState::open);
            CHECK(score == (open ? 1.0 : 0.0));
            yes += open ? 1U : 0U;
        }
    CHECK(yes > 10);
}

TEST_CASE("score_store: kinds, factors, and what is not there", "[app][score][error]") {
    const world::Folder folder;
    const auto store = make_store(folder.file("a.db"), cohort());
    CHECK(app::score_store(*store, ask("P(growing)")).kind == ScoreKind::probability);
    CHECK(app::score_store(*store, ask("P(growing)")).score == "P(growing) by two-channels");
    CHECK(app::score_store(*store, ask("detected(ctdna)")).kind == ScoreKind::yes_no);
    const auto c = app::score_store(*store, ask("P(growing)"));
    CHECK(app::factors_of(c, {"sex", "assay"}) ==
          std::vector<std::string>{"sex", "assay of ctdna", "assay of sld"});
    for (const auto& [score, words] :
         std::vector<std::pair<std::string, std::string>>{{"P(growng)", "did you mean 'growing'"},
                                                          {"value(ctdn)", "did you mean 'ctdna'"},
                                                          {"valu(ctdna)", "did you mean 'value'"},
                                                          {"value(ctdna) * ", "value(ctdna) * "},
                                                          {"value(ctdna) + value(sld)", "mm"},
                                                          {"P(growing) + P(shrnking)", "'shrinking'"},
                                                          {"P(growing) + P (shrnking)", "'shrinking'"},
                                                          {"1 - P( growng , imaging )", "'growing'"},
                                                          {"2 + 2", "asks nothing of a patient"},
                                                          {"", "is no score"},
                                                          {"growing", "is a word, not a value"},
                                                          {"value(ctdna}:x)", "is no score"},
                                                          {"attr(sex)", "is a text"}}) {
        CAPTURE(score);
        CHECK_THROWS_WITH(app::score_store(*store, ask(score)),
                          Catch::Contains("P088") && Catch::Contains(words));
    }
    CHECK_THROWS_WITH(app::score_store(*store, ask("", "risin")),
                      Catch::Contains("P089") && Catch::Contains("did you mean 'rising'"));
    auto named = ask("P(growing)");
    named.model = "three-channels";
    CHECK_THROWS_WITH(app::score_store(*store, named), Catch::Contains("no model 'three-channels'"));
}

TEST_CASE("score_store: an expression is the arithmetic of its features", "[app][score]") {
    const world::Folder folder;
    const auto store = make_store(folder.file("a.db"), cohort());
    const auto of = [&](const std::string& score) { return scores(app::score_store(*store, ask(score))); };
    const auto value = of("value(ctdna)"), nadir = of("nadir(ctdna)"), size = of("value(sld)"),
               growing = of("P(growing)"), shrinking = of("P(shrinking)");
    const auto ratio = of("value(ctdna) / nadir(ctdna)"), both = of("P(growing) - P(shrinking)"),
               mixed = of("P(growing) * value(sld)");
    REQUIRE(mixed.size() > 10);
    REQUIRE(both.size() == growing.size());
    for (const auto& [id, x] : mixed)
        CHECK(x == growing.at(id) * size.at(id));
    for (const auto& [id, x] : both)
        CHECK(x == growing.at(id) - shrinking.at(id));
    for (const auto& [id, x] : ratio)
        CHECK(x == value.at(id) / nadir.at(id));
    // Where an undetectable nadir leaves the ratio open there is no score, and it says why.
    const auto c = app::score_store(*store, ask("value(ctdna) / nadir(ctdna)"));
    CHECK(c.kind == ScoreKind::number);
    CHECK(c.score == "value(ctdna) / nadir(ctdna)");
    CHECK(ratio.size() < value.size());
    CHECK(c.landmarks[0].why.contains("a reading is beyond its limit of detection, which does not decide"));
    // A condition is a yes or no; what arithmetic makes of a probability is a number until people say more.
    const auto yes = app::score_store(*store, ask("P(growing) >= 0.5 and value(ctdna) > 1 %"));
    CHECK(yes.kind == ScoreKind::yes_no);
    CHECK(yes.score == "P(growing) >= 0.5 and value(ctdna) > 1 % by two-channels");
    for (const auto& [id, x] : scores(yes))
        if (growing.contains(id) && value.contains(id) && value.at(id) != 0.1)
            CHECK(x == (growing.at(id) >= 0.5 && value.at(id) > 1.0 ? 1.0 : 0.0));
    auto rest = ask("1 - P(growing)");
    CHECK(app::score_store(*store, rest).kind == ScoreKind::number);
    rest.kind = ScoreKind::probability;
    CHECK(app::score_store(*store, rest).kind == ScoreKind::probability);
    CHECK(app::factors_of(app::score_store(*store, ask("value(ctdna) / value(ctdna)")), {"assay"}) ==
          std::vector<std::string>{"assay of ctdna"});
    // A text that looks like a call asks no model.
    CHECK(app::score_store(*store, ask("attr(arm) == 'P(x)'")).kind == ScoreKind::yes_no);
}

TEST_CASE("score_store: an expression asks the one model that knows all its labels", "[app][score][error]") {
    const world::Folder folder;
    const auto store = make_store(folder.file("a.db"), cohort());
    // A second model, of the states falling, stable and growing.
    Findings findings;
    auto m = markov::read_model(world::model_text(), "m", findings);
    std::string text = m.spec.text;
    for (const auto& [from, to] :
         {std::pair<std::string, std::string>{"shrinking", "falling"}, {"two-channels", "second"}})
        for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
            text.replace(at, from.size(), to);
    m.spec = markov::read_spec(text, "second.yaml", findings);
    REQUIRE(findings.ok());
    m.spec_hash = sha256_hex(text);
    const auto with_both = [&](const std::string& score) {
        auto request = ask(score);
        request.source.models = {world::model_text(), markov::write_model(m)};
        request.fitted_elsewhere = true;
        return request;
    };
    const auto name = [&](const std::string& score) {
        return app::score_store(*store, with_both(score)).score;
    };
    CHECK(name("P(growing) - P(falling)") == "P(growing) - P(falling) by second");
    CHECK(name("P(shrinking) + P(growing)") == "P(shrinking) + P(growing) by two-channels");
    CHECK_THROWS_WITH(app::score_store(*store, with_both("P(growing) + P(stable)")),
                      Catch::Contains("'growing', 'stable' are known to second and two-channels"));
    CHECK_THROWS_WITH(app::score_store(*store, with_both("P(growing)")),
                      Catch::Contains("'growing' is known to second and two-channels"));
    for (const auto* score : {"P(falling) + P(shrinking)", "P(shrinking) + P(falling) + P(growing)"})
        CHECK_THROWS_WITH(app::score_store(*store, with_both(score)),
                          Catch::Contains("P088") && Catch::Contains("no one model has all of"));
    auto named = with_both("P(growing) + P(stable)");
    named.model = "second";
    CHECK(app::score_store(*store, named).score == "P(growing) + P(stable) by second");
}

TEST_CASE("score_store: a model that may have seen the patients is refused, where it takes part",
          "[app][score]") {
    const world::Folder folder;
    const auto fitted = [](const std::string& date) {
        Findings findings;
        auto m = markov::read_model(world::model_text(), "m", findings);
        m.date = date;
        m.sets[0].subjects = 40;
        return markov::write_model(m);
    };
    const auto late = make_store(folder.file("a.db"), cohort(), fitted("2025-01-01"));
    CHECK_THROWS_WITH(app::score_store(*late, ask("P(growing)")), Catch::Contains("P031"));
    CHECK_THROWS_WITH(app::score_store(*late, ask("", "rising")), Catch::Contains("P031"));
    CHECK_NOTHROW(app::score_store(*late, ask("value(ctdna)")));
    CHECK_NOTHROW(app::score_store(*late, ask("", "stale")));
    auto vouched = ask("P(growing)");
    vouched.fitted_elsewhere = true;
    CHECK_NOTHROW(app::score_store(*late, vouched));
    // Fitted to what was known before the landmark: it has seen nobody's outcome.
    const auto early = make_store(folder.file("b.db"), cohort(), fitted("2024-03-01"));
    CHECK_NOTHROW(app::score_store(*early, ask("P(growing)")));
}

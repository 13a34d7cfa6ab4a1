#include "world.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bellwether/core/hash.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/markov/model.hpp"

namespace world {
namespace {

const std::string rule_text = R"(schema: 1
groups:
  - name: laws
    model: two-channels
    rules:
      - alert: rising
        title: rising
        maturity: sandbox
        when: P(growing) >= 0.5 and detected(ctdna) and fold(ctdna, nadir) >= 1.5
        for: 2 visits of ctdna
        until: P(growing) < 0.3
        severity: review
        escalate: {when: "fold(ctdna, nadir) >= 4", to: urgent}
        summary: "P {P(growing):percent}"
        illustrative: true
      - alert: high
        title: high
        maturity: sandbox
        when: value(ctdna) >= 2 %
        tunable: value(ctdna) >= 2 %
        unless: toxicity(any) >= 3
        severity: info
        summary: "ctDNA {value(ctdna)}"
        illustrative: true
      - alert: persistent
        title: persistent
        maturity: sandbox
        when: fold(ctdna, nadir) >= 1.2
        for: 21d
        severity: review
        summary: "fold {fold(ctdna, nadir)}"
        illustrative: true
      - alert: stale
        title: stale
        maturity: sandbox
        when: age_of(ctdna) > 35d and on(any)
        severity: info
        summary: "age {age_of(ctdna)}"
        illustrative: true
)";

const std::string spec_text = R"(schema: 1
model: two-channels
title: two channels
numbers: illustrative
axes: {kinetics: [shrinking, stable, growing]}
states:
  - {name: shrinking, kinetics: shrinking}
  - {name: stable, kinetics: stable}
  - {name: growing, kinetics: growing}
  - {name: dead, absorbing: true, entry: exact}
covariates:
  - {name: on_therapy, kind: indicator, time: varying, centre: 1}
transitions:
  - {from: shrinking, to: stable, rate: 0.01}
  - {from: stable, to: growing, rate: 0.01, effects: {on_therapy: -0.5}}
  - {from: shrinking, to: growing, rate: 0.003}
  - {from: growing, to: dead, rate: 0.003}
  - {from: [shrinking, stable], to: dead, rate: 0.0005}
channels:
  - name: ctdna
    says: rate
    family: lognormal
    mean: {shrinking: -0.02, stable: {start: 0, fixed: true}, growing: 0.02}
    sd: 0.4
    undetected: {offset: -1, sd: 1}
  - name: sld
    says: rate
    family: lognormal
    mean: {shrinking: -0.006, stable: {start: 0, fixed: true}, growing: 0.005}
    sd: 0.12
    undetected: {offset: -1, sd: 1}
start:
  probabilities: {shrinking: 0.35, stable: 0.4, growing: 0.25}
)";

app::RuleSet rule_set(const std::string& text) {
    app::RuleSet set;
    set.files = {{"laws.yaml", text}};
    Findings findings;
    const auto spec = markov::read_spec(spec_text, "two-channels.yaml", findings);
    if (!findings.ok()) throw InputError(findings);
    set.words["two-channels"] = drift::words_of(spec);
    return set;
}

class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_(seed * 0x9e3779b97f4a7c15U + 1) {}
    int number(int low, int high) {  // inclusive
        return low + static_cast<int>(engine_() % static_cast<std::uint64_t>(high - low + 1));
    }
    bool chance(int percent) { return number(1, 100) <= percent; }
    std::uint64_t raw() { return engine_(); }

private:
    std::mt19937_64 engine_;
};

Instant at_hour(Date d, int hour) {
    return Instant(Instant::start_of(d).microseconds() + hour * std::int64_t{3'600'000'000});
}

Record observation(Dice& dice, const std::string& channel, Date taken, double value,
                   const std::string& accession) {
    Observation o;
    o.patient = "P1";
    o.channel = channel;
    o.taken = taken;
    o.accession = accession;
    const bool below = channel == "ctdna" && value < 0.1;
    o.reading = below ? Reading{0.1, Censor::left} : Reading{value, Censor::none};
    Record r;
    r.version.released = at_hour(taken + dice.number(0, 9), dice.number(0, 23));
    r.version.status = dice.chance(10) ? Status::preliminary : Status::final_;
    r.content = o;
    return r;
}

/// What may become of a result: a correction, a cancellation, a conflict (same rank, other content).
void later_versions(Dice& dice, const Record& first, std::vector<Record>& out) {
    const auto later = [&](Status status, double factor) {
        Record r = first;
        auto& o = std::get<Observation>(r.content);
        if (o.reading && o.reading->censor == Censor::none) o.reading->value *= factor;
        if (status == Status::cancelled) o.reading.reset();
        r.version.status = status;
        r.version.released = at_hour(first.version.released->date() + dice.number(1, 20), dice.number(0, 23));
        out.push_back(r);
    };
    if (first.version.status == Status::preliminary && dice.chance(80)) later(Status::final_, 1.0);
    if (dice.chance(12)) later(Status::corrected, dice.chance(50) ? 0.3 : 3.0);
    if (dice.chance(6)) later(Status::cancelled, 1.0);
    if (dice.chance(4)) {
        Record r = first;
        std::get<Observation>(r.content).reading = Reading{7.5, Censor::none};
        out.push_back(r);
    }
}

}  // namespace

ChannelCatalogue catalogue() {
    const std::string file = BELLWETHER_SOURCE_DIR "/models/channels.yaml";
    Findings findings;
    auto c = read_catalogue(read_text(file), file, findings);
    if (!findings.ok()) throw InputError(findings);
    return c;
}

app::RuleSet rules() {
    return rule_set(rule_text);
}

app::RuleSet stricter_rules() {
    std::string text = rule_text;
    const auto swap = [&](const std::string& from, const std::string& to) {
        for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
            text.replace(at, from.size(), to);
    };
    swap("value(ctdna) >= 2 %", "value(ctdna) >= 3 %");
    swap("age_of(ctdna) > 35d", "age_of(ctdna) > 50d");
    return rule_set(text);
}

std::string model_text() {
    Findings findings;
    markov::FittedModel m;
    m.spec = markov::read_spec(spec_text, "two-channels.yaml", findings);
    if (!findings.ok()) throw InputError(findings);
    m.spec_hash = sha256_hex(m.spec.text);
    m.data_fingerprint = sha256_hex("none");
    m.date = "2024-01-01";
    markov::ParameterSet set;
    set.values = m.spec.start_values();
    set.standard_error.resize(set.values.size());
    set.summary.end = markov::FitSummary::End::converged;
    set.summary.why = "start values";
    set.summary.start_log_lik = set.summary.final_log_lik = -1.0;
    set.summary.max_scaled_gradient = 0.0;
    m.sets = {set};
    return markov::write_model(m);
}

std::vector<store::Activation> activations(Instant from) {
    const std::string book = app::to_artifact(rules()), model = model_text();
    return {{store::ArtifactKind::model, "two-channels", sha256_hex(model), model, from, "test", ""},
            {store::ArtifactKind::rules, "", sha256_hex(book), book, from, "test", ""}};
}

Date day_zero() {
    return *Date::parse("2024-01-01");
}
Instant the_end() {
    return Instant::end_of(day_zero() + 700);
}

std::vector<Record> random_records(std::uint64_t seed) {
    Dice dice(seed);
    std::vector<Record> records;
    Record r;
    Patient p;
    p.id = "P1";
    p.trial = "T";
    p.arm = "A";
    p.day_zero = day_zero();
    r.content = p;
    r.version.released = at_hour(day_zero() - 10, 8);
    records.push_back(r);
    TherapyInterval t{"P1", "anti_pd1", day_zero(), std::nullopt, "", ""};
    const int stop = dice.number(60, 200);
    r.content = t;
    r.version.released = at_hour(day_zero(), 12);
    records.push_back(r);
    t.stop = day_zero() + stop;
    r.content = t;
    r.version.released = at_hour(day_zero() + stop, 12);
    records.push_back(r);
    if (dice.chance(40)) {
        Event e;
        e.patient = "P1";
        e.kind = EventKind::toxicity;
        e.term = "colitis";
        e.grade = dice.number(2, 3);
        e.date = day_zero() + dice.number(30, 150);
        r.content = e;
        r.version.released = at_hour(e.date + 1, 9);
        records.push_back(r);
        e.resolved = e.date + dice.number(5, 40);
        r.content = e;
        r.version.released = at_hour(*e.resolved + 1, 9);
        records.push_back(r);
    }
    double level = 0.5 + dice.number(0, 20) / 10.0, size = dice.number(30, 90);
    double slope = -0.03;
    int n = 0;
    for (int day = -7; day < 300; day += dice.number(10, 40)) {
        if (dice.chance(15)) slope = dice.chance(50) ? 0.025 : -0.01;
        level = std::clamp(level * std::exp(slope * 20) * (1.0 + dice.number(-30, 30) / 100.0), 0.001, 60.0);
        size = std::clamp(size * (1.0 + slope * 4) * (1.0 + dice.number(-5, 5) / 100.0), 3.0, 300.0);
        std::vector<Record> more;
        if (!dice.chance(10)) {
            records.push_back(observation(dice, "ctdna", day_zero() + day, level, "c" + std::to_string(++n)));
            later_versions(dice, records.back(), more);
        }
        if (dice.chance(40)) {
            records.push_back(observation(dice, "sld", day_zero() + day, size, "s" + std::to_string(++n)));
            later_versions(dice, records.back(), more);
        }
        records.insert(records.end(), more.begin(), more.end());
    }
    if (dice.chance(25)) {
        Event e;
        e.patient = "P1";
        e.kind = EventKind::death;
        e.date = day_zero() + dice.number(200, 320);
        r.content = e;
        r.version.released = at_hour(e.date + dice.number(0, 5), 9);
        records.push_back(r);
    }
    for (auto& x : records)
        x.version.source = "test";
    return records;
}

PatientHistory renamed(PatientHistory history, const std::string& patient) {
    for (auto& r : history.versions)
        std::visit(
            [&](auto& x) {
                if constexpr (std::is_same_v<std::decay_t<decltype(x)>, Patient>)
                    x.id = patient;
                else if constexpr (!std::is_same_v<std::decay_t<decltype(x)>, PlannedVisit>)
                    x.patient = patient;
            },
            r.content);
    history.patient = patient;
    return history;
}

PatientHistory random_arrival(std::vector<Record> records, std::uint64_t seed) {
    Dice dice(seed + 77);
    PatientHistory history;
    history.patient = "P1";
    // Each record comes with a delay of its own after its release; ties make batches.
    for (auto& r : records) {
        const int delay = dice.chance(70) ? dice.number(0, 3) : dice.number(0, 90);
        r.version.learnt = at_hour(r.version.released->date() + delay + 1, 3);
    }
    for (std::size_t i = records.size(); i > 1; --i)
        std::swap(records[i - 1], records[dice.raw() % i]);
    history.versions = std::move(records);
    return history;
}

namespace {

std::string text_of(const Episode& e) {
    return fmt::format("{} [{} {} {}] {} {}", e.rule, to_string(e.onset), to_string(e.fired),
                       e.ended ? to_string(*e.ended) : "-", to_string(e.severity), e.evidence);
}

}  // namespace

std::vector<std::string> story(const std::vector<AlertEvent>& events) {
    std::vector<std::string> lines;
    lines.reserve(events.size());
    for (const auto& e : events)
        lines.push_back(
            fmt::format("{} {} {}", to_string(e.at), to_string(e.change), text_of(e.after.episode)));
    return lines;
}

std::vector<std::string> live(const std::vector<Alert>& ledger) {
    std::vector<std::string> lines;
    for (const auto& a : ledger)
        if (a.state == MachineState::open || a.state == MachineState::resolved)
            lines.push_back(text_of(a.episode));
    std::sort(lines.begin(), lines.end());
    return lines;
}

std::vector<std::string> live(const app::Evaluation& e) {
    std::vector<std::string> lines;
    for (const auto& x : e.episodes)
        lines.push_back(text_of(x));
    std::sort(lines.begin(), lines.end());
    return lines;
}

}  // namespace world

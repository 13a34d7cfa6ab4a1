#pragma once

#include <string>
#include <vector>

#include "bellwether/core/error.hpp"
#include "bellwether/markov/spec.hpp"
#include "bellwether/record/channel.hpp"
#include "bellwether/series/timeline.hpp"

/// A small model and patients put together by hand.
namespace small {

using namespace bellwether;

/// Day 0 is 2024-01-01.
inline Date day(int n) {
    return Date(19723 + n);
}
inline Reading exactly(double x) {
    return {x, Censor::none};
}
inline Reading below(double x) {
    return {x, Censor::left};
}
inline Reading above(double x) {
    return {x, Censor::right};
}

inline const std::string spec_text = R"(schema: 1
model: small
title: small
numbers: illustrative
states: [{name: stable}, {name: growing}, {name: dead, absorbing: true, entry: exact}]
covariates:
  - {name: on_therapy, kind: indicator, time: varying, centre: 1}
  - {name: on_anti_pd_1, kind: indicator, time: varying, centre: 0}
  - {name: arm_a, kind: indicator, time: fixed, centre: 1}
  - {name: sex_female, kind: indicator, time: fixed, centre: 1}
  - {name: age, kind: numeric, time: fixed, centre: 61.5}
  - {name: ecog, kind: numeric, time: fixed, centre: 0.5}
transitions:
  - {from: stable, to: growing, rate: 0.01, effects: {on_therapy: -0.5}}
  - {from: growing, to: stable, rate: 0.002}
  - {from: growing, to: dead, rate: 0.003}
  - {from: stable, to: dead, rate: 0.0005}
channels:
  - name: ctdna
    says: rate
    family: lognormal
    mean: {stable: {start: 0, fixed: true}, growing: 0.02}
    sd: 0.4
    undetected: {offset: -1, sd: 1}
  - name: mdsc
    says: own-baseline
    family: lognormal
    mean: {stable: 0, growing: 0.6}
    sd: 0.3
start:
  probabilities: {stable: 0.7, growing: 0.3}
)";

inline markov::Spec spec() {
    Findings findings;
    auto s = markov::read_spec(spec_text, "small.yaml", findings);
    if (!findings.ok()) throw InputError(findings);
    return s;
}

inline ChannelCatalogue catalogue() {
    ChannelCatalogue c;
    const auto add = [&](const char* name, const char* unit, const char* group, Scale scale) {
        c[name].name = name;
        c[name].unit = unit;
        c[name].group = group;
        c[name].scale = scale;
    };
    add("ctdna", "%", "ctdna", Scale::log);
    add("mdsc", "10*9/L", "blood", Scale::log);
    add("score", "1", "blood", Scale::linear);
    return c;
}

struct At {
    int day;
    Reading reading;
    int segment = 0;
};

inline void add_track(series::Timeline& t, const std::string& channel, const std::vector<At>& readings) {
    auto& track = t.tracks[channel];
    track.channel = channel;
    track.segment_names = {"A", "B", "C", "D"};
    for (const auto& r : readings)
        track.points.push_back({day(r.day), -1, r.reading, r.segment});
}

inline Event event(EventKind kind, int at, std::string term = {}, std::optional<int> grade = {},
                   std::optional<int> resolved = {}) {
    Event e;
    e.patient = "P1";
    e.kind = kind;
    e.date = day(at);
    e.term = std::move(term);
    e.grade = grade;
    if (resolved) e.resolved = day(*resolved);
    return e;
}

inline TherapyInterval therapy(std::string regimen, int from, std::optional<int> to = {}) {
    TherapyInterval t;
    t.patient = "P1";
    t.regimen = std::move(regimen);
    t.start = day(from);
    if (to) t.stop = day(*to);
    return t;
}

/// Readings around a change of therapy at 35 and a change of assay at 70.
inline series::Timeline patient() {
    series::Timeline t;
    t.patient.id = "P1";
    t.patient.day_zero = day(0);
    add_track(t, "ctdna",
              {{-5, exactly(2)},
               {21, exactly(1.5)},
               {42, below(0.1)},
               {63, exactly(0.9)},
               {70, exactly(3), 1},
               {91, exactly(6), 1}});
    add_track(t, "mdsc", {{-7, exactly(0.2)}, {-5, exactly(0.25)}, {42, exactly(0.3)}, {63, exactly(0.5)}});
    t.therapies = {therapy("anti-PD-1", 0, 35), therapy("chemo", 49)};
    return t;
}

}  // namespace small

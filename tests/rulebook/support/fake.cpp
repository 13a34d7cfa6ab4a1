#include "fake.hpp"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

namespace fake {
using namespace bellwether;

Table::Table()
    : units_{{"ctdna", "%"},
             {"sld", "mm"},
             {"target_sum", "mm"},
             {"psa", "ng/mL"},
             {"mdsc", "%"},
             {"treg", "%"},
             {"exhaustion", "1"},
             {"exhaustion_norm", "1"},
             {"tcell_activity", "1"},
             {"nlr", "1"},
             {"ldh", "U/L"},
             {"neutrophils", "10*9/L"},
             {"a", "1"},
             {"b", "1"},
             {"c", "1"},
             {"d", "1"}},
      labels_{{"kinetics-bottleneck",
               {"shrinking", "stable", "growing", "none", "exhausted", "suppressed", "dead"}},
              {"size-only", {"shrinking", "stable", "growing"}},
              {"size-growth", {"shrinking", "stable", "growing"}},
              {"burden", {"shrinking", "stable", "growing"}},
              {"mdsc-drift", {"answering", "falling", "settled", "expanding"}},
              {"exhaustion-drift", {"untreated", "eased", "tired"}},
              {"biopsy-only", {"none", "exhausted"}},
              {"on-off", {"sensitive", "resistant"}}},
      modelled_{{"kinetics-bottleneck", {"ctdna", "sld", "exhaustion_norm", "mdsc", "treg", "nlr", "ldh"}},
                {"size-only", {"sld"}},
                {"size-growth", {"sld"}},
                {"burden", {"ctdna", "sld"}},
                {"mdsc-drift", {"mdsc"}},
                {"exhaustion-drift", {"exhaustion_norm"}},
                {"biopsy-only", {"exhaustion_norm"}},
                {"on-off", {"psa"}}} {
    const ArgInfo channel{"channel", ArgType::channel}, label{"label", ArgType::label};
    const ArgInfo reference{"reference", ArgType::reference}, window{"window", ArgType::duration};
    const ArgInfo group{"group", ArgType::group};
    features_ = {{"P", {label, {"group", ArgType::group, true}}, ""},
                 {"evidence", {label, group}, ""},
                 {"disagree", {label, group, group}, ""},
                 {"forecast", {label, {"horizon", ArgType::duration, true}}, "", true},
                 {"value", {channel}, ""},
                 {"last", {channel}, ""},
                 {"baseline", {channel}, ""},
                 {"nadir", {channel}, ""},
                 {"peak", {channel}, ""},
                 {"fold", {channel, reference}, ""},
                 {"change", {channel, reference}, ""},
                 {"trend", {channel, window}, "", true},
                 {"trend_low", {channel, window}, "", true},
                 {"trend_high", {channel, window}, "", true},
                 {"detected", {channel}, ""},
                 {"readings", {channel}, ""},
                 {"age_of", {channel}, "", true},
                 {"on", {{"regimen", ArgType::regimen}}, "", true},
                 {"since", {{"event", ArgType::event}}, "", true},
                 {"toxicity", {{"term", ArgType::term}}, "", true},
                 {"attr", {{"name", ArgType::attribute}}, ""},
                 {"track", {channel}, ""}};
}

std::vector<std::string> Table::names(ArgType type, const std::string& model) const {
    std::vector<std::string> out;
    switch (type) {
        case ArgType::channel:
            for (const auto& [name, unit] : units_)
                out.push_back(name);
            return out;
        case ArgType::label:
            return labels_.contains(model) ? labels_.at(model) : out;
        case ArgType::reference:
            return {"baseline", "nadir", "peak"};
        case ArgType::event:
            return {"progression", "death", "toxicity", "new_lesion", "therapy_start"};
        case ArgType::group:
            return {"imaging", "ctdna", "tissue", "blood"};
        default:
            return {};
    }
}

std::optional<FeatureType> Table::type_of(const FeatureCall& call, std::string& why) const {
    FeatureType t;
    const std::string& f = call.name;
    if (f == "P" || f == "forecast" || f == "evidence" || f == "disagree") {
        if (!modelled_.contains(call.model)) {
            why = "no model named '" + call.model + "'";
            return std::nullopt;
        }
        t.channels = modelled_.at(call.model);
        t.clock = f == "forecast";
        return t;
    }
    if (f == "on") {
        t.type = ValueType::truth, t.therapy = t.clock = true;
    } else if (f == "since") {
        t.type = ValueType::duration, t.clock = true, t.events = true;
    } else if (f == "toxicity") {
        t.events = t.clock = true;
    } else if (f == "attr") {
        t.type = call.args.at(0).word == "age" ? ValueType::number : ValueType::text;
    } else {
        const std::string& channel = call.args.at(0).word;
        t.channels = t.visit_channels = {channel};
        if (f == "value" || f == "last" || f == "baseline" || f == "nadir" || f == "peak" || f == "change") {
            t.unit = units_.at(channel);
        } else if (f == "detected" || f == "track") {
            t.type = ValueType::truth;
        } else if (f == "age_of") {
            t.type = ValueType::duration, t.clock = true;
        } else if (f.starts_with("trend")) {
            t.clock = true, t.unit = "1/d";
        }
    }
    return t;
}

Patient Patient::of(const rulebook::TestCase& test) {
    Patient p;
    for (const auto& [channel, readings] : test.series) {
        for (const auto& r : readings) {
            p.series[channel].push_back(
                {Date(r.day), r.value, r.censor == rulebook::TestReading::Censor::left});
        }
    }
    for (const auto& [call, readings] : test.given) {
        for (const auto& r : readings)
            p.given[to_string(call)].emplace_back(Date(r.day), r.value);
    }
    p.therapy = test.therapy;
    p.events = test.events;
    p.attributes = {test.attributes.begin(), test.attributes.end()};
    return p;
}

Patient Patient::until(Date day) const {
    Patient p = *this;
    for (auto& [name, list] : p.series)
        std::erase_if(list, [&](const Reading& r) { return r.date > day; });
    for (auto& [name, list] : p.tracks)
        std::erase_if(list, [&](const auto& r) { return r.first > day; });
    for (auto& [name, list] : p.given)
        std::erase_if(list, [&](const auto& r) { return r.first > day; });
    std::erase_if(p.therapy, [&](const auto& t) { return Date(t.from) > day; });
    for (auto& t : p.therapy) {
        if (t.to && Date(*t.to) > day) t.to.reset();
    }
    std::erase_if(p.events, [&](const auto& e) { return Date(e.day) > day; });
    return p;
}

void Patient::evaluate(const FeatureCall& call, std::span<const Date> points, FeatureColumn& out) {
    ++asked;
    for (std::size_t i = 0; i < points.size(); ++i)
        answer(call, points[i], out, i);
}

std::string Patient::reason(const FeatureCall& call, Date) {
    return call.name == "P" ? "{\"time\":0.5}" : "";
}

std::optional<double> Patient::given_at(const std::string& call, Date d) const {
    std::optional<double> out;
    if (const auto track = given.find(call); track != given.end())
        for (const auto& [day, x] : track->second)
            if (day <= d) out = x;
    return out;
}

void Patient::answer(const FeatureCall& call, Date d, FeatureColumn& out, std::size_t i) const {
    const std::string& f = call.name;
    const std::string word = call.args.empty() ? "" : call.args[0].word;
    if (f == "P" || f == "forecast" || f == "evidence") {
        out.unknown(i, "no model");
        if (const auto x = given_at(f == "forecast" ? "P(" + word + ")" : to_string(call), d)) out.set(i, *x);
    } else if (f == "disagree") {
        out.unknown(i, "no model");
        const auto by = [&](std::size_t n) { return "evidence(" + word + ", " + call.args[n].word + ")"; };
        const auto one = given_at(by(1), d), other = given_at(by(2), d);
        if (one && other) out.set(i, *one - *other);
    } else if (f == "on") {
        const bool given_now = std::any_of(therapy.begin(), therapy.end(), [&](const auto& t) {
            return (word == "any" || word == t.regimen) && Date(t.from) <= d && (!t.to || d < Date(*t.to));
        });
        out.set(i, given_now ? 1.0 : 0.0);
    } else if (f == "since") {
        out.unknown(i, "no " + word);
        for (const auto& e : events) {
            if (e.kind == word && Date(e.day) <= d) out.set(i, d - Date(e.day));
        }
        std::optional<int> latest;
        for (const auto& t : therapy)
            if (word == "therapy_start" && Date(t.from) <= d)
                latest = std::max(latest.value_or(t.from), t.from);
        if (latest) out.set(i, d - Date(*latest));
    } else if (f == "toxicity") {
        int worst = 0;
        for (const auto& e : events) {
            if (e.kind == "toxicity" && (word == "any" || e.term == word) && Date(e.day) <= d)
                worst = std::max(worst, e.grade.value_or(0));
        }
        out.set(i, worst);
    } else if (f == "attr") {
        const auto found = attributes.find(word);
        if (found == attributes.end()) return out.unknown(i, "no attribute " + word);
        out.set(i, word == "age" ? std::stod(found->second) : 0.0);
        out.text[i] = found->second;
    } else {
        channel_answer(call, d, out, i);
    }
}

void Patient::channel_answer(const FeatureCall& call, Date d, FeatureColumn& out, std::size_t i) const {
    const std::string &f = call.name, &channel = call.args[0].word;
    if (f == "track") {
        out.unknown(i, "no track " + channel);
        const auto found = tracks.find(channel);
        if (found == tracks.end()) return;
        for (const auto& [day, truth] : found->second) {
            if (day > d) continue;
            if (truth == Three::unknown)
                out.unknown(i, "track " + channel + " unknown");
            else
                out.set(i, truth == Three::yes ? 1.0 : 0.0);
        }
        return;
    }
    std::vector<Reading> seen;
    if (const auto found = series.find(channel); found != series.end()) {
        for (const Reading& r : found->second) {
            if (r.date <= d) seen.push_back(r);
        }
    }
    if (f == "readings") return out.set(i, static_cast<double>(seen.size()));
    if (seen.empty()) return out.unknown(i, "no reading of " + channel);
    const Reading& last = seen.back();
    if (f == "age_of") return out.set(i, d - last.date);
    if (f == "detected") return out.set(i, last.censored ? 0.0 : 1.0);
    if (f.starts_with("trend")) {
        std::vector<Reading> window;
        for (const Reading& r : seen) {
            if (d - r.date <= static_cast<int>(call.args[1].number)) window.push_back(r);
        }
        if (window.size() < 2)
            return out.unknown(i, "fewer than two readings of " + channel + " in the window");
        const Reading &a = window.front(), &b = window.back();
        return out.set(i, std::log(b.value / a.value) / (b.date - a.date));
    }
    const auto reference = [&](const std::string& name) {
        std::size_t baseline = 0;
        while (baseline + 1 < seen.size() && seen[baseline + 1].date <= Date(0))
            ++baseline;
        Reading r = seen[baseline];
        for (std::size_t k = baseline; k < seen.size(); ++k) {
            if (name == "nadir" && seen[k].value < r.value) r = seen[k];
            if (name == "peak" && seen[k].value > r.value) r = seen[k];
        }
        return r;
    };
    if (f == "value" || f == "last") {
        if (last.censored) return out.unknown(i, channel + " below its limit");
        return out.set(i, last.value);
    }
    if (f == "baseline" || f == "nadir" || f == "peak") return out.set(i, reference(f).value);
    const double ref = reference(call.args[1].word).value;
    out.set(i, f == "fold" ? last.value / ref : last.value - ref);
}

std::vector<Date> Patient::reading_dates(const std::string& channel) const {
    std::vector<Date> out;
    if (const auto found = series.find(channel); found != series.end()) {
        for (const Reading& r : found->second)
            out.push_back(r.date);
    }
    if (const auto found = tracks.find(channel); found != tracks.end()) {
        for (const auto& [day, truth] : found->second)
            out.push_back(day);
    }
    return out;
}

std::vector<Date> Patient::therapy_dates() const {
    std::vector<Date> out;
    for (const auto& t : therapy) {
        out.emplace_back(t.from);
        if (t.to) out.emplace_back(*t.to);
    }
    std::sort(out.begin(), out.end());
    return out;
}

std::vector<Date> Patient::event_dates() const {
    std::vector<Date> out;
    for (const auto& e : events)
        out.emplace_back(e.day);
    std::sort(out.begin(), out.end());
    return out;
}

std::vector<Date> Patient::change_dates(const FeatureCall& call, std::optional<double> threshold) const {
    std::vector<Date> out;
    if (call.name == "age_of" && threshold) {
        // `>` turns on the day after the threshold, `>=` on it: both are points.
        const auto dates = reading_dates(call.args[0].word);
        for (std::size_t k = 0; k < dates.size(); ++k) {
            for (const int extra : {0, 1}) {
                const Date change = dates[k] + static_cast<int>(*threshold) + extra;
                if (k + 1 == dates.size() || change < dates[k + 1]) out.push_back(change);
            }
        }
    }
    if (call.name.starts_with("trend")) {
        for (const Date d : reading_dates(call.args[0].word))
            out.push_back(d + static_cast<int>(call.args[1].number) + 1);
    }
    return out;
}

std::string rule_file(const std::string& body) {
    return "schema: 1\ngroups:\n  - name: g\n    model: kinetics-bottleneck\n    rules:\n      - alert: r\n  "
           "      title: a rule\n"
           "        maturity: sandbox\n        severity: review\n        summary: text\n" +
           body;
}

rulebook::Rulebook load(const std::string& text) {
    Findings findings;
    rulebook::Rulebook book = rulebook::load(text, "r.yaml", Table(), findings);
    for (const auto& d : findings.list) {
        if (d.severity == Diagnostic::Severity::error) FAIL_CHECK(to_string(d));
    }
    return book;
}

}  // namespace fake

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "impl.hpp"

namespace bellwether::therapy {
namespace {

enum class Grade { none, hold, stop };

/// The strictest that any regimen says of one datum.
struct Verdict {
    Grade grade = Grade::none;
    std::string text;
    void take(Grade g, std::string t) {
        if (g > grade) grade = g, text = std::move(t);
    }
};

const Threshold* threshold_for(const Safety& s, const std::string& term) {
    const Threshold* fallback = nullptr;
    for (const Threshold& t : s.thresholds) {
        if (t.term == term) return &t;
        if (t.term == "default") fallback = &t;
    }
    return fallback;
}

/// Active grades by term. An overall grade above all that are named stands for itself, as term "any".
std::map<std::string, double> active(const Facts& facts) {
    std::map<std::string, double> grades;
    double highest = 0.0;
    for (const auto& [name, fact] : facts) {
        if (!name.starts_with("toxicity:") || name == "toxicity:any" || !fact.value || *fact.value <= 0)
            continue;
        grades[name.substr(9)] = *fact.value;
        highest = std::max(highest, *fact.value);
    }
    const auto any = facts.find("toxicity:any");
    if (any != facts.end() && any->second.value && *any->second.value > highest)
        grades["any"] = *any->second.value;
    return grades;
}

std::string told(const std::string& datum, Grade g, const std::string& from, const Regimen& r,
                 const std::string& source) {
    return fmt::format("{}: {} grade for {} ({}) [{}]", datum, g == Grade::stop ? "stop" : "hold", r.name,
                       from, source);
}

void judge_term(const std::string& term, double grade, const Regimen& r, const Facts& facts, Verdict& v) {
    const Threshold* t = threshold_for(r.safety, term);
    if (!t) return;
    const std::string fact = "toxicity:" + term;
    const std::string datum = describe(fact, facts.at(fact));
    if (t->stop && grade >= *t->stop)
        v.take(Grade::stop, told(datum, Grade::stop, fmt::format("from {}", *t->stop), r, t->source));
    else if (t->hold && grade >= *t->hold)
        v.take(Grade::hold, told(datum, Grade::hold, fmt::format("from {}", *t->hold), r, t->source));
}

/// The limit that counts for this patient: one whose condition is not known to hold is passed over, so that
/// the default, which is the stricter one, stands.
const Limit* limit_for(const Safety& s, const std::string& channel, const Facts& facts) {
    for (const Limit& l : s.limits)
        if (l.channel == channel && (!l.condition || judge(*l.condition, facts).truth == Truth::holds))
            return &l;
    return nullptr;
}

void judge_limit(const Limit& l, const Fact& fact, const Regimen& r, Verdict& v) {
    const std::string datum = describe(l.channel, fact);
    if (*fact.value > l.stop_above)
        v.take(Grade::stop,
               told(datum, Grade::stop, fmt::format("above {}", shortest(l.stop_above)), r, l.source));
    else if (*fact.value > l.hold_above)
        v.take(Grade::hold,
               told(datum, Grade::hold, fmt::format("above {}", shortest(l.hold_above)), r, l.source));
}

}  // namespace

ToxicityView toxicity_view(const std::vector<const Regimen*>& regimens, const Facts& facts) {
    std::map<std::string, Verdict> by_datum;
    std::map<std::string, std::string> missing;
    for (const Regimen* r : regimens) {
        if (!r->safety.thresholds.empty() && !toxicity_grade("any", facts))
            missing.try_emplace("toxicity:any",
                                fmt::format("toxicity:any is not known; {} has hold grades", r->name));
        for (const auto& [term, grade] : active(facts))
            judge_term(term, grade, *r, facts, by_datum["toxicity:" + term]);
        for (const Limit& l : r->safety.limits) {
            if (&l != limit_for(r->safety, l.channel, facts)) continue;
            const auto it = facts.find(l.channel);
            if (it != facts.end() && it->second.value)
                judge_limit(l, it->second, *r, by_datum[l.channel]);
            else
                missing.try_emplace(
                    l.channel, fmt::format("{} is not known; {} is held above {} [{}]", l.channel, r->name,
                                           shortest(l.hold_above), l.source));
        }
    }
    ToxicityView view;
    for (auto& [datum, v] : by_datum)
        if (v.grade != Grade::none) view.withholds.push_back(std::move(v.text));
    for (auto& [datum, text] : missing)
        view.missing.push_back(std::move(text));
    return view;
}

}  // namespace bellwether::therapy

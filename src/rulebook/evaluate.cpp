#include "bellwether/rulebook/evaluate.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "evidence.hpp"
#include "machine.hpp"
#include "track.hpp"

namespace bellwether::rulebook {
namespace {

template <typename T>
int index_of(std::vector<T>& list, const T& x) {
    const auto it = std::find(list.begin(), list.end(), x);
    const auto index = static_cast<int>(it - list.begin());
    if (it == list.end()) list.push_back(x);
    return index;
}

void add_once(std::vector<int>& list, int x) {
    if (std::find(list.begin(), list.end(), x) == list.end()) list.push_back(x);
}

/// What a rule needs, as indices into the shared lists.
struct Plan {
    std::vector<int> calls;
    std::vector<int> channels, visit_channels, clocks;
    bool therapy = false, events = false;
};

/// Ticks of earlier calls: their columns are gone, their answers stand in the verdict that was given.
constexpr std::size_t kTaken = static_cast<std::size_t>(-1);
constexpr Date kBegin{std::numeric_limits<std::int32_t>::min() / 2};

}  // namespace

struct Evaluator::Impl {
    struct Clock {
        FeatureCall call;
        std::optional<double> threshold;
        friend bool operator==(const Clock&, const Clock&) = default;
    };

    // Fixed by the rulebook.
    std::vector<Rule> rules;
    std::vector<Plan> plans;
    std::vector<FeatureCall> calls;
    std::vector<std::string> channels;
    std::vector<Clock> clocks;
    bool any_therapy = false, any_events = false;

    // Of the patient at hand; buffers are kept.
    Date as_of;
    std::vector<std::vector<Date>> channel_dates, clock_dates;
    std::vector<Date> therapy_dates, event_dates, points;
    std::vector<FeatureColumn> columns;
    std::vector<unsigned char> marks;
    Track when, unless, until, escalate, scratch;
    std::optional<Date> deadline;

    // What resume() takes over.
    Date since = kBegin;                   ///< points before it are those of earlier calls
    std::vector<std::vector<Tick>> ticks;  ///< per rule
    PatientVerdicts before;
    bool torn = false;  ///< an answer of earlier calls is asked for that was not kept

    bool with_evidence;

    Impl(const Rulebook& book, bool evidence) : rules(book.rules), with_evidence(evidence) {
        for (const Rule& rule : rules)
            plans.push_back(plan(rule));
        channel_dates.resize(channels.size());
        clock_dates.resize(clocks.size());
        columns.resize(calls.size());
        ticks.resize(rules.size());
    }

    Plan plan(const Rule& rule) {
        const CompiledRule& compiled = *rule.compiled;
        Plan p;
        for (const FeatureCall& call : compiled.calls)
            p.calls.push_back(index_of(calls, call));
        for (const int call : compiled.watched) {
            const FeatureType& type = compiled.types[static_cast<std::size_t>(call)];
            for (const std::string& channel : type.channels)
                add_once(p.channels, index_of(channels, channel));
            if (!rule.persistence.of.empty()) continue;
            for (const std::string& channel : type.visit_channels)
                add_once(p.visit_channels, index_of(channels, channel));
        }
        for (const int call : compiled.watched) {
            p.therapy = p.therapy || compiled.types[static_cast<std::size_t>(call)].therapy;
            p.events = p.events || compiled.types[static_cast<std::size_t>(call)].events;
        }
        if (!rule.persistence.of.empty()) {
            p.visit_channels.push_back(index_of(channels, rule.persistence.of));
            add_once(p.channels, p.visit_channels.back());  // a visit is a point
        }
        for (const Clocked& c : compiled.clocks) {
            p.clocks.push_back(
                index_of(clocks, Clock{compiled.calls[static_cast<std::size_t>(c.call)], c.threshold}));
        }
        any_therapy = any_therapy || p.therapy;
        any_events = any_events || p.events;
        return p;
    }

    PatientVerdicts run(PatientFeatures& patient, Date day, Date unchanged_before) {
        // Points between the two days are new whatever the caller says of the data.
        since = before.rules.empty() ? kBegin : std::min(unchanged_before, as_of + 1);
        auto out = pass(patient, day);
        if (torn) {
            since = kBegin;
            out = pass(patient, day);
        }
        before = out;
        return out;
    }

    PatientVerdicts pass(PatientFeatures& patient, Date day) {
        as_of = day;
        torn = false;
        deadline.reset();
        ask_dates(patient);
        gather_points();
        for (std::size_t c = 0; c < calls.size(); ++c) {
            columns[c].reset(points.size());
            if (!points.empty()) patient.evaluate(calls[c], points, columns[c]);
        }
        PatientVerdicts out;
        out.rules.reserve(rules.size());
        for (std::size_t r = 0; r < rules.size(); ++r)
            out.rules.push_back(judge(r, patient));
        out.next_deadline = deadline;
        return out;
    }

    void ask_dates(const PatientFeatures& patient) {
        for (std::size_t c = 0; c < channels.size(); ++c)
            channel_dates[c] = patient.reading_dates(channels[c]);
        for (std::size_t c = 0; c < clocks.size(); ++c) {
            clock_dates[c] = patient.change_dates(clocks[c].call, clocks[c].threshold);
            std::sort(clock_dates[c].begin(), clock_dates[c].end());
        }
        therapy_dates = any_therapy ? patient.therapy_dates() : std::vector<Date>{};
        event_dates = any_events ? patient.event_dates() : std::vector<Date>{};
    }

    template <typename F>
    void for_each_source(const Plan& p, F f) const {
        for (const int c : p.channels)
            f(channel_dates[static_cast<std::size_t>(c)]);
        for (const int c : p.clocks)
            f(clock_dates[static_cast<std::size_t>(c)]);
        if (p.therapy) f(therapy_dates);
        if (p.events) f(event_dates);
    }

    /// A date that is known already and still to come: a deadline.
    void still_to_come(Date d) {
        if (d > as_of && (!deadline || d < *deadline)) deadline = d;
    }

    /// Calls f(date) for the dates d of an ascending list with since <= d + shift and d + shift <= as_of.
    template <typename F>
    void for_each_fresh(const std::vector<Date>& dates, int shift, F f) const {
        for (auto d = std::lower_bound(dates.begin(), dates.end(), since + -shift); d != dates.end(); ++d) {
            if (*d + shift > as_of) break;
            f(*d + shift);
        }
    }

    void gather_points() {
        points.clear();
        const auto add = [&](Date d) { points.push_back(d); };
        for (std::size_t r = 0; r < rules.size(); ++r) {
            const auto& days = rules[r].persistence.days;
            for_each_source(plans[r], [&](const std::vector<Date>& dates) {
                const auto next = std::upper_bound(dates.begin(), dates.end(), as_of);
                if (next != dates.end()) still_to_come(*next);
                for_each_fresh(dates, 0, add);
                if (days) for_each_fresh(dates, *days, add);
            });
        }
        std::sort(points.begin(), points.end());
        points.erase(std::unique(points.begin(), points.end()), points.end());
    }

    enum Mark : unsigned char { base = 1, visit = 2, runs_out = 4 };

    void mark(Date d, unsigned char what) {
        const auto it = std::lower_bound(points.begin(), points.end(), d);
        auto& m = marks[static_cast<std::size_t>(it - points.begin())];
        m = static_cast<unsigned char>(m | what);
    }

    void mark_points(std::size_t r) {
        marks.assign(points.size(), 0);
        const auto& days = rules[r].persistence.days;
        for_each_source(plans[r], [&](const std::vector<Date>& dates) {
            for_each_fresh(dates, 0, [&](Date d) { mark(d, base); });
            if (days) for_each_fresh(dates, *days, [&](Date d) { mark(d, runs_out); });
        });
        for (const int c : plans[r].visit_channels)
            for_each_fresh(channel_dates[static_cast<std::size_t>(c)], 0, [&](Date d) { mark(d, visit); });
    }

    /// `when and not unless`, an unknown `unless` counting as false.
    Truth condition(const CompiledRule& rule, std::size_t i) const {
        if (when.is_false(i) || (rule.unless.present() && unless.is_true(i))) return Truth::no;
        return when.known(i) ? Truth::yes : Truth::unknown;
    }

    RuleVerdict judge(std::size_t r, PatientFeatures& patient) {
        const Rule& rule = rules[r];
        const CompiledRule& compiled = *rule.compiled;
        const Columns mine{&columns, &plans[r].calls};
        const std::size_t n = points.size();
        mark_points(r);
        when.run(compiled.when, mine, n);
        if (compiled.unless.present()) unless.run(compiled.unless, mine, n);
        if (compiled.until.present()) until.run(compiled.until, mine, n);
        if (compiled.escalate.present()) escalate.run(compiled.escalate, mine, n);
        auto& seen = ticks[r];
        while (!seen.empty() && seen.back().date >= since)
            seen.pop_back();
        for (auto t = seen.rbegin(); t != seen.rend() && t->point != kTaken; ++t)
            t->point = kTaken;
        std::optional<std::size_t> last;
        for (std::size_t i = 0; i < n; ++i) {
            if (!(marks[i] & (base | runs_out))) continue;
            seen.push_back({points[i], i, (marks[i] & base) != 0, (marks[i] & visit) != 0,
                            condition(compiled, i), compiled.until.present() && until.is_true(i),
                            compiled.escalate.present() && escalate.is_true(i)});
            if (marks[i] & base) last = i;
        }
        const MachineResult machine = run_machine(rule.persistence, compiled.until.present(), seen);
        RuleVerdict verdict;
        verdict.pending = machine.pending;
        if (machine.pending && rule.persistence.days)
            still_to_come(*machine.pending + *rule.persistence.days);
        for (const Run& run : machine.runs)
            verdict.episodes.push_back(run.fired_point == kTaken ? taken_over(r, run)
                                                                 : episode(rule, mine, run, patient));
        assess(r, last, verdict);
        return verdict;
    }

    /// An episode that fired at a point of earlier calls: its evidence is what they made of it.
    Episode taken_over(std::size_t r, const Run& run) {
        for (const Episode& e : before.rules[r].episodes) {
            if (e.onset != run.onset || e.fired != run.fired || e.escalated != run.escalated) continue;
            Episode same = e;
            same.ended = run.ended;
            return same;
        }
        torn = true;
        return {};
    }

    /// The last point of a rule, when it is one of earlier calls: nothing when the rule never had a point.
    [[nodiscard]] std::optional<Date> last_taken(std::size_t r) const {
        for (auto t = ticks[r].rbegin(); t != ticks[r].rend(); ++t)
            if (t->base) return t->date;
        return std::nullopt;
    }

    Episode episode(const Rule& rule, const Columns& mine, const Run& run, PatientFeatures& patient) {
        Episode e;
        e.onset = run.onset;
        e.fired = run.fired;
        e.ended = run.ended;
        e.escalated = run.escalated;
        e.severity = run.escalated ? *rule.escalate_to : rule.severity;
        if (!with_evidence) return e;
        Moment moment{*rule.compiled, mine, run.fired_point, points.size(), run.fired, run.escalated, {}};
        if (rule.compiled->unless.present() && !unless.known(run.fired_point)) {
            unless.reasons(run.fired_point, moment.unless_unknown);
        }
        e.evidence = evidence_json(moment, patient, scratch);
        return e;
    }

    void assess(std::size_t r, std::optional<std::size_t> last, RuleVerdict& verdict) {
        if (const auto taken = last ? std::nullopt : last_taken(r)) {
            const RuleVerdict& then = before.rules[r];
            torn = torn || then.last_point != taken;
            verdict.last_point = then.last_point;
            verdict.assessable = then.assessable;
            verdict.missing = then.missing;
            return;
        }
        if (last) {
            verdict.last_point = points[*last];
            verdict.assessable = when.known(*last);
            if (!verdict.assessable) when.reasons(*last, verdict.missing);
            return;
        }
        for (const int c : plans[r].channels)
            verdict.missing.push_back("no reading of " + channels[static_cast<std::size_t>(c)]);
        if (verdict.missing.empty()) verdict.missing.emplace_back("no date on which it could be judged");
    }
};

Evaluator::Evaluator(const Rulebook& book, bool evidence) : impl_(std::make_unique<Impl>(book, evidence)) {}
Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;

PatientVerdicts Evaluator::evaluate(PatientFeatures& patient, Date as_of) {
    return impl_->run(patient, as_of, kBegin);
}

PatientVerdicts Evaluator::resume(PatientFeatures& patient, Date as_of, Date unchanged_before) {
    return impl_->run(patient, as_of, unchanged_before);
}

const std::vector<FeatureCall>& Evaluator::calls() const {
    return impl_->calls;
}

namespace {

std::vector<FeatureCall> calls_of(const CompiledRule& rule,
                                  std::initializer_list<const Expression*> expressions) {
    std::vector<int> asked;
    for (const auto* e : expressions)
        add_calls(*e, asked);
    std::vector<FeatureCall> out;
    for (const int call : asked)
        out.push_back(rule.calls[static_cast<std::size_t>(call)]);
    return out;
}

}  // namespace

std::vector<FeatureCall> calls_of_when(const Rule& rule) {
    return calls_of(*rule.compiled, {&rule.compiled->when});
}

std::vector<FeatureCall> calls_of_condition(const Rule& rule) {
    return calls_of(*rule.compiled, {&rule.compiled->when, &rule.compiled->unless});
}

PatientVerdicts evaluate(const Rulebook& book, PatientFeatures& patient, Date as_of) {
    return Evaluator(book).evaluate(patient, as_of);
}

}  // namespace bellwether::rulebook

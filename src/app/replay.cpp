#include "bellwether/app/replay.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <tbb/enumerable_thread_specific.h>

#include "bellwether/app/scan.hpp"

#include "followed.hpp"
#include "stream.hpp"

namespace bellwether::app {
namespace {

/// Versions as learnt on the days of a grid; what was learnt before it stays, what comes after its end is
/// left out already.
void put_on_grid(PatientHistory& history, const ReplayRequest& r) {
    const Instant begin = Instant::start_of(r.from);
    for (Record& record : history.versions) {
        Version& v = record.version;
        if (v.learnt < begin) continue;
        const int step = *r.every_days, days = v.learnt.date() - r.from;
        const Date next = std::min(r.from + (days + step - 1) / step * step, r.to);
        // Without a release time the rank is the instant of learning, and must not move with it.
        if (!v.released) v.released = v.learnt;
        v.learnt = Instant::end_of(next);
    }
}

/// How far each rule of a side could be judged, day by day, while a walk goes on.
class Assessed {
public:
    Assessed(const study::Follow& f, const std::set<std::string>& rules) : follow_(f), last_(f.start) {
        for (const auto& rule : rules)
            rules_[rule];
    }
    void at(Date day, const Evaluation& verdict) {
        advance(day);
        for (auto& [name, rule] : rules_)
            rule.now = true;
        for (const auto& n : verdict.not_assessable)
            if (const auto found = rules_.find(n.rule); found != rules_.end()) found->second.now = false;
    }
    void give(std::map<std::string, ReplayedPatient::Rule>& out) {
        const Date end =
            follow_.event ? std::max(follow_.monitored_until, *follow_.event) : follow_.monitored_until;
        advance(end);
        for (const auto& [name, rule] : rules_) {
            auto& r = out[name];
            r.days_not_assessable = rule.days_not;
            r.ever_assessable = rule.ever || (rule.now && last_ <= follow_.monitored_until);
            r.assessable_before_event = rule.before_event;
        }
    }

private:
    struct State {
        bool now = false, ever = false, before_event = false;
        int days_not = 0;
    };
    /// The days [last, day) were spent in the states of now.
    void advance(Date day) {
        if (day <= last_) return;
        const int watched = std::min(day, follow_.monitored_until) - last_;
        const bool holds_eve = follow_.event && last_ <= *follow_.event - 1 && *follow_.event - 1 < day;
        for (auto& [name, rule] : rules_) {
            if (watched > 0 && !rule.now) rule.days_not += watched;
            if (watched > 0 && rule.now) rule.ever = true;
            if (holds_eve) rule.before_event = rule.now;
        }
        last_ = day;
    }
    const study::Follow& follow_;
    Date last_;
    std::map<std::string, State> rules_;
};

std::set<std::string> all_rules(const ReplaySide& side) {
    std::set<std::string> names;
    for (const auto& k : side.knowledge)
        for (const auto& rule : k->book.rules)
            names.insert(rule.alert);
    return names;
}

std::map<std::string, ReplayedPatient::Rule> run_side(const PatientHistory& history,
                                                      const study::Follow& follow, const ReplaySide& side,
                                                      const ReplayRequest& request, Workspace& workspace) {
    std::map<std::string, ReplayedPatient::Rule> out;
    std::map<std::int64_t, study::RaisedAlert> alerts;
    std::vector<Alert> ledger;
    Tracks tracks;
    Assessed assessed(follow, all_rules(side));
    walk(history, ledger, Instant::lowest(), std::nullopt, side.knowledge, Instant::end_of(request.to),
         tracks, workspace, [&](const Moment& m) {
             for (const auto& e : m.events)
                 add_to_course(alerts, e);
             assessed.at(m.at.date(), m.verdict);
         });
    assessed.give(out);
    for (auto& [id, alert] : alerts)
        if (alert.raised >= request.from) {
            const std::string rule = alert.rule;
            out[rule].alerts.push_back(std::move(alert));
        }
    return out;
}

/// The follow-up cut to the span of the replay; nothing when the patient is never watched in it.
std::optional<study::Follow> watched_span(const series::Timeline& t, const ReplayRequest& request) {
    StudyRequest study;
    study.as_of = Instant::end_of(request.to);
    study.event = request.event;
    study.truth = request.truth;
    auto f = study_patient(t, study).follow;
    f.start = std::max(f.start, request.from);
    f.monitored_until = std::min(f.monitored_until, request.to);
    f.followed_until = std::min(f.followed_until, request.to);
    if (!t.origin() || f.monitored_until < f.start) return std::nullopt;
    std::optional<Date> first;
    f.event.reset();
    for (const auto& e : t.events) {
        if (e.kind != request.event || e.date > request.to) continue;
        if (!first || e.date < *first) first = e.date;
        if (e.date > f.start && (!f.event || e.date < *f.event)) f.event = e.date;
    }
    // Who had the event before is not watched for a first one.
    if (first && *first <= f.start) f.event.reset();
    if (!request.truth)
        f.stable_until = study::event_free_until(f, first, request.horizon_days);
    else if (f.stable_until)
        f.stable_until = std::max(f.start, *f.stable_until);
    return f;
}

struct Work {
    PatientHistory history;
    std::optional<ReplayedPatient> patient;
    std::string failure;
};

void run(Work& w, const ReplayRequest& request, const std::vector<ReplaySide>& sides,
         const ChannelCatalogue& catalogue, Workspace& workspace) {
    const auto at_end = timeline_at(w.history, Instant::end_of(request.to), catalogue);
    if (!in_cohort(at_end.patient, request.cohort)) return;
    auto follow = watched_span(at_end, request);
    if (!follow) return;
    ReplayedPatient p;
    p.follow = std::move(*follow);
    p.follow.id = w.history.patient;
    add_groups(at_end, p.groups);
    if (request.every_days) put_on_grid(w.history, request);
    for (const auto& side : sides)
        p.sides.push_back(run_side(w.history, p.follow, side, request, workspace));
    w.patient = std::move(p);
}

}  // namespace

void add_groups(const series::Timeline& t, std::map<std::string, std::string>& groups) {
    const auto or_unknown = [](std::string s) { return s.empty() ? std::string("unknown") : s; };
    for (const char* name : {"sex", "site", "arm"})
        groups[name] = or_unknown(group_of(t.patient, name));
    groups["age"] = age_band(t.patient);
    for (const auto& [channel, track] : t.tracks)
        if (!track.points.empty() && !track.segment_names.empty())
            groups["assay of " + channel] = or_unknown(track.segment_names.front());
}

bool in_cohort(const Patient& p, const std::vector<std::pair<std::string, std::string>>& cohort) {
    return std::all_of(cohort.begin(), cohort.end(),
                       [&](const auto& c) { return group_of(p, c.first) == c.second; });
}

std::string age_band(const Patient& patient) {
    if (!patient.birth_year || !patient.day_zero) return "unknown";
    const int age = patient.day_zero->year() - *patient.birth_year;
    return age < 65 ? "under 65" : age < 75 ? "65 to 74" : "75 and over";
}

Replayed replay(store::Store& store, const ReplayRequest& request, const std::vector<ReplaySide>& sides) {
    Replayed out;
    const auto catalogue = catalogue_at(store, Instant::end_of(request.to));
    const Instant end = Instant::end_of(request.to);
    const auto ids = store.patients(end);
    // Figures ask when alerts were raised, never why: the evidence is a third of the work.
    tbb::enumerable_thread_specific<Workspace> workspaces([] { return Workspace(false); });
    stream_patients(
        store, ids, end, request.threads,
        [](PatientHistory&& history) {
            return Work{std::move(history), std::nullopt, {}};
        },
        [&](Work& w) {
            try {
                run(w, request, sides, catalogue, workspaces.local());
            } catch (const std::exception& e) {
                w.failure = e.what();
            }
        },
        [&](Work&& w) {
            if (!w.failure.empty())
                out.failed.emplace_back(w.history.patient, w.failure);
            else if (w.patient)
                out.patients.push_back(std::move(*w.patient));
        },
        [&](std::int64_t done) {
            if (request.progress) request.progress(done, static_cast<std::int64_t>(ids.size()));
        });
    return out;
}

std::vector<study::Watched> watched(const Replayed& replayed, std::size_t side, const std::string& rule,
                                    const std::vector<std::string>& rules_of_side) {
    const auto rules = rule.empty() ? rules_of_side : std::vector<std::string>{rule};
    std::vector<study::Watched> out;
    out.reserve(replayed.patients.size());
    for (const auto& p : replayed.patients) {
        study::Watched w;
        w.follow = p.follow;
        // Of several rules the patient is assessable while any of them is; at best what the best of them is.
        w.days_not_assessable = std::max(0, p.follow.monitored_until - p.follow.start);
        for (const auto& name : rules) {
            const auto found = p.sides[side].find(name);
            if (found == p.sides[side].end()) continue;
            const auto& r = found->second;
            w.follow.alerts.insert(w.follow.alerts.end(), r.alerts.begin(), r.alerts.end());
            w.days_not_assessable = std::min(w.days_not_assessable, r.days_not_assessable);
            w.ever_assessable = w.ever_assessable || r.ever_assessable;
            w.assessable_before_event = w.assessable_before_event || r.assessable_before_event;
        }
        out.push_back(std::move(w));
    }
    return out;
}

}  // namespace bellwether::app

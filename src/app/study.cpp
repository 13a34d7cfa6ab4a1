#include "bellwether/app/study.hpp"

#include <algorithm>
#include <set>

#include "bellwether/app/evaluate.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/derive/sums.hpp"

#include "followed.hpp"

namespace bellwether::app {

std::string group_of(const Patient& p, const std::string& group) {
    if (group.empty()) return {};
    if (group == "arm") return p.arm;
    if (group == "site") return p.site;
    if (group == "trial") return p.trial;
    if (group == "sex") return p.sex == Sex::female ? "female" : p.sex == Sex::male ? "male" : "unknown";
    const auto a = p.attributes.find(group);
    return a == p.attributes.end() ? std::string() : a->second;
}

void add_to_course(std::map<std::int64_t, study::RaisedAlert>& alerts, const AlertEvent& e) {
    const Date day = e.at.date();
    auto& a = alerts[e.alert];
    switch (e.change) {
        case AlertChange::opened:
        case AlertChange::split:
        case AlertChange::reopened:
            if (a.open.empty()) {
                a.rule = e.after.episode.rule;
                a.raised = day;
            }
            if (a.open.empty() || a.open.back().to) a.open.push_back({day, std::nullopt});
            break;
        case AlertChange::resolved:
        case AlertChange::withdrawn:
        case AlertChange::merged:
        case AlertChange::superseded:
            if (!a.open.empty() && !a.open.back().to) a.open.back().to = day;
            break;
        default:
            break;
    }
    // An episode that was over before its data came opens closed: nobody ever saw it open.
    if (e.after.state != MachineState::open && !a.open.empty() && !a.open.back().to) a.open.back().to = day;
    a.taken_back = e.after.state == MachineState::withdrawn || e.after.state == MachineState::merged ||
                   e.after.state == MachineState::superseded;
}

namespace {

std::map<std::string, std::vector<study::RaisedAlert>> raised_alerts(store::Store& store, Instant as_of) {
    std::map<std::string, std::map<std::int64_t, study::RaisedAlert>> by_patient;
    for (const auto& e : store.alert_events(""))
        if (e.at <= as_of) add_to_course(by_patient[e.after.patient], e);
    std::map<std::string, std::vector<study::RaisedAlert>> list;
    for (auto& [patient, alerts] : by_patient)
        for (auto& [id, a] : alerts)
            list[patient].push_back(std::move(a));
    return list;
}

}  // namespace

StudyPatient study_patient(const series::Timeline& t, const StudyRequest& request) {
    StudyPatient p;
    auto& f = p.follow;
    f.id = t.patient.id;
    f.start = f.monitored_until = t.origin().value_or(Date());
    for (const auto& [channel, track] : t.tracks)
        if (!track.points.empty()) f.monitored_until = std::max(f.monitored_until, track.points.back().date);
    f.followed_until = f.monitored_until;
    for (const auto& e : t.events) {
        if (e.kind == EventKind::death) {
            f.died = true;
            f.followed_until = e.date;
        }
        if (!f.died) f.followed_until = std::max(f.followed_until, e.date);
        if (e.kind == request.event && !f.event && e.date > f.start) f.event = e.date;
    }
    for (const auto& i : t.therapies)
        f.on_therapy.push_back({i.start, i.stop});
    p.group = group_of(t.patient, request.group);
    if (const auto* sums = t.track("sld"); sums && !sums->points.empty()) {
        p.has_sums = true;
        p.crossed = derive::first_progression_on_sums(*sums, f.monitored_until, t.patient.day_zero);
    }
    if (request.truth) {
        const auto found = request.truth->find(f.id);
        // Who never grew is stable for as long as anybody looked.
        if (found != request.truth->end()) f.stable_until = found->second.value_or(f.monitored_until + 1);
    }
    return p;
}

namespace {

/// P(label) at the landmark by the first active model that knows the label; what was learnt later plays no
/// part.
std::optional<double> score_of(const PatientHistory& history, const Knowledge& k, const std::string& label,
                               Date at) {
    const auto timeline = timeline_at(history, Instant::end_of(at), k.catalogue);
    for (const auto& [name, scorer] : k.models) {
        const auto words = scorer->words();
        if (std::find(words.labels.begin(), words.labels.end(), label) == words.labels.end()) continue;
        drift::FilterTrack track;
        return scorer->posterior(timeline, at, track)->probability(label, at).value;
    }
    return std::nullopt;
}

}  // namespace

TrueOnsets read_true_onsets(const std::string& folder) {
    const std::string file = folder + "/truth_patients.csv";
    const std::string text = read_text(file);
    TrueOnsets onsets;
    std::size_t patient = std::string::npos, onset = std::string::npos;
    int number = 0;
    for (const auto& line : split(text, '\n')) {
        ++number;
        if (line.empty()) continue;
        const auto cells = split(line, ',');
        if (number == 1) {
            for (std::size_t i = 0; i < cells.size(); ++i) {
                if (cells[i] == "patient") patient = i;
                if (cells[i] == "regrowth_onset") onset = i;
            }
            if (patient == std::string::npos || onset == std::string::npos)
                throw Error(
                    "P009",
                    file +
                        " has no columns 'patient' and 'regrowth_onset': not the truth of a virtual trial");
            continue;
        }
        if (cells.size() <= std::max(patient, onset))
            throw Error("P009", file + ": line " + std::to_string(number) + " has too few columns");
        const auto day = Date::parse(cells[onset]);
        if (!day && !cells[onset].empty())
            throw Error("P009",
                        file + ": line " + std::to_string(number) + ": '" + cells[onset] + "' is no date");
        onsets[cells[patient]] = day;
    }
    return onsets;
}

std::vector<StudyPatient> study_patients(store::Store& store, const StudyRequest& request) {
    const auto catalogue = catalogue_at(store, request.as_of);
    auto alerts = raised_alerts(store, request.as_of);
    std::shared_ptr<const Knowledge> knowledge;
    if (!request.score.empty()) {
        knowledge = in_force(knowledge_history(store.activations(), store.channels()), request.as_of);
        if (!knowledge) throw Error("P010", "a score needs an active model");
    }
    std::vector<StudyPatient> list;
    store.for_each_history(store.patients(request.as_of), request.as_of, [&](PatientHistory&& history) {
        const auto timeline = timeline_at(history, request.as_of, catalogue);
        if (!in_cohort(timeline.patient, request.cohort)) return;
        auto p = study_patient(timeline, request);
        p.follow.id = history.patient;
        if (const auto found = alerts.find(history.patient); found != alerts.end())
            p.follow.alerts = std::move(found->second);
        if (!request.among.empty() &&
            std::none_of(p.follow.alerts.begin(), p.follow.alerts.end(),
                         [&](const study::RaisedAlert& a) { return a.rule == request.among; }))
            return;
        if (knowledge)
            p.score = score_of(history, *knowledge, request.score, p.follow.start + request.landmark_days);
        list.push_back(std::move(p));
    });
    return list;
}

std::vector<std::string> study_rules(store::Store& store, Instant as_of) {
    std::set<std::string> rules;
    for (const auto& e : store.alert_events(""))
        if (e.at <= as_of) rules.insert(e.after.episode.rule);
    const auto history = knowledge_history(store.activations(), store.channels());
    if (const auto k = in_force(history, as_of))
        for (const auto& r : k->book.rules)
            rules.insert(r.alert);
    return {rules.begin(), rules.end()};
}

std::vector<study::Follow> of_rule(const std::vector<StudyPatient>& patients, std::string_view rule) {
    std::vector<study::Follow> list;
    list.reserve(patients.size());
    for (const auto& p : patients) {
        list.push_back(p.follow);
        if (!rule.empty())
            std::erase_if(list.back().alerts, [&](const study::RaisedAlert& a) { return a.rule != rule; });
    }
    return list;
}

}  // namespace bellwether::app

#include "bellwether/app/score_store.hpp"

#include <algorithm>

#include <tbb/enumerable_thread_specific.h>

#include "followed.hpp"
#include "score_reader.hpp"
#include "stream.hpp"

namespace bellwether::app {
namespace {

/// What a patient is at one landmark.
struct AtLandmark {
    enum class State {
        event_before,
        ended_before,
        not_followed,
        no_score,
        scored
    } state = State::not_followed;
    study::ScoredRow row;
    ScoreAnswer answer;
};

struct Work {
    PatientHistory history;
    bool in_cohort = false;
    std::optional<Date> first_landmark;  ///< at which the score was read
    std::vector<AtLandmark> at;
    std::map<std::string, std::string> groups;
    std::string failure;
};

/// What became of a patient, as known at the end of the request.
struct Outcome {
    std::optional<Date> origin, event, died;
    Date followed_until;
};

Outcome outcome_of(const series::Timeline& t, const ScoreStoreRequest& request) {
    StudyRequest study;
    study.as_of = Instant::end_of(request.to);
    study.event = request.event;
    const auto f = study_patient(t, study).follow;
    Outcome o;
    o.origin = t.origin();
    o.followed_until = std::min(f.followed_until, request.to);
    if (f.died && f.followed_until <= request.to) o.died = f.followed_until;
    // Of any time: who had the event before the landmark is not at risk of a first one.
    for (const auto& e : t.events)
        if (e.kind == request.event && e.date <= request.to && (!o.event || e.date < *o.event))
            o.event = e.date;
    return o;
}

AtLandmark what_came_after(const Outcome& o, Date landmark, EventKind kind) {
    AtLandmark at;
    using State = AtLandmark::State;
    if (!o.origin) return at;
    if (o.event && *o.event <= landmark) {
        at.state = State::event_before;
    } else if (o.died && *o.died <= landmark) {
        at.state = State::ended_before;
    } else if (o.followed_until > landmark) {
        at.state = State::no_score;
        const bool event_first = o.event && (!o.died || *o.event <= *o.died);
        const bool dead = o.died && kind != EventKind::death;
        at.row.end = event_first ? study::ScoreEnd::event
                     : dead      ? study::ScoreEnd::competing
                                 : study::ScoreEnd::censored;
        at.row.time = (event_first ? *o.event : o.followed_until) - landmark;
    }
    return at;
}

void run(Work& w, const ScoreReader& reader, const ScoreStoreRequest& request,
         const ChannelCatalogue& catalogue, Workspace& workspace) {
    const PreparedHistory prepared(w.history);
    const auto at_end = timeline_at(prepared, Instant::end_of(request.to), catalogue);
    w.in_cohort = in_cohort(at_end.patient, request.cohort);
    if (!w.in_cohort) return;
    w.groups = at_end.patient.attributes;
    add_groups(at_end, w.groups);
    const auto outcome = outcome_of(at_end, request);
    Tracks tracks;
    for (const int days : request.landmarks) {
        const Date landmark = outcome.origin.value_or(Date()) + days;
        w.at.push_back(what_came_after(outcome, landmark, request.event));
        auto& at = w.at.back();
        if (at.state != AtLandmark::State::no_score) continue;
        if (!w.first_landmark) w.first_landmark = landmark;
        const auto k = in_force(reader.side.knowledge, Instant::end_of(landmark));
        const auto then = timeline_at(prepared, Instant::end_of(landmark), k ? k->catalogue : catalogue);
        at.answer = read_score(reader, then, landmark, tracks, workspace);
        if (!at.answer.value) continue;
        at.state = AtLandmark::State::scored;
        at.row.score = *at.answer.value;
    }
}

/// A reason without its dates, which differ from patient to patient: "..., since DATE".
std::string without_dates(std::string why) {
    constexpr std::size_t length = 10;  // of 2024-03-01
    for (std::size_t i = 0; i + length <= why.size(); ++i)
        if (Date::parse(why.substr(i, length))) why.replace(i, length, "DATE");
    return why;
}

/// Adds a patient to the cohort.
void take(Work& w, ScoreCohort& out) {
    if (!w.failure.empty()) {
        out.failed.emplace_back(w.history.patient, w.failure);
        return;
    }
    if (!w.in_cohort) return;
    const std::size_t patient = out.patients.size();
    out.patients.push_back(w.history.patient);
    for (std::size_t l = 0; l < w.at.size(); ++l) {
        auto& count = out.landmarks[l];
        auto& at = w.at[l];
        ++count.patients;
        switch (at.state) {
            case AtLandmark::State::event_before:
                ++count.event_before;
                break;
            case AtLandmark::State::ended_before:
                ++count.ended_before;
                break;
            case AtLandmark::State::not_followed:
                ++count.not_followed;
                break;
            case AtLandmark::State::no_score:
                ++count.no_score;
                ++count.why[without_dates(at.answer.why)];
                break;
            case AtLandmark::State::scored:
                ++count.scored;
                count.bounds += at.answer.bound ? 1U : 0U;
                at.row.patient = patient;
                at.row.landmark = l;
                out.rows.push_back(at.row);
                out.groups.push_back(w.groups);
                break;
        }
    }
}

}  // namespace

ScoreCohort score_store(store::Store& store, const ScoreStoreRequest& request) {
    const auto reader = make_score_reader(store, request);
    ScoreCohort out;
    out.score = reader.name;
    out.kind = reader.kind;
    for (const auto& channel : channels_read(reader.side))
        out.channels.push_back(channel);
    for (const int days : request.landmarks)
        out.landmarks.push_back({std::to_string(days), 0, 0, 0, 0, 0, 0, 0, {}});
    const auto catalogue = catalogue_at(store, Instant::end_of(request.to));
    const Instant end = Instant::end_of(request.to);
    const auto ids = store.patients(end);
    tbb::enumerable_thread_specific<Workspace> workspaces([] { return Workspace(false); });
    std::optional<Date> first;
    stream_patients(
        store, ids, end, request.threads,
        [](PatientHistory&& history) {
            Work w;
            w.history = std::move(history);
            return w;
        },
        [&](Work& w) {
            try {
                run(w, reader, request, catalogue, workspaces.local());
            } catch (const std::exception& e) {
                w.failure = e.what();
            }
        },
        [&](Work&& w) {
            if (w.first_landmark && (!first || *w.first_landmark < *first)) first = w.first_landmark;
            take(w, out);
        },
        [&](std::int64_t done) {
            if (request.progress) request.progress(done, static_cast<std::int64_t>(ids.size()));
        });
    // A model that was fitted to what was known before the first landmark has seen nobody's outcome.
    refuse_in_sample(reader.side, store, first ? Instant::start_of(*first) : Instant::lowest(),
                     request.fitted_elsewhere);
    return out;
}

std::vector<std::string> factors_of(const ScoreCohort& cohort, const std::vector<std::string>& by) {
    std::vector<std::string> factors;
    for (const auto& name : by) {
        if (name != "assay") {
            factors.push_back(name);
            continue;
        }
        for (const auto& channel : cohort.channels)
            factors.push_back("assay of " + channel);
    }
    return factors;
}

}  // namespace bellwether::app

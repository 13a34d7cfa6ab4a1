#include "bellwether/app/scan.hpp"

#include <algorithm>
#include <thread>

#include <nlohmann/json.hpp>
#include <tbb/enumerable_thread_specific.h>

#include "bellwether/alert/reconcile.hpp"

#include "stream.hpp"

namespace bellwether::app {
namespace {

using KnowledgeHistory = std::vector<std::shared_ptr<const Knowledge>>;

/// Alerts opened during one patient's scan, under numbers of their own until the store gives theirs.
class Numbers {
public:
    explicit Numbers(const std::vector<Alert>& ledger) : known_(largest(ledger)) {}
    static std::int64_t largest(const std::vector<Alert>& ledger) {
        std::int64_t id = 0;
        for (const auto& a : ledger)
            id = std::max(id, a.id);
        return id;
    }
    /// Events as `reconcile` gives them (new alerts are -1, -2, ... of this instant) with the numbers that
    /// alert::apply gives them.
    static void settle(std::vector<AlertEvent>& events, std::int64_t before) {
        for (auto& e : events) {
            if (e.after.id < 0) e.after.id = before - e.after.id;
            if (e.after.parent && *e.after.parent < 0) e.after.parent = before - *e.after.parent;
            e.alert = e.after.id;
        }
    }
    /// The same with every alert that the store does not know yet under one negative number.
    void for_store(std::vector<AlertEvent>& events) const {
        for (auto& e : events) {
            if (e.after.id > known_) e.after.id = known_ - e.after.id;
            if (e.after.parent && *e.after.parent > known_) e.after.parent = known_ - *e.after.parent;
            e.alert = e.after.id < 0 ? 0 : e.after.id;
        }
    }

private:
    std::int64_t known_;
};

std::vector<std::string> to_json(const std::vector<NotAssessable>& list) {
    std::vector<std::string> lines;
    lines.reserve(list.size());
    for (const auto& n : list)
        lines.push_back(nlohmann::json{{"rule", n.rule}, {"missing", n.missing}}.dump());
    return lines;
}

/// The instants at which something is known to happen: lambdas and activations. Deadlines come as they are
/// found.
std::vector<Instant> known_instants(const PatientHistory& history, const KnowledgeHistory& knowledge,
                                    Instant after, Instant up_to) {
    auto instants = learnt_instants(history, after, up_to);
    for (const auto& k : knowledge)
        if (k->from > after && k->from <= up_to) instants.push_back(k->from);
    std::sort(instants.begin(), instants.end());
    instants.erase(std::unique(instants.begin(), instants.end()), instants.end());
    return instants;
}

/// E of one patient at instants that ascend: takes over from one to the next what cannot have changed.
class Judge {
public:
    Judge(const PreparedHistory& history, Tracks& tracks, Workspace& workspace)
        : history_(history), tracks_(tracks), workspace_(workspace) {}

    Evaluation at(Instant now, const std::shared_ptr<const Knowledge>& k) {
        auto& evaluator = workspace_.evaluator(k);
        if (&evaluator != evaluator_) {
            evaluator_ = &evaluator;
            timeline_ = timeline_at(history_, now, k->catalogue);
            last_ = now;
            return evaluator.evaluate(timeline_, now, tracks_);
        }
        auto same_before = history_.unchanged_before(last_, now);
        const bool same_timeline = same_before == PreparedHistory::never;
        if (!same_timeline) {
            auto fresh = timeline_at(history_, now, k->catalogue);
            // Why a derived channel has no value is told of its latest day, and shown at all points.
            if (fresh.unmeasured != timeline_.unmeasured) same_before.reset();
            timeline_ = std::move(fresh);
        }
        last_ = now;
        return same_before ? evaluator.resume(timeline_, now, *same_before, same_timeline, tracks_)
                           : evaluator.evaluate(timeline_, now, tracks_);
    }

private:
    const PreparedHistory& history_;
    Tracks& tracks_;
    Workspace& workspace_;
    Evaluator* evaluator_ = nullptr;
    series::Timeline timeline_;
    Instant last_;
};

/// Whether a ledger is known to agree with the episodes already. It is when it was reconciled with the same
/// ones under the same knowledge on a day by which all of them had begun: what overlaps what has not changed
/// since, as open intervals grow with the day and the others stay.
class Reconciled {
public:
    [[nodiscard]] bool with(const Knowledge* k, const std::vector<Episode>& episodes) const {
        return knowledge_ == k && all_begun_ && episodes == episodes_;
    }
    void remember(const Knowledge* k, std::vector<Episode> episodes, Date day) {
        knowledge_ = k;
        episodes_ = std::move(episodes);
        all_begun_ =
            std::all_of(episodes_.begin(), episodes_.end(), [&](const Episode& e) { return e.onset <= day; });
    }

private:
    const Knowledge* knowledge_ = nullptr;
    std::vector<Episode> episodes_;
    bool all_begun_ = false;
};

void count(ScanReport& report, const std::vector<AlertEvent>& events) {
    for (const auto& e : events) {
        switch (e.change) {
            case AlertChange::opened:
            case AlertChange::split:
                ++report.opened;
                break;
            case AlertChange::revised:
                ++report.revised;
                break;
            case AlertChange::resolved:
                ++report.resolved;
                break;
            case AlertChange::reopened:
                ++report.reopened;
                break;
            case AlertChange::withdrawn:
                ++report.withdrawn;
                break;
            default:
                ++report.other;
        }
    }
}

/// Everything one patient needs, read before the block is worked on in parallel.
struct Work {
    store::ScanState state;
    PatientHistory history;
    std::vector<Alert> ledger;
    Tracks tracks;
    store::ScanWrite write;
    std::string failure;
};

void load_tracks(store::Store& store, const KnowledgeHistory& knowledge, Work& work) {
    if (knowledge.empty()) return;
    for (const auto& [name, scorer] : knowledge.back()->models)
        if (const auto blob = store.checkpoint(work.history.patient, scorer->hash()))
            if (auto track = drift::FilterTrack::parse(*blob))
                work.tracks.emplace(scorer->hash(), std::move(*track));
}

}  // namespace

Evaluator& Workspace::evaluator(const std::shared_ptr<const Knowledge>& knowledge) {
    const auto found = evaluators_.find(knowledge.get());
    if (found != evaluators_.end()) return found->second;
    return evaluators_.emplace(knowledge.get(), Evaluator(knowledge, evidence_)).first->second;
}

std::optional<Date> walk(const PatientHistory& history, std::vector<Alert>& ledger, Instant after,
                         std::optional<Date> deadline, const KnowledgeHistory& knowledge, Instant as_of,
                         Tracks& tracks, Workspace& workspace,
                         const std::function<void(const Moment&)>& visit) {
    const PreparedHistory prepared(history);
    const auto instants = known_instants(history, knowledge, after, as_of);
    auto known = instants.begin();
    Judge judge(prepared, tracks, workspace);
    Reconciled reconciled;
    while (true) {
        std::optional<Instant> next;
        if (known != instants.end()) next = *known;
        if (deadline) {
            const Instant due = Instant::start_of(*deadline);
            if (due <= as_of && (!next || due < *next)) next = due;
        }
        if (!next) break;
        if (known != instants.end() && *known == *next) ++known;
        deadline.reset();
        const auto k = in_force(knowledge, *next);
        if (!k) continue;
        auto verdict = judge.at(*next, k);
        std::vector<AlertEvent> events;
        if (!reconciled.with(k.get(), verdict.episodes)) {
            events = alert::reconcile(verdict.episodes, ledger, history.patient, *next, k->from,
                                      k->rules_hash, k->model_hash);
            const auto before = Numbers::largest(ledger);
            alert::apply(ledger, events);
            Numbers::settle(events, before);
        }
        deadline = verdict.next_deadline;
        visit({*next, verdict, events});
        reconciled.remember(k.get(), std::move(verdict.episodes), next->date());
    }
    return deadline;
}

store::ScanWrite scan_patient(const PatientHistory& history, std::vector<Alert> ledger,
                              const store::ScanState& state, const KnowledgeHistory& knowledge, Instant as_of,
                              Tracks& tracks, Workspace& workspace) {
    store::ScanWrite write;
    write.patient = history.patient;
    write.scanned_to = as_of;
    const Numbers numbers(ledger);
    write.next_deadline = walk(history, ledger, state.scanned_to, state.next_deadline, knowledge, as_of,
                               tracks, workspace, [&](const Moment& m) {
                                   write.events.insert(write.events.end(), m.events.begin(), m.events.end());
                                   write.not_assessable = to_json(m.verdict.not_assessable);
                               });
    numbers.for_store(write.events);
    if (!knowledge.empty())
        for (const auto& [name, scorer] : knowledge.back()->models)
            if (const auto track = tracks.find(scorer->hash()); track != tracks.end())
                write.checkpoints.emplace_back(scorer->hash(), track->second.serialize());
    return write;
}

ScanReport scan(store::Store& store, Instant as_of, const ScanOptions& options) {
    ScanReport report;
    report.as_of = as_of;
    if (const auto last = store.last_scan(); last && as_of < *last) {
        report.skipped = true;
        return report;
    }
    const auto knowledge = knowledge_history(store.activations(), store.channels());
    const auto due = store.due(as_of);
    report.patients = static_cast<std::int64_t>(due.size());
    std::map<std::string, store::ScanState> states;
    std::vector<std::string> ids;
    for (const auto& s : due) {
        ids.push_back(s.patient);
        states.emplace(s.patient, s);
    }
    tbb::enumerable_thread_specific<Workspace> workspaces;
    std::vector<std::string> failed;
    std::vector<store::ScanWrite> writes;
    stream_patients(
        store, ids, as_of, options.threads,
        [&](PatientHistory&& history) {
            Work w;
            w.state = states.at(history.patient);
            w.history = std::move(history);
            w.ledger = store.alerts(w.history.patient);
            if (options.use_checkpoints) load_tracks(store, knowledge, w);
            return w;
        },
        [&](Work& w) {
            try {
                w.write = scan_patient(w.history, std::move(w.ledger), w.state, knowledge, as_of, w.tracks,
                                       workspaces.local());
            } catch (const std::exception& e) {
                w.failure = e.what();
            }
        },
        [&](Work&& w) {
            if (!w.failure.empty()) {
                failed.push_back(w.history.patient);
                report.failed.emplace_back(w.history.patient, w.failure);
                return;
            }
            count(report, w.write.events);
            writes.push_back(std::move(w.write));
        },
        [&](std::int64_t done) {
            store.write_scan(writes, options.who);
            writes.clear();
            if (options.progress) options.progress(done, report.patients);
        });
    store.finish_scan(as_of, failed, options.who);
    return report;
}

std::vector<AlertEvent> replay_patient(const PatientHistory& history, const KnowledgeHistory& knowledge,
                                       Instant as_of) {
    Tracks tracks;
    Workspace workspace;
    store::ScanState nothing;
    nothing.patient = history.patient;
    return scan_patient(history, {}, nothing, knowledge, as_of, tracks, workspace).events;
}

}  // namespace bellwether::app

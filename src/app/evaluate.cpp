#include "bellwether/app/evaluate.hpp"

#include <algorithm>

#include "bellwether/derive/derive.hpp"
#include "bellwether/drift/features.hpp"

namespace bellwether::app {
namespace {

Severity to_record(rulebook::Severity s) {
    return static_cast<Severity>(static_cast<int>(s));
}
static_assert(static_cast<int>(Severity::urgent) == static_cast<int>(rulebook::Severity::urgent));

/// The first date of a timeline after a day: what it says of later days a filter has not seen.
std::optional<Date> first_day_after(const series::Timeline& t, Date day) {
    std::optional<Date> first;
    const auto see = [&](Date d) {
        if (d > day && (!first || d < *first)) first = d;
    };
    for (const auto& [name, track] : t.tracks) {
        const auto next = static_cast<std::size_t>(track.last_index(day) + 1);
        if (next < track.points.size()) see(track.points[next].date);
    }
    for (const auto& i : t.therapies) {
        see(i.start);
        if (i.stop) see(*i.stop);
    }
    for (const auto& e : t.events)
        see(e.date);
    return first;
}

}  // namespace

series::Timeline timeline_at(const PatientHistory& history, Instant as_of,
                             const ChannelCatalogue& catalogue) {
    return timeline_at(PreparedHistory(history), as_of, catalogue);
}

series::Timeline timeline_at(const PreparedHistory& history, Instant as_of,
                             const ChannelCatalogue& catalogue) {
    auto timeline = series::build(history.history().patient, history.in_force_at(as_of), catalogue);
    derive::extend(timeline, catalogue);
    return timeline;
}

Evaluator::Evaluator(std::shared_ptr<const Knowledge> knowledge, bool evidence)
    : knowledge_(std::move(knowledge)), rules_(knowledge_->book, evidence) {}

Evaluation Evaluator::evaluate(const series::Timeline& timeline, Instant as_of, Tracks& tracks) {
    filter(timeline, as_of.date(), tracks);
    return judge(timeline, as_of, std::nullopt);
}

Evaluation Evaluator::resume(const series::Timeline& timeline, Instant as_of, Date unchanged_before,
                             bool same_timeline, Tracks& tracks) {
    if (!same_timeline || (stale_ && *stale_ <= as_of.date())) filter(timeline, as_of.date(), tracks);
    return judge(timeline, as_of, unchanged_before);
}

void Evaluator::filter(const series::Timeline& timeline, Date as_of, Tracks& tracks) {
    posteriors_.clear();
    for (const auto& [name, scorer] : knowledge_->models)
        posteriors_[name] = scorer->posterior(timeline, as_of, tracks[scorer->hash()]);
    stale_ = first_day_after(timeline, as_of);
}

Evaluation Evaluator::judge(const series::Timeline& timeline, Instant as_of,
                            std::optional<Date> unchanged_before) {
    drift::Features features(timeline, *knowledge_->table, as_of.date(), posteriors_);
    const auto verdicts = unchanged_before ? rules_.resume(features, as_of.date(), *unchanged_before)
                                           : rules_.evaluate(features, as_of.date());
    Evaluation result;
    result.next_deadline = verdicts.next_deadline;
    for (std::size_t r = 0; r < verdicts.rules.size(); ++r) {
        const auto& rule = knowledge_->book.rules[r];
        for (const auto& e : verdicts.rules[r].episodes)
            result.episodes.push_back(
                {rule.alert, e.onset, e.fired, e.ended, to_record(e.severity), e.evidence});
        if (!verdicts.rules[r].assessable)
            result.not_assessable.push_back({rule.alert, verdicts.rules[r].missing});
    }
    return result;
}

}  // namespace bellwether::app

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

}  // namespace

series::Timeline timeline_at(const PatientHistory& history, Instant as_of,
                             const ChannelCatalogue& catalogue) {
    return timeline_at(PreparedHistory(history), as_of, catalogue);
}

series::Timeline timeline_at(const PreparedHistory& history, Instant as_of,
                             const ChannelCatalogue& catalogue) {
    auto timeline = series::build(history.as_known_at(as_of), catalogue);
    derive::extend(timeline, catalogue);
    return timeline;
}

Evaluator::Evaluator(std::shared_ptr<const Knowledge> knowledge)
    : knowledge_(std::move(knowledge)), rules_(knowledge_->book) {}

Evaluation Evaluator::evaluate(const series::Timeline& timeline, Instant as_of, Tracks& tracks) {
    return judge(timeline, as_of, std::nullopt, tracks);
}

Evaluation Evaluator::resume(const series::Timeline& timeline, Instant as_of, Date unchanged_before,
                             Tracks& tracks) {
    return judge(timeline, as_of, unchanged_before, tracks);
}

Evaluation Evaluator::judge(const series::Timeline& timeline, Instant as_of,
                            std::optional<Date> unchanged_before, Tracks& tracks) {
    std::map<std::string, std::shared_ptr<const drift::Posterior>> posteriors;
    for (const auto& [name, scorer] : knowledge_->models)
        posteriors[name] = scorer->posterior(timeline, as_of.date(), tracks[scorer->hash()]);
    drift::Features features(timeline, *knowledge_->table, as_of.date(), std::move(posteriors));
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

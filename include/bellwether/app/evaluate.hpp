#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bellwether/app/knowledge.hpp"
#include "bellwether/record/ledger.hpp"
#include "bellwether/record/resolve.hpp"
#include "bellwether/rulebook/evaluate.hpp"
#include "bellwether/series/timeline.hpp"

namespace bellwether::app {

/// A rule that could not be judged, and what is missing.
struct NotAssessable {
    std::string rule;
    std::vector<std::string> missing;
};

/// E(V(D), D, rules, models) of one patient.
struct Evaluation {
    std::vector<Episode> episodes;  ///< fired ones, by rule then onset; pending ones are left out
    std::vector<NotAssessable> not_assessable;
    std::optional<Date> next_deadline;
};

/// Filter tracks of one patient by model hash: a cache, never an input. Deleting it changes no answer.
using Tracks = std::map<std::string, drift::FilterTrack>;

/// V(D) as a timeline with its derived channels.
[[nodiscard]] series::Timeline timeline_at(const PatientHistory& history, Instant as_of,
                                           const ChannelCatalogue& catalogue);
[[nodiscard]] series::Timeline timeline_at(const PreparedHistory& history, Instant as_of,
                                           const ChannelCatalogue& catalogue);

/// Computes E. Keeps buffers: one per worker. Answers depend on the arguments only.
class Evaluator {
public:
    /// @param evidence  false: episodes come without it (rulebook::Evaluator)
    explicit Evaluator(std::shared_ptr<const Knowledge> knowledge, bool evidence = true);
    [[nodiscard]] Evaluation evaluate(const series::Timeline& timeline, Instant as_of, Tracks& tracks);
    /// The same for the patient of the previous call: points before `unchanged_before` are taken over from it
    /// (rulebook::Evaluator::resume). With `same_timeline` the timeline is the previous call's, and the
    /// filter is not run again where no day of it has come since.
    [[nodiscard]] Evaluation resume(const series::Timeline& timeline, Instant as_of, Date unchanged_before,
                                    bool same_timeline, Tracks& tracks);
    [[nodiscard]] const Knowledge& knowledge() const { return *knowledge_; }

private:
    using Posteriors = std::map<std::string, std::shared_ptr<const drift::Posterior>>;
    void filter(const series::Timeline& timeline, Date as_of, Tracks& tracks);
    [[nodiscard]] Evaluation judge(const series::Timeline& timeline, Instant as_of,
                                   std::optional<Date> unchanged_before);
    std::shared_ptr<const Knowledge> knowledge_;
    Posteriors posteriors_;      ///< of the last call
    std::optional<Date> stale_;  ///< first day of its timeline that lay after its `as_of`
    rulebook::Evaluator rules_;
};

}  // namespace bellwether::app

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
    explicit Evaluator(std::shared_ptr<const Knowledge> knowledge);
    [[nodiscard]] Evaluation evaluate(const series::Timeline& timeline, Instant as_of, Tracks& tracks);
    /// The same for the patient of the previous call: points before `unchanged_before` are taken over from it
    /// (rulebook::Evaluator::resume).
    [[nodiscard]] Evaluation resume(const series::Timeline& timeline, Instant as_of, Date unchanged_before,
                                    Tracks& tracks);
    [[nodiscard]] const Knowledge& knowledge() const { return *knowledge_; }

private:
    [[nodiscard]] Evaluation judge(const series::Timeline& timeline, Instant as_of,
                                   std::optional<Date> unchanged_before, Tracks& tracks);
    std::shared_ptr<const Knowledge> knowledge_;
    rulebook::Evaluator rules_;
};

}  // namespace bellwether::app

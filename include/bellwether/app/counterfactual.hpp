#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bellwether/app/evaluate.hpp"
#include "bellwether/store/store.hpp"

/// What would have had to differ for an alert to stay silent, by judging the patient again and again.
namespace bellwether::app {

/// One reading, all others left as they are.
struct NearestChange {
    std::string channel, unit;
    Date date;
    Reading was;
    bool nadir = false;  ///< the channel's lowest reading before its last, not its last
    /// The nearest value below (above) the reading with which the alert is silent, to three figures, rounded
    /// away from the reading; silent as well at every value further off that was looked at, unless ..._until
    /// names the first of those with which it fires again. Nothing: it fires at all of them.
    std::optional<double> at_most, at_least;
    std::optional<double> at_most_until, at_least_until;
    /// For a reading beyond a limit: `at_most` of one below it and `at_least` of one above it lie within what
    /// was reported. Without them the alert fires whatever the value was.
    [[nodiscard]] bool open_within_the_bound() const {
        return (was.censor == Censor::left && at_most) || (was.censor == Censor::right && at_least);
    }
};

/// A channel that the rule's condition reads and that was not read on the day.
struct NotRead {
    std::string channel;
    std::optional<Date> last;  ///< nothing: never up to that day
};

struct Counterfactual {
    bool fires = false;  ///< on that day, by what is known now; else there is nothing to keep silent
    std::vector<NearestChange> changes;
    std::vector<NotRead> not_read;
};

/// The last reading up to the day, and the lowest before it, of each channel that the rule's `when` and
/// `unless` read (P() the channels of its model; a derived channel is a channel like any other). "Silent"
/// means: judged as of that day, no episode of the rule is open on it. Values are looked at from the reading
/// outwards, on log scales in steps of a fourth root of 2 up to a factor of 1,024, on linear ones in growing
/// steps up to some thousand times the spread of the patient's own readings, never beyond the range of what
/// is physically possible for the channel; between two of them by halving.
/// So a silence narrower than a step can be missed.
///
/// @throws Error P004 no such rule in what is known
/// @cost   about 100 evaluations of the rule per reading
/// @tested tests/app/counterfactual_test.cpp: by thresholds that stand in the rule; each value judged again
/// by
///         the whole rulebook
[[nodiscard]] Counterfactual would_not_fire(const series::Timeline& timeline,
                                            const std::shared_ptr<const Knowledge>& knowledge,
                                            const std::string& rule, Date fired);

/// The same of an alert of a store, by the rules and models in force at `as_of` and by what is known then.
/// Nothing when its rule is not in force any more.
[[nodiscard]] std::optional<Counterfactual> would_not_fire(store::Store& store, const Alert& alert,
                                                           Instant as_of);

/// "<0.1": a value that is only a bound is never shown as the value itself.
[[nodiscard]] std::string as_read(const Reading& r);

/// For people, a sentence each: what would have kept it silent ("ctdna were at most 3.1 % on 2024-03-25 (it
/// was 5.2)"), which readings could not, what was not read. One sentence where it does not fire.
[[nodiscard]] std::vector<std::string> in_words(const Counterfactual& c);

}  // namespace bellwether::app

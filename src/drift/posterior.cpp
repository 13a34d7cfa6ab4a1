#include "bellwether/drift/posterior.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/core/hash.hpp"
#include "bellwether/core/text.hpp"

#include "difference.hpp"

namespace bellwether::drift {
namespace {

/// How many visits before an alert its reason shows.
constexpr std::size_t visits_in_reason = 4;

std::string json_number(double x) {
    return std::isfinite(x) ? shortest(x) : "null";
}

/// Forgets what the filter remembers of channels that another assay has taken over.
void forget(const markov::Filter& filter, markov::FilterState& state, std::uint64_t channels) {
    for (std::size_t c = 0; c < state.memory.size(); ++c)
        if ((channels >> c & 1U) != 0) filter.forget(state, c);
}

using States = std::vector<std::shared_ptr<const markov::FilterState>>;

/// A patient's rows, the filter's state after each, and the rows that are visits of a reason.
struct Course {
    std::vector<BoundRow> rows;
    States states;
    std::vector<std::size_t> reading_rows;
    std::vector<char> told;  ///< per row, by it and those before: has a reading told states apart?
};

/// The state after a row. @param before  null: it is the first
std::shared_ptr<const markov::FilterState> after(const markov::Filter& filter,
                                                 const markov::FilterState* before, const BoundRow& row,
                                                 markov::Step& step) {
    auto state = std::make_shared<markov::FilterState>(before == nullptr ? filter.start() : *before);
    forget(filter, *state, row.restarted);
    filter.step(*state, row.row(), step);
    return state;
}

/// Leaves the readings of other channels out. That they were made still says that the patient was alive.
void keep_group(const ChannelGroup& group, const markov::Spec& spec, BoundRow& row) {
    markov::StateSet possible = row.among == 0 ? spec.all_states() : row.among;
    row.has_reading = false;
    for (std::size_t c = 0; c < spec.channels.size(); ++c) {
        if (!row.readings[c].present) continue;
        const markov::Channel& channel = spec.channels[c];
        for (std::size_t s = 0; s < spec.states.size(); ++s)
            if (channel.group[s] == markov::Channel::kNone) possible &= ~markov::only(s);
        if (std::find(group.channels.begin(), group.channels.end(), channel.name) == group.channels.end())
            row.readings[c] = {};
        else
            row.has_reading = true;
    }
    if (row.kind == markov::Kind::snapshot && possible != spec.all_states()) row.among = possible;
}

/// Has the row's reading moved the odds among the living? (What tells nothing leaves rounding of 1e-16.)
bool tells(const markov::Spec& spec, const markov::Step& step) {
    const markov::StateSet live = spec.live_states();
    const double before = markov::probability(step.predicted, live),
                 after = markov::probability(step.filtered, live);
    if (!(before > 0.0 && after > 0.0)) return false;
    for (std::size_t s = 0; s < spec.states.size(); ++s) {
        const auto i = static_cast<Eigen::Index>(s);
        if (markov::contains(live, s) &&
            std::abs(step.filtered[i] / after - step.predicted[i] / before) > 1e-9)
            return true;
    }
    return false;
}

/// The course by one group's readings alone; by none of the group without channels.
Course course_of(const ChannelGroup& group, const std::vector<BoundRow>& rows, const markov::Filter& filter) {
    Course out{rows, {}, {}, {}};
    markov::Step step;
    bool told = false;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        BoundRow& row = out.rows[i];
        keep_group(group, filter.spec(), row);
        if (row.has_reading) out.reading_rows.push_back(i);
        out.states.push_back(after(filter, i == 0 ? nullptr : out.states[i - 1].get(), row, step));
        told = told || (row.has_reading && tells(filter.spec(), step));
        out.told.push_back(told);
    }
    return out;
}

/// Natural log odds of a set of states; exact near 0 and 1, too.
double log_odds_of(const markov::FilterState& state, markov::StateSet set) {
    const double top = *std::max_element(state.log_probability.begin(), state.log_probability.end());
    double in = 0.0, out = 0.0;
    for (std::size_t s = 0; s < state.log_probability.size(); ++s)
        (markov::contains(set, s) ? in : out) += std::exp(state.log_probability[s] - top);
    return std::log(in) - std::log(out);
}

/// Not thread-safe: what groups say is worked out when it is first asked for.
class FilterPosterior : public Posterior {
public:
    FilterPosterior(const Scorer& scorer, std::string subject, std::vector<BoundRow> rows, States states)
        : scorer_(scorer), subject_(std::move(subject)), all_{std::move(rows), std::move(states), {}, {}} {
        for (std::size_t i = 0; i < all_.rows.size(); ++i)
            if (all_.rows[i].has_reading) {
                all_.reading_rows.push_back(i);
                dates_.push_back(all_.rows[i].date);
            }
    }
    [[nodiscard]] const std::vector<Date>& dates() const override { return dates_; }

    [[nodiscard]] series::Answer probability(const std::string& label, Date d) const override {
        series::Answer a;
        const auto i = last_reading(d);
        if (!i)
            a.why = no_reading();
        else
            a.value = markov::probability(markov::probabilities(*all_.states[*i]), set(label));
        return a;
    }

    [[nodiscard]] series::Answer probability(const std::string& label, const ChannelGroup& group,
                                             Date d) const override {
        return by_group(group, d, [&](const markov::FilterState& state) {
            return markov::probability(markov::probabilities(state), set(label));
        });
    }

    [[nodiscard]] series::Answer evidence(const std::string& label, const ChannelGroup& group,
                                          Date d) const override {
        const series::Answer by_them = log_odds(label, group, d);
        if (!by_them.value) return by_them;
        series::Answer without;
        without.value = log_odds_of(*course({}).states[*last_reading(d)], set(label));
        return difference(by_them, without);
    }

    [[nodiscard]] series::Answer disagreement(const std::string& label, const ChannelGroup& one,
                                              const ChannelGroup& other, Date d) const override {
        return difference(log_odds(label, one, d), log_odds(label, other, d));
    }

    [[nodiscard]] series::Answer forecast(const std::string& label, Date d, int horizon) const override {
        series::Answer a;
        const auto reading = last_reading(d);
        if (!reading) {
            a.why = no_reading();
            return a;
        }
        const auto& rows = all_.rows;
        if (d - rows[*reading].date > forecast_limit_days) {
            a.why = fmt::format("the last reading of model '{}' is more than {} days old", scorer_.name(),
                                forecast_limit_days);
            return a;
        }
        std::size_t i = *reading;
        while (i + 1 < rows.size() && rows[i + 1].date <= d)
            ++i;
        const Days ahead(static_cast<double>(d - rows[i].date + horizon));
        a.value =
            markov::probability(scorer_.filter_for(subject_).forecast(*all_.states[i], ahead), set(label));
        return a;
    }

    [[nodiscard]] std::string reason(const std::string& label, Date d) const override {
        const auto last = last_reading(d);
        return last ? argument(all_, *last, label, "") : std::string();
    }

    [[nodiscard]] std::string reason(const std::string& label, const ChannelGroup& group,
                                     Date d) const override {
        const auto last = last_reading(d);
        return last ? argument(course(group), *last, label, fmt::format(R"("group":"{}",)", group.name))
                    : std::string();
    }

private:
    [[nodiscard]] markov::StateSet set(const std::string& label) const {
        return scorer_.model().spec.states_with(label);
    }
    [[nodiscard]] std::string no_reading() const {
        return "no reading of a channel of model '" + scorer_.name() + "'";
    }
    [[nodiscard]] std::optional<std::size_t> last_reading(Date d) const {
        const auto after = std::upper_bound(dates_.begin(), dates_.end(), d);
        if (after == dates_.begin()) return std::nullopt;
        return all_.reading_rows[static_cast<std::size_t>(after - dates_.begin()) - 1];
    }
    [[nodiscard]] const Course& course(const ChannelGroup& group) const {
        const auto found = groups_.find(group.name);
        if (found != groups_.end()) return found->second;
        return groups_.emplace(group.name, course_of(group, all_.rows, scorer_.filter_for(subject_)))
            .first->second;
    }
    [[nodiscard]] series::Answer log_odds(const std::string& label, const ChannelGroup& group, Date d) const {
        return by_group(group, d,
                        [&](const markov::FilterState& state) { return log_odds_of(state, set(label)); });
    }
    template <typename Of>
    [[nodiscard]] series::Answer by_group(const ChannelGroup& group, Date d, Of of) const {
        series::Answer a;
        const auto i = last_reading(d);
        if (!i)
            a.why = no_reading();
        else if (!course(group).told[*i])
            a.why = fmt::format("no reading of group '{}' tells states of model '{}' apart so far",
                                group.name, scorer_.name());
        else
            a.value = of(*course(group).states[*i]);
        return a;
    }
    /// The last visits up to a row, and that row: weights that add up to the log odds there.
    [[nodiscard]] std::string argument(const Course& course, std::size_t row, const std::string& label,
                                       const std::string& group) const {
        std::vector<std::size_t> shown(
            course.reading_rows.begin(),
            std::upper_bound(course.reading_rows.begin(), course.reading_rows.end(), row));
        if (shown.empty() || shown.back() != row) shown.push_back(row);
        std::string visits;
        for (std::size_t k = shown.size() > visits_in_reason ? shown.size() - visits_in_reason : 0;
             k < shown.size(); ++k)
            visits +=
                (visits.empty() ? "" : ",") + visit(course, k == 0 ? 0 : shown[k - 1] + 1, shown[k], label);
        return fmt::format(R"({{"against":"not {}",{}"label":"{}","model":"{}","visits":[{}]}})", label,
                           group, label, scorer_.name(), visits);
    }
    /// One visit's weights: log odds now, and what time and each channel added since the visit before. Rows
    /// without a reading in between (changes of therapy) cut the time; their parts of it are summed, and with
    /// them what being alive says where the readings themselves are left out.
    /// @param from  the row after the visit before
    [[nodiscard]] std::string visit(const Course& course, std::size_t from, std::size_t row,
                                    const std::string& label) const {
        auto& filter = scorer_.filter_for(subject_);
        markov::Step step;
        std::optional<markov::WeightOfEvidence> weight;
        std::optional<double> time = 0.0;
        for (std::size_t r = from; r <= row; ++r) {
            markov::FilterState state = r == 0 ? filter.start() : *course.states[r - 1];
            forget(filter, state, course.rows[r].restarted);
            filter.explain(state, course.rows[r].row(), step);
            weight = markov::weigh(step, set(label));
            time = time && weight ? std::optional(*time + weight->time + weight->kind) : std::nullopt;
        }
        const double p = markov::probability(markov::probabilities(*course.states[row]), set(label));
        std::string out = fmt::format(R"({{"channels":{{)");
        if (weight)
            for (std::size_t c = 0; c < step.channels.size(); ++c)
                out +=
                    fmt::format(R"({}"{}":{})", c ? "," : "", filter.spec().channels[step.channels[c]].name,
                                json_number(weight->channel[c]));
        out += fmt::format(R"(}},"date":"{}","log_odds":{},"p":{},"time":{}}})",
                           to_string(course.rows[row].date), weight ? json_number(weight->after) : "null",
                           json_number(p), time ? json_number(*time) : "null");
        return out;
    }

    const Scorer& scorer_;
    std::string subject_;
    Course all_;
    std::vector<Date> dates_;
    mutable std::map<std::string, Course> groups_;
};

}  // namespace

std::string FilterTrack::serialize() const {
    std::string out;
    for (const auto& e : entries)
        out += fmt::format("{:016x} {}\n", e.digest, e.state->serialize());
    return out;
}

std::optional<FilterTrack> FilterTrack::parse(const std::string& text) {
    FilterTrack track;
    try {
        for (const auto& line : split(text, '\n')) {
            if (line.empty()) continue;
            if (line.size() < 18 || line[16] != ' ') return std::nullopt;
            Entry e;
            const char* const end = line.data() + 16;
            const auto read = std::from_chars(line.data(), end, e.digest, 16);  // no sign, no "0x"
            if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
            e.state = std::make_shared<const markov::FilterState>(
                markov::FilterState::deserialize(std::string_view(line).substr(17)));
            track.entries.push_back(std::move(e));
        }
    } catch (const std::exception&) {
        return std::nullopt;
    }
    return track;
}

ModelWords words_of(const markov::Spec& spec) {
    ModelWords words;
    words.labels = spec.labels();
    for (const auto& c : spec.channels)
        words.channels.push_back(c.name);
    return words;
}

Scorer::Scorer(std::string name, std::string hash, const std::string& text)
    : name_(std::move(name)), hash_(std::move(hash)) {
    Findings findings;
    model_ = markov::read_model(text, "model " + name_, findings);
    if (!findings.ok()) throw InputError(findings);
    if (!model_.usable())
        throw Error("D003", "model '" + name_ + "' may not score patients: " + model_.why_not_usable());
}

ModelWords Scorer::words() const {
    return words_of(model_.spec);
}

markov::Filter& Scorer::filter_for(const std::string& subject) const {
    const std::size_t set = model_.set_for(subject);
    const std::lock_guard lock(mutex_);
    auto& mine = per_thread_[std::this_thread::get_id()];
    mine.caches.resize(model_.sets.size());
    mine.filters.resize(model_.sets.size());
    if (!mine.filters[set]) {
        mine.caches[set] = std::make_unique<markov::TransitionCache>(model_.spec, model_.sets[set].values);
        mine.filters[set] = std::make_unique<markov::Filter>(*mine.caches[set]);
    }
    return *mine.filters[set];
}

std::shared_ptr<const Posterior> Scorer::posterior(const series::Timeline& timeline, Date as_of,
                                                   FilterTrack& track) const {
    auto rows = bind(timeline, model_.spec, as_of);
    auto& filter = filter_for(timeline.patient.id);
    States states;
    states.reserve(rows.size());
    FilterTrack now;
    now.entries.reserve(rows.size());
    bool same = true;
    std::uint64_t digest = Sha256().field(hash_).field(timeline.patient.id).prefix();
    markov::Step step;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        digest = mix(digest, rows[i].digest());
        same = same && i < track.entries.size() && track.entries[i].digest == digest;
        states.push_back(same ? track.entries[i].state
                              : after(filter, i == 0 ? nullptr : states[i - 1].get(), rows[i], step));
        now.entries.push_back({digest, states[i]});
    }
    track = std::move(now);
    return std::make_shared<const FilterPosterior>(*this, timeline.patient.id, std::move(rows),
                                                   std::move(states));
}

}  // namespace bellwether::drift

#include "bellwether/drift/posterior.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/core/hash.hpp"
#include "bellwether/core/text.hpp"

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

class FilterPosterior : public Posterior {
public:
    FilterPosterior(const Scorer& scorer, std::string subject, std::vector<BoundRow> rows,
                    std::vector<markov::FilterState> states)
        : scorer_(scorer), subject_(std::move(subject)), rows_(std::move(rows)), states_(std::move(states)) {
        for (std::size_t i = 0; i < rows_.size(); ++i)
            if (rows_[i].has_reading) {
                reading_rows_.push_back(i);
                dates_.push_back(rows_[i].date);
            }
    }
    [[nodiscard]] const std::vector<Date>& dates() const override { return dates_; }

    [[nodiscard]] series::Answer probability(const std::string& label, Date d) const override {
        series::Answer a;
        const auto i = last_reading(d);
        if (!i)
            a.why = "no reading of a channel of model '" + scorer_.name() + "'";
        else
            a.value = markov::probability(markov::probabilities(states_[*i]), set(label));
        return a;
    }

    [[nodiscard]] series::Answer forecast(const std::string& label, Date d, int horizon) const override {
        series::Answer a;
        const auto reading = last_reading(d);
        if (!reading) {
            a.why = "no reading of a channel of model '" + scorer_.name() + "'";
            return a;
        }
        if (d - rows_[*reading].date > forecast_limit_days) {
            a.why = fmt::format("the last reading of model '{}' is more than {} days old", scorer_.name(),
                                forecast_limit_days);
            return a;
        }
        std::size_t i = *reading;
        while (i + 1 < rows_.size() && rows_[i + 1].date <= d)
            ++i;
        const Days ahead(static_cast<double>(d - rows_[i].date + horizon));
        a.value = markov::probability(scorer_.filter_for(subject_).forecast(states_[i], ahead), set(label));
        return a;
    }

    [[nodiscard]] std::string reason(const std::string& label, Date d) const override {
        const auto last = last_reading(d);
        if (!last) return {};
        const auto from =
            std::find(reading_rows_.begin(), reading_rows_.end(), *last) - reading_rows_.begin();
        const std::size_t first = static_cast<std::size_t>(from) + 1 > visits_in_reason
                                      ? static_cast<std::size_t>(from) + 1 - visits_in_reason
                                      : 0;
        std::string visits;
        for (std::size_t k = first; k <= static_cast<std::size_t>(from); ++k)
            visits += (visits.empty() ? "" : ",") + visit(k, label);
        return fmt::format(R"({{"against":"not {}","label":"{}","model":"{}","visits":[{}]}})", label, label,
                           scorer_.name(), visits);
    }

private:
    [[nodiscard]] markov::StateSet set(const std::string& label) const {
        return scorer_.model().spec.states_with(label);
    }
    [[nodiscard]] std::optional<std::size_t> last_reading(Date d) const {
        const auto after = std::upper_bound(dates_.begin(), dates_.end(), d);
        if (after == dates_.begin()) return std::nullopt;
        return reading_rows_[static_cast<std::size_t>(after - dates_.begin()) - 1];
    }
    /// One visit's weights: log odds now, and what time and each channel added since the visit before. Rows
    /// without a reading in between (changes of therapy) cut the time; their parts of it are summed.
    [[nodiscard]] std::string visit(std::size_t k, const std::string& label) const {
        auto& filter = scorer_.filter_for(subject_);
        const std::size_t i = reading_rows_[k];
        markov::Step step;
        std::optional<markov::WeightOfEvidence> weight;
        std::optional<double> time = 0.0;
        for (std::size_t r = k == 0 ? 0 : reading_rows_[k - 1] + 1; r <= i; ++r) {
            markov::FilterState state = r == 0 ? filter.start() : states_[r - 1];
            forget(filter, state, rows_[r].restarted);
            filter.explain(state, rows_[r].row(), step);
            weight = markov::weigh(step, set(label));
            time = time && weight ? std::optional(*time + weight->time) : std::nullopt;
        }
        const double p = markov::probability(markov::probabilities(states_[i]), set(label));
        std::string out = fmt::format(R"({{"channels":{{)");
        if (weight)
            for (std::size_t c = 0; c < step.channels.size(); ++c)
                out +=
                    fmt::format(R"({}"{}":{})", c ? "," : "", filter.spec().channels[step.channels[c]].name,
                                json_number(weight->channel[c]));
        out += fmt::format(R"(}},"date":"{}","log_odds":{},"p":{},"time":{}}})", to_string(rows_[i].date),
                           weight ? json_number(weight->after) : "null", json_number(p),
                           time ? json_number(*time) : "null");
        return out;
    }

    const Scorer& scorer_;
    std::string subject_;
    std::vector<BoundRow> rows_;
    std::vector<markov::FilterState> states_;
    std::vector<std::size_t> reading_rows_;
    std::vector<Date> dates_;
};

}  // namespace

std::string FilterTrack::serialize() const {
    std::string out;
    for (const auto& e : entries)
        out += fmt::format("{:016x} {}\n", e.digest, e.state.serialize());
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
            e.state = markov::FilterState::deserialize(std::string_view(line).substr(17));
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
    std::vector<markov::FilterState> states;
    states.reserve(rows.size());
    FilterTrack now;
    now.entries.reserve(rows.size());
    bool same = true;
    std::uint64_t digest = Sha256().field(hash_).field(timeline.patient.id).prefix();
    markov::Step step;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        digest = mix(digest, rows[i].digest());
        same = same && i < track.entries.size() && track.entries[i].digest == digest;
        if (same) {
            states.push_back(track.entries[i].state);
        } else {
            states.push_back(i == 0 ? filter.start() : states[i - 1]);
            forget(filter, states[i], rows[i].restarted);
            filter.step(states[i], rows[i].row(), step);
        }
        now.entries.push_back({digest, states[i]});
    }
    track = std::move(now);
    return std::make_shared<const FilterPosterior>(*this, timeline.patient.id, std::move(rows),
                                                   std::move(states));
}

}  // namespace bellwether::drift

#include "bellwether/app/counterfactual.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "bellwether/core/text.hpp"

namespace bellwether::app {
namespace {

constexpr int kSteps = 40;

/// Judges one rule on one day, again and again.
class Judge {
public:
    Judge(const series::Timeline& timeline, std::shared_ptr<const Knowledge> alone, Date day)
        : timeline_(timeline), evaluator_(std::move(alone), false), day_(day) {}

    [[nodiscard]] bool fires() {
        Tracks tracks;
        const auto verdict = evaluator_.evaluate(timeline_, Instant::end_of(day_), tracks);
        return std::any_of(verdict.episodes.begin(), verdict.episodes.end(), [&](const Episode& e) {
            return e.fired <= day_ && (!e.ended || *e.ended > day_);
        });
    }
    /// With another value in the place of one reading.
    [[nodiscard]] bool fires_with(const std::string& channel, std::size_t point, double value) {
        auto& reading = timeline_.tracks.at(channel).points[point].reading;
        const Reading was = reading;
        reading = {value, Censor::none};
        const bool answer = fires();
        reading = was;
        return answer;
    }

private:
    series::Timeline timeline_;
    Evaluator evaluator_;
    Date day_;
};

/// Values from a reading outwards, up to the last that is possible.
struct Ladder {
    double from = 0.0;
    bool log = false;
    double step = 0.0;  ///< linear: the first
    int sign = 1;
    std::optional<double> end;  ///< physically possible to here
    [[nodiscard]] bool beyond(double x) const { return end && sign * (x - *end) > 0.0; }
    [[nodiscard]] double at(int i) const {
        const double x =
            log ? from * std::exp2(sign * i / 4.0) : from + sign * step * (std::pow(1.25, i) - 1.0) * 4.0;
        return beyond(x) ? *end : x;
    }
    /// How many values there are; none for a reading that is itself at the end or beyond.
    [[nodiscard]] int rungs() const {
        int i = 0;
        while (i < kSteps && !(end && at(i) == *end))
            ++i;
        return i;
    }
};

/// Three figures, away from the reading.
double rounded(double x, int sign) {
    if (x == 0.0) return 0.0;
    const double unit = std::pow(10.0, std::floor(std::log10(std::abs(x))) - 2.0);
    const double n = sign > 0 ? std::ceil(x / unit) : std::floor(x / unit);
    return parse_double(shortest(std::round(n) * unit)).value_or(x);
}

/// The next number of three figures further off.
double further(double x, int sign) {
    const double unit = x == 0.0 ? 1e-3 : std::pow(10.0, std::floor(std::log10(std::abs(x))) - 2.0);
    return x + sign * unit;
}

struct Silence {
    std::optional<double> nearest, until;
};

Silence nearest_silence(Judge& judge, const std::string& channel, std::size_t point, const Ladder& ladder) {
    const auto fires = [&](double x) { return judge.fires_with(channel, point, x); };
    Silence found;
    double last_firing = ladder.from;
    const int rungs = ladder.rungs();
    int i = 1;
    for (; i <= rungs && !found.nearest; ++i) {
        const double x = ladder.at(i);
        if (fires(x))
            last_firing = x;
        else
            found.nearest = x;
    }
    if (!found.nearest) return found;
    for (; i <= rungs && !found.until; ++i)
        if (fires(ladder.at(i))) found.until = rounded(ladder.at(i), ladder.sign);
    double silent = *found.nearest;
    while (std::abs(silent - last_firing) >
           1e-4 * std::max(std::abs(silent), std::abs(silent - ladder.from))) {
        const double middle = ladder.log ? std::sqrt(silent * last_firing) : 0.5 * (silent + last_firing);
        (fires(middle) ? last_firing : silent) = middle;
    }
    double shown = rounded(silent, ladder.sign);
    for (int tries = 0; tries < 3 && !ladder.beyond(shown) && fires(shown); ++tries)
        shown = further(shown, ladder.sign);
    found.nearest = ladder.beyond(shown) || fires(shown) ? silent : shown;
    return found;
}

/// A first step of a linear scale: a twentieth of how far the patient's readings lie apart.
double first_step(const series::Track& track) {
    double low = track.points.front().reading.value, high = low;
    for (const auto& p : track.points) {
        low = std::min(low, p.reading.value);
        high = std::max(high, p.reading.value);
    }
    const double size = std::max(std::abs(low), std::abs(high));
    return 0.05 * std::max({high - low, 0.05 * size, 1e-6});
}

NearestChange change_of(Judge& judge, const series::Track& track, std::size_t point, const Channel& channel) {
    NearestChange c;
    c.channel = track.channel;
    c.unit = channel.unit;
    c.date = track.points[point].date;
    c.was = track.points[point].reading;
    Ladder ladder{c.was.value, channel.scale == Scale::log && c.was.value > 0.0, first_step(track), -1,
                  channel.low};
    const auto below = nearest_silence(judge, c.channel, point, ladder);
    ladder.sign = 1;
    ladder.end = channel.high;
    const auto above = nearest_silence(judge, c.channel, point, ladder);
    c.at_most = below.nearest, c.at_most_until = below.until;
    c.at_least = above.nearest, c.at_least_until = above.until;
    return c;
}

/// The rule and its model, and nothing else.
std::shared_ptr<const Knowledge> alone(const Knowledge& all, const rulebook::Rule& rule) {
    auto k = std::make_shared<Knowledge>(all);
    k->book.rules = {rule};
    std::erase_if(k->models, [&](const auto& m) { return m.first != rule.model; });
    return k;
}

std::set<std::string> channels_of(const rulebook::Rule& rule, const drift::Table& table) {
    std::set<std::string> channels;
    for (const auto& call : rulebook::calls_of_condition(rule)) {
        std::string why;
        if (const auto type = table.type_of(call, why))
            channels.insert(type->channels.begin(), type->channels.end());
    }
    return channels;
}

/// The lowest reading before the last one of its segment; nothing when the last is the lowest or stands
/// alone.
std::optional<std::size_t> lowest_before(const series::Track& track, std::size_t last) {
    std::optional<std::size_t> lowest;
    for (std::size_t i = 0; i < last; ++i)
        if (track.points[i].segment == track.points[last].segment &&
            (!lowest || track.points[i].reading.value < track.points[*lowest].reading.value))
            lowest = i;
    return lowest;
}

}  // namespace

Counterfactual would_not_fire(const series::Timeline& timeline,
                              const std::shared_ptr<const Knowledge>& knowledge, const std::string& rule,
                              Date fired) {
    const auto* found = knowledge->book.find(rule);
    if (!found) throw Error("P004", "no rule '" + rule + "'; " + suggestion(rule, knowledge->book.alerts()));
    Counterfactual out;
    Judge judge(timeline, alone(*knowledge, *found), fired);
    out.fires = judge.fires();
    for (const auto& name : channels_of(*found, *knowledge->table)) {
        const auto* track = timeline.track(name);
        const int last = track ? track->last_index(fired) : -1;
        if (last < 0 || track->points[static_cast<std::size_t>(last)].date < fired)
            out.not_read.push_back(
                {name, last < 0 ? std::nullopt
                                : std::optional<Date>(track->points[static_cast<std::size_t>(last)].date)});
        if (last < 0 || !out.fires) continue;
        const auto channel = knowledge->catalogue.find(name);
        if (channel == knowledge->catalogue.end()) continue;
        const auto point = static_cast<std::size_t>(last);
        out.changes.push_back(change_of(judge, *track, point, channel->second));
        if (const auto low = lowest_before(*track, point)) {
            out.changes.push_back(change_of(judge, *track, *low, channel->second));
            out.changes.back().nadir = true;
        }
    }
    return out;
}

std::optional<Counterfactual> would_not_fire(store::Store& store, const Alert& alert, Instant as_of) {
    const auto knowledge = in_force(knowledge_history(store.activations(), store.channels()), as_of);
    if (!knowledge || !knowledge->book.find(alert.episode.rule)) return std::nullopt;
    std::optional<Counterfactual> out;
    store.for_each_history({alert.patient}, as_of, [&](PatientHistory&& history) {
        out = would_not_fire(timeline_at(history, as_of, knowledge->catalogue), knowledge, alert.episode.rule,
                             alert.episode.fired);
    });
    return out;
}

}  // namespace bellwether::app

#include "bellwether/derive/derive.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "bellwether/derive/recist.hpp"
#include "bellwether/series/bounds.hpp"

namespace bellwether::derive {
namespace {

using series::Point;
using series::Timeline;
using series::Track;

struct Input {
    std::string channel;
    int max_age = 0;  ///< days
    bool same_laboratory_as_first = false;
};

using Readings = std::vector<Reading>;

struct Recipe {
    std::string channel;
    std::vector<Input> inputs;
    std::optional<Reading> (*formula)(const Readings&);
    std::string undefined;  ///< why the formula may have no value
};

constexpr int limit_in_force = 365;  // illustrative: a laboratory restates its reference limits about yearly

const std::vector<Recipe>& recipes() {
    static const std::string censoring = "the limits of detection leave it open";
    static const std::string divisor = "the divisor is not above 0, or the limits of detection leave it open";
    static const std::vector<Recipe> all = {
        {"exhaustion_norm",
         {{"exhaustion"}, {"tcell_activity"}},
         [](const Readings& x) { return series::difference(x[0], x[1]); },
         censoring},
        {"nlr",
         {{"neutrophils"}, {"lymphocytes"}},
         [](const Readings& x) { return series::ratio(x[0], x[1]); },
         divisor},
        {"dnlr",
         {{"neutrophils"}, {"leukocytes"}},
         [](const Readings& x) -> std::optional<Reading> {
             const auto others = series::difference(x[1], x[0]);
             if (!others) return std::nullopt;
             return series::ratio(x[0], *others);
         },
         divisor},
        {"ldh_ratio",
         {{"ldh"}, {"ldh_uln", limit_in_force, true}},
         [](const Readings& x) { return series::ratio(x[0], x[1]); },
         divisor},
    };
    return all;
}

const std::string& name_of(const Track& t, const Point& p) {
    static const std::string none;
    const auto s = static_cast<std::size_t>(p.segment);
    return s < t.segment_names.size() ? t.segment_names[s] : none;
}

bool other_laboratory(const std::string& a, const std::string& b) {
    const auto laboratory = [](const std::string& name) {
        const auto slash = name.rfind('/');
        return slash == std::string::npos ? std::string() : name.substr(slash + 1);
    };
    const std::string x = laboratory(a), y = laboratory(b);
    return !x.empty() && !y.empty() && x != y;
}

/// The inputs of one recipe as they stand on one day, days ascending. Keeps its memory.
class Inputs {
public:
    Inputs(const Recipe& recipe, std::vector<const Track*> tracks)
        : recipe_(recipe), tracks_(std::move(tracks)), next_(tracks_.size(), 0), lack_(tracks_.size()) {}

    /// @return whether all are there
    bool on(Date d) {
        readings.clear();
        segments.clear();
        names.clear();
        const std::string* first_name = nullptr;
        bool all = true;
        for (std::size_t k = 0; k < tracks_.size(); ++k) {
            lack_[k] = Lack::none;
            const std::vector<Point>& points = tracks_[k]->points;
            while (next_[k] < points.size() && !(d < points[next_[k]].date))
                ++next_[k];
            const Input& input = recipe_.inputs[k];
            const Point* p = next_[k] == 0 ? nullptr : &points[next_[k] - 1];
            if (!p || d - p->date > input.max_age) {
                lack_[k] = Lack::reading;
                all = false;
                continue;
            }
            const std::string& name = name_of(*tracks_[k], *p);
            if (input.same_laboratory_as_first && first_name && other_laboratory(*first_name, name)) {
                lack_[k] = Lack::laboratory;
                all = false;
                continue;
            }
            if (k == 0) first_name = &name;
            readings.push_back(p->reading);
            segments.push_back(p->segment);
            names.push_back(&name);
        }
        return all;
    }
    /// What the day last asked for lacked.
    [[nodiscard]] std::string missing() const {
        std::string out;
        for (std::size_t k = 0; k < lack_.size(); ++k)
            if (lack_[k] != Lack::none)
                out += (out.empty() ? "no " : " and no ") + recipe_.inputs[k].channel +
                       (lack_[k] == Lack::laboratory ? " of its laboratory" : "");
        return out;
    }

    Readings readings;
    std::vector<int> segments;
    std::vector<const std::string*> names;  ///< of the inputs' segments

private:
    enum class Lack { none, reading, laboratory };
    const Recipe& recipe_;
    std::vector<const Track*> tracks_;
    std::vector<std::size_t> next_;  ///< per track: the first point after the day
    std::vector<Lack> lack_;
};

/// "A + B": the segment's name.
std::string joined(const std::vector<const std::string*>& names) {
    std::string out;
    for (const auto* name : names)
        out += (out.empty() || name->empty() ? "" : " + ") + *name;
    return out;
}

/// Leaves a track behind, empty or not, and says what the latest day lacked.
void cook(const Recipe& recipe, Timeline& t) {
    std::vector<const Track*> tracks;
    std::string never;
    std::vector<Date> dates;
    for (const Input& input : recipe.inputs) {
        const Track* track = t.track(input.channel);
        if (!track || track->points.empty()) {
            never += (never.empty() ? "no reading of " : " and none of ") + input.channel;
            continue;
        }
        tracks.push_back(track);
        if (input.max_age == 0)  // a limit in force makes no value by itself
            for (const Point& p : track->points)
                dates.push_back(p.date);
    }
    std::sort(dates.begin(), dates.end());
    dates.erase(std::unique(dates.begin(), dates.end()), dates.end());
    t.tracks.erase(recipe.channel);
    if (!never.empty()) {
        t.unmeasured[recipe.channel] = never;
        return;
    }
    Track out{recipe.channel, {}, {}};
    std::vector<int> segments;
    Inputs inputs(recipe, tracks);
    bool complete = true;
    std::optional<Reading> value;  // of the latest day
    for (const Date d : dates) {
        complete = inputs.on(d);
        value = complete ? recipe.formula(inputs.readings) : std::nullopt;
        if (!value) continue;
        if (out.segment_names.empty() || inputs.segments != segments) {
            segments = inputs.segments;
            out.segment_names.push_back(joined(inputs.names));
        }
        out.points.push_back({d, -1, *value, static_cast<int>(out.segment_names.size()) - 1});
    }
    if (!value && !dates.empty())
        t.unmeasured[recipe.channel] =
            fmt::format("{} on {}", complete ? recipe.undefined : inputs.missing(), to_string(dates.back()));
    if (!out.points.empty()) t.tracks[recipe.channel] = std::move(out);
}

void add_target_sum(const std::string& channel, Timeline& t) {
    t.tracks.erase(channel);
    const auto points = recist::assess(t.lesions, t.patient.day_zero);
    if (points.empty()) {
        t.unmeasured[channel] = t.track("sld") ? "no lesions recorded; the sum of diameters is fed as sld"
                                               : "no lesions recorded";
        return;
    }
    Track out{channel, {}, {""}};
    for (const auto& p : points)
        if (p.sum) out.points.push_back({p.date, -1, {*p.sum, Censor::none}, 0});
    const auto& last = points.back();
    if (!last.sum) {
        std::string missing;
        for (const std::string& name : last.not_evaluable)
            missing += (missing.empty() ? "" : ", ") + name;
        t.unmeasured[channel] = missing.empty()
                                    ? "no target lesion with a size on " + to_string(last.date)
                                    : fmt::format("no size of {} on {}", missing, to_string(last.date));
    }
    if (!out.points.empty()) t.tracks[channel] = std::move(out);
}

}  // namespace

void extend(Timeline& timeline, const ChannelCatalogue& catalogue) {
    for (const auto& [name, channel] : catalogue) {
        if (!channel.derived) continue;
        timeline.unmeasured.erase(name);
        const std::string& wanted = name;
        const auto recipe = std::find_if(recipes().begin(), recipes().end(),
                                         [&](const Recipe& r) { return r.channel == wanted; });
        if (recipe != recipes().end())
            cook(*recipe, timeline);
        else if (name == "target_sum")
            add_target_sum(name, timeline);
        else
            timeline.unmeasured[name] = "no recipe for this derived channel";
    }
}

const std::vector<std::string>& derived_channels() {
    static const std::vector<std::string> names = {"dnlr", "exhaustion_norm", "ldh_ratio", "nlr",
                                                   "target_sum"};
    return names;
}

}  // namespace bellwether::derive

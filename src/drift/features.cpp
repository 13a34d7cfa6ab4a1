#include "bellwether/drift/features.hpp"

#include <algorithm>
#include <cmath>

#include "bellwether/core/text.hpp"
#include "bellwether/drift/track_detector.hpp"
#include "bellwether/series/course.hpp"

#include "difference.hpp"

namespace bellwether::drift {
namespace {

using series::Answer;

/// A reading beyond its limit of detection is passed on as the bound that it is; the rule language decides
/// what follows.
void put(FeatureColumn& out, std::size_t i, const Answer& a) {
    if (!a.value)
        out.unknown(i, a.why);
    else if (!a.censored)
        out.set(i, *a.value);
    else if (a.bound == Censor::none)
        out.unknown(i, "both readings are beyond the same limit of detection");
    else
        out.set_bound(i, *a.value, a.bound == Censor::left ? -1 : 1);
}

std::vector<Date> unique_up_to(std::vector<Date> dates, Date last) {
    std::sort(dates.begin(), dates.end());
    dates.erase(std::unique(dates.begin(), dates.end()), dates.end());
    while (!dates.empty() && dates.back() > last)
        dates.pop_back();
    return dates;
}

bool matches(const Event& e, const std::string& kind) {
    return to_string(e.kind) == kind;
}

/// Highest active grade; an active toxicity without a grade counts as 1, since something is there.
int active_grade(const series::Timeline& t, const std::string& term, Date d) {
    const auto toxicity = series::active_toxicity(t, term, d);
    return std::max(toxicity.grade.value_or(0), toxicity.ungraded ? 1 : 0);
}

/// Date of the last event of a kind, or of the last start of a therapy, on or before d.
std::optional<Date> last_event(const series::Timeline& t, const std::string& kind, Date d) {
    if (kind != "therapy_start") {
        const auto known = parse_event_kind(kind);
        const Event* e = known ? series::last_event(t, *known, "any", d) : nullptr;
        return e ? std::optional(e->date) : std::nullopt;
    }
    std::optional<Date> found;  // therapies ascend by start
    for (const auto& i : t.therapies)
        if (i.start <= d) found = i.start;
    return found;
}

std::optional<std::string> attribute(const series::Timeline& t, const std::string& name) {
    const Patient& p = t.patient;
    const auto nonempty = [](const std::string& s) { return s.empty() ? std::nullopt : std::optional(s); };
    if (name == "arm") return nonempty(p.arm);
    if (name == "site") return nonempty(p.site);
    if (name == "trial") return nonempty(p.trial);
    if (name == "sex") {
        if (p.sex == Sex::unknown) return std::nullopt;
        return p.sex == Sex::female ? "female" : "male";
    }
    if (name == "age") {
        if (!p.birth_year || !p.day_zero) return std::nullopt;
        return std::to_string(p.day_zero->year() - *p.birth_year);
    }
    const auto found = p.attributes.find(name);
    return found == p.attributes.end() ? std::nullopt : nonempty(found->second);
}

Answer reference(const series::Track& track, const std::string& name, Date d, std::optional<Date> zero) {
    if (name == "baseline") return series::baseline(track, d, zero);
    return name == "nadir" ? series::nadir(track, d, zero) : series::peak(track, d, zero);
}

/// P(label, group), evidence(label, group), disagree(label, group, group)
bool asks_a_group(const FeatureCall& call) {
    return call.args.size() > 1 && call.args[1].type == ArgType::group;
}

}  // namespace

GivenPosterior::GivenPosterior(std::map<std::string, std::vector<std::pair<Date, double>>> given)
    : given_(std::move(given)) {
    for (const auto& [label, track] : given_)
        for (const auto& [date, p] : track)
            dates_.push_back(date);
    std::sort(dates_.begin(), dates_.end());
    dates_.erase(std::unique(dates_.begin(), dates_.end()), dates_.end());
}

Answer GivenPosterior::at(const std::string& key, const std::string& call, Date d) const {
    Answer a;
    if (const auto found = given_.find(key); found != given_.end())
        for (const auto& [date, x] : found->second)
            if (date <= d) a.value = x;
    if (!a.value) a.why = call + " is not given on or before " + to_string(d);
    return a;
}

Answer GivenPosterior::probability(const std::string& label, Date d) const {
    return at(label, "P(" + label + ")", d);
}

Answer GivenPosterior::probability(const std::string& label, const ChannelGroup& group, Date d) const {
    const std::string call = "P(" + label + ", " + group.name + ")";
    return at(call, call, d);
}

Answer GivenPosterior::evidence(const std::string& label, const ChannelGroup& group, Date d) const {
    const std::string call = "evidence(" + label + ", " + group.name + ")";
    return at(call, call, d);
}

Answer GivenPosterior::disagreement(const std::string& label, const ChannelGroup& one,
                                    const ChannelGroup& other, Date d) const {
    const Answer by_one = evidence(label, one, d), by_other = evidence(label, other, d);
    if (by_one.value && by_other.value) return difference(by_one, by_other);
    const auto log_odds = [&](const ChannelGroup& group) {
        Answer a = probability(label, group, d);
        if (a.value) a.value = std::log(*a.value) - std::log1p(-*a.value);
        return a;
    };
    return difference(log_odds(one), log_odds(other));
}

Answer GivenPosterior::forecast(const std::string& label, Date d, int) const {
    return probability(label, d);
}

Features::Features(const series::Timeline& timeline, const Table& table, Date as_of,
                   std::map<std::string, std::shared_ptr<const Posterior>> posteriors)
    : timeline_(timeline), table_(table), as_of_(as_of), posteriors_(std::move(posteriors)) {}

const Posterior* Features::posterior(const FeatureCall& call, std::string& why) const {
    const auto found = posteriors_.find(call.model);
    if (found != posteriors_.end() && found->second) return found->second.get();
    why = "no usable model '" + call.model + "' is active";
    return nullptr;
}

void Features::evaluate(const FeatureCall& call, std::span<const Date> points, FeatureColumn& out) {
    out.reset(points.size());
    if (call.name == "P" || call.name == "forecast" || call.name == "evidence" || call.name == "disagree")
        model_feature(call, points, out);
    else if (call.name == "on" || call.name == "since" || call.name == "toxicity" ||
             call.name.starts_with("attr"))
        patient_feature(call, points, out);
    else if (is_detector(call.name))
        detector_feature(call, points, out);
    else
        channel_feature(call, points, out);
}

ChannelGroup Features::group(const FeatureCall& call, std::size_t n) const {
    ChannelGroup out{call.args.at(n).word, {}};
    for (const auto& [name, channel] : table_.catalogue())
        if (channel.group == out.name) out.channels.push_back(name);
    return out;
}

void Features::model_feature(const FeatureCall& call, std::span<const Date> points,
                             FeatureColumn& out) const {
    std::string why;
    const Posterior* p = posterior(call, why);
    const std::string& label = call.args.at(0).word;
    if (!p) {
        for (std::size_t i = 0; i < points.size(); ++i)
            out.unknown(i, why);
        return;
    }
    if (call.name == "disagree") {
        const ChannelGroup one = group(call, 1), other = group(call, 2);
        for (std::size_t i = 0; i < points.size(); ++i)
            put(out, i, p->disagreement(label, one, other, points[i]));
    } else if (asks_a_group(call)) {
        const ChannelGroup alone = group(call, 1);
        for (std::size_t i = 0; i < points.size(); ++i)
            put(out, i,
                call.name == "P" ? p->probability(label, alone, points[i])
                                 : p->evidence(label, alone, points[i]));
    } else {
        const bool forward = call.name == "forecast";
        const int horizon = call.args.size() > 1 ? static_cast<int>(call.args[1].number) : 0;
        for (std::size_t i = 0; i < points.size(); ++i)
            put(out, i, forward ? p->forecast(label, points[i], horizon) : p->probability(label, points[i]));
    }
}

void Features::channel_feature(const FeatureCall& call, std::span<const Date> points,
                               FeatureColumn& out) const {
    const std::string& name = call.args.at(0).word;
    const std::string& f = call.name;
    const series::Track* track = timeline_.track(name);
    const auto zero = timeline_.patient.day_zero;
    const std::string absent = no_reading(name);
    for (std::size_t i = 0; i < points.size(); ++i) {
        const Date d = points[i];
        const int at = track ? track->last_index(d) : -1;
        if (f == "readings") {
            out.set(i, at + 1);
            continue;
        }
        if (at < 0) {
            out.unknown(i, absent);
            continue;
        }
        const auto& point = track->points[static_cast<std::size_t>(at)];
        if (f == "detected")
            out.set(i, point.reading.censor == Censor::left ? 0.0 : 1.0);
        else if (f == "age_of")
            out.set(i, d - point.date);
        else if (f == "value" || f == "last")
            put(out, i, series::last(*track, d));
        else if (f == "fold")
            put(out, i, series::fold(*track, d, reference(*track, call.args[1].word, d, zero)));
        else if (f == "change")
            put(out, i, series::change(*track, d, reference(*track, call.args[1].word, d, zero)));
        else if (f.starts_with("trend")) {
            const auto& channel = table_.catalogue().at(name);
            const auto t = series::trend(*track, d, static_cast<int>(call.args[1].number), channel.scale);
            put(out, i, f == "trend" ? t.slope : f == "trend_low" ? t.low : t.high);
        } else {
            put(out, i, reference(*track, f, d, zero));
        }
    }
}

void Features::detector_feature(const FeatureCall& call, std::span<const Date> points,
                                FeatureColumn& out) const {
    const std::string& name = call.args.at(0).word;
    const series::Track* track = timeline_.track(name);
    const auto detector = make_detector(call, table_.catalogue().at(name));
    std::size_t next = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        while (track && next < track->points.size() && track->points[next].date <= points[i])
            detector->take(track->points[next++]);
        if (next == 0)
            out.unknown(i, no_reading(name));
        else
            put(out, i, detector->answer(points[i]));
    }
}

std::string Features::no_reading(const std::string& channel) const {
    const auto found = timeline_.unmeasured.find(channel);
    return "no reading of " + channel +
           (found == timeline_.unmeasured.end() ? std::string() : " (" + found->second + ")");
}

void Features::patient_feature(const FeatureCall& call, std::span<const Date> points,
                               FeatureColumn& out) const {
    const std::string& word = call.args.at(0).word;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const Date d = points[i];
        if (call.name == "on") {
            out.set(i, series::on(timeline_, word, d) ? 1.0 : 0.0);
        } else if (call.name == "toxicity") {
            out.set(i, active_grade(timeline_, word, d));
        } else if (call.name == "since") {
            if (const auto at = last_event(timeline_, word, d))
                out.set(i, d - *at);
            else
                out.unknown(i, "no " + word + " so far");
        } else {
            const auto text = attribute(timeline_, word);
            const bool number = call.name == "attr_number" || word == "age";
            const auto value = text && number ? parse_double(*text) : std::nullopt;
            if (!text || (number && !value)) {
                out.unknown(i, "attribute " + word + " is not known");
            } else {
                out.set(i, value.value_or(0.0));
                if (!number) {
                    out.text.resize(points.size());
                    out.text[i] = *text;
                }
            }
        }
    }
}

std::string Features::reason(const FeatureCall& call, Date point) {
    if (call.name != "P" && call.name != "evidence" && call.name != "disagree") return {};
    std::string why;
    const Posterior* p = posterior(call, why);
    if (!p) return {};
    const std::string& label = call.args.at(0).word;
    if (!asks_a_group(call)) return p->reason(label, point);
    std::string out = p->reason(label, group(call, 1), point);
    if (call.name != "disagree" || out.empty()) return out;
    return R"({"groups":[)" + out + "," + p->reason(label, group(call, 2), point) + "]}";
}

std::vector<Date> Features::reading_dates(const std::string& channel) const {
    std::vector<Date> dates;
    if (const auto* track = timeline_.track(channel))
        for (const auto& p : track->points)
            dates.push_back(p.date);
    return unique_up_to(std::move(dates), as_of_);
}

std::vector<Date> Features::therapy_dates() const {
    std::vector<Date> dates;
    for (const auto& i : timeline_.therapies) {
        dates.push_back(i.start);
        if (i.stop) dates.push_back(*i.stop);
    }
    return unique_up_to(std::move(dates), as_of_);
}

std::vector<Date> Features::event_dates() const {
    std::vector<Date> dates;
    for (const auto& e : timeline_.events) {
        dates.push_back(e.date);
        if (e.resolved) dates.push_back(*e.resolved + 1);
    }
    return unique_up_to(std::move(dates), as_of_);
}

std::vector<Date> Features::change_dates(const FeatureCall& call, std::optional<double> threshold) const {
    std::vector<Date> dates;
    const auto crossing = [&](Date anchor) {
        // >, >=, < and <= change on the day of equality or the day after it.
        const int n = static_cast<int>(std::floor(threshold.value_or(0.0)));
        dates.push_back(anchor + n);
        dates.push_back(anchor + n + 1);
    };
    if (call.name == "age_of" || call.name == "changepoint" || call.name.starts_with("trend")) {
        if (const auto* track = timeline_.track(call.args.at(0).word))
            for (const auto& p : track->points) {
                if (call.name == "age_of")
                    crossing(p.date);
                else
                    dates.push_back(p.date + static_cast<int>(call.args[1].number));
            }
    } else if (call.name == "since") {
        if (call.args.at(0).word == "therapy_start") {
            for (const auto& i : timeline_.therapies)
                crossing(i.start);
        } else {
            for (const auto& e : timeline_.events)
                if (matches(e, call.args.at(0).word)) crossing(e.date);
        }
    } else if (call.name == "on") {
        for (const auto& i : timeline_.therapies) {
            dates.push_back(i.start);
            if (i.stop) dates.push_back(*i.stop);
        }
    } else if (call.name == "toxicity") {
        for (const auto& e : timeline_.events) {
            dates.push_back(e.date);
            if (e.resolved) dates.push_back(*e.resolved + 1);
        }
    } else if (call.name == "forecast") {
        // The probability moves every day until it is too old to be given.
        std::string why;
        if (const Posterior* p = posterior(call, why); p && !p->dates().empty())
            for (Date d = p->dates().front(); d <= p->dates().back() + forecast_limit_days + 1; d = d + 1)
                dates.push_back(d);
    }
    std::sort(dates.begin(), dates.end());
    dates.erase(std::unique(dates.begin(), dates.end()), dates.end());
    return dates;
}

}  // namespace bellwether::drift

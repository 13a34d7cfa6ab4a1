#include "bellwether/series/timeline.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <variant>

#include <fmt/core.h>

#include "bellwether/core/error.hpp"

namespace bellwether::series {
namespace {

/// Total: two observations that tie are the same for a track, so that the order of arrival cannot show.
bool earlier(const Observation* a, const Observation* b) {
    const auto time = [](const Observation& o) { return std::make_pair(o.taken, o.minute.value_or(-1)); };
    const auto rest = [](const Observation& o) {
        return std::tie(o.assay, o.laboratory, o.accession, o.replicate, o.reading->value, o.reading->censor);
    };
    if (time(*a) != time(*b)) return time(*a) < time(*b);
    return rest(*a) < rest(*b);
}

/// value_to / value_from when a bridge joins the two, in whichever direction it is declared.
std::optional<double> bridge_factor(std::span<const Bridge> bridges, const std::string& from,
                                    const std::string& to) {
    for (const Bridge& b : bridges) {
        if (b.from == from && b.to == to) return b.factor;
        if (b.from == to && b.to == from) return 1.0 / b.factor;
    }
    return std::nullopt;
}

/// Cuts one channel's readings into segments, bringing bridged ones to the scale of the segment's first.
class Segmenter {
public:
    Segmenter(Track& track, std::span<const Bridge> bridges) : track_(track), bridges_(bridges) {}

    void add(const Observation& o) {
        Reading r = *o.reading;
        const std::string name = assay_name(o.assay, o.laboratory);
        r.value *= factor_of(name);
        track_.points.push_back({o.taken, o.minute.value_or(-1), r,
                                 static_cast<int>(track_.segment_names.size()) - 1, assay_of(name)});
    }

private:
    struct Member {
        std::string name;
        double to_first;  ///< value on the scale of the segment's first reading / value as measured
    };

    int assay_of(const std::string& name) {
        if (name.empty()) return -1;
        auto& all = track_.assay_names;
        auto at = std::find(all.begin(), all.end(), name);
        if (at == all.end()) at = all.insert(all.end(), name);
        return static_cast<int>(at - all.begin());
    }

    double factor_of(const std::string& name) {
        for (const Member& m : members_)
            if (m.name == name) return m.to_first;
        for (const Member& m : members_) {
            if (const auto f = bridge_factor(bridges_, name, m.name)) {
                members_.push_back({name, *f * m.to_first});
                return members_.back().to_first;
            }
        }
        members_.assign(1, {name, 1.0});
        track_.segment_names.push_back(name);
        return 1.0;
    }

    Track& track_;
    std::span<const Bridge> bridges_;
    std::vector<Member> members_;
};

void check(const ChannelCatalogue& catalogue) {
    for (const auto& [name, channel] : catalogue)
        for (const Bridge& b : channel.bridges)
            if (!std::isfinite(b.factor) || b.factor <= 0.0)
                throw Error("Q001", fmt::format("bridge of {} from '{}' to '{}': factor {} is not above 0",
                                                name, b.from, b.to, b.factor));
}

void sort_courses(Timeline& t) {
    std::stable_sort(t.therapies.begin(), t.therapies.end(), [](const auto& a, const auto& b) {
        return std::tie(a.start, a.regimen) < std::tie(b.start, b.regimen);
    });
    std::stable_sort(t.events.begin(), t.events.end(), [](const auto& a, const auto& b) {
        return std::tie(a.date, a.kind, a.term) < std::tie(b.date, b.kind, b.term);
    });
    std::stable_sort(t.lesions.begin(), t.lesions.end(), [](const auto& a, const auto& b) {
        return std::tie(a.taken, a.lesion) < std::tie(b.taken, b.lesion);
    });
    std::sort(t.conflicts.begin(), t.conflicts.end());
}

}  // namespace

int Track::last_index(Date d) const {
    const auto after = std::upper_bound(points.begin(), points.end(), d,
                                        [](Date day, const Point& p) { return day < p.date; });
    return static_cast<int>(after - points.begin()) - 1;
}

std::string assay_name(const std::string& assay, const std::string& laboratory) {
    return laboratory.empty() ? assay : assay + "/" + laboratory;
}

const Track* Timeline::track(const std::string& channel) const {
    const auto it = tracks.find(channel);
    return it == tracks.end() ? nullptr : &it->second;
}

std::optional<Date> Timeline::origin() const {
    if (patient.day_zero) return patient.day_zero;
    std::optional<Date> first;
    for (const auto& [name, t] : tracks)
        if (!t.points.empty() && (!first || t.points.front().date < *first)) first = t.points.front().date;
    return first;
}

namespace {

/// Observations by channel, each channel's in the order in which they were added.
class Channels {
public:
    void add(const Observation& o, Status status) {
        if (!o.reading || (status != Status::final_ && status != Status::corrected)) return;
        // A visit's readings come one channel after the other, in the same order each time.
        for (std::size_t tried = 0; tried < all_.size(); ++tried) {
            at_ = at_ + 1 < all_.size() ? at_ + 1 : 0;
            if (*all_[at_].name == o.channel) {
                all_[at_].readings.push_back(&o);
                return;
            }
        }
        at_ = all_.size();
        all_.push_back({&o.channel, {&o}});
    }
    void build(Timeline& t, const ChannelCatalogue& catalogue) {
        for (One& one : all_) {
            const auto known = catalogue.find(*one.name);
            if (known != catalogue.end() && known->second.derived) continue;
            if (!std::is_sorted(one.readings.begin(), one.readings.end(), earlier))
                std::sort(one.readings.begin(), one.readings.end(), earlier);
            Track& track = t.tracks[*one.name];
            track.channel = *one.name;
            track.points.reserve(one.readings.size());
            Segmenter segmenter(track, known != catalogue.end()
                                           ? std::span<const Bridge>(known->second.bridges)
                                           : std::span<const Bridge>());
            for (const Observation* o : one.readings)
                segmenter.add(*o);
        }
    }

private:
    struct One {
        const std::string* name;
        std::vector<const Observation*> readings;
    };
    std::vector<One> all_;
    std::size_t at_ = 0;
};

/// Puts what is no observation where it belongs.
struct Filer {
    Timeline& t;
    Channels& channels;
    Status status;

    void operator()(const Patient& p) const { t.patient = p; }
    void operator()(const Observation& o) const { channels.add(o, status); }
    void operator()(const TherapyInterval& x) const { t.therapies.push_back(x); }
    void operator()(const Lesion& x) const { t.lesions.push_back(x); }
    void operator()(const Event& x) const { t.events.push_back(x); }
    void operator()(const PlannedVisit&) const {}
};

}  // namespace

Timeline build(const PatientFile& file, const ChannelCatalogue& catalogue) {
    check(catalogue);
    if (file.observation_status.size() != file.observations.size())
        throw Error("Q002", "the file of a patient has not one status for each observation");
    Channels channels;
    for (std::size_t i = 0; i < file.observations.size(); ++i)
        channels.add(file.observations[i], file.observation_status[i]);
    Timeline t{file.patient, {}, file.therapies, file.events, file.lesions, file.conflicts, {}};
    channels.build(t, catalogue);
    sort_courses(t);
    return t;
}

Timeline build(const std::string& patient, const InForce& known, const ChannelCatalogue& catalogue) {
    check(catalogue);
    Timeline t;
    t.patient.id = patient;
    Channels channels;
    for (const Record* r : known.records)
        std::visit(Filer{t, channels, r->version.status}, r->content);
    t.conflicts = known.conflicts;
    channels.build(t, catalogue);
    sort_courses(t);
    return t;
}

}  // namespace bellwether::series

#include "bellwether/record/resolve.hpp"

#include <algorithm>
#include <tuple>

namespace bellwether {
namespace {

/// The whole order of versions. Arrival plays no part, except where the sender gave no release time.
auto rank(const Record& r) {
    return std::make_pair(r.version.rank_time(), r.version.status);
}

/// Of versions equal in rank and content: which one stands, so that no answer depends on their order.
bool stands_before(const Record& a, const Record& b) {
    return std::tie(a.version.learnt, a.version.source) < std::tie(b.version.learnt, b.version.source);
}

Resolved resolve_pointers(std::span<const Record* const> versions, Instant as_of) {
    std::vector<const Record*> best;
    for (const Record* v : versions) {
        if (v->version.learnt > as_of) continue;
        if (!best.empty() && rank(*v) < rank(*best.front())) continue;
        if (!best.empty() && rank(*v) > rank(*best.front())) best.clear();
        best.push_back(v);
    }
    Resolved result;
    if (best.empty()) return result;
    if (best.front()->version.status == Status::cancelled) {
        result.cancelled = true;
        return result;
    }
    const Record* first = best.front();
    if (best.size() > 1) {
        const std::string digest = content_digest(first->content);
        for (const Record* v : best) {
            if (v != first && content_digest(v->content) != digest) result.conflict = true;
            if (stands_before(*v, *first)) first = v;
        }
    }
    if (!result.conflict) result.in_force = first;
    return result;
}

/// A record in force with its identity: the last key of every order.
struct InForce {
    std::string identity;
    const Record* record;
};

/// By clinical date, minute of the draw (unknown first), identity.
bool clinical_order(const InForce& a, const InForce& b) {
    const auto minute = [](const Record& r) -> std::optional<int> {
        const auto* o = std::get_if<Observation>(&r.content);
        return o != nullptr ? o->minute : std::nullopt;
    };
    const auto key = [&](const InForce& x) {
        return std::make_pair(clinical_date(x.record->content), minute(*x.record));
    };
    const auto ka = key(a), kb = key(b);
    return ka != kb ? ka < kb : a.identity < b.identity;
}

struct Filer {
    PatientFile& file;
    Status status;

    void operator()(const Patient& p) const { file.patient = p; }
    void operator()(const Observation& o) const {
        if (!o.reading) {
            const std::string why = o.missing_reason.empty() ? "no reason given" : o.missing_reason;
            file.missing.push_back(o.channel + " " + to_string(o.taken) + ": " + why);
            return;
        }
        file.observations.push_back(o);
        file.observation_status.push_back(status);
    }
    void operator()(const TherapyInterval& t) const { file.therapies.push_back(t); }
    void operator()(const Lesion& l) const { file.lesions.push_back(l); }
    void operator()(const Event& e) const { file.events.push_back(e); }
    void operator()(const PlannedVisit&) const {}
};

}  // namespace

Resolved resolve(std::span<const Record> versions, Instant as_of) {
    std::vector<const Record*> pointers;
    pointers.reserve(versions.size());
    for (const Record& v : versions)
        pointers.push_back(&v);
    return resolve_pointers(pointers, as_of);
}

PatientFile as_known_at(const PatientHistory& history, Instant as_of) {
    PatientFile file;
    file.patient.id = history.patient;
    std::vector<InForce> known;
    for (const Record& r : history.versions)
        if (r.version.learnt <= as_of) known.push_back({identity(r.content), &r});
    std::sort(known.begin(), known.end(),
              [](const InForce& a, const InForce& b) { return a.identity < b.identity; });

    std::vector<InForce> in_force;
    std::vector<const Record*> versions;
    for (std::size_t i = 0; i < known.size();) {
        versions.clear();
        std::size_t j = i;
        for (; j < known.size() && known[j].identity == known[i].identity; ++j)
            versions.push_back(known[j].record);
        const Resolved r = resolve_pointers(versions, as_of);
        if (r.conflict) file.conflicts.push_back(known[i].identity);
        if (r.in_force != nullptr) in_force.push_back({std::move(known[i].identity), r.in_force});
        i = j;
    }
    std::sort(in_force.begin(), in_force.end(), clinical_order);
    for (const InForce& x : in_force)
        std::visit(Filer{file, x.record->version.status}, x.record->content);
    return file;
}

std::vector<Instant> learnt_instants(const PatientHistory& history, Instant after, Instant up_to) {
    std::vector<Instant> result;
    for (const Record& r : history.versions)
        if (r.version.learnt > after && r.version.learnt <= up_to) result.push_back(r.version.learnt);
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
}

}  // namespace bellwether

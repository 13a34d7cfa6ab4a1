#include "bellwether/record/resolve.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
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
    // The usual case: there is one.
    if (versions.size() == 1 && versions.front()->version.learnt <= as_of) {
        const bool cancelled = versions.front()->version.status == Status::cancelled;
        return {cancelled ? nullptr : versions.front(), cancelled, false};
    }
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

/// Place in the clinical order: by clinical date, minute of the draw (unknown first), identity.
struct Place {
    std::optional<Date> date;
    std::optional<int> minute;
    std::string identity;
    const Record* record;
    explicit Place(const Record& r)
        : date(clinical_date(r.content)), identity(bellwether::identity(r.content)), record(&r) {
        if (const auto* o = std::get_if<Observation>(&r.content)) minute = o->minute;
    }
    [[nodiscard]] auto key() const { return std::tie(date, minute, identity); }
};

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

PreparedHistory::PreparedHistory(const PatientHistory& history) : history_(&history) {
    std::vector<Place> known;
    known.reserve(history.versions.size());
    for (const Record& r : history.versions)
        known.emplace_back(r);
    std::vector<std::size_t> by_date(known.size());
    std::iota(by_date.begin(), by_date.end(), std::size_t{0});
    std::stable_sort(by_date.begin(), by_date.end(),
                     [&](std::size_t a, std::size_t b) { return known[a].key() < known[b].key(); });
    versions_.resize(known.size());
    for (std::size_t place = 0; place < by_date.size(); ++place)
        versions_[by_date[place]] = {known[by_date[place]].record, place, 0};
    std::vector<std::size_t> by_identity(known.size());
    std::iota(by_identity.begin(), by_identity.end(), std::size_t{0});
    std::stable_sort(by_identity.begin(), by_identity.end(),
                     [&](std::size_t a, std::size_t b) { return known[a].identity < known[b].identity; });
    std::vector<Version> sorted;
    sorted.reserve(versions_.size());
    for (const std::size_t i : by_identity) {
        if (identities_.empty() || identities_.back() != known[i].identity)
            identities_.push_back(std::move(known[i].identity));
        sorted.push_back(versions_[i]);
        sorted.back().identity = identities_.size() - 1;
    }
    versions_ = std::move(sorted);
}

InForce PreparedHistory::in_force_at(Instant as_of) const {
    InForce out;
    std::vector<const Record*> by_place(versions_.size(), nullptr);
    std::vector<const Record*> same;
    for (std::size_t i = 0; i < versions_.size();) {
        const std::size_t id = versions_[i].identity, first = i;
        same.clear();
        for (; i < versions_.size() && versions_[i].identity == id; ++i)
            if (versions_[i].record->version.learnt <= as_of) same.push_back(versions_[i].record);
        if (same.empty()) continue;
        const Resolved r = resolve_pointers(same, as_of);
        if (r.conflict) out.conflicts.push_back(identities_[id]);
        for (std::size_t k = first; r.in_force != nullptr && k < i; ++k)
            if (versions_[k].record == r.in_force) by_place[versions_[k].order] = r.in_force;
    }
    std::copy_if(by_place.begin(), by_place.end(), std::back_inserter(out.records),
                 [](const Record* r) { return r != nullptr; });
    return out;
}

PatientFile PreparedHistory::as_known_at(Instant as_of) const {
    InForce known = in_force_at(as_of);
    PatientFile file;
    file.patient.id = history_->patient;
    file.conflicts = std::move(known.conflicts);
    for (const Record* record : known.records)
        std::visit(Filer{file, record->version.status}, record->content);
    return file;
}

std::optional<Date> PreparedHistory::unchanged_before(Instant from, Instant to) const {
    Date first = never;
    for (std::size_t i = 0; i < versions_.size();) {
        const std::size_t id = versions_[i].identity, begin = i;
        bool touched = false;
        for (; i < versions_.size() && versions_[i].identity == id; ++i) {
            const Instant learnt = versions_[i].record->version.learnt;
            touched = touched || (learnt > from && learnt <= to);
        }
        for (std::size_t k = begin; touched && k < i; ++k) {
            const Record& r = *versions_[k].record;
            if (r.version.learnt > to) continue;
            const auto date =
                std::holds_alternative<Patient>(r.content) ? std::nullopt : clinical_date(r.content);
            if (!date) return std::nullopt;
            first = std::min(first, *date);
        }
    }
    return first;
}

PatientFile as_known_at(const PatientHistory& history, Instant as_of) {
    return PreparedHistory(history).as_known_at(as_of);
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

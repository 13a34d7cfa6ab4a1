#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "sqlite_store.hpp"

namespace bellwether::store {
namespace {

template <class E>
E enumerator(std::int64_t x, std::int64_t last, const char* column) {
    if (x < 0 || x > last) unreadable("channel", column, std::to_string(x));
    return static_cast<E>(x);
}

Channel read_channel(Query& q) {
    Channel c;
    c.name = q.text(), c.title = q.text(), c.unit = q.text(), c.group = q.text();
    c.scale = enumerator<Scale>(q.integer(), 1, "scale");
    c.harm = enumerator<Harm>(q.integer(), 2, "harm");
    c.says = enumerator<Says>(q.integer(), 2, "says");
    c.lod = q.maybe_real(), c.low = q.maybe_real(), c.high = q.maybe_real();
    c.stale_after = q.maybe_small(), c.derived = q.truth(), c.source = q.text();
    const std::string codes = q.text();
    if (!codes.empty()) c.loinc = split(codes, ' ');
    return c;
}

}  // namespace

ChannelCatalogue SqliteStore::channels() {
    return guarded("channels", [&] {
        ChannelCatalogue result;
        Query q = db_.query(
            "SELECT name, title, unit, grp, scale, harm, says, lod, low, high, stale_after, derived, source, "
            "loinc "
            "FROM channel");
        while (q.step()) {
            Channel c = read_channel(q);
            const std::string name = c.name;
            result.emplace(name, std::move(c));
        }
        return result;
    });
}

void SqliteStore::put_channels(const ChannelCatalogue& add_or_replace, Instant at, const std::string& who) {
    guarded("channels", [&] {
        const ChannelCatalogue known = channels();
        Transaction transaction(db_);
        for (const auto& [name, c] : add_or_replace) {
            const auto old = known.find(name);
            if (old != known.end() && old->second == c) continue;
            const std::string codes = fmt::format("{}", fmt::join(c.loinc, " "));
            db_.query(
                   "INSERT OR REPLACE INTO channel (name, title, unit, grp, scale, harm, says, lod, low, "
                   "high, "
                   "stale_after, derived, source, loinc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
                .add(c.name)
                .add(c.title)
                .add(c.unit)
                .add(c.group)
                .add(static_cast<int>(c.scale))
                .add(static_cast<int>(c.harm))
                .add(static_cast<int>(c.says))
                .add(c.lod)
                .add(c.low)
                .add(c.high)
                .add(c.stale_after)
                .add(c.derived)
                .add(c.source)
                .add(codes)
                .run();
            append_trail(db_, at, who, old == known.end() ? "channel added" : "channel replaced", name,
                         fmt::format("unit {}, {}", c.unit, c.title));
        }
        transaction.commit();
    });
}

std::vector<PlannedVisit> SqliteStore::schedule(Instant as_of) {
    return guarded("schedule", [&] {
        std::map<std::string, std::vector<Record>> versions;
        Query q = db_.query(fmt::format("SELECT {}, {} FROM visit_version v WHERE learnt <= ?", kVersionPart,
                                        Table<PlannedVisit>::columns));
        q.add(as_of);
        while (q.step()) {
            Record r = read_record<PlannedVisit>(q, "");
            versions[identity(r.content)].push_back(std::move(r));
        }
        std::vector<PlannedVisit> visits;
        for (const auto& [id, list] : versions)
            if (const Resolved r = resolve(list, as_of); r.in_force != nullptr)
                visits.push_back(std::get<PlannedVisit>(r.in_force->content));
        std::sort(visits.begin(), visits.end(), [](const PlannedVisit& a, const PlannedVisit& b) {
            return std::tie(a.trial, a.arm, a.day, a.name) < std::tie(b.trial, b.arm, b.day, b.name);
        });
        return visits;
    });
}

}  // namespace bellwether::store

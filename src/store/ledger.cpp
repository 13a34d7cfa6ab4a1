#include <map>

#include <fmt/format.h>

#include "bellwether/core/hash.hpp"

#include "sqlite_store.hpp"

namespace bellwether::store {
namespace {

bool is_human(AlertChange c) {
    return c >= AlertChange::acknowledged;
}

/// What the trail keeps of an event: a digest of all its fields, so that an edited event no longer matches
/// its line.
std::string digest_of(const AlertEvent& e) {
    const Alert& a = e.after;
    Sha256 sha;
    const auto date = [](std::optional<Date> d) { return d ? to_string(*d) : std::string("-"); };
    const auto text = [&](std::string_view s) { sha.field(s); };
    sha.field(e.alert).field(e.at.microseconds());
    for (const std::string_view s : {to_string(e.change), std::string_view(e.actor), std::string_view(e.why),
                                     std::string_view(a.patient), std::string_view(a.episode.rule)})
        text(s);
    text(date(a.episode.onset)), text(date(a.episode.fired)), text(date(a.episode.ended));
    text(to_string(a.episode.severity)), text(a.episode.evidence);
    text(to_string(a.state)), text(to_string(a.human)), text(a.human_until ? to_string(*a.human_until) : "-");
    text(a.human_by), text(a.human_why);
    sha.field(a.raised.microseconds()).field(a.changed.microseconds()).field(a.parent.value_or(0));
    text(a.rules_hash), text(a.model_hash);
    return sha.hex();
}

const std::string& upsert_sql() {
    static const std::string sql = [] {
        const std::string columns = kAlertPart;
        std::string places, updates;
        for (std::size_t from = 0; from < columns.size();) {
            const auto to = std::min(columns.find(", ", from), columns.size());
            const std::string name = columns.substr(from, to - from);
            places += ", ?";
            updates += (updates.empty() ? "" : ", ") + name + " = excluded." + name;
            from = to + 2;
        }
        return "INSERT INTO alert (id, " + columns + ") VALUES (?" + places +
               ") ON CONFLICT (id) DO UPDATE SET " + updates;
    }();
    return sql;
}

/// @param bind  binds what `where` leaves open; its text is constant, since statements are kept by their text
template <class Bind>
std::vector<Alert> read_alerts(Database& db, const char* where, Bind bind) {
    std::vector<Alert> list;
    Query q =
        db.query(fmt::format("SELECT a.id, p.id, {} FROM alert a JOIN patient p ON p.key = "
                             "a.patient {} ORDER BY a.id",
                             std::string(kAlertPart).substr(sizeof("patient, ") - 1), where));
    bind(q);
    while (q.step()) {
        Alert a;
        a.id = q.integer(), a.patient = q.text();
        read_alert(q, a);
        list.push_back(std::move(a));
    }
    return list;
}

std::int64_t known_patient(Database& db, const std::string& id) {
    const auto key = patient_key(db, id);
    if (!key) throw Error("S010", "the store knows no patient '" + id + "'");
    return *key;
}

/// Gives the alerts that a write opens their numbers, in the order in which the write names them.
void replace_temporary_ids(std::vector<AlertEvent>& events, std::int64_t next) {
    std::map<std::int64_t, std::int64_t> numbers;
    for (const AlertEvent& e : events)
        if (e.after.id < 0 && numbers.try_emplace(e.after.id, next).second) ++next;
    const auto replaced = [&](std::int64_t id) {
        if (id >= 0) return id;
        const auto at = numbers.find(id);
        if (at == numbers.end())
            throw Error("S022", fmt::format("temporary alert id {} was never opened", id));
        return at->second;
    };
    for (AlertEvent& e : events) {
        e.after.id = replaced(e.after.id);
        if (e.after.parent) e.after.parent = replaced(*e.after.parent);
        e.alert = e.alert > 0 ? e.alert : e.after.id;
        e.after.id = e.alert;
    }
}

void keep_human_half(Alert& after, const Alert& standing) {
    after.human = standing.human, after.human_until = standing.human_until;
    after.human_by = standing.human_by, after.human_why = standing.human_why;
}

}  // namespace

std::vector<Alert> SqliteStore::alerts(const std::string& patient) {
    return guarded("alerts", [&] {
        if (patient.empty()) return read_alerts(db_, "", [](Query&) {});
        return read_alerts(db_, "WHERE p.id = ?", [&](Query& q) { q.add(patient); });
    });
}

std::optional<Alert> SqliteStore::alert(std::int64_t id) {
    return guarded("alerts", [&]() -> std::optional<Alert> {
        auto list = read_alerts(db_, "WHERE a.id = ?", [&](Query& q) { q.add(id); });
        if (list.empty()) return std::nullopt;
        return std::move(list.front());
    });
}

std::vector<AlertEvent> SqliteStore::alert_events(const std::string& patient) {
    return guarded("alerts", [&] {
        std::vector<AlertEvent> list;
        Query q = db_.query(fmt::format(
            "SELECT e.alert, e.change, e.at, e.actor, e.why, p.id, {} FROM alert_event e JOIN patient p "
            "ON p.key = e.patient {} ORDER BY e.number",
            std::string(kAlertPart).substr(sizeof("patient, ") - 1),
            patient.empty() ? "" : "WHERE p.id = ?"));
        if (!patient.empty()) q.add(patient);
        while (q.step()) {
            AlertEvent e;
            e.alert = q.integer();
            const std::string change = q.text();
            const auto parsed = parse_alert_change(change);
            if (!parsed) unreadable("alert_event", "change", change);
            e.change = *parsed, e.at = q.instant(), e.actor = q.text(), e.why = q.text();
            e.after.id = e.alert, e.after.patient = q.text();
            read_alert(q, e.after);
            list.push_back(std::move(e));
        }
        return list;
    });
}

void SqliteStore::append_event(const AlertEvent& event, std::int64_t patient_key) {
    {
        Query q = db_.query(upsert_sql());
        q.add(event.alert);
        write_alert(q, event.after, patient_key);
        q.run();
    }
    {
        static const std::string sql = fmt::format(
            "INSERT INTO alert_event (alert, change, at, actor, why, {}) VALUES "
            "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            kAlertPart);
        Query q = db_.query(sql);
        q.add(event.alert).add_word(to_string(event.change)).add(event.at).add(event.actor).add(event.why);
        write_alert(q, event.after, patient_key);
        q.run();
    }
    append_trail(db_, event.at, event.actor, fmt::format("alert {}", to_string(event.change)),
                 fmt::format("alert {}", event.alert), digest_of(event));
}

void SqliteStore::write_one_scan(const ScanWrite& write, const std::string& who) {
    const std::int64_t key = known_patient(db_, write.patient);
    std::vector<AlertEvent> events = write.events;
    replace_temporary_ids(events, db_.number("SELECT max(id) FROM alert") + 1);
    for (AlertEvent& e : events) {
        e.after.patient = write.patient;
        if (e.actor.empty()) e.actor = who;
        const auto standing = alert(e.alert);
        if (standing && standing->patient != write.patient)
            throw Error("S010", fmt::format("alert {} is not of this patient", e.alert));
        if (standing && !is_human(e.change)) keep_human_half(e.after, *standing);
        append_event(e, key);
    }
    db_.query("UPDATE patient SET scanned_to = ?, next_deadline = ? WHERE key = ?")
        .add(write.scanned_to)
        .add(write.next_deadline)
        .add(key)
        .run();
    db_.query("DELETE FROM checkpoint WHERE patient = ?").add(key).run();
    for (const auto& [model, blob] : write.checkpoints)
        db_.query("INSERT INTO checkpoint (patient, model, state) VALUES (?, ?, ?)")
            .add(key)
            .add(model)
            .add_blob(blob)
            .run();
    db_.query("DELETE FROM not_assessable WHERE patient = ?").add(key).run();
    for (std::size_t i = 0; i < write.not_assessable.size(); ++i)
        db_.query("INSERT INTO not_assessable (patient, position, line) VALUES (?, ?, ?)")
            .add(key)
            .add(static_cast<std::int64_t>(i))
            .add(write.not_assessable[i])
            .run();
}

void SqliteStore::write_scan(const std::vector<ScanWrite>& writes, const std::string& who) {
    guarded("scan", [&] {
        Transaction transaction(db_);
        for (const ScanWrite& write : writes)
            write_one_scan(write, who);
        transaction.commit();
    });
}

void SqliteStore::write_human(const AlertEvent& event) {
    guarded("alerts", [&] {
        Transaction transaction(db_);
        const auto standing = alert(event.alert);
        if (!standing) throw Error("S010", fmt::format("there is no alert {}", event.alert));
        AlertEvent e = event;
        e.after = *standing;
        keep_human_half(e.after, event.after);
        append_event(e, known_patient(db_, e.after.patient));
        transaction.commit();
    });
}

std::vector<std::string> event_digests(Store& store) {
    std::vector<std::string> digests;
    for (const AlertEvent& e : store.alert_events(""))
        digests.push_back(digest_of(e));
    return digests;
}

}  // namespace bellwether::store

#include "codec.hpp"

#include <bit>

#include <nlohmann/json.hpp>

#include "bellwether/core/hash.hpp"

namespace bellwether::store {
namespace {

std::string_view word(Sex s) {
    return s == Sex::female ? "female" : s == Sex::male ? "male" : "unknown";
}
Sex read_sex(const std::string& w) {
    for (const Sex s : {Sex::unknown, Sex::female, Sex::male})
        if (word(s) == w) return s;
    unreadable("patient_version", "sex", w);
}

std::string_view word(Lesion::Role r) {
    return r == Lesion::Role::target ? "target" : r == Lesion::Role::non_target ? "non_target" : "new";
}
Lesion::Role read_role(const std::string& w) {
    for (const auto r : {Lesion::Role::target, Lesion::Role::non_target, Lesion::Role::new_})
        if (word(r) == w) return r;
    unreadable("lesion_version", "role", w);
}

template <class T>
T parsed(std::optional<T> value, const char* table, const char* column, const std::string& w) {
    if (!value) unreadable(table, column, w);
    return *value;
}

/// A JSON text of our own making; anything else is damage.
template <class T>
T from_json(const std::string& text, const char* table, const char* column) {
    try {
        return nlohmann::json::parse(text).get<T>();
    } catch (const nlohmann::json::exception&) {
        unreadable(table, column, text);
    }
}

struct TableName {
    template <class T>
    const char* operator()(const T&) const {
        return Table<T>::name;
    }
};

}  // namespace

void unreadable(const std::string& table, const std::string& column, const std::string& word) {
    throw Error("S014", "table " + table + ", column " + column + ": cannot read '" + word +
                            "'; run doctor, then restore a backup");
}

std::int64_t identity_hash(const std::string& identity) {
    return std::bit_cast<std::int64_t>(Sha256().raw(identity).prefix());
}

std::string short_digest(const Content& c) {
    const std::string hex = content_digest(c);
    const auto nibble = [](char x) { return x <= '9' ? x - '0' : x - 'a' + 10; };
    std::string bytes(16, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>(nibble(hex[2 * i]) * 16 + nibble(hex[2 * i + 1]));
    return bytes;
}

const char* table_of(const Content& c) {
    return std::visit(TableName{}, c);
}

void Table<Patient>::write(Query& q, const Patient& p, std::string& keep) {
    keep = nlohmann::json(p.attributes).dump();
    q.add(p.trial).add(p.arm).add(p.site).add_word(word(p.sex)).add(p.birth_year).add(p.day_zero).add(keep);
}
Patient Table<Patient>::read(Query& q, const std::string& patient) {
    Patient p;
    p.id = patient;
    p.trial = q.text(), p.arm = q.text(), p.site = q.text();
    p.sex = read_sex(q.text());
    p.birth_year = q.maybe_small();
    p.day_zero = q.maybe_date();
    p.attributes = from_json<std::map<std::string, std::string>>(q.text(), name, "attributes");
    return p;
}

void Table<Observation>::write(Query& q, const Observation& o, std::string&) {
    q.add(o.channel)
        .add(o.taken)
        .add(o.minute)
        .add(o.accession)
        .add(o.assay)
        .add(o.laboratory)
        .add(o.specimen);
    q.add(o.replicate);
    q.add(o.reading ? std::optional<double>(o.reading->value) : std::nullopt);
    q.add(o.reading ? std::optional<int>(static_cast<int>(o.reading->censor)) : std::nullopt);
    q.add(o.missing_reason).add(o.unit_reported).add(o.text_reported).add(o.scheduled);
}
Observation Table<Observation>::read(Query& q, const std::string& patient) {
    Observation o;
    o.patient = patient;
    o.channel = q.text(), o.taken = q.date(), o.minute = q.maybe_small();
    o.accession = q.text(), o.assay = q.text(), o.laboratory = q.text(), o.specimen = q.text();
    o.replicate = q.small();
    const auto value = q.maybe_real();
    const auto censor = q.maybe_small();
    if (value.has_value() != censor.has_value() || (censor && (*censor < 0 || *censor > 2)))
        unreadable(name, "censor", censor ? std::to_string(*censor) : "NULL");
    if (value) o.reading = Reading{*value, static_cast<Censor>(*censor)};
    o.missing_reason = q.text(), o.unit_reported = q.text(), o.text_reported = q.text();
    o.scheduled = q.maybe_truth();
    return o;
}

void Table<TherapyInterval>::write(Query& q, const TherapyInterval& t, std::string&) {
    q.add(t.regimen).add(t.start).add(t.stop).add(t.dose).add(t.reason);
}
TherapyInterval Table<TherapyInterval>::read(Query& q, const std::string& patient) {
    TherapyInterval t;
    t.patient = patient;
    t.regimen = q.text(), t.start = q.date(), t.stop = q.maybe_date();
    t.dose = q.text(), t.reason = q.text();
    return t;
}

void Table<Lesion>::write(Query& q, const Lesion& l, std::string&) {
    q.add(l.lesion)
        .add(l.taken)
        .add_word(word(l.role))
        .add(l.nodal)
        .add(l.organ)
        .add(l.diameter_mm)
        .add(l.state);
}
Lesion Table<Lesion>::read(Query& q, const std::string& patient) {
    Lesion l;
    l.patient = patient;
    l.lesion = q.text(), l.taken = q.date(), l.role = read_role(q.text()), l.nodal = q.truth();
    l.organ = q.text(), l.diameter_mm = q.maybe_real(), l.state = q.text();
    return l;
}

void Table<Event>::write(Query& q, const Event& e, std::string&) {
    q.add_word(to_string(e.kind)).add(e.term).add(e.date).add(e.resolved).add(e.grade);
}
Event Table<Event>::read(Query& q, const std::string& patient) {
    Event e;
    e.patient = patient;
    const std::string kind = q.text();
    e.kind = parsed(parse_event_kind(kind), name, "kind", kind);
    e.term = q.text(), e.date = q.date(), e.resolved = q.maybe_date(), e.grade = q.maybe_small();
    return e;
}

void Table<PlannedVisit>::write(Query& q, const PlannedVisit& v, std::string& keep) {
    keep = nlohmann::json(v.channels).dump();
    q.add(v.trial).add(v.arm).add(v.name).add(v.day).add(v.window_before).add(v.window_after).add(keep);
}
PlannedVisit Table<PlannedVisit>::read(Query& q, const std::string&) {
    PlannedVisit v;
    v.trial = q.text(), v.arm = q.text(), v.name = q.text();
    v.day = q.small(), v.window_before = q.small(), v.window_after = q.small();
    v.channels = from_json<std::vector<std::string>>(q.text(), name, "channels");
    return v;
}

void write_alert(Query& q, const Alert& a, std::int64_t patient_key) {
    q.add(patient_key).add(a.episode.rule).add(a.episode.onset).add(a.episode.fired).add(a.episode.ended);
    q.add_word(to_string(a.episode.severity)).add(a.episode.evidence);
    q.add_word(to_string(a.state))
        .add_word(to_string(a.human))
        .add(a.human_until)
        .add(a.human_by)
        .add(a.human_why);
    q.add(a.raised).add(a.changed).add(a.parent).add(a.rules_hash).add(a.model_hash);
}
void read_alert(Query& q, Alert& a) {
    a.episode.rule = q.text(), a.episode.onset = q.date(), a.episode.fired = q.date();
    a.episode.ended = q.maybe_date();
    const std::string severity = q.text();
    a.episode.severity = parsed(parse_severity(severity), "alert", "severity", severity);
    a.episode.evidence = q.text();
    const std::string state = q.text(), human = q.text();
    a.state = parsed(parse_machine_state(state), "alert", "state", state);
    a.human = parsed(parse_human_state(human), "alert", "human", human);
    a.human_until = q.maybe_instant(), a.human_by = q.text(), a.human_why = q.text();
    a.raised = q.instant(), a.changed = q.instant(), a.parent = q.maybe_integer();
    a.rules_hash = q.text(), a.model_hash = q.text();
}

}  // namespace bellwether::store

#include "bellwether/record/record.hpp"

#include <type_traits>

#include "bellwether/core/hash.hpp"

#include "names.hpp"

namespace bellwether {
namespace {

constexpr record_detail::Names<Status, 4> kStatuses{{{Status::preliminary, "preliminary"},
                                                     {Status::final_, "final"},
                                                     {Status::corrected, "corrected"},
                                                     {Status::cancelled, "cancelled"}}};

constexpr record_detail::Names<EventKind, 6> kEventKinds{{{EventKind::progression, "progression"},
                                                          {EventKind::death, "death"},
                                                          {EventKind::last_known_alive, "last_known_alive"},
                                                          {EventKind::toxicity, "toxicity"},
                                                          {EventKind::new_lesion, "new_lesion"},
                                                          {EventKind::other, "other"}}};

/// Joins fields with '|'. A '|' or '\' inside a field gets a '\' before it, so that two different lists of
/// fields of the same length never give the same text.
class Key {
public:
    explicit Key(std::string_view kind) {
        text_.reserve(96);
        text_ = kind;
    }
    Key& add(std::string_view field) {
        text_ += '|';
        if (field.find_first_of("|\\") == std::string_view::npos) {
            text_ += field;
            return *this;
        }
        for (const char c : field) {
            if (c == '|' || c == '\\') text_ += '\\';
            text_ += c;
        }
        return *this;
    }
    Key& add(Date d) { return add(to_string(d)); }
    Key& add(int n) { return add(std::to_string(n)); }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string text_;
};

/// Hashes a record's fields in the order of its struct. An optional field is a presence mark, then the value.
class Digest {
public:
    explicit Digest(std::string_view kind) { sha_.field(kind); }
    Digest& add(const std::string& s) { return sha_.field(std::string_view(s)), *this; }
    Digest& add(std::int64_t n) { return sha_.field(n), *this; }
    Digest& add(double x) { return sha_.field(x), *this; }
    Digest& add(Date d) { return add(static_cast<std::int64_t>(d.serial())); }
    Digest& add(int n) { return add(static_cast<std::int64_t>(n)); }
    Digest& add(bool b) { return add(static_cast<std::int64_t>(b ? 1 : 0)); }
    Digest& add(const Reading& r) { return add(r.value).add(static_cast<int>(r.censor)); }
    template <class T>
    Digest& add(const std::optional<T>& x) {
        add(x.has_value());
        if (x) add(*x);
        return *this;
    }
    [[nodiscard]] std::string hex() const { return sha_.hex(); }

private:
    Sha256 sha_;
};

std::string identity_of(const Patient& p) {
    return Key("patient").add(p.id).take();
}
std::string identity_of(const Observation& o) {
    Key key("observation");
    key.add(o.patient).add(o.channel);
    if (!o.accession.empty()) return key.add("accession").add(o.accession).take();
    key.add("taken").add(o.taken).add(o.minute ? std::to_string(*o.minute) : std::string());
    return key.add(o.assay).add(o.replicate).take();
}
std::string identity_of(const TherapyInterval& t) {
    return Key("therapy").add(t.patient).add(t.regimen).add(t.start).take();
}
std::string identity_of(const Lesion& l) {
    return Key("lesion").add(l.patient).add(l.lesion).add(l.taken).take();
}
std::string identity_of(const Event& e) {
    return Key("event").add(e.patient).add(to_string(e.kind)).add(e.term).add(e.date).take();
}
std::string identity_of(const PlannedVisit& v) {
    return Key("visit").add(v.trial).add(v.arm).add(v.name).take();
}

std::string digest_of(const Patient& p) {
    Digest d("patient");
    d.add(p.id).add(p.trial).add(p.arm).add(p.site).add(static_cast<int>(p.sex)).add(p.birth_year);
    d.add(p.day_zero).add(static_cast<std::int64_t>(p.attributes.size()));
    for (const auto& [name, value] : p.attributes)
        d.add(name).add(value);
    return d.hex();
}
std::string digest_of(const Observation& o) {
    Digest d("observation");
    d.add(o.patient)
        .add(o.channel)
        .add(o.taken)
        .add(o.minute)
        .add(o.accession)
        .add(o.assay)
        .add(o.laboratory);
    d.add(o.specimen).add(o.replicate).add(o.reading).add(o.missing_reason).add(o.unit_reported);
    return d.add(o.text_reported).add(o.scheduled).hex();
}
std::string digest_of(const TherapyInterval& t) {
    return Digest("therapy")
        .add(t.patient)
        .add(t.regimen)
        .add(t.start)
        .add(t.stop)
        .add(t.dose)
        .add(t.reason)
        .hex();
}
std::string digest_of(const Lesion& l) {
    Digest d("lesion");
    d.add(l.patient).add(l.lesion).add(l.taken).add(static_cast<int>(l.role)).add(l.nodal).add(l.organ);
    return d.add(l.diameter_mm).add(l.state).hex();
}
std::string digest_of(const Event& e) {
    Digest d("event");
    d.add(e.patient).add(static_cast<int>(e.kind)).add(e.term).add(e.date).add(e.resolved).add(e.grade);
    return d.hex();
}
std::string digest_of(const PlannedVisit& v) {
    Digest d("visit");
    d.add(v.trial).add(v.arm).add(v.name).add(v.day).add(v.window_before).add(v.window_after);
    d.add(static_cast<std::int64_t>(v.channels.size()));
    for (const auto& channel : v.channels)
        d.add(channel);
    return d.hex();
}

struct PatientOf {
    const std::string& operator()(const Patient& p) const { return p.id; }
    const std::string& operator()(const PlannedVisit&) const {
        static const std::string none;
        return none;
    }
    template <class T>
    const std::string& operator()(const T& x) const {
        return x.patient;
    }
};

struct DateOf {
    using Result = std::optional<Date>;
    Result operator()(const Patient& p) const { return p.day_zero; }
    Result operator()(const Observation& o) const { return o.taken; }
    Result operator()(const TherapyInterval& t) const { return t.start; }
    Result operator()(const Lesion& l) const { return l.taken; }
    Result operator()(const Event& e) const { return e.date; }
    Result operator()(const PlannedVisit&) const { return std::nullopt; }
};

}  // namespace

std::string_view to_string(Status s) {
    return record_detail::word(kStatuses, s);
}
std::optional<Status> parse_status(std::string_view text) {
    return record_detail::value(kStatuses, text);
}

std::string_view to_string(EventKind k) {
    return record_detail::word(kEventKinds, k);
}
std::optional<EventKind> parse_event_kind(std::string_view text) {
    return record_detail::value(kEventKinds, text);
}
const std::vector<std::string>& event_kind_names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> list;
        for (const auto& [kind, text] : kEventKinds)
            list.emplace_back(text);
        return list;
    }();
    return names;
}

std::string identity(const Content& c) {
    return std::visit([](const auto& x) { return identity_of(x); }, c);
}
const std::string& patient_of(const Content& c) {
    return std::visit([](const auto& x) -> const std::string& { return PatientOf{}(x); }, c);
}
std::string content_digest(const Content& c) {
    return std::visit([](const auto& x) { return digest_of(x); }, c);
}
std::optional<Date> clinical_date(const Content& c) {
    return std::visit(DateOf{}, c);
}

}  // namespace bellwether

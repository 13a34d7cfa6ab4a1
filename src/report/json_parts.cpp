#include "json_parts.hpp"

#include "bellwether/alert/human.hpp"

#include "chart.hpp"

namespace bellwether::report {
namespace {

Ordered json_evidence(const std::string& text) {
    auto j = Ordered::parse(text, nullptr, false);
    // Never lost: what cannot be read is handed on as it is.
    return j.is_discarded() ? Ordered(text) : j;
}

std::string_view censor_word(Censor c) {
    return c == Censor::left ? "left" : c == Censor::right ? "right" : "none";
}

Ordered json_people(const Alert& a, Instant as_of) {
    return {{"state", to_string(alert::human_state(a, as_of))},
            {"recorded", to_string(a.human)},
            {"by", a.human_by},
            {"why", a.human_why},
            {"until", json_maybe(a.human_until)}};
}

Ordered json_events(const std::vector<Event>& events) {
    auto out = Ordered::array();
    for (const auto& e : events)
        out.push_back({{"kind", to_string(e.kind)},
                       {"term", e.term},
                       {"date", to_string(e.date)},
                       {"resolved", json_maybe(e.resolved)},
                       {"grade", e.grade ? Ordered(*e.grade) : Ordered(nullptr)}});
    return out;
}

Ordered json_therapies(const std::vector<TherapyInterval>& therapies) {
    auto out = Ordered::array();
    for (const auto& t : therapies)
        out.push_back({{"regimen", t.regimen},
                       {"start", to_string(t.start)},
                       {"stop", json_maybe(t.stop)},
                       {"dose", t.dose},
                       {"reason", t.reason}});
    return out;
}

Ordered json_track(const series::Track& track, const Channel& channel) {
    auto readings = Ordered::array();
    for (const auto& p : track.points)
        readings.push_back({{"date", to_string(p.date)},
                            {"value", p.reading.value},
                            {"censored", censor_word(p.reading.censor)},
                            {"segment", p.segment},
                            {"assay", p.assay < 0 ? Ordered(nullptr) : Ordered(track.assay_of(p))}});
    return {{"channel", channel.name},
            {"title", channel.title},
            {"unit", channel.unit},
            {"scale", channel.scale == Scale::log ? "log" : "linear"},
            {"readings", std::move(readings)}};
}

}  // namespace

Ordered json_options(const std::vector<therapy::Option>& options) {
    auto out = Ordered::array();
    for (const auto& o : options)
        out.push_back({{"move", o.move},
                       {"kind", to_string(o.kind)},
                       {"to", o.to},
                       {"title", o.title},
                       {"standing", to_string(o.standing)},
                       {"rank", o.rank},
                       {"because", o.because},
                       {"sources", o.evidence}});
    return out;
}

Ordered json_alert(const AlertLine& line, Instant as_of) {
    const auto& a = line.alert;
    const auto& e = a.episode;
    return {{"id", a.id},
            {"standing", to_string(line.standing)},
            {"standing_why", line.standing_why},
            {"severity", to_string(e.severity)},
            {"patient", a.patient},
            {"site", line.site},
            {"arm", line.arm},
            {"rule", e.rule},
            {"title", line.title},
            {"maturity", line.maturity},
            {"illustrative", line.illustrative},
            {"sources", line.sources},
            {"state", to_string(a.state)},
            {"raised", to_string(a.raised)},
            {"changed", to_string(a.changed)},
            {"onset", to_string(e.onset)},
            {"fired", to_string(e.fired)},
            {"ended", json_maybe(e.ended)},
            {"evidence", json_evidence(e.evidence)},
            {"would_not_fire_if", line.would_not_fire},
            {"would_not_fire_note", line.would_not_fire_note},
            {"proposal", line.proposal},
            {"bottleneck", line.bottleneck},
            {"options", json_options(line.options)},
            {"answer",
             {{"role", line.role}, {"by", json_maybe(line.answer_by)}, {"overdue", line.answer_overdue}}},
            {"people", json_people(a, as_of)},
            {"rules_hash", a.rules_hash},
            {"model_hash", a.model_hash}};
}

Ordered json_unjudged(const std::vector<Unjudged>& list) {
    auto out = Ordered::array();
    for (const auto& u : list)
        out.push_back({{"patient", u.patient},
                       {"site", u.site},
                       {"arm", u.arm},
                       {"rule", u.rule},
                       {"missing", u.missing}});
    return out;
}

Ordered json_in_force(const std::vector<InForce>& list) {
    auto out = Ordered::array();
    for (const auto& f : list)
        out.push_back({{"kind", f.kind}, {"name", f.name}, {"hash", f.hash}, {"from", to_string(f.from)}});
    return out;
}

Ordered json_timeline(const series::Timeline& t, const ChannelCatalogue& catalogue) {
    auto tracks = Ordered::array();
    for (const auto& name : channels_in_order(t, catalogue))
        tracks.push_back(json_track(*t.track(name), channel_of(catalogue, name)));
    return {{"day_zero", json_maybe(t.patient.day_zero)},
            {"channels", std::move(tracks)},
            {"therapies", json_therapies(t.therapies)},
            {"events", json_events(t.events)},
            {"unmeasured", t.unmeasured}};
}

std::string dump(const Ordered& j) {
    return j.dump(2, ' ', false, Ordered::error_handler_t::replace) + "\n";
}

}  // namespace bellwether::report

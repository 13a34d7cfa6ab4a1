#include "evidence.hpp"

#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "json.hpp"
#include "quantity.hpp"

namespace bellwether::rulebook {
namespace {

/// A number that rounds to nothing has no sign.
std::string without_negative_zero(std::string text) {
    if (text.starts_with('-') && text.find_first_not_of("-0.%") == std::string::npos) text.erase(0, 1);
    return text;
}

/// Four figures, and no exponent where people would not expect one.
std::string for_people(double x) {
    return without_negative_zero(std::abs(x) >= 1000.0 && std::abs(x) < 1e15 ? fmt::format("{:.0f}", x)
                                                                             : fmt::format("{:.4g}", x));
}

std::string fill_number(const SummaryPiece& piece, double x);

std::string fill(const SummaryPiece& piece, const Track& track, std::size_t i) {
    if (!track.known(i)) return "unknown";
    const Expression& e = piece.value;
    if (e.type == ValueType::text) return track.text(i);
    if (e.type == ValueType::truth) return track.value(i) != 0.0 ? "yes" : "no";
    const char* side = track.bound(i) < 0 ? "<" : track.bound(i) > 0 ? ">" : "";
    return side + fill_number(piece, track.value(i));
}

std::string fill_number(const SummaryPiece& piece, double x) {
    const Expression& e = piece.value;
    switch (piece.format) {
        case SummaryPiece::Format::fixed:
            return without_negative_zero(fmt::format("{:.{}f}", x, piece.digits));
        case SummaryPiece::Format::percent:
            return without_negative_zero(fmt::format("{:.0f}%", x * factor(e.unit, "%").value_or(1.0)));
        case SummaryPiece::Format::plain:
            break;
    }
    if (e.type == ValueType::duration) return for_people(x) + " d";
    if (e.unit == "1" || e.unit.empty()) return for_people(x);
    return for_people(x) + (e.unit == "%" ? "" : " ") + e.unit;
}

/// {"call":...,"reason":{...},"unit":...,"value":...} or {"call":...,"unknown":...}
std::string call_json(const Moment& at, int call, PatientFeatures& patient) {
    const FeatureCall& what = at.rule.calls[static_cast<std::size_t>(call)];
    const FeatureType& type = at.rule.types[static_cast<std::size_t>(call)];
    const FeatureColumn& column = at.columns[call];
    std::string out = "{";
    if (column.known[at.point] && column.bound[at.point] != 0)
        out += column.bound[at.point] < 0 ? "\"bound\":\"below\"," : "\"bound\":\"above\",";
    out += "\"call\":" + json_text(to_string(what));
    if (!column.known[at.point]) {
        const int why = column.why[at.point];
        return out + ",\"unknown\":" +
               json_text(why < 0 ? "no reason given" : column.reasons[static_cast<std::size_t>(why)]) + "}";
    }
    if (const std::string reason = patient.reason(what, at.fired); !reason.empty())
        out += ",\"reason\":" + reason;
    switch (type.type) {
        case ValueType::number:
            out += ",\"unit\":" + json_text(canonical(type.unit)) +
                   ",\"value\":" + shortest(column.value[at.point]);
            break;
        case ValueType::duration:
            out += ",\"unit\":\"d\",\"value\":" + shortest(column.value[at.point]);
            break;
        case ValueType::truth:
            out += column.value[at.point] != 0.0 ? ",\"value\":true" : ",\"value\":false";
            break;
        case ValueType::text:
            out += ",\"value\":" + json_text(column.text[at.point]);
            break;
    }
    return out + "}";
}

template <typename List, typename F>
std::string json_list(const List& list, F element) {
    std::string out = "[";
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (i > 0) out += ",";
        out += element(list[i]);
    }
    return out + "]";
}

}  // namespace

std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\', out += c;
        } else if (byte < 0x20) {
            out += fmt::format("\\u{:04x}", byte);
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string fill_summary(const Moment& at, Track& scratch) {
    std::string out;
    for (const SummaryPiece& piece : at.rule.summary) {
        if (!piece.value.present()) {
            out += piece.text;
            continue;
        }
        scratch.run(piece.value, at.columns, at.points);
        out += fill(piece, scratch, at.point);
    }
    return out;
}

std::string evidence_json(const Moment& at, PatientFeatures& patient, Track& scratch) {
    std::string out = "{\"at\":" + json_text(to_string(at.fired));
    out +=
        ",\"because\":" + json_list(at.rule.because, [&](int call) { return call_json(at, call, patient); });
    if (at.escalated) out += ",\"escalated\":" + json_text(to_string(*at.escalated));
    out += ",\"summary\":" + json_text(fill_summary(at, scratch));
    if (!at.unless_unknown.empty()) {
        out += ",\"unless_unknown\":" +
               json_list(at.unless_unknown, [](const std::string& s) { return json_text(s); });
    }
    return out + "}";
}

}  // namespace bellwether::rulebook

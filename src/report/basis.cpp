#include <algorithm>

#include <fmt/format.h>

#include "view.hpp"
#include "words.hpp"

namespace bellwether::report {
namespace {

bool has_kind(const std::vector<InForce>& list, std::string_view kind) {
    return std::any_of(list.begin(), list.end(), [&](const InForce& f) { return f.kind == kind; });
}

std::string in_force_words(const std::vector<InForce>& list) {
    std::vector<std::string> parts;
    for (const auto& f : list)
        parts.push_back(fmt::format("{}{} {} since {}", clean(f.kind),
                                    f.name.empty() ? "" : " " + clean(f.name), clean(f.hash).substr(0, 8),
                                    moment(f.from)));
    return join(parts, "; ");
}

constexpr std::string_view promise = "Decision support for research: it proposes, people decide.";

std::string store_words(const std::string& kind) {
    return kind == "live" ? "live store" : kind.empty() ? "store of unknown kind" : clean(kind) + " store";
}

}  // namespace

std::string banner(const std::string& kind) {
    if (kind == "live") return {};
    if (kind == "simulated") return "SIMULATED DATA: every patient in this report is made up by a program.";
    if (kind == "historical")
        return "HISTORICAL DATA: loaded afterwards and replayed; nobody is being treated on this report.";
    return "STORE OF UNKNOWN KIND: do not treat this report as live.";
}

bool assessed(const Review& r) {
    return r.scanned_to && has_kind(r.in_force, "rules");
}

std::vector<std::string> cautions(const Review& r) {
    std::vector<std::string> out;
    if (r.patients == 0) out.emplace_back("No patient is known at this date.");
    if (!r.scanned_to)
        out.emplace_back("Never scanned: no alert can be shown, and an empty section says nothing.");
    else if (*r.scanned_to < r.as_of)
        out.push_back(fmt::format("The last scan reached {}: what came in since then was not judged.",
                                  moment(*r.scanned_to)));
    if (!has_kind(r.in_force, "rules")) out.emplace_back("No rules are in force: nothing is judged.");
    if (!has_kind(r.in_force, "model"))
        out.emplace_back("No model is in force: rules that ask for state probabilities cannot be judged.");
    if (!has_kind(r.in_force, "regimens"))
        out.emplace_back("No regimen graph is in force: options are not known.");
    return out;
}

std::string basis(const Review& r) {
    auto out = fmt::format("{} Basis: {}, {} as known at {}", promise, store_words(r.store_kind),
                           count(r.patients, "patient"), moment(r.as_of));
    if (!r.inputs.empty()) out += "; " + clean(r.inputs);
    out += r.scanned_to ? "; last scan " + moment(*r.scanned_to) : "; never scanned";
    return out + "; " + (r.in_force.empty() ? "no rules or model in force" : in_force_words(r.in_force)) +
           ".";
}

std::string basis(const PatientPage& page) {
    std::size_t readings = 0, channels = 0;
    for (const auto& [name, track] : page.timeline.tracks) {
        readings += track.points.size();
        channels += track.points.empty() ? 0 : 1;
    }
    auto out = fmt::format("{} Basis: {}, {} of {} as known at {}", promise, store_words(page.store_kind),
                           count(static_cast<std::int64_t>(readings), "reading"),
                           count(static_cast<std::int64_t>(channels), "channel"), moment(page.as_of));
    if (page.scanned_to) out += "; last scan " + moment(*page.scanned_to);
    if (!page.in_force.empty()) out += "; " + in_force_words(page.in_force);
    return out + ".";
}

std::string section_title(const Review& r, Standing s) {
    const bool first = r.since == Instant::lowest();
    const std::string since = first ? "" : " since " + moment(r.since);
    switch (s) {
        case Standing::new_:
            return first ? "NEW (first review: everything is new)" : "NEW" + since;
        case Standing::worse:
            return "WORSE" + since;
        case Standing::still_open:
            return "STILL OPEN";
        case Standing::resolved:
            return "RESOLVED" + since;
        case Standing::withdrawn:
            return "WITHDRAWN" + since;
    }
    return {};
}

std::string nothing(const Review& r, Standing s) {
    if (!r.scanned_to) return "Not assessed: the store was never scanned.";
    if (!has_kind(r.in_force, "rules")) return "Not assessed: no rules are in force.";
    const auto upto =
        *r.scanned_to < r.as_of ? " up to the last scan, " + moment(*r.scanned_to) : std::string();
    const bool first = r.since == Instant::lowest();
    if (first && (s == Standing::worse || s == Standing::still_open))
        return "Not applicable: there is no earlier review to compare with.";
    return "None" + upto + ".";
}

std::string nothing_overdue(const Review& r) {
    return r.schedule_known ? "None: every visit that the protocol asks for by now is there."
                            : "Not assessed: no visit schedule is known.";
}

std::string nothing_unjudged(const Review& r) {
    if (!assessed(r)) return nothing(r, Standing::new_);
    return "None: every rule in force could be judged in every patient scanned.";
}

}  // namespace bellwether::report

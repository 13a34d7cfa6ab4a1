#include "view.hpp"

#include <fmt/format.h>

#include "bellwether/alert/human.hpp"

#include "words.hpp"

namespace bellwether::report {
namespace {

std::string dates_of(const Alert& a, Instant as_of) {
    const auto& e = a.episode;
    auto out = fmt::format("raised {}, onset {}, fired {}", to_string(a.raised.date()), to_string(e.onset),
                           to_string(e.fired));
    if (a.state == MachineState::open)
        out += fmt::format(", open for {}", count(as_of.date() - e.fired, "day"));
    else
        out += fmt::format(", {} {}", to_string(a.state), to_string(a.changed.date()));
    if (e.ended) out += fmt::format(", ended {}", to_string(*e.ended));
    return out;
}

std::string until_words(const Alert& a) {
    return a.human_until ? " until " + moment(*a.human_until) : "";
}

std::string human_words(const Alert& a, Instant as_of) {
    const std::string by = (a.human_by.empty() ? "" : " by " + clean(a.human_by));
    const std::string why = a.human_why.empty() ? "" : ": " + clean(a.human_why);
    if (a.human == HumanState::new_)
        return a.state == MachineState::open ? "nobody has answered yet" : "nobody had answered";
    // The time limit has passed: the alert asks again.
    if (alert::human_state(a, as_of) == HumanState::new_)
        return fmt::format("{}{} ran out {}: asks again{}", to_string(a.human), by,
                           a.human_until ? moment(*a.human_until) : "", why);
    return fmt::format("{}{}{}{}", to_string(a.human), by, until_words(a), why);
}

std::string because_words(const Evidence& e) {
    std::vector<std::string> parts;
    for (const auto& g : e.because)
        parts.push_back(words(g));
    if (!e.readable) return "the evidence of this alert cannot be read";
    return parts.empty() ? "no features are recorded" : join(parts, "; ");
}

std::string proposal_words(const AlertLine& line) {
    if (line.proposal.empty()) return {};
    return clean(line.proposal) +
           (line.bottleneck.empty() ? "" : fmt::format(", for the bottleneck '{}'", clean(line.bottleneck)));
}

std::string marks_of(const AlertLine& line) {
    std::string out = "maturity " + (line.maturity.empty() ? std::string("not known") : clean(line.maturity));
    std::vector<std::string> keys;
    for (const auto& s : line.sources)
        keys.push_back(clean(s));
    out += keys.empty() ? "; no source named" : "; sources " + join(keys, ", ");
    if (!line.alert.rules_hash.empty()) out += "; rules " + clean(line.alert.rules_hash).substr(0, 8);
    return out;
}

}  // namespace

OptionView view_of(const therapy::Option& o) {
    OptionView v;
    v.standing = std::string(to_string(o.standing));
    if (o.standing == therapy::Standing::open && o.rank > 0) v.rank = fmt::format("{}.", o.rank);
    v.title = clean(o.title.empty() ? o.move : o.title);
    std::vector<std::string> data;
    for (const auto& b : o.because)
        data.push_back(clean(b));
    v.because = join(data, "; ");
    if (v.because.empty() && o.standing != therapy::Standing::open) v.because = "no datum is recorded";
    return v;
}

AlertView view_of(const AlertLine& line, Instant as_of) {
    const auto& a = line.alert;
    const auto e = read_evidence(a.episode.evidence);
    AlertView v;
    v.severity = std::string(to_string(a.episode.severity));
    v.patient = clean(a.patient);
    v.place = place_words(line.site, line.arm);
    v.rule = clean(a.episode.rule);
    v.title = line.title.empty() ? v.rule : clean(line.title);
    v.id = fmt::format("#{}", a.id);
    v.state = std::string(to_string(a.state));
    v.dates = dates_of(a, as_of);
    v.summary = e.summary;
    v.standing_why = clean(line.standing_why);
    v.because = because_words(e);
    v.unknown = join(e.unless_unknown, "; ");
    v.arguments = arguments_of(e);
    for (const auto& sentence : line.would_not_fire)
        v.would_not_fire.push_back(clean(sentence));
    v.would_not_fire_note = clean(line.would_not_fire_note);
    // What is over asks for nothing any more.
    if (a.state == MachineState::open) {
        v.proposal = proposal_words(line);
        for (const auto& o : line.options)
            v.options.push_back(view_of(o));
        if (v.options.empty() && !v.proposal.empty())
            v.options_note =
                "options are not known: no regimen graph in force, or the regimen given is not in it";
        if (!line.role.empty())
            v.answer = clean(line.role) + (line.answer_by ? " by " + to_string(*line.answer_by) : "");
    }
    v.overdue = line.answer_overdue;
    v.human = human_words(a, as_of);
    v.marks = marks_of(line);
    v.illustrative = line.illustrative;
    return v;
}

std::string weights_legend() {
    return "Weights of evidence are natural-log odds for the label against its complement, per visit: +0.7 "
           "doubles the "
           "odds, -0.7 halves them; 'time' is what the time elapsed adds by itself.";
}

}  // namespace bellwether::report

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "chart.hpp"
#include "sparkline.hpp"
#include "text.hpp"
#include "words.hpp"

namespace bellwether::report {
namespace {

constexpr std::size_t dates_in_text = 40;

void write_patient(Page& page, const PatientPage& p) {
    const auto& who = p.timeline.patient;
    std::vector<std::string> parts{place_words(who.site, who.arm)};
    if (!who.trial.empty()) parts.push_back("trial " + clean(who.trial));
    if (who.sex != Sex::unknown) parts.emplace_back(who.sex == Sex::female ? "female" : "male");
    if (who.birth_year) parts.push_back(fmt::format("born {}", *who.birth_year));
    if (who.day_zero)
        parts.push_back(fmt::format("day 0 on {}, today day {}", to_string(*who.day_zero),
                                    p.as_of.date() - *who.day_zero));
    page.line();
    page.entry(0, "where", join(parts, "; "));
    page.entry(0, "regimen", p.current_regimen.empty() ? "none being given" : clean(p.current_regimen),
               Tone::strong);
    for (const auto& [what, answer] : p.response)
        page.entry(0, "response", clean(what) + ": " + clean(answer));
}

void write_channels(Page& page, const PatientPage& p) {
    page.heading(
        "CHANNELS (each mark one reading; ▿ below, ▵ above the limit of detection; | assay changed)");
    const auto names = channels_in_order(p.timeline, p.catalogue);
    if (names.empty()) return page.line("  No reading of any channel is known.");
    page.line(pad("  channel", 21) + pad("readings", 27) + pad("first", 12) + pad("last", 12) +
                  pad("nadir", 12) + pad("to nadir", 10) + "age",
              Tone::faint);
    const Date d = p.as_of.date();
    for (const auto& name : names) {
        const auto& track = *p.timeline.track(name);
        const auto channel = channel_of(p.catalogue, name);
        const auto nadir = series::nadir(track, d, p.timeline.patient.day_zero);
        // The same question that rules ask: ratio on a log scale, difference on a linear one.
        const bool log = channel.scale == Scale::log;
        const auto against = log ? series::fold(track, d, nadir) : series::change(track, d, nadir);
        const auto cell = [](const std::string& s, int n) { return pad(cut(s, n - 1), n); };
        page.line("  " + cell(clean(name) + unit_words(channel.unit), 19) +
                  cell(sparkline(track, channel.scale, 24), 27) +
                  cell(reading_words(track.points.front().reading, {}), 12) +
                  cell(reading_words(track.points.back().reading, {}), 12) + cell(answer_words(nadir), 12) +
                  cell((log ? "×" : "Δ") + answer_words(against), 10) +
                  fmt::format("{}d", d - track.points.back().date));
    }
    for (const auto& [name, why] : p.timeline.unmeasured)
        page.entry(2, "", clean(name) + " not known: " + clean(why), Tone::faint);
}

void write_states(Page& page, const PatientPage& p) {
    page.heading("STATES (filtered at the last modelled reading; forecasts are carried on from there)");
    if (p.states.empty()) return page.line("  Not assessed: no model in force has a reading to judge.");
    for (const auto& s : p.states) {
        const auto at = s.dates.empty() ? std::string("no reading") : to_string(s.dates.back());
        page.line(fmt::format("  {} of {}, {}", clean(s.axis), clean(s.model), at), Tone::strong);
        auto head = pad("", 4 + 16 + 6 + 26);
        for (const auto& [horizon, f] : s.forecast)
            head += pad_left(fmt::format("+{}d", horizon), 8);
        if (!s.forecast.empty()) page.line(head, Tone::faint);
        for (std::size_t k = 0; k < s.labels.size(); ++k) {
            const bool known = !s.p.empty() && k < s.p.back().size();
            auto line =
                "    " + pad(cut(clean(s.labels[k]), 15), 16) +
                (known ? pad(probability(s.p.back()[k]), 6) + pad(bar(s.p.back()[k], 25), 26) : pad("?", 32));
            for (const auto& [horizon, f] : s.forecast)
                line += pad_left(k < f.size() ? probability(f[k]) : "?", 8);
            page.line(line);
        }
    }
}

void write_alerts(Page& page, const PatientPage& p) {
    page.heading(fmt::format("ALERTS: {}", p.alerts.size()));
    if (p.alerts.empty()) page.line("  No alert in the ledger; see below what could not be judged.");
    for (const auto& a : p.alerts) {
        auto v = view_of(a, p.as_of);
        v.title += " (" + v.state + ")";
        write_alert(page, v, a.alert.state == MachineState::open);
    }
    for (const auto& g : unjudged_groups(p.not_assessable))
        page.entry(2, "not known", fmt::format("{}: {}", g.rules, g.missing), Tone::warn);
    if (p.alerts.empty()) return;
    for (const auto& part : wrap(weights_legend(), columns))
        page.line(part, Tone::faint);
}

void write_options_section(Page& page, const PatientPage& p) {
    page.heading("OPTIONS from the current regimen, for any bottleneck");
    if (p.options.empty()) return page.line("  Not known.");
    std::vector<OptionView> options;
    for (const auto& o : p.options)
        options.push_back(view_of(o));
    write_options(page, 0, options);
}

/// Everything that happened, by day.
std::map<Date, std::vector<std::string>> days_of(const PatientPage& p) {
    std::map<Date, std::vector<std::string>> days;
    for (const auto& t : p.timeline.therapies) {
        days[t.start].push_back("start " + clean(t.regimen) + (t.dose.empty() ? "" : " " + clean(t.dose)));
        if (t.stop)
            days[*t.stop].push_back("stop " + clean(t.regimen) +
                                    (t.reason.empty() ? "" : " (" + clean(t.reason) + ")"));
    }
    for (const auto& e : p.timeline.events) {
        auto what = std::string(to_string(e.kind)) + (e.term.empty() ? "" : " " + clean(e.term)) +
                    (e.grade ? fmt::format(" grade {}", *e.grade) : "");
        if (e.resolved) days[*e.resolved].push_back(what + " resolved");
        days[e.date].push_back(std::move(what));
    }
    for (const auto& name : channels_in_order(p.timeline, p.catalogue))
        for (const auto& point : p.timeline.track(name)->points)
            days[point.date].push_back(clean(name) + " " +
                                       reading_words(point.reading, channel_of(p.catalogue, name).unit));
    for (const auto& a : p.alerts)
        days[a.alert.episode.fired].push_back(
            fmt::format("ALERT #{} {}", a.alert.id, clean(a.alert.episode.rule)));
    return days;
}

void write_timeline(Page& page, const PatientPage& p) {
    page.heading("TIMELINE");
    const auto days = days_of(p);
    if (days.empty()) return page.line("  Nothing is recorded.");
    const auto origin = p.timeline.origin();
    std::size_t left_out = days.size() > dates_in_text ? days.size() - dates_in_text : 0;
    if (left_out > 0)
        page.line(fmt::format("  {} left out here; all of them are in --format json",
                              count(static_cast<std::int64_t>(left_out), "earlier date")),
                  Tone::faint);
    for (const auto& [date, things] : days) {
        if (left_out > 0) {
            --left_out;
            continue;
        }
        auto head =
            "  " + to_string(date) + pad_left(origin ? fmt::format("d{}", date - *origin) : "", 7) + "  ";
        for (const auto& part : wrap(join(things, ", "), columns - width(head))) {
            page.line(head + part);
            head = pad("", width(head));
        }
    }
    for (const auto& c : p.conflicts)
        page.entry(2, "conflict", clean(c), Tone::warn);
    for (const auto& m : p.missing)
        page.entry(2, "missing", clean(m));
}

}  // namespace

std::string text_of(const PatientPage& p, bool colour) {
    Page page(colour);
    write_head(page, "BELLWETHER patient " + clean(p.timeline.patient.id) + ", " + moment(p.as_of),
               banner(p.store_kind), {}, basis(p));
    for (const auto& w : p.warnings)
        page.entry(0, "!", clean(w), Tone::warn);
    write_patient(page, p);
    write_channels(page, p);
    write_states(page, p);
    write_alerts(page, p);
    write_options_section(page, p);
    write_timeline(page, p);
    return page.str();
}

}  // namespace bellwether::report

#include "replay_output.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bellwether/report/curves.hpp"

namespace bellwether::cli {
namespace {

using nlohmann::ordered_json;
using study::Estimate;
using study::Measure;

std::string rule_name(const std::string& rule) {
    return rule.empty() ? "any rule" : rule;
}

/// Counts under permanent names.
std::vector<std::pair<std::string, double>> named(const study::Counts& c) {
    const auto n = [](std::size_t x) { return static_cast<double>(x); };
    return {{"patients", n(c.patients)},
            {"patient_years", c.patient_years},
            {"stable_patient_years", c.stable_years},
            {"alerts", n(c.alerts)},
            {"alerts_taken_back", n(c.taken_back)},
            {"false_alerts", n(c.false_alerts)},
            {"patients_alerted", n(c.alerted)},
            {"patients_silent", n(c.silent)},
            {"patients_not_assessable", n(c.not_assessable)},
            {"events", n(c.events)},
            {"events_warned", n(c.warned)},
            {"events_alerted_same_day", n(c.same_day)},
            {"events_missed_silent", n(c.missed_silent)},
            {"events_missed_not_assessable", n(c.missed_not_assessable)}};
}

std::string number(std::optional<double> x) {
    return x ? fmt::format("{:.6g}", *x) : std::string();
}

/// Where nothing (or everything) happened a bootstrap has nothing to draw: the exact upper limit of a rate,
/// and Wilson's interval of a share, stand in.
Estimate with_limit(const app::ReplayLine& line, Measure m) {
    Estimate e = line.estimates[static_cast<std::size_t>(m)];
    if (!e.value) return e;
    const auto& c = line.counts;
    const bool all = m == Measure::alerts_per_patient_year;
    if ((all || m == Measure::false_alerts_per_stable_patient_year ||
         m == Measure::first_false_alerts_per_stable_patient_year) &&
        *e.value == 0.0)
        return {0.0, 0.0, study::upper_limit_of_none(all ? c.patient_years : c.stable_years)};
    if ((m == Measure::share_warned || m == Measure::share_warned_over_14_days) &&
        (*e.value == 0.0 || *e.value == 1.0)) {
        const auto s = study::share(*e.value == 0.0 ? 0 : c.events, c.events);
        return {e.value, s.low, s.high};
    }
    return e;
}

void print_estimates(const std::vector<Estimate>& estimates) {
    for (std::size_t m = 0; m < estimates.size(); ++m) {
        const auto& e = estimates[m];
        if (!e.value) continue;
        const std::string interval =
            e.low && e.high ? fmt::format("  ({:.4g} to {:.4g})", *e.low, *e.high) : "";
        fmt::print("  {:<44} {:>9.4g}{}\n", study::measure_names()[m], *e.value, interval);
    }
}

std::vector<Estimate> limited(const app::ReplayLine& line) {
    std::vector<Estimate> list;
    for (std::size_t m = 0; m < line.estimates.size(); ++m)
        list.push_back(with_limit(line, static_cast<Measure>(m)));
    return list;
}

std::string cell(const app::ReplayLine& line, Measure m, double factor = 1.0) {
    const Estimate e = with_limit(line, m);
    if (!e.value) return "-";
    if (!e.low || !e.high) return fmt::format("{:.3g}", factor * *e.value);
    return fmt::format("{:.3g} ({:.3g}-{:.3g})", factor * *e.value, factor * *e.low, factor * *e.high);
}

void print_row(const std::string& name, const app::ReplayLine& line) {
    fmt::print("  {:<26} {:>8} {:>22} {:>22} {:>22}\n", name, line.counts.patients,
               cell(line, Measure::first_false_alerts_per_stable_patient_year),
               cell(line, Measure::share_warned, 100.0), cell(line, Measure::lead_days_median));
}

void print_row_head(const std::string& what) {
    fmt::print("  {:<26} {:>8} {:>22} {:>22} {:>22}\n", what, "patients", "first false/stable y",
               "events warned of, %", "lead days, median");
}

void print_text(const ReplayOutput& out) {
    const auto& r = *out.request;
    fmt::print(
        "{}replay {} to {}, {}; ahead of {}; horizon {} days; intervals: 95%, {} draws of patients, seed "
        "{}\n",
        out.banner, to_string(r.from), to_string(r.to),
        r.every_days ? fmt::format("results looked at every {} days", *r.every_days)
                     : std::string("results looked at as they were learnt"),
        r.event == EventKind::death ? "death" : "progression", r.horizon_days, out.bootstrap.draws,
        out.bootstrap.seed);
    fmt::print("stable days: {}\n", out.truth ? "by the truth of the virtual trial"
                                              : "followed for the horizon without the event");
    if (out.ledger)
        fmt::print("ledger: {} events of {} alerts, {}\n", out.ledger->events, out.ledger->alerts,
                   out.ledger->difference ? "NOT those of a replay: " + *out.ledger->difference
                                          : std::string("all equal to a replay of the recorded activations"));
    for (const auto& line : out.report.lines) {
        fmt::print("\n{}, {}\n", line.side, rule_name(line.rule));
        for (const auto& [name, value] : named(line.counts))
            fmt::print("  {:<44} {:>9.6g}\n", name, value);
        print_estimates(limited(line));
    }
    for (const auto& d : out.report.differences) {
        fmt::print("\nagainst less first, {} (paired by patient)\n", rule_name(d.rule));
        print_estimates(d.estimates);
    }
    std::string last;
    for (const auto& line : out.report.groups) {
        const std::string head = fmt::format("{}, {} by {}", line.side, rule_name(line.rule), line.factor);
        if (head != last) {
            fmt::print("\n{}\n", head);
            print_row_head(line.factor);
            for (const auto& t : out.report.tests)
                if (t.side == line.side && t.rule == line.rule && t.factor == line.factor &&
                    t.test.degrees > 0)
                    fmt::print(
                        "  {} differ: chi-square {:.2f} on {}, p {:.3g}, {:.3g} after Holm for {} tests\n",
                        t.what, t.test.chi_square, t.test.degrees, t.test.p, t.p_holm,
                        out.report.tests.size());
            last = head;
        }
        print_row(line.level, line);
    }
    last.clear();
    for (const auto& line : out.report.curve) {
        if (line.rule != last) {
            fmt::print("\n{}, threshold swept\n", line.rule);
            print_row_head("threshold");
            last = line.rule;
        }
        print_row(line.threshold, line);
    }
}

ordered_json to_json(const Estimate& e) {
    ordered_json v = {{"value", e.value ? ordered_json(*e.value) : ordered_json()}};
    if (e.low && e.high) v["interval"] = {*e.low, *e.high};
    return v;
}

ordered_json to_json(const app::ReplayLine& line) {
    ordered_json counts = ordered_json::object(), figures = ordered_json::object();
    for (const auto& [name, value] : named(line.counts))
        counts[name] = value;
    const auto list = limited(line);
    for (std::size_t m = 0; m < list.size(); ++m)
        figures[study::measure_names()[m]] = to_json(list[m]);
    ordered_json row = {{"side", line.side}, {"rule", rule_name(line.rule)}};
    if (!line.factor.empty()) row["by"] = line.factor, row["level"] = line.level;
    if (!line.threshold.empty()) row["threshold"] = line.threshold;
    row["counts"] = counts;
    row["figures"] = figures;
    if (line.factor.empty() && line.threshold.empty()) {
        auto steps = ordered_json::array();
        for (const auto& s : line.to_alert)
            steps.push_back({{"day", s.time},
                             {"at_risk", s.at_risk},
                             {"alerted", 1.0 - s.survival},
                             {"standard_error", s.standard_error}});
        row["time_to_first_alert"] = steps;
    }
    return row;
}

void print_json(const ReplayOutput& out) {
    const auto& r = *out.request;
    ordered_json doc = {{"store", out.store},
                        {"from", to_string(r.from)},
                        {"to", to_string(r.to)},
                        {"every_days", r.every_days ? ordered_json(*r.every_days) : ordered_json()},
                        {"event", r.event == EventKind::death ? "death" : "progression"},
                        {"horizon_days", r.horizon_days},
                        {"stable", out.truth ? "truth" : "event-free"},
                        {"draws", out.bootstrap.draws},
                        {"seed", out.bootstrap.seed},
                        {"patients_failed", out.failed}};
    if (out.ledger) {
        doc["ledger"] = {{"events", out.ledger->events},
                         {"alerts", out.ledger->alerts},
                         {"equal", !out.ledger->difference}};
        if (out.ledger->difference) doc["ledger"]["difference"] = *out.ledger->difference;
    }
    auto rows = [](const std::vector<app::ReplayLine>& lines) {
        auto list = ordered_json::array();
        for (const auto& line : lines)
            list.push_back(to_json(line));
        return list;
    };
    doc["rules"] = rows(out.report.lines);
    doc["differences"] = ordered_json::array();
    for (const auto& d : out.report.differences) {
        ordered_json figures = ordered_json::object();
        for (std::size_t m = 0; m < d.estimates.size(); ++m)
            figures[study::measure_names()[m]] = to_json(d.estimates[m]);
        doc["differences"].push_back({{"rule", rule_name(d.rule)}, {"figures", figures}});
    }
    doc["groups"] = rows(out.report.groups);
    doc["tests"] = ordered_json::array();
    for (const auto& t : out.report.tests)
        doc["tests"].push_back({{"side", t.side},
                                {"rule", rule_name(t.rule)},
                                {"by", t.factor},
                                {"what", t.what},
                                {"chi_square", t.test.chi_square},
                                {"degrees", t.test.degrees},
                                {"p", t.test.p},
                                {"p_holm", t.p_holm}});
    doc["curve"] = rows(out.report.curve);
    fmt::print("{}\n", doc.dump(2));
}

void print_csv(const ReplayOutput& out) {
    fmt::print("{}", csv_line({"store", "side", "rule", "by", "level", "threshold", "figure", "value", "low",
                               "high"}));
    const auto row = [&](const std::string& side, const std::string& rule, const std::string& by,
                         const std::string& level, const std::string& threshold, const std::string& figure,
                         const Estimate& e) {
        fmt::print("{}", csv_line({out.store, side, rule_name(rule), by, level, threshold, figure,
                                   number(e.value), number(e.low), number(e.high)}));
    };
    for (const auto* lines : {&out.report.lines, &out.report.groups, &out.report.curve})
        for (const auto& l : *lines) {
            for (const auto& [name, value] : named(l.counts))
                row(l.side, l.rule, l.factor, l.level, l.threshold, name, {value, {}, {}});
            const auto list = limited(l);
            for (std::size_t m = 0; m < list.size(); ++m)
                row(l.side, l.rule, l.factor, l.level, l.threshold, study::measure_names()[m], list[m]);
        }
    for (const auto& d : out.report.differences)
        for (std::size_t m = 0; m < d.estimates.size(); ++m)
            row("against less first", d.rule, "", "", "", study::measure_names()[m], d.estimates[m]);
    for (const auto& t : out.report.tests)
        row(t.side, t.rule, t.factor, "", "", "p, " + t.what, {t.test.p, {}, {}});
}

}  // namespace

void print(const ReplayOutput& out, Format format) {
    if (format == Format::json)
        print_json(out);
    else if (format == Format::csv)
        print_csv(out);
    else
        print_text(out);
}

std::string time_to_alert_svg(const app::ReplayReport& report) {
    std::vector<report::CurvePanel> panels;
    for (const auto& line : report.lines) {
        if (panels.empty() || panels.back().title != line.side) panels.push_back({line.side, {}});
        report::Curve c{rule_name(line.rule), {{0.0, 0.0}}, false};
        for (const auto& s : line.to_alert) {
            c.points.emplace_back(s.time, c.points.back().second);
            c.points.emplace_back(s.time, 100.0 * (1.0 - s.survival));
        }
        panels.back().curves.push_back(std::move(c));
    }
    return report::curves_svg("Patients with a first alert, percent (Kaplan-Meier)",
                              "days from the start of watching", 100.0, panels);
}

std::string curve_svg(const app::ReplayReport& report) {
    report::CurvePanel lead{"lead in days, median", {}}, warned{"events warned of, percent", {}};
    double top = 100.0;
    for (const auto& line : report.curve) {
        const auto rate =
            line.estimates[static_cast<std::size_t>(Measure::first_false_alerts_per_stable_patient_year)];
        const auto days = line.estimates[static_cast<std::size_t>(Measure::lead_days_median)];
        const auto share = line.estimates[static_cast<std::size_t>(Measure::share_warned)];
        for (auto* panel : {&lead, &warned})
            if (panel->curves.empty() || panel->curves.back().name != line.rule)
                panel->curves.push_back({line.rule, {}, false});
        if (!rate.value) continue;
        if (days.value) {
            lead.curves.back().points.emplace_back(*rate.value, *days.value);
            top = std::max(top, std::ceil(*days.value / 50.0) * 50.0);
        }
        if (share.value) warned.curves.back().points.emplace_back(*rate.value, 100.0 * *share.value);
    }
    for (auto* panel : {&lead, &warned})
        for (auto& c : panel->curves)
            std::sort(c.points.begin(), c.points.end());
    return report::curves_svg("Lead time against false alerts, thresholds swept", "first false / stable year",
                              top, {lead, warned});
}

}  // namespace bellwether::cli

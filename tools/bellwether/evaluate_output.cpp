#include "evaluate_output.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace bellwether::cli {
namespace {

using study::Estimate;
using study::ScoreKind;
using study::ScoreMeasure;

const char* kind_word(ScoreKind kind) {
    return kind == ScoreKind::probability ? "probability" : kind == ScoreKind::yes_no ? "yes-no" : "number";
}

std::string cell(const Estimate& e) {
    if (!e.value) return "-";
    if (!e.low || !e.high) return fmt::format("{:.3g}", *e.value);
    return fmt::format("{:.3g} ({:.3g} to {:.3g})", *e.value, *e.low, *e.high);
}

Estimate measure(const study::ScoreFigures& f, ScoreMeasure m) {
    return f.measures[static_cast<std::size_t>(m)];
}

void print_all(const study::ScoreFigures& f) {
    for (const auto& [name, n] : app::score_counts(f))
        fmt::print("  {:<26} {:>9}\n", name, n);
    for (std::size_t m = 0; m < f.measures.size(); ++m) {
        const auto& e = f.measures[m];
        if (!e.value) continue;
        const std::string interval =
            e.low && e.high ? fmt::format("  ({:.4g} to {:.4g})", *e.low, *e.high) : "";
        fmt::print("  {:<26} {:>9.4g}{}\n", study::score_measure_names()[m], *e.value, interval);
    }
}

void print_groups(const study::ScoreFigures& f, bool probability) {
    fmt::print("\n  observed risk by group of the score\n  {:>9} {:>9} {:>6} {:>6} {:>9}  {}\n", "from", "to",
               "rows", "events", probability ? "predicted" : "mean", "observed");
    for (const auto& g : f.groups)
        fmt::print("  {:>9.4g} {:>9.4g} {:>6} {:>6} {:>9.4g}  {}\n", g.low, g.high, g.rows, g.events,
                   g.mean_score, cell(g.observed));
}

void print_net_benefit(const study::ScoreFigures& f) {
    if (f.net_benefit.empty()) return;
    fmt::print("\n  net benefit of acting at a threshold (on nobody: 0)\n  {:>9}  {:<30} {}\n", "threshold",
               "by the score", "on all");
    for (const auto& x : f.net_benefit)
        fmt::print("  {:>9.4g}  {:<30} {}\n", x.threshold, cell(x.score), cell(x.all));
}

std::string name_of(const app::ScoreTest& t) {
    const auto& figure = study::score_measure_names()[static_cast<std::size_t>(t.figure)];
    return t.landmark.empty() ? std::string(figure) : fmt::format("{} at landmark {}", figure, t.landmark);
}

/// Which levels were left out of which tests, and why; a line for those of the same tests.
void print_left_out(const std::vector<const app::ScoreTest*>& tests) {
    std::map<std::string, std::vector<std::string>> names_of;  // by level and reason
    std::vector<std::string> order;
    for (const auto* t : tests)
        for (const auto& level : t->left_out) {
            if (!names_of.contains(level)) order.push_back(level);
            names_of[level].push_back(name_of(*t));
        }
    std::map<std::vector<std::string>, std::vector<std::string>> lines;
    for (const auto& level : order)
        lines[names_of[level]].push_back(level);
    for (const auto& [names, levels] : lines)
        fmt::print("  not assessed{}: {}\n",
                   names.size() == tests.size() ? "" : fmt::format(" in {}", fmt::join(names, ", ")),
                   fmt::join(levels, "; "));
}

void print_tests(const app::ScoreReport& report, const std::string& factor) {
    const auto compared = std::count_if(report.tests.begin(), report.tests.end(),
                                        [](const app::ScoreTest& t) { return t.test.degrees > 0; });
    std::vector<const app::ScoreTest*> tests;
    for (const auto& t : report.tests)
        if (t.factor == factor) tests.push_back(&t);
    for (const auto* t : tests)
        if (t->test.degrees > 0)
            fmt::print("  {} differ: chi-square {:.2f} on {}, p {:.3g}, {:.3g} after Holm for {} tests\n",
                       name_of(*t), t->test.chi_square, t->test.degrees, t->test.p, t->p_holm, compared);
        else
            fmt::print("  {}: not assessed, fewer than two levels can be compared\n", name_of(*t));
    print_left_out(tests);
}

void print_slices(const app::ScoreReport& report, bool probability) {
    std::string head;
    for (const auto& s : report.slices) {
        // The levels at each landmark are in the other formats.
        if (s.landmark.empty() == s.factor.empty()) continue;
        const std::string now = s.factor.empty() ? "landmark" : s.factor;
        if (now != head) {
            fmt::print("\nby {}\n  {:<14} {:>5} {:>6} {:>22} {:>22} {:>22}", now, now, "rows", "events",
                       "auc", "c_uno", "observed_risk");
            fmt::print("{}\n", probability ? fmt::format(" {:>9} {:>24}", "predicted", "brier_scaled") : "");
            if (!s.factor.empty()) print_tests(report, s.factor);
            head = now;
        }
        const auto& f = s.figures;
        fmt::print("  {:<14} {:>5} {:>6} {:>22} {:>22} {:>22}", s.factor.empty() ? s.landmark : s.level,
                   f.rows, f.events, cell(measure(f, ScoreMeasure::auc)),
                   cell(measure(f, ScoreMeasure::c_uno)), cell(measure(f, ScoreMeasure::observed_risk)));
        if (probability) {
            const auto p = measure(f, ScoreMeasure::mean_predicted).value;
            fmt::print(" {:>9} {:>24}", p ? fmt::format("{:.3g}", *p) : "-",
                       cell(measure(f, ScoreMeasure::brier_scaled)));
        }
        fmt::print("\n");
    }
}

/// Where nobody was followed to the horizon the figures at it are missing: by whose fault.
void print_short_ones(const EvaluateOutput& out) {
    if (measure(out.report->all(), ScoreMeasure::observed_risk).value) return;
    for (const auto& s : out.report->slices)
        if (s.factor.empty() && s.figures.rows > 0 && !measure(s.figures, ScoreMeasure::observed_risk).value)
            fmt::print("  {}nobody was followed for {:g} days: figures at this horizon are left out\n",
                       s.landmark.empty() ? "" : "landmark " + s.landmark + ": ", out.request->horizon_days);
}

void print_text(const EvaluateOutput& out) {
    const auto& c = *out.cohort;
    const bool probability = c.kind == ScoreKind::probability;
    fmt::print(
        "{}evaluate {} of {}, against {} within {:g} days of the landmark; intervals: 95%, {} draws of "
        "patients, seed {}\n",
        out.banner, c.score, out.source, out.event, out.request->horizon_days, out.request->bootstrap.draws,
        out.request->bootstrap.seed);
    if (c.kind == ScoreKind::number)
        fmt::print("not a probability: no Brier score, calibration or net benefit\n");
    if (c.kind == ScoreKind::yes_no)
        fmt::print("a yes or no, not a probability: no Brier score or calibration\n");
    const auto sheets = app::score_sheets(c, *out.report);
    fmt::print("\n");
    for (const auto& sheet : sheets)
        if (sheet.name == "landmarks" || (sheet.name == "not_assessable" && !sheet.rows.empty()))
            fmt::print("{}\n", app::to_text(sheet));
    const auto& all = out.report->all();
    if (all.rows == 0) return fmt::print("nobody is scored: there is nothing to evaluate\n");
    fmt::print("{}\n", c.landmarks.size() > 1 ? "all landmarks" : "all");
    print_all(all);
    print_short_ones(out);
    print_groups(all, probability);
    print_net_benefit(all);
    print_slices(*out.report, probability);
}

void print_json(const EvaluateOutput& out) {
    nlohmann::ordered_json doc = {{"store", out.store},
                                  {"source", out.source},
                                  {"score", out.cohort->score},
                                  {"score_is", kind_word(out.cohort->kind)},
                                  {"event", out.event},
                                  {"horizon_days", out.request->horizon_days},
                                  {"draws", out.request->bootstrap.draws},
                                  {"seed", out.request->bootstrap.seed},
                                  {"patients_failed", out.cohort->failed.size()}};
    doc.update(nlohmann::ordered_json::parse(app::to_json(app::score_sheets(*out.cohort, *out.report))));
    fmt::print("{}\n", doc.dump(2));
}

}  // namespace

void print(const EvaluateOutput& out, Format format, const std::string& what) {
    if (format == Format::text) return print_text(out);
    if (format == Format::json) return print_json(out);
    for (auto sheet : app::score_sheets(*out.cohort, *out.report)) {
        if (sheet.name != what) continue;
        sheet.columns.insert(sheet.columns.begin(), "store");
        for (auto& row : sheet.rows)
            row.insert(row.begin(), out.store);
        fmt::print("{}", app::to_csv(sheet));
    }
}

}  // namespace bellwether::cli

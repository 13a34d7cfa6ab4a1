#include "bellwether/app/score_report.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include <fmt/format.h>
#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>

#include "bellwether/report/score_plots.hpp"

#include "score_levels.hpp"

namespace bellwether::app {
namespace {

/// Rows of a slice with their patients counted anew, so that a draw is one of the slice's patients.
study::ScoreFigures figures_of(const ScoreCohort& cohort, const std::vector<std::size_t>& places,
                               const ScoreReportRequest& request) {
    std::map<std::size_t, std::size_t> patient;
    std::vector<study::ScoredRow> rows;
    for (const std::size_t i : places) {
        auto row = cohort.rows[i];
        row.patient = patient.emplace(row.patient, patient.size()).first->second;
        rows.push_back(row);
    }
    const study::ScoreSample sample(rows, patient.size(),
                                    {cohort.kind, request.horizon_days, request.groups, request.thresholds});
    return sample.estimate(request.bootstrap);
}

std::vector<std::size_t> where(const ScoreCohort& cohort, const std::function<bool(std::size_t)>& wanted) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < cohort.rows.size(); ++i)
        if (wanted(i)) places.push_back(i);
    return places;
}

using Cell = Sheet::Cell;

Cell cell(const std::optional<double>& x) {
    return x ? Cell(*x) : Cell();
}

std::vector<Cell> keys(const ScoreSlice& s) {
    const auto all = [](const std::string& x) { return Cell(x.empty() ? std::string("all") : x); };
    return {all(s.landmark), all(s.factor), all(s.level)};
}

void add_row(Sheet& sheet, const ScoreSlice& s, std::initializer_list<Cell> more) {
    auto row = keys(s);
    row.insert(row.end(), more);
    sheet.rows.push_back(std::move(row));
}

Sheet figures_sheet(const ScoreReport& report) {
    Sheet sheet{"figures", "Figures", {"landmark", "by", "level", "figure", "value", "low", "high"}, {}};
    for (const auto& s : report.slices) {
        for (const auto& [name, n] : score_counts(s.figures))
            add_row(sheet, s, {name, static_cast<double>(n), {}, {}});
        for (std::size_t m = 0; m < s.figures.measures.size(); ++m) {
            const auto& e = s.figures.measures[m];
            add_row(sheet, s, {study::score_measure_names()[m], cell(e.value), cell(e.low), cell(e.high)});
        }
    }
    return sheet;
}

Sheet landmarks_sheet(const ScoreCohort& cohort) {
    Sheet sheet{"landmarks",
                "Patients at each landmark",
                {"landmark", "patients", "event_before", "ended_before", "not_followed", "not_assessable",
                 "scored", "scores_beyond_a_limit"},
                {}};
    for (const auto& l : cohort.landmarks) {
        std::vector<Cell> row{l.name.empty() ? std::string("all") : l.name};
        for (const auto n :
             {l.patients, l.event_before, l.ended_before, l.not_followed, l.no_score, l.scored, l.bounds})
            row.emplace_back(static_cast<double>(n));
        sheet.rows.push_back(std::move(row));
    }
    return sheet;
}

Sheet reasons_sheet(const ScoreCohort& cohort) {
    Sheet sheet{"not_assessable", "Why the score cannot be said", {"landmark", "reason", "patients"}, {}};
    for (const auto& l : cohort.landmarks)
        for (const auto& [why, n] : l.why)
            sheet.rows.push_back({l.name.empty() ? std::string("all") : l.name, why, static_cast<double>(n)});
    return sheet;
}

Sheet risks_sheet(const ScoreReport& report) {
    Sheet sheet{"risks",
                "Observed risk by group of the score",
                {"landmark", "by", "level", "group", "from", "to", "rows", "events", "competing",
                 "mean_score", "observed", "low", "high"},
                {}};
    for (const auto& s : report.slices)
        for (std::size_t g = 0; g < s.figures.groups.size(); ++g) {
            const auto& x = s.figures.groups[g];
            add_row(sheet, s,
                    {static_cast<double>(g + 1), x.low, x.high, static_cast<double>(x.rows),
                     static_cast<double>(x.events), static_cast<double>(x.competing), x.mean_score,
                     cell(x.observed.value), cell(x.observed.low), cell(x.observed.high)});
        }
    return sheet;
}

Sheet net_benefit_sheet(const ScoreReport& report) {
    Sheet sheet{
        "net_benefit",
        "Net benefit along the threshold; treating nobody has 0",
        {"landmark", "by", "level", "threshold", "score", "low", "high", "all", "all_low", "all_high"},
        {}};
    for (const auto& s : report.slices)
        for (const auto& x : s.figures.net_benefit)
            add_row(sheet, s,
                    {x.threshold, cell(x.score.value), cell(x.score.low), cell(x.score.high),
                     cell(x.all.value), cell(x.all.low), cell(x.all.high)});
    return sheet;
}

Sheet tests_sheet(const ScoreReport& report) {
    Sheet sheet{"tests",
                "Do the levels of a factor differ?",
                {"landmark", "by", "figure", "chi_square", "degrees", "p", "p_holm", "left_out"},
                {}};
    for (const auto& t : report.tests) {
        const bool tested = t.test.degrees > 0;
        sheet.rows.push_back({t.landmark.empty() ? std::string("all") : t.landmark, t.factor,
                              study::score_measure_names()[static_cast<std::size_t>(t.figure)],
                              tested ? Cell(t.test.chi_square) : Cell(), static_cast<double>(t.test.degrees),
                              tested ? Cell(t.test.p) : Cell(), tested ? Cell(t.p_holm) : Cell(),
                              fmt::format("{}", fmt::join(t.left_out, "; "))});
    }
    return sheet;
}

}  // namespace

ScoreReport report_scores(const ScoreCohort& cohort, const ScoreReportRequest& request) {
    ScoreReport report;
    std::vector<std::vector<std::size_t>> places;
    const auto add = [&](const std::string& landmark, const std::string& factor, const std::string& level,
                         const std::function<bool(std::size_t)>& wanted) {
        report.slices.push_back({landmark, factor, level, {}});
        places.push_back(where(cohort, wanted));
    };
    add("", "", "", [](std::size_t) { return true; });
    if (cohort.landmarks.size() > 1)
        for (std::size_t l = 0; l < cohort.landmarks.size(); ++l)
            add(landmark_name(cohort, l), "", "",
                [&](std::size_t i) { return cohort.rows[i].landmark == l; });
    for (const auto& factor : request.by) {
        std::set<std::string> levels;
        for (std::size_t i = 0; i < cohort.rows.size(); ++i)
            levels.insert(level_of(cohort, i, factor));
        levels.erase("");
        if (levels.size() < 2) continue;
        for (const auto& level : levels)
            add("", factor, level, [&](std::size_t i) { return level_of(cohort, i, factor) == level; });
        if (cohort.landmarks.size() < 2) continue;
        for (std::size_t l = 0; l < cohort.landmarks.size(); ++l)
            for (const auto& level : levels)
                add(landmark_name(cohort, l), factor, level, [&](std::size_t i) {
                    return cohort.rows[i].landmark == l && level_of(cohort, i, factor) == level;
                });
    }
    tbb::global_control control(tbb::global_control::max_allowed_parallelism,
                                static_cast<std::size_t>(std::max(1, request.threads)));
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, places.size(), 1), [&](const auto& range) {
        for (std::size_t s = range.begin(); s != range.end(); ++s)
            report.slices[s].figures = figures_of(cohort, places[s], request);
    });
    report.tests = compare_levels(cohort, report.slices, request.horizon_days);
    return report;
}

std::vector<Sheet> score_sheets(const ScoreCohort& cohort, const ScoreReport& report) {
    return {figures_sheet(report), landmarks_sheet(cohort),   reasons_sheet(cohort),
            risks_sheet(report),   net_benefit_sheet(report), tests_sheet(report)};
}

std::vector<std::pair<std::string, std::size_t>> score_counts(const study::ScoreFigures& f) {
    return {{"rows", f.rows},           {"patients", f.patients}, {"events", f.events},
            {"competing", f.competing}, {"censored", f.censored}, {"free", f.free}};
}

std::string calibration_plot(const ScoreCohort& cohort, const ScoreReport& report, double horizon_days) {
    if (cohort.kind != study::ScoreKind::probability)
        throw Error("P087",
                    fmt::format("{} is not a probability: there is no calibration to draw", cohort.score));
    std::vector<report::CalibrationPoint> points;
    for (const auto& g : report.all().groups)
        if (g.observed.value)
            points.push_back({g.mean_score, *g.observed.value, g.observed.low, g.observed.high, g.rows});
    return report::calibration_svg("Calibration of " + cohort.score,
                                   fmt::format("event within {:g} days", horizon_days), points);
}

std::string decision_plot(const ScoreCohort& cohort, const ScoreReport& report) {
    if (cohort.kind == study::ScoreKind::number)
        throw Error("P087",
                    fmt::format("{} is not a probability: it has no net benefit to draw", cohort.score));
    std::vector<report::DecisionPoint> points;
    for (const auto& x : report.all().net_benefit)
        points.push_back({x.threshold, x.score.value, x.all.value});
    return report::decision_curve_svg("Decision curve of " + cohort.score, cohort.score, points);
}

}  // namespace bellwether::app

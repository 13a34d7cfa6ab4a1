#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "study.hpp"

namespace lead_time {
namespace {

double worst(const std::vector<std::vector<Passed>>& cohorts, double threshold) {
    double out = 0.0;
    for (const auto& cohort : cohorts)
        out = std::max(out, false_rate(cohort, threshold));
    return out;
}

/// RECIST progressions of patients who do not progress: first ones over years to them.
double recist_rate(const Setting& setting, Kind kind, double f, const Options& options) {
    double events = 0.0, years = 0.0;
    for (std::size_t i = 0; i < options.patients; ++i) {
        const Course course = draw(setting, kind, f, kShow, i);
        events += course.progression ? 1.0 : 0.0;
        years += course.progression.value_or(kDays) / kYear;
    }
    return events / years;
}

struct Departure {
    const char* name;
    Setting setting;
};

void row(const Options& options, const std::string& study, const std::string& detector,
         const std::string& what, const std::string& figure, double value) {
    fmt::print(
        fmt::runtime(options.format == "csv" ? "{},{},{},{},{:.4f}\n" : "| {} | {} | {} | {} | {:.3f} |\n"),
        study, detector, what, figure, value);
    std::fflush(stdout);
}

void departures(const Options& options, const std::string& name, double limit) {
    const Setting base;
    std::vector<Departure> list = {{"as solved for", base},       {"noise 1.5-fold", base},
                                   {"noise 1.5-fold less", base}, {"falls twice as fast", base},
                                   {"falls half as fast", base},  {"autocorrelated over 30 days", base},
                                   {"5% outliers of 3 sd", base}};
    list[1].setting.cv *= 1.5;
    list[2].setting.cv /= 1.5;
    list[3].setting.fall_factor = 2.0;
    list[4].setting.fall_factor = 0.5;
    list[5].setting.correlation_d = 30.0;
    list[6].setting.outliers = 0.05;
    const MakeDetector make = maker(name, base, options.threads);
    const double threshold = solve(nulls(make, base, kSolve, options), limit);
    for (const Departure& d : list) {
        row(options, "departure", name, d.name, "false alerts per year with the threshold kept",
            worst(nulls(make, d.setting, kShow, options), threshold));
        const double anew = solve(nulls(make, d.setting, kSolve, options), limit);
        row(options, "departure", name, d.name, "false alerts per year once solved anew",
            worst(nulls(make, d.setting, kShow, options), anew));
        for (const double f : {0.25, 0.01})
            row(options, "departure", name, d.name, fmt::format("before CT once solved anew (f {})", f),
                leads(run(make, d.setting, Kind::regrow, f, kShow, options.patients, options.threads), anew)
                    .before);
    }
}

}  // namespace

void robustness(const Options& options) {
    fmt::print("{}", options.format == "csv"
                         ? "study,detector,setting,figure,value\n"
                         : "| study | detector | setting | figure | value |\n|---|---|---|---|---|\n");
    for (const double error : {0.04, 0.08}) {
        Setting setting;
        setting.ct_error = error;
        const double rate = std::max({recist_rate(setting, Kind::flat, 0.25, options),
                                      recist_rate(setting, Kind::plateau, 0.25, options),
                                      recist_rate(setting, Kind::plateau, 0.01, options)});
        const std::string what = fmt::format("CT error {}%", 100.0 * error);
        row(options, "recist", "recist", what, "false progressions per year", rate);
        for (const std::string& name : options.detectors) {
            const MakeDetector make = maker(name, setting, options.threads);
            const double threshold = solve(nulls(make, setting, kSolve, options), rate);
            for (const double f : {0.25, 0.01}) {
                const Leads l = leads(
                    run(make, setting, Kind::regrow, f, kShow, options.patients, options.threads), threshold);
                row(options, "recist", name, what, fmt::format("before CT at that rate (f {})", f), l.before);
                row(options, "recist", name, what, fmt::format("mean lead in weeks at that rate (f {})", f),
                    l.mean_w);
            }
        }
    }
    for (const std::string& name : options.detectors)
        departures(options, name, options.rates.front());
    // The mistake of a model, not of the world: how often tumours turn is misjudged.
    for (const double factor : {2.0, 0.5}) {
        const Setting base;
        for (const std::string name : {"growth", "growth_ct"}) {
            const double threshold = solve(nulls(maker(name, base, options.threads), base, kSolve, options),
                                           options.rates.front());
            const MakeDetector wrong = maker_misjudging(name, base, options.threads, factor);
            row(options, "misjudged", name, fmt::format("rates of turning {}-fold", factor),
                "false alerts per year with the threshold kept",
                worst(nulls(wrong, base, kShow, options), threshold));
        }
    }
}

}  // namespace lead_time

#include "bellwether/trial/simulate.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/trial/course.hpp"

#include "profiles.hpp"
#include "reporter.hpp"
#include "spool.hpp"
#include "truth_files.hpp"

namespace bellwether::trial {
namespace {

namespace fs = std::filesystem;

/// The protocol. A visit names what must be measured, so that a missing one can be called overdue.
std::string schedule(const TrialOptions& o) {
    std::string out = "trial,arm,visit,day,window_before,window_after,channels\n";
    const auto row = [&](const std::string& name, int day, int before, int after, std::string_view channels) {
        out += fmt::format("VT,,{},{},{},{},{}\n", name, day, before, after, channels);
    };
    row("screening", -4, 3, 3,
        "ctdna;mdsc;treg;neutrophils;lymphocytes;leukocytes;ldh;ldh_uln;alt;ast;exhaustion;tcell_activity");
    row("ct-baseline", -7, 7, 6, "sld");
    for (int day = 21; day <= 7 * o.weeks; day += 21)
        row(fmt::format("cycle-{}", day / 21 + 1), day, 3, 4,
            "ctdna;mdsc;treg;neutrophils;lymphocytes;leukocytes;ldh;ldh_uln;alt;ast");
    row("biopsy-week-6", 42, 3, 7, "exhaustion;tcell_activity");
    if (o.weeks > 24) row("biopsy-week-24", 168, 7, 7, "exhaustion;tcell_activity");
    for (int day = 63; day <= 7 * o.weeks; day += 63)
        row(fmt::format("ct-week-{}", day / 7), day, 5, 5, "sld");
    return out;
}

}  // namespace

TrialSummary simulate(const TrialOptions& options, const std::string& out_dir,
                      const std::function<void(int)>& progress) {
    check(options);
    const std::string feeds = out_dir + "/feeds";
    if (fs::exists(feeds) || fs::exists(out_dir + "/truth"))
        throw Error("V002", fmt::format("'{}' holds a trial already; give an empty folder", out_dir));
    make_folder(feeds);
    write_profiles(make_folder(out_dir + "/profiles"));
    write_file(feeds + "/schedule.csv", schedule(options));
    Spool spool(feeds, options.start);
    TruthFiles truth(out_dir + "/truth", options);
    for (int i = 1; i <= options.patients; ++i) {
        const VirtualPatient p = draw_patient(options, i);
        const Course c = run_course(options, p);
        report_patient(options, p, c, spool);
        truth.add(p, c);
        if (progress) progress(i);
    }
    truth.flush();
    spool.finish();
    return {options.patients, spool.weeks(), spool.files(), spool.rows()};
}

}  // namespace bellwether::trial

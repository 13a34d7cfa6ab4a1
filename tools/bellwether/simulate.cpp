#include "bellwether/trial/simulate.hpp"

#include <fmt/format.h>

#include "commands.hpp"

namespace bellwether::cli {
namespace {

struct Args {
    std::int64_t patients = 100, seed = 1, weeks = 104, accrual = 26, sites = 6;
    std::string out, start, scenario = "mixed";
};

void define(Options& o) {
    auto a = std::make_shared<Args>();
    o.integer("--patients", a->patients, "patients", 1, 1'000'000);
    o.integer("--seed", a->seed, "the same seed gives the same bytes", 0, INT64_MAX);
    o.text("--out", a->out, "folder for feeds/, profiles/ and truth/; must not hold a trial", true);
    o.integer("--weeks", a->weeks, "follow-up of each patient", 1, 520);
    o.integer("--accrual-weeks", a->accrual, "weeks over which first doses are spread", 1, 520);
    o.integer("--sites", a->sites, "sites", 1, 100);
    o.text("--start", a->start, "first day of the trial; default: 2023-01-02");
    o.word("--scenario", a->scenario, "mixed, or stable: nobody progresses, for false-alert rates",
           {"mixed", "stable"});
    o.examples("  bellwether simulate --patients 60 --seed 7 --out trial\n");
    o.run([a] {
        trial::TrialOptions options;
        options.patients = static_cast<int>(a->patients);
        options.seed = static_cast<std::uint64_t>(a->seed);
        options.weeks = static_cast<int>(a->weeks);
        options.accrual_weeks = static_cast<int>(a->accrual);
        options.sites = static_cast<int>(a->sites);
        if (!a->start.empty()) options.start = date(a->start, "--start");
        options.scenario = *trial::parse_scenario(a->scenario);
        const auto tick = progress("simulate");
        const auto s = trial::simulate(options, a->out, [&](int done) {
            if (tick) tick(done, a->patients);
        });
        fmt::print(
            "simulated {} patients over {} weeks: {} rows in {} feed files under {}/feeds; the truth is "
            "apart in "
            "{}/truth\n",
            s.patients, s.weeks, s.rows, s.files, a->out, a->out);
        return Exit::ok;
    });
}

}  // namespace

const Command simulate{"simulate", "", "write the feeds of a virtual trial, and its truth apart", define};

}  // namespace bellwether::cli

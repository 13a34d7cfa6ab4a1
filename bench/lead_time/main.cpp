// How early a drift is seen, at a bearable rate of false alerts: the yardstick of docs/drift.md.
//
// Patients whose tumour shrinks and regrows are followed by ctDNA and CT; each detector speaks at the first
// score above its threshold. Thresholds are solved on patients of other seeds so that first false alerts per
// patient-year stay within the limit in every kind of patient who does not drift, and are one for all
// fractions left. Parameters of the growth models come from a fit to patients of a third seed.

#include <algorithm>
#include <cmath>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "detectors.hpp"
#include "rates.hpp"

namespace {

using namespace lead_time;

constexpr std::uint64_t kSolve = 2, kShow = 3;

struct Options {
    std::string study = "table", format = "text";
    std::size_t patients = 10'000;
    unsigned threads = std::max(1U, std::thread::hardware_concurrency());
    std::vector<double> every = {21.0, 42.0}, cv = {0.25, 0.5}, rates = {0.2, 0.05};
    std::vector<std::string> detectors = {"single", "two",       "mean3",     "cusum",
                                          "growth", "growth_ct", "structural"};
};

struct NullCohort {
    Kind kind;
    double f;
};
constexpr NullCohort kNulls[] = {{Kind::flat, 0.25}, {Kind::plateau, 0.25}, {Kind::plateau, 0.01}};

MakeDetector maker(const std::string& name, const Setting& setting, unsigned threads) {
    const double sd = std::sqrt(std::log1p(setting.cv * setting.cv));
    if (name == "single") return [] { return Detector(single); };
    if (name == "two") return [] { return Detector(two); };
    if (name == "mean3") return [] { return Detector(mean3); };
    if (name == "cusum") return [sd] { return cusum(sd); };
    if (name == "structural") {
        const Detector one = structural(setting);
        return [one] { return one; };
    }
    const bool with_ct = name == "growth_ct";
    const auto spec = growth_spec(with_ct, setting);
    const auto fitted = train(*spec, setting, with_ct, threads);
    return [=] { return growth(fitted, spec, with_ct); };
}

std::vector<std::vector<Passed>> nulls(const MakeDetector& make, const Setting& setting, std::uint64_t seed,
                                       const Options& options) {
    std::vector<std::vector<Passed>> out;
    for (const NullCohort& n : kNulls)
        out.push_back(run(make, setting, n.kind, n.f, seed, options.patients, options.threads));
    return out;
}

void table(const Options& options) {
    const bool csv = options.format == "csv";
    fmt::print(
        "{}",
        csv ? "detector,every_d,cv,f,rate,median_lead_w,mean_lead_w,share_before_ct,false_flat,"
              "false_plateau,anticipated\n"
            : "| detector | every | CV | f | limit | median lead, weeks | mean | before CT | false, flat "
              "| false, plateau | before the true nadir |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (const double every : options.every)
        for (const double cv : options.cv) {
            Setting setting;
            setting.every_d = every;
            setting.cv = cv;
            for (const std::string& name : options.detectors) {
                const MakeDetector make = maker(name, setting, options.threads);
                const auto to_solve = nulls(make, setting, kSolve, options);
                const auto to_show = nulls(make, setting, kShow, options);
                const std::vector<Passed> shallow =
                    run(make, setting, Kind::regrow, 0.25, kShow, options.patients, options.threads);
                const std::vector<Passed> deep =
                    run(make, setting, Kind::regrow, 0.01, kShow, options.patients, options.threads);
                for (const double rate : options.rates) {
                    const double threshold = solve(to_solve, rate);
                    for (const double f : {0.25, 0.01}) {
                        const Leads l = leads(f == 0.25 ? shallow : deep, threshold);
                        const double flat = false_rate(to_show[0], threshold),
                                     plateau = false_rate(to_show[f == 0.25 ? 1 : 2], threshold);
                        fmt::print(
                            fmt::runtime(csv ? "{},{},{},{},{},{:.2f},{:.2f},{:.4f},{:.4f},{:.4f},{:.4f}\n"
                                             : "| {} | {} d | {} | {} | {} | {:.1f} | {:.1f} | {:.2f} | "
                                               "{:.2f} | {:.2f} "
                                               "| {:.2f} |\n"),
                            name, every, cv, f, rate, l.median_w, l.mean_w, l.before, flat, plateau,
                            l.anticipated);
                    }
                    std::fflush(stdout);
                }
            }
        }
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    CLI::App app("How early a drift is seen, at a bearable rate of false alerts");
    app.add_option("--study", options.study, "table or robustness")
        ->check(CLI::IsMember({"table", "robustness"}));
    app.add_option("--format", options.format)->check(CLI::IsMember({"text", "csv"}));
    app.add_option("--patients", options.patients, "in each cell");
    app.add_option("--threads", options.threads);
    app.add_option("--every", options.every, "days between ctDNA draws");
    app.add_option("--cv", options.cv, "of a ctDNA reading");
    app.add_option("--rate", options.rates, "first false alerts per patient-year, in every kind of null");
    app.add_option("--detectors", options.detectors)->delimiter(',');
    CLI11_PARSE(app, argc, argv);
    table(options);
}

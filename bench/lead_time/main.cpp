// How early a drift is seen, at a bearable rate of false alerts: the yardstick of docs/drift.md.
//
// Patients whose tumour shrinks and regrows are followed by ctDNA and CT; each detector speaks at the first
// score above its threshold. Thresholds are solved on patients of other seeds so that first false alerts per
// patient-year stay within the limit in every kind of patient who does not drift, and are one for all
// fractions left. Parameters of the growth models come from a fit to patients of a third seed.

#include <algorithm>
#include <thread>

#include <CLI/CLI.hpp>

#include "study.hpp"

int main(int argc, char** argv) {
    lead_time::Options options;
    options.threads = std::max(1U, std::thread::hardware_concurrency());
    CLI::App app("How early a drift is seen, at a bearable rate of false alerts");
    app.add_option("--study", options.study, "table, robustness or second-opinion")
        ->check(CLI::IsMember({"table", "robustness", "second-opinion"}));
    app.add_option("--format", options.format)->check(CLI::IsMember({"text", "csv"}));
    app.add_option("--patients", options.patients, "in each cell; second-opinion: in all, 600");
    app.add_option("--threads", options.threads);
    app.add_option("--every", options.every, "days between ctDNA draws");
    app.add_option("--cv", options.cv, "of a ctDNA reading");
    app.add_option("--rate", options.rates, "first false alerts per patient-year, in every kind of null");
    app.add_option("--detectors", options.detectors)->delimiter(',');
    CLI11_PARSE(app, argc, argv);
    constexpr std::size_t kOpinions = 600;  // some minutes
    if (options.study == "second-opinion" && app.count("--patients") == 0) options.patients = kOpinions;
    if (options.study == "second-opinion") return lead_time::second_opinion(options);
    (options.study == "table" ? lead_time::table : lead_time::robustness)(options);
}

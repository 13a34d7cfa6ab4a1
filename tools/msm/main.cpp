#include <filesystem>
#include <fstream>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bellwether/core/error.hpp"

#include "figures.hpp"

namespace {

using namespace bellwether;
using namespace bellwether::msm;
namespace fs = std::filesystem;

struct Wanted {
    bool fit = true, verbose = false;
};

/// One case's figures; throws nothing: what goes wrong is a figure that failed.
Figures run(const fs::path& file, std::string& name, const Wanted& wanted) {
    Figures out;
    try {
        std::ifstream in(file);
        if (!in) throw Error("P004", "cannot be read");
        const nlohmann::json record = nlohmann::json::parse(in);
        name = record.value("name", file.stem().string());
        const fs::path data = file.parent_path() / ".." / "data";
        Workspace workspace(
            [&](const std::string& set) { return read_frame((data / (set + ".csv")).string()); });
        const Call call = read_call(workspace, record.at("r_setup").get<std::string>(),
                                    record.at("r_call").get<std::string>());
        const Translated t = translate(call, record);
        compare_start(t, record, out);
        if (out.failed() || record.value("minus2loglik_at_init_is_infinite", false)) return out;
        compare_derived(t, record, out);
        compare_prevalence(call, t, record, out);
        compare_paths(t, record, out);
        if (wanted.fit) compare_fit(t, record, out);
    } catch (const std::exception& e) {
        out.fail("case", e.what());
    }
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{
        "Compares our likelihood, fits and what is derived from them with cases that R's msm has solved."};
    std::vector<std::string> files;
    Wanted wanted;
    bool no_fit = false;
    app.add_option("CASE", files, "case files; their data stand in ../data")->required();
    app.add_flag("--no-fit", no_fit, "leave out what needs a fit");
    app.add_flag("--verbose", wanted.verbose, "every figure, not only those that failed");
    app.footer(
        "Exit status 0 when no case failed, else 1.\n\nExamples:\n  tools/parity cases/*.json\n  "
        "tools/parity --verbose --no-fit cases/one.json");
    CLI11_PARSE(app, argc, argv);
    wanted.fit = !no_fit;
    int passed = 0, failed = 0, skipped = 0;
    for (const std::string& file : files) {
        std::string name = fs::path(file).stem().string();
        const Figures figures = run(file, name, wanted);
        std::size_t good = 0, left = 0;
        for (const Figure& f : figures.all()) {
            good += f.verdict == Figure::Verdict::passed ? 1 : 0;
            left += f.verdict == Figure::Verdict::skipped ? 1 : 0;
        }
        const bool none = good == 0 && !figures.failed();
        ++(figures.failed() ? failed : none ? skipped : passed);
        fmt::print("{} {}: {} of {} figures agree{}\n",
                   figures.failed() ? "FAIL"
                   : none           ? "SKIP"
                                    : "pass",
                   name, good, figures.all().size() - left,
                   left > 0 ? fmt::format(", {} skipped", left) : "");
        for (const Figure& f : figures.all()) {
            const char* const word = f.verdict == Figure::Verdict::passed   ? "ok"
                                     : f.verdict == Figure::Verdict::failed ? "FAILED"
                                                                            : "skipped";
            if (wanted.verbose || f.verdict == Figure::Verdict::failed)
                fmt::print("    {} {}: {}\n", word, f.name, f.said);
        }
        std::fflush(stdout);
    }
    fmt::print("{} passed, {} failed, {} skipped\n", passed, failed, skipped);
    return failed == 0 ? 0 : 1;
}

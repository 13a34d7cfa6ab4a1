#include "bellwether/app/detect.hpp"

#include <memory>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "commands.hpp"

/// bellwether detect SERIES: did the level of one plain series change, and when?
namespace bellwether::cli {
namespace {

struct Args {
    std::string file, format = "text", what;
    app::DetectRequest request;
    std::string mean, sd, k, h, lambda, c, arl, mean_run;
    std::int64_t baseline = 4;
};

std::optional<double> number(const std::string& text, const char* option) {
    if (text.empty()) return std::nullopt;
    const auto x = parse_double(text);
    if (!x) throw UsageError(fmt::format("{} '{}' is no number", option, text));
    return x;
}

app::DetectRequest request_of(const Args& a) {
    app::DetectRequest r = a.request;
    r.baseline = static_cast<int>(a.baseline);
    r.mean = number(a.mean, "--mean");
    r.sd = number(a.sd, "--sd");
    r.k = number(a.k, "--k");
    r.h = number(a.h, "--h");
    r.lambda = number(a.lambda, "--lambda");
    r.c = number(a.c, "--c");
    r.arl = number(a.arl, "--arl");
    r.mean_run = number(a.mean_run, "--expected-run").value_or(r.mean_run);
    return r;
}

/// What the command line asked is wrong, not the series: exit code 2.
std::vector<app::Sheet> sheets_of(const app::SeriesFile& series, const app::DetectRequest& request) {
    try {
        return app::detect(series, request);
    } catch (const Error& e) {
        if (e.code() == "P067" || e.code() == "D010" || e.code() == "D011") throw UsageError(e.what());
        throw;
    }
}

/// The sheets, or the one that --what names; CSV is always one table, by default the first.
std::vector<app::Sheet> chosen(std::vector<app::Sheet> sheets, const Args& a) {
    if (a.what.empty()) {
        if (a.format == "csv") sheets.resize(1);
        return sheets;
    }
    std::vector<std::string> names;
    for (const auto& sheet : sheets) {
        if (sheet.name == a.what) return {sheet};
        names.push_back(sheet.name);
    }
    throw UsageError(fmt::format("--what '{}': {}", a.what, suggestion(a.what, names)));
}

Exit run(const Args& a) {
    const auto request = request_of(a);
    Findings findings;
    const auto series = app::read_series(read_input(a.file), a.file, request.log, findings);
    if (!findings.ok()) throw InputError(findings);
    const auto sheets = chosen(sheets_of(series, request), a);
    if (a.format == "json") fmt::print("{}", app::to_json(sheets));
    for (std::size_t i = 0; a.format != "json" && i < sheets.size(); ++i)
        fmt::print("{}{}", i > 0 ? "\n" : "",
                   a.format == "csv" ? app::to_csv(sheets[i]) : app::to_text(sheets[i]));
    return Exit::ok;
}

void define(Options& o) {
    auto a = std::make_shared<Args>();
    o.text("series", a->file,
           "CSV with columns time and value, or JSON: arrays time and value, or a list of such objects; "
           "'-': standard input. Times: numbers or YYYY-MM-DD. Values: 1.5, <0.1, >1000",
           true);
    o.word("--method", a->request.method, "what looks for changes", {"cusum", "ewma", "changepoint", "all"});
    o.flag("--log", a->request.log, "judge logarithms: for what changes by factors, as ctDNA");
    o.integer("--baseline", a->baseline, "measured readings that are the first baseline", 2, 100'000);
    o.text("--mean", a->mean, "known mean of the baseline (a logarithm with --log); with --sd");
    o.text("--sd", a->sd, "known standard deviation of a reading around it");
    o.text("--k", a->k, "CUSUM: half the shift that it is tuned to, in sd; default 0.5");
    o.text("--h", a->h, "CUSUM: its limit, in sd; default 5");
    o.text("--lambda", a->lambda, "EWMA: weight of the last reading; default 0.2");
    o.text("--c", a->c, "EWMA: its limit, in sd of the EWMA; default 2.86");
    o.text("--arl", a->arl, "instead of --h and --c: one false signal in this many readings");
    o.text("--expected-run", a->mean_run, "changepoint: readings between changes; default 100");
    o.word("--format", a->format, "text, json, or csv (one table)", {"text", "json", "csv"});
    o.text("--what", a->what, "one table only: changes (csv: the default), scores or charts");
    o.examples(
        "  bellwether detect nile.csv\n"
        "  bellwether detect ctdna.csv --log --method cusum --arl 500\n"
        "  bellwether detect - --format csv --what scores < psa.json\n"
        "  bellwether detect qc.csv --mean 100 --sd 4 --method ewma\n");
    o.run([a] { return run(*a); });
}

}  // namespace

const Command detect{"detect", "", "when the level of a plain series changed: CUSUM, EWMA, change points",
                     define};

}  // namespace bellwether::cli

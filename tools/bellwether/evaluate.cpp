#include <algorithm>
#include <functional>
#include <memory>

#include <fmt/format.h>

#include "bellwether/app/score_report.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/feed/bytes.hpp"

#include "commands.hpp"
#include "evaluate_output.hpp"

/// bellwether evaluate: what a score was worth, at landmarks.
namespace bellwether::cli {
namespace {

struct Args {
    std::string format = "text", what = "figures";
    std::string table, score, score_is, thresholds = "0.05:0.95:0.05", calibration, decision;
    std::vector<std::string> by;
    std::int64_t horizon = 180, groups = 5, draws = 1000, seed = 20261127, threads = 2;
};

std::string read_all(const std::string& file) {
    const auto source = feed::open_feed(file);
    std::string text, block(65536, '\0');
    while (const std::size_t n = source->read(block.data(), block.size()))
        text.append(block, 0, n);
    return text;
}

study::ScoreKind kind_of_word(const std::string& word) {
    return word == "probability" ? study::ScoreKind::probability
           : word == "yes-no"    ? study::ScoreKind::yes_no
                                 : study::ScoreKind::number;
}

app::ScoreReportRequest report_request(const Args& a) {
    app::ScoreReportRequest r;
    r.horizon_days = static_cast<double>(a.horizon);
    r.groups = static_cast<std::size_t>(a.groups);
    const auto thresholds = number_list(a.thresholds);
    if (!thresholds ||
        std::any_of(thresholds->begin(), thresholds->end(), [](double t) { return !(t > 0.0 && t < 1.0); }))
        throw UsageError("--thresholds '" + a.thresholds +
                         "': write risks between 0 and 1, 0.1,0.2,0.3 or 0.05:0.95:0.05");
    r.thresholds = *thresholds;
    r.by = a.by;
    r.bootstrap = {static_cast<int>(a.draws), static_cast<std::uint64_t>(a.seed)};
    r.threads = static_cast<int>(a.threads);
    return r;
}

app::ScoreCohort table_cohort(const Args& a) {
    app::ScoreTableRequest request;
    if (!a.score.empty()) request.score = a.score;
    request.kind = kind_of_word(a.score_is);
    request.by = a.by;
    Findings findings;
    auto cohort = app::read_score_table(read_all(a.table), a.table, request, findings);
    if (!findings.ok()) throw InputError(findings);
    return cohort;
}

/// A picture that the score cannot have is a matter of the command line.
void draw(const std::string& file, const std::function<std::string()>& picture) {
    if (file.empty()) return;
    try {
        write_text_atomically(file, picture());
    } catch (const Error& e) {
        if (e.code() == "P087") throw UsageError(e.what());
        throw;
    }
}

Exit run(const Args& a) {
    if (a.table.empty()) throw UsageError("evaluate needs --table FILE");
    const auto request = report_request(a);
    const auto cohort = table_cohort(a);
    const auto report = app::report_scores(cohort, request);
    draw(a.calibration, [&] { return app::calibration_plot(cohort, report, request.horizon_days); });
    draw(a.decision, [&] { return app::decision_plot(cohort, report); });
    EvaluateOutput out{"table", "", a.table, "event", &cohort, &request, &report};
    print(out, a.format == "json" ? Format::json : a.format == "csv" ? Format::csv : Format::text, a.what);
    return Exit::ok;
}

void define(Options& o) {
    auto a = std::make_shared<Args>();
    o.text("--table", a->table,
           "CSV: id, time (days from the landmark), event (0 censored, 1 the event, 2 a competing end), the "
           "score, "
           "landmark (optional); '-': standard input");
    o.text("--score", a->score, "column of the table; default: score");
    o.word("--score-is", a->score_is, "what the score may be asked; default: number",
           {"number", "probability", "yes-no"});
    o.integer("--horizon", a->horizon, "days from the landmark within which the event is looked for", 1,
              36500);
    o.texts("--by", a->by, "subgroups: columns of the table");
    o.integer("--groups", a->groups, "groups of the score whose observed risk is shown", 1, 100);
    o.text("--thresholds", a->thresholds,
           "risks at which one would act, for net benefit: 0.1,0.2,0.3 or 0.05:0.95:0.05 (the default)");
    o.text("--calibration-plot", a->calibration, "SVG file: observed risk against predicted probability");
    o.text("--decision-curve", a->decision, "SVG file: net benefit along the threshold");
    o.integer("--draws", a->draws, "bootstrap draws", 100, 1'000'000);
    o.integer("--seed", a->seed, "of the bootstrap", 0, INT64_MAX);
    o.integer("--threads", a->threads, "slices at once", 1, 256);
    o.word("--format", a->format, "text, json or csv (one sheet)", {"text", "json", "csv"});
    o.word("--what", a->what, "csv: which sheet",
           {"figures", "landmarks", "not_assessable", "risks", "net_benefit"});
    o.examples(
        "  bellwether evaluate --table t.csv --score risk --score-is probability --horizon 365\n"
        "  bellwether evaluate --table t.csv --by sex --format csv --what risks\n");
    o.run([a] { return run(*a); });
}

}  // namespace

const Command evaluate{"evaluate", "",
                       "what a score was worth: AUC, C, Brier score, calibration, net benefit", define};

}  // namespace bellwether::cli

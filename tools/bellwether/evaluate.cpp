#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "bellwether/app/score_report.hpp"
#include "bellwether/app/score_store.hpp"
#include "bellwether/core/text.hpp"

#include "commands.hpp"
#include "evaluate_output.hpp"
#include "side_files.hpp"

/// bellwether evaluate: what a score was worth, at landmarks.
namespace bellwether::cli {
namespace {

struct Args {
    Session session;
    SideFiles files;
    std::string what = "figures";
    std::string table, score, score_is, thresholds = "0.05:0.95:0.05", calibration, decision;
    std::string rule, landmarks = "90", to, event = "progression", model_name;
    std::vector<std::string> by, cohort;
    std::int64_t horizon = 180, groups = 5, draws = 1000, seed = 20261127;
};

std::optional<study::ScoreKind> kind_of_word(const std::string& word) {
    if (word.empty()) return std::nullopt;
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
    r.bootstrap = {static_cast<int>(a.draws), static_cast<std::uint64_t>(a.seed)};
    r.threads = static_cast<int>(a.files.threads);
    return r;
}

app::ScoreCohort table_cohort(const Args& a) {
    app::ScoreTableRequest request;
    if (!a.score.empty()) request.score = a.score;
    request.kind = kind_of_word(a.score_is).value_or(study::ScoreKind::number);
    request.by = a.by;
    Findings findings;
    auto cohort = app::read_score_table(read_input(a.table), a.table, request, findings);
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

/// Landmarks as whole days, each once and ascending.
std::vector<int> landmark_days(const std::string& text) {
    const auto list = number_list(text);
    std::vector<int> days;
    for (const double x : list.value_or(std::vector<double>{-1.0})) {
        if (x < 0.0 || x > 36500.0 || x != std::floor(x))
            throw UsageError("--landmarks '" + text + "': write days from day zero, 60,90,120 or 30:360:30");
        days.push_back(static_cast<int>(x));
    }
    std::sort(days.begin(), days.end());
    days.erase(std::unique(days.begin(), days.end()), days.end());
    return days;
}

app::ScoreStoreRequest store_request(const Args& a, store::Store& store) {
    if (a.score.empty() == a.rule.empty())
        throw UsageError("evaluate needs --score EXPRESSION, say 'P(growing)', or --rule NAME; or a --table");
    app::ScoreStoreRequest r;
    r.score = a.score;
    r.rule = a.rule;
    r.model = a.model_name;
    r.fitted_elsewhere = a.files.elsewhere;
    r.kind = kind_of_word(a.score_is);
    r.landmarks = landmark_days(a.landmarks);
    r.to = a.to.empty() ? now().date() : date(a.to, "--to");
    if (r.to > now().date()) throw UsageError("--to " + a.to + " is in the future");
    r.event = *parse_event_kind(a.event);
    r.cohort = cohort(a.cohort);
    r.source = a.files.read(store, Instant::end_of(r.to));
    r.threads = static_cast<int>(a.files.threads);
    r.progress = progress("evaluate");
    return r;
}

/// A score or rule that is not there is a matter of the command line.
app::ScoreCohort store_cohort(const Args& a, store::Store& store, EvaluateOutput& out) {
    const auto request = store_request(a, store);
    out.store = kind_of(store);
    out.banner = banner(store);
    out.source = "the store as known at " + to_string(request.to);
    out.event = a.event;
    try {
        return app::score_store(store, request);
    } catch (const Error& e) {
        if (e.code() == "P088" || e.code() == "P089") throw UsageError(e.what());
        throw;
    }
}

/// Subgroups of a store's patients. A factor that nobody has is a slip of the pen.
std::vector<std::string> factors(const Args& a, const app::ScoreCohort& cohort) {
    if (a.by.empty()) return app::factors_of(cohort, {"sex", "age", "site", "arm", "assay"});
    std::set<std::string> known{"none", "assay"};
    for (const auto& groups : cohort.groups)
        for (const auto& [name, level] : groups)
            known.insert(name);
    for (const auto& name : a.by)
        if (!known.contains(name) && !cohort.rows.empty())
            throw UsageError(
                fmt::format("--by '{}': {}", name, suggestion(name, {known.begin(), known.end()})));
    return app::factors_of(cohort, a.by);
}

Exit run(const Args& a) {
    if (!a.table.empty() &&
        (!a.session.db.empty() || !a.rule.empty() || !a.files.rules.empty() || !a.files.models.empty()))
        throw UsageError("--table holds all that is looked at: no --db, --rule, --rules or --model");
    auto request = report_request(a);
    EvaluateOutput out{"table", "", a.table, "event", nullptr, &request, nullptr};
    app::ScoreCohort cohort;
    if (a.table.empty()) {
        const auto store = a.session.open();
        cohort = store_cohort(a, *store, out);
        request.by = factors(a, cohort);
    } else {
        cohort = table_cohort(a);
        request.by = a.by;
    }
    const auto report = app::report_scores(cohort, request);
    out.cohort = &cohort;
    out.report = &report;
    for (const auto& [patient, why] : cohort.failed)
        fmt::print(stderr, "bellwether: patient {} is left out: {}\n", patient, why);
    draw(a.calibration, [&] { return app::calibration_plot(cohort, report, request.horizon_days); });
    draw(a.decision, [&] { return app::decision_plot(cohort, report); });
    print(out, a.session.output(), a.what);
    return cohort.failed.empty() ? Exit::ok : Exit::failed;
}

void define(Options& o) {
    auto a = std::make_shared<Args>();
    a->session.declare(o);
    o.text("--score", a->score,
           "an expression of the rule language, read at the landmark: P(growing), value(ctdna), "
           "fold(ctdna, nadir) - 1 ...; "
           "with --table a column, default: score");
    o.text("--rule", a->rule, "instead: whether this rule's alert stands open at the landmark");
    o.text("--landmarks", a->landmarks, "days from day zero: 60,90,120 or 30:360:30; default: 90");
    o.word("--event", a->event, "what the score should foretell; death is a competing end of progression",
           {"progression", "death"});
    o.integer("--horizon", a->horizon, "days from the landmark within which the event is looked for", 1,
              36500);
    o.text("--to", a->to,
           "outcomes, active rules and models as known at the end of this day; default: today");
    o.word("--score-is", a->score_is,
           "what the score may be asked; default: as the feature says, of a table number",
           {"number", "probability", "yes-no"});
    o.text("--model-name", a->model_name, "whose P(), where several active models know the label");
    a->files.declare(o, "--to");
    o.texts("--cohort", a->cohort, "only patients with arm=A, site=01, sex=female, ATTRIBUTE=VALUE");
    o.texts("--by", a->by,
            "subgroups by sex, age, site, arm, assay (default: all of them; none: --by none), an attribute; "
            "of a table: "
            "columns");
    o.text("--table", a->table,
           "instead of a store, CSV: id, time (days from the landmark), event (0 censored, 1 the event, 2 a "
           "competing end), the score, landmark (optional); '-': standard input");
    o.integer("--groups", a->groups, "groups of the score whose observed risk is shown", 1, 100);
    o.text("--thresholds", a->thresholds,
           "risks at which one would act, for net benefit: 0.1,0.2,0.3 or 0.05:0.95:0.05 (the default)");
    o.text("--calibration-plot", a->calibration, "SVG file: observed risk against predicted probability");
    o.text("--decision-curve", a->decision, "SVG file: net benefit along the threshold");
    o.integer("--draws", a->draws, "bootstrap draws of patients", 100, 1'000'000);
    o.integer("--seed", a->seed, "of the bootstrap", 0, INT64_MAX);
    o.word("--what", a->what, "csv: which sheet",
           {"figures", "landmarks", "not_assessable", "risks", "net_benefit", "tests"});
    o.examples(
        "  bellwether evaluate --score 'P(growing)' --landmarks 60,120,180 --horizon 180 --db trial.db\n"
        "  bellwether evaluate --score 'forecast(dead, 180d)' --event death --calibration-plot cal.svg --db "
        "trial.db\n"
        "  bellwether evaluate --rule target-progression --landmarks 30:360:30 --by arm --db trial.db\n"
        "  bellwether evaluate --table t.csv --score risk --score-is probability --horizon 365 --by sex\n");
    o.run([a] { return run(*a); });
}

}  // namespace

const Command evaluate{"evaluate", "",
                       "what a score was worth: AUC, C, Brier score, calibration, net benefit", define};

}  // namespace bellwether::cli

#include "bellwether/app/replay.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bellwether/app/replay_report.hpp"
#include "bellwether/core/text.hpp"

#include "commands.hpp"
#include "replay_output.hpp"
#include "side_files.hpp"

namespace bellwether::cli {
namespace {

struct Args {
    Session session;
    SideFiles first;
    WatchedDays days;
    std::string truth, curve, to_alert;
    std::vector<std::string> against_rules, against_models, cohort, only, by, sweep;
    std::int64_t horizon = 180, draws = 1000, seed = 20261127;
    bool recorded = false;
};

/// The second side: what it is not given is as on the first.
SideFiles against(const Args& a) {
    auto files = a.first;
    if (!a.against_rules.empty()) files.rules = a.against_rules;
    if (!a.against_models.empty()) files.models = a.against_models;
    return files;
}

/// The first side's rules, without a model that would have to be fitted anew.
SideFiles rules_alone(const Args& a) {
    auto files = a.first;
    files.models.clear();
    return files;
}

std::vector<double> thresholds(const std::string& text) {
    if (auto list = number_list(text)) return std::move(*list);
    throw UsageError("--sweep '" + text + "': write RULE=0.5,0.7,0.9 or RULE=0.5:0.9:0.1");
}

app::ReplayRequest request_of(const Args& a) {
    auto r = a.days.request("replay");
    r.horizon_days = static_cast<int>(a.horizon);
    if (!a.truth.empty()) r.truth = app::read_true_onsets(a.truth);
    r.threads = static_cast<int>(a.first.threads);
    r.cohort = cohort(a.cohort);
    return r;
}

Exit run(const Args& a) {
    if (a.recorded && (!a.first.rules.empty() || !a.first.models.empty() || !a.against_rules.empty() ||
                       !a.against_models.empty() || !a.sweep.empty() || !a.days.every.empty()))
        throw UsageError(
            "--recorded replays what was active, as the scans had it: no rules, models, sweep or --every");
    if (!a.curve.empty() && a.sweep.empty())
        throw UsageError("--curve draws what --sweep finds: name a rule");
    auto request = request_of(a);
    const auto store = a.session.open();
    const Instant from = Instant::start_of(request.from), to = std::min(Instant::end_of(request.to), now());
    ReplayOutput out;
    out.store = kind_of(*store);
    out.banner = banner(*store);
    std::vector<app::ReplaySide> sides;
    if (a.recorded) {
        out.ledger = app::check_ledger(*store, request.threads);
        sides.push_back(app::recorded_side(*store, to));
    } else {
        sides.push_back(app::make_side("first", *store, a.first.read(*store, to), from, to));
    }
    for (const auto& k : sides[0].knowledge)
        for (const auto& rule : k->book.rules)
            if (!rule.model.empty() && !k->models.contains(rule.model))
                fmt::print(stderr,
                           "bellwether: rule {} names model {}, which is neither active nor given: its P() "
                           "is unknown\n",
                           rule.alert, rule.model);
    app::ReportRequest report;
    for (const auto& s : a.sweep) {
        const auto equals = s.find('=');
        if (equals == std::string::npos) throw UsageError("--sweep '" + s + "': write RULE=0.5,0.7,0.9");
        const std::string rule = s.substr(0, equals);
        const auto values = thresholds(s.substr(equals + 1));
        app::add_thresholds(sides[0], app::side_rules(*store, rules_alone(a).read(*store, to), to), rule,
                            values);
        report.swept.emplace_back(rule, std::vector<std::string>{});
        for (const double v : values)
            report.swept.back().second.push_back(shortest(v));
    }
    if (!a.against_rules.empty() || !a.against_models.empty()) {
        sides.push_back(app::make_side("against", *store, against(a).read(*store, to), from, to));
    }
    for (const auto& side : sides)
        app::refuse_in_sample(side, *store, from, a.first.elsewhere);
    request.progress = progress("replay");
    const auto replayed = app::replay(*store, request, sides);
    for (const auto& [patient, what] : replayed.failed)
        fmt::print(stderr, "bellwether: patient {} is left out: {}\n", patient, what);
    report.rules = a.only;
    report.by = a.by.empty() ? std::vector<std::string>{"sex", "age", "site", "arm", "assay"} : a.by;
    report.horizon_days = request.horizon_days;
    report.bootstrap = {static_cast<int>(a.draws), static_cast<std::uint64_t>(a.seed)};
    report.threads = request.threads;
    out.request = &request;
    out.bootstrap = report.bootstrap;
    out.report = app::report_replay(replayed, sides, report);
    out.truth = !a.truth.empty();
    out.failed = replayed.failed.size();
    print(out, a.session.output());
    if (!a.curve.empty()) write_text_atomically(a.curve, curve_svg(out.report));
    if (!a.to_alert.empty()) write_text_atomically(a.to_alert, time_to_alert_svg(out.report));
    return replayed.failed.empty() && !(out.ledger && out.ledger->difference) ? Exit::ok : Exit::failed;
}

void define(Options& o) {
    auto a = std::make_shared<Args>();
    a->session.declare(o);
    a->days.declare(o);
    a->first.declare(o, "--to");
    o.texts("--against-rules", a->against_rules, "a second rule set, side by side");
    o.texts("--against-model", a->against_models, "a second model, side by side");
    o.flag("--recorded", a->recorded, "the recorded activations; also holds the ledger against them");
    o.texts("--cohort", a->cohort, "only patients with arm=A, site=01, sex=female, ATTRIBUTE=VALUE");
    o.texts("--rule", a->only, "figures of these rules only; default: each rule, and any of them");
    o.texts("--by", a->by, "subgroups by sex, age, site, arm, assay; default: all of them; none: --by none");
    o.integer("--horizon", a->horizon,
              "days: an alert that no event follows within them is false, and their share is the predictive "
              "value",
              1, 36500);
    o.text("--truth", a->truth, "truth/ folder of a virtual trial: which time was stable");
    o.texts("--sweep", a->sweep,
            "RULE=0.5,0.7,0.9 or RULE=0.5:0.9:0.1: other numbers in its tunable comparison");
    o.text("--time-to-alert", a->to_alert,
           "SVG file: share of patients with a first alert over time (Kaplan-Meier)");
    o.text("--curve", a->curve,
           "SVG file: lead time and events warned of against the false-alert rate of --sweep");
    o.integer("--draws", a->draws, "bootstrap draws", 100, 1'000'000);
    o.integer("--seed", a->seed, "of the bootstrap", 0, INT64_MAX);
    o.examples(
        "  bellwether replay --from 2023-01-02 --to 2025-01-01 --every 7d --db trial.db\n"
        "  bellwether replay --from 2023-01-02 --to 2025-01-01 --rules mine/ --against-rules rules/ --db "
        "trial.db\n"
        "  bellwether replay --from 2023-01-02 --to 2025-01-01 --sweep ctdna-rising-confirmed=0.5:0.95:0.05 "
        "--curve curve.svg --db trial.db\n"
        "  bellwether replay --recorded --from 2023-01-02 --to 2025-01-01 --db trial.db\n");
    o.run([a] { return run(*a); });
}

}  // namespace

const Command replay{"replay", "",
                     "run rules over history as it was known then, and say what they were worth", define};

}  // namespace bellwether::cli

#include "bellwether/app/study.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.hpp"

namespace bellwether::cli {
namespace {

using nlohmann::ordered_json;

struct Args {
    Session session;
    std::string when, group, event = "progression", truth, score, among;
    std::vector<std::string> rules, cohort;
    std::int64_t landmark = 90;
};

/// Whose figures: all patients, a group of them, or those with an event by when it was visible on the sums of
/// diameters.
struct Slice {
    std::string name;
    std::vector<app::StudyPatient> patients;
};

std::vector<Slice> slices(const std::vector<app::StudyPatient>& all, bool grouped) {
    std::vector<Slice> list = {{"all", all}};
    std::map<std::string, std::vector<app::StudyPatient>> groups;
    Slice before{"sums crossed before the event", {}}, on{"sums crossed on its day", {}},
        after{"sums crossed after it", {}}, never{"sums never crossed", {}};
    for (const auto& p : all) {
        if (grouped) groups[p.group.empty() ? "(none)" : p.group].push_back(p);
        if (!p.has_sums || !p.follow.event) continue;
        const Date event = *p.follow.event;
        auto& s = !p.crossed ? never : *p.crossed < event ? before : *p.crossed == event ? on : after;
        s.patients.push_back(p);
    }
    for (auto& [name, patients] : groups)
        list.push_back({name, std::move(patients)});
    for (auto* s : {&before, &on, &after, &never})
        if (!s->patients.empty()) list.push_back(std::move(*s));
    return list;
}

std::string number(std::optional<double> x) {
    return x ? fmt::format("{:.6g}", *x) : std::string();
}

void print_text(const std::string& rule, const Slice& slice, const std::vector<study::Figure>& figures) {
    fmt::print("{}, {}\n", rule, slice.name);
    for (const auto& f : figures) {
        if (!f.value) continue;
        const std::string interval =
            f.low && f.high ? fmt::format("  ({:.4g} to {:.4g})", *f.low, *f.high) : "";
        fmt::print("  {:<40} {:>10.4g}{}\n", f.name, *f.value, interval);
    }
}

ordered_json to_json(const std::string& rule, const Slice& slice, const std::vector<study::Figure>& figures) {
    ordered_json values = ordered_json::object();
    for (const auto& f : figures) {
        ordered_json v = {{"value", f.value ? ordered_json(*f.value) : ordered_json()}};
        if (f.low && f.high) v["interval"] = {*f.low, *f.high};
        values[f.name] = v;
    }
    return {{"rule", rule}, {"group", slice.name}, {"figures", values}};
}

std::vector<study::Figure> figures_of(const Slice& slice, const std::string& rule, const Args& a) {
    const int day = static_cast<int>(a.landmark);
    const auto patients = app::of_rule(slice.patients, rule);
    auto list = study::figures(patients, day);
    if (a.score.empty()) return list;
    std::vector<std::optional<double>> scores;
    for (const auto& p : slice.patients)
        scores.push_back(p.score);
    const auto s = study::landmark_score(patients, scores, day);
    list.push_back({"score_patients", static_cast<double>(s.patients), {}, {}});
    list.push_back({"score_deaths", static_cast<double>(s.deaths), {}, {}});
    list.push_back({"score_c", s.concordance.c, {}, {}});
    return list;
}

Exit run(const Args& a) {
    const auto store = a.session.open();
    app::StudyRequest request;
    request.as_of = as_of(a.when);
    request.event = *parse_event_kind(a.event);
    request.group = a.group;
    request.cohort = cohort(a.cohort);
    request.among = a.among;
    request.score = a.score;
    request.landmark_days = static_cast<int>(a.landmark);
    if (!a.truth.empty()) request.truth = app::read_true_onsets(a.truth);
    const auto known = app::study_rules(*store, request.as_of);
    auto rules = a.rules.empty() ? known : a.rules;
    auto named = rules;
    if (!a.among.empty()) named.push_back(a.among);
    for (const auto& r : named)
        if (std::find(known.begin(), known.end(), r) == known.end())
            throw UsageError("no rule '" + r + "' is active or has raised an alert");
    if (rules.size() > 1 && a.rules.empty()) rules.insert(rules.begin(), "");  // "": an alert of any rule
    const auto parts = slices(app::study_patients(*store, request), !a.group.empty());
    const std::string kind(store::to_string(store->kind()));
    const auto format = a.session.output();
    auto rows = ordered_json::array();
    if (format == Format::text)
        fmt::print("{}as of {}, ahead of {}, landmark day {}; intervals: 95%, by patient\n", banner(*store),
                   to_string(request.as_of), a.event, a.landmark);
    if (format == Format::csv)
        fmt::print("{}", csv_line({"store", "rule", "group", "figure", "value", "low", "high"}));
    for (const auto& rule : rules) {
        const std::string name = rule.empty() ? "any rule" : rule;
        for (const auto& slice : parts) {
            const auto figures = figures_of(slice, rule, a);
            if (format == Format::text)
                print_text(name, slice, figures);
            else if (format == Format::json)
                rows.push_back(to_json(name, slice, figures));
            else
                for (const auto& f : figures)
                    fmt::print("{}", csv_line({kind, name, slice.name, f.name, number(f.value), number(f.low),
                                               number(f.high)}));
        }
    }
    if (format == Format::json)
        fmt::print("{}\n", ordered_json{{"store", kind},
                                        {"as_of", to_string(request.as_of)},
                                        {"event", a.event},
                                        {"landmark_days", a.landmark},
                                        {"summaries", rows}}
                               .dump(2));
    return Exit::ok;
}

void define(Options& o) {
    auto a = std::make_shared<Args>();
    a->session.declare(o);
    o.text("--as-of", a->when, "data and ledger as they stood then; default: now");
    o.texts("--rule", a->rules, "of these rules only; default: each rule, and any of them");
    o.text("--group", a->group, "also by arm, site, trial, sex or an attribute of the patients");
    o.texts("--cohort", a->cohort, "only patients with arm=A, site=01, sex=female, ATTRIBUTE=VALUE");
    o.text(
        "--among", a->among,
        "only patients for whom this rule has raised an alert, say one that fires wherever two biopsies are "
        "to be compared");
    o.word("--event", a->event, "what an alert should come before", {"progression", "death"});
    o.integer("--landmark", a->landmark, "day at which the alerted and the others are compared for survival",
              1, 36500);
    o.text("--score", a->score,
           "state or label whose probability at the landmark is set against survival (Harrell's C)");
    o.text("--truth", a->truth,
           "truth/ folder of a virtual trial: which time was stable, and when growth began");
    o.examples(
        "  bellwether study summary --group arm --db oak.db\n"
        "  bellwether study summary --truth trial/truth --format csv --db trial.db\n");
    o.run([a] { return run(*a); });
}

}  // namespace

const Command study_summary{"study", "summary", "how the alerts fared: rates, lead times, survival", define};

}  // namespace bellwether::cli

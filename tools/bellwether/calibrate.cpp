#include "bellwether/app/calibrate.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bellwether/core/text.hpp"

#include "commands.hpp"
#include "side_files.hpp"

namespace bellwether::cli {
namespace {

using nlohmann::ordered_json;

struct Args {
    Session session;
    SideFiles files;
    WatchedDays days;
    std::string budget = "0.2/patient-year", as_of, out;
    std::vector<std::string> only, stable, drift, grid;
    std::int64_t patients = 5000, seed = 20261201, horizon = 180;
    bool event_free = false;
};

double rate_in(const std::string& text) {
    static const std::string unit = "/patient-year";
    const auto number = parse_double(text.ends_with(unit) ? text.substr(0, text.size() - unit.size()) : text);
    if (!number || !(*number > 0.0) || *number > 100.0)
        throw UsageError("--budget '" + text + "': write 0.2/patient-year");
    return *number;
}

/// "growing@60", "late=growing@180d".
app::DriftScenario scenario(const std::string& text) {
    const auto equals = text.find('='), at = text.rfind('@');
    if (at == std::string::npos || (equals != std::string::npos && equals > at))
        throw UsageError("--drift '" + text + "': write growing@60d or NAME=growing@60d");
    app::DriftScenario s;
    const auto begin = equals == std::string::npos ? 0 : equals + 1;
    s.label = text.substr(begin, at - begin);
    s.day = duration(text.substr(at + 1), "--drift");
    s.name =
        equals == std::string::npos ? fmt::format("{} from day {}", s.label, s.day) : text.substr(0, equals);
    return s;
}

app::CalibrationRequest request_of(const Args& a) {
    app::CalibrationRequest r;
    r.budget = rate_in(a.budget);
    r.rules = a.only;
    r.as_of = as_of(a.as_of);
    for (const auto& s : a.stable)
        r.populations.push_back(split(s, ','));
    for (const auto& d : a.drift)
        r.scenarios.push_back(scenario(d));
    for (const auto& g : a.grid) {
        const auto equals = g.find('=');
        if (equals == std::string::npos) throw UsageError("--grid '" + g + "': write RULE=1:4:0.25");
        const auto list = number_list(g.substr(equals + 1));
        if (!list) throw UsageError("--grid '" + g + "': write RULE=0.5,0.7,0.9 or RULE=0.5:0.9:0.1");
        r.grids[g.substr(0, equals)] = *list;
    }
    r.patients = static_cast<std::size_t>(a.patients);
    r.seed = static_cast<std::uint64_t>(a.seed);
    r.horizon_days = static_cast<int>(a.horizon);
    r.threads = static_cast<int>(a.files.threads);
    if (!a.event_free) {
        if (a.days.given())
            throw UsageError(
                "--from, --to and --every are for --event-free; drawn patients have the visits of "
                "the store as known at --as-of");
        return r;
    }
    auto replay = a.days.request("--event-free");
    replay.horizon_days = r.horizon_days;
    replay.threads = r.threads;
    r.as_of = std::min(Instant::end_of(replay.to), now());
    r.event_free = std::move(replay);
    return r;
}

std::string any(const std::string& rule) {
    return rule.empty() ? "any of them" : rule;
}

std::string interval(const study::Rate& r) {
    if (!r.rate) return "no time at risk";
    if (r.events == 0.0) {
        const auto limit = study::upper_limit_of_none(r.years);
        return fmt::format("0 (0 to {:.3f})", limit.value_or(0.0));
    }
    return r.low ? fmt::format("{:.3f} ({:.3f} to {:.3f})", *r.rate, *r.low, *r.high)
                 : fmt::format("{:.3f}", *r.rate);
}

std::string days(const app::DetectionLine& l) {
    const auto one = [](std::optional<double> x) { return x ? fmt::format("{:.0f}", *x) : std::string("-"); };
    return fmt::format("{} ({} to {})", one(l.median), one(l.q1), one(l.q3));
}

void print_text(const app::Calibration& c, const app::CalibrationRequest& r) {
    fmt::print("budget: {} first false alerts per patient-year, by any of {} rules; visits of {} patients\n",
               shortest(r.budget), c.rules.size(), c.store_patients);
    fmt::print("\n  {:<28} {:<40} {:>8} {:>8}\n", "rule", "comparison", "written", "found");
    for (const auto& rule : c.rules) {
        fmt::print("  {:<28} {:<40} {:>8} {:>8}{}\n", rule.rule, rule.comparison, shortest(rule.written),
                   rule.number ? shortest(*rule.number) : "none",
                   !rule.number       ? "  not even the quietest number is within its share"
                   : rule.end_of_grid ? "  the most talkative number that was looked at"
                                      : "");
        if (rule.assessable < 0.995)
            fmt::print("    could be judged in {:.0f}% of the patients only\n", 100.0 * rule.assessable);
    }
    fmt::print("\nfirst false alerts per patient-year, {}\n",
               r.event_free ? "cross-validated in five parts" : "in patients drawn anew");
    fmt::print("  {:<28} {:<28} {:>26}\n", "rule", "nothing drifts", "rate (95%)");
    for (const auto& q : c.rates)
        fmt::print("  {:<28} {:<28} {:>26}\n", any(q.rule), q.population, interval(q.rate));
    if (c.detection.empty()) return;
    fmt::print("\ndrifts drawn from the model, and found by these numbers\n");
    fmt::print("  {:<28} {:<28} {:>8} {:>9} {:>12} {:>22}\n", "drift", "rule", "patients", "before",
               fmt::format("in {} d", r.horizon_days), "days, median (quarts)");
    for (const auto& l : c.detection)
        fmt::print("  {:<28} {:<28} {:>8} {:>9} {:>12} {:>22}\n", l.scenario.name, any(l.rule), l.patients,
                   l.alerted_before,
                   l.within_horizon ? fmt::format("{:.0f}%", 100.0 * *l.within_horizon) : "-", days(l));
    fmt::print(
        "  before: alerted before the onset, left out behind it. Days count from the onset to the draw of "
        "the\n"
        "  reading that raised the alert; what a laboratory takes comes on top.\n");
}

ordered_json optional_json(std::optional<double> x) {
    return x ? ordered_json(*x) : ordered_json();
}

void print_json(const app::Calibration& c, const app::CalibrationRequest& r, const std::string& store) {
    ordered_json doc{{"store", store},
                     {"budget", r.budget},
                     {"population", r.event_free ? "event-free" : "drawn"},
                     {"patients", c.store_patients},
                     {"seed", r.seed}};
    for (const auto& [model, share] : c.share)
        doc["share"][model.empty() ? "all" : model] = share;
    doc["rules"] = doc["rates"] = doc["detection"] = ordered_json::array();
    for (const auto& x : c.rules)
        doc["rules"].push_back({{"rule", x.rule},
                                {"model", x.model},
                                {"comparison", x.comparison},
                                {"written", x.written},
                                {"number", optional_json(x.number)},
                                {"end_of_grid", x.end_of_grid},
                                {"assessable", x.assessable}});
    for (const auto& q : c.rates)
        doc["rates"].push_back({{"rule", any(q.rule)},
                                {"model", q.model},
                                {"population", q.population},
                                {"rate", optional_json(q.rate.rate)},
                                {"low", optional_json(q.rate.low)},
                                {"high", optional_json(q.rate.high)},
                                {"patient_years", q.rate.years}});
    for (const auto& l : c.detection)
        doc["detection"].push_back({{"drift", l.scenario.name},
                                    {"label", l.scenario.label},
                                    {"day", l.scenario.day},
                                    {"rule", any(l.rule)},
                                    {"patients", l.patients},
                                    {"alerted_before", l.alerted_before},
                                    {"within_horizon", optional_json(l.within_horizon)},
                                    {"days_q1", optional_json(l.q1)},
                                    {"days_median", optional_json(l.median)},
                                    {"days_q3", optional_json(l.q3)}});
    fmt::print("{}\n", doc.dump(2));
}

Exit run(const Args& a) {
    if (a.session.output() == Format::csv) throw UsageError("rules calibrate prints text or json");
    const auto store = a.session.open();
    auto request = request_of(a);
    const auto source = a.files.read(*store, request.as_of);
    if (request.event_free) {
        const auto from = Instant::start_of(request.event_free->from);
        app::refuse_in_sample(app::make_side("calibrate", *store, source, from, request.as_of), *store, from,
                              a.files.elsewhere);
    }
    request.progress = progress("calibrate");
    const auto found = app::calibrate(*store, source, request);
    if (a.session.output() == Format::json) {
        print_json(found, request, kind_of(*store));
    } else {
        fmt::print("{}", banner(*store));
        print_text(found, request);
    }
    if (!a.out.empty() && !found.overrides.empty())
        write_text_atomically(a.out,
                              "# Written by bellwether rules calibrate. Activate it beside the rules.\n" +
                                  rulebook::write_overrides(found.overrides));
    return found.overrides.size() == found.rules.size() ? Exit::ok : Exit::failed;
}

void define(Options& o) {
    auto a = std::make_shared<Args>();
    a->session.declare(o);
    o.text("--budget", a->budget,
           "first false alerts per patient-year, by any of the rules: 0.2/patient-year");
    a->files.declare(o, "--as-of");
    o.texts("--rule", a->only, "rules to calibrate; default: all that have a tunable number");
    o.text("--out", a->out, "file for the thresholds found, to be activated beside the rules");
    o.text("--as-of", a->as_of, "whose visits are taken, as known then");
    o.texts("--stable", a->stable,
            "labels among whose states nothing drifts, one population each: stable, or shrinking,stable");
    o.texts("--drift", a->drift, "drifts to be found: growing@60d, or NAME=growing@60d");
    o.texts("--grid", a->grid, "numbers to look at first: RULE=1:4:0.25");
    o.integer("--patients", a->patients, "drawn patients per population, at least", 50, 1'000'000);
    o.flag("--event-free", a->event_free,
           "use the store's own days that no event followed, in place of drawn patients");
    a->days.declare(o, "--event-free: ");
    o.integer("--horizon", a->horizon, "days: for detection, and what event-free looks ahead", 1, 36500);
    o.integer("--seed", a->seed, "of the draws", 0, INT64_MAX);
    o.examples(
        "  bellwether rules calibrate --budget 0.2/patient-year --rule burden-growing --out thresholds.yaml "
        "--db "
        "trial.db\n"
        "  bellwether rules calibrate --rules rules/tumour-burden --model fit.yaml --drift growing@90d --db "
        "trial.db\n"
        "  bellwether rules calibrate --event-free --from 2023-01-02 --to 2025-01-01 --every 7d --db "
        "trial.db\n"
        "  bellwether rules activate rules/ thresholds.yaml --db trial.db\n");
    o.run([a] { return run(*a); });
}

}  // namespace

const Command rules_calibrate{"rules", "calibrate",
                              "find thresholds within a budget of false alerts, and what they still detect",
                              define};

}  // namespace bellwether::cli

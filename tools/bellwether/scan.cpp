#include "bellwether/app/scan.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.hpp"

namespace bellwether::cli {
namespace {

struct Args {
    Session session;
    std::string when, every, from, to;
    std::int64_t threads = 2;
    bool exit_code = false, wait = false, quiet = false, no_checkpoints = false;
};

void print(const app::ScanReport& r, Format format, const std::string& kind) {
    if (format == Format::json) {
        auto failed = nlohmann::ordered_json::array();
        for (const auto& [patient, what] : r.failed)
            failed.push_back({{"patient", patient}, {"what", what}});
        fmt::print("{}\n", nlohmann::ordered_json{{"store", kind},
                                                  {"as_of", to_string(r.as_of)},
                                                  {"skipped", r.skipped},
                                                  {"patients", r.patients},
                                                  {"opened", r.opened},
                                                  {"revised", r.revised},
                                                  {"resolved", r.resolved},
                                                  {"reopened", r.reopened},
                                                  {"withdrawn", r.withdrawn},
                                                  {"other", r.other},
                                                  {"failed", failed}}
                               .dump());
    } else if (format == Format::csv) {
        fmt::print("{},{},{},{},{},{},{},{},{},{}\n", kind, to_string(r.as_of), r.skipped ? 1 : 0, r.patients,
                   r.opened, r.revised, r.resolved, r.reopened, r.withdrawn, r.failed.size());
    } else if (r.skipped) {
        fmt::print("{}: before the last scan: nothing is written\n", to_string(r.as_of));
    } else if (r.patients == 0) {
        fmt::print("{}: nothing new\n", to_string(r.as_of));
    } else {
        fmt::print(
            "{}: {} patients looked at; alerts: {} opened, {} revised, {} resolved, {} reopened, {} "
            "withdrawn\n",
            to_string(r.as_of), r.patients, r.opened, r.revised, r.resolved, r.reopened, r.withdrawn);
    }
}

std::vector<Instant> instants(const Args& a) {
    if (a.every.empty()) {
        if (!a.from.empty() || !a.to.empty()) throw UsageError("--from and --to go with --every");
        return {as_of(a.when)};
    }
    if (a.from.empty() || a.to.empty()) throw UsageError("--every needs --from and --to");
    if (!a.when.empty()) throw UsageError("--as-of and --every exclude each other");
    const Date first = date(a.from, "--from"), last = date(a.to, "--to");
    if (last < first) throw UsageError("--to is before --from");
    std::vector<Instant> list;
    const int step = duration(a.every, "--every");
    for (Date d = first; d < last; d = d + step)
        list.push_back(as_of(to_string(d)));
    list.push_back(as_of(to_string(last)));
    return list;
}

Exit run(const Args& a) {
    const auto held = lock(a.session.path(), a.wait);
    const auto store = a.session.open();
    const auto list = instants(a);
    app::ScanOptions options;
    options.threads = static_cast<int>(a.threads);
    options.who = "scan";
    options.use_checkpoints = !a.no_checkpoints;
    const auto tick = progress(list.size() > 1 ? "scans" : "scan");
    if (list.size() == 1) options.progress = tick;
    if (!a.quiet && a.session.output() == Format::text) fmt::print("{}", banner(*store));
    if (!a.quiet && a.session.output() == Format::csv)
        fmt::print("store,as_of,skipped,patients,opened,revised,resolved,reopened,withdrawn,failed\n");
    if (store->activations().empty())
        fmt::print(stderr,
                   "bellwether: no rules are active: nothing is judged (bellwether rules activate)\n");
    std::int64_t opened = 0, failed = 0, done = 0;
    for (const auto t : list) {
        const auto report = app::scan(*store, t, options);
        opened += report.opened + report.reopened;
        failed += static_cast<std::int64_t>(report.failed.size());
        for (const auto& [patient, what] : report.failed)
            fmt::print(stderr, "bellwether: patient {} was left as it was: {}\n", patient, what);
        const bool worth_a_line = list.size() == 1 || report.patients > 0 || report.skipped;
        if (!a.quiet && worth_a_line)
            print(report, a.session.output(), std::string(store::to_string(store->kind())));
        if (list.size() > 1 && tick) tick(++done, static_cast<std::int64_t>(list.size()));
    }
    if (failed > 0) return Exit::failed;
    return a.exit_code && opened > 0 ? Exit::new_alerts : Exit::ok;
}

void define(Options& o) {
    auto a = std::make_shared<Args>();
    a->session.declare(o);
    o.text("--as-of", a->when, "instant to scan up to (a date means its end); default: now");
    o.text("--every", a->every, "walk through history in steps of 7d, 2w ...");
    o.text("--from", a->from, "first date of the walk");
    o.text("--to", a->to, "last date of the walk");
    o.integer("--threads", a->threads, "patients at once", 1, 256);
    o.flag("--exit-code", a->exit_code, "leave with 10 when an alert was opened or reopened");
    o.flag("--wait", a->wait, "wait for another run to end instead of leaving with exit code 4");
    o.flag("--quiet", a->quiet, "nothing on stdout: for cron");
    o.flag("--no-checkpoints", a->no_checkpoints, "filter every patient from the start; changes no answer");
    o.examples(
        "  bellwether scan --db trial.db --quiet\n"
        "  bellwether scan --db oak.db --every 7d --from 2014-03-01 --to 2016-08-01\n");
    o.run([a] { return run(*a); });
}

}  // namespace

const Command scan{"scan", "", "judge every patient with something new and bring the ledger up to date",
                   define};

}  // namespace bellwether::cli

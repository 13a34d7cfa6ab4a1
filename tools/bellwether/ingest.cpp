#include "bellwether/app/ingest.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bellwether/core/text.hpp"

#include "commands.hpp"

namespace bellwether::cli {
namespace {

using app::FileReport;

const char* word(FileReport::End end) {
    switch (end) {
        case FileReport::End::taken:
            return "taken";
        case FileReport::End::seen_before:
            return "seen before";
        case FileReport::End::refused:
            return "refused";
    }
    return "";
}

/// Findings to stderr, one line a file to stdout.
Exit show(const std::vector<FileReport>& reports, Format format, const std::string& head,
          const std::string& kind, bool quiet) {
    bool bad = false;
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    if (format == Format::csv && !quiet)
        fmt::print("{}", csv_line({"store", "file", "end", "rows", "taken", "duplicates", "quarantined"}));
    if (format == Format::text && !quiet) fmt::print("{}", head);
    for (const auto& r : reports) {
        for (const auto& d : r.refusal.list)
            fmt::print(stderr, "{}\n", to_string(d));
        for (const auto& d : r.rejects)
            fmt::print(stderr, "{}\n", to_string(d));
        const auto hidden = r.counts.quarantined - static_cast<std::int64_t>(r.rejects.size());
        if (r.end == FileReport::End::taken && hidden > 0)
            fmt::print(stderr, "{}: and {} more rows in quarantine\n", r.file, hidden);
        bad = bad || r.end == FileReport::End::refused ||
              (r.end == FileReport::End::taken && r.counts.quarantined > 0);
        if (quiet) continue;
        const auto& c = r.counts;
        if (format == Format::json)
            rows.push_back({{"file", r.file},
                            {"end", word(r.end)},
                            {"rows", c.rows},
                            {"taken", c.taken},
                            {"duplicates", c.duplicates},
                            {"quarantined", c.quarantined}});
        else if (format == Format::csv)
            fmt::print("{}",
                       csv_line({kind, r.file, word(r.end), std::to_string(c.rows), std::to_string(c.taken),
                                 std::to_string(c.duplicates), std::to_string(c.quarantined)}));
        else
            fmt::print("{}: {}: {} rows, {} taken, {} duplicates, {} in quarantine\n", r.file, word(r.end),
                       c.rows, c.taken, c.duplicates, c.quarantined);
    }
    if (format == Format::json && !quiet)
        fmt::print("{}\n", nlohmann::ordered_json{{"store", kind}, {"files", rows}}.dump(2));
    if (format == Format::text && reports.empty() && !quiet) fmt::print("nothing new\n");
    return bad ? Exit::bad_input : Exit::ok;
}

struct Args {
    Session session;
    std::vector<std::string> files, profiles;
    std::string inbox;
    bool backfill = false, wait = false, quiet = false;
};

std::vector<app::LoadedProfile> load(const std::vector<std::string>& paths,
                                     const ChannelCatalogue& catalogue) {
    std::vector<app::LoadedProfile> profiles;
    for (const auto& p : paths)
        profiles.push_back(app::load_profile({p, read_text(p)}, catalogue));
    return profiles;
}

Exit run(const Args& a) {
    if (a.files.empty() == a.inbox.empty()) throw UsageError("ingest takes either files or --inbox DIR");
    const auto held = lock(a.session.path(), a.wait);
    const auto store = a.session.open();
    if (a.backfill && store->kind() == store::Kind::live && a.inbox.empty() == false)
        throw UsageError("--backfill is for files named by hand, not for an inbox of a live store");
    const auto profiles = load(a.profiles, store->channels());
    const app::IngestOptions options{now(), a.backfill, a.session.actor()};
    std::vector<FileReport> reports;
    if (!a.inbox.empty()) {
        reports = app::ingest_inbox(*store, a.inbox, profiles, options);
    } else {
        const auto tick = progress("ingest");
        std::int64_t done = 0;
        for (const auto& file : a.files) {
            const auto* profile = app::profile_for(file, profiles);
            if (!profile)
                throw UsageError("no profile fits '" + file +
                                 "': labs.yaml reads files with 'labs' in their name");
            reports.push_back(app::ingest_file(*store, file, *profile, options));
            if (tick) tick(++done, static_cast<std::int64_t>(a.files.size()));
        }
    }
    return show(reports, a.session.output(), banner(*store), std::string(store::to_string(store->kind())),
                a.quiet);
}

void define_ingest(Options& o) {
    auto a = std::make_shared<Args>();
    a->session.declare(o);
    o.texts("files", a->files, "feed files, gzip or not; - for standard input");
    o.texts("--profile", a->profiles,
            "feed profile; several when the files are of several kinds: labs.yaml reads files "
            "with 'labs' in their name",
            true);
    o.text("--inbox", a->inbox, "folder: takes what is new and moves each file to done/ or rejected/");
    o.flag("--backfill", a->backfill,
           "history loaded afterwards: learnt at the release time or by the profile's lag");
    o.flag("--wait", a->wait, "wait for another run to end instead of leaving with exit code 4");
    o.flag("--quiet", a->quiet, "findings only: for cron");
    o.examples(
        "  bellwether ingest labs.csv --profile labs.yaml --db trial.db\n"
        "  bellwether ingest --inbox /srv/labs --profile patients.yaml --profile labs.yaml --quiet\n"
        "  zcat old.csv.gz | bellwether ingest - --profile labs.yaml --backfill --db trial.db\n");
    o.run([a] { return run(*a); });
}

struct CheckArgs {
    Session session;
    std::vector<std::string> files, profiles;
    std::string channels;
};

void define_check(Options& o) {
    auto a = std::make_shared<CheckArgs>();
    o.texts("files", a->files, "feed files", true);
    o.texts("--profile", a->profiles, "feed profile", true);
    o.text("--channels", a->channels, "channel catalogue; default: the shipped one");
    o.word("--format", a->session.format, "text, json or csv", {"text", "json", "csv"});
    o.examples("  bellwether feed check labs.csv --profile labs.yaml\n");
    o.run([a] {
        const std::string file = a->channels.empty() ? home() + "/models/channels.yaml" : a->channels;
        Findings findings;
        const auto catalogue = read_catalogue(read_text(file), file, findings);
        if (!findings.ok()) throw InputError(findings);
        const auto profiles = load(a->profiles, catalogue);
        std::vector<FileReport> reports;
        for (const auto& f : a->files) {
            const auto* profile = app::profile_for(f, profiles);
            if (!profile) throw UsageError("no profile fits '" + f + "'");
            reports.push_back(app::check_file(f, *profile, catalogue, now()));
        }
        return show(reports, a->session.output(), "", "none: nothing is stored", false);
    });
}

}  // namespace

const Command ingest{"ingest", "", "take feed files into the store", define_ingest};
const Command feed_check{"feed", "check", "read feed files and report, without storing anything",
                         define_check};

}  // namespace bellwether::cli

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bellwether/app/ingest.hpp"
#include "bellwether/core/text.hpp"

#include "commands.hpp"

namespace bellwether::cli {
namespace {

struct Args {
    Session session;
    std::int64_t id = 0;
    bool all = false;
    std::string row, profile, why;
};

void define_list(Options& o) {
    auto a = std::make_shared<Args>();
    a->session.declare(o);
    o.flag("--all", a->all, "also what was retried, dropped or settled");
    o.examples("  bellwether quarantine list --db trial.db\n");
    o.run([a] {
        const auto store = a->session.open();
        const auto format = a->session.output();
        auto rows = nlohmann::ordered_json::array();
        if (format == Format::csv)
            fmt::print("{}", csv_line({"store", "id", "state", "file", "line", "column", "code", "reason"}));
        if (format == Format::text) fmt::print("{}", banner(*store));
        bool any = false;
        for (const auto& q : store->quarantine(!a->all)) {
            any = true;
            if (format == Format::json)
                rows.push_back({{"id", q.id},
                                {"state", q.state},
                                {"file", q.file},
                                {"line", q.line},
                                {"column", q.column},
                                {"code", q.code},
                                {"reason", q.reason},
                                {"hint", q.hint}});
            else if (format == Format::csv)
                fmt::print("{}",
                           csv_line({kind_of(*store), std::to_string(q.id), q.state, q.file,
                                     std::to_string(q.line), std::to_string(q.column), q.code, q.reason}));
            else
                fmt::print("{:>5} {:<8} {}:{}:{}: {}: {}\n", q.id, q.state, q.file, q.line, q.column, q.code,
                           q.reason);
        }
        if (format == Format::json)
            fmt::print(
                "{}\n",
                nlohmann::ordered_json{{"store", store::to_string(store->kind())}, {"quarantine", rows}}.dump(
                    2));
        if (format == Format::text && !any) fmt::print("quarantine is empty\n");
        return Exit::ok;
    });
}

void define_show(Options& o) {
    auto a = std::make_shared<Args>();
    a->session.declare(o, false);
    o.integer("id", a->id, "number of the row", 1, INT64_MAX);
    o.examples("  bellwether quarantine show 3 --db trial.db\n");
    o.run([a] {
        const auto store = a->session.open();
        const auto q = store->quarantine_row(a->id);
        if (!q) throw Error("P005", fmt::format("quarantine holds no row {}", a->id));
        fmt::print("{}row {} ({}), {}:{}:{}, since {}\n{}: {}\nhint: {}\n{}\n{}\n", banner(*store), q->id,
                   q->state, q->file, q->line, q->column, to_string(q->at), q->code, q->reason, q->hint,
                   q->header, q->raw);
        return Exit::ok;
    });
}

void define_retry(Options& o) {
    auto a = std::make_shared<Args>();
    a->session.declare(o, false);
    o.integer("id", a->id, "number of the row", 1, INT64_MAX);
    o.flag("--all", a->all, "every open row, as it stands");
    o.text("--row", a->row, "the row as it should have been");
    o.text("--profile", a->profile, "a newer feed profile; default: the one it came with");
    o.examples(
        "  bellwether quarantine retry 3 --row 'P-001,ctdna,0.8,%,2026-03-02,,,,final' --db trial.db\n"
        "  bellwether quarantine retry --all --db trial.db\n");
    o.run([a] {
        if (a->all == (a->id != 0)) throw UsageError("quarantine retry takes either a number or --all");
        const auto held = lock(a->session.path(), false);
        const auto store = a->session.open();
        std::optional<app::SourceFile> profile;
        if (!a->profile.empty()) profile = app::SourceFile{a->profile, read_text(a->profile)};
        const app::IngestOptions options{now(), store->kind() != store::Kind::live, a->session.actor()};
        std::vector<std::int64_t> ids;
        if (a->all)
            for (const auto& q : store->quarantine(true))
                ids.push_back(q.id);
        else
            ids.push_back(a->id);
        int taken = 0;
        for (const auto id : ids) {
            std::optional<std::string> mended;
            if (!a->row.empty()) mended = a->row;
            const auto report = app::retry_quarantined(*store, id, mended, profile, options);
            for (const auto& d : report.rejects)
                fmt::print(stderr, "row {}: {}\n", id, to_string(d));
            if (report.rejects.empty()) ++taken;
        }
        fmt::print("{}{} of {} rows taken\n", banner(*store), taken, ids.size());
        return taken == static_cast<int>(ids.size()) ? Exit::ok : Exit::bad_input;
    });
}

void define_drop(Options& o) {
    auto a = std::make_shared<Args>();
    a->session.declare(o, false);
    o.integer("id", a->id, "number of the row", 1, INT64_MAX);
    o.text("--why", a->why, "the reason, for the trail", true);
    o.examples("  bellwether quarantine drop 3 --why 'test sample of the laboratory' --db trial.db\n");
    o.run([a] {
        const auto held = lock(a->session.path(), false);
        const auto store = a->session.open();
        store->drop_quarantine(a->id, now(), a->session.actor(), a->why);
        fmt::print("{}row {} dropped\n", banner(*store), a->id);
        return Exit::ok;
    });
}

}  // namespace

const Command quarantine_list{"quarantine", "list", "rows that could not be taken, with their places",
                              define_list};
const Command quarantine_show{"quarantine", "show", "one row, its reason and its text", define_show};
const Command quarantine_retry{"quarantine", "retry", "read a row again, as it stands or mended",
                               define_retry};
const Command quarantine_drop{"quarantine", "drop", "give a row up, with a reason", define_drop};

}  // namespace bellwether::cli

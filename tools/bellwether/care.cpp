#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.hpp"

namespace bellwether::cli {
namespace {

void define_doctor(Options& o) {
    auto s = std::make_shared<Session>();
    s->declare(o);
    o.examples("  bellwether doctor --db trial.db\n");
    o.run([s] {
        const auto store = s->open();
        const auto health = store->doctor();
        auto rows = nlohmann::ordered_json::array();
        if (s->output() == Format::text) fmt::print("{}", banner(*store));
        if (s->output() == Format::csv) fmt::print("{}", csv_line({"store", "check", "result"}));
        for (const auto& [what, result] : health.checks) {
            if (s->output() == Format::json)
                rows.push_back({{"check", what}, {"result", result}});
            else if (s->output() == Format::csv)
                fmt::print("{}", csv_line({kind_of(*store), what, result}));
            else
                fmt::print("{:<28} {}\n", what, result);
        }
        if (s->output() == Format::json)
            fmt::print("{}\n",
                       nlohmann::ordered_json{
                           {"store", store::to_string(store->kind())}, {"ok", health.ok}, {"checks", rows}}
                           .dump(2));
        return health.ok ? Exit::ok : Exit::failed;
    });
}

struct FileArgs {
    Session session;
    std::string file;
};

void define_backup(Options& o) {
    auto a = std::make_shared<FileArgs>();
    a->session.declare(o, false);
    o.text("file", a->file, "where the copy goes", true);
    o.examples("  bellwether backup /backup/trial-$(date +%F).db --db trial.db\n");
    o.run([a] {
        const auto store = a->session.open();
        store->backup(a->file);
        store->note(now(), a->session.actor(), "backup", a->file, "verified");
        fmt::print("{}backed up to {} and verified\n", banner(*store), a->file);
        return Exit::ok;
    });
}

void define_restore(Options& o) {
    auto a = std::make_shared<FileArgs>();
    a->session.declare(o, false);
    o.text("file", a->file, "a backup", true);
    o.examples("  bellwether restore /backup/trial-2026-03-02.db --db trial.db\n");
    o.run([a] {
        const auto path = a->session.path();
        const auto held = lock(path, false);
        store::restore_sqlite(a->file, path);
        const auto store = store::open_sqlite(path);
        store->note(now(), a->session.actor(), "restore", a->file, "verified");
        fmt::print("{}restored {} from {}; what stood there is kept as {}.before-restore\n", banner(*store),
                   path, a->file, path);
        return Exit::ok;
    });
}

void define_trail(Options& o) {
    auto s = std::make_shared<Session>();
    s->declare(o);
    o.examples("  bellwether trail show --db trial.db --format csv > trail.csv\n");
    o.run([s] {
        const auto store = s->open();
        const auto broken = store->broken_trail();
        auto rows = nlohmann::ordered_json::array();
        if (s->output() == Format::text) fmt::print("{}", banner(*store));
        if (s->output() == Format::csv)
            fmt::print("{}", csv_line({"store", "number", "at", "who", "what", "subject", "detail", "hash"}));
        for (const auto& t : store->trail()) {
            if (s->output() == Format::json)
                rows.push_back({{"number", t.number},
                                {"at", to_string(t.at)},
                                {"who", t.who},
                                {"what", t.what},
                                {"subject", t.subject},
                                {"detail", t.detail},
                                {"hash", t.hash}});
            else if (s->output() == Format::csv)
                fmt::print("{}", csv_line({kind_of(*store), std::to_string(t.number), to_string(t.at), t.who,
                                           t.what, t.subject, t.detail, t.hash}));
            else
                fmt::print("{:>6} {} {:<10} {:<14} {} {}\n", t.number, to_string(t.at), t.who, t.what,
                           t.subject, t.detail);
        }
        if (s->output() == Format::json)
            fmt::print("{}\n",
                       nlohmann::ordered_json{
                           {"store", store::to_string(store->kind())}, {"whole", !broken}, {"trail", rows}}
                           .dump(2));
        if (broken) fmt::print(stderr, "bellwether: the trail is broken at line {}\n", *broken);
        return broken ? Exit::failed : Exit::ok;
    });
}

}  // namespace

const Command doctor{"doctor", "", "integrity, schema, lock, disk, unreadable rows", define_doctor};
const Command backup{"backup", "", "copy the store while it is in use, and verify the copy", define_backup};
const Command restore{"restore", "", "put a verified backup in the store's place", define_restore};
const Command trail_show{"trail", "show", "the audit trail, and whether it is whole", define_trail};

}  // namespace bellwether::cli

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bellwether/app/rules.hpp"
#include "bellwether/core/text.hpp"

#include "commands.hpp"

namespace bellwether::cli {
namespace {

ChannelCatalogue read_channels(const std::string& file) {
    Findings findings;
    auto catalogue = read_catalogue(read_text(file), file, findings);
    if (!findings.ok()) throw InputError(findings);
    return catalogue;
}

struct InitArgs {
    Session session;
    std::string kind = "live", channels;
};

void define_init(Options& o) {
    auto a = std::make_shared<InitArgs>();
    a->session.declare(o, false);
    o.word("--kind", a->kind,
           "live, historical (data of the past, loaded afterwards) or simulated; every output says which",
           {"live", "historical", "simulated"});
    o.text("--channels", a->channels, "channel catalogue; default: the shipped models/channels.yaml");
    o.examples("  bellwether init --db trial.db\n  bellwether init --db oak.db --kind historical\n");
    o.run([a] {
        const auto catalogue =
            read_channels(a->channels.empty() ? home() + "/models/channels.yaml" : a->channels);
        const auto path = a->session.path();
        const auto store = store::create_sqlite(path, *store::parse_kind(a->kind), now(), a->session.actor());
        store->put_channels(catalogue, now(), a->session.actor());
        fmt::print("{}created {} store {} with {} channels\n", banner(*store), a->kind, path,
                   catalogue.size());
        return Exit::ok;
    });
}

void define_channel_list(Options& o) {
    auto s = std::make_shared<Session>();
    s->declare(o);
    o.examples("  bellwether channel list --db trial.db\n");
    o.run([s] {
        const auto store = s->open();
        nlohmann::ordered_json rows = nlohmann::ordered_json::array();
        if (s->output() == Format::csv)
            fmt::print("{}", csv_line({"store", "channel", "unit", "group", "derived", "title"}));
        if (s->output() == Format::text) fmt::print("{}", banner(*store));
        for (const auto& [name, c] : store->channels()) {
            if (s->output() == Format::json)
                rows.push_back({{"channel", name},
                                {"unit", c.unit},
                                {"group", c.group},
                                {"derived", c.derived},
                                {"title", c.title}});
            else if (s->output() == Format::csv)
                fmt::print(
                    "{}", csv_line({kind_of(*store), name, c.unit, c.group, c.derived ? "1" : "0", c.title}));
            else
                fmt::print("{:<20} {:<10} {:<8} {:<8} {}\n", name, c.unit, c.group,
                           c.derived ? "derived" : "", c.title);
        }
        if (s->output() == Format::json)
            fmt::print(
                "{}\n",
                nlohmann::ordered_json{{"store", store::to_string(store->kind())}, {"channels", rows}}.dump(
                    2));
        return Exit::ok;
    });
}

struct AddArgs {
    Session session;
    std::string file;
};

void define_channel_add(Options& o) {
    auto a = std::make_shared<AddArgs>();
    a->session.declare(o, false);
    o.text("file", a->file, "channel catalogue with the channels to add or replace", true);
    o.examples(
        "  bellwether channel add more.yaml --db trial.db && bellwether quarantine retry --all --db "
        "trial.db\n");
    o.run([a] {
        const auto catalogue = read_channels(a->file);
        const auto held = lock(a->session.path(), false);
        const auto store = a->session.open();
        store->put_channels(catalogue, now(), a->session.actor());
        fmt::print("{}{} channels added or replaced\n", banner(*store), catalogue.size());
        return Exit::ok;
    });
}

struct BridgeArgs {
    Session session;
    std::string file, from, why;
};

void define_channel_bridge(Options& o) {
    auto a = std::make_shared<BridgeArgs>();
    a->session.declare(o, false);
    o.text("file", a->file, "bridges between assays; replaces all that are in force", true);
    o.text("--from", a->from,
           "instant from which they hold; in the past only in historical and simulated stores");
    o.text("--why", a->why, "the reason, for the trail");
    o.examples(
        "  bellwether channel bridge bridges.yaml --db trial.db --why 'parallel samples, report 12'\n");
    o.run([a] {
        const auto text = read_text(a->file);
        const auto held = lock(a->session.path(), false);
        const auto store = a->session.open();
        const app::Order order{activation_instant(*store, a->from), now(), a->session.actor(), a->why};
        const auto count = app::activate_bridges(*store, text, a->file, order);
        fmt::print("{}{} bridges in force from {}\n", banner(*store), count, to_string(order.from));
        return Exit::ok;
    });
}

}  // namespace

const Command init{"init", "", "create a store", define_init};
const Command channel_list{"channel", "list", "list the channels of a store", define_channel_list};
const Command channel_add{"channel", "add", "add or replace channels", define_channel_add};
const Command channel_bridge{"channel", "bridge", "declare assays comparable, with the factor between them",
                             define_channel_bridge};

}  // namespace bellwether::cli

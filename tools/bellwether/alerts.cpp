#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bellwether/alert/human.hpp"
#include "bellwether/alert/review.hpp"
#include "bellwether/app/counterfactual.hpp"
#include "bellwether/core/text.hpp"

#include "commands.hpp"

namespace bellwether::cli {
namespace {

using nlohmann::ordered_json;

ordered_json to_json(const Alert& a, Instant at) {
    ordered_json j{{"id", a.id},
                   {"patient", a.patient},
                   {"rule", a.episode.rule},
                   {"severity", to_string(a.episode.severity)},
                   {"state", to_string(a.state)},
                   {"human", to_string(alert::human_state(a, at))},
                   {"raised", to_string(a.raised)},
                   {"onset", to_string(a.episode.onset)},
                   {"fired", to_string(a.episode.fired)}};
    j["ended"] = a.episode.ended ? ordered_json(to_string(*a.episode.ended)) : ordered_json();
    j["evidence"] = ordered_json::parse(a.episode.evidence, nullptr, false);
    return j;
}

std::string summary(const Alert& a) {
    const auto j = ordered_json::parse(a.episode.evidence, nullptr, false);
    return j.is_object() && j.contains("summary") ? j["summary"].get<std::string>() : "";
}

struct ListArgs {
    Session session;
    std::string patient, when;
    bool all = false;
};

void define_list(Options& o) {
    auto a = std::make_shared<ListArgs>();
    a->session.declare(o);
    o.text("--patient", a->patient, "of one patient only");
    o.text("--as-of", a->when, "the ledger as it stood then; default: now");
    o.flag("--all", a->all, "also what is resolved, withdrawn, merged or superseded");
    o.examples(
        "  bellwether alerts list --db trial.db\n  bellwether alerts list --all --format csv --db "
        "trial.db\n");
    o.run([a] {
        const auto store = a->session.open();
        const Instant at = as_of(a->when);
        const auto format = a->session.output();
        auto rows = ordered_json::array();
        if (format == Format::text) fmt::print("{}", banner(*store));
        if (format == Format::csv)
            fmt::print("{}", csv_line({"store", "id", "patient", "rule", "severity", "state", "human",
                                       "raised", "onset", "fired", "ended", "summary"}));
        bool any = false;
        const std::string kind(store::to_string(store->kind()));
        for (const auto& x : alert::ledger_at(store->alert_events(a->patient), at)) {
            if (!a->all && x.state != MachineState::open) continue;
            any = true;
            const std::string ended = x.episode.ended ? to_string(*x.episode.ended) : "";
            if (format == Format::json)
                rows.push_back(to_json(x, at));
            else if (format == Format::csv)
                fmt::print(
                    "{}",
                    csv_line({kind, std::to_string(x.id), x.patient, x.episode.rule,
                              std::string(to_string(x.episode.severity)), std::string(to_string(x.state)),
                              std::string(to_string(alert::human_state(x, at))), to_string(x.raised),
                              to_string(x.episode.onset), to_string(x.episode.fired), ended, summary(x)}));
            else
                fmt::print("{:>6} {:<12} {:<7} {:<10} {:<12} raised {}  {}: {}\n", x.id, x.patient,
                           to_string(x.episode.severity), to_string(x.state),
                           to_string(alert::human_state(x, at)), to_string(x.raised.date()), x.episode.rule,
                           summary(x));
        }
        if (format == Format::json)
            fmt::print("{}\n", ordered_json{{"store", kind}, {"alerts", rows}}.dump(2));
        if (format == Format::text && !any)
            fmt::print("{}\n", store->last_scan() ? "no open alert" : "never scanned: nothing was judged");
        return Exit::ok;
    });
}

struct OneArgs {
    Session session;
    std::int64_t id = 0;
    std::string why, until;
};

Alert find(store::Store& store, std::int64_t id) {
    const auto a = store.alert(id);
    if (!a) throw Error("P006", fmt::format("no alert {}", id));
    return *a;
}

/// A value that is only a bound is never shown as the value itself.
std::string_view sign_of(const std::string& bound) {
    return bound == "below" ? "<" : bound == "above" ? ">" : "=";
}

void print_differences(const app::Counterfactual& c) {
    const auto words = app::in_words(c);
    if (c.fires) fmt::print("would not fire if, one reading changed at a time\n");
    for (const auto& line : words)
        fmt::print("{}{}\n", c.fires ? "  " : "", line);
}

ordered_json to_json(const app::Counterfactual& c) {
    const auto number = [](std::optional<double> x) { return x ? ordered_json(*x) : ordered_json(); };
    ordered_json j{
        {"fires", c.fires}, {"changes", ordered_json::array()}, {"not_read", ordered_json::array()}};
    for (const auto& x : c.changes)
        j["changes"].push_back({{"channel", x.channel},
                                {"unit", x.unit},
                                {"date", to_string(x.date)},
                                {"was", app::as_read(x.was)},
                                {"lowest_before", x.nadir},
                                {"at_most", number(x.at_most)},
                                {"at_most_until", number(x.at_most_until)},
                                {"at_least", number(x.at_least)},
                                {"at_least_until", number(x.at_least_until)}});
    for (const auto& n : c.not_read)
        j["not_read"].push_back(
            {{"channel", n.channel}, {"last", n.last ? ordered_json(to_string(*n.last)) : ordered_json()}});
    return j;
}

void define_show(Options& o) {
    auto a = std::make_shared<OneArgs>();
    a->session.declare(o);
    o.integer("id", a->id, "number of the alert", 1, INT64_MAX);
    o.examples("  bellwether alerts show 12 --db trial.db\n");
    o.run([a] {
        const auto store = a->session.open();
        const Alert x = find(*store, a->id);
        auto history = ordered_json::array();
        std::string lines;
        for (const auto& e : store->alert_events(x.patient)) {
            if (e.alert != x.id) continue;
            history.push_back(
                {{"at", to_string(e.at)}, {"change", to_string(e.change)}, {"by", e.actor}, {"why", e.why}});
            lines += fmt::format("  {} {} by {} {}\n", to_string(e.at), to_string(e.change), e.actor, e.why);
        }
        auto j = to_json(x, now());
        j["history"] = history;
        const bool stands = x.state == MachineState::open || x.state == MachineState::resolved;
        const auto differs = stands ? app::would_not_fire(*store, x, now()) : std::nullopt;
        if (differs) j["would_not_fire_if"] = to_json(*differs);
        if (a->session.output() == Format::json) {
            fmt::print("{}\n",
                       ordered_json{{"store", store::to_string(store->kind())}, {"alert", j}}.dump(2));
        } else {
            fmt::print("{}alert {} of {}: {} ({}), {}, {}\n{}\nonset {}, fired {}, {}\n", banner(*store),
                       x.id, x.patient, x.episode.rule, to_string(x.episode.severity), to_string(x.state),
                       to_string(alert::human_state(x, now())), summary(x), to_string(x.episode.onset),
                       to_string(x.episode.fired),
                       x.episode.ended ? "ended " + to_string(*x.episode.ended) : "not ended");
            for (const auto& b : j["evidence"].value("because", ordered_json::array()))
                fmt::print("  {} {} {}\n", b.value("call", ""), sign_of(b.value("bound", "")),
                           b.contains("value") ? b["value"].dump() : "unknown: " + b.value("unknown", ""));
            if (differs) print_differences(*differs);
            fmt::print("history\n{}", lines);
        }
        return Exit::ok;
    });
}

Exit act(const OneArgs& a, alert::HumanAction action, int default_days) {
    const auto held = lock(a.session.path(), false);
    const auto store = a.session.open();
    const Alert x = find(*store, a.id);
    std::optional<Instant> until;
    if (!a.until.empty())
        until = instant(a.until, "--until");
    else if (default_days > 0)
        until = Instant::end_of(now().date() + default_days);
    const auto event = alert::make_human_event(x, action, a.session.actor(), a.why, until, now());
    store->write_human(event);
    fmt::print("{}alert {}: {}\n", banner(*store), x.id, to_string(event.change));
    return Exit::ok;
}

template <alert::HumanAction action, int default_days, bool takes_until>
void define_act(Options& o) {
    auto a = std::make_shared<OneArgs>();
    a->session.declare(o, false);
    o.integer("id", a->id, "number of the alert", 1, INT64_MAX);
    o.text("--why", a->why, "what was found or done, for the trail");
    if (takes_until)
        o.text("--until", a->until,
               default_days > 0 ? fmt::format("time limit; default: {} days", default_days) : "time limit");
    o.examples(fmt::format("  bellwether alerts {} 12 --why 'seen, scan brought forward' --db trial.db\n",
                           action == alert::HumanAction::acknowledge ? "ack"
                           : action == alert::HumanAction::action    ? "resolve"
                                                                  : std::string(alert::to_string(action))));
    o.run([a] { return act(*a, action, default_days); });
}

}  // namespace

const Command alerts_list{"alerts", "list", "open alerts", define_list};
const Command alerts_show{"alerts", "show", "one alert, its reason and its history", define_show};
const Command alerts_ack{"alerts", "ack", "somebody looks at it, until a time limit",
                         define_act<alert::HumanAction::acknowledge, 14, true>};
const Command alerts_dismiss{"alerts", "dismiss", "no reason to act; the reason is kept",
                             define_act<alert::HumanAction::dismiss, 0, false>};
const Command alerts_resolve{"alerts", "resolve", "it was acted on",
                             define_act<alert::HumanAction::action, 0, false>};
const Command alerts_snooze{"alerts", "snooze", "look again later",
                            define_act<alert::HumanAction::snooze, 7, true>};
const Command alerts_reset{"alerts", "reset", "take an acknowledgement or a decision back",
                           define_act<alert::HumanAction::reset, 0, false>};

}  // namespace bellwether::cli

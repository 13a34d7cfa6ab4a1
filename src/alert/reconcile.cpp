#include "bellwether/alert/reconcile.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"

namespace bellwether::alert {
namespace {

/// What is the same for every event of one call.
struct Context {
    Date today;
    Instant as_of;
    std::optional<Date> activated;
    const std::string& patient;
    const std::string& rules_hash;
    const std::string& model_hash;
};

/// One rule's part of the question. Episodes by onset, alerts by id.
struct Side {
    std::vector<const Episode*> episodes;
    std::vector<const Alert*> alerts;
};

/// One rule's answer: where each alert goes, and who speaks for each episode. -1: nobody.
struct Match {
    std::vector<int> goes_to;   ///< per alert: an episode
    std::vector<int> taken_by;  ///< per episode: an alert
};

/// The last day of the closed interval. A sample may be dated a day after date(D), east of Greenwich.
Date last_day(const Episode& e, Date today) {
    return e.ended.value_or(std::max(e.onset, today));
}

bool overlap(const Episode& a, const Episode& b, Date today) {
    return a.onset <= last_day(b, today) && b.onset <= last_day(a, today);
}

bool ended_before(const Episode& e, const std::optional<Date>& day) {
    return day && e.ended && *e.ended < *day;
}

bool is_live(const Alert& a) {
    return a.state == MachineState::open || a.state == MachineState::resolved;
}

void check(const std::vector<const Episode*>& episodes) {
    const Episode* previous = nullptr;
    for (const Episode* e : episodes) {
        if (e->fired < e->onset || (e->ended && *e->ended < e->fired))
            throw Error("A001",
                        fmt::format("episode of rule '{}' with onset {} runs backwards: fired {}, ended {}",
                                    e->rule, to_string(e->onset), to_string(e->fired),
                                    e->ended ? to_string(*e->ended) : "not"));
        if (previous && (!previous->ended || e->onset < *previous->ended || e->onset == previous->onset))
            throw Error("A002", fmt::format("episodes of rule '{}' overlap: onset {} and onset {}", e->rule,
                                            to_string(previous->onset), to_string(e->onset)));
        previous = e;
    }
}

std::map<std::string, Side> by_rule(std::span<const Episode> episodes, std::span<const Alert> ledger,
                                    const Context& c) {
    std::map<std::string, Side> rules;
    for (const Episode& e : episodes)
        rules[e.rule].episodes.push_back(&e);
    for (auto& [rule, side] : rules) {
        std::sort(side.episodes.begin(), side.episodes.end(), [](const Episode* a, const Episode* b) {
            return std::tie(a->onset, a->fired) < std::tie(b->onset, b->fired);
        });
        check(side.episodes);
        std::erase_if(side.episodes, [&](const Episode* e) { return ended_before(*e, c.activated); });
    }
    for (const Alert& a : ledger) {
        if (a.patient != c.patient)
            throw Error("A003", fmt::format("alert {} belongs to another patient than the episodes", a.id));
        if (is_live(a) && !ended_before(a.episode, c.activated)) rules[a.episode.rule].alerts.push_back(&a);
    }
    for (auto& [rule, side] : rules)
        std::sort(side.alerts.begin(), side.alerts.end(),
                  [](const Alert* a, const Alert* b) { return a->id < b->id; });
    return rules;
}

int destination(const Alert& a, const std::vector<const Episode*>& episodes, Date today) {
    int earliest = -1;
    for (std::size_t i = 0; i < episodes.size(); ++i) {
        if (!overlap(a.episode, *episodes[i], today)) continue;
        if (episodes[i]->onset == a.episode.onset) return static_cast<int>(i);
        if (earliest < 0) earliest = static_cast<int>(i);
    }
    return earliest;
}

Match match(const Side& side, Date today) {
    Match m{std::vector<int>(side.alerts.size(), -1), std::vector<int>(side.episodes.size(), -1)};
    for (std::size_t i = 0; i < side.alerts.size(); ++i) {
        const int to = m.goes_to[i] = destination(*side.alerts[i], side.episodes, today);
        if (to < 0) continue;
        int& speaker = m.taken_by[static_cast<std::size_t>(to)];
        if (speaker < 0) speaker = static_cast<int>(i);  // alerts come by id: the first is the oldest
    }
    return m;
}

/// Collects the events of one alert, each with the alert as it stands after it.
class Writer {
public:
    Writer(std::vector<AlertEvent>& out, const Context& c, Alert alert)
        : out_(out), c_(c), alert_(std::move(alert)) {}
    Alert& alert() { return alert_; }
    void write(AlertChange change, std::string why) {
        alert_.changed = c_.as_of;
        alert_.rules_hash = c_.rules_hash;
        alert_.model_hash = c_.model_hash;
        out_.push_back(
            {std::max<std::int64_t>(alert_.id, 0), change, c_.as_of, "scan", std::move(why), alert_});
    }

private:
    std::vector<AlertEvent>& out_;
    const Context& c_;
    Alert alert_;
};

std::string end_text(const std::optional<Date>& d) {
    return d ? to_string(*d) : "open";
}

/// "onset 2026-01-02 -> 2026-01-09; severity review -> urgent"; empty when nothing but the state differs.
std::string differences(const Alert& a, const Episode& e, const Context& c) {
    std::vector<std::string> parts;
    const Episode& was = a.episode;
    if (was.onset != e.onset)
        parts.push_back(fmt::format("onset {} -> {}", to_string(was.onset), to_string(e.onset)));
    if (was.fired != e.fired)
        parts.push_back(fmt::format("fired {} -> {}", to_string(was.fired), to_string(e.fired)));
    if (was.ended && e.ended && *was.ended != *e.ended)
        parts.push_back(fmt::format("ended {} -> {}", end_text(was.ended), end_text(e.ended)));
    if (was.severity != e.severity)
        parts.push_back(fmt::format("severity {} -> {}", to_string(was.severity), to_string(e.severity)));
    if (was.evidence != e.evidence) parts.emplace_back("evidence");
    if (a.rules_hash != c.rules_hash) parts.emplace_back("kept under other rules");
    if (a.model_hash != c.model_hash) parts.emplace_back("kept under another model");
    return fmt::format("{}", fmt::join(parts, "; "));
}

void keep(const Alert& a, const Episode& e, const Context& c, std::vector<AlertEvent>& out) {
    const std::string changes = differences(a, e, c);
    Writer w(out, c, a);
    if (a.episode.ended && !e.ended) {
        w.alert().state = MachineState::open;
        w.alert().episode.ended.reset();
        w.write(AlertChange::reopened, fmt::format("no longer ended {}", to_string(*a.episode.ended)));
    }
    const bool ends_now = !a.episode.ended && e.ended;
    if (!changes.empty()) {
        w.alert().episode = e;
        if (ends_now) w.alert().episode.ended.reset();
        w.write(AlertChange::revised, changes);
    }
    if (ends_now) {
        w.alert().state = MachineState::resolved;
        w.alert().episode.ended = e.ended;
        w.write(AlertChange::resolved, fmt::format("ended {}", to_string(*e.ended)));
    }
}

// Reasons name no alert: numbers are the store's to give, and `parent` holds them.
void merge(const Alert& a, std::int64_t survivor, const Context& c, std::vector<AlertEvent>& out) {
    Writer w(out, c, a);
    w.alert().state = MachineState::merged;
    w.alert().parent = survivor;
    w.write(AlertChange::merged, "one episode with an older alert");
}

void drop(const Alert& a, const Context& c, std::vector<AlertEvent>& out) {
    const bool other_version = a.rules_hash != c.rules_hash || a.model_hash != c.model_hash;
    const bool superseded = c.activated && other_version;
    Writer w(out, c, a);
    w.alert().state = superseded ? MachineState::superseded : MachineState::withdrawn;
    w.write(superseded ? AlertChange::superseded : AlertChange::withdrawn,
            superseded ? "no such episode under the rules and model in force"
                       : "no such episode in what is known now");
}

void open(const Episode& e, std::int64_t id, std::optional<std::int64_t> parent, const Context& c,
          std::vector<AlertEvent>& out) {
    Alert fresh;
    fresh.id = id;
    fresh.patient = c.patient;
    fresh.episode = e;
    fresh.episode.ended.reset();
    fresh.raised = c.as_of;
    fresh.parent = parent;
    Writer w(out, c, std::move(fresh));
    w.write(parent ? AlertChange::split : AlertChange::opened,
            fmt::format("{}fired {}", parent ? "an episode became two; " : "", to_string(e.fired)));
    if (!e.ended) return;
    w.alert().state = MachineState::resolved;
    w.alert().episode.ended = e.ended;
    w.write(AlertChange::resolved, fmt::format("ended {}", to_string(*e.ended)));
}

std::optional<std::int64_t> split_from(const Episode& e, const Side& side, Date today) {
    for (const Alert* a : side.alerts)
        if (overlap(a->episode, e, today)) return a->id;
    return std::nullopt;
}

void reconcile_rule(const Side& side, const Context& c, std::int64_t& next_id, std::vector<AlertEvent>& out) {
    const Match m = match(side, c.today);
    for (std::size_t i = 0; i < side.alerts.size(); ++i) {
        const Alert& a = *side.alerts[i];
        if (m.goes_to[i] < 0) {
            drop(a, c, out);
            continue;
        }
        const auto to = static_cast<std::size_t>(m.goes_to[i]);
        const auto speaker = static_cast<std::size_t>(m.taken_by[to]);
        if (speaker == i)
            keep(a, *side.episodes[to], c, out);
        else
            merge(a, side.alerts[speaker]->id, c, out);
    }
    for (std::size_t i = 0; i < side.episodes.size(); ++i)
        if (m.taken_by[i] < 0)
            open(*side.episodes[i], next_id--, split_from(*side.episodes[i], side, c.today), c, out);
}

}  // namespace

std::vector<AlertEvent> reconcile(std::span<const Episode> episodes, std::span<const Alert> ledger,
                                  const std::string& patient, Instant as_of, std::optional<Instant> activated,
                                  const std::string& rules_hash, const std::string& model_hash) {
    const Context c{as_of.date(), as_of,      activated ? std::optional(activated->date()) : std::nullopt,
                    patient,      rules_hash, model_hash};
    std::vector<AlertEvent> out;
    std::int64_t next_id = -1;
    for (const auto& [rule, side] : by_rule(episodes, ledger, c))
        reconcile_rule(side, c, next_id, out);
    return out;
}

}  // namespace bellwether::alert

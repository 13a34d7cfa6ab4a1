#include "bellwether/app/review.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "bellwether/alert/review.hpp"
#include "bellwether/app/counterfactual.hpp"
#include "bellwether/app/rules.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/derive/derive.hpp"

namespace bellwether::app {
namespace {

report::Standing to_report(alert::ReviewClass c) {
    switch (c) {
        case alert::ReviewClass::new_:
            return report::Standing::new_;
        case alert::ReviewClass::worse:
            return report::Standing::worse;
        case alert::ReviewClass::still_open:
            return report::Standing::still_open;
        case alert::ReviewClass::resolved:
            return report::Standing::resolved;
        case alert::ReviewClass::withdrawn:
            return report::Standing::withdrawn;
    }
    return report::Standing::still_open;
}

/// What every alert line needs beside the alert itself, as of one instant.
struct Context {
    std::vector<store::Activation> activations;
    std::vector<std::shared_ptr<const Knowledge>> knowledge;
    std::optional<therapy::Graph> graph;
    ChannelCatalogue catalogue;
    Instant as_of;

    Context(store::Store& store, Instant t)
        : activations(store.activations()), catalogue(catalogue_at(store, t)), as_of(t) {
        knowledge = knowledge_history(activations, store.channels());
        graph = graph_at(activations, as_of);
    }
    [[nodiscard]] const rulebook::Rule* rule(const Alert& a) const {
        for (auto k = knowledge.rbegin(); k != knowledge.rend(); ++k)
            if ((*k)->rules_hash == a.rules_hash)
                if (const auto* found = (*k)->book.find(a.episode.rule)) return found;
        return nullptr;
    }
};

std::string current_regimen(const series::Timeline& t, Date d) {
    std::string regimen;
    for (const auto& i : t.therapies)
        if (i.start <= d && (!i.stop || *i.stop > d)) regimen = i.regimen;
    return regimen;
}

std::vector<therapy::MoveKind> kinds_of(const rulebook::Proposal& p) {
    if (const auto kind = therapy::parse_move_kind(rulebook::to_string(p.kind))) return {*kind};
    return {};
}

std::vector<therapy::Option> options_for(const Context& context, const series::Timeline& timeline,
                                         const std::string& bottleneck,
                                         const std::vector<therapy::MoveKind>& kinds) {
    const Date d = context.as_of.date();
    if (!context.graph) return {};
    // Between two regimens the graph's `hold` says what may come next.
    std::string regimen = current_regimen(timeline, d);
    if (regimen.empty()) regimen = "hold";
    if (!context.graph->has(regimen)) return {};
    const auto known = context.graph->bottlenecks();
    const bool named = std::find(known.begin(), known.end(), bottleneck) != known.end();
    return context.graph->options(regimen, named ? bottleneck : "", facts_of(timeline, d), kinds);
}

report::AlertLine line_of(const Context& context, const Alert& alert, report::Standing standing,
                          const series::Timeline& timeline) {
    report::AlertLine line;
    line.alert = alert;
    line.standing = standing;
    line.site = timeline.patient.site;
    line.arm = timeline.patient.arm;
    line.title = alert.episode.rule;
    if (const auto* rule = context.rule(alert)) {
        line.title = rule->title;
        line.maturity = std::string(rulebook::to_string(rule->maturity));
        line.illustrative = rule->illustrative;
        line.sources = rule->evidence;
        if (rule->propose) {
            line.proposal = std::string(rulebook::to_string(rule->propose->kind));
            line.bottleneck = rule->propose->bottleneck;
            if (alert.state == MachineState::open)
                line.options =
                    options_for(context, timeline, rule->propose->bottleneck, kinds_of(*rule->propose));
        }
        if (rule->respond) {
            line.role = rule->respond->role;
            line.answer_by = alert.raised.date() + rule->respond->within_days;
            line.answer_overdue = alert.state == MachineState::open && alert.human == HumanState::new_ &&
                                  *line.answer_by < context.as_of.date();
        }
    }
    return line;
}

std::vector<report::InForce> in_force_at(const Context& context) {
    std::vector<report::InForce> out;
    for (const auto& a : context.activations) {
        if (a.from > context.as_of) continue;
        const std::string kind(store::to_string(a.kind));
        std::erase_if(out, [&](const auto& o) { return o.kind == kind && o.name == a.name; });
        out.push_back({kind, a.name, a.hash, a.from});
    }
    return out;
}

/// Judged anew at the instant of the report: what the last scan could not judge may be known by now, or not
/// yet then.
void add_unjudged(std::vector<report::Unjudged>& out, std::optional<Evaluator>& evaluator,
                  const series::Timeline& timeline, Instant as_of) {
    if (!evaluator) return;
    const Patient& p = timeline.patient;
    Tracks none;
    for (const auto& n : evaluator->evaluate(timeline, as_of, none).not_assessable)
        out.push_back({p.id, p.site, p.arm, n.rule, n.missing});
}

}  // namespace

report::Review weekly_review(store::Store& store, Instant as_of, std::optional<Instant> since) {
    const Context context(store, as_of);
    report::Review review;
    review.store_kind = std::string(store::to_string(store.kind()));
    review.as_of = as_of;
    review.since = since.value_or(Instant::lowest());
    review.scanned_to = store.last_scan();
    review.in_force = in_force_at(context);
    review.catalogue = context.catalogue;
    const auto schedule = store.schedule(as_of);
    review.schedule_known = !schedule.empty();
    const auto items = alert::review(store.alert_events(""), since, as_of);
    std::multimap<std::string, const alert::ReviewItem*> by_patient;
    for (const auto& item : items)
        by_patient.emplace(item.alert.patient, &item);
    const auto k = in_force(context.knowledge, as_of);
    std::optional<Evaluator> evaluator;
    if (k) evaluator.emplace(k);
    std::map<std::pair<std::string, std::string>, std::int64_t> groups;
    const auto files = store.files();
    std::int64_t taken = 0;
    std::optional<Instant> newest;
    for (const auto& f : files)
        if (f.learnt <= as_of || store.kind() != store::Kind::live) {
            ++taken;
            if (!newest || f.learnt > *newest) newest = f.learnt;
        }
    review.inputs = newest ? std::to_string(taken) + " feed files, last taken in " + to_string(newest->date())
                           : "no feed file";
    const auto patients = store.patients(as_of);
    review.patients = static_cast<std::int64_t>(patients.size());
    std::map<const alert::ReviewItem*, report::AlertLine> lines;
    store.for_each_history(patients, as_of, [&](PatientHistory&& history) {
        const auto timeline = timeline_at(history, as_of, context.catalogue);
        const auto late = overdue_visits(timeline, schedule, as_of.date());
        review.overdue.insert(review.overdue.end(), late.begin(), late.end());
        ++groups[{timeline.patient.site, timeline.patient.arm}];
        add_unjudged(review.not_assessable, evaluator, timeline, as_of);
        const auto [from, to] = by_patient.equal_range(history.patient);
        bool pictured = false;
        for (auto i = from; i != to; ++i) {
            auto line = line_of(context, i->second->alert, to_report(i->second->what), timeline);
            line.standing_why = i->second->why;
            lines.emplace(i->second, std::move(line));
            pictured = pictured || i->second->alert.state == MachineState::open;
        }
        if (pictured) review.timelines.emplace(history.patient, timeline);
    });
    for (const auto& item : items)
        if (auto found = lines.find(&item); found != lines.end())
            review.alerts.push_back(std::move(found->second));
    for (const auto& [where, n] : groups)
        review.groups.push_back({where.first, where.second, n});
    for (const auto& q : store.quarantine(true))
        if (q.at <= as_of) review.quarantine.push_back({q.id, q.file, q.line, q.column, q.code, q.reason});
    return review;
}

namespace {

std::vector<report::StateTrace> traces(const Context& context, const series::Timeline& timeline) {
    std::vector<report::StateTrace> out;
    const auto k = in_force(context.knowledge, context.as_of);
    if (!k) return out;
    const Date d = context.as_of.date();
    for (const auto& [name, scorer] : k->models) {
        drift::FilterTrack track;
        const auto posterior = scorer->posterior(timeline, d, track);
        if (posterior->dates().empty()) continue;
        const auto& spec = scorer->model().spec;
        const auto trace = [&, &model = name](const std::string& axis, std::vector<std::string> labels) {
            // What is on no label of the axis (the dead) is shown too: the bands add up to one.
            for (const auto& s : spec.states)
                if (s.absorbing) labels.push_back(s.name);
            report::StateTrace t{model, axis, labels, posterior->dates(), {}, {}};
            for (const Date at : t.dates) {
                auto& row = t.p.emplace_back();
                for (const auto& label : labels)
                    row.push_back(posterior->probability(label, at).value.value_or(0.0));
            }
            for (const int horizon : {28, 56, 84}) {
                std::vector<double> row;
                for (const auto& label : labels)
                    if (const auto f = posterior->forecast(label, d, horizon); f.value)
                        row.push_back(*f.value);
                if (row.size() == labels.size()) t.forecast.emplace_back(horizon, std::move(row));
            }
            out.push_back(std::move(t));
        };
        for (const auto& axis : spec.axes)
            trace(axis.name, axis.labels);
        if (spec.axes.empty()) {
            std::vector<std::string> live;
            for (const auto& s : spec.states)
                if (!s.absorbing) live.push_back(s.name);
            trace("state", live);
        }
    }
    return out;
}

/// Why a page does not say of an alert what would have kept it silent; "" where it does.
std::string not_asked(const Alert& a, const Knowledge* k, int asked) {
    const auto elsewhere = fmt::format("'bellwether alerts show {}' does", a.id);
    if (a.state == MachineState::resolved) return "not asked of an alert that is over; " + elsewhere;
    if (!k) return "not asked: no rules are in force";
    if (!k->book.find(a.episode.rule)) return "not asked: its rule is not in force any more";
    if (asked >= kAlertsAsked)
        return fmt::format("asked of the {} newest open alerts only; {}", kAlertsAsked, elsewhere);
    return {};
}

/// @param page  its alerts newest first
void add_counterfactuals(report::PatientPage& page, const std::shared_ptr<const Knowledge>& k) {
    int asked = 0;
    for (auto& line : page.alerts) {
        const auto& episode = line.alert.episode;
        // What was taken back has no ground that could have been missing.
        if (line.alert.state != MachineState::open && line.alert.state != MachineState::resolved) continue;
        line.would_not_fire_note = not_asked(line.alert, k.get(), asked);
        if (!line.would_not_fire_note.empty()) continue;
        ++asked;
        const auto differs = would_not_fire(page.timeline, k, episode.rule, episode.fired);
        if (differs.fires) {
            line.would_not_fire = in_words(differs);
            if (line.would_not_fire.empty()) line.would_not_fire_note = "its rule reads no channel";
        } else {
            line.would_not_fire_note = in_words(differs).front();
            page.warnings.push_back(fmt::format("alert #{}: by what is known now it would not fire on {}",
                                                line.alert.id, to_string(episode.fired)));
        }
    }
}

}  // namespace

report::PatientPage patient_page(store::Store& store, const std::string& patient, Instant as_of) {
    const auto known = store.patients(as_of);
    if (!std::binary_search(known.begin(), known.end(), patient))
        throw Error("P004", "no patient '" + patient + "' at " + to_string(as_of) + "; " +
                                suggestion(patient, known));
    const Context context(store, as_of);
    const auto history = store.history(patient, as_of);
    report::PatientPage page;
    page.store_kind = std::string(store::to_string(store.kind()));
    page.as_of = as_of;
    page.catalogue = context.catalogue;
    const auto file = as_known_at(history, as_of);
    page.conflicts = file.conflicts;
    page.missing = file.missing;
    page.timeline = timeline_at(history, as_of, context.catalogue);
    page.states = traces(context, page.timeline);
    page.current_regimen = current_regimen(page.timeline, as_of.date());
    page.options = options_for(context, page.timeline, "", {});
    const auto events = store.alert_events(patient);
    for (const auto& a : alert::ledger_at(events, as_of)) {
        const auto standing = a.state == MachineState::open       ? report::Standing::still_open
                              : a.state == MachineState::resolved ? report::Standing::resolved
                                                                  : report::Standing::withdrawn;
        page.alerts.insert(page.alerts.begin(), line_of(context, a, standing, page.timeline));
    }
    const auto k = in_force(context.knowledge, as_of);
    add_counterfactuals(page, k);
    std::optional<Evaluator> evaluator;
    if (k) evaluator.emplace(k);
    add_unjudged(page.not_assessable, evaluator, page.timeline, as_of);
    page.in_force = in_force_at(context);
    page.scanned_to = store.last_scan();
    if (!k) page.warnings.emplace_back("no rules are active: nothing was judged");
    if (k && k->models.empty())
        page.warnings.emplace_back("no model is active: state probabilities are not known");
    if (!context.graph) page.warnings.emplace_back("no regimen graph is active: options are not known");
    if (context.graph && !page.current_regimen.empty() && !context.graph->has(page.current_regimen))
        page.warnings.push_back("the regimen graph does not know '" + page.current_regimen +
                                "': options are not known");
    return page;
}

}  // namespace bellwether::app

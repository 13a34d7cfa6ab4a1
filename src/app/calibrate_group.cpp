#include "calibrate_group.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"
#include "bellwether/rulebook/evaluate.hpp"

namespace bellwether::app {
namespace {

/// Four figures: a threshold is read by people, and is not known better.
double rounded(double x) {
    return parse_double(fmt::format("{:.4g}", x)).value_or(x);
}

bool is_probability(const rulebook::Tunable& t) {
    return t.comparison.starts_with("P(") || t.comparison.starts_with("forecast(");
}

/// Numbers to look at, from the quietest to the most talkative, each once.
std::vector<double> in_order(std::vector<double> list, bool upwards) {
    for (double& x : list)
        x = rounded(x);
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
    if (upwards) std::reverse(list.begin(), list.end());
    return list;
}

/// Labels of the P() and forecast() calls that stand in a tuned comparison.
void add_labels(const rulebook::Rule& rule, std::vector<std::string>& labels) {
    for (const auto& call : rulebook::calls_of_when(rule))
        for (const auto& arg : call.args)
            if (arg.type == ArgType::label && rule.tunable->comparison.starts_with(to_string(call)) &&
                std::find(labels.begin(), labels.end(), arg.word) == labels.end())
                labels.push_back(arg.word);
}

}  // namespace

std::vector<std::vector<std::string>> Group::names() const {
    std::vector<std::vector<std::string>> out;
    for (std::size_t r = 0; r < rules.size(); ++r) {
        out.emplace_back();
        for (const double x : grid[r])
            out.back().push_back(fmt::format("{}@{}", rules[r].alert, shortest(x)));
    }
    return out;
}

double written_number(const rulebook::Tunable& t) {
    const auto sign = t.comparison.find_last_of("<>");
    const auto begin = t.comparison.find_first_of("-0123456789.", sign);
    const auto end = t.comparison.find_first_not_of("-0123456789.", begin);
    return parse_double(t.comparison.substr(begin, end == std::string::npos ? end : end - begin))
        .value_or(t.number);
}

std::vector<double> first_grid(const rulebook::Rule& rule, const CalibrationRequest& request) {
    const auto& t = *rule.tunable;
    if (const auto given = request.grids.find(rule.alert); given != request.grids.end())
        return in_order(given->second, t.upwards);
    std::vector<double> list;
    if (is_probability(t)) {
        const double end = std::log(0.995 / 0.005);
        for (int i = 0; i <= 44; ++i)
            list.push_back(1.0 / (1.0 + std::exp(-end * (i - 22) / 22.0)));
    } else if (t.number != 0.0) {
        for (int i = -24; i <= 24; ++i)
            list.push_back(t.number * std::exp2(i / 8.0));
    } else {
        throw Error("P035", fmt::format("rule '{}' is tuned on the number 0: say which numbers to look at "
                                        "(--grid {}=-1:1:0.1)",
                                        rule.alert, rule.alert));
    }
    return in_order(std::move(list), t.upwards);
}

std::vector<double> second_grid(const std::vector<double>& first, std::optional<std::size_t> found,
                                const rulebook::Tunable& tunable) {
    const bool probability = is_probability(tunable);
    std::vector<double> list(first.begin(),
                             first.begin() + static_cast<std::ptrdiff_t>(found ? *found + 1 : 1));
    if (found && *found + 1 < first.size()) {
        const double a = first[*found], b = first[*found + 1];
        const auto odds = [](double p) { return std::log(p / (1.0 - p)); };
        for (int i = 1; i < 12; ++i) {
            const double w = i / 12.0;
            if (probability && a > 0 && a < 1 && b > 0 && b < 1)
                list.push_back(1.0 / (1.0 + std::exp(-((1 - w) * odds(a) + w * odds(b)))));
            else
                list.push_back((1 - w) * a + w * b);
        }
    }
    return in_order(std::move(list), tunable.upwards);
}

void refuse_undrawn(const Group& group, const drift::Table& table, const markov::Spec& spec) {
    for (const auto& rule : group.rules)
        for (const auto& call : rulebook::calls_of_when(rule)) {
            std::string why;
            const auto type = table.type_of(call, why);
            if (!type) continue;
            for (const auto& channel : type->channels)
                if (!spec.channel_index(channel))
                    throw Error(
                        "P035",
                        fmt::format("rule '{}' reads {}, which model '{}' does not draw: it would be silent "
                                    "in every drawn patient, and that would say nothing. Calibrate it on "
                                    "event-free history (--event-free)",
                                    rule.alert, channel, group.model));
        }
}

ReplaySide with_copies(ReplaySide side, const RuleSet& rules, const Group& group) {
    for (std::size_t r = 0; r < group.rules.size(); ++r)
        add_thresholds(side, rules, group.rules[r].alert, group.grid[r]);
    auto k = std::make_shared<Knowledge>(*side.knowledge.back());
    std::erase_if(k->book.rules,
                  [](const rulebook::Rule& x) { return x.alert.find('@') == std::string::npos; });
    if (!group.model.empty()) std::erase_if(k->models, [&](const auto& m) { return m.first != group.model; });
    side.knowledge.back() = std::move(k);
    return side;
}

std::vector<rulebook::Rule> rules_asked(const rulebook::Rulebook& book, const CalibrationRequest& request) {
    std::vector<rulebook::Rule> list;
    for (const auto& name : request.rules) {
        const auto* rule = book.find(name);
        if (!rule)
            throw Error("P033", fmt::format("no rule '{}'; {}", name, suggestion(name, book.alerts())));
        if (!rule->tunable)
            throw Error("P035",
                        fmt::format("rule '{}' has no tunable number; name the comparison of its 'when' "
                                    "that may be moved: 'tunable: P(growing) >= 0.8'",
                                    name));
        list.push_back(*rule);
    }
    for (const auto& rule : book.rules)
        if (request.rules.empty() && rule.tunable) list.push_back(rule);
    if (list.empty()) throw Error("P035", "no rule has a tunable number: there is nothing to calibrate");
    return list;
}

markov::StateSet states_of(const markov::Spec& spec, const std::string& label) {
    const auto set = spec.states_with(label);
    if (set == 0)
        throw Error("R012", fmt::format("model '{}' has no state or label '{}'; {}", spec.name, label,
                                        suggestion(label, spec.labels())));
    return set;
}

std::vector<DrawnPath> populations_of(const Group& group, const markov::Spec& spec,
                                      const CalibrationRequest& request) {
    std::vector<DrawnPath> out;
    for (const auto& labels : request.populations) {
        DrawnPath p;
        for (const auto& label : labels) {
            p.name += (p.name.empty() ? "" : ",") + label;
            p.among |= states_of(spec, label);
        }
        out.push_back(p);
    }
    if (!out.empty()) return out;
    if (group.labels.empty())
        throw Error("P035",
                    fmt::format("the rules of model '{}' tune on no label: say among which states nothing "
                                "drifts (--stable)",
                                group.model));
    DrawnPath quiet;
    quiet.among = spec.live_states();
    for (const auto& label : group.labels) {
        quiet.among &= ~spec.states_with(label);
        quiet.name += (quiet.name.empty() ? "never " : " or ") + label;
    }
    out.push_back(quiet);
    const auto stable = spec.states_with("stable") & quiet.among;
    if (stable != 0 && stable != quiet.among) out.push_back({"stable", stable, 0, 0});
    return out;
}

std::vector<Group> by_model(const std::vector<rulebook::Rule>& asked, const Knowledge& knowledge,
                            double budget) {
    std::vector<Group> groups;
    for (const auto& rule : asked) {
        if (!knowledge.models.contains(rule.model))
            throw Error("P035", rule.model.empty()
                                    ? fmt::format("rule '{}' has no model to draw patients from; calibrate "
                                                  "it on event-free history (--event-free)",
                                                  rule.alert)
                                    : fmt::format("model '{}' of rule '{}' is neither active nor given "
                                                  "(--model)",
                                                  rule.model, rule.alert));
        auto g =
            std::find_if(groups.begin(), groups.end(), [&](const Group& x) { return x.model == rule.model; });
        if (g == groups.end()) {
            groups.emplace_back();
            g = std::prev(groups.end());
            g->model = rule.model;
        }
        g->rules.push_back(rule);
        g->budget += budget / static_cast<double>(asked.size());
        add_labels(rule, g->labels);
    }
    return groups;
}

}  // namespace bellwether::app

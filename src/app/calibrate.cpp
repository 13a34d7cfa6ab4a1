#include "bellwether/app/calibrate.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "bellwether/core/hash.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/rulebook/evaluate.hpp"
#include "bellwether/study/survival.hpp"

#include "calibrate_group.hpp"
#include "drawn.hpp"

namespace bellwether::app {
namespace {

constexpr double kDaysPerYear = 365.25;

std::vector<study::Population> drawn(DrawnTrial& trial, const std::shared_ptr<const Knowledge>& k,
                                     const std::vector<std::vector<std::string>>& names,
                                     const std::vector<DrawnPath>& paths, std::uint64_t draw,
                                     std::vector<double>* assessable = nullptr) {
    std::vector<study::Population> out;
    double all = 0.0;
    if (assessable) assessable->assign(names.size(), 0.0);
    for (const auto& path : paths) {
        study::Population p{path.name, {}};
        for (auto& x : trial.run(k, names, path, draw)) {
            if (assessable) {
                for (std::size_t r = 0; r < names.size(); ++r)
                    (*assessable)[r] += x.assessable[r];
                all += 1.0;
            }
            p.patients.push_back(std::move(x.quiet));
        }
        out.push_back(std::move(p));
    }
    if (assessable)
        for (double& x : *assessable)
            x /= std::max(1.0, all);
    return out;
}

/// The store's own patients on days that no event followed.
std::vector<study::Population> event_free(store::Store& store, const ReplayRequest& request,
                                          const ReplaySide& side, const Group& group,
                                          std::vector<double>& assessable) {
    const auto names = group.names();
    study::Population out{"event-free days", {}};
    assessable.assign(names.size(), 0.0);
    for (const auto& p : replay(store, request, {side}).patients) {
        const auto& f = p.follow;
        if (!f.stable_until || *f.stable_until <= f.start) continue;
        study::Quiet q;
        q.id = f.id;
        q.years = (*f.stable_until - f.start) / kDaysPerYear;
        for (const auto& rule : names) {
            q.first.emplace_back(rule.size(), std::numeric_limits<float>::infinity());
            for (std::size_t t = 0; t < rule.size(); ++t)
                if (const auto found = p.sides[0].find(rule[t]); found != p.sides[0].end())
                    for (const auto& a : found->second.alerts)
                        if (a.raised < *f.stable_until)
                            q.first.back()[t] =
                                std::min(q.first.back()[t],
                                         static_cast<float>(std::max(0, a.raised - f.start) / kDaysPerYear));
        }
        for (std::size_t r = 0; r < names.size(); ++r)
            if (const auto found = p.sides[0].find(names[r].front()); found != p.sides[0].end())
                assessable[r] += found->second.ever_assessable ? 1.0 : 0.0;
        out.patients.push_back(std::move(q));
    }
    for (double& x : assessable)
        x /= std::max<double>(1.0, static_cast<double>(out.patients.size()));
    return {out};
}

study::Rate rate_of(const std::vector<study::Quiet>& patients, const study::Choice& choice) {
    std::vector<study::Exposure> list;
    for (const auto& p : patients) {
        const auto one = study::first_alerts({&p, 1}, choice);
        list.push_back({one.alerted, one.years});
    }
    return study::rate(list);
}

/// @throws Error P035 a rule that nobody could be judged by: its silence would look the quietest of all
void refuse_never_assessable(const Group& group, const std::vector<double>& assessable) {
    for (std::size_t r = 0; r < group.rules.size(); ++r)
        if (assessable[r] == 0.0)
            throw Error("P035",
                        fmt::format("rule '{}' could be judged in nobody: something that it reads is never "
                                    "known, and its silence says nothing",
                                    group.rules[r].alert));
}

/// Everything that is common to the groups.
class Calibrator {
public:
    Calibrator(store::Store& store, const SideSource& source, const CalibrationRequest& request)
        : store_(store),
          request_(request),
          rules_(side_rules(store, source, request.as_of)),
          side_(make_side("calibrate", store, source, Instant::lowest(), request.as_of)) {}

    Calibration run() {
        const auto asked = rules_asked(book(), request_);
        require_known_drifts(asked);
        for (auto& group : request_.event_free ? together(asked)
                                               : by_model(asked, *side_.knowledge.back(), request_.budget)) {
            for (const auto& rule : group.rules)
                group.grid.push_back(first_grid(rule, request_));
            if (request_.event_free)
                on_history(group);
            else
                on_draws(group);
        }
        return std::move(out_);
    }

private:
    /// Each drift that was asked for is a label of a model of the rules. @throws Error R012
    void require_known_drifts(const std::vector<rulebook::Rule>& asked) const {
        const auto& models = side_.knowledge.back()->models;
        for (const auto& s : request_.scenarios) {
            std::vector<std::string> known;
            for (const auto& rule : asked)
                if (const auto m = models.find(rule.model); m != models.end())
                    for (const auto& label : m->second->model().spec.labels())
                        known.push_back(label);
            if (std::find(known.begin(), known.end(), s.label) == known.end())
                throw Error("R012", fmt::format("no model of these rules has a state or label '{}'; {}",
                                                s.label, suggestion(s.label, known)));
        }
    }
    [[nodiscard]] const rulebook::Rulebook& book() const { return side_.knowledge.back()->book; }

    [[nodiscard]] std::vector<Group> together(const std::vector<rulebook::Rule>& asked) const {
        Group g;
        g.rules = asked;
        g.budget = request_.budget;
        return {g};
    }

    /// Solves on a first grid and then between its neighbours.
    template <typename Populations>
    study::Budgeted solve(Group& group, const Populations& populations) {
        const auto coarse = study::within_budget(populations(group), group.budget);
        const auto first = group.grid;
        for (std::size_t r = 0; r < group.rules.size(); ++r) {
            group.grid[r] = second_grid(first[r], coarse.choice[r], *group.rules[r].tunable);
        }
        const auto fine = study::within_budget(populations(group), group.budget);
        for (std::size_t r = 0; r < group.rules.size(); ++r) {
            CalibratedRule c;
            c.rule = group.rules[r].alert;
            c.model = group.rules[r].model;
            c.comparison = group.rules[r].tunable->comparison;
            c.written = written_number(*group.rules[r].tunable);
            if (fine.choice[r]) c.number = group.grid[r][*fine.choice[r]];
            c.end_of_grid = c.number && *c.number == first[r].back();
            out_.rules.push_back(std::move(c));
        }
        out_.share[group.model] = fine.share;
        return fine;
    }

    /// A group whose only thresholds are those found; rules without one have none.
    Group found(const Group& group, const study::Budgeted& b) const {
        Group g = group;
        for (std::size_t r = 0; r < g.rules.size(); ++r)
            g.grid[r] =
                b.choice[r] ? std::vector<double>{group.grid[r][*b.choice[r]]} : std::vector<double>{};
        return g;
    }

    static study::Choice only(const Group& g, std::optional<std::size_t> rule) {
        study::Choice c(g.rules.size());
        for (std::size_t r = 0; r < g.rules.size(); ++r)
            if (!g.grid[r].empty() && (!rule || *rule == r)) c[r] = 0;
        return c;
    }

    void on_draws(Group& group) {
        const auto& model = side_.knowledge.back()->models.at(group.model);
        const auto& spec = model->model().spec;
        refuse_undrawn(group, *side_.knowledge.back()->table, spec);
        const auto paths = populations_of(group, spec, request_);
        DrawnTrial trial(store_, request_.as_of, model, request_.patients, request_.seed, request_.threads);
        trial.progress = request_.progress;
        out_.store_patients = std::max(out_.store_patients, trial.patients());
        std::vector<double> assessable;
        const std::size_t before = out_.rules.size();
        const auto solved = solve(group, [&](const Group& g) {
            auto list = drawn(trial, with_copies(side_, rules_, g).knowledge.back(), g.names(), paths, 0,
                              &assessable);
            refuse_never_assessable(g, assessable);
            return list;
        });
        for (std::size_t r = 0; r < group.rules.size(); ++r)
            out_.rules[before + r].assessable = assessable[r];
        const Group g = found(group, solved);
        const auto k = with_copies(side_, rules_, g).knowledge.back();
        const auto anew = drawn(trial, k, g.names(), paths, 1);
        for (const auto& p : anew)
            report_rates(g, p.name, [&](const study::Choice& c) { return rate_of(p.patients, c); });
        overrides(g, solved.share, fmt::format("drawn from the model: {}", joined(paths)),
                  fmt::format("{} patients as known at {}", trial.patients(), to_string(request_.as_of)));
        detect(trial, g, k, paths.front(), spec);
    }

    void on_history(Group& group) {
        std::vector<double> assessable;
        const auto solved = solve(group, [&](const Group& g) {
            last_ = event_free(store_, *request_.event_free, with_copies(side_, rules_, g), g, assessable);
            refuse_never_assessable(g, assessable);
            out_.store_patients = static_cast<std::int64_t>(last_.front().patients.size());
            return last_;
        });
        for (std::size_t r = 0; r < group.rules.size(); ++r)
            out_.rules[r].assessable = assessable[r];
        const Group g = found(group, solved);
        report_rates(g, last_.front().name,
                     [&](const study::Choice& c) { return cross_validated(group, c); });
        overrides(g, solved.share, "the store's event-free days",
                  fmt::format("{} patients from {} to {}", out_.store_patients,
                              to_string(request_.event_free->from), to_string(request_.event_free->to)));
    }

    /// Each fifth of the patients judged by the thresholds found on the others.
    study::Rate cross_validated(const Group& group, const study::Choice& rules) const {
        constexpr std::size_t folds = 5;
        std::vector<study::Exposure> list;
        for (std::size_t f = 0; f < folds; ++f) {
            std::vector<study::Population> others{{"", {}}};
            std::vector<study::Quiet> part;
            for (const auto& p : last_.front().patients)
                (markov::fold_of(p.id, folds) == f ? part : others.front().patients).push_back(p);
            if (part.empty() || others.front().patients.empty()) continue;
            auto choice = study::within_budget(others, group.budget).choice;
            for (std::size_t r = 0; r < rules.size(); ++r)
                if (!rules[r]) choice[r].reset();
            for (const auto& p : part) {
                const auto one = study::first_alerts({&p, 1}, choice);
                list.push_back({one.alerted, one.years});
            }
        }
        return study::rate(list);
    }

    template <typename RateOf>
    void report_rates(const Group& g, const std::string& population, const RateOf& of) {
        for (std::size_t r = 0; r < g.rules.size(); ++r)
            if (!g.grid[r].empty())
                out_.rates.push_back({g.rules[r].alert, population, g.model, of(only(g, r))});
        if (g.rules.size() > 1) out_.rates.push_back({"", population, g.model, of(only(g, std::nullopt))});
    }

    static std::string joined(const std::vector<DrawnPath>& paths) {
        std::string all;
        for (const auto& p : paths)
            all += (all.empty() ? "" : "; ") + p.name;
        return all;
    }

    void overrides(const Group& g, double share, const std::string& population, const std::string& visits) {
        for (std::size_t r = 0; r < g.rules.size(); ++r) {
            if (g.grid[r].empty()) continue;
            const auto& rule = g.rules[r];
            rulebook::Override o;
            o.alert = rule.alert;
            o.comparison = rule.tunable->comparison;
            o.number = g.grid[r].front();
            o.rule = rule.conditions;
            o.model = rule.model;
            if (const auto m = side_.knowledge.back()->models.find(rule.model);
                m != side_.knowledge.back()->models.end()) {
                o.specification = m->second->model().spec_hash;
                o.fit = m->second->hash();
            }
            o.provenance = {{"budget", fmt::format("{}/patient-year over {} rules", shortest(request_.budget),
                                                   request_.event_free ? g.rules.size() : rules_in_all())},
                            {"share", fmt::format("{:.4g}/patient-year", share)},
                            {"population", population},
                            {"visits", visits},
                            {"seed", std::to_string(request_.seed)}};
            for (const auto& q : out_.rates)
                if (q.rule == rule.alert && q.rate.rate)
                    o.provenance.emplace_back(
                        fmt::format("rate_{}", o.provenance.size() - 4),
                        fmt::format("{:.3f}/patient-year ({}): {}", *q.rate.rate,
                                    q.rate.low ? fmt::format("{:.3f} to {:.3f}", *q.rate.low, *q.rate.high)
                                               : std::string("no interval"),
                                    q.population));
            out_.overrides.push_back(std::move(o));
        }
    }
    [[nodiscard]] std::size_t rules_in_all() const { return rules_asked(book(), request_).size(); }

    void detect(DrawnTrial& trial, const Group& g, const std::shared_ptr<const Knowledge>& k,
                const DrawnPath& quiet, const markov::Spec& spec) {
        auto scenarios = request_.scenarios;
        if (scenarios.empty())
            for (const auto& label : g.labels)
                for (const int day : {60, 180})
                    scenarios.push_back({fmt::format("{} from day {}", label, day), label, day});
        for (const auto& s : scenarios) {
            // A drift that this model has no word for is another model's.
            if (spec.states_with(s.label) == 0) continue;
            DrawnPath path = quiet;
            path.name = s.name;
            path.day = s.day;
            path.onset = spec.states_with(s.label);
            const auto patients = trial.run(k, g.names(), path, 2);
            for (std::size_t r = 0; r < g.rules.size(); ++r)
                if (!g.grid[r].empty()) out_.detection.push_back(line(patients, s, g, r));
            if (g.rules.size() > 1) out_.detection.push_back(line(patients, s, g, std::nullopt));
        }
    }

    [[nodiscard]] DetectionLine line(const std::vector<DrawnPatient>& patients, const DriftScenario& s,
                                     const Group& g, std::optional<std::size_t> rule) const {
        DetectionLine l{s, rule ? g.rules[*rule].alert : "", g.model, 0, 0, {}, {}, {}, {}};
        std::vector<study::Survival> times;
        for (const auto& p : patients) {
            if (!p.before_and_after) continue;
            ++l.patients;
            const auto one = study::first_alerts({&p.quiet, 1}, only(g, rule));
            const double days = one.years * kDaysPerYear - p.onset;
            if (one.alerted > 0.0 && days < -0.5)
                ++l.alerted_before;
            else
                times.push_back({std::max(0.0, std::round(days)), one.alerted > 0.0});
        }
        if (times.empty()) return l;
        const auto steps = study::kaplan_meier(times);
        l.within_horizon = 1.0 - study::survival_at(steps, request_.horizon_days);
        const auto reached = [&](double q) -> std::optional<double> {
            for (const auto& step : steps)
                if (step.survival <= 1.0 - q + 1e-12) return step.time;
            return std::nullopt;
        };
        l.q1 = reached(0.25), l.median = reached(0.5), l.q3 = reached(0.75);
        return l;
    }

    store::Store& store_;
    const CalibrationRequest& request_;
    RuleSet rules_;
    ReplaySide side_;
    Calibration out_;
    std::vector<study::Population> last_;  ///< event-free, on the last grid
};

}  // namespace

Calibration calibrate(store::Store& store, const SideSource& source, const CalibrationRequest& request) {
    return Calibrator(store, source, request).run();
}

}  // namespace bellwether::app

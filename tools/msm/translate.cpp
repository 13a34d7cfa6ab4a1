#include "translate.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/core/text.hpp"

#include "outcomes.hpp"

namespace bellwether::msm {
namespace {

using markov::Parameter;
using markov::StateSet;

[[noreturn]] void refuse(const std::string& why) {
    throw Error("P004", why);
}

class Translator {
public:
    Translator(const Call& call, const nlohmann::json& record) : call_(call), record_(record) {}

    Translated run() {
        make_states();
        make_columns();
        make_transitions();
        make_effects();
        make_outcomes();
        make_start();
        fix();
        t_.panel = panel(false);
        t_.path_panel = panel(true);
        t_.cuts = call_.cuts;
        return std::move(t_);
    }

private:
    // --- states and phases ---------------------------------------------------------------------------

    void make_states() {
        const Value& Q = *call_.arg("qmatrix");
        original_ = Q.rows;
        std::map<std::size_t, std::size_t> phases;
        if (const Value* s = call_.arg("phase.states"))
            for (const double x : s->num)
                phases[static_cast<std::size_t>(x) - 1] = 2;
        for (std::size_t s = 0; s < original_; ++s) {
            std::size_t n = phases.count(s) > 0 ? phases[s] : 1;
            first_phase_.push_back(of_.size());
            for (std::size_t k = 0; k < n; ++k) {
                t_.state_names.push_back(n == 1 ? std::to_string(s + 1) : fmt::format("{}P{}", s + 1, k + 1));
                of_.push_back(s);
            }
        }
        first_phase_.push_back(of_.size());
        t_.original = of_;
        for (std::size_t k = 0; k < of_.size(); ++k)
            t_.spec.states.push_back({t_.state_names[k], {}, {}, false, false});
        const auto allowed = [&](std::size_t r, std::size_t s) {
            if (of_[r] == of_[s]) return s == r + 1;
            return s == first_phase_[of_[s]] && Q.at(of_[r], of_[s]) > 0.0 && of_[r] != of_[s];
        };
        for (std::size_t r = 0; r < of_.size(); ++r) {
            bool leaves = false;
            for (std::size_t s = 0; s < of_.size(); ++s)
                if (r != s && allowed(r, s)) {
                    moves_.push_back({r, s});
                    leaves = true;
                }
            t_.spec.states[r].absorbing = !leaves;
        }
        t_.spec.name = "case";
    }

    [[nodiscard]] StateSet states_of(std::size_t original) const {
        StateSet out = 0;
        for (std::size_t k = first_phase_[original]; k < first_phase_[original + 1]; ++k)
            out |= markov::only(k);
        return out;
    }

    // --- covariates ----------------------------------------------------------------------------------

    /// Index of a column among the specification's covariates; made when it is new.
    std::size_t covariate(const Column& column) {
        for (std::size_t c = 0; c < columns_.size(); ++c)
            if (columns_[c].name == column.name) return c;
        columns_.push_back(column);
        markov::Covariate out;
        out.name = column.name;
        double sum = 0.0, n = 0.0;
        for (std::size_t i = 0; i < column.values.size(); ++i)
            if (call_.last[i] == 0 && !missing(column.values[i])) {
                sum += column.values[i];
                n += 1.0;
            }
        const Value* center = call_.arg("center");
        const bool centred = center == nullptr || center->num.at(0) != 0.0;
        t_.means.push_back(n > 0.0 ? sum / n : 0.0);
        out.centre = centred ? t_.means.back() : 0.0;
        t_.spec.covariates.push_back(out);
        return columns_.size() - 1;
    }

    std::vector<Column> columns(const Value& formula) {
        return design(*call_.workspace, formula, call_.data);
    }

    void make_columns() {
        const Value* covariates = call_.arg("covariates");
        acting_.assign(moves_.size(), {});
        std::vector<Column> all;
        const auto note = [&](const std::vector<Column>& these, std::size_t move) {
            for (const Column& c : these) {
                (void)covariate(c);
                acting_[move].insert(c.name);
                if (std::none_of(effects_.begin(), effects_.end(),
                                 [&](const Column& k) { return k.name == c.name; }))
                    effects_.push_back(c);
            }
        };
        if (covariates != nullptr && covariates->type == Value::Type::formula) {
            const std::vector<Column> these = columns(*covariates);
            for (std::size_t m = 0; m < moves_.size(); ++m)
                note(these, m);
        } else if (covariates != nullptr) {
            for (std::size_t i = 0; i < covariates->items.size(); ++i) {
                const std::string& name = covariates->names.at(i);
                bool found = false;
                for (std::size_t m = 0; m < moves_.size(); ++m)
                    if (name == fmt::format("{}-{}", of_[moves_[m].first] + 1, of_[moves_[m].second] + 1)) {
                        note(columns(covariates->items[i]), m);
                        found = true;
                    }
                if (!found) refuse(fmt::format("covariates for a transition '{}' that is not allowed", name));
            }
        }
        if (!call_.cuts.empty()) {
            const auto& levels = call_.data.find("timeperiod")->levels;
            for (std::size_t k = 1; k < levels.size(); ++k) {
                Column c{"timeperiod" + levels[k], "timeperiod", {}};
                for (const double code : call_.data.find("timeperiod")->num)
                    c.values.push_back(code == static_cast<double>(k + 1) ? 1.0 : 0.0);
                for (std::size_t m = 0; m < moves_.size(); ++m)
                    note({c}, m);
                t_.period_covariates.push_back(covariate(c));
            }
        }
    }

    // --- parameters ----------------------------------------------------------------------------------

    std::size_t parameter(const std::string& name, Parameter::Scale scale, double start, bool fixed = false) {
        Parameter p;
        p.name = name;
        p.scale = scale;
        p.start = start;
        p.fixed = fixed;
        t_.spec.parameters.push_back(p);
        return t_.spec.parameters.size() - 1;
    }
    /// The next of msm's parameters, as one of ours.
    void enter(const std::string& label, int parameter, double factor = 1.0, bool constant = false) {
        t_.entries.push_back(
            {label, parameter >= 0 ? t_.spec.parameters[static_cast<std::size_t>(parameter)].name : "",
             parameter, factor, constant});
    }

    /// Group of each place by a constraint vector: equal absolute values are one; 0 or none: its own.
    class Constraint {
    public:
        explicit Constraint(const Value* v) : v_(v) {}
        /// The place that came first with the same number, or the place itself.
        [[nodiscard]] std::size_t first(std::size_t place) const {
            if (v_ == nullptr) return place;
            for (std::size_t k = 0; k < place; ++k)
                if (std::abs(v_->num.at(k)) == std::abs(v_->num.at(place))) return k;
            return place;
        }
        [[nodiscard]] double sign(std::size_t place) const {
            return v_ != nullptr && v_->num.at(place) * v_->num.at(first(place)) < 0.0 ? -1.0 : 1.0;
        }

    private:
        const Value* v_;
    };

    static const Value* named(const Value* list, const Column& c) {
        if (list == nullptr) return nullptr;
        if (const Value* v = list->find(c.name)) return v;
        return list->find(c.term);
    }
    static double initial(const Value* list, const Column& c, std::size_t place) {
        const Value* v = named(list, c);
        if (v == nullptr) return 0.0;
        return v->num.size() == 1 ? v->num[0] : v->num.at(place);
    }

    void make_transitions() {
        const Value& Q = *call_.arg("qmatrix");
        const Constraint equal(call_.arg("qconstraint"));
        for (std::size_t m = 0; m < moves_.size(); ++m) {
            const auto [r, s] = moves_[m];
            const double q = of_[r] == of_[s] ? 1.0 : Q.at(of_[r], of_[s]);
            const std::size_t first = equal.first(m);
            const std::size_t p =
                first < m ? t_.spec.transitions[first].rate
                          : parameter(fmt::format("rate({}>{})", t_.state_names[r], t_.state_names[s]),
                                      Parameter::Scale::log, q);
            t_.spec.transitions.push_back({r, s, p, {}});
            enter("qbase", static_cast<int>(p));
        }
    }

    void make_effects() {
        const std::size_t listed = count("qcov");
        for (const Column& c : effects_) {
            const std::size_t index = covariate(c);
            const Constraint equal(named(call_.arg("constraint"), c));
            std::vector<std::size_t> made(moves_.size());
            for (std::size_t m = 0; m < moves_.size(); ++m) {
                const auto [r, s] = moves_[m];
                const bool acts = acting_[m].count(c.name) > 0;
                if (!acts) {
                    // msm keeps a place for it, or does not: the case's own list tells.
                    if (listed != effects_.size() * moves_.size()) continue;
                    made[m] =
                        parameter(fmt::format("no {}({}>{})", c.name, t_.state_names[r], t_.state_names[s]),
                                  Parameter::Scale::identity, 0.0, true);
                    t_.spec.transitions[m].effects.push_back({index, made[m], 1.0});
                    enter("qcov", static_cast<int>(made[m]));
                    continue;
                }
                const std::size_t first = equal.first(m);
                made[m] =
                    first < m
                        ? made[first]
                        : parameter(fmt::format("{}({}>{})", c.name, t_.state_names[r], t_.state_names[s]),
                                    Parameter::Scale::identity, initial(call_.arg("covinits"), c, m));
                t_.spec.transitions[m].effects.push_back({index, made[m], equal.sign(m)});
                enter("qcov", static_cast<int>(made[m]), equal.sign(m));
            }
        }
    }

    [[nodiscard]] std::size_t count(const std::string& label) const {
        std::size_t n = 0;
        for (const auto& l : record_.at("initial").at("parameters").at("labels"))
            n += l == label ? 1 : 0;
        return n;
    }

    void make_outcomes() {
        if (!call_.hidden) {
            if (call_.arg("phase.states") != nullptr)
                for (std::size_t k = 0; k < of_.size(); ++k)
                    enter("which", -1, 1.0, true);
            return;
        }
        Outcomes outcomes(call_, t_, [&](const Column& c) { return covariate(c); });
        outcomes.make();
        code_of_ = outcomes.codes();
    }

    void make_start() {
        const Value* given = call_.arg("initprobs");
        if (!call_.hidden || (given != nullptr && given->is_matrix())) return;
        const std::size_t K = of_.size();
        std::vector<double> p(K, 0.0);
        p[0] = 1.0;
        if (given != nullptr) p = given->num;
        markov::StartFactor start;
        const bool estimated = call_.flag("est.initprobs");
        const auto base = static_cast<std::size_t>(
            std::find_if(p.begin(), p.end(), [](double x) { return x > 0.0; }) - p.begin());
        for (std::size_t s = 0; s < K; ++s) {
            if (!(p[s] > 0.0)) {
                start.label_of.push_back(-1);
                if (estimated) enter("initp0", -1, 1.0, true);
                continue;
            }
            start.label_of.push_back(static_cast<int>(start.labels.size()));
            start.labels.push_back(t_.state_names[s]);
            if (s == base) {
                start.parameter.push_back(markov::Channel::Group::kBase);
                if (estimated) enter("initpbase", -1, 1.0, true);
                continue;
            }
            const std::size_t q = parameter(fmt::format("start({})", t_.state_names[s]),
                                            Parameter::Scale::identity, std::log(p[s] / p[base]), !estimated);
            start.parameter.push_back(static_cast<int>(q));
            if (estimated) enter("initp", static_cast<int>(q));
        }
        if (const Value* covariates = call_.arg("initcovariates")) {
            start.effects.resize(start.labels.size());
            for (const Column& c : columns(*covariates)) {
                const std::size_t index = covariate(c);
                std::size_t place = 0;
                for (std::size_t l = 0; l < start.labels.size(); ++l) {
                    if (start.parameter[l] < 0) continue;
                    const std::size_t q =
                        parameter(fmt::format("{}(start {})", c.name, start.labels[l]),
                                  Parameter::Scale::identity, initial(call_.arg("initcovinits"), c, place++));
                    start.effects[l].push_back({index, q, 1.0});
                    enter("initpcov", static_cast<int>(q));
                }
            }
        }
        t_.spec.start.push_back(start);
    }

    /// fixedpars: places among the parameters, counting those that are tied once.
    void fix() {
        const Value* fixed = call_.arg("fixedpars");
        if (fixed == nullptr) return;
        if (fixed->type == Value::Type::logical) {
            if (fixed->num.at(0) == 1.0)
                for (Parameter& p : t_.spec.parameters)
                    p.fixed = true;
            return;
        }
        std::set<int> met;
        std::size_t place = 0;
        for (const Entry& e : t_.entries) {
            if (e.parameter >= 0 && !met.insert(e.parameter).second) continue;
            ++place;
            if (e.parameter >= 0 && std::find(fixed->num.begin(), fixed->num.end(),
                                              static_cast<double>(place)) != fixed->num.end())
                t_.spec.parameters[static_cast<std::size_t>(e.parameter)].fixed = true;
        }
    }

    // --- rows ----------------------------------------------------------------------------------------

    [[nodiscard]] bool is_code(double outcome) const {
        const Value* censor = call_.arg("censor");
        return censor != nullptr &&
               std::find(censor->num.begin(), censor->num.end(), outcome) != censor->num.end();
    }

    /// States that a code stands for: itself, or what censor.states says of it. Nothing: no such code.
    [[nodiscard]] std::optional<StateSet> meant(double code) const {
        if (const Value* censor = call_.arg("censor"))
            for (std::size_t k = 0; k < censor->num.size(); ++k)
                if (censor->num[k] == code) {
                    const Value* states = call_.arg("censor.states");
                    StateSet out = 0;
                    if (states == nullptr) {  // all that can be left
                        for (std::size_t s = 0; s < t_.spec.states.size(); ++s)
                            if (!t_.spec.states[s].absorbing) out |= markov::only(s);
                        return out;
                    }
                    const Value& one = states->type == Value::Type::list ? states->items.at(k) : *states;
                    for (const double s : one.num)
                        out |= states_of(static_cast<std::size_t>(s) - 1);
                    return out;
                }
        if (code >= 1.0 && code <= static_cast<double>(original_) && code == std::floor(code))
            return states_of(static_cast<std::size_t>(code) - 1);
        return std::nullopt;
    }

    [[nodiscard]] std::set<std::size_t> exact_deaths() const {
        const Value* v = call_.arg("deathexact");
        if (v == nullptr) v = call_.arg("death");
        std::set<std::size_t> out;
        if (v == nullptr) return out;
        if (v->type == Value::Type::logical) {
            if (v->num.at(0) == 1.0)
                for (std::size_t s = 0; s < original_; ++s)
                    if (t_.spec.states[first_phase_[s]].absorbing) out = {s};
            return out;
        }
        for (const double x : v->num)  // counted among the phases
            out.insert(of_.at(static_cast<std::size_t>(x) - 1));
        return out;
    }

    [[nodiscard]] bool is_death(const Record& r, const std::set<std::size_t>& deaths) const {
        const double x = r.outcome[0];
        for (const std::size_t d : deaths) {
            const auto code = code_of_.find(d);
            if (x == (code != code_of_.end() ? code->second : static_cast<double>(d + 1))) return true;
        }
        return false;
    }

    markov::Panel panel(bool for_paths) {
        markov::Panel out(t_.spec);
        t_.source.clear();
        const std::set<std::size_t> deaths = exact_deaths();
        std::vector<markov::Reading> readings(t_.spec.channels.size());
        std::vector<double> covariates(columns_.size());
        std::map<std::string, std::size_t> subject_index;
        for (std::size_t i = 0; i < call_.records.size(); ++i) {
            const Record& r = call_.records[i];
            const bool first = i == 0 || call_.records[i - 1].subject != r.subject;
            if (first) {
                begin(r, subject_index.size(), out);
                subject_index.emplace(r.subject, subject_index.size());
            }
            for (std::size_t c = 0; c < columns_.size(); ++c)
                covariates[c] =
                    missing(columns_[c].values[i]) ? t_.spec.covariates[c].centre : columns_[c].values[i];
            markov::Row row;
            row.time = Days{r.time};
            const int obstype = r.source != 0 && !first && is_death(r, deaths) ? 3 : r.obstype;
            row.kind = obstype == 3 && !for_paths ? markov::Kind::entry
                       : obstype == 2             ? markov::Kind::watched
                                                  : markov::Kind::snapshot;
            row.covariates = covariates;
            say_state(r, first, for_paths, row, readings);
            row.readings = readings;
            out.add(row);
            t_.source.push_back(r.source);
        }
        return out;
    }

    void begin(const Record& r, std::size_t subject, markov::Panel& out) {
        std::vector<double> own;
        const Value* given = call_.arg("initprobs");
        if (call_.hidden && given != nullptr && given->is_matrix())
            for (std::size_t s = 0; s < given->columns; ++s)
                own.push_back(given->at(subject, s));
        // A weight for each subject, or a column of the data.
        const Value* weights = call_.arg("subject.weights");
        out.begin_subject(r.subject, weights != nullptr ? weights->num.at(subject) : r.weight, own);
    }

    void say_state(const Record& r, bool first, bool for_paths, markov::Row& row,
                   std::vector<markov::Reading>& readings) {
        std::fill(readings.begin(), readings.end(), markov::Reading{});
        row.known = first && !call_.hidden;
        if (r.source == 0) {  // at a change of period, as msm has it: alive
            for (std::size_t s = 0; s < t_.spec.states.size(); ++s)
                if (!t_.spec.states[s].absorbing) row.among |= markov::only(s);
            return;
        }
        if (!call_.hidden) {
            const auto set = meant(r.outcome[0]);
            if (!set)
                refuse(fmt::format("row {}: a state {} that is none", r.source, shortest(r.outcome[0])));
            row.among = *set;
            if (first && call_.arg("phase.states") != nullptr)  // enters by the first phase
                for (std::size_t s = 0; s < original_; ++s)
                    row.among &= ~(states_of(s) & ~markov::only(first_phase_[s]));
            return;
        }
        const bool by_hmodel = call_.arg("hmodel") != nullptr;
        const bool known = !missing(r.known) && r.known != 0.0;
        if (!known) return Outcomes::read(call_, t_, r, std::nullopt, readings);
        const bool coded = is_code(r.outcome[0]);  // a code for a set of true states: nothing is read
        const auto set = meant(by_hmodel && !coded ? r.known : r.outcome[0]);
        if (!set) refuse(fmt::format("row {}: a true state that is none", r.source));
        // One state at the start stands instead of the start probabilities; among several they count.
        const bool one = std::has_single_bit(*set), several = r.outcome.size() > 1;
        const bool apart = one && !coded && by_hmodel && !first && !for_paths && !several;
        if (!apart) {
            row.among = *set;
            row.known = first && one;
        }
        if (!by_hmodel || coded) return;
        Outcomes::read(call_, t_, r,
                       apart ? std::optional(static_cast<std::size_t>(std::countr_zero(*set))) : std::nullopt,
                       readings);
    }

    const Call& call_;
    const nlohmann::json& record_;
    Translated t_;
    std::size_t original_ = 0;
    std::vector<std::size_t> of_, first_phase_;
    std::vector<std::pair<std::size_t, std::size_t>> moves_;
    std::vector<std::set<std::string>> acting_;  ///< per move
    std::vector<Column> columns_, effects_;
    std::map<std::size_t, double> code_of_;  ///< per state that always reads the same: what
};

}  // namespace

Translated translate(const Call& call, const nlohmann::json& record) {
    if (call.arg("qmatrix") == nullptr) refuse("a call without a qmatrix");
    return Translator(call, record).run();
}

double Entry::natural_from(double on_scale, const Parameter& p) const {
    if (!limited()) return p.natural_from(on_scale * factor);
    if (!std::isfinite(high)) return low + std::exp(on_scale);
    if (!std::isfinite(low)) return high - std::exp(on_scale);
    return low + (high - low) / (1.0 + std::exp(-on_scale));
}

double Entry::slope(double on_scale, const Parameter& p) const {
    if (!limited()) return factor;
    const double x = natural_from(on_scale, p);
    const double natural = !std::isfinite(high)  ? x - low
                           : !std::isfinite(low) ? x - high
                                                 : (x - low) * (high - x) / (high - low);
    const double free = p.scale == Parameter::Scale::identity ? 1.0
                        : p.scale == Parameter::Scale::log    ? x
                                                              : x * (1.0 - x);
    return natural / free;
}

markov::Values values_of(const Translated& t, const std::vector<double>& on_scale) {
    if (on_scale.size() != t.entries.size())
        throw Error("P004",
                    fmt::format("{} parameters of ours for {} of msm's", t.entries.size(), on_scale.size()));
    markov::Values out = t.spec.start_values();
    std::vector<bool> met(out.size(), false);
    for (std::size_t i = 0; i < on_scale.size(); ++i) {
        const int p = t.entries[i].parameter;
        if (p < 0 || met[static_cast<std::size_t>(p)] || t.entries[i].constant) continue;
        met[static_cast<std::size_t>(p)] = true;
        out[static_cast<std::size_t>(p)] =
            t.entries[i].natural_from(on_scale[i], t.spec.parameters[static_cast<std::size_t>(p)]);
    }
    return out;
}

}  // namespace bellwether::msm

#include "outcomes.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/core/text.hpp"

namespace bellwether::msm {
namespace {

using markov::Channel;
using markov::Law;
using markov::Parameter;

[[noreturn]] void refuse(const std::string& why) {
    throw Error("P004", why);
}

const std::map<std::string, Law>& laws() {
    static const std::map<std::string, Law> known{{"hmmIdent", Law::identity},
                                                  {"hmmNorm", Law::normal},
                                                  {"hmmLNorm", Law::lognormal},
                                                  {"hmmTNorm", Law::truncated_normal},
                                                  {"hmmT", Law::student_t},
                                                  {"hmmUnif", Law::uniform},
                                                  {"hmmExp", Law::exponential},
                                                  {"hmmGamma", Law::gamma},
                                                  {"hmmWeibull", Law::weibull},
                                                  {"hmmBeta", Law::beta},
                                                  {"hmmPois", Law::poisson},
                                                  {"hmmBinom", Law::binomial},
                                                  {"hmmBetaBinom", Law::beta_binomial},
                                                  {"hmmNBinom", Law::negative_binomial},
                                                  {"hmmMETNorm", Law::normal_with_error},
                                                  {"hmmMEUnif", Law::uniform_with_error}};
    return known;
}

/// Which parameter outcome covariates act on.
std::string location_of(Law law) {
    switch (law) {
        case Law::lognormal:
            return "meanlog";
        case Law::exponential:
        case Law::gamma:
        case Law::poisson:
            return "rate";
        case Law::weibull:
            return "scale";
        case Law::binomial:
        case Law::negative_binomial:
            return "prob";
        case Law::beta_binomial:
            return "meanp";
        case Law::normal_with_error:
        case Law::uniform_with_error:
            return "meanerr";
        case Law::normal:
        case Law::truncated_normal:
        case Law::student_t:
            return "mean";
        default:
            return "";
    }
}

bool constant_of(std::string_view label) {
    return label == "lower" || label == "upper" || label == "size" || label == "which";
}

constexpr const char* kNowhere = "another";  ///< a category that no state can read

}  // namespace

Outcomes::Outcomes(const Call& call, Translated& t, Covariate covariate)
    : call_(call), t_(t), covariate_(std::move(covariate)) {}

void Outcomes::enter(const std::string& label, int p, double factor, bool constant) {
    t_.entries.push_back(
        {label, p >= 0 ? t_.spec.parameters[static_cast<std::size_t>(p)].name : "", p, factor, constant});
}

std::size_t Outcomes::parameter(const std::string& what, const std::string& label, Parameter::Scale scale,
                                double start, bool constant) {
    std::vector<std::size_t>& made = by_label_[label];
    const Value* all = call_.arg("hconstraint");
    const Value* equal = all != nullptr ? all->find(label) : nullptr;
    if (equal != nullptr)
        for (std::size_t k = 0; k < made.size(); ++k)
            if (equal->num.at(k) == equal->num.at(made.size())) {
                made.push_back(made[k]);
                return made[k];
            }
    Parameter p;
    p.name = what;
    p.scale = scale;
    p.start = start;
    p.fixed = constant;
    t_.spec.parameters.push_back(p);
    made.push_back(t_.spec.parameters.size() - 1);
    return made.back();
}

void Outcomes::collect() {
    if (const Value* E = call_.arg("ematrix")) {
        for (std::size_t r = 0; r < E->rows; ++r) {
            Part part;
            std::vector<double> prob(E->columns);
            double others = 0.0;
            for (std::size_t s = 0; s < E->columns; ++s)
                if (s != r) others += prob[s] = E->at(r, s);
            prob[r] = 1.0 - others;
            part.family = others > 0.0 ? "hmmCat" : "hmmIdent";
            part.with["prob"] = Value::numbers(prob);
            part.with["basecat"] = Value::of(static_cast<double>(r + 1));
            part.with["x"] = Value::of(static_cast<double>(r + 1));
            parts_.push_back({part});
        }
        return;
    }
    for (const Value& state : call_.arg("hmodel")->items) {
        std::vector<Part> outcomes;
        const auto add = [&](const Value& one) {
            if (one.of_class != "hmm") refuse("an hmodel that is not made of msm's distributions");
            Part part;
            part.family = one.str.at(0);
            for (std::size_t i = 0; i < one.items.size(); ++i)
                part.with[one.names[i]] = one.items[i];
            outcomes.push_back(part);
        };
        if (state.of_class == "hmmMV")
            for (const Value& one : state.items)
                add(one);
        else
            add(state);
        parts_.push_back(std::move(outcomes));
    }
    if (parts_.size() != call_.arg("qmatrix")->rows)
        refuse(fmt::format("{} distributions for {} states", parts_.size(), call_.arg("qmatrix")->rows));
    // Phases of one state have equal distributions at the start, but parameters of their own.
    std::vector<std::vector<Part>> by_phase;
    for (const std::size_t s : t_.original)
        by_phase.push_back(parts_[s]);
    parts_ = std::move(by_phase);
}

void Outcomes::make() {
    collect();
    std::size_t outcomes = 0;
    for (const auto& state : parts_)
        outcomes = std::max(outcomes, state.size());
    if (!call_.records.empty()) outcomes = std::max(outcomes, call_.records[0].outcome.size());
    for (std::size_t o = 0; o < outcomes; ++o)
        make_channel(o);
    // msm's order is by state, then outcome.
    for (std::size_t s = 0; s < parts_.size(); ++s)
        for (std::size_t o = 0; o < parts_[s].size(); ++o) {
            Channel& channel = t_.spec.channels[o];
            Channel::Group& group = channel.groups[static_cast<std::size_t>(channel.group[s])];
            if (channel.family == markov::Family::categorical)
                enter_categorical(s, o, group);
            else
                enter_law(s, o, group);
        }
    make_effects();
    make_known();
}

/// At a record whose true state is known msm (1.7 and 1.8.2) weighs the outcome in that state and gives the
/// others weight 1: a channel of its own for each state, of which only that one speaks.
void Outcomes::make_known() {
    if (call_.exprs.count("obstrue") == 0 || call_.arg("hmodel") == nullptr) return;
    const std::size_t outcomes = t_.spec.channels.size();
    for (std::size_t s = 0; s < parts_.size(); ++s)
        for (std::size_t o = 0; o < outcomes; ++o) {
            const Channel& from = t_.spec.channels[o];
            Channel to;
            to.name = fmt::format("{}, {} known", from.name, t_.state_names[s]);
            to.family = from.family;
            to.categories = from.categories;
            Channel::Group flat;
            flat.law = Law::flat;
            to.groups = {flat};
            to.group.assign(parts_.size(), 0);
            if (from.group[s] != Channel::kNone) {
                to.groups.push_back(from.groups[static_cast<std::size_t>(from.group[s])]);
                to.group[s] = 1;
            }
            t_.spec.channels.push_back(std::move(to));
        }
}

void Outcomes::make_channel(std::size_t o) {
    Channel channel;
    channel.name = fmt::format("outcome{}", o + 1);
    bool categorical = false;
    for (const auto& state : parts_)
        categorical = categorical || (o < state.size() && state[o].family == "hmmCat");
    channel.family = categorical ? markov::Family::categorical : markov::Family::by_state;
    std::vector<double> categories;
    for (std::size_t s = 0; s < parts_.size(); ++s) {
        if (o >= parts_[s].size()) {
            channel.group.push_back(Channel::kNone);
            continue;
        }
        const Part& part = parts_[s][o];
        if (categorical && part.family != "hmmCat" && part.family != "hmmIdent")
            refuse(fmt::format("{} in one state and hmmCat in another of one outcome", part.family));
        if (part.family == "hmmIdent") {
            const Value& x = part.with.at("x");
            if (x.is_null()) refuse("hmmIdent without a value");
            if (o == 0) codes_[t_.original[s]] = x.num.at(0);
            categories.push_back(x.num.at(0));
        }
        if (part.family == "hmmCat")
            for (std::size_t c = 0; c < part.with.at("prob").num.size(); ++c)
                categories.push_back(static_cast<double>(c + 1));
        channel.group.push_back(static_cast<int>(channel.groups.size()));
        channel.groups.emplace_back();
    }
    if (categorical) {
        std::sort(categories.begin(), categories.end());
        categories.erase(std::unique(categories.begin(), categories.end()), categories.end());
        for (const double c : categories)
            channel.categories.push_back(shortest(c));
        channel.categories.emplace_back(kNowhere);
    }
    t_.spec.channels.push_back(std::move(channel));
}

void Outcomes::enter_categorical(std::size_t s, std::size_t o, Channel::Group& group) {
    const Channel& channel = t_.spec.channels[o];
    const Part& part = parts_[s][o];
    group.odds.assign(channel.categories.size(), Channel::Group::kImpossible);
    const auto place = [&](double code) {
        return static_cast<std::size_t>(
            std::find(channel.categories.begin(), channel.categories.end(), shortest(code)) -
            channel.categories.begin());
    };
    if (part.family == "hmmIdent") {
        group.odds[place(part.with.at("x").num.at(0))] = Channel::Group::kBase;
        enter("which", -1, 1.0, true);
        return;
    }
    const std::vector<double>& prob = part.with.at("prob").num;
    const auto given = part.with.find("basecat");
    std::size_t base = static_cast<std::size_t>(std::max_element(prob.begin(), prob.end()) - prob.begin());
    if (given != part.with.end() && !given->second.is_null())
        base = static_cast<std::size_t>(given->second.num.at(0)) - 1;
    enter("ncats", -1, 1.0, true);
    enter("basecat", -1, 1.0, true);
    for (std::size_t c = 0; c < prob.size(); ++c) {
        if (c == base) {
            group.odds[place(static_cast<double>(c + 1))] = Channel::Group::kBase;
            enter("pbase", -1, 1.0, true);
            continue;
        }
        if (!(prob[c] > 0.0)) {
            enter("p0", -1, 1.0, true);
            continue;
        }
        std::size_t p = 0;
        bool tied = false;
        if (const Value* equal = call_.arg("econstraint"))
            for (std::size_t k = 0; k < odds_.size() && !tied; ++k)
                if (equal->num.at(k) == equal->num.at(odds_.size())) {
                    p = odds_[k];
                    tied = true;
                }
        if (!tied)
            p = parameter(fmt::format("odds({}: {})", t_.state_names[s], c + 1), "p",
                          Parameter::Scale::identity, std::log(prob[c] / prob[base]), false);
        odds_.push_back(p);
        group.odds[place(static_cast<double>(c + 1))] = static_cast<int>(p);
        enter("p", static_cast<int>(p));
    }
}

/// hranges, by how often the parameter's name came before.
void Outcomes::limit(const std::string& label) {
    const Value* all = call_.arg("hranges");
    const Value* range = all != nullptr ? all->find(label) : nullptr;
    if (range == nullptr) return;
    const std::size_t place = by_label_[label].size() - 1;
    Entry& e = t_.entries.back();
    if (const Value* low = range->find("lower"); low != nullptr && place < low->num.size())
        e.low = low->num[place];
    if (const Value* high = range->find("upper"); high != nullptr && place < high->num.size())
        e.high = high->num[place];
    // Half a range is a parameter's own: the positive numbers, the numbers between 0 and 1.
    const auto scale = t_.spec.parameters[static_cast<std::size_t>(e.parameter)].scale;
    if (scale != Parameter::Scale::identity) e.low = std::max(e.low, 0.0);
    if (scale == Parameter::Scale::logit) e.high = std::min(e.high, 1.0);
}

void Outcomes::enter_law(std::size_t s, std::size_t o, Channel::Group& group) {
    const Part& part = parts_[s][o];
    const auto law = laws().find(part.family);
    if (law == laws().end()) refuse(fmt::format("no law for {}", part.family));
    group.law = law->second;
    const auto names = markov::natural_parameters(group.law);
    for (const std::string_view name : names) {
        const std::string formal = group.law == Law::identity ? "x" : std::string(name);
        const Value& v = part.with.at(formal);
        const std::string label = group.law == Law::identity ? "which" : std::string(name);
        const bool constant = constant_of(label);
        const std::size_t p = parameter(fmt::format("{}({}, outcome {})", name, t_.state_names[s], o + 1),
                                        label, markov::scale_of(name), v.num.at(0), constant);
        group.terms.push_back({p, {}});
        enter(label, static_cast<int>(p), 1.0, constant);
        limit(label);
    }
}

void Outcomes::make_effects() {
    const auto per_state = [&](const Value* list, std::size_t s, std::size_t o) -> const Value* {
        if (list == nullptr || list->is_null()) return nullptr;
        if (list->type == Value::Type::formula) return list;
        if (s >= list->items.size() || list->items[s].is_null()) return nullptr;
        const Value& one = list->items[s];
        if (one.type == Value::Type::list)
            return o < one.items.size() && !one.items[o].is_null() ? &one.items[o] : nullptr;
        return &one;
    };
    const Value* formula =
        call_.arg("ematrix") != nullptr ? call_.arg("misccovariates") : call_.arg("hcovariates");
    const Value* starts =
        call_.arg("ematrix") != nullptr ? call_.arg("misccovinits") : call_.arg("hcovinits");
    if (formula == nullptr) return;
    std::map<std::string, std::vector<std::size_t>> made;  // by covariate
    std::size_t place = 0;
    for (std::size_t s = 0; s < parts_.size(); ++s) {
        std::size_t in_state = 0;
        for (std::size_t o = 0; o < parts_[s].size(); ++o) {
            const Value* here = per_state(formula, s, o);
            if (here == nullptr) continue;
            Channel& channel = t_.spec.channels[o];
            Channel::Group& group = channel.groups[static_cast<std::size_t>(channel.group[s])];
            const std::vector<Column> columns = design(*call_.workspace, *here, call_.data);
            std::vector<std::vector<markov::Effect>*> targets;
            if (channel.family == markov::Family::categorical) {
                if (parts_[s][o].family != "hmmCat") continue;
                group.odds_effects.resize(group.odds.size());
                for (std::size_t c = 0; c < group.odds.size(); ++c)
                    if (group.odds[c] >= 0) targets.push_back(&group.odds_effects[c]);
            } else {
                const auto names = markov::natural_parameters(group.law);
                for (std::size_t i = 0; i < names.size(); ++i)
                    if (names[i] == location_of(group.law)) targets.push_back(&group.terms[i].effects);
            }
            for (auto* const target : targets)
                for (const Column& c : columns) {
                    std::vector<std::size_t>& same = made[c.name];
                    double start = 0.0;
                    if (starts != nullptr) {
                        // By covariate (misclassification), or by state.
                        const Value* v = starts->find(c.name);
                        if (v == nullptr) v = starts->find(c.term);
                        if (v != nullptr)
                            start = v->num.size() == 1 ? v->num[0] : v->num.at(same.size());
                        else if (s < starts->items.size() && starts->names.empty())
                            start =
                                in_state < starts->items[s].num.size() ? starts->items[s].num[in_state] : 0.0;
                        else if (s < starts->items.size() && !starts->items[s].is_null() &&
                                 in_state < starts->items[s].num.size())
                            start = starts->items[s].num[in_state];
                    }
                    ++in_state;
                    ++place;
                    const Value* all =
                        call_.arg(call_.arg("ematrix") != nullptr ? "miscconstraint" : "hconstraint");
                    const Value* equal = all == nullptr ? nullptr : all->find(c.name);
                    if (equal == nullptr && all != nullptr) equal = all->find(c.term);
                    std::optional<std::size_t> tied;
                    double factor = 1.0;
                    if (equal != nullptr)
                        for (std::size_t k = 0; k < same.size() && !tied; ++k)
                            if (std::abs(equal->num.at(k)) == std::abs(equal->num.at(same.size()))) {
                                tied = same[k];
                                factor = equal->num.at(k) * equal->num.at(same.size()) < 0.0 ? -1.0 : 1.0;
                            }
                    std::size_t p = 0;
                    if (tied) {
                        p = *tied;
                    } else {
                        Parameter q;
                        q.name =
                            fmt::format("{}(outcome {}, {}, {})", c.name, o + 1, t_.state_names[s], place);
                        q.start = start;
                        t_.spec.parameters.push_back(q);
                        p = t_.spec.parameters.size() - 1;
                    }
                    same.push_back(p);
                    target->push_back({covariate_(c), p, factor});
                    enter("hcov", static_cast<int>(p), factor);
                }
        }
    }
}

void Outcomes::read(const Call& call, const Translated& t, const Record& r, std::optional<std::size_t> known,
                    std::vector<markov::Reading>& readings) {
    const auto codes_of = [&](double x) -> std::vector<double> {
        if (const Value* censor = call.arg("censor"))
            for (std::size_t k = 0; k < censor->num.size(); ++k)
                if (censor->num[k] == x) {
                    const Value* states = call.arg("censor.states");
                    if (states == nullptr) refuse("a censored outcome without censor.states");
                    return states->type == Value::Type::list ? states->items.at(k).num : states->num;
                }
        return {x};
    };
    const std::size_t at = known ? r.outcome.size() * (*known + 1) : 0;
    for (std::size_t o = 0; at + o < readings.size() && o < r.outcome.size(); ++o) {
        if (missing(r.outcome[o])) continue;
        const Channel& channel = t.spec.channels[o];
        const std::vector<double> codes = codes_of(r.outcome[o]);
        if (channel.family != markov::Family::categorical) {
            if (codes.size() != 1) refuse("a censored outcome that is not a category");
            readings[at + o] = markov::Reading::of(codes[0]);
            continue;
        }
        std::uint64_t among = 0;
        for (const double code : codes) {
            auto place = std::find(channel.categories.begin(), channel.categories.end(), shortest(code));
            if (place == channel.categories.end()) place = channel.categories.end() - 1;
            among |= std::uint64_t{1} << (place - channel.categories.begin());
        }
        readings[at + o] = markov::Reading::one_of(among);
    }
}

}  // namespace bellwether::msm

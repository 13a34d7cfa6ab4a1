#include "call.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/core/text.hpp"

namespace bellwether::msm {
namespace {

/// msm's arguments in their order, for those that are given by position.
const std::vector<std::string>& formals() {
    static const std::vector<std::string> names{
        "formula",         "subject",      "data",           "qmatrix",     "gen.inits",     "ematrix",
        "hmodel",          "obstype",      "obstrue",        "covariates",  "covinits",      "constraint",
        "misccovariates",  "misccovinits", "miscconstraint", "hcovariates", "hcovinits",     "hconstraint",
        "hranges",         "qconstraint",  "econstraint",    "initprobs",   "est.initprobs", "initcovariates",
        "initcovinits",    "deathexact",   "death",          "exacttimes",  "censor",        "censor.states",
        "subject.weights", "cl",           "fixedpars",      "center",      "opt.method",    "hessian",
        "use.deriv",       "use.expm",     "analyticp",      "na.action",   "pci",           "phase.states",
        "phase.inits",     "control"};
    return names;
}

std::string word_of(const Value& v, std::size_t i) {
    if (v.type == Value::Type::text) return v.str.at(i);
    if (v.is_factor()) return v.levels.at(static_cast<std::size_t>(v.num.at(i)) - 1);
    return shortest(v.num.at(i));
}

std::vector<Value> formulas(const Value* v) {
    if (v == nullptr) return {};
    if (v->type == Value::Type::formula) return {*v};
    std::vector<Value> out;
    for (const Value& item : v->items) {
        const std::vector<Value> inner = formulas(&item);
        out.insert(out.end(), inner.begin(), inner.end());
    }
    return out;
}

/// Places where each subject's first and last record stand.
void mark_last(Call& call) {
    call.last.assign(call.records.size(), 0);
    for (std::size_t i = 0; i < call.records.size(); ++i)
        if (i + 1 == call.records.size() || call.records[i + 1].subject != call.records[i].subject)
            call.last[i] = 1;
}

void keep(Call& call, const std::vector<std::size_t>& which) {
    std::vector<Record> records;
    for (const std::size_t i : which)
        records.push_back(call.records[i]);
    call.records = std::move(records);
    call.data = pick(call.data, which);
    mark_last(call);
}

/// Rows with something missing go, but for covariates of a subject's last record, which act on nothing.
void omit_missing(Call& call) {
    std::set<std::string> acting, reading;
    for (const char* name : {"covariates", "initcovariates"})
        for (const Value& f : formulas(call.arg(name)))
            for (const std::string& v : variables(f, call.data))
                acting.insert(v);
    for (const char* name : {"misccovariates", "hcovariates"})
        for (const Value& f : formulas(call.arg(name)))
            for (const std::string& v : variables(f, call.data))
                reading.insert(v);
    std::vector<std::size_t> complete;
    for (std::size_t i = 0; i < call.records.size(); ++i) {
        const Record& r = call.records[i];
        const auto lacks = [&](const std::string& name) { return missing(call.data.find(name)->num.at(i)); };
        const bool unread =
            std::all_of(r.outcome.begin(), r.outcome.end(), [](double x) { return missing(x); });
        bool good = !missing(r.time) && !unread && !r.subject.empty() && r.subject != "NaN";
        good = good && (call.last[i] != 0 || std::none_of(acting.begin(), acting.end(), lacks));
        good = good && std::none_of(reading.begin(), reading.end(), lacks);
        if (good) complete.push_back(i);
    }
    keep(call, complete);
}

/// A record at each change of period that lies between two of a subject, and the factor `timeperiod`.
void cut_at_periods(Call& call) {
    const Value* pci = call.arg("pci");
    if (pci == nullptr || call.records.empty()) return;
    const auto [first, end] =
        std::minmax_element(call.records.begin(), call.records.end(),
                            [](const Record& a, const Record& b) { return a.time < b.time; });
    for (const double cut : pci->num)  // those that divide the data
        if (cut > first->time && cut < end->time) call.cuts.push_back(cut);
    if (call.cuts.empty()) return;
    std::vector<Record> records;
    std::vector<std::size_t> from;
    for (std::size_t i = 0; i < call.records.size(); ++i) {
        records.push_back(call.records[i]);
        from.push_back(i);
        if (call.last[i] != 0) continue;
        for (const double cut : call.cuts)
            if (cut > call.records[i].time && cut < call.records[i + 1].time) {
                Record r = call.records[i];
                r.time = cut;
                r.outcome.assign(r.outcome.size(), kMissing);
                r.obstype = call.records[i + 1].obstype == 2 ? 2 : 1;
                r.known = kMissing;
                r.source = 0;
                records.push_back(r);
                from.push_back(i);
            }
    }
    call.data = pick(call.data, from);
    call.records = std::move(records);
    Value period;
    period.type = Value::Type::number;
    std::vector<std::string> ends = {"-Inf"};
    for (const double cut : call.cuts)
        ends.push_back(shortest(cut));
    ends.emplace_back("Inf");
    for (std::size_t k = 0; k + 1 < ends.size(); ++k)
        period.levels.push_back(fmt::format("[{},{})", ends[k], ends[k + 1]));
    for (const Record& r : call.records)
        period.num.push_back(1.0 + static_cast<double>(std::count_if(call.cuts.begin(), call.cuts.end(),
                                                                     [&](double c) { return r.time >= c; })));
    call.data.names.emplace_back("timeperiod");
    call.data.items.push_back(std::move(period));
    mark_last(call);
}

void read_records(Call& call) {
    Workspace& w = *call.workspace;
    const auto column = [&](const std::string& name) -> std::optional<Value> {
        const auto it = call.exprs.find(name);
        if (it == call.exprs.end()) return std::nullopt;
        Value v = w.eval(*it->second, &call.data);
        if (v.is_null()) return std::nullopt;
        return v;
    };
    const Value formula = w.eval(*call.exprs.at("formula"));
    const Value state = w.eval(*formula.formula->args.at(0).value, &call.data);
    const Value time = w.eval(*formula.formula->args.at(1).value, &call.data);
    const auto subject = column("subject"), obstype = column("obstype"), known = column("obstrue"),
               weight = call.arg("subject.weights") == nullptr ? column("subject.weights") : std::nullopt;
    const auto at = [](const Value& v, std::size_t i) { return v.num.size() == 1 ? v.num[0] : v.num.at(i); };
    for (std::size_t i = 0; i < time.num.size(); ++i) {
        Record r;
        r.subject = subject ? word_of(*subject, i) : "1";
        r.time = time.num[i];
        r.source = i + 1;
        if (state.is_matrix())
            for (std::size_t c = 0; c < state.columns; ++c)
                r.outcome.push_back(state.at(i, c));
        else if (state.is_factor())
            r.outcome.push_back(missing(state.num[i]) ? kMissing : std::stod(word_of(state, i)));
        else
            r.outcome.push_back(state.num[i]);
        if (obstype) r.obstype = static_cast<int>(at(*obstype, i));
        if (call.flag("exacttimes")) r.obstype = 2;
        if (known) r.known = at(*known, i);
        if (weight) r.weight = at(*weight, i);
        call.records.push_back(std::move(r));
    }
    mark_last(call);
}

}  // namespace

const Value* Call::arg(const std::string& name) const {
    const auto it = args.find(name);
    return it == args.end() || it->second.is_null() ? nullptr : &it->second;
}

bool Call::flag(const std::string& name) const {
    const Value* v = arg(name);
    return v != nullptr && v->type == Value::Type::logical && v->num.size() == 1 && v->num[0] == 1.0;
}

Call read_call(Workspace& workspace, const std::string& setup, const std::string& text) {
    (void)workspace.run(setup);
    const std::vector<ExprPtr> parsed = parse_r(text);
    if (parsed.size() != 1 || parsed[0]->word != "msm") throw Error("P004", "not a call of msm()");
    Call call;
    call.workspace = &workspace;
    std::set<std::string> named;
    for (const Arg& a : parsed[0]->args)
        named.insert(a.name);
    std::size_t next = 0;
    for (const Arg& a : parsed[0]->args) {
        std::string name = a.name;
        while (name.empty()) {
            if (named.count(formals().at(next)) == 0) name = formals()[next];
            ++next;
        }
        if (std::find(formals().begin(), formals().end(), name) == formals().end())
            throw Error("P004", fmt::format("msm() has no argument '{}'", name));
        call.exprs[name] = a.value;
    }
    static const std::set<std::string> by_row{"formula", "subject",         "obstype",
                                              "obstrue", "subject.weights", "data"};
    for (const auto& [name, expr] : call.exprs)
        if (by_row.count(name) == 0) call.args[name] = workspace.eval(*expr);
    if (call.exprs.count("data") > 0) call.data = workspace.eval(*call.exprs.at("data"));
    if (const auto w = call.exprs.find("subject.weights");
        w != call.exprs.end())  // a column, or one per subject
        if (w->second->kind != Expr::Kind::name || call.data.find(w->second->word) == nullptr)
            call.args["subject.weights"] = workspace.eval(*w->second);
    call.hidden = call.arg("ematrix") != nullptr || call.arg("hmodel") != nullptr;
    read_records(call);
    omit_missing(call);
    cut_at_periods(call);
    return call;
}

}  // namespace bellwether::msm

#include "bellwether/app/summary.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <span>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/markov/intervals.hpp"
#include "bellwether/markov/quantities.hpp"
#include "bellwether/markov/transition.hpp"

namespace bellwether::app {
using namespace markov;

namespace {

using Eigen::Index;
constexpr double kNormal95 = 1.959963984540054;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Eigen::VectorXd vector_of(const Values& values) {
    return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Index>(values.size()));
}

/// How intervals are had: by the delta method, or from refits.
struct Method {
    const FittedModel& model;
    const std::vector<Values>* draws;  ///< nullptr: the delta method

    [[nodiscard]] std::vector<Interval> operator()(const Quantity& quantity, On scale) const {
        const ParameterSet& full = model.full();
        if (draws) return percentile_intervals(*draws, full.values, quantity);
        if (full.covariance.size() > 0) return delta_intervals(model.spec, full, quantity, scale);
        std::vector<Interval> out;
        for (const double x : quantity(full.values))
            out.push_back({x, kNaN, kNaN, kNaN});
        return out;
    }
};

/// A sheet's rows get the value and the ends of its interval.
void finish(Sheet& sheet, const Method& method, const Quantity& quantity, On scale) {
    if (sheet.rows.empty()) return;
    const auto intervals = method(quantity, scale);
    for (std::size_t r = 0; r < sheet.rows.size(); ++r) {
        const Interval& i = intervals[r];
        for (const double x : {i.estimate, i.low, i.high})
            sheet.rows[r].emplace_back(x);
    }
}

Sheet parameters(const Method& method) {
    const FittedModel& model = method.model;
    Sheet sheet{"parameters",
                fmt::format("parameters; rates per {}", model.spec.time_unit),
                {"parameter", "value", "low", "high", "how"},
                {}};
    const auto& held = model.full().summary.held;
    const auto drawn = method.draws ? method([](const Values& v) { return vector_of(v); }, On::natural)
                                    : std::vector<Interval>();
    for (std::size_t p = 0; p < model.spec.parameters.size(); ++p) {
        const Parameter& q = model.spec.parameters[p];
        const double value = model.full().values[p];
        const auto se = model.full().standard_error[p];
        auto& row =
            sheet.rows.emplace_back(std::vector<Sheet::Cell>{q.name, value, Sheet::Cell(), Sheet::Cell()});
        if (method.draws && !q.fixed) {
            row[2] = drawn[p].low;
            row[3] = drawn[p].high;
        } else if (!method.draws && se) {
            row[2] = q.natural_from(q.free_from(value) - kNormal95 * *se);
            row[3] = q.natural_from(q.free_from(value) + kNormal95 * *se);
        }
        const bool by_prior = std::count(held.begin(), held.end(), q.name) > 0;
        row.emplace_back(std::string(q.fixed ? "fixed" : by_prior ? "held" : "fitted"));
    }
    return sheet;
}

/// exp(factor * parameter) of each effect.
Quantity ratios(std::vector<Effect> effects) {
    return [effects = std::move(effects)](const Values& values) {
        Eigen::VectorXd out(static_cast<Index>(effects.size()));
        for (std::size_t i = 0; i < effects.size(); ++i)
            out[static_cast<Index>(i)] = std::exp(effects[i].factor * values[effects[i].parameter]);
        return out;
    };
}

Sheet hazards(const Method& method) {
    const Spec& spec = method.model.spec;
    Sheet sheet{"hazards",
                "hazard ratios per unit of covariate",
                {"from", "to", "covariate", "ratio", "low", "high"},
                {}};
    std::vector<Effect> effects;
    for (const Transition& t : spec.transitions)
        for (const Effect& e : t.effects) {
            sheet.rows.push_back(
                {spec.states[t.from].name, spec.states[t.to].name, spec.covariates[e.covariate].name});
            effects.push_back(e);
        }
    finish(sheet, method, ratios(std::move(effects)), On::log);
    return sheet;
}

Sheet odds(const Method& method) {
    const Spec& spec = method.model.spec;
    Sheet sheet{"odds", "odds ratios per unit of covariate", {"of", "covariate", "ratio", "low", "high"}, {}};
    std::vector<Effect> all;
    const auto add = [&](const std::string& of, const std::vector<Effect>& effects) {
        for (const Effect& e : effects) {
            sheet.rows.push_back({of, spec.covariates[e.covariate].name});
            all.push_back(e);
        }
    };
    for (const Channel& c : spec.channels)
        for (const Channel::Group& g : c.groups)
            for (std::size_t i = 0; i < g.odds_effects.size(); ++i)
                if (g.odds[i] >= 0)
                    add(spec.parameters[static_cast<std::size_t>(g.odds[i])].name, g.odds_effects[i]);
    for (const StartFactor& f : spec.start)
        for (std::size_t i = 0; i < f.effects.size(); ++i)
            add(fmt::format("start({})", f.labels[i]), f.effects[i]);
    finish(sheet, method, ratios(std::move(all)), On::log);
    return sheet;
}

/// Figures that follow from the generator under some covariates: which of a matrix's entries, and how it
/// comes from the generator.
class Process {
public:
    using Entries = std::vector<std::pair<std::size_t, std::size_t>>;
    using Pieces = std::span<const Piece>;
    using Of = std::function<Eigen::MatrixXd(Pieces process)>;

    Process(const Method& method, const std::vector<InForce>& course)
        : method_(method), spec_(method.model.spec), course_(course) {}

    /// @param columns  names of the state left, of the state entered where there is one, and of the figure
    /// @param timed    a column of times stands first
    void add(std::vector<Sheet>& sheets, const std::string& name, const std::string& title,
             std::vector<std::string> columns, const Entries& entries, On scale,
             const std::vector<std::pair<double, Of>>& of, bool timed) const {
        const bool pairs = columns.size() == 3;
        if (timed) columns.insert(columns.begin(), "time");
        columns.insert(columns.end(), {"low", "high"});
        Sheet sheet{name, title, std::move(columns), {}};
        for (const auto& [time, matrix] : of)
            for (const auto& [r, s] : entries) {
                auto& row = sheet.rows.emplace_back();
                if (timed) row.emplace_back(time);
                row.emplace_back(spec_.states[r].name);
                if (pairs) row.emplace_back(spec_.states[s].name);
            }
        finish(sheet, method_, quantity(entries, of), scale);
        sheets.push_back(std::move(sheet));
    }

private:
    [[nodiscard]] Quantity quantity(const Entries& entries,
                                    const std::vector<std::pair<double, Of>>& of) const {
        return [this, entries, of](const Values& values) {
            std::vector<Piece> process;
            for (std::size_t i = 0; i < course_.size(); ++i)
                process.push_back({Days{i + 1 < course_.size() ? course_[i + 1].from
                                                               : std::numeric_limits<double>::infinity()},
                                   generator(spec_, values, course_[i].covariates)});
            Eigen::VectorXd out(static_cast<Index>(entries.size() * of.size()));
            Index i = 0;
            for (const auto& [time, matrix] : of) {
                const Eigen::MatrixXd M = matrix(process);
                for (const auto& [r, s] : entries)
                    out[i++] = M(static_cast<Index>(r), static_cast<Index>(s));
            }
            return out;
        };
    }

    const Method& method_;
    const Spec& spec_;
    const std::vector<InForce>& course_;
};

/// Expected time until each state (column) is first entered.
Eigen::MatrixXd passages(const Eigen::MatrixXd& Q) {
    Eigen::MatrixXd out(Q.rows(), Q.cols());
    for (Index s = 0; s < Q.cols(); ++s)
        out.col(s) = first_passage(Q, only(static_cast<std::size_t>(s)));
    return out;
}

void add_process(std::vector<Sheet>& sheets, const Method& method, const std::vector<InForce>& course,
                 const std::vector<double>& times) {
    const Spec& spec = method.model.spec;
    const Process process(method, course);
    Process::Entries moves, states, pairs, all;
    for (const Transition& t : spec.transitions)
        moves.emplace_back(t.from, t.to);
    for (std::size_t r = 0; r < spec.states.size(); ++r) {
        states.emplace_back(r, r);
        for (std::size_t s = 0; s < spec.states.size() && !spec.states[r].absorbing; ++s) {
            all.emplace_back(r, s);
            if (r != s) pairs.emplace_back(r, s);
        }
    }
    const std::string& unit = spec.time_unit;
    using M = Eigen::MatrixXd;
    using Pieces = Process::Pieces;
    process.add(sheets, "generator", fmt::format("rates per {}", unit), {"from", "to", "rate"}, moves,
                On::log, {{0.0, [](Pieces p) { return p.front().Q; }}}, false);
    process.add(sheets, "sojourn", fmt::format("mean stay, in {}s", unit), {"state", "mean"}, states, On::log,
                {{0.0, [](Pieces p) { return M(mean_sojourn(p.front().Q).asDiagonal()); }}}, false);
    process.add(sheets, "next", "probability of the next state", {"from", "to", "probability"}, moves,
                On::logit, {{0.0, [](Pieces p) { return next_state(p.front().Q); }}}, false);
    process.add(sheets, "passage", fmt::format("expected time until a state is first entered, in {}s", unit),
                {"from", "to", "mean"}, pairs, On::log,
                {{0.0, [](Pieces p) { return passages(p.front().Q); }}}, false);
    if (times.empty()) return;
    std::vector<std::pair<double, Process::Of>> after, reached, stay;
    for (const double t : times) {
        after.emplace_back(t, [t](Pieces p) { return transition(p, Days{0.0}, Days{t}); });
        reached.emplace_back(t, [t](Pieces p) { return passage_by(p, Days{0.0}, Days{t}); });
        stay.emplace_back(t, [t](Pieces p) { return length_of_stay(p, Days{0.0}, Days{t}); });
    }
    process.add(sheets, "probabilities", fmt::format("probability of the states after a time, in {}s", unit),
                {"from", "to", "probability"}, all, On::logit, after, true);
    process.add(sheets, "reached",
                fmt::format("probability of having been in a state by a time, in {}s", unit),
                {"from", "to", "probability"}, pairs, On::logit, reached, true);
    process.add(sheets, "stay", fmt::format("expected {}s in each state until a time", unit),
                {"from", "to", "mean"}, all, On::log, stay, true);
}

std::vector<Sheet> summary(const Method& method, const std::vector<InForce>& course,
                           const std::vector<double>& times) {
    std::vector<Sheet> sheets = {parameters(method), hazards(method), odds(method)};
    add_process(sheets, method, course.empty() ? covariates_over(method.model.spec, {}, {}) : course, times);
    std::erase_if(sheets, [](const Sheet& s) { return s.rows.empty(); });
    return sheets;
}

}  // namespace

std::vector<Sheet> summarise(const FittedModel& model, const std::vector<InForce>& course,
                             const std::vector<double>& times) {
    return summary({model, nullptr}, course, times);
}

Sheet profiles(const FittedModel& model, const Table& table, const std::vector<std::string>& parameters) {
    std::vector<std::size_t> which;
    std::vector<std::string> known;
    for (const Parameter& p : model.spec.parameters)
        known.push_back(p.name);
    for (const std::string& name : parameters) {
        const auto p = model.spec.parameter_index(name);
        if (!p)
            throw Error("P029",
                        fmt::format("no parameter is called '{}'; {}", name, suggestion(name, known)));
        which.push_back(*p);
    }
    for (std::size_t p = 0; parameters.empty() && p < known.size(); ++p)
        if (!model.spec.parameters[p].fixed) which.push_back(p);
    Sheet sheet{"profiles",
                fmt::format("95% intervals by profile likelihood; rates per {}", model.spec.time_unit),
                {"parameter", "value", "low", "high"},
                {}};
    for (const std::size_t p : which) {
        const Interval i = profile_interval(model.spec, table.panel, model.full(), p);
        sheet.rows.push_back({known[p], i.estimate, i.low, i.high});
    }
    return sheet;
}

std::vector<Sheet> bootstrap(const FittedModel& model, const Table& table, const std::vector<InForce>& course,
                             const std::vector<double>& times, const BootstrapOptions& how) {
    const auto draws = markov::bootstrap(model.spec, table.panel, model.full(), how);
    auto sheets = summary({model, &draws}, course, times);
    const auto failed = static_cast<std::size_t>(how.draws) - draws.size();
    for (Sheet& sheet : sheets)
        sheet.title +=
            fmt::format("; 95% intervals from {} refits to resampled subjects{}", draws.size(),
                        failed == 0 ? "" : fmt::format(", {} more did not end at a maximum", failed));
    return sheets;
}

}  // namespace bellwether::app

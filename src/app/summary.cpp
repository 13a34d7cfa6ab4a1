#include "bellwether/app/summary.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/markov/quantities.hpp"
#include "bellwether/markov/transition.hpp"

namespace bellwether::app {
using namespace markov;

namespace {

constexpr double kNormal95 = 1.959963984540054;

/// Value, and both ends of the interval of factor * parameter, through `as`; NA without a standard error.
template <typename As>
std::vector<Sheet::Cell> with_interval(const FittedModel& model, std::size_t p, double factor, As&& as) {
    const Parameter& parameter = model.spec.parameters[p];
    const double value = model.full().values[p];
    const auto se = model.full().standard_error[p];
    std::vector<Sheet::Cell> out = {as(parameter, factor * parameter.free_from(value)), Sheet::Cell(),
                                    Sheet::Cell()};
    if (se) {
        const double middle = factor * parameter.free_from(value), half = kNormal95 * std::abs(factor) * *se;
        out[1] = as(parameter, middle - half);
        out[2] = as(parameter, middle + half);
    }
    return out;
}

double natural(const Parameter& p, double free) {
    return p.natural_from(free);
}
double ratio(const Parameter&, double log) {
    return std::exp(log);
}

void append(std::vector<Sheet::Cell>& row, std::vector<Sheet::Cell> more) {
    row.insert(row.end(), more.begin(), more.end());
}

Sheet parameters(const FittedModel& model) {
    Sheet sheet{"parameters",
                fmt::format("parameters; rates per {}", model.spec.time_unit),
                {"parameter", "value", "low", "high", "how"},
                {}};
    const auto& held = model.full().summary.held;
    for (std::size_t p = 0; p < model.spec.parameters.size(); ++p) {
        const Parameter& q = model.spec.parameters[p];
        sheet.rows.push_back({q.name});
        append(sheet.rows.back(), with_interval(model, p, 1.0, natural));
        const bool by_prior = std::count(held.begin(), held.end(), q.name) > 0;
        sheet.rows.back().emplace_back(std::string(q.fixed ? "fixed" : by_prior ? "held" : "fitted"));
    }
    return sheet;
}

Sheet hazards(const FittedModel& model) {
    Sheet sheet{"hazards",
                "hazard ratios per unit of covariate",
                {"from", "to", "covariate", "ratio", "low", "high"},
                {}};
    for (const Transition& t : model.spec.transitions)
        for (const Effect& e : t.effects) {
            sheet.rows.push_back({model.spec.states[t.from].name, model.spec.states[t.to].name,
                                  model.spec.covariates[e.covariate].name});
            append(sheet.rows.back(), with_interval(model, e.parameter, e.factor, ratio));
        }
    return sheet;
}

Sheet odds(const FittedModel& model) {
    Sheet sheet{"odds", "odds ratios per unit of covariate", {"of", "covariate", "ratio", "low", "high"}, {}};
    const auto add = [&](const std::string& of, const std::vector<Effect>& effects) {
        for (const Effect& e : effects) {
            sheet.rows.push_back({of, model.spec.covariates[e.covariate].name});
            append(sheet.rows.back(), with_interval(model, e.parameter, e.factor, ratio));
        }
    };
    for (const Channel& c : model.spec.channels)
        for (const Channel::Group& g : c.groups)
            for (std::size_t i = 0; i < g.odds_effects.size(); ++i)
                if (g.odds[i] >= 0)
                    add(model.spec.parameters[static_cast<std::size_t>(g.odds[i])].name, g.odds_effects[i]);
    for (const StartFactor& f : model.spec.start)
        for (std::size_t i = 0; i < f.effects.size(); ++i)
            add(fmt::format("start({})", f.labels[i]), f.effects[i]);
    return sheet;
}

Sheet generator_sheet(const Spec& spec, const Eigen::MatrixXd& Q) {
    Sheet sheet{"generator", fmt::format("rates per {}", spec.time_unit), {"from", "to", "rate"}, {}};
    for (const Transition& t : spec.transitions)
        sheet.rows.push_back({spec.states[t.from].name, spec.states[t.to].name,
                              Q(static_cast<Eigen::Index>(t.from), static_cast<Eigen::Index>(t.to))});
    return sheet;
}

Sheet sojourn(const Spec& spec, const Eigen::MatrixXd& Q) {
    Sheet sheet{"sojourn", fmt::format("mean stay, in {}s", spec.time_unit), {"state", "mean"}, {}};
    const Eigen::VectorXd stay = mean_sojourn(Q);
    for (std::size_t s = 0; s < spec.states.size(); ++s)
        sheet.rows.push_back({spec.states[s].name, stay[static_cast<Eigen::Index>(s)]});
    return sheet;
}

/// One row per other state: words, and its entry of a matrix.
void add_pairs(Sheet& sheet, const Spec& spec, const Eigen::MatrixXd& entries,
               const std::vector<Sheet::Cell>& before) {
    for (std::size_t r = 0; r < spec.states.size(); ++r)
        for (std::size_t s = 0; s < spec.states.size(); ++s) {
            if (r == s || spec.states[r].absorbing) continue;
            sheet.rows.push_back(before);
            append(sheet.rows.back(), {spec.states[r].name, spec.states[s].name,
                                       entries(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(s))});
        }
}

Sheet passage(const Spec& spec, const Eigen::MatrixXd& Q) {
    Sheet sheet{"passage",
                fmt::format("expected time until a state is first entered, in {}s", spec.time_unit),
                {"from", "to", "mean"},
                {}};
    Eigen::MatrixXd mean(Q.rows(), Q.cols());
    for (std::size_t s = 0; s < spec.states.size(); ++s)
        mean.col(static_cast<Eigen::Index>(s)) = first_passage(Q, only(s));
    add_pairs(sheet, spec, mean, {});
    return sheet;
}

Sheet reached(const Spec& spec, const Eigen::MatrixXd& Q, const std::vector<double>& times) {
    Sheet sheet{"reached",
                fmt::format("probability of having been in a state by a time, in {}s", spec.time_unit),
                {"time", "from", "to", "probability"},
                {}};
    const Piece piece = always(Q);
    for (const double t : times)
        add_pairs(sheet, spec, passage_by({&piece, 1}, Days{0.0}, Days{t}), {t});
    return sheet;
}

Sheet stay(const Spec& spec, const Eigen::MatrixXd& Q, const std::vector<double>& times) {
    Sheet sheet{
        "stay", fmt::format("expected {}s in each state until a time", spec.time_unit), {"time", "from"}, {}};
    for (const State& s : spec.states)
        sheet.columns.push_back(s.name);
    const Piece piece = always(Q);
    for (const double t : times) {
        const Eigen::MatrixXd L = length_of_stay({&piece, 1}, Days{0.0}, Days{t});
        for (std::size_t r = 0; r < spec.states.size(); ++r) {
            sheet.rows.push_back({t, spec.states[r].name});
            for (const double x : L.row(static_cast<Eigen::Index>(r)))
                sheet.rows.back().emplace_back(x);
        }
    }
    return sheet;
}

Sheet next(const Spec& spec, const Eigen::MatrixXd& Q) {
    Sheet sheet{"next", "probability of the next state", {"from", "to", "probability"}, {}};
    const Eigen::MatrixXd P = next_state(Q);
    for (const Transition& t : spec.transitions)
        sheet.rows.push_back({spec.states[t.from].name, spec.states[t.to].name,
                              P(static_cast<Eigen::Index>(t.from), static_cast<Eigen::Index>(t.to))});
    return sheet;
}

Sheet probabilities(const Spec& spec, const Eigen::MatrixXd& Q, const std::vector<double>& times) {
    Sheet sheet{"probabilities",
                fmt::format("probability of the states after a time, in {}s", spec.time_unit),
                {"time", "from"},
                {}};
    for (const State& s : spec.states)
        sheet.columns.push_back(s.name);
    for (const double t : times) {
        const Eigen::MatrixXd P = transition(Q, Days{t});
        for (std::size_t r = 0; r < spec.states.size(); ++r) {
            sheet.rows.push_back({t, spec.states[r].name});
            for (const double p : P.row(static_cast<Eigen::Index>(r)))
                sheet.rows.back().emplace_back(p);
        }
    }
    return sheet;
}

/// Sets what "name=value" says.
void set_covariate(const Spec& spec, const std::string& word, std::vector<double>& values) {
    const auto sign = word.find('=');
    const std::string name = word.substr(0, sign);
    const auto columns = spec.covariates_of(name);
    std::vector<std::string> known;
    for (const Covariate& c : spec.covariates) {
        const std::string& k = c.entry.empty() ? c.name : c.entry;
        if (c.from != Covariate::From::product && std::find(known.begin(), known.end(), k) == known.end())
            known.push_back(k);
    }
    if (std::find(known.begin(), known.end(), name) == known.end())
        throw Error("P029", fmt::format("no covariate is called '{}'; {}", name, suggestion(name, known)));
    if (sign == std::string::npos)
        throw Error("P029", fmt::format("'{}' has no value; write {}=VALUE", word, name));
    const std::string value = word.substr(sign + 1);
    const Covariate& first = spec.covariates[columns.front()];
    if (first.from == Covariate::From::column) {
        const auto x = parse_double(value);
        if (!x) throw Error("P029", fmt::format("'{}' is not a number", word));
        values[columns.front()] = *x;
        return;
    }
    std::vector<std::string> levels;
    if (first.from == Covariate::From::level) levels.push_back(first.levels.front());
    if (first.from == Covariate::From::period) levels.emplace_back("before");
    for (const std::size_t c : columns)
        levels.push_back(spec.covariates[c].name.substr(name.size() + 1));
    if (std::find(levels.begin(), levels.end(), value) == levels.end())
        throw Error("P029",
                    fmt::format("'{}' has no level '{}'; {}", name, value, suggestion(value, levels)));
    for (const std::size_t c : columns)
        values[c] = spec.covariates[c].name == word ? 1.0 : 0.0;
}

}  // namespace

std::vector<double> covariates_at(const Spec& spec, const std::vector<std::string>& words) {
    std::vector<double> values;
    for (const Covariate& c : spec.covariates)
        values.push_back(c.centre);
    for (const auto& word : words)
        set_covariate(spec, word, values);
    for (std::size_t c = 0; !words.empty() && c < values.size(); ++c)
        if (spec.covariates[c].from == Covariate::From::product)
            values[c] = values[spec.covariates[c].product[0]] * values[spec.covariates[c].product[1]];
    return values;
}

std::vector<Sheet> summarise(const FittedModel& model, const std::vector<double>& covariates,
                             const std::vector<double>& times) {
    const Eigen::MatrixXd Q = generator(model.spec, model.full().values, covariates);
    std::vector<Sheet> sheets = {
        parameters(model),      hazards(model),      odds(model),           generator_sheet(model.spec, Q),
        sojourn(model.spec, Q), next(model.spec, Q), passage(model.spec, Q)};
    if (!times.empty()) {
        sheets.push_back(probabilities(model.spec, Q, times));
        sheets.push_back(reached(model.spec, Q, times));
        sheets.push_back(stay(model.spec, Q, times));
    }
    std::erase_if(sheets, [](const Sheet& s) { return s.rows.empty(); });
    return sheets;
}

}  // namespace bellwether::app

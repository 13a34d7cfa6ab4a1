#include "bellwether/app/compare.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <boost/math/special_functions/gamma.hpp>
#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/markov/likelihood.hpp"

namespace bellwether::app {
using namespace markov;

namespace {

double free_parameters(const FittedModel& m) {
    return static_cast<double>(std::count_if(m.spec.parameters.begin(), m.spec.parameters.end(),
                                             [](const Parameter& p) { return !p.fixed; }));
}

/// Upper tail of the chi-squared distribution.
double chi_squared_tail(double x, double degrees) {
    return x <= 0.0 ? 1.0 : boost::math::gamma_q(0.5 * degrees, 0.5 * x);
}

void check_data(const std::vector<FittedModel>& models, const std::vector<Table>& tables) {
    for (std::size_t i = 0; i < models.size(); ++i) {
        if (models[i].data_fingerprint != models.front().data_fingerprint)
            throw Error("P030",
                        fmt::format("'{}' and '{}' were fitted to different data: their likelihoods do "
                                    "not compare; fit them to one table, read with the same columns",
                                    models.front().spec.name, models[i].spec.name));
        if (models[i].spec.start.empty() != models.front().spec.start.empty())
            throw Error("P030",
                        fmt::format("of '{}' and '{}' one takes each subject's first state as given, the "
                                    "other gives it a probability: their likelihoods do not compare",
                                    models.front().spec.name, models[i].spec.name));
        if (i < tables.size() && tables[i].fingerprint != models[i].data_fingerprint)
            throw Error("P030", fmt::format("'{}' was not fitted to this table, or its columns were read "
                                            "otherwise",
                                            models[i].spec.name));
    }
}

}  // namespace

std::vector<double> held_out(const FittedModel& model, const Panel& panel) {
    std::vector<double> out(panel.subjects());
    for (std::size_t set = 0; set < model.sets.size(); ++set) {
        const auto mine = [&](const std::string& id) { return model.set_for(id) == set; };
        const Panel part = panel.subset(mine);
        if (part.subjects() == 0) continue;
        const auto scores = Likelihood(model.spec, part).by_subject(model.sets[set].values);
        for (std::size_t s = 0, k = 0; s < panel.subjects(); ++s)
            if (mine(panel.id(s))) out[s] = scores[k++];
    }
    return out;
}

Sheet compare(const std::vector<FittedModel>& models, const std::vector<Table>& tables) {
    check_data(models, tables);
    Sheet sheet{
        "compare",
        fmt::format("fits to {} subjects; lr, df and p against the first", models.front().full().subjects),
        {"model", "end", "minus2loglik", "parameters", "aic", "bic", "lr", "df", "p", "score"},
        {}};
    const double first = -2.0 * models.front().full().summary.final_log_lik;
    for (std::size_t i = 0; i < models.size(); ++i) {
        const FittedModel& m = models[i];
        const double deviance = -2.0 * m.full().summary.final_log_lik, k = free_parameters(m);
        auto& row = sheet.rows.emplace_back();
        row = {m.spec.name,        std::string(markov::to_string(m.full().summary.end)),
               deviance,           k,
               deviance + 2.0 * k, deviance + k * std::log(static_cast<double>(m.full().subjects))};
        const double df = std::abs(k - free_parameters(models.front()));
        const double lr = k > free_parameters(models.front()) ? first - deviance : deviance - first;
        row.resize(sheet.columns.size());
        if (i > 0 && df > 0.0) {
            row[6] = lr;
            row[7] = df;
            row[8] = chi_squared_tail(lr, df);
        }
        if (i >= tables.size() || m.folds < 2) continue;
        const auto scores = held_out(m, tables[i].panel);
        row[9] = std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(scores.size());
    }
    return sheet;
}

}  // namespace bellwether::app

#include "bellwether/app/compare.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/markov/intervals.hpp"
#include "bellwether/markov/likelihood.hpp"

namespace bellwether::app {
using namespace markov;

namespace {

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

Sheet subjects(const FittedModel& model, const Panel& panel) {
    const auto scores = held_out(model, panel);
    std::vector<std::size_t> order(panel.subjects());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto rows = [&](std::size_t s) {
        return static_cast<double>(panel.end_row(s) - panel.first_row(s));
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return scores[a] / rows(a) < scores[b] / rows(b); });
    Sheet sheet{
        "subjects", "subjects, least likely rows first", {"subject", "rows", "loglik", "per_row"}, {}};
    for (const std::size_t s : order)
        sheet.rows.push_back({panel.id(s), rows(s), scores[s], scores[s] / rows(s)});
    return sheet;
}

Sheet compare(const std::vector<FittedModel>& models, const std::vector<Table>& tables) {
    check_data(models, tables);
    Sheet sheet{
        "compare",
        fmt::format("fits to {} subjects; lr, df and p against the first", models.front().full().subjects),
        {"model", "end", "minus2loglik", "parameters", "aic", "bic", "lr", "df", "p", "score"},
        {}};
    for (std::size_t i = 0; i < models.size(); ++i) {
        const FittedModel& m = models[i];
        const ParameterSet &fitted = m.full(), &first = models.front().full();
        const int parameters = free_parameters(m.spec), others = free_parameters(models.front().spec);
        auto& row = sheet.rows.emplace_back();
        row = {m.spec.name,
               std::string(markov::to_string(fitted.summary.end)),
               -2.0 * fitted.summary.final_log_lik,
               static_cast<double>(parameters),
               aic(m.spec, fitted),
               bic(m.spec, fitted)};
        row.resize(sheet.columns.size());
        if (parameters != others) {
            const bool larger = parameters > others;
            try {
                const auto test = larger ? likelihood_ratio(models.front().spec, first, m.spec, fitted)
                                         : likelihood_ratio(m.spec, fitted, models.front().spec, first);
                row[6] = test.statistic;
                row[7] = static_cast<double>(test.degrees);
                row[8] = test.p;
            } catch (const Error& e) {
                // One of the two is not at its maximum, as its `end` says: no ratio, but the rest of the
                // table.
                if (e.code() != "M013") throw;
            }
        }
        if (i >= tables.size() || m.folds < 2) continue;
        const auto scores = held_out(m, tables[i].panel);
        row[9] = std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(scores.size());
    }
    return sheet;
}

}  // namespace bellwether::app

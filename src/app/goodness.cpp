#include "bellwether/markov/goodness.hpp"

#include <fmt/format.h>

#include "bellwether/app/check.hpp"
#include "bellwether/core/text.hpp"

namespace bellwether::app {
using namespace markov;

Sheet pearson(const FittedModel& model, const Table& table, std::size_t gaps) {
    PearsonOptions options;
    options.gaps = gaps;
    const PearsonTest test = pearson_test(model.spec, model.full().values, table.panel, options);
    Sheet sheet{
        "pearson",
        fmt::format("moves between looks in known states, by length of the interval: statistic {:.2f}, p "
                    "between {:.3g} ({} degrees of freedom) and {:.3g} ({})",
                    test.statistic, test.p_least, test.lower, test.p_most, test.upper),
        {"group", "from", "to", "observed", "expected"},
        {}};
    for (const PearsonCell& cell : test.cells)
        sheet.rows.push_back({static_cast<double>(cell.gap + 1), model.spec.states[cell.from].name,
                              model.spec.states[cell.to].name, cell.observed, cell.expected});
    return sheet;
}

Sheet residuals(const FittedModel& model, const Table& table) {
    Sheet sheet{"residuals",
                "place of each reading in its forecast, and its normal deviate",
                {"subject", "time", "channel", "low", "high", "z"},
                {}};
    for (std::size_t set = 0; set < model.sets.size(); ++set) {
        const Panel own = table.panel.subset([&](const std::string& id) { return model.set_for(id) == set; });
        for (std::size_t c = 0; c < model.spec.channels.size(); ++c)
            for (const PseudoResidual& r : pseudo_residuals(model.spec, model.sets[set].values, own, c))
                sheet.rows.push_back({own.id(r.subject), own.row(own.first_row(r.subject) + r.row).time.count,
                                      model.spec.channels[c].name, r.low, r.high, r.z});
    }
    return sheet;
}

}  // namespace bellwether::app

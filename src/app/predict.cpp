#include "bellwether/app/predict.hpp"

#include <memory>

#include <fmt/format.h>

#include "bellwether/markov/filter.hpp"
#include "bellwether/markov/path.hpp"

namespace bellwether::app {
using namespace markov;

namespace {

/// Appends the subject's rows and forecasts.
void add_subject(TransitionCache& cache, const Table& table, std::size_t subject,
                 const std::vector<double>& ahead, Sheet& sheet) {
    const Panel& panel = table.panel;
    const Spec& spec = cache.spec();
    const Eigen::MatrixXd all = smooth(cache, panel, subject);
    const MostProbablePath path = most_probable_path(cache, panel, subject);
    const Filter filter(cache);
    const std::size_t first = panel.first_row(subject), end = panel.end_row(subject);
    FilterState state = filter.start(panel.start(subject), panel.row(first).covariates);
    Step step;
    const auto add = [&](const Eigen::VectorXd& now) {
        for (const double p : now)
            sheet.rows.back().emplace_back(p);
    };
    for (std::size_t i = first; i < end; ++i) {
        filter.step(state, panel.row(i), step);
        // A row that was put in at a cut of time is none of the table's.
        if (i + 1 < end && table.line[i] == table.line[i + 1]) continue;
        const auto k = static_cast<Eigen::Index>(i - first);
        sheet.rows.push_back(
            {panel.id(subject), "row", panel.row(i).time.count, spec.states[path.state[i - first]].name});
        add(step.filtered);
        add(all.row(k).transpose());
    }
    for (const double time : ahead) {
        sheet.rows.push_back({panel.id(subject), "forecast", state.time + time, Sheet::Cell()});
        add(filter.forecast(state, Days{time}));
        sheet.rows.back().resize(sheet.columns.size());
    }
}

}  // namespace

Sheet predict(const FittedModel& model, const Table& table, const std::vector<double>& ahead) {
    Sheet sheet{"states",
                fmt::format("states by model {}, time in {}s", model.spec.name, model.spec.time_unit),
                {"subject", "what", "time", "path"},
                {}};
    for (const char* prefix : {"now_", "all_"})
        for (const State& state : model.spec.states)
            sheet.columns.push_back(prefix + state.name);
    std::vector<std::unique_ptr<TransitionCache>> caches(model.sets.size());
    for (std::size_t s = 0; s < table.panel.subjects(); ++s) {
        const std::size_t set = model.set_for(table.panel.id(s));
        if (!caches[set]) caches[set] = std::make_unique<TransitionCache>(model.spec, model.sets[set].values);
        add_subject(*caches[set], table, s, ahead, sheet);
    }
    return sheet;
}

}  // namespace bellwether::app

#include "bellwether/app/simulate.hpp"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"
#include "bellwether/markov/simulate.hpp"

namespace bellwether::app {
using namespace markov;

namespace {

/// The states as the table calls them: phases by their state's name.
std::string called(const State& state) {
    return state.phase == 0 ? state.name : state.labels.back();
}

/// A copy that starts in one state for sure.
Spec starting_in(Spec spec, std::size_t state) {
    StartFactor factor;
    factor.labels = {spec.states[state].name};
    factor.parameter = {Channel::Group::kBase};
    factor.label_of.assign(spec.states.size(), -1);
    factor.label_of[state] = 0;
    spec.start = {factor};
    return spec;
}

/// Columns of the table that hold covariates, and how a row's value is written.
struct CovariateColumns {
    std::vector<std::string> names;
    std::vector<std::vector<std::size_t>> of;  ///< covariates: one, or the indicators of a factor
    explicit CovariateColumns(const Spec& spec) {
        for (std::size_t c = 0; c < spec.covariates.size(); ++c) {
            const Covariate& covariate = spec.covariates[c];
            if (covariate.from != Covariate::From::column && covariate.from != Covariate::From::level)
                continue;
            const std::string& name = covariate.column.empty() ? covariate.name : covariate.column;
            const auto known = std::find(names.begin(), names.end(), name);
            if (known == names.end()) {
                names.push_back(name);
                of.push_back({c});
            } else if (covariate.from == Covariate::From::level) {
                of[static_cast<std::size_t>(known - names.begin())].push_back(c);
            }
        }
    }
    [[nodiscard]] Sheet::Cell cell(const Spec& spec, std::size_t column,
                                   std::span<const double> values) const {
        const Covariate& first = spec.covariates[of[column].front()];
        if (first.from == Covariate::From::column) return values[of[column].front()];
        for (const std::size_t c : of[column])
            if (values[c] == 1.0) return spec.covariates[c].levels[spec.covariates[c].level];
        return first.levels.front();
    }
};

class Simulation {
public:
    Simulation(const Spec& spec, const Values& values, const Table& visits, const TableColumns& columns,
               std::size_t from, unsigned long long seed)
        : spec_(spec),
          values_(values),
          visits_(visits),
          columns_(columns),
          from_(from),
          random_(seed),
          covariates_(spec) {}

    Sheet draw() {
        header();
        for (std::size_t s = 0; s < visits_.panel.subjects(); ++s)
            subject(s);
        return std::move(sheet_);
    }

private:
    void header() {
        sheet_.name = "simulated";
        sheet_.title = fmt::format("simulated by model {}, time in {}s", spec_.name, spec_.time_unit);
        sheet_.columns = {columns_.subject, columns_.time};
        const auto& taken = sheet_.columns;
        sheet_.columns.insert(sheet_.columns.end(), covariates_.names.begin(), covariates_.names.end());
        for (const Channel& c : spec_.channels)
            sheet_.columns.push_back(columns_.column_of(c.name));
        const std::string state = columns_.state.empty() ? "state" : columns_.state;
        tells_state_ = std::find(taken.begin(), taken.end(), state) == taken.end();
        if (tells_state_) sheet_.columns.push_back(state);
        if (!spec_.channels.empty()) sheet_.columns.emplace_back("true_state");
    }

    void subject(std::size_t s) {
        const Panel& panel = visits_.panel;
        const std::size_t first = panel.first_row(s), end = panel.end_row(s);
        Schedule schedule;
        schedule.id = panel.id(s);
        schedule.whole_days = false;
        for (std::size_t i = first; i < end; ++i) {
            schedule.days.push_back(panel.row(i).time.count);
            const auto c = panel.row(i).covariates;
            schedule.covariates.emplace_back(c.begin(), c.end());
        }
        const StateSet seen = panel.row(first).among;
        const std::size_t at =
            std::has_single_bit(seen) ? static_cast<std::size_t>(std::countr_zero(seen)) : from_;
        Panel drawn(spec_);
        const auto states =
            simulate(spec_.start.empty() ? starting_in(spec_, at) : spec_, values_, schedule, random_, drawn);
        for (std::size_t i = 0; i < states.size(); ++i) {
            const bool cut = first + i + 1 < end && visits_.line[first + i] == visits_.line[first + i + 1];
            const Row row = drawn.row(i);
            if (!cut || row.kind == Kind::exact_entry) add(schedule.id, row, states[i]);
        }
    }

    void add(const std::string& id, const Row& row, std::size_t state) {
        auto& cells = sheet_.rows.emplace_back();
        cells = {id, row.time.count};
        for (std::size_t c = 0; c < covariates_.names.size(); ++c)
            cells.push_back(covariates_.cell(spec_, c, row.covariates));
        const bool entered = row.kind == Kind::exact_entry;
        const std::string word = called(spec_.states[state]);
        for (std::size_t c = 0; c < spec_.channels.size(); ++c)
            cells.push_back(reading(spec_.channels[c], row.readings[c], entered ? word : ""));
        if (tells_state_)
            cells.push_back(spec_.channels.empty() || entered ? Sheet::Cell(word) : Sheet::Cell());
        if (!spec_.channels.empty()) cells.emplace_back(word);
    }

    [[nodiscard]] static Sheet::Cell reading(const Channel& channel, const Reading& r,
                                             const std::string& entered) {
        if (channel.family == Family::categorical) {
            if (!entered.empty()) return entered;
            return r.present ? Sheet::Cell(channel.categories[static_cast<std::size_t>(r.value)])
                             : Sheet::Cell();
        }
        if (!r.present) return {};
        if (r.censor == Censor::left) return fmt::format("<{}", shortest(r.value));
        return r.value;
    }

    const Spec& spec_;
    const Values& values_;
    const Table& visits_;
    const TableColumns& columns_;
    std::size_t from_;
    std::mt19937_64 random_;
    CovariateColumns covariates_;
    bool tells_state_ = true;
    Sheet sheet_;
};

}  // namespace

Sheet simulate_table(const Spec& spec, const Values& values, const Table& visits, const TableColumns& columns,
                     std::size_t from, unsigned long long seed) {
    require_centres(spec);
    return Simulation(spec, values, visits, columns, from, seed).draw();
}

}  // namespace bellwether::app

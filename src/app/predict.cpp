#include "bellwether/app/predict.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"
#include "bellwether/core/hash.hpp"
#include "bellwether/markov/filter.hpp"
#include "bellwether/markov/level_forecast.hpp"
#include "bellwether/markov/path.hpp"

namespace bellwether::app {
using namespace markov;

namespace {

void add_cell(std::vector<Sheet::Cell>& row, const std::optional<double>& x) {
    if (x)
        row.emplace_back(*x);
    else
        row.emplace_back();
}

/// The lowest level of a channel as the filter had it; nothing before the channel's first reading.
struct Nadir {
    std::size_t channel;
    bool read = false;
    std::optional<double> level{};

    void take(const Spec& spec, const Row& row, const FilterState& state) {
        read = read || row.readings[channel].present;
        if (!read) return;
        const double now = level_estimate(spec, state, channel)->mean;
        level = std::min(level.value_or(now), now);
    }
};

class Prediction {
public:
    Prediction(const FittedModel& model, const Table& table, const PredictRequest& request)
        : model_(model), table_(table), request_(request), caches_(model.sets.size()) {
        for (std::size_t c = 0; c < model.spec.channels.size(); ++c)
            if (model.spec.channels[c].says == Says::growth) growing_.push_back(c);
        if (!request.multiples.empty() && growing_.empty())
            throw Error("M015",
                        "model '" + model.spec.name + "' has no growth channel, so no level to exceed");
        const std::string unit = model.spec.time_unit;
        states_ = {"states", fmt::format("states by model {}, time in {}s", model.spec.name, unit), {}, {}};
        states_.columns = {"subject", "what", "time", "path"};
        for (const char* prefix : {"now_", "all_"})
            for (const State& state : model.spec.states)
                states_.columns.push_back(prefix + state.name);
        levels_ = {"levels",
                   fmt::format("levels by model {}, given that they can be read, time in {}s",
                               model.spec.name, unit),
                   {"subject", "time", "ahead", "channel", "readable", "low", "median", "high"},
                   {}};
        times_ = {
            "times",
            fmt::format("{}s until a level first exceeds a multiple of its nadir, by model {}, within {}",
                        unit, model.spec.name, request.within),
            {"subject", "time", "channel", "multiple", "nadir", "chance", "low", "median", "high"},
            {}};
    }

    std::vector<Sheet> run() {
        for (std::size_t s = 0; s < table_.panel.subjects(); ++s)
            add_subject(s);
        std::vector<Sheet> out{std::move(states_)};
        if (!growing_.empty()) out.push_back(std::move(levels_));
        if (!request_.multiples.empty()) out.push_back(std::move(times_));
        return out;
    }

private:
    TransitionCache& cache_of(const std::string& id) {
        const std::size_t set = model_.set_for(id);
        if (!caches_[set])
            caches_[set] = std::make_unique<TransitionCache>(model_.spec, model_.sets[set].values);
        return *caches_[set];
    }

    void add_subject(std::size_t subject) {
        const Panel& panel = table_.panel;
        const std::string& id = panel.id(subject);
        TransitionCache& cache = cache_of(id);
        const Eigen::MatrixXd all = smooth(cache, panel, subject);
        const MostProbablePath path = most_probable_path(cache, panel, subject);
        const Filter filter(cache);
        const std::size_t first = panel.first_row(subject), end = panel.end_row(subject);
        FilterState state = filter.start(panel.start(subject), panel.row(first).covariates);
        Step step;
        std::vector<Nadir> nadirs;
        for (const std::size_t c : growing_)
            nadirs.push_back({c});
        const auto add = [&](const Eigen::VectorXd& now) {
            for (const double p : now)
                states_.rows.back().emplace_back(p);
        };
        for (std::size_t i = first; i < end; ++i) {
            filter.step(state, panel.row(i), step);
            for (Nadir& nadir : nadirs)
                nadir.take(model_.spec, panel.row(i), state);
            // A row that was put in at a cut of time is none of the table's.
            if (i + 1 < end && table_.line[i] == table_.line[i + 1]) continue;
            const auto k = static_cast<Eigen::Index>(i - first);
            states_.rows.push_back(
                {id, "row", panel.row(i).time.count, model_.spec.states[path.state[i - first]].name});
            add(step.filtered);
            add(all.row(k).transpose());
        }
        for (const double time : request_.ahead) {
            states_.rows.push_back({id, "forecast", state.time + time, Sheet::Cell()});
            add(filter.forecast(state, Days{time}));
            states_.rows.back().resize(states_.columns.size());
        }
        for (const Nadir& nadir : nadirs) {
            add_levels(id, cache, state, nadir.channel);
            for (const double multiple : request_.multiples)
                add_time(id, cache, state, nadir, multiple);
        }
    }

    /// A level in the channel's own unit.
    [[nodiscard]] double in_unit(std::size_t channel, double level) const {
        return model_.spec.channels[channel].on_log_scale() ? std::exp(level) : level;
    }

    void add_levels(const std::string& id, TransitionCache& cache, const FilterState& state,
                    std::size_t channel) {
        std::vector<double> ahead{0.0};
        ahead.insert(ahead.end(), request_.ahead.begin(), request_.ahead.end());
        for (const double time : ahead) {
            const auto level = level_ahead(cache, state, channel, Days{time});
            levels_.rows.push_back({id, state.time + time, time, model_.spec.channels[channel].name,
                                    level ? level->readable : 0.0});
            for (const double chance : {0.05, 0.5, 0.95})
                add_cell(levels_.rows.back(),
                         level ? std::optional(in_unit(channel, level->quantile(chance))) : std::nullopt);
        }
    }

    void add_time(const std::string& id, TransitionCache& cache, const FilterState& state, const Nadir& nadir,
                  double multiple) {
        const Channel& channel = model_.spec.channels[nadir.channel];
        times_.rows.push_back({id, state.time, channel.name, multiple});
        auto& row = times_.rows.back();
        const auto threshold =
            nadir.level ? threshold_at(channel, *nadir.level, multiple) : std::optional<double>();
        if (threshold) {
            const auto times = passage_above(
                cache, state, nadir.channel, *threshold, Days{request_.within}, kPassagePaths,
                Sha256().field(std::to_string(request_.seed)).field(id).field(channel.name).prefix());
            row.emplace_back(in_unit(nadir.channel, *nadir.level));
            row.emplace_back(times.chance_by(times.within));
            for (const double chance : {0.05, 0.5, 0.95})
                add_cell(row, times.quantile(chance));
        }
        row.resize(times_.columns.size());
    }

    const FittedModel& model_;
    const Table& table_;
    const PredictRequest& request_;
    std::vector<std::unique_ptr<TransitionCache>> caches_;
    std::vector<std::size_t> growing_;
    Sheet states_, levels_, times_;
};

}  // namespace

std::vector<Sheet> predict(const FittedModel& model, const Table& table, const PredictRequest& request) {
    return Prediction(model, table, request).run();
}

}  // namespace bellwether::app

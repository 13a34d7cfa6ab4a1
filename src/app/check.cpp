#include "bellwether/app/check.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include <fmt/format.h>

#include "bellwether/markov/likelihood.hpp"
#include "bellwether/markov/path.hpp"
#include "bellwether/markov/transition.hpp"
#include "bellwether/report/curves.hpp"

namespace bellwether::app {
using namespace markov;

namespace {

constexpr int kTimes = 10;
constexpr int kPoints = 100;  ///< of a curve

/// The state at each row: what it says, or the most probable path.
std::vector<std::size_t> states_of(TransitionCache& cache, const Panel& panel, std::size_t subject) {
    return most_probable_path(cache, panel, subject).state;
}

/// One subject, walked through time with its own covariates.
class Course {
public:
    Course(TransitionCache& cache, const Panel& panel, std::size_t subject)
        : cache_(cache),
          panel_(panel),
          first_(panel.first_row(subject)),
          end_(panel.end_row(subject)),
          states_(states_of(cache, panel, subject)) {
        const Row row = panel.row(first_);
        now_ = row.time.count;
        if (row.known) {
            p_ = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(cache.spec().states.size()));
            p_[static_cast<Eigen::Index>(states_.front())] = 1.0;
        } else {
            p_ = start_probabilities(cache.spec(), cache.values(), row.covariates);
        }
    }

    [[nodiscard]] bool at_risk(double time) const {
        if (time < panel_.row(first_).time.count) return false;
        return time <= panel_.row(end_ - 1).time.count || cache_.spec().states[states_.back()].absorbing;
    }
    [[nodiscard]] std::size_t observed(double time, Between between) const {
        std::size_t i = first_;
        while (i + 1 < end_ && panel_.row(i + 1).time.count <= time)
            ++i;
        if (between == Between::midpoint && i + 1 < end_ &&
            time >= 0.5 * (panel_.row(i).time.count + panel_.row(i + 1).time.count) &&
            !cache_.spec().states[states_[i + 1 - first_]].exact_entry)
            ++i;
        return states_[i - first_];
    }
    /// Times must not descend from call to call.
    [[nodiscard]] const Eigen::VectorXd& expected(double time) {
        for (; row_ + first_ + 1 < end_ && panel_.row(first_ + row_ + 1).time.count <= time; ++row_)
            move(panel_.row(first_ + row_ + 1).time.count);
        move(time);
        return p_;
    }

private:
    void move(double to) {
        const auto& P = cache_.at(panel_.row(first_ + row_).covariates, Days{to - now_}).P;
        p_ = (p_.transpose() * P).transpose().eval();
        now_ = to;
    }

    TransitionCache& cache_;
    const Panel& panel_;
    std::size_t first_, end_, row_ = 0;
    std::vector<std::size_t> states_;
    double now_ = 0.0;
    Eigen::VectorXd p_;
};

std::vector<double> evenly(const Panel& panel) {
    double last = 0.0;
    for (std::size_t i = 0; i < panel.rows(); ++i)
        last = std::max(last, panel.row(i).time.count);
    std::vector<double> out;
    for (int k = 0; k < kTimes; ++k)
        out.push_back(last * k / (kTimes - 1));
    return out;
}

}  // namespace

Sheet prevalence(const FittedModel& model, const Table& table, std::vector<double> times, Between between) {
    const Panel& panel = table.panel;
    if (times.empty()) times = evenly(panel);
    std::sort(times.begin(), times.end());
    const auto K = static_cast<Eigen::Index>(model.spec.states.size());
    const auto T = static_cast<Eigen::Index>(times.size());
    Eigen::MatrixXd observed = Eigen::MatrixXd::Zero(T, K), expected = Eigen::MatrixXd::Zero(T, K);
    std::vector<std::unique_ptr<TransitionCache>> caches(model.sets.size());
    for (std::size_t s = 0; s < panel.subjects(); ++s) {
        const std::size_t set = model.set_for(panel.id(s));
        if (!caches[set]) caches[set] = std::make_unique<TransitionCache>(model.spec, model.sets[set].values);
        Course course(*caches[set], panel, s);
        for (Eigen::Index k = 0; k < T; ++k) {
            const double time = times[static_cast<std::size_t>(k)];
            if (!course.at_risk(time)) continue;
            observed(k, static_cast<Eigen::Index>(course.observed(time, between))) += 1.0;
            expected.row(k) += course.expected(time).transpose();
        }
    }
    Sheet sheet{"prevalence",
                fmt::format("subjects in each state, time in {}s", model.spec.time_unit),
                {"time", "state", "observed", "expected", "observed_percent", "expected_percent"},
                {}};
    for (Eigen::Index k = 0; k < T; ++k) {
        const double risk = observed.row(k).sum();
        for (Eigen::Index s = 0; s < K; ++s)
            sheet.rows.push_back({times[static_cast<std::size_t>(k)],
                                  model.spec.states[static_cast<std::size_t>(s)].name, observed(k, s),
                                  expected(k, s), 100.0 * observed(k, s) / risk,
                                  100.0 * expected(k, s) / risk});
    }
    return sheet;
}

std::string prevalence_svg(const FittedModel& model, const Sheet& prevalence) {
    std::vector<report::CurvePanel> panels;
    for (const State& state : model.spec.states) {
        report::CurvePanel panel{state.name, {{"observed", {}, true}, {"expected", {}, false}}};
        for (const auto& row : prevalence.rows) {
            if (std::get<std::string>(row[1]) != state.name || std::isnan(std::get<double>(row[4]))) continue;
            panel.curves[0].points.emplace_back(std::get<double>(row[0]), std::get<double>(row[4]));
            panel.curves[1].points.emplace_back(std::get<double>(row[0]), std::get<double>(row[5]));
        }
        panels.push_back(std::move(panel));
    }
    return report::curves_svg(
        fmt::format("{}: percent in each state, observed and expected", model.spec.name),
        model.spec.time_unit + "s", 100.0, panels);
}

std::string occupancy_svg(const FittedModel& model, const std::vector<double>& covariates, std::size_t from,
                          double until) {
    report::CurvePanel panel{"from " + model.spec.states[from].name, {}};
    for (const State& state : model.spec.states)
        panel.curves.push_back({state.name, {}, false});
    const Eigen::MatrixXd Q = generator(model.spec, model.full().values, covariates);
    const Eigen::MatrixXd step = transition(Q, Days{until / kPoints});
    Eigen::RowVectorXd p = Eigen::RowVectorXd::Zero(Q.rows());
    p[static_cast<Eigen::Index>(from)] = 1.0;
    for (int k = 0; k <= kPoints; ++k) {
        for (std::size_t s = 0; s < panel.curves.size(); ++s)
            panel.curves[s].points.emplace_back(until * k / kPoints, p[static_cast<Eigen::Index>(s)]);
        p = (p * step).eval();
    }
    return report::curves_svg(fmt::format("{}: probability of each state", model.spec.name),
                              model.spec.time_unit + "s", 1.0, {panel});
}

}  // namespace bellwether::app

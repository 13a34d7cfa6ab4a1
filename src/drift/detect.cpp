#include "bellwether/drift/detect.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/error.hpp"

namespace bellwether::drift {
namespace {

/// Readings that a fresh baseline takes until it is ready; all of them when it never is.
std::size_t baseline_length(std::span<const Reading> readings, Baseline baseline) {
    std::size_t n = 0;
    while (n < readings.size() && !baseline.ready())
        baseline.take(readings[n++]);
    if (n < readings.size() || baseline.ready()) return n;
    if (baseline.measured() >= baseline.wanted())
        throw Error("D012", fmt::format("all {} measured readings are equal: there is no noise to judge by",
                                        baseline.measured()));
    throw Error("D012", fmt::format("{} measured readings; the baseline needs {}, and one more is judged",
                                    baseline.measured(), baseline.wanted()));
}

void run_chart(Method method, std::span<const Reading> readings, const DetectOptions& options,
               Detection& out) {
    const bool cusum = method == Method::cusum;
    Chart chart(cusum ? std::variant<Cusum, Ewma>(options.cusum) : options.ewma, options.baseline,
                Watch::neither);
    for (std::size_t i = 0; i < readings.size(); ++i) {
        const std::size_t signals = chart.signals().size();
        chart.take(readings[i]);
        ReadingScore& row = out.readings[i];
        double up = chart.statistic().value(Side::up), down = chart.statistic().value(Side::down);
        std::optional<double> score = chart.score();
        if (chart.signals().size() > signals) {  // the chart may have begun anew: what made it do so is told
            const Signal& s = chart.signals()[signals];
            score = s.score;
            // Where one side of a CUSUM signals the other is at 0; an EWMA has one statistic for both.
            up = s.side == Side::up ? s.value : cusum ? 0.0 : -s.value;
            down = s.side == Side::down ? s.value : 0.0;
        }
        if (!score) continue;
        if (cusum)
            row.score = score, row.up = up, row.down = down;
        else
            row.ewma = up;
    }
    for (const Signal& s : chart.signals())
        out.changes.push_back({method, s.onset, s.at, s.side, s.value});
}

double mean_of(std::span<const Reading> readings) {
    double sum = 0.0;
    for (const Reading& r : readings)
        sum += r.value;
    return sum / static_cast<double>(readings.size());
}

void run_changepoints(std::span<const Reading> readings, std::size_t before, const DetectOptions& options,
                      Detection& out) {
    Baseline baseline = options.baseline;
    for (std::size_t i = 0; i < before; ++i)
        baseline.take(readings[i]);
    const std::vector<double> change(readings.size(), 1.0 / options.mean_run);
    const auto cut = segment(readings, change, priors_from(baseline), before);
    for (std::size_t i = before; i < readings.size(); ++i)
        out.readings[i].change = cut.change[i];
    std::size_t from = 0;
    for (std::size_t s = 0; s < cut.starts.size(); ++s) {
        const std::size_t at = cut.starts[s],
                          to = s + 1 < cut.starts.size() ? cut.starts[s + 1] : readings.size();
        const bool up = mean_of(readings.subspan(at, to - at)) >= mean_of(readings.subspan(from, at - from));
        out.changes.push_back({Method::changepoint, at, {}, up ? Side::up : Side::down, cut.change[at]});
        from = at;
    }
}

}  // namespace

Detection detect(std::span<const Reading> readings, std::span<const Method> methods,
                 const DetectOptions& options) {
    if (!(options.mean_run > 1.0 && std::isfinite(options.mean_run)))
        throw Error("D010", "the mean number of readings between changes must lie above 1");
    const std::size_t before = baseline_length(readings, options.baseline);
    if (before == readings.size())
        throw Error("D012", fmt::format("{} readings, all of them in the baseline; one more is judged",
                                        readings.size()));
    Detection out;
    out.readings.resize(readings.size());
    for (const Method method : methods) {
        if (method == Method::changepoint)
            run_changepoints(readings, before, options, out);
        else
            run_chart(method, readings, options, out);
    }
    return out;
}

}  // namespace bellwether::drift

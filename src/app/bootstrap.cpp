#include "bellwether/app/bootstrap.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "bellwether/app/summary.hpp"
#include "bellwether/core/error.hpp"
#include "bellwether/core/hash.hpp"

namespace bellwether::app {
using namespace markov;

namespace {

/// As many subjects as there are, drawn with replacement: a subject drawn twice counts twice.
Panel resampled(const Panel& panel, unsigned long long seed) {
    std::mt19937_64 random(seed);
    std::uniform_int_distribution<std::size_t> draw(0, panel.subjects() - 1);
    std::vector<double> times(panel.subjects(), 0.0);
    for (std::size_t s = 0; s < panel.subjects(); ++s)
        times[draw(random)] += 1.0;
    Panel out(panel.channels(), panel.covariates());
    for (std::size_t s = 0; s < panel.subjects(); ++s) {
        if (times[s] == 0.0) continue;
        out.begin_subject(panel.id(s), times[s] * panel.weight(s), panel.start(s));
        for (std::size_t i = panel.first_row(s); i < panel.end_row(s); ++i)
            out.add(panel.row(i));
    }
    return out;
}

/// A quantile by linear interpolation between order statistics (R's type 7).
double quantile(std::vector<double>& sorted, double p) {
    const double at = p * static_cast<double>(sorted.size() - 1);
    const auto i = static_cast<std::size_t>(at);
    const double low = sorted[i], high = sorted[std::min(i + 1, sorted.size() - 1)];
    return low == high ? low : low + (at - static_cast<double>(i)) * (high - low);
}

/// Columns of a sheet that are results, not names, times or intervals.
std::vector<std::size_t> result_columns(const Sheet& sheet) {
    std::vector<std::size_t> out;
    for (std::size_t c = 0; c < sheet.columns.size(); ++c) {
        const std::string& name = sheet.columns[c];
        const bool word = std::holds_alternative<std::string>(sheet.rows.front()[c]);
        if (!word && name != "time" && name != "low" && name != "high") out.push_back(c);
    }
    return out;
}

/// The long form of a sheet: its interval from the same sheet of the replicates.
Sheet with_intervals(const std::vector<std::vector<Sheet>>& replicates, const Sheet& sheet,
                     std::size_t index) {
    const auto results = result_columns(sheet);
    Sheet out{sheet.name, sheet.title, {}, {}};
    std::vector<std::size_t> names;
    for (std::size_t c = 0; c < sheet.columns.size(); ++c) {
        const std::string& name = sheet.columns[c];
        if (std::count(results.begin(), results.end(), c) > 0 || name == "low" || name == "high" ||
            name == "how")
            continue;
        names.push_back(c);
        out.columns.push_back(name);
    }
    if (results.size() > 1) out.columns.emplace_back("to");
    for (const char* name : {"value", "low", "high"})
        out.columns.emplace_back(name);
    for (std::size_t r = 0; r < sheet.rows.size(); ++r)
        for (const std::size_t c : results) {
            std::vector<double> drawn;
            for (const auto& sheets : replicates)
                drawn.push_back(std::get<double>(sheets[index].rows[r][c]));
            std::sort(drawn.begin(), drawn.end());
            auto& row = out.rows.emplace_back();
            for (const std::size_t n : names)
                row.push_back(sheet.rows[r][n]);
            if (results.size() > 1) row.emplace_back(sheet.columns[c]);
            row.push_back(sheet.rows[r][c]);
            row.emplace_back(quantile(drawn, 0.025));
            row.emplace_back(quantile(drawn, 0.975));
        }
    return out;
}

/// Refits, in order; empty where a refit did not end at a maximum.
std::vector<std::vector<Sheet>> refits(const FittedModel& model, const Panel& panel,
                                       const std::vector<double>& covariates,
                                       const std::vector<double>& times, const Resampling& how) {
    std::vector<std::vector<Sheet>> out(how.replicates);
    std::atomic<std::size_t> next{0};
    std::mutex guard;
    std::exception_ptr failure;
    const auto work = [&] {
        try {
            for (std::size_t k = next++; k < how.replicates; k = next++) {
                FitOptions options;
                options.from = model.full().values;
                FittedModel refit;
                refit.spec = model.spec;
                refit.sets = {fit(model.spec, resampled(panel, mix(how.seed, std::uint64_t{k})), options)};
                if (refit.usable()) out[k] = summarise(refit, covariates, times);
            }
        } catch (...) {
            const std::lock_guard lock(guard);
            if (!failure) failure = std::current_exception();
        }
    };
    std::vector<std::thread> workers;
    for (unsigned i = 1; i < how.threads; ++i)
        workers.emplace_back(work);
    work();
    for (std::thread& w : workers)
        w.join();
    if (failure) std::rethrow_exception(failure);
    return out;
}

}  // namespace

std::vector<Sheet> bootstrap(const FittedModel& model, const Table& table,
                             const std::vector<double>& covariates, const std::vector<double>& times,
                             const Resampling& how) {
    auto replicates = refits(model, table.panel, covariates, times, how);
    std::erase_if(replicates, [](const auto& sheets) { return sheets.empty(); });
    if (2 * replicates.size() < how.replicates || replicates.empty())
        throw Error("P031",
                    fmt::format("only {} of {} refits ended at a maximum: the data do not hold this model; "
                                "look at what `fit --preflight` says",
                                replicates.size(), how.replicates));
    std::vector<Sheet> out;
    const auto whole = summarise(model, covariates, times);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        out.push_back(with_intervals(replicates, whole[i], i));
        out.back().title += fmt::format(
            "; 95% intervals from {} refits{}", replicates.size(),
            replicates.size() < how.replicates
                ? fmt::format(" ({} did not end at a maximum)", how.replicates - replicates.size())
                : "");
    }
    return out;
}

}  // namespace bellwether::app

#include "bellwether/app/detect.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"
#include "bellwether/drift/detect.hpp"
#include "bellwether/drift/run_length.hpp"

namespace bellwether::app {
namespace {

using drift::Method;

struct Named {
    Method method;
    const char* name;
};
constexpr std::array methods{Named{Method::cusum, "cusum"}, Named{Method::ewma, "ewma"},
                             Named{Method::changepoint, "changepoint"}};

const char* name_of(Method method) {
    return std::find_if(methods.begin(), methods.end(), [&](const Named& n) { return n.method == method; })
        ->name;
}

std::vector<Method> asked(const std::string& word) {
    std::vector<Method> out;
    for (const Named& n : methods)
        if (word == "all" || word == n.name) out.push_back(n.method);
    return out;
}

drift::DetectOptions options_of(const DetectRequest& r) {
    if (r.mean.has_value() != r.sd.has_value())
        throw Error("P067", "--mean and --sd are known together, or neither is");
    if (r.arl && (r.h || r.c)) throw Error("P067", "--arl chooses the limits: leave out --h and --c");
    drift::DetectOptions o;
    o.baseline = r.mean ? drift::Baseline(*r.mean, *r.sd) : drift::Baseline(r.baseline);
    o.cusum.k = r.k.value_or(o.cusum.k);
    o.cusum.h = r.h.value_or(o.cusum.h);
    o.ewma.lambda = r.lambda.value_or(o.ewma.lambda);
    o.ewma.c = r.c.value_or(o.ewma.c);
    o.mean_run = r.mean_run;
    const auto wanted = asked(r.method);
    const auto has = [&](Method m) { return std::find(wanted.begin(), wanted.end(), m) != wanted.end(); };
    if (r.arl && has(Method::cusum)) o.cusum.h = drift::cusum_limit(o.cusum.k, *r.arl, true);
    if (r.arl && has(Method::ewma)) o.ewma.c = drift::ewma_limit(o.ewma.lambda, *r.arl);
    return o;
}

/// A time as a number where it is one.
Sheet::Cell time_cell(const std::string& text) {
    if (const auto x = parse_double(text)) return *x;
    return text;
}

Sheet::Cell cell(const std::optional<double>& x) {
    return x ? Sheet::Cell(*x) : Sheet::Cell();
}

Sheet changes_of(const SeriesFile& series, const drift::Detection& found) {
    Sheet sheet{"changes",
                found.changes.empty() ? "No change of level" : "Changes of level",
                {"method", "time", "after", "seen", "direction", "score"},
                {}};
    for (const drift::Change& c : found.changes)
        sheet.rows.push_back({std::string(name_of(c.method)), time_cell(series.time[c.onset]),
                              c.onset > 0 ? time_cell(series.time[c.onset - 1]) : Sheet::Cell(),
                              c.seen ? time_cell(series.time[*c.seen]) : Sheet::Cell(),
                              std::string(c.side == drift::Side::up ? "up" : "down"), c.score});
    return sheet;
}

Sheet scores_of(const SeriesFile& series, const drift::Detection& found, const std::vector<Method>& wanted) {
    Sheet sheet{"scores", "Scores per reading", {"time", "value"}, {}};
    for (const Method m : wanted) {
        const auto columns = m == Method::cusum  ? std::vector{"z", "cusum_up", "cusum_down"}
                             : m == Method::ewma ? std::vector{"ewma"}
                                                 : std::vector{"change"};
        sheet.columns.insert(sheet.columns.end(), columns.begin(), columns.end());
    }
    for (std::size_t i = 0; i < series.readings.size(); ++i) {
        const auto& s = found.readings[i];
        std::vector<Sheet::Cell> row{time_cell(series.time[i]), time_cell(series.shown[i])};
        for (const Method m : wanted) {
            if (m == Method::cusum)
                row.insert(row.end(), {cell(s.score), cell(s.up), cell(s.down)});
            else
                row.push_back(cell(m == Method::ewma ? s.ewma : s.change));
        }
        sheet.rows.push_back(std::move(row));
    }
    return sheet;
}

/// Nothing where it is too long to be computed.
std::optional<double> false_signals(Method m, const drift::DetectOptions& o) {
    try {
        return m == Method::cusum ? drift::cusum_arl_two_sided(o.cusum.k, o.cusum.h, 0.0)
                                  : drift::ewma_arl(o.ewma.lambda, o.ewma.c, 0.0);
    } catch (const Error&) {
        return std::nullopt;
    }
}

Sheet charts_of(const drift::DetectOptions& o, const std::vector<Method>& wanted) {
    Sheet sheet{"charts",
                "Charts (readings per false signal: with a known baseline)",
                {"method", "tuning", "limit", "readings_per_false_signal"},
                {}};
    for (const Method m : wanted) {
        if (m == Method::changepoint) continue;
        const bool cusum = m == Method::cusum;
        sheet.rows.push_back({std::string(name_of(m)), cusum ? o.cusum.k : o.ewma.lambda,
                              cusum ? o.cusum.h : o.ewma.c, cell(false_signals(m, o))});
    }
    return sheet;
}

}  // namespace

std::vector<Sheet> detect(const SeriesFile& series, const DetectRequest& request) {
    auto readings = series.readings;
    if (request.log)
        for (Reading& r : readings)
            r.value = std::log(r.value);
    const auto wanted = asked(request.method);
    const auto options = options_of(request);
    const auto found = drift::detect(readings, wanted, options);
    return {changes_of(series, found), scores_of(series, found, wanted), charts_of(options, wanted)};
}

}  // namespace bellwether::app

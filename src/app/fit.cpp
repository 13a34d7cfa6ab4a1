#include "bellwether/app/fit.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bellwether/app/evaluate.hpp"
#include "bellwether/core/text.hpp"
#include "bellwether/drift/bind.hpp"

namespace bellwether::app {

markov::Panel panel_of(store::Store& store, const markov::Spec& spec, Instant as_of) {
    const auto catalogue = catalogue_at(store, as_of);
    drift::check_channels(spec, catalogue);
    markov::Panel panel(spec);
    store.for_each_history(store.patients(as_of), as_of, [&](PatientHistory&& history) {
        drift::add_to_panel(timeline_at(history, as_of, catalogue), spec, as_of.date(), panel);
    });
    return panel;
}

markov::FittedModel fit_store(store::Store& store, const FitRequest& request) {
    Findings findings;
    const auto spec = markov::read_spec(request.spec_text, request.spec_file, findings);
    if (!findings.ok()) throw InputError(findings);
    const auto panel = panel_of(store, spec, request.as_of);
    if (panel.subjects() == 0)
        throw Error("P003",
                    "no patient of the store has a reading of a channel of model '" + spec.name + "'");
    markov::FitOptions options;
    options.starts = request.starts;
    return markov::fit_folds(spec, panel, request.folds, to_string(request.as_of), options, request.threads);
}

markov::FittedModel fit_table(const markov::Spec& spec, const Table& table, const TableFit& how) {
    markov::FitOptions options;
    options.starts = how.starts;
    // One set: the workers share its likelihood. Several: a set each.
    if (how.folds < 2) options.threads = how.threads;
    if (how.start_from_data) {
        auto centred = spec;
        markov::centre_on_means(centred, table.panel);
        options.from = markov::crude_start(centred, table.panel);
    }
    return markov::fit_folds(spec, table.panel, how.folds, how.date, options, how.threads, table.fingerprint);
}

namespace {

/// A set's name: which patients it was fitted without.
std::string set_name(const markov::FittedModel& m, std::size_t i) {
    return i + 1 == m.sets.size() ? "all patients" : fmt::format("without fold {}", i + 1);
}

}  // namespace

std::string describe(const markov::FittedModel& m) {
    std::string out = fmt::format("model {} ({})\nfitted on data as known at {}, fingerprint {}\n",
                                  m.spec.name, m.spec.title, m.date, m.data_fingerprint.substr(0, 12));
    for (std::size_t i = 0; i < m.sets.size(); ++i) {
        const auto& s = m.sets[i];
        out +=
            fmt::format("  {:<16} {:>5} patients {:>7} rows  -2 log likelihood {:>12.3f}  {}{}{}\n",
                        set_name(m, i), s.subjects, s.rows, -2.0 * s.summary.final_log_lik,
                        markov::to_string(s.summary.end), s.summary.why.empty() ? "" : ": ", s.summary.why);
    }
    out += m.usable() ? "usable: may score patients\n" : "NOT USABLE: " + m.why_not_usable() + "\n";
    out +=
        fmt::format("  {:<44} {:>12} {:>12} {:>12}\n", "parameter (all patients)", "value", "95% from", "to");
    const auto& full = m.full();
    for (std::size_t p = 0; p < m.spec.parameters.size(); ++p) {
        const auto& q = m.spec.parameters[p];
        const auto& se = full.standard_error[p];
        std::string low = "-", high = "-";
        if (se) {
            const double free = q.free_from(full.values[p]);
            low = fmt::format("{:.4g}", q.natural_from(free - 1.96 * *se));
            high = fmt::format("{:.4g}", q.natural_from(free + 1.96 * *se));
        }
        const bool held = std::count(full.summary.held.begin(), full.summary.held.end(), q.name) > 0;
        out += fmt::format("  {:<44} {:>12.5g} {:>12} {:>12}{}\n", q.name, full.values[p], low, high,
                           q.fixed ? "  fixed"
                           : held  ? "  held by its prior"
                                   : "");
    }
    return out;
}

std::string describe_json(const markov::FittedModel& m) {
    using nlohmann::ordered_json;
    ordered_json sets = ordered_json::array();
    for (std::size_t i = 0; i < m.sets.size(); ++i) {
        const auto& s = m.sets[i];
        ordered_json parameters = ordered_json::array();
        for (std::size_t p = 0; p < m.spec.parameters.size(); ++p) {
            ordered_json row{{"name", m.spec.parameters[p].name}, {"value", s.values[p]}};
            row["standard_error_unconstrained"] =
                s.standard_error[p] ? ordered_json(*s.standard_error[p]) : ordered_json();
            row["fixed"] = m.spec.parameters[p].fixed;
            parameters.push_back(std::move(row));
        }
        sets.push_back({{"fitted_to", set_name(m, i)},
                        {"patients", s.subjects},
                        {"rows", s.rows},
                        {"minus2loglik", -2.0 * s.summary.final_log_lik},
                        {"end", std::string(markov::to_string(s.summary.end))},
                        {"why", s.summary.why},
                        {"held", s.summary.held},
                        {"parameters", std::move(parameters)}});
    }
    return ordered_json{
               {"model", m.spec.name},   {"data_as_of", m.date},          {"fingerprint", m.data_fingerprint},
               {"usable", m.usable()},   {"why_not", m.why_not_usable()}, {"folds", m.folds},
               {"sets", std::move(sets)}}
               .dump(2) +
           "\n";
}

}  // namespace bellwether::app

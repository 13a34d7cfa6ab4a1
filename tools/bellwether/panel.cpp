#include "panel.hpp"

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

namespace bellwether::cli {

void PanelSource::declare(Options& o, bool required) {
    o.text("--panel", file, "table (CSV with a header; '-': standard input), a row per subject and time",
           required);
    o.text("--subject", options.subject, "its column of subjects");
    o.text("--time", options.time, "its column of times, numbers in the model's unit");
    o.text("--state", options.state, "its column of states that are seen or known");
    o.text("--kind,--obstype", options.kind, "its column of snapshot, exact or death (1, 2, 3)");
    o.text("--known,--obstrue", options.known, "its column that is 1 where the state is known");
    o.text("--weight", options.weight, "its column of the subjects' weights");
    o.flag("--exact-times", options.exact_times, "all moves are seen when they happen");
    o.texts("--reading", options.readings, "CHANNEL=COLUMN, where a channel's column is not called like it");
    o.texts("--code", options.codes, "CODE=STATE+STATE: a cell that stands for one of several states");
}

app::Table PanelSource::read(const markov::Spec& spec) const {
    return read(spec, app::columns_of(spec, options));
}

app::Table PanelSource::read(const markov::Spec& spec, const markov::TableColumns& columns) const {
    const auto source = feed::open_feed(file);
    Findings findings;
    auto table = app::read_table(*source, file, spec, columns, findings);
    if (!findings.ok()) throw InputError(findings);
    return table;
}

markov::Spec read_specification(const std::string& file) {
    Findings findings;
    auto spec = markov::read_spec(read_text(file), file, findings);
    if (!findings.ok()) throw InputError(findings);
    return spec;
}

markov::FittedModel read_fitted(const std::string& file) {
    Findings findings;
    auto model = markov::read_model(read_text(file), file, findings);
    if (!findings.ok()) throw InputError(findings);
    return model;
}

}  // namespace bellwether::cli

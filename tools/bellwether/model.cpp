#include <algorithm>

#include <fmt/format.h>

#include "bellwether/app/fit.hpp"
#include "bellwether/app/preflight.hpp"
#include "bellwether/app/rules.hpp"
#include "bellwether/core/text.hpp"

#include "commands.hpp"
#include "panel.hpp"

namespace bellwether::cli {
namespace {

struct FitArgs {
    Session session;
    PanelSource panel;
    std::string spec, out, when, start = "model";
    std::int64_t folds = -1, threads = 2, starts = 1;
    bool preflight_only = false;
};

Exit tell(const FitArgs& a, const markov::FittedModel& model, const std::string& header) {
    write_text_atomically(a.out, markov::write_model(model));
    const bool json = a.session.output() == Format::json;
    fmt::print("{}{}", json ? "" : header, json ? app::describe_json(model) : app::describe(model));
    if (model.usable()) return Exit::ok;
    fmt::print(stderr, "bellwether: the fit may not score patients: {}\n", model.why_not_usable());
    return Exit::failed;
}

Exit fit_panel(const FitArgs& a) {
    const auto spec = read_specification(a.spec);
    const auto table = a.panel.read(spec);
    const auto before = app::preflight(spec, table.panel);
    const auto format = a.session.output();
    if (a.preflight_only)
        fmt::print("{}", format == Format::json  ? app::describe_json(before)
                         : format == Format::csv ? app::describe_csv(before)
                                                 : app::describe(before));
    const auto refuse_impossible = [&] {
        auto centred = spec;
        markov::centre_on_means(centred, table.panel);
        Findings findings;
        app::find_impossible(centred, spec.start_values(), table, a.panel.file, findings);
        if (!findings.ok()) throw InputError(findings);
    };
    if (a.preflight_only) {
        refuse_impossible();
        return Exit::ok;
    }
    app::TableFit how;
    how.folds = static_cast<std::size_t>(std::max<std::int64_t>(a.folds, 0));
    how.threads = static_cast<unsigned>(a.threads);
    how.starts = static_cast<int>(a.starts);
    how.start_from_data = a.start == "data";
    how.date = to_string(now().date());
    const auto model = app::fit_table(spec, table, how);
    // Looked for only where the fit met it: most tables have none.
    if (model.full().summary.end == markov::FitSummary::End::bad_start) refuse_impossible();
    return tell(a, model, app::describe(before));
}

Exit fit_store(const FitArgs& a) {
    const auto store = a.session.open();
    app::FitRequest request;
    request.spec_text = read_text(a.spec);
    request.spec_file = a.spec;
    request.folds = static_cast<std::size_t>(a.folds < 0 ? 5 : a.folds);
    request.as_of = as_of(a.when);
    request.threads = static_cast<unsigned>(a.threads);
    request.starts = static_cast<int>(a.starts);
    return tell(a, app::fit_store(*store, request), banner(*store));
}

void define_fit(Options& o) {
    auto a = std::make_shared<FitArgs>();
    a->session.declare(o);
    o.text("model,--model", a->spec, "model specification (YAML)", true);
    o.text("--out", a->out, "where the fitted model goes");
    a->panel.declare(o, false);
    o.flag("--preflight", a->preflight_only, "with --panel: say what the fit will meet, and stop");
    o.word("--start", a->start, "with --panel: start values of the model, or taken from the data",
           {"model", "data"});
    o.integer("--folds", a->folds,
              "K for cross-fitting: a patient is then never scored by parameters that saw it; 0 = one "
              "set for all; -1 = 5 for a store, 0 for a table",
              -1, 100);
    o.integer("--starts", a->starts, "starts per fit", 1, 100);
    o.integer("--threads", a->threads, "fits at once", 1, 256);
    o.text("--as-of", a->when, "data of the store as known then; default: now");
    o.examples(
        "  bellwether fit models/tumour-size/size-only.yaml --folds 5 --out size.fit.yaml --db oak.db\n"
        "  bellwether fit --model cav.yaml --panel cav.csv --subject PTNUM --time years --state state --out "
        "cav.fit.yaml\n"
        "  bellwether fit --model cav.yaml --panel cav.csv --subject PTNUM --time years --state state "
        "--preflight\n");
    o.run([a] {
        if (!a->panel.file.empty() && !a->session.db.empty())
            throw UsageError("--panel and --db: the data come from one of them");
        if (a->panel.file.empty() && a->preflight_only) throw UsageError("--preflight needs --panel FILE");
        if (a->out.empty() && !a->preflight_only) throw UsageError("--out: say where the fitted model goes");
        return a->panel.file.empty() ? fit_store(*a) : fit_panel(*a);
    });
}

struct ModelArgs {
    Session session;
    std::string file, from, why;
};

void define_activate(Options& o) {
    auto a = std::make_shared<ModelArgs>();
    a->session.declare(o, false);
    o.text("file", a->file, "fitted model", true);
    o.text("--from", a->from,
           "instant from which it holds; in the past only in historical and simulated stores");
    o.text("--why", a->why, "the reason, for the trail");
    o.examples("  bellwether model activate size.fit.yaml --db trial.db --why 'refit after cohort 2'\n");
    o.run([a] {
        const auto held = lock(a->session.path(), false);
        const auto store = a->session.open();
        const app::Order order{activation_instant(*store, a->from), now(), a->session.actor(), a->why};
        app::activate_model(*store, read_text(a->file), a->file, order);
        for (const auto& d : app::check_active_thresholds(*store).list)
            fmt::print(stderr, "{}\n", to_string(d));
        fmt::print("{}model {} active from {}\n", banner(*store), a->file, to_string(order.from));
        return Exit::ok;
    });
}

}  // namespace

const Command fit{"fit", "", "fit a model to a table, or to the store's data, cross-fitted", define_fit};
const Command model_activate{"model", "activate", "put a fitted model in force", define_activate};

}  // namespace bellwether::cli

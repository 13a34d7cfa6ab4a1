#include <fmt/format.h>

#include "bellwether/app/fit.hpp"
#include "bellwether/app/rules.hpp"
#include "bellwether/core/text.hpp"

#include "commands.hpp"

namespace bellwether::cli {
namespace {

struct FitArgs {
    Session session;
    std::string spec, out, when;
    std::int64_t folds = 5, threads = 2, starts = 1;
};

void define_fit(Options& o) {
    auto a = std::make_shared<FitArgs>();
    a->session.declare(o);
    o.text("model", a->spec, "model specification (YAML)", true);
    o.text("--out", a->out, "where the fitted model goes", true);
    o.integer("--folds", a->folds,
              "K for cross-fitting: a patient is then never scored by parameters that saw it; 0 = one "
              "set for all",
              0, 100);
    o.integer("--starts", a->starts, "starts per fit", 1, 100);
    o.integer("--threads", a->threads, "fits at once", 1, 256);
    o.text("--as-of", a->when, "data as known then; default: now");
    o.examples(
        "  bellwether fit models/tumour-size/size-only.yaml --folds 5 --out size.fit.yaml --db oak.db\n");
    o.run([a] {
        const auto store = a->session.open();
        app::FitRequest request;
        request.spec_text = read_text(a->spec);
        request.spec_file = a->spec;
        request.folds = static_cast<std::size_t>(a->folds);
        request.as_of = as_of(a->when);
        request.threads = static_cast<unsigned>(a->threads);
        request.starts = static_cast<int>(a->starts);
        const auto model = app::fit_store(*store, request);
        write_text_atomically(a->out, markov::write_model(model));
        fmt::print("{}{}", a->session.output() == Format::text ? banner(*store) : "",
                   a->session.output() == Format::json ? app::describe_json(model) : app::describe(model));
        if (!model.usable()) {
            fmt::print(stderr, "bellwether: the fit may not score patients: {}\n", model.why_not_usable());
            return Exit::failed;
        }
        return Exit::ok;
    });
}

struct ModelArgs {
    Session session;
    std::string file, from, why;
};

void define_show(Options& o) {
    auto a = std::make_shared<ModelArgs>();
    o.text("file", a->file, "fitted model", true);
    o.word("--format", a->session.format, "text or json", {"text", "json"});
    o.examples("  bellwether model show size.fit.yaml\n");
    o.run([a] {
        Findings findings;
        const auto model = markov::read_model(read_text(a->file), a->file, findings);
        if (!findings.ok()) throw InputError(findings);
        fmt::print("{}",
                   a->session.output() == Format::json ? app::describe_json(model) : app::describe(model));
        return Exit::ok;
    });
}

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
        fmt::print("{}model {} active from {}\n", banner(*store), a->file, to_string(order.from));
        return Exit::ok;
    });
}

}  // namespace

const Command fit{"fit", "", "fit a model to the store's data, cross-fitted", define_fit};
const Command model_show{"model", "show", "how a fit ended, its parameters and their intervals", define_show};
const Command model_activate{"model", "activate", "put a fitted model in force", define_activate};

}  // namespace bellwether::cli

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bellwether/app/check.hpp"
#include "bellwether/app/compare.hpp"
#include "bellwether/app/fit.hpp"
#include "bellwether/app/predict.hpp"
#include "bellwether/app/preflight.hpp"
#include "bellwether/app/simulate.hpp"
#include "bellwether/app/summary.hpp"
#include "bellwether/core/text.hpp"

#include "commands.hpp"
#include "panel.hpp"

/// What a statistician asks of a fitted model.
namespace bellwether::cli {
namespace {

struct Args {
    Session session;
    PanelSource panel;
    std::string file, what, out, from, plot, between = "last-seen";
    std::vector<std::string> files;
    std::int64_t seed = 1, replicates = 200, threads = 2;
    std::vector<std::string> ahead, at, times, multiples, through, parameters;
    std::string within;
};

std::vector<double> times(const std::vector<std::string>& words, const std::string& option) {
    std::vector<double> out;
    for (const auto& word : words) {
        const auto x = parse_double(word);
        if (!x || *x < 0.0) throw UsageError(option + " '" + word + "' is no time from 0");
        out.push_back(*x);
    }
    return out;
}

void print(const std::vector<app::Sheet>& sheets, Format format) {
    if (format == Format::json) {
        fmt::print("{}", app::to_json(sheets));
        return;
    }
    for (std::size_t i = 0; i < sheets.size(); ++i)
        fmt::print("{}{}", i > 0 ? "\n" : "",
                   format == Format::csv ? app::to_csv(sheets[i]) : app::to_text(sheets[i]));
}

/// The sheets, or the one that `what` names. CSV is always one table: by default the first.
std::vector<app::Sheet> chosen(std::vector<app::Sheet> sheets, const std::string& what, Format format) {
    if (what.empty()) {
        if (format == Format::csv) sheets.resize(1);
        return sheets;
    }
    std::vector<std::string> names;
    for (const auto& sheet : sheets) {
        if (sheet.name == what) return {sheet};
        names.push_back(sheet.name);
    }
    throw UsageError("--what: this model has no '" + what + "'; " + suggestion(what, names));
}

/// A state by name; the first where none is named.
std::size_t state_called(const markov::Spec& spec, const std::string& name) {
    if (name.empty()) return 0;
    if (const auto state = spec.state_index(name)) return *state;
    throw UsageError("--from: no state is called '" + name + "'; " + suggestion(name, spec.labels()));
}

Exit show(const Args& a) {
    const auto model = read_fitted(a.file);
    const auto format = a.session.output();
    const auto covariates = app::covariates_at(model.spec, a.at);
    const auto course = app::covariates_over(model.spec, a.at, a.through);
    const auto ahead = times(a.times, "--at-time");
    const auto sheets = app::summarise(model, course, ahead);
    if (!a.plot.empty()) {
        if (ahead.empty() || *std::max_element(ahead.begin(), ahead.end()) <= 0.0)
            throw UsageError("--plot: say --at-time T, up to which the curves go");
        write_text_atomically(a.plot, app::occupancy_svg(model, covariates, state_called(model.spec, a.from),
                                                         *std::max_element(ahead.begin(), ahead.end())));
    }
    if (!a.what.empty() || format == Format::csv) {
        print(chosen(sheets, a.what, format), format);
        return Exit::ok;
    }
    if (format == Format::json) {
        auto all = nlohmann::ordered_json::parse(app::describe_json(model));
        all["figures"] = nlohmann::ordered_json::parse(app::to_json(sheets));
        fmt::print("{}\n", all.dump(2));
        return Exit::ok;
    }
    fmt::print("{}", app::describe(model));
    for (std::size_t i = 1; i < sheets.size(); ++i)  // the parameters were among them
        fmt::print("\n{}", app::to_text(sheets[i]));
    return Exit::ok;
}

void define_show(Options& o) {
    auto a = std::make_shared<Args>();
    o.text("file", a->file, "fitted model", true);
    o.texts("--at", a->at, "COVARIATE=VALUE for rates, stays and probabilities; others are at their centres");
    o.texts("--at-time", a->times, "also the probabilities of the states after this time");
    o.texts("--through", a->through,
            "TIME:COVARIATE=VALUE[,...]: from TIME on; probabilities and stays go through all changes, and "
            "through the model's own periods");
    o.text("--plot", a->plot, "picture (SVG) of the states' probabilities up to the last --at-time");
    o.text("--from", a->from, "the state in which its curves begin; default: the first");
    o.text("--what", a->what,
           "one table only: parameters, hazards, odds, generator, sojourn, next, passage, "
           "probabilities, reached, stay");
    o.word("--format", a->session.format, "text, json, or csv (one table)", {"text", "json", "csv"});
    o.examples(
        "  bellwether model show size.fit.yaml\n"
        "  bellwether model show cav.fit.yaml --at age=50 --at sex=female --at-time 1 --at-time 10\n"
        "  bellwether model show drug.fit.yaml --at on=1 --through 90:on=0 --at-time 180 --what stay\n"
        "  bellwether model show cav.fit.yaml --what hazards --format csv\n");
    o.run([a] { return show(*a); });
}

bool grows(const markov::Spec& spec) {
    return std::any_of(spec.channels.begin(), spec.channels.end(),
                       [](const markov::Channel& c) { return c.says == markov::Says::growth; });
}

Exit predict(const Args& a) {
    const auto model = read_fitted(a.file);
    app::PredictRequest request;
    request.ahead = times(a.ahead, "--ahead");
    request.multiples = times(a.multiples, "--exceeds");
    request.seed = static_cast<std::uint64_t>(a.seed);
    for (const double multiple : request.multiples)
        if (!(multiple > 0.0)) throw UsageError("--exceeds takes multiples above 0");
    if (request.multiples.empty() != a.within.empty())
        throw UsageError(a.within.empty() ? "--exceeds needs --within, how far to look"
                                          : "--within says how far --exceeds looks, which is not given");
    if (!a.within.empty()) request.within = times({a.within}, "--within").front();
    if (!request.multiples.empty() && !grows(model.spec))
        throw UsageError("--exceeds: model '" + model.spec.name + "' has no growth channel");
    const auto table = a.panel.read(model.spec);
    Findings findings;
    app::find_impossible(model.spec, model.full().values, table, a.panel.file, findings);
    if (!findings.ok()) throw InputError(findings);
    print(chosen(app::predict(model, table, request), a.what, a.session.output()), a.session.output());
    return Exit::ok;
}

void define_predict(Options& o) {
    auto a = std::make_shared<Args>();
    o.text("file", a->file, "fitted model", true);
    a->panel.declare(o, true);
    o.texts("--ahead", a->ahead, "also forecast this long after each subject's last row");
    o.texts("--exceeds", a->multiples,
            "also when each growth channel's level first exceeds this many times its nadir");
    o.text("--within", a->within, "how long after the last row --exceeds looks");
    o.integer("--seed", a->seed, "of the random numbers of --exceeds", 0, 1'000'000'000);
    o.text("--what", a->what, "states, levels or times; default: all (csv: states)");
    o.word("--format", a->session.format, "text, json or csv", {"text", "json", "csv"});
    o.examples(
        "  bellwether model predict cav.fit.yaml --panel new.csv --subject id --time years --state state "
        "--ahead 1 --ahead 5 --format csv\n"
        "  bellwether model predict burden.fit.yaml --panel new.csv --subject id --time day --ahead 84 "
        "--exceeds 1.5 --exceeds 2 --within 365 --what times --format csv\n");
    o.run([a] { return predict(*a); });
}

/// A fitted model, or a specification with its start values.
std::pair<markov::Spec, markov::Values> model_or_specification(const std::string& file) {
    const auto text = read_text(file);
    if (text.find("\nfitted-model:") == std::string::npos) {
        auto spec = read_specification(file);
        auto values = spec.start_values();
        return {std::move(spec), std::move(values)};
    }
    auto model = read_fitted(file);
    return {std::move(model.spec), model.full().values};
}

Exit simulate(const Args& a) {
    const auto [spec, values] = model_or_specification(a.file);
    auto columns = app::columns_of(spec, a.panel.options);
    columns.visits_only = true;
    const std::size_t from = state_called(spec, a.from);
    const auto visits = a.panel.read(spec, columns);
    const auto drawn =
        app::simulate_table(spec, values, visits, columns, from, static_cast<unsigned long long>(a.seed));
    if (a.out.empty())
        fmt::print("{}", app::to_csv(drawn));
    else
        write_text_atomically(a.out, app::to_csv(drawn));
    return Exit::ok;
}

void define_simulate(Options& o) {
    auto a = std::make_shared<Args>();
    o.text("file", a->file, "fitted model, or a specification: then its start values", true);
    a->panel.declare(o, true);
    o.text("--from", a->from, "where subjects start whom the table does not see, in a model without a start");
    o.integer("--seed", a->seed, "of the random numbers", 0, 1'000'000'000);
    o.text("--out", a->out, "where the table (CSV) goes; default: standard output");
    o.examples("  bellwether model simulate cav.fit.yaml --panel cav.csv --seed 7 --out again.csv\n");
    o.run([a] { return simulate(*a); });
}

Exit check(const Args& a) {
    const auto model = read_fitted(a.file);
    const auto table = a.panel.read(model.spec);
    Findings findings;
    app::find_impossible(model.spec, model.full().values, table, a.panel.file, findings);
    if (!findings.ok()) throw InputError(findings);
    if (a.what == "subjects") {
        print({app::subjects(model, table.panel)}, a.session.output());
        return Exit::ok;
    }
    if (a.what == "pearson" || a.what == "residuals") {
        print({a.what == "pearson" ? app::pearson(model, table) : app::residuals(model, table)},
              a.session.output());
        return Exit::ok;
    }
    const auto between = a.between == "midpoint" ? app::Between::midpoint : app::Between::last_seen;
    const auto prevalence = app::prevalence(model, table, times(a.times, "--at-time"), between);
    if (!a.plot.empty()) write_text_atomically(a.plot, app::prevalence_svg(model, prevalence));
    print(chosen({prevalence}, a.what, a.session.output()), a.session.output());
    return Exit::ok;
}

void define_check(Options& o) {
    auto a = std::make_shared<Args>();
    o.text("file", a->file, "fitted model", true);
    a->panel.declare(o, true);
    o.texts("--at-time", a->times, "times at which states are counted; default: ten, evenly");
    o.word("--between", a->between,
           "between two looks a subject counts where last seen, or from halfway on where next seen",
           {"last-seen", "midpoint"});
    o.text("--plot", a->plot, "picture (SVG) of observed and expected percentages");
    o.text(
        "--what", a->what,
        "one table only: prevalence; subjects: each one's log likelihood, least likely first; pearson: moves "
        "between looks in known states; residuals: where each reading lies in its forecast");
    o.word("--format", a->session.format, "text, json, or csv (one table)", {"text", "json", "csv"});
    o.examples(
        "  bellwether model check cav.fit.yaml --panel cav.csv --at-time 1 --at-time 5 --at-time 10 --plot "
        "cav.svg\n");
    o.run([a] { return check(*a); });
}

Exit bootstrap(const Args& a) {
    const auto model = read_fitted(a.file);
    const auto table = a.panel.read(model.spec);
    markov::BootstrapOptions how;
    how.draws = static_cast<int>(a.replicates);
    how.seed = static_cast<unsigned long long>(a.seed);
    how.threads = static_cast<unsigned>(a.threads);
    const auto sheets = app::bootstrap(model, table, app::covariates_over(model.spec, a.at, a.through),
                                       times(a.times, "--at-time"), how);
    print(chosen(sheets, a.what, a.session.output()), a.session.output());
    return Exit::ok;
}

void define_bootstrap(Options& o) {
    auto a = std::make_shared<Args>();
    o.text("file", a->file, "fitted model", true);
    a->panel.declare(o, true);
    o.integer("--replicates", a->replicates, "refits", 20, 100'000);
    o.integer("--seed", a->seed, "of the random numbers", 0, 1'000'000'000);
    o.integer("--threads", a->threads, "refits at once", 1, 256);
    o.texts("--at", a->at, "COVARIATE=VALUE for rates, stays and probabilities; others are at their centres");
    o.texts("--at-time", a->times, "also the probabilities of the states after this time");
    o.texts("--through", a->through,
            "TIME:COVARIATE=VALUE[,...]: from TIME on; probabilities and stays go through all changes, and "
            "through the model's own periods");
    o.text("--what", a->what, "one table only, as in model show");
    o.word("--format", a->session.format, "text, json, or csv (one table)", {"text", "json", "csv"});
    o.examples("  bellwether model bootstrap cav.fit.yaml --panel cav.csv --what sojourn\n");
    o.run([a] { return bootstrap(*a); });
}

Exit profile(const Args& a) {
    const auto model = read_fitted(a.file);
    print({app::profiles(model, a.panel.read(model.spec), a.parameters)}, a.session.output());
    return Exit::ok;
}

void define_profile(Options& o) {
    auto a = std::make_shared<Args>();
    o.text("file", a->file, "fitted model", true);
    a->panel.declare(o, true);
    o.texts("--parameter", a->parameters, "this one only; default: all that were fitted");
    o.word("--format", a->session.format, "text, json or csv", {"text", "json", "csv"});
    o.examples("  bellwether model profile cav.fit.yaml --panel cav.csv --parameter 'rate(well>mild)'\n");
    o.run([a] { return profile(*a); });
}

Exit compare(const Args& a) {
    if (a.files.size() < 2) throw UsageError("compare needs two fitted models or more");
    std::vector<markov::FittedModel> models;
    std::vector<app::Table> tables;
    for (const auto& file : a.files) {
        models.push_back(read_fitted(file));
        if (!a.panel.file.empty()) tables.push_back(a.panel.read(models.back().spec));
    }
    print({app::compare(models, tables)}, a.session.output());
    return Exit::ok;
}

void define_compare(Options& o) {
    auto a = std::make_shared<Args>();
    o.texts("files", a->files, "fitted models", true);
    a->panel.declare(o, false);
    o.word("--format", a->session.format, "text, json or csv", {"text", "json", "csv"});
    o.examples(
        "  bellwether model compare plain.fit.yaml sex.fit.yaml\n"
        "  bellwether model compare a.fit.yaml b.fit.yaml --panel cav.csv    (adds the cross-validated "
        "score)\n");
    o.run([a] { return compare(*a); });
}

}  // namespace

const Command model_check{"model", "check", "a fitted model against data: prevalence observed and expected",
                          define_check};
const Command model_bootstrap{"model", "bootstrap",
                              "intervals for all that model show tells, from refits to resampled subjects",
                              define_bootstrap};
const Command model_profile{"model", "profile", "intervals of the parameters by profile likelihood",
                            define_profile};
const Command model_compare{"model", "compare",
                            "likelihood ratio, AIC, BIC and cross-validated score of fits", define_compare};
const Command model_simulate{"model", "simulate", "draw from a model on the visits of a table",
                             define_simulate};
const Command model_show{"model", "show", "how a fit ended, its parameters and what follows from them",
                         define_show};
const Command model_predict{
    "model", "predict",
    "subjects of a table: states now, by all rows, most probable, forecast; levels; times to a rise",
    define_predict};

}  // namespace bellwether::cli

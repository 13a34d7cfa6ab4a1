#include <fmt/format.h>

#include "bellwether/app/predict.hpp"
#include "bellwether/app/preflight.hpp"
#include "bellwether/core/text.hpp"

#include "commands.hpp"
#include "panel.hpp"

/// What a statistician asks of a fitted model: model predict, ...
namespace bellwether::cli {
namespace {

struct Args {
    Session session;
    PanelSource panel;
    std::string file;
    std::vector<std::string> ahead;
};

std::vector<double> times(const std::vector<std::string>& words, const std::string& option) {
    std::vector<double> out;
    for (const auto& word : words) {
        const auto x = parse_double(word);
        if (!x || !(*x > 0.0)) throw UsageError(option + " '" + word + "' is no time above 0");
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

Exit predict(const Args& a) {
    const auto model = read_fitted(a.file);
    const auto ahead = times(a.ahead, "--ahead");
    const auto table = a.panel.read(model.spec);
    Findings findings;
    app::find_impossible(model.spec, model.full().values, table, a.panel.file, findings);
    if (!findings.ok()) throw InputError(findings);
    print({app::predict(model, table, ahead)}, a.session.output());
    return Exit::ok;
}

void define_predict(Options& o) {
    auto a = std::make_shared<Args>();
    o.text("file", a->file, "fitted model", true);
    a->panel.declare(o, true);
    o.texts("--ahead", a->ahead, "also forecast this long after each subject's last row");
    o.word("--format", a->session.format, "text, json or csv", {"text", "json", "csv"});
    o.examples(
        "  bellwether model predict cav.fit.yaml --panel new.csv --subject id --time years --state state "
        "--ahead 1 --ahead 5 --format csv\n");
    o.run([a] { return predict(*a); });
}

}  // namespace

const Command model_predict{
    "model", "predict", "states of the subjects of a table: now, by all rows, most probable path, forecast",
    define_predict};

}  // namespace bellwether::cli

#include "bellwether/app/rules.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bellwether/core/text.hpp"

#include "commands.hpp"

namespace bellwether::cli {
namespace fs = std::filesystem;
namespace {

struct Args {
    Session session;
    std::vector<std::string> paths;
    std::string channels, models, from, why;
    void sources(Options& o) {
        o.texts("paths", paths, "rule files, or folders of them", true);
        o.text("--models", models,
               "folder of model specifications whose labels P() may name; default: the shipped models/");
    }
    [[nodiscard]] std::string model_folder() const { return models.empty() ? home() + "/models" : models; }
    [[nodiscard]] ChannelCatalogue catalogue() const {
        const std::string file = channels.empty() ? home() + "/models/channels.yaml" : channels;
        Findings findings;
        auto c = read_catalogue(read_text(file), file, findings);
        if (!findings.ok()) throw InputError(findings);
        return c;
    }
};

/// A rule file named alone brings its test file with it, and a test file its rules; a folder holds both
/// already.
std::vector<std::string> with_partners(const std::vector<std::string>& paths) {
    static const std::string test = ".test.yaml", rule = ".yaml";
    std::vector<std::string> all = paths;
    for (const auto& p : paths) {
        std::string partner;
        if (p.ends_with(test))
            partner = p.substr(0, p.size() - test.size()) + rule;
        else if (p.ends_with(rule))
            partner = p.substr(0, p.size() - rule.size()) + test;
        if (!partner.empty() && fs::exists(partner) &&
            std::find(all.begin(), all.end(), partner) == all.end())
            all.push_back(partner);
    }
    return all;
}

/// Findings as a compiler shows them, with the line and a caret.
void print(const Findings& findings, const app::RuleFiles& files) {
    for (const auto& d : findings.list) {
        std::string text;
        for (const auto* list : {&files.rules, &files.tests, &files.therapy, &files.thresholds})
            for (const auto& f : *list)
                if (f.name == d.at.file) text = f.text;
        fmt::print(stderr, "{}\n", text.empty() ? to_string(d) : with_snippet(d, text));
    }
}

std::string findings_json(const Findings& findings) {
    auto rows = nlohmann::ordered_json::array();
    for (const auto& d : findings.list)
        rows.push_back({{"severity", d.severity == Diagnostic::Severity::error ? "error" : "warning"},
                        {"code", d.code},
                        {"file", d.at.file},
                        {"line", d.at.line},
                        {"column", d.at.column},
                        {"what", d.what},
                        {"hint", d.hint}});
    return nlohmann::ordered_json{{"ok", findings.ok()}, {"findings", rows}}.dump(2) + "\n";
}

void define_check(Options& o) {
    auto a = std::make_shared<Args>();
    a->sources(o);
    o.text("--channels", a->channels, "channel catalogue; default: the shipped one");
    o.text("--db", a->session.db, "store whose active models thresholds are held against");
    o.word("--format", a->session.format, "text or json", {"text", "json"});
    o.examples(
        "  bellwether rules check rules/\n  bellwether rules check mine.yaml --format json\n"
        "  bellwether rules check rules/ thresholds.yaml --db trial.db\n");
    o.run([a] {
        const auto files = app::find_rule_files(a->paths);
        std::vector<store::Activation> active;
        if (!a->session.db.empty()) active = a->session.open()->activations();
        const auto set = app::make_rule_set(files, app::words_under(a->model_folder()), active);
        Findings findings;
        const auto book = app::check_rules(set, files, a->catalogue(), findings,
                                           app::models_at_hand(a->model_folder(), active));
        if (a->session.output() == Format::json)
            fmt::print("{}", findings_json(findings));
        else
            print(findings, files);
        if (findings.ok() && a->session.output() == Format::text)
            fmt::print("{} rules in {} files, {} regimen graphs: no error\n", book.rules.size(),
                       files.rules.size(), files.therapy.size());
        return findings.ok() ? Exit::ok : Exit::bad_input;
    });
}

void define_test(Options& o) {
    auto a = std::make_shared<Args>();
    a->sources(o);
    o.text("--channels", a->channels, "channel catalogue; default: the shipped one");
    o.examples("  bellwether rules test rules/\n  bellwether rules test mine.yaml\n");
    o.run([a] {
        const auto files = app::find_rule_files(with_partners(a->paths));
        Findings findings;
        const auto report =
            app::test_rules(files, app::words_under(a->model_folder()), a->catalogue(), findings);
        print(findings, files);
        for (const auto& line : report.failures)
            fmt::print(stderr, "{}\n", line);
        for (const auto& rule : report.never_raised)
            fmt::print(stderr, "no test raises '{}'\n", rule);
        fmt::print("{} tests, {} failures, {} rules that no test raises\n", report.tests,
                   report.failures.size(), report.never_raised.size());
        if (!findings.ok()) return Exit::bad_input;
        return report.failures.empty() ? Exit::ok : Exit::failed;
    });
}

void define_features(Options& o) {
    auto a = std::make_shared<Args>();
    o.text("--channels", a->channels, "channel catalogue; default: the shipped one");
    o.examples("  bellwether rules features\n");
    o.run([a] {
        const auto table = app::make_table({}, a->catalogue());
        for (const auto& f : table->features()) {
            std::string args;
            for (const auto& arg : f.args)
                args += (args.empty() ? "" : ", ") + (arg.optional ? "[" + arg.name + "]" : arg.name);
            fmt::print("{:<28} {}{}\n", f.name + "(" + args + ")", f.summary,
                       f.reads_clock ? " (moves with the date)" : "");
        }
        return Exit::ok;
    });
}

void define_activate(Options& o) {
    auto a = std::make_shared<Args>();
    a->session.declare(o, false);
    a->sources(o);
    o.text("--from", a->from,
           "instant from which they hold; in the past only in historical and simulated stores");
    o.text("--why", a->why, "the reason, for the trail");
    o.examples("  bellwether rules activate rules/ --db trial.db --why 'protocol 3.1'\n");
    o.run([a] {
        const auto held = lock(a->session.path(), false);
        const auto store = a->session.open();
        const auto files = app::find_rule_files(a->paths);
        const app::Order order{activation_instant(*store, a->from), now(), a->session.actor(), a->why};
        try {
            app::activate_rules(*store, files, app::words_under(a->model_folder()), order);
        } catch (const InputError& e) {
            print(e.findings(), files);
            return Exit::bad_input;
        }
        print(app::check_active_thresholds(*store), files);
        fmt::print("{}{} rule files active from {}\n", banner(*store), files.rules.size(),
                   to_string(order.from));
        return Exit::ok;
    });
}

void define_list(Options& o) {
    auto a = std::make_shared<Args>();
    a->session.declare(o);
    o.examples("  bellwether rules list --db trial.db\n");
    o.run([a] {
        const auto store = a->session.open();
        auto rows = nlohmann::ordered_json::array();
        if (a->session.output() == Format::text) fmt::print("{}", banner(*store));
        if (a->session.output() == Format::csv)
            fmt::print("{}", csv_line({"store", "kind", "name", "hash", "from", "who", "why"}));
        for (const auto& x : store->activations()) {
            const std::string kind(store::to_string(x.kind));
            if (a->session.output() == Format::json)
                rows.push_back({{"kind", kind},
                                {"name", x.name},
                                {"hash", x.hash},
                                {"from", to_string(x.from)},
                                {"who", x.who},
                                {"why", x.why}});
            else if (a->session.output() == Format::csv)
                fmt::print(
                    "{}", csv_line({kind_of(*store), kind, x.name, x.hash, to_string(x.from), x.who, x.why}));
            else
                fmt::print("{:<9} {:<28} {} from {} by {} {}\n", kind, x.name, x.hash.substr(0, 12),
                           to_string(x.from), x.who, x.why);
        }
        if (a->session.output() == Format::json)
            fmt::print("{}\n", nlohmann::ordered_json{{"store", store::to_string(store->kind())},
                                                      {"activations", rows}}
                                   .dump(2));
        return Exit::ok;
    });
}

}  // namespace

const Command rules_check{"rules", "check", "check rule files and regimen graphs; print every finding",
                          define_check};
const Command rules_test{"rules", "test", "run the tests beside rule files", define_test};
const Command rules_features{"rules", "features", "what rules may ask of a patient", define_features};
const Command rules_activate{"rules", "activate", "put rules and the regimen graph in force",
                             define_activate};
const Command rules_list{"rules", "list", "activations of rules, models and regimens", define_list};

}  // namespace bellwether::cli

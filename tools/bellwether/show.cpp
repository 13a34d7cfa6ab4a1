#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bellwether/app/review.hpp"
#include "bellwether/core/text.hpp"

#include "commands.hpp"

namespace bellwether::cli {
namespace {

struct Args {
    Session session;
    std::string patient, when, since, out, format = "text";
};

/// To a file, whole or not at all, or to stdout.
void deliver(const std::string& text, const std::string& out) {
    if (out.empty())
        fmt::print("{}", text);
    else
        write_text_atomically(out, text);
}

report::Format format_of(const std::string& word) {
    return word == "json"   ? report::Format::json
           : word == "html" ? report::Format::html
                            : report::Format::text;
}

void define_patient_list(Options& o) {
    auto a = std::make_shared<Args>();
    a->session.declare(o);
    o.text("--as-of", a->when, "as known then; default: now");
    o.examples("  bellwether patient list --db trial.db\n");
    o.run([a] {
        const auto store = a->session.open();
        const auto ids = store->patients(as_of(a->when));
        if (a->session.output() == Format::json) {
            fmt::print(
                "{}\n",
                nlohmann::ordered_json{{"store", store::to_string(store->kind())}, {"patients", ids}}.dump(
                    2));
        } else {
            fmt::print("{}", a->session.output() == Format::csv ? "store,patient\n" : banner(*store));
            for (const auto& id : ids)
                fmt::print("{}",
                           a->session.output() == Format::csv ? csv_line({kind_of(*store), id}) : id + "\n");
        }
        return Exit::ok;
    });
}

void define_patient_show(Options& o) {
    auto a = std::make_shared<Args>();
    a->session.declare(o, false);
    o.text("id", a->patient, "the patient's pseudonym", true);
    o.text("--as-of", a->when, "as known then (a date means its end); default: now");
    o.word("--format", a->format, "text, json or html", {"text", "json", "html"});
    o.text("--out", a->out, "write to a file instead of stdout");
    o.examples(
        "  bellwether patient show VT-0007 --db trial.db\n"
        "  bellwether patient show VT-0007 --format html --out vt-0007.html --db trial.db\n");
    o.run([a] {
        const auto store = a->session.open();
        const auto page = app::patient_page(*store, a->patient, as_of(a->when));
        deliver(report::render(page, format_of(a->format), a->out.empty() && colours()), a->out);
        return Exit::ok;
    });
}

void define_weekly(Options& o) {
    auto a = std::make_shared<Args>();
    a->session.declare(o, false);
    o.text("--as-of", a->when, "instant of the review (a date means its end); default: now");
    o.text("--since", a->since, "instant of the review before; default: seven days earlier");
    o.word("--format", a->format, "text, json or html", {"text", "json", "html"});
    o.text("--out", a->out, "write to a file instead of stdout");
    o.examples(
        "  bellwether report weekly --db trial.db\n"
        "  bellwether report weekly --as-of 2026-03-02 --format html --out week.html --db trial.db\n");
    o.run([a] {
        const auto store = a->session.open();
        const Instant at = as_of(a->when);
        const Instant before = a->since.empty()
                                   ? Instant(at.microseconds() - 7 * std::int64_t{86'400'000'000})
                                   : instant(a->since, "--since");
        if (before >= at) throw UsageError("--since must be before --as-of");
        deliver(report::render(app::weekly_review(*store, at, before), format_of(a->format),
                               a->out.empty() && colours()),
                a->out);
        return Exit::ok;
    });
}

}  // namespace

const Command patient_list{"patient", "list", "patients known to the store", define_patient_list};
const Command patient_show{"patient", "show", "one patient's trajectory, states, alerts and options",
                           define_patient_show};
const Command report_weekly{"report", "weekly", "the alerts of the week", define_weekly};

}  // namespace bellwether::cli

#include <fmt/format.h>

#include "chart.hpp"
#include "html.hpp"
#include "html_parts.hpp"
#include "templates.hpp"
#include "words.hpp"

namespace bellwether::report {
namespace {

mstch::array facts_of(const PatientPage& p) {
    const auto& who = p.timeline.patient;
    mstch::array out;
    const auto add = [&](const std::string& name, const std::string& value) {
        if (!value.empty()) out.push_back(mstch::map{{"name", clean(name)}, {"value", clean(value)}});
    };
    add("where", place_words(who.site, who.arm) + (who.trial.empty() ? "" : ", trial " + who.trial));
    if (who.sex != Sex::unknown) add("sex", who.sex == Sex::female ? "female" : "male");
    if (who.birth_year) add("born", std::to_string(*who.birth_year));
    if (who.day_zero)
        add("day 0",
            fmt::format("{}, today is day {}", to_string(*who.day_zero), p.as_of.date() - *who.day_zero));
    add("regimen", p.current_regimen.empty() ? "none being given" : p.current_regimen);
    for (const auto& [what, answer] : p.response)
        add("response", what + ": " + answer);
    for (const auto& [name, why] : p.timeline.unmeasured)
        add("not known", name + ": " + why);
    return out;
}

}  // namespace

std::string html_of(const PatientPage& p) {
    auto root = frame_of("Bellwether, patient " + clean(p.timeline.patient.id) + ", " + moment(p.as_of),
                         banner(p.store_kind), basis(p), p.warnings);
    mstch::array alerts, options, unjudged, gaps;
    for (const auto& a : p.alerts)
        alerts.push_back(node_of(view_of(a, p.as_of), "", true));
    for (const auto& o : p.options)
        options.push_back(node_of(view_of(o)));
    for (const auto& g : unjudged_groups(p.not_assessable))
        unjudged.push_back(row_of({g.rules, g.missing}));
    for (const auto& c : p.conflicts)
        gaps.push_back("conflict: " + clean(c));
    for (const auto& m : p.missing)
        gaps.push_back("not measured: " + clean(m));
    const auto unless = [](bool some, const char* words) {
        return some ? std::string() : std::string(words);
    };
    root.insert(
        {{"facts", facts_of(p)},
         {"picture", patient_chart(p)},
         {"states_nothing",
          unless(!p.states.empty(),
                 "State probabilities are not assessed: no model in force has a reading to judge.")},
         {"alerts_n", std::to_string(p.alerts.size())},
         {"alerts_nothing",
          unless(!p.alerts.empty(), "No alert in the ledger; what could not be judged is listed below.")},
         {"unjudged_any", !unjudged.empty()},
         {"options_nothing", unless(!p.options.empty(), "Not known.")},
         {"options_any", !options.empty()},
         {"gaps_any", !gaps.empty()}});
    root.insert({{"alerts", std::move(alerts)},
                 {"options", std::move(options)},
                 {"unjudged_rows", std::move(unjudged)},
                 {"gaps", std::move(gaps)}});
    return write(page_template, root);
}

}  // namespace bellwether::report

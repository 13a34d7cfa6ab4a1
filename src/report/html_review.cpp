#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "chart.hpp"
#include "html.hpp"
#include "html_parts.hpp"
#include "templates.hpp"
#include "words.hpp"

namespace bellwether::report {
namespace {

std::string picture_of(const Review& r, const AlertLine& line) {
    if (line.alert.state != MachineState::open) return {};
    const auto it = r.timelines.find(line.alert.patient);
    if (it == r.timelines.end()) return {};
    return alert_chart(it->second, r.catalogue, read_evidence(line.alert.episode.evidence), line.alert,
                       r.as_of.date());
}

mstch::map section_of(const Review& r, Standing s) {
    std::vector<const AlertLine*> lines;
    for (const auto& a : r.alerts)
        if (a.standing == s) lines.push_back(&a);
    std::stable_sort(lines.begin(), lines.end(), [](const auto* a, const auto* b) {
        return std::tie(a->site, a->arm) < std::tie(b->site, b->arm);
    });
    mstch::array places;
    for (auto from = lines.begin(); from != lines.end();) {
        const auto to = std::find_if(from, lines.end(), [&](const auto* a) {
            return a->site != (*from)->site || a->arm != (*from)->arm;
        });
        const auto place = place_words((*from)->site, (*from)->arm);
        mstch::array alerts;
        for (; from != to; ++from) {
            const auto view = view_of(**from, r.as_of);
            alerts.push_back(node_of(view, picture_of(r, **from), false));
        }
        places.push_back(mstch::map{{"place", place}, {"alerts", std::move(alerts)}});
    }
    const bool unknown = lines.empty() && !assessed(r);
    return {{"title", section_title(r, s)},
            {"n", unknown ? std::string("not assessed") : std::to_string(lines.size())},
            {"nothing", lines.empty() ? nothing(r, s) : std::string()},
            {"places", std::move(places)}};
}

mstch::array groups_of(const Review& r) {
    mstch::array out;
    GroupCount all;
    const auto add = [&](const GroupCount& g, const std::string& place, const std::string& cls) {
        std::vector<std::string> cells{g.patients ? std::to_string(*g.patients) : "–"};
        for (const int n : g.alerts)
            cells.push_back(assessed(r) ? std::to_string(n) : "?");
        cells.push_back(r.schedule_known ? std::to_string(g.overdue) : "?");
        cells.push_back(assessed(r) ? std::to_string(g.unjudged) : "?");
        auto row = row_of(cells);
        row.insert({{"place", place}, {"cls", cls}});
        out.push_back(std::move(row));
    };
    for (const auto& g : group_counts(r)) {
        add(g, place_words(g.site, g.arm), "");
        for (std::size_t s = 0; s < 5; ++s)
            all.alerts[s] += g.alerts[s];
        all.overdue += g.overdue;
        all.unjudged += g.unjudged;
    }
    all.patients = r.patients;
    add(all, "all", "all");
    return out;
}

/// Sets NAME_n, NAME_nothing, NAME_any and NAME_rows.
void set_table(mstch::map& root, const std::string& name, const std::string& n,
               const std::string& nothing_words, mstch::array rows) {
    const bool any = !rows.empty();
    root.insert({{name + "_n", n},
                 {name + "_nothing", any ? std::string() : nothing_words},
                 {name + "_any", any},
                 {name + "_rows", std::move(rows)}});
}

mstch::array overdue_rows(const Review& r) {
    auto list = r.overdue;
    std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
        return std::tie(a.site, a.arm, b.days_late) < std::tie(b.site, b.arm, a.days_late);
    });
    mstch::array rows;
    for (const auto& o : list)
        rows.push_back(row_of({place_words(o.site, o.arm), o.patient, o.visit, to_string(o.due),
                               std::to_string(o.days_late), join(o.missing, ", ")}));
    return rows;
}

mstch::array unjudged_rows(const std::vector<Unjudged>& list) {
    mstch::array rows;
    for (const auto& g : unjudged_groups(list))
        rows.push_back(row_of({place_words(g.site, g.arm), g.missing, g.rules,
                               fmt::format("{}: {}", g.patients.size(), join(g.patients, ", "))}));
    return rows;
}

mstch::array quarantine_rows(const Review& r) {
    mstch::array rows;
    for (const auto& q : r.quarantine)
        rows.push_back(row_of(
            {fmt::format("#{}", q.id), to_string(Location{q.file, q.line, q.column}), q.code, q.reason}));
    return rows;
}

}  // namespace

std::string html_of(const Review& r) {
    auto root =
        frame_of("Bellwether weekly review, " + moment(r.as_of), banner(r.store_kind), basis(r), cautions(r));
    mstch::array sections;
    for (const Standing s :
         {Standing::new_, Standing::worse, Standing::still_open, Standing::resolved, Standing::withdrawn})
        sections.push_back(section_of(r, s));
    root.insert({{"groups", groups_of(r)}, {"sections", std::move(sections)}});
    set_table(root, "overdue", r.schedule_known ? std::to_string(r.overdue.size()) : "not assessed",
              nothing_overdue(r), overdue_rows(r));
    set_table(
        root, "unjudged",
        r.not_assessable.empty() && !assessed(r) ? "not assessed" : std::to_string(r.not_assessable.size()),
        nothing_unjudged(r), unjudged_rows(r.not_assessable));
    set_table(root, "quarantine", std::to_string(r.quarantine.size()), "None: no row is held back.",
              quarantine_rows(r));
    return write(review_template, root);
}

}  // namespace bellwether::report

#include <algorithm>
#include <array>
#include <tuple>

#include <fmt/format.h>

#include "text.hpp"
#include "words.hpp"

namespace bellwether::report {
namespace {

constexpr Standing sections[] = {Standing::new_, Standing::worse, Standing::still_open, Standing::resolved,
                                 Standing::withdrawn};

void write_counts(Page& page, const Review& r) {
    const auto row = [&](const std::string& place, const std::vector<std::string>& cells, Tone tone) {
        auto line = pad(cut(place, 30), 32);
        for (const auto& c : cells)
            line += pad_left(c, 9);
        page.line(line, tone);
    };
    page.line();
    row("site and arm", {"patients", "new", "worse", "open", "resolved", "withdr."}, Tone::strong);
    const auto groups = group_counts(r);
    std::array<int, 5> total{};
    for (const auto& g : groups) {
        std::vector<std::string> cells{g.patients ? std::to_string(*g.patients) : "-"};
        for (std::size_t s = 0; s < 5; ++s) {
            cells.push_back(assessed(r) ? std::to_string(g.alerts[s]) : "?");
            total[s] += g.alerts[s];
        }
        row(place_words(g.site, g.arm), cells, Tone::plain);
    }
    std::vector<std::string> cells{std::to_string(r.patients)};
    for (const int n : total)
        cells.push_back(assessed(r) ? std::to_string(n) : "?");
    row("all", cells, Tone::strong);
    const auto lines = [&](const char* what, std::int64_t n, bool known) {
        return fmt::format("{} {}", what, known ? std::to_string(n) : "not assessed");
    };
    std::int64_t unjudged = 0;
    for (const auto& g : groups)
        unjudged += g.unjudged;
    page.line(fmt::format(
        "{}; {}; {}", lines("overdue visits", static_cast<std::int64_t>(r.overdue.size()), r.schedule_known),
        lines("patients not fully assessable", unjudged, assessed(r)),
        lines("rows in quarantine", static_cast<std::int64_t>(r.quarantine.size()), true)));
}

void write_section(Page& page, const Review& r, Standing s) {
    std::vector<const AlertLine*> lines;
    for (const auto& a : r.alerts)
        if (a.standing == s) lines.push_back(&a);
    page.heading(fmt::format("{}: {}", section_title(r, s),
                             lines.empty() && !assessed(r) ? "not assessed" : std::to_string(lines.size())));
    if (lines.empty()) return page.line("  " + nothing(r, s));
    // Groups in the order of the names; within one the order in which the caller ranked the alerts.
    std::stable_sort(lines.begin(), lines.end(), [](const auto* a, const auto* b) {
        return std::tie(a->site, a->arm) < std::tie(b->site, b->arm);
    });
    std::string place;
    for (const auto* line : lines) {
        const auto v = view_of(*line, r.as_of);
        if (v.place != place) page.line(v.place, Tone::strong);
        place = v.place;
        write_alert(page, v, s != Standing::resolved && s != Standing::withdrawn);
    }
}

void write_overdue(Page& page, const Review& r) {
    page.heading(fmt::format("OVERDUE VISITS: {}",
                             r.schedule_known ? std::to_string(r.overdue.size()) : "not assessed"));
    if (r.overdue.empty()) return page.line("  " + nothing_overdue(r));
    auto list = r.overdue;
    std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
        return std::tie(a.site, a.arm, b.days_late) < std::tie(b.site, b.arm, a.days_late);
    });
    std::string place;
    for (const auto& o : list) {
        const auto here = place_words(o.site, o.arm);
        if (here != place) page.line(here, Tone::strong);
        place = here;
        std::vector<std::string> missing;
        for (const auto& m : o.missing)
            missing.push_back(clean(m));
        page.line(fmt::format("  {}", cut(clean(o.patient), 60)));
        page.entry(
            6, "",
            fmt::format("{} due {}, {} late{}", clean(o.visit), to_string(o.due), count(o.days_late, "day"),
                        missing.empty() ? "" : "; missing " + join(missing, ", ")));
    }
}

void write_unjudged(Page& page, const Review& r) {
    const auto groups = unjudged_groups(r.not_assessable);
    page.heading(fmt::format("NOT ASSESSABLE, AND WHY: {}",
                             groups.empty() && !assessed(r)
                                 ? "not assessed"
                                 : std::to_string(r.not_assessable.size()) + " judgements"));
    if (groups.empty()) return page.line("  " + nothing_unjudged(r));
    std::string place;
    for (const auto& g : groups) {
        const auto here = place_words(g.site, g.arm);
        if (here != place) page.line(here, Tone::strong);
        place = here;
        for (const auto& part : wrap(g.missing, columns - 2))
            page.line("  " + part);
        page.entry(6, "rules", g.rules);
        page.entry(6, "patients", fmt::format("{}: {}", g.patients.size(), join(g.patients, ", ")));
    }
}

void write_quarantine(Page& page, const Review& r) {
    page.heading(fmt::format("QUARANTINE: {}", r.quarantine.size()));
    if (r.quarantine.empty()) return page.line("  None: no row is held back.");
    for (const auto& q : r.quarantine) {
        const Location at{clean(q.file), q.line, q.column};
        page.line(fmt::format("  #{} {} {}", q.id, to_string(at), clean(q.code)));
        page.entry(6, "", clean(q.reason));
    }
}

}  // namespace

std::string text_of(const Review& r, bool colour) {
    Page page(colour);
    write_head(page, "BELLWETHER weekly review, " + moment(r.as_of), banner(r.store_kind), cautions(r),
               basis(r));
    write_counts(page, r);
    for (const Standing s : sections)
        write_section(page, r, s);
    write_overdue(page, r);
    write_unjudged(page, r);
    write_quarantine(page, r);
    page.line();
    for (const auto& part : wrap(weights_legend(), columns))
        page.line(part, Tone::faint);
    return page.str();
}

}  // namespace bellwether::report

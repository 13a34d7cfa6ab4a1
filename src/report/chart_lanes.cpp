#include <algorithm>

#include <fmt/format.h>

#include "chart_parts.hpp"
#include "words.hpp"

namespace bellwether::report {
namespace {

/// Rows of labels that do not touch: each goes to the first row whose last label ends before it begins.
class Rows {
public:
    int place(double from, double to) {
        for (std::size_t r = 0; r < ends_.size(); ++r)
            if (ends_[r] + 6 <= from) {
                ends_[r] = to;
                return static_cast<int>(r);
            }
        ends_.push_back(to);
        return static_cast<int>(ends_.size()) - 1;
    }
    [[nodiscard]] int count() const { return static_cast<int>(ends_.size()); }

private:
    std::vector<double> ends_;
};

double label_width(std::string_view words) {
    return 6.2 * width(words);
}

/// Where a label of what stands between `from` and `to` begins: behind it, or before it where the picture
/// ends.
double label_start(const Canvas& c, double from, double to, std::string_view words) {
    const double w = label_width(words);
    if (to + 8 + w <= c.x.end() + 30) return to + 8;
    return std::max(c.x.begin(), from - 8 - w);
}

std::string event_words(const Event& e) {
    std::string out = e.kind == EventKind::toxicity || e.kind == EventKind::other
                          ? clean(e.term)
                          : clean(std::string(to_string(e.kind)) + (e.term.empty() ? "" : " " + e.term));
    std::replace(out.begin(), out.end(), '_', ' ');
    if (e.grade) out += fmt::format(" grade {}", *e.grade);
    return out;
}

Shape event_shape(EventKind k) {
    return k == EventKind::death ? Shape::cross : Shape::diamond;
}

}  // namespace

double draw_therapies(Canvas& c, const std::vector<TherapyInterval>& therapies, double top) {
    std::vector<std::string> regimens;
    for (const auto& t : therapies)
        if (std::find(regimens.begin(), regimens.end(), t.regimen) == regimens.end())
            regimens.push_back(t.regimen);
    c.svg.text(4, top + 12, "gutter", "therapy");
    if (regimens.empty()) c.svg.text(c.x.begin() + 4, top + 12, "faint", "none recorded");
    constexpr double row = 18;
    for (const auto& t : therapies) {
        const auto r = std::find(regimens.begin(), regimens.end(), t.regimen) - regimens.begin();
        const double y = top + row * static_cast<double>(r);
        const double from = std::max(c.x(t.start), c.x.begin());
        const double to = std::min(c.x(t.stop.value_or(c.as_of)), c.x.end());
        const auto title = fmt::format("{} {}: {} to {}{}", t.regimen, t.dose, to_string(t.start),
                                       t.stop ? to_string(*t.stop) : "today",
                                       t.reason.empty() ? "" : ", stopped for " + t.reason);
        c.svg.rect(from, y + 1, std::max(to - from, 2.0), row - 4, t.stop ? "therapy" : "therapy ongoing",
                   title);
        const auto words =
            clean(t.regimen) + (t.dose.empty() ? "" : " " + clean(t.dose)) + (t.stop ? "" : " →");
        c.svg.text(std::max(from, c.x.begin()) + 4, y + 12, "word", words);
    }
    return top + row * std::max<double>(1, static_cast<double>(regimens.size())) + 4;
}

double draw_events(Canvas& c, const std::vector<Event>& events, double top) {
    c.svg.text(4, top + 12, "gutter", "events");
    if (events.empty()) c.svg.text(c.x.begin() + 4, top + 12, "faint", "none recorded");
    Rows rows;
    constexpr double row = 17;
    for (const auto& e : events) {
        const auto words = event_words(e);
        const bool lasts = e.kind == EventKind::toxicity;
        const double from = c.x(e.date);
        const double to = lasts ? std::max(c.x(e.resolved.value_or(c.as_of)), from + 3) : from;
        // A bar that has room holds its label.
        const bool inside = to - from > label_width(words) + 8;
        const double word_at = inside ? from + 4 : label_start(c, from, to, words);
        const int r = rows.place(std::min(from - 6, word_at), std::max(to + 6, word_at + label_width(words)));
        const double y = top + row * r;
        const auto title = fmt::format("{}: {}{}", words, to_string(e.date),
                                       !lasts       ? ""
                                       : e.resolved ? " to " + to_string(*e.resolved)
                                                    : ", still active");
        if (lasts)
            c.svg.rect(from, y + 1, to - from, row - 4,
                       e.grade.value_or(0) >= 3 ? "toxicity severe" : "toxicity", title);
        else
            c.svg.mark(event_shape(e.kind), from, y + 8, "event", title);
        c.svg.text(word_at, y + 12, "word", words);
    }
    return top + row * std::max(1, rows.count()) + 4;
}

double draw_flags(Canvas& c, const std::vector<AlertLine>& alerts, double top) {
    c.svg.text(4, top + 12, "gutter", "alerts");
    if (alerts.empty()) c.svg.text(c.x.begin() + 4, top + 12, "faint", "none raised");
    Rows rows;
    constexpr double row = 16;
    std::vector<const AlertLine*> by_date;
    for (const auto& a : alerts)
        by_date.push_back(&a);
    std::stable_sort(by_date.begin(), by_date.end(), [](const auto* a, const auto* b) {
        return a->alert.episode.fired < b->alert.episode.fired;
    });
    for (const auto* a : by_date) {
        const auto& e = a->alert.episode;
        const auto words = fmt::format("#{} {} ({})", a->alert.id, clean(e.rule), to_string(a->alert.state));
        const double x = label_start(c, c.x(e.fired), c.x(e.fired), words);
        const int r =
            rows.place(std::min(c.x(e.fired) - 5, x), std::max(c.x(e.fired) + 5, x + label_width(words)));
        const double y = top + row * r;
        const bool open = a->alert.state == MachineState::open;
        c.svg.mark(Shape::open_down, c.x(e.fired), y + 8, open ? "flag" : "flag past",
                   fmt::format("{}: onset {}, fired {}", a->title, to_string(e.onset), to_string(e.fired)));
        c.svg.text(x, y + 12, open ? "word" : "word past", words);
    }
    return top + row * std::max(1, rows.count()) + 4;
}

double draw_dates(Canvas& c, double top, double bottom) {
    for (const auto& [date, words] : c.x.ticks(c.small ? 6 : 12)) {
        c.svg.line(c.x(date), top, c.x(date), bottom, "grid");
        c.svg.text(c.x(date), bottom + 13, "tick middle", words);
    }
    c.svg.line(c.x.begin(), bottom, c.x.end(), bottom, "axis");
    return bottom + 18;
}

void draw_today(Canvas& c, double top, double bottom) {
    c.svg.line(c.x(c.as_of), top, c.x(c.as_of), bottom, "today");
    c.svg.text(c.x(c.as_of) + 4, top + 12, "word", "today");
}

void draw_alert_lines(Canvas& c, const Episode& e, double top, double bottom) {
    if (e.onset != e.fired) c.svg.line(c.x(e.onset), top, c.x(e.onset), bottom, "onset");
    c.svg.line(c.x(e.fired), top, c.x(e.fired), bottom, "fired");
}

}  // namespace bellwether::report

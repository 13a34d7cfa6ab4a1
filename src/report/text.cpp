#include "text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "words.hpp"

namespace bellwether::report {
namespace {

constexpr int label_width = 10;
constexpr std::size_t visits_in_text = 3;

Tone tone_of(const std::string& severity) {
    return severity == "urgent" ? Tone::urgent : severity == "review" ? Tone::warn : Tone::plain;
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return text;
}

void write_argument(Page& page, const Argument& a) {
    page.entry(6, "evidence", words(a));
    const std::size_t first = a.visits.size() > visits_in_text ? a.visits.size() - visits_in_text : 0;
    for (std::size_t i = a.visits.size(); i-- > first;)
        page.entry(6, "", a.visits[i].date + "  " + words(a.visits[i]));
    if (first > 0)
        page.entry(6, "",
                   fmt::format("{} not shown here", count(static_cast<std::int64_t>(first), "earlier visit")),
                   Tone::faint);
}

}  // namespace

std::string Page::paint(std::string_view text, Tone tone) const {
    constexpr std::string_view codes[] = {"", "1", "2", "1;31", "33", "32"};
    const auto code = codes[static_cast<std::size_t>(tone)];
    if (!colour_ || code.empty() || text.empty()) return std::string(text);
    return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

void Page::line(std::string_view text, Tone tone) {
    while (text.ends_with(' '))
        text.remove_suffix(1);
    out_ += paint(text, tone) + "\n";
}

void Page::entry(int indent, std::string_view label, std::string_view text, Tone tone) {
    const std::string margin(static_cast<std::size_t>(indent), ' ');
    auto head = pad(std::string(label), label_width);
    for (const auto& part : wrap(text, columns - indent - label_width)) {
        const auto start = margin + paint(head, Tone::faint);
        out_ += start + paint(part, tone) + "\n";
        head.assign(label_width, ' ');
    }
}

void Page::heading(std::string_view text) {
    if (!out_.ends_with("\n\n")) line();
    line(text, Tone::strong);
    line(std::string(static_cast<std::size_t>(width(text)), '-'), Tone::faint);
}

void write_head(Page& page, const std::string& title, const std::string& banner_words,
                const std::vector<std::string>& caution_list, const std::string& basis_words) {
    page.line(title, Tone::strong);
    if (!banner_words.empty()) {
        page.line(std::string(static_cast<std::size_t>(columns), '*'), Tone::urgent);
        for (const auto& part : wrap(banner_words, columns))
            page.line(part, Tone::urgent);
        page.line(std::string(static_cast<std::size_t>(columns), '*'), Tone::urgent);
    }
    for (const auto& part : wrap(basis_words, columns))
        page.line(part, Tone::faint);
    for (const auto& c : caution_list) {
        auto parts = wrap("! " + c, columns);
        for (const auto& part : parts)
            page.line(part, Tone::warn);
    }
}

void write_options(Page& page, int indent, const std::vector<OptionView>& options) {
    for (const auto& o : options) {
        const Tone tone = o.standing == "open"      ? Tone::good
                          : o.standing == "unknown" ? Tone::warn
                                                    : Tone::plain;
        const auto why = o.because.empty() ? "" : ": " + o.because;
        page.entry(indent, "",
                   fmt::format("[{}] {}{}{}", o.standing, o.rank.empty() ? "" : o.rank + " ", o.title, why),
                   tone);
    }
}

void write_alert(Page& page, const AlertView& a, bool in_full) {
    const auto name = fmt::format("  {} {}  {}", pad(upper(a.severity), 6), a.patient, a.title);
    const auto id = fmt::format("{} {}", a.id, a.rule);
    const bool fits = width(name) + 2 + width(id) <= columns;
    page.line(fits ? pad(name, columns - width(id)) + id : name, tone_of(a.severity));
    if (!fits) page.line("      " + id, Tone::faint);
    page.entry(6, "", a.dates);
    if (!a.standing_why.empty()) page.entry(6, "changed", a.standing_why, Tone::strong);
    if (!a.summary.empty()) page.entry(6, "", a.summary, Tone::strong);
    page.entry(6, "because", a.because);
    if (!a.unknown.empty())
        page.entry(6, "unknown", "could have spoken against it: " + a.unknown, Tone::warn);
    if (in_full)
        for (const auto& argument : a.arguments)
            write_argument(page, argument);
    if (!a.would_not_fire.empty())
        page.entry(6, "what if", "it would not fire if, one reading changed at a time:");
    for (const auto& sentence : a.would_not_fire)
        page.entry(6, "", "- " + sentence);
    if (!a.would_not_fire_note.empty()) page.entry(6, "what if", a.would_not_fire_note, Tone::faint);
    if (!a.proposal.empty()) page.entry(6, "consider", a.proposal);
    write_options(page, 6, a.options);
    page.entry(6, "", a.options_note, Tone::warn);
    if (!a.answer.empty())
        page.entry(6, "answer", a.answer + (a.overdue ? ", OVERDUE" : ""),
                   a.overdue ? Tone::urgent : Tone::plain);
    page.entry(6, "people", a.human);
    page.entry(6, "rule",
               a.marks + (a.illustrative ? "; ILLUSTRATIVE: at least one number has no source" : ""),
               Tone::faint);
    page.line();
}

}  // namespace bellwether::report

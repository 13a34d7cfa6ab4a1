#include "html_parts.hpp"

#include <set>

#include "svg.hpp"
#include "templates.hpp"
#include "words.hpp"

namespace bellwether::report {
namespace {

mstch::map cell(std::optional<double> w) {
    const char* cls = !w ? "n" : *w >= 0.05 ? "n for" : *w <= -0.05 ? "n against" : "n";
    return {{"cls", std::string(cls)}, {"words", w ? weight(*w) : std::string("–")}};
}

mstch::map node_of(const Argument& a) {
    std::set<std::string> channels;
    for (const auto& v : a.visits)
        for (const auto& [name, w] : v.channels)
            channels.insert(name);
    mstch::array names, visits;
    for (const auto& name : channels)
        names.push_back(name);
    for (auto v = a.visits.rbegin(); v != a.visits.rend(); ++v) {
        mstch::array cells;
        for (const auto& name : channels) {
            const auto it = v->channels.find(name);
            cells.push_back(cell(it == v->channels.end() ? std::nullopt : std::optional(it->second)));
        }
        cells.push_back(cell(v->time));
        visits.push_back(mstch::map{{"date", v->date},
                                    {"cells", std::move(cells)},
                                    {"p", v->p ? probability(*v->p) : std::string("?")}});
    }
    return {{"words", words(a)}, {"names", std::move(names)}, {"visits", std::move(visits)}};
}

/// The marks of the pictures, explained once.
std::string key() {
    const auto one = [](Shape shape, const char* cls) {
        Svg svg(16, "mark");
        svg.mark(shape, 8, 8, cls, "");
        return svg.str(16);
    };
    const auto stroke = [](const char* cls) {
        Svg svg(26, "line");
        svg.line(1, 8, 25, 8, cls);
        return svg.str(16);
    };
    return "Marks: " + one(Shape::dot, "reading") + " reading; " + one(Shape::open_down, "censored") +
           " below the limit of detection (drawn at the limit, the truth lies below); " +
           one(Shape::open_up, "censored") + " above the range; " + one(Shape::ring, "nadir") + " nadir; " +
           stroke("limit") + " limit of detection (LOD); " + stroke("break") +
           " change of assay or laboratory, not comparable across; " + stroke("onset") +
           " onset of an alert; " + stroke("fired") +
           " day on which it fired. Curves join readings and say nothing between them.";
}

}  // namespace

mstch::map node_of(const OptionView& v) {
    return {{"standing", v.standing}, {"rank", v.rank}, {"title", v.title}, {"because", v.because}};
}

mstch::map node_of(const AlertView& v, std::string picture, bool with_state) {
    mstch::array arguments, options, silent;
    for (const auto& a : v.arguments)
        arguments.push_back(node_of(a));
    for (const auto& o : v.options)
        options.push_back(node_of(o));
    for (const auto& sentence : v.would_not_fire)
        silent.push_back(sentence);
    return {{"severity", v.severity},
            {"id", v.id},
            {"rule", v.rule},
            {"patient", v.patient},
            {"title", v.title},
            {"state", with_state ? v.state : std::string()},
            {"illustrative", v.illustrative},
            {"dates", v.dates},
            {"standing_why", v.standing_why},
            {"summary", v.summary},
            {"because", v.because},
            {"unknown", v.unknown},
            {"arguments", std::move(arguments)},
            {"silent_any", !v.would_not_fire.empty()},
            {"silent", std::move(silent)},
            {"silent_note", v.would_not_fire_note},
            {"proposal", v.proposal},
            {"options", std::move(options)},
            {"options_note", v.options_note},
            {"answer", v.answer},
            {"overdue", v.overdue},
            {"human", v.human},
            {"marks", v.marks},
            {"picture", std::move(picture)}};
}

mstch::map frame_of(const std::string& title, const std::string& banner_words, const std::string& basis_words,
                    const std::vector<std::string>& caution_list) {
    mstch::array cautions;
    for (const auto& c : caution_list)
        cautions.push_back(clean(c));
    return {{"title", title},       {"style", std::string(style_sheet)}, {"banner", banner_words},
            {"basis", basis_words}, {"cautions", std::move(cautions)},   {"weights", weights_legend()},
            {"key", key()}};
}

mstch::map row_of(const std::vector<std::string>& cells) {
    mstch::array out;
    for (const auto& c : cells)
        out.push_back(clean(c));
    return {{"cells", std::move(out)}};
}

std::string write(const char* document, const mstch::map& root) {
    return mstch::render(document, root, partial_templates());
}

}  // namespace bellwether::report

#include <map>
#include <set>
#include <tuple>

#include <boost/graph/breadth_first_search.hpp>
#include <fmt/format.h>

#include "impl.hpp"

namespace bellwether::therapy {
namespace {

using Colors = std::vector<boost::default_color_type>;

void unreachable(const Digraph& g, Findings& findings) {
    Colors colors(boost::num_vertices(g), boost::white_color);
    boost::queue<std::size_t> queue;
    const auto color_map =
        boost::make_iterator_property_map(colors.begin(), boost::get(boost::vertex_index, g));
    for (const auto v : boost::make_iterator_range(boost::vertices(g)))
        if (g[v].start && colors[v] == boost::white_color)
            boost::breadth_first_visit(g, v, queue, boost::default_bfs_visitor(), color_map);
    for (const auto v : boost::make_iterator_range(boost::vertices(g)))
        if (colors[v] == boost::white_color)
            findings.warning("T020", g[v].at, fmt::format("no move leads to regimen '{}'", g[v].name),
                             "mark it 'start: true', or add a move to it");
}

void without_hold(const Graph::Impl& impl, Findings& findings) {
    const Digraph& g = impl.graph;
    for (const auto v : boost::make_iterator_range(boost::vertices(g))) {
        bool holds = false;
        for (const auto e : boost::make_iterator_range(boost::out_edges(v, g)))
            holds = holds || impl.moves[g[e].move].kind == MoveKind::hold;
        if (!holds)
            findings.warning("T021", g[v].at, fmt::format("regimen '{}' offers no hold", g[v].name),
                             "add it to the 'from' of a move of kind hold");
    }
}

/// Two names for one step: the same kind between the same two regimens. Moves that stay differ by what is
/// done.
void same_step(const Graph::Impl& impl, Findings& findings) {
    const Digraph& g = impl.graph;
    std::map<std::tuple<std::size_t, std::size_t, MoveKind>, std::size_t> first;
    std::set<std::size_t> told;
    for (const auto e : boost::make_iterator_range(boost::edges(g))) {
        const std::size_t index = g[e].move;
        const Move& m = impl.moves[index];
        if (m.stays) continue;
        const auto [it, fresh] = first.try_emplace({boost::source(e, g), boost::target(e, g), m.kind}, index);
        if (fresh || !told.insert(std::max(index, it->second)).second) continue;
        const auto& [a, b] = std::minmax(index, it->second);
        findings.error("T023", impl.moves[b].at,
                       fmt::format("moves '{}' and '{}' are the same step from '{}'", impl.moves[a].name,
                                   impl.moves[b].name, g[boost::source(e, g)].name),
                       "merge them, or leave this regimen out of one 'from'");
    }
}

}  // namespace

void validate(const Graph::Impl& impl, Findings& findings) {
    const bool complete = findings.ok();
    same_step(impl, findings);
    if (!complete) return;  // an edge that could not be made would show as a missing one
    unreachable(impl.graph, findings);
    without_hold(impl, findings);
}

}  // namespace bellwether::therapy

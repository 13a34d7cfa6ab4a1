#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/graph/adjacency_list.hpp>

#include "guard.hpp"

namespace bellwether::therapy {

/// From which grade on a toxicity holds or stops a regimen. Nothing: never.
struct Threshold {
    std::string term;  ///< "default" covers every term that has none of its own
    std::optional<int> hold, stop;
    std::string source;
};

/// The same for a laboratory value: above `hold_above` the regimen is held, above `stop_above` stopped. Of
/// the limits of one channel the first counts whose condition holds.
struct Limit {
    std::string channel;
    std::optional<Guard> condition;
    double hold_above = 0.0, stop_above = 0.0;
    std::string source;
};

struct Safety {
    std::vector<Threshold> thresholds;
    std::vector<Limit> limits;
};

/// A vertex.
struct Regimen {
    std::string name, title;
    Location at;
    bool start = false;              ///< patients may begin with it
    std::vector<std::string> also;   ///< other names under which a feed may know it
    std::vector<std::string> gives;  ///< exposures: who had it had these
    Safety safety;
};

/// What the file says of a move; the edges that it makes share it.
struct Move {
    std::string name, title;
    Location at;
    MoveKind kind = MoveKind::hold;
    bool stays = false;                  ///< no `to`
    std::map<std::string, int> answers;  ///< bottleneck or "any" -> preference, 1 = first
    std::vector<Guard> guards;
    std::vector<std::string> sources;
};

/// An edge: an index into the list of moves. A move that stays is a loop.
struct Edge {
    std::size_t move = 0;
};

using Digraph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, Regimen, Edge>;

struct Graph::Impl {
    std::string name;
    std::vector<std::string> bottlenecks;
    std::vector<Move> moves;
    Digraph graph;
    std::map<std::string, std::size_t> vertex;  ///< by regimen and by its other names
};

/// The facts with what they imply: who had a regimen, under any of its names, had it and what it gives; so
/// has, of the current regimen, who is on it.
[[nodiscard]] Facts with_exposures(const Facts& facts, const Digraph& graph, const Regimen& current);

/// What an active toxicity says of a regimen.
struct ToxicityView {
    std::vector<std::string> withholds;  ///< each datum of hold or stop grade
    std::vector<std::string> missing;    ///< each datum that is needed to say so
};
/// Looks at the thresholds and limits of both regimens; of one datum the strictest is told.
[[nodiscard]] ToxicityView toxicity_view(const std::vector<const Regimen*>& regimens, const Facts& facts);

/// Findings about the graph as a whole: moves that are the same step, and, when nothing else is wrong,
/// unreachable regimens and regimens without a hold.
void validate(const Graph::Impl& impl, Findings& findings);

}  // namespace bellwether::therapy

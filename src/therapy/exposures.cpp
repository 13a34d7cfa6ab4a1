#include <fmt/format.h>

#include "impl.hpp"

namespace bellwether::therapy {
namespace {

/// A fact of this name that says yes or "not known" outweighs one that says never.
void imply(Facts& facts, const std::string& name, const Fact& because) {
    const auto [it, fresh] = facts.try_emplace("had:" + name, because);
    if (!fresh && it->second.value && *it->second.value == 0.0) it->second = because;
}

void imply_all(Facts& facts, const Regimen& r, const Fact& because) {
    imply(facts, r.name, because);
    for (const auto& exposure : r.gives)
        imply(facts, exposure, because);
}

}  // namespace

Facts with_exposures(const Facts& facts, const Digraph& graph, const Regimen& current) {
    Facts all = facts;
    for (const auto v : boost::make_iterator_range(boost::vertices(graph))) {
        const Regimen& r = graph[v];
        std::vector<std::string> names = r.also;
        names.push_back(r.name);
        for (const auto& name : names) {
            const auto it = facts.find("had:" + name);
            if (it == facts.end() || (it->second.value && *it->second.value == 0.0)) continue;
            Fact because = it->second;
            if (because.origin.empty()) because.origin = fmt::format("{} was given", name);
            imply_all(all, r, because);
        }
    }
    imply_all(all, current, {1.0, "", fmt::format("{} is being given", current.name)});
    return all;
}

}  // namespace bellwether::therapy

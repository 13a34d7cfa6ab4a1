#include <algorithm>
#include <limits>
#include <tuple>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "impl.hpp"

namespace bellwether::therapy {
namespace {

constexpr int last_preference = std::numeric_limits<int>::max();

bool always_shown(MoveKind k) {
    return k == MoveKind::hold || k == MoveKind::confirm;
}

/// Nothing: the move does not answer this bottleneck.
std::optional<int> preference(const Move& m, const std::string& bottleneck) {
    if (const auto it = m.answers.find(bottleneck); it != m.answers.end()) return it->second;
    if (const auto it = m.answers.find("any"); it != m.answers.end()) return it->second;
    if (bottleneck.empty() && !m.answers.empty()) {
        const auto first = std::min_element(m.answers.begin(), m.answers.end(),
                                            [](const auto& a, const auto& b) { return a.second < b.second; });
        return first->second;
    }
    return always_shown(m.kind) ? std::optional(last_preference) : std::nullopt;
}

/// What an active toxicity says of a move: more treatment on top is judged by what is given and by what would
/// be given, another treatment by the new one alone; the rest gives nothing new.
ToxicityView toxicity_of(const Move& m, const Regimen& current, const Regimen& to, const Facts& facts) {
    switch (m.kind) {
        case MoveKind::intensify:
        case MoveKind::add:
            return toxicity_view({&current, &to}, facts);
        case MoveKind::switch_:
        case MoveKind::prime_then_start:
            return toxicity_view({&to}, facts);
        case MoveKind::hold:
        case MoveKind::rebiopsy_first:
        case MoveKind::confirm:
            break;
    }
    return {};
}

/// The standing, and every datum that speaks against the move: first what bars, then what withholds, then
/// what is missing.
void judge_move(const Move& m, const Regimen& current, const Regimen& to, const Facts& facts,
                Option& option) {
    std::vector<std::string> fails, missing;
    for (const Guard& g : m.guards) {
        Judgement j = judge(g, facts);
        if (j.truth == Truth::fails) fails.push_back(std::move(j.because));
        if (j.truth == Truth::missing) missing.push_back(std::move(j.because));
    }
    ToxicityView toxicity = toxicity_of(m, current, to, facts);
    missing.insert(missing.end(), toxicity.missing.begin(), toxicity.missing.end());

    if (!fails.empty())
        option.standing = Standing::barred;
    else if (!toxicity.withholds.empty())
        option.standing = Standing::withheld;
    else if (!missing.empty())
        option.standing = Standing::unknown;
    else
        option.standing = Standing::open;
    for (auto* part : {&fails, &toxicity.withholds, &missing})
        option.because.insert(option.because.end(), part->begin(), part->end());
}

int order_of(Standing s) {
    switch (s) {
        case Standing::open:
            return 0;
        case Standing::unknown:
            return 1;
        case Standing::withheld:
            return 2;
        case Standing::barred:
            return 3;
    }
    return 4;
}

}  // namespace

const std::string& Graph::name() const {
    return impl_->name;
}

std::vector<std::string> Graph::regimens() const {
    std::vector<std::string> names;
    for (const auto v : boost::make_iterator_range(boost::vertices(impl_->graph)))
        names.push_back(impl_->graph[v].name);
    return names;
}

std::vector<std::string> Graph::bottlenecks() const {
    return impl_->bottlenecks;
}

bool Graph::has(const std::string& regimen) const {
    return impl_->vertex.contains(regimen);
}

std::vector<Option> Graph::options(const std::string& current, const std::string& bottleneck,
                                   const Facts& given, const std::vector<MoveKind>& kinds) const {
    const auto from = impl_->vertex.find(current);
    if (from == impl_->vertex.end())
        throw Error("T001", fmt::format("regimen '{}' is not in the graph '{}'; {}", current, impl_->name,
                                        suggestion(current, regimens())));
    const auto& known = impl_->bottlenecks;
    if (!bottleneck.empty() && std::find(known.begin(), known.end(), bottleneck) == known.end())
        throw Error("T002", fmt::format("bottleneck '{}' is not in the graph '{}'; {}", bottleneck,
                                        impl_->name, suggestion(bottleneck, known)));
    const Digraph& g = impl_->graph;
    const Regimen& here = g[from->second];
    const Facts facts = with_exposures(given, g, here);
    const bool toxic = !toxicity_view({&here}, facts).withholds.empty();

    std::vector<std::pair<int, Option>> found;
    for (const auto e : boost::make_iterator_range(boost::out_edges(from->second, g))) {
        const Move& m = impl_->moves[g[e].move];
        const bool wanted = kinds.empty() || always_shown(m.kind) ||
                            std::find(kinds.begin(), kinds.end(), m.kind) != kinds.end();
        const auto p = preference(m, bottleneck);
        if (!wanted || !p) continue;
        const Regimen& to = g[boost::target(e, g)];
        Option o{m.name, m.kind, m.stays ? "" : to.name, m.title, Standing::open, {}, 0, m.sources};
        judge_move(m, here, to, facts, o);
        // Toxicity comes first: with one of hold grade, to hold is what to look at.
        found.emplace_back(toxic && m.kind == MoveKind::hold ? 0 : *p, std::move(o));
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
        return std::tuple(order_of(a.second.standing), a.first, std::string_view(a.second.move)) <
               std::tuple(order_of(b.second.standing), b.first, std::string_view(b.second.move));
    });
    std::vector<Option> options;
    for (auto& [p, o] : found) {
        if (o.standing == Standing::open) o.rank = static_cast<int>(options.size()) + 1;
        options.push_back(std::move(o));
    }
    return options;
}

}  // namespace bellwether::therapy

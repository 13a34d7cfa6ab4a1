#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "bellwether/core/text.hpp"

#include "impl.hpp"

namespace bellwether::therapy {
namespace {

/// Everything that a name in the file can refer to.
struct Names {
    std::vector<std::string> sources, bottlenecks, profiles;
    std::vector<std::string> channels, attributes, toxicities, exposures;
};

std::vector<yaml::Node> items(const yaml::Node& n, Findings& f, std::string_view what) {
    std::vector<yaml::Node> all;
    if (n.is_null()) return all;
    if (!n.is_sequence()) {
        f.error("Y012", n.at(), fmt::format("{} is not a list", what), "write one '- ' per entry");
        return all;
    }
    for (std::size_t i = 0; i < n.size(); ++i)
        all.push_back(n[i]);
    return all;
}

class GraphReader {
public:
    GraphReader(yaml::Node root, Findings& findings) : root_(std::move(root)), f_(findings) {}

    std::shared_ptr<Graph::Impl> read() {
        yaml::Map map(root_, f_);
        (void)map.integer("schema", {1, 1});
        impl_->name = map.text("graph");
        (void)map.text_or("title", "");
        names_.bottlenecks = map.texts_or_none("bottlenecks");
        impl_->bottlenecks = names_.bottlenecks;
        read_facts(map.optional("facts"));
        read_sources(map.required("sources"));
        read_profiles(map.optional("safety"));
        read_regimens(map.required("regimens"));
        read_moves(map.required("moves"));
        map.done();
        validate(*impl_, f_);
        return impl_;
    }

private:
    void unknown(std::string code, const Location& at, const std::string& what, const std::string& word,
                 const std::vector<std::string>& known) {
        f_.error(std::move(code), at, fmt::format("{} '{}' is not declared", what, word),
                 suggestion(word, known));
    }
    static bool has(const std::vector<std::string>& names, const std::string& word) {
        return std::find(names.begin(), names.end(), word) != names.end();
    }
    /// The list of names with their places: texts of a sequence, or one scalar.
    std::vector<std::pair<std::string, Location>> placed(const yaml::Node& n) {
        std::vector<std::pair<std::string, Location>> all;
        if (n.is_null()) return all;
        const auto texts = yaml::as_texts(n, f_);
        for (std::size_t i = 0; i < texts.size(); ++i)
            all.emplace_back(texts[i], n.is_sequence() && i < n.size() ? n[i].at() : n.at());
        return all;
    }

    void read_facts(const yaml::Node& node) {
        if (node.is_null()) return;
        yaml::Map map(node, f_);
        names_.channels = map.texts_or_none("channels");
        names_.attributes = map.texts_or_none("attributes");
        names_.toxicities = map.texts_or_none("toxicities");
        names_.exposures = map.texts_or_none("exposures");
        map.done();
        names_.toxicities.emplace_back("any");
    }

    void read_sources(const yaml::Node& node) {
        names_.sources.emplace_back("illustrative");
        for (const auto& n : items(node, f_, "sources")) {
            yaml::Map map(n, f_);
            const std::string key = map.text("key");
            if (has(names_.sources, key))
                f_.error("T011", n.at(), fmt::format("source '{}' is declared twice", key),
                         "keep one of the two");
            names_.sources.push_back(key);
            (void)map.text("cite");
            map.done();
        }
    }
    std::string source(yaml::Map& map) {
        const yaml::Node n = map.required("source");
        if (n.is_null()) return "";
        const auto key = yaml::as_text(n, f_).value_or("");
        if (!has(names_.sources, key)) unknown("T016", n.at(), "source", key, names_.sources);
        return key;
    }
    std::optional<Guard> guard(const yaml::Node& text) {
        if (text.is_null()) return std::nullopt;
        if (!yaml::as_text(text, f_)) return std::nullopt;
        auto g = parse_guard(text, f_);
        if (!g) return std::nullopt;
        const auto& known = known_facts(g->kind);
        if (!has(known, g->name)) unknown("T014", g->at, kind_word(g->kind), g->name, known);
        return g;
    }
    const std::vector<std::string>& known_facts(FactKind k) const {
        switch (k) {
            case FactKind::toxicity:
                return names_.toxicities;
            case FactKind::attribute:
                return names_.attributes;
            case FactKind::exposure:
                return names_.exposures;
            case FactKind::channel:
                break;
        }
        return names_.channels;
    }
    static std::string kind_word(FactKind k) {
        switch (k) {
            case FactKind::toxicity:
                return "toxicity";
            case FactKind::attribute:
                return "attribute";
            case FactKind::exposure:
                return "exposure";
            case FactKind::channel:
                break;
        }
        return "channel";
    }

    void read_profiles(const yaml::Node& node) {
        for (const auto& n : items(node, f_, "safety")) {
            yaml::Map map(n, f_);
            const std::string name = map.text("profile");
            if (has(names_.profiles, name))
                f_.error("T011", n.at(), fmt::format("profile '{}' is declared twice", name),
                         "keep one of the two");
            names_.profiles.push_back(name);
            Safety& s = profiles_[name];
            for (const auto& t : items(map.optional("thresholds"), f_, "thresholds"))
                read_threshold(t, s);
            for (const auto& l : items(map.optional("limits"), f_, "limits"))
                read_limit(l, s);
            map.done();
        }
    }
    void read_threshold(const yaml::Node& n, Safety& s) {
        yaml::Map map(n, f_);
        Threshold t;
        const yaml::Node term = map.required("term");
        t.term = term.is_null() ? "" : yaml::as_text(term, f_).value_or("");
        if (t.term != "default" && !has(names_.toxicities, t.term))
            unknown("T014", term.at(), "toxicity", t.term, names_.toxicities);
        if (const auto x = map.maybe_number("hold", {1, 5})) t.hold = static_cast<int>(*x);
        if (const auto x = map.maybe_number("stop", {1, 5})) t.stop = static_cast<int>(*x);
        if (t.hold && t.stop && *t.stop < *t.hold)
            f_.error("T018", n.at(),
                     fmt::format("{} stops from grade {}, below its hold grade {}", t.term, *t.stop, *t.hold),
                     "hold <= stop");
        t.source = source(map);
        map.done();
        s.thresholds.push_back(std::move(t));
    }
    void read_limit(const yaml::Node& n, Safety& s) {
        yaml::Map map(n, f_);
        Limit l;
        const yaml::Node channel = map.required("channel");
        l.channel = channel.is_null() ? "" : yaml::as_text(channel, f_).value_or("");
        if (!has(names_.channels, l.channel))
            unknown("T014", channel.at(), "channel", l.channel, names_.channels);
        l.condition = guard(map.optional("if"));
        l.hold_above = map.number("hold_above");
        l.stop_above = map.number("stop_above");
        if (l.stop_above < l.hold_above)
            f_.error("T018", n.at(),
                     fmt::format("{} stops above {}, below its hold limit {}", l.channel,
                                 shortest(l.stop_above), shortest(l.hold_above)),
                     "hold_above <= stop_above");
        l.source = source(map);
        map.done();
        s.limits.push_back(std::move(l));
    }

    void read_regimens(const yaml::Node& node) {
        for (const auto& n : items(node, f_, "regimens")) {
            yaml::Map map(n, f_);
            Regimen r;
            r.at = n.at();
            r.name = map.text("regimen");
            r.title = map.text_or("title", r.name);
            r.start = map.truth_or("start", false);
            r.also = map.texts_or_none("also");
            for (const auto& [name, at] : placed(map.optional("gives"))) {
                if (!has(names_.exposures, name)) unknown("T014", at, "exposure", name, names_.exposures);
                r.gives.push_back(name);
            }
            std::set<std::string> terms;
            for (const auto& [name, at] : placed(map.optional("safety"))) {
                if (!has(names_.profiles, name)) {
                    unknown("T017", at, "safety profile", name, names_.profiles);
                    continue;
                }
                for (const Threshold& t : profiles_[name].thresholds) {
                    if (!terms.insert(t.term).second)
                        f_.error("T018", at,
                                 fmt::format("the profiles of '{}' set '{}' twice", r.name, t.term),
                                 "leave it in one profile");
                    r.safety.thresholds.push_back(t);
                }
                const auto& limits = profiles_[name].limits;
                r.safety.limits.insert(r.safety.limits.end(), limits.begin(), limits.end());
            }
            map.done();
            add_regimen(std::move(r));
        }
        names_.exposures.insert(names_.exposures.end(), regimens_.begin(), regimens_.end());
    }

    void add_regimen(Regimen r) {
        check_limits(r);
        const std::string name = r.name;
        std::vector<std::string> names = r.also;
        names.insert(names.begin(), name);
        const auto v =
            impl_->vertex.contains(name) ? impl_->vertex[name] : boost::add_vertex(r, impl_->graph);
        if (!impl_->vertex.contains(name)) regimens_.push_back(name);
        for (const auto& n : names)
            if (!impl_->vertex.emplace(n, v).second)
                f_.error("T011", r.at, fmt::format("regimen '{}' is declared twice", n),
                         "keep one of the two");
    }
    /// The default limit of a channel is read last, so that a condition that is not known to hold leaves it
    /// standing.
    void check_limits(const Regimen& r) {
        std::map<std::string, int> defaults;
        bool ordered = true;
        for (const Limit& l : r.safety.limits) {
            int& n = defaults[l.channel];
            if (n > 0) ordered = false;
            if (!l.condition) ++n;
        }
        for (const auto& [channel, n] : defaults)
            if (n != 1 || !ordered)
                f_.error("T018", r.at,
                         fmt::format("the limits of '{}' for '{}' have {} without a condition", channel,
                                     r.name, n),
                         "give exactly one, as the last of that channel");
    }

    void read_moves(const yaml::Node& node) {
        std::set<std::string> seen;
        for (const auto& n : items(node, f_, "moves")) {
            yaml::Map map(n, f_);
            Move m;
            m.at = n.at();
            m.name = map.text("move");
            if (!seen.insert(m.name).second)
                f_.error("T012", n.at(), fmt::format("move '{}' is declared twice", m.name),
                         "move names are permanent and unique");
            m.title = map.text("title");
            static const std::vector<std::string> kinds{
                "intensify", "switch", "add", "prime-then-start", "hold", "rebiopsy-first", "confirm"};
            m.kind = static_cast<MoveKind>(map.word("kind", kinds));
            const auto from = placed(map.required("from"));
            const auto to = placed(map.optional("to"));
            read_answers(map.required("answers"), m);
            read_guards(map.optional("guards"), m);
            for (const auto& [key, at] : placed(map.required("sources"))) {
                if (!has(names_.sources, key)) unknown("T016", at, "source", key, names_.sources);
                m.sources.push_back(key);
            }
            map.done();
            add_edges(std::move(m), from, to);
        }
    }
    void read_answers(const yaml::Node& node, Move& m) {
        if (node.is_null()) return;
        yaml::Map map(node, f_);
        for (std::size_t i = 0; i < (node.is_map() ? node.size() : 0); ++i) {
            const std::string& word = node.key(i);
            if (word != "any" && !has(names_.bottlenecks, word))
                unknown("T015", node.key_at(i), "bottleneck", word, names_.bottlenecks);
            m.answers[word] = static_cast<int>(map.integer(word, {1, 99}));
        }
    }
    void read_guards(const yaml::Node& node, Move& m) {
        for (const auto& n : items(node, f_, "guards")) {
            yaml::Map map(n, f_);
            auto g = guard(map.required("require"));
            const std::string key = source(map);
            map.done();
            if (!g) continue;
            g->source = key;
            m.guards.push_back(std::move(*g));
        }
        if (m.kind == MoveKind::hold && !m.guards.empty())
            f_.error("T022", m.guards.front().at, fmt::format("hold '{}' has a guard", m.name),
                     "a hold must always be open: remove its guards");
    }

    using Placed = std::vector<std::pair<std::string, Location>>;
    void add_edges(Move m, const Placed& from, const Placed& to) {
        const bool gives =
            m.kind != MoveKind::hold && m.kind != MoveKind::rebiopsy_first && m.kind != MoveKind::confirm;
        if (to.size() > 1 || (gives && to.empty())) {
            f_.error("T019", m.at,
                     fmt::format("move '{}' of kind {} leads to {} regimens", m.name, to_string(m.kind),
                                 to.size()),
                     "give one regimen as 'to'");
            return;
        }
        m.stays = to.empty();
        if (!m.stays && !impl_->vertex.contains(to[0].first)) {
            unknown("T010", to[0].second, "regimen", to[0].first, regimens_);
            return;
        }
        const bool from_any = from.size() == 1 && from[0].first == "any";
        std::vector<std::size_t> starts;
        for (const auto& [name, at] : from) {
            if (from_any) break;
            if (!impl_->vertex.contains(name)) {
                unknown("T010", at, "regimen", name, regimens_);
            } else if (!m.stays && impl_->vertex[name] == impl_->vertex[to[0].first]) {
                f_.error("T019", at, fmt::format("move '{}' leads from '{}' to itself", m.name, name),
                         "leave out 'to' for a move that stays");
            } else {
                starts.push_back(impl_->vertex[name]);
            }
        }
        if (from_any)
            for (const auto& name : regimens_)
                if (m.stays || impl_->vertex[name] != impl_->vertex[to[0].first])
                    starts.push_back(impl_->vertex[name]);
        const std::size_t index = impl_->moves.size();
        const std::string target = m.stays ? std::string() : to[0].first;
        impl_->moves.push_back(std::move(m));
        for (const std::size_t v : starts)
            boost::add_edge(v, target.empty() ? v : impl_->vertex[target], Edge{index}, impl_->graph);
    }

    yaml::Node root_;
    Findings& f_;
    Names names_;
    std::map<std::string, Safety> profiles_;
    std::vector<std::string> regimens_;
    std::shared_ptr<Graph::Impl> impl_ = std::make_shared<Graph::Impl>();
};

}  // namespace

std::optional<Graph> read_graph(std::string_view text, const std::string& file, Findings& findings) {
    Findings mine;
    const yaml::Node root = yaml::parse(text, file, mine);
    std::shared_ptr<const Graph::Impl> impl;
    if (!root.is_null() || mine.ok()) impl = GraphReader(root, mine).read();
    mine.sort();
    const bool ok = mine.ok();
    findings.list.insert(findings.list.end(), mine.list.begin(), mine.list.end());
    if (!ok) return std::nullopt;
    return Graph(impl);
}

}  // namespace bellwether::therapy
